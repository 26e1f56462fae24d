"""Whether the articles bear out one claim: the rules that turn ranked candidates into a verdict.

A claim is read as the question that its own words ask, its number masked; the candidates are the figures that reading
finds for it.  A figure that agrees bears the claim out only if it speaks of the same thing: no other item's, year's or
statistic's figure does, however equal the number.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from knowledge.agreement import agrees, base_unit, same_unit, same_value
from knowledge.features import Evidence, governed
from knowledge.matching import presence
from knowledge.question import Question
from knowledge.schema import Direction, Figure, Finding, Kind, Period, Quantity, Span
from knowledge.verdict import Label, Reason


class Basis(NamedTuple):
    """Where a verdict rests.

    Attributes:
        source: The article.
        sentence: The sentence to quote.
        span: What in it decides.
    """

    source: Evidence
    sentence: Span
    span: Span

    @property
    def surface(self) -> str:
        """What decides, in the article's own characters."""
        return self.source.article.text[self.span.start : self.span.end]


class Candidate(NamedTuple):
    """A figure of the articles beside a claim.

    Attributes:
        finding: What stands there, with its features as an answer to the claim's question.
        score: How well it fits that question, its number aside; only differences mean something.
        source: The article.
    """

    finding: Finding
    score: float
    source: Evidence

    @property
    def figure(self) -> Figure:
        """The figure, linked."""
        return self.finding.figure

    @property
    def quantity(self) -> Quantity:
        """What it states."""
        return self.finding.figure.quantity

    @property
    def basis(self) -> Basis:
        """Where it stands."""
        quantity = self.quantity
        return Basis(self.source, self.figure.sentence, Span(quantity.start, quantity.end))

    @property
    def cover(self) -> float:
        """Share of the claim's words that its sentence says."""
        return self.finding.features["cover_sentence"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim as the question that its words ask.

    Attributes:
        question: With the number masked.
        claimed: The claim's own number.
        unspoken: What the claim speaks of and no article does (a subject, a measure, a time); NONE if all is spoken of.
        counted: The nouns that say what is counted or measured.
    """

    question: Question
    claimed: Quantity
    unspoken: Reason = Reason.NONE
    counted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the articles say of a claim.

    Attributes:
        label: Supported, refuted, or not enough information.
        reason: What decided.
        basis: What decides, the newest article first.
    """

    label: Label
    reason: Reason = Reason.NONE
    basis: tuple[Basis, ...] = ()

    @property
    def expected(self) -> str:
        """What the article says instead, or more exactly; empty if the claim stands as it is."""
        return self.basis[0].surface if self.basis and self.reason else ""


IsSure = Callable[[Sequence[Finding]], bool]

UNKNOWN = Ruling(Label.NOT_ENOUGH_INFO)

_SLACK = 1.5
"""How much worse than the best candidate an agreeing one may fit and still be what the claim speaks of."""

_BESIDE = 0.75
"""The same within one sentence, where the right item stands next to the wrong one."""

_NAMED_SLACK = 6
"""The same for a figure that counts what the claim counts, beside one that counts something else."""

_HALF, _SAID = 0.5, 0.9
"""Presence below which a word is hardly there, and from which it is: itself or a synonym."""

_LEAST = 0.1
"""Cover of the claim's words by a figure's sentence, from which it may speak of the claim's thing."""

NEAR = 0.35
"""Cover from which it does, so that another number contradicts the claim."""

_HARDLY = Decimal("1.2")
"""超157.38亿 leaves 160亿 open, but nobody says so of 200亿."""

_FAR_OFF = 2
"""Times the bound: 超过10亿 follows from 12亿, but nobody says it of 70亿."""


def rule_figure(
    asked: Asked, found: Sequence[Candidate], others: Sequence[Candidate], is_sure: IsSure
) -> Ruling:
    """The verdict on a figure.

    Args:
        asked: The claim.
        found: The figures of the passages in a unit that can be compared with the claim's, best first.
        others: The figures in other units, best first.
        is_sure: Whether the reader, asked what the claim's words ask, would answer with the first of some figures.
    """
    agreed = [c for c in found if _follows(asked.claimed, c.quantity) and c.cover >= _LEAST]
    sound = next((c for c in agreed if not fault(asked.question, c)), None)
    clean = [c for c in found if not fault(asked.question, c)]
    nothing = replace(UNKNOWN, reason=asked.unspoken)
    if asked.unspoken is Reason.SUBJECT:
        return nothing
    if sound and (named := _named_elsewhere(asked, sound, clean)):
        return Ruling(Label.REFUTED, Reason.MEASURE, (named.basis,))
    if sound and not _outdone(sound, clean[0]):
        return nothing if asked.unspoken else _supported(asked.claimed, sound)
    if sound and (beside := _item_beside(sound, clean)):
        return Ruling(Label.REFUTED, Reason.SUBJECT, (beside.basis,))
    if not sound and (faulted := _faulted(asked, found)):
        return faulted
    if asked.unspoken is not Reason.TIME and (refuted := _against(asked, clean, others, is_sure)):
        return refuted
    return nothing


def _faulted(asked: Asked, found: Sequence[Candidate]) -> Ruling | None:
    """The number stands there, but of another time, direction or statistic, or as a target."""
    same = (c for c in found if _follows(asked.claimed, c.quantity) or _is_same(asked.claimed, c.quantity))
    best = next(same, None)
    reason = fault(asked.question, best) if best and best.cover >= NEAR else Reason.NONE
    return Ruling(Label.REFUTED, reason, (best.basis,)) if best and reason else None


def _named_elsewhere(asked: Asked, sound: Candidate, clean: Sequence[Candidate]) -> Candidate | None:
    """Another figure that counts what the claim counts, if the one whose number agrees counts something else."""
    if not asked.counted or _counts(sound, asked.counted) >= _HALF:
        return None
    inside = (c for c in clean if _counts(c, asked.counted) >= _SAID and not _follows(asked.claimed, c.quantity))
    return next((c for c in inside if c.score >= sound.score - _NAMED_SLACK), None)


def _counts(candidate: Candidate, nouns: Sequence[str]) -> float:
    """How far the words that govern a figure say all of some nouns."""
    said = f"{candidate.figure.measure}\u3000{governed(candidate.source.text, candidate.figure)}"
    return min(presence(noun, said) for noun in nouns)


def _is_same(claimed: Quantity, stated: Quantity) -> bool:
    return same_value(_in_unit(claimed, stated), stated)


def _outdone(sound: Candidate, best: Candidate) -> bool:
    """Whether the claim speaks of the best candidate rather than of the one whose number agrees."""
    beside = sound.figure.sentence == best.figure.sentence and sound.source is best.source
    return sound.score < best.score - (_BESIDE if beside else _SLACK)


def _item_beside(sound: Candidate, clean: Sequence[Candidate]) -> Candidate | None:
    """The figure of the same sentence that the claim speaks of, if the one whose number agrees is of another item."""
    inside = (c for c in clean if c.source is sound.source and c.figure.sentence == sound.figure.sentence)
    return next((c for c in inside if c.score > sound.score), None)


def _supported(claimed: Quantity, by: Candidate) -> Ruling:
    exact = _is_same(claimed, by.quantity)
    return Ruling(Label.SUPPORTED, Reason.NONE if exact else Reason.ROUNDED, (by.basis,))


def _against(
    asked: Asked, clean: Sequence[Candidate], others: Sequence[Candidate], is_sure: IsSure
) -> Ruling | None:
    """The verdict where no number agrees: the same in another unit, another number, or None for nothing of the kind."""
    claimed = asked.claimed
    elsewise = next((c for c in others if _same_number(claimed, c.quantity) and c.cover >= NEAR), None)
    if elsewise and (not clean or elsewise.score >= clean[0].score - _SLACK):
        return Ruling(Label.REFUTED, Reason.UNIT, (elsewise.basis,))
    if not clean or not is_sure([c.finding for c in clean]):
        return None
    best = clean[0]
    if _follows(claimed, best.quantity):
        return _supported(claimed, best)
    if _agrees(claimed, best.quantity) is None and not _is_far(claimed, best.quantity):
        return Ruling(Label.NOT_ENOUGH_INFO, Reason.FINER, (best.basis,))
    same = _is_same(claimed, best.quantity)
    return Ruling(Label.REFUTED, Reason.MODIFIER if same else Reason.VALUE, (best.basis,))


# -- what speaks against a candidate, its number aside

_TO_COME = re.compile(r"预计|预估|预期|目标|力争|计划|预测|拟(?=[^定人])|有望|争取|将(?![近军领士])|提出[，,]?")
_DONE = re.compile(r"已经?|实现|完成|建成|达到了|做到|兑现|突破了?|落成|挂牌|如期|成功")
_MEANS = frozenset({"人均", "日均", "月均", "年均", "平均"})
_YEARLY = re.compile(r"当年|全年|一年|年内|本年度?|年度|单年")


def fault(question: Question, candidate: Candidate) -> Reason:
    """Why a candidate can't bear the claim out whatever its number; NONE if nothing speaks against it."""
    if other_time(question, candidate.figure):
        return Reason.TIME
    if _turned(question, candidate.figure):
        return Reason.DIRECTION
    if _other_statistic(question, candidate):
        return Reason.STATISTIC
    if _told_as_done(question, candidate):
        return Reason.HEDGE
    return Reason.NONE


_LASTING = 27
"""Days from which a time is a month or longer."""


def other_time(question: Question, figure: Figure) -> bool:
    """Whether claim and figure name two lasting times that differ; a day is a claim of its own."""
    stated = figure.as_of
    asked = question.periods[0] if question.periods else None
    if stated is None or asked is None or not _is_lasting(asked):
        return False
    own = figure.sentence.start <= stated.start < figure.sentence.end
    return own and _is_lasting(stated) and not _same_time(asked, stated)


def _is_lasting(period: Period) -> bool:
    return period.resolved and (period.cutoff or (period.hi - period.lo).days >= _LASTING)


def _same_time(asked: Period, stated: Period) -> bool:
    """Whether a figure of one time may be told of the other: the same span, its end, or the span it lies in."""
    if asked.cutoff or stated.cutoff:
        return asked.hi == stated.hi or asked.lo <= stated.hi <= asked.hi
    return asked.lo <= stated.lo and stated.hi <= asked.hi


def _turned(question: Question, figure: Figure) -> bool:
    stated = figure.direction or (Direction.UP if figure.statistic == "新增" else None)
    asked = question.direction or (Direction.UP if question.statistic == "新增" else None)
    return stated is not None and asked is not None and stated is not asked


def _other_statistic(question: Question, candidate: Candidate) -> bool:
    """同比 told as 环比, a mean as a total, what was added as what there is, a sum over years as one year's."""
    asked, stated = question.statistic, candidate.figure.statistic
    told = candidate.finding.features
    if told["statistic_conflict"] or told["average_missing"]:
        return True
    if {asked, stated} == {"累计", "新增"}:
        return True
    return stated == "累计" and asked != "累计" and _YEARLY.search(question.text) is not None


def _told_as_done(question: Question, candidate: Candidate) -> bool:
    """Whether what is to come is told as done."""
    figure, text = candidate.figure, candidate.source.text
    if _TO_COME.search(question.text) and not _DONE.search(question.text):
        return False
    if figure.quantity.hedge or _TO_COME.search(text, figure.clause.start, figure.clause.end):
        return True
    lead = text[figure.sentence.start : figure.quantity.start]
    return bool(_DONE.search(question.text) and _TO_COME.search(lead) and not _DONE.search(lead))


# -- numbers


def comparable(claimed: Quantity, stated: Quantity) -> bool:
    """Whether the two are in units that convert; a bare 157.38亿 takes the unit of the article."""
    return same_unit(_in_unit(claimed, stated), stated)


def _same_number(claimed: Quantity, stated: Quantity) -> bool:
    return (claimed.value, claimed.high) == (stated.value, stated.high)


def _follows(claimed: Quantity, stated: Quantity) -> bool:
    """Whether the claim follows from what is stated, and says about as much."""
    if not _agrees(claimed, stated):
        return False
    return claimed.high is not None or stated.high is not None or _ratio(claimed, stated) <= _FAR_OFF


def _is_far(claimed: Quantity, stated: Quantity) -> bool:
    """Whether a bound that the articles leave open is out of all proportion: 超157.38亿 leaves 160亿 open, not 1600亿."""
    return _ratio(claimed, stated) > _HARDLY


def _ratio(claimed: Quantity, stated: Quantity) -> Decimal:
    """How many times the smaller the larger of two values is; 1 if one of them is zero."""
    ours = _in_unit(claimed, stated)
    low, high = sorted(abs(q.value * base_unit(q.unit)[1]) for q in (ours, stated))
    return high / low if low else Decimal(1)


def _in_unit(claimed: Quantity, stated: Quantity) -> Quantity:
    """The claim's number in the unit of the article's, if it has none of its own."""
    if claimed.unit or claimed.kind is not Kind.NUMBER:
        return claimed
    return replace(claimed, unit=stated.unit, kind=stated.kind)


def _agrees(claimed: Quantity, stated: Quantity) -> bool | None:
    return agrees(_in_unit(claimed, stated), stated)
