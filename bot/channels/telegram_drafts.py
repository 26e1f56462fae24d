"""What a language model has written so far, shown in a private chat while it writes on.

A draft is a preview that Telegram forgets after half a minute; the answer comes as a message of its own.  Only the
newest is worth sending, one a second, and none once the answer is on its way.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.channels.telegram_delivery import CAPABILITIES, Place, entities_of
from bot.render import render
from bot.reply import Reply

PAUSE = 1.0
"""Seconds between two drafts of a chat: what Telegram allows."""


class Drafts:
    """The drafts of one answer.  To be used in one event loop."""

    def __init__(
        self,
        bot: Bot,
        place: Place,
        number: int,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Set up; nothing is sent yet.

        Args:
            bot: Sends.
            place: Where the answer will go.
            number: Of the draft in its chat, not 0: drafts of one number replace each other.
            sleep: Waits some seconds.
        """
        self._bot = bot
        self._place = place
        self._number = number
        self._sleep = sleep
        self._newest: Reply | None = None
        self._sending: asyncio.Task[None] | None = None
        self._ended = False

    def show(self, so_far: Reply) -> None:
        """Show what there is so far; a group, which knows no drafts, shows nothing."""
        if self._ended or self._place.chat_id < 0:
            return
        self._newest = so_far
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def end(self) -> None:
        """Send no more: the answer is about to come."""
        self._ended = True
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    async def _send(self) -> None:
        while self._newest is not None:
            part = render(self._newest, CAPABILITIES)[0]
            self._newest = None
            try:
                await self._bot.send_message_draft(
                    self._place.chat_id,
                    self._number,
                    part.text,
                    message_thread_id=self._place.thread_id,
                    entities=entities_of(part),
                )
            except TelegramError:
                self._ended = True  # an old server knows no drafts; the answer comes all the same
                return
            await self._sleep(PAUSE)


@asynccontextmanager
async def drafting(bot: Bot, place: Place, number: int) -> AsyncIterator[Callable[[Reply], None]]:
    """Show that somebody is at work, and as long as the block runs what there is so far.

    Args:
        bot: Sends.
        place: Where the answer will go.
        number: Of the draft in its chat, not 0.

    Yields:
        To be told what there is so far.
    """
    typing = asyncio.create_task(_type(bot, place))  # beside the work, which no slow request is to hold up
    drafts = Drafts(bot, place, number)
    try:
        yield drafts.show
    finally:
        await drafts.end()
        typing.cancel()
        await asyncio.gather(typing, return_exceptions=True)


async def _type(bot: Bot, place: Place) -> None:
    with suppress(TelegramError):
        await bot.send_chat_action(place.chat_id, ChatAction.TYPING, message_thread_id=place.thread_id)
