"""Drafts held against a few articles of our own, with the real words and model: what a check says, end to end."""

import json
import re
from datetime import date
from importlib import resources

import pytest

from knowledge import words
from knowledge.articles import make_article
from knowledge.check import LONGEST, Checker, among, drafted, whole
from knowledge.errors import UsageError
from knowledge.ranking import Model
from knowledge.schema import Article, Kind
from knowledge.verdict import Label, Reason, Verdict

TEXT = (
    "截至2021年底，“科创投”累计投资金额23.26亿元，“科创贷”累计放款总额超157.38亿元。\n"
    "2021年，云对接活动促进签约11项，签约金额近4500万元。\n"
    "成都累计开展“校企双进”专场活动300余场，吸引了7000余家成都企业参与。\n"
    "高新技术企业数预计达7800家，高新技术产业营业收入全年实现1.19万亿元，同比增长16.3%。\n"
    "12月5日，成都队在主场以3：0战胜重庆队，球迷乘坐G4719次列车到场。\n"
    "聚焦“5+5+1”产业领域，地铁日均客运量500万人次。"
)
MODEL = Model.from_json(
    json.loads(resources.files("knowledge").joinpath("reading_model.json").read_text("utf-8"))
)


def article(text: str = TEXT, published: str = "2022-02-21", *, name: str = "a") -> Article:
    return make_article(name, text, title="成都给科技成果做媒", published=published)


def checker(*articles: Article) -> Checker:
    return among(articles or [article()], fold=words.fold, tokenize=words.tokenize, model=MODEL)


def verdicts(draft: str, *articles: Article) -> dict[str, Verdict]:
    """The verdicts on a draft by what they are on."""
    return {v.surface: v for v in checker(*articles).check(draft).verdicts}


def verdict(draft: str, surface: str, *articles: Article) -> Verdict:
    return verdicts(draft, *articles)[surface]


INVESTED = "科创投累计投资金额{}。", "23.26亿元"
LENT = "科创贷累计放款总额{}。", "超157.38亿元"
SIGNED = "云对接活动签约金额{}。", "近4500万元"
HELD = "成都累计开展“校企双进”专场活动{}。", "300余场"
SUPPORTED, REFUTED, UNTOLD = Label.SUPPORTED, Label.REFUTED, Label.NOT_ENOUGH_INFO


@pytest.mark.parametrize(
    ("told", "surface", "label", "reason"),
    [
        (INVESTED, "23.26亿元", SUPPORTED, Reason.NONE),
        (INVESTED, "23.26亿", SUPPORTED, Reason.NONE),
        (INVESTED, "232600万", SUPPORTED, Reason.NONE),
        (INVESTED, "232,600万元", SUPPORTED, Reason.NONE),
        (INVESTED, "2326000000元", SUPPORTED, Reason.NONE),
        (INVESTED, "二十三点二六亿", SUPPORTED, Reason.NONE),
        (INVESTED, "二十三点二六亿元", SUPPORTED, Reason.NONE),
        (INVESTED, "约23亿", SUPPORTED, Reason.ROUNDED),
        (INVESTED, "23亿", SUPPORTED, Reason.ROUNDED),
        (INVESTED, "23.3亿", SUPPORTED, Reason.ROUNDED),
        (INVESTED, "23.62亿", REFUTED, Reason.VALUE),
        (INVESTED, "232.6亿", REFUTED, Reason.VALUE),
        (INVESTED, "23.26万", REFUTED, Reason.VALUE),
        (INVESTED, "22亿", REFUTED, Reason.VALUE),
        (INVESTED, "23.262亿", UNTOLD, Reason.FINER),
        (LENT, "157.38亿", SUPPORTED, Reason.MODIFIER),
        (LENT, "超150亿", SUPPORTED, Reason.ROUNDED),
        (LENT, "不低于157亿", SUPPORTED, Reason.ROUNDED),
        (LENT, "不足157亿", REFUTED, Reason.VALUE),
        (LENT, "近157.38亿", REFUTED, Reason.MODIFIER),
        (LENT, "超160亿", UNTOLD, Reason.FINER),
        (SIGNED, "4500万", SUPPORTED, Reason.MODIFIER),
        (SIGNED, "近4500万", SUPPORTED, Reason.NONE),
        (SIGNED, "约4500万", SUPPORTED, Reason.NONE),
        (SIGNED, "4500万左右", SUPPORTED, Reason.NONE),
        (SIGNED, "超4500万", REFUTED, Reason.MODIFIER),
        (HELD, "三百余场", SUPPORTED, Reason.NONE),
        (HELD, "300多场", SUPPORTED, Reason.NONE),
        (HELD, "超300场", SUPPORTED, Reason.NONE),
        (HELD, "300场以内", REFUTED, Reason.MODIFIER),
    ],
)
def test_whether_a_number_follows_from_the_article(told, surface, label, reason):
    draft, stated = told
    found = verdict(draft.format(surface), surface)
    assert (found.label, found.reason) == (label, reason)
    assert found.expected == (stated if reason else "")
    (citation,) = found.citations
    assert [TEXT[slice(*mark)] for mark in citation.marks if TEXT[slice(*mark)] == stated] == [stated]
    assert citation.quote == TEXT[citation.start : citation.end]


@pytest.mark.parametrize(
    ("draft", "surface", "reason", "expected"),
    [
        ("科创贷累计投资23.26亿元。", "23.26亿元", Reason.SUBJECT, "超157.38亿元"),
        ("高新技术产业营业收入同比下降16.3%。", "16.3%", Reason.DIRECTION, "增长16.3%"),
        ("高新技术产业营业收入环比增长16.3%。", "16.3%", Reason.STATISTIC, "16.3%"),
        ("地铁客运量500万人次。", "500万人次", Reason.STATISTIC, "500万人次"),
        ("截至2020年底，科创投累计投资金额23.26亿元。", "23.26亿元", Reason.TIME, "23.26亿元"),
        ("2020年，云对接活动签约金额近4500万元。", "近4500万元", Reason.TIME, "近4500万元"),
        ("成都高新技术企业数已达7800家。", "7800家", Reason.HEDGE, "预计达7800家"),
        ("科创投累计投资金额23.26亿美元。", "23.26亿美元", Reason.UNIT, "23.26亿元"),
        ("高新技术产业营业收入同比增长16.3个百分点。", "16.3个百分点", Reason.UNIT, "16.3%"),
        ("成都队在主场以2：0战胜重庆队。", "2：0", Reason.VALUE, "3：0"),
        ("12月6日，成都队在主场战胜重庆队。", "12月6日", Reason.TIME, "12月5日"),
        ("球迷乘坐G4720次列车到场。", "G4720", Reason.VALUE, "G4719"),
        ("聚焦“3+6+1”产业领域。", "3+6+1", Reason.VALUE, "5+5+1"),
    ],
)
def test_what_is_wrong_and_what_the_article_says(draft, surface, reason, expected):
    found = verdict(draft, surface)
    assert (found.label, found.reason, found.expected) == (REFUTED, reason, expected)
    (citation,) = found.citations
    assert expected in citation.quote


@pytest.mark.parametrize(
    ("draft", "surface"),
    [
        ("高新技术企业数预计达7800家。", "7800家"),
        ("成都队在主场以3比0战胜重庆队。", "3比0"),
        ("12月5日，成都队在主场战胜重庆队。", "12月5日"),
        ("2021年12月5日，成都队在主场战胜重庆队。", "2021年12月5日"),
        ("球迷乘坐G4719次列车到场。", "G4719"),
        ("聚焦“5+5+1”产业领域。", "5+5+1"),
        ("科创投投了23.26亿对吗？", "23.26亿"),
        ("科創投累計投資金額２３．２６億元。", "２３．２６億元"),
    ],
)
def test_what_stands_as_it_is(draft, surface):
    found = verdict(draft, surface)
    assert (found.label, found.reason, found.expected) == (SUPPORTED, Reason.NONE, "")
    assert len(found.citations) == 1


@pytest.mark.parametrize(
    ("draft", "surface", "reason"),
    [
        ("深圳科创投累计投资金额23.26亿元。", "23.26亿元", Reason.SUBJECT),
        ("腾讯签约11项。", "11项", Reason.SUBJECT),
        ("成都专利授权量7800件。", "7800件", Reason.MEASURE),
        ("成都医院11家。", "11家", Reason.MEASURE),
        ("科创投亏损23.26亿元。", "23.26亿元", Reason.MEASURE),
        ("诗人乘坐CA1405航班。", "CA1405", Reason.NONE),
        ("诗人获得第8名。", "第8名", Reason.NONE),
    ],
)
def test_what_no_article_speaks_of_is_left_open_though_the_number_occurs(draft, surface, reason):
    found = verdict(draft, surface)
    assert (found.label, found.reason) == (UNTOLD, reason)
    assert (found.expected, found.citations) == ("", ())


def test_the_number_of_the_item_beside_is_refuted_with_the_right_one():
    found = verdict("科创投累计投资157.38亿元。", "157.38亿元")
    assert (found.label, found.expected) == (REFUTED, "23.26亿元")


def test_a_year_that_no_article_speaks_of_is_left_open():
    undated = article("科创投累计投资金额23.26亿元。")
    found = verdict("2015年，科创投累计投资金额23.26亿元。", "23.26亿元", undated)
    assert (found.label, found.reason) == (UNTOLD, Reason.TIME)


def test_what_a_verdict_is_on():
    found = verdicts("2021年签约11项，乘坐G4719次列车，比分3：0。")
    assert found["2021年"].period is not None
    assert found["2021年"].quantity is None
    assert found["11项"].quantity is not None
    assert found["11项"].period is None
    kinds = {s: v.quantity.kind for s, v in found.items() if v.quantity}
    assert kinds == {"11项": Kind.COUNT, "G4719": Kind.IDENTIFIER, "3：0": Kind.RATIO}


OLD = article("截至2021年底，“科创投”累计投资金额23.26亿元。", "2022-02-21", name="old")
MID = article("截至2021年底，“科创投”累计投资金额24.8亿元。", "2022-03-01", name="mid")
NEW = article("截至2021年底，“科创投”累计投资金额25.5亿元。", "2022-03-21", name="new")
LATER = article("截至2022年底，“科创投”累计投资金额27.5亿元。", "2023-02-21", name="later")


@pytest.mark.parametrize(
    ("draft", "articles", "label", "reason", "cited"),
    [
        ("科创投累计投资金额23.26亿元。", [OLD, MID], REFUTED, Reason.OUTDATED, ["mid", "old"]),
        ("科创投累计投资金额23亿元。", [OLD, MID], REFUTED, Reason.OUTDATED, ["mid", "old"]),
        ("科创投累计投资金额24.8亿元。", [OLD, MID], SUPPORTED, Reason.NONE, ["mid", "old"]),
        ("科创投累计投资金额24.8亿元。", [OLD, MID, NEW], REFUTED, Reason.OUTDATED, ["new", "mid", "old"]),
        ("科创投累计投资金额25.5亿元。", [OLD, NEW], SUPPORTED, Reason.NONE, ["new", "old"]),
        ("科创投累计投资金额30亿元。", [OLD, NEW], REFUTED, Reason.VALUE, ["new", "old"]),
        ("科创投累计投资金额23.26亿元。", [OLD, LATER], REFUTED, Reason.OUTDATED, ["later", "old"]),
        ("截至2021年底，科创投累计投资金额23.26亿元。", [OLD, LATER], SUPPORTED, Reason.NONE, ["old"]),
    ],
)
def test_where_articles_disagree_the_newest_decides_and_all_are_cited(draft, articles, label, reason, cited):
    for given in (articles, articles[::-1]):
        found = next(v for v in checker(*given).check(draft).verdicts if v.quantity)
        assert (found.label, found.reason) == (label, reason)
        assert [c.article_id for c in found.citations] == cited
        newest = found.citations[0]
        assert found.expected == (newest.quote[newest.quote.index("金额") + 2 : -1] if reason else "")


def test_one_article_that_states_it_is_enough():
    other = article("成都地铁里程558公里。", "2023-01-01", name="other")
    found = verdict("科创投累计投资金额23.26亿元。", "23.26亿元", other, OLD)
    assert (found.label, [c.article_id for c in found.citations]) == (SUPPORTED, ["old"])


def test_a_sentence_has_one_label_in_the_whole_draft():
    draft = (
        "科创投累计投资金额23.26亿元，科创贷累计放款总额157.38亿元。签约金额近4500万元。\n"
        "科创投累计投资23.62亿元，签约11项。诗人有3位。"
    )
    checked = checker().check(draft)
    labels = {v.surface: [c.label for c in v.citations] for v in checked.verdicts}
    assert labels == {
        "23.26亿元": [1],
        "157.38亿元": [1],
        "近4500万元": [2],
        "23.62亿元": [1],
        "11项": [2],
        "3位": [],
    }
    assert [c.label for c in checked.citations] == [1, 2]
    assert [checked.count(label) for label in (SUPPORTED, REFUTED, UNTOLD)] == [4, 1, 1]


def test_equal_sentences_of_two_articles_have_two_labels():
    twin = article(OLD.text, "2022-02-21", name="twin")
    one = checker(OLD, twin).check("科创投累计投资金额23.26亿元。").verdicts[0]
    assert len({(c.label, c.article_id) for c in one.citations}) == len(one.citations)


def test_what_decides_is_marked_with_its_time():
    found = verdict("科创投累计投资金额23.62亿元。", "23.62亿元")
    assert [TEXT[slice(*mark)] for mark in found.citations[0].marks] == ["截至2021年底", "23.26亿元"]


TABLE = """| 项目 | 累计投资金额 | 累计放款总额 |
|------|--------------|--------------|
| 科创投 | 23.26亿元 | — |
| 科创贷 | — | 167亿元 |"""


def test_a_table_is_read_by_rows_and_columns():
    found = verdicts(TABLE)
    assert found["23.26亿元"].label is SUPPORTED
    assert (found["167亿元"].reason, found["167亿元"].expected) == (Reason.FINER, "超157.38亿元")


@pytest.mark.parametrize(
    ("year", "anchor", "label"),
    [
        ("去年", None, SUPPORTED),
        ("去年", date(2022, 5, 1), SUPPORTED),
        ("前年", date(2023, 5, 1), SUPPORTED),
        ("前年", None, REFUTED),
        ("去年", date(2024, 5, 1), REFUTED),
    ],
)
def test_years_are_counted_from_the_day_of_the_draft_else_from_that_of_the_article(year, anchor, label):
    checked = checker().check(f"{year}，云对接活动签约11项。", anchor=anchor)
    assert checked.verdicts[-1].label is label


def test_a_draft_is_returned_as_given_with_the_time_it_took():
    draft = "  **科創投** 投了２３．２６億元 "
    checked = checker().check(draft)
    assert checked.text == draft
    assert checked.timings_ms["total"] > 0
    assert [(v.start, v.end, v.surface) for v in checked.verdicts] == [(12, 19, "２３．２６億元")]


def test_without_articles_or_numbers_there_is_nothing_to_say():
    knows_nothing = among([], fold=words.fold, tokenize=words.tokenize, model=MODEL)
    assert [v.label for v in knows_nothing.check("投了3亿元").verdicts] == [UNTOLD]
    assert checker().check("科创投投了不少钱。").verdicts == ()


def test_an_article_is_one_passage_of_itself():
    hit = whole(OLD)
    assert (hit.passage.start, hit.passage.end, hit.passage.text) == (0, len(OLD.text), OLD.text)
    assert hit.passage.article_id == "old"


@pytest.mark.parametrize(
    ("text", "published", "code"),
    [
        ("", None, "empty_draft"),
        (" \n\t　", None, "empty_draft"),
        ("字" * (LONGEST + 1), None, "draft_too_long"),
        ("签约11项。", "昨天", "bad_day"),
        ("签约11项。", "2022-02-30", "bad_day"),
    ],
)
def test_what_is_no_draft(text, published, code):
    with pytest.raises(UsageError) as raised:
        drafted(text, published)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("published", "day"),
    [
        (None, None),
        ("", None),
        ("2022-02-21", date(2022, 2, 21)),
        ("2022-02-21T08:00:00Z", date(2022, 2, 21)),
    ],
)
def test_the_day_of_a_draft(published, day):
    assert drafted("字" * LONGEST, published) == day


@pytest.mark.parametrize(
    ("text", "draft", "label"),
    [
        ("2020年江城GDP为1.77万亿元，2021年达到1.99万亿元。", "江城GDP为1.99万亿元。", SUPPORTED),
        ("2020年江城GDP为1.77万亿元，2021年达到1.99万亿元。", "江城GDP为1.77万亿元。", SUPPORTED),
        ("2020年江城GDP为1.77万亿元，2021年达到1.99万亿元。", "2020年江城GDP为1.99万亿元。", REFUTED),
        ("江城GDP为1.77万亿元，江北GDP为1.99万亿元。", "江城GDP为1.99万亿元。", REFUTED),
        ("2021年，江城GDP达1.99万亿元，工业增加值增长11.4%。", "江城地区生产总值1.99万亿元", SUPPORTED),
    ],
)
def test_a_figure_is_not_refuted_by_the_same_measure_at_another_time(text, draft, label):
    about = make_article("g", text, published="2022-02-21")
    surface = re.search(r"1\.\d+万亿元", draft)[0]
    assert verdict(draft, surface, about).label is label
