"""What the articles say together: which candidates state one value, and which of them states it most exactly."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from knowledge.agreement import agrees, base_unit, same_unit
from knowledge.schema import Finding, Quantity

Amount = tuple[Decimal, str]

_AS_WELL = 0.7
"""Share of a candidate's cover that another of its value must have to speak of the same thing."""


def with_agreement(found: Sequence[Finding]) -> list[Finding]:
    """The candidates with how far *other* articles state their value too, and whether one states it more exactly.

    A value agrees with another if it is that one rounded (5307亿元 with 5307.19亿元, 近六成 with 58.1%).
    """
    by_unit: dict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        by_unit[base_unit(finding.figure.quantity.unit)[0]].append(finding)
    by_unit[""] = list(found)  # a number without a unit may be any other's
    out = []
    for finding in found:
        group = by_unit[base_unit(finding.figure.quantity.unit)[0]]
        out.append(replace(finding, features={**finding.features, **_agreement(finding, group)}))
    return out


def _agreement(finding: Finding, group: Iterable[Finding]) -> dict[str, float]:
    own = finding.figure.quantity
    same = [o for o in group if o is not finding and _close(own, o.figure.quantity)]
    agreed = [o for o in same if _agree(own, o.figure.quantity)]
    others = [o for o in agreed if o.article_id != finding.article_id]
    enough = _AS_WELL * finding.features["cover_sentence"]
    fuller = [
        o for o in same if o.figure.quantity.value == own.value and not own.unit and o.figure.quantity.unit
    ]
    finer = [
        o for o in agreed if _is_finer(o.figure.quantity, own) and o.features["cover_sentence"] >= enough
    ]
    return {
        "echoed_elsewhere": max((o.features["cover_sentence"] for o in others), default=0.0),
        "n_elsewhere": min(len({o.article_id for o in others}), 5) / 5,
        "is_rounder": float(bool(finer)),
        "is_barer": float(bool(fuller)),
    }


def _close(one: Quantity, other: Quantity) -> bool:
    """Whether two values are near enough to be worth a closer look."""
    a, b = one.value, other.value
    return one.unit != other.unit or abs(a - b) * 10 <= max(abs(a), abs(b))


def _is_finer(one: Quantity, other: Quantity) -> bool:
    return one.digits > other.digits and one.value != other.value


_RIVAL = 0.85
"""Share of a candidate's cover from which another one is a rival."""

_MERITS = ("time_same", "unit_same", "statistic_same", "direction_same", "told_same", "extreme_same")


def with_rivals(found: Sequence[Finding]) -> list[Finding]:
    """The candidates with what speaks against them only because another one, about as near, has it right.

    A figure of an untold time is a poor answer where a figure of the time asked for stands beside it; alone it may do.
    """
    best = {merit: max((_cover(f) for f in found if f.features[merit]), default=0.0) for merit in _MERITS}
    clean = max((_cover(f) for f in found if not f.features["forbidden"]), default=0.0)
    out = []
    for finding in found:
        cover = _RIVAL * _cover(finding)
        beaten = {f"beaten_{m}": float(not finding.features[m] and 0 < cover <= best[m]) for m in _MERITS}
        beaten["beaten_forbidden"] = float(bool(finding.features["forbidden"]) and cover <= clean)
        out.append(replace(finding, features={**finding.features, **beaten}))
    return out


def rivals(ranked: Sequence[Finding]) -> list[Finding]:
    """The candidates that state another amount than the best one and speak of the thing about as plainly."""
    best = ranked[0]
    return [
        other
        for other in ranked[1:]
        if _cover(other) >= _RIVAL * _cover(best)
        and not other.features["forbidden"]
        and same_unit(best.figure.quantity, other.figure.quantity)
        and not _agree(best.figure.quantity, other.figure.quantity)
    ]


def near_articles(ranked: Sequence[Finding]) -> set[str]:
    """Which articles speak of the thing about as plainly as the best candidate's."""
    least = _RIVAL * _cover(ranked[0])
    return {finding.article_id for finding in ranked if _cover(finding) >= least}


def elsewhere(ranked: Sequence[Finding]) -> tuple[Finding, ...]:
    """What other articles state of the same measure, if not the same as the best candidate; one finding a value.

    Only what is about as likely as the best and has no fault of its own: a conflict, or another day's figure.
    """
    best = ranked[0]
    out: dict[Amount, Finding] = {}
    for other in rivals(ranked):
        if other.article_id != best.article_id and other.probability >= _LIKELY * best.probability:
            out.setdefault(amount(other), other)
    return tuple(out.values())


_LIKELY = 0.2
"""Of the best value's probability, that another must have to be worth showing beside it."""


def amount(finding: Finding) -> Amount:
    """What a candidate states, as it is written: value and unit."""
    quantity = finding.figure.quantity
    return quantity.value, quantity.unit


def _agree(one: Quantity, other: Quantity) -> bool:
    return same_unit(one, other) and bool(agrees(one, other) or agrees(other, one))


def _cover(finding: Finding) -> float:
    return finding.features["cover_sentence"] + finding.features["cover_near"]
