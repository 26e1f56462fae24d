"""Lines that were wrapped at a width → paragraphs."""

import re
from collections.abc import Sequence
from itertools import pairwise

_FINISHED = re.compile(r"[。！？!?；;：:….][”’」』）)\"]*$")
_FULL = 0.85
"""A wrapped Chinese line falls short of the full width by a character or two that may not begin a line."""
_WIDTHS = range(36, 180)
"""Cells of a wrapped line: below, lines are items or verse; above, each line is a paragraph."""
_ROW = re.compile(r"\S+(?:\s+[-+\d.,%()]+){2,}")
"""A row of a table: words, then numbers apart from each other."""
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003fffd"
    "\u2014\u2018\u2019\u201c\u201d\u2026\u3000\xb7]"
)


def unwrap(lines: Sequence[str], *, least: int = 2) -> list[str]:
    """Returns paragraphs: a line that reaches the full width goes on in the next one.

    Nothing is joined across an empty line, before an indented line, behind a finished sentence, or in what
    holds no sentence.

    Args:
        lines: All lines of a text, empty ones too.
        least: Lines that must reach the full width unfinished to show that the text is wrapped at all.

    >>> unwrap(["　　上半年全市地区生产总值达到一千二百三十", "四亿元，同比增长百分之六点五，高于全国平均", "水平。"])
    ['上半年全市地区生产总值达到一千二百三十四亿元，同比增长百分之六点五，高于全国平均水平。']
    """
    full = max(map(width, lines), default=0)
    joins = [_goes_on(before, line, full) for before, line in pairwise(lines)]
    if full not in _WIDTHS or sum(joins) < least or not _ends_finished(lines, joins):
        joins = [False] * len(joins)
    parts: list[str] = []
    before = ""
    for line, goes_on in zip(map(str.strip, lines), [False, *joins], strict=False):
        parts.append((_gap(before, line) if goes_on else "\n") + line)
        before = line
    return [paragraph for paragraph in "".join(parts).split("\n") if paragraph]


def _goes_on(before: str, line: str, full: int) -> bool:
    """Returns whether a line continues the one before."""
    if width(before) < _FULL * full or not line.strip() or line[0].isspace():
        return False
    return not (_FINISHED.search(before.rstrip()) or _ROW.search(before) or _ROW.search(line))


def _ends_finished(lines: Sequence[str], joins: Sequence[bool]) -> bool:
    """Returns whether most paragraphs end as prose does: the rows of a list, joined, do not."""
    last = [
        line
        for line, joined, goes_on in zip(lines[1:], joins, [*joins[1:], False], strict=True)
        if joined > goes_on
    ]
    return 2 * sum(_FINISHED.search(line.rstrip()) is not None for line in last) >= len(last)


def _gap(before: str, after: str) -> str:
    """Returns what stands between two parts of a line: nothing in Chinese, a space between other words."""
    chinese = _WIDE.search(before) and _WIDE.search(after)
    return "" if chinese or is_wide(before[-1]) or is_wide(after[0]) else " "


def is_wide(char: str) -> bool:
    """Returns whether a character is as wide as a Chinese one."""
    return _WIDE.match(char) is not None


def width(line: str) -> int:
    """Returns the cells a line takes: two for a Chinese character, one for a Latin one."""
    line = line.rstrip()
    return len(line) if line.isascii() else len(line) + len(_WIDE.findall(line))
