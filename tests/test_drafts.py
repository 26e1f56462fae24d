from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.drafts import cells_of, headings, legible

MARKED = "~~共~~**23.26**亿\u200b元"
TABLE = "| 项目 | 金额 |\n|---|---|\n| 科创投 | 23亿元 |\n| 科创贷 | 157亿元 |"


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        ("**23.26**亿元", "23.26亿元"),
        ("23.**26**亿元", "23.26亿元"),
        ("*23.26*亿元", "23.26亿元"),
        ("***23.26***亿元", "23.26亿元"),
        ("__23.26__亿元", "23.26亿元"),
        ("~~23.26~~亿元", "23.26亿元"),
        ("`23.26`亿元", "23.26亿元"),
        ("```\n23.26亿元\n```", "\n23.26亿元\n"),
        ("23\u200b.26\u200d亿\ufeff元", "23.26亿元"),
        ("23\u00ad.26\u2060亿元", "23.26亿元"),
        ("\u202d23.26亿元\u202c\u2068\u2069", "23.26亿元"),
        ("👨\u200d👩\u200d👧有3人", "👨👩👧有3人"),
        ("见https://a.cn/2021/3?p=4，有3人", "见，有3人"),
        ("见www.a123.com/5。有3人", "见。有3人"),
        ("见a123.cn。有3人", "见。有3人"),
        ("问a.3@b4.com，有3人", "问，有3人"),
    ],
)
def test_marks_within_and_around_a_number_and_addresses_are_left_out(draft, text):
    assert legible(draft).text == text


@pytest.mark.parametrize("draft", ["", "共3家，比3:2。", "a_b", "3~5家", "① 3 ", "😀23.26亿元𠮷"])
def test_all_else_is_left_as_it_is(draft):
    read = legible(draft)
    assert read.text == draft
    assert read.origins == tuple(range(len(draft) + 1))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("23.26亿元", "23.26**亿\u200b元"),
        ("23.26", "23.26"),
        ("26亿", "26**亿"),
        ("共", "共"),
        ("共23.26亿元", "共~~**23.26**亿\u200b元"),
    ],
)
def test_a_span_is_that_of_the_draft_with_the_marks_inside(text, written):
    read = legible(MARKED)
    start = read.text.index(text)
    found = read.span(start, start + len(text))
    assert MARKED[slice(*found)] == written


def test_an_empty_span_stands_before_what_follows_it():
    read = legible(MARKED)
    assert read.span(0, 0) == (2, 2)
    assert read.span(1, 1) == (7, 7)
    assert read.span(len(read.text), len(read.text)) == (len(MARKED), len(MARKED))


written = st.text(
    alphabet=st.one_of(
        st.sampled_from("0123456789.％２３亿元万共，。*_~`|\t\n\u200b\u200d\ufeff\u202e😀👨𠮷"),
        st.characters(exclude_characters="@"),
    ),
    max_size=60,
)


@given(written)
def test_what_is_left_stands_in_the_draft_in_order(draft):
    read = legible(draft)
    assert len(read.origins) == len(read.text) + 1
    assert all(one < other for one, other in pairwise(read.origins))
    assert "".join(draft[at] for at in read.origins[:-1]) == read.text
    assert read.origins[-1] == len(draft)


@given(written)
def test_nothing_is_left_that_is_no_reading_matter(draft):
    read = legible(draft)
    assert not set("*`\u200b\u200d\ufeff\u202e") & set(read.text)
    assert [c for c in draft if c.isalnum()] == [c for c in read.text if c.isalnum()]


@given(written, st.data())
def test_a_span_read_again_gives_the_same_text(draft, data):
    read = legible(draft)
    start = data.draw(st.integers(0, len(read.text)))
    end = data.draw(st.integers(start, len(read.text)))
    found = read.span(start, end)
    kept = [at for at in read.origins[:-1] if found.start <= at < found.end]
    assert "".join(draft[at] for at in kept) == read.text[start:end]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("| 科创投 | 23亿元 |", ["", " 科创投 ", " 23亿元 ", ""]),
        ("科创投\t23亿元", ["科创投", "23亿元"]),
        ("科创投投了23亿元", ["科创投投了23亿元"]),
    ],
)
def test_the_cells_of_a_line(line, cells):
    assert cells_of(line) == cells


def headed(text):
    """What stands under each heading, digit by digit, in order."""
    found: dict[str, str] = {}
    for at, title in headings(text):
        if text[at] in "0123456789二三十":
            found[title] = found.get(title, "") + text[at]
    return found


def test_every_digit_of_a_table_knows_the_head_of_its_column():
    assert headed(TABLE) == {"金额": "23157"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("项目\t金额\t场次\n科创投\t23亿元\t9场", {"金额": "23", "场次": "9"}),
        ("项目|金额\n科创投|二十三亿元", {"金额": "二十三"}),
        ("本周有3场。\n" + TABLE, {"金额": "23157"}),
        (TABLE + "\n\n| 年份 | 家数 |\n| 甲 | 8 |", {"金额": "23157", "家数": "8"}),
        (TABLE + "\n| 其他 | 9 | 注 |", {"金额": "23157"}),
        ("科创投投了23亿元。\n科创贷放了157亿元。", {}),
        ("项目|金额3亿元", {}),
        ("项目|金额\n共3家\n科创投|23亿元", {}),
        ("", {}),
    ],
    ids=[
        "tabs",
        "hanzi",
        "after prose",
        "two tables",
        "another width",
        "prose",
        "head alone",
        "cut",
        "empty",
    ],
)
def test_which_heading_stands_over_a_number(text, found):
    assert headed(text) == found
