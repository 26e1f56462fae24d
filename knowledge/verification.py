"""Whether the articles bear out one claim: the rules that turn ranked candidates into a verdict.

A claim is read as the question that its own words ask, its number masked; the candidates are the figures that reading
finds for it.  A figure that agrees bears the claim out only if it speaks of the same thing: no other item's, year's or
statistic's figure does, however equal the number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from knowledge.agreement import agrees, base_unit, same_unit, same_value
from knowledge.features import Evidence
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
    """

    question: Question
    claimed: Quantity
    unspoken: Reason = Reason.NONE


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


UNKNOWN = Ruling(Label.NOT_ENOUGH_INFO)

_SLACK = 1.5
"""How much worse than the best candidate an agreeing one may fit and still be what the claim speaks of."""

_BESIDE = 0.75
"""The same within one sentence, where the right item stands next to the wrong one."""

_LEAST = 0.1
"""Cover of the claim's words by a figure's sentence, from which it may speak of the claim's thing."""

NEAR = 0.35
"""Cover from which it does, so that another number contradicts the claim."""

_FAR_OFF = 2
"""Times the bound: 超过10亿 follows from 12亿, but nobody says it of 70亿."""


def rule_figure(asked: Asked, found: Sequence[Candidate]) -> Ruling:
    """The verdict on a figure.

    Args:
        asked: The claim.
        found: What the articles state in the passages about it, in any order.
    """
    ranked = sorted(found, key=lambda c: -c.score)
    comparable = [c for c in ranked if _comparable(asked.claimed, c.quantity)]
    agreed = [c for c in comparable if _follows(asked.claimed, c.quantity) and c.cover >= _LEAST]
    sound = next((c for c in agreed if not fault(asked.question, c)), None)
    best = next((c for c in comparable if not fault(asked.question, c)), None)
    if asked.unspoken:
        known = UNKNOWN if asked.unspoken is Reason.SUBJECT else _faulted(asked, agreed)
        return known if known is not UNKNOWN else replace(UNKNOWN, reason=asked.unspoken)
    if sound and best and not _outdone(sound, best):
        return _supported(asked.claimed, sound)
    if sound and best and best.figure.sentence == sound.figure.sentence:
        return Ruling(Label.REFUTED, Reason.SUBJECT, (best.basis,))
    if not sound and (faulted := _faulted(asked, agreed)) is not UNKNOWN:
        return faulted
    return _against(asked, best, ranked)


def _faulted(asked: Asked, agreed: Sequence[Candidate]) -> Ruling:
    """The number stands there, but of another time, direction, statistic, or as a target."""
    if not agreed or agreed[0].cover < NEAR:
        return UNKNOWN
    reason = fault(asked.question, agreed[0])
    return Ruling(Label.REFUTED, reason, (agreed[0].basis,)) if reason else UNKNOWN


def _outdone(sound: Candidate, best: Candidate) -> bool:
    """Whether the claim speaks of the best candidate rather than of the one whose number agrees."""
    slack = _BESIDE if sound.figure.sentence == best.figure.sentence else _SLACK
    return sound.score < best.score - slack


def _supported(claimed: Quantity, by: Candidate) -> Ruling:
    exact = same_value(_in_unit(claimed, by.quantity), by.quantity)
    return Ruling(Label.SUPPORTED, Reason.NONE if exact else Reason.ROUNDED, (by.basis,))


def _against(asked: Asked, best: Candidate | None, ranked: Sequence[Candidate]) -> Ruling:
    """The verdict where no number agrees: another number, another unit, or nothing of the kind."""
    claimed = asked.claimed
    other_unit = next((c for c in ranked if _only_unit_differs(claimed, c.quantity) and c.cover >= NEAR), None)
    if other_unit and (best is None or other_unit.score >= best.score - _SLACK):
        return Ruling(Label.REFUTED, Reason.UNIT, (other_unit.basis,))
    if best is None or best.cover < NEAR:
        return UNKNOWN
    if _agrees(claimed, best.quantity) is None:
        return Ruling(Label.NOT_ENOUGH_INFO, Reason.FINER, (best.basis,))
    same = same_value(_in_unit(claimed, best.quantity), best.quantity)
    return Ruling(Label.REFUTED, Reason.MODIFIER if same else Reason.VALUE, (best.basis,))


def _only_unit_differs(claimed: Quantity, stated: Quantity) -> bool:
    """Whether the same number stands there in a unit that means something else: 亿美元 for 亿元, 百分点 for %."""
    return not _comparable(claimed, stated) and (claimed.value, claimed.high) == (stated.value, stated.high)


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

def _follows(claimed: Quantity, stated: Quantity) -> bool:
    """Whether the claim follows from what is stated, and says about as much."""
    if not _agrees(claimed, stated):
        return False
    ours = _in_unit(claimed, stated)
    if ours.high is not None or stated.high is not None:
        return True
    low, high = sorted(abs(q.value * base_unit(q.unit)[1]) for q in (ours, stated))
    return high <= _FAR_OFF * low


def _in_unit(claimed: Quantity, stated: Quantity) -> Quantity:
    """The claim's number in the unit of the article's, if it has none of its own (157.38亿)."""
    if claimed.unit or claimed.kind is not Kind.NUMBER:
        return claimed
    return replace(claimed, unit=stated.unit, kind=stated.kind)


def _comparable(claimed: Quantity, stated: Quantity) -> bool:
    return same_unit(_in_unit(claimed, stated), stated)


def _agrees(claimed: Quantity, stated: Quantity) -> bool | None:
    return agrees(_in_unit(claimed, stated), stated)
