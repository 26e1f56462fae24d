"""Which words of a question another word takes the place of: 科创贷 that of 科创投, 上海 that of 成都."""

import re
from collections.abc import Iterator

from knowledge.frame import TIMELIKE, Atom, Frame, framed
from knowledge.schema import Span
from knowledge.terms import Tokenize

_LINK = re.compile(r"[及和与、“”\"·《》「」]*|以及")
_OPEN = 1.0
"""How much less likely than the best a slot may be, in points of `_fit`, and still be tried."""

_LEAST = 0.5
"""Points below which a text fits no slot."""

_ALIKE = 3.0
"""Points from which a bare word (科创贷) is taken for a follow-up."""


def fitted(said: Frame, frame: Frame, *, only_alike: bool, tokenize: Tokenize) -> tuple[str, ...]:
    """The question with what a text names in the place it fits, likeliest first.

    Args:
        said: What is named (科创贷, 深圳的人口).
        frame: The question.
        only_alike: True to take nothing that shows no likeness to what it would replace.
        tokenize: Word segmentation with part-of-speech tags.
    """
    text, words = said.text, said.atoms
    if _asks_who(frame) and _ROLE.fullmatch(text):
        return (f"{frame.subject}的{text}是谁",)
    if TIMELIKE.fullmatch(text) and not any(a.kind == "time" for a in frame.atoms):
        return () if frame.question.periods else (text + frame.text,)
    if text.startswith("占"):
        return (f"{frame.topic}{text}是多少",)
    places = [a for a in frame.atoms if a.kind == "place"]
    if words[0].kind == "place" and len(words) > 1 and places and text not in frame.text:
        told = text[words[1].start :]
        place = next((p for p in places if frame.text.startswith(told, p.end)), places[0])
        moved = framed(frame.text[: place.start] + words[0].text + frame.text[place.end :], tokenize=tokenize)
        left = framed(told, tokenize=tokenize)
        return (moved.text,) if left.text in moved.text else _placed(left, moved, only_alike=only_alike)
    return _placed(said, frame, only_alike=only_alike)


_ROLE = re.compile(r"[一-鿿]{1,4}(?:方|者|人|单位|机构|部门|公司|负责人)")


def _asks_who(frame: Frame) -> bool:
    return re.search(r"谁|哪", frame.text[frame.ask.start : frame.ask.end]) is not None


def _placed(said: Frame, frame: Frame, *, only_alike: bool) -> tuple[str, ...]:
    ranked = _ranked(said.text, said.atoms, frame)
    best = ranked[0][0] if ranked else 0.0
    if best < (_ALIKE if only_alike else _LEAST):
        return () if only_alike else _new_measure(said.text, said.atoms, frame)
    return tuple(_filled(frame, span, said) for score, span in ranked if score >= max(_LEAST, best - _OPEN))


def _new_measure(text: str, words: tuple[Atom, ...], frame: Frame) -> tuple[str, ...]:
    """A measure that the question had no slot for."""
    return (
        (f"{frame.subject}{frame.per}{text}是多少",) if words[-1].kind == "measure" and frame.subject else ()
    )


def _filled(frame: Frame, span: Span, said: Frame) -> str:
    """The question with the text in the span, and without a unit that counted what stood there."""
    whole, ask, text = frame.text, frame.ask, said.text
    near = span.end == ask.start or span.start == ask.end
    kind = said.atoms[-1].kind
    shared = _suffix(whole[span.start : span.end], text)
    alike = kind in {"verb", "place"} or shared > (kind == "measure" and text[-1] != "额")
    if not near or not frame.question.unit or alike:
        return whole[: span.start] + text + whole[span.end :]
    asks = re.sub(r"(多少|几).*", "多少", whole[ask.start : ask.end])
    if span.end == ask.start:
        return whole[: span.start] + text + asks + whole[ask.end :]
    return whole[: ask.start] + asks + text + whole[span.end :]


def _ranked(text: str, words: tuple[Atom, ...], frame: Frame) -> list[tuple[float, Span]]:
    """The slots by how well the text fits, best first; of those that overlap only the best."""
    scored = sorted(
        ((_fit(text, words, run, frame), Span(run[0].start, run[-1].end)) for run in _runs(frame)),
        key=lambda item: -item[0],
    )
    chosen: list[tuple[float, Span]] = []
    for score, span in scored:
        if not any(span.start < other.end and other.start < span.end for _, other in chosen):
            chosen.append((score, span))
    return chosen


def _runs(frame: Frame) -> Iterator[tuple[Atom, ...]]:
    """Every run of neighbouring content words."""
    for i, first in enumerate(frame.atoms):
        run = [first]
        yield (first,)
        for atom in frame.atoms[i + 1 :]:
            if not _LINK.fullmatch(frame.text, run[-1].end, atom.start):
                break
            run.append(atom)
            yield tuple(run)


def _fit(text: str, words: tuple[Atom, ...], run: tuple[Atom, ...], frame: Frame) -> float:
    """How well a text stands for a run of words: likeness of kind, ending and beginning, and of length."""
    old = frame.text[run[0].start : run[-1].end]
    like = 1.5 * min(_suffix(old, text), 3) + min(_prefix(old, text), 2)
    score = _KINDS.get((_sort(words), _sort(run)), -2.0) + like - 0.3 * abs(len(old) - len(text))
    if run[0].kind == "place" and words[0].kind != "place" and words[0].kind != "name":
        score -= 1.0
    if _cuts(run, frame):
        score -= 3.0
    if not like and _sort(words) != "place":
        score += 1.0 if _is_bounded(run, frame) else -1.5
        score -= 2.0 * (_sort(words) == "noun" and {"noun", "name"} <= {atom.kind for atom in run})
    if run[0].kind == "mode" != words[0].kind:
        score -= 1.0
    if run[0].start < frame.n_kept:
        score += 0.2
    if run[0].start >= frame.ask.end and run[0].kind == "verb":
        score += 1.0
    return score - 0.5 * sum(a.kind == "verb" for a in run[:-1])


_KINDS = {
    **{(kind, kind): 2.0 for kind in ("noun", "name", "verb", "measure", "mode", "time")},
    ("place", "place"): 4.0,
    ("noun", "name"): 1.0,
    ("name", "noun"): 1.0,
    ("verb", "noun"): -0.5,
    ("noun", "verb"): -0.5,
}
"""How well what is named stands for a slot, by their sorts."""


def _sort(run: tuple[Atom, ...]) -> str:
    """What a run of words is as a whole: a verb beside a noun is part of a name."""
    kinds = [atom.kind for atom in run]
    if kinds[-1] != "verb":
        return "noun" if kinds[-1] == "adjective" else kinds[-1]
    return next((kind for kind in reversed(kinds) if kind in {"name", "noun"}), "verb")


_SEPARATE = {"place", "time", "measure", "verb", "mode"}
"""Kinds that stand apart from the name or thing beside them."""


def _is_bounded(run: tuple[Atom, ...], frame: Frame) -> bool:
    """Whether a run is all of a name or thing, not a part of it."""
    at = [i for i, atom in enumerate(frame.atoms) if atom in run]
    before = frame.atoms[at[0] - 1] if at[0] else None
    after = frame.atoms[at[-1] + 1] if at[-1] + 1 < len(frame.atoms) else None
    return not (
        (before and _belongs(before, run[0], frame))
        or (after and _belongs(after, run[-1], frame, behind=True))
    )


def _belongs(other: Atom, edge: Atom, frame: Frame, *, behind: bool = False) -> bool:
    gap = frame.text[edge.end : other.start] if behind else frame.text[other.end : edge.start]
    if not _LINK.fullmatch(gap):
        return False
    if edge.kind == "verb":
        return behind and other.kind in {"noun", "name"}
    return other.kind == edge.kind if edge.kind in _SEPARATE else other.kind not in _SEPARATE


def _cuts(run: tuple[Atom, ...], frame: Frame) -> bool:
    """Whether the run leaves over a part of what is linked by 和 or 、."""
    return (
        re.search(r"[及和与、]$", frame.text[: run[0].start]) is not None
        or re.match(r"[及和与、]", frame.text[run[-1].end :]) is not None
    )


def _suffix(one: str, other: str) -> int:
    n = 0
    while n < min(len(one), len(other)) and one[-1 - n] == other[-1 - n]:
        n += 1
    return n


def _prefix(one: str, other: str) -> int:
    return _suffix(one[::-1], other[::-1])
