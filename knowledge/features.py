"""What speaks for and against a figure as the answer to a question, each by name.

Features say, in [0, 1] unless noted, how much of what was asked stands where (in the reach that governs the
figure, earlier in its sentence, nearby, in the article) and whether unit, statistic, direction and time agree;
`lead_over_rivals` lies in [-1, 1].  Their weights are learned (`tests/bench/train.py`).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import NamedTuple

from knowledge.chunking import sentences
from knowledge.figures import Scan, scan
from knowledge.fit import is_another_s, occasion_fit, role_fit, statistic_fit, unit_fit
from knowledge.matching import Weighted, presence
from knowledge.ownership import Around, Rival, ownership
from knowledge.question import Question
from knowledge.schema import Article, Figure, Hit, Kind, Period, Quantity, Span

_HAN = re.compile(r"[一-鿿A-Za-z]")


@dataclass(frozen=True)
class Evidence:
    """An article as reading sees it.

    Attributes:
        article: As stored.
        text: `article.text`, folded; same offsets.
        title: Folded title.
        figures: All linked figures of `text`.
    """

    article: Article
    text: str
    title: str
    figures: tuple[Figure, ...]

    @cached_property
    def squeezed(self) -> str:
        """`text` without spaces; for words only, offsets are lost."""
        return _squeezed(self.text)

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """The sentences of `text`."""
        return tuple(sentences(self.text))

    @cached_property
    def _found(self) -> Scan:
        return scan(self.text, anchor=self.article.day)

    @property
    def periods(self) -> tuple[Period, ...]:
        """The dates and spans of days of `text`."""
        return self._found.periods

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The quantities of `text`, unlinked, with ordinals, scores and identifiers."""
        return self._found.quantities

    def beside(self, figure: Figure) -> tuple[Quantity, ...]:
        """The figures right before and after one in its sentence, where there are such."""
        return beside(self.figures, figure)

    def around(self, at: int) -> tuple[Span, Span]:
        """The sentence that holds a place of `text`, and before it the one that precedes it, or an empty span."""
        i = max(bisect_right(self.sentences, at, key=lambda s: s.start) - 1, 0)
        sentence = self.sentences[i]
        return (self.sentences[i - 1] if i else Span(sentence.start, sentence.start)), sentence


def beside(figures: Sequence[Figure], figure: Figure) -> tuple[Quantity, ...]:
    """Of figures in order: those right before and after one in its sentence, where there are such."""
    at = bisect_left(figures, figure.quantity.start, key=lambda f: f.quantity.start)
    near = (*figures[max(at - 1, 0) : at], *figures[at + 1 : at + 2])
    return tuple(f.quantity for f in near if f.sentence == figure.sentence)


_NEAR = 160
"""Characters before a sentence, in its paragraph, that still belong to what it speaks of."""

_OPENING = 80
"""Characters of an article that say what it is about."""

_LEANS = re.compile(r"\s*(?:其中|这些|上述|同时|此外|该|其|目前双方)")
"""What opens a sentence that goes on about the subject of the one before."""


class _Scopes(NamedTuple):
    """Runs of text around one figure, from the tightest outwards."""

    own: str
    part: str
    lead: str
    tail: str
    near: str
    head: str
    whole: str


def features(
    question: Question, terms: Sequence[Weighted], hit: Hit, source: Evidence, figure: Figure
) -> Mapping[str, float]:
    """What speaks for and against one figure, by name."""
    scopes = _scopes(source, hit, figure)
    rivals = [f for f in source.figures if f.sentence == figure.sentence and f is not figure]
    opening = source.text[: min(_OPENING, figure.sentence.start)]
    head = f"{source.title}\u3000{hit.passage.heading}\u3000{opening}"
    around = Around(scopes.own, scopes.part, scopes.lead, scopes.near, _squeezed(head))
    others = [Rival(rival, governed(source.text, rival)) for rival in rivals]
    return {
        **_coverage(terms, scopes),
        "far_phrase": float(any(_is_far(phrase, scopes) for phrase in question.phrases)),
        **_theft(terms, source.text, figure, rivals, scopes),
        **_shape(question, terms, source.text, figure, scopes),
        **unit_fit(question, figure.quantity),
        **statistic_fit(question, source.text, figure),
        **role_fit(question, source.text, figure),
        "another_subject": float(is_another_s(question, figure, rivals)),
        **ownership(question, terms, figure, others, around),
        **_told(question, figure, rivals),
        **occasion_fit(question, figure, text=source.text, day=source.article.day),
        **_retrieved(hit),
    }


def governed(text: str, figure: Figure) -> str:
    """The reach without the number itself, its item of a 分别 list before it."""
    quantity = figure.quantity
    before, after = text[figure.reach.start : quantity.start], text[quantity.end : figure.reach.end]
    if not figure.series:
        return f"{before}\u3000{after}"
    return f"{figure.subject}\u3000{before.rpartition('分别')[2]}\u3000{after}"


def _scopes(source: Evidence, hit: Hit, figure: Figure) -> _Scopes:
    text = source.text
    own = governed(text, figure)
    lead, part = _parted(text[figure.sentence.start : figure.reach.start])
    if figure.series:
        part = part.split("、")[0]
    if figure.inherited:
        own = f"{figure.measure}\u3000{own}"
    paragraph = text.rfind("\n", 0, figure.sentence.start) + 1
    near = text[max(paragraph, figure.sentence.start - _NEAR) : figure.sentence.start]
    if _LEANS.match(text, figure.sentence.start):
        lead = f"{near}\u3000{lead}"
    head = f"{source.title}\u3000{source.article.source}\u3000{hit.passage.heading}\u3000{text[:_OPENING]}"
    tail = text[figure.reach.end : figure.sentence.end]
    return _Scopes._make((*map(_squeezed, (own, part, lead, tail, near, head)), source.squeezed))


def _parted(lead: str) -> tuple[str, str]:
    """What stands before a figure in its sentence, cut at the last semicolon: a part may have its own subject."""
    cut = max(lead.rfind("；"), lead.rfind(";")) + 1
    return lead[:cut], lead[cut:]


def _squeezed(text: str) -> str:
    """The text without spaces: some papers set them beside Latin letters and digits, some do not."""
    return text.replace(" ", "")


_BY_NAME = 5
"""Scopes up to `near`: where a name must stand to be the figure's own, without the help of the title."""


def _coverage(terms: Sequence[Weighted], scopes: _Scopes) -> dict[str, float]:
    """Share of the question's weight first met in each scope, going outwards, and what is met nowhere."""
    total = sum(t.weight for t in terms) or 1.0
    met = [(term, [_said(term, scope) for scope in scopes]) for term in terms]
    gained = dict.fromkeys(_Scopes._fields, 0.0)
    for term, found in met:
        best = 0.0
        for name, here in zip(_Scopes._fields, found, strict=True):
            gained[name] += term.weight * max(0.0, here - best)
            best = max(best, here)
    out = {f"cover_{name}": value / total for name, value in gained.items()}
    out["cover_sentence"] = out["cover_own"] + out["cover_part"] + out["cover_lead"] + out["cover_tail"]
    out["miss_all"] = max(0.0, 1 - sum(gained.values()) / total)
    return {**out, **_missing(met)}


def _said(term: Weighted, scope: str) -> float:
    """How far a scope speaks of a term; a name in quotation marks (“科创贷”) is abbreviated by nothing."""
    if term.name and term.coined:
        return float(term.text in scope)
    return presence(term.text, scope)


def _missing(met: Sequence[tuple[Weighted, list[float]]]) -> dict[str, float]:
    """The worst gap among the terms: in the whole article (miss), or near the figure (far), by kind of term."""
    gone = [(term, 1 - max(found)) for term, found in met]
    far = [(term, 1 - max(found[:-1])) for term, found in met]
    here = [t.rarity for t, found in met if max(found[: _BY_NAME - 1]) >= _SAID]
    rarest = max(met, key=lambda item: item[0].rarity, default=None)
    by_name = [(term, 1 - max(found[:_BY_NAME])) for term, found in met if term.name]
    return {
        "rare_met": max(here, default=0.0),
        "rarest_far": 1 - max(rarest[1][:_BY_NAME]) if rarest else 0.0,
        "miss_max": max((gap * t.weight for t, gap in gone), default=0.0),
        "miss_name": max((gap for t, gap in gone if t.name), default=0.0),
        "miss_place": max((gap for t, gap in gone if t.place), default=0.0),
        "miss_noun": max((gap * t.weight for t, gap in gone if t.noun), default=0.0),
        "miss_head": max((gap * t.weight for t, gap in gone if t.noun and t.head), default=0.0),
        "far_name": max((gap * t.weight for t, gap in by_name), default=0.0),
        "far_noun": max((gap * t.weight for t, gap in far if t.noun), default=0.0),
        "far_coined": max((gap for t, gap in far if t.coined), default=0.0),
    }


_HALF, _SAID = 0.5, 0.9
"""Presence below which a word is hardly there, and from which it is: itself or a synonym."""


def _theft(
    terms: Sequence[Weighted], text: str, figure: Figure, rivals: Sequence[Figure], scopes: _Scopes
) -> dict[str, float]:
    """Weight of the terms that another figure of the sentence governs more closely than this one."""
    total = sum(t.weight for t in terms) or 1.0
    before = after = nouns = measure = 0.0
    own = {t.text: presence(t.text, scopes.own) for t in terms}
    best_rival = 0.0
    measured = [t for t in terms if t.noun and not t.name and not t.place]
    giver = next((r for r in rivals if figure.inherited and r.measure == figure.measure), None)
    counts_instead = giver is not None and giver.quantity.kind is not Kind.COUNT
    for rival in rivals:
        reach = governed(text, rival)
        theirs = {t.text: presence(t.text, reach) for t in terms}
        gain = sum(t.weight * max(0.0, theirs[t.text] - own[t.text]) for t in terms) / total
        best_rival = max(best_rival, sum(t.weight * theirs[t.text] for t in terms) / total)
        taken = sum(t.weight * max(0.0, theirs[t.text] - own[t.text]) for t in measured) / total
        nouns = max(nouns, taken)
        if counts_instead and rival.quantity.kind is Kind.COUNT:
            gone = [t for t in measured if own[t.text] < _HALF and presence(t.text, rival.measure) >= _SAID]
            measure = max(measure, max((t.weight for t in gone), default=0.0))
        if rival.quantity.start < figure.quantity.start:
            before = max(before, gain)
        else:
            after = max(after, gain)
    mine = sum(t.weight * own[t.text] for t in terms) / total
    return {
        "stolen_before": before,
        "stolen_after": after,
        "stolen_nouns": nouns,
        "stolen_measure": measure,
        "lead_over_rivals": mine - best_rival,
    }


_BESIDE = 40
"""Characters within which a figure of the asker's own qualifies another."""


def _told(question: Question, figure: Figure, rivals: Sequence[Figure]) -> dict[str, float]:
    """How near the asker's own figures (连续31天的最高气温) stand, and whether a rival is of a later time."""
    gaps = []
    for own in question.quantities:
        said = [r for r in rivals if (r.quantity.value, r.quantity.unit) == (own.value, own.unit)]
        gaps.append(min((abs(figure.quantity.start - r.quantity.end) for r in said), default=_BESIDE))
    near = sum(1 - min(gap, _BESIDE) / _BESIDE for gap in gaps) / (len(gaps) or 1)
    same = [r for r in rivals if r.quantity.unit == figure.quantity.unit and r.as_of and figure.as_of]
    later = any(r.as_of.hi > figure.as_of.hi for r in same if r.as_of and figure.as_of)
    return {
        "told_near": near,
        "told_same": float(near > _HALF),
        "told_missing": float(bool(gaps)) * (1 - near),
        "is_older": float(later and not question.periods),
    }


def _is_far(phrase: str, scopes: _Scopes) -> bool:
    """Whether the article says the phrase, but nowhere near the figure."""
    return phrase in scopes.whole and not any(phrase in scope for scope in scopes[:-1])


def _heads(terms: Sequence[Weighted], text: str) -> float:
    """Weighted presence of the head terms; 1 if the question has none."""
    heads = [t for t in terms if t.head]
    total = sum(t.weight for t in heads)
    return sum(t.weight * presence(t.text, text) for t in heads) / total if total else 1.0


def _shape(
    question: Question, terms: Sequence[Weighted], text: str, figure: Figure, scopes: _Scopes
) -> dict[str, float]:
    """How the reach itself looks beside the question."""
    asked = "".join(t.text for t in question.terms)
    pairs = {asked[i : i + 2] for i in range(len(asked) - 1)}
    own = "".join(_HAN.findall(scopes.own))
    own_pairs = {own[i : i + 2] for i in range(len(own) - 1)}
    shared = len(pairs & own_pairs)
    near = text[max(figure.reach.start, figure.quantity.start - 8) : figure.quantity.start]
    if figure.inherited:
        near = figure.measure[-8:] + near
    right = text[figure.quantity.end : min(figure.reach.end, figure.quantity.end + 8)]
    close = max((presence(t.text, near + "\u3000" + right) * t.weight for t in question.terms), default=0.0)
    return {
        "pairs_of_question": shared / (len(pairs) or 1),
        "pairs_of_own": shared / (len(own_pairs) or 1),
        "close": close,
        "own_length": min(len(own), 40) / 40,
        "head_own": _heads(terms, scopes.own),
        "head_close": _heads(terms, near + "\u3000" + right),
        "head_nowhere": 1 - _heads(terms, "".join(scopes[:-1])),
        "measure_asked": _asked(figure.measure, question.text),
        "subject_asked": float(bool(figure.subject) and figure.subject in question.text),
    }


_CORE = 0.9
"""What the last two characters of a measure (科技成果 → 成果) count beside 1 for the last four."""


def _asked(measure: str, question: str) -> float:
    """How far a question names the end of a measure, which says what it is."""
    if len(measure) <= 1:
        return 0.0
    return max(presence(measure[-4:], question), _CORE * presence(measure[-2:], question))


def _retrieved(hit: Hit) -> dict[str, float]:
    return {
        "hit_rank": 1 / hit.rank,
        "hit_near": 1 / sqrt(hit.rank),
        "hit_dense": max(0.0, ((hit.dense or 0.75) - 0.75) * 4),
        "has_dense": float(hit.dense is not None),
    }
