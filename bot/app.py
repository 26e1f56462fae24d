"""The web application: pages, API and probes behind one guard."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.web import api, openapi, pages, probes, problem_pages, refusals, sessions
from bot.channels.web.bodies import RefusedError
from bot.channels.web.guarding import Guarding, SecurityHeaders
from bot.channels.web.refusals import Refusal, is_for_programs
from bot.channels.web.sessions import Visitors, is_secure
from bot.channels.web.website import Site
from bot.desk import CrowdedError
from bot.reception import trace
from knowledge.errors import WenshuError

__all__ = ["ProblemPages", "make_app", "whole_app"]

_log = logging.getLogger(__name__)

Page = Callable[[Request, Exception], Response]


@dataclass(frozen=True, slots=True)
class ProblemPages:
    """The pages for requests that end without the one asked for; programs get JSON instead.

    Attributes:
        refused: The request can't be served as it is: 404, 405, 413 …
        mended: One of our errors, which names its mend.
        failed: What nobody foresaw.
    """

    refused: Page
    mended: Page
    failed: Page


def whole_app(site: Site, *, webhooks: Sequence[Route] = ()) -> Starlette:
    """Everything of a site: pages, API, probes, and the webhooks of chats."""
    seen = pages.routes(site, speaker_of=sessions.speaker_of, sign_in=sessions.sign_in(site))
    instead = ProblemPages(problem_pages.refused, problem_pages.mended, problem_pages.failed)
    return make_app(site, seen=seen, webhooks=webhooks, problem_pages=instead)


def make_app(
    site: Site,
    *,
    seen: Sequence[BaseRoute] = (),
    webhooks: Sequence[Route] = (),
    problem_pages: ProblemPages | None = None,
) -> Starlette:
    """The application of a site.

    Args:
        site: What it stands on.
        seen: The pages.
        webhooks: Where chat platforms bring their messages; each asks for a secret of its own.
        problem_pages: What a browser is shown if there is no page to show; None for a line of text.
    """
    problems = _Problems(problem_pages)
    app = Starlette(
        routes=[*probes.routes(site), *api.routes(site), *openapi.routes(), *webhooks, *seen],
        middleware=[  # the first is the outermost
            Middleware(SecurityHeaders),
            Middleware(_Apologizing, failed=problems.unforeseen),
            Middleware(Guarding, site=site, webhooks=frozenset(route.path for route in webhooks)),
            Middleware(Visitors, secure=is_secure(site)),
        ],
        exception_handlers={
            HTTPException: problems.status,
            RefusedError: problems.refused,
            CrowdedError: problems.crowded,
            WenshuError: problems.error,
        },
    )
    # A redirect tells a program nothing, and it would repeat whatever name we are called by.
    app.router.redirect_slashes = False
    return app


@dataclass(frozen=True, slots=True)
class _Problems:
    """What is answered when a route does not answer."""

    pages: ProblemPages | None

    async def status(self, request: Request, problem: Exception) -> Response:
        assert isinstance(problem, HTTPException)  # noqa: S101 -- what it is registered for
        if self.pages is not None and not is_for_programs(request.scope["path"]):
            return self.pages.refused(request, problem)
        return _told(request, refusals.of_status(problem.status_code, problem.headers))

    async def refused(self, request: Request, problem: Exception) -> Response:
        assert isinstance(problem, RefusedError)  # noqa: S101 -- likewise
        return _told(request, problem.refusal)

    async def crowded(self, request: Request, _: Exception) -> Response:
        return _told(request, refusals.CROWDED)

    async def error(self, request: Request, problem: Exception) -> Response:
        assert isinstance(problem, WenshuError)  # noqa: S101 -- likewise
        refusal = refusals.of_error(problem)
        if refusal is refusals.UNAVAILABLE:
            _log.error("%s: %s", type(problem).__name__, problem)
        if self.pages is not None and not is_for_programs(request.scope["path"]):
            # The mend of what only this machine's keeper can mend names files; a visitor gets an apology.
            told = RuntimeError(refusal.code) if refusal is refusals.UNAVAILABLE else problem
            return self.pages.mended(request, told)
        return _told(request, refusal)

    def unforeseen(self, request: Request, problem: Exception) -> Response:
        if self.pages is not None and not is_for_programs(request.scope["path"]):
            return self.pages.failed(request, problem)
        return _told(request, refusals.UNFORESEEN)


def _told(request: Request, refusal: Refusal) -> Response:
    return refusal.response(request.scope["path"])


class _Apologizing:
    """Middleware: what nobody foresaw is logged, without the words of the request, and ends in an apology."""

    def __init__(self, app: ASGIApp, *, failed: Page) -> None:
        self._app = app
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def sent(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except ClientDisconnect:
            _log.debug("gone before the request was read")
        except Exception as problem:
            _log.error("%s\n%s", type(problem).__name__, trace(problem))
            if has_begun:
                raise  # the server cuts the connection, so that half an answer is not taken for a whole one
            await self._failed(Request(scope), problem)(scope, receive, send)
