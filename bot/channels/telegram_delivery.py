"""Replies on their way into Telegram: one copy of each part, whatever the platform answers.

| Telegram says | what is done |
|---|---|
| a timeout, a broken connection | nothing: the part may have arrived, and a second copy is worse than a gap |
| could not connect | the part has not left: try again |
| 429 | this chat waits as long as told, the others go on |
| 400 about an option the server doesn't know | the same without that option |
| 400 about a topic that is gone | the same outside of topics |
| 400 otherwise | the same part plain, once |
| 403, chat gone | the chat is inactive until it writes again |
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
)
from telegram.constants import MessageEntityType, MessageLimit
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.render import Capabilities, Entity, Part, Style, Unit, length, render
from bot.reply import Reply

# Times as timedelta, which the library's next version always gives; without this it warns at every 429.
os.environ.setdefault("PTB_TIMEDELTA", "true")

CAPABILITIES = Capabilities(
    unit=Unit.UTF16,
    max_length=MessageLimit.MAX_TEXT_LENGTH,
    entities=True,
    max_entities=MessageLimit.MESSAGE_ENTITIES,
    buttons=True,
)

MAX_TRIES = 5
"""Sends of one part, all reasons together."""

RETRY_AFTER_MARGIN = 0.5
"""Seconds on top of what a 429 asks for: its whole seconds are rounded down."""

PAUSE = 1.0
"""Seconds before a part that never left is tried again."""

_STYLES = {
    Style.STRONG: MessageEntityType.BOLD,
    Style.QUOTE: MessageEntityType.EXPANDABLE_BLOCKQUOTE,
    Style.LINK: MessageEntityType.TEXT_LINK,
}

_GONE = ("chat not found", "not enough rights", "have no rights", "chat_write_forbidden", "topic_closed")
"""Words of a 400 that no other wording of the message can mend."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reply goes.

    Attributes:
        chat_id: The chat.
        thread_id: The topic of a forum, or None outside of one.
        reply_to: The message it answers, or None to answer without pointing at one.
    """

    chat_id: int
    thread_id: int | None = None
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class _Message:
    """A part, where it goes, and how much of it the server is asked to understand."""

    part: Part
    place: Place
    styled: bool = True


class Delivery:
    """Sends replies; keeps which chats are inactive.

    Attributes:
        inactive: Chats that blocked the bot or are gone.
    """

    def __init__(self, bot: Bot, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._bot = bot
        self._sleep = sleep
        self._previews = True
        self.inactive: set[int] = set()

    async def send(self, place: Place, reply: Reply) -> bool:
        """Send a whole reply, part after part.

        Returns:
            True if every part was sent or may have been; False if the chat is out of reach.

        Raises:
            TelegramError: A part was refused for good, in plain form too.
        """
        for part in render(reply, CAPABILITIES):
            try:
                place = await self._send(_Message(part, place))
            except _OutOfReachError as problem:
                self.inactive.add(place.chat_id)
                _log.info("chat %d is inactive: %s", place.chat_id, type(problem.__cause__).__name__)
                return False
            place = replace(place, reply_to=None)
        self.inactive.discard(place.chat_id)
        return True

    async def _send(self, message: _Message) -> Place:
        """Send one part; returns where the chat turned out to be."""
        for _ in range(MAX_TRIES):
            try:
                await self._attempt(message)
            except RetryAfter as problem:
                await self._sleep(_seconds(problem) + RETRY_AFTER_MARGIN)
            except ChatMigrated as problem:
                message = replace(message, place=replace(message.place, chat_id=problem.new_chat_id))
            except Forbidden as problem:
                raise _OutOfReachError from problem
            except BadRequest as problem:
                message = self._degraded(message, problem)
            except NetworkError as problem:
                if not isinstance(problem.__cause__, _NEVER_SENT):
                    _log.warning("part to %d may be lost: %s", message.place.chat_id, type(problem).__name__)
                    return message.place
                await self._sleep(PAUSE)
            else:
                return message.place
        raise TelegramError(f"gave up after {MAX_TRIES} tries")

    def _degraded(self, message: _Message, problem: BadRequest) -> _Message:
        """What to send after a 400.

        Raises:
            BadRequest: Nothing less will do.
            _OutOfReachError: No message will.
        """
        said = problem.message.lower()
        if any(words in said for words in _GONE):
            raise _OutOfReachError from problem
        if self._previews and "link_preview_options" in said:
            self._previews = False
            return message
        if message.place.thread_id is not None and "thread" in said:
            return replace(message, place=replace(message.place, thread_id=None))
        if not message.styled:
            raise problem
        _log.info("a part goes plain: %s", problem.message)
        return replace(message, part=replace(message.part, text=_plain(message.part)), styled=False)

    async def _attempt(self, message: _Message) -> None:
        part, place = message.part, message.place
        await self._bot.send_message(
            chat_id=place.chat_id,
            text=part.text,
            entities=[_entity(part.text, entity) for entity in part.entities] if message.styled else None,
            link_preview_options=LinkPreviewOptions(is_disabled=True) if self._previews else None,
            message_thread_id=place.thread_id,
            reply_parameters=_reply_parameters(place),
            reply_markup=_keyboard(part) if message.styled else None,
        )


class _OutOfReachError(Exception):
    """The chat takes no messages from us; the cause says why."""


def _entity(text: str, entity: Entity) -> MessageEntity:
    start = length(text[: entity.start], Unit.UTF16)
    size = length(text[entity.start : entity.end], Unit.UTF16)
    return MessageEntity(_STYLES[entity.style], start, size, url=entity.url or None)


def _plain(part: Part) -> str:
    """The text with the addresses of its links spelled out below, if they fit."""
    urls = dict.fromkeys(entity.url for entity in part.entities if entity.url)
    text = "\n".join([part.text, *urls])
    return text if length(text, CAPABILITIES.unit) <= CAPABILITIES.max_length else part.text


def _keyboard(part: Part) -> InlineKeyboardMarkup | None:
    buttons = [[InlineKeyboardButton(button.text, url=button.url)] for button in part.buttons]
    return InlineKeyboardMarkup(buttons) if buttons else None


def _reply_parameters(place: Place) -> ReplyParameters | None:
    if place.reply_to is None:
        return None
    return ReplyParameters(place.reply_to, allow_sending_without_reply=True)


def _seconds(problem: RetryAfter) -> float:
    wait = problem.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
