"""Our connection to a WeCom bot: it comes back whatever ends it, and confirmations are not mixed up."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Self

import pytest
from websockets.asyncio.server import ServerConnection, serve
from wecom_bots import PACE, account
from wecom_socket import EXPIRED, SECRET, Fate, WeComServer, wecom_server

from bot.channels.wecom import bot_link
from bot.channels.wecom.bot_link import Link
from bot.channels.wecom.bot_socket import (
    RESPOND,
    SEND,
    GoneError,
    Pace,
    RefusedError,
    Request,
    UnansweredError,
)
from knowledge.errors import BackendError, SettingError

PATIENCE = 30


@pytest.fixture
async def server() -> AsyncIterator[WeComServer]:
    async with wecom_server() as made:
        yield made


class Bot:
    """A link, and what came through it."""

    def __init__(self, server: WeComServer, pace: Pace = PACE, secret: str = SECRET) -> None:
        self.came: asyncio.Queue[tuple[dict[str, Any], Request]] = asyncio.Queue()
        self.link = Link(account(server, secret), lambda *each: self.came.put_nowait(each), pace)

    async def __aenter__(self) -> Self:
        await self.link.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.link.stop()

    async def next(self) -> tuple[dict[str, Any], Request]:
        return await asyncio.wait_for(self.came.get(), PATIENCE)


def stream(name: str, text: str, *, finish: bool = False) -> dict[str, Any]:
    return {"msgtype": "stream", "stream": {"id": name, "finish": finish, "content": text}}


def markdown(text: str) -> dict[str, Any]:
    return {"chatid": "u1", "msgtype": "markdown", "markdown": {"content": text}}


# -- coming and going


async def test_it_shows_the_secret_and_brings_what_comes(server: WeComServer):
    async with Bot(server) as bot:
        await server.say("u1", "投资多少")
        body, _ = await bot.next()
    assert body["text"] == {"content": "投资多少"}
    assert server.n_of["aibot_subscribe"] == 1


async def test_a_server_that_is_not_there_is_told(server: WeComServer):
    bot = Bot(server)
    bot.link._account = replace(account(server), url="ws://127.0.0.1:9")
    with pytest.raises(BackendError) as told:
        await bot.link.start()
    assert (told.value.code, told.value.item) == ("wecom_unreachable", "ws://127.0.0.1:9")


async def test_a_server_of_another_kind_is_told(server: WeComServer):
    async def turn_away(connection: ServerConnection, _: object) -> object:
        return connection.respond(404, "nothing here")

    async with serve(lambda _: None, "127.0.0.1", 0, process_request=turn_away) as other:
        bot = Bot(server)
        host, port = other.sockets[0].getsockname()
        bot.link._account = replace(account(server), url=f"ws://{host}:{port}")
        with pytest.raises(BackendError):
            await bot.link.start()


async def test_a_server_that_says_nothing_is_told(server: WeComServer):
    server.fate = lambda _: Fate.SILENT
    with pytest.raises(BackendError):
        await Bot(server, replace(PACE, ack=0.01, most=0.02)).link.start()


async def test_a_wrong_secret_is_told(server: WeComServer):
    with pytest.raises(SettingError) as told:
        await Bot(server, PACE, "another").link.start()
    assert (told.value.code, told.value.item) == ("wecom_bot_refused", "WENSHU_WECOM_BOT_SECRET")
    assert "another" not in str(told.value)


@pytest.mark.parametrize("code", [-1, 45009, 45033])
async def test_a_busy_server_is_no_wrong_secret(server: WeComServer, code: int):
    server.refusing = code
    with pytest.raises(BackendError):
        await Bot(server).link.start()


async def test_a_start_that_failed_can_be_tried_again(server: WeComServer):
    server.refusing = -1
    bot = Bot(server)
    with pytest.raises(BackendError):
        await bot.link.start()
    server.refusing = 0
    async with bot:
        await server.say("u1", "投资多少")
        await bot.next()


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012])
async def test_it_comes_back_after_any_closure(server: WeComServer, code: int):
    async with Bot(server) as bot:
        for n in range(2, 5):
            await server.close(code)
            await server.until(lambda n=n: server.n_subscribed == n)
        await server.say("u1", "还在吗")
        await bot.next()


async def test_it_comes_back_after_a_drop(server: WeComServer):
    async with Bot(server) as bot:
        for n in range(2, 5):
            server.drop()
            await server.until(lambda n=n: server.n_subscribed == n)
        await server.say("u1", "还在吗")
        await bot.next()


async def test_it_comes_back_when_nothing_is_heard_any_more(server: WeComServer):
    """A network that is silently gone closes nothing; two heartbeats without an answer tell."""
    async with Bot(server, replace(PACE, beat=0.01, ack=0.05)):
        server.fate = lambda frame: Fate.SWALLOWED if frame["cmd"] == "ping" else Fate.TAKEN
        await server.until(lambda: server.n_subscribed == 2)


async def test_it_listens_at_once_when_a_confirmation_is_missing(server: WeComServer):
    async with Bot(server, replace(PACE, beat=1_000, ack=0.05)) as bot:
        server.fate = lambda frame: Fate.SWALLOWED if frame["cmd"] == SEND else Fate.TAKEN
        with pytest.raises(GoneError):
            await bot.link.send(markdown("在吗"))
        await server.until(lambda: server.n_subscribed == 2)


async def test_late_confirmations_end_nothing(server: WeComServer):
    async with Bot(server, replace(PACE, beat=0.01, ack=0.2)) as bot:
        server.delay = lambda _: 0.3
        await bot.link.send(markdown("慢"))
        await server.until(lambda: server.n_of["ping"] >= 4)
    assert server.n_subscribed == 1


async def test_whoever_is_replaced_waits_long(server: WeComServer, monkeypatch: pytest.MonkeyPatch):
    waited = bounds(monkeypatch)
    async with Bot(server, replace(PACE, replaced=0.02)):
        await server.kick()
        await server.until(lambda: server.n_subscribed == 2)
    assert (0.02, 0.04) in waited
    assert Pace().replaced >= 60


async def test_two_of_one_bot_chase_each_other_slowly_and_say_so(
    server: WeComServer, caplog: pytest.LogCaptureFixture
):
    async with Bot(server, replace(PACE, replaced=1_000)) as one:
        connection = one.link._connection
        assert connection is not None
        async with Bot(server) as two:
            await asyncio.wait_for(connection.ended(), PATIENCE)
            await server.say("u1", "谁来答")
            await two.next()
    assert server.n_subscribed == 2
    assert "is it run twice?" in caplog.text


async def test_a_secret_that_is_refused_later_is_told_and_shown_again_slowly(
    server: WeComServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    waited = bounds(monkeypatch)
    async with Bot(server, replace(PACE, refused=0.02)):
        server.refusing = 40001
        server.drop()
        await server.until(lambda: server.n_of["aibot_subscribe"] >= 4)
        server.refusing = 0
        await server.until(lambda: server.n_subscribed == 2)
    assert waited.count((0.02, 0.04)) >= 3
    assert "WENSHU_WECOM_BOT_SECRET" in caplog.text
    assert SECRET not in caplog.text
    assert Pace().refused >= 600


def bounds(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Between which bounds each wait was drawn."""
    drawn: list[tuple[float, float]] = []
    really_draw = bot_link.uniform

    def draw(least: float, most: float) -> float:
        drawn.append((least, most))
        return really_draw(least, most)

    monkeypatch.setattr(bot_link, "uniform", draw)
    return drawn


async def test_waits_are_random_between_nothing_and_twice_as_long_each_time(
    server: WeComServer, monkeypatch: pytest.MonkeyPatch
):
    drawn = bounds(monkeypatch)
    async with Bot(server, replace(PACE, retry=0.001, longest=0.016)):
        server.refusing = -1
        server.drop()
        await server.until(lambda: server.n_of["aibot_subscribe"] >= 8)
    assert [least for least, _ in drawn] == [0] * len(drawn)
    assert [most for _, most in drawn][:6] == pytest.approx([0.002, 0.004, 0.008, 0.016, 0.016, 0.016])


async def test_a_server_that_takes_us_in_and_throws_us_out_is_not_hammered(
    server: WeComServer, monkeypatch: pytest.MonkeyPatch
):
    drawn = bounds(monkeypatch)
    async with Bot(server, replace(PACE, retry=0.001, longest=0.016)) as bot:
        for n in range(2, 6):
            await server.until(bot.link._up.is_set)
            await server.close(1012)
            await server.until(lambda n=n: server.n_subscribed == n)
    assert [most for _, most in drawn] == pytest.approx([0.002, 0.004, 0.008, 0.016])


async def test_one_that_lasted_makes_waits_short_again(server: WeComServer, monkeypatch: pytest.MonkeyPatch):
    drawn = bounds(monkeypatch)
    async with Bot(server, replace(PACE, retry=0.001, longest=0.016, steady=0)) as bot:
        for n in range(2, 6):
            await server.until(bot.link._up.is_set)
            await server.close(1012)
            await server.until(lambda n=n: server.n_subscribed == n)
    assert {most for _, most in drawn} == {0.001}


# -- asking


async def test_a_refusal_is_told_with_its_code(server: WeComServer):
    async with Bot(server) as bot:
        server.codes[SEND] = deque([45009])
        with pytest.raises(RefusedError) as told:
            await bot.link.send(markdown("多"))
    assert told.value.code == 45009


async def test_what_is_never_confirmed_is_told_to_be_so(server: WeComServer):
    async with Bot(server, replace(PACE, ack=0.02, most=0.05)) as bot:
        server.fate = lambda frame: Fate.SILENT if frame["cmd"] == SEND else Fate.TAKEN
        with pytest.raises(UnansweredError):
            await bot.link.send(markdown("嗯"))
    assert server.n_subscribed == 1, "WeCom is there"


async def test_what_may_have_arrived_when_the_connection_broke_is_told_to_be_so(server: WeComServer):
    async with Bot(server) as bot:
        server.fate = lambda frame: Fate.UNCONFIRMED if frame["cmd"] == SEND else Fate.TAKEN
        with pytest.raises(GoneError) as told:
            await bot.link.send(markdown("嗯"))
    assert told.value.sent
    assert server.pushed == [("u1", "嗯")]


async def test_what_can_t_be_sent_now_is_sent_by_the_next_connection(server: WeComServer):
    async with Bot(server) as bot:
        server.refusing = -1
        server.drop()
        await server.until(lambda: server.n_of["aibot_subscribe"] >= 2)
        sending = asyncio.create_task(bot.link.send(markdown("等一下")))
        server.refusing = 0
        await asyncio.wait_for(sending, PATIENCE)
    assert server.pushed == [("u1", "等一下")]


async def test_nothing_more_is_sent_into_a_connection_that_is_in_doubt(server: WeComServer):
    """Else all that is said before the end is noticed would be lost."""
    async with Bot(server, replace(PACE, ack=0.05)) as bot:
        lost = iter([Fate.SWALLOWED])
        server.fate = lambda frame: next(lost, Fate.TAKEN) if frame["cmd"] == SEND else Fate.TAKEN
        first = asyncio.create_task(bot.link.send(markdown("一")))
        connection = bot.link._connection
        assert connection is not None
        await asyncio.wait_for(connection._doubt.wait(), PATIENCE)
        await asyncio.wait_for(bot.link.send(markdown("二")), PATIENCE)
        with pytest.raises(GoneError):
            await first
    assert server.pushed == [("u1", "二")]


async def test_confirmations_are_not_mixed_up_when_they_come_late(server: WeComServer):
    """The end is refused: the late confirmation of the snapshot before must not be taken for its own."""
    async with Bot(server, replace(PACE, ack=0.2)) as bot:
        name = await server.say("u1", "问")
        _, request = await bot.next()
        late = {False: 0.3, True: 0.6}  # in the order in which they were sent; heartbeats at once
        server.delay = lambda frame: late[frame["body"]["stream"]["finish"]] if "body" in frame else 0
        with pytest.raises(UnansweredError):
            await request.connection.ask(RESPOND, stream(name, "…"), request.id, patient=False)
        server.expired.add(name)
        with pytest.raises(RefusedError) as told:
            await request.connection.ask(RESPOND, stream(name, "答", finish=True), request.id)
    assert told.value.code == EXPIRED


@pytest.mark.parametrize(
    "raw", ["", "{", "[]", "null", "7", '{"cmd":7}', '{"headers":[],"errcode":0}', "[" * 10_000, b"\xff\xfe"]
)
async def test_a_frame_that_says_nothing_harms_nothing(server: WeComServer, raw: str | bytes):
    async with Bot(server) as bot:
        assert server._bot is not None
        await server._bot.send(raw)
        await server._bot.send('{"cmd":"aibot_msg_callback","headers":{"req_id":"x"},"body":[]}')
        await server._bot.send('{"headers":{"req_id":"unknown"},"errcode":0}')
        await server.say("u1", "还在吗")
        body, _ = await bot.next()
        assert body["msgtype"] == "text"
    assert server.n_subscribed == 1


async def test_one_message_that_nobody_foresaw_does_not_keep_the_others_from_us(
    server: WeComServer, caplog: pytest.LogCaptureFixture
):
    came: asyncio.Queue[str] = asyncio.Queue()

    def take(body: dict[str, Any], _: Request) -> None:
        words = body["text"]["content"]
        if words == "秘密":
            raise RuntimeError(words)
        came.put_nowait(words)

    link = Link(account(server), take, PACE)
    await link.start()
    await server.say("u1", "秘密")
    await server.say("u1", "下一条")
    assert await asyncio.wait_for(came.get(), PATIENCE) == "下一条"
    await link.stop()
    assert "RuntimeError" in caplog.text
    assert "秘密" not in caplog.text


async def test_no_word_and_no_secret_is_logged(server: WeComServer, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    async with Bot(server) as bot:
        await server.say("u1", "机密的话")
        await bot.next()
        await bot.link.send(markdown("机密的答"))
        server.drop()
        await server.until(lambda: server.n_subscribed == 2)
    ours = [record for record in caplog.records if record.name.startswith("bot")]
    assert not any("机密" in record.getMessage() for record in ours)
    assert not any(SECRET in record.getMessage() for record in ours)
    assert logging.getLogger("bot.channels.wecom.bot_socket.frames").getEffectiveLevel() >= logging.INFO


async def test_one_that_is_stopped_while_it_connects_leaves_nothing_open(server: WeComServer):
    async with Bot(server) as bot:
        server.fate = lambda _: Fate.SILENT
        server.drop()
        await server.until(lambda: server.n_of["aibot_subscribe"] == 2)
    assert not [task for task in asyncio.all_tasks() if "Connection._listen" in repr(task)], bot
