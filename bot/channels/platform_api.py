"""The HTTP interface of WeChat and WeCom: requests that bear an access token, which is fetched, kept and renewed.

| the platform says | what is done |
|---|---|
| the token is no good (40001, 42001 …) | a new one, and the request once more |
| busy (-1), turned away (502, 503, 504), not reached | again, up to three times, a little later each time |
| nothing in time | `LostError`: it may have been done, and is not asked for again |
| any other code | `ApiError` |

Neither token nor secret is ever logged or part of an error: both stand in addresses, so no address is told.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from knowledge.errors import BackendError, SettingError

TIMEOUT = 10.0
"""Seconds for one request."""

TRIES = 3

MARGIN_SECONDS = 300.0
"""A token is renewed that long before it ends."""

BUSY = -1
STALE = frozenset({40001, 40014, 42001})
"""Codes that say the token is none, or no more."""

_UNREACHABLE = {"wechat": "wechat_unreachable", "wecom": "wecom_unreachable"}
_TURNED_AWAY = frozenset({502, 503, 504})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

Json = dict[str, Any]


class ApiError(Exception):
    """The platform refuses.

    Attributes:
        code: Its `errcode`.
    """

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"{code}: {said}")
        self.code = code


class LostError(Exception):
    """It may have been done, or not."""


class NotDoneError(Exception):
    """It certainly has not been done."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose access tokens are asked for, and where.

    Attributes:
        name: Of the platform, as errors tell it: wechat or wecom.
        base_url: Of its interface.
        path: Where tokens are given.
        method: How to ask.
        fields: What to show.
        forced: Added to the fields for a new token though the last one has not ended.
    """

    name: str
    base_url: str
    path: str
    method: str
    fields: Mapping[str, str] = field(repr=False)
    forced: Mapping[str, bool] = field(default_factory=dict)


def incomplete(name: str) -> SettingError:
    """A setting is missing beside others that make no sense without."""
    message = f"{name}: missing beside the other settings of its kind; set it, or remove those"
    return SettingError(message, item=name, code="channel_incomplete")


def first_address(said: str) -> str:
    """The network address in what a platform says; empty if there is none.

    >>> first_address("invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist")
    '203.0.113.7'
    """
    found = re.search(r"\d{1,3}(?:\.\d{1,3}){3}", said)
    return found[0] if found else ""


class Api:
    """Makes requests in an account's name.  To be used in one event loop."""

    def __init__(
        self,
        account: Account,
        *,
        client: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = monotonic,
        pause: float = 1.0,
    ) -> None:
        """Set up; nothing is sent yet.

        Args:
            account: Whose.
            client: Makes the requests; by default one of our own, let go of by `close`.
            clock: Seconds; since when does not matter.
            pause: Seconds before another try, at most; twice as many the next time.
        """
        self._account = account
        self._client = client or httpx.AsyncClient(timeout=TIMEOUT)
        self._clock = clock
        self._pause = pause
        self._renewing = asyncio.Lock()
        self._token = ""
        self._good_until = 0.0

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def token(self) -> str:
        """An access token; however many ask at once, one is fetched.

        Raises:
            ApiError: The account is none, or may not ask from here.
            BackendError: The platform can't be reached.
        """
        return await self._fresh("")

    async def call(
        self, path: str, body: Json | None = None, *, query: Mapping[str, str] | None = None
    ) -> Json:
        """What a request brings: a POST of `body`, or a GET without.

        Args:
            path: What is asked for.
            body: What is sent.
            query: What the address says beside the token.

        Raises:
            ApiError: The platform refuses.
            LostError: It may have been done.
            BackendError: The platform can't be reached.
        """
        token, more = await self._fresh(""), query or {}
        try:
            return await self._tried(path, {"access_token": token, **more}, body)
        except ApiError as problem:
            if problem.code not in STALE:
                raise
        token = await self._fresh(token)
        return await self._tried(path, {"access_token": token, **more}, body)

    async def _fresh(self, refused: str) -> str:
        """A token that is not the refused one."""
        async with self._renewing:
            if self._token in {"", refused} or self._clock() >= self._good_until:
                await self._renew(refused)
            return self._token

    async def _renew(self, refused: str) -> None:
        given = await self._asked({})
        if given[0] == refused and self._account.forced:
            given = await self._asked(self._account.forced)
        token, seconds = given
        self._token = token
        self._good_until = self._clock() + max(seconds - MARGIN_SECONDS, seconds / 2)

    async def _asked(self, more: Mapping[str, bool]) -> tuple[str, float]:
        """A token and its seconds."""
        account, fields = self._account, {**self._account.fields, **more}
        try:
            if account.method == "GET":
                told = await self._tried(
                    account.path, {key: str(value) for key, value in fields.items()}, None
                )
            else:
                told = await self._tried(account.path, {}, fields)
        except LostError as problem:
            raise self._unreachable() from problem  # asking for a token changes nothing
        token, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int | float):
            raise self._unreachable()
        return token, float(seconds)

    async def _tried(self, path: str, query: Mapping[str, str], body: Json | None) -> Json:
        tries = AsyncRetrying(
            retry=retry_if_exception_type(NotDoneError),
            stop=stop_after_attempt(TRIES),
            wait=wait_random_exponential(multiplier=self._pause, max=4 * self._pause),
            reraise=True,
        )
        try:
            async for attempt in tries:
                with attempt:
                    return await self._once(path, query, body)
        except NotDoneError as problem:
            raise self._unreachable() from problem
        raise AssertionError("unreachable")

    async def _once(self, path: str, query: Mapping[str, str], body: Json | None) -> Json:
        url = self._account.base_url.rstrip("/") + path
        method = "GET" if body is None else "POST"
        # Escapes like \u4ebf would be shown to users as they are.
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        try:
            response = await self._client.request(
                method, url, params=dict(query), content=content, headers={"Content-Type": "application/json"}
            )
        except httpx.HTTPError as problem:
            failed = (NotDoneError if isinstance(problem, _NEVER_SENT) else LostError)(type(problem).__name__)
        else:
            if response.status_code in _TURNED_AWAY:
                raise NotDoneError(str(response.status_code))
            return _told(response)
        raise failed  # not above: theirs, which holds the address, would go along as its context

    def _unreachable(self) -> BackendError:
        name, where = self._account.name, self._account.base_url
        message = f"{where}: {name} can't be reached; check network and address"
        return BackendError(message, item=where, code=_UNREACHABLE[name])


def _told(response: httpx.Response) -> Json:
    """The object that a response holds.

    Raises:
        ApiError: It tells of a refusal.
        NotDoneError: The platform is busy.
        LostError: It holds none.
    """
    try:
        told = response.json()
    except (ValueError, RecursionError):
        told = None
    # The platforms refuse with 200 and a code; another status is that of somebody on the way.
    if not isinstance(told, dict) or not (response.is_success or "errcode" in told):
        raise LostError(f"status {response.status_code}, no object")
    code = told.get("errcode", 0)
    if code == BUSY:
        raise NotDoneError("busy")
    if code != 0:
        raise ApiError(code if isinstance(code, int) else BUSY, str(told.get("errmsg", ""))[:200])
    return told
