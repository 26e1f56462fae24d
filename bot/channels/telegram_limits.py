"""How fast Telegram lets us send: 30 messages a second in all, one a second in a chat, 20 a minute in a group.

The library's own limiter releases a chat that was told to wait as soon as another one may send, and does not hold one
chat to its second; this one keeps a line a chat.  What only shows that we are at work (drafts, 正在输入) never waits:
the next one is newer, and the answer goes first.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from time import time
from typing import Any
from weakref import WeakValueDictionary

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.rates import Rates

# Times as timedelta, which the library's next version always gives; without this it warns at every 429.
os.environ.setdefault("PTB_TIMEDELTA", "true")

OVERALL = 30
"""Messages a second, all chats together."""

IN_GROUP = 20
"""Messages a minute in one group."""

OF_PASSING = OVERALL // 2
"""Messages of a second, all chats together, up to which there is room for what only shows that we are at work."""

MAX_WAITS = 5
"""Times that one message is told to wait before it is given up."""

MARGIN = 0.5
"""Seconds on top of what a 429 asks for: its whole seconds are rounded down."""

PASSING = frozenset({"sendMessageDraft", "sendChatAction"})
"""What only shows that we are at work."""

JSONDict = dict[str, Any]
Request = Callable[[], Awaitable[bool | JSONDict | list[JSONDict]]]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True, weakref_slot=True, eq=False)
class _Line:
    """The messages to one chat: one is at the head, the others wait behind it."""

    chat: str
    head: asyncio.Lock = field(default_factory=asyncio.Lock)
    held_until: float = 0.0


class ChatRates(BaseRateLimiter[int]):
    """Holds messages back until Telegram will take them."""

    def __init__(self, *, sleep: Sleep = asyncio.sleep, clock: Callable[[], float] = time) -> None:
        """Set up.

        Args:
            sleep: Waits some seconds.
            clock: Seconds since 1970.
        """
        self._sleep = sleep
        self._clock = clock
        self._rates = Rates(clock)
        self._lines: WeakValueDictionary[str, _Line] = WeakValueDictionary()
        self._held: set[_Line] = set()  # lives on though nobody stands in line
        self._gate = asyncio.Lock()

    async def initialize(self) -> None:
        """Nothing to set up."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def process_request(  # noqa: PLR0913, PLR0917 -- as the library calls it
        self,
        callback: Callable[..., Coroutine[Any, Any, bool | JSONDict | list[JSONDict]]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> bool | JSONDict | list[JSONDict]:
        """Make a request to Telegram when its chat's turn has come; what is to no chat is made at once."""
        del rate_limit_args
        chat = data.get("chat_id")
        if chat is None:
            return await callback(*args, **kwargs)
        line = self._lines.setdefault(str(chat), _Line(str(chat)))
        if endpoint in PASSING:
            return await self._in_passing(line, lambda: callback(*args, **kwargs))
        async with line.head:
            return await self._at_head(line, lambda: callback(*args, **kwargs))

    async def _in_passing(self, line: _Line, request: Request) -> bool | JSONDict | list[JSONDict]:
        """Make a request now or not at all; it takes no message's turn, and is not tried again."""
        is_held = line.head.locked() or self._gate.locked() or line.held_until > self._clock()
        if is_held or self._rates.take("all", most=OF_PASSING, seconds=1):
            return True
        try:
            return await request()
        except RetryAfter as problem:
            self._hold(line, problem)
            return True

    async def _at_head(self, line: _Line, request: Request) -> bool | JSONDict | list[JSONDict]:
        for _ in range(MAX_WAITS):
            await self._turn(line)
            try:
                return await request()
            except RetryAfter as problem:
                self._hold(line, problem)
        await self._turn(line)
        return await request()

    def _hold(self, line: _Line, problem: RetryAfter) -> None:
        now = self._clock()
        line.held_until = now + _seconds(problem) + MARGIN
        self._held = {each for each in self._held if each.held_until > now} | {line}

    async def _turn(self, line: _Line) -> None:
        """Wait until the chat may get a message, then until any chat may."""
        if (held := line.held_until - self._clock()) > 0:
            await self._sleep(held)
        await self._pace(f"chat {line.chat}", most=1, seconds=1)
        if line.chat.startswith(("-", "@")):
            await self._pace(f"group {line.chat}", most=IN_GROUP, seconds=60)
        async with self._gate:
            await self._pace("all", most=OVERALL, seconds=1)

    async def _pace(self, name: str, *, most: int, seconds: int) -> None:
        while wait := self._rates.take(name, most=most, seconds=seconds):
            await self._sleep(wait)


def _seconds(problem: RetryAfter) -> float:
    wait = problem.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
