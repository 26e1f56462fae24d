"""The content words of a question: what must be found near a figure that answers it."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from knowledge.figures import scan
from knowledge.places import is_place
from knowledge.schema import Quantity, Token
from knowledge.synonyms import SYNONYMS

Tokenize = Callable[[str], tuple[Token, ...]]


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


NUMBER_WORD = re.compile(
    r"(?:多少|(?<![近去这前后头好来那])几(?![乎何])(?!.{0,8}多少)|百分之几|多少个?)(?!钱)(.{0,8})"
)
"""What asks for a number, with what follows; 最近几周 asks for none."""

_COURTESY = re.compile(
    r"(?:现)?(?:需|要|请|敬请|烦请|帮忙)*(?:核实|核对|确认|查证|核查|提供|给出)(?:一下|下)?"
    r"|请?附(?:上)?原[句文]|原文(?:里|中)?(?:写|说|称|记)?(?:的)?(?:是)?|文中(?:记|写|说|提)?(?:的)?(?:是)?|报道称|据报道|文章(?:里|中)?(?:说|写|称)"
    r"|比(?:上|去|前|头)一?年(?:同期)?|数据(?:是|为)|口径(?:为|是)?|预计值|大致|文中所述|所述|拢共|统共|现需(?:了解)?|拟引用"
    r"|请问(?:一下)?|麻烦(?:您|你)?|想(?:问|知道|了解|查)(?:一下|下)?|帮(?:我|忙)?(?:查|看|找|问)(?:一下|下|查|看)?|问一下|问下|告诉我|跟我说说"
    r"|请给出|你(?:们)?知道|到底|究竟|大概|大约|具体|目前为止|根据(?:文章|报道|材料|资料|文中)|(?:文章|报道|文中|稿子|材料)(?:里|中|上)?(?:提到|写到|说|写)?(?:的)?"
)
_STOP = frozenset(
    """
    目标值 力争 所含 着力 该项 百分比
    的 了 是 在 有 和 与 及 或 为 被 把 对 从 到 由 向 于 等 也 都 就 还 又 而 且
    但 其 之 这 那 此 该 个 啊 呀 呢 吗 吧 嘛 么 哦 哈 多少 几 几个 多大 什么 啥 哪
    哪些 哪个 哪家 哪位 谁 怎么 怎样 如何 为何 为什么 请问 一下 一个 一共 总共 总计 共计
    合计 共 是多少 有多少 了多少 多少钱 钱 数 数量 数目 数字 多 大 上 下 里 中 内 间 以
    来 时 后 前 出 去 能 会 要 想 让 使 将 已 已经 达到 达 实现 做 做到 搞 弄 进行
    方面 情况 时候 时间 期间 目前 现在 截至 截止 没有 有没有 是否 是不是 可以 我 你 他 它
    我们 他们 它们 咱们 咱 您 大概 大约 左右 约 全 整个 所有 分别 各 每 具体 究竟 到底
    底 末 初 年 月 日 号 家 项 场 位 名 人次 万 亿 元 百分之 % 只 才 呗 呐 哟 同比
    环比 相比 比 较 超过 超 不到 不足 突破 低于 高于 以上 以下 不 没 对不对 一年 下来 份
    年份 总 不会 准确 真 假 呈 个数 家数 场数 项数 数是 人数 请 直接 回答 知道 说 提到
    介绍 显示 报道 文章 又多 多了 得 着 过 总数 最后 前后 加起来 起来 加 出去 一共有 人家
    那些 这些 整体 累积 一体 进去 进来 过来 谈 上台 会不会 行不行 场次 里头 里边 里面 其中
    那个 这个 哪年 水平 处于 公开 正式 光
    """.split()
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
    """
    企业 高校 学校 单位 项目 机构 品牌 地区 国家 城市 省 省份 市 县 乡 镇 乡镇 国
    粉丝 字符 星 死 伤 金 银 铜 人口 院士
    """.split()
)
"""Nouns that stand right after a number like a classifier."""

_GLUE = frozenset("云 微 超 双 小 大 新 老".split())
"""Single characters that open a coined name (云对接, 微短剧) though the segmenter may call them otherwise."""

_PRODUCT = frozenset("贷 券 贴 保 险 债 卡 宝 通 码 币 税 费 基金".split())
"""What ends the name of a product (人才贷): it goes with the noun before it."""

_NAME_LENGTH = 6
"""Longest quoted name that must stand by a figure as it is; a longer quotation is a description."""

_HAN_ONLY = re.compile(r"(?:(?![的了和与在是有为将等])[一-鿿])+")

_PREAMBLE = re.compile(r"(?:为(?!什么|何)|鉴于|在.{2,40}?时|围绕|针对|由于|考虑到).*[，,](?=.{6,})")
"""Why one asks (为撰写…综述，请问…): it may name the subject, but none of it must stand by the figure."""

_ASKED_KIND = re.compile(
    r"(?:哪|什么样?|啥)[一二两三四五六七八九十几]?[些个家座位种所款类几两三方次项]?的?"
    r"(?:单位|城市|方向|公司|机构|部门|地方|产品|企业|活动|大学|学校|领域|平台|国家|地区|项目|名字|人|面|东西|事|方面|月(?:的事)?|年(?:的事)?|天|日子)?"
)
"""哪家单位, 什么方向: says what kind of thing is asked for, and need not stand in the answer."""

_OUR_COUNTRY = re.compile(r"(?:咱们?|我们)(?:国家|国)")

_ROUTE = re.compile(
    r"[中美日韩俄欧印越老缅泰蒙哈吉乌巴亚非]{2,3}(?=班列|铁路|航线|口岸|通道|高铁|公路|专列|快线|航班)"
)
"""中越班列: which lands it joins is its name, though the segmenter knows only the noun."""

_COMPLEMENT = re.compile(r"(?:了|过|着|出去|出来|下来|下去|起来|进来|出|到|成|完|掉|上|下)$")
"""What follows a verb in speech without changing it: 投了, 投出去, 签下来."""

_EMPTY_TAGS = frozenset(
    {"r", "d", "c", "p", "u", "ul", "uj", "uz", "ug", "ud", "y", "e", "o", "x", "z", "k", "h"}
)

_QUOTED = re.compile(r"[“\"'「『《]([^”\"'」』》]{1,20})[”\"'」』》]")


def unit_after(after: str) -> Quantity | None:
    """What 3家 would be, for the 家 that stands after 多少; None for a noun (多少企业), which is content."""
    found = scan("共3" + re.sub(r"^个点(?!位)", "个", after)).quantities
    if not found or found[0].start > 1 or found[0].unit in _NOUN_UNITS | {""}:
        return None
    return found[0]


def _asked_number(text: str) -> list[tuple[int, int]]:
    """Spans of 多少 and 几 with the unit they carry: no content."""
    spans = []
    for match in NUMBER_WORD.finditer(text):
        quantity = unit_after(match.group(1))
        width = len(quantity.surface) - 1 if quantity else 0
        spans.append((match.start(), match.start(1) + width))
    return spans


def content_terms(
    text: str,
    tokenize: Tokenize,
    *,
    taken: list[tuple[int, int]],
    told: list[tuple[int, Term]],
    beside: str = "",
) -> tuple[Term, ...]:
    """Content words outside the taken spans, in order.

    Args:
        text: Folded question.
        tokenize: Word segmentation with part-of-speech tags.
        taken: Spans that are no content (times, the asker's own figures).
        told: The asker's own figures (那9场云对接) with their place: they describe, so they are terms as they are.
        beside: Text of the passages that were found: it knows the names that no dictionary has.
    """
    asked = _asked_number(text)
    ours = [m.span() for m in _OUR_COUNTRY.finditer(text)]
    skip = taken + [m.span() for m in _COURTESY.finditer(text)] + asked + ours
    skip += [m.span() for m in _ASKED_KIND.finditer(text)]
    named = [m.span(1) for m in _QUOTED.finditer(text)]
    named += [m.span() for m in _ROUTE.finditer(text) if not _meets(m.span(), named)]
    named += [s for s in _known_names(text, beside) if not _meets(s, skip + named)]
    mended = _straddled(text, tokenize, beside, skip + named)
    placed = [(s, Term(text[s:e], 1.0, name=True, noun=True, coined=e - s <= _NAME_LENGTH)) for s, e in named]
    placed += [(s, Term(text[s:e], 1.0, noun=True)) for s, e in mended]
    placed += [(s, Term("我国", 1.0, place=True)) for s, _ in ours] + told
    for start, end in _gaps(sorted(skip + named + mended), len(text)):
        for run in _runs(tokenize(text[start:end])):
            placed.append((start + run[0].start, _joined(run)))
    told_why = _PREAMBLE.match(text)
    if told_why:
        placed = [(at, lightened(term) if at < told_why.end() else term) for at, term in placed]
    placed.sort(key=lambda item: item[0])
    return _unique(_with_heads(placed, asked[0] if asked else (len(text), len(text))))


def lightened(term: Term) -> Term:
    """The term as a hint only: missing, it forbids nothing."""
    return replace(term, weight=0.4 * term.weight, name=False, noun=False, coined=False)


def _meets(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(s < span[1] and span[0] < e for s, e in others)


def _known_names(text: str, beside: str) -> list[tuple[int, int]]:
    """Where the question uses a name that the passages put in quotation marks (“科创贷”), longest first."""
    spans: list[tuple[int, int]] = []
    names = {name for quoted in _QUOTED.findall(beside) for name in quoted.split("、")}
    for name in sorted(names, key=len, reverse=True):
        start = text.find(name) if 2 <= len(name) <= 8 else -1
        if start >= 0 and not _meets((start, start + len(name)), spans):
            spans.append((start, start + len(name)))
    return spans


def _straddled(
    text: str, tokenize: Tokenize, beside: str, skip: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Words of the passages (3 to 5 characters) that the segmenter cut across: 搞云|展示 for 云展示."""
    spans: list[tuple[int, int]] = []
    tokens = tokenize(text)
    edges = {token.start for token in tokens} | {len(text)}
    strange = {i for token in tokens if token.text not in beside for i in range(token.start + 1, token.end)}
    for length in (5, 4, 3):
        for start in range(len(text) - length + 1):
            span = (start, start + length)
            whole = start in edges and start + length in edges
            if whole or _meets(span, skip + spans) or not _HAN_ONLY.fullmatch(text, *span):
                continue
            if start in strange and start + length in edges and text[start : start + length] in beside:
                spans.append(span)
    return spans


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
    if len(run) == 1 and left.text + token.text in SYNONYMS:
        return True  # 地区|生产总值 is 国内生产总值, and no 地区
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
    if len(text) >= 3 and text.endswith("数"):
        text = text[:-1]
    weight = max(_TAG_WEIGHT.get(token.tag, 0.5) for token in run)
    if len(text) == 1:
        weight *= 0.5
    if run[-1].tag.startswith("v") and (bare := _COMPLEMENT.sub("", text)):
        text = bare
    named = run[0].tag[:1] in "nj" and run[-1].tag[:1] in "nj"
    coined = len(run) > 1 and (text[-1] in _PRODUCT or (named and len(run[0].text) == 1))
    place = any(t.tag == "ns" for t in run) and is_place(text)
    name = place or any(t.tag in _NAME_TAGS - {"ns"} for t in run)
    noun = (
        any((t.tag[:1] in "nj" and t.tag != "ns") or t.tag in {"l", "eng", "vn", "an"} for t in run) or place
    )
    return Term(text, weight, name=name, place=place, noun=noun, coined=coined)


_HEAD_WEIGHT = 0.9
"""Of a noun that says what is asked for (多少税), be it a single character."""


def _with_heads(placed: list[tuple[int, Term]], asked: tuple[int, int]) -> list[Term]:
    """Marks the term right after 多少家, and the last one before 多少, as heads."""
    after = [i for i, (at, _) in enumerate(placed) if at >= asked[1]]
    before = [i for i, (at, _) in enumerate(placed) if at < asked[0]]
    heads = {*after[:1], *before[-1:]}
    marked = [replace(term, head=i in heads) for i, (_, term) in enumerate(placed)]
    return [replace(t, weight=max(t.weight, _HEAD_WEIGHT)) if t.head and t.noun else t for t in marked]


def _unique(terms: list[Term]) -> tuple[Term, ...]:
    return tuple({term.text: term for term in terms}.values())
