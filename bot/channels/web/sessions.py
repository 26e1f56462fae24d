"""Who a browser is: a visitor, told apart by a random cookie; one who has shown the token, by a signed one."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.web.website import Site
from bot.inbound import Speaker

VISITOR = "wenshu_visitor"
SESSION = "wenshu_session"

SESSION_SECONDS = 30 * 86_400
"""How long a browser need not show the token again."""

_VISITOR_SECONDS = 180 * 86_400
_KEY = "wenshu.visitor"
_NAME = re.compile(r"[0-9a-f]{32}")
_SIGNED = re.compile(r"([0-9]{1,12}\.[0-9a-f]{16})\.([0-9a-f]{64})")

# -- visitors


@dataclass(slots=True)
class _Visitor:
    """Whose request it is.

    Attributes:
        name: 128 random bits in hexadecimal.
        is_new: True if the browser does not know it yet.
        is_used: True if somebody asked for it.
    """

    name: str
    is_new: bool
    is_used: bool = False


class Visitors:
    """Middleware: names every browser, and tells it its name in the first response that made use of it."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        """Set up.

        Args:
            app: What it stands before.
            secure: True if the site is reached by https, and the cookie is to travel by nothing else.
        """
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        known = HTTPConnection(scope).cookies.get(VISITOR, "")
        is_new = _NAME.fullmatch(known) is None
        visitor = _Visitor(secrets.token_hex(16) if is_new else known, is_new)
        scope[_KEY] = visitor

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start" and visitor.is_new and visitor.is_used:
                cookie = Response()
                cookie.set_cookie(
                    VISITOR,
                    visitor.name,
                    max_age=_VISITOR_SECONDS,
                    httponly=True,
                    secure=self._secure,
                    samesite="lax",
                )
                told = [pair for pair in cookie.raw_headers if pair[0] == b"set-cookie"]
                message = {**message, "headers": [*message.get("headers", ()), *told]}
            await send(message)

        await self._app(scope, receive, named)


def speaker_of(request: Request) -> Speaker:
    """The visitor whose request it is."""
    visitor: _Visitor = request.scope[_KEY]
    visitor.is_used = True
    return Speaker("web", visitor.name, visitor.name)


# -- those who have shown the token


def sign(token: str, *, now: float) -> str:
    """A value that proves, until `SESSION_SECONDS` from now, that its holder has shown the token.

    It does not give the token away, and another token makes it worthless.
    """
    claim = f"{int(now) + SESSION_SECONDS}.{secrets.token_hex(8)}"
    return f"{claim}.{_seal(claim, token)}"


def is_signed(value: str, token: str, *, now: float) -> bool:
    """Whether `sign` made a value with this token, not too long ago."""
    found = _SIGNED.fullmatch(value)
    if found is None or not hmac.compare_digest(found[2], _seal(found[1], token)):
        return False
    return int(found[1].partition(".")[0]) > now


def _seal(claim: str, token: str) -> str:
    return hmac.new(token.encode(), b"wenshu session " + claim.encode(), hashlib.sha256).hexdigest()


def sign_in(site: Site, clock: Callable[[], float] = time.time) -> Callable[[Request, Response], None]:
    """What puts into a response that its receiver has shown the token."""

    def put(_: Request, response: Response) -> None:
        if site.token is not None:
            response.set_cookie(
                SESSION,
                sign(site.token, now=clock()),
                max_age=SESSION_SECONDS,
                httponly=True,
                secure=is_secure(site),
                samesite="strict",
            )

    return put


def is_secure(site: Site) -> bool:
    """Whether the site is reached by https."""
    return site.public_url.lower().startswith("https:")
