"""The calls that brought messages lately."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.channels.wechat.messages import Came

MOST = 3
"""Calls that bring one message."""

_SECONDS_A_CALL = 5
_KNOWN = 10_000
"""Messages whose calls are remembered: more than can be under way."""


class Calls:
    """What is known of the calls that brought messages lately: how many, and whether one of them got the answer.

    Two calls with one message can be under way at once, on a busy machine: WeChat has let go of the first, and we have
    not noticed yet.  What the first did with the answer holds for the second.
    """

    def __init__(self) -> None:
        self._n: dict[str, int] = {}
        self._waiting: Counter[str] = Counter()
        self._answered: dict[str, None] = {}

    def count(self, came: Came, first: float, now: float) -> int:
        """The number of a call, from 1; those that came while we were away count, by the time they take.

        Args:
            came: What it brings.
            first: When we first had it.
            now: The time.
        """
        self._n[came.key] = self._n.pop(came.key, 0) + 1
        _forget_oldest(self._n)
        age = max(now - first, now - came.created)
        return max(self._n[came.key], 1 + int((age + 1) // _SECONDS_A_CALL))

    @contextmanager
    def under_way(self, came: Came) -> Iterator[None]:
        """While the block runs, a call waits for the answer."""
        self._waiting[came.key] += 1
        try:
            yield
        finally:
            self._waiting[came.key] -= 1
            if not self._waiting[came.key]:
                del self._waiting[came.key]

    def is_under_way(self, key: str) -> bool:
        """Whether a call waits for the answer to a message."""
        return key in self._waiting

    def answer(self, came: Came) -> None:
        """Note that a call gets the answer, which is then not sent besides."""
        self._answered[came.key] = None
        _forget_oldest(self._answered)

    def is_answered(self, key: str) -> bool:
        """Whether a call got the answer to a message."""
        return key in self._answered


def _forget_oldest(known: dict[str, Any]) -> None:
    while len(known) > _KNOWN:
        del known[next(iter(known))]
