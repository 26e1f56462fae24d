"""What every request passes: whose name it calls us by, how many it is, who sends it, how large it is.

Whoever is turned away gets a status, a code and a short sentence, and leaves nothing behind but a count.
"""

import re
import time
from collections.abc import Callable, Mapping
from hmac import compare_digest
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.web.refusals import Refusal, is_for_programs
from bot.channels.web.sessions import SESSION, is_signed
from bot.channels.web.website import Site

MAX_BODY_BYTES = 1024 * 1024
"""JSON and forms: a draft of 20,000 characters, percent-encoded, is 180 kB."""

MAX_UPLOAD_BYTES = 20 * 1024 * 1024
"""A file to be checked: as large as a chat hands one over."""

UPLOADS = "/check"
LOGIN = "/login"
STATIC = "/static/"
PROBES = frozenset({"/healthz", "/readyz"})
"""Asked for by machines that know us by address and have no token; they say next to nothing."""

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[^\[\]:]+))(?::[0-9]{1,5})?")

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with it, a browser sends `Origin: null` along with our own forms, and over plain http
    # nothing else tells them from a foreign site's.  To other sites this one tells as little.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class SecurityHeaders:
    """Middleware: headers that keep a browser from being turned against us; a response's own go before."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_static = scope["path"].startswith(STATIC)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ())]
                has = {name.lower() for name, _ in headers}
                for name, value in _HEADERS.items():
                    is_wanted = not (is_static and name == "Cache-Control")
                    if is_wanted and name.lower().encode() not in has:
                        headers.append((name.lower().encode(), value.encode()))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, sent)


class Guarding:
    """Middleware: lets a request in or turns it away."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        site: Site,
        webhooks: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Set up.

        Args:
            app: What it stands before.
            site: Its names, its token, its guard.
            webhooks: Paths that guard themselves, by secrets of their own.
            clock: Seconds since 1970.
        """
        self._app = app
        self._site = site
        self._webhooks = webhooks
        self._clock = clock
        self._hosts = frozenset(name.lower().strip("[]") for name in site.hosts)
        self._own = site.public_url.rstrip("/").lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request, or turns it away."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        most = MAX_UPLOAD_BYTES if _is_upload(scope, headers) else MAX_BODY_BYTES
        refusal = self._refusal(scope, headers) or _length(headers, most)
        if refusal is None:
            await self._app(scope, self._capped(scope, receive, most), send)
            return
        self._count(scope, refusal.code)
        await _answer(scope, refusal)(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        path: str = scope["path"]
        # A platform's call shows by itself whose it is, whatever name a proxy has it call us by.
        if path not in PROBES and path not in self._webhooks:
            if refusal := self._misnamed(headers):
                return refusal
            if seconds := self._site.reception.guard.admit_address(address_of(scope)):
                return Refusal(429, "too_fast", headers={"Retry-After": str(seconds)})
            if not self._is_open(path) and not self._has_shown_token(scope, headers):
                return Refusal(401, "unsigned", headers={"WWW-Authenticate": 'Bearer realm="wenshu"'})
        if scope["method"] not in _SAFE_METHODS and self._is_foreign(headers):
            return Refusal(403, "foreign_origin")
        return None

    def _misnamed(self, headers: Headers) -> Refusal | None:
        """A page of another site may have its own name lead to our address; then the request bears that name."""
        given = headers.getlist("host")
        if len(given) != 1 or not given[0].strip():
            return Refusal(400, "bad_host")
        host = given[0].strip().lower()
        if self._hosts and _name(host) not in self._hosts:
            return Refusal(421, "foreign_host")
        return None

    def _is_open(self, path: str) -> bool:
        return self._site.token is None or path == LOGIN or path.startswith(STATIC)

    def _has_shown_token(self, scope: Scope, headers: Headers) -> bool:
        token = self._site.token or ""
        given = headers.getlist("authorization")
        if given:
            scheme, _, shown = given[0].partition(" ")
            # Header values arrive as Latin-1, whatever they are.
            is_right = compare_digest(shown.strip().encode("latin-1"), token.encode())
            return len(given) == 1 and scheme.lower() == "bearer" and is_right
        session = HTTPConnection(scope).cookies.get(SESSION, "")
        return is_signed(session, token, now=self._clock())

    def _is_foreign(self, headers: Headers) -> bool:
        """Whether a page of another site makes the browser send this."""
        fetched = headers.get("sec-fetch-site")
        if fetched is not None:
            return fetched not in {"same-origin", "none"}
        origin = headers.get("origin")
        if origin is None:
            return False  # no browser of the last ten years
        host = headers.get("host", "").strip().lower()
        # What ends the TLS of a site that has it stands before us, so the scheme we are called by says nothing.
        return origin.lower() not in {f"http://{host}", f"https://{host}", self._own or None}

    def _capped(self, scope: Scope, receive: Receive, most: int) -> Receive:
        """Reads a body up to a size, whatever length it claims."""
        n_read = 0

        async def read() -> Message:
            nonlocal n_read
            message = await receive()
            n_read += len(message.get("body", b""))
            if n_read > most:
                self._count(scope, "too_large")
                raise HTTPException(413, headers={"Connection": "close"})
            return message

        return read

    def _count(self, scope: Scope, why: str) -> None:
        channel = "api" if is_for_programs(scope["path"]) else "web"
        self._site.reception.metrics.refused.labels(channel, why).inc()


def address_of(scope: Scope) -> str:
    """The network address that a request counts for: of IPv6 the network, whose every host is one customer's."""
    client = scope.get("client")
    name = client[0] if client else "?"
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return str(name)
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False).network_address)


def _is_upload(scope: Scope, headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return scope["path"] == UPLOADS and kind == "multipart/form-data"


def _length(headers: Headers, most: int) -> Refusal | None:
    for claimed in headers.getlist("content-length"):
        if not (claimed.isascii() and claimed.isdigit()):
            return Refusal(400, "bad_length")
        if len(claimed.lstrip("0")) > len(str(most)) or int(claimed) > most:
            return Refusal(413, "too_large", headers={"Connection": "close"})
    return None


def _name(host: str) -> str:
    r"""A host without its port, and of an IPv6 address without its brackets.

    >>> _name("localhost:8080"), _name("[::1]:8080"), _name("[::1]"), _name("localhost:x")
    ('localhost', '::1', '::1', 'localhost:x')
    """
    found = _HOST.fullmatch(host)
    return host if found is None else found["v6"] or found["name"]


def _answer(scope: Scope, refusal: Refusal) -> Response:
    path: str = scope["path"]
    if refusal.code != "unsigned" or is_for_programs(path):
        return refusal.response(path)
    if scope["method"] not in {"GET", "HEAD"}:
        return RedirectResponse(LOGIN, 303)
    onward = quote(path, safe="/", errors="replace")
    if scope["query_string"]:
        onward += "?" + quote(scope["query_string"], safe="=&%+,:;@/")
    # Within this site whatever the path is: two slashes in front would lead to another.
    return RedirectResponse(f"{LOGIN}?next={quote('/' + onward.lstrip('/'), safe='')}", 303)
