"""Who may write to us, and how much."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from time import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.inbound import Speaker


class Admitted(StrEnum):
    """Whether a message is let in."""

    YES = "yes"

    FOREIGN = "foreign"
    """Nobody we know: it gets nothing."""

    TOO_FAST = "too_fast"
    """More than one may write: it is told when to try again, once."""

    STILL_TOO_FAST = "still_too_fast"
    """The same again, and told already: it gets nothing."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Who may write.

    Attributes:
        users: Members (`telegram:123`) who may, wherever they write.
        groups: Rooms (`telegram:-100123`) in which everybody may.
    """

    users: frozenset[str]
    groups: frozenset[str]

    def admits(self, speaker: Speaker) -> bool:
        """Whether a speaker may write; if nobody is named, all may."""
        if not self.users and not self.groups:
            return True
        return speaker.member in self.users or speaker.room in self.groups


class Guard:
    """Lets messages in or not.  Rates are counted in memory, over the last minute."""

    def __init__(
        self,
        allowed: Allowed,
        *,
        user_per_minute: int,
        address_per_minute: int,
        clock: Callable[[], float] = time,
    ) -> None:
        """Set up.

        Args:
            allowed: Who may write.
            user_per_minute: Messages of one user.
            address_per_minute: Requests of one network address.
            clock: Seconds since 1970, as the counting library reads it too.
        """
        self._allowed = allowed
        self._clock = clock
        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._user = RateLimitItemPerMinute(user_per_minute)
        self._notice = RateLimitItemPerMinute(1)
        self._address = RateLimitItemPerMinute(address_per_minute)

    def knows(self, speaker: Speaker) -> bool:
        """Whether a speaker may write at all."""
        return self._allowed.admits(speaker)

    def admit(self, speaker: Speaker) -> Admitted:
        """Whether the next message of a speaker is let in; one that is counts."""
        if not self.knows(speaker):
            return Admitted.FOREIGN
        if self._windows.hit(self._user, speaker.member):
            return Admitted.YES
        told = not self._windows.hit(self._notice, "notice", speaker.member)
        return Admitted.STILL_TOO_FAST if told else Admitted.TOO_FAST

    def seconds_to_wait(self, speaker: Speaker) -> int:
        """How long until the next message of a speaker is let in."""
        frees_at = self._windows.get_window_stats(self._user, speaker.member).reset_time
        return max(1, ceil(frees_at - self._clock()))

    def admit_address(self, address: str) -> bool:
        """Whether the next request of a network address is let in; one that is counts."""
        return self._windows.hit(self._address, "address", address)
