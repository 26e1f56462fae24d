"""Sentences, clauses and passages: tables of hard cases, then properties."""

import re
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.articles import make_article, read
from knowledge.chunking import chunk, clauses, sentences
from knowledge.schema import Article, Passage, Span

SEED = Path(__file__).parents[1] / "seeds" / "2022-02-21-chengdu-keji-chengguo-zhuanhua.md"
FIGURE = re.compile(r"[0-9]+(?:[.,][0-9]+)*[万亿千百]*(?:人次|[元家%次])?")

ONE_FIGURE = re.compile(r"[0-9.,%第一二十百千万亿余元家人次届]{1,64}")


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def chunked(text: str, max_tokens: int = 20) -> tuple[Passage, ...]:
    return chunk(make_article("a", text), count_tokens=len, max_tokens=max_tokens)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲涨3.5%。乙跌了！丙呢？丁……戊", ["甲涨3.5%。", "乙跌了！", "丙呢？", "丁……", "戊"]),
        ("第一；第二，第三。", ["第一；第二，第三。"]),
        ("第一行\n第二行。", ["第一行", "第二行。"]),
        ("他说：“涨了5%。”随后离开。", ["他说：“涨了5%。”", "随后离开。"]),
        ("他问：“涨了？”，没人答。", ["他问：“涨了？”，没人答。"]),
        ("“谁来付钱？”的疑问仍在。", ["“谁来付钱？”的疑问仍在。"]),
        ("《为什么？》一书卖了3万册。", ["《为什么？》一书卖了3万册。"]),
        ("“……系统……”杨培彬说。", ["“……系统……”", "杨培彬说。"]),
        ("「完成。」（见表。）接着。", ["「完成。」", "（见表。）", "接着。"]),
        ("太好了！！！真的？！是。。下一句", ["太好了！！！", "真的？！", "是。。", "下一句"]),
        ('他说"好。"又说"走。"完', ['他说"好。"', '又说"走。"', "完"]),
        ('他走了。"好"是回答。', ["他走了。", '"好"是回答。']),
        ("版本1.2.0.13发布。", ["版本1.2.0.13发布。"]),
        ("见http://a.cn/b?c=1&d=2。好", ["见http://a.cn/b?c=1&d=2。", "好"]),
        (
            "Sales rose 3.5%. Profit fell. Dr. Li left U.S. Steel.",
            ["Sales rose 3.5%.", "Profit fell.", "Dr. Li left U.S. Steel."],
        ),
        ("营收增长.利润下降. 一.总则", ["营收增长.", "利润下降.", "一.总则"]),
        ("他说……", ["他说……"]),
        ("正文：        中新网电。　　下一段", ["正文：", "中新网电。", "下一段"]),
        ("营收  5亿元　利润  2亿元", ["营收  5亿元　利润  2亿元"]),
        ("结束。——\n新段", ["结束。——", "新段"]),
        ("——\n", ["——"]),
        ("", []),
        (" \n　\n ", []),
    ],
)
def test_sentences_end_where_prose_ends_them(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一是甲，二是乙；三是丙：丁、戊——己。", ["一是甲，", "二是乙；", "三是丙：", "丁、戊——", "己。"]),
        ("共3项（含2项，均新增），增长。", ["共3项（含2项，均新增），", "增长。"]),
        ("未闭（合，仍分。", ["未闭（合，", "仍分。"]),
        ("套（一（二，三），四），五", ["套（一（二，三），四），", "五"]),
        ("投资1,234万元,增5%。", ["投资1,234万元,", "增5%。"]),
        ("收入3，200万元，8:30开，以3：2胜。", ["收入3，200万元，", "8:30开，", "以3：2胜。"]),
        ("2020年，2021年，均增。", ["2020年，", "2021年，", "均增。"]),
        ("他说：“好，”就走。", ["他说：", "“好，”", "就走。"]),
        ("见https://a.cn，完", ["见https://a.cn，", "完"]),
        ("2020——2021年", ["2020——2021年"]),
        ("无标点", ["无标点"]),
        ("以，号结尾，", ["以，", "号结尾，"]),
    ],
)
def test_clauses_end_at_their_marks(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in clauses(text, Span(0, len(text)))] == expected


def test_clauses_keep_to_the_sentence() -> None:
    text = "前，文。后，句。余，下"
    assert [text[s:e] for s, e in clauses(text, Span(4, 8))] == ["后，", "句。"]


def test_passages_hold_whole_sentences() -> None:
    text = "一共签约项目三十九项。" * 5
    passages = chunked(text, 25)
    assert [p.text for p in passages] == [
        "一共签约项目三十九项。" * 2,
        "一共签约项目三十九项。" * 2,
        "一共签约项目三十九项。",
    ]
    assert passages[1].id == "a#22-44"
    assert passages[1].n_tokens == 22


def test_a_paragraph_ends_in_no_stub_when_it_can_be_evenly_cut() -> None:
    passages = chunked("甲" * 8 + "。" + "乙" * 8 + "。" + "丙" * 4 + "。", 22)
    assert [p.n_tokens for p in passages] == [18, 5]
    passages = chunked("".join(c * 9 + "。" for c in "甲乙丙丁"), 39)
    assert [p.n_tokens for p in passages] == [20, 20]


def test_long_paragraphs_stay_apart_and_short_ones_are_packed() -> None:
    long, other = "甲" * 14 + "。", "乙" * 14 + "。"
    assert [p.text for p in chunked(f"{long}\n{other}", 40)] == [long, other]
    assert [p.text for p in chunked("甲。\n乙。\n丙。", 40)] == ["甲。\n乙。\n丙。"]


def test_a_heading_leads_its_section() -> None:
    text = "一、总体情况\n" + "全年投资增长。" * 4 + "\n二、重点\n（一）项目\n" + "签约项目增多。" * 4
    first, second, third, fourth = chunked(text, 30)
    assert first.text.startswith("一、总体情况\n全年")
    assert (first.heading, second.heading) == ("", "一、总体情况")
    assert third.text.startswith("二、重点\n（一）项目\n签约")
    assert (third.heading, fourth.heading) == ("", "（一）项目")


@pytest.mark.parametrize(
    "lines", ["苹果\n香蕉\n橙子\n梨", "营收 | 5亿元\n利润 | 2亿元", "（见附表）", "他来了。"]
)
def test_lists_rows_asides_and_sentences_are_no_headings(lines: str) -> None:
    assert {p.heading for p in chunked(f"{lines}\n" + "全年投资增长。" * 9, 20)} == {""}


def test_a_long_sentence_is_split_at_clauses() -> None:
    passages = chunked("全年投资二十亿元，比上年增长百分之五，签约三十九项，协议投资四百亿元。", 20)
    assert [p.text[-5:] for p in passages] == ["百分之五，", "四百亿元。"]


def test_hard_splits_cut_no_figure_and_no_word() -> None:
    text = "某" * 9 + "1234567890.25万元" + "某" * 9 + "international" + "某" * 7
    passages = chunked(text, 20)
    assert "".join(p.text for p in passages) == text
    assert any("1234567890.25万元" in p.text for p in passages)
    assert any("international" in p.text for p in passages)


def test_a_run_of_digits_without_end_is_cut_all_the_same() -> None:
    passages = chunked("7" * 10_000, 50)
    assert max(p.n_tokens for p in passages) <= 64
    assert sum(p.n_tokens for p in passages) == 10_000


@pytest.mark.parametrize(
    "noise", ["(", "(，", "(]", "！，", '甲"！，', ".", "......", "“", "9", "某", "1,234,", "？》", "\n甲"]
)
def test_time_grows_with_length_alone(noise: str) -> None:
    article = make_article("a", "中" + noise * 100_000)
    started = time.perf_counter()
    chunk(article, count_tokens=len)
    # A tenth of it on a quiet machine; were it quadratic, minutes.
    assert time.perf_counter() - started < 10


def test_each_sentence_is_counted_once() -> None:
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return len(text)

    text = "甲涨了。乙跌了。\n丙平了。"
    chunk(make_article("a", text), count_tokens=count)
    assert counted == ["甲涨了。", "乙跌了。", "丙平了。"]


def test_the_seed_article_is_covered() -> None:
    (article,) = read(SEED)
    assert isinstance(article, Article)
    passages = chunk(article, count_tokens=len, max_tokens=160)
    assert passages[0].text.endswith("同比增长16.3%。")
    assert {p.heading for p in passages} == {
        "",
        "为成果转化多方搭建桥梁",
        "技术+资金促企业成长",
        "校企联手推动技术研发",
    }
    # One sentence is over the limit, and is cut at a comma.
    assert [p.text[-1] for p in passages if p.text[-1] not in "。”"] == ["，"]


words = st.one_of(
    st.sampled_from('。！，；：、“”（）一\n "'),
    st.sampled_from(
        ["？”", "……", "。。", "——", "U.S.", "Inc. A", "成都", "增长", "十二", "某" * 30, "8" * 12]
    ),
    st.sampled_from(["3.5%", "1,234万元", "23.26亿元", "1200余人次", "7800家", "第12届"]),
)
texts = st.lists(words, max_size=60).map("".join)


@given(texts, st.integers(8, 60))
def test_passages_slice_the_text_in_order_and_cover_it(text: str, limit: int) -> None:
    assert_covered("中" + text, limit)


@given(st.text(max_size=200), st.integers(1, 40))
def test_any_text_is_covered(text: str, limit: int) -> None:
    assert_covered("中" + text, limit)


def assert_covered(text: str, limit: int) -> None:
    article = make_article("a", text)
    passages = chunk(article, count_tokens=len, max_tokens=limit)
    assert all(article.text[p.start : p.end] == p.text and p.text.strip() == p.text for p in passages)
    assert all(before.end <= after.start for before, after in pairwise(passages))
    assert "".join("".join(p.text for p in passages).split()) == "".join(article.text.split())
    assert len({p.id for p in passages}) == len(passages)


@given(texts)
def test_no_passage_is_over_the_limit(text: str) -> None:
    for passage in chunked("中" + text, 40):
        assert len(passage.text) <= passage.n_tokens + passage.text.count(" ")
        assert passage.n_tokens <= 40 or ONE_FIGURE.fullmatch(passage.text)


@given(texts, st.integers(12, 60))
def test_no_figure_is_cut(text: str, limit: int) -> None:
    article = make_article("a", "中" + text)
    edges = {edge for p in chunk(article, count_tokens=len, max_tokens=limit) for edge in (p.start, p.end)}
    for figure in FIGURE.finditer(article.text):
        inside = range(figure.start() + 1, figure.end())
        assert len(inside) > 64 or not edges.intersection(inside), figure.group()


@given(texts)
def test_no_sentence_within_the_limit_is_cut(text: str) -> None:
    article = make_article("a", "中" + text)
    edges = {edge for p in chunk(article, count_tokens=len, max_tokens=40) for edge in (p.start, p.end)}
    for start, end in sentences(article.text):
        assert end - start > 40 or not edges.intersection(range(start + 1, end))


@given(texts)
def test_clauses_partition_their_sentence(text: str) -> None:
    for sentence in sentences(text):
        parts = clauses(text, sentence)
        assert parts[0].start == sentence.start
        assert parts[-1].end == sentence.end
        assert all(not text[a.end : b.start].strip() for a, b in pairwise(parts))
