"""WeChat's and WeCom's HTTP interfaces on this machine: they keep what arrives, and fail where they are told to."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from aiohttp import web

CORP_ID = "ww1234567890abcdef"
APP_ID = "wx1234567890abcdef"
SECRET = "secret-of-the-account"  # noqa: S105 -- made up
PATIENCE = 60
"""Seconds a test waits for a message."""

GETTOKEN = "/cgi-bin/gettoken"
STABLE_TOKEN = "/cgi-bin/stable_token"  # noqa: S105 -- a path
SEND = "/cgi-bin/message/send"
CUSTOM_SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"
AGENT_GET = "/cgi-bin/agent/get"
MENU_GET = "/cgi-bin/menu/get"
MENU_CREATE = "/cgi-bin/menu/create"
MENU_DELETE = "/cgi-bin/menu/delete"

MAX_BYTES = 2_048
"""Of the content of a message."""

_MINUTE = 60.0

Json = dict[str, Any]


@dataclass(frozen=True)
class Refuses:
    """An error code: -1 busy, 40001, 40014 and 42001 token, 45009 too often, 45015 window closed …"""

    code: int
    said: str = "refused"


@dataclass(frozen=True)
class Says:
    """An answer of its own, after what was asked for is done, or not."""

    told: Json | str
    is_done: bool = True


@dataclass(frozen=True)
class Status:
    """The page of something that stands before the server; nothing is done."""

    status: int = 502


@dataclass(frozen=True)
class Cuts:
    """The connection breaks, after what was asked for is done, or not."""

    is_done: bool = True


@dataclass(frozen=True)
class Stalls:
    """No answer until the server ends, after what was asked for is done, or not."""

    is_done: bool = True


Fault = Refuses | Says | Status | Cuts | Stalls


@dataclass(frozen=True)
class Call:
    """What arrived.

    Attributes:
        method: GET or POST.
        path: What was asked for.
        query: Names and values of the address.
        body: What came with it; None without.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Json | None


@dataclass
class Tencent:
    """A server of both platforms.

    Attributes:
        address: Where it listens.
        calls: All that arrived, faults included, in order.
        messages: Those that reached their user, in order.
        dropped: Those that were over a user's rate: answered with success, shown to nobody.
        typing: Who was shown that we are at work, and that we no longer are.
        gone: Users that no message reaches.
        per_minute: Messages that a user is shown a minute; None for all.
        clock: Seconds, for that.
        lasts: Seconds a token is said to last.
        name: What WeCom calls our app.
        menu: The buttons; None if there is no menu.
        judge: Says what goes wrong with a call, or None for nothing; asked before `fail`'s are.
        n_tokens: Answers that gave a token.
        most_at_once: Calls that were under way at the same time.
    """

    address: str = ""
    calls: list[Call] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)
    dropped: list[Json] = field(default_factory=list)
    typing: list[Json] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    per_minute: int | None = None
    clock: Callable[[], float] = monotonic
    lasts: int = 7_200
    name: str = "问数"
    menu: list[Json] | None = None
    judge: Callable[[Call], Fault | None] | None = None
    n_tokens: int = 0
    most_at_once: int = 0
    _faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    _shown: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _n_made: int = 0
    _token: str = ""
    _expired: set[str] = field(default_factory=set)
    _n_under_way: int = 0
    _more: asyncio.Event = field(default_factory=asyncio.Event)
    _ending: asyncio.Event = field(default_factory=asyncio.Event)

    # -- what a test tells it

    def fail(self, path: str, *faults: Fault) -> None:
        """What goes wrong with the next calls of a path, one a call; after that nothing does."""
        self._faults[path].extend(faults)

    def expire(self) -> None:
        """From now on the token that was given out last is no good; the next that is asked for is another."""
        self._expired.add(self._token)
        self._token = ""

    # -- what a test asks it

    def of(self, path: str) -> list[Call]:
        """What arrived for a path."""
        return [call for call in self.calls if call.path == path]

    def texts(self, user: str | None = None) -> list[str]:
        """What users were shown; or one user."""
        return [text_of(each) for each in self.messages if user is None or each["touser"] == user]

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until what arrived makes something true."""
        async with asyncio.timeout(PATIENCE):
            while not done():
                self._more.clear()
                await self._more.wait()

    async def until_sent(self, n: int) -> list[str]:
        """What users were shown, once that is as many messages."""
        await self.until(lambda: len(self.messages) >= n)
        return self.texts()

    # -- what it does

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    def end(self) -> None:
        """Let go of what is stalled."""
        self._ending.set()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        call = Call(request.method, request.path, dict(request.query), body)
        self._n_under_way += 1
        self.most_at_once = max(self.most_at_once, self._n_under_way)
        try:
            return await self._answered(request, call)
        finally:
            self._n_under_way -= 1
            self._more.set()

    async def _answered(self, request: web.Request, call: Call) -> web.StreamResponse:
        self.calls.append(call)
        fault = self._fault(call)
        is_done = fault is None or getattr(fault, "is_done", False)
        told = self._told(call) if is_done else {}
        self._more.set()
        if isinstance(fault, Refuses):
            return web.json_response({"errcode": fault.code, "errmsg": fault.said})
        if isinstance(fault, Status):
            return web.Response(status=fault.status, text="<html>Bad Gateway</html>")
        if isinstance(fault, Says):
            if isinstance(fault.told, str):
                return web.Response(text=fault.told)
            return web.json_response(fault.told)
        if isinstance(fault, Stalls):
            await self._ending.wait()
        if fault is not None and request.transport is not None:
            request.transport.abort()
        return web.json_response(told)

    def _fault(self, call: Call) -> Fault | None:
        fault = None if self.judge is None else self.judge(call)
        waiting = self._faults[call.path]
        return fault or (waiting.popleft() if waiting else None)

    def _told(self, call: Call) -> Json:
        if call.path == GETTOKEN:
            query = call.query
            return self._given(query.get("corpid") == CORP_ID, query.get("corpsecret") == SECRET)
        if call.path == STABLE_TOKEN:
            return self._given_stable(call.body or {})
        token = call.query.get("access_token", "")
        if token != self._token or not token:
            return refusal(42001 if token in self._expired else 40014)
        if call.path in {SEND, CUSTOM_SEND}:
            return self._sent(call.body or {}, is_wecom=call.path == SEND)
        if call.path == AGENT_GET:
            return done(agentid=int(call.query["agentid"]), name=self.name)
        if call.path == TYPING:
            self.typing.append(call.body or {})
            return done()
        return self._of_menu(call)

    # -- tokens

    def _given_stable(self, body: Json) -> Json:
        if body.get("grant_type") != "client_credential":
            return refusal(40002)
        if body.get("force_refresh") is True:
            self.expire()
        return self._given(body.get("appid") == APP_ID, body.get("secret") == SECRET)

    def _given(self, is_known: bool, is_right: bool) -> Json:  # noqa: FBT001 -- what was shown
        if not is_known:
            return refusal(40013)
        if not is_right:
            return refusal(40001)
        self.n_tokens += 1
        if not self._token:
            self._n_made += 1
            self._token = f"access-token-{self._n_made}"
        return done(access_token=self._token, expires_in=self.lasts)

    # -- messages

    def _sent(self, body: Json, *, is_wecom: bool) -> Json:
        content = text_of(body)
        if not content:
            return refusal(44004)
        if len(content.encode()) > MAX_BYTES:
            return refusal(45002)
        user = body.get("touser", "")
        if is_wecom and not isinstance(body.get("agentid"), int):
            return refusal(40056)
        if user in self.gone:
            return done(invaliduser=user, msgid="") if is_wecom else refusal(43004)
        (self.messages if self._shows(user) else self.dropped).append(body)
        return done(msgid=f"message-{len(self.messages)}")

    def _shows(self, user: str) -> bool:
        if self.per_minute is None:
            return True
        now, shown = self.clock(), self._shown[user]
        while shown and shown[0] <= now - _MINUTE:
            shown.popleft()
        if len(shown) >= self.per_minute:
            return False
        shown.append(now)
        return True

    # -- the menu

    def _of_menu(self, call: Call) -> Json:
        if call.path == MENU_CREATE:
            self.menu = (call.body or {})["button"]
            return done()
        if call.path == MENU_DELETE:
            self.menu = None
            return done()
        if call.path != MENU_GET:
            return refusal(40066)
        if self.menu is None:
            return refusal(46003)
        # WeChat's lie one level down, with no code beside them.
        return done(button=self.menu) if "agentid" in call.query else {"menu": {"button": self.menu}}


def done(**told: Any) -> Json:
    """An answer that tells of success."""
    return {"errcode": 0, "errmsg": "ok", **told}


def refusal(code: int) -> Json:
    """An answer that tells of none."""
    return {"errcode": code, "errmsg": f"refused, hint: [{code}]"}


def text_of(body: Json) -> str:
    """What a message says, whichever kind it is; empty if it is of none we send."""
    kind = body.get("msgtype", "")
    return str(body.get(kind, {}).get("content", "")) if kind in {"text", "markdown"} else ""


@asynccontextmanager
async def serving(**fields: Any) -> AsyncIterator[Tencent]:
    """A server on a port of its own while the block runs; `fields` as `Tencent` has them."""
    server = Tencent(**fields)
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.end()
        await runner.cleanup()
