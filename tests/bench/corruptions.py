"""Sentences with one thing wrong: what the metamorphic tests and `bench_check.py` hold the check against."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from knowledge.linking import link
from knowledge.schema import Figure, Modifier, Quantity, Span

Corrupted = tuple[str, int, int]
"""A text and the span of its figure, changed or not."""


class Subject(NamedTuple):
    """A sentence with a figure to corrupt.

    Attributes:
        text: The sentence.
        figure: One of its figures, offsets in `text`.
        others: The other figures of the sentence.
    """

    text: str
    figure: Figure
    others: tuple[Figure, ...]

    @property
    def quantity(self) -> Quantity:
        return self.figure.quantity


def subjects(text: str, anchor: date | None) -> list[Subject]:
    """Every figure of a folded text in its sentence, offsets counted from the sentence's start."""
    figures = link(text, anchor=anchor)
    found = []
    for figure in figures:
        start, end = figure.sentence
        inside = [_moved(f, start) for f in figures if f.sentence == figure.sentence]
        own = inside[[f.quantity.start for f in inside].index(figure.quantity.start - start)]
        found.append(Subject(text[start:end], own, tuple(f for f in inside if f is not own)))
    return found


def _moved(figure: Figure, by: int) -> Figure:
    def moved(span: Span) -> Span:
        return Span(span.start - by, span.end - by)

    quantity, as_of = figure.quantity, figure.as_of
    return replace(
        figure,
        quantity=replace(quantity, start=quantity.start - by, end=quantity.end - by),
        as_of=as_of and replace(as_of, start=as_of.start - by, end=as_of.end - by),
        sentence=moved(figure.sentence),
        clause=moved(figure.clause),
        reach=moved(figure.reach),
    )


def corruptions(subject: Subject, rng: random.Random) -> Iterator[tuple[str, Corrupted]]:
    """Every corruption that the sentence allows, by kind."""
    for kind, corrupt in KINDS.items():
        changed = corrupt(subject, rng)
        if changed is not None and changed[0] != subject.text:
            yield kind, changed


def _with(subject: Subject, surface: str) -> Corrupted:
    q = subject.quantity
    return subject.text[: q.start] + surface + subject.text[q.end :], q.start, q.start + len(surface)


def _digit(subject: Subject, rng: random.Random) -> Corrupted | None:
    """Another first or second digit: a typing slip that rounding does not explain."""
    surface = subject.quantity.surface
    digits = [m.start() for m in re.finditer(r"\d", surface)][:2]
    if not digits or "/" in surface or "分之" in surface:
        return None
    at = rng.choice(digits)
    other = rng.choice([d for d in "123456789" if abs(int(d) - int(surface[at])) > 1])
    return _with(subject, surface[:at] + other + surface[at + 1 :])


def _transposed(subject: Subject, _: random.Random) -> Corrupted | None:
    surface = subject.quantity.surface
    pairs = [m for m in re.finditer(r"(?=(\d)(\d))", surface) if m[1] != m[2] and m[2] != "0"]
    if not pairs:
        return None
    at = pairs[0].start()
    return _with(subject, surface[:at] + surface[at + 1] + surface[at] + surface[at + 2 :])


def _decimal(subject: Subject, _: random.Random) -> Corrupted | None:
    surface = subject.quantity.surface
    shifted = re.sub(r"(\d)\.(\d)", r"\1\2.", surface, count=1)
    if shifted == surface:
        shifted = re.sub(r"(\d+)", r"\g<1>0", surface, count=1)
    return _with(subject, re.sub(r"\.(?!\d)", "", shifted))


def _wan_yi(subject: Subject, _: random.Random) -> Corrupted | None:
    surface = subject.quantity.surface
    found = re.search(r"(?<=\d)[万亿](?!亿)", surface)
    if not found:
        return None
    return _with(
        subject, surface[: found.start()] + ("亿" if found[0] == "万" else "万") + surface[found.end() :]
    )


_OTHER_UNITS = {
    "%": "个百分点",
    "个百分点": "%",
    "元": "美元",
    "美元": "元",
    "公里": "米",
    "吨": "公斤",
    "小时": "分钟",
    "平方公里": "平方米",
}


def _unit(subject: Subject, _: random.Random) -> Corrupted | None:
    surface = subject.quantity.surface
    for unit, other in _OTHER_UNITS.items():
        if re.search(rf"[\d万亿]{unit}$", surface):
            return _with(subject, surface.removesuffix(unit) + other)
    return None


_TURNS = (
    ("增长", "下降"),
    ("上升", "下降"),
    ("上涨", "下跌"),
    ("提高", "降低"),
    ("增加", "减少"),
    ("新增", "减少"),
)


def _direction(subject: Subject, _: random.Random) -> Corrupted | None:
    if subject.figure.direction is None:
        return None
    start, at = subject.figure.reach.start, subject.quantity.start
    reach = subject.text[start:at]
    for pair in _TURNS:
        for one, other in (pair, pair[::-1]):
            found = reach.rfind(one)
            if found >= 0:
                text = subject.text[: start + found] + other + subject.text[start + found + len(one) :]
                shift = len(other) - len(one)
                return text, subject.quantity.start + shift, subject.quantity.end + shift
    return None


def _swapped(subject: Subject, _: random.Random) -> Corrupted | None:
    """The number of another item of the sentence, in the same unit."""
    own = subject.quantity
    for other in subject.others:
        q = other.quantity
        differs = q.value != own.value and other.measure != subject.figure.measure
        alike = q.unit == own.unit and q.kind is own.kind and not q.surface.startswith("一")
        if alike and differs and not _near(own, q):
            return _with(subject, q.surface)
    return None


def _near(one: Quantity, other: Quantity) -> bool:
    low, high = sorted([abs(one.value), abs(other.value)])
    return bool(high) and low / high > 0.9


def _modifier(subject: Subject, _: random.Random) -> Corrupted | None:
    surface = subject.quantity.surface
    turned = {
        Modifier.ABOUT_BELOW: ("近", "超"),
        Modifier.OVER: ("超", "不足"),
        Modifier.BELOW: ("不足", "超"),
    }.get(subject.quantity.modifier)
    if turned is None:
        return None
    one, other = turned
    core = re.sub(r"超过|突破|逾", "超", surface)
    return _with(subject, core.replace(one, other, 1)) if re.match(rf"{one}\d", core) else None


def _period(subject: Subject, _: random.Random) -> Corrupted | None:
    """Another year for what the figure is told of; the span is that of the year and all up to the figure."""
    as_of = subject.figure.as_of
    if as_of is None or not (0 <= as_of.start < as_of.end <= subject.quantity.start):
        return None
    year = re.search(r"(?:19|20)\d\d(?=年)", subject.text[as_of.start : as_of.end])
    if year is None or subject.text[as_of.start : as_of.end].count("年") > 1:
        return None
    at = as_of.start + year.start()
    text = subject.text[:at] + str(int(year[0]) - 1) + subject.text[at + 4 :]
    return text, as_of.start, subject.quantity.end


KINDS: dict[str, Callable[[Subject, random.Random], Corrupted | None]] = {
    "digit": _digit,
    "transposed": _transposed,
    "decimal": _decimal,
    "wan_yi": _wan_yi,
    "unit": _unit,
    "direction": _direction,
    "subject": _swapped,
    "modifier": _modifier,
    "period": _period,
}
