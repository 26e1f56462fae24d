"""What a draft claims: everything in it that has a number, with the words that say what the number is of."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from knowledge.chunking import sentences
from knowledge.drafts import cells_of, headings
from knowledge.features import beside, governed
from knowledge.figures import scan
from knowledge.likeness import margins
from knowledge.linking import link
from knowledge.schema import Figure, Kind, Period, Quantity, Span
from knowledge.terms import unit_after


class Form(StrEnum):
    """What sort of thing is claimed."""

    FIGURE = "figure"
    PERIOD = "period"
    TOKEN = "token"  # noqa: S105 -- no password
    """An ordinal, a score, an identifier, or a run of digits that is none of them."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure, date or numbered token of a draft, in its sentence.

    Attributes:
        form: Which of the three.
        start: Start in the legible draft.
        end: Half-open end.
        surface: What stands there.
        run: The words that govern a figure and no other.
        said: The words that say what it is of: its own run, and what opens the sentence if no figure comes before.
        around: What else its sentence and the one before say; a hint, no more.
        clause: The clause that it stands in, with its numbers.
        lead: What stands before that clause in its sentence.
        margins: What stands right before and right after it.
        heading: The cell over it, in a table.
        beside: The figures right before and after it in its sentence.
        figure: For a figure, linked.
        period: The date; for a figure the time it is told of, if any.
        quantity: For a figure or a token that is a quantity.
    """

    form: Form
    start: int
    end: int
    surface: str
    run: str
    said: str
    around: str
    clause: str
    lead: str
    margins: tuple[str, str]
    heading: str = ""
    beside: tuple[Quantity, ...] = ()
    figure: Figure | None = None
    period: Period | None = None
    quantity: Quantity | None = None

    @property
    def words(self) -> str:
        """All that is said about it: what the articles are searched for."""
        return f"{self.around}{self.said}{self.heading}"


MASK = "多少"
"""Stands in `Claim.said` where the number stood."""

_NUMERAL = r"\d〇零一二两三四五六七八九十"
_NUMBERED = re.compile(rf"[{_NUMERAL}]")
_HAN = re.compile(r"[一-鿿]")
_ENOUGH = 2
"""Characters that say something of a number; 五年来， alone says nothing."""

_IN_UNITS = re.compile(r"[(（]单位[:：][^)）]*[)）][:：]?|[:：]$")
"""What a table says of its numbers."""

_AMOUNTS_TO = re.compile(r"(?:[多高已仅共竟][达有]|只有|达到?|[为是])$")
"""Before a number: says nothing of it."""

_LOOSE = re.compile(r"[A-Za-z]*\d[\dA-Za-z]*(?:[.·\-/:][\dA-Za-z]+)*")
"""A run of digits and letters that the figure grammar leaves alone: COVID-19, 12345."""
_NOW = re.compile(r"目前|现在|如今|[迄至]今|[同当该此][年月日季期]|同期|当时|此前|近日|日前|近期")
_TOKENS = frozenset({Kind.ORDINAL, Kind.IDENTIFIER})


def claims(text: str, *, anchor: date | None = None) -> tuple[Claim, ...]:
    """Everything with a number in a draft, in order; no two overlap.

    Args:
        text: The draft, folded and legible (`legible`).
        anchor: The day that 今年 and 去年 are counted from.
    """
    draft = _Draft(text, anchor)
    return tuple(sorted(draft.claims(), key=lambda claim: claim.start))


_WINDOW = 160
"""Characters on either side within which words say what a number is of; a longer sentence is no sentence."""


def _near(run: Span, own: Span) -> Span:
    """What of a run lies near its number."""
    start = min(max(run.start, own.start - _WINDOW), run.end)
    return Span(start, max(min(run.end, own.end + _WINDOW), start))


_HEAD_UNIT = re.compile(r"[(（](?:单位[:：])?([^()（）]{1,6})[)）]")


def _in_unit_of(heading: str, quantity: Quantity) -> Quantity:
    """A bare number in the unit that the head of its column names: 签约金额（万元）."""
    named = _HEAD_UNIT.search(heading)
    unit = unit_after(named[1]) if named and quantity.kind is Kind.NUMBER and not quantity.unit else None
    if unit is None:
        return quantity
    factor = unit.value / _THREE
    high = None if quantity.high is None else quantity.high * factor
    return replace(quantity, value=quantity.value * factor, high=high, unit=unit.unit, kind=unit.kind)


_THREE = 3
"""What `unit_after` reads a unit behind."""

_LINE_NUMBER = re.compile(r"[(（]?\d{1,2}(?:[)）、]|[.．](?!\d))")


def _numbers_a_line(text: str, span: Span) -> bool:
    """Whether a number only numbers its line: 1）, (2), 3.."""
    start = text.rfind("\n", 0, span.start) + 1
    lead = text[start : span.start].strip(" \t\u3000#>*-(（")
    found = _LINE_NUMBER.match(text, span.start)
    return not lead and found is not None


class _Draft:
    """A draft with its sentences, figures and periods."""

    def __init__(self, text: str, anchor: date | None) -> None:
        self.text = text
        self.figures = [f for f in link(text, anchor=anchor) if f.quantity.kind not in _TOKENS]
        found = scan(text, anchor=anchor)
        self.tokens = [q for q in found.quantities if q.kind in _TOKENS]
        self.periods = found.periods
        self.sentences = list(sentences(text))
        self.taken = sorted(
            [(f.quantity.start, f.quantity.end) for f in self.figures]
            + [(q.start, q.end) for q in self.tokens]
            + [(p.start, p.end) for p in self.periods]
        )
        self.headings = dict(headings(text))

    def claims(self) -> Iterator[Claim]:
        for figure in self.figures:
            if not _numbers_a_line(self.text, Span(figure.quantity.start, figure.quantity.end)):
                yield self._of_figure(figure)
        for period in self.periods:
            if _NUMBERED.search(period.surface):
                yield self._of_span(Form.PERIOD, Span(period.start, period.end), period=period)
        for token in self.tokens:
            if not _numbers_a_line(self.text, Span(token.start, token.end)):
                yield self._of_span(Form.TOKEN, Span(token.start, token.end), quantity=token)
        for match in _LOOSE.finditer(self.text):
            span = Span(*match.span())
            if not (self._taken(span) or _numbers_a_line(self.text, span)):
                yield self._of_span(Form.TOKEN, span)

    def _taken(self, run: Span) -> list[tuple[int, int]]:
        """The figures, tokens and times that meet a run, in order."""
        first = bisect_right(self.taken, run.start, key=lambda span: span[1])
        last = bisect_left(self.taken, run.end, key=lambda span: span[0])
        return self.taken[first:last]

    def _of_figure(self, figure: Figure) -> Claim:
        quantity, sentence = figure.quantity, figure.sentence
        span = Span(quantity.start, quantity.end)
        start = self._said_from(figure)
        lead = f"{figure.subject}，" if figure.series else ""
        reach = _near(Span(start, figure.reach.end), span)
        if len(_HAN.findall(self._blanked(reach))) < _ENOUGH:
            reach = _near(sentence, span)
        said = self._row(span.start) + lead + self._masked(reach, span)
        around = self._blanked(_near(Span(self._before(sentence), start), span))
        return Claim(
            Form.FIGURE,
            *span,
            self.text[slice(*span)],
            governed(self.text, figure),
            said,
            around,
            self.text[slice(*_near(figure.clause, span))],
            self.text[slice(*_near(Span(sentence.start, figure.clause.start), span))],
            margins(self.text, span),
            self.headings.get(span.start, ""),
            beside=beside(self.figures, figure),
            figure=figure,
            period=self._time_of(figure),
            quantity=_in_unit_of(self.headings.get(span.start, ""), quantity),
        )

    def _time_of(self, figure: Figure) -> Period | None:
        """The time that the figure is told of, be it after it (23.26亿元，这是截至2021年底的数据); none for 目前."""
        after = (p for p in self.periods if figure.quantity.end <= p.start and p.end <= figure.sentence.end)
        told = figure.as_of if figure.as_of and figure.as_of.start >= figure.sentence.start else None
        found = told or next(after, None)
        if found is None or _NOW.search(found.surface):
            return None
        inside = figure.clause.start <= found.start < figure.clause.end
        return found if found.lasts or inside else None

    def _said_from(self, figure: Figure) -> int:
        """Where the words begin that say what a figure is of: its sentence, or its own run after another figure."""
        at = bisect_left(self.figures, figure.quantity.start, key=lambda f: f.quantity.start)
        before = self.figures[at - 1] if at else None
        if before is None or before.sentence != figure.sentence:
            return figure.sentence.start
        return before.reach.start if figure.inherited else figure.reach.start

    def _row(self, at: int) -> str:
        """The first cell of a table's row, with a comma."""
        line = self.text[self.text.rfind("\n", 0, at) + 1 : at]
        cells = [cell.strip() for cell in cells_of(line)] if at in self.headings else []
        first = next((cell for cell in cells[:-1] if cell), "")
        return f"{first}，" if first else ""

    def _of_span(
        self, form: Form, span: Span, *, period: Period | None = None, quantity: Quantity | None = None
    ) -> Claim:
        at = bisect_right(self.sentences, span.start, key=lambda s: s.start) - 1
        sentence = self.sentences[max(at, 0)]
        near = _near(sentence, span)
        said = f"{self._blanked(Span(near.start, span.start))}\u3000{self._blanked(Span(span.end, near.end))}"
        around = self._blanked(_near(Span(self._before(sentence), sentence.start), span))
        heading = self.headings.get(span.start, "")
        surface = self.text[slice(*span)]
        return Claim(
            form,
            *span,
            surface,
            "",
            said,
            around,
            self.text[slice(*near)],
            "",
            margins(self.text, span),
            heading,
            period=period,
            quantity=quantity,
        )

    def _masked(self, run: Span, own: Span) -> str:
        """The run with its own number masked and all others blanked."""
        before = _IN_UNITS.sub("", self._blanked(Span(run.start, own.start)))
        before = _AMOUNTS_TO.sub("", before)
        return before + MASK + self._blanked(Span(own.end, run.end))

    def _blanked(self, run: Span) -> str:
        """The run without its figures and times."""
        kept, at = [], run.start
        for start, end in self._taken(run):
            if run.start <= start and end <= run.end:
                kept.append(self.text[at:start])
                at = end
        return "\u3000".join([*kept, self.text[at : run.end]])

    def _before(self, sentence: Span) -> int:
        """Where the sentence before starts, in the same paragraph; else where this one does."""
        at = bisect_left(self.sentences, sentence.start, key=lambda s: s.start)
        before = self.sentences[at - 1] if at else None
        if before is None or "\n" in self.text[before.end - 1 : sentence.start]:
            return sentence.start
        return before.start
