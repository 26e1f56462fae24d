"""Whether a claim's number may be said of the number that an article states.

Logic alone (`agreement.agrees`) lets 超100场 be said of 7.4万场; people cut a number to a round one, and no further.
"""

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

from knowledge.agreement import agrees, base_unit, same_unit, same_value
from knowledge.fit import alike_units
from knowledge.schema import Kind, Modifier, Quantity

_CLOSE = Decimal("1.2")
"""Times an exact number that a bound may be off; 超157.38亿 leaves 160亿 open, but no 200亿."""

_DIGITS = 3
"""Digits after which a bound may be cut off."""

_ONCE = frozenset({"人次", "场次"})
"""Counts of visits, never of what visits."""

_NEARLY = Decimal("0.9")
"""How far below a number what is called nearly so may lie."""

_ROUND = 2
"""Digits up to which a bound is round; 超175.38亿 beside 超157.38亿 is a slip, 超160亿 is open."""

_BOUNDS = frozenset({Modifier.OVER, Modifier.AT_LEAST, Modifier.BELOW, Modifier.AT_MOST})


def comparable(claimed: Quantity, stated: Quantity) -> bool:
    """Whether the two are in units that convert, or count the same things; a bare 157.38亿 takes the article's unit."""
    return same_unit(_in_unit(claimed, stated), stated)


def is_same(claimed: Quantity, stated: Quantity) -> bool:
    """Whether both state one number, their modifiers aside."""
    return same_value(_in_unit(claimed, stated), stated)


def differs_in_unit(claimed: Quantity, stated: Quantity) -> bool:
    """Whether the same number stands there in a unit that means something else: 亿美元 for 亿元, 百分点 for %."""
    same = (claimed.value, claimed.high) == (stated.value, stated.high)
    return same and not comparable(claimed, stated)


def follows(claimed: Quantity, stated: Quantity) -> bool | None:
    """Whether the claim may be said of what is stated; None if that leaves it open (超160亿 for 超157.38亿)."""
    agreed = agrees(_in_unit(claimed, stated), stated)
    if not agreed and _is_round_near(claimed, stated):
        return True
    if agreed is None:
        both = claimed.modifier is stated.modifier and claimed.modifier in _BOUNDS
        slip = both and claimed.digits >= stated.digits > _ROUND
        return False if slip or _ratio(claimed, stated) > _CLOSE else None
    if not agreed or claimed.high is not None or stated.high is not None or claimed.modifier not in _BOUNDS:
        return agreed
    off = _CLOSE if stated.modifier is Modifier.EXACT else 1
    return _ratio(claimed, stated) <= off or _is_cut(claimed, stated)


def _is_round_near(claimed: Quantity, stated: Quantity) -> bool:
    """Whether the claim is a round number shortly above: 近50万 for 超48万, but no 近49万."""
    ours, theirs = _in_unit(claimed, stated), _size(stated)
    near = claimed.modifier is Modifier.ABOUT_BELOW and stated.modifier is not Modifier.BELOW
    rounder = _figures(ours.value) < _figures(stated.value) and claimed.high is stated.high is None
    return near and rounder and same_unit(ours, stated) and _NEARLY * _size(ours) <= theirs < _size(ours)


def _figures(value: Decimal) -> int:
    """Digits without the zeros at the end."""
    return len(value.normalize().as_tuple().digits)


def _is_cut(claimed: Quantity, stated: Quantity) -> bool:
    """Whether a bound is the number stated, cut down or up: 超100亿, 超150亿, 不足200亿 for 157.38亿."""
    ours, theirs = _size(_in_unit(claimed, stated)), _size(stated)
    steps = [Decimal(step).scaleb(theirs.adjusted() - kept) for kept in range(_DIGITS) for step in (1, 5)]
    cuts = (
        (theirs // step * step, (theirs / step).to_integral_value(ROUND_CEILING) * step) for step in steps
    )
    return any(ours in cut for cut in cuts)


def _ratio(claimed: Quantity, stated: Quantity) -> Decimal:
    """How many times the smaller the larger of two values is; 1 if one of them is zero."""
    low, high = sorted([_size(_in_unit(claimed, stated)), _size(stated)])
    return high / low if low else Decimal(1)


def _size(quantity: Quantity) -> Decimal:
    """Its value without sign, in the base unit."""
    return abs(quantity.value * base_unit(quantity.unit)[1])


def _in_unit(claimed: Quantity, stated: Quantity) -> Quantity:
    """The claim's number in the unit of the article's, if either has none or both count the same things."""
    bare = any(not q.unit and q.kind is Kind.NUMBER for q in (claimed, stated))
    counts = claimed.kind is stated.kind is Kind.COUNT and _ONCE.isdisjoint({claimed.unit, stated.unit})
    if bare or (counts and alike_units(claimed.unit, stated.unit)):
        return replace(claimed, unit=stated.unit, kind=stated.kind)
    return claimed
