import re
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.claims import MASK, Claim, Form, claims
from knowledge.schema import Kind

ANCHOR = date(2022, 2, 21)
FIVE = "截至2021年底，“科创投”累计投资金额23.26亿元，“科创贷”累计放款总额超157.38亿元。"
TABLE = "| 项目 | 金额 | 场次 |\n|---|---|---|\n| 科创投 | 23.26亿元 | 9 |\n| 科创贷 | 157.38亿元 | 300 |\n"


def claim(text: str, surface: str) -> Claim:
    """The claim that stands there."""
    (found,) = (c for c in claims(text, anchor=ANCHOR) if c.surface == surface)
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (FIVE, ["period 截至2021年底", "figure 23.26亿元", "figure 超157.38亿元"]),
        ("成都队以3：0获胜，得第2名。", ["figure 3：0", "token 第2名"]),
        ("乘坐G4719次列车到场。", ["token G4719"]),
        ("确诊COVID-19，编号12345。", ["token COVID-19", "token 12345"]),
        ("12月5日签约11项。", ["period 12月5日", "figure 11项"]),
        ("去年签约11项，目前落地3项。", ["figure 11项", "figure 3项"]),
        ("二〇二一年签约十一项。", ["period 二〇二一年", "figure 十一项"]),
        ("第二段有3家。", ["token 第二段", "figure 3家"]),
        ("近日，专家介绍了情况。", []),
        ("1. 签约11项。\n（2）落地3项。\n - 3、在谈8项。", ["figure 11项", "figure 3项", "figure 8项"]),
        ("1.5亿元签约。\n3家落地（2）。", ["figure 1.5亿元", "figure 3家", "token 2"]),
        ("", []),
    ],
)
def test_everything_with_a_number_is_claimed_in_order(text, found):
    assert [f"{c.form} {c.surface}" for c in claims(text, anchor=ANCHOR)] == found


def test_what_each_form_carries():
    period, figure, _ = claims(FIVE, anchor=ANCHOR)
    (token,) = claims("第2名", anchor=ANCHOR)
    assert period.period is not None
    assert period.period.hi == date(2021, 12, 31)
    assert (period.figure, period.quantity) == (None, None)
    assert figure.figure is not None
    assert figure.quantity is figure.figure.quantity
    assert token.quantity is not None
    assert token.quantity.kind is Kind.ORDINAL
    assert (token.period, token.figure) == (None, None)


def test_times_are_counted_from_the_anchor():
    (month,) = claims("去年9月举办。", anchor=ANCHOR)
    assert month.period is not None
    assert (month.period.lo, month.period.hi) == (date(2021, 9, 1), date(2021, 9, 30))
    figure = claim("去年签约11项。", "11项")
    assert figure.period is not None
    assert figure.period.lo == date(2021, 1, 1)


@pytest.mark.parametrize(
    ("text", "surface", "said"),
    [
        (FIVE, "23.26亿元", f"\u3000，“科创投”累计投资金额{MASK}，"),
        (FIVE, "超157.38亿元", f"“科创贷”累计放款总额{MASK}。"),
        ("成都开展活动300余场，吸引7000余家企业。", "7000余家", f"吸引{MASK}企业。"),
        ("成都企业多达3家。", "3家", f"成都企业{MASK}。"),
        ("成都企业共有3家。", "3家", f"成都企业{MASK}。"),
        ("去年，新增3位，达33位。", "33位", f"新增\u3000，{MASK}。"),
        ("金额（单位：万元）：4500.5万元", "4500.5万元", f"金额{MASK}"),
        ("签约：11项", "11项", f"签约{MASK}"),
        ("甲、乙分别为3家、4家。", "4家", f"乙，甲、乙分别为\u3000、{MASK}。"),
        (FIVE, "截至2021年底", "\u3000，“科创投”累计投资金额\u3000，“科创贷”累计放款总额\u3000。"),
        ("五年来，投资3亿元。", "五年", f"{MASK}来，投资\u3000。"),
    ],
    ids=[
        "first",
        "second",
        "other run",
        "amounts to",
        "there are",
        "inherited",
        "in units",
        "colon",
        "list",
        "time",
        "alone",
    ],
)
def test_what_is_said_of_a_number(text, surface, said):
    assert claim(text, surface).said == said


@pytest.mark.parametrize(
    ("text", "surface", "around"),
    [
        ("会上介绍了情况。签约11项。", "11项", "会上介绍了情况。"),
        ("签约11项。成都开展活动300余场，吸引7000余家。", "7000余家", "签约\u3000。成都开展活动\u3000，"),
        ("甲说。乙说。签约11项。", "11项", "乙说。"),
        ("会上介绍了情况。\n签约11项。", "11项", ""),
        ("会上介绍了情况。2021年签约。", "2021年", "会上介绍了情况。"),
    ],
)
def test_what_stands_around_it_in_the_paragraph(text, surface, around):
    assert claim(text, surface).around == around


def test_all_its_words_are_searched_for():
    assert claim("会上介绍了情况。签约11项。", "11项").words == f"会上介绍了情况。签约{MASK}。"
    cell = claim(TABLE, "157.38亿元")
    assert cell.words == cell.around + cell.said + "金额"
    assert "科创贷" in cell.words


@pytest.mark.parametrize(
    ("surface", "row", "heading"),
    [
        ("23.26亿元", "科创投", "金额"),
        ("157.38亿元", "科创贷", "金额"),
        ("9", "", "场次"),
        ("300", "", "场次"),
    ],
)
def test_a_cell_has_the_head_of_its_column_and_a_figure_the_name_of_its_row(surface, row, heading):
    found = claim(TABLE, surface)
    assert found.heading == heading
    assert found.said.startswith(f"{row}，" if row else "")


@pytest.mark.parametrize(
    ("heading", "cell", "value", "unit"),
    [
        ("金额（亿元）", "23.26", "2326000000", "元"),
        ("金额(单位：万元)", "4500.5", "45005000", "元"),
        ("场次（场）", "23.5", "23.5", "场"),
        ("金额", "23.26", "23.26", ""),
        ("金额（估）", "23.26", "23.26", ""),
        ("金额（亿元）", "23.26万元", "232600", "元"),
    ],
)
def test_a_bare_number_has_the_unit_that_the_head_of_its_column_names(heading, cell, value, unit):
    found = claim(f"项目|{heading}\n科创投|{cell}", cell)
    assert found.quantity is not None
    assert (found.quantity.value, found.quantity.unit) == (Decimal(value), unit)
    assert found.quantity.high is None


@pytest.mark.parametrize("text", ["签约11项。", "项目|签约11项"])
def test_what_stands_in_no_table_has_no_heading_and_no_row(text):
    found = claim(text, "11项")
    assert found.heading == ""
    assert found.said in {f"签约{MASK}。", f"项目|签约{MASK}"}


@pytest.mark.parametrize(
    ("text", "surface", "run", "clause"),
    [
        (FIVE, "23.26亿元", "“科创投”累计投资金额\u3000，", "“科创投”累计投资金额23.26亿元，"),
        (FIVE, "超157.38亿元", "“科创贷”累计放款总额\u3000。", "“科创贷”累计放款总额超157.38亿元。"),
        ("甲、乙分别为3家、4家。", "4家", "乙\u3000、\u3000。", "甲、乙分别为3家、4家。"),
        (FIVE, "截至2021年底", "", FIVE),
    ],
)
def test_what_governs_it_and_its_clause(text, surface, run, clause):
    found = claim(text, surface)
    assert (found.run, found.clause) == (run, clause)


def test_what_stands_before_its_clause():
    assert claim("会上，成都力争，到明年，签约11项。", "11项").lead == "会上，成都力争，到明年，"
    assert claim("会上介绍。签约11项。", "11项").lead == ""


def test_of_an_endless_sentence_only_what_is_near_counts():
    far = "远" * 1_000
    found = claim(f"{far}签约11项{far}，{far}。", "11项")
    assert f"签约{MASK}" in found.said
    assert max(map(len, (found.said, found.around, found.clause, found.lead))) < 500
    (period,) = claims(f"{far}2021年{far}。")
    assert len(period.said) < 500


def test_what_touches_it_and_what_stands_beside_it():
    found = claim("签约11项，金额4500万元，落地3项，在谈8项。后来1项。", "4500万元")
    assert found.margins == ("签约11项，金额", "，落地3项，在谈")
    assert [q.surface for q in found.beside] == ["11项", "3项"]
    assert [q.surface for q in claim("签约11项。落地3项。", "3项").beside] == []


@pytest.mark.parametrize(
    ("text", "surface", "time"),
    [
        (FIVE, "超157.38亿元", "截至2021年底"),
        ("科创投投了23.26亿元，这是截至2021年底的数据。", "23.26亿元", "截至2021年底"),
        ("去年签约11项。", "11项", "去年"),
        ("目前签约11项。", "11项", None),
        ("截至目前，签约11项。", "11项", None),
        ("今年1月，签约11项，比去年同期多。", "11项", "今年1月"),
        ("签约11项。", "11项", None),
        ("签约11项。那是2021年。", "11项", None),
        ("2021年成立。签约11项。", "11项", None),
        ("12月5日签约11项。", "11项", "12月5日"),
        ("12月5日，签约11项。", "11项", None),
        ("12月，签约11项。", "11项", "12月"),
    ],
)
def test_the_time_that_a_figure_is_told_of(text, surface, time):
    period = claim(text, surface).period
    assert (period and period.surface) == time


PIECES = (
    "成都 科创投 累计投资金额 23.26亿元 超157.38亿元 近4500万元 300余场 二十三家 3：0 第2名 G4719次 COVID-19 12345"
    " 2021年 12月5日 截至去年底 目前 同比增长16.3% 3至5家 7亿6万余万 分别为 、 ， 。 ； （ ） | \n \t A 3 . -"
)
pieces = st.lists(st.sampled_from(PIECES.split(" ")) | st.text(max_size=4), max_size=16).map("".join)


@given(pieces)
def test_no_two_claims_overlap_and_each_stands_in_the_text(text):
    found = claims(text, anchor=ANCHOR)
    assert all(one.end <= other.start for one, other in pairwise(found))
    for c in found:
        assert text[c.start : c.end] == c.surface != ""
        assert text[: c.start].endswith(c.margins[0])
        assert text[c.end :].startswith(c.margins[1])
        assert c.clause in text


NUMBERS_A_LINE = re.compile(r"^[ \t\u3000#>*(（-]*\d{1,2}(?:[)）、]|[.．](?!\d))", re.MULTILINE | re.ASCII)
NUMBERED = re.compile(r"[a-z]*\d[\da-z]*(?:[.·\-/:][\da-z]+)*", re.IGNORECASE | re.ASCII)


@given(pieces)
def test_no_number_is_passed_over_but_that_of_a_line(text):
    covered = {at for c in claims(text, anchor=ANCHOR) for at in range(c.start, c.end)}
    covered |= {at for m in NUMBERS_A_LINE.finditer(text) for at in range(*m.span())}
    assert all(covered & set(range(*number.span())) for number in NUMBERED.finditer(text))


@given(pieces)
def test_no_number_is_among_what_is_said_of_one(text):
    found = claims(text, anchor=ANCHOR)
    if all(c.quantity or c.period for c in found):
        assert not set("0123456789") & set("".join(c.said + c.around for c in found))
    assert all(MASK in c.said for c in found if c.form is Form.FIGURE)
