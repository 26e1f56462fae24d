"""A whole question as slots that a follow-up can fill anew: who or what, measure, time, and what asks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from knowledge.places import is_place, places
from knowledge.question import Ask, Question, analyse
from knowledge.schema import Span, Token
from knowledge.terms import Tokenize

ANCHOR = date(2001, 6, 15)
"""Any day will do: it lets 去年 be seen as a time; only its words are used."""

_MEASURES = (
    r"收入|利润|毛利|营收|营业额|GDP|生产总值|总值|增加值|人口|人数|家数|气温|温度|风力|风速|湿度|雨量|水位|库容"
    r"|面积|全长|长度|里程|时速|速度|高度|深度|宽度|海拔|票房|成本|费用|支出|开支|投入|债务|负债|资产|资金|股价|市值|房价|[单票均电油]价"
    r"|工资|薪酬|年薪|身高|体重|年龄|比分|得分|分数|排名|学费|关税|预算|赤字|余额|损失|亏损|规模|产能|销售|出口|进口|库存"
    r"|(?<![大海质能重力商])量|[额率]|[总净市产]值|[工房油电]?价格|指数|寿命|密度|浓度|强度|金额"
)
MEASURE = re.compile(rf"[一-鿿]{{0,4}}(?:{_MEASURES})")
"""What is measured of something: it belongs to a subject, and is none."""

CHANGE = re.compile(
    r"(?:同比|环比)?(?:增长率|增速|增幅|涨幅|降幅|跌幅|(?:增长|上升|上涨|提高|增加|下降|减少|下滑|回落|降低|下跌)(?:了|率)?|涨了?|跌了?)$"
    r"|(?:同比|环比)$"
)
"""At the end of what comes before 多少: a change of the measure."""

_FIGURE = (
    r"(?:(?:大概|大约|(?<![签合预节违])约|到底|究竟|具体|一共|总共|共)?(?:是|有|为|达到?|到)?(?:了)?"
    r"(?:多少|百分之[几多]少?|(?<![近去这前后头好来那])几(?![乎何])|多[大高长远重久快宽深]))"
)
_DOUBT = r"(?:是不是|有没有|是否|能否|会不会|[超到达过够]没[超到达过够]|超过|突破|超|达到|[是有]\d)"
_WHO = r"(?:是|都?有|都)?(?:由)?(?:在)?(?:谁|哪|什么|何时|啥|怎)"
_ASKS = re.compile(rf"{_FIGURE}|{_WHO}")

_THINGS = frozenset("活动 会议 比赛 工程 项目 服务 计划 建设 规划 研究 教育 组织 展览 运动 需求".split())
"""Tagged as verbs too, but what is counted or asked about."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A content word, or a name that the segmenter split.

    Attributes:
        text: The word, `source[start:end]`.
        start: Offset in the text.
        end: Half-open end.
        kind: place, time, name, noun, adjective, measure, mode (累计) or verb.
    """

    text: str
    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole question in slots.

    Attributes:
        text: Folded, without marks at its end.
        question: The same, analysed.
        atoms: Its content words.
        ask: The span of what asks (是多少家, 有没有超过150亿); empty at the end if nothing does.
        copula: True if 是 or 有 leads it: what stands before is one noun phrase.
    """

    text: str
    question: Question
    atoms: tuple[Atom, ...]
    ask: Span
    copula: bool

    @property
    def stem(self) -> str:
        """What stands before the asking words."""
        return self.text[: self.ask.start]

    @property
    def tail(self) -> str:
        """What stands behind them: 金牌 of 拿了多少枚金牌."""
        return self.text[self.ask.end :]

    @property
    def topic(self) -> str:
        """The stem without a change of the measure: 营收 of 营收同比增长多少."""
        return CHANGE.sub("", self.stem)

    @property
    def n_kept(self) -> int:
        """How many characters of the stem say of whom or what it is: all before measure and verb."""
        topic = self.topic
        led = [a for a in self.atoms if a.end <= len(topic)]
        cut = len(topic)
        whole = self.copula and bool(led) and led[-1].kind != "measure"
        verbs = int(self.copula)
        for atom in () if whole else reversed(led):
            verbs += atom.kind == "verb"
            if atom.kind not in {"measure", "verb", "mode"} or verbs > 1:
                break
            cut = atom.start
        return cut

    @property
    def subject(self) -> str:
        """The stem without measure and verb, but with the times behind them."""
        behind = [p for p in self.question.periods if self.n_kept <= p.start]
        led = re.sub(r"(?:的|了|累计|共|又|已经|已)+$", "", self.text[: self.n_kept])
        return "".join(self.text[p.start : p.end] for p in behind) + led

    @property
    def per(self) -> str:
        """人均, 日均 if the measure is told so: another one in its place is too."""
        return "".join(
            a.text
            for a in self.atoms
            if a.kind == "mode" and "均" in a.text and self.n_kept <= a.start < self.ask.start
        )

    @property
    def measure(self) -> Span | None:
        """Where the measure, or the verb that stands for one, is."""
        led = [
            a for a in self.atoms if self.n_kept <= a.start and a.end <= len(self.topic) and a.kind != "mode"
        ]
        measures = [a for a in led if a.kind == "measure"] or led
        return Span(measures[0].start, measures[-1].end) if measures else None


def framed(text: str, *, tokenize: Tokenize) -> Frame:
    """The slots of a folded question."""
    plain = re.sub(r"[\s?？。!！~]+$", "", text.strip())
    question = analyse(plain, tokenize=tokenize, anchor=ANCHOR)
    ask = _ask(plain, question)
    words = _atoms(plain, question, ask, tokenize)
    copula = re.match(r"[一总共]*(?:是(?!不是|否)|有(?!没有|\d))", plain[ask.start : ask.end])
    return Frame(plain, question, words, ask, copula is not None)


def _ask(text: str, question: Question) -> Span:
    """The span of what asks: with the unit it names, to the end if it is a yes or no."""
    if question.ask is Ask.YES_NO and question.quantities:
        first = question.quantities[0].start
        cue = re.search(_DOUBT, text[: first + 2])
        return Span(min(first, cue.start() if cue else first), len(text))
    found = list(_ASKS.finditer(text))
    if not found:
        return Span(len(text), len(text))
    number = next((m for m in found if re.search(r"多|几", m[0])), found[0])
    if not re.search(r"多|几$", number[0]):
        return Span(number.start(), len(text))
    unit = re.match(r"个?[万亿千百]*(?!钱)", text[number.end() :])
    end = number.end() + (unit.end() if unit else 0)
    if question.unit and text.startswith(question.unit, end):
        end += len(question.unit)
    counted = _CLASSIFIER.match(text, end)
    return Span(number.start(), counted.end() if counted else end)


def _atoms(text: str, question: Question, ask: Span, tokenize: Tokenize) -> tuple[Atom, ...]:
    """The content words of a text with their kinds, in order; names that the segmenter split are one."""
    aside = [ask, *((p.start, p.end) for p in question.periods)]
    names = _names(text, question)
    found: list[Atom] = []
    for token in tokenize(_blanked(text, aside)):
        name = next((s for s in names if s.start <= token.start and token.end <= s.end), None)
        if name:
            if not found or found[-1].end < name.end:
                found.append(Atom(text[name.start : name.end], name.start, name.end, "name"))
        elif not _is_content(token):
            continue
        elif found and found[-1].end == token.start and _goes_on(found[-1].text, token):
            last = found.pop()
            found.append(Atom(last.text + token.text, last.start, token.end, "noun"))
        else:
            found.append(Atom(token.text, token.start, token.end, _kind(token)))
    return _with_modifiers(found)


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with spans blanked out at equal length: no word runs across their edge (2020年|科创保)."""
    for start, end in spans:
        text = text[:start] + "\u3000" * (end - start) + text[end:]
    return text


def _names(text: str, question: Question) -> list[Span]:
    """Where the made-up names of a question stand."""
    coined = [t.text for t in question.terms if t.coined and len(t.text) > 1]
    return [Span(at, at + len(name)) for name in coined if (at := text.find(name)) >= 0]


_CLASSIFIER = re.compile(r"[家位人名次项件种台套只条辆架场座所倍成分枚块张度米吨户例元钱](?![一-鿿]员)")
_ASIDE = frozenset(
    """
    是 有 了 在 大概 大约 一共 总共 具体 到底 究竟 情况 请 请问 想 问 达到 达 为 由 数 数字 时候 多 大 其中 没有 超过 到
    同比 环比
    """.split()
)


def _is_content(token: Token) -> bool:
    if token.text in _ASIDE or re.search(r"多少|几", token.text):
        return False
    if token.tag in {"m", "q"}:  # 14 of 14号线, 系列, but no classifier
        return token.text.isdigit() or len(token.text) > 1
    return token.tag[:1] in "nvajbislfh" or token.tag == "eng" or bool(places(token.text))


def _goes_on(before: str, token: Token) -> bool:
    """Whether a word carries on the one before: 14|号线, 国|足."""
    return (before.isdigit() and token.tag[:1] == "n") or (
        len(before) == len(token.text) == 1 and token.tag[:1] in "nj"
    )


TIMELIKE = re.compile(r".*(?:期间|赛季|时期|学期|假期|前后)|[本上下这]一?[场次轮届期]")
MODE = re.compile(r"累计|一共|总共|合计|共计|新增|日均|月均|年均|人均|平均|净增")
"""Words for the way in which a number is told, which take each other's place."""


_PLACELIKE = re.compile(".*(?:国家|地区|城市|省份)|(?:境|国)[内外]|海外|[全本][市省]")
_NO_PLACES = frozenset("上市 超市 股市 楼市".split())
"""Tagged as places, though they are none."""


def _kind(token: Token) -> str:
    text = token.text
    known = is_place(text) and (places(text) or token.tag == "ns")
    if _PLACELIKE.fullmatch(text) or (known and text not in _NO_PLACES):
        return "place"
    if TIMELIKE.fullmatch(text):
        return "time"
    if token.tag == "ns" and text not in _NO_PLACES:
        return "name"
    if MODE.fullmatch(text):
        return "mode"
    if MEASURE.fullmatch(text) or re.fullmatch("最[高低大小多少长短]", text):
        return "measure"
    if token.tag in {"nr", "nt", "nz", "eng", "nrt"}:
        return "name"
    if token.tag in {"a", "ad", "d"}:
        return "adjective"
    return "verb" if token.tag.startswith("v") and text not in _THINGS else "noun"


_MODIFIERS = frozenset(
    """
    营业 主营 可支配 可 支配 平均 最高 最低 最大 最小 签约 成交 出口 进口 放款 投资 贷款 协议 总 净 销售
    研发 生产 国内 地区 财政 常住 户籍 访问 直接 经济 交易 门票 门诊 存款 消费 运营 实际 预算 一般 公共
    资产 录取 报名 利息 不良 单位
    """.split()
)
"""What goes with a measure (营业收入, 最高气温) and is no subject."""


def _with_modifiers(found: list[Atom]) -> tuple[Atom, ...]:
    """The atoms, with what goes with a measure made part of it."""
    kinds = [atom.kind for atom in found]
    for i in range(len(found) - 2, -1, -1):
        measured = kinds[i + 1] == "measure" or CHANGE.fullmatch(found[i + 1].text)
        follows = measured and found[i].end == found[i + 1].start
        if follows and found[i].text in _MODIFIERS:
            kinds[i] = "measure"
    return tuple(replace(atom, kind=kind) for atom, kind in zip(found, kinds, strict=True))
