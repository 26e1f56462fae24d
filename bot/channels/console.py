"""The terminal: a reply document in colour, and just as readable without."""

import re
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from bot import wording
from bot.reply import Block, Reply, ReplyStatus, Role
from knowledge.schema import Citation

MAX_WIDTH = 100
"""Columns: longer lines of Chinese are hard to read back from."""

PIPE_WIDTH = 80
"""Columns where there is no terminal to ask."""

NO_LINE_START = "，。、；：？！）》”’」』】…—%％"
"""Marks that may not open a line (a rule of Chinese typesetting)."""

NO_LINE_END = "（《“‘「『【"
"""Marks that may not close one."""

_FIGURE = Style(bold=True, color="bright_yellow")
_WORDS = Style(bold=True)
_MARK = Style(bold=True, color="bright_yellow")
_FAINT = Style(dim=True)
_LABEL = Style(color="cyan")
_TITLE = Style(color="cyan")
_ERROR = Style(color="red")


def open_console(file: TextIO | None = None) -> Console:
    """A console on standard output; in a pipe it is 80 columns wide and colourless."""
    stream = file or sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    console = Console(file=stream, highlight=False, width=width, markup=False, emoji=False, soft_wrap=False)
    console.width = min(console.width, MAX_WIDTH)
    return console


def show(reply: Reply, console: Console) -> None:
    """Print a whole reply: every block, and each citation below the block that first needs it."""
    for index, section in enumerate(reply.sections()):
        if index:
            console.print()
        for block in section.blocks:
            _print_block(block, console, error=reply.status is ReplyStatus.ERROR)
        for citations in reply.by_article(section.labels):
            _print_citations(citations, console)


def show_diagnosis(lines: Sequence[str], console: Console, *, ok: bool) -> None:
    """Print a finding of the doctor: a mark with its first line, then how to mend it."""
    mark = Text("✓ ", Style(color="green")) if ok else Text("✗ ", Style(color="red", bold=True))
    _print_wrapped(mark.append(_safe(lines[0])), console)
    for line in lines[1:]:
        _print_wrapped(Text(_safe(line), _FAINT), console, prefix="  ")


def _print_block(block: Block, console: Console, *, error: bool) -> None:
    text = Text()
    strong = _FIGURE if block.role is Role.HEADLINE else _WORDS
    for run in block.runs:
        text.append(_safe(run.text), strong if run.strong else "")
    text.append(f" {block.call}" if block.call else "", _LABEL)
    if block.role is Role.DETAIL:
        text.stylize(_FAINT)
    elif error:
        text.stylize(_ERROR)
    _print_wrapped(text, console)


def _print_citations(citations: Sequence[Citation], console: Console) -> None:
    """Print quotes of one article, then the article."""
    marked = console.no_color or console.color_system is None
    for citation in citations:
        console.print()
        _print_wrapped(_quote(citation, marked=marked), console, prefix="│ ")
    first = citations[0]
    source = Text("".join(f"[{citation.label}]" for citation in citations) + " ", _LABEL)
    source.append(f"《{_safe(first.title) or wording.UNTITLED}》", _TITLE)
    details = "  ".join(part for part in (_safe(first.source), wording.day(first.published)) if part)
    source.append(f"  {details}" if details else "")
    _print_wrapped(source, console, prefix="  ")
    if first.url:
        # A cut address can't be clicked: it may run over the edge, but stays in one piece.
        url = _safe(first.url)
        console.print(Text("  " + url, Style(dim=True, link=url)), soft_wrap=True)


def _quote(citation: Citation, *, marked: bool) -> Text:
    """The quote with its marks in colour, or in 【】 where there is none."""
    text, quote, at = Text(), _safe(citation.quote), 0
    for mark in sorted(citation.marks):
        start, end = mark.start - citation.start, mark.end - citation.start
        if not at <= start < end <= len(quote):
            continue
        text.append(quote[at:start])
        text.append(f"【{quote[start:end]}】" if marked else quote[start:end], _MARK)
        at = end
    return text.append(quote[at:])


_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def _safe(text: str) -> str:
    """The text with whatever could steer a terminal replaced, one for one."""
    return _CONTROL.sub("\ufffd", text)


def _print_wrapped(text: Text, console: Console, *, prefix: str = "") -> None:
    width = console.width - cell_len(prefix)
    for paragraph in text.split("\n"):
        for line in paragraph.divide(line_breaks(paragraph.plain, width)):
            console.print(Text(prefix, _FAINT), line, sep="", no_wrap=True, overflow="ignore", crop=False)


def line_breaks(text: str, width: int) -> list[int]:
    """Where to break a line of Chinese, in code points.

    No line is wider than `width` columns, opens with a closing mark, ends with an opening one, or cuts a
    number or a Latin word in two, as long as one of those can be had by moving up to a few characters.

    >>> [line_breaks("累计投资金额23.26亿元，", width) for width in (16, 12)]
    [[6], [6]]
    >>> line_breaks("科创投，科创贷", 6)
    [2, 5]
    """
    breaks: list[int] = []
    start = 0
    while (end := _fitting(text, start, width)) < len(text):
        end = _good_break(text, start, end)
        breaks.append(end)
        start = end
    return breaks


def _fitting(text: str, start: int, width: int) -> int:
    used = 0
    for index in range(start, len(text)):
        used += cell_len(text[index])
        if used > width and index > start:
            return index
    return len(text)


def _good_break(text: str, start: int, end: int) -> int:
    lowest = max(start + 1, end - _MAX_BACK)
    for at in range(end, lowest - 1, -1):
        if _may_break(text[at - 1], text[at]):
            return at
    return end


_MAX_BACK = 16
"""How far to look back for a good place to break, in code points."""


def _may_break(before: str, after: str) -> bool:
    if after in NO_LINE_START or before in NO_LINE_END:
        return False
    if before.isdigit() and after in _UNIT_OPENS:
        return False
    return not (_sticks(before) and _sticks(after))


_UNIT_OPENS = "万亿千百元个%％"


def _sticks(character: str) -> bool:
    return character.isascii() and not character.isspace()


def aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Rows as lines with columns of equal width, Chinese counting double; the last column runs free."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)][:-1]
    for row in rows:
        cells = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join([*cells, row[-1]]).rstrip()
