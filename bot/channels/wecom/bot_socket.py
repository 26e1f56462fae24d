"""One connection to a WeCom bot, alive as long as something is heard.  Sole importer of websockets.

Source: developer.work.weixin.qq.com/document/path/101463.
"""

import asyncio
import json
import logging
import secrets
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from bot.channels.wecom.accounts import BotAccount
from bot.reception import trace
from knowledge.errors import BackendError, SettingError

SUBSCRIBE, PING = "aibot_subscribe", "ping"
MESSAGE, EVENT = "aibot_msg_callback", "aibot_event_callback"
RESPOND, WELCOME, SEND = "aibot_respond_msg", "aibot_respond_welcome_msg", "aibot_send_msg"

TOO_OFTEN = frozenset({45009, 45033})
"""Codes that say: not now."""

_BUSY = -1
_MAX_FRAME = 1 << 20
"""Bytes of what WeCom sends at once."""

_MISSED = 2
_CLOSE_SECONDS = 2.0

_log = logging.getLogger(__name__)
_frames = logging.getLogger(f"{__name__}.frames")
_frames.setLevel(logging.WARNING)  # below, the library would log every word that passes

Json = dict[str, Any]
_OBJECT = TypeAdapter(Json)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long what takes, in seconds.

    Attributes:
        beat: Between heartbeats.
        ack: For WeCom to confirm; what is not confirmed by then makes us listen whether it is there at all.
        most: For WeCom, which is there, to confirm after all.
        retry: Before a connection is opened again, at most; twice as many the next time.
        longest: The same, however often it failed.
        steady: A connection that has lasted so long was a good one.
        replaced: Before we take the place of another connection, at least; twice as many at most.
        refused: Before a secret is shown again that was refused, at least; twice as many at most.
    """

    beat: float = 30.0
    ack: float = 5.0
    most: float = 30.0
    retry: float = 1.0
    longest: float = 60.0
    steady: float = 60.0
    replaced: float = 60.0
    refused: float = 600.0


class RefusedError(Exception):
    """WeCom refuses.

    Attributes:
        code: Its `errcode`.
    """

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class UnansweredError(Exception):
    """It may have been done: WeCom is there, but does not say."""


class GoneError(Exception):
    """The connection is no more.

    Attributes:
        sent: Whether it may have been done.
    """

    def __init__(self, *, sent: bool) -> None:
        super().__init__("sent" if sent else "not sent")
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Request:
    """What WeCom brought, to be answered by the same connection.

    Attributes:
        connection: That brought it.
        id: Its name there.
    """

    connection: "Connection"
    id: str


OnFrame = Callable[[Json, Request], None]
"""Told the body of a message or an event; must not take long."""


class Connection:
    """One connection, from when it is there to its end.

    Attributes:
        is_replaced: Whether a newer one has taken its place.
    """

    def __init__(self, socket: ClientConnection, on_frame: OnFrame, pace: Pace) -> None:
        self._socket = socket
        self._on_frame = on_frame
        self._pace = pace
        self._acks: dict[str, deque[asyncio.Future[int | None]]] = {}
        self._turn = asyncio.Lock()
        self._n_heard = 0
        self._doubt = asyncio.Event()
        self._sure = asyncio.Event()
        self._sure.set()
        self._beating: asyncio.Task[None] | None = None
        self._listening = asyncio.create_task(self._listen())
        self.is_replaced = False

    async def ask(self, cmd: str, body: Json | None, request: str = "", *, patient: bool = True) -> None:
        """Send something; returns when WeCom has confirmed it.

        Args:
            cmd: What it is.
            body: What it says, or None.
            request: What it answers; empty for something of our own accord.
            patient: True for what must not be lost: it waits for its turn, and is waited for while WeCom is there.
                One is under way at a time, so one is in doubt when the connection breaks, not all.

        Raises:
            RefusedError: WeCom refuses.
            UnansweredError: WeCom does not say.
            GoneError: The connection ended before.
        """
        name = request or f"{cmd}_{secrets.token_hex(8)}"
        frame: Json = {"cmd": cmd, "headers": {"req_id": name}} | ({} if body is None else {"body": body})
        if patient:
            async with self._turn:
                await self._sure.wait()
                ack = await self._sent(name, frame)
            await asyncio.wait({ack}, timeout=self._pace.most - self._pace.ack)
        else:
            ack = await self._sent(name, frame)
        if not ack.done():
            raise UnansweredError
        code = ack.result()
        if code is None:
            raise GoneError(sent=True)
        if code != 0:
            raise RefusedError(code)

    def beat(self) -> None:
        """Begin to see whether it is alive."""
        self._beating = asyncio.create_task(self._beat())

    async def ended(self) -> None:
        """Wait for the end."""
        await asyncio.wait({self._listening})

    async def close(self) -> None:
        """End it."""
        await self._socket.close()
        await self.ended()

    async def _sent(self, name: str, frame: Json) -> "asyncio.Future[int | None]":
        """Send a frame; what it is confirmed with, in time or not yet: a code, or None if the connection ended.

        Raises:
            GoneError: It has ended before.
        """
        ack: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        # All that is under way, in its order: a confirmation that comes late must not be taken for the next one's.
        self._acks.setdefault(name, deque()).append(ack)
        try:
            await self._socket.send(json.dumps(frame, ensure_ascii=False))
        except ConnectionClosed:
            raise GoneError(sent=False) from None
        await asyncio.wait({ack}, timeout=self._pace.ack)
        if not ack.done():
            self._doubt.set()
            self._sure.clear()
        return ack

    async def _listen(self) -> None:
        try:
            while True:
                self._hear(await self._socket.recv())
        except ConnectionClosed as end:
            code = end.rcvd.code if end.rcvd is not None else "none"
            _log.warning("wecom bot: connection closed, code %s", code)
        finally:
            if self._beating is not None:
                self._beating.cancel()
            for ack in [ack for waiting in self._acks.values() for ack in waiting if not ack.done()]:
                ack.set_result(None)
            self._acks.clear()
            self._sure.set()

    def _hear(self, raw: str | bytes) -> None:
        self._n_heard += 1
        self._doubt.clear()
        self._sure.set()
        try:
            frame = _OBJECT.validate_json(raw)
            headers, cmd = frame.get("headers"), frame.get("cmd")
            name = str(headers.get("req_id", "")) if isinstance(headers, dict) else ""
            if cmd in {MESSAGE, EVENT}:
                self._bring(frame, name)
            elif "errcode" in frame:
                self._acknowledge(name, frame["errcode"])
        except ValidationError:
            _log.warning("wecom bot: a frame that can't be read")  # its own words hold the frame

    def _bring(self, frame: Json, name: str) -> None:
        body = frame.get("body")
        if not isinstance(body, dict):
            return
        event = body.get("event")
        if isinstance(event, dict) and event.get("eventtype") == "disconnected_event":
            self.is_replaced = True
            return
        try:
            self._on_frame(body, Request(self, name))
        except Exception as problem:  # noqa: BLE001 -- one message must not keep the others from us
            _log.error("wecom bot: %s\n%s", type(problem).__name__, trace(problem))

    def _acknowledge(self, name: str, code: object) -> None:
        waiting = self._acks.get(name)
        if not waiting:
            return
        ack = waiting.popleft()
        if not waiting:
            del self._acks[name]
        if not ack.done():
            ack.set_result(code if isinstance(code, int) else _BUSY)

    async def _beat(self) -> None:
        n_missed = 0
        while n_missed < _MISSED:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.beat):
                    await self._doubt.wait()
            n_heard = self._n_heard
            with suppress(UnansweredError, RefusedError, GoneError, TimeoutError):
                async with asyncio.timeout(
                    2 * self._pace.ack
                ):  # nor may what can't even be written hold us up
                    await self.ask(PING, None, patient=False)
            n_missed = 0 if self._n_heard > n_heard else n_missed + 1
        _log.warning("wecom bot: nothing heard after %d heartbeats", n_missed)
        await self._socket.close()


async def opened(account: BotAccount, on_frame: OnFrame, pace: Pace) -> Connection:
    """A connection through which a bot's messages come.

    Args:
        account: Whose bot it is.
        on_frame: Told what WeCom brings.
        pace: How long what takes.

    Raises:
        BackendError: WeCom can't be reached.
        SettingError: The bot's secret is refused.
    """
    socket = await _connected(account.url)
    connection = Connection(socket, on_frame, pace)
    shown = {"bot_id": account.bot_id, "secret": account.secret.get_secret_value()}
    try:
        await connection.ask(SUBSCRIBE, shown)
    except (RefusedError, UnansweredError, GoneError) as problem:
        await connection.close()
        if isinstance(problem, RefusedError) and problem.code not in {_BUSY, *TOO_OFTEN}:
            raise _refused(problem.code) from problem
        raise _unreachable(account.url) from problem
    except asyncio.CancelledError:
        await connection.close()
        raise
    connection.beat()
    return connection


async def reach(url: str) -> None:
    """See whether WeCom is there; no bot is touched.

    Raises:
        BackendError: It can't be reached.
    """
    await (await _connected(url)).close()


async def _connected(url: str) -> ClientConnection:
    try:
        return await connect(
            url, ping_interval=None, max_size=_MAX_FRAME, close_timeout=_CLOSE_SECONDS, logger=_frames
        )
    except (OSError, TimeoutError, WebSocketException) as problem:
        raise _unreachable(url) from problem


def _unreachable(where: str) -> BackendError:
    message = f"{where}: wecom can't be reached; check network and address"
    return BackendError(message, item=where, code="wecom_unreachable")


def _refused(code: int) -> SettingError:
    name = "WENSHU_WECOM_BOT_SECRET"
    message = f"{name}: WeCom refuses it, or the bot's ID (code {code}); copy both from the bot's page"
    return SettingError(message, item=name, code="wecom_bot_refused")
