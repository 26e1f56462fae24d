"""Why a figure can't bear a claim out, however equal the number: another time, direction or statistic, or a target."""

import re
from dataclasses import replace
from datetime import date

from knowledge.question import Question
from knowledge.ruling import Asked, Basis, Candidate
from knowledge.schema import Direction, Figure, Period, Span
from knowledge.statistic import DOWN, UP
from knowledge.verdict import Reason

_TO_COME = re.compile(
    r"预计|预估|预期|目标|力争|计划|预测|拟(?=[^定人])|有望|争取|冲刺|瞄准|将(?![近军领士])|提出[，,]?"
)
_DONE = re.compile(r"已(?!知)|兑现|做到|如期|成功|落成|挂牌|(?:实现|完成|建成|突破|达到)了|实际")
_ACHIEVED = re.compile(r"实现|完成|达|已|了")
_MEANS = frozenset({"人均", "日均", "月均", "年均", "平均"})
_EACH = re.compile(r"每(?:场|个?月|天|日|周|季度?|个?人|家|户|次|项)")
_ONE = re.compile(r"每|[1一][周天日月年]|/")
_YEARLY = re.compile(r"当年|全年|一年|年内|本年度?|年度|单年")


def fault(asked: Asked, candidate: Candidate) -> Reason:
    """Why a candidate can't bear the claim out whatever its number; NONE if nothing speaks against it."""
    question = asked.question
    if candidate.finding.features["place_conflict"]:
        return Reason.SUBJECT
    if other_time(question, candidate.figure, candidate.source.article.day):
        return Reason.TIME
    if _turned(asked, candidate):
        return Reason.DIRECTION
    if _other_statistic(question, asked.clause, candidate):
        return Reason.STATISTIC
    if _told_as_done(asked, candidate):
        return Reason.HEDGE
    return Reason.NONE


def other_time(question: Question, figure: Figure, day: date | None) -> bool:
    """Whether claim and figure name two times that differ: two lasting ones, or any of other years.

    A day is a claim of its own: the figure is not blamed for it.
    """
    stated = figure.as_of
    asked = question.periods[0] if question.periods else None
    if stated is None or asked is None or not (asked.resolved and stated.resolved):
        return False
    if not figure.sentence.start <= stated.start < figure.sentence.end:
        return False
    if asked.lasts and stated.lasts:
        return not _same_time(_so_far(asked, day), _so_far(stated, day))
    return asked.hi.year < stated.lo.year or stated.hi.year < asked.lo.year


def _so_far(period: Period, day: date | None) -> Period:
    """The period up to the article's day: 今年 in August is 今年以来."""
    return replace(period, hi=day) if day and period.lo <= day < period.hi else period


def _same_time(asked: Period, stated: Period) -> bool:
    """Whether a figure of one time may be told of the other: the same span, its end, or the span it lies in."""
    if asked.cutoff or stated.cutoff:
        return asked.hi == stated.hi or asked.lo <= stated.hi <= asked.hi
    return asked.lo <= stated.lo and stated.hi <= asked.hi


_CHANGE = re.compile(rf"(?P<up>{UP}|延长|加长|⬆|↑|[涨升增]$)|(?P<down>{DOWN}|缩短|收窄|⬇|↓|[跌降减]$)")
"""What rises or falls, in one character right before the number too: 涨0.34%."""


def with_direction(candidate: Candidate) -> Basis:
    """Where a figure stands, from the word that says which way it goes: 增长16.3%."""
    basis, figure = candidate.basis, candidate.figure
    found = _last_change(candidate.source.text[figure.reach.start : figure.quantity.start])
    start = figure.reach.start + found.start() if found else basis.span.start
    return basis._replace(span=Span(min(start, basis.span.start), basis.span.end))


def _last_change(before: str) -> re.Match[str] | None:
    return max(_CHANGE.finditer(before), key=re.Match.start, default=None)


def _turned(asked: Asked, candidate: Candidate) -> bool:
    figure = candidate.figure
    before = candidate.source.text[figure.reach.start : figure.quantity.start]
    ours = _way(asked.run.partition("\u3000")[0], asked.question.direction, asked.question.statistic)
    theirs = _way(before, figure.direction, figure.statistic)
    return ours is not None and theirs is not None and ours is not theirs


def _way(before: str, direction: Direction | None, statistic: str) -> Direction | None:
    """Which way a figure goes by the last word before it that says so (增速…降低); what is new goes up."""
    last = _last_change(before)
    if last:
        return Direction.UP if last["up"] else Direction.DOWN
    return direction or (Direction.UP if statistic == "新增" else None)


def _other_statistic(question: Question, asked_clause: str, candidate: Candidate) -> bool:
    """同比 told as 环比, a mean as a total, what was added as what there is, a sum over years as one year's."""
    asked, stated = question.statistic, candidate.figure.statistic
    told, figure = candidate.finding.features, candidate.figure
    each = _ONE.search(candidate.source.text[slice(*figure.clause)]) is not None
    if told["per_missing"] and _EACH.search(asked_clause) and not each:
        return True
    if told["statistic_conflict"] or (told["average_missing"] and not each):
        return True
    if {asked, stated} == {"累计", "新增"} or _is_total(asked, stated, question.text):
        return True
    return stated == "累计" and asked != "累计" and _YEARLY.search(question.text) is not None


def _is_total(asked: str, stated: str, said: str) -> bool:
    """Whether a mean is told as if it were all."""
    return stated in _MEANS and asked not in _MEANS and "均" not in said and "每" not in said


def _told_as_done(asked: Asked, candidate: Candidate) -> bool:
    """Whether what is to come is told as done."""
    figure, text = candidate.figure, candidate.source.text
    if any(_is_to_come(said) for said in (asked.clause, asked.question.text)):
        return False
    if _TO_COME.search(asked.lead) and not _DONE.search(asked.clause):
        return False
    if figure.doubt or _is_to_come(text[figure.clause.start : figure.clause.end]):
        return True
    if _ACHIEVED.search(text, figure.clause.start, figure.clause.end):
        return False
    lead = text[figure.sentence.start : figure.quantity.start]
    return bool(_DONE.search(asked.clause) and _TO_COME.search(lead) and not _DONE.search(lead))


def _is_to_come(clause: str) -> bool:
    return bool(_TO_COME.search(clause)) and not _DONE.search(clause)
