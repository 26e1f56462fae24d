"""The connection of a WeCom bot, opened again for ever.

| it ends | it is opened again |
|---|---|
| closed, in whatever way; nothing heard after two heartbeats | after a random while, longer each time |
| a newer connection of the same bot took its place | after a minute and more: two of us would chase each other |
| the secret is refused | after ten minutes and more; the operator is told |
"""

import asyncio
import logging
from random import uniform

from bot import mending
from bot.channels.wecom.accounts import BotAccount
from bot.channels.wecom.bot_socket import SEND, Connection, GoneError, Json, OnFrame, Pace, opened
from knowledge.errors import BackendError, SettingError

_log = logging.getLogger(__name__)


class Link:
    """The connection of a bot, whichever it is at the moment.  To be used in one event loop."""

    def __init__(self, account: BotAccount, on_frame: OnFrame, pace: Pace) -> None:
        """Set up; nothing is opened before `start`.

        Args:
            account: Whose bot it is.
            on_frame: Told what WeCom brings.
            pace: How long what takes.
        """
        self._account = account
        self._on_frame = on_frame
        self._pace = pace
        self._connection: Connection | None = None
        self._up = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect, and stay connected.

        Raises:
            BackendError: WeCom can't be reached; another call may do.
            SettingError: The bot's secret is refused.
        """
        self._connection = await opened(self._account, self._on_frame, self._pace)
        self._up.set()
        self._keeping = asyncio.create_task(self._keep(self._connection))

    async def stop(self) -> None:
        """Disconnect for good."""
        if self._keeping is None:
            return
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()

    async def send(self, body: Json) -> None:
        """Send something of our own accord, as soon as there is a connection that is alive.

        Raises:
            RefusedError: WeCom refuses.
            UnansweredError: WeCom does not say.
            GoneError: The connection ended when it may have been done.
        """
        while True:
            await self._up.wait()
            connection = self._connection
            assert connection is not None  # noqa: S101 -- there is one while it is up
            try:
                return await connection.ask(SEND, body)
            except GoneError as problem:
                if problem.sent:
                    raise
                await connection.ended()
                await asyncio.sleep(0)  # so that the next one is waited for

    async def _keep(self, connection: Connection) -> None:
        loop, n_short = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            await connection.ended()
            self._up.clear()
            n_short = 0 if loop.time() - began >= self._pace.steady else n_short + 1
            if connection.is_replaced:
                _log.warning("wecom bot: another connection of the same bot took our place; is it run twice?")
                await self._pause(self._pace.replaced)
            self._connection = connection = await self._again(n_short)
            self._up.set()
            _log.info("wecom bot: connected again")

    async def _again(self, n_failed: int) -> Connection:
        while True:
            # Full jitter: all who were thrown out at once don't come back at once.
            longest = min(self._pace.longest, self._pace.retry * 2 ** min(n_failed, 16))
            await asyncio.sleep(uniform(0, longest))  # noqa: S311 -- no secret
            try:
                return await opened(self._account, self._on_frame, self._pace)
            except SettingError as problem:
                _log.error("%s", mending.error(problem))
                await self._pause(self._pace.refused)
            except BackendError as problem:
                _log.warning("%s", problem)
                n_failed += 1

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(uniform(seconds, 2 * seconds))  # noqa: S311 -- no secret
