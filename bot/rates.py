"""How often something may happen: so many times in so many seconds, counted in memory."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic

_LEAST = 0.001
"""Seconds to wait at least, lest a caller spins."""


@dataclass(slots=True)
class _Window:
    """What happened lately under one name.

    Attributes:
        seconds: Length of the window.
        times: When, oldest first.
    """

    seconds: int
    times: deque[float] = field(default_factory=deque)

    def move(self, now: float) -> None:
        """Forget what is out of the window."""
        while self.times and self.times[0] < now - self.seconds:
            self.times.popleft()


class Rates:
    """Moving windows, one a name.  To be used from one thread."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Set up.

        Args:
            clock: Seconds; since when does not matter.
        """
        self._clock = clock
        # In the order of their last calls.  A call puts its own name last and looks at the first two: no call
        # looks at all, and names are forgotten faster than they come.
        self._windows: dict[str, _Window] = {}

    @property
    def n_names(self) -> int:
        """How many names are remembered."""
        return len(self._windows)

    def take(self, name: str, *, most: int, seconds: int) -> float:
        """Let one more happen, if it may.

        Args:
            name: What is counted.
            most: How often it may happen within the window; 1 at least.
            seconds: Length of the window.

        Returns:
            0 if it happened; else the seconds after which to try again.

        >>> rates = Rates()
        >>> rates.take("a", most=1, seconds=60), rates.take("a", most=1, seconds=60) > 59
        (0.0, True)
        """
        now = self._clock()
        window = self._windows.pop(name, None) or _Window(seconds)
        window.seconds = seconds
        window.move(now)
        self._windows[name] = window
        may = len(window.times) < most
        if may:
            window.times.append(now)
        self._forget_idle(now)
        if may:
            return 0.0
        return max(window.times[-most] + seconds - now, _LEAST)

    def _forget_idle(self, now: float) -> None:
        for name in [*islice(self._windows, 2)]:
            self._windows[name].move(now)
            if not self._windows[name].times:
                del self._windows[name]
