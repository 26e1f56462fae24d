"""A reply that grows before the user's eyes: snapshots, each in place of the one before, the last one marked so.

WeCom shows that somebody is at work until the last one comes, and takes none six minutes after the message.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bot import phrases

MAX_SNAPSHOTS = 98
"""Of a reply, before the last; WeCom takes 100 in all."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How far a reply is.

    Attributes:
        text: All of it, so far.
        is_last: Whether there is no more to come.
    """

    text: str
    is_last: bool = False


Show = Callable[[Snapshot], Coroutine[Any, Any, bool]]
"""Shows a snapshot; False if it can't be seen there any more."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a reply is waited for.

    Attributes:
        first: Seconds after which something is shown.
        between: Seconds between two snapshots, at least.
        most: Seconds after which the reply is promised, to come as a message of its own.
    """

    first: float = 1.0
    between: float = 1.0
    most: float = 330.0


class Stream:
    """One reply.  To be used in one event loop."""

    def __init__(self, show: Show, patience: Patience) -> None:
        """Set up; time begins to count.

        Args:
            show: Shows a snapshot.
            patience: How long the reply is waited for.
        """
        self._show = show
        self._patience = patience
        self._newest: str | None = None
        self._n_shown = 0
        self._ending = asyncio.Event()
        self._turn = asyncio.Lock()
        self._sending: asyncio.Task[None] | None = None
        self._minding = asyncio.create_task(self._mind())
        self.is_over = False

    def show(self, text: str) -> None:
        """Show what there is so far; of several in a second, the newest."""
        if self._ending.is_set() or self._n_shown >= MAX_SNAPSHOTS:
            return
        self._newest = text
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def finish(self, text: str) -> bool:
        """Show the last; False if the user won't see it here: it is too late, or there was a last one."""
        async with self._turn:
            if self.is_over:
                return False
            self._ending.set()
            if asyncio.current_task() is not self._minding:
                self._minding.cancel()
            if self._sending is not None:
                await asyncio.wait({self._sending})  # one after the other
            is_seen = await self._show(Snapshot(text, is_last=True))
            self.is_over = True
            return is_seen

    def abandon(self) -> None:
        """Show nothing if nothing has been shown; else the promise remains to be given in time."""
        if self._sending is None and not self._turn.locked():
            self._ending.set()
            self._minding.cancel()
            self.is_over = True

    async def _send(self) -> None:
        while self._newest is not None and not self._ending.is_set() and self._n_shown < MAX_SNAPSHOTS:
            text, self._newest = self._newest, None
            self._n_shown += 1
            if not await self._show(Snapshot(text)):
                self._n_shown = MAX_SNAPSHOTS
            await _either(self._ending, self._patience.between)

    async def _mind(self) -> None:
        await asyncio.sleep(self._patience.first)
        if self._sending is None:
            self.show(phrases.LOOKING_UP)
        await asyncio.sleep(self._patience.most - self._patience.first)
        await self.finish(phrases.WILL_FOLLOW)


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait until something happens, but not longer."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
