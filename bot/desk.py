"""Where answers are worked on: some at once, the others wait for their turn.

Answering is plain computing, so it runs in threads; more of them than processors only take turns.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TypeVar

from bot.metrics import Metrics

Result = TypeVar("Result")

WAITING_AFTER = 5.0
"""Seconds after which one who waits for a turn is told so."""


class CrowdedError(Exception):
    """More are waiting than may."""


class ClosingError(Exception):
    """No turn comes before we stop; who is patient comes again after the next start."""


class Desk:
    """A queue in front of a few threads.

    Attributes:
        n_running: Answers being worked on.
        n_waiting: Those that wait for a turn.
    """

    def __init__(self, metrics: Metrics, *, max_running: int, max_waiting: int) -> None:
        """Set up.

        Args:
            metrics: Told how many run and wait, and for how long.
            max_running: Answers worked on at once.
            max_waiting: Answers that may wait.
        """
        self._metrics = metrics
        self._max_waiting = max_waiting
        self._is_closing = False
        self._turns = asyncio.Semaphore(max_running)
        self._threads = ThreadPoolExecutor(max_running, thread_name_prefix="answer")
        self.n_running = 0
        self.n_waiting = 0

    async def run(
        self,
        work: Callable[[], Result],
        *,
        patient: bool = False,
        on_wait: Callable[[int], Awaitable[None]] | None = None,
    ) -> Result:
        """What `work` returns, run in a thread when its turn has come: first come, first served.

        Args:
            work: Not interrupted once it runs.
            patient: True to wait however many do: the message is kept safe, and its writer is not at a door.
            on_wait: Told, once and if it lasts, how many stand before.

        Raises:
            CrowdedError: More are waiting than may.
            ClosingError: It is patient, and its turn did not come before `begin_to_close`.
        """
        if self.n_waiting >= self._max_waiting and not patient:
            raise CrowdedError
        before = self.n_waiting + self.n_running
        self._count(waiting=1)
        notice = None if on_wait is None else asyncio.create_task(_later(on_wait, before))
        try:
            await self._turns.acquire()
        finally:
            self._count(waiting=-1)
            if notice is not None:
                notice.cancel()
        if self._is_closing and patient:
            self._turns.release()
            raise ClosingError
        self._count(running=1)
        started = perf_counter()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._metrics.seconds.observe(perf_counter() - started)
            self._count(running=-1)
            self._turns.release()

    def begin_to_close(self) -> None:
        """Work off nothing more that is patient: as turns come, those who have one give it up."""
        self._is_closing = True

    def close(self) -> None:
        """Let running work end."""
        self._threads.shutdown()

    def _count(self, *, waiting: int = 0, running: int = 0) -> None:
        self.n_waiting += waiting
        self.n_running += running
        self._metrics.waiting.set(self.n_waiting)
        self._metrics.running.set(self.n_running)


async def _later(tell: Callable[[int], Awaitable[None]], n_before: int) -> None:
    await asyncio.sleep(WAITING_AFTER)
    await tell(n_before)
