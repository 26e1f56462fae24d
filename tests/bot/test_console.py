"""The terminal: 80 columns, Chinese counting double, readable without colour."""

import io
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bot.channels import console
from bot.channels.console import NO_LINE_END, NO_LINE_START, aligned, line_breaks
from bot.reply import from_answer
from knowledge.schema import Answer


class Terminal(io.StringIO):
    """Says that someone watches."""

    def isatty(self) -> bool:
        return True


def printed(answer: Answer, stream: io.StringIO | None = None) -> str:
    out = stream or io.StringIO()
    console.show(from_answer(answer), console.open_console(out))
    return out.getvalue()


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_an_answer_in_a_pipe(answered: Answer):
    assert printed(answered) == (
        "23.26亿元（截至2021年底） [1]\n"
        "\n"
        "│ 截至2021年底，“科创投”累计投资金额【23.26亿元】，“科创贷”累计放款总额超\n"
        "│ 157.38亿元，实现科创板上市“蓉城军团”全覆盖。\n"
        "  [1] 《搭平台促转化 成都给科技成果“做媒”有实招》  科技日报  2022-02-21\n"
        f"  {answered.citations[0].url}\n"
    )


def test_in_a_terminal_the_figure_is_bold_and_the_title_s_address_a_link(answered: Answer):
    out = printed(answered, Terminal())
    assert out.startswith("\x1b[1;93m23.26亿元\x1b[0m")
    assert "累计投资金额\x1b[1;93m23.26亿元" in out
    assert "【" not in out
    assert "\x1b]8;" in out


def test_without_colour_the_mark_is_in_brackets(answered: Answer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_COLOR", "1")
    out = printed(answered, Terminal())
    assert "【23.26亿元】" in out
    assert "\x1b[1;93m" not in out


def test_colour_can_be_forced_into_a_pipe(answered: Answer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;93m23.26亿元" in printed(answered)


@pytest.mark.parametrize("reason", ["unsure", "no_figure"])
def test_an_abstention_says_why_and_shows_what_is_near(abstained: Callable[..., Answer], reason: str):
    lines = printed(abstained(reason)).splitlines()
    assert "文章里" in lines[0] or "段落" in lines[0]
    assert "最接近的原文：" in lines
    assert any(line.startswith("│ 截至2021年底") for line in lines)


def test_no_line_is_wider_than_80_columns(answered: Answer):
    long = replace(answered.citations[0], url="", title="题" * 200)
    for line in printed(replace(answered, citations=(long,))).splitlines():
        assert cell_len(line) <= 80


def test_nothing_steers_the_terminal(answered: Answer):
    evil = replace(
        answered.citations[0],
        title="\x1b[2J题",
        source="\x07",
        url="http://a/\x1b]0;x",
        quote="\x9b31m引\u202e文",
    )
    out = printed(replace(answered, citations=(evil,), text="\x1b[31m"))
    assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e"}


MIXED = st.text(st.sampled_from("科创投，。“”（）《》 0123456789.亿元%abcxyz"), max_size=200)


@given(MIXED, st.integers(8, 100))
def test_lines_fit_and_lose_nothing(text: str, width: int):
    breaks = [0, *line_breaks(text, width), len(text)]
    lines = [text[a:b] for a, b in pairwise(breaks)]
    assert "".join(lines) == text
    assert all(cell_len(line) <= width for line in lines)


@given(st.text(st.sampled_from("科创投累计，。“”"), max_size=100).filter(lambda t: "，，" not in t))
def test_lines_open_with_no_closing_mark(text: str):
    words = "科" + "科".join(text)
    breaks = line_breaks(words, 40)
    assert not any(words[at] in NO_LINE_START or words[at - 1] in NO_LINE_END for at in breaks)


def test_columns_are_aligned_by_width():
    rows = list(aligned([("23.26亿元", "a", "x"), ("3位", "累计", "y"), ("", "", "")]))
    assert rows == ["23.26亿元  a     x", "3位        累计  y", ""]
    assert list(aligned([])) == []


def test_a_diagnosis_has_its_mark_and_its_mend():
    out = io.StringIO()
    terminal = console.open_console(out)
    console.show_diagnosis(["索引：完好"], terminal, ok=True)
    console.show_diagnosis(["令牌：没有", "怎么办"], terminal, ok=False)
    assert out.getvalue() == "✓ 索引：完好\n✗ 令牌：没有\n  怎么办\n"
