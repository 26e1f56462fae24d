"""What the API is sent, and what it makes of a request that is not that."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from starlette.requests import Request

from bot.channels.web import words
from bot.channels.web.refusals import Refusal
from knowledge.verdict import Source

Model = TypeVar("Model", bound=BaseModel)

MAX_QUESTION = 2_000
MAX_DRAFT = 20_000
"""Code points; the engine sets the same limits."""

Conversation = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Day = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    Field(json_schema_extra={"format": "date"}),
]
Words = Annotated[str, StringConstraints(min_length=1)]


class RefusedError(Exception):
    """A request is not served."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class _Body(BaseModel):
    """Of the types it names and no others; unknown keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class AskBody(_Body):
    """A question."""

    question: Annotated[Words, Field(max_length=MAX_QUESTION, examples=["科创投累计投资多少"])]


class ChatBody(_Body):
    """A message of a conversation."""

    conversation: Annotated[Conversation, Field(examples=["a1"])]
    text: Annotated[Words, Field(max_length=2 * MAX_DRAFT, examples=["那科创贷呢？"])]


class PressBody(_Body):
    """A button of a reply."""

    conversation: Conversation
    order: Annotated[str, Field(max_length=64, examples=["/context 12 1"])]


class SourceBody(_Body):
    """A text that a draft is checked against."""

    text: Words
    title: str | None = None
    published: Day | None = None


def _as_object(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


class CheckBody(_Body):
    """A draft, and the texts it is checked against if it is not the articles."""

    text: Annotated[Words, Field(max_length=MAX_DRAFT, examples=["截至2021年底，科创投累计投资23.62亿元。"])]
    sources: (
        Annotated[
            list[Annotated[SourceBody, BeforeValidator(_as_object, json_schema_input_type=str | SourceBody)]],
            Field(max_length=100),
        ]
        | None
    ) = None
    published: Day | None = None

    def given(self) -> tuple[Source, ...] | None:
        """The texts to check against; None for the articles."""
        if self.sources is None:
            return None
        return tuple(Source(each.title or "", each.text, each.published or "") for each in self.sources)


class FeedbackBody(_Body):
    """What is said of an answer."""

    answer: Annotated[int, Field(ge=1, le=2**63 - 1)]
    useful: bool
    said: Annotated[str, Field(max_length=2_000)] = ""
    conversation: Conversation | None = None


class ArticlesQuery(BaseModel):
    """Which articles to list."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    # SQLite ends a pattern at a NUL, and would find every article.
    q: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    offset: Annotated[int, Field(ge=0, le=10**9)] = 0


async def body_of(request: Request, model: type[Model]) -> Model:
    """The body of a request.

    Raises:
        RefusedError: It is no JSON, or not that of the model.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(Refusal(415, "not_json"))
    content = await request.body()
    try:
        return model.model_validate_json(content)
    except ValidationError as problem:
        raise RefusedError(_invalid(problem)) from None  # its message quotes what was sent


def query_of(request: Request, model: type[Model]) -> Model:
    """The parameters of a request; of one given twice, the last.

    Raises:
        RefusedError: One is not as the model has it.
    """
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as problem:
        raise RefusedError(_invalid(problem)) from None


def _invalid(problem: ValidationError) -> Refusal:
    """The first thing that is wrong, by the field's name; never what was sent."""
    wrong = problem.errors(include_url=False, include_input=False)[0]
    if wrong["type"] == "json_invalid":
        return Refusal(400, "bad_json")
    field = ".".join(map(str, wrong["loc"]))
    if not field:
        return Refusal(400, "invalid", words.NOT_AN_OBJECT)
    return Refusal(400, "invalid", words.invalid(field, wrong["type"], wrong.get("ctx", {})), field)
