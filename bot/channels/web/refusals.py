"""The answer to a request that is not served: a status, a stable code and a sentence, and nothing more."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.channels.web import words
from knowledge.errors import ArticleError, UsageError, WenshuError

RETRY_SECONDS = "10"
"""When to come back if too many wait or a part is out of order."""

_FOR_PROGRAMS = frozenset({"/api", "/openapi.json", "/metrics"})

_FIELDS = {
    "empty_question": "question",
    "question_too_long": "question",
    "empty_draft": "text",
    "draft_too_long": "text",
    "empty_source": "sources",
    "bad_day": "published",
}
"""The field of a request that an error of the engine is about, by the error's code."""


def is_for_programs(path: str) -> bool:
    """Whether what asks for a path reads JSON rather than a page."""
    return path in _FOR_PROGRAMS or path.startswith("/api/")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not served.

    Attributes:
        status: HTTP status.
        code: Stable name of the reason.
        message: The sentence, if it is not the code's own.
        field: Which field of the request is wrong, if one is.
        headers: Sent with it.
    """

    status: int
    code: str
    message: str = ""
    field: str = ""
    headers: Mapping[str, str] | None = None

    def response(self, path: str) -> Response:
        """The answer to a request for a path: JSON for a program, a line of text for anybody else."""
        said = self.message or words.REFUSED[self.code]
        if not is_for_programs(path):
            return PlainTextResponse(said + "\n", self.status, self.headers)
        error = {"code": self.code, "message": said} | ({"field": self.field} if self.field else {})
        return JSONResponse({"error": error}, self.status, self.headers)


CROWDED = Refusal(503, "crowded", headers={"Retry-After": RETRY_SECONDS})
UNAVAILABLE = Refusal(503, "unavailable", headers={"Retry-After": RETRY_SECONDS})
UNFORESEEN = Refusal(500, "unforeseen")

_CODES = {404: "not_found", 405: "wrong_method", 413: "too_large"}


def of_status(status: int, headers: Mapping[str, str] | None = None) -> Refusal:
    """Why a request is not served, where a status says it all."""
    return Refusal(status, _CODES.get(status, "bad_request"), headers=headers)


def of_error(problem: WenshuError) -> Refusal:
    """Why a request is not served that ended in one of our errors.

    What the caller can mend is told; what only this machine's keeper can is not, for it names files.
    """
    if not isinstance(problem, UsageError | ArticleError):
        return UNAVAILABLE
    from bot import mending

    message = words.USAGE.get(problem.code) or mending.error(problem)
    status = 404 if problem.code == "no_article" else 400
    return Refusal(status, problem.code or "bad_request", message, _FIELDS.get(problem.code, ""))
