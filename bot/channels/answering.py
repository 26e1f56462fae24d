"""What becomes of a message that is let in, on every channel that brings messages as they were written down."""

from typing import Protocol

from bot import phrases, reply
from bot.guard import Admitted
from bot.inbound import Inbound, Speaker
from bot.reception import OnWait, Reception
from bot.reply import Reply


class Said(Protocol):
    """A message as it was written down."""

    @property
    def speaker(self) -> Speaker:
        """Who wrote it, and where."""

    @property
    def created(self) -> int:
        """When, in seconds since 1970."""

    @property
    def text(self) -> str:
        """Words or a command; empty for a message without words."""

    @property
    def kind(self) -> str:
        """Of a message without words: image, voice …; empty otherwise."""


async def answer(
    reception: Reception, said: Said, *, started: float, on_wait: OnWait | None = None
) -> Reply | None:
    """The reply to a message; None if nothing is to be said.

    Args:
        reception: Replies.
        said: The message.
        started: When we did, in seconds since 1970: what gathered before is no rush, so nobody was too fast.
        on_wait: Told, once and if it lasts, how many stand before.

    Raises:
        ClosingError: We stop before its turn comes.
    """
    speaker = said.speaker
    if said.created >= int(started):
        admission = reception.guard.admit(speaker)
        if admission.admitted is Admitted.TOO_FAST:
            return reply.notice(phrases.TOO_FAST.format(seconds=admission.seconds))
        if admission.admitted is not Admitted.YES:
            reception.metrics.refused.labels(speaker.channel, admission.admitted.value).inc()
            return None
    if said.kind:
        return reply.notice(phrases.NOT_WORDS.get(said.kind, phrases.ONLY_WORDS))
    return await reception.reply(Inbound(speaker, said.text), patient=True, on_wait=on_wait)
