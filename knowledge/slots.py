"""Which words of a question another word takes the place of: 科创贷 that of 科创投, 上海 that of 成都."""

import re
from collections.abc import Iterator

from knowledge.frame import Atom, Frame
from knowledge.schema import Span

_LINK = re.compile(r"[及和与、“”\"·《》「」]*|以及")
_OPEN = 1.0
"""How much less likely than the best a slot may be, in points of `_fit`, and still be tried."""

_LEAST = 0.5


def fitted(text: str, words: tuple[Atom, ...], frame: Frame, *, only_alike: bool) -> tuple[str, ...]:
    """The question with what a text names in the place it fits, likeliest first.

    Args:
        text: What is named (科创贷, 深圳的人口), folded.
        words: Its content words.
        frame: The question.
        only_alike: True to take nothing that shows no likeness to what it would replace.
    """
    first, rest = words[0], words[1:]
    places = [a for a in frame.atoms if a.kind == "place"]
    if first.kind == "place" and places and rest and not _is_part(text, frame):
        moved = _put(frame, Span(places[0].start, places[0].end), first.text)
        left = text[rest[0].start :]
        if left in frame.text:
            return (moved,)
        shift = len(moved) - len(frame.text)
        slots = [(s, Span(p.start + (shift if p.start > places[0].start else 0), p.end + (shift if p.start > places[0].start else 0))) for s, p in _ranked(left, rest, frame) if p.start != places[0].start]
        return tuple(_filled(moved, span, left, frame, shift) for _, span in slots[:2])
    ranked = _ranked(text, words, frame)
    if not ranked or (only_alike and ranked[0][0] < 2):
        return _new_measure(text, words, frame)
    best = ranked[0][0]
    return tuple(_filled(frame.text, span, text, frame, 0) for score, span in ranked if score >= max(_LEAST, best - _OPEN)) or _new_measure(text, words, frame)


def _new_measure(text: str, words: tuple[Atom, ...], frame: Frame) -> tuple[str, ...]:
    """A measure that the question had no slot for."""
    return (f"{frame.subject}{text}是多少",) if words[-1].kind == "measure" and frame.subject else ()


def _is_part(text: str, frame: Frame) -> bool:
    """Whether a text ends as some name of the question does (美国队, 中国队)."""
    return False


def _put(frame: Frame, span: Span, text: str) -> str:
    return frame.text[: span.start] + text + frame.text[span.end :]


def _filled(whole: str, span: Span, text: str, frame: Frame, shift: int) -> str:
    """The question with the text in the span, and without a unit that counted what stood there."""
    old = whole[span.start : span.end]
    start, end = frame.ask.start + shift, frame.ask.end + shift
    near = span.end == start or span.start == end
    if near and frame.question.unit and _suffix(old, text) == 0:
        asks = re.sub(r"((?:多少|几)).*", "多少", whole[start:end])
        return whole[: span.start] + text + asks + whole[end:] if span.end == start else whole[:start] + asks + text + whole[span.end :]
    return whole[: span.start] + text + whole[span.end :]


def _ranked(text: str, words: tuple[Atom, ...], frame: Frame) -> list[tuple[float, Span]]:
    """The slots by how well the text fits, best first; of those that overlap only the best."""
    scored = sorted(((_fit(text, words, run, frame), Span(run[0].start, run[-1].end)) for run in _runs(frame)), key=lambda item: -item[0])
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
    new, had = words[-1].kind, run[-1].kind
    score = 2.0 if new == had else -2.0
    if {new, had} == {"noun", "name"}:
        score = 1.0
    if new == "verb" and had == "noun" or new == "noun" and had == "verb":
        score = -0.5
    if new == had == "place":
        score = 4.0
    score += 1.5 * min(_suffix(old, text), 3) + 1.0 * min(_prefix(old, text), 2)
    score -= 0.3 * abs(len(old) - len(text))
    if words[0].kind != "place" and run[0].kind == "place":
        score -= 1.0
    if _cuts(run, frame):
        score -= 3.0
    if run[0].start < len(frame.subject):
        score += 0.2
    return score - 0.5 * sum(a.kind == "verb" for a in run[:-1])


def _cuts(run: tuple[Atom, ...], frame: Frame) -> bool:
    """Whether the run leaves over a part of what is linked by 和 or 、."""
    return re.search(r"[及和与、]$", frame.text[: run[0].start]) is not None or re.match(r"[及和与、]", frame.text[run[-1].end :]) is not None


def _suffix(one: str, other: str) -> int:
    n = 0
    while n < min(len(one), len(other)) and one[-1 - n] == other[-1 - n]:
        n += 1
    return n


def _prefix(one: str, other: str) -> int:
    return _suffix(one[::-1], other[::-1])
