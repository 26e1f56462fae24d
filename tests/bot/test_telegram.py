"""Telegram without a server: a double stands in for HTTPS and answers as told."""

import asyncio
import itertools
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from stand_ins import Shelf, a_reception, a_service, unasked, unchecked
from telegram import CallbackQuery, Chat, Message, MessageEntity, Update, User
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram_line import ME, TOKEN, Boundless, Line, Told, failed, toasts

from bot import logs, phrases, reply
from bot.channels import telegram_chat, telegram_delivery
from bot.channels.telegram_account import Account
from bot.channels.telegram_chat import TelegramChat
from bot.channels.telegram_delivery import Delivery, Place
from bot.channels.telegram_messages import addressed, place_of
from bot.channels.telegram_queue import key_of
from bot.outbox import CLOSED_AFTER
from bot.reply import ReplyStatus
from knowledge.errors import BackendError, SettingError
from knowledge.schema import Answer, Article
from knowledge.verdict import Checked

Ask = Callable[[str], Answer]
Check = Callable[[str], Checked]


def unsent(problem: httpx.HTTPError) -> NetworkError:
    """The library's error for a request that broke off, or never left."""
    error = NetworkError(str(problem))
    error.__cause__ = problem
    return error


@pytest.fixture
def answer_reply(answered: Answer) -> reply.Reply:
    return reply.from_answer(answered)


@pytest.fixture
def home_log(tmp_path: Path) -> Iterator[Path]:
    """The log file of a home, at its most talkative."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.start(tmp_path, "DEBUG")
    yield tmp_path / "wenshu.log"
    for handler in [each for each in root.handlers if each not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@asynccontextmanager
async def delivery(line: Line) -> AsyncIterator[tuple[Delivery, list[float]]]:
    """What goes out, without a wait; and the seconds it would have waited."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async with running(line) as chat:
        chat.delivery._sleep = sleep
        yield chat.delivery, slept


@asynccontextmanager
async def running(
    line: Line, ask: Ask = unasked, check: Check = unchecked, **fields: Any
) -> AsyncIterator[TelegramChat]:
    """A bot over one article, which sends as fast as it can."""
    article = Article(
        "seed", "题", "报", "2022-02-21", "", "截至2021年底，科创投累计投资23.26亿元。", "0" * 64
    )
    served = a_service(Shelf(ask, check, [article]), **fields)
    chat = TelegramChat(a_reception(served), Account(TOKEN), request=line, updates_request=line)
    chat._application.bot.rate_limiter._rates = Boundless()
    await chat._application.initialize()
    await chat._application.start()
    try:
        yield chat
    finally:
        await chat.stop()


def message(
    text: str, *, chat: int = 1, kind: str = Chat.PRIVATE, number: int = 10, **fields: Any
) -> Message:
    user = User(99, "用户", is_bot=False)
    return Message(number, datetime.now(UTC), Chat(chat, kind), from_user=user, text=text, **fields)


def group(text: str, *entities: MessageEntity, **fields: Any) -> Message:
    return message(text, chat=-100, kind=Chat.SUPERGROUP, entities=entities, **fields)


async def receive(chat: TelegramChat, *messages: Message) -> None:
    """Let messages come in one after the other, without waiting for the answers, then wait for all."""
    tasks = []
    for each in messages:
        tasks.append(asyncio.create_task(through_the_line(chat, update_of(chat, message=each))))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)


NUMBERS = itertools.count(1)


def update_of(chat: TelegramChat, **fields: Any) -> Update:
    """An update as it comes off the wire, written down."""
    bare = Update(next(NUMBERS), **fields)
    update = Update.de_json(json.loads(bare.to_json()), chat._application.bot)
    if update.message or update.edited_message:
        assert chat._outbox.take(key_of(update), update.to_json())
    return update


async def through_the_line(chat: TelegramChat, update: Update) -> None:
    application = chat._application
    await application.update_processor.process_update(update, application.process_update(update))


# --- what is sent -----------------------------------------------------------------------------------


async def test_an_answer_is_one_message_with_entities_in_utf16(answer_reply: reply.Reply):
    line = Line()
    async with delivery(line) as (out, _):
        assert await out.send(Place(1), answer_reply)
    (sent,) = line.sent
    text = sent["text"].encode("utf-16-le")
    cut = {
        e["type"]: text[e["offset"] * 2 :][: e["length"] * 2].decode("utf-16-le") for e in sent["entities"]
    }
    assert cut["bold"] == "23.26亿元"
    assert cut["text_link"].startswith("《搭平台")
    assert "“科创贷”累计放款总额超157.38亿元" in cut["expandable_blockquote"]
    assert sent["link_preview_options"]["is_disabled"] is True
    assert "parse_mode" not in sent
    assert sent["reply_markup"]["inline_keyboard"][0][0]["url"].startswith("http://finews")


async def test_entity_offsets_count_utf16_units_behind_a_rare_character():
    line = Line()
    rare = reply.Reply(
        ReplyStatus.NOTICE,
        (reply.Block(reply.Role.TEXT, (reply.Run("𠮷𠮷"), reply.Run("23亿元", strong=True))),),
    )
    async with delivery(line) as (out, _):
        await out.send(Place(1), rare)
    assert [(e["offset"], e["length"]) for e in line.sent[0]["entities"]] == [(4, 4)]


async def test_a_long_reply_is_several_messages_of_at_most_4096_units():
    line = Line()
    async with delivery(line) as (out, _):
        await out.send(Place(-1, 5, 10), reply.notice("𠮷" * 9000))
    assert [len(sent["text"].encode("utf-16-le")) // 2 <= 4096 for sent in line.sent] == [True] * 5
    assert "".join(sent["text"] for sent in line.sent) == "𠮷" * 9000
    assert all(sent["message_thread_id"] == 5 for sent in line.sent)
    assert ["reply_parameters" in sent for sent in line.sent] == [True, False, False, False, False]


async def test_at_most_100_entities_a_message():
    blocks = tuple(reply.Block(reply.Role.EXTRA, (reply.Run("3家", strong=True),)) for _ in range(250))
    line = Line()
    async with delivery(line) as (out, _):
        await out.send(Place(1), reply.Reply(ReplyStatus.ANSWERED, blocks))
    assert [len(sent["entities"]) for sent in line.sent] == [100, 100, 50]


# --- what can go wrong --------------------------------------------------------------------------------


async def test_bad_entities_go_plain_once(answer_reply: reply.Reply):
    line = Line(failed(400, "Bad Request: entities are malformed"))
    async with delivery(line) as (out, _):
        assert await out.send(Place(1), answer_reply)
    first, second = line.sent
    assert "entities" in first
    assert "entities" not in second
    assert "reply_markup" not in second
    assert second["text"].startswith(first["text"])
    assert "http://finews" in second["text"], "the link is spelled out"


async def test_a_part_refused_plain_too_is_an_error(answer_reply: reply.Reply):
    line = Line(failed(400, "Bad Request: entities are malformed"), failed(400, "Bad Request: refused"))
    async with delivery(line) as (out, _):
        with pytest.raises(TelegramError, match="Refused"):
            await out.send(Place(1), answer_reply)
    assert len(line.sent) == 2


async def test_a_server_that_knows_no_preview_options_is_asked_once(answer_reply: reply.Reply):
    line = Line(failed(400, "Bad Request: link_preview_options is not supported yet"))
    async with delivery(line) as (out, _):
        await out.send(Place(1), answer_reply)
        await out.send(Place(2), answer_reply)
    assert ["link_preview_options" in sent for sent in line.sent] == [True, False, False]
    assert all("entities" in sent for sent in line.sent)


@pytest.mark.parametrize(
    "problem",
    [
        TimedOut(),
        unsent(httpx.ReadError("502 bad gateway")),
        failed(500, "Internal Server Error"),
        (500, b"<html>not 502 bad gateway</html>"),
    ],
    ids=repr,
)
async def test_what_may_have_arrived_is_not_sent_again(
    answer_reply: reply.Reply, problem: Told | TelegramError
):
    line = Line(problem)
    async with delivery(line) as (out, slept):
        assert await out.send(Place(1), answer_reply)
    assert len(line.sent) == 1
    assert slept == []


async def test_what_never_left_is_sent_again(answer_reply: reply.Reply):
    line = Line(unsent(httpx.ConnectError("refused")), unsent(httpx.PoolTimeout("full")))
    async with delivery(line) as (out, slept):
        assert await out.send(Place(1), answer_reply)
    assert len(line.sent) == 3
    assert len(slept) == 2


@pytest.mark.parametrize(
    "told",
    [
        failed(502, "Bad Gateway"),
        failed(503, "Service Unavailable"),
        failed(504, "Gateway Timeout"),
        (502, b"<html><h1>502 Bad Gateway</h1></html>"),
        (503, b""),
        (504, b"upstream"),
    ],
    ids=repr,
)
async def test_what_was_turned_away_before_telegram_is_sent_again(answer_reply: reply.Reply, told: Told):
    line = Line(told, told)
    async with delivery(line) as (out, slept):
        assert await out.send(Place(1), answer_reply)
        assert out._metrics.parts.labels("telegram", "lost")._value.get() == 0
    assert len(line.sent) == 3
    assert len(slept) == 2


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: not enough rights to send text messages to the chat"),
    ],
)
async def test_a_chat_out_of_reach_is_inactive_until_it_answers(
    answer_reply: reply.Reply, status: int, description: str
):
    line = Line(failed(status, description))
    async with delivery(line) as (out, _):
        assert not await out.send(Place(1), answer_reply)
        assert out.inactive == {1}
        assert len(line.sent) == 1
        assert await out.send(Place(1), answer_reply)
        assert out.inactive == set()


async def test_a_group_that_became_a_supergroup_is_followed(answer_reply: reply.Reply):
    line = Line(failed(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009))
    async with delivery(line) as (out, _):
        await out.send(Place(-5), answer_reply)
    assert [sent["chat_id"] for sent in line.sent] == [-5, -1009]


async def test_a_topic_that_is_gone_is_left(answer_reply: reply.Reply):
    line = Line(failed(400, "Bad Request: message thread not found"))
    async with delivery(line) as (out, _):
        assert await out.send(Place(-5, 3), answer_reply)
    assert [sent.get("message_thread_id") for sent in line.sent] == [3, None]
    assert all("entities" in sent for sent in line.sent)


# --- who is answered, in which order -------------------------------------------------------------------


async def test_a_slow_answer_holds_up_its_own_chat_alone(answered: Answer):
    line, free = Line(), threading.Event()
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        if question == "慢":
            assert free.wait(10)
        return answered

    async with running(line, ask) as chat:
        tasks = asyncio.create_task(
            receive(chat, message("慢", chat=1), message("快", chat=1, number=11), message("别处", chat=2))
        )
        await line.sending.wait()
        assert [sent["chat_id"] for sent in line.sent] == [2]
        assert sorted(asked) == sorted(["慢", "别处"])
        free.set()
        await tasks
    assert [sent["chat_id"] for sent in line.sent] == [2, 1, 1]
    assert asked[-1] == "快"


async def test_an_unforeseen_error_apologises_and_logs_neither_words_nor_token(home_log: Path):
    def ask(question: str) -> Answer:
        raise RuntimeError(f"broke on {question} {TOKEN}")

    line = Line()
    async with running(line, ask) as chat:
        await receive(chat, message("机密的问题"))
    assert [sent["text"] for sent in line.sent] == [phrases.APOLOGY]
    logging.getLogger("anything").error("https://api.telegram.org/bot%s/getMe", TOKEN)
    log = await asyncio.to_thread(home_log.read_text, encoding="utf-8")
    assert "RuntimeError" in log
    assert "bot…/getMe" in log
    assert "机密" not in log
    assert TOKEN.partition(":")[2] not in log


async def test_a_reply_that_cannot_be_made_into_messages_ends_in_an_apology_once(
    answered: Answer, monkeypatch: pytest.MonkeyPatch, home_log: Path
):
    line, outgoing = Line(), telegram_delivery.outgoing

    def broken(made: reply.Reply, *args: Any, **fields: Any) -> Any:
        if made.status is ReplyStatus.ANSWERED:
            raise RuntimeError(answered.text)
        return outgoing(made, *args, **fields)

    monkeypatch.setattr(telegram_delivery, "outgoing", broken)
    async with running(line, lambda _: answered) as chat:
        await receive(chat, message("科创投"))
        assert chat._outbox.left_over() == [], "it is not tried again"
    assert [sent["text"] for sent in line.sent] == [phrases.APOLOGY]
    log = await asyncio.to_thread(home_log.read_text, encoding="utf-8")
    assert "RuntimeError" in log
    assert answered.text not in log


async def test_what_is_left_over_for_a_day_is_closed_and_the_log_says_so(home_log: Path):
    line = Line()
    async with running(line) as chat:
        old = update_of(chat, message=message("科创投"))
        chat._outbox._clock = lambda: time.time() + CLOSED_AFTER + 1
        young = update_of(chat, message=message("科创贷", chat=2))
        assert chat._queue.restore(chat._application.bot) == 1
        assert key_of(chat._queue.get_nowait()) == key_of(young)
        chat._queue.task_done()
        assert [each.id for each in chat._outbox.left_over()] == [key_of(young)]
    assert line.sent == []
    log = await asyncio.to_thread(home_log.read_text, encoding="utf-8")
    assert f"{key_of(old)}: no reply could be sent for a day" in log


async def test_an_error_of_telegram_gets_no_apology(answered: Answer):
    line = Line(failed(400, "Bad Request: entities are malformed"), failed(400, "Bad Request: no"))
    async with running(line, lambda _: answered) as chat:
        await receive(chat, message("科创投"))
    assert len(line.sent) == 2


async def test_a_picture_in_a_private_chat_gets_a_word(answered: Answer):
    line = Line()
    async with running(line, lambda _: answered) as chat:
        await receive(chat, message(""))
    assert [sent["text"] for sent in line.sent] == [phrases.EMPTY]


async def test_a_draft_is_checked_in_order_of_its_chat(checked: Checked):
    line, given = Line(), []

    def check(draft: str) -> Checked:
        given.append(draft)
        return checked

    async with running(line, lambda _: pytest.fail("asked"), check) as chat:
        await receive(chat, message(f"/check\n{checked.text}"), message(checked.text, number=11))
    assert given == [checked.text] * 2
    first, second = line.sent
    assert first["text"] == second["text"]
    assert first["text"].startswith("共 5 处数字：支持 2，不符 1，查无依据 2。")
    assert first["reply_markup"]["inline_keyboard"][0][0]["url"].startswith("http://finews")


async def test_a_check_in_a_group_is_a_command_to_this_bot(checked: Checked):
    line, given = Line(), []

    def check(draft: str) -> Checked:
        given.append(draft)
        return checked

    text = "/check@wenshu_bot 科创投累计投资23.62亿元"
    async with running(line, lambda _: pytest.fail("asked"), check) as chat:
        await receive(chat, group(text, mention(text, "/check@wenshu_bot", MessageEntity.BOT_COMMAND)))
    assert given == ["科创投累计投资23.62亿元"]
    assert [sent["chat_id"] for sent in line.sent] == [-100]


async def test_the_menu_names_check():
    line = Line()
    told: list[dict[str, Any]] = []
    answer = line._answer
    line._answer = lambda name, fields: told.append({"name": name, **fields}) or answer(name, fields)  # type: ignore[method-assign]
    async with running(line, lambda _: pytest.fail("asked")) as chat:
        await chat._tell_commands()
    (menu,) = [each["commands"] for each in told if each["name"] == "setMyCommands"]
    assert [each["command"] for each in menu] == [command for command, _ in phrases.COMMANDS]


def mention(text: str, name: str = "@wenshu_bot", kind: str = MessageEntity.MENTION) -> MessageEntity:
    offset = len(text[: text.index(name)].encode("utf-16-le")) // 2
    return MessageEntity(kind, offset, len(name))


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        (message(" 科创投 "), "科创投"),
        (message("/help"), "/help"),
        (group("科创投累计投资多少"), None),
        (group(t := "@wenshu_bot 科创投投了多少", mention(t)), "科创投投了多少"),
        (group(t := "𠮷 @Wenshu_Bot科创投投了多少", mention(t, "@Wenshu_Bot")), "𠮷  科创投投了多少"),
        (group(t := "@other_bot 科创投", mention(t, "@other_bot")), None),
        (group(t := "@wenshu_bot2 科创投", mention(t, "@wenshu_bot2")), None),
        (group("@wenshu_bot 没有标成提及"), None),
        (group(t := "/help@wenshu_bot", mention(t, t, MessageEntity.BOT_COMMAND)), "/help"),
        (group(t := "/help@other_bot", mention(t, t, MessageEntity.BOT_COMMAND)), None),
        (group(t := "/help", mention(t, t, MessageEntity.BOT_COMMAND)), None),
        (group("问数 你好", MessageEntity(MessageEntity.TEXT_MENTION, 0, 2, user=ME)), "你好"),
        (
            group(
                "同事 你好", MessageEntity(MessageEntity.TEXT_MENTION, 0, 2, user=User(5, "x", is_bot=False))
            ),
            None,
        ),
        (group("那科创贷呢", reply_to_message=group("答", number=9)), None),
        (
            group(
                "那科创贷呢",
                reply_to_message=Message(
                    9, datetime.now(UTC), Chat(-100, Chat.SUPERGROUP), from_user=ME, text="答"
                ),
            ),
            "那科创贷呢",
        ),
        (group(t := "@wenshu_bot", mention(t)), ""),
    ],
)
def test_in_groups_only_what_is_meant_for_the_bot(each: Message, expected: str | None):
    assert addressed(each, ME) == expected


def test_a_bot_without_a_name_is_still_reached_by_reply():
    nameless = User(7, "Fixture", is_bot=True)
    answer_before = Message(9, datetime.now(UTC), Chat(-100, Chat.GROUP), from_user=nameless, text="答")
    assert addressed(group("那科创贷呢", reply_to_message=answer_before), nameless) == "那科创贷呢"
    text = "@wenshu_bot 科创投"
    assert addressed(group(text, mention(text)), nameless) is None


def test_an_answer_keeps_topic_and_message():
    assert place_of(message("问")) == Place(1, None, None)
    assert place_of(group("问")) == Place(-100, None, 10)
    topic = group("问", message_thread_id=3, is_topic_message=True)
    assert place_of(topic) == Place(-100, 3, 10)
    thread = group("问", message_thread_id=3)
    assert place_of(thread) == Place(-100, None, 10), "a thread of replies is no topic"


# --- how many may be asked ---------------------------------------------------------------------------


@asynccontextmanager
async def counting(line: Line, answered: Answer, *, per_minute: int) -> AsyncIterator[TelegramChat]:
    """A bot to which everything that comes is new, and few may come."""
    async with running(line, lambda _: answered) as chat:
        chat._started = datetime.fromtimestamp(0, UTC)
        chat._reception.guard._user_per_minute = per_minute
        yield chat


async def edit(chat: TelegramChat, text: str) -> None:
    await through_the_line(chat, update_of(chat, edited_message=message(text, edit_date=datetime.now(UTC))))


def changed(line: Line) -> list[tuple[str, int]]:
    """Our messages that were edited or deleted, by number."""
    names = {"editMessageText", "deleteMessage"}
    return [(name, fields["message_id"]) for name, fields in line.others if name in names]


async def test_an_edit_counts_and_a_word_about_haste_takes_no_answer_s_place(answered: Answer):
    line = Line()
    async with counting(line, answered, per_minute=2) as chat:
        await receive(chat, message("科创投"))
        await edit(chat, "科创投投了多少")
        await edit(chat, "科创投投了几何")
        await edit(chat, "科创投投了几许")
        assert changed(line) == [("editMessageText", 1)]
        answer, told = [sent["text"] for sent in line.sent]
        assert answer.startswith("23.26亿元")
        assert told.startswith(phrases.TOO_FAST.partition("{")[0])
        chat._reception.guard._user_per_minute = 1000
        await edit(chat, "科创投投了多少")
    assert changed(line) == [("editMessageText", 1)] * 2, "the answer is still known by its question"
    assert len(line.sent) == 2


async def test_a_word_about_haste_becomes_the_answer_when_the_question_is_edited_later(answered: Answer):
    line = Line()
    async with counting(line, answered, per_minute=1) as chat:
        await receive(chat, message("科创投", number=9), message("科创投投了多少"))
        chat._reception.guard._user_per_minute = 1000
        await edit(chat, "科创投投了多少")
    assert changed(line) == [("editMessageText", 2)]


async def press(chat: TelegramChat, order: str) -> None:
    below = Message(4, datetime.now(UTC), Chat(1, Chat.PRIVATE), from_user=ME, text="答")
    query = CallbackQuery("1", User(99, "用户", is_bot=False), "1", message=below, data=order)
    await through_the_line(chat, update_of(chat, callback_query=query))


async def test_a_press_counts_and_one_that_is_too_fast_is_told_so(answered: Answer):
    line = Line()
    async with counting(line, answered, per_minute=2) as chat:
        await receive(chat, message("科创投"))
        for _ in range(3):
            await press(chat, "/useful 1")
        await receive(chat, message("科创贷", number=11))
    first, *others = toasts(line)
    assert first == phrases.THANKS
    assert [str(each).startswith(phrases.TOO_FAST.partition("{")[0]) for each in others] == [True, True]
    assert line.sent[1]["text"].startswith(phrases.TOO_FAST.partition("{")[0]), "a message is told besides"


# --- starting ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("respond", "error", "code"),
    [
        (failed(401, "Unauthorized"), SettingError, "telegram_token_invalid"),
        (failed(404, "Not Found"), SettingError, "telegram_token_invalid"),
        (failed(502, "Bad Gateway"), BackendError, "telegram_unreachable"),
    ],
)
async def test_a_start_that_fails_names_the_cause(
    respond: tuple[int, dict[str, Any]], error: type[Exception], code: str, monkeypatch: pytest.MonkeyPatch
):
    line = Line()
    monkeypatch.setattr(line, "_answer", lambda *_: respond)
    served = a_reception(a_service(Shelf()))
    chat = TelegramChat(served, Account(TOKEN), request=line, updates_request=line)
    with pytest.raises(error) as caught:
        await chat.start()
    assert caught.value.code == code  # type: ignore[attr-defined]
    assert TOKEN not in str(caught.value)
    await chat.stop()


# --- stopping ------------------------------------------------------------------------------------------


async def brought(chat: TelegramChat, *messages: Message) -> None:
    """Let messages come in, and be begun as far as may be."""
    for each in messages:
        await chat.bring(json.loads(Update(next(NUMBERS), message=each).to_json()))
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_waits_at_the_desk_is_left_for_the_next_start(answered: Answer):
    line, free, asked = Line(), threading.Event(), []

    def ask(question: str) -> Answer:
        asked.append(question)
        assert free.wait(10)
        return answered

    async with running(line, ask) as chat:
        chat._is_connected = True
        await brought(chat, *(message(f"第{number}问", chat=number) for number in range(1, 11)))
        async with asyncio.timeout(10):
            while len(asked) < 4:  # noqa: ASYNC110 -- threads ask, not the loop
                await asyncio.sleep(0.001)
        stopping = asyncio.create_task(chat.stop())
        await asyncio.sleep(0)
        free.set()
        await stopping
        assert len(chat._outbox.left_over()) == 6
    assert len(asked) == len(line.sent) == 4


async def test_what_cannot_be_sent_does_not_hold_up_the_end(
    answered: Answer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(telegram_chat, "STOP_SECONDS", 0.0)
    line, begun = Line(), asyncio.Event()

    async def never(_: object) -> int:
        begun.set()
        await asyncio.Event().wait()
        return 0

    async with running(line, lambda _: answered) as chat:
        chat._is_connected = True
        monkeypatch.setattr(chat.delivery, "send_one", never)
        await brought(chat, message("第一问"), message("第二问", number=11))
        await begun.wait()
        async with asyncio.timeout(10):
            await chat.stop()
        assert len(chat._outbox.left_over()) == 2
