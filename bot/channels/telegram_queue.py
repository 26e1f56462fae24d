"""The updates that came in and wait to be handled; messages among them are written down first."""

import asyncio
import json
import logging
from typing import Any

from telegram import Bot, Message, Update
from telegram.error import NetworkError

from bot.channels.telegram_messages import speaker_of
from bot.guard import Guard
from bot.metrics import Metrics
from bot.outbox import Outbox
from bot.reception import knows
from knowledge.errors import WenshuError

_log = logging.getLogger(__name__)


class DurableQueue(asyncio.Queue[Any]):
    """Where the library puts updates, whether it asks for them or is called: what is in here outlives a kill.

    Telegram is told that an update arrived only after `put` has returned.
    """

    def __init__(self, outbox: Outbox, guard: Guard, metrics: Metrics) -> None:
        super().__init__()
        self._outbox = outbox
        self._guard = guard
        self._metrics = metrics

    async def put(self, item: object) -> None:
        """Write an update down and let it in, unless it is known, or from someone who is not.

        Raises:
            NetworkError: It can't be written down; the library then asks for it again.
        """
        if isinstance(item, Update):
            if not self._admits(item):
                return
            if message_of(item) is not None and not self._taken(item):
                return
        await super().put(item)

    def restore(self, bot: Bot, *, older_than: float = 0.0) -> int:
        """Let in again what was written down and is not done, unless it is too old; returns how many."""
        for name in self._outbox.close_old():
            _log.warning("update %s: no reply could be sent for a day; closed", name)
        left = self._outbox.left_over(older_than=older_than)
        for message in left:
            self.put_nowait(Update.de_json(json.loads(message.payload), bot))
        return len(left)

    def _admits(self, update: Update) -> bool:
        message = message_of(update)
        # What is no message is looked at where it is handled.
        return message is None or knows(speaker_of(message), self._guard, self._metrics)

    def _taken(self, update: Update) -> bool:
        try:
            return self._outbox.take(key_of(update), update.to_json())
        except WenshuError as problem:
            _log.error("update %d not taken: %s", update.update_id, problem)
            raise NetworkError("the update can't be written down") from problem


def message_of(update: Update) -> Message | None:
    """The message that an update brings, new or edited; None if it is of another kind."""
    return update.message or update.edited_message


def key_of(update: Update) -> str:
    """What an update is known by; the bot's own number keeps two bots of one home apart."""
    return f"{update.get_bot().id}:{update.update_id}"
