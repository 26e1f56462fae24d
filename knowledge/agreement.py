"""Whether two quantities are the same, and whether a claimed one follows from a stated one.

Every quantity stands for a span of true values: 23.26亿 for 23.255 to 23.265, 超157.38亿 for all above it,
近4500万 for those shortly below.  A claim agrees if the stated span lies within the claimed one, and is
contradicted if the two lie apart.
"""

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from knowledge.schema import Kind, Modifier, Quantity

_CONVERSIONS = """
元: 元 1 人民币 1 块 1 块钱 1 角 0.1 毛 0.1 毛钱 0.1 分钱 0.01
美元: 美元 1 美金 1 美分 0.01
欧元: 欧元 1 欧 1 欧分 0.01
港元: 港元 1 港币 1
日元: 日元 1 日圆 1 日币 1
韩元: 韩元 1 韩圆 1 韩币 1
英镑: 英镑 1 英磅 1
澳元: 澳元 1 澳币 1 澳大利亚元 1
加元: 加元 1 加币 1 加拿大元 1
新元: 新元 1 新加坡元 1
新台币: 新台币 1 台币 1
瑞士法郎: 瑞士法郎 1 瑞郎 1
%: % 1 ‰ 0.1
百分点: 百分点 1 基点 0.01 bp 0.01 BP 0.01 bps 0.01
米: 公里 1000 千米 1000 km 1000 ㎞ 1000 米 1 m 1 dm 0.1 厘米 0.01 公分 0.01 cm 0.01 ㎝ 0.01 毫米 0.001 mm 0.001
米: ㎜ 0.001 里 500 华里 500 里地 500 微米 0.000001 μm 0.000001 um 0.000001 纳米 0.000000001 nm 0.000000001
英寸: 英寸 1 英吋 1 吋 1
千克: 吨 1000 公吨 1000 t 1000 公斤 1 千克 1 kg 1 Kg 1 KG 1 ㎏ 1 斤 0.5 克 0.001 g 0.001 毫克 0.000001 mg 0.000001
平方米: 平方公里 1000000 平方千米 1000000 km² 1000000 公顷 10000 ha 10000 平方米 1 平方 1 平米 1 平 1 ㎡ 1 m² 1 m2 1
平方米: 平方厘米 0.0001
亩: 亩 1 亩地 1
立方米: 立方米 1 立方 1 方 1 ㎥ 1 m³ 1 m3 1
升: 升 1 L 1 l 1 毫升 0.001 ml 0.001 mL 0.001
瓦: 吉瓦 1000000000 GW 1000000000 兆瓦 1000000 MW 1000000 千瓦 1000 kW 1000 KW 1000 瓦 1 W 1
千瓦时: TWh 1000000000 GWh 1000000 吉瓦时 1000000 兆瓦时 1000 MWh 1000 千瓦时 1 kWh 1 KWh 1 度电 1 瓦时 0.001 Wh 0.001
毫安时: 毫安时 1 mAh 1 安时 1000 Ah 1000
赫兹: GHz 1000000000 MHz 1000000 兆赫 1000000 kHz 1000 KHz 1000 赫兹 1 Hz 1
MB: TB 1048576 GB 1024 G 1024 MB 1
个月: 年 12 个月 1
秒: 天 86400 日 86400 小时 3600 h 3600 分钟 60 min 60 秒 1 秒钟 1 s 1 毫秒 0.001 ms 0.001
周: 周 1 星期 1
岁: 岁 1 周岁 1
标准箱: 标准箱 1 标箱 1
℃: ℃ 1 摄氏度 1 度 1 °C 1
马力: 马力 1 匹马力 1
人: 人 1 名 1 位 1
点: 点 1 个点 1
"""
"""A base unit and how many of it make one of each unit after it.  里 counts as half a kilometre, 斤 as half a kilo."""


def _read_conversions() -> dict[str, tuple[str, Decimal]]:
    table: dict[str, tuple[str, Decimal]] = {}
    for row in _CONVERSIONS.split("\n"):
        base, _, units = row.partition(": ")
        words = units.split()
        table |= {word: (base, Decimal(factor)) for word, factor in zip(words[::2], words[1::2], strict=True)}
    return table


_BASE = _read_conversions()
_GENERIC = "个"
_FLEXIBLE_LISTED = (
    "家 项 名 位 人 件 处 座 只 条 款 所 种 类 部 台 辆 场 户 起 例 支 张 间 套 批 枚 块 份 篇 颗 根"
)
_FLEXIBLE = frozenset(_FLEXIBLE_LISTED.split())
"""Classifiers that writers swap for 个; 人次, 批次, 辆次 count something else and are never swapped."""
_UPWARD = frozenset({Modifier.OVER, Modifier.AT_LEAST})
_INFINITE = Decimal("Infinity")
_NEAR = Decimal("0.1")
"""近 and 约 reach a tenth of the value; further off, writers take another round number."""


class _Bounds(NamedTuple):
    """True values from `low` to `high`; each end belongs to them or not."""

    low: Decimal
    high: Decimal
    has_low: bool = True
    has_high: bool = False

    def holds(self, other: "_Bounds") -> bool:
        above = self.low < other.low or (self.low == other.low and (self.has_low or not other.has_low))
        below = self.high > other.high or (self.high == other.high and (self.has_high or not other.has_high))
        return above and below

    def misses(self, other: "_Bounds") -> bool:
        return _before(self, other) or _before(other, self)


def _before(one: _Bounds, other: _Bounds) -> bool:
    return one.high < other.low or (one.high == other.low and not (one.has_high and other.has_low))


@lru_cache(maxsize=1 << 12)
def base_unit(unit: str) -> tuple[str, Decimal]:
    """The unit that `unit` is a multiple of, and how many of it make one.

    >>> base_unit("千米"), base_unit("元每吨")
    (('米', Decimal('1000')), ('元/千克', Decimal('0.001')))
    """
    over, slash, below = unit.replace("每", "/", 1).partition("/")
    base, factor = _BASE.get(over, (over, Decimal(1)))
    if not slash or not over:
        return base, factor
    below_base, below_factor = _BASE.get(below, (below, Decimal(1)))
    return f"{base}/{below_base}", factor / below_factor


def same_unit(a: Quantity, b: Quantity) -> bool:
    """Whether two quantities can be compared: 元 and 人民币, 公里 and 米, 名 and 位, but not % and 百分点."""
    one, other = base_unit(a.unit)[0], base_unit(b.unit)[0]
    if one == other:
        return _comparable(a.kind) == _comparable(b.kind)
    return _GENERIC in (one, other) and {a.unit, b.unit} - {_GENERIC} <= _FLEXIBLE


def _comparable(kind: Kind) -> Kind:
    """基点 are measured and 百分点 are points, yet they convert; a bare number may be a count."""
    if kind in (Kind.MEASURE, Kind.PERCENT_POINT, Kind.NUMBER):
        return Kind.COUNT
    return kind


def same_value(a: Quantity, b: Quantity) -> bool:
    """Whether two quantities state the same number in the same unit, however it is written.

    232,600万元 is 23.26亿元, 12% is 12.0%, 三公里 is 3000米.  Modifiers are not looked at.
    """
    if not same_unit(a, b):
        return False
    return _scaled(a) == _scaled(b)


def _scaled(quantity: Quantity) -> tuple[Decimal, Decimal | None]:
    factor = base_unit(quantity.unit)[1]
    return quantity.value * factor, None if quantity.high is None else quantity.high * factor


def agrees(claimed: Quantity, stated: Quantity) -> bool | None:
    """Whether `claimed` follows from `stated`: True, False if it contradicts it, None if neither.

    A claim may round (23亿 for 23.26亿) and may bound more loosely (超150亿 for 超157.38亿); it may not be more
    precise than what was stated, nor bound it from the other side.
    """
    if not same_unit(claimed, stated):
        return False
    if _scaled(claimed) == _scaled(stated):
        return _same_number(claimed.modifier, stated.modifier)
    if claimed.kind in (Kind.RATIO, Kind.IDENTIFIER, Kind.ORDINAL):
        return False
    if claimed.high is not None and stated.high is not None:
        return all(agrees(one, other) for one, other in zip(_ends(claimed), _ends(stated), strict=True))
    ours, theirs = _bounds(claimed), _bounds(stated)
    if ours.holds(theirs):
        return True
    return False if ours.misses(theirs) else None


def _ends(quantity: Quantity) -> tuple[Quantity, Quantity]:
    """The two ends of a range, each as a number of its own."""
    high = quantity.value if quantity.high is None else quantity.high
    return replace(quantity, high=None), replace(quantity, value=high, high=None)


def _same_number(claimed: Modifier, stated: Modifier) -> bool | None:
    """Whether two modifiers of the same number can stand for each other: 约 for 近, but not 超 for 近 or 不足."""
    if claimed in (stated, Modifier.EXACT, Modifier.APPROX):
        return True
    if claimed is Modifier.ABOUT_BELOW or stated is Modifier.EXACT:
        return (
            claimed in (Modifier.ABOUT_BELOW, Modifier.AT_LEAST, Modifier.AT_MOST) and stated not in _UPWARD
        )
    if stated is Modifier.APPROX:
        return None
    return (claimed in _UPWARD) == (stated in _UPWARD)


def _bounds(quantity: Quantity) -> _Bounds:
    value, high = _scaled(quantity)
    modifier = quantity.modifier
    if high is not None:
        return _Bounds(value, high, has_high=True)
    if modifier in _UPWARD:
        return _Bounds(value, _INFINITE, has_low=modifier is Modifier.AT_LEAST)
    if modifier in (Modifier.BELOW, Modifier.AT_MOST):
        return _Bounds(-_INFINITE, value, has_high=modifier is Modifier.AT_MOST)
    if modifier is Modifier.ABOUT_BELOW:
        return _Bounds(value - abs(value) * _NEAR, value)
    half_step = _last_digit(quantity.value, quantity.digits) * base_unit(quantity.unit)[1] / 2
    if modifier is Modifier.APPROX:
        reach = max(abs(value) * _tolerance(value), half_step)
        return _Bounds(value - reach, value + reach, has_high=True)
    return _Bounds(value - half_step, value + half_step)


def _last_digit(value: Decimal, digits: int) -> Decimal:
    """What one step of the last digit written is worth: 23.26亿 → 100万."""
    if not value or digits <= 0:
        return Decimal(0)
    return Decimal(1).scaleb(value.adjusted() - digits + 1)


def _tolerance(value: Decimal) -> Decimal:
    """How far 约 reaches: half a step of the last digit that is not zero, at most a tenth (约600: 10 %, 约23: 2 %)."""
    trimmed = value.normalize()
    step = Decimal(1).scaleb(int(trimmed.as_tuple().exponent)) / 2
    return min(step / abs(value), _NEAR) if value else Decimal(0)
