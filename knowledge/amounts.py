"""Read the number at a place of a text together with its unit: 1.19万亿元, 30至35只, 8.08元每升, 两个半小时.

Offsets are in the folded text (`numerals.fold`).
"""

import re
from decimal import Decimal
from typing import NamedTuple

from knowledge import identifiers, idioms, modifiers
from knowledge.numerals import ARABIC, HAN, HAN_DECIMALS, Numeral, NumeralError, read, shortest
from knowledge.schema import Kind, Modifier
from knowledge.shares import share_at
from knowledge.units import CURRENCY, RATED, UNITS, Core, Unit, unit_at


class _Number(NamedTuple):
    """A numeral without its unit.

    Attributes:
        start: Start in the folded text.
        end: Half-open end.
        numeral: The number read.
        inside: The modifier that is part of it (300余), or None.
        han: Whether it is written in Chinese numerals.
        scale: What 万 and 亿 multiply by, which the lower end of a range may share (3至5万).
        high: The higher of two digits that stand for a range (三四十), or None.
    """

    start: int
    end: int
    numeral: Numeral
    inside: Modifier | None
    han: bool
    scale: Decimal
    high: Numeral | None = None


class _Measured(NamedTuple):
    """A unit after a number.

    Attributes:
        pos: Where the unit's characters begin.
        unit: The unit.
        inside: The modifier before it (3个多月), or None.
        half: Whether 半 before it adds a half (两个半小时).
    """

    pos: int
    unit: Unit
    inside: Modifier | None
    half: bool = False


_KILO = "[米克瓦卡伏赫帕焦兆字]"
"""5千瓦 is 5 千瓦, no 5,000 瓦; it comes to the same, but the unit is kept as written."""
_SCALE = rf"(?: ?(?:[百千]?万亿|[百千]?[万亿](?![科达])|千(?!{_KILO})|百(?![帕分])))"
_WIDE_COMMA = r"\d{1,3}(?:，\d{3})+(?:\.\d+)?(?= ?[百千]?[万亿]|\.\d)"
"""30，410万元: a full-width comma groups digits only where nothing else makes sense."""
_NUMBER = re.compile(
    rf"(?P<arabic>{_WIDE_COMMA}|{ARABIC})(?P<scale>{_SCALE}(?:{ARABIC}{_SCALE})*)?"
    rf"(?P<more> ?[多余几](?P<morescale> ?(?:百|千(?!{_KILO}))?[万亿]*))?"
    rf"|(?P<han>(?:(?!千{_KILO})[{HAN}])+{HAN_DECIMALS}(?:(?!千{_KILO})[百千万亿])*)"
    rf"(?P<hanmore>[多余几](?P<hanscale>(?:百|千(?!{_KILO}))?[万亿]*))?"
    r"|(?P<money>[壹贰貳叁參肆伍陆陸柒捌玖拾佰仟万亿零]+)",
)
_LINK = re.compile(r" ?(?:(?P<dash>-)|~|—{1,2}|至|到) ?(?P<minus>-|负|零下)?(?P<sign>[$¥￥€£])?")
_AND = re.compile(r"(?:、|和|及|与) ?(?=\d)")
_SIDE_MARKS = frozenset(["/", "*", "×", "x", "X"])
_SIDE_UNIT = r" ?(?=[mc]m|[毫厘]?米)"
_SIDE = r"\d+(?:\.\d+)?"
_SIDES = re.compile(rf"{_SIDE}(?:(?: ?[*×xX] ?{_SIDE}){{1,3}}|(?:/{_SIDE}){{2}}){_SIDE_UNIT}")
_LATER_SIDES = re.compile(rf"{_SIDE}(?: ?[*×xX/] ?{_SIDE}){{1,2}}{_SIDE_UNIT}")
_NUMBERED = frozenset(["", "\n", "。", "；", "：", ":", "）", ")", " "])
"""Where a number that 、 follows is the number of a paragraph."""
_MINUS = re.compile(r"(?:负|零下|(?<![\dA-Za-z)%]) ?-)$")
_RATE = re.compile(
    rf"(?: ?(?P<slash>/) ?|每)(?P<below>{'|'.join(sorted(RATED, key=len, reverse=True))})(?![A-Za-z])"
)
_NO_RATE = frozenset(["年", "个月", "天", "日", "周", "星期", "小时", "分钟", "秒"])
"""最近3年每年 is no rate."""
_AFTER_GE = ("月", "小时", "星期", "世纪", "百分点", "交易日", "工作日")
_COUNTED_BY_TENS = 10
"""20来个 and 十来个 are counted by tens; 3来 is no number."""
_TWO_DIGITS = re.compile(
    r"(?P<lead>[二三四五六七八九]?十|[一二三四五六七八九]?百)?(?P<low>[一二两三四五六七八九])(?P<top>[二两三四五六七八九])(?P<scale>[十百千万亿]*)",
)
_RANKED = frozenset("名位")
"""前三名 is a place in an order."""
_HALF_MORE = re.compile(r"半(?![年月天导数决场径岛山夜小票价身个程途生载])")
_HALVED = frozenset(
    ["年", "个月", "小时", "天", "公里", "岁", "倍", "斤", "公斤", "里", "米", "亩", "吨", "分钟", "周"]
)
_METRES = re.compile(r"\d{1,2}(?![\d.,:年月日米万亿厘cm人名个])")
"""1米75."""
_YEARLIKE = re.compile(r"(?:19[89]|20[0-3])\d$")
_YEAR_NAMES_LISTED = "年 学年 卷 金 款 级 国 市 省 县 站 届 部 位 年级 城市 国家 企业 项目 品牌"
_YEAR_NAMES = frozenset(_YEAR_NAMES_LISTED.split())
"""2023款 and 2021级 name a year."""
_HALF = Decimal("0.5")


_LARGE = re.compile(
    r"[一二两三四五六七八九十](?:[一二三四五六七八九十百千]*点[零〇一二三四五六七八九]+|[一二两三四五六七八九十百千]+)[万亿]+"
)
"""四千五百万 and 二十三点二六亿 state a number without any unit; 百万 and 千万 do not."""


def core_at(text: str, start: int, floor: int, limit: int) -> Core | None:
    """The number that begins at `start`, or None if what stands there states none.

    Args:
        text: The folded text.
        start: Start of the numeral.
        floor: No word before this belongs to it.
        limit: Nothing at or after this belongs to it.
    """
    place = start - 2 if text.startswith(" ", start - 1) else start - 1
    if place >= floor and text[place] == "第":
        ordinal = _ordinal(text, place, start)
        return ordinal if ordinal and ordinal.end <= limit else None
    if text[start].isdigit() and (side := _side(text, start)) is not None:
        return side if side.end <= limit else None
    if text[start].isdigit() and (named := identifiers.named_at(text, start, floor)) is not None:
        return named._replace(end=min(named.end, limit))
    found = share_at(text, start) or _amount(text, start, floor, limit)
    if found is None and text[start].isdigit():
        found = _listed(text, start, floor) or _bare(text, start, floor)
    elif found is None and (large := _LARGE.match(text, start)):
        number = _number_at(text, start)
        if number and number.end == large.end():
            value, high = number.numeral.value, number.high.value if number.high else None
            found = Core(start, number.end, value, "", Kind.NUMBER, number.numeral.digits, high)
    return found if found and found.end <= limit else None


def _ordinal(text: str, place: int, start: int) -> Core | None:
    number = _number_at(text, start)
    if number is None:
        return None
    unit = unit_at(text, number.end)
    end = number.end + len(unit.written) if unit else number.end
    name = unit.name if unit else ""
    return Core(place, end, number.numeral.value, name, Kind.ORDINAL, number.numeral.digits)


def _number_at(text: str, start: int) -> _Number | None:
    match = _NUMBER.match(text, start)
    if match is None:
        return None
    more = match["more"] or match["hanmore"]
    written = match.group().replace(more, more.strip()[1:]) if more else match.group()
    try:
        numeral = read(written.replace("，", ","))
    except NumeralError:
        return _two_digits(match)
    scale = ((match["scale"] or "") + (match["morescale"] or match["hanscale"] or "")).replace(" ", "")
    try:
        size = read(scale).value if scale and not any(c.isdigit() for c in scale) else Decimal(1)
    except NumeralError:  # 亿余百 multiplies nothing
        return None
    inside = Modifier.OVER if more else None
    return _Number(start, match.end(), numeral, inside, match["arabic"] is None, size)


def _two_digits(match: re.Match[str]) -> _Number | None:
    """三四十人 is 30 to 40, 十七八岁 17 to 18."""
    pair = _TWO_DIGITS.fullmatch(match["han"] or "")
    if pair is None:
        return None
    lead, scale = pair["lead"] or "", pair["scale"]
    try:
        low, top = read(lead + pair["low"] + scale), read(lead + pair["top"] + scale)
    except NumeralError:
        return None
    if top.value <= low.value:
        return None
    return _Number(match.start(), match.end("han"), low, None, han=True, scale=Decimal(1), high=top)


def _amount(text: str, start: int, floor: int, limit: int) -> Core | None:
    number = _number_at(text, start)
    if number is None:
        return None
    core = _with_unit(text, number, floor)
    core = _range(text, number, core, floor, limit) or core
    if core is None:
        return None
    if core.unit in _RANKED and text[start - 1 : start] == "前":
        return core._replace(start=start - 1, kind=Kind.ORDINAL)
    return _signed(text, core, floor)


def _with_unit(text: str, number: _Number, floor: int) -> Core | None:
    """The number with the unit that follows, or None if none does."""
    measured = _measured(text, number)
    if measured is None:
        return None
    if not number.han:
        named = identifiers.suffix_names(text, number.end) or _is_year(text, number, measured.unit)
        return None if named else _rated(text, number, measured)
    if not idioms.counts(text, number.start, number.end, measured.unit, measured.pos):
        return None
    core = _rated(text, number, measured)
    if not idioms.needs_bound(text[number.start : number.end]):
        return core
    bounded = (
        core.inside or modifiers.before(text, core.start, floor) or modifiers.after(text, core.end, len(text))
    )
    return core if bounded else None


def _is_year(text: str, number: _Number, unit: Unit) -> bool:
    if unit.written not in _YEAR_NAMES or number.inside:
        return False
    return _YEARLIKE.match(text[number.start : number.end]) is not None


def _measured(text: str, number: _Number) -> _Measured | None:
    pos = number.end + text.startswith(" ", number.end)
    if text.startswith(("个多", "个半"), pos):
        noun = next((noun for noun in _AFTER_GE if text.startswith(noun, pos + 2)), "")
        if text[pos + 1] == "多":
            return _Measured(pos + 1, UNITS["个" + noun], Modifier.OVER)
        if noun:
            return _Measured(pos + 1, UNITS["个" + noun], None, half=True)
    if text.startswith("来", pos) and number.numeral.value >= _COUNTED_BY_TENS:
        unit = unit_at(text, pos + 1)
        return _Measured(pos + 1, unit, Modifier.APPROX) if unit else None
    unit = unit_at(text, pos)
    return _Measured(pos, unit, number.inside) if unit else None


def _rated(text: str, number: _Number, measured: _Measured) -> Core:
    """The quantity with what its unit is per (元/吨, 元每升) and with what stands after it (一年半, 1米75)."""
    unit, name, value = measured.unit, measured.unit.name, number.numeral.value
    end = measured.pos + len(unit.written)
    if measured.half:
        value += _HALF
    elif (rate := _RATE.match(text, end)) is not None and (
        rate["slash"] or (unit.kind is not Kind.COUNT and name not in _NO_RATE)
    ):
        name, end = f"{name}{'/' if rate['slash'] else '每'}{rate['below']}", rate.end()
    elif name in _HALVED and _HALF_MORE.match(text, end):
        value, end = value + _HALF, end + 1
    elif unit.written == "米" and value < 10 and value == int(value) and (rest := _METRES.match(text, end)):  # noqa: PLR2004
        value, end = value + Decimal(f"0.{rest.group()}"), rest.end()
    high = number.high.value if number.high else None
    return Core(number.start, end, value, name, unit.kind, number.numeral.digits, high, measured.inside)


_MOVED = re.compile(r"(?:升|降|涨|跌|增|减|加|少|调|落)[了约近]?$")
_MOVE = 4
"""下跌12.66点至966.45点 tells a change and where it led to; 下降3%至5% is a range."""


def _is_exact(text: str, first: _Number, second: _Number) -> bool:
    """Whether both numbers are told to a decimal: 下跌12.66点至966.45点, but 增加1万元至5万元 spans two round ones."""
    return all("." in text[number.start : number.end] for number in (first, second))


def _range(text: str, first: _Number, core: Core | None, floor: int, limit: int) -> Core | None:
    """`30至35只`, `3万辆至5万辆`, `-5至3℃`, or None if no second number completes a range."""
    link = _LINK.match(text, core.end if core else first.end)
    second = _number_at(text, link.end()) if link and first.high is None else None
    if link is None or second is None:
        return None
    upper = _with_unit(text, second, floor)
    if upper is None or upper.end > limit or upper.high is not None or (core and core.unit != upper.unit):
        return None
    low = core.value if core else first.numeral.value
    moved = core and _MOVED.search(text, max(floor, first.start - 4), first.start)
    if moved and _is_exact(text, first, second) and upper.value >= _MOVE * low:
        return None
    high = -upper.value if link["minus"] else upper.value
    if core is None and first.scale == 1 and second.scale > 1 and low * second.scale < high:
        low = shortest(low * second.scale)
    digits = first.numeral.digits
    if _MINUS.search(text, max(floor, first.start - 2), first.start):
        # `_signed` turns both ends of what it is given.
        return (
            upper._replace(start=first.start, value=low, high=-high, digits=digits) if -low < high else None
        )
    if upper.unit == "℃" and link["dash"] and core is None and low > high:
        low, high = high, low  # weather reports put the higher first: 32-26℃
    return upper._replace(start=first.start, value=low, high=high, digits=digits) if low < high else None


def _signed(text: str, core: Core, floor: int) -> Core:
    """`core` with the minus or the sign of money before it."""
    start = core.start
    minus = _MINUS.search(text, max(floor, start - 2), start)
    if minus:
        if core.high is None:
            return core._replace(start=minus.start(), value=-core.value)
        low, high = sorted((-core.value, -core.high))
        return core._replace(start=minus.start(), value=low, high=high)
    if core.kind in (Kind.NUMBER, Kind.MONEY):
        before = text[max(floor, start - 4) : start]
        for sign, name in CURRENCY.items():
            if before.endswith((sign, sign + " ")):
                width = len(sign) + before.endswith(" ")
                return core._replace(start=start - width, unit=core.unit or name, kind=Kind.MONEY)
    return core


def _listed(text: str, start: int, floor: int) -> Core | None:
    """The first of 88.98、90.01、91.57万吨: a list shares the unit, and the 万, of its last number."""
    number = _number_at(text, start)
    if number is None or number.inside or text[start - 1 : start] in _NUMBERED:
        return None
    item: _Number | None = number
    while item is not None and (link := _AND.match(text, item.end)) is not None:
        item = _number_at(text, link.end())
        last = _with_unit(text, item, floor) if item else None
        if item and last:
            value = number.numeral.value * (item.scale if number.scale == 1 else 1)
            core = Core(start, number.end, shortest(value), last.unit, last.kind, number.numeral.digits)
            return _signed(text, core, floor)
    return None


def _side(text: str, start: int) -> Core | None:
    """The first side of 4782/1875/1489mm or 120×80厘米: the sides share the unit of the last."""
    later = text[start - 1 : start] in _SIDE_MARKS
    sides = (_LATER_SIDES if later else _SIDES).match(text, start)
    if sides is None:
        return None
    unit = unit_at(text, sides.end())
    number = _number_at(text, start)
    if unit is None or number is None or unit.kind is not Kind.MEASURE or number.end >= sides.end():
        return None
    return Core(start, number.end, number.numeral.value, unit.name, unit.kind, number.numeral.digits)


def _bare(text: str, start: int, floor: int) -> Core | None:
    """An Arabic number without a unit: a value if it looks like one, else a score or a name."""
    number = _number_at(text, start)
    if number is None:
        return None
    value, digits = number.numeral
    core = _signed(text, Core(start, number.end, value, "", Kind.NUMBER, digits, None, number.inside), floor)
    if score := identifiers.split_score(text, start):
        return score
    if core.unit or identifiers.states_value(text, start, number.end):
        return core
    return core._replace(kind=Kind.IDENTIFIER, inside=None)
