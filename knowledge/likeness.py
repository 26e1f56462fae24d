"""How alike the words are that govern two figures."""

import re
from functools import lru_cache
from itertools import pairwise, takewhile

from knowledge.schema import Span

_WORD = re.compile(r"[一-鿿A-Za-z]")


def likeness(run: str, governed: str) -> float:
    """Share of a run's characters and pairs of them that another one has, in [0, 1].

    >>> likeness("累计投资", "累计投资金额"), likeness("我国汽车出口", "日本的汽车出口量") < 0.7
    (1.0, True)
    """
    ours, theirs = _pairs(run), _pairs(governed)
    return len(ours & theirs) / len(ours) if ours else 0.0


_ALIKE = 0.6
"""Likeness of one sentence to the other from which both tell the same; less, and they are of two events."""


def tell_the_same(one: str, other: str) -> bool:
    """Whether two sentences tell of one thing: most of the words of either stand in the other."""
    return max(likeness(one, other), likeness(other, one)) >= _ALIKE


@lru_cache(maxsize=1 << 14)
def _pairs(text: str) -> frozenset[str]:
    letters = _WORD.findall(text)
    return frozenset(letters) | frozenset(map("".join, pairwise(letters)))


_MARGIN = 8
"""Characters on either side of a number by which a sentence taken over is known."""


def margins(text: str, span: Span) -> tuple[str, str]:
    """What stands right before and right after a span."""
    return text[max(span.start - _MARGIN, 0) : span.start], text[span.end : span.end + _MARGIN]


def touching(ours: tuple[str, str], theirs: tuple[str, str]) -> float:
    """Share of the characters on either side of two numbers that are the same, counted outwards, in [0, 1].

    >>> touching(("累计投资金额", "，带动"), ("“科创投”累计投资金额", "，"))
    0.4375
    """
    before = zip(reversed(ours[0]), reversed(theirs[0]), strict=False)
    after = zip(*(side[1] for side in (ours, theirs)), strict=False)
    same = (takewhile(lambda pair: pair[0] == pair[1], pairs) for pairs in (before, after))
    return sum(len(list(run)) for run in same) / (2 * _MARGIN)
