"""Thousands of calls that no platform would make: each gets 200 or a 4xx, none a 5xx, and none leaves a traceback."""

import asyncio
import itertools
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sites import close, make_site, send
from stand_ins import Shelf
from starlette.applications import Starlette
from wechat_house import an_account
from wechat_platform import ACCOUNT, seal, signature

from bot.app import make_app
from bot.channels.wechat import webhook
from bot.channels.wechat.chat import Patience, WeChatChat
from knowledge.schema import Answer, Article

N_CALLS = 10_000 if os.environ.get("WENSHU_SOAK") == "1" else 600
NOW = 1_700_000_000.0
_numbers = itertools.count()

TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            " ",
            "继续",
            "1",
            "/start",
            "]]>",
            "\x00",
            "科创投累计投资多少",
            "核对：投资23.62亿元。",
            "9" * 400,
        ]
    ),
)
NAMES = st.one_of(
    st.sampled_from(
        [
            "ToUserName",
            "FromUserName",
            "CreateTime",
            "MsgType",
            "MsgId",
            "Content",
            "Event",
            "EventKey",
            "Encrypt",
            "xml",
        ]
    ),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True),
)
KINDS = st.sampled_from(["text", "image", "voice", "event", "location", "", "TEXT", "text "])
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["", "０", "1e9", "nan", "-1", str(int(NOW)), "1" * 5_000]),
)


@st.composite
def fields(draw: st.DrawFn) -> str:
    """The inside of a message, whole or with something odd about it."""
    given_ = {
        "ToUserName": ACCOUNT,
        "FromUserName": f"user-{draw(st.integers(0, 3))}",
        "CreateTime": str(int(NOW)),
        "MsgType": draw(KINDS),
        "MsgId": str(next(_numbers)),
        "Content": draw(TEXTS),
        "Event": draw(st.sampled_from(["subscribe", "CLICK", "", "x"])),
        "EventKey": draw(TEXTS),
    }
    for name in draw(st.lists(st.sampled_from(sorted(given_)), max_size=3)):
        given_[name] = draw(st.one_of(TEXTS, NUMBERS))
    for name in draw(st.lists(st.sampled_from(sorted(given_)), max_size=3)):
        given_.pop(name, None)
    more = draw(st.lists(st.tuples(NAMES, TEXTS), max_size=3))
    return "".join(_element(draw, name, value) for name, value in [*given_.items(), *more])


def _element(draw: st.DrawFn, name: str, value: str) -> str:
    form = draw(
        st.sampled_from(
            ["<{0}><![CDATA[{1}]]></{0}>"] * 6 + ["<{0}>{1}</{0}>", "<{0}><a>{1}</a></{0}>", "<{0}/>"]
        )
    )
    return form.format(name, value)


BODIES = st.one_of(
    fields().map(lambda inside: f"<xml>{inside}</xml>".encode("utf-8", "surrogatepass")),
    fields().map(lambda inside: f"<xml>{inside}</xml>".encode("gb18030", "replace")),
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"",
            b"<xml>",
            b"<xml></xml>",
            b'<?xml version="1.0" encoding="x"?><xml/>',
            b'<!DOCTYPE xml [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><xml><MsgType>&c;</MsgType></xml>',
            b'<!DOCTYPE xml SYSTEM "file:/etc/passwd"><xml/>',
            b"<xml>" * 5_000,
            b"{}",
            b"\xef\xbb\xbf<xml/>",
            "<xml/>".encode("utf-16"),
            b"<xml>" + b"x" * 100_000 + b"</xml>",
        ]
    ),
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, bytes]:
    """The address and the body of a call."""
    body = draw(BODIES)
    # Which is which is drawn first: alternatives of alternatives are all as likely as each other, whole calls rare.
    query = {
        "timestamp": draw(st.one_of(NUMBERS, TEXTS)) if _rarely(draw) else str(int(NOW)),
        "nonce": draw(TEXTS) if _rarely(draw) else str(draw(st.integers(0, 10**9))),
    }
    sealed = ""
    if draw(st.booleans()):
        sealed = seal(body.decode("utf-8", "replace"))
        if _rarely(draw):
            sealed = draw(
                st.one_of(
                    st.just(seal(body.decode("utf-8", "replace"), "somebody-else")),
                    st.just(seal("x" * 40)[:-8]),
                    st.text(max_size=60),
                    st.binary(max_size=64).map(lambda raw: raw.hex()),
                )
            )
        body = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode("utf-8", "surrogatepass")
        query["encrypt_type"] = draw(st.sampled_from(["aes", "raw", ""]))
    if not _rarely(draw):  # so that what lies behind is reached
        stamp = (query["timestamp"], query["nonce"])
        query["signature"] = _signed(*stamp)
        query["msg_signature"] = _signed(*stamp, sealed)
    else:
        query["signature"] = query["msg_signature"] = draw(TEXTS)
    if _rarely(draw):
        del query[draw(st.sampled_from(sorted(query)))]
    return urlencode(query, errors="replace"), body


def _rarely(draw: st.DrawFn) -> bool:
    return draw(st.integers(0, 5)) == 0


def _signed(*parts: str) -> str:
    return signature(*(part.encode("utf-8", "replace").decode() for part in parts))


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.run_until_complete(made.shutdown_default_executor())
    made.close()


class Doors:
    """The routes of all platforms, and what came of the calls."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self.statuses: dict[int, int] = {}

    async def call(self, path: str, query: str, body: bytes, *, method: str = "POST") -> None:
        got = await send(self.app, method, f"{path}?{query}", chunks=[body])
        assert got.status < 500, (got.status, query, body)
        assert got.status == 200 or got.body == b"", got.body
        self.statuses[got.status] = self.statuses.get(got.status, 0) + 1


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_no_call_to_wechat_s_address_is_more_than_it_bears(  # noqa: PLR0913, PLR0917 -- fixtures
    sealed: bool,  # noqa: FBT001 -- a parameter of the test
    answered: Answer,
    article: Article,
    tmp_path: Path,
    loop: asyncio.AbstractEventLoop,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.WARNING)
    site = make_site(Shelf(ask=lambda _: answered, articles=[article]), tmp_path)
    chat = WeChatChat(site.reception, patience=Patience(2.0, 3.0), clock=lambda: NOW)
    door = webhook.route(chat, an_account(sealed=sealed), site.reception.metrics, clock=lambda: NOW)
    doors = Doors(make_app(site, webhooks=[door]))

    @settings(
        max_examples=N_CALLS // 2,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(calls(), st.sampled_from(["POST"] * 9 + ["GET"]))
    def run(call: tuple[str, bytes], method: str) -> None:
        loop.run_until_complete(doors.call(webhook.PATH, *call, method=method))

    run()
    loop.run_until_complete(chat.stop())
    close(site)
    assert {200, 400, 403} <= set(doors.statuses)
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []
