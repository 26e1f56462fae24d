"""Requests that bear a token: fetched once for all, renewed in time, asked again only where that does no harm."""

import asyncio
import json
import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import logs
from bot.channels.platform_api import (
    BUSY,
    MARGIN_SECONDS,
    TRIES,
    Account,
    Api,
    ApiError,
    LostError,
    first_address,
    incomplete,
)
from knowledge.errors import BackendError, SettingError

SECRET = "s3cr3t-of-the-account"  # noqa: S105 -- made up
TOKEN = "t0k3n"  # noqa: S105 -- made up
SEND, TOKENS = "/cgi-bin/message/custom/send", "/cgi-bin/token-for-tests"
DONE = {"errcode": 0, "errmsg": "ok"}

WECHAT = Account(
    "wechat",
    "https://api.example",
    TOKENS,
    "POST",
    {"grant_type": "client_credential", "appid": "wx1", "secret": SECRET},
    {"force_refresh": True},
)
WECOM = Account("wecom", "https://qyapi.example/", TOKENS, "GET", {"corpid": "ww1", "corpsecret": SECRET})
ACCOUNTS = {"wechat": WECHAT, "wecom": WECOM}

of_each_account = pytest.mark.parametrize("account", ACCOUNTS.values(), ids=ACCOUNTS)

Answer = dict[str, Any] | int | bytes | type[httpx.HTTPError]
"""An object, a status, a body of something else, or what happens instead."""


@dataclass
class Platform:
    """Gives tokens, t0k3n1 first, and answers calls as told; then as it does when all is well.

    Attributes:
        calls: Answers to calls, next first.
        tokens: Answers to requests for tokens, next first.
        stable: Whether it gives the same token until it is made to give another.
        good: Tokens that it takes; the last that it gave.
        asked: Requests that came.
    """

    calls: list[Answer] = field(default_factory=list)
    tokens: list[Answer] = field(default_factory=list)
    stable: bool = False
    seconds: float = 7200
    code: int = 40001
    n_tokens: int = 0
    good: set[str] = field(default_factory=set)
    asked: list[httpx.Request] = field(default_factory=list)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        for _ in range(3):
            await asyncio.sleep(0)
        if request.url.path == TOKENS:
            return told(self.tokens.pop(0) if self.tokens else self._token(request), request)
        if self.calls:
            return told(self.calls.pop(0), request)
        if request.url.params["access_token"] not in self.good:
            return told({"errcode": self.code, "errmsg": "invalid credential"}, request)
        return told(DONE, request)

    def _token(self, request: httpx.Request) -> Answer:
        if not (self.stable and self.n_tokens) or b"force_refresh" in request.content:
            self.n_tokens += 1
            self.good = {f"{TOKEN}{self.n_tokens}"}
        return {"access_token": f"{TOKEN}{self.n_tokens}", "expires_in": self.seconds}

    def paths(self) -> dict[str, int]:
        """How often each path was asked for."""
        return dict(Counter(request.url.path for request in self.asked))


def told(answer: Answer, request: httpx.Request) -> httpx.Response:
    if isinstance(answer, int):
        return httpx.Response(answer, text=f"<html>{request.url}</html>")
    if isinstance(answer, bytes):
        return httpx.Response(200, content=answer)
    if isinstance(answer, type):
        # As bad as can be: the words of the library hold all there is to hide.
        raise answer(f"{request.url} {request.content!r}")
    return httpx.Response(200, json=answer)


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def an_api(platform: Platform, account: Account = WECHAT, clock: Callable[[], float] | None = None) -> Api:
    client = httpx.AsyncClient(transport=httpx.MockTransport(platform.handle))
    return Api(account, client=client, clock=clock or Clock(), pause=0)


@pytest.fixture(autouse=True)
def _as_in_service() -> Iterator[None]:
    """Libraries log as little as they may while we serve."""
    levels = {name: logging.getLogger(name).level for name in logs.NOISY}
    for name in levels:
        logging.getLogger(name).setLevel(logging.WARNING)
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


# -- asking


async def test_wechat_is_asked_for_a_token_by_post():
    platform = Platform()
    assert await an_api(platform).token() == f"{TOKEN}1"
    (request,) = platform.asked
    assert (request.method, str(request.url)) == ("POST", f"https://api.example{TOKENS}")
    assert json.loads(request.content) == {
        "grant_type": "client_credential",
        "appid": "wx1",
        "secret": SECRET,
    }


async def test_wecom_is_asked_for_a_token_by_get():
    platform = Platform()
    assert await an_api(platform, WECOM).token() == f"{TOKEN}1"
    (request,) = platform.asked
    assert (request.method, request.url.host, request.url.path) == ("GET", "qyapi.example", TOKENS)
    assert dict(request.url.params) == {"corpid": "ww1", "corpsecret": SECRET}
    assert request.content == b""


@of_each_account
async def test_a_call_bears_the_token_and_the_words_as_they_are(account: Account):
    platform = Platform()
    body = {"touser": "o1", "text": {"content": "23.26亿元 𠮷 \ud800 \"'"}}
    assert await an_api(platform, account).call(SEND, body) == DONE
    request = platform.asked[-1]
    assert (request.method, request.url.path, dict(request.url.params)) == (
        "POST",
        SEND,
        {"access_token": f"{TOKEN}1"},
    )
    assert "23.26亿元 𠮷 ?".encode() in request.content, "users are shown an escape as it is"
    assert json.loads(request.content)["text"]["content"] == "23.26亿元 𠮷 ? \"'"


async def test_a_call_without_a_body_is_a_get_and_brings_what_is_told():
    platform = Platform(calls=[{"ip_list": ["203.0.113.7"]}])
    assert await an_api(platform).call("/cgi-bin/get_api_domain_ip") == {"ip_list": ["203.0.113.7"]}
    assert (platform.asked[-1].method, platform.asked[-1].content) == ("GET", b"")


# -- tokens


@of_each_account
async def test_fifty_calls_at_once_fetch_one_token(account: Account):
    platform = Platform()
    api = an_api(platform, account)
    came = await asyncio.gather(*(api.call(SEND, {"n": n}) for n in range(50)))
    assert came == [DONE] * 50
    assert platform.paths() == {TOKENS: 1, SEND: 50}
    assert await api.token() == f"{TOKEN}1"
    assert platform.paths()[TOKENS] == 1


@of_each_account
@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_token_that_is_refused_to_many_at_once_is_renewed_once(account: Account, code: int):
    platform = Platform(code=code)
    api = an_api(platform, account)
    await api.token()
    platform.good.clear()
    came = await asyncio.gather(*(api.call(SEND, {"n": n}) for n in range(50)))
    assert came == [DONE] * 50
    assert platform.paths() == {TOKENS: 2, SEND: 100}
    times = Counter(
        json.loads(request.content)["n"] for request in platform.asked if request.url.path == SEND
    )
    assert set(times.values()) == {2}, "each of them is asked once more"


@of_each_account
async def test_a_token_that_is_refused_again_is_no_reason_to_go_on(account: Account):
    stale = {"errcode": 40001, "errmsg": "invalid credential"}
    platform = Platform(calls=[stale, stale])
    with pytest.raises(ApiError, match="40001: invalid credential"):
        await an_api(platform, account).call(SEND, {})
    assert platform.paths() == {TOKENS: 2, SEND: 2}


async def test_a_new_token_is_forced_only_if_the_same_comes_again():
    platform = Platform(stable=True)
    api = an_api(platform)
    await api.token()
    platform.good.clear()
    assert await api.call(SEND, {}) == DONE
    forced = [b"force_refresh" in request.content for request in platform.asked if request.url.path == TOKENS]
    assert forced == [False, False, True]
    assert await api.token() == f"{TOKEN}2"


async def test_a_new_token_that_comes_by_itself_is_not_forced():
    platform = Platform()
    api = an_api(platform)
    await api.token()
    platform.good.clear()
    assert await api.call(SEND, {}) == DONE
    assert not any(b"force_refresh" in request.content for request in platform.asked)


async def test_what_can_not_be_forced_is_not():
    platform = Platform(stable=True)
    api = an_api(platform, WECOM)
    await api.token()
    platform.good.clear()
    with pytest.raises(ApiError):
        await api.call(SEND, {})
    assert platform.paths() == {TOKENS: 2, SEND: 2}


@pytest.mark.parametrize(
    ("seconds", "kept"), [(7200, 7200 - MARGIN_SECONDS), (601, 301), (600, 300), (400, 200), (10, 5)]
)
async def test_a_token_is_renewed_before_it_ends(seconds: float, kept: float):
    clock, platform = Clock(), Platform(seconds=seconds)
    api = an_api(platform, clock=clock)
    began = clock.now
    assert await api.token() == f"{TOKEN}1"
    clock.now = began + kept - 1
    assert await api.token() == f"{TOKEN}1"
    clock.now = began + kept
    assert await asyncio.gather(*(api.token() for _ in range(20))) == [f"{TOKEN}2"] * 20
    assert platform.n_tokens == 2


async def test_one_who_leaves_while_a_token_is_fetched_keeps_nobody_from_it():
    platform = Platform()
    api = an_api(platform)
    leaving = asyncio.create_task(api.token())
    others = [asyncio.create_task(api.token()) for _ in range(5)]
    await asyncio.sleep(0)
    leaving.cancel()
    assert len(set(await asyncio.gather(*others))) == 1
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_who_waits_for_a_token_that_does_not_come_is_told_so():
    refused = {"errcode": 40164, "errmsg": "invalid ip 203.0.113.7, not in whitelist"}
    platform = Platform(tokens=[refused, refused])
    api = an_api(platform)
    came = await asyncio.gather(*(api.call(SEND, {}) for _ in range(3)), return_exceptions=True)
    assert [getattr(each, "code", each) for each in came] == [40164, 40164, DONE]
    assert platform.paths() == {TOKENS: 3, SEND: 1}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        DONE,
        {"access_token": "", "expires_in": 7200},
        {"access_token": TOKEN},
        {"access_token": TOKEN, "expires_in": "7200"},
        {"access_token": 7, "expires_in": 7200},
        {"access_token": None, "expires_in": None},
        b"",
        b"[]",
        b"\xff",
        500,
        404,
        httpx.ReadTimeout,
    ],
)
@of_each_account
async def test_what_is_no_token_is_a_platform_that_can_not_be_reached(account: Account, answer: Answer):
    platform = Platform(tokens=[answer])
    api = an_api(platform, account)
    with pytest.raises(BackendError) as caught:
        await api.token()
    assert caught.value.code == f"{account.name}_unreachable"
    assert platform.paths() == {TOKENS: 1}
    assert await api.call(SEND, {}) == DONE, "the next one asks again"


# -- trouble


NEVER_DONE: list[Answer] = [
    {"errcode": BUSY, "errmsg": "system error"},
    *(502, 503, 504, httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout),
]
PERHAPS_DONE: list[Answer] = [
    *(httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError),
    *(500, 404, 302, b"", b"[]", b"null", b"\xff\xfe", b'{"errcode": 0', b"[" * 100_000, b'{"a": ' * 100_000),
]


@pytest.mark.parametrize("answer", NEVER_DONE, ids=str)
@pytest.mark.parametrize("n_times", range(1, TRIES))
async def test_what_has_not_been_done_is_asked_for_again(answer: Answer, n_times: int):
    platform = Platform(calls=[answer] * n_times)
    assert await an_api(platform).call(SEND, {"n": 1}) == DONE
    assert platform.paths() == {TOKENS: 1, SEND: n_times + 1}
    assert len({request.content for request in platform.asked if request.url.path == SEND}) == 1


@pytest.mark.parametrize("answer", NEVER_DONE, ids=str)
@of_each_account
async def test_a_platform_that_stays_busy_can_not_be_reached(account: Account, answer: Answer):
    platform = Platform(calls=[answer] * 10)
    with pytest.raises(BackendError) as caught:
        await an_api(platform, account).call(SEND, {})
    assert (caught.value.code, caught.value.item) == (f"{account.name}_unreachable", account.base_url)
    assert platform.paths() == {TOKENS: 1, SEND: TRIES}


@pytest.mark.parametrize("answer", NEVER_DONE, ids=str)
@of_each_account
async def test_tokens_are_asked_for_again_too(account: Account, answer: Answer):
    platform = Platform(tokens=[answer] * (TRIES - 1))
    assert await an_api(platform, account).call(SEND, {}) == DONE
    assert platform.paths() == {TOKENS: TRIES, SEND: 1}
    platform = Platform(tokens=[answer] * TRIES)
    with pytest.raises(BackendError):
        await an_api(platform, account).call(SEND, {})
    assert platform.paths() == {TOKENS: TRIES}


@pytest.mark.parametrize("answer", PERHAPS_DONE, ids=lambda answer: repr(answer)[:40])
async def test_what_may_have_been_done_is_not_asked_for_again(answer: Answer):
    platform = Platform(calls=[answer])
    with pytest.raises(LostError):
        await an_api(platform).call(SEND, {})
    assert platform.paths() == {TOKENS: 1, SEND: 1}


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500])
async def test_an_object_of_somebody_else_s_is_no_success(status: int):
    """A gateway on the way answers in an object of its own."""

    async def handle(request: httpx.Request) -> httpx.Response:
        good = {"access_token": TOKEN, "expires_in": 7200}
        return (
            httpx.Response(200, json=good)
            if request.url.path == TOKENS
            else httpx.Response(status, json={"a": 1})
        )

    client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    with pytest.raises(LostError, match=str(status)):
        await Api(WECHAT, client=client, pause=0).call(SEND, {})


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"errcode": 45015, "errmsg": "response out of time limit"}, 45015),
        ({"errcode": 48001}, 48001),
        ({"errcode": "45015", "errmsg": "of a false type"}, BUSY),
        ({"errcode": None}, BUSY),
        ({"errcode": [], "errmsg": {"a": 1}}, BUSY),
    ],
)
async def test_a_refusal_is_told_with_its_code_and_not_repeated(answer: dict[str, Any], code: int):
    platform = Platform(calls=[answer])
    with pytest.raises(ApiError) as caught:
        await an_api(platform).call(SEND, {})
    assert caught.value.code == code
    assert str(answer.get("errmsg", "")) in str(caught.value)
    assert platform.paths() == {TOKENS: 1, SEND: 1}


async def test_a_refusal_is_not_told_at_length():
    platform = Platform(calls=[{"errcode": 1, "errmsg": "x" * 10_000}])
    with pytest.raises(ApiError) as caught:
        await an_api(platform).call(SEND, {})
    assert len(str(caught.value)) < 250


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.dictionaries(st.text(), st.text()).map(json.dumps).map(str.encode)
)
def test_whatever_is_answered_ends_in_an_object_or_a_known_error(body: bytes):
    platform = Platform(tokens=[body], calls=[body] * TRIES)
    known = (ApiError, LostError, BackendError)

    async def both() -> None:
        api = an_api(platform)
        for act in (api.token, lambda: api.call(SEND, {})):
            with suppress(*known):
                assert isinstance(await act(), dict | str)

    asyncio.run(both())


# -- what must not be told


def all_that_is_told(problem: BaseException | None) -> str:
    """The words of an exception and of all that led to it, those that are not shown included."""
    words, seen = [], set()
    left = [problem]
    while left:
        each = left.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        words += [str(each), repr(each), repr(each.args), *map(repr, getattr(each, "__notes__", []))]
        words.append("".join(traceback.format_exception(each)))
        left += [each.__cause__, each.__context__]
    return "\n".join(words)


TROUBLES: list[Answer] = [*NEVER_DONE, *PERHAPS_DONE, {"errcode": 40001, "errmsg": "no"}, {"errcode": 45015}]


@pytest.mark.parametrize("at", ["tokens", "calls"])
@pytest.mark.parametrize("answer", TROUBLES, ids=lambda answer: repr(answer)[:40])
@of_each_account
async def test_neither_token_nor_secret_is_told(
    account: Account, answer: Answer, at: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    platform = Platform(**{at: [answer] * 10})
    api = an_api(platform, account)
    with pytest.raises((ApiError, LostError, BackendError)) as caught:
        await api.call(SEND, {"text": "科创投"})
    logging.getLogger("bot").error("as it would be logged", exc_info=caught.value)
    told_words = all_that_is_told(caught.value) + caplog.text + "".join(map(repr, caplog.records))
    for hidden in (TOKEN, SECRET):
        assert hidden not in told_words


@of_each_account
async def test_what_goes_well_is_not_logged_either(account: Account, tmp_path: Path):
    logs.start(tmp_path, "debug")
    api = an_api(Platform(), account)
    await api.call(SEND, {})
    logging.getLogger("bot").warning("%r %r", api, account)
    logged = (tmp_path / "wenshu.log").read_text(encoding="utf-8")
    assert "Account(" in logged
    assert TOKEN not in logged
    assert SECRET not in logged


async def test_an_api_of_its_own_lets_go_of_its_connections():
    api = Api(WECHAT)
    await api.close()
    with pytest.raises(RuntimeError, match="closed"):
        await api._client.get("https://api.example")


# -- settings


def test_a_setting_that_is_missing_is_named():
    problem = incomplete("WENSHU_WECHAT_TOKEN")
    assert isinstance(problem, SettingError)
    assert (problem.item, problem.code) == ("WENSHU_WECHAT_TOKEN", "channel_incomplete")


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("invalid ip 203.0.113.7, not in whitelist rid: 1", "203.0.113.7"),
        ("not allow to access from your ip, from ip: 203.0.113.7", "203.0.113.7"),
        ("ok", ""),
        ("", ""),
        ("1.2.3", ""),
    ],
)
def test_an_address_is_found_in_a_refusal(said: str, address: str):
    assert first_address(said) == address
