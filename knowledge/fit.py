"""Whether a figure is of the kind asked for: unit, statistic, direction, time, place and certainty."""

import re
from collections.abc import Sequence
from datetime import date

from knowledge.agreement import base_unit
from knowledge.places import first_place, places
from knowledge.question import Question
from knowledge.schema import RATES, Figure, Kind, Period, Quantity

HEDGED = re.compile(r"预计|预估|预期|目标|力争|计划|将|打算|要")
"""A question that asks for what is not yet a fact."""

_MEANS = frozenset({"人均", "日均", "月均", "年均", "平均"})
_AVERAGES = _MEANS | {"环比", "同比"}

_LIKE_UNITS = (
    frozenset("人 名 位 个 人次".split()),
    frozenset("家 个 户 所".split()),
    frozenset("场 次 个 期 场次".split()),
    frozenset("项 个 条 件 种 笔".split()),
    frozenset("起 件 宗 例".split()),
    frozenset("辆 台 部 架 艘".split()),
    frozenset("% 个百分点 百分点 基点".split()),
    frozenset("元 美元 人民币".split()),
    frozenset("套 间 栋 幢 户".split()),
    frozenset("棵 株".split()),
)


def alike_units(one: str, other: str) -> bool:
    """Whether people use one unit when they ask and the other when they state.

    >>> alike_units("人", "位"), alike_units("家", "场")
    (True, False)
    """
    return any(one in group and other in group for group in _LIKE_UNITS)


def _measures(question: Question, quantity: Quantity) -> bool:
    """Whether the quantity is in a unit alike the one asked for, or of the dimension asked about."""
    base = base_unit(quantity.unit)[0]
    if question.unit and "每" in question.text:
        base = base.partition("/")[0]
    if question.unit:
        return alike_units(question.unit, quantity.unit) or base_unit(question.unit)[0] == base
    return base in question.dimension


def _is_amount(question: Question, quantity: Quantity) -> bool:
    """Whether a number without a unit (1.4亿) can be the money or the count that is asked for."""
    large = quantity.kind is Kind.NUMBER and not quantity.unit and quantity.surface[-1:] in "万亿"
    return large and bool(question.kinds & {Kind.COUNT, Kind.MONEY})


_TIME_UNITS = frozenset("年 个月 月 天 日 小时 个小时 分钟 秒 周 个星期 星期 岁".split())


_FRESH = 100
"""Days after the end of the time asked for in which an article without a time may still be about it."""


def time_fit(asked: Sequence[Period], stated: Period | None, day: date | None) -> str:
    """How a figure's time stands to the time asked for.

    Returns:
        "" if none is asked; "same"; "conflict"; "wider" if the figure covers more than what is asked (2021年 for
        its 上半年); "narrower" for the reverse; "unknown" if the figure has no time and its article is near.
    """
    if not asked:
        return ""
    want = asked[0]
    if stated is not None and not stated.resolved and stated.lo != date.min:
        return "unknown" if _same_days(want, stated) else "conflict"
    if stated is None or not stated.resolved:
        near = day is None or (want.lo <= day and (day - want.hi).days < _FRESH)
        return "unknown" if near else "conflict"
    if stated.lo == want.lo and stated.hi == want.hi:
        return "same"
    if stated.cutoff or want.cutoff:
        # A state at the end of the span asked for is that span's state.
        return "same" if want.lo <= stated.hi <= want.hi or want.lo <= want.hi == stated.hi else "conflict"
    if want.lo <= stated.lo and stated.hi <= want.hi:
        return "narrower"
    if stated.lo <= want.lo and want.hi <= stated.hi:
        return "wider"
    return "conflict"


def _same_days(asked: Period, stated: Period) -> bool:
    """Whether a time of an unknown year has the days asked for, or some of them."""
    low, high = (asked.lo.month, asked.lo.day), (asked.hi.month, asked.hi.day)
    return low <= (stated.hi.month, stated.hi.day) and (stated.lo.month, stated.lo.day) <= high


def _other_place(question: Question, text: str, figure: Figure) -> bool:
    """Whether the question names a place and the figure's sentence, up to the figure, only others."""
    asked = places(question.text) - {"全球"}
    said = places(text[figure.sentence.start : figure.reach.end])
    return bool(asked) and bool(said) and not asked & said


_PER = re.compile(
    r"每(?!当|逢|况)|[户人日月年场单件套亩]均|平均|均价|[/／](?:吨|平方米|平米|公斤|千克|股|人|年|月|天|斤|亩|桶|升|套|件)"
)
"""What makes a figure one of each, not of all: 每股2.43港元."""

_MOST = re.compile(r"最(?!近|新|初|终|后|为)|高达|峰值|顶峰|极值|冠军|首位|第一")

_UTMOST = re.compile(r"最[高低多少大小长短快慢](?![检法人])")
"""What asks for the utmost of several figures; 最高检 is a body."""
_IS_UTMOST = re.compile(
    r"最(?!近|新|初|终|后|为)|[高长多]达|峰值|顶峰|极值|冠军|首位|第一|[之为]冠|居首|领先|纪录"
    r"|不[得能]?超过|不低于|上限|下限|至多|至少|以内|封顶|起步"
)
"""What says so of a figure, or bounds it."""
_BEFORE = 40
"""Characters before a sentence in which it may stand."""

_FROM = re.compile(r"(?:由|从|自)[^，。；;]{0,16}$")
_TO = re.compile(
    r"[^，。；;\d]{0,6}?[,，]?(?:上升|下降|提高|提升|降低|下调|上调|增加|减少|增长|扩大|缩小|回落|攀升|升|降|增|减|涨|跌|调整|变|改|延长|缩短)[^，。；\d]{0,4}?[至到为成]"
)
_COMPARED = re.compile(
    r"(?:比|较|高于|低于|不及|好于|预期|预测|预估|而非|原来|原先|此前|原计划|目标)[^，。；;\d]{0,6}$"
)


def _opens_elsewhere(question: Question, text: str, figure: Figure) -> bool:
    """Whether the first place of the figure's sentence is not one that is asked about (南京…仅次于上海，有9068家)."""
    asked = places(question.text)
    first = first_place(text[figure.sentence.start : figure.quantity.start])
    return bool(asked) and bool(first) and first not in asked


def _strange_place(question: Question, text: str, figure: Figure) -> bool:
    """Whether the figure's sentence, up to the figure, names a place of its own though none is asked for."""
    said = places(text[figure.sentence.start : figure.reach.end]) - {"中国", "全球"}
    return bool(said) and not places(question.text)


def role_fit(question: Question, text: str, figure: Figure) -> dict[str, float]:
    """What part the figure plays: of each or of all, what a change began from, what another is compared with."""
    quantity, clause = figure.quantity, figure.clause
    before = text[clause.start : quantity.start]
    said = _PER.search(text[max(clause.start, quantity.start - 24) : quantity.end + 2])
    asked = _PER.search(question.text)
    most = bool(_MOST.search(before + text[quantity.end : clause.end]))
    wanted = bool(_MOST.search(question.text))
    return {
        "extreme_unsaid": float(_unsaid_utmost(question, text, figure)),
        "extreme_same": float(wanted and most),
        "extreme_missing": float(wanted and not most),
        "extreme_extra": float(most and not wanted),
        "per_extra": float(said is not None and asked is None),
        "per_missing": float(said is None and asked is not None),
        "is_compared": float(_COMPARED.search(before) is not None and not HEDGED.search(question.text)),
        "is_attribute": float(text[quantity.end : quantity.end + 1] == "的"),
        "in_brackets": float(text[max(0, quantity.start - 1) : quantity.start] in {"(", "（"}),
    }


def _unsaid_utmost(question: Question, text: str, figure: Figure) -> bool:
    """Whether the utmost is asked for and nothing says that the figure is it; the end of a range may be."""
    if not _UTMOST.search(question.text) or figure.quantity.high is not None:
        return False
    return _IS_UTMOST.search(text, max(0, figure.sentence.start - _BEFORE), figure.sentence.end) is None


def begins(question: Question, text: str, figure: Figure) -> bool:
    """Whether a change set out from the figure (由5%降至4.8%), and it is not that which is asked for."""
    before = text[figure.clause.start : figure.quantity.start]
    began = _FROM.search(before) and _TO.match(text, figure.quantity.end)
    return began is not None and not re.search(r"从多少|由多少|原|起初|最初|之前|以前|此前", question.text)


def echoes(question: Question, figure: Figure) -> bool:
    """Whether the figure merely repeats one that the asker gave: that is never the answer."""
    return any(
        own.value == figure.quantity.value and own.unit == figure.quantity.unit for own in question.quantities
    )


def is_another_s(question: Question, figure: Figure, beside: Sequence[Figure]) -> bool:
    """Whether the question names whose another figure of the sentence is, and not whose this one is.

    科创投累计投资23.26亿元，科创贷累计放款157.38亿元 does not say what 科创投 lent.
    """
    whose = figure.subject
    if not whose or whose in question.text:
        return False
    asked = {other.subject for other in beside if other.subject and other.subject in question.text}
    return any(name not in whose and whose not in name for name in asked)


def unit_fit(question: Question, quantity: Quantity) -> dict[str, float]:
    """Unit and kind: the same, alike (人 for 位), another; and whether the kind can be the answer at all."""
    asked = bool(question.unit or question.dimension)
    same = bool(question.unit) and question.unit == quantity.unit
    like = asked and not same and _measures(question, quantity)
    fits = not question.kinds or quantity.kind in question.kinds or _is_amount(question, quantity)
    return {
        "unit_same": float(same),
        "unit_like": float(like),
        "unit_other": float(asked and not same and not like and fits),
        "unit_strange": float(bool(question.unit) and not same and not like),
        "kind_conflict": float(not fits),
        "kind_free": float(not question.kinds),
        "is_rate": float(quantity.kind in RATES),
        "is_duration": float(quantity.kind is Kind.MEASURE and quantity.unit in _TIME_UNITS),
        "lasts_unasked": float(_lasts_unasked(question, quantity)),
        "is_bare": float(quantity.kind in {Kind.NUMBER, Kind.RATIO}),
    }


_ASKS_TIME = re.compile(
    r"[时年月日天周岁龄期秒久长短快慢寿]|分钟|星期|早|晚|多大|几[个]?[年月天]|连续|历史|历经|隔"
)


def _lasts_unasked(question: Question, quantity: Quantity) -> bool:
    """Whether the quantity is a length of time and nothing in the question asks for one."""
    lasts = quantity.kind is Kind.MEASURE and quantity.unit in _TIME_UNITS
    asked = question.dimension or question.unit in _TIME_UNITS
    return lasts and not asked and _ASKS_TIME.search(re.sub(r"\d+[年月日]", "", question.text)) is None


def statistic_fit(question: Question, text: str, figure: Figure) -> dict[str, float]:
    """Statistic and direction: the same, missing, in conflict, or more than was asked for."""
    asked, stated = question.statistic, figure.statistic
    other = asked != stated
    both = question.direction is not None and figure.direction is not None
    turned = question.direction != figure.direction
    averaged = "均" in text[figure.sentence.start : figure.sentence.end]
    return {
        "statistic_same": float(bool(asked) and not other),
        "statistic_missing": float(asked not in {"", "累计", stated}),
        "statistic_extra": float(other and stated in {"同比", "环比", "占比"}),
        "statistic_conflict": float(other and asked in _AVERAGES and stated in _AVERAGES),
        "average_missing": float(other and asked in _MEANS and not averaged),
        "increment_extra": float(other and stated == "新增"),
        "increment_for_total": float(asked == "累计" and stated == "新增"),
        "total_for_increment": float(other and asked == "新增"),
        "direction_same": float(both and not turned),
        "direction_conflict": float(both and turned),
        "change_missing": float(
            question.changed and figure.direction is None and stated not in {"同比", "环比"}
        ),
        "direction_extra": float(question.direction is None and figure.direction is not None),
    }


_AIMS = re.compile(r"预计|预估|预期|目标|力争|计划|预测|拟|有望")


def _aims(text: str, figure: Figure) -> bool:
    """Whether the figure is told as what is to come."""
    return bool(figure.doubt) or _AIMS.search(text, figure.clause.start, figure.clause.end) is not None


def occasion_fit(question: Question, figure: Figure, *, text: str, day: date | None) -> dict[str, float]:
    """Time, place and certainty.

    Args:
        question: What is asked.
        figure: What is stated in `text`.
        text: The folded article.
        day: The article's day, if known.
    """
    time = time_fit(question.periods, figure.as_of, day)
    hedged = HEDGED.search(question.text)
    return {
        "time_same": float(time == "same"),
        "time_conflict": float(time == "conflict"),
        "time_wider": float(time == "wider"),
        "time_unknown": float(time == "unknown"),
        "time_asked": float(bool(question.periods)),
        "place_conflict": float(_other_place(question, text, figure)),
        "place_first": float(_opens_elsewhere(question, text, figure)),
        "place_extra": float(_strange_place(question, text, figure)),
        "hedge_extra": float(bool(figure.doubt) and hedged is None),
        "hedge_missing": float(_AIMS.search(question.text) is not None and not _aims(text, figure)),
    }
