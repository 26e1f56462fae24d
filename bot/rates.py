"""How often something may happen: so many times in so many seconds, counted in memory.  Sole importer of limits."""

from collections.abc import Callable
from time import time

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

_LEAST = 0.001
"""Seconds to wait at least, lest a caller spins."""


class Rates:
    """Moving windows, one a name."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        """Set up.

        Args:
            clock: Seconds since 1970, as the counting library reads them too.
        """
        self._clock = clock
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def take(self, name: str, *, most: int, seconds: int) -> float:
        """Let one more happen, if it may.

        Args:
            name: What is counted.
            most: How often it may happen within the window.
            seconds: Length of the window.

        Returns:
            0 if it happened; else the seconds after which to try again.

        >>> rates = Rates()
        >>> rates.take("a", most=1, seconds=60), rates.take("a", most=1, seconds=60) > 59
        (0.0, True)
        """
        limit = RateLimitItemPerSecond(most, seconds)
        if self._windows.hit(limit, name):
            return 0.0
        return max(self._windows.get_window_stats(limit, name).reset_time - self._clock(), _LEAST)
