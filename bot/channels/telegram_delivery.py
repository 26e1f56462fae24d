"""Replies on their way into Telegram: one copy of each part, whatever the platform answers.

| Telegram says | what is done |
|---|---|
| a timeout, a broken connection | nothing: the part may have arrived, and a second copy is worse than a gap |
| could not connect | the part has not left: try again |
| 502, 503, 504 | what stands before Telegram turned it away: try again |
| 429 | this chat waits as long as told, the others go on (`telegram_limits`) |
| 400 about an option the server doesn't know | the same without that option |
| 400 about a topic that is gone | the same outside of topics |
| 400 about a message that can't be edited | a new message |
| 400 otherwise | the same part plain, once |
| 403, chat gone | the chat is inactive until it writes again |
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

import httpx
from pydantic import TypeAdapter
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
    TelegramError,
)

from bot.metrics import Metrics
from bot.render import Capabilities, Entity, Part, Style, Unit, length, render
from bot.reply import Button, Reply

CAPABILITIES = Capabilities(
    unit=Unit.UTF16,
    max_length=MessageLimit.MAX_TEXT_LENGTH,
    entities=True,
    max_entities=MessageLimit.MESSAGE_ENTITIES,
    buttons=True,
)

MAX_TRIES = 5
"""Sends of one part, all reasons together."""

PAUSE = 1.0
"""Seconds before a part that never left is tried again; twice as many the next time."""

_STYLES = {
    Style.STRONG: MessageEntityType.BOLD,
    Style.QUOTE: MessageEntityType.EXPANDABLE_BLOCKQUOTE,
    Style.LINK: MessageEntityType.TEXT_LINK,
}

_GONE = ("chat not found", "not enough rights", "have no rights", "chat_write_forbidden", "topic_closed")
"""Words of a 400 that no other wording of the message can mend."""

_NOT_EDITABLE = ("can't be edited", "message to edit not found", "message_id_invalid")
"""Words of a 400 about a message that is too old or gone."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

_TURNED_AWAY = re.compile(r"\b50[234]\b|bad gateway|service unavailable|gateway time-?out", re.IGNORECASE)
"""What the library makes of a status 502, 503 or 504; a 500 comes from within, perhaps after the part was taken."""

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
class Outgoing:
    """One message on its way, as it is kept until it has left.

    Attributes:
        part: What it says.
        place: Where it goes.
        instead_of: Number of the message of ours that it takes the place of, or None for a new one.
    """

    part: Part
    place: Place
    instead_of: int | None = None


class OutOfReachError(Exception):
    """The chat takes no messages from us; the cause says why."""


@cache
def _adapter() -> TypeAdapter[Outgoing]:
    return TypeAdapter(Outgoing)


def dumps(outgoing: Outgoing) -> str:
    """The message as JSON."""
    return _adapter().dump_json(outgoing).decode("utf-8")


def loads(text: str) -> Outgoing:
    """The message that `dumps` wrote."""
    return _adapter().validate_json(text)


def outgoing(reply: Reply, place: Place, *, instead_of: Sequence[int] = ()) -> tuple[Outgoing, ...]:
    """The messages of a reply; the first of them in place of earlier ones, if there are any."""
    parts = render(reply, CAPABILITIES)
    former = (*instead_of, *(None for _ in parts))
    first = [place, *(replace(place, reply_to=None) for _ in parts)]
    return tuple(Outgoing(part, first[at], former[at]) for at, part in enumerate(parts))


class Delivery:
    """Sends replies; keeps which chats are inactive.

    Attributes:
        inactive: Chats that blocked the bot or are gone.
    """

    def __init__(
        self, bot: Bot, metrics: Metrics, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._bot = bot
        self._metrics = metrics
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
        for each in outgoing(reply, place):
            try:
                await self.send_one(each)
            except OutOfReachError:
                return False
        return True

    async def send_one(self, message: Outgoing) -> int | None:
        """Send one message.

        Returns:
            Its number, or None if it may be lost.

        Raises:
            OutOfReachError: The chat takes none.
            BadRequest: It was refused for good, in plain form too.
            NetworkError: It has not left: Telegram can't be reached.
        """
        chat_id = message.place.chat_id
        try:
            number = await self._tried(_Attempt(message.part, message.place, message.instead_of))
        except OutOfReachError as problem:
            self.inactive.add(chat_id)
            self._metrics.parts.labels("telegram", "unreachable").inc()
            _log.info("chat %d is inactive: %s", chat_id, type(problem.__cause__).__name__)
            raise
        self.inactive.discard(chat_id)
        self._metrics.parts.labels("telegram", "lost" if number is None else "sent").inc()
        return number

    async def withdraw(self, chat_id: int, number: int) -> None:
        """Delete a message of ours, if that can still be done."""
        with suppress(TelegramError):
            await self._bot.delete_message(chat_id, number)

    async def _tried(self, attempt: "_Attempt") -> int | None:
        pause = PAUSE
        for _ in range(MAX_TRIES):
            try:
                return await self._attempt(attempt)
            except ChatMigrated as problem:
                attempt = replace(attempt, place=replace(attempt.place, chat_id=problem.new_chat_id))
            except Forbidden as problem:
                raise OutOfReachError from problem
            except BadRequest as problem:
                if "not modified" in problem.message.lower():
                    return attempt.instead_of
                attempt = self._degraded(attempt, problem)
            except NetworkError as problem:
                # An edit may be made twice; a message may not be sent twice.
                if attempt.instead_of is None and not _has_not_left(problem):
                    _log.warning("part to %d may be lost: %s", attempt.place.chat_id, type(problem).__name__)
                    return None
                await self._sleep(pause)
                pause *= 2
        if attempt.instead_of is not None:
            return attempt.instead_of
        raise NetworkError(f"gave up after {MAX_TRIES} tries")

    def _degraded(self, attempt: "_Attempt", problem: BadRequest) -> "_Attempt":
        """What to send after a 400.

        Raises:
            BadRequest: Nothing less will do.
            OutOfReachError: No message will.
        """
        said = problem.message.lower()
        if any(words in said for words in _GONE):
            raise OutOfReachError from problem
        if self._previews and "link_preview_options" in said:
            self._previews = False
            return attempt
        if attempt.instead_of is not None and any(words in said for words in _NOT_EDITABLE):
            return replace(attempt, instead_of=None)
        if attempt.place.thread_id is not None and "thread" in said:
            return replace(attempt, place=replace(attempt.place, thread_id=None))
        if not attempt.styled:
            raise problem
        _log.info("a part goes plain: %s", problem.message)
        self._metrics.parts.labels("telegram", "plain").inc()
        return replace(attempt, part=replace(attempt.part, text=_plain(attempt.part)), styled=False)

    async def _attempt(self, attempt: "_Attempt") -> int | None:
        part, place = attempt.part, attempt.place
        entities = entities_of(part) if attempt.styled else None
        preview = LinkPreviewOptions(is_disabled=True) if self._previews else None
        keyboard = keyboard_of(part.buttons) if attempt.styled else None
        if attempt.instead_of is not None:
            await self._bot.edit_message_text(
                part.text,
                chat_id=place.chat_id,
                message_id=attempt.instead_of,
                entities=entities,
                link_preview_options=preview,
                reply_markup=keyboard,
            )
            return attempt.instead_of
        sent = await self._bot.send_message(
            chat_id=place.chat_id,
            text=part.text,
            entities=entities,
            link_preview_options=preview,
            message_thread_id=place.thread_id,
            reply_parameters=_reply_parameters(place),
            reply_markup=keyboard,
        )
        return sent.message_id


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A part, where it goes, and how much of it the server is asked to understand."""

    part: Part
    place: Place
    instead_of: int | None
    styled: bool = True


def _has_not_left(problem: NetworkError) -> bool:
    """Whether a part that could not be sent is certainly, or as good as certainly, not there."""
    if isinstance(problem.__cause__, _NEVER_SENT):
        return True
    is_a_status = type(problem) is NetworkError and not isinstance(problem.__cause__, httpx.HTTPError)
    status, _, _ = problem.message.partition(". Parsing")  # behind it stands the page that came with it
    return is_a_status and _TURNED_AWAY.search(status) is not None


def entities_of(part: Part) -> list[MessageEntity]:
    """A part's entities as Telegram counts them."""
    return [_entity(part.text, entity) for entity in part.entities]


def keyboard_of(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Buttons in rows of two; None if there are none."""
    keys = [
        InlineKeyboardButton(button.text, url=button.url or None, callback_data=button.order or None)
        for button in buttons
    ]
    rows = [keys[at : at + 2] for at in range(0, len(keys), 2)]
    return InlineKeyboardMarkup(rows) if rows else None


def _entity(text: str, entity: Entity) -> MessageEntity:
    start = length(text[: entity.start], Unit.UTF16)
    size = length(text[entity.start : entity.end], Unit.UTF16)
    return MessageEntity(_STYLES[entity.style], start, size, url=entity.url or None)


def _plain(part: Part) -> str:
    """The text with the addresses of its links spelled out below, if they fit."""
    urls = dict.fromkeys(entity.url for entity in part.entities if entity.url)
    text = "\n".join([part.text, *urls])
    return text if length(text, CAPABILITIES.unit) <= CAPABILITIES.max_length else part.text


def _reply_parameters(place: Place) -> ReplyParameters | None:
    if place.reply_to is None:
        return None
    return ReplyParameters(place.reply_to, allow_sending_without_reply=True)
