"""What one speaker and we have said lately: the answers that a follow-up or an order refers to."""

from dataclasses import dataclass

from bot.inbound import Speaker
from bot.kept import Record
from bot.state import State

PAGE = "page"
"""Note: the article being read, and how far."""

UPLOAD = "upload"
"""Note: the file that 入库 would take in."""

AWAITING = "awaiting"
"""Note: the answer that the speaker was asked to put right."""

_NEW = "new"
"""Note: the last answer of the topic before."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The last while of a speaker's chat.

    Attributes:
        state: Where it is kept.
        speaker: Whose it is.
        now: The time, in seconds since 1970.
        since: What came before is forgotten.
    """

    state: State
    speaker: Speaker
    now: float
    since: float

    def answers(self, most: int = 1) -> list[Record]:
        """What was last answered, newest first."""
        # By number, not by time: two messages can come in one tick, and clocks are set back.
        before = int(self.noted(_NEW) or 0)
        return [each for each in self._said(most) if each.id > before]

    @property
    def last(self) -> Record | None:
        """What was last answered."""
        return next(iter(self.answers()), None)

    @property
    def question(self) -> str:
        """What was last asked, made whole; empty if nothing was, or a draft was checked since."""
        last = self.last
        return last.understood if last is not None and last.want != "check" else ""

    def begin_anew(self) -> None:
        """Let nothing that comes refer to what was said so far."""
        for name in (PAGE, UPLOAD, AWAITING):
            self.note(name, "")
        self.note(_NEW, "".join(str(each.id) for each in self._said(1)))

    def _said(self, most: int) -> list[Record]:
        return self.state.answers_to(self.speaker, since=self.since, most=most)

    def note(self, name: str, value: str) -> None:
        """Keep a value for a while."""
        self.state.note(self.speaker, name, value, at=self.now)

    def noted(self, name: str) -> str:
        """A value that was kept; empty if there is none."""
        return self.state.noted(self.speaker, name, since=self.since)
