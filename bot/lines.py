"""Lines in which work waits, one a chat: that of different chats is done at the same time, that of one in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Lines:
    """A line a name.  To be used in one event loop."""

    def __init__(self) -> None:
        # A lock lives as long as someone holds or awaits it; asyncio's are first come, first served.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait until those before in the line of a name are done; the block is one's turn."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            yield
