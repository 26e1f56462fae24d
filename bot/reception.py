"""What every channel goes through: a turn at the desk, the service, and an apology should it fail."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter

from bot import phrases, reply
from bot.desk import ClosingError, CrowdedError, Desk
from bot.guard import Guard
from bot.inbound import Inbound, Speaker
from bot.metrics import Metrics
from bot.reply import Reply, ReplyStatus
from bot.service import OnDraft, Service

OnWait = Callable[[int], Awaitable[None]]
"""Told, once and if it lasts, how many stand before."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reception:
    """Replies to messages, for channels that run in one event loop.

    Attributes:
        service: Answers.
        desk: Where it does.
        guard: Who is let in; asked by the channel, which knows what to say to those who are not.
        metrics: Counts.
    """

    service: Service
    desk: Desk
    guard: Guard
    metrics: Metrics

    async def reply(
        self,
        inbound: Inbound,
        *,
        patient: bool = False,
        on_wait: OnWait | None = None,
        on_draft: OnDraft | None = None,
    ) -> Reply:
        """The reply to a message.  What nobody foresaw becomes an apology, and its trace is logged.

        Args:
            inbound: The message.
            patient: True to wait for a turn however many do.
            on_wait: Told, once and if it lasts, how many stand before.
            on_draft: Told, in this loop, what is borne out so far, while a language model writes.

        Raises:
            CrowdedError: Too many wait, and it is not patient.
            ClosingError: It is patient, and we stop before its turn comes.
        """
        loop = asyncio.get_running_loop()

        def draft(so_far: Reply) -> None:
            if on_draft is not None:
                loop.call_soon_threadsafe(on_draft, so_far)

        def work() -> Reply:
            return self.service.reply(inbound, on_draft=None if on_draft is None else draft)

        return await self._served(inbound.speaker, work, patient=patient, on_wait=on_wait)

    def knows(self, speaker: Speaker) -> bool:
        """Whether a speaker may write at all; one who may not is counted, and named in the log."""
        return knows(speaker, self.guard, self.metrics)

    async def press(self, speaker: Speaker, order: str) -> Reply:
        """The reply to a button.

        Raises:
            CrowdedError: Too many wait.
        """
        return await self._served(speaker, lambda: self.service.press(speaker, order))

    async def _served(
        self,
        speaker: Speaker,
        work: Callable[[], Reply],
        *,
        patient: bool = False,
        on_wait: OnWait | None = None,
    ) -> Reply:
        started, status = perf_counter(), "failed"
        try:
            answer = await self.desk.run(work, patient=patient, on_wait=on_wait)
            status = answer.status.value
        except CrowdedError:
            self.metrics.refused.labels(speaker.channel, "crowded").inc()
            raise
        except ClosingError:
            raise
        except Exception as problem:  # noqa: BLE001 -- the one place where everything ends in a reply
            _log.error("%s: %s\n%s", speaker.channel, type(problem).__name__, trace(problem))
            answer = reply.notice(phrases.APOLOGY, status=ReplyStatus.ERROR)
        self.metrics.replies.labels(speaker.channel, status).inc()
        self.metrics.waited.labels(speaker.channel).observe(perf_counter() - started)
        return answer


def knows(speaker: Speaker, guard: Guard, metrics: Metrics) -> bool:
    """Whether a speaker may write at all; one who may not is counted, and named in the log."""
    if guard.knows(speaker):
        return True
    metrics.refused.labels(speaker.channel, "foreign").inc()
    _log.info("turned away: %s in %s", speaker.member, speaker.room)  # the operator may want to let them in
    return False


def trace(problem: BaseException) -> str:
    """Where an exception came from, without its message, which could quote the question."""
    return "".join(traceback.format_tb(problem.__traceback__))
