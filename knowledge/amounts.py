"""Read the number at a place of a text together with its unit: 1.19万亿元, 30至35只, 百分之十六点三, 8.08元每升.

Offsets are in the folded text (`numerals.fold`).
"""

import re
from decimal import Decimal
from typing import NamedTuple

from knowledge import identifiers, modifiers
from knowledge.numerals import Numeral, NumeralError, read
from knowledge.schema import Kind, Modifier
from knowledge.units import AFTER_HAN, CURRENCY, Unit, unit_at


class Core(NamedTuple):
    """A number with its unit, before the words around it are read.

    Attributes:
        start: Start in the folded text, sign of money or 负 included.
        end: Half-open end.
        value: In `unit`.
        unit: As written, classifier kept; empty for a bare number.
        kind: What sort of number it is.
        digits: Significant digits as written.
        high: Upper end of a range, or the second number of a ratio.
        inside: The modifier between number and unit (300余场), or None.
    """

    start: int
    end: int
    value: Decimal
    unit: str
    kind: Kind
    digits: int = 0
    high: Decimal | None = None
    inside: Modifier | None = None


class _Number(NamedTuple):
    """A numeral without its unit."""

    start: int
    end: int
    numeral: Numeral
    inside: Modifier | None
    han: bool
    scale: Decimal
    high: Numeral | None = None


_ARABIC = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_SCALE = r"(?: ?(?:[百千]?万亿|[百千]?[万亿](?![科达])|千(?![米克瓦卡伏赫帕焦兆字])|百(?![帕分])))"
_HAN = "零〇一二两三四五六七八九十百千万亿"
_NUMBER = re.compile(
    rf"(?P<arabic>{_ARABIC})(?P<scale>{_SCALE}(?:{_ARABIC}{_SCALE})*)?(?P<more> ?[多余几](?P<morescale> ?[百千]?[万亿]*))?"
    rf"|(?P<han>[{_HAN}]+(?:点[零〇一二三四五六七八九]+)?[百千万亿]*)(?P<hanmore>[多余几](?P<hanscale>[百千]?[万亿]*))?"
    r"|(?P<money>[壹贰貳叁參肆伍陆陸柒捌玖拾佰仟万亿零]+)",
)
_LINK = re.compile(r" ?(?:[-~]|—{1,2}|至|到) ?")
_FRACTION = re.compile(
    rf"(?P<below>[{_HAN}]+)分之(?P<above>(?:{_ARABIC}|[{_HAN}]+(?:点[零〇一二三四五六七八九]+)?))(?P<more>[多余几])?"
)
_TENTHS = re.compile(
    r"(?P<tenths>[一二两三四五六七八九]|[1-9])成(?P<rest>半|[一二三四五六七八九](?![成个家名])|多)?(?![员立为功本长交都果绩就品套分因熟因像不见])"
)
_RATE = re.compile(r" ?(?:/|每)(?P<many>\d{1,4} ?)?(?=[^\s，。])")
_APPROXIMATE = re.compile(
    r"(?P<lead>十)?(?P<low>[一二两三四五六七八九])(?P<top>[二两三四五六七八九])(?P<scale>[十百千万亿]*)"
)
_HALF_MORE = re.compile(r"半(?![年月天导数决场径岛山夜小票价身个程途生载])")
_HALF_UNITS = frozenset("年 个月 小时 天 公里 岁 倍 斤 公斤 里 米 亩 吨 分钟 周 个小时".split())
_HALF_BEFORE = frozenset("年 个月 小时 天 公里 斤 公斤 里 米 亩 吨 分钟 世纪".split())
_UNKNOWN_BEFORE = frozenset("数几好若第周初期拜高大")
"""几十, 数百: no number is stated; 周三, 初一, 高三: names."""
_HAN_AFTER = re.compile(r"[一-龥A-Za-z0-9]")


def core_at(text: str, start: int, end: int, floor: int, limit: int) -> Core | None:
    """The number that begins at `start`, or None if what stands there states none.

    Args:
        text: The folded text.
        start: Start of the numeral.
        end: End of its first run of characters.
        floor: No word before this belongs to it.
        limit: Nothing at or after this belongs to it.
    """
    ordinal = start > floor and text[start - 1 - (text[start - 1] == " ")] == "第"
    if ordinal:
        return _ordinal(text, start)
    if text[start].isdigit():
        return _arabic_core(text, start, floor, limit)
    return (
        _fraction(text, start)
        or _tenths(text, start)
        or _half(text, start, floor)
        or _han_core(text, start, floor, limit)
    )


def _ordinal(text: str, start: int) -> Core | None:
    match = _NUMBER.match(text, start)
    if match is None:
        return None
    try:
        numeral = read(match.group())
    except NumeralError:
        return None
    unit = unit_at(text, match.end())
    end = match.end() + len(unit.written) if unit else match.end()
    begin = text.rindex("第", 0, start)
    return Core(begin, end, numeral.value, unit.name if unit else "", Kind.ORDINAL, numeral.digits)


def _arabic_core(text: str, start: int, floor: int, limit: int) -> Core | None:
    match = _NUMBER.match(text, start)
    if match is None:
        return None
    named = identifiers.named_at(text, start, match.end("arabic"), floor)
    if named:
        return Core(
            named.start,
            min(named.end, limit) if named.end > limit > named.start else named.end,
            named.value,
            named.unit,
            named.kind,
            0,
            named.high,
        )
    return _tenths(text, start) or _amount(text, start, floor, limit) or _bare(text, start, floor)


def _han_core(text: str, start: int, floor: int, limit: int) -> Core | None:
    return _amount(text, start, floor, limit)


def _number_at(text: str, start: int) -> _Number | None:
    match = _NUMBER.match(text, start)
    if match is None:
        return None
    more = match["more"] or match["hanmore"]
    scale = (match["scale"] or "") + (match["morescale"] or match["hanscale"] or "")
    written = match.group().replace(more, more.strip()[1:]) if more else match.group()
    inside = Modifier.OVER if more else None
    han = match["arabic"] is None
    try:
        numeral = read(written)
    except NumeralError:
        return _two_digits(text, start, match) if han else None
    size = read(scale.strip()).value if scale.strip() and not re.search(r"\d", scale) else Decimal(1)
    return _Number(start, match.end(), numeral, inside, han, size)


def _two_digits(text: str, start: int, match: re.Match[str]) -> _Number | None:
    """三四十人 is 30 to 40, 十七八岁 17 to 18; 三五 says only that they are few and is left out."""
    pair = _APPROXIMATE.fullmatch(match["han"] or "")
    if pair is None:
        return None
    lead = pair["lead"] or ""
    low, top = read(lead + pair["low"] + pair["scale"]), read(lead + pair["top"] + pair["scale"])
    if top.value <= low.value:
        return None
    return _Number(start, match.end("han"), low, None, han=True, scale=Decimal(1), high=top)


def _amount(text: str, start: int, floor: int, limit: int) -> Core | None:
    number = _number_at(text, start)
    if number is None or number.end > limit:
        return None
    core = _with_unit(text, number, floor)
    ranged = _range(text, number, core, floor, limit)
    core = ranged or core
    if core is None or core.end > limit:
        return None
    return _signed(text, core, floor)


def _with_unit(text: str, number: _Number, floor: int) -> Core | None:
    """The number with the unit that follows, or None if none does."""
    pos = number.end + (text.startswith(" ", number.end))
    inside = number.inside
    if text.startswith("个多", pos) and (
        unit := unit_at(text, pos) or unit_at("个" + text[pos + 2 : pos + 6], 0)
    ):
        unit = unit_at("个" + text[pos + 2 : pos + 6], 0) or unit
        pos += 1
        inside = Modifier.OVER
    elif text.startswith("来", pos) and unit_at(text, pos + 1) and number.numeral.value >= 10:
        pos += 1
        unit = unit_at(text, pos)
        inside = Modifier.APPROX
    else:
        unit = unit_at(text, pos)
    if unit is None or (number.han and not _counts_after_han(text, number, unit, pos, floor)):
        return None
    if not number.han and identifiers.suffix_names(text, number.end):
        return None
    return _rated(text, number, unit, pos, inside)


def _rated(text: str, number: _Number, unit: Unit, pos: int, inside: Modifier | None) -> Core:
    end, name, value = pos + len(unit.written), unit.name, number.numeral.value
    rate = _RATE.match(text, end)
    below = unit_at(text, rate.end()) if rate else None
    if (
        rate
        and below
        and unit.kind is not Kind.COUNT
        or rate
        and below
        and rate.group().strip().startswith("/")
    ):
        upto = rate.end() + len(below.written)
        name, end = name + text[end:upto].strip(), upto
    if unit.name in _HALF_UNITS and _HALF_MORE.match(text, end):
        value, end = value + Decimal("0.5"), end + 1
    high = number.high.value if number.high else None
    return Core(number.start, end, value, name, unit.kind, number.numeral.digits, high, inside)


def _counts_after_han(text: str, number: _Number, unit: Unit, pos: int, floor: int) -> bool:
    """Whether a Chinese numeral before `unit` counts: 三家企业 does, 三方, 一家 and 十分 do not."""
    written = text[number.start : number.end]
    before = text[number.start - 1] if number.start > floor else ""
    if before in _UNKNOWN_BEFORE and before:
        return False
    if unit.kind is Kind.COUNT and unit.written not in AFTER_HAN:
        return False
    if len(written) == 1 and unit.written in (
        "元",
        "角",
        "分",
        "级",
        "度",
        "里",
        "方",
        "毛",
        "点",
        "欧",
        "块",
        "平",
        "日",
        "节",
    ):
        return not _HAN_AFTER.match(text, pos + len(unit.written))
    if set(written) <= set("百千万亿"):
        return modifiers.before(text, number.start, floor) is not None or number.inside is not None
    return written not in ("一", "二") and not (written == "十" and unit.written == "分")


def _range(text: str, first: _Number, core: Core | None, floor: int, limit: int) -> Core | None:
    """`30至35只`, `3万辆至5万辆`, or None if no second number completes a range."""
    end = core.end if core else first.end
    link = _LINK.match(text, end)
    second = _number_at(text, link.end()) if link and first.high is None else None
    if second is None or second.end > limit:
        return None
    upper = _with_unit(text, second, floor)
    if upper is None or (core and core.unit != upper.unit) or upper.high is not None:
        return None
    low = first.numeral.value
    if core is None and first.scale == 1 and second.scale > 1 and low * second.scale < upper.value:
        low *= second.scale
    if low >= upper.value:
        return None
    return upper._replace(start=first.start, value=low, high=upper.value, digits=first.numeral.digits)


def _signed(text: str, core: Core, floor: int) -> Core:
    """`core` with the minus or the sign of money before it."""
    start = core.start
    before = text[max(floor, start - 4) : start]
    if before.endswith(("负", "零下", "-")) and not re.search(r"[\dA-Za-z)%]-$", before):
        width = 2 if before.endswith("零下") else 1
        high = -core.high if core.high is not None else None
        return core._replace(start=start - width, value=-core.value, high=high)
    if core.kind in (Kind.NUMBER, Kind.MONEY):
        for sign, name in CURRENCY.items():
            if before.endswith((sign, sign + " ")):
                width = len(sign) + before.endswith(" ")
                return core._replace(start=start - width, unit=core.unit or name, kind=Kind.MONEY)
    return core


def _fraction(text: str, start: int) -> Core | None:
    """百分之十六点三 → 16.3 %; 三分之一 → a bare number."""
    match = _FRACTION.match(text, start)
    if match is None:
        return None
    try:
        part, whole = read(match["above"]), read(match["below"])
    except NumeralError:
        return None
    inside = Modifier.OVER if match["more"] else None
    if match["below"] in ("百", "千"):
        sign = "%" if match["below"] == "百" else "‰"
        return Core(start, match.end(), part.value, sign, Kind.PERCENT, part.digits, None, inside)
    if not whole.value:
        return None
    return Core(start, match.end(), part.value / whole.value, "", Kind.NUMBER, part.digits, None, inside)


def _tenths(text: str, start: int) -> Core | None:
    """三成半 → 35 %."""
    match = _TENTHS.match(text, start)
    if match is None or text[start - 1 : start] in ("几", "数", "."):
        return None
    rest = match["rest"] or ""
    extra = (
        {"半": Decimal(5), "多": Decimal(0), "": Decimal(0)}.get(rest)
        if rest in ("半", "多", "")
        else read(rest).value
    )
    value = read(match["tenths"]).value * 10 + (extra or 0)
    return Core(
        start, match.end(), value, "%", Kind.PERCENT, 1, None, Modifier.OVER if rest == "多" else None
    )


def _half(text: str, start: int, floor: int) -> Core | None:
    """半年 → 0.5 年; 一半 and 过半 → 50 %."""
    if text.startswith(("一半", "半数"), start) and text[start - 1 : start] not in (
        "另",
        "前",
        "后",
        "上",
        "下",
        "大",
    ):
        return Core(start, start + 2, Decimal(50), "%", Kind.PERCENT, 1)
    if text[start] != "半" or text[start - 1 : start] in (
        "上",
        "下",
        "前",
        "后",
        "大",
        "小",
        "多",
        "过",
        "夜",
        "参",
    ):
        return None
    unit = unit_at(text, start + 1)
    if unit is None or unit.name not in _HALF_BEFORE:
        return None
    del floor
    return Core(start, start + 1 + len(unit.written), Decimal("0.5"), unit.name, unit.kind, 1)


def _bare(text: str, start: int, floor: int) -> Core | None:
    """An Arabic number without a unit: a value if it looks like one, else a name."""
    number = _number_at(text, start)
    if number is None:
        return None
    core = Core(
        start, number.end, number.numeral.value, "", Kind.NUMBER, number.numeral.digits, None, number.inside
    )
    core = _signed(text, core, floor)
    if core.unit or identifiers.states_value(text, start, number.end):
        return core
    return core._replace(kind=Kind.IDENTIFIER, inside=None)
