"""Dates and numbered tokens: whether the articles state one in the sentences that speak of the claim."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from knowledge.claims import MASK, Claim, Form
from knowledge.features import Evidence
from knowledge.matching import Weighted, presence
from knowledge.ruling import UNKNOWN, Basis, Ruling
from knowledge.schema import Hit, Kind, Period, Quantity, Span
from knowledge.verdict import Label, Reason
from knowledge.verification import NEAR

_LEAD = 0.35
"""Cover by which the sentence of another date must lead to be what the claim speaks of."""

_EXACT = 0.3
"""Cover that the same words may lack beside others that mean as much."""

_BEFORE = 0.6
"""What a word counts that only the sentence before says."""

_LEAST_DATE, _LEAST_TOKEN, _LEAST_MANY = 0.05, 0.2, 0.35
"""Cover from which what agrees is what the claim speaks of: a date or a token of the article that a draft is about,
and either among articles that it may not be about, where any date stands somewhere."""


class Stated(NamedTuple):
    """A date or numbered token of an article beside a claim.

    Attributes:
        basis: Where.
        agrees: Whether the claim follows from it; False if it is of the claim's sort and another; None if neither.
        exact: True if it says it in the same words.
        cover: Share of the claim's words that its sentence, and less so the one before, say.
    """

    basis: Basis
    agrees: bool | None
    exact: bool
    cover: float


def rule_stated(
    claim: Claim,
    terms: Sequence[Weighted],
    hits: Sequence[Hit],
    sources: Mapping[str, Evidence],
    *,
    is_about: bool,
) -> Ruling:
    """The verdict on a date or a token.

    Args:
        claim: The date or token.
        terms: The words around it.
        hits: The passages to look in.
        sources: Their articles by id.
        is_about: True if the draft is known to be about these articles.
    """
    found = list(_stated(claim, terms, hits, sources))
    agreed = max((s for s in found if s.agrees), key=lambda s: s.cover + _EXACT * s.exact, default=None)
    against = max((s for s in found if s.agrees is False), key=lambda s: s.cover, default=None)
    least = _LEAST_DATE if claim.form is Form.PERIOD else _LEAST_TOKEN
    if not is_about:
        least = _LEAST_MANY
    if agreed and agreed.cover >= least and (not against or agreed.cover >= against.cover - _LEAD):
        return Ruling(Label.SUPPORTED, basis=(agreed.basis,))
    if against and against.cover >= NEAR:
        reason = Reason.TIME if claim.form is Form.PERIOD else Reason.VALUE
        return Ruling(Label.REFUTED, reason, (against.basis,))
    return _published(claim, sources) or UNKNOWN


def rule_name(claim: Claim, sources: Mapping[str, Evidence]) -> Ruling | None:
    """Support for a number that is part of a name in the articles though the draft gives it a unit: 汉诺威96队."""
    core, before = _CORE.search(claim.surface), claim.said.partition(MASK)[0][-_NAMED:]
    if core is None or len(before) < _NAMED or "\u3000" in before:
        return None
    for source in sources.values():
        for own in source.quantities:
            if own.kind is Kind.IDENTIFIER and source.text[own.start - _NAMED : own.end].endswith(
                before + core[0]
            ):
                sentence = source.around(own.start)[1]
                return Ruling(Label.SUPPORTED, basis=(Basis(source, sentence, Span(own.start, own.end)),))
    return None


_NAMED = 2
"""Characters before a number that make it the same name."""

_TELLS = re.compile(r"发表|发布|刊发|刊登|刊载|见报|报道|讯|电")


def _published(claim: Claim, sources: Mapping[str, Evidence]) -> Ruling | None:
    """Support for the day an article came out, if the claim speaks of that."""
    period = claim.period
    if period is None or period.lo != period.hi or not _TELLS.search(claim.said):
        return None
    for source in sources.values():
        if source.article.day == period.lo and source.sentences:
            first = source.sentences[0]
            return Ruling(Label.SUPPORTED, basis=(Basis(source, first, first),))
    return None


def _stated(
    claim: Claim, terms: Sequence[Weighted], hits: Sequence[Hit], sources: Mapping[str, Evidence]
) -> Iterator[Stated]:
    seen: set[tuple[str, Span]] = set()
    for hit in hits:
        source = sources[hit.passage.article_id]
        for span, agrees in _alike(claim, source):
            if (source.article.id, span) in seen or not hit.passage.start <= span.start < hit.passage.end:
                continue
            seen.add((source.article.id, span))
            before, sentence = source.around(span.start)
            cover = _cover(terms, source.text, before, sentence)
            exact = source.text[span.start : span.end] == claim.surface
            yield Stated(Basis(source, sentence, span), agrees, exact, cover)


def _cover(terms: Sequence[Weighted], text: str, before: Span, sentence: Span) -> float:
    """Share of the terms' weight that the sentence says, and less so the one before it."""
    here, near = text[sentence.start : sentence.end], text[before.start : before.end]
    total = sum(term.weight for term in terms) or 1.0
    said = (max(presence(t.text, here), _BEFORE * presence(t.text, near)) * t.weight for t in terms)
    return sum(said) / total


def _alike(claim: Claim, source: Evidence) -> Iterator[tuple[Span, bool | None]]:
    """What of the claim's sort an article states, and whether the claim follows from it."""
    if claim.form is Form.PERIOD and claim.period:
        for period in source.periods:
            yield Span(period.start, period.end), follows_in_time(claim.period, period)
        return
    if claim.quantity and claim.quantity.kind is Kind.ORDINAL:
        yield from _places(claim.quantity, source)
        return
    core = _CORE.search(claim.surface)
    if core:
        for match in re.finditer(
            rf"(?<![\w.]){re.escape(core[0])}(?![\dA-Za-z]|[.+]\d)", source.text, re.ASCII
        ):
            yield Span(*match.span()), True
        yield from _of_shape(core[0], source)


def _places(own: Quantity, source: Evidence) -> Iterator[tuple[Span, bool]]:
    """The places in an order that an article states: 第3个 is no 3个, and 第二步 another place than 第一步."""
    for other in source.quantities:
        if other.kind is Kind.ORDINAL and (own.unit == other.unit or not (own.unit and other.unit)):
            yield Span(other.start, other.end), own.value == other.value


def _of_shape(core: str, source: Evidence) -> Iterator[tuple[Span, bool]]:
    """Other tokens made alike: 3+6+1 beside 5+5+1, G4720 beside G4719; a short bare number is like any other."""
    shape = _DIGIT.sub("9", core)
    if shape.isdigit() and len(shape) < _LONG:
        return
    for other in source.quantities:
        found = _CORE.search(other.surface)
        if found and found[0] != core and _DIGIT.sub("9", found[0]) == shape:
            yield Span(other.start, other.end), False


_DIGIT = re.compile(r"\d")
_LONG = 5
"""Digits from which a bare number is a code."""

_CORE = re.compile(r"[A-Za-z]*\d+[A-Za-z]*(?:[.+\-]\d+)*|[一二三四五六七八九十百]+")
"""What identifies a token, without 第, a counter or quotation marks."""


def follows_in_time(claimed: Period, stated: Period) -> bool | None:
    """Whether a claimed time follows from a stated one: the same, or the year or month that it lies in.

    False if both are about as exact (two days, two years) and differ; None if one says no more than the other.
    """
    if not (claimed.resolved and stated.resolved):
        if max(_grain(claimed), _grain(stated)) == len(_GRAINS):
            return None
        claimed, stated = _yearless(claimed), _yearless(stated)
    if (claimed.lo, claimed.hi) == (stated.lo, stated.hi):
        return True
    within = claimed.lo <= stated.lo and stated.hi <= claimed.hi and (claimed.hi - claimed.lo).days <= _YEAR
    ends = _ENDS.search(claimed.surface) is not None
    if within and (_grain(claimed) == len(_GRAINS) or not stated.cutoff or ends):
        return True
    if stated.lo <= claimed.lo and claimed.hi <= stated.hi:
        return True if claimed.cutoff and claimed.hi == stated.hi else None
    return False if _grain(claimed) == _grain(stated) else None


_ENDS = re.compile(r"[末底]$")

_YEAR = 366
"""Days of the longest time that stands for what happened at some point in it."""


def _yearless(period: Period) -> Period:
    """The period with its first day in the year 4, a leap year, so that only month and day count."""
    later = period.hi.year - period.lo.year
    return replace(period, lo=period.lo.replace(year=4), hi=period.hi.replace(year=4 * (1 + later)))


_GRAINS = (20, 45, 200)
"""Days up to which a time is a day or some, about a month, about a season; longer ones are years."""


def _grain(period: Period) -> int:
    return sum((period.hi - period.lo).days + 1 > days for days in _GRAINS)
