"""Lines that were wrapped at a width → paragraphs."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

_FINISHED = re.compile(r"[。！？!?；;：:….][”’」』）)\"]*$")
_FULL = 0.85
"""A wrapped Chinese line falls short of the full width by a character or two that may not begin a line."""
_WIDTHS = range(36, 180)
"""Cells of a wrapped line: below, lines are items or verse; above, each line is a paragraph."""
_ROW = re.compile(r"\S+(?:\s+[-+\d.,%()]+){2,}")
"""A row of a table: words, then numbers apart from each other."""
_WIDE = frozenset("WF")


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
    if full not in _WIDTHS or sum(joins) < least or not any(map(_FINISHED.search, map(str.rstrip, lines))):
        joins = [False] * len(joins)
    paragraphs: list[str] = []
    for line, goes_on in zip(lines, [False, *joins], strict=False):
        if goes_on:
            paragraphs[-1] = join(paragraphs[-1], line.strip())
        elif line.strip():
            paragraphs.append(line.strip())
    return paragraphs


def _goes_on(before: str, line: str, full: int) -> bool:
    """Returns whether a line continues the one before."""
    if (
        width(before) < _FULL * full
        or not line.strip()
        or line[0].isspace()
        or _FINISHED.search(before.rstrip())
    ):
        return False
    return not (_ROW.search(before) or _ROW.search(line))


def join(before: str, after: str) -> str:
    """Returns two parts of a line as one: Chinese without a space, other words with one."""
    if not before or not after:
        return before + after
    chinese = any(map(is_wide, before)) and any(map(is_wide, after))
    if chinese or is_wide(before[-1]) or is_wide(after[0]):
        return before + after
    if before[-1] == "-" and before[-2:-1].isalpha() and after[0].islower():
        return before[:-1] + after
    return f"{before} {after}"


def is_wide(char: str) -> bool:
    """Returns whether a character is as wide as a Chinese one."""
    return unicodedata.east_asian_width(char) in _WIDE or char in "“”‘’…—·"


def width(line: str) -> int:
    """Returns the cells a line takes: two for a Chinese character, one for a Latin one."""
    return sum(2 if is_wide(char) else 1 for char in line.rstrip())
