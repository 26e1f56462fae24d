"""What the articles say together: which candidates state one value, and which of them states it most exactly."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from knowledge.agreement import agrees, base_unit
from knowledge.schema import Finding, Quantity

_AS_WELL = 0.7
"""Share of a candidate's cover that another of its value must have to speak of the same thing."""


def with_agreement(found: Sequence[Finding]) -> list[Finding]:
    """The candidates with how far *other* articles state their value too, and whether one states it more exactly.

    A value agrees with another if it is that one rounded (5307亿元 with 5307.19亿元, 近六成 with 58.1%).
    """
    by_unit: dict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        by_unit[base_unit(finding.figure.quantity.unit)[0]].append(finding)
    out = []
    for finding in found:
        group = by_unit[base_unit(finding.figure.quantity.unit)[0]]
        out.append(replace(finding, features={**finding.features, **_agreement(finding, group)}))
    return out


def _agreement(finding: Finding, group: Iterable[Finding]) -> dict[str, float]:
    own = finding.figure.quantity
    same = [o for o in group if o is not finding and _close(own, o.figure.quantity)]
    agreed = [o for o in same if agrees(own, o.figure.quantity) or agrees(o.figure.quantity, own)]
    others = [o for o in agreed if o.article_id != finding.article_id]
    enough = _AS_WELL * finding.features["cover_sentence"]
    finer = [o for o in agreed if _is_finer(o.figure.quantity, own) and o.features["cover_sentence"] >= enough]
    return {
        "echoed_elsewhere": max((o.features["cover_sentence"] for o in others), default=0.0),
        "n_elsewhere": min(len({o.article_id for o in others}), 5) / 5,
        "is_rounder": float(bool(finer)),
    }


def _close(one: Quantity, other: Quantity) -> bool:
    """Whether two values are near enough to be worth a closer look."""
    a, b = one.value, other.value
    return one.unit != other.unit or abs(a - b) * 10 <= max(abs(a), abs(b))


def _is_finer(one: Quantity, other: Quantity) -> bool:
    return one.digits > other.digits and one.value != other.value
