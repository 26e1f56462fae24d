"""What a language model has written so far, in a private chat of Telegram: drafts, then one message."""

import asyncio
import itertools
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scripted import Stalls
from stand_ins import OnAnswer, Shelf, a_reception, a_service
from telegram import Chat, Message, MessageEntity, Update, User
from telegram.error import TelegramError, TimedOut
from telegram.request import RequestData
from telegram_line import TOKEN, Boundless, Line, Told, failed
from writers import FIGURE, KEPT, QUESTION, SENTENCE, Writing, writing

from bot import reply
from bot.channels import telegram_drafts
from bot.channels.telegram_account import Account
from bot.channels.telegram_chat import TelegramChat
from bot.channels.telegram_delivery import Place
from bot.channels.telegram_drafts import Drafts
from bot.channels.telegram_queue import key_of
from bot.reply import Reply
from bot.service import Service
from knowledge.generation import Statement
from knowledge.schema import Answer, Article

DRAFT, TYPING, MESSAGE = "sendMessageDraft", "sendChatAction", "sendMessage"
PATIENCE = 30
NUMBERS = itertools.count(1)


class Server(Line):
    """Notes every call in its order.

    Attributes:
        calls: Name and fields of each.
        refusing: What is answered to calls of a name.
        hanging: Calls of these names are answered only when it is set.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refusing: dict[str, Told | TelegramError] = {}
        self.hanging: dict[str, asyncio.Event] = {}
        self._more = asyncio.Condition()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, **given: Any
    ) -> tuple[int, bytes]:
        name = url.rpartition("/")[2]
        async with self._more:
            self.calls.append((name, dict(request_data.parameters) if request_data else {}))
            self._more.notify_all()
        if name in self.hanging:
            await self.hanging[name].wait()
        return await super().do_request(url, method, request_data, **given)

    def _answer(self, name: str, fields: dict[str, Any]) -> Told:
        told = self.refusing.get(name)
        if isinstance(told, TelegramError):
            raise told
        return told or super()._answer(name, fields)

    def named(self, name: str) -> list[dict[str, Any]]:
        return [fields for called, fields in self.calls if called == name]

    def order(self, *names: str) -> list[str]:
        return [name for name, _ in self.calls if name in names]

    async def until(self, name: str, n: int = 1, *, says: str = "") -> None:
        """Wait until there have been calls of a name that say something."""

        def are_there() -> bool:
            return sum(says in fields.get("text", "") for fields in self.named(name)) >= n

        async with asyncio.timeout(PATIENCE), self._more:
            await self._more.wait_for(are_there)


class Writes(Shelf):
    """Articles for which a model writes: shows a draft, then waits until it may go on."""

    writes = True

    def __init__(self, answer: Answer, *drafts: Answer) -> None:
        super().__init__(articles=[Article("seed", "题", "报", "2022-02-21", "", "文。", "0" * 64)])
        self.answer, self.drafts = answer, drafts
        self.may_end = threading.Event()
        self.told: list[OnAnswer] = []

    def ask(self, question: str, *, plain: bool = False, on_draft: OnAnswer | None = None) -> Answer:
        if on_draft is not None:
            self.told.append(on_draft)
            for draft in self.drafts:
                on_draft(draft)
        assert self.may_end.wait(PATIENCE)
        return self.answer


@asynccontextmanager
async def running(server: Server, service: Service) -> AsyncIterator[TelegramChat]:
    chat = TelegramChat(a_reception(service), Account(TOKEN), request=server, updates_request=server)
    chat._application.bot.rate_limiter._rates = Boundless()
    await chat._application.initialize()
    await chat._application.start()
    try:
        yield chat
    finally:
        await chat.stop()


def message(
    text: str, *, number: int = 10, chat: int = 1, kind: str = Chat.PRIVATE, **fields: Any
) -> Message:
    user = User(99, "用户", is_bot=False)
    return Message(number, datetime.now(UTC), Chat(chat, kind), from_user=user, text=text, **fields)


def receive(chat: TelegramChat, came: Message) -> "asyncio.Task[None]":
    """Let a message come in, as it comes off the wire."""
    application = chat._application
    bare = Update(next(NUMBERS), message=came)
    update = Update.de_json(json.loads(bare.to_json()), application.bot)
    assert chat._outbox.take(key_of(update), update.to_json())
    processing = application.update_processor.process_update(update, application.process_update(update))
    return asyncio.create_task(processing)


@pytest.fixture
def written(answered: Answer) -> Callable[[str], Answer]:
    """Makes an answer that says a sentence."""

    def make(text: str) -> Answer:
        return replace(answered, text=text, statements=(Statement(text, (1,)),))

    return make


Write = Callable[[str], Answer]


# --- one answer ------------------------------------------------------------------------------------------


async def test_a_private_chat_is_shown_drafts_and_gets_one_message(written: Write):
    server, shelf = Server(), Writes(written(f"全是{FIGURE}。"), written(f"先是{FIGURE}。"))
    async with running(server, a_service(shelf)) as chat:
        task = receive(chat, message(QUESTION))
        await server.until(DRAFT)
        assert server.sent == []
        shelf.may_end.set()
        await task
    assert server.order(TYPING, DRAFT, MESSAGE) == [TYPING, DRAFT, MESSAGE]
    (typing,), (draft,), (sent,) = map(server.named, (TYPING, DRAFT, MESSAGE))
    assert (typing["chat_id"], typing["action"]) == (1, "typing")
    assert (draft["chat_id"], draft["draft_id"]) == (1, 10)
    assert draft["text"].startswith(f"先是{FIGURE}。[1]")
    assert sent["text"].startswith(f"全是{FIGURE}。[1]")
    assert "reply_markup" not in draft, "buttons refer to an answer that is recorded"


async def test_a_draft_is_styled_like_the_message(written: Write):
    server, shelf = (
        Server(),
        Writes(written(f"\U0001f4c8全是{FIGURE}。"), written(f"\U0001f4c8全是{FIGURE}。")),
    )
    async with running(server, a_service(shelf)) as chat:
        task = receive(chat, message(QUESTION))
        await server.until(DRAFT)
        shelf.may_end.set()
        await task
    (draft,), (sent,) = server.named(DRAFT), server.named(MESSAGE)
    assert draft["text"] == sent["text"]
    assert draft["entities"] == sent["entities"]
    bold = next(each for each in draft["entities"] if each["type"] == "bold")
    assert (bold["offset"], bold["length"]) == (4, len(FIGURE))


async def test_what_comes_late_is_not_shown(written: Write):
    server, shelf = Server(), Writes(written("好。"), written("先。"))
    async with running(server, a_service(shelf)) as chat:
        task = receive(chat, message(QUESTION))
        await server.until(DRAFT)
        shelf.may_end.set()
        await task
        (tell,) = shelf.told
        tell(written("迟了。"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert server.order(DRAFT, MESSAGE) == [DRAFT, MESSAGE]


@pytest.mark.parametrize("name", [TYPING, DRAFT])
async def test_what_only_shows_that_we_are_at_work_holds_no_answer_up(written: Write, name: str):
    server, shelf = Server(), Writes(written("好。"), written("先。"))
    server.hanging[name] = asyncio.Event()
    async with running(server, a_service(shelf)) as chat:
        task = receive(chat, message(QUESTION))
        await server.until(name)
        shelf.may_end.set()
        async with asyncio.timeout(PATIENCE):
            await task
        assert len(server.sent) == 1
        server.hanging[name].set()


REFUSALS = [
    failed(404, "Not Found: method not found"),
    failed(400, "Bad Request: unknown method"),
    failed(403, "Forbidden: bot was blocked by the user"),
    TimedOut(),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=["404", "400", "403", "timeout"])
async def test_a_server_that_knows_no_drafts_changes_nothing(
    written: Write, refusal: Told | TelegramError, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(telegram_drafts, "PAUSE", 0.0)
    server, shelf = Server(), Writes(written("好。"), written("先。"))
    server.refusing = {TYPING: refusal, DRAFT: refusal}
    async with running(server, a_service(shelf)) as chat:
        task = receive(chat, message(QUESTION))
        await server.until(DRAFT)
        shelf.told[0](written("再。"))
        shelf.may_end.set()
        await task
    assert server.order(DRAFT, MESSAGE) == [DRAFT, MESSAGE], "not tried again"
    assert server.sent[0]["text"].startswith("好。[1]")


async def test_a_group_is_shown_no_draft(written: Write):
    server, shelf = Server(), Writes(written("好。"), written("先。"))
    mention = MessageEntity(MessageEntity.MENTION, 0, len("@wenshu_bot"))
    asked = message(f"@wenshu_bot {QUESTION}", chat=-100, kind=Chat.SUPERGROUP, entities=[mention])
    async with running(server, a_service(shelf)) as chat:
        task = receive(chat, asked)
        await server.until(TYPING)
        shelf.may_end.set()
        await task
    assert server.order(DRAFT, MESSAGE) == [MESSAGE]
    assert [fields["chat_id"] for fields in server.named(TYPING)] == [-100]


async def test_without_a_model_there_is_no_sign_of_one(answered: Answer):
    server, asked = Server(), []

    def ask(question: str) -> Answer:
        asked.append(question)
        return answered

    shelf = Shelf(ask, articles=[Article("seed", "题", "报", "2022-02-21", "", "文。", "0" * 64)])
    async with running(server, a_service(shelf)) as chat:
        await receive(chat, message(QUESTION))
    assert asked == [QUESTION]
    assert server.order(TYPING, DRAFT, MESSAGE) == [MESSAGE]


async def test_a_failure_after_a_draft_is_an_apology(written: Write):
    class Breaks(Writes):
        def ask(self, question: str, *, plain: bool = False, on_draft: OnAnswer | None = None) -> Answer:
            super().ask(question, plain=plain, on_draft=on_draft)
            raise RuntimeError(question)

    server, shelf = Server(), Breaks(written("好。"), written("先。"))
    async with running(server, a_service(shelf)) as chat:
        task = receive(chat, message(QUESTION))
        await server.until(DRAFT)
        shelf.may_end.set()
        await task
    assert server.order(DRAFT, MESSAGE) == [DRAFT, MESSAGE]
    assert "先。" not in server.sent[0]["text"]


# --- over the article ----------------------------------------------------------------------------------------


@pytest.fixture
def stalling(seeded: Path) -> Any:
    with writing(seeded, Stalls(threading.Event(), KEPT + "\n")) as made:
        yield made
        made.model.scripts[0].released.set()


async def test_the_draft_grows_from_the_articles_words_to_the_model_s(
    stalling: Writing, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(telegram_drafts, "PAUSE", 0.0)
    server = Server()
    async with running(server, stalling.service) as chat:
        task = receive(chat, message(QUESTION))
        await server.until(DRAFT, says=SENTENCE)
        assert server.sent == []
        stalling.model.scripts[0].released.set()
        await task
    texts = [fields["text"] for fields in server.named(DRAFT)]
    assert SENTENCE not in texts[0] or len(texts) == 1
    assert all("《搭平台促转化" in text for text in texts), "a draft shows what bears it out"
    assert len({fields["draft_id"] for fields in server.named(DRAFT)}) == 1
    (sent,) = server.sent
    assert sent["text"].startswith(f"{SENTENCE}[1]")


# --- how often --------------------------------------------------------------------------------------------------


class Paced:
    """A pause that lasts until it is let go."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.begun = asyncio.Event()
        self.over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        self.begun.set()
        await self.over.wait()


def a_draft(text: str) -> Reply:
    return reply.notice(text)


@asynccontextmanager
async def drafts_to(place: Place) -> AsyncIterator[tuple[Drafts, Server, Paced]]:
    server, pause = Server(), Paced()
    async with running(server, a_service(Shelf())) as chat:
        made = Drafts(chat._application.bot, place, 10, sleep=pause)
        yield made, server, pause
        await made.end()


async def test_of_drafts_that_come_fast_only_the_newest_is_sent():
    async with drafts_to(Place(1)) as (drafts, server, pause):
        drafts.show(a_draft("一"))
        await pause.begun.wait()
        for text in ("二", "三", "四"):
            drafts.show(a_draft(text))
        assert [fields["text"] for fields in server.named(DRAFT)] == ["一"]
        pause.over.set()
        await server.until(DRAFT, 2)
        assert [fields["text"] for fields in server.named(DRAFT)] == ["一", "四"]
        assert set(pause.asked) == {telegram_drafts.PAUSE}


async def test_before_the_first_has_left_only_the_newest_is_sent():
    async with drafts_to(Place(1)) as (drafts, server, _):
        for text in ("一", "二"):
            drafts.show(a_draft(text))
        await server.until(DRAFT)
        assert [fields["text"] for fields in server.named(DRAFT)] == ["二"]


async def test_a_draft_goes_where_the_answer_will():
    async with drafts_to(Place(1, thread_id=5)) as (drafts, server, _):
        drafts.show(a_draft("一"))
        await server.until(DRAFT)
        assert server.named(DRAFT)[0]["message_thread_id"] == 5


async def test_after_the_end_nothing_is_sent():
    async with drafts_to(Place(1)) as (drafts, server, pause):
        drafts.show(a_draft("一"))
        await pause.begun.wait()
        drafts.show(a_draft("二"))
        await drafts.end()
        drafts.show(a_draft("三"))
        pause.over.set()
        await asyncio.sleep(0)
        await drafts.end()
        assert [fields["text"] for fields in server.named(DRAFT)] == ["一"]
