"""Whether the articles speak at all of what a claim is about."""

import re
from collections.abc import Sequence

from knowledge.claims import MASK, Claim
from knowledge.features import Evidence
from knowledge.matching import presence
from knowledge.schema import Kind, Period
from knowledge.terms import Term
from knowledge.verdict import Reason

_SAID = 0.5
"""Presence from which a word is spoken of: itself, a synonym, an abbreviation or most of it."""

_STRONG = 0.5
"""Weight of a word that says what the claim is about; less is a hint."""

_GLUE = '的“”‘’" '
"""What may stand between two nouns of one phrase."""

_TO_COME = re.compile(r"预计|力争|目标|计划|^[全本我][省市国区县州]$")
"""Tagged as nouns, yet no part of what is counted."""

_KEY = 2
"""Nouns before the number that say what is counted: 独角兽企业, 专利授权量."""


def unspoken(claim: Claim, terms: Sequence[Term], sources: Sequence[Evidence]) -> Reason:
    """What no article says of all that the claim is about: its subject, its measure or its year; NONE if nothing.

    Only the clause that the number stands in is looked at: what introduces it (据…介绍) is often said otherwise.
    """
    text = "\n".join(f"{s.squeezed}\n{s.title}\n{s.article.source}" for s in sources)
    own = _own_clause(claim.said)
    key = [*_key(own, terms), *_after(own, terms)]
    whole = [t for t in terms if t.weight >= _STRONG and MASK not in t.text and "\u3000" not in t.text]
    absent = [t for t in whole if max(presence(t.text, text), presence(_core(t.text), text)) < _SAID]
    strong = [t for t in absent if t.text in own]
    latin = _LATIN.search(text) is not None
    names = (t for t in terms if t.name and t.text in own and (latin or not t.text.isascii()))
    first = next(names, None)
    elsewhere = any(t.place and (t in strong or _is_topic(t.text, claim.said)) for t in absent)
    if first in strong or elsewhere:
        return Reason.SUBJECT
    if any(t.coined or (t.noun and len(t.text) > 1 and t in key) for t in strong):
        return Reason.MEASURE
    if claim.period and _is_year(claim.period) and not any(_in_sight(claim.period, s) for s in sources):
        return Reason.TIME
    return Reason.NONE


_LATIN = re.compile(r"[A-Za-z]{3}")
"""A word in Latin letters; where the articles have none, one in the draft says the same in another language."""

_HOW_MUCH = re.compile(r"(?<=[一-鿿]{2})(?:数量|总数|总量|总额|金额|数额|人数|次数|规模|水平|情况|数|额)$")


def _core(word: str) -> str:
    """The word without what only says that it is counted: 人口数量 → 人口."""
    return _HOW_MUCH.sub("", word)


def _is_topic(place: str, said: str) -> bool:
    """Whether a place opens the sentence or ends a clause before the number's (同处西南的重庆，…)."""
    return re.search(rf"^[\s\u3000，]*{re.escape(place)}|{re.escape(place)}[市省县区]?，", said) is not None


def counted(claim: Claim, terms: Sequence[Term]) -> tuple[str, ...]:
    """The nouns that say what the claim's number counts: right after it (6个重点实验室), else the last before it.

    A score counts nothing.
    """
    if claim.quantity is None or claim.quantity.kind is Kind.RATIO:
        return ()
    own = _own_clause(claim.said)
    before = [t.text for t in _key(own, terms) if t.noun or len(t.text) > 1]
    return tuple(t.text for t in _after(own, terms)) or tuple(before[:_KEY])


def named(claim: Claim, terms: Sequence[Term]) -> tuple[str, ...]:
    """The made-up names of the claim's clause, which nothing abbreviates."""
    own = _own_clause(claim.said)
    names = (t.text for t in terms if t.name and t.coined and t.weight >= _STRONG and t.text in own)
    return tuple(name for name in names if MASK not in name and "\u3000" not in name)


def _after(own: str, terms: Sequence[Term]) -> list[Term]:
    """The nouns right after the number: 6个重点实验室, 86%的受访者."""
    rest = own[own.find(MASK) + len(MASK) :].removeprefix("的")
    nouns: list[Term] = []
    while found := next((t for t in terms if t.noun and t.text and rest.startswith(t.text)), None):
        nouns.append(found)
        rest = rest[len(found.text) :]
    return nouns


def _own_clause(said: str) -> str:
    """The clause of the masked number, up to it and a little beyond."""
    at = said.find(MASK)
    return said[max(said.rfind(mark, 0, at) for mark in ("，", "。", "；", ",", ";", "：“", ":“")) + 1 :]


def _key(own: str, terms: Sequence[Term]) -> list[Term]:
    """The last nouns before the number that stand together, nearest first (技术需求, be 需求 a verb or not)."""
    at = own.find(MASK)
    placed = [(own.rfind(term.text, 0, at), term) for term in terms if not _TO_COME.search(term.text)]
    run: list[Term] = []
    edge = at
    for start, term in sorted((p for p in placed if p[0] >= 0), key=lambda p: -p[0]):
        apart = own[start + len(term.text) : edge].strip(_GLUE)
        if run and apart:
            if any(t.noun for t in run):
                break
            run = []
        run.append(term)
        edge = start
        if sum(t.noun for t in run) == _KEY:
            break
    return run if any(t.noun for t in run) else []


def _is_year(period: Period) -> bool:
    return (
        period.resolved
        and re.search(r"\d{2}", period.surface) is not None
        and (period.hi - period.lo).days > _SEASON
    )


_SEASON = 200
"""Days from which a time is a year or more."""


def _in_sight(period: Period, source: Evidence) -> bool:
    """Whether an article speaks of the time, or of a part of it."""
    return any(p.resolved and p.lo <= period.hi and period.lo <= p.hi for p in source.periods)
