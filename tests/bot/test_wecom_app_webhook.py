"""Where WeCom calls an app: what it sealed and signed is let in once, anything else gets an empty 4xx."""

import asyncio
import itertools
import logging
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import tencent_server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sites import Got, make_site, n_kept, n_refused, send
from stand_ins import Shelf
from tencent_server import CORP_ID, Tencent
from wechat_platform import AES_KEY, TOKEN, seal, signature
from wecom_office import MEMBER, Office, an_account, event, message, sealed_body, stamp, up

from bot.app import make_app
from bot.channels.callbacks import MAX_BODY_BYTES, WINDOW_SECONDS
from bot.channels.wecom import app_webhook
from bot.channels.wecom.app_chat import AppChat
from bot.channels.wecom.app_messages import Came, read
from bot.channels.wecom.app_webhook import PATH
from bot.channels.xml_text import MessageError
from knowledge.schema import Answer, Article

QUESTION = "科创投累计投资多少"
ECHO = "1616140317555161061"

N_CALLS = 10_000 if os.environ.get("WENSHU_SOAK") == "1" else 600


@pytest.fixture
async def server() -> AsyncIterator[Tencent]:
    async with tencent_server.serving() as running:
        yield running


@pytest.fixture
async def office(
    article: Article, answered: Answer, server: Tencent, tmp_path: Path
) -> AsyncIterator[Office]:
    async with up(Shelf(lambda _: answered, articles=[article]), tmp_path, server) as opened:
        yield opened


def with_plus(message: str = ECHO) -> str:
    """A message sealed so that there is a plus in it, as in most."""
    return next(sealed for _ in range(1_000) if "+" in (sealed := seal(message, CORP_ID)))


async def echo(office: Office, sealed: str, method: str = "GET", **over: str) -> Got:
    query = stamp(sealed) | over
    return await send(office.app, method, f"{PATH}?{urlencode({**query, 'echostr': sealed})}")


# --- the address is entered -------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [ECHO, "a", "科创投", "]]>", " b ", "line\n"])
async def test_echostr_is_given_back_exactly(words: str, office: Office):
    got = await echo(office, seal(words, CORP_ID))
    assert (got.status, got.body) == (200, words.encode())
    assert got.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("safe", ["+", "+/=", ""], ids=["raw", "all raw", "encoded"])
async def test_echostr_with_a_plus_is_given_back_exactly(safe: str, office: Office):
    """WeCom writes the plus of base64 as %2B, or leaves it as it is: which a form would take for a blank."""
    sealed = with_plus()
    query = urlencode(stamp(sealed))
    got = await send(office.app, "GET", f"{PATH}?{query}&echostr={quote(sealed, safe=safe)}")
    assert (got.status, got.body) == (200, ECHO.encode())


@pytest.mark.parametrize(
    ("over", "status"),
    [
        ({"msg_signature": "0" * 40}, 403),
        ({"msg_signature": ""}, 403),
        ({"msg_signature": "é" * 40}, 403),
        ({"nonce": "another"}, 403),
        ({"timestamp": "1400000000"}, 403),
        ({"timestamp": ""}, 403),
        ({"echostr": ""}, 400),
        ({"echostr": "x"}, 403),
    ],
)
async def test_an_echostr_of_somebody_else_s_is_not_opened(over: dict[str, str], status: int, office: Office):
    sealed = seal(ECHO, CORP_ID)
    query = stamp(sealed) | {"echostr": sealed} | over
    got = await send(office.app, "GET", f"{PATH}?{urlencode(query)}")
    assert (got.status, got.body) == (status, b"")


async def test_a_look_at_the_address_tells_nothing(office: Office):
    got = await send(office.app, "GET", PATH)
    assert (got.status, got.body) == (400, b"")
    assert (await echo(office, seal(ECHO, CORP_ID), method="HEAD")).status == 200


# --- who calls --------------------------------------------------------------------------------------------


async def test_a_call_without_wecom_s_signature_is_turned_away(office: Office, server: Tencent):
    sealed = sealed_body(message(MsgType="text", Content=QUESTION))
    for over in ({"msg_signature": "0" * 40}, {"msg_signature": signature("1", "2", sealed)}):
        got = await office.call(sealed, **over)
        assert (got.status, got.body) == (403, b"")
    await office.settled()
    assert n_refused(office.site)["wecom", "unsigned"] == 2
    assert not server.messages


@pytest.mark.parametrize("seconds", [-WINDOW_SECONDS - 60, WINDOW_SECONDS + 60])
async def test_a_call_of_another_time_is_turned_away(seconds: int, office: Office, server: Tencent):
    fields = message(MsgType="text", Content=QUESTION)
    got = await office.bring(fields, timestamp=str(int(time.time()) + seconds))
    assert (got.status, got.body) == (403, b"")
    assert n_refused(office.site)["wecom", "stale"] == 1
    near = await office.bring(fields, timestamp=str(int(time.time()) + seconds * 2 // 3))
    await office.settled()
    assert near.status == 200
    assert len(server.messages) == 1


async def test_the_very_same_call_is_turned_away_and_a_redelivery_is_not(office: Office, server: Tencent):
    fields = message(MsgType="text", Content=QUESTION)
    sealed = sealed_body(fields)
    query = stamp(sealed)
    first, replayed = [await office.call(sealed, **query) for _ in range(2)]
    redelivered = await office.bring(fields)
    await office.settled()
    assert [first.status, replayed.status, redelivered.status] == [200, 403, 200]
    assert n_refused(office.site)["wecom", "replayed"] == 1
    assert len(server.messages) == 1


async def test_a_call_sealed_for_another_company_says_what_to_look_at(
    office: Office, server: Tencent, caplog: pytest.LogCaptureFixture
):
    fields = "<xml><FromUserName>u</FromUserName></xml>"
    for sealed in (seal(fields, "ww-another"), seal(fields, CORP_ID, "b" * 43)):
        got = await office.call(sealed)
        assert (got.status, got.body) == (400, b"")
    assert "WENSHU_WECOM_AES_KEY" in caplog.text
    assert not server.messages


async def test_a_message_to_another_app_is_turned_away(
    office: Office, server: Tencent, caplog: pytest.LogCaptureFixture
):
    got = await office.bring(message(MsgType="text", Content=QUESTION, AgentID="1000009"))
    await office.settled()
    assert (got.status, got.body) == (400, b"")
    assert "1000009" in caplog.text
    assert not server.messages


# --- what a call bears ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"{}", b"<xml>", b"<xml/>", b"<html/>", b"<xml><Encrypt/></xml>", b"\xff\xfe",
     b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>", b"<xml>" * 5_000,
     b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>',
     b'<!DOCTYPE xml SYSTEM "file:/etc/passwd"><xml/>'],
)  # fmt: skip
async def test_a_body_that_is_no_call_is_malformed(body: bytes, office: Office):
    got = await office.call("", body=body)
    assert (got.status, got.body) == (400, b"")
    assert n_refused(office.site)["wecom", "malformed"] == 1


@pytest.mark.parametrize(
    "over",
    [{"FromUserName": ""}, {"FromUserName": "u" * 300}, {"CreateTime": "soon"}, {"CreateTime": "-1"}, {"MsgId": ""},
     {"MsgId": "９"}, {"MsgId": "9" * 30}, {"MsgType": ""}, {"MsgType": "event", "Event": ""}],
    ids=str,
)  # fmt: skip
async def test_a_message_that_lacks_something_is_malformed(over: dict[str, str], office: Office):
    got = await office.bring(message(MsgType="text", Content=QUESTION) | over)
    assert (got.status, got.body) == (400, b"")


async def test_a_sealed_word_that_is_no_message_is_malformed(office: Office):
    for inside in ("", "x", "<xml/>", "<a/>", "<xml><a><b/></a></xml>"):
        got = await office.call(seal(inside, CORP_ID))
        assert (got.status, got.body) == (400, b"")


async def test_a_call_has_a_size(office: Office):
    big = b"<xml><Encrypt>" + b"a" * MAX_BODY_BYTES + b"</Encrypt></xml>"
    got = await office.call("", body=big)
    assert (got.status, got.body) == (413, b"")
    assert n_refused(office.site)["wecom", "too_large"] == 1


@pytest.mark.parametrize(("method", "path", "status"), [("PUT", PATH, 405), ("POST", PATH + "/x", 404)])
async def test_there_is_nothing_else_there(method: str, path: str, status: int, office: Office):
    assert (await send(office.app, method, path)).status == status


# --- what it says -----------------------------------------------------------------------------------------


def test_a_message_s_key_is_the_app_s_and_its_number():
    fields = message(MsgType="text", Content=" 投资多少 ", MsgId="7", CreateTime="1700000000")
    came = read(fields, 1000002)
    assert came == Came("1000002 7", MEMBER, 1_700_000_000, "投资多少")
    assert came.speaker.member == f"wecom:{MEMBER}"
    assert Came.loads(came.dumps()) == came


def test_an_event_s_key_is_who_did_what_and_when():
    keys = [
        came.key
        for fields in (
            event("subscribe", CreateTime="1"),
            event("subscribe", CreateTime="2"),
            event("subscribe", "lisi", CreateTime="1"),
            event("click", CreateTime="1", EventKey="/help"),
            event("click", CreateTime="1", EventKey="/new"),
        )
        if (came := read(fields, 1000002)) is not None
    ]
    assert len(set(keys)) == len(keys) == 5
    assert all(key.startswith("1000002 ") for key in keys)


def test_a_message_without_an_app_s_number_is_ours():
    fields = message(MsgType="text", Content="a")
    del fields["AgentID"]
    assert read(fields, 1000002) is not None
    with pytest.raises(MessageError, match="AgentID: expected 1000002, got '3'"):
        read(fields | {"AgentID": "3"}, 1000002)


# --- thousands of calls that WeCom would not make ---------------------------------------------------------

_numbers = itertools.count()
NOW = 1_700_000_000.0
ODD = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", " ", "1", "继续", "/start", "]]>", "\x00", "９", "-1", "9" * 400, QUESTION, str(int(NOW))]
    ),
)
NAMES = (
    "ToUserName",
    "FromUserName",
    "CreateTime",
    "MsgType",
    "MsgId",
    "AgentID",
    "Content",
    "Event",
    "EventKey",
)
KINDS = st.sampled_from(["text", "image", "voice", "event", "location", "", "TEXT", "x" * 300])
USUAL = "<{0}><![CDATA[{1}]]></{0}>"
FORMS = st.sampled_from(["<{0}>{1}</{0}>", "<{0}><a>{1}</a></{0}>", "<{0}/>", "<{0}>"])


def mostly(draw: st.DrawFn, usual: str, odd: st.SearchStrategy[str]) -> str:
    """As a rule what is usual, so that what lies behind is reached."""
    return draw(odd) if draw(st.integers(0, 5)) == 0 else usual


@st.composite
def insides(draw: st.DrawFn) -> str:
    """A message, whole or with something odd about it."""
    fields = {
        "FromUserName": f"user-{draw(st.integers(0, 3))}",
        "CreateTime": str(int(NOW)),
        "MsgType": draw(KINDS),
        "MsgId": str(next(_numbers)),
        "Content": draw(ODD),
        "Event": draw(st.sampled_from(["subscribe", "click", "", "x"])),
        "EventKey": draw(st.one_of(ODD, st.sampled_from(["/help", "/new"]))),
    }
    if draw(st.integers(0, 2)) == 0:
        odd = st.lists(st.sampled_from(NAMES), max_size=3)
        fields |= {name: draw(ODD) for name in draw(odd)}
        for name in draw(odd):
            fields.pop(name, None)
    pairs = list(fields.items()) or [("Content", "")]
    if draw(st.integers(0, 5)) == 0:
        pairs.append((draw(st.sampled_from(NAMES)), draw(ODD)))
    forms = [USUAL] * len(pairs)
    if draw(st.integers(0, 3)) == 0:
        forms[draw(st.integers(0, len(forms) - 1))] = draw(FORMS)
    written = (form.format(name, value) for form, (name, value) in zip(forms, pairs, strict=True))
    return f"<xml>{''.join(written)}</xml>"


def sayable(text: str) -> str:
    """The text without halves of surrogate pairs, which no address can bear."""
    return text.encode("utf-8", "replace").decode()


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """Method, query and body of a call."""
    inside = sayable(mostly(draw, draw(insides()), ODD))
    whole = seal(inside, CORP_ID)
    odd = st.one_of(
        st.sampled_from([seal(inside, "ww-another"), whole[:-8], whole[::-1]]),
        st.binary(max_size=64).map(bytes.hex),
        ODD,
    )
    sealed = sayable(mostly(draw, whole, odd))
    query = {
        "timestamp": sayable(mostly(draw, str(int(NOW)), ODD)),
        "nonce": sayable(mostly(draw, str(draw(st.integers(0, 10**9))), ODD)),
        "echostr": sealed,
    }
    signed = signature(query["timestamp"], query["nonce"], sealed)
    query["msg_signature"] = mostly(draw, signed, ODD)
    if draw(st.integers(0, 9)) == 0:
        del query[draw(st.sampled_from(sorted(query)))]
    envelope = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
    body = draw(st.binary(max_size=200)) if draw(st.integers(0, 9)) == 0 else envelope
    return draw(st.sampled_from(["POST"] * 4 + ["GET", "HEAD"])), urlencode(query, errors="replace"), body


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.run_until_complete(made.shutdown_default_executor())
    made.close()


def test_no_call_to_an_app_s_address_is_more_than_it_bears(
    answered: Answer, tmp_path: Path, loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture
):
    site = make_site(Shelf(lambda _: answered), tmp_path)
    account = an_account(token=SecretStr(TOKEN), aes_key=SecretStr(AES_KEY))
    chat = AppChat(site.reception, account)
    chat._is_stopping = True  # what comes in is written down, and that is all
    door = app_webhook.route(chat, account, site.reception.metrics, lambda: NOW)
    app, statuses = make_app(site, webhooks=[door]), Counter[tuple[str, int]]()

    @settings(max_examples=N_CALLS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(calls())
    def run(call: tuple[str, str, bytes]) -> None:
        method, query, body = call
        got = loop.run_until_complete(send(app, method, f"{PATH}?{query}", chunks=[body]))
        assert got.status in {200, 400, 403}, (got.status, call)
        assert got.body == b"" or (got.status == 200 and method != "POST")
        statuses[method, got.status] += 1

    with caplog.at_level(logging.WARNING):
        run()
    loop.run_until_complete(chat.stop())
    site.reception.desk.close()
    # All that may come of a call came of some, and of enough to mean something.
    assert min(statuses["POST", status] for status in (200, 400, 403)) >= N_CALLS // 50, statuses
    assert n_kept(site)["messages"] > N_CALLS // 100
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
    site.reception.service.state.close()
