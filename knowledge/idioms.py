"""Tell the Chinese numerals that count from those that are part of a word: 三家企业 counts, 一家, 十分, 三方 don't.

Arabic digits nearly always state a number.  Chinese ones mostly don't, so here each must show that it counts.
"""

import re

from knowledge.numerals import ZEROS
from knowledge.schema import Kind
from knowledge.units import AFTER_HAN, Unit

_NO_NUMBER_BEFORE = frozenset("数几若第周初")
"""几十, 数百: no number is stated; 第三, 周三, 初一: a name."""
_NO_COUNTS = frozenset("二" + ZEROS)
"""二 before a classifier is an order (二楼, 二手); two of a thing are 两."""
_SCALES = frozenset("百千万亿")
_SET_PHRASES = re.compile(
    r"[三四五六七八两]个(?:意识|自信|全面|维护|确立|毫不动摇|结合|代表|务必|坚持|伟大|大局|文明|一百年|一律|不放过|覆盖|转变|样)"
    r"|八项规定|三项岗位|三天两头|三大纪律|[三五]位一体|三支一扶|四周(?![后前内来以]|时间)|四处(?![房景遗住工文])|[三四五六]大|三道(?!防线|红线|题|菜|关|工序|门槛)|两口子|两步走|两位数|[三四五]位数|两件套|一人一|三人行|三家轮"
    r"|万家灯火|千家万户|百家争鸣|百家讲坛|百家号|十个手指|三道拐|两面|三角|四角|千门万户|百年大计|千年|万年|三只手",
)
"""Slogans and sayings; their numerals count nothing that an article could state otherwise."""

_IN_LIST = re.compile(r"[一二三四五六七八九]、$")
"""二、三位 are places."""

_NEVER = frozenset("度里转核伏牛尺丈寸方平")
_LONE = frozenset("元角毛欧块节分")
"""After a Chinese numeral `_NEVER` are parts of words; after a single one so are `_LONE`, unless the phrase ends."""
_CLOSES = re.compile(r"$|[^一-龥A-Za-z0-9]|左右|以[上下内]|多|钱|到|至|起|左|不等|[、，。]")
_POINTS = re.compile(
    r"建议|要求|意见|希望|看法|原因|体会|内容|说明|措施|理由|启示|优势|特点|共识|变化|考虑|思考|因素|期待"
)
_GRADE = re.compile(r"以上|以下|左右|大?风|地震|及以|强震|阵风")

_LASTS = re.compile(r"(?:拘留|为期|历时|连续|持续|超过|不少于)$")
"""行政拘留十五日: elsewhere a Chinese numeral before 日 is a day of the month."""

_ONE_MEASURES_LISTED = """
年 个月 小时 天 周 星期 分钟 倍 公里 公斤 斤 吨 亩 米 岁 周岁 平方米 立方米 刻钟 世纪 季度
平方公里 百分点 元 秒 秒钟
公顷 学期 克 升 毫升 厘米
"""
_ONE_MEASURES = frozenset(_ONE_MEASURES_LISTED.split())
_ONE_BEFORE = frozenset("这那新的每某第另同哪有最上下前后头末统唯万之十是过")
"""这一年, 新的一年, 有一天: no length of time is stated."""
_ONE_AFTER = re.compile(r"[一天级届度计]|到头|又|之计|[找变读看懂切入上解识]|比一|复一|出头|生一|不如|之内也")
_ONE_COUNTED = re.compile(
    r"(?:新增|净增|仅|仅有|减少|增加|不足|超过|至少|最多|平均|不到|下降|上升|均为|各|至多|合计|总共|共有)$",
)
_ALONE = frozenset("这那新的每某第另同哪最上下前后头末统唯万之身自独漏少")
_ONE_PERSON = re.compile(r"[死伤亡被受遇失获因在轻重]|[，。、；）)]|$|捡|则|为|持|当场|当选|落水|溺|患|涉")


def counts(text: str, start: int, end: int, unit: Unit, pos: int) -> bool:
    """Whether the Chinese numeral `text[start:end]` counts the `unit` that stands at `pos` of the folded text.

    It is for the caller to ask whether a bare 百 or 万 is bounded by a modifier (`needs_bound`).
    """
    written, following = text[start:end], pos + len(unit.written)
    if text[start - 1 : start] in _NO_NUMBER_BEFORE or _SET_PHRASES.match(text, start):
        return False
    if _IN_LIST.search(text, max(0, start - 2), start):
        return False
    if unit.kind is Kind.COUNT and unit.written not in AFTER_HAN:
        return False
    if written in _NO_COUNTS or (unit.written == "番" and not text.endswith(("翻", "翻了"), 0, start)):
        return False
    if written == "一":
        return _one(text, start, unit, following)
    return _unambiguous(text, start, unit, following)


def needs_bound(written: str) -> bool:
    """Whether a numeral states a number only with a modifier: 近百家, 上万人, but not 百家, 万人."""
    return set(written) <= _SCALES


def _unambiguous(text: str, start: int, unit: Unit, following: int) -> bool:
    written = text[start : following - len(unit.written)]
    if unit.written == "点":
        return _POINTS.match(text, following) is not None
    if unit.written == "级":
        return _GRADE.match(text, following) is not None
    if unit.written == "日":
        return _LASTS.search(text, max(0, start - 4), start) is not None
    if unit.written in _NEVER:
        return False
    if unit.written in _LONE and len(written) == 1:
        return _CLOSES.match(text, following) is not None
    return not (written == "十" and unit.written == "分")


def _one(text: str, start: int, unit: Unit, following: int) -> bool:
    """一年 and 增长一倍 state a number; 一家 does so only after 新增, 仅 and the like."""
    before = text[start - 1 : start]
    if unit.written == "人":
        return before not in _ALONE and _ONE_PERSON.match(text, following) is not None
    if unit.name == "番":
        return True
    if unit.kind is Kind.COUNT:
        return _ONE_COUNTED.search(text, max(0, start - 4), start) is not None
    if unit.name not in _ONE_MEASURES or before in _ONE_BEFORE or before in ("元", "块", "毛"):
        return False
    if unit.written in _LONE and not _CLOSES.match(text, following):
        return False
    return _ONE_AFTER.match(text, following) is None
