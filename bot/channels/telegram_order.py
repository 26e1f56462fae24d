"""Many chats at once, but the updates of one chat one after the other, as they came."""

import asyncio
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.lines import Lines

MAX_WAITING = 10_000
"""Updates taken in before the first is answered: waiting in line costs a chat nothing but time."""


class InOrder(BaseUpdateProcessor):
    """A line a chat; the buttons below its messages wait in it too."""

    def __init__(self, max_concurrent_updates: int = MAX_WAITING) -> None:
        super().__init__(max_concurrent_updates)
        self._lines = Lines()
        self._at_work: set[asyncio.Task[Any]] = set()

    async def initialize(self) -> None:
        """Nothing to set up."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_process_update(self, update: object, coroutine: Any) -> None:
        """Process an update when those of its chat before it are done."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a coroutine runs in one
        self._at_work.add(task)
        try:
            await self._in_turn(update, coroutine)
        finally:
            self._at_work.discard(task)
            coroutine.close()  # its turn may never have come

    def give_up(self) -> int:
        """Break off what is being processed or waits in line; returns how many updates that are."""
        given_up = [task for task in self._at_work if task.cancel()]
        return len(given_up)

    async def _in_turn(self, update: object, coroutine: Any) -> None:
        chat = update.effective_chat if isinstance(update, Update) else None
        if chat is None:
            await coroutine
            return
        async with self._lines.turn(str(chat.id)):
            await coroutine
