"""Where articles disagree: which of them state another number of what a claim speaks of."""

from collections.abc import Sequence
from datetime import date

from knowledge.following import follows
from knowledge.likeness import tell_the_same
from knowledge.ruling import Asked, Candidate
from knowledge.schema import Period

_AS_WELL = 0.7
"""Share of the cover by which another article's sentence must speak of the thing too."""

_CLOSE = 2.0
"""How much worse it may fit."""


def conflicts(asked: Asked, by: Candidate, clean: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """What other articles state of the same thing for the same time and otherwise, one candidate an article.

    Args:
        asked: The claim.
        by: The candidate that decides.
        clean: All candidates without fault, best first.
    """
    found: dict[str, Candidate] = {}
    for other in same_elsewhere(by, clean):
        if _same_time(asked, by, other):
            found.setdefault(other.source.article.id, other)
    return tuple(found.values())


def same_elsewhere(by: Candidate, clean: Sequence[Candidate]) -> list[Candidate]:
    """What other articles state of the same thing, of whatever time, and otherwise."""
    return [other for other in clean if other.source is not by.source and _tells_otherwise(by, other)]


def _tells_otherwise(by: Candidate, other: Candidate) -> bool:
    if follows(by.quantity, other.quantity) is not False or follows(other.quantity, by.quantity) is not False:
        return False
    near = other.cover >= _AS_WELL * by.cover and other.score >= by.score - _CLOSE
    return near and tell_the_same(by.sentence, other.sentence)


def _same_time(asked: Asked, by: Candidate, other: Candidate) -> bool:
    """Whether both hold for one time, or are sums that only grow and the claim leaves open which day it means."""
    one, two = by.figure.as_of, other.figure.as_of
    if one is None or two is None:
        return one is two
    if _overlap(one, two):
        return True
    grows = by.figure.statistic == other.figure.statistic == "累计" or (one.cutoff and two.cutoff)
    return grows and not asked.question.periods


def _overlap(one: Period, two: Period) -> bool:
    return one.lo <= two.hi and two.lo <= one.hi


def newest_first(candidates: Sequence[Candidate]) -> list[Candidate]:
    """By the article's day, the undated last."""
    return sorted(candidates, key=day, reverse=True)


def day(candidate: Candidate) -> date:
    """The day of the article; the first of all if it is undated."""
    return candidate.source.article.day or date.min
