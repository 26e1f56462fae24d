"""Every message is answered once: written down before the platform is told, done when its reply has left.

| killed | after the restart |
|---|---|
| before the reply was made | it is made |
| before a part left | that part and the rest are sent |
| while a part was leaving | that part is sent again: it may be there twice, but is not lost |
| after | nothing |

What has no end after a day gets none: it is closed.  A disk that refuses makes nothing come twice: what has left is
known to the process, and written down once that can be.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.kept import Message
from bot.state import State
from knowledge.errors import WenshuError

CLOSED_AFTER = 86_400.0
"""Seconds after which a message is given up: whatever keeps it from its end does not pass by trying."""

_log = logging.getLogger(__name__)

Make = Callable[[], Awaitable[Sequence[str]]]
"""Makes the reply: its parts as the channel will want to send them, perhaps after a restart."""

Send = Callable[[str], Awaitable[str]]
"""Sends a part; returns what the platform calls it, or nothing."""


class Outbox:
    """The messages of one channel that are under way.  Messages of one chat are the channel's to keep in order."""

    def __init__(self, state: State, channel: str, *, clock: Callable[[], float]) -> None:
        """Set up.

        Args:
            state: Where they are written down.
            channel: The platform.
            clock: Seconds since 1970.
        """
        self._state = state
        self._channel = channel
        self._clock = clock
        self._busy: set[str] = set()
        self._unwritten: dict[str, list[str]] = {}  # names of parts that left, by message, oldest first

    def take(self, message_id: str, payload: str) -> bool:
        """Write a message down; False if it is known: the platform brought it before.

        Raises:
            StorageError: The disk refused.
        """
        return self._state.take(self._channel, message_id, payload, at=self._clock())

    def left_over(self, *, older_than: float = 0.0) -> list[Message]:
        """Messages nobody is at work on, oldest first.

        Args:
            older_than: Seconds since they came in.
        """
        until = self._clock() - older_than
        return [
            self._counted(each)
            for each in self._state.under_way(self._channel)
            if each.id not in self._busy and each.at <= until
        ]

    def partly_given(self) -> list[Message]:
        """Messages nobody is at work on whose reply is made and has not left whole, oldest first."""
        return [m for m in self.left_over() if m.parts is not None and m.n_sent < len(m.parts)]

    def message(self, message_id: str) -> Message | None:
        """A message under way; None if there is none, or it is done."""
        found = self._state.message(self._channel, message_id)
        return None if found is None else self._counted(found)

    def close_old(self) -> list[str]:
        """Give up the messages that came in more than a day ago and nobody is at work on; returns their names."""
        old = [message.id for message in self.left_over(older_than=CLOSED_AFTER)]
        for message_id in old:
            self.done(message_id)
        return old

    async def deliver(self, message_id: str, make: Make, send: Send) -> tuple[str, ...]:
        """Bring a message to its end, from wherever it got to.

        What `send` raises is passed on, and the message stays left over.

        Returns:
            What the platform calls the parts sent; nothing if the message is done or being worked on.
        """
        if message_id in self._busy:
            return ()
        self._busy.add(message_id)
        try:
            return await self._delivered(message_id, make, send)
        finally:
            self._busy.discard(message_id)
            if not self._unwritten.get(message_id, True):
                del self._unwritten[message_id]

    async def made(self, message_id: str, make: Make) -> Message | None:
        """A message with its reply, which is made unless it is there; None if the message is done."""
        message = self._state.message(self._channel, message_id)
        if message is None or message.parts is not None:
            return message
        parts = tuple(await make())
        self._state.ready(self._channel, message_id, parts)
        return replace(message, parts=parts)

    def sent(self, message_id: str) -> None:
        """Note that the next part has left in a way that is not `deliver`'s: as the answer to the platform's call."""
        self._unwritten.setdefault(message_id, []).append("")
        self._try_to_write_down(message_id)
        if message_id not in self._busy and not self._unwritten[message_id]:
            del self._unwritten[message_id]

    def done(self, message_id: str) -> None:
        """Note that a message needs nothing more."""
        self._state.done(self._channel, message_id)
        self._unwritten.pop(message_id, None)

    async def _delivered(self, message_id: str, make: Make, send: Send) -> tuple[str, ...]:
        message = await self.made(message_id, make)
        if message is None or message.parts is None:
            return ()
        left = self._unwritten.setdefault(message_id, [])
        for part in message.parts[message.n_sent + len(left) :]:
            left.append(await send(part))
            self._try_to_write_down(message_id)
        self._write_down(message_id)
        self.done(message_id)
        return self._state.sent_as(self._channel, message_id)

    def _counted(self, message: Message) -> Message:
        """A message with what has left of it, noted or not."""
        return replace(message, n_sent=message.n_sent + len(self._unwritten.get(message.id, ())))

    def _try_to_write_down(self, message_id: str) -> None:
        """Note what has left; the parts behind it need not wait for a disk that refuses."""
        try:
            self._write_down(message_id)
        except WenshuError as problem:
            _log.warning("a part has left, but that can't be written down: %s", problem)

    def _write_down(self, message_id: str) -> None:
        """Note what has left and is not noted yet.

        Raises:
            StorageError: The disk refused.
        """
        left = self._unwritten[message_id]
        while left:
            self._state.sent(self._channel, message_id, left[0])
            del left[0]  # not before: what was refused is still to be written
