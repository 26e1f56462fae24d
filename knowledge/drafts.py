"""A draft as it is read: without the marks that part a number from its unit, its tables known for what they are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.schema import Span

_MARKS = re.compile(r"\*+|_{2,}|~~|`+|[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069]+")
"""Markdown's emphasis, and characters without width: they may stand inside a number."""


_AN_ADDRESS = r"(?:https?://|www\.)[!-~]+|[\w.+-]+@[\w-]+\.[\w.]+|\b[A-Za-z0-9-]+\.(?:com|cn|org|net)\b[!-~]*"
"""Where something can be found: no number in it states anything."""

ADDRESS = re.compile(_AN_ADDRESS, re.ASCII)

_LEFT_OUT = re.compile(f"{_MARKS.pattern}|{_AN_ADDRESS}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Legible:
    """A draft without the marks that part a number from its unit.

    Attributes:
        text: What is left.
        origins: For every character of `text`, and for its end, where it stands in the draft.
    """

    text: str
    origins: tuple[int, ...]

    def span(self, start: int, end: int) -> Span:
        """Where `text[start:end]` stands in the draft."""
        if end <= start:
            return Span(self.origins[start], self.origins[start])
        return Span(self.origins[start], self.origins[end - 1] + 1)


def legible(draft: str) -> Legible:
    """The draft as it is read: without emphasis and invisible characters.

    >>> legible("**23.26**亿元").text
    '23.26亿元'
    """
    kept: list[int] = []
    at = 0
    for match in _LEFT_OUT.finditer(draft):
        kept += range(at, match.start())
        at = match.end()
    kept += range(at, len(draft))
    return Legible("".join(draft[i] for i in kept), (*kept, len(draft)))


_CELL = re.compile(r"[|\t]")


def cells_of(line: str) -> list[str]:
    """The cells of a line of a table, in Markdown or parted by tabs; one cell if it is none."""
    return _CELL.split(line)


def headings(text: str) -> Iterator[tuple[int, str]]:
    """Every place in the cells of a table, with the cell at the head of its column."""
    head: Sequence[str] = ()
    at = 0
    for line in text.split("\n"):
        cells = cells_of(line)
        if len(cells) < _COLUMNS:
            head = ()
        elif not head or len(cells) != len(head):
            head = cells
        else:
            start = at
            for cell, title in zip(cells, head, strict=True):
                yield from ((start + i, title.strip()) for i in range(len(cell)))
                start += len(cell) + 1
        at += len(line) + 1


_COLUMNS = 2
