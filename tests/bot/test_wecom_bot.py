"""A WeCom bot that we connect to: every message gets one whole answer, and every stream an end."""

import asyncio
import logging
import random
import re
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted import Stalls
from stand_ins import Shelf, a_reception, a_service, a_state
from wecom_bots import EAGER, PACE, PATIENT, a_bot, running
from wecom_socket import (
    BOT_ID,
    EXPIRED,
    MAX_BYTES,
    SECRET,
    TOO_OFTEN,
    UNKNOWN,
    Fate,
    WeComServer,
    wecom_server,
)
from writers import KEPT, QUESTION, SENTENCE, Writing

from bot import phrases
from bot.channels import deliveries
from bot.channels.wecom.bot_chat import OUTBOX
from bot.channels.wecom.bot_connected import LIMITS, Pacer
from bot.channels.wecom.bot_files import Files
from bot.channels.wecom.bot_socket import RESPOND, SEND
from bot.channels.wecom.bot_streams import MAX_SNAPSHOTS, Patience, Snapshot, Stream
from bot.guard import Allowed
from bot.outbox import Outbox
from bot.rates import Rates
from bot.reception import Reception
from bot.state import State
from knowledge.errors import BackendError, SettingError, StorageError
from knowledge.generation import Statement
from knowledge.schema import Answer, Article
from knowledge.verdict import Checked

ASKED = "科创投累计投资多少"
PATIENCE = 30


@pytest.fixture
async def server() -> AsyncIterator[WeComServer]:
    async with wecom_server() as made:
        yield made
        assert made.wrong == []


@pytest.fixture
def shelf(article: Article, answered: Answer, checked: Checked) -> Shelf:
    return Shelf(lambda _: answered, lambda _: checked, [article])


@pytest.fixture
def reception(shelf: Shelf) -> Reception:
    return a_reception(a_service(shelf))


class Held(Shelf):
    """Articles that answer when they may."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(self._wait)
        self.answer = answer
        self.may = threading.Event()
        self.n_asked = 0

    def _wait(self, _: str) -> Answer:
        self.n_asked += 1
        assert self.may.wait(PATIENCE)
        return self.answer


@pytest.fixture
def held(answered: Answer) -> Held:
    return Held(answered)


def wordy(answer: Answer, n: int, *, words: int, quote: int) -> Answer:
    """An answer of many statements, each with a sentence of its own."""
    one = answer.citations[0]
    citations = tuple(
        replace(one, label=label, quote=f"第{label}句：{'长' * quote}。", start=0, end=quote, marks=())
        for label in range(1, n + 1)
    )
    statements = tuple(Statement(f"第{label}条，{'说' * words}", (label,)) for label in range(1, n + 1))
    return replace(answer, statements=statements, citations=citations, candidates=())


async def until_done(server: WeComServer, reception: Reception) -> None:
    """Wait until nothing is under way: what has been shown is confirmed, too."""
    await server.until(lambda: not server.unfinished and bool(server.streams or server.pushed))
    await server.until(lambda: not reception.service.state.under_way(OUTBOX))


# -- an answer


async def test_a_question_is_answered_with_its_sentence(server: WeComServer, reception: Reception):
    async with running(server, reception):
        name = await server.say("u1", ASKED)
        await server.until(lambda: bool(server.answer(name)))
    told = server.answer(name)
    assert told.startswith("**23.26亿元**")
    assert "> 截至2021年底" in told
    assert (server.streams[name].texts, server.pushed) == ([told], [])


async def test_the_start_tells_the_bot_s_name(server: WeComServer, reception: Reception):
    bot = a_bot(server, reception)
    assert await bot.start() == BOT_ID
    await bot.stop()


async def test_a_start_that_fails_says_why(server: WeComServer, reception: Reception):
    server.refusing = 40001
    with pytest.raises(SettingError):
        await a_bot(server, reception).start()
    server.refusing = -1
    with pytest.raises(BackendError):
        await a_bot(server, reception).start()


async def test_at_once_there_is_a_word_that_somebody_is_at_work(server: WeComServer, held: Held):
    async with running(server, a_reception(a_service(held)), patience=EAGER):
        name = await server.say("u1", ASKED)
        await server.until(lambda: name in server.streams)
        assert server.streams[name].texts == [phrases.LOOKING_UP]
        held.may.set()
        await server.until(lambda: bool(server.answer(name)))
    assert len(server.streams[name].texts) == 2


async def test_one_who_waits_for_a_turn_is_told_how_many_stand_before(
    server: WeComServer, held: Held, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.desk.WAITING_AFTER", 0)
    async with running(server, a_reception(a_service(held))):
        for n in range(4):
            await server.say(f"busy{n}", ASKED)
        name = await server.say("u1", ASKED)
        await server.until(lambda: name in server.streams)
        assert server.streams[name].texts == [phrases.WAITING.format(n=4)]
        held.may.set()
        await server.until(lambda: bool(server.answer(name)))


async def test_a_long_reply_goes_on_in_messages_whose_citations_are_complete(
    server: WeComServer, shelf: Shelf, answered: Answer, reception: Reception
):
    """Every [n] that a message uses is explained in it, in Markdown too."""
    shelf._ask = lambda _: wordy(answered, 20, words=300, quote=900)
    async with running(server, reception):
        name = await server.say("u1", ASKED)
        await server.until(lambda: len(server.pushed) >= 2)
    parts = [server.answer(name), *(text for _, text in server.pushed)]
    for part in parts:
        assert len(part.encode()) <= MAX_BYTES
        explained = re.findall(r"((?:\[\d+\])+)\[?《", part)
        used = set(re.findall(r"\[(\d+)\]", part))
        assert used, "it says something"
        assert used == set(re.findall(r"\d+", "".join(explained)))
    told = "".join(parts)
    assert all(f"第{n}条" in told and f"第{n}句" in told for n in range(1, 21))
    assert [chat for chat, _ in server.pushed] == ["u1"] * len(server.pushed)


async def test_whoever_opens_the_chat_is_greeted(server: WeComServer, reception: Reception):
    async with running(server, reception, patience=EAGER):
        name = await server.enter("u1")
        await server.until(lambda: len(server.welcomed) == 1)
        await server.bring(name)
        await server.say("u1", ASKED)
        await server.until(lambda: bool(server.streams))
    assert server.welcomed[0].startswith(phrases.START)
    assert "\\" not in server.welcomed[0], "a greeting is plain text"
    assert server.pushed == []
    assert len(server.streams) == 1


async def test_a_greeting_that_is_too_late_is_none(server: WeComServer, reception: Reception):
    async with running(server, reception):
        server.expired.add("msg/1=")
        await server.enter("u1")
        name = await server.say("u1", ASKED)
        await server.until(lambda: bool(server.answer(name)))
    assert (server.welcomed, server.pushed) == ([], [])
    assert reception.service.state.under_way(OUTBOX) == []


async def test_other_events_say_nothing(server: WeComServer, reception: Reception):
    async with running(server, reception, patience=EAGER):
        for kind in ("feedback_event", "template_card_event"):
            await server.say("u1", msgtype="event", event={"eventtype": kind})
        name = await server.say("u1", ASKED)
        await server.until(lambda: bool(server.answer(name)))
    assert set(server.streams) == {name}


@pytest.mark.parametrize("kind", ["image", "video", "voice"])
async def test_what_has_no_words_gets_a_word(server: WeComServer, reception: Reception, kind: str):
    async with running(server, reception):
        name = await server.say("u1", msgtype=kind)
        await server.until(lambda: server.answer(name) == phrases.NOT_WORDS[kind])


async def test_a_voice_is_answered_by_its_transcript(server: WeComServer, reception: Reception):
    async with running(server, reception):
        name = await server.say("u1", msgtype="voice", voice={"content": ASKED})
        await server.until(lambda: "23.26" in server.answer(name))


async def test_a_file_is_checked(server: WeComServer, shelf: Shelf, reception: Reception, checked: Checked):
    drafts: list[str] = []
    shelf._check = lambda text: drafts.append(text) or checked  # type: ignore[func-returns-value]
    headers = {"Content-Disposition": "attachment; filename=draft.txt"}
    given_out = httpx.MockTransport(
        lambda _: httpx.Response(200, content="投资23.62亿元。".encode(), headers=headers)
    )
    async with running(server, reception, files=Files(httpx.AsyncClient(transport=given_out))):
        name = await server.say("u1", msgtype="file", file={"url": "https://example.org/f", "aeskey": ""})
        await server.until(lambda: bool(server.answer(name)))
        assert drafts == ["投资23.62亿元。"]
        assert "不符" in server.answer(name)
        lost = await server.say("u1", msgtype="file", file={"url": "http://example.org/f"})
        await server.until(lambda: server.answer(lost) == phrases.FILE_LOST)


async def test_in_a_group_the_name_is_taken_out_and_the_group_is_answered(
    server: WeComServer, shelf: Shelf, answered: Answer, reception: Reception
):
    asked: list[str] = []
    shelf._ask = lambda text: asked.append(text) or answered  # type: ignore[func-returns-value]
    async with running(server, reception):
        server.codes[RESPOND] = deque([UNKNOWN])
        await server.say("u1", f"@问数\u2005{ASKED}", group="wr1")
        await server.until(lambda: bool(server.pushed))
    assert asked == [ASKED]
    assert server.pushed[0][0] == "wr1"
    assert [f["body"]["chat_type"] for f in server.frames if f["cmd"] == SEND] == [2]


async def test_in_a_group_a_quoted_text_is_checked_on_a_bare_order(
    server: WeComServer, shelf: Shelf, reception: Reception, checked: Checked
):
    drafts: list[str] = []
    shelf._check = lambda text: drafts.append(text) or checked  # type: ignore[func-returns-value]
    quote = {"msgtype": "text", "text": {"content": "投资23.62亿元。"}}
    async with running(server, reception):
        name = await server.say("u1", "@问数 核对", group="wr1", quote=quote)
        await server.until(lambda: bool(server.answer(name)))
    assert drafts == ["投资23.62亿元。"]


# -- who is let in


async def test_foreigners_get_nothing_and_the_log_names_them(
    server: WeComServer, shelf: Shelf, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    allowed = Allowed(frozenset({"wecom:u1"}), frozenset({"wecom:wr1"}))
    async with running(server, a_reception(a_service(shelf), allowed=allowed), patience=EAGER):
        await server.say("u2", ASKED)
        await server.enter("u2")
        let_in = [await server.say("u1", ASKED), await server.say("u2", ASKED, group="wr1")]
        await server.until(lambda: all(server.answer(name) for name in let_in))
    assert set(server.streams) == set(let_in)
    assert server.welcomed == []
    assert "turned away: wecom:u2 in wecom:u2" in caplog.text


async def test_whoever_is_too_fast_is_told_once(server: WeComServer, shelf: Shelf):
    reception = a_reception(a_service(shelf), per_minute=1)
    async with running(server, reception, patience=EAGER):
        names = [await server.say("u1", ASKED) for _ in range(4)]
        other = await server.say("u2", ASKED)
        await server.until(lambda: bool(server.answer(other)) and len(server.streams) == 3)
        await server.until(lambda: not server.unfinished)
    assert "23.26" in server.answer(names[0])
    assert server.answer(names[1]).startswith(phrases.TOO_FAST[:6])
    assert set(server.streams) == {names[0], names[1], other}
    assert reception.service.state.under_way(OUTBOX) == []


# -- once


async def test_a_message_brought_again_is_answered_once(
    server: WeComServer, shelf: Shelf, answered: Answer, reception: Reception
):
    n_asked = 0

    def ask(_: str) -> Answer:
        nonlocal n_asked
        n_asked += 1
        return answered

    shelf._ask = ask
    async with running(server, reception):
        name = await server.say("u1", ASKED)
        for _ in range(3):
            await server.bring(name)
        await until_done(server, reception)
        server.drop()
        await server.bring(name)
        other = await server.say("u1", ASKED)
        await server.until(lambda: bool(server.answer(other)))
    async with running(server, a_reception(reception.service)):
        await server.bring(name)
        third = await server.say("u1", ASKED)
        await server.until(lambda: bool(server.answer(third)))
    assert n_asked == 3
    assert (len(server.streams), server.pushed) == (3, [])


async def test_messages_of_a_chat_are_answered_in_order_those_of_others_meanwhile(
    server: WeComServer, held: Held
):
    async with running(server, a_reception(a_service(held)), patience=EAGER):
        first, second = await server.say("u1", ASKED), await server.say("u1", ASKED)
        await server.until(lambda: {first, second} <= set(server.streams))
        assert held.n_asked == 1
        held.may.set()
        await server.until(lambda: bool(server.answer(first) and server.answer(second)))
    ends = [
        f["body"]["stream"]["id"]
        for f in server.frames
        if f["cmd"] == RESPOND and f["body"]["stream"]["finish"]
    ]
    assert ends == [first, second]


# -- what comes in the way of the end of a stream


async def test_after_some_minutes_the_answer_is_promised_and_follows(server: WeComServer, held: Held):
    async with running(
        server, a_reception(a_service(held)), patience=Patience(first=0, between=0, most=0.01)
    ):
        name = await server.say("u1", ASKED)
        await server.until(lambda: server.answer(name) == phrases.WILL_FOLLOW)
        held.may.set()
        await server.until(lambda: bool(server.pushed))
    (pushed,) = server.pushed
    assert pushed[0] == "u1"
    assert "23.26" in pushed[1]
    assert Patience().most == 330


@pytest.mark.parametrize("code", [UNKNOWN, EXPIRED, 40008])
async def test_what_the_stream_refuses_comes_as_a_message(
    server: WeComServer, reception: Reception, code: int
):
    async with running(server, reception):
        server.codes[RESPOND] = deque([code])
        await server.say("u1", ASKED)
        await server.until(lambda: bool(server.pushed))
    assert len(server.pushed) == 1
    assert not server.streams


async def test_an_end_that_came_too_often_is_sent_again(server: WeComServer, reception: Reception):
    async with running(server, reception):
        server.codes[RESPOND] = deque([TOO_OFTEN, TOO_OFTEN])
        name = await server.say("u1", ASKED)
        await server.until(lambda: bool(server.answer(name)))
    assert server.pushed == []


async def test_an_answer_whose_connection_broke_comes_as_a_message(server: WeComServer, held: Held):
    async with running(server, a_reception(a_service(held)), patience=EAGER):
        name = await server.say("u1", ASKED)
        await server.until(lambda: name in server.streams)
        server.drop()
        await server.until(lambda: server.n_subscribed == 2)
        held.may.set()
        await server.until(lambda: bool(server.pushed))
    assert server.answers_of("u1") == [server.pushed[0][1]]


async def test_an_end_that_is_lost_with_its_connection_comes_as_a_message(
    server: WeComServer, reception: Reception
):
    lost = iter([Fate.LOST])
    server.fate = lambda frame: next(lost, Fate.TAKEN) if frame["cmd"] == RESPOND else Fate.TAKEN
    async with running(server, reception):
        await server.say("u1", ASKED)
        await server.until(lambda: bool(server.pushed))
    assert len(server.answers_of("u1")) == 1


async def test_an_end_that_arrived_just_before_its_connection_broke_may_be_there_twice(
    server: WeComServer, reception: Reception
):
    """Nobody can tell it from one that did not, and who got none would wait for ever."""
    broken = iter([Fate.UNCONFIRMED])
    server.fate = lambda frame: next(broken, Fate.TAKEN) if frame["cmd"] == RESPOND else Fate.TAKEN
    async with running(server, reception):
        name = await server.say("u1", ASKED)
        await server.until(lambda: bool(server.pushed))
    assert server.pushed == [("u1", server.answer(name))]


async def test_an_end_that_is_not_confirmed_has_arrived(server: WeComServer, reception: Reception):
    server.fate = lambda frame: Fate.SILENT if frame["cmd"] == RESPOND else Fate.TAKEN
    async with running(server, reception, pace=replace(PACE, ack=0.02, most=0.05)):
        name, other = await server.say("u1", ASKED), await server.say("u1", ASKED)
        await server.until(lambda: bool(server.answer(name) and server.answer(other)))
    assert server.pushed == []


async def test_a_message_of_ours_that_may_have_arrived_is_not_sent_again(
    server: WeComServer, reception: Reception
):
    async with running(server, reception):
        server.codes[RESPOND] = deque([UNKNOWN])
        broken = iter([Fate.UNCONFIRMED])
        server.fate = lambda frame: next(broken, Fate.TAKEN) if frame["cmd"] == SEND else Fate.TAKEN
        await server.say("u1", ASKED)
        await server.until(lambda: server.n_subscribed == 2)
        other = await server.say("u1", ASKED)
        await server.until(lambda: bool(server.answer(other)))
    assert len(server.pushed) == 1
    assert reception.service.state.under_way(OUTBOX) == []


async def test_a_message_of_ours_that_is_refused_is_tried_again_later(
    server: WeComServer, reception: Reception, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deliveries, "RETRY_SECONDS", 0.05)
    async with running(server, reception):
        server.codes[RESPOND] = deque([UNKNOWN])
        server.codes[SEND] = deque([TOO_OFTEN, 93006])
        await server.say("u1", ASKED)
        await server.until(lambda: bool(server.pushed))
    assert len(server.pushed) == 1


async def test_a_message_that_can_t_be_written_down_is_told_to_be_lost(
    server: WeComServer, reception: Reception, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> bool:
        raise StorageError("disk", item="disk", code="storage")

    async with running(server, reception):
        with monkeypatch.context() as patch:
            patch.setattr(Outbox, "take", refuse)
            name = await server.say("u1", ASKED)
            await server.until(lambda: server.answer(name) == phrases.OUT_OF_ORDER)
        after = await server.say("u1", ASKED)
        await server.until(lambda: "23.26" in server.answer(after))


async def test_an_unforeseen_error_apologises_and_ends_the_stream(
    server: WeComServer, shelf: Shelf, reception: Reception, caplog: pytest.LogCaptureFixture
):
    def ask(question: str) -> Answer:
        raise RuntimeError(question)

    shelf._ask = ask
    async with running(server, reception, patience=EAGER):
        name = await server.say("u1", ASKED)
        await server.until(lambda: server.answer(name) == phrases.APOLOGY)
    assert ASKED not in caplog.text


async def test_a_reply_that_can_t_be_kept_ends_its_stream_with_a_promise(
    server: WeComServer, reception: Reception, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise StorageError("disk", item="disk", code="storage")

    monkeypatch.setattr(deliveries, "RETRY_SECONDS", 0.05)
    patience = Patience(first=0, between=0, most=0.2)
    async with running(server, reception, patience=patience):
        with monkeypatch.context() as patch:
            patch.setattr(State, "ready", refuse)
            name = await server.say("u1", ASKED)
            await server.until(lambda: server.answer(name) == phrases.WILL_FOLLOW)
        await server.until(lambda: bool(server.pushed))
    assert len(server.pushed) == 1


# -- stopping and starting again


async def test_what_is_being_answered_when_we_stop_is_promised_and_answered_after_the_next_start(
    server: WeComServer, held: Held, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deliveries, "STOP_SECONDS", 0.05)
    path = tmp_path / "state.sqlite3"
    first = a_reception(a_service(held, state=a_state(path)))
    async with running(server, first, patience=EAGER):
        names = [await server.say(f"u{n}", ASKED) for n in range(6)]  # of which four have a turn
        await server.until(lambda: set(names) <= set(server.streams))
    assert [server.answer(name) for name in names] == [phrases.WILL_FOLLOW] * 6
    async with running(server, a_reception(a_service(shelf, state=a_state(path)))):
        await server.until(lambda: len(server.pushed) == 6)
    held.may.set()
    assert sorted(chat for chat, _ in server.pushed) == [f"u{n}" for n in range(6)]
    assert all("23.26" in text for _, text in server.pushed)


async def test_what_a_kill_left_over_is_answered_after_the_next_start(
    server: WeComServer, held: Held, shelf: Shelf, tmp_path: Path
):
    path = tmp_path / "state.sqlite3"
    killed = a_bot(server, a_reception(a_service(held, state=a_state(path))), patience=EAGER)
    await killed.start()
    for n in range(6):
        await server.say(f"u{n}", ASKED)
    await server.until(lambda: len(server.streams) == 6)
    kill(killed)
    async with running(server, a_reception(a_service(shelf, state=a_state(path)))):
        await server.until(lambda: len(server.pushed) == 6)
    held.may.set()
    assert sorted(chat for chat, _ in server.pushed) == [f"u{n}" for n in range(6)]


def kill(bot: Any) -> None:
    """End a bot as a signal that can't be caught does: nothing of it goes on."""
    chat, link = bot._chat, bot._link
    streams = [task for each in chat._streams.values() for task in (each._minding, each._sending) if task]
    connection = link._connection
    tasks = [*chat._deliveries._tasks.values(), chat._deliveries._retrying, link._keeping, *streams]
    for task in [*tasks, connection._beating]:
        task.cancel()
    connection._socket.transport.abort()


async def test_parts_that_had_left_are_not_sent_again_after_a_restart(
    server: WeComServer, shelf: Shelf, answered: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deliveries, "STOP_SECONDS", 0.05)
    shelf._ask = lambda _: wordy(answered, 3, words=5, quote=5_000)
    path = tmp_path / "state.sqlite3"
    async with running(server, a_reception(a_service(shelf, state=a_state(path)))):
        server.codes[SEND] = deque([TOO_OFTEN])
        name = await server.say("u1", ASKED)
        await server.until(lambda: server.n_of[SEND] == 1)
    assert (bool(server.answer(name)), server.pushed) == (True, [])
    async with running(server, a_reception(a_service(shelf, state=a_state(path)))):
        await server.until(lambda: len(server.pushed) == 2)
    told = [server.answer(name), *(text for _, text in server.pushed)]
    assert [sum(f"第{n}条" in part for part in told) for n in range(1, 4)] == [1, 1, 1]


async def test_a_message_that_comes_while_we_stop_is_kept(
    server: WeComServer, held: Held, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deliveries, "STOP_SECONDS", 0.2)
    path = tmp_path / "state.sqlite3"
    state = a_state(path)
    bot = a_bot(server, a_reception(a_service(held, state=state)))
    await bot.start()
    await server.say("u1", ASKED)
    await server.until(lambda: held.n_asked == 1)
    stopping = asyncio.create_task(bot.stop())
    await asyncio.sleep(0)
    await server.say("u2", ASKED)
    await stopping
    async with running(server, a_reception(a_service(shelf, state=a_state(path)))):
        await server.until(lambda: {chat for chat, _ in server.pushed} == {"u1", "u2"})
    held.may.set()


# -- many


@pytest.mark.parametrize("seed", range(3))
async def test_of_100_messages_of_100_users_over_drops_none_is_lost_or_doubled(
    server: WeComServer, reception: Reception, seed: int
):
    """The connection breaks before an end arrives, or after a message did: just when it hurts."""
    draw = random.Random(seed)

    def fate(frame: dict[str, Any]) -> Fate:
        if draw.random() < 0.8:
            return Fate.TAKEN
        if frame["cmd"] == RESPOND and frame["body"]["stream"]["finish"]:
            return draw.choice([Fate.LOST, Fate.CLOSED])
        return Fate.UNCONFIRMED if frame["cmd"] == SEND else Fate.TAKEN

    server.fate = fate
    users = [f"user{n}" for n in range(100)]
    async with running(server, reception, patience=EAGER):
        for user in users:
            name = await server.say(user, ASKED)
            if draw.random() < 0.3:
                await server.bring(name)
        await server.until(lambda: all(map(server.answers_of, users)))
        await server.until(lambda: not reception.service.state.under_way(OUTBOX))
    told = {user: [text for text in server.answers_of(user) if "23.26" in text] for user in users}
    assert {user: len(texts) for user, texts in told.items()} == dict.fromkeys(users, 1)
    assert server.n_subscribed > 10


# -- how a stream grows


class Watched:
    """What a stream showed.

    Attributes:
        shown: Snapshots.
        seen: Whether the next ones can be seen.
    """

    def __init__(self, seen: Iterable[bool] = ()) -> None:
        self.shown: list[Snapshot] = []
        self.seen = deque(seen)
        self.may = asyncio.Event()
        self.may.set()

    async def show(self, snapshot: Snapshot) -> bool:
        await self.may.wait()
        self.shown.append(snapshot)
        return self.seen.popleft() if self.seen else True


async def test_of_many_drafts_the_newest_is_shown_and_then_the_answer():
    watched = Watched()
    stream = Stream(watched.show, replace(PATIENT, between=1_000))
    stream.show("一")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for text in "二三四五":
        stream.show(text)
    assert await stream.finish("答")
    assert watched.shown == [Snapshot("一"), Snapshot("答", is_last=True)]


async def test_a_snapshot_is_let_through_before_the_next():
    watched = Watched()
    watched.may.clear()
    stream = Stream(watched.show, PATIENT)
    stream.show("一")
    await asyncio.sleep(0)
    for text in "二三四":
        stream.show(text)
    finishing = asyncio.create_task(stream.finish("答"))
    await asyncio.sleep(0)
    assert watched.shown == []
    watched.may.set()
    assert await finishing
    assert [each.text for each in watched.shown] == ["一", "答"]


async def test_after_the_last_nothing_is_shown():
    watched = Watched()
    stream = Stream(watched.show, PATIENT)
    assert await stream.finish("答")
    stream.show("又")
    assert not await stream.finish("再答")
    await asyncio.sleep(0)
    assert [each.text for each in watched.shown] == ["答"]


async def test_no_more_snapshots_are_shown_than_may_be():
    watched = Watched()
    stream = Stream(watched.show, PATIENT)
    for n in range(2 * MAX_SNAPSHOTS):
        stream.show(str(n))
        for _ in range(5):
            await asyncio.sleep(0)
    await stream.finish("答")
    assert MAX_SNAPSHOTS - 5 < len(watched.shown) <= MAX_SNAPSHOTS + 1 < 100


async def test_where_a_snapshot_can_t_be_seen_only_the_last_is_tried():
    watched = Watched([False, False])
    stream = Stream(watched.show, PATIENT)
    stream.show("一")
    await asyncio.sleep(0.01)
    stream.show("二")
    assert not await stream.finish("答")
    assert [each.text for each in watched.shown] == ["一", "答"]


async def test_an_end_that_is_broken_off_can_be_put_otherwise():
    watched = Watched()
    watched.may.clear()
    stream = Stream(watched.show, PATIENT)
    finishing = asyncio.create_task(stream.finish("答"))
    await asyncio.sleep(0)
    finishing.cancel()
    await asyncio.gather(finishing, return_exceptions=True)
    watched.may.set()
    assert await stream.finish(phrases.WILL_FOLLOW)


async def test_a_stream_that_showed_nothing_can_be_abandoned():
    watched = Watched()
    stream = Stream(watched.show, PATIENT)
    stream.abandon()
    assert stream.is_over
    assert watched.shown == []


STEPS = st.lists(st.sampled_from(["show", "finish", "wait", "cancel", "refuse"]), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_every_stream_that_is_opened_ends_whatever_happens(steps: list[str]):
    """Whatever order drafts, answers, refusals and cancellations come in, the last snapshot is a last one."""

    async def go() -> list[Snapshot]:
        watched = Watched()
        stream = Stream(watched.show, Patience(first=0, between=0, most=0.005))
        for step in steps:
            if step == "show":
                stream.show("草稿")
            elif step == "finish":
                await stream.finish("答")
            elif step == "refuse":
                watched.seen.append(False)
            elif step == "cancel":
                watched.may.clear()
                broken = asyncio.create_task(stream.finish("半"))
                await asyncio.sleep(0)
                broken.cancel()
                await asyncio.gather(broken, return_exceptions=True)
                watched.may.set()
            else:
                await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait({stream._minding})
            while not stream.is_over:
                await stream.finish(phrases.WILL_FOLLOW)
        return watched.shown

    shown = asyncio.run(go())
    assert shown[-1].is_last
    assert sum(each.is_last for each in shown) == 1


@pytest.mark.parametrize("seed", range(4))
async def test_a_stream_always_ends_whatever_the_server_and_the_engine_do(
    server: WeComServer, shelf: Shelf, answered: Answer, seed: int
):
    """On a connection that lasts: answers, errors, refusals, late ones, whoever is too fast, and a stop."""
    draw = random.Random(seed)

    def ask(_: str) -> Answer:
        if draw.random() < 0.3:
            raise RuntimeError("unforeseen")
        return answered

    shelf._ask = ask
    reception = a_reception(a_service(shelf), per_minute=3)
    patience = Patience(first=0, between=0, most=draw.choice([0.001, 0.01, 330]))
    async with running(server, reception, patience=patience):
        for at in range(40):
            await server.say(f"u{at % 8}", draw.choice([ASKED, "", "/help", "核对：投资1亿元。"]))
            if draw.random() < 0.1:
                server.codes.setdefault(RESPOND, deque()).append(TOO_OFTEN)
        await server.until(lambda: len(server.streams) > 8)
    assert server.streams
    assert server.unfinished == []


# -- while a language model writes


async def test_drafts_grow_before_the_user_s_eyes(server: WeComServer, writer: Writing):
    released = threading.Event()
    writer.script(Stalls(released, KEPT))
    reception = a_reception(writer.service)
    async with running(server, reception, patience=EAGER):
        name = await server.say("u1", QUESTION)
        await server.until(lambda: name in server.streams and SENTENCE[:8] in server.streams[name].texts[-1])
        assert name in server.unfinished
        released.set()
        await server.until(lambda: bool(server.answer(name)))
    assert "23.26亿元" in server.answer(name)
    assert server.pushed == []


async def test_a_model_that_is_too_slow_is_followed_by_a_message(server: WeComServer, writer: Writing):
    released = threading.Event()
    writer.script(Stalls(released, KEPT))
    async with running(server, a_reception(writer.service), patience=Patience(first=0, between=0, most=0.3)):
        name = await server.say("u1", QUESTION)
        await server.until(lambda: server.answer(name) == phrases.WILL_FOLLOW)
        released.set()
        await server.until(lambda: bool(server.pushed))
    assert "23.26亿元" in server.pushed[0][1]


# -- how much a chat gets


async def test_a_chat_gets_no_more_than_it_may():
    now, slept = 0.0, []

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        slept.append(seconds)

    pacer = Pacer(Rates(lambda: now), sleep)
    at: list[float] = []
    for _ in range(1_100):
        await pacer.turn("u1")
        at.append(now)
    await pacer.turn("u2")
    for most, seconds in LIMITS:
        assert all(late - early > seconds - 0.01 for early, late in zip(at, at[most:], strict=False))
    assert at[29] == 0, "thirty go at once"
    assert LIMITS == ((30, 60), (1_000, 3_600))


async def test_an_answer_waits_for_its_chat_s_turn(server: WeComServer, reception: Reception):
    waited: list[str] = []

    class Counting(Pacer):
        async def turn(self, chat: str) -> None:
            waited.append(chat)

    async with running(server, reception) as bot:
        bot._pacer = Counting()
        name = await server.say("u1", ASKED)
        await server.until(lambda: bool(server.answer(name)))
        server.codes[RESPOND] = deque([UNKNOWN])
        await server.say("u2", ASKED, group="wr1")
        await server.until(lambda: bool(server.pushed))
    assert waited == ["u1", "wr1", "wr1"]


async def test_no_word_of_a_message_is_logged(
    server: WeComServer, reception: Reception, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG, "bot")
    async with running(server, reception):
        await server.say("u1", ASKED)
        await until_done(server, reception)
        server.drop()
        server.codes[RESPOND] = deque([UNKNOWN])
        await server.say("u1", ASKED)
        await server.until(lambda: bool(server.pushed))
        await server.push_frame("aibot_msg_callback", {"msgtype": "text", "text": {"content": ASKED}})
        other = await server.say("u1", ASKED)
        await server.until(lambda: bool(server.answer(other)))
    logged = "".join(record.getMessage() for record in caplog.records)
    assert not any(word in logged for word in ("科创投", "23.26", SECRET))
