"""What a question asks for: which kind of answer, unit, statistic, direction, time, and about what.

Everything works on folded text (simplified characters, half-width digits; `words.fold`), so offsets are
those of the question as typed.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from knowledge.figures import scan
from knowledge.schema import Direction, Kind, Period, Quantity, Token

Tokenize = Callable[[str], tuple[Token, ...]]


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
class Term:
    """A content word of the question.

    Attributes:
        text: The word, folded.
        weight: Prior importance in (0, 1] by part of speech and length, before any document frequency.
        name: True for what identifies (a place, a person, a body, a quoted or latin name).
        place: True for a place name.
        head: True for the words nearest to 多少, which say what is counted or measured.
        noun: True for a noun: what must stand there, where a verb may be said in other words.
        coined: True for a made-up name that the segmenter split (科创投, 云对接): one letter off is another thing.
    """

    text: str
    weight: float
    name: bool = False
    place: bool = False
    head: bool = False
    noun: bool = False
    coined: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart.

    Attributes:
        text: Folded question.
        ask: The kind of answer it wants.
        terms: Content words in order, time, question words and courtesies removed.
        unit: The unit it names after 多少 or 几 (家, 元, 个百分点 …); empty if it names none.
        kinds: Kinds of quantity that can answer it; empty if any can.
        statistic: 同比, 环比, 占比, 累计 …; empty if it names none.
        direction: Which way of change it asks about, or None.
        periods: Times it names, resolved against the anchor.
        quantities: The asker's own figures, never an answer.
        field: For METADATA, which one (published, source, title, url).
    """

    text: str
    ask: Ask
    terms: tuple[Term, ...]
    unit: str
    kinds: frozenset[Kind]
    statistic: str
    direction: Direction | None
    periods: tuple[Period, ...]
    quantities: tuple[Quantity, ...]
    field: str = ""

    @property
    def weight(self) -> float:
        """Sum of the terms' weights."""
        return sum(term.weight for term in self.terms)


_NUMBER_WORD = re.compile(r"(?:多少|几(?![乎何])|百分之几|多少个?)(?!钱)(.{0,8})")

STATISTICS: tuple[tuple[str, str], ...] = (
    ("同比", r"同比|(?:比|较|和|与|跟)(?:上年|去年|上一年|前一年)(?:同期|相比)?"),
    ("环比", r"环比|(?:比|较|与|和)(?:上月|上个月|上季度|上一季度|前一月|\d+月份)(?:相比)?"),
    ("占比", r"占比|占(?:了)?.{0,16}?(?:比重|比例|%|几成|多少)|所占|比重"),
    ("人均", r"人均|平均每(?:个)?人|每人平均"),
    ("日均", r"日均|平均每天|每天平均"),
    ("月均", r"月均|平均每月"),
    ("年均", r"年均|平均每年"),
    ("平均", r"平均|均价|场均"),
    ("累计", r"累计|总计|共计|合计|一共|总共|累积"),
    ("新增", r"新增|净增|新开|又多了|增加了?几"),
)
"""Statistic by the words that name it, most specific first."""

_UP = r"增长|上升|上涨|提高|增加|扩大|上调|攀升|涨幅|增幅|增速|增长率|涨了|涨多少|多了"
_DOWN = r"下降|减少|下滑|回落|降低|缩小|下调|下跌|跌幅|降幅|跌了|降了|少了"
_RATE = r"同比|环比|增速|增幅|涨幅|降幅|跌幅|比例|占比|比重|比率|率(?!先|领)|百分之(?:几|多少)|百分比|几成|多少成"
_MONEY = (
    r"多少钱|金额|资金|总额|额度|营收|收入|利润|亏损|成交额|票房|投资额|销售额|产值|市值|余额|投了多少"
    r"|(?:投资|放款|融资|贷款|花费|花)(?:了)?多少(?![家个项户人])|几个亿|多少[万千百]?亿|多少个亿|[约易交款资售贷]额"
)
_COUNT_UNITS = {
    "人": "人", "家": "家", "企业": "家", "公司": "家", "场": "场", "场次": "场", "活动": "场", "项目": "项", "成果": "项",
    "需求": "项", "户": "户", "件": "件", "次": "次", "例": "例", "人次": "人次", "院士": "位", "专家": "位",
}  # fmt: skip
_COUNTS = rf"({'|'.join(sorted(_COUNT_UNITS, key=len, reverse=True))})(?:总)?数(?!字)量?|数量|数目"
_ASKS = re.compile(
    r"多少|几(?![乎何][^度]|[种类款方座](?!多))|多大|多高|多长|多久|多远|多重|多快|多宽|多深|百分之几|(?:什么|何种|哪种)(?:水平|程度|规模)"
)
_WHEN = re.compile(
    r"什么时候|啥时候|何时|哪[一]?(?:天|日|年|月|个月|季度)|几月|几号|几时|哪年|什么时间|什么日子|啥时间|(?:时间|日期)(?:是|为|[?？]?$)"
)
_WHO = re.compile(
    r"谁|哪[一]?[些家个位所种类款几两三方座次项]|哪里|哪儿|何处|哪|什么|啥|怎么|怎样|如何|为何|为什么|是否"
    r"|有没有|是不是|吗|呢|么[?？]?$|包括|分别是"
)
_YES_NO = re.compile(
    r"[吗么][?？!！。啊呀]*$|有没有|是否|是不是|对不对|对吗|对吧|是吧|没有[?？]?$|了没[?？]?$|真的假的|能不能|够不够"
    r"|不到$|过没过|超没超|到没到|达没达|够没够|属实|吧[?？]?$"
)
_METADATA = (
    ("title", r"标题|题目|题名|叫(?:什么|啥)(?:名字)?[?？]?$"),
    ("source", r"哪家(?:媒体|报纸|报社)|哪个(?:媒体|报纸|报社)|哪[一]?[份张]报|什么(?:媒体|报纸)|来源|出处|谁(?:发|登|刊登|报道)的|哪儿?登的"),
    ("url", r"链接|网址|原文地址|url|URL"),
    ("published", r"发表|发布|刊发|刊登|登出|见报|发的|出的|日期|时间|什么时候|哪天|哪一天|何时|几号"),
)
_ARTICLE = re.compile(
    r"(?:这|那|本|该|此)(?:一)?(?:篇|则|条|个)?(?:文章|报道|新闻|稿子|稿件|文|报导|消息)|原文|文章(?:的)?(?:标题|来源|发|链接|题目|出)"
    r"|那一?篇|(?:报道|新闻|稿子|稿件|文章)(?:是|的|什么|哪|几)?"
)
_CHAT = re.compile(
    r"^(?:你好|您好|嗨|hi|hello|早上好|下午好|晚上好|早安|晚安|在吗|在不在|谢谢|多谢|感谢|辛苦|再见|拜拜|好的|收到|哈哈|ok)"
    r"|你是谁|你叫什么|你是什么|你会什么|你能(?:做|干|帮)|讲个|说个笑话|写首|写一首|唱首|天气|吃饭|吃什么|几点了|今天星期|你觉得|你喜欢",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"忽略|无视|忘(?:记|掉)|不要(?:管|看|引用|理会|依据|根据)|别(?:管|看)|假装|假设你|扮演|你现在是|从现在起|系统提示|提示词|prompt|ignore|system"
    r"|(?:直接|只|必须|务必|就|统一|一律|都)(?:要|需|能|可)?(?:回答|回复|答|说|写|输出|填|报)"
    r"|(?:改成|改为|改口|说成|写成|写作|答成|编一?个|编造|虚构|瞎编|随便(?:说|给|编)|帮我(?:编|造))",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"请问(?:一下)?|麻烦(?:您|你)?|想(?:问|知道|了解|查)(?:一下|下)?|帮(?:我|忙)?(?:查|看|找|问)(?:一下|下|查|看)?|问一下|问下|告诉我|跟我说说"
    r"|你(?:们)?知道|到底|究竟|大概|大约|具体|目前为止|根据(?:文章|报道|材料|资料|文中)|(?:文章|报道|文中|稿子|材料)(?:里|中|上)?(?:提到|写到|说|写)?(?:的)?"
)
_STOP = frozenset(
    "的 了 是 在 有 和 与 及 或 为 被 把 对 从 到 由 向 于 等 也 都 就 还 又 而 且 但 其 之 这 那 此 该 个 啊 呀 呢 吗 吧 嘛 么 哦 哈 "
    "多少 几 几个 多大 什么 啥 哪 哪些 哪个 哪家 哪位 谁 怎么 怎样 如何 为何 为什么 请问 一下 一个 一共 总共 总计 共计 合计 共 "
    "是多少 有多少 了多少 多少钱 钱 数 数量 数目 数字 多 大 上 下 里 中 内 间 以 来 时 后 前 出 去 能 会 要 想 让 使 将 已 已经 "
    "达到 达 实现 做 做到 搞 弄 进行 方面 情况 时候 时间 期间 目前 现在 截至 截止 没有 有没有 是否 是不是 可以 我 你 他 它 我们 "
    "他们 它们 咱们 咱 您 大概 大约 左右 约 全 整个 所有 分别 各 每 具体 究竟 到底 底 末 初 年 月 日 号 家 项 场 位 名 人次 万 亿 元 "
    "百分之 % 只 才 呗 呐 哟 同比 环比 相比 比 较 超过 超 不到 不足 突破 低于 高于 以上 以下 不 没 对不对 一年 下来 份 年份 "
    "总 不会 准确 真 假 呈 个数 家数 场数 项数 数是 人数 请 直接 回答 知道 说 提到 介绍 显示 报道 文章 又多 又 多了 得 着 过 总数 最后 前后 加起来 起来 加 出去 下来 一共有 人家 那些 这些 整体 累积 一体 "
    "是不是 会不会 行不行 里头 里边 里面 其中 那个 这个 哪年 水平 处于 公开 正式 光 到底 一年".split()
)
"""Words that carry no content: grammar, question words, courtesies, bare units and generic verbs."""

_TAG_WEIGHT = {
    "ns": 1.0, "nr": 1.0, "nt": 1.0, "nz": 1.0, "nrt": 1.0, "nrfg": 1.0, "eng": 1.0, "j": 1.0,
    "n": 1.0, "ng": 0.8, "l": 0.9, "i": 0.8, "vn": 0.8, "an": 0.8, "b": 0.7, "s": 0.7, "t": 0.6,
    "v": 0.6, "vg": 0.6, "a": 0.6, "ad": 0.4, "m": 0.6, "q": 0.3, "f": 0.3, "d": 0.2, "z": 0.5,
}  # fmt: skip
"""Prior weight by jieba's part of speech: what names things weighs most, what relates them least."""

_NAME_TAGS = frozenset({"ns", "nr", "nt", "nz", "nrt", "nrfg", "eng"})
_NOUN_UNITS = frozenset(
    "企业 高校 学校 单位 项目 机构 品牌 地区 国家 城市 省 省份 市 县 乡 镇 乡镇 国 粉丝 字符 星 死 伤 金 银 铜 人口 院士".split()
)
"""Nouns that stand right after a number like a classifier."""

_GLUE = frozenset("云 微 超 双 小 大 新 老".split())
"""Single characters that open a coined name (云对接, 微短剧) though the segmenter may call them otherwise."""

_PRODUCT = frozenset("贷 券 贴 保 险 债 卡 宝 通 码 币 税 费 基金".split())
"""What ends the name of a product (人才贷): it goes with the noun before it."""

_OUR_COUNTRY = re.compile(r"(?:咱们?|我们)(?:国家|国)")

_COMPLEMENT = re.compile(r"(?:了|过|着|出去|出来|下来|下去|起来|进来|出|到|成|完|掉|上|下)$")
"""What follows a verb in speech without changing it: 投了, 投出去, 签下来."""

_EMPTY_TAGS = frozenset({"r", "d", "c", "p", "u", "ul", "uj", "uz", "ug", "ud", "y", "e", "o", "x", "z", "k", "h"})

_QUOTED = re.compile(r"[“\"'「『《]([^”\"'」』》]{1,20})[”\"'」』》]")


def statistic_of(text: str) -> str:
    """The statistic that a text names, most specific first; empty if it names none.

    >>> statistic_of("营业收入同比增长多少")
    '同比'
    """
    return next((name for name, pattern in STATISTICS if re.search(pattern, text)), "")


def direction_of(text: str) -> Direction | None:
    """Which way of change a text speaks of, or None if of none or of both."""
    up, down = re.search(_UP, text), re.search(_DOWN, text)
    if bool(up) == bool(down):
        return None
    return Direction.UP if up else Direction.DOWN


def analyse(text: str, *, tokenize: Tokenize, anchor: date | None = None) -> Question:
    """The question taken apart.

    Args:
        text: Folded question (`words.fold`).
        tokenize: Word segmentation with part-of-speech tags.
        anchor: The day that 今年 and 去年 are counted from.
    """
    found = scan(text, anchor=anchor)
    periods = tuple(p for p in found.periods if not _is_base(text, p))
    unit, kinds = _wanted(text)
    own = tuple(q for q in found.quantities if q.kind not in {Kind.ORDINAL, Kind.IDENTIFIER})
    ask, name = _kind_of_ask(text, own)
    taken = [(p.start, p.end) for p in found.periods]
    taken += [(q.start, q.end) for q in own]
    told = [] if ask is Ask.YES_NO else [(q.start, Term(q.surface, 0.5)) for q in own]
    if ask is Ask.YES_NO:
        if not kinds and own:
            unit, kinds = own[0].unit, frozenset({own[0].kind})
    return Question(
        text=text,
        ask=ask,
        terms=_terms(text, tokenize, taken, told),
        unit=unit,
        kinds=kinds,
        statistic=statistic_of(text),
        direction=direction_of(text),
        periods=periods,
        quantities=own,
        field=name,
    )


def _kind_of_ask(text: str, own: tuple[Quantity, ...]) -> tuple[Ask, str]:
    """What is asked, and for metadata which field."""
    asks_figure = bool(_ASKS.search(text))
    if _CHAT.search(text) or _ORDER.search(text):
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
    return (Ask.NOTHING if own and not re.search(r"[?？]$", text) else Ask.FIGURE), ""


def _metadata_field(text: str) -> str:
    """Which field of the article itself is asked for; empty if none."""
    if not _ARTICLE.search(text):
        return ""
    return next((name for name, pattern in _METADATA if re.search(pattern, text)), "")


def _wanted(text: str) -> tuple[str, frozenset[Kind]]:
    """The unit and kinds of quantity that the question's own words call for.

    多少家 is read as if it said 3家: the figure grammar then knows unit and kind.
    """
    match = _NUMBER_WORD.search(text)
    if match and match.group(1):
        quantity = _probe(match.group(1))
        if quantity:
            return quantity.unit, frozenset({quantity.kind})
    if re.search(r"个百分点|百分点", text):
        return "百分点", frozenset({Kind.PERCENT_POINT})
    if re.search(_MONEY, text) and not re.search(_RATE, text):
        return "", frozenset({Kind.MONEY})
    if re.search(_RATE, text):
        return "", frozenset({Kind.PERCENT, Kind.PERCENT_POINT, Kind.MULTIPLE})
    if counted := re.search(_COUNTS, text):
        return _COUNT_UNITS.get(counted.group(1) or "", ""), frozenset({Kind.COUNT})
    if re.search(r"多久|多长时间", text):
        return "", frozenset({Kind.MEASURE})
    return "", frozenset()


def _probe(after: str) -> Quantity | None:
    """What 3家 would be, for the 家 that stands after 多少; None for a noun (多少企业), which is content."""
    found = scan("共3" + after).quantities
    if not found or found[0].start > 1 or found[0].unit in _NOUN_UNITS | {""}:
        return None
    return found[0]


def _asked_number(text: str) -> list[tuple[int, int]]:
    """Spans of 多少 and 几 with the unit they carry: no content."""
    spans = []
    for match in _NUMBER_WORD.finditer(text):
        quantity = _probe(match.group(1))
        width = len(quantity.surface) - 1 if quantity else 0
        spans.append((match.start(), match.start(1) + width))
    return spans


def _is_base(text: str, period: Period) -> bool:
    """Whether a time is what something is compared with: 比2020年, 与6月份相比."""
    before, after = text[max(0, period.start - 2) : period.start], text[period.end : period.end + 3]
    base = re.search(r"[比较自从]$", before) or re.match(r"末?(?:相比|相较|比|以来|以后|起|水平)", after)
    return base is not None or not period.resolved


def _terms(
    text: str, tokenize: Tokenize, taken: list[tuple[int, int]], told: list[tuple[int, Term]]
) -> tuple[Term, ...]:
    """Content words outside the taken spans; quoted names whole, runs of single characters joined.

    `told` are the asker's own figures (那9场云对接): they describe, so they stand among the terms as they are.
    """
    asked = _asked_number(text)
    quoted = [m.span(1) for m in _QUOTED.finditer(text)]
    ours = [m.span() for m in _OUR_COUNTRY.finditer(text)]
    skip = sorted(taken + [m.span() for m in _COURTESY.finditer(text)] + quoted + asked + ours)
    placed = [(s, Term(text[s:e], 1.0, name=True)) for s, e in quoted]
    placed += [(s, Term("我国", 1.0, place=True)) for s, _ in ours] + told
    for start, end in _gaps(skip, len(text)):
        for run in _runs(tokenize(text[start:end])):
            placed.append((start + run[0].start, _joined(run)))
    placed.sort(key=lambda item: item[0])
    return _unique(_with_heads(placed, asked[0] if asked else (len(text), len(text))))


def _gaps(spans: list[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """What the sorted spans leave uncovered of `length` characters."""
    at = 0
    for start, end in spans:
        if start > at:
            yield at, start
        at = max(at, end)
    if at < length:
        yield at, length


def _runs(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    """Content words, a name that the segmenter split (科|创投, 云|对接) as one run."""
    run: list[Token] = []
    for token in tokens:
        content = token.text not in _STOP and token.tag not in _EMPTY_TAGS and re.search(r"\w", token.text)
        if run and content and run[-1].end == token.start and _joins(run, token):
            run.append(token)
            continue
        if run:
            yield run
        run = [token] if content else []
    if run:
        yield run


def _joins(run: list[Token], token: Token) -> bool:
    """Whether the token carries on the name that the run began with a single character."""
    left = run[-1]
    closed = len(run) > 1 and left.text in _PRODUCT
    if closed or sum(len(t.text) for t in run) + len(token.text) > 4:
        return False
    if left.tag[:1] in "nj" and token.text in _PRODUCT:
        return True
    if len(left.text) != 1:
        return False
    return left.text in _GLUE or (left.tag[:1] in "njhbg" and token.tag[:1] in "njgb")


def _joined(run: list[Token]) -> Term:
    """The run as one term; weight is that of its heaviest word.  人数 is asked of 人: 数 is dropped."""
    text = "".join(token.text for token in run)
    if len(text) >= 3 and text[-1] in "数":
        text = text[:-1]
    weight = max(_TAG_WEIGHT.get(token.tag, 0.5) for token in run)
    if len(text) == 1:
        weight *= 0.5
    if run[-1].tag.startswith("v") and (bare := _COMPLEMENT.sub("", text)):
        text = bare
    named = run[0].tag[:1] in "nj" and run[-1].tag[:1] in "nj"
    coined = len(run) > 1 and (text[-1] in _PRODUCT or (named and len(run[0].text) == 1))
    name = any(t.tag in _NAME_TAGS for t in run)
    noun = any(t.tag[:1] in "nj" or t.tag in {"l", "eng"} for t in run)
    return Term(text, weight, name=name, place=any(t.tag == "ns" for t in run), noun=noun, coined=coined)


def _with_heads(placed: list[tuple[int, Term]], asked: tuple[int, int]) -> list[Term]:
    """Marks the term right after 多少家, and the last one before 多少, as heads."""
    after = [i for i, (at, _) in enumerate(placed) if at >= asked[1]]
    before = [i for i, (at, _) in enumerate(placed) if at < asked[0]]
    heads = {*after[:1], *before[-1:]}
    return [replace(term, head=i in heads) for i, (_, term) in enumerate(placed)]


def _unique(terms: list[Term]) -> tuple[Term, ...]:
    return tuple({term.text: term for term in terms}.values())
