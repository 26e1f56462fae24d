"""How alike the words are that govern two figures."""

import re
from functools import lru_cache
from itertools import pairwise

_WORD = re.compile(r"[一-鿿A-Za-z]")


def likeness(run: str, governed: str) -> float:
    """Share of a run's characters and pairs of them that another one has, in [0, 1].

    >>> likeness("累计投资", "累计投资金额"), likeness("我国汽车出口", "日本的汽车出口量") < 0.7
    (1.0, True)
    """
    ours, theirs = _pairs(run), _pairs(governed)
    return len(ours & theirs) / len(ours) if ours else 0.0


@lru_cache(maxsize=1 << 14)
def _pairs(text: str) -> frozenset[str]:
    letters = _WORD.findall(text)
    return frozenset(letters) | frozenset(map("".join, pairwise(letters)))
