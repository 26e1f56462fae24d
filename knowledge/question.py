"""What a question asks for: which kind of answer, unit, statistic, direction, time, and about what.

Everything works on folded text (simplified characters, half-width digits; `words.fold`), so offsets are
those of the question as typed.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from knowledge import numerals
from knowledge.chatter import CHAT, LOOSE_CHAT, ORDER, SUMS
from knowledge.figures import scan
from knowledge.namesakes import Namesakes, namesakes
from knowledge.schema import RATES, Direction, Kind, Modifier, Period, Quantity
from knowledge.statistic import DOWN, UP, direction_of, statistic_of
from knowledge.terms import NUMBER_WORD, Term, Tokenize, content_terms, unit_after


class Ask(StrEnum):
    """The kind of answer a question wants."""

    FIGURE = "figure"
    YES_NO = "yes_no"
    TIME = "time"
    SENTENCE = "sentence"
    METADATA = "metadata"
    NOTHING = "nothing"
    """Small talk, an order, a bare statement: no question about the articles."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart.

    Attributes:
        text: Folded question.
        ask: The kind of answer it wants.
        terms: Content words in order, time, question words and courtesies removed.
        unit: The unit it names after 多少 or 几 (家, 元, 个百分点 …); empty if it names none.
        kinds: Kinds of quantity that can answer it; empty if any can.
        strict: True if it says so itself (多少家, 多少钱, 百分之几), not only by what it measures (收入, 转化率).
        statistic: 同比, 环比, 占比, 累计 …; empty if it names none.
        direction: Which way of change it asks about, or None.
        periods: Times it names, resolved against the anchor.
        quantities: The asker's own figures, never an answer.
        field: For METADATA, which one (published, source, title, url).
        yes_no: True if it asks for yes or no, about a figure or not.
        changed: True if it asks by how much something rose or fell.
        dimension: Base units of what it measures (多久: 秒, 个月); empty if it does not say.
        phrases: Runs of neighbouring terms that the passages use as one (精准对接): another one is another thing.
        namesakes: Its names with the longer names that the passages have for others (甲氏物流 for 甲氏).
    """

    text: str
    ask: Ask
    terms: tuple[Term, ...]
    unit: str
    kinds: frozenset[Kind]
    strict: bool
    statistic: str
    direction: Direction | None
    periods: tuple[Period, ...]
    quantities: tuple[Quantity, ...]
    field: str = ""
    yes_no: bool = False
    phrases: tuple[str, ...] = ()
    changed: bool = False
    dimension: frozenset[str] = frozenset()
    namesakes: Namesakes = ()


_DIMENSIONS: tuple[tuple[str, frozenset[str]], ...] = (
    (r"多久|多长时间|时长|用时|耗时|历时", frozenset({"个月", "秒", "周"})),
    (
        r"多长(?!时间)|多远|多宽|多深|多厚|[雨雪]量|降水量|水深|水位|(?<!可比)口径(?=多|是多|[有为达][多几])|身高|高度(?![一-鿿]*化|重视|关注|[认评肯])|长度|宽度|(?<!高)深度|厚度|距离|里程|海拔|直径|半径|全长|总长",
        frozenset({"米", "英寸"}),
    ),
    (r"多重|重量|体重|重达|多少吨", frozenset({"千克"})),
    (r"面积", frozenset({"平方米", "亩"})),
    (r"气温|温度(?!计)|高温|低温|多少度|多热|多冷", frozenset({"℃"})),
    (r"库容|体积|蓄水量", frozenset({"立方米"})),
    (r"年龄|多大年纪|多大岁数|几岁|多少岁", frozenset({"岁"})),
)
"""Base units (`agreement.base_unit`) of what a word measures."""

_TENTHS = r"(?:几|多少)成(?=[了的左呢啊?？]|$)"
_RATE = (
    r"同比|环比|增速|增幅|涨幅|降幅|跌幅|比例|占比|比重|比率|(?<![频功帧汇])率(?!先|领)|百分之(?:几|多少)|百分比"
    rf"|{_TENTHS}"
)
_SHARE = (
    r"比例|占比|比重|百分之(?:几|多少)|百分比|概率|可能性"
    r"|(?:占(?![用据领地位线道])|相当于)[^，。]{1,16}的?(?:多少|几)(?![家个人倍钱户])"
    rf"|{_TENTHS}"
)
"""What is a share of a whole: no 百分点, which tells shares apart, can be one."""
_MONEY = (
    r"多少(?:[一-鿿]?钱|税|款|现金|收入|利润)|金额|资金|总额|额度|营收|收入|利润|亏损|GDP|(?:生产)?总值|增加值|成交额|票房|投资额|销售额|[产市货估总净]值|价值(?!观)|余额|投了多少|价(?!值|格?指数|格?总?水平)|成本|费用|补贴|奖金|罚金|工资|薪酬|租金|学费|股息|派息|净额"
    r"|(?:投资|放款|融资|贷款|花费|花)(?:了)?多少(?![家个项户人])|几个亿|多少[万千百]?亿|多少个亿|[约易交款资售贷]额"
)
_STRICT = re.compile(
    r"多久|多长|多远|多宽|多深|多厚|多重|的钱|多少款|多少(?:钱|税|款)|百分之(?:几|多少)|几成|(?:多少|几)个?[万亿]|人数|家数|场次"
)

_CHANGED = rf"(?:{UP}|{DOWN}|恢复(?:了|到了|至|到)?)(?<![涨跌][至到])了?(?:多少|几)(?![家个项人])"
"""增长了多少 asks for a rate or an amount, whichever the articles give."""

COUNT_UNITS = {
    "人": "人", "家": "家", "企业": "家", "公司": "家", "场": "场", "场次": "场", "活动": "场",
    "项目": "项", "成果": "项", "需求": "项", "户": "户", "件": "件", "次": "次",
    "例": "例", "人次": "人次", "院士": "位", "专家": "位",
}  # fmt: skip
"""What things are counted in if the question does not say."""
_COUNTS = rf"({'|'.join(sorted(COUNT_UNITS, key=len, reverse=True))})(?:总)?数(?!字)量?|数量|数目"
_ASKS = re.compile(
    r"多少|几(?![乎何][^度]|[种类款方座](?!多))|多大|多高|多长|多久|多远|多重|多快|多宽|多深|百分之几|(?:什么|何种|哪种)(?:水平|程度|规模)"
    r"|规模(?:如何|怎样|怎么样)|具体(?:金额|数字|数值|数额)"
)
_WHEN = re.compile(
    r"什么时候|啥时候|何时|哪[一]?(?:天|日|年|月|个月|季度)|几月|几号|几时|哪年|什么时间|什么日子|啥时间|(?:时间|日期)(?:是|为|[?？]?$)"
)
_WHO = re.compile(
    r"谁|哪[一]?[些家个位所种类款几两三方座次项]|哪里|哪儿|何处|哪|什么|啥|怎么|怎样|如何|为何|为什么|是否"
    r"|有没有|是不是|吗|呢|么[?？]?$|包括|分别是"
)
_YES_NO = re.compile(
    r"(?:吗|(?<![什怎多那这])么)[?？!！。啊呀]*$|有没有|是否|是不是|对不对|对吗|对吧|是吧|没有[?？]?$|没[?？]?$|真的假的|能不能|够不够"
    r"|不到$|过没过|超没超|到没到|达没达|够没够|属实|吧[?？]?$"
)
_TAG_QUESTION = re.compile(r"(?<=[\d亿万元家%个])(?:对不对|对[吗吧么])|(.)[没不]\1")
"""What only asks, blanked out at equal length: 没 of 有没有超过 denies nothing, 对 of 23亿对吗 is no unit."""

_NAMES = frozenset({Kind.ORDINAL, Kind.IDENTIFIER})
"""Kinds that state no value."""

_SHORT_YEAR = re.compile(
    r"(?<![\d.])(20[0-3]\d)(?=[ \u3000]?[一-鿿])(?![ \u3000]?[年月日万亿千百元家个人名项场位次件户例辆台吨米公平])"
    r"|^(1[0-9]|2[0-9]|3[0-5])年(?![来内间以期多前后的])"
)

_ROUND = re.compile(
    r"(突?破|超?过|超|达到?|到|上|有)了?([一二两三四五六七八九]?[十百千万]?[万亿]|[百千])(?=了|没|吗|吧|大关|人次?|元|[?？]|$)"
)

_METADATA = (
    ("title", r"标题|题目|题名|叫(?:什么|啥)(?:名字)?[?？]?$"),
    (
        "source",
        r"哪一?家(?:媒体|报纸|报社)|哪个(?:媒体|报纸|报社)|哪[一]?[份张]报|什么(?:媒体|报纸)|来源|出处|谁(?:发|登|刊登|报道)的|哪儿?登的",
    ),
    ("url", r"链接|网址|原文地址|url|URL"),
    ("published", r"发表|发布|刊发|刊登|登出|见报|发的|出的|日期|时间|什么时候|哪天|哪一天|何时|几号"),
)
_ARTICLE = re.compile(
    r"(?:这|那|本|该|此)(?:一)?(?:篇|则|条|个)?(?:文章|报道|新闻|稿子|稿件|文|报导|消息)|原文|文章(?:的)?(?:标题|来源|发|链接|题目|出)"
    r"|那一?篇|(?:报道|新闻|稿子|稿件|文章)(?:是|的|什么|哪|几)?"
)


def analyse(text: str, *, tokenize: Tokenize, anchor: date | None = None, beside: str = "") -> Question:
    """The question taken apart.

    Args:
        text: Folded question (`words.fold`).
        tokenize: Word segmentation with part-of-speech tags.
        anchor: The day that 今年 and 去年 are counted from.
        beside: Folded text of the passages that were found, for the names in them.
    """
    plain = _untagged(text)
    found = scan(plain, anchor=anchor)
    times = tuple(p for p in (*found.periods, *_short_years(plain)) if not _is_base(plain, p))
    released = [p for p in times if _RELEASED.match(plain, p.end)]
    periods = tuple(p for p in times if p not in released)
    unit, kinds = _wanted(text)
    stated = [q for q in found.quantities if plain[max(0, q.start - 1) : q.start] != "哪"]
    stated = [q for q in stated if not any(p.start <= q.start < p.end for p in periods)]
    own = tuple(q for q in stated if q.kind not in _NAMES) or _round_number(plain)
    ask, name = _kind_of_ask(text, own)
    taken = [(p.start, p.end) for p in (*found.periods, *times)]
    marks = [q for q in stated if q not in own and not q.surface.isdigit()]
    taken += [(q.start, q.end) for q in (*own, *marks)]
    told = [(q.start, Term(q.surface, 0.8, noun=True, coined=True)) for q in marks]
    told += [(p.start, Term(p.surface, 0.6)) for p in released]
    if ask is not Ask.YES_NO:
        told += [(q.start, Term(q.surface, 0.7)) for q in own]
    elif not kinds and own and own[0].unit:
        unit, kinds = own[0].unit, frozenset({own[0].kind})
    terms = content_terms(plain, tokenize, taken=taken, told=told, beside=beside)
    return Question(
        text=plain,
        ask=ask,
        terms=terms,
        unit=unit,
        kinds=kinds,
        strict=bool(unit) or _STRICT.search(text) is not None,
        statistic=statistic_of(text),
        direction=direction_of(text),
        periods=periods,
        quantities=own,
        field=name,
        yes_no=_YES_NO.search(text) is not None,
        phrases=_phrases(plain, terms, beside),
        changed=re.search(_CHANGED, plain) is not None,
        dimension=frozenset() if unit else _dimension(text),
        namesakes=namesakes(plain, tokenize, beside),
    )


def asked(text: str) -> Ask:
    """The kind of answer that the words of a text ask for, told without a segmenter.

    Unlike `analyse` it takes nothing for granted: without a word of asking or a question mark at its end, a text
    (key words, a statement) asks for nothing; a sum, an order or small talk asks for what its words say.

    Args:
        text: Folded text (`words.fold`).

    >>> asked("科创投投了23.62亿对吗？").value, asked("科创投投了多少").value, asked("科创投投了23.62亿").value
    ('yes_no', 'figure', 'nothing')
    """
    plain = _untagged(text)
    stated = any(q.kind not in _NAMES for q in scan(plain).quantities) or _round_number(plain) != ()
    doubts = _YES_NO.search(text) is not None
    if doubts and stated:
        return Ask.YES_NO
    for ask, words in ((Ask.TIME, _WHEN), (Ask.FIGURE, _ASKS), (Ask.SENTENCE, _WHO)):
        if words.search(text):
            return ask
    return Ask.SENTENCE if doubts or re.search(r"[?？]\s*$", text) else Ask.NOTHING


def _untagged(text: str) -> str:
    """The text with what only asks blanked out at equal length."""
    return _TAG_QUESTION.sub(lambda m: "\u3000" * (len(m[0]) - len(m[1] or "")) + (m[1] or ""), text)


def untagged(text: str) -> str:
    """The text with what only asks for a yes blanked out; offsets stay.

    >>> untagged("投了23.62亿对吗？")
    '投了23.62亿\u3000\u3000？'
    """
    return _TAG_QUESTION.sub(lambda m: "\u3000" * (len(m[0]) - len(m[1] or "")) + (m[1] or ""), text)


def _kind_of_ask(text: str, own: tuple[Quantity, ...]) -> tuple[Ask, str]:
    """What is asked, and for metadata which field."""
    asks_figure = bool(_ASKS.search(text))
    if (
        (CHAT.search(text) and not (asks_figure and LOOSE_CHAT.search(text)))
        or ORDER.search(text)
        or SUMS.search(text)
    ):
        return Ask.NOTHING, ""
    if (name := _metadata_field(text)) and not (asks_figure and not _WHEN.search(text)):
        return Ask.METADATA, name
    if own and _YES_NO.search(text):
        return Ask.YES_NO, ""
    if _WHEN.search(text):
        return Ask.TIME, ""
    if asks_figure:
        return Ask.FIGURE, ""
    if _WHO.search(text):
        return Ask.SENTENCE, ""
    return (
        Ask.NOTHING
        if any(q.kind is not Kind.MEASURE for q in own) and not re.search(r"[?？]$", text)
        else Ask.FIGURE
    ), ""


def _metadata_field(text: str) -> str:
    """Which field of the article itself is asked for; empty if none."""
    if not _ARTICLE.search(text):
        return ""
    return next((name for name, pattern in _METADATA if re.search(pattern, text)), "")


def _wanted(text: str) -> tuple[str, frozenset[Kind]]:
    """The unit and kinds of quantity that the question's own words call for.

    多少家 is read as if it said 3家: the figure grammar then knows unit and kind.
    """
    if re.search(r"(?:多少|几)个?[万亿]+(?=$|[^一-鿿]|[元的呢啊呀吗了])", text):
        return "", frozenset({Kind.MONEY})
    if re.search(r"的钱.{0,4}(?:多少|几)|[放贷存借筹捐罚付还汇](?:了|出了?|出去)?多少款", text):
        return "", frozenset({Kind.MONEY})
    if re.search(r"百分之(?:几|多少)", text):
        return "%", frozenset({Kind.PERCENT})
    match = min(
        NUMBER_WORD.finditer(text), key=lambda m: (not m[0].startswith("多少"), m.start()), default=None
    )
    quantity = unit_after(match.group(1)) if match and match.group(1) else None
    if quantity:
        return quantity.unit, frozenset({quantity.kind})
    if "百分点" in text:
        return "百分点", frozenset({Kind.PERCENT_POINT})
    if (counted := re.search(_COUNTS, text)) and not re.search(_SHARE, text):
        return COUNT_UNITS.get(counted.group(1) or "", ""), frozenset({Kind.COUNT}) | _rates(text)
    return ("场", frozenset({Kind.COUNT})) if "场次" in text else ("", _measured(text))


def _rates(text: str) -> frozenset[Kind]:
    """The kinds a rate can have, if the text asks for one."""
    changed = re.search(rf"{UP}|{DOWN}|变化|[同环]比", text)
    if re.search(_SHARE, text) and not changed:
        return frozenset({Kind.PERCENT})
    asked = re.search(_RATE, text) or re.search(_CHANGED, text)
    return RATES if asked else frozenset()


def _measured(text: str) -> frozenset[Kind]:
    """The kinds that suit what is measured: money for 收入, a share for 转化率; empty if any may."""
    if re.search(_CHANGED, text):
        return frozenset()
    if rates := _rates(text):
        return rates
    if re.search(_MONEY, text):
        return frozenset({Kind.MONEY})
    return frozenset({Kind.MEASURE}) if _dimension(text) else frozenset()


def _dimension(text: str) -> frozenset[str]:
    """Base units of what the question's words measure; empty if they do not say, or ask for a change or a rate."""
    if re.search(_CHANGED, text) or _rates(text):
        return frozenset()
    return next((bases for pattern, bases in _DIMENSIONS if re.search(pattern, text)), frozenset())


def _round_number(text: str) -> tuple[Quantity, ...]:
    """The bare 万亿 of 破万亿了没有, which no unit follows."""
    match = _ROUND.search(text)
    if match is None:
        return ()
    number = Quantity(
        value=numerals.parse(match.group(2)),
        high=None,
        unit="",
        kind=Kind.NUMBER,
        surface=match.group(),
        start=match.start(),
        end=match.end(),
        modifier=Modifier.AT_LEAST if match.group(1) in "达到上有" else Modifier.OVER,
        digits=1,
    )
    return (number,)


def _short_years(text: str) -> tuple[Period, ...]:
    """Years as people type them: 2022企业家进校园, 22年技术合同."""
    found = []
    for match in _SHORT_YEAR.finditer(text):
        digits = match.group(1) or match.group(2)
        year = int(digits) if match.group(1) else 2000 + int(digits)
        found.append(Period(date(year, 1, 1), date(year, 12, 31), match.group(), match.start(), match.end()))
    return tuple(found)


_RELEASED = re.compile(r"(?:最新|正式|对外)?(?:公布|发布|披露|宣布|通报|报道|刊发|发表)")
"""After a day (7月21日公布的指数): when it was told, not the time it holds for."""


def _is_base(text: str, period: Period) -> bool:
    """Whether a time is what something is compared with: 比2020年, 与6月份相比."""
    before, after = text[max(0, period.start - 2) : period.start], text[period.end : period.end + 3]
    base = re.search(r"[比较自从]$", before) or re.match(r"末?(?:相比|相较|比|以来|以后|起|水平)", after)
    return base is not None or not period.resolved


def _phrases(text: str, terms: tuple[Term, ...], beside: str) -> tuple[str, ...]:
    """Two terms that stand side by side in the question and, as one, in the passages."""
    pairs = [a.text + b.text for a, b in pairwise(terms)]
    return tuple(pair for pair in pairs if pair in text and pair in beside)
