"""Telegram by long polling: private chats, groups and topics.  Thin: what is said comes from the service.

Updates of different chats are answered at the same time, those of one chat in order.  Questions are answered in
threads, since answering is plain computing.  The log never holds what was asked, nor the token.
"""

import asyncio
import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import WeakValueDictionary

from telegram import BotCommand, Message, MessageEntity, Update, User
from telegram.constants import ChatType, MessageEntityType
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    BaseUpdateProcessor,
    ContextTypes,
    MessageHandler,
    filters,
)
from telegram.request import BaseRequest, HTTPXRequest

from bot import phrases, reply
from bot.channels.telegram_delivery import Delivery, Place
from bot.reply import Reply, ReplyStatus
from bot.service import Service
from knowledge.errors import BackendError, SettingError

ALLOWED_UPDATES = ("message",)
"""Kinds of update we handle; named one by one, since `Update.ALL_TYPES` is newer than some servers."""

N_THREADS = 4
"""Questions answered at once; more only take turns at the processor."""

MAX_WAITING = 10_000
"""Updates taken in before the first is answered: waiting in line costs a chat nothing but time."""

POOL_SIZE = 64
"""Connections to Telegram."""

TIMEOUT = 20.0
"""Seconds to read or write one request."""

PUBLIC_SERVER = "https://api.telegram.org/bot"

_log = logging.getLogger(__name__)


class TelegramChat:
    """The bot of one token.

    Attributes:
        delivery: What goes out.
    """

    def __init__(
        self,
        service: Service,
        *,
        token: str,
        base_url: str | None = None,
        request: BaseRequest | None = None,
        updates_request: BaseRequest | None = None,
    ) -> None:
        """Set up; nothing is sent before `start`.

        Args:
            service: Answers messages.
            token: From @BotFather.
            base_url: Of a server that speaks the Bot API, without the token; by default Telegram's own.
            request: Carries messages out; by default HTTPS.
            updates_request: Carries updates in.
        """
        self._service = service
        self._server = _with_bot(base_url) if base_url else PUBLIC_SERVER
        self._application = _application(self._server, token, request, updates_request)
        self._application.add_handler(MessageHandler(filters.UpdateType.MESSAGE, self._on_message))
        self._application.add_error_handler(self._on_error)
        self._threads = ThreadPoolExecutor(N_THREADS, thread_name_prefix="answer")
        self.delivery = Delivery(self._application.bot)

    async def connect(self) -> str:
        """Reach the server; nothing is answered yet.

        Returns:
            The bot's name: `@…` if it has one.

        Raises:
            SettingError: Telegram doesn't know the token.
            BackendError: The server can't be reached.
        """
        try:
            await self._application.initialize()
        except InvalidToken as problem:
            raise SettingError(
                "telegram_token: the server doesn't know it; get one from @BotFather",
                item="WENSHU_TELEGRAM_TOKEN",
                code="telegram_token_invalid",
            ) from problem
        except NetworkError as problem:
            raise BackendError(
                f"{self._server}: can't be reached", item=self._server, code="telegram_unreachable"
            ) from problem
        return _name(self._application.bot.bot)

    async def start(self) -> str:
        """Connect and begin to answer.

        Returns:
            The bot's name.

        Raises:
            SettingError: Telegram doesn't know the token.
            BackendError: The server can't be reached.
        """
        name = await self.connect()
        await self._tell_commands()
        await self._application.start()
        if self._application.updater is not None:
            await self._application.updater.start_polling(
                allowed_updates=list(ALLOWED_UPDATES), bootstrap_retries=-1, error_callback=_on_polling_error
            )
        return name

    @property
    def sees_all(self) -> bool:
        """Whether groups show the bot every message; without, some mentions may not reach it."""
        return bool(self._application.bot.bot.can_read_all_group_messages)

    async def stop(self) -> None:
        """Take in nothing more, finish what is being answered, and disconnect."""
        if self._application.updater is not None and self._application.updater.running:
            await self._application.updater.stop()
        if self._application.running:
            await self._application.stop()
        await self._application.shutdown()
        self._threads.shutdown()

    async def _tell_commands(self) -> None:
        """Fill the menu; a bot without one still answers."""
        try:
            await self._application.bot.set_my_commands(
                [BotCommand(*command) for command in phrases.COMMANDS]
            )
        except TelegramError as problem:
            _log.warning("commands not set: %s", type(problem).__name__)

    async def process(self, update: Update) -> None:
        """Answer one update as if it had just come in."""
        await self._application.process_update(update)

    async def _on_message(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.message
        if message is None:
            return
        text = addressed(message, context.bot.bot)
        if text is None:
            return
        answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._service.reply, text)
        await self._say(message, answer)

    async def _on_error(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Apologise and log the error's trace, which holds code and not words."""
        problem = context.error
        number = update.update_id if isinstance(update, Update) else 0
        _log.error("update %d: %s\n%s", number, type(problem).__name__, _trace(problem))
        if isinstance(problem, TelegramError) or not isinstance(update, Update) or update.message is None:
            return
        try:
            await self._say(update.message, reply.notice(phrases.APOLOGY, status=ReplyStatus.ERROR))
        except TelegramError as failed:
            _log.warning("update %d: no apology either: %s", number, type(failed).__name__)

    async def _say(self, message: Message, answer: Reply) -> None:
        await self.delivery.send(place_of(message), answer)


class InOrder(BaseUpdateProcessor):
    """Many chats at once, but the updates of one chat one after the other, as they came."""

    def __init__(self, max_concurrent_updates: int = MAX_WAITING) -> None:
        super().__init__(max_concurrent_updates)
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def initialize(self) -> None:
        """Nothing to set up."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_process_update(self, update: object, coroutine: Any) -> None:
        """Process an update when those of its chat before it are done."""
        chat = update.effective_chat if isinstance(update, Update) else None
        if chat is None:
            await coroutine
            return
        # A lock lives as long as someone holds or awaits it; asyncio's are first come, first served.
        lock = self._locks.setdefault(chat.id, asyncio.Lock())
        async with lock:
            await coroutine


def addressed(message: Message, me: User) -> str | None:
    """What a message says to the bot, or None if it isn't talking to it.

    In a private chat everything is meant for the bot; in a group only `command@bot`, an @mention and a reply to
    the bot's message are.  The bot's name is taken out.

    Args:
        message: As received.
        me: The bot itself; its username may be missing on servers other than Telegram's.
    """
    text = message.text or message.caption or ""
    entities = message.entities or message.caption_entities
    private = message.chat.type == ChatType.PRIVATE
    named = False
    for entity in sorted(entities, key=lambda entity: -entity.offset):
        if _names(entity, text, me):
            named = True
            text = _without(entity, text, me)
    if private or named:
        return text.strip()
    return text.strip() if _replies_to(message, me) and text.strip() else None


def place_of(message: Message) -> Place:
    """Where the answer to a message goes: the same chat and topic; in a group, under the message."""
    private = message.chat.type == ChatType.PRIVATE
    thread = message.message_thread_id if message.is_topic_message else None
    return Place(message.chat.id, thread, None if private else message.message_id)


def _names(entity: MessageEntity, text: str, me: User) -> bool:
    if entity.type == MessageEntityType.TEXT_MENTION:
        return entity.user is not None and entity.user.id == me.id
    if me.username is None or entity.type not in {MessageEntityType.MENTION, MessageEntityType.BOT_COMMAND}:
        return False
    return _slice(entity, text).lower().endswith(f"@{me.username.lower()}")


def _without(entity: MessageEntity, text: str, me: User) -> str:
    """The text without the bot's name; of `/help@bot`, `/help` stays."""
    words = _slice(entity, text)
    kept = words[: -len(f"@{me.username}")] if entity.type == MessageEntityType.BOT_COMMAND else " "
    units = text.encode("utf-16-le")
    start, end = entity.offset * 2, (entity.offset + entity.length) * 2
    return (units[:start] + kept.encode("utf-16-le") + units[end:]).decode("utf-16-le", "replace")


def _slice(entity: MessageEntity, text: str) -> str:
    units = text.encode("utf-16-le")
    return units[entity.offset * 2 : (entity.offset + entity.length) * 2].decode("utf-16-le", "replace")


def _replies_to(message: Message, me: User) -> bool:
    """Whether a message answers one of ours (every message of a topic formally answers its opening)."""
    before = message.reply_to_message
    if before is None or before.forum_topic_created is not None or before.from_user is None:
        return False
    return before.from_user.id == me.id


def _application(
    server: str, token: str, request: BaseRequest | None, updates_request: BaseRequest | None
) -> "Application[Any, Any, Any, Any, Any, Any]":
    out = request or HTTPXRequest(
        POOL_SIZE, read_timeout=TIMEOUT, write_timeout=TIMEOUT, pool_timeout=TIMEOUT
    )
    builder = ApplicationBuilder().token(token).base_url(server).request(out)
    builder = builder.get_updates_request(updates_request or HTTPXRequest(1))
    return builder.concurrent_updates(InOrder()).build()


def _with_bot(base_url: str) -> str:
    """The address in the library's form, which the token is appended to."""
    address = base_url.rstrip("/")
    return address if address.endswith("/bot") else f"{address}/bot"


def _name(me: User) -> str:
    return f"@{me.username}" if me.username else me.first_name


def _on_polling_error(problem: TelegramError) -> None:
    if isinstance(problem, Conflict):
        _log.error("another process polls with the same token: %s", type(problem).__name__)
    else:
        _log.warning("polling: %s; trying again", type(problem).__name__)


def _trace(problem: BaseException | None) -> str:
    """Where an exception came from, without its message, which could quote the question."""
    return "".join(traceback.format_tb(problem.__traceback__)) if problem is not None else ""
