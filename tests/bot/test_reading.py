"""Pages of an article and what stands around a sentence of it."""

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.reading import AROUND, PAGE_LENGTH, Page, around, found, page, paragraph_at
from bot.reply import Block, Role
from knowledge.schema import Article, Citation, Span

SENTENCES = st.sampled_from(
    [
        "短。",
        "科创投累计投资23.26亿元。" * 3,
        "“说完了。”",
        "多少？！",
        "长" * 400 + "。",
        "无尽" * 900,
        "\n",
        "\n\n",
        "　",
        "x",
    ]
)
TEXTS = st.lists(SENTENCES, min_size=1, max_size=30).map("".join)


def an_article(text: str) -> Article:
    return Article("a", "题", "报", "2022-02-21", "", text, "0" * 64)


def pages_of(article: Article, start: int = 0, marks: tuple[Span, ...] = ()) -> list[Page]:
    pages = [page(article, start, marks)]
    while pages[-1].n_left:
        pages.append(page(article, pages[-1].end, ()))
    return pages


def paragraphs(shown: Page) -> list[Block]:
    """The blocks of the reply that hold the article's words."""
    return list(shown.reply().blocks)[1 : -1 if shown.n_left else None]


@given(TEXTS)
def test_pages_one_after_the_other_are_the_article(text: str):
    pages = pages_of(an_article(text))
    assert "".join(text[each.start : each.end] for each in pages) == text
    assert all(0 < each.end - each.start <= PAGE_LENGTH + 3 for each in pages)


@given(TEXTS)
def test_pages_show_all_but_line_breaks_and_blank_lines(text: str):
    shown = "".join(block.text for each in pages_of(an_article(text)) for block in paragraphs(each))
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)


@given(TEXTS)
def test_a_page_ends_with_a_sentence_where_one_ends_in_its_second_half(text: str):
    for each in pages_of(an_article(text))[:-1]:
        second_half = text[each.start + PAGE_LENGTH // 2 : each.start + PAGE_LENGTH]
        if any(mark in second_half for mark in "。！？\n"):
            assert text[: each.end].rstrip("”")[-1] in "。！？\n"
            assert text[each.end] != "”", "a quotation is closed on the page where it ends"


@given(TEXTS, st.data())
def test_marks_are_where_they_belong(text: str, data: st.DataObject):
    bound = st.integers(0, len(text))
    spans = st.tuples(bound, bound).map(lambda pair: Span(*sorted(pair)))
    marks = tuple(data.draw(st.lists(spans, max_size=4)))
    shown = page(an_article(text), 0, marks)
    strong = [run.text for block in paragraphs(shown) for run in block.runs if run.strong]
    covered = {at for mark in marks for at in range(mark.start, min(mark.end, shown.end))}
    lines = re.split("\n", text[: shown.end])
    expected, at = "", 0
    for line in lines:
        if line.strip():
            expected += "".join(c for place, c in enumerate(line, at) if place in covered)
        at += len(line) + 1
    assert "".join(strong) == expected


def test_a_page_beyond_the_end_is_empty_and_the_last():
    shown = page(an_article("短。"), 99, ())
    assert (shown.start, shown.end, shown.n_left) == (2, 2, 0)


def test_a_page_says_what_it_is_of_and_how_much_is_left():
    first, *_, last = pages_of(an_article("科创投累计投资23.26亿元。\n" * 200))
    head, *_, more = first.reply().blocks
    assert head.text == "《题》 报 2022-02-21"
    assert more.text == f"（还有 {len(first.article.text) - first.end} 字，回复“继续”往下看）"
    assert "继续" not in last.reply().blocks[-1].text
    assert {block.role for block in first.reply().blocks} == {Role.TEXT}


@given(TEXTS, st.data())
def test_around_holds_the_sentence_and_whole_sentences_within_bounds(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 50)))
    wide = around(an_article(text), Span(start, end))
    assert 0 <= wide.start <= start <= end <= wide.end <= len(text)
    assert start - wide.start <= AROUND
    assert wide.end - end <= AROUND + 3
    if wide.start not in {0, start}:
        before = text[: wide.start].rstrip("”\n　 ")
        assert not before or before[-1] in "。！？" or text[wide.start - 1].isspace()
    if wide.end not in {len(text), end}:
        assert text[: wide.end].rstrip("”")[-1] in "。！？" or text[wide.end].isspace()


@given(TEXTS, st.data())
def test_around_has_no_blank_edge_but_the_sentence_s_own(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text) - 1))
    wide = around(an_article(text), Span(start, start + 1))
    assert wide.start == start or not text[wide.start].isspace()
    assert wide.end == start + 1 or not text[wide.end - 1].isspace()


def test_around_a_short_article_is_all_of_it():
    text = "前一句。科创投投了23亿元。后一句。"
    assert around(an_article(text), Span(4, 15)) == Span(0, len(text))


@given(TEXTS, st.text(alphabet="前言。\n", max_size=20), st.data())
def test_a_sentence_is_found_where_it_stands_now(text: str, before: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : start + 20]
    assume(text.count(quote) == 1 and quote not in before)
    cited = Citation.of(an_article(text), Span(start, start + 20), label=1)
    now = before + text
    where = found(an_article(now), cited)
    assert where is not None
    assert now[slice(*where)] == quote


def test_a_sentence_that_is_no_more_is_not_found():
    cited = Citation.of(an_article("科创投投了23亿元。"), Span(0, 11), label=1)
    assert found(an_article("科创投投了24亿元。"), cited) is None


@given(TEXTS, st.data())
def test_a_paragraph_begins_at_the_line_of_its_offset(text: str, data: st.DataObject):
    at = data.draw(st.integers(0, len(text)))
    begin = paragraph_at(an_article(text), at)
    assert "\n" not in text[begin:at]
    assert begin == 0 or text[begin - 1] == "\n"


def test_a_page_can_begin_anywhere():
    text = "".join(f"第{number}句。" for number in range(2_000))
    for start in (0, 1, 777, len(text) - 1):
        assert (
            "".join(text[each.start : each.end] for each in pages_of(an_article(text), start)) == text[start:]
        )
    assert len(text) > PAGE_LENGTH
