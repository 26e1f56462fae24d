"""Replies that are sent of our own accord: those of one chat in order, what is left over again after a while.

| a send fails | what becomes of the rest of the reply |
|---|---|
| the platform can't be reached, or is busy | it is sent a minute later, and so on |
| `HeldError`: the chat takes none before it writes again | it waits until then |
| unforeseen | it is sent a minute later, and so on for a day |
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from bot import phrases, reply
from bot.channels.platform_api import ApiError
from bot.desk import ClosingError
from bot.kept import Message
from bot.lines import Lines
from bot.outbox import Make, Outbox, Send
from bot.reception import trace
from bot.reply import Reply, ReplyStatus
from knowledge.errors import BackendError, StorageError, WenshuError

RETRY_SECONDS = 60.0
"""How often messages are looked for whose reply could not be sent."""

STOP_SECONDS = 10.0
"""For what is being sent to leave when we stop; what is not is kept for the next start."""

_log = logging.getLogger(__name__)


class HeldError(Exception):
    """The chat takes nothing from us until it writes again."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A message to be answered.

    Attributes:
        key: It is written down under.
        chat: In whose line it waits.
        make: Makes the parts of the reply.
        send: Sends one.
    """

    key: str
    chat: str
    make: Make
    send: Send


class Deliveries:
    """The replies of one channel on their way.  To be used in one event loop."""

    def __init__(
        self, outbox: Outbox, read: Callable[[str, str], Errand], *, lines: Lines | None = None
    ) -> None:
        """Set up.

        Args:
            outbox: Where messages are written down.
            read: The errand of a key and what was written down under it.
            lines: In which the errands of a chat wait; by default lines of our own.
        """
        self._outbox = outbox
        self._read = read
        self._lines = lines or Lines()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._held: dict[str, str] = {}  # chats, by key
        self._retrying: asyncio.Task[None] | None = None

    def begin(self, errand: Errand) -> "asyncio.Task[None]":
        """Bring a message to its end; one that is on its way already goes on as it is."""
        task = self._tasks.get(errand.key)
        if task is None or task.done():  # one that has only just been held is done and still among them
            self._held.pop(errand.key, None)
            task = self._tasks[errand.key] = asyncio.create_task(self._run(errand))
            task.add_done_callback(lambda done: self._forget(errand.key, done))
        return task

    def is_on_its_way(self, key: str) -> bool:
        """Whether a message is being brought to its end, or held on the way."""
        return key in self._tasks or key in self._held

    def release(self, chat: str) -> int:
        """Go on with what waited for a chat to write; returns how many messages that are."""
        keys = [key for key, of in self._held.items() if of == chat]
        left = {message.id: message for message in self._outbox.left_over()} if keys else {}
        for key in keys:
            del self._held[key]
            if key in left:
                self._resume(left[key])
        return len(keys)

    def restore(self, *, older_than: float = 0.0) -> int:
        """Go on with what was written down and is not done, unless it is too old; returns how many."""
        for name in self._outbox.close_old():
            self._held.pop(name, None)
            _log.warning("message %s: no reply could be sent for a day; closed", name)
        left = [m for m in self._outbox.left_over(older_than=older_than) if not self.is_on_its_way(m.id)]
        for message in left:
            self._resume(message)
        return len(left)

    def start(self, *, older_than: float = 0.0) -> None:
        """Go on with what is left over: now with what is so old, every minute with what a minute has not brought on.

        Args:
            older_than: Seconds; what came in since somebody else may be at work on.
        """
        self.restore(older_than=older_than)
        self._retrying = asyncio.create_task(self._retry())

    async def stop(self) -> None:
        """Let what is being sent leave, but not for long; the rest is kept for the next start."""
        if self._retrying is not None:
            self._retrying.cancel()
        tasks = set(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _resume(self, message: Message) -> None:
        """Begin what was written down; what can't be read, as after an update, is closed after a day."""
        try:
            errand = self._read(message.id, message.payload)
        except Exception as problem:  # noqa: BLE001 -- others go on
            _log.warning("message %s: %s\n%s", message.id, type(problem).__name__, trace(problem))
        else:
            self.begin(errand)

    def _forget(self, key: str, task: "asyncio.Task[None]") -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]

    async def _run(self, errand: Errand) -> None:
        async with self._lines.turn(errand.chat):
            try:
                await self._outbox.deliver(errand.key, errand.make, errand.send)
            except HeldError:
                self._held[errand.key] = errand.chat
            except ClosingError:
                pass  # kept for the next start
            except (ApiError, BackendError, StorageError) as problem:  # these tell what is to be mended
                _log.warning("message %s: %s: %s", errand.key, type(problem).__name__, problem)
            except Exception as problem:  # noqa: BLE001 -- it is tried again, and others go on
                _log.warning("message %s: %s\n%s", errand.key, type(problem).__name__, trace(problem))

    async def _retry(self) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            with suppress(WenshuError):
                self.restore(older_than=RETRY_SECONDS)


async def apologizing(key: str, make: Callable[[], Awaitable[Reply | None]]) -> Reply | None:
    """The reply that is made; one that can't be made now can't be in a minute either, and becomes an apology.

    Args:
        key: Of the message, for the log.
        make: Makes it; None for nothing to be said.
    """
    try:
        return await make()
    except ClosingError:
        raise
    except Exception as problem:  # noqa: BLE001 -- so that it is not tried again for ever
        _log.error("message %s: %s\n%s", key, type(problem).__name__, trace(problem))
        return reply.notice(phrases.APOLOGY, status=ReplyStatus.ERROR)
