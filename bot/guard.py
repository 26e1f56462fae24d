"""Who may write to us, and how much."""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from bot.inbound import Speaker
from bot.rates import Rates

_BY_TOKEN = frozenset({"web", "api"})
_MINUTE = 60


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
class Admission:
    """What the guard says to a message.

    Attributes:
        admitted: Whether it is let in.
        seconds: When to try again, if it came too fast; else 0.
    """

    admitted: Admitted
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Allowed:
    """Who may write in chats; whoever may use the web page, or the API, is told by its token.

    Attributes:
        users: Members (`telegram:123`) who may, wherever they write.
        groups: Rooms (`telegram:-100123`) in which everybody may.
    """

    users: frozenset[str]
    groups: frozenset[str]

    def admits(self, speaker: Speaker) -> bool:
        """Whether a speaker may write; if nobody is named, all may."""
        if speaker.channel in _BY_TOKEN or not (self.users or self.groups):
            return True
        return speaker.member in self.users or speaker.room in self.groups


class Guard:
    """Lets messages in or not.  Rates are counted over the last minute."""

    def __init__(
        self, allowed: Allowed, *, user_per_minute: int, address_per_minute: int, rates: Rates | None = None
    ) -> None:
        """Set up.

        Args:
            allowed: Who may write.
            user_per_minute: Messages of one user.
            address_per_minute: Requests of one network address.
            rates: Counts; by default anew.
        """
        self._allowed = allowed
        self._rates = rates or Rates()
        self._user_per_minute = user_per_minute
        self._address_per_minute = address_per_minute

    def knows(self, speaker: Speaker) -> bool:
        """Whether a speaker may write at all."""
        return self._allowed.admits(speaker)

    def admit(self, speaker: Speaker, *, tells_each: bool = False) -> Admission:
        """Whether the next message of a speaker is let in; one that is counts.

        Args:
            speaker: Whose it is.
            tells_each: True where a word disturbs nobody, so that each is told when to try again.
        """
        if not self.knows(speaker):
            return Admission(Admitted.FOREIGN)
        seconds = self._rates.take(f"user {speaker.member}", most=self._user_per_minute, seconds=_MINUTE)
        if not seconds:
            return Admission(Admitted.YES)
        if tells_each:
            return Admission(Admitted.TOO_FAST, ceil(seconds))
        told = self._rates.take(f"notice {speaker.member}", most=1, seconds=_MINUTE)
        return Admission(Admitted.STILL_TOO_FAST if told else Admitted.TOO_FAST, ceil(seconds))

    def admit_address(self, address: str) -> int:
        """Let the next request of a network address in: 0, or the seconds after which it may try again."""
        return ceil(self._rates.take(f"address {address}", most=self._address_per_minute, seconds=_MINUTE))
