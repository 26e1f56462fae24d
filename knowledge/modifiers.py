"""The words around a number that bound it (近, 超, 余, 以上) or make it no fact yet (预计, 力争)."""

import re
from bisect import bisect_right
from typing import NamedTuple

from knowledge.schema import Modifier, Span

# A 近 after these is 最近, 附近 …; a 约 is 签约, 条约 …: part of another word, and no modifier.
_NOT_NEAR = "最附靠邻临新远就晚亲相贴走抵切接将逼凑"
_NOT_ABOUT = "签合节条预公违特契履纽相邀和续解制简失践爽隐婉毁租立缔集要赴盟守"
_LINK = r"(?:为|有|是|达到|达|至|合|占|在|需|等于|超过)?"

_BEFORE: tuple[tuple[str, Modifier], ...] = (
    (r"(?:从|并|还|均|都|也)?(?:未|没有?|不[得能会]?)(?:超过?|高于|多于|大于|突破)", Modifier.AT_MOST),
    (rf"(?:最多|至多|顶多|≤|<=|⩽){_LINK}", Modifier.AT_MOST),
    (rf"(?:不[得能应]?(?:低于|少于|小于)|至少|最少|起码|≥|>=|⩾){_LINK}", Modifier.AT_LEAST),
    (r"(?:跌破|跌穿|击穿|失守)", Modifier.BELOW),
    (r"(?:不足|不到|未到|未满|不满|不及|未及|未达到?|低于|少于|小于|<)", Modifier.BELOW),
    (
        r"(?:超过|高于|多于|大于|(?<![新大])突破|超逾|(?<![中英西德意法])超|逾|>)了?",
        Modifier.OVER,
    ),
    (rf"(?:接近|将近|临近|逼近|(?<![{_NOT_NEAR}])近|几乎)(?:有|达)?", Modifier.ABOUT_BELOW),
    (rf"(?:大约|大概|大致|差不多|约莫|(?<![{_NOT_ABOUT}])约){_LINK}", Modifier.APPROX),
)
_BEFORE_RE = re.compile("(?:" + "|".join(f"({pattern})" for pattern, _ in _BEFORE) + ") ?$")
_SCALES = frozenset("百千万亿0123456789")
_BEFORE_SCALE = re.compile(r"(?<![打突爆侦识跌])破$|(?:(?<![通经度超不越路])过|(?<![线网路街早晚马以])上)$")
_BEFORE_LAST = frozenset("穿守近约超过逾破上于到足满及达多少概致莫有为是至合占在需了乎码≤≥<>= ")
"""The last characters of what stands before: a cheap test that spares most numbers the expression."""

_AFTER: tuple[tuple[str, Modifier], ...] = (
    (r"(?:[（(]含[）)])?及?以上|(?:起步|起)(?=[,，。；;、）)\n ]|$)|或更多", Modifier.AT_LEAST),
    (r"(?:[（(]含[）)])?及?以下|以内|之内", Modifier.AT_MOST),
    (r"左右|上下(?![班游学楼车铺])|附近|前后|开外", Modifier.APPROX),
    (
        r"有余|出头|余(?=[,，。；;、的\n]|$)|多(?![少数样为家次种元亿万名个人边云年位在项媒所部方重轮批条起省市点民伤死])",
        Modifier.OVER,
    ),
    (r"不到(?=[,，。；;、的\n]|$)", Modifier.BELOW),
)
_AFTER_RE = re.compile(" ?(?:" + "|".join(f"({pattern})" for pattern, _ in _AFTER) + ")")

HEDGE = re.compile(
    r"预计|(?<![超场于合])预期(?=[将达为可会增在全到未今明年])|预估|预测|力争|争取|目标|计划(?!生育)|规划(?=[建用投设配新总到布预面红])"
    r"|有望|(?<![模虚比草])拟(?![人合态]|上市)|或将|料将|将(?=[达超增降升投建有突实新提完再减会为由从]|累计[建投新实完达])|估计|望达|可望",
)
_LOOK_BACK = 10
_REACH = 40
"""Farther than so many characters, a hedge mostly governs another phrase."""
_CLAUSE = re.compile(r"[，,。；;：:！!？?\n]")
_TIME_ONLY = re.compile(r"[^，,。；;：:！!？?\n]{0,10}[年月日底末季期][^，,。；;：:！!？?\n]{0,4}，")


class Found(NamedTuple):
    """A modifier and the end of it that is farther from the number."""

    modifier: Modifier
    edge: int


_FAR = re.compile(
    r"(?:(至少|最少|起码|不少于|不低于)|(最多|至多|不超过|不得超过))"
    r"[^\d零一二两三四五六七八九十百千万，。、；：！？,;:!?\n“”（）()]{1,6}$",
)
"""至少建设3个: the modifier bounds the number across a verb."""


def before(text: str, start: int, floor: int) -> Found | None:
    """The modifier that ends at `start` of the folded `text` and begins no earlier than `floor`."""
    if start <= floor:
        return None
    if text[start - 1] not in _BEFORE_LAST:
        far = _FAR.search(text, max(floor, start - _LOOK_BACK), start)
        return Found(Modifier.AT_LEAST if far[1] else Modifier.AT_MOST, start) if far else None
    if (short := _short(text, start)) is not None:
        return short
    match = _BEFORE_RE.search(text, max(floor, start - _LOOK_BACK), start)
    if match is None or match.lastindex is None:
        return None
    return Found(_BEFORE[match.lastindex - 1][1], match.start())


def _short(text: str, start: int) -> Found | None:
    """破10亿, 过百家, 上千人: words that bound only what is large."""
    if text[start] not in _SCALES:
        return None
    match = _BEFORE_SCALE.search(text, max(0, start - 2), start)
    if match is None or (match.group() != "破" and text[start].isdigit()):
        return None
    return Found(Modifier.AT_LEAST if match.group() == "上" else Modifier.OVER, match.start())


def after(text: str, end: int, limit: int) -> Found | None:
    """The modifier that begins at `end` of the folded `text` and ends no later than `limit`."""
    match = _AFTER_RE.match(text, end)
    if match is None or match.lastindex is None or match.end() > limit:
        return None
    return Found(_AFTER[match.lastindex - 1][1], match.end())


NONE = Found(Modifier.EXACT, 0)


_LAPSED = re.compile(
    r"(?:[历耗用费]时|长达|时隔|等了?|历经|经过|[用花过]了?|持续|已?有|达|潜逃|距今|工作|生活|坚持|连续|延续|为期|运营"
    r"|从业|停[产工摆]) ?$",
)
_LAST_LONG = re.compile(r" ?(?:的?历史|之久|[前后]|的时间|的时光)")


def recent(text: str, start: int, end: int) -> bool:
    """Whether 近 at `start` before a length of time that ends at `end` means the last: 近3年, but not 历时近3年."""
    return _LAPSED.search(text, max(0, start - 4), start) is None and _LAST_LONG.match(text, end) is None


class Hedges:
    """The hedge words of one text, to be asked which of them governs a place.

    >>> Hedges("企业数预计达7800家，增长16%").over(7), Hedges("企业数预计达7800家，增长16%").over(14)
    ('预计', '')
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans = [Span(*match.span()) for match in HEDGE.finditer(text)]
        self._starts = [span.start for span in self._spans]

    def over(self, start: int) -> str:
        """The nearest hedge to the left of `start` in its clause, or "" if there is none."""
        index = bisect_right(self._starts, start - 1) - 1
        if index < 0:
            return ""
        span = self._spans[index]
        pos = span.end
        if (time := _TIME_ONLY.match(self._text, pos, start)) is not None:
            pos = time.end()  # 预计到2025年，产值达100亿元: the clause goes on
        if start - pos > _REACH or _CLAUSE.search(self._text, pos, start):
            return ""
        return self._text[span.start : span.end]
