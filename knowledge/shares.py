"""Numbers that say how large a part of a whole is: 百分之十六点三, 三成半, 一半, 三分之一, 1/3; and 半 of a unit."""

import re
from decimal import Decimal

from knowledge.numerals import ARABIC, HAN, HAN_DECIMALS, NumeralError, read
from knowledge.schema import Kind, Modifier
from knowledge.units import Core, unit_at

_PARTS = re.compile(
    rf"(?P<below>[{HAN}]+)分之(?P<above>(?:{ARABIC}|[{HAN}]+{HAN_DECIMALS}))(?P<more>[多余几])?"
)
_TENTHS = re.compile(
    r"(?P<tenths>[一二两三四五六七八九]|[1-9])成"
    r"(?:(?P<half>半)|(?P<rest>[一二三四五六七八九])(?![成个家名])|(?P<more>多))?"
    r"(?![员立为功本长交都果绩就品套分因熟因像不见])",
)
_SLASHED = re.compile(r"(?P<part>[1-9])/(?P<whole>[2-9]|10)(?![\d/:年月日号级A-Za-z%-])")
_JOINED = re.compile(r"[\dA-Za-z/第-]$")
_SIGNS = {"百": "%", "千": "‰"}
_NOT_HALF_AFTER = frozenset("另前后上下大")
_NOT_HALF_UNIT_AFTER = frozenset("上下前后大小多过夜参")
"""上半年, 前半场, 大半天: half of something that was named, no length."""
_NOT_HALF_UNIT = ("半年度", "半年报", "半年期", "半天功夫", "半里")
_HALVED = frozenset(
    ["年", "个月", "小时", "天", "公里", "斤", "公斤", "米", "亩", "吨", "分钟", "世纪", "秒"]
)


def share_at(text: str, start: int) -> Core | None:
    """The share that begins at `start` of the folded `text`, or None.

    百分之 and 成 are told in per cent, as they are compared with %; other fractions as plain numbers.

    >>> share_at("占百分之十六点三", 1).value, share_at("约占三成半", 2).value
    (Decimal('16.3'), Decimal('35'))
    """
    if text[start].isdigit():
        return _slashed(text, start) or _tenths(text, start)
    return _parts(text, start) or _tenths(text, start) or _half(text, start)


def _parts(text: str, start: int) -> Core | None:
    match = _PARTS.match(text, start)
    if match is None:
        return None
    try:
        part, whole = read(match["above"]), read(match["below"])
    except NumeralError:
        return None
    inside = Modifier.OVER if match["more"] else None
    sign = _SIGNS.get(match["below"])
    if sign:
        return Core(start, match.end(), part.value, sign, Kind.PERCENT, part.digits, None, inside)
    if not whole.value:
        return None
    return Core(start, match.end(), part.value / whole.value, "", Kind.NUMBER, part.digits, None, inside)


def _slashed(text: str, start: int) -> Core | None:
    """1/3 of something, unless the slash parts two numbers of a list (4/8核)."""
    match = _SLASHED.match(text, start)
    if match is None or int(match["part"]) >= int(match["whole"]) or _JOINED.search(text, 0, start):
        return None
    if unit_at(text, match.end()):
        return None
    return Core(start, match.end(), Decimal(match["part"]) / Decimal(match["whole"]), "", Kind.NUMBER, 1)


def _tenths(text: str, start: int) -> Core | None:
    match = _TENTHS.match(text, start)
    if match is None or text[start - 1 : start] in ("几", "数", "."):
        return None
    value = read(match["tenths"]).value * 10
    if match["half"]:
        value += 5
    elif match["rest"]:
        value += read(match["rest"]).value
    digits = 2 if match["half"] or match["rest"] else 1
    inside = Modifier.OVER if match["more"] else None
    return Core(start, match.end(), value, "%", Kind.PERCENT, digits, None, inside)


def _half(text: str, start: int) -> Core | None:
    """一半 and 半数 are 50 %, 半年 is half a year."""
    before = text[start - 1 : start]
    if text.startswith(("一半", "半数"), start) and before not in _NOT_HALF_AFTER:
        return Core(start, start + 2, Decimal(50), "%", Kind.PERCENT, 1)
    if (
        text[start] != "半"
        or before in _NOT_HALF_UNIT_AFTER
        or before.isdigit()
        or text.startswith(_NOT_HALF_UNIT, start)
    ):
        return None
    unit = unit_at(text, start + 1)
    if unit is None or unit.name not in _HALVED or text.startswith("了半天", start - 1):
        return None
    return Core(start, start + 1 + len(unit.written), Decimal("0.5"), unit.name, unit.kind, 1)
