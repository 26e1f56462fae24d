"""Whatever a draft is made of, every verdict points at what it is on and at what decides, to the character."""

import json
import re
from importlib import resources
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knowledge import words
from knowledge.articles import make_article
from knowledge.check import among
from knowledge.drafts import legible
from knowledge.ranking import Model
from knowledge.schema import Article
from knowledge.verdict import Checked, Label, Reason

MODEL = Model.from_json(
    json.loads(resources.files("knowledge").joinpath("reading_model.json").read_text("utf-8"))
)
ARTICLES: dict[str, Article] = {
    name: make_article(name, text, title="成都做媒", published=day)
    for name, day, text in (
        (
            "old",
            "2022-02-21",
            "截至2021年底，“科創投”累计投资金额２３．２６亿元，“科创贷”累计放款总额超157.38亿元。😀促进签约11项。",
        ),
        (
            "new",
            "2022-03-21",
            "“科创投”累计投资金额25.5亿元。\n12月5日，成都队以3：0获胜，球迷乘坐G4719次。GDP同比增长16.3%，预计达300余场。",
        ),
    )
}
CHECKER = among(list(ARTICLES.values()), fold=words.fold, tokenize=words.tokenize, model=MODEL)


def assert_sound(checked: Checked, draft: str) -> None:
    """Holds of every draft."""
    assert checked.text == draft
    assert all(one.end <= other.start for one, other in pairwise(checked.verdicts))
    places: dict[int, tuple[str, int, int]] = {}
    for verdict in checked.verdicts:
        assert draft[verdict.start : verdict.end] == verdict.surface != ""
        assert bool(verdict.citations) or verdict.label is Label.NOT_ENOUGH_INFO
        assert bool(verdict.reason) or verdict.label is not Label.REFUTED
        assert verdict.quantity is None or verdict.period is None
        if verdict.expected:
            assert verdict.reason is not Reason.NONE
            assert verdict.expected in verdict.citations[0].quote
        for citation in verdict.citations:
            text = ARTICLES[citation.article_id].text
            assert citation.quote == text[citation.start : citation.end] != ""
            assert citation.marks
            assert all(citation.start <= lo < hi <= citation.end for lo, hi in citation.marks)
            place = (citation.article_id, citation.start, citation.end)
            assert places.setdefault(citation.label, place) == place
    assert len(set(places.values())) == len(places)
    assert sorted(places) == list(range(1, len(places) + 1))


NUMBERS = (
    "23.26亿元 ２３．２６億元 二十三点二六亿元 超157.38亿元 近4500万 300余场 11项 3：0 第2名 G4719次 5+5+1 16.3% ①"
    " 12,345.6元 2021年 截至2021年底 12月5日 去年 COVID-19 3至5家 負2.1% 1/3 ½ 十一項 一位 ٣家 999999999999999亿元"
)
WORDS = (
    "科创投 “科創貸” 累计投资金额 累計放款總額 签约 成都队 以 获胜 同比增长 下降 预计 力争 目前 据悉 GDP growth reached"
    " the Kechuang fund invested in 对吗？ 有没有 the , . ， 。 ； ： （ ） 《 》 “ ” ？ ！ … — 、 以上 左右 达 为 的"
)
MARKS = (
    "** * __ ~~ ` ``` # > - | \n \r\n \t 　 \u200b \u200d \ufeff \u00ad \u202e \u2069 \ufe0f 😀 👨\u200d👩\u200d👧"
    " 🇨🇳 𠮷 é e\u0301"
)
TOLD = (
    "科创投累计投资金额{}。",
    "**科创貸**累計放款總額{}，",
    "签约{}。",
    "成都队以{}获胜。",
    "GDP同比增长{}，",
    "{}，成都队获胜",
)
TABLE = "\n| 项目 | 累计投资金额 |\n|---|---|\n| 科创投 | **23.26亿元** |\n"

numbers = st.sampled_from(NUMBERS.split(" "))
marks = st.sampled_from(MARKS.split(" "))
split = st.builds(lambda n, m, at: n[: at % len(n)] + m + n[at % len(n) :], numbers, marks, st.integers(0, 9))
emphasised = st.builds(
    lambda n, m: f"{m}{n}{m}", numbers | split, st.sampled_from(["**", "*", "__", "`", "~~"])
)
told = st.builds(str.format, st.sampled_from(TOLD), numbers | split | emphasised)
pieces = st.one_of(
    told,
    told,
    st.sampled_from(WORDS.split(" ")),
    numbers,
    split,
    emphasised,
    marks,
    st.just(TABLE),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
)
drafts = st.lists(pieces, min_size=1, max_size=14).map("".join)


@given(drafts)
@example("")
@example("**")
@example("2\u200d3.2**6亿**元")
@example("😀科创投累计投资金额23.**62**亿元😀，👨\u200d👩\u200d👧成都队以２：０获胜")
@example(TABLE * 3)
def test_every_verdict_points_at_what_it_is_on_and_at_what_decides(draft):
    assert_sound(CHECKER.check(draft), draft)


NUMBERS_A_LINE = re.compile(r"^[ \t\u3000#>*(（-]*\d{1,2}(?:[)）、]|[.．](?!\d))", re.MULTILINE | re.ASCII)
NUMBERED = re.compile(r"[a-z]*\d[\da-z]*(?:[.·\-/:][\da-z]+)*", re.IGNORECASE | re.ASCII)


@given(drafts)
def test_no_number_is_passed_over_but_that_of_a_line(draft):
    read = legible(words.fold(draft))
    covered = {at for v in CHECKER.check(draft).verdicts for at in range(v.start, v.end)}
    lines = {at for m in NUMBERS_A_LINE.finditer(read.text) for at in range(*m.span())}
    for number in NUMBERED.finditer(read.text):
        places = set(range(*number.span()))
        assert places & lines or {read.origins[at] for at in places} & covered


@given(drafts)
def test_what_stands_between_the_characters_of_a_number_is_no_more_than_marks(draft):
    for verdict in CHECKER.check(draft).verdicts:
        read = legible(verdict.surface)
        assert read.text
        assert read.origins[0] == 0
        assert read.origins[-2] == len(verdict.surface) - 1


@pytest.mark.parametrize(
    ("draft", "surfaces"),
    [
        ("科创投累计投资金额**23.26**亿元。", ["23.26**亿元"]),
        ("科创投累计投资金额23.**26亿元**。", ["23.**26亿元"]),
        ("科创投累计投资金额~~23.62亿元~~ `23.26亿元`。", ["23.62亿元", "23.26亿元"]),
        ("科创投累计投资金额２３．２６億元😀。", ["２３．２６億元"]),
        ("😀👨\u200d👩\u200d👧𠮷科创投累计投资金额23.26亿元", ["23.26亿元"]),
        ("科创投累计投资金额2\u200b3.26\ufeff亿元", ["2\u200b3.26\ufeff亿元"]),
        ("The Kechuang fund (科创投) 累计投资金额 23.26亿元 in 2021年.", ["23.26亿元", "2021年"]),
        (TABLE, ["23.26亿元"]),
    ],
)
def test_what_is_marked_in_the_draft(draft, surfaces):
    checked = CHECKER.check(draft)
    assert [v.surface for v in checked.verdicts] == surfaces
    assert_sound(checked, draft)
