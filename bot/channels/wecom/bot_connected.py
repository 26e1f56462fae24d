"""A WeCom bot (智能机器人) that we connect to: no public address is needed.

| WeCom says of the last snapshot | what is done |
|---|---|
| too often | it waits, and is sent again |
| anything else (846605: unknown request, 846608: too late) | the part is sent as a message of its own |
| nothing, and is there | nothing: it has arrived as good as certainly |
| nothing, for the connection ended | the part is sent as a message: it may be there twice, but is not lost |

| and of a message of our own accord | |
|---|---|
| refused | tried again in a minute, and so on for a day |
| nothing | nothing: it may have arrived, and a second copy is worse than a gap |
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from bot import phrases
from bot.channels.wecom.accounts import CHANNEL, BotAccount
from bot.channels.wecom.bot_chat import BotChat
from bot.channels.wecom.bot_files import Files
from bot.channels.wecom.bot_link import Link
from bot.channels.wecom.bot_messages import Came, MessageError, read
from bot.channels.wecom.bot_socket import (
    RESPOND,
    TOO_OFTEN,
    WELCOME,
    GoneError,
    Pace,
    RefusedError,
    Request,
    UnansweredError,
)
from bot.channels.wecom.bot_streams import Patience, Show, Snapshot
from bot.channels.wecom.markdown import BOT
from bot.rates import Rates
from bot.reception import Reception
from knowledge.errors import WenshuError

LIMITS = ((30, 60), (1_000, 3_600))
"""Messages of a chat, in how many seconds; a finished reply is one."""

_HELD_OFF = 10.0
"""Seconds before what came too often is sent again."""

_TRIES = 3

_log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]


class Pacer:
    """Sees that a chat gets no more than it may.  To be used in one event loop."""

    def __init__(self, rates: Rates | None = None, sleep: Sleep = asyncio.sleep) -> None:
        self._rates = rates or Rates()
        self._sleep = sleep

    async def turn(self, chat: str) -> None:
        """Wait until the next message may go to a chat."""
        for most, seconds in LIMITS:
            while wait := self._rates.take(f"{seconds} {chat}", most=most, seconds=seconds):
                await self._sleep(wait)

    async def hold_off(self) -> None:
        """Wait, after WeCom said that it was too often."""
        await self._sleep(_HELD_OFF)


class SocketBot:
    """A bot.  To be used in one event loop.

    Attributes:
        capabilities: What a message may be.
        holds: False: whatever there is can be sent.
    """

    capabilities = BOT
    holds = False

    def __init__(
        self,
        reception: Reception,
        account: BotAccount,
        *,
        files: Files | None = None,
        pace: Pace | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Set up; nothing is sent before `start`.

        Args:
            reception: Replies to messages.
            account: Whose bot it is.
            files: Fetches what users send.
            pace: How long the connection is waited for.
            patience: How long a reply is waited for.
        """
        self._account = account
        self._metrics = reception.metrics
        self._pacer = Pacer()
        self._saying: asyncio.Task[bool] | None = None
        self._link = Link(account, self._on_frame, pace or Pace())
        self._chat = BotChat(reception, self, files=files, patience=patience)

    async def start(self) -> str:
        """Connect and begin to answer: first what was left over, then what comes.

        Returns:
            The bot's ID.

        Raises:
            BackendError: WeCom can't be reached; another call may do.
            SettingError: The bot's secret is refused.
        """
        await self._link.start()
        self._chat.start()
        return self._account.bot_id

    async def stop(self) -> None:
        """Let what is under way end, but not for long, and disconnect; the rest is kept for the next start."""
        await self._chat.stop()
        await self._link.stop()

    def _on_frame(self, body: dict[str, Any], request: Request) -> None:
        try:
            came = read(body)
        except MessageError as problem:
            _log.warning("wecom bot: %s", problem)
            self._metrics.refused.labels(CHANNEL, "malformed").inc()
            return
        if not isinstance(came, Came):
            return
        show = self._welcoming(request) if came.greets else self._streaming(came, request)
        try:
            self._chat.bring(came, show)
        except WenshuError as problem:
            # WeCom does not bring it again, so the user has to.
            _log.error("message %s not taken: %s", came.key, problem)
            self._saying = asyncio.create_task(show(Snapshot(phrases.OUT_OF_ORDER, is_last=True)))

    def _streaming(self, came: Came, request: Request) -> Show:
        async def show(snapshot: Snapshot) -> bool:
            stream = {"id": came.key, "finish": snapshot.is_last, "content": snapshot.text}
            body = {"msgtype": "stream", "stream": stream}
            if snapshot.is_last:
                await self._pacer.turn(came.chat)
            return await self._shown(request, RESPOND, body, is_last=snapshot.is_last)

        return show

    def _welcoming(self, request: Request) -> Show:
        async def show(snapshot: Snapshot) -> bool:
            body = {"msgtype": "text", "text": {"content": snapshot.text}}
            return not snapshot.is_last or await self._shown(request, WELCOME, body, is_last=True)

        return show

    async def _shown(self, request: Request, cmd: str, body: dict[str, Any], *, is_last: bool) -> bool:
        for _ in range(_TRIES if is_last else 1):
            try:
                await request.connection.ask(cmd, body, request.id, patient=is_last)
            except UnansweredError:
                return True
            except GoneError:
                return False
            except RefusedError as problem:
                _log.info("wecom bot: a snapshot is refused: %d", problem.code)
                if problem.code not in TOO_OFTEN:
                    return False
                await self._pacer.hold_off()
            else:
                return True
        return not is_last  # another snapshot comes anyway

    def reopen(self, came: Came) -> None:
        """Nothing: the connection that brought it is gone, and what it brought can't be answered by another."""

    async def push(self, came: Came, text: str, *, n_left: int) -> None:  # noqa: ARG002 -- they follow anyway
        """Send a part of the reply to a message as a message of its own.

        Raises:
            RefusedError: WeCom refuses.
        """
        await self._pacer.turn(came.chat)
        body = {
            "chatid": came.chat,
            "chat_type": 2 if came.group else 1,
            "msgtype": "markdown",
            "markdown": {"content": text},
        }
        outcome = "sent"
        try:
            await self._link.send(body)
        except (UnansweredError, GoneError) as problem:
            outcome = "lost"
            _log.warning("a message to %s may be lost: %s", came.chat, type(problem).__name__)
        self._metrics.parts.labels(CHANNEL, outcome).inc()
