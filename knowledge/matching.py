"""How far a text speaks of a word: itself, a synonym, an abbreviation, or a part of it."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from math import log
from typing import NamedTuple

from knowledge.synonyms import SYNONYMS
from knowledge.terms import Term


class Weighted(NamedTuple):
    """A question term with its final weight (prior times its rarity: 0 in every passage, 1 in none)."""

    text: str
    weight: float
    name: bool
    place: bool
    head: bool
    noun: bool
    coined: bool
    rarity: float = 0.0


def weigh(
    terms: Iterable[Term], document_frequency: Callable[[str], int], n_passages: int
) -> tuple[Weighted, ...]:
    """Terms with prior weight times rarity; a word in every passage keeps under half of its prior."""
    top = log(1 + max(n_passages, 2))
    out = []
    for term in terms:
        rarity = log(1 + max(n_passages, 2) / (1 + document_frequency(term.text))) / top
        out.append(
            Weighted(
                term.text,
                term.weight * (0.3 + 0.7 * min(rarity, 1.0)),
                term.name,
                term.place,
                term.head,
                term.noun,
                term.coined,
                min(rarity, 1.0),
            )
        )
    return tuple(out)


def cover(terms: Sequence[Weighted], text: str) -> float:
    """Share of the terms, by weight, that a text says, in [0, 1]; 0 of no terms."""
    total = sum(term.weight for term in terms)
    return sum(t.weight * presence(t.text, text) for t in terms) / total if total else 0.0


_DENIED = 0.3
"""Presence of 制造业 in a text that only says 非制造业, and of a firm in one that only names its newspaper."""
_PAPERS = ("新闻《", "新闻讯", "新闻记者", "日报", "晚报", "时报", "早报", "商报", "网讯", "电视台", "卫视")


def _elsewise(term: str, text: str) -> int:
    """How often the term is only a part of what means something else."""
    return text.count("非" + term) + sum(text.count(term + paper) for paper in _PAPERS)


@lru_cache(maxsize=200_000)
def presence(term: str, text: str) -> float:
    """How far a text speaks of a term, in [0, 1].

    1 for the word itself, .9 for a synonym, .7 for an abbreviation (高企 of 高新技术企业), else half the share
    of its character pairs.

    >>> presence("投资", "累计投资金额"), presence("高企", "高新技术企业数")
    (1.0, 0.7)
    """
    if term in text:
        return 1.0 if text.count(term) > _elsewise(term, text) else _DENIED
    if term.startswith("非"):
        return 0.0
    if any(word in text for word in SYNONYMS.get(term, ())):
        return 0.9
    if len(term) < 2:
        return 0.0
    partial = max(_split_presence(term, text), 0.5 * _pairs(term, text))
    if 2 <= len(term) <= 4 and partial < 0.7 and _abbreviates(term, text):
        return 0.7
    return partial


def _split_presence(term: str, text: str) -> float:
    """Best cover of a compound by two known halves (营收增速 → 营业收入 + 增长), a little discounted."""
    if not 3 <= len(term) <= 8:
        return 0.0
    best = 0.0
    for cut in range(1, len(term)):
        halves = (term[:cut], term[cut:])
        score = 0.0
        for half in halves:
            if half in text or any(word in text for word in SYNONYMS.get(half, ())):
                score += len(half) / len(term)
        best = max(best, score)
    return 0.9 * best if best >= 1.0 else 0.6 * best


def _pairs(term: str, text: str) -> float:
    n = len(term) - 1
    return sum(term[i : i + 2] in text for i in range(n)) / n


def _abbreviates(term: str, text: str) -> bool:
    """Whether the term's characters stand in order, close together, in one word run of the text."""
    if not all(c in text for c in term):
        return False
    gap = r"[一-鿿]{0,3}?"
    return re.search(gap.join(re.escape(c) for c in term), text) is not None
