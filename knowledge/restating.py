"""Whether a number is told as the article tells it: its bound, its change, its time."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge.chunking import clauses, sentences
from knowledge.figures import scan
from knowledge.linking import link
from knowledge.schema import RATES, Figure, Modifier, Period, Quantity, Span

_CHANGE = (
    r"(?:增长|增加|增|上升|攀升|升|上涨|涨|提高|提升|扩大|下降|降低|降|减少|减|回落|下滑|下跌|跌|缩小|收窄)"
)
_TILL = re.compile(rf"{_CHANGE}(?:至|到|为)了?(?:约|近|超过?|逾)?$")
_BY = re.compile(rf"{_CHANGE}了?(?:约|近|超过?|逾)?$")
_CHANGES = re.compile(rf"{_CHANGE}|[增降涨跌]幅|增速")
_FROM = re.compile(r"[由从](?:[^，。；]{0,8}的)?$")
_THEN = re.compile(r"[，,]?[^，。；\d]{0,4}(?:至|到|为)")
_FALLS = re.compile(r"降|减|落|滑|跌|缩|收窄")
_STATE = re.compile(r"截[至止]|累计|共|总|末|底|迄今")
_ONLY_CHANGES = re.compile(rf"(?:同比|环比|[比较](?:上|去)年(?:同期|末)?|分别|略|又|再)*{_CHANGE}了?")
"""A change that says not of what."""


@dataclass(frozen=True)
class Proof:
    """A figure of a statement beside the article's that bears it out.

    Attributes:
        claimed: In the statement.
        figure: In the article.
        text: The article, folded.
        title: Its title, folded.
    """

    claimed: Quantity
    figure: Figure
    text: str
    title: str


def spans(text: str) -> Iterator[Span]:
    """The clauses of all sentences of a text."""
    for sentence in sentences(text):
        yield from clauses(text, sentence)


def keeps_number(statement: str, proof: Proof) -> bool:
    """Whether a statement bounds a figure, tells its change and its time as the article does."""
    return (
        _keeps_bound(proof.claimed.modifier, proof.figure.quantity.modifier)
        and _keeps_change(statement, proof)
        and _keeps_time(statement, proof)
    )


_UPWARD = frozenset({Modifier.OVER, Modifier.AT_LEAST})
_NEAR = frozenset({Modifier.APPROX, Modifier.ABOUT_BELOW})
_PLAIN = frozenset({Modifier.EXACT, Modifier.AT_LEAST})
"""达23.26亿元 is 23.26亿元."""


def _keeps_bound(claimed: Modifier, stated: Modifier) -> bool:
    """Whether 超, 近 and 约 stand where the article has them; 约 may be said for 近, and 多 for 超."""
    if claimed is stated or {claimed, stated} <= _UPWARD or {claimed, stated} <= _PLAIN:
        return True
    return claimed is Modifier.APPROX and stated in _NEAR


def _keeps_change(statement: str, proof: Proof) -> bool:
    """Whether a change is told as a change, and what it led to as that: 下降4% is not 下降到4%, nor 4%."""
    lead = _lead(statement, proof.claimed)
    stated = _lead(proof.text, proof.figure.quantity)
    if _FROM.search(stated) and _THEN.match(proof.text, proof.figure.quantity.end):
        return _FROM.search(lead) is not None
    if _BY.search(lead):
        return _CHANGES.search(stated) is not None and not _TILL.search(stated)
    if _TILL.search(lead):
        return not (_BY.search(stated) or _opposed(_TILL.search(lead), _TILL.search(stated)))
    return not _BY.search(stated) or _CHANGES.search(lead) is not None


def _opposed(one: re.Match[str] | None, other: re.Match[str] | None) -> bool:
    """升至 for 降至."""
    if one is None or other is None:
        return False
    return (_FALLS.search(one[0]) is None) != (_FALLS.search(other[0]) is None)


def _lead(text: str, quantity: Quantity) -> str:
    """What stands right before a figure in its clause."""
    clause = next((s for s in spans(text) if s.start <= quantity.start < s.end), Span(0, quantity.start))
    return re.sub(r"[“”\s]", "", text[clause.start : quantity.start])


def _keeps_time(statement: str, proof: Proof) -> bool:
    """Whether no half year's figure is told for the year, and no sum up to a day for one year alone."""
    stated = proof.figure.as_of
    if "全年" in proof.text[slice(*proof.figure.clause)]:
        return True
    claimed = time_of(statement, proof.claimed, stated)
    if claimed is None or stated is None or claimed.cutoff:
        return True
    if stated.cutoff:
        return _STATE.search(statement) is not None
    return not (
        claimed.lo <= stated.lo and stated.hi <= claimed.hi and _days(claimed) > _days(stated) + _SOME
    )


_SOME = 5
"""Days that one may be longer than the other."""


def _days(period: Period) -> int:
    return (period.hi - period.lo).days


def time_of(statement: str, claimed: Quantity, stated: Period | None) -> Period | None:
    """The time that a statement tells a figure of."""
    anchor = stated.hi if stated and stated.resolved else None
    found: Iterable[Figure] = link(statement, anchor=anchor)
    return next((f.as_of for f in found if f.quantity.start == claimed.start), None)


def is_anothers_change(earlier: Sequence[Proof], proof: Proof) -> bool:
    """Whether a rate of change follows another figure in the statement than in the article."""
    figure = proof.figure
    lead = _lead(proof.text, figure.quantity)
    if not earlier or figure.quantity.kind not in RATES or not _ONLY_CHANGES.fullmatch(lead):
        return False
    sentence = proof.text[slice(*figure.sentence)]
    ends = [figure.sentence.start + q.end for q in scan(sentence).quantities]
    before = [end for end in ends if end <= figure.quantity.start]
    return bool(before) and earlier[-1].figure.quantity.end != before[-1]
