from collections import defaultdict
from datetime import date

import pytest

from knowledge import words
from knowledge.articles import make_article
from knowledge.conflicts import conflicts, day, newest_first, same_elsewhere
from knowledge.features import Evidence
from knowledge.figures import scan
from knowledge.linking import link
from knowledge.question import analyse
from knowledge.ruling import Asked, Candidate
from knowledge.schema import Finding

TOLD = "科创投累计投资金额{}。"


def candidate(
    text: str, published: str = "2022-02-21", *, score: float = 0.0, cover: float = 0.8, name: str = ""
) -> Candidate:
    """The first figure of an article, as reading would have found it."""
    article = make_article(name or f"{published}{text}", text, published=published)
    folded = words.fold(article.text)
    source = Evidence(article, folded, "", link(folded, anchor=article.day))
    features = defaultdict(float, cover_sentence=cover)
    return Candidate(Finding(source.figures[0], article.id, 0.0, features=features), score, source)


def told(amount: str, published: str = "2022-02-21", **given) -> Candidate:
    return candidate(TOLD.format(amount), published, **given)


def asked(draft: str = "科创投累计投资金额23.26亿元") -> Asked:
    question = analyse(draft, tokenize=words.tokenize, anchor=date(2022, 2, 21))
    return Asked(question, scan(draft).quantities[0])


BY = told("23.26亿元", score=5.0)


def names(found) -> list[str]:
    return [c.quantity.surface for c in found]


def test_another_number_of_the_same_thing_in_another_article():
    other = told("25.5亿元", score=5.0)
    assert names(same_elsewhere(BY, [BY, other])) == ["25.5亿元"]
    assert names(conflicts(asked(), BY, [BY, other])) == ["25.5亿元"]


@pytest.mark.parametrize(
    "amount", ["23.26亿元", "232600万元", "23亿元", "约23亿元", "超20亿元", "23.262亿元"]
)
def test_what_may_be_said_of_one_another_is_no_conflict(amount):
    assert conflicts(asked(), BY, [BY, told(amount, "2022-03-21", score=5.0)]) == ()


@pytest.mark.parametrize(("one", "other"), [("29.9亿元", "超20亿元"), ("超20亿元", "29.9亿元")])
def test_it_is_enough_that_one_may_be_said_of_the_other(one, other):
    by = told(one, score=5.0)
    assert same_elsewhere(by, [by, told(other, score=5.0)]) == []


def test_the_same_article_does_not_contradict_itself():
    both = make_article("both", "科创投累计投资金额23.26亿元。科创投累计投资金额25.5亿元。")
    source = Evidence(both, both.text, "", link(both.text))
    one, two = (
        Candidate(Finding(f, both.id, 0.0, features={"cover_sentence": 0.8}), 5.0, source)
        for f in source.figures
    )
    assert same_elsewhere(one, [one, two]) == []


@pytest.mark.parametrize(
    "other",
    [
        told("25.5亿元", score=5.0, cover=0.3),
        told("25.5亿元", score=0.0),
        candidate("平安银行普通贷款25.5亿元。", score=5.0),
    ],
    ids=["says less", "fits worse", "other words"],
)
def test_what_speaks_of_something_else_is_no_conflict(other):
    assert same_elsewhere(BY, [BY, other]) == []


@pytest.mark.parametrize(
    "other",
    [
        told("25.5亿元", score=4.0),
        told("25.5亿元", score=5.0, cover=0.7),
        candidate("“科创投”累计投资金额已达25.5亿元。", score=5.0),
        candidate("科创投累计投资金额25.5亿元，带动社会资本大量进入本地初创企业与实验室。", score=5.0),
        candidate("投资金额25.5亿元。", score=5.0),
    ],
    ids=["fits a little worse", "says a little less", "told a little otherwise", "goes on", "in short"],
)
def test_what_is_near_enough_is_a_conflict(other):
    assert same_elsewhere(BY, [BY, other]) == [other]


def test_one_candidate_an_article_the_best():
    first = told("25.5亿元", score=5.0, name="new")
    second = told("26.5亿元", score=4.5, name="new")
    third = told("24.5亿元", score=4.0, name="mid")
    assert names(conflicts(asked(), BY, [BY, first, second, third])) == ["25.5亿元", "24.5亿元"]


@pytest.mark.parametrize(
    ("ours", "theirs", "question", "conflict"),
    [
        ("2021年，", "2021年，", "", True),
        ("", "", "", True),
        ("2021年，", "", "", False),
        ("", "2021年，", "", False),
        ("2021年，", "2021年7月，", "", True),
        ("截至2021年底，", "2021年，", "", True),
        ("2021年，", "2022年，", "", True),
        ("2021年，", "2022年，", "2021年", False),
    ],
)
def test_times_of_sums_that_only_grow(ours, theirs, question, conflict):
    by = candidate(ours + TOLD.format("23.26亿元"), score=5.0)
    other = candidate(theirs + TOLD.format("25.5亿元"), score=5.0)
    assert bool(conflicts(asked(question + "科创投累计投资金额23.26亿元"), by, [by, other])) is conflict


@pytest.mark.parametrize(
    ("ours", "theirs", "question", "conflict"),
    [
        ("2021年，", "2022年，", "", False),
        ("2021年，", "2021年，", "", True),
        ("2021年，", "2021年7月，", "", True),
        ("2021年7月，", "2021年，", "", True),
        ("2021年7月，", "2021年8月，", "", False),
        ("截至2021年底，", "截至2022年底，", "", True),
        ("截至2021年底，", "截至2022年底，", "截至2021年底，", False),
        ("截至2021年底，", "2022年，", "", False),
    ],
)
def test_times_of_other_figures(ours, theirs, question, conflict):
    by = candidate(f"{ours}科创投资产23.26亿元。", score=5.0)
    other = candidate(f"{theirs}科创投资产25.5亿元。", score=5.0)
    assert bool(conflicts(asked(question + "科创投资产23.26亿元"), by, [by, other])) is conflict


def test_the_newest_comes_first_and_the_undated_last():
    found = [told("1亿元", d) for d in ("2022-02-21", "", "2023-01-01", "2021-12-31")]
    assert [c.source.article.published for c in newest_first(found)] == [
        "2023-01-01",
        "2022-02-21",
        "2021-12-31",
        None,
    ]
    assert day(found[0]) == date(2022, 2, 21)
    assert day(found[1]) == date.min


def test_of_one_day_the_order_stays():
    found = [told("1亿元", name="one"), told("2亿元", name="two"), told("3亿元", name="three")]
    assert newest_first(found) == found
