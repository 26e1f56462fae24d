"""Which passages a language model is shown: the most relevant first, whole, as many as its prompt has room for."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from knowledge.features import Evidence
from knowledge.schema import Hit, Span

CountTokens = Callable[[str], int]

_LEANS = re.compile(
    r"(?:其中|同期|同时|此外|另外|而|这些|这|该|其|他们?|她|它们?|对此|当年|当月|同比|环比|前者|后者|上述)"
)
"""How a passage begins that says its subject or time before it."""


def shown(
    hits: Sequence[Hit],
    evidence: Callable[[str], Evidence],
    *,
    count: CountTokens,
    most: int,
    around: int = 0,
) -> tuple[Hit, ...]:
    """The passages to show, most relevant first; the label of each is its place, from 1.

    A passage that leans on what stands before it (其中……) is widened by that sentence.  One that does not fit is left
    out, and shorter ones after it may still fit; the first is always shown.

    Args:
        hits: Most relevant first.
        evidence: Article by id.
        count: Tokens of a text.
        most: Tokens of all of them together.
        around: Tokens that each costs beside its text.
    """
    kept: list[Hit] = []
    left = most
    for hit in hits:
        wide = _widened(hit, evidence(hit.passage.article_id))
        if any(_holds(other, wide) for other in kept):
            continue
        cost = count(wide.passage.text) + around
        if cost <= left or not kept:
            kept.append(wide)
            left -= cost
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(kept, 1))


def _widened(hit: Hit, source: Evidence) -> Hit:
    """The hit with the sentence before it, if it leans on that one."""
    passage = hit.passage
    if not _LEANS.match(passage.text):
        return hit
    before = [s for s in _before(source, passage.start) if "\n" not in source.text[s.end : passage.start]]
    if not before:
        return hit
    start = before[-1].start
    text = source.article.text[start : passage.end]
    return replace(hit, passage=replace(passage, start=start, text=text))


def _before(source: Evidence, at: int) -> Iterator[Span]:
    return (s for s in source.sentences if s.end <= at)


def _holds(one: Hit, other: Hit) -> bool:
    a, b = one.passage, other.passage
    return a.article_id == b.article_id and a.start <= b.start and b.end <= a.end
