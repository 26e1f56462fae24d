"""What the API answers, field by field: models from which its document is made; no answer passes through them.

`bot.jsonview` and `bot.channels.web.api` make the objects; the tests hold them against this.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.reply import ReplyStatus, Role
from knowledge.generation import Outcome
from knowledge.schema import Direction, Kind, Modifier, Status
from knowledge.verdict import Label, Reason

Number = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="十进制数，单位如原文")]
Milliseconds = dict[str, float]


class _Shape(BaseModel):
    """An object with these keys and no others."""

    model_config = ConfigDict(extra="forbid")


class Problem(_Shape):
    """Why there is no answer."""

    code: str
    message: str
    field: str = ""


class Error(_Shape):
    """An answer that is none."""

    error: Problem


class Days(_Shape):
    """A date or a span of days."""

    lo: str | None
    hi: str | None
    surface: str


class _Quantity(_Shape):
    value: Number
    high: Number | None
    unit: str
    kind: Kind


class _Figure(_Quantity):
    surface: str
    modifier: Modifier
    hedge: str
    measure: str
    subject: str
    statistic: str
    direction: Direction | None
    as_of: Days | None


class Figure(_Figure):
    """A figure of an answer."""

    citation: int | None


class LedgerFigure(_Figure):
    """A figure of an article; offsets count code points."""

    article_id: str
    start: int
    end: int
    sentence: str


class Citation(_Shape):
    """A quote and where it stands; offsets count code points of the article."""

    label: int
    article_id: str
    title: str
    source: str
    published: str | None
    url: str
    quote: str
    start: int
    end: int


class Said(_Shape):
    """A sentence of a language model, borne out by the citations it names."""

    text: str
    citations: list[int]


class Generated(_Shape):
    """What a language model had to do with an answer."""

    model: str
    outcome: Outcome
    statements: int
    removed: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    estimated: bool
    first_ms: float | None
    model_ms: float
    error: str


class Answer(_Shape):
    """What `wenshu ask --json` prints."""

    question: str
    status: Status
    text: str
    confidence: float
    figures: list[Figure]
    citations: list[Citation]
    candidates: list[Figure]
    alternatives: list[Figure]
    reason: str
    timings_ms: Milliseconds
    statements: list[Said]
    generation: Generated | None


class _Verdict(_Shape):
    surface: str
    start: int
    end: int
    unit: str
    verdict: Label
    expected: str
    reason: Reason
    citations: list[Citation]


class VerdictOnNumber(_Verdict):
    """A verdict on a number of a draft, or on a numbered token that is none."""

    value: Number | None
    high: Number | None
    kind: Kind


class VerdictOnDate(_Verdict):
    """A verdict on a date of a draft."""

    lo: str
    hi: str
    kind: Literal["date"]


class Checked(_Shape):
    """What `wenshu check --json` prints."""

    text: str
    figures: list[VerdictOnNumber | VerdictOnDate]
    supported: int
    refuted: int
    not_enough_info: int
    timings_ms: Milliseconds


class Run(_Shape):
    """A stretch of text of one weight."""

    text: str
    strong: bool


class Block(_Shape):
    """A paragraph of a reply; its labels are those of citations."""

    role: Role
    text: str
    runs: list[Run]
    labels: list[int]


class MarkedCitation(Citation):
    """A quote, with what in it to highlight."""

    marks: list[Annotated[list[int], Field(min_length=2, max_length=2)]]


class Button(_Shape):
    """Something to press: it leads to `url`, or its `order` goes to /api/press."""

    text: str
    url: str
    order: str


class Reply(_Shape):
    """A reply document; `number` is 0 for one that answers nothing."""

    number: int
    status: ReplyStatus
    text: str
    blocks: list[Block]
    citations: list[MarkedCitation]
    buttons: list[Button]


class Recorded(_Shape):
    """What was said is noted."""

    recorded: Literal[True]


class Head(_Shape):
    """An article without its text."""

    id: str
    title: str
    source: str
    published: str | None
    url: str


class Articles(_Shape):
    """Some of the articles, and how many there are in all."""

    total: int
    articles: list[Head]


class Article(Head):
    """An article."""

    text: str
    sha256: str


class Figures(_Shape):
    """What `wenshu figures --json` prints, as one list."""

    figures: list[LedgerFigure]


class Queue(_Shape):
    """How busy the desk is."""

    running: int
    waiting: int
