"""Tie every quantity of a text to what it measures: measure, subject, statistic, direction, time.

The unit of governance is the *reach* of a figure: the run of its clause that no other figure owns.  In
“科创投”累计投资金额23.26亿元，“科创贷”累计放款总额超157.38亿元 the two reaches keep the two names apart, which a search
for the value alone would not.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from knowledge.chunking import clauses, sentences
from knowledge.figures import scan
from knowledge.schema import RATES, Figure, Kind, Period, Quantity, Span
from knowledge.statistic import direction_of, statistic_of

_COUNTED = frozenset({Kind.COUNT})
_UNLINKED = frozenset({Kind.ORDINAL, Kind.IDENTIFIER})

_LIST_MARK = re.compile(r"^[、和与及至到或]|^以及")
_SAYS = re.compile(
    r"(?:已经?|共计?|总计|合计|累计|(?<![签合节条预公制违])约|近|超过?|突破|达到?了?|为|是|仅为?|只有|有|至|到|实现了?|完成了?|共有|总共|高达|分别|各|预计|力争|将|计划|"
    r"增长了?|下降了?|上升了?|上涨了?|提高了?|减少了?|增加了?|下跌了?|回落了?|同比|环比|比上年同期|较上年同期|比上年|较上年|增速|[:：(（\"\s])+$"
)
_LEAD = re.compile(
    r"^(?:其中|同时|此外|另外|而|并且?|还|也|且|因此|据悉|据了解|数据显示|截至目前|目前|累计|共计?|总计|共有?|有|了|的|"
    r"举办了?|举行了?|开展了?|促成了?|促进|吸引了?|实现了?|完成了?|发布了?|新增|联合开展|预计|力争|[,，:：、\s\"])+"
)
_JOINED = re.compile(r"[、，,和与及以至到或\s]*")
"""A reach that only joins its figure to the one before names nothing itself."""
_RISES = re.compile(
    r"[,，、\s]*(?:则|再|又|进一步|将|现|已|逐步|相应|大幅|小幅|预计)*"
    r"(?:上升|下降|提高|提升|降低|下调|上调|增加|减少|增长|扩大|缩小|回落|攀升|升|降|增|减|涨|跌|调整|变|改)(?:至|到|为|成)"
    r"(?:现在的?|目前的?|如今的?)?"
)
"""…由5%降至4.8%, 一季度增长4.5%，二季度升至6.3%: the same measure, later."""
_CHANGES = re.compile(
    r"[,，、\s]*[而但且]?(?:同比|环比|[比较与](?:上|去|前|年|月|同|\d)[^，。；]{0,6}?)(?:分别|多|少|净|均|约|仅|大幅|小幅|略|再|累计|又)*"
    r"(?:增长?加?|减少?|下降|上升|提高|提升|降低|回落|回升|上涨|下跌|扩大|缩小|收窄)了?(?:近|约|超过?|逾)?"
)
"""，较年初增加2021亿元: the change of what was stated before it."""
_TO_IT = re.compile(r"[,，\s]*(?:至|到|达到?|为)\s*")
"""同比下降1%至1492亿元: the amount after the change."""

_ONLY_COMPARES = re.compile(
    r"[，,；、\s]*(?:同比|环比|[比较与]?(?:上年|去年|\d{4}年)(?:同期)?(?:相比)?|[，,\s])*"
)

_QUOTED = re.compile(r"[“「『《]([^”」』》]{1,24})[”」』》]")
_NAMED = re.compile(r"^[“「『《][^”」』》]{1,24}[”」』》](?=.)")
"""A quoted name that opens the reach is the subject, and what follows it the measure."""
_COMPARED = re.compile(r"(?:比|较|与|相比|相较于?|高于|低于|对比|自|从|恢复[至到]|相当于)$")
_BASE = re.compile(r"\s*(?:水平|同期|相比|以来|以后|立项|起|到期)")
_CARRY = 200
"""Characters after which a time no longer speaks for the sentences that follow."""
_OPENING = 4
"""Characters before a clause in which 目前， still opens it."""
_NOW = re.compile(r"(?<!截至)(?<!截止)目前|如今|现已|现有|迄今")
_TELLS = re.compile(
    r"[ \u3000]*(?:凌晨|清晨|早间?|上午|中午|下午|傍晚|晚间?|夜间)?"
    r"(?:正式|最新|对外|在[^，。；]{1,12}?上?|从[^，。；]{2,24}?|向[^，。；]{1,12}?)?"
    r"(?:消息|讯|电(?=[ \u3000(（，])|报道|报导|发布|公布|表示|通报|披露|介绍|宣布|透露|获悉|了解到|公告|发文|刊文)"
)
"""After a day (25日发布的报告): when it was told, not the time that a figure holds for."""
_ON = re.compile(r"(?:到|至|截至|截止)[ \u3000]?$")
_YEAR = 360
"""Days from which a time to come is a plan's (2025年), be it named without 到."""
_BESIDE = re.compile(r"(?:远|明显|大幅|均|都|略|也)?(?:低于|高于|多于|少于|好于|优于)([^\d，。；]{2,14})$")
"""…远低于发达国家40%: the same measure, of another subject."""
_SUBJECT = re.compile(
    r"[，,\s“]*([^\d，,；;：:。“]{2,20}?)(?=[，,；;：:。\d]|共|已|将|在|达|为|有|是|累计|新增|实现|举办|举行|开展|完成|仅|预计|说|表示)"
)
_LEANS = re.compile(r"其中|这|同时|此外|通过|该|据|另|目前|一|当|但|而|由|对|因|如|并|以")
"""What opens a sentence without saying what it speaks of."""
_SAYS_SO = re.compile(r"(?:介绍|表示|说|称|指出|认为|透露|强调|坦言|宣布)")
_SPEAKER = re.compile(r"(?:负责人|人士|记者|发言人|专家|提出)$")


class _Scene(NamedTuple):
    """One sentence with what stands in it."""

    span: Span
    clauses: tuple[Span, ...]
    quantities: tuple[Quantity, ...]
    periods: tuple[Period, ...]


def link(text: str, *, anchor: date | None = None) -> tuple[Figure, ...]:
    """Every quantity of the text but ordinals and identifiers, linked, in order.

    Args:
        text: Folded text (`words.fold`); offsets refer to it.
        anchor: The article's day, which 今年 and 去年 are counted from.
    """
    found = scan(text, anchor=anchor)
    figures: list[Figure] = []
    carried: Period | None = None
    topic = ""
    previous_end = 0
    for scene in _scenes(text, found.quantities, found.periods):
        if "\n" in text[previous_end : scene.span.start]:
            carried, topic = None, ""
        if carried and scene.span.start - carried.end > _CARRY:
            carried = None
        previous_end = scene.span.end
        topic = _opening(text, scene) or topic
        figures += _link_scene(text, scene, carried, topic, anchor)
        carried = _own_time(text, scene.periods) or carried
    return tuple(figures)


def _scenes(text: str, quantities: Sequence[Quantity], periods: Sequence[Period]) -> Iterator[_Scene]:
    """Sentences that hold a quantity or a period, with their clauses."""
    i = j = 0
    for span in sentences(text):
        first_q, first_p = i, j
        while i < len(quantities) and quantities[i].start < span.end:
            i += 1
        while j < len(periods) and periods[j].start < span.end:
            j += 1
        if i > first_q or j > first_p:
            own = tuple(q for q in quantities[first_q:i] if q.kind not in _UNLINKED)
            yield _Scene(span, clauses(text, span) if own else (), own, tuple(periods[first_p:j]))


def _own_time(text: str, periods: Sequence[Period]) -> Period | None:
    """The first lasting period of a sentence that is no base of a comparison (比2020年)."""
    lasting = [p for p in periods if p.lasts]
    return next((p for p in lasting if not _is_base(text, p)), None)


def _is_base(text: str, period: Period) -> bool:
    """Whether the period is what something is compared with or counted from: 比2020年, 自1992年."""
    before = text[max(0, period.start - 3) : period.start].rstrip()
    return bool(_COMPARED.search(before) or _BASE.match(text, period.end)) and not period.cutoff


def _link_scene(
    text: str, scene: _Scene, carried: Period | None, topic: str, anchor: date | None
) -> list[Figure]:
    """The figures of one sentence; `carried` and `topic` are what the paragraph so far speaks of."""
    figures: list[Figure] = []
    for i, quantity in enumerate(scene.quantities):
        clause = next(c for c in scene.clauses if quantity.start < c.end)
        reach = _reach(scene.quantities, i, clause, text)
        as_of = _as_of(text, quantity, clause, scene, carried)
        figures.append(
            Figure(
                quantity=_hedged(text, quantity, as_of, scene, anchor),
                measure=_measure(text, quantity, reach, scene.periods),
                subject="",
                statistic=_statistic(text, quantity, reach, clause),
                direction=direction_of(text[reach.start : quantity.start]),
                as_of=as_of,
                sentence=scene.span,
                clause=clause,
                reach=reach,
            )
        )
    return _with_subjects(text, scene, _with_measures(text, scene, figures), topic)


def _reach(quantities: Sequence[Quantity], i: int, clause: Span, text: str) -> Span:
    """The run of the clause that governs quantity `i` alone.

    What stands between two figures of a clause belongs to the left one if that counts things
    (22项校企合作项目), else to the right one; a list mark gives it to the right one.
    """
    quantity = quantities[i]
    start, end = clause
    if i and quantities[i - 1].end > clause.start:
        before = quantities[i - 1]
        between = text[before.end : quantity.start]
        start = before.end + (_counted_noun(before, between))
    if i + 1 < len(quantities) and quantities[i + 1].start < clause.end:
        between = text[quantity.end : quantities[i + 1].start]
        end = quantity.end + _counted_noun(quantity, between)
    return Span(start, max(end, quantity.end))


def _counted_noun(quantity: Quantity, between: str) -> int:
    """How many characters after a counting quantity name what it counts."""
    if quantity.kind not in _COUNTED or _LIST_MARK.match(between):
        return 0
    noun = re.match(r"[^、，,（(和与及以或为达超近共增下同占比较]*", between)
    return noun.end() if noun else 0


def _timeless(text: str, span: Span, periods: Sequence[Period]) -> str:
    """The text of a span without its times: 业务在第二季度实现营收 → 业务实现营收."""
    kept, at = "", span.start
    for period in periods:
        if span.start <= period.start and period.end <= span.end and not _is_base(text, period):
            kept += text[at : period.start].removesuffix("在")
            at = period.end
    return kept + text[at : span.end]


def _measure(text: str, quantity: Quantity, reach: Span, periods: Sequence[Period]) -> str:
    """The noun phrase counted: after the classifier for 43个项目, before the number for 投资金额23.26亿元."""
    timeless = _timeless(text, Span(reach.start, quantity.start), periods)
    before = _LEAD.sub("", _SAYS.sub("", _NAMED.sub("", timeless)))
    after = re.match(r"[^，,；;：:。、（）()！？\n]*", text[quantity.end : reach.end])
    noun = after.group().strip(' "的') if after else ""
    if quantity.kind in _COUNTED and noun and not re.match(r"[和与及增下同占比较]|以上|以下|左右", noun):
        return noun
    named = before.strip(' "的，,')
    return noun if _JOINED.fullmatch(named) else named


def _statistic(text: str, quantity: Quantity, reach: Span, clause: Span) -> str:
    own = statistic_of(text[reach.start : quantity.start])
    if own or quantity.kind not in RATES:
        return own
    return statistic_of(text[clause.start : quantity.start])


def _as_of(
    text: str, quantity: Quantity, clause: Span, scene: _Scene, carried: Period | None
) -> Period | None:
    """The nearest time before the figure in its sentence, else the paragraph's; none if it holds 目前.

    上年同期为55亿元 dates its own clause only.
    """
    now = _NOW.search(text, max(scene.span.start, clause.start - _OPENING), quantity.start) is not None
    before = [p for p in scene.periods if p.end <= quantity.start and not _is_base(text, p)]
    before = [p for p in before if p.resolved or p.lo != date.min] or before
    near = [p for p in before if p.start >= clause.start or "同期" not in p.surface]
    if near and (near[-1].start >= clause.start or not now):
        day = near[-1].lo == near[-1].hi and not near[-1].cutoff
        return replace(near[-1], told=day and _TELLS.match(text, near[-1].end) is not None)
    return None if now else carried


def _hedged(
    text: str, quantity: Quantity, as_of: Period | None, scene: _Scene, anchor: date | None
) -> Quantity:
    """The quantity with its own time for a hedge if that is yet to come (到2025年建成230万个).

    A word that says more (力争) stays; a mere 将 holds for all that the time does, and is not seen in all.
    """
    told = quantity.hedge not in {"", "将"}
    if told or as_of is None or anchor is None or as_of.lo <= anchor or not as_of.resolved:
        return quantity
    own = scene.span.start <= as_of.start and not _NOW.search(text, as_of.end, quantity.start)
    planned = _ON.search(text, 0, as_of.start) or (as_of.hi - as_of.lo).days >= _YEAR
    return replace(quantity, hedge=as_of.surface) if own and planned else quantity


def _with_measures(text: str, scene: _Scene, figures: list[Figure]) -> list[Figure]:
    """What names no measure itself takes one before it: ，同比增长16.3%, 降至4.8%, or beside another."""
    out: list[Figure] = []
    for figure in figures:
        giver = _giver(text, scene, figure, out)
        if giver is None:
            out.append(figure)
        else:
            share = figure.measure if figure.measure.startswith("占") else ""
            out.append(replace(figure, measure=giver.measure + share, inherited=True))
    return out


def _giver(text: str, scene: _Scene, figure: Figure, before: Sequence[Figure]) -> Figure | None:
    """The figure whose measure this one shares, or None if it has its own.

    After a share (收入100亿元，占总收入的32%，同比增长15%) a change is that of what went before the share.
    """
    if not before:
        return None
    own = _timeless(text, Span(figure.reach.start, figure.quantity.start), scene.periods)
    changed = _TO_IT.fullmatch(own) or (figure.quantity.kind not in RATES and _CHANGES.fullmatch(own))
    if figure.measure.startswith("占"):
        return before[-1] if before[-1].quantity.kind not in RATES else None
    if changed or (before[-1].quantity.kind is figure.quantity.kind and _RISES.fullmatch(own)):
        return before[-1]
    if figure.quantity.kind not in RATES or (figure.measure and not _BESIDE.search(own)):
        return None
    whole = (f for f in reversed(before) if "占" not in f.measure)
    return next(whole, before[-1]) if figure.statistic in {"同比", "环比"} else before[-1]


def _with_subjects(text: str, scene: _Scene, figures: list[Figure], topic: str) -> list[Figure]:
    """Subjects: items of a 分别 list in order, else a quoted name in the reach, else the topic."""
    out = [replace(f, subject=_beside(text, f) or _quoted(text, f) or topic) for f in figures]
    series: list[str] = []
    for clause in scene.clauses:
        inside = [i for i, f in enumerate(out) if f.clause == clause]
        run = _respectively(text, clause, out, inside)
        if run is None:
            continue
        stated = _stated_before(text, clause, out, run[0])
        for i, giver in zip(run[0], stated, strict=False):
            direction = out[i].direction or out[run[0][0]].direction
            out[i] = replace(
                out[i], measure=giver.measure, subject=giver.subject, direction=direction, inherited=True
            )
        series = run[1] or series
        if not stated and len(series) == len(run[0]):
            for i, item in zip(run[0], series, strict=True):
                out[i] = _as_item(text, out[i], item)
    return out


def _as_item(text: str, figure: Figure, item: str) -> Figure:
    """The figure as that of one item of a 分别 list; a statistic named before the list (同比分别) is that of all."""
    measure = item if item in figure.measure or not figure.measure else figure.measure
    statistic = figure.statistic or statistic_of(text[figure.clause.start : figure.quantity.start])
    direction = figure.direction or direction_of(text[figure.clause.start : figure.quantity.start])
    return replace(
        figure, subject=item, measure=measure, statistic=statistic, direction=direction, series=True
    )


def _stated_before(text: str, clause: Span, figures: Sequence[Figure], run: Sequence[int]) -> list[Figure]:
    """As many figures right before 分别, each with a measure of its own: 营收100亿元、利润20亿元，分别增长5%、8%."""
    before = figures[: run[0]] if run else ()
    givers = [f for f in before if f.quantity.kind not in RATES][-len(run) :]
    own = [f for f in givers if f.measure and not f.inherited and not f.series]
    between = own and text[own[-1].quantity.end : text.find("分别", clause.start, clause.end)]
    return own if len(own) == len(run) > 1 and between and _ONLY_COMPARES.fullmatch(between) else []


def _respectively(
    text: str, clause: Span, figures: list[Figure], inside: list[int]
) -> tuple[list[int], list[str]] | None:
    """Figures after 分别 (up to the sentence's next 分别) and the list of items before it."""
    mark = text.find("分别", clause.start, clause.end)
    if mark < 0 or not inside:
        return None
    later = [i for i in range(inside[0], len(figures)) if figures[i].quantity.start > mark]
    kind = figures[later[0]].quantity.kind if later else None
    chosen: list[int] = []
    for i in later:
        gap = text[figures[chosen[-1]].quantity.end : figures[i].quantity.start] if chosen else ""
        if figures[i].quantity.kind != kind or (
            chosen and not re.fullmatch(r"(?:[、，和与及以约近超达为\s]|增长|下降|上升|减少)*", gap)
        ):
            break
        chosen.append(i)
    head = text[figures[chosen[0]].sentence.start : mark] if chosen else ""
    return chosen, _items(head, len(chosen))


def _items(head: str, n: int) -> list[str]:
    """The `n` items of the last list in the text before 分别; empty if there is none of that length.

    >>> _items("汽油、柴油价格每吨", 2)
    ['汽油价格每吨', '柴油价格每吨']
    """
    for part in reversed(re.split(r"[，；,;：:]", head)):
        items = [item for item in re.split(r"、|以及|和|与|及", part) if item.strip()]
        if len(items) == n > 1:
            return _completed(items)
    return []


_TAIL = 2
"""Characters by which the last item of a list must outrun the shortest other one to hold what all share."""


def _completed(items: list[str]) -> list[str]:
    """The items with what only the last one says for all: 台风、大风、暴雨预警信息 → 台风预警信息."""
    shared = items[-1][min(len(item) for item in items[:-1]) :]
    if len(shared) < _TAIL:
        return items
    return [item if shared in item else item + shared for item in items]


def _beside(text: str, figure: Figure) -> str:
    """The subject of …低于发达国家40%."""
    found = _BESIDE.search(text[figure.reach.start : figure.quantity.start])
    return found.group(1) if found else ""


def _quoted(text: str, figure: Figure) -> str:
    names = _QUOTED.findall(text[figure.reach.start : figure.quantity.start])
    return str(names[-1]) if names else ""


def _opening(text: str, scene: _Scene) -> str:
    """The noun run that opens the sentence, less its times: what the sentence speaks of; empty if it leans."""
    start = scene.span.start
    for period in scene.periods:
        if period.start - start <= 1:
            start = period.end
    run = _SUBJECT.match(text, start, scene.span.end)
    found = run.group(1).strip(' “”"') if run else ""
    says = run and _SAYS_SO.match(text, run.end(1))
    return "" if len(found) <= 1 or says or _LEANS.match(found) or _SPEAKER.search(found) else found
