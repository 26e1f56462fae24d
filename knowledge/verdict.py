"""What comes of checking a draft: a verdict on everything in it that has a number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from knowledge.schema import Citation, Period, Quantity


class Label(StrEnum):
    """What the articles say of a claim."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    NOT_ENOUGH_INFO = "not_enough_info"


class Reason(StrEnum):
    """What decided a verdict."""

    NONE = ""
    """Supported as it stands, or nothing speaks of it."""

    VALUE = "value"
    UNIT = "unit"
    SUBJECT = "subject"
    MEASURE = "measure"
    STATISTIC = "statistic"
    DIRECTION = "direction"
    TIME = "time"
    MODIFIER = "modifier"
    """Refuted by another bound than the article's, or supported without the one that it has (4500万 for 近4500万)."""

    HEDGE = "hedge"
    """A target or forecast told as done."""

    OUTDATED = "outdated"
    """A later article states another number."""

    ROUNDED = "rounded"
    """Supported, to fewer digits than the article gives."""

    FINER = "finer"
    """More digits, or a tighter bound, than any article gives: not enough information."""


class Source(NamedTuple):
    """A text that a draft is checked against.

    Attributes:
        title: Headline; may be empty.
        text: What it says.
        published: ISO day it is of; empty for that of the draft.
    """

    title: str
    text: str
    published: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the articles say of one figure, date or numbered token of a draft.

    Attributes:
        start: Start in the draft as given.
        end: Half-open end.
        surface: `draft[start:end]`.
        label: Supported, refuted, or not enough information.
        reason: What decided.
        expected: What the article says instead (or, if supported, more exactly), in its words; else empty.
        quantity: The figure, or the ordinal, score or identifier; None for a date and for a token that is no number.
        period: The date or span of days; None for all else.
        citations: The sentences that decide, newest first; labels are unique in the whole draft.
    """

    start: int
    end: int
    surface: str
    label: Label
    reason: Reason = Reason.NONE
    expected: str = ""
    quantity: Quantity | None = None
    period: Period | None = None
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft and the verdicts on everything in it that has a number, in order.

    Attributes:
        text: The draft as given; offsets of the verdicts are code points of it.
        verdicts: One for every figure, date and numbered token; no two overlap.
        timings_ms: Milliseconds by stage.
    """

    text: str
    verdicts: tuple[Verdict, ...]
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    def count(self, label: Label) -> int:
        """How many verdicts have a label."""
        return sum(verdict.label is label for verdict in self.verdicts)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The citations of all verdicts, each once, by label."""
        by_label = {c.label: c for verdict in self.verdicts for c in verdict.citations}
        return tuple(by_label[label] for label in sorted(by_label))
