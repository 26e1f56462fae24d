"""Every quantity and period of a text, with span, unit, kind, modifier and hedge.

`scan` reads the text once from left to right.  At each numeral it asks in turn: is it part of a name or code, a
place in an order, a fraction, or an amount with a unit?  What fits none is a bare number or is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from knowledge import modifiers, periods
from knowledge.amounts import core_at
from knowledge.numerals import fold
from knowledge.schema import Kind, Modifier, Period, Quantity, Span
from knowledge.units import Core


@dataclass(frozen=True, slots=True)
class Scan:
    """What a text states in figures.

    Attributes:
        quantities: Sorted by start; no two overlap.
        periods: Sorted by start; no two overlap, none overlaps a quantity.
    """

    quantities: tuple[Quantity, ...]
    periods: tuple[Period, ...]


_NUMERAL = re.compile(
    r"\d|[一二两三四五六七八九十百千万亿半零〇][一二两三四五六七八九十百千万亿零〇]*|[壹贰貳叁參肆伍陆陸柒捌玖拾][壹贰貳叁參肆伍陆陸柒捌玖拾佰仟万亿零]+",
)
_SPANS = frozenset(["年", "个月", "周", "星期", "日", "天", "季度", "交易日"])
_NAMES = frozenset({Kind.ORDINAL, Kind.IDENTIFIER, Kind.RATIO})


def scan(text: str, *, anchor: date | None = None) -> Scan:
    """The quantities and periods that `text` states.

    Args:
        text: Any text; full-width and traditional forms are read as well.
        anchor: The day the text was published, for 去年, 昨日, 26日.

    >>> found = scan("截至2021年底，累计放款超157.38亿元", anchor=date(2022, 2, 21))
    >>> found.quantities[0].surface, found.quantities[0].value, found.quantities[0].modifier.value
    ('超157.38亿元', Decimal('15738000000'), 'over')
    >>> found.periods[0].surface, found.periods[0].hi
    ('截至2021年底', datetime.date(2021, 12, 31))
    """
    folded = fold(text)
    dates = periods.find(folded, text, anchor)
    hedges = modifiers.Hedges(folded)
    quantities: list[Quantity] = []
    for core, room in _cores(folded, dates):
        floor = max(room.start, quantities[-1].end) if quantities else room.start
        quantities.append(_quantity(folded, text, core, Span(floor, room.end), hedges))
    return Scan(tuple(quantities), dates)


def _cores(text: str, dates: tuple[Period, ...]) -> Iterator[tuple[Core, Span]]:
    """The numbers of the folded `text` outside the dates, from left to right, each with the room around it."""
    pos = floor = index = 0
    while (numeral := _NUMERAL.search(text, pos)) is not None:
        start, pos = numeral.span()
        while index < len(dates) and dates[index].end <= start:
            floor = max(floor, dates[index].end)
            index += 1
        limit = dates[index].start if index < len(dates) else len(text)
        if start >= limit:
            pos = dates[index].end
            continue
        core = core_at(text, start, floor, limit)
        if core is not None:
            yield core, Span(floor, limit)
            pos = floor = core.end


def _quantity(text: str, source: str, core: Core, room: Span, hedges: modifiers.Hedges) -> Quantity:
    """`core` with the modifiers and the hedge that belong to it and lie within `room`."""
    start, end, modifier = core.start, core.end, core.inside or Modifier.EXACT
    if core.kind not in _NAMES:
        ahead = _ahead(text, core, room.start)
        behind = modifiers.after(text, end, room.end)
        start, end = ahead.edge if ahead else start, behind.edge if behind else end
        modifier = core.inside or (ahead or behind or modifiers.NONE).modifier
    return Quantity(
        value=core.value,
        high=core.high,
        unit=core.unit,
        kind=core.kind,
        surface=source[start:end],
        start=start,
        end=end,
        modifier=modifier,
        hedge=hedges.over(start),
        digits=core.digits,
    )


def _ahead(text: str, core: Core, floor: int) -> modifiers.Found | None:
    ahead = modifiers.before(text, core.start, floor)
    if (
        ahead
        and core.unit in _SPANS
        and text[ahead.edge] == "近"
        and modifiers.recent(text, ahead.edge, core.end)
    ):
        return None
    return ahead
