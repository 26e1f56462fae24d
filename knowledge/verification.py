"""Whether the articles bear out one claim: the rules that turn ranked candidates into a verdict.

A claim is read as the question that its own words ask, its number masked; the candidates are the figures that reading
finds for it.  A figure that agrees bears the claim out only if it speaks of the same thing: no other article's, item's
or year's figure does, however equal the number.
"""

from collections.abc import Sequence
from datetime import date
from dataclasses import dataclass, replace
from typing import NamedTuple

from knowledge.agreement import agrees, base_unit, same_unit, same_value
from knowledge.fit import HEDGED
from knowledge.question import Question
from knowledge.schema import Finding, Kind, Period, Quantity, Span
from knowledge.verdict import Label, Reason


class Candidate(NamedTuple):
    """A figure of the articles beside a claim.

    Attributes:
        finding: What stands there, with its features as an answer to the claim's question.
        score: How well it fits that question, its number aside; only differences mean something.
    """

    finding: Finding
    score: float

    @property
    def quantity(self) -> Quantity:
        """What it states."""
        return self.finding.figure.quantity


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the articles say of a claim.

    Attributes:
        label: Supported, refuted, or not enough information.
        reason: What decided.
        decided: The candidates that decide, the first one first.
    """

    label: Label
    reason: Reason = Reason.NONE
    decided: tuple[Candidate, ...] = ()


_SLACK = 1.5
"""How much worse than the best candidate an agreeing one may fit and still be what the claim speaks of."""

_LEAST = 0.1
"""Cover of the claim's words by a figure's sentence, from which it may speak of the claim's thing."""

_NEAR = 0.35
"""Cover from which it does, so that another number contradicts the claim."""

_FAR_OFF = 2
"""Times the bound: 超过10亿 follows from 12亿, but nobody says it of 70亿."""


def rule_figure(question: Question, claimed: Quantity, found: Sequence[Candidate]) -> Ruling:
    """The verdict on a figure.

    Args:
        question: What the claim's words ask, the number masked.
        claimed: The claim's own number.
        found: What the articles state in the passages about it, in any order.
    """
    ranked = sorted(found, key=lambda c: -c.score)
    beside = [c for c in ranked if _comparable(claimed, c.quantity)]
    agreed = [c for c in beside if _follows(claimed, c.quantity) and _cover(c) >= _LEAST]
    sound = [c for c in agreed if fault(question, c) is Reason.NONE]
    clean = [c for c in beside if fault(question, c) is Reason.NONE]
    best = clean[0] if clean else None
    if sound and best and sound[0].score >= best.score - _SLACK:
        return _supported(claimed, sound[0])
    if agreed and not sound and _cover(agreed[0]) >= _NEAR:
        return Ruling(Label.REFUTED, fault(question, agreed[0]), (agreed[0],))
    if best and _cover(best) >= _NEAR:
        return _against(claimed, best)
    return Ruling(Label.NOT_ENOUGH_INFO)


def _follows(claimed: Quantity, stated: Quantity) -> bool:
    """Whether the claim follows from what is stated, and says about as much."""
    if not _agrees(claimed, stated):
        return False
    if claimed.high is not None or stated.high is not None:
        return True
    low, high = sorted([abs(_in_unit(claimed, stated).value * base_unit(_in_unit(claimed, stated).unit)[1]), abs(stated.value * base_unit(stated.unit)[1])])
    return high <= _FAR_OFF * low


def _supported(claimed: Quantity, by: Candidate) -> Ruling:
    exact = same_value(_in_unit(claimed, by.quantity), by.quantity)
    return Ruling(Label.SUPPORTED, Reason.NONE if exact else Reason.ROUNDED, (by,))


def _against(claimed: Quantity, best: Candidate) -> Ruling:
    return Ruling(Label.REFUTED, Reason.VALUE, (best,))


def fault(question: Question, candidate: Candidate) -> Reason:
    """Why a candidate can't bear the claim out whatever its number; NONE if nothing speaks against it."""
    told = candidate.finding.features
    if _other_time(question, candidate):
        return Reason.TIME
    if told["direction_conflict"]:
        return Reason.DIRECTION
    if told["statistic_conflict"]:
        return Reason.STATISTIC
    if candidate.quantity.hedge and not HEDGED.search(question.text):
        return Reason.HEDGE
    return Reason.NONE


def _cover(candidate: Candidate) -> float:
    return candidate.finding.features["cover_sentence"]


def _other_time(question: Question, candidate: Candidate) -> bool:
    """Whether the claim and the figure name two lasting times that differ; a day is judged as a date of its own."""
    figure = candidate.finding.figure
    stated, asked = figure.as_of, question.periods
    if not candidate.finding.features["time_conflict"] or stated is None or not asked:
        return False
    own = figure.sentence.start <= stated.start < figure.sentence.end
    return own and all(p.resolved and (p.cutoff or (p.hi - p.lo).days >= _LASTING) for p in (stated, asked[0]))


_LASTING = 27
"""Days from which a time is a month or longer."""


def _in_unit(claimed: Quantity, stated: Quantity) -> Quantity:
    """The claim's number in the unit of the article's, if it has none of its own (157.38亿)."""
    if claimed.unit or claimed.kind is not Kind.NUMBER:
        return claimed
    return replace(claimed, unit=stated.unit, kind=stated.kind)


def _comparable(claimed: Quantity, stated: Quantity) -> bool:
    return same_unit(_in_unit(claimed, stated), stated)


def _agrees(claimed: Quantity, stated: Quantity) -> bool | None:
    return agrees(_in_unit(claimed, stated), stated)


class Stated(NamedTuple):
    """A date or numbered token of the articles beside a claim.

    Attributes:
        article_id: Where.
        span: Of itself.
        sentence: Of its sentence.
        agrees: Whether the claim follows from it; False if it is of the claim's sort and another; None if neither.
        cover: Share of the claim's words that its sentence, and the one before, say.
    """

    article_id: str
    span: Span
    sentence: Span
    agrees: bool | None
    cover: float


_COVER_SLACK = 0.35


def rule_stated(found: Sequence[Stated], *, least: float) -> tuple[Label, Stated | None]:
    """The verdict on a date or token."""
    agreed = max((s for s in found if s.agrees), key=lambda s: s.cover, default=None)
    against = max((s for s in found if s.agrees is False), key=lambda s: s.cover, default=None)
    if agreed and agreed.cover >= least and (not against or agreed.cover >= against.cover - _COVER_SLACK):
        return Label.SUPPORTED, agreed
    if against and against.cover >= _NEAR:
        return Label.REFUTED, against
    return Label.NOT_ENOUGH_INFO, None


def same_time(claimed: Period, stated: Period) -> bool | None:
    """Whether a claimed time follows from a stated one: the same, or the year or month it lies in.

    False if both are as exact (two days, two years) and differ; None if they can't be told apart or compared.
    """
    if not (claimed.resolved and stated.resolved):
        claimed, stated = _yearless(claimed), _yearless(stated)
    if claimed.lo <= stated.lo and stated.hi <= claimed.hi and (_grain(claimed) == _grain(stated) or _is_one(claimed)):
        return claimed.lo == stated.lo and claimed.hi == stated.hi or _is_one(claimed)
    if stated.lo <= claimed.lo and claimed.hi <= stated.hi:
        return True if claimed.cutoff and claimed.hi == stated.hi else None
    return False if _grain(claimed) == _grain(stated) else None


def _yearless(period: Period) -> Period:
    """The period in the year 4, so that only month and day count."""
    shift = 4 - period.lo.year
    return replace(period, lo=_in_year(period.lo, 4), hi=_in_year(period.hi, period.hi.year + shift))


def _in_year(day: date, year: int) -> date:
    return day.replace(year=year, day=min(day.day, 28) if day.month == 2 else day.day)


def _is_one(period: Period) -> bool:
    """Whether the period is one year, half a year, one season, one month or less."""
    return (period.hi - period.lo).days < 366


def _grain(period: Period) -> int:
    """0 for a day or some, 1 for about a month, 2 for a season, 3 for years."""
    days = (period.hi - period.lo).days + 1
    return 3 if days > 200 else 2 if days > 45 else 1 if days > 20 else 0
