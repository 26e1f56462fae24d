"""What an app answers when a page can't be made."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot import mending
from bot.channels.web import look, words_of_pages
from knowledge.errors import WenshuError

_RETRY_SECONDS = 10
"""When to come back."""


def refused(request: Request, problem: Exception) -> Response:
    """The page for a request that can't be served as it is: 404, 405, 413 and so on."""
    status = problem.status_code if isinstance(problem, HTTPException) else 400
    headers = problem.headers if isinstance(problem, HTTPException) else None
    told = words_of_pages.NO_SUCH_PAGE if status == 404 else words_of_pages.NOT_UNDERSTOOD  # noqa: PLR2004
    return look.render(request, "problem.html", status, headers, told=told)


def mended(request: Request, problem: Exception) -> Response:
    """The page for an error that names its mend: an index out of order, a full disk."""
    told = mending.error(problem) if isinstance(problem, WenshuError) else words_of_pages.APOLOGY
    return look.render(request, "problem.html", 503, {"Retry-After": str(_RETRY_SECONDS)}, told=told)


def failed(request: Request, _: Exception) -> Response:
    """The page for what nobody foresaw."""
    return look.render(request, "problem.html", 500, told=words_of_pages.APOLOGY)
