"""The data types that travel along the pipeline: frozen, slotted, tuples throughout, Decimal for figures.

`Article.text` is the one coordinate system: every `start` and `end` counts code points in it (or, where a
docstring says so, in the text that was passed in), half-open, so that `text[start:end]` is the surface.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Self

from knowledge.generation import Generation, Statement


class Kind(StrEnum):
    """What sort of number a quantity is; two quantities of different kinds never agree."""

    MONEY = "money"
    PERCENT = "percent"
    PERCENT_POINT = "percent_point"
    MULTIPLE = "multiple"
    COUNT = "count"
    MEASURE = "measure"
    RATIO = "ratio"
    ORDINAL = "ordinal"
    IDENTIFIER = "identifier"
    NUMBER = "number"
    """A bare number that states a value: 指数报3200.5."""


RATES = frozenset({Kind.PERCENT, Kind.PERCENT_POINT, Kind.MULTIPLE})
"""Kinds that a rate or a share can have."""


class Modifier(StrEnum):
    """How the text bounds the number it states."""

    EXACT = "exact"
    APPROX = "approx"
    ABOUT_BELOW = "about_below"
    BELOW = "below"
    OVER = "over"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Direction(StrEnum):
    """Which way a change goes."""

    UP = "up"
    DOWN = "down"


class Status(StrEnum):
    """Whether an answer was given."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"


class Span(NamedTuple):
    """A half-open run of code points."""

    start: int
    end: int


class Token(NamedTuple):
    """A word of a text.

    Attributes:
        text: The word, `source[start:end]`.
        start: Code points from the start of the source.
        end: Half-open end.
        tag: Part of speech in jieba's tag set (n, v, ns place, nr person, nt body, m numeral, x mark …).
    """

    text: str
    start: int
    end: int
    tag: str


@dataclass(frozen=True, slots=True)
class Article:
    """One article as read and canonicalised.

    Attributes:
        id: Stable name, unique in a home.
        title: Headline; empty if none is known.
        source: The paper or body it came from (文章来源); empty if unknown.
        published: ISO 8601 day or date-time as the file states it, or None if it doesn't.
        url: Where it can be read; empty if unknown.
        text: Paragraphs joined by a newline.  The coordinate system of all offsets.
        sha256: Hex digest over all the fields above and `tags`: equal digests, equal articles.
        tags: Keywords the file gives.
    """

    id: str
    title: str
    source: str
    published: str | None
    url: str
    text: str
    sha256: str
    tags: tuple[str, ...] = ()

    @property
    def day(self) -> date | None:
        """The calendar day of publication, or None if unknown."""
        return date.fromisoformat(self.published[:10]) if self.published else None


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: what the indexes hold.

    Attributes:
        id: `{article_id}#{start}-{end}`.
        article_id: The article it is cut from.
        start: Start in `Article.text`.
        end: Half-open end in `Article.text`.
        text: `article.text[start:end]`.
        n_tokens: Length of `text` in tokens.
        heading: The nearest heading above it; context for the indexes, not part of `text`.
    """

    id: str
    article_id: str
    start: int
    end: int
    text: str
    n_tokens: int
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that retrieval found.

    Attributes:
        passage: What was found.
        score: Fused score, higher is nearer; comparable within one search only.
        rank: 1 for the nearest.
        lexical: BM25 score, or None if the lexical index did not return it.
        dense: Cosine in [-1, 1], or None if the dense index did not return it.
    """

    passage: Passage
    score: float
    rank: int
    lexical: float | None = None
    dense: float | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, found in a text.

    Attributes:
        value: In `unit`; only 万 亿 千 百 as multipliers are folded (23.26亿元 → 2326000000 元).
        high: The upper end of a range, in the same unit, else None.
        unit: As written, classifier kept (元, 家, 人次, %, 百分点, 元/吨); empty for a bare number.
        kind: What sort of number it is.
        surface: `text[start:end]`, with the modifiers that touch it (近4500万元, 300余场, 20家以上).
        start: Start in the text that was scanned.
        end: Half-open end.
        modifier: How the number is bounded.
        hedge: The word that makes it no fact yet (预计, 力争, 目标 …), of a linked figure also its time if that was
            yet to come when the article was written; empty for a fact.
        digits: Significant digits as written (3.2万亿 → 2), for comparing rounded statements.
    """

    value: Decimal
    high: Decimal | None
    unit: str
    kind: Kind
    surface: str
    start: int
    end: int
    modifier: Modifier = Modifier.EXACT
    hedge: str = ""
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """A date or span of days found in a text.

    Attributes:
        lo: First day.
        hi: Last day, inclusive.
        surface: `text[start:end]`, with 截至 and the like if they touch it.
        start: Start in the text that was scanned.
        end: Half-open end.
        cutoff: True for 截至 (a state at `hi`, not a flow over the days); then `lo == hi`.
        resolved: False if the year was guessed from nothing (no anchor and no year in sight).
        told: True for a figure's day if that is when it was told (25日发布的报告), which need not be its time.
    """

    lo: date
    hi: date
    surface: str
    start: int
    end: int
    cutoff: bool = False
    resolved: bool = True
    told: bool = False

    @property
    def lasts(self) -> bool:
        """Whether it speaks for more than its own clause: a month or longer, or a state up to a day."""
        return self.cutoff or (self.hi - self.lo).days >= _MONTH


_MONTH = 27
"""Days from the first to the last of the shortest month."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity linked to what it measures.

    Attributes:
        quantity: The number.
        measure: What is counted or measured (累计投资金额).
        subject: Whose it is (科创投).
        statistic: 同比, 环比, 占比, 累计, 新增, 日均 …; empty for a plain amount.
        direction: Which way a change goes, or None.
        as_of: The time it holds for, or None if the text gives none.
        sentence: The sentence it stands in.
        clause: The clause it stands in.
        reach: The run of the clause that governs this figure and no other.
        series: True if `subject` is this figure's item of a 分别 list.
        inherited: True if `measure` is that of the figure before it in the sentence.
    """

    quantity: Quantity
    measure: str
    subject: str
    statistic: str
    direction: Direction | None
    as_of: Period | None
    sentence: Span
    clause: Span
    reach: Span
    series: bool = False
    inherited: bool = False

    @property
    def doubt(self) -> str:
        """The word that makes it no fact yet; empty if nothing but its time does."""
        timed = self.as_of is not None and self.quantity.hedge == self.as_of.surface
        return "" if timed else self.quantity.hedge


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote and where it stands.

    Attributes:
        label: 1 for the first citation of an answer.
        quote: `article.text[start:end]`: a sentence, at most two; beside an abstention a passage.
        start: Start in `Article.text`.
        end: Half-open end.
        marks: Spans in `Article.text` to highlight, within [start, end).
    """

    label: int
    article_id: str
    title: str
    source: str
    published: str | None
    url: str
    quote: str
    start: int
    end: int
    marks: tuple[Span, ...] = ()

    @classmethod
    def of(cls, article: Article, span: Span, *, label: int, marks: tuple[Span, ...] = ()) -> Self:
        """What stands at `span` of the article, as a citation."""
        return cls(
            label=label,
            article_id=article.id,
            title=article.title,
            source=article.source,
            published=article.published,
            url=article.url,
            quote=article.text[span.start : span.end],
            start=span.start,
            end=span.end,
            marks=marks,
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """A candidate figure with the evidence for it.

    Attributes:
        figure: What was found, offsets in `Article.text`.
        article_id: Where.
        probability: That it is what was asked, in [0, 1].
        citation: Label of its citation in the answer, 0 if it has none there.
        features: What the probability was computed from, by name.
    """

    figure: Figure
    article_id: str
    probability: float
    citation: int = 0
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question.

    Attributes:
        question: As asked.
        status: Answered or abstained.
        text: The answer in the article's own words; empty if abstained.
        figures: First the answer, then what belongs with it; each with its citation's label.
        citations: The sentences the figures (or the answer) stand in; if abstained, the nearest passages.
        confidence: Calibrated probability in [0, 1] that the answer is right.
        alternatives: What other articles state of the same thing, newest first, each with its citation's label.
        candidates: What came next.
        reason: A code that says why it abstained (no_passage, no_figure, unsure, other_time, other_entity,
            not_a_question, …); empty if answered.
        yes_no: For a yes/no question, the verdict; else None.
        timings_ms: Milliseconds by stage.
        hits: What retrieval found; for a figure in the order of what stands in them, else nearest first.
        statements: The answer in a language model's sentences, every one borne out by what it cites, the one that
            answers first; empty if the articles' own words answer.
        generation: What a language model had to do with it; None if none is configured or it was not asked.
    """

    question: str
    status: Status
    text: str = ""
    figures: tuple[Finding, ...] = ()
    citations: tuple[Citation, ...] = ()
    confidence: float = 0.0
    alternatives: tuple[Finding, ...] = ()
    candidates: tuple[Finding, ...] = ()
    reason: str = ""
    yes_no: bool | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()
    statements: tuple[Statement, ...] = ()
    generation: Generation | None = None
