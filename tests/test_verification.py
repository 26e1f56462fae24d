"""The rules over candidates whose scores and cover are given, so that each rule is seen alone."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import pytest

from knowledge import words
from knowledge.articles import make_article
from knowledge.features import Evidence
from knowledge.figures import scan
from knowledge.linking import link
from knowledge.question import analyse
from knowledge.ruling import UNKNOWN, Asked, Candidate, Ruling
from knowledge.schema import Finding
from knowledge.verdict import Label, Reason
from knowledge.verification import rule_figure

TOLD = "科创投累计投资金额{}。"
FAR = 20.0
"""More than any slack."""


def candidates(text: str, published: str = "2022-02-21", *, cover: float = 0.8, **features: float):
    """Every figure of an article as a candidate of score 0."""
    article = make_article(f"{published}{text}", text, published=published)
    source = Evidence(article, text, "", link(text, anchor=article.day))
    told = defaultdict(float, cover_sentence=cover, **features)
    return [Candidate(Finding(f, article.id, 0.0, features=told), 0.0, source) for f in source.figures]


def told(amount: str, published: str = "2022-02-21", *, score: float = 0.0, **given: float) -> Candidate:
    return candidates(TOLD.format(amount), published, **given)[0]._replace(score=score)


def asked(draft: str, **given) -> Asked:
    question = analyse(draft, tokenize=words.tokenize, anchor=date(2022, 2, 21))
    return Asked(question, scan(draft).quantities[0], **given)


def ruled(
    draft: str, found: Sequence[Candidate], others: Sequence[Candidate] = (), *, sure: bool = True, **given
) -> Ruling:
    best_first = sorted(found, key=lambda c: -c.score)
    return rule_figure(asked(draft, **given), best_first, others, lambda _: sure)


def read(ruling: Ruling) -> tuple[Label, Reason, list[str]]:
    return ruling.label, ruling.reason, [basis.surface for basis in ruling.basis]


SUPPORTED, REFUTED, UNTOLD = Label.SUPPORTED, Label.REFUTED, Label.NOT_ENOUGH_INFO
OURS = "科创投累计投资金额23.26亿元"


def test_nothing_found_nothing_known():
    assert ruled(OURS, []) == UNKNOWN


@pytest.mark.parametrize(
    ("draft", "stated", "label", "reason"),
    [
        ("23.26亿元", "23.26亿元", SUPPORTED, Reason.NONE),
        ("232600万元", "23.26亿元", SUPPORTED, Reason.NONE),
        ("约4500万元", "近4500万元", SUPPORTED, Reason.NONE),
        ("4500万元", "近4500万元", SUPPORTED, Reason.MODIFIER),
        ("23亿元", "23.26亿元", SUPPORTED, Reason.ROUNDED),
        ("超150亿元", "超157.38亿元", SUPPORTED, Reason.ROUNDED),
        ("23.62亿元", "23.26亿元", REFUTED, Reason.VALUE),
        ("近157.38亿元", "超157.38亿元", REFUTED, Reason.MODIFIER),
        ("23.262亿元", "23.26亿元", UNTOLD, Reason.FINER),
        ("超160亿元", "超157.38亿元", UNTOLD, Reason.FINER),
    ],
)
def test_the_number_decides_where_all_else_is_the_same(draft, stated, label, reason):
    assert read(ruled(f"科创投累计投资金额{draft}", [told(stated)])) == (label, reason, [stated])


@pytest.mark.parametrize("draft", ["23.62亿元", "近157.38亿元"])
def test_another_number_speaks_against_a_claim_only_if_it_would_be_the_answer(draft):
    stated = [told("超157.38亿元")]
    assert read(ruled(f"科创投累计投资金额{draft}", stated))[0] is not UNTOLD
    assert ruled(f"科创投累计投资金额{draft}", stated, sure=False) == UNKNOWN


def test_the_same_number_bears_it_out_though_the_reader_would_not_answer_with_it():
    assert ruled(OURS, [told("23.26亿元")], sure=False).label is SUPPORTED


@pytest.mark.parametrize("reason", [Reason.SUBJECT, Reason.MEASURE, Reason.TIME])
@pytest.mark.parametrize("stated", ["23.26亿元", "23.62亿元"])
def test_what_no_article_speaks_of_is_not_supported_by_a_number(reason, stated):
    ruling = ruled(OURS, [told(stated, cover=0.4)], unspoken=reason, sure=stated == "23.26亿元")
    assert read(ruling) == (UNTOLD, reason, [])


def test_another_number_speaks_against_another_measure_but_not_against_another_subject_or_year():
    other = [told("23.62亿元")]
    assert ruled(OURS, other, unspoken=Reason.MEASURE).label is REFUTED
    assert ruled(OURS, other, unspoken=Reason.SUBJECT).label is UNTOLD
    assert ruled(OURS, other, unspoken=Reason.TIME).label is UNTOLD


def test_the_same_number_of_another_year_is_of_another_year():
    ruling = ruled(OURS, candidates("2021年，科创投累计投资金额23.26亿元。"), unspoken=Reason.TIME)
    assert read(ruling) == (REFUTED, Reason.TIME, ["23.26亿元"])


@pytest.mark.parametrize(
    ("stated", "score", "label"),
    [
        ("23.26亿元", -1.0, SUPPORTED),
        ("23.26亿元", -2.0, SUPPORTED),
        ("超23.26亿元", -2.0, REFUTED),
        ("23.26亿元", -FAR, REFUTED),
    ],
)
def test_a_figure_that_fits_much_better_is_what_the_claim_speaks_of(stated, score, label):
    best = told("25.56亿元")
    ruling = ruled("科创投累计投资金额23.26亿元", [best, told(stated, score=score)])
    assert ruling.label is label
    assert ruling.reason is (Reason.NONE if label is SUPPORTED else Reason.VALUE)
    assert ruling.basis[0].surface == (stated if label is SUPPORTED else "25.56亿元")


def test_a_round_number_must_fit_better_than_a_telling_one():
    found = [told("5亿元"), told("3亿元", score=-2.0)]
    assert ruled("科创投累计投资金额3亿元", found).label is REFUTED


PAIR = "“科创投”累计投资金额23.26亿元，“科创贷”累计放款总额超157.38亿元。"


def test_the_number_of_the_item_beside_is_no_support():
    wrong, right = candidates(PAIR)
    ruling = ruled("科创贷累计投资金额23.26亿元", [wrong, right._replace(score=FAR)])
    assert read(ruling) == (REFUTED, Reason.SUBJECT, ["超157.38亿元"])
    assert ruled("科创投累计投资金额23.26亿元", [wrong._replace(score=FAR), right]).label is SUPPORTED


@pytest.mark.parametrize(
    ("run", "label", "basis"),
    [
        ("“科创投”累计投资\u3000", SUPPORTED, "23.26亿元"),
        ("“科创贷”累计投资\u3000", REFUTED, "超157.38亿元"),
        ("累计投资\u3000", SUPPORTED, "23.26亿元"),
    ],
)
def test_of_two_items_the_one_that_is_named_owns_the_number(run, label, basis):
    ruling = ruled("累计投资金额23.26亿元", candidates(PAIR), run=run)
    assert (ruling.label, ruling.basis[0].surface) == (label, basis)
    assert ruling.reason is (Reason.NONE if label is SUPPORTED else Reason.SUBJECT)


NAMED = "“人才贷”由来已久。累计投资金额23.26亿元。\n“科创券”也有。"


@pytest.mark.parametrize(
    ("names", "label"),
    [((), SUPPORTED), (("人才贷",), SUPPORTED), (("科创券",), REFUTED), (("人才贷", "科创券"), REFUTED)],
)
def test_a_made_up_name_must_stand_by_the_figure(names, label):
    ruling = ruled("累计投资金额23.26亿元", candidates(NAMED), names=names)
    assert ruling.label is label
    assert ruling.reason is (Reason.NONE if label is SUPPORTED else Reason.SUBJECT)
    left_open = ruled(
        "累计投资金额23.26亿元", candidates(NAMED, cover=0.4), names=names, unspoken=Reason.MEASURE
    )
    assert read(left_open) == (UNTOLD, Reason.MEASURE, [])


def test_within_a_sentence_less_decides_than_between_two():
    beside, apart = candidates(PAIR), [told("23.26亿元"), told("25.5亿元")]
    for found, label in ((beside, REFUTED), (apart, SUPPORTED)):
        one, other = found
        assert ruled("科创贷累计投资金额23.26亿元", [one, other._replace(score=1.2)]).label is label


@pytest.mark.parametrize(("cover", "label"), [(0.8, REFUTED), (0.2, UNTOLD)])
def test_an_equal_number_with_a_fault(cover, label):
    found = [told("23.26亿元", cover=cover, statistic_conflict=1.0)]
    ruling = ruled(OURS, found)
    assert ruling.label is label
    assert ruling.reason is (Reason.STATISTIC if label is REFUTED else Reason.NONE)


def test_a_figure_with_a_fault_is_passed_over_for_one_without():
    faulty, clean = told("23.26亿元", statistic_conflict=1.0), told("23.26亿元", "2021-12-31")
    ruling = ruled(OURS, [faulty._replace(score=0.5), clean])
    assert ruling.label is SUPPORTED
    assert ruling.basis[0].source is clean.source


def test_a_figure_with_a_fault_outdoes_none_without():
    found = [told("25.56亿元", score=FAR, statistic_conflict=1.0), told("23.26亿元")]
    assert ruled(OURS, found, sure=False).label is SUPPORTED


def test_what_is_hoped_for_speaks_against_another_number():
    hoped = candidates("企业数预计达7800家。")
    assert read(ruled("企业数达7900家", hoped)) == (REFUTED, Reason.VALUE, ["预计达7800家"])
    assert read(ruled("企业数达7800家", hoped)) == (REFUTED, Reason.HEDGE, ["预计达7800家"])


def test_a_figure_with_a_fault_that_fits_much_better_decides():
    faulty, clean = told("23.26亿元", statistic_conflict=1.0), told("23.26亿元", "2021-12-31")
    ruling = ruled(OURS, [faulty._replace(score=FAR), clean])
    assert (ruling.label, ruling.reason) == (REFUTED, Reason.STATISTIC)


def test_the_way_is_shown_with_a_number_that_goes_the_other():
    found = candidates("营业收入同比增长16.3%。")
    ruling = ruled("营业收入同比下降16.3%", found, run="营业收入同比下降\u3000")
    assert read(ruling) == (REFUTED, Reason.DIRECTION, ["增长16.3%"])


@pytest.mark.parametrize(
    ("cover", "counted", "label"),
    [
        (0.8, ("专利",), SUPPORTED),
        (0.2, ("金额",), SUPPORTED),
        (0.2, ("专利",), UNTOLD),
        (0.2, (), SUPPORTED),
        (0.05, ("金额",), UNTOLD),
        (0.05, (), UNTOLD),
    ],
)
def test_a_sentence_must_say_enough_of_the_claim_or_what_it_counts(cover, counted, label):
    found = [told("23.26亿元", cover=cover)]
    assert ruled(OURS, found, counted=counted, sure=False, run="科创投累计投资金额\u3000").label is label


def test_a_number_that_counts_something_else_is_no_support_where_the_right_one_is_told():
    activities, firms = candidates("开展活动300场，吸引企业7000家。")
    draft = "吸引企业300场"
    ruling = ruled(draft, [activities, firms._replace(score=-1.0)], counted=("企业",), run="企业\u3000")
    assert read(ruling) == (REFUTED, Reason.MEASURE, ["7000家"])
    verbatim = ruled(draft, [activities, firms], counted=("企业",), run="开展活动\u3000，")
    assert verbatim.label is SUPPORTED
    assert ruled("开展活动300场", [activities, firms], counted=("活动",), run="活动\u3000").label is SUPPORTED
    both = candidates("开展活动300个，吸引企业300个。")
    assert ruled("企业300个", both, counted=("企业",), run="企业\u3000").label is SUPPORTED


def test_what_the_claim_counts_must_stand_by_the_number_if_the_article_speaks_of_it():
    found = candidates("科创投累计投资金额23.26亿元。此外，专利也有增加。")
    ruling = ruled(OURS, found, counted=("专利",), run="科创投累计投资专利\u3000")
    assert read(ruling) == (UNTOLD, Reason.MEASURE, [])
    ours, patents = candidates("科创投累计投资金额23.26亿元。专利转让金额8亿元。")
    ruling = ruled(OURS, [ours, patents._replace(score=-FAR)], counted=("专利",), run="投资专利\u3000")
    assert read(ruling) == (REFUTED, Reason.MEASURE, ["8亿元"])


def test_what_the_reader_would_answer_bears_a_claim_out_in_whatever_words():
    assert ruled(OURS, [told("23.26亿元", cover=0.05)], sure=True).label is SUPPORTED


DOLLARS = told("23.26亿美元")


@pytest.mark.parametrize(
    ("found", "others", "reason"),
    [
        ([], [DOLLARS], Reason.UNIT),
        ([told("25.5亿元")], [DOLLARS], Reason.UNIT),
        ([told("25.5亿元", score=FAR)], [DOLLARS], Reason.VALUE),
        ([told("25.5亿元")], [told("23.26亿美元", cover=0.2)], Reason.VALUE),
        ([told("23.26亿元")], [DOLLARS], Reason.NONE),
        ([], [told("23.26亿美元", cover=0.2)], Reason.NONE),
    ],
)
def test_the_same_number_in_another_unit(found, others, reason):
    ruling = ruled(OURS, found, others)
    assert ruling.reason is reason
    assert ruling.expected == {Reason.UNIT: "23.26亿美元", Reason.VALUE: "25.5亿元"}.get(reason, "")


def test_a_number_of_one_digit_may_stand_in_any_unit():
    dollars = told("3亿美元")
    assert ruled("科创投累计投资金额3亿元", [], [dollars]) == UNKNOWN
    assert ruled("科创投累计投资金额31亿元", [], [told("31亿美元")]).reason is Reason.UNIT


OLD, NEW = told("23.26亿元", "2022-02-21"), told("25.5亿元", "2022-03-21")


def test_a_later_article_that_states_otherwise_decides():
    ruling = ruled(OURS, [OLD, NEW])
    assert read(ruling) == (REFUTED, Reason.OUTDATED, ["25.5亿元", "23.26亿元"])
    assert ruling.expected == "25.5亿元"


def test_an_earlier_article_that_states_otherwise_is_shown():
    ruling = ruled("科创投累计投资金额25.5亿元", [OLD, NEW])
    assert read(ruling) == (SUPPORTED, Reason.NONE, ["25.5亿元", "23.26亿元"])


def test_of_two_articles_of_one_day_either_bears_a_claim_out():
    same_day = told("25.5亿元", "2022-02-21")
    assert read(ruled(OURS, [OLD, same_day])) == (SUPPORTED, Reason.NONE, ["23.26亿元", "25.5亿元"])
    ruling = ruled("科创投累计投资金额25.5亿元", [OLD, same_day])
    assert read(ruling) == (SUPPORTED, Reason.NONE, ["25.5亿元", "23.26亿元"])


def test_where_all_articles_state_otherwise_the_newest_is_expected():
    for found in ([OLD, NEW], [NEW, OLD]):
        ruling = ruled("科创投累计投资金额30亿元", found)
        assert read(ruling) == (REFUTED, Reason.VALUE, ["25.5亿元", "23.26亿元"])


def test_the_reader_is_asked_without_what_other_articles_state_of_the_same_thing():
    seen: list[list[str]] = []

    def is_sure(found: Sequence[Finding]) -> bool:
        seen.append([f.figure.quantity.surface for f in found])
        return True

    rule_figure(asked("科创投累计投资金额30亿元"), [OLD, NEW, told("8亿元", cover=0.1)], [], is_sure)
    assert seen == [["23.26亿元", "8亿元"]]
