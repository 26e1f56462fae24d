"""Whose a figure is: signs that the words around it speak of another thing than the one asked about.

甲线货值 is not told by 甲线开行9列，乙线开行4列，…，货值12亿元: its name stands with a figure of its own.
医生营业收入 is not told by 医生33位；食品产业营业收入12亿元: that income has an owner of its own.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from knowledge.fit import alike_units
from knowledge.matching import Weighted, presence
from knowledge.question import COUNT_UNITS, Question
from knowledge.schema import RATES, Figure, Kind

_HALF, _SAID = 0.5, 0.9
"""Presence below which a word is hardly there, and from which it is: itself or a synonym."""

_FAR = 0.6
"""How sure it is that a measure with an owner is another's where nothing near the figure names the one asked for."""


class Rival(NamedTuple):
    """Another figure of the sentence, with the words that govern it."""

    figure: Figure
    said: str


class Around(NamedTuple):
    """The words that can say whose a figure is.

    Attributes:
        own: What governs it.
        part: What stands before that in its part of the sentence.
        lead: What stands before that in its sentence.
        near: The sentences before.
        head: The title and how the article opens.
    """

    own: str
    part: str
    lead: str
    near: str
    head: str


def ownership(
    question: Question, terms: Sequence[Weighted], figure: Figure, rivals: Sequence[Rival], around: Around
) -> dict[str, float]:
    """Signs that a figure is another's, each in [0, 1]."""
    things = [t for t in terms if (t.noun or t.name or t.coined) and not t.place]
    elsewhere = _named_after(question, terms, figure, rivals, around) or any(
        _listed_before(t, figure, rivals, around) for t in things
    )
    return {
        "stands_elsewhere": float(elsewhere),
        "owned": _owned(question, terms, figure, rivals, around),
        "one_of_several": float(_one_of_several(question, terms, rivals, around)),
        "namesake": float(_namesake(question, around)),
        "counts_other": _counts_other(question, terms, figure, rivals, around.own),
    }


def _named_after(
    question: Question, terms: Sequence[Weighted], figure: Figure, rivals: Sequence[Rival], around: Around
) -> bool:
    """Whether the name asked for (甲|班列) is that of a later figure, and this one has only its last word."""
    said = f"{figure.measure}\u3000{around.own}"
    before = f"{said}\u3000{around.part}\u3000{around.lead}"
    later = [r.said for r in rivals if r.figure.quantity.start > figure.quantity.start]
    for one, two in pairwise(terms):
        name = one.text + two.text
        part = two.noun and not one.place and name in question.text
        if part and two.text in said and presence(one.text, before) < _HALF and any(name in s for s in later):
            return True
    return False


def _listed_before(term: Weighted, figure: Figure, rivals: Sequence[Rival], around: Around) -> bool:
    """Whether what is asked for was an item in a list (甲班列9列，乙班列4列，…) that ended before the figure."""
    if figure.inherited or figure.quantity.kind in RATES:
        return False  # a rate is that of what was stated before it
    if any(presence(term.text, s) >= _HALF for s in (around.own, around.near, around.head)):
        return False
    before = [r for r in rivals if r.figure.quantity.start < figure.quantity.start]
    holders = [i for i, r in enumerate(before) if presence(term.text, r.said) >= _SAID]
    if not holders or holders[0] == 0 or holders[-1] == len(before) - 1:
        return False  # who opens the sentence is whom it speaks of
    item = before[holders[-1]].figure
    return any(_parallel(r.figure, item) for r in before[holders[-1] + 1 :])


def _parallel(one: Figure, other: Figure) -> bool:
    """Whether two figures count things alike, or state the same measure."""
    same = one.quantity.unit == other.quantity.unit or alike_units(one.quantity.unit, other.quantity.unit)
    counts = one.quantity.kind is other.quantity.kind is Kind.COUNT
    return same and (counts or (one.quantity.kind not in RATES and one.measure[-2:] == other.measure[-2:]))


_RUN = re.compile(r"[一-鿿A-Za-z0-9·]*$")
_NO_OWNER = re.compile(
    r"全年|全部|全市|全省|全国|当年|同期|上半|下半|公司|集团|企业|平均|合计|整体|综合|主营|同比|环比|地区|归母|扣非|税[前后]|合并|累计|实现|完成|新增|达到?|年度?|季度?"
    r"|第?[一二三四前]|[本该其总共月日今去的了在和与及约近超为是有已新全]"
)
"""What may stand before a measure without saying whose it is."""


def _owned(
    question: Question, terms: Sequence[Weighted], figure: Figure, rivals: Sequence[Rival], around: Around
) -> float:
    """Whether the measure has an owner right before it, and not the one that the question has there.

    What stands before things that are counted (优质项目308项) only describes them.

    Returns:
        1 if what the question names there stands with an earlier figure of the sentence, less if it stands nowhere
        near, 0 if nothing is wrong.
    """
    head = next((t.text for t in terms if t.head and len(t.text) > 1), "")
    before = around.own.partition("\u3000")[0]
    asked_at, own_at = question.text.find(head), before.rfind(head)
    if figure.quantity.kind is Kind.COUNT or not head or min(asked_at, own_at) < 0 or "占" in question.text:
        return 0.0
    asked, own = _unlike_ends(_run_up_to(question.text, asked_at), _run_up_to(before, own_at))
    wanted = [t.text for t in terms if t.noun and not t.head and t.text in asked]
    owner = _NO_OWNER.sub("", own)
    if not wanted or len(owner) < len("甲方") or presence(owner, question.text) >= _HALF:
        return 0.0
    if any(_speaks_of(word, rivals, around) for word in wanted):
        return 0.0
    earlier = [r.said for r in rivals if r.figure.quantity.start < figure.quantity.start]
    if any(presence(word, said) >= _SAID for word in wanted for said in earlier):
        return 1.0
    return _FAR if all(presence(word, s) < _HALF for word in wanted for s in around) else 0.0


def _speaks_of(word: str, rivals: Sequence[Rival], around: Around) -> bool:
    """Whether a figure's part of the sentence speaks of a word, and not as what a later figure of it counts."""
    if presence(word, around.own) >= _HALF:
        return True
    items = [r for i, r in enumerate(rivals) if i and presence(word, r.said) >= _SAID]
    return presence(word, around.part) >= _HALF and not items


def _run_up_to(text: str, end: int) -> str:
    """The characters of one run that end at a place."""
    run = _RUN.search(text[:end])
    return run[0] if run else ""


def _unlike_ends(one: str, other: str) -> tuple[str, str]:
    """Both texts without the end that they share."""
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return one, other


_TOGETHER = re.compile(r"一共|总共|合计|共计|总计|总和|拢共|统共|分别|各自|各(?=是|有|为|多少|几)")
_AND = re.compile(r"[和与跟及、]|以及")
_BESIDES = re.compile(r"之外|以外|除了?|不算")


def _one_of_several(
    question: Question, terms: Sequence[Weighted], rivals: Sequence[Rival], around: Around
) -> bool:
    """Whether two things are asked for together (甲和乙一共) and the figure is that of one of them."""
    if _BESIDES.search(question.text):
        return False
    pairs = [p for pair in _joined(question, terms, rivals, around) for p in (pair, pair[::-1])]
    if any(_splits(mine.text, other.text, rivals, around.own) for mine, other in pairs):
        return True
    said = f"{around.own}\u3000{around.part}\u3000{around.lead}"
    return _TOGETHER.search(question.text) is not None and any(
        (other.noun or other.name or len(other.text) > len("动词"))
        and presence(mine.text, said) >= _SAID
        and all(presence(other.text, s) < _HALF for s in around)
        for mine, other in pairs
    )


def _splits(mine: str, other: str, rivals: Sequence[Rival], own: str) -> bool:
    """Whether one of two words governs the figure and the other one a figure beside it."""
    if presence(mine, own) < _HALF or presence(other, own) >= _HALF:
        return False
    return any(presence(other, r.said) >= _SAID for r in rivals)


def _joined(
    question: Question, terms: Sequence[Weighted], rivals: Sequence[Rival], around: Around
) -> Iterator[tuple[Weighted, Weighted]]:
    """Two words with an 'and' between them, or made-up names side by side; not what the article joins itself."""
    for joint in _AND.finditer(question.text):
        left = [t for t in terms if question.text.endswith(t.text, 0, joint.start())]
        right = [
            t for t in terms if question.text.startswith(t.text, joint.end()) and t.text[0] not in "其该这"
        ]
        for one, two in zip(left, right, strict=False):
            together = re.compile(rf"{re.escape(one.text)}(?:{_AND.pattern}){re.escape(two.text)}")
            whole = "".join((around.part, *(r.said for r in rivals), around.own)).replace("\u3000", "")
            if not together.search(whole):
                yield one, two
    for one, two in pairwise(terms):
        if one.coined and two.coined and one.text + two.text in question.text:
            yield one, two


def _namesake(question: Question, around: Around) -> bool:
    """Whether the name asked for stands near only as the beginning of another's (甲氏物流 for 甲氏)."""
    for name, others in question.namesakes:
        text = "\u3000".join(around)
        rest = text
        for other in others:
            rest = rest.replace(other, "")
        if name in text and name not in rest:
            return True
    return False


_ASKS_COUNT = re.compile(r"(?:多少|几)[个家名位所项场件次户人条]?")
_JOINS_COUNT = r"(?:的|一共|总共|共|总|有|是|达到?|数量?|大约|大概|约|为|了)*$"


def _counts_other(
    question: Question, terms: Sequence[Weighted], figure: Figure, rivals: Sequence[Rival], own: str
) -> float:
    """Whether a figure counts other things than those asked for (7000家企业 for 多少专家).

    Returns:
        1 if the things asked for have another unit, or none that is known and stand with a figure of another unit in
        the sentence; less if they do so though their unit is this one's; 0 if nothing is wrong.
    """
    asked = _ASKS_COUNT.search(question.text)
    if asked is None or figure.quantity.kind is not Kind.COUNT:
        return 0.0
    things = _counted(question.text, terms, asked.span())
    said = f"{figure.measure}\u3000{own}"
    if not things or any(thing in said for thing in things):
        return 0.0
    unit = question.unit or COUNT_UNITS.get(things[-1], "")
    same = unit == figure.quantity.unit or alike_units(unit, figure.quantity.unit)
    if unit and not same:
        return 1.0
    counts = (r for r in rivals if r.figure.quantity.kind is Kind.COUNT)
    others = (r for r in counts if r.figure.quantity.unit != figure.quantity.unit)
    beside = any(presence(things[-1], r.said) >= _SAID for r in others)
    if not beside or any(presence(thing, said) >= _HALF for thing in things):
        return 0.0
    return _FAR if same else 1.0


def _counted(text: str, terms: Sequence[Weighted], asked: tuple[int, int]) -> list[str]:
    """The nouns that say what 多少 counts: those right after it, or the one before it."""
    after, end = [], asked[1]
    while (term := next((t for t in terms if text.startswith(t.text, end)), None)) is not None:
        after.append(term)
        end += len(term.text)
    if after:
        return [t.text for t in after if t.noun and not t.place]
    before = (t.text for t in terms if t.noun and not t.place)
    return [t for t in before if re.search(re.escape(t) + _JOINS_COUNT, text[: asked[0]])][:1]
