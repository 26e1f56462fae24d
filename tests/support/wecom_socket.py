"""The server that WeCom bots connect to, in process: it holds a client to the platform's rules, and misbehaves as told.

A request is answered on the connection that brought it (else 846605), and not after it has expired (846608); of the
connections of a bot the newest counts.
"""

import asyncio
import json
import ssl
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

SECRET = "only-wecom-and-we-know"  # noqa: S105 -- a test's
BOT_ID = "bot-1"
MAX_BYTES = 20_480
MAX_FRAMES = 100
UNKNOWN, EXPIRED, TOO_OFTEN = 846605, 846608, 45009
PATIENCE = 30

Json = dict[str, Any]


class Fate(Enum):
    """What happens to a frame that a client sends."""

    TAKEN = "taken"
    """It is taken and confirmed."""

    LOST = "lost"
    """The connection breaks before it arrives."""

    CLOSED = "closed"
    """The server closes the connection, politely, before it arrives."""

    UNCONFIRMED = "unconfirmed"
    """It is taken, then the connection breaks."""

    SILENT = "silent"
    """It is taken, and never confirmed."""

    SWALLOWED = "swallowed"
    """It disappears, and everything else that is sent on this connection."""


@dataclass
class Grown:
    """A reply that grew.

    Attributes:
        user: Whom it is for.
        texts: Snapshots, oldest first.
        is_finished: Whether the last one was marked so.
    """

    user: str
    texts: list[str] = field(default_factory=list)
    is_finished: bool = False


@dataclass
class WeComServer:
    """What bots connect to.

    Attributes:
        url: Where.
        streams: Replies that grew, by name.
        pushed: Messages sent of a bot's own accord: chat and text.
        welcomed: Greetings.
        frames: All that was taken, in order.
        n_subscribed: How often a bot has connected.
        wrong: What no client may do.
        refusing: Code that a subscription is answered with.
        delay: Tells the seconds before a frame is confirmed.
        fate: Tells what becomes of a frame.
        codes: What the next frames of a command are answered with.
    """

    url: str = ""
    streams: dict[str, Grown] = field(default_factory=dict)
    pushed: list[tuple[str, str]] = field(default_factory=list)
    welcomed: list[str] = field(default_factory=list)
    frames: list[Json] = field(default_factory=list)
    n_subscribed: int = 0
    wrong: list[str] = field(default_factory=list)
    refusing: int = 0
    delay: Callable[[Json], float] = lambda _: 0.0
    fate: Callable[[Json], Fate] = lambda _: Fate.TAKEN
    codes: dict[str, deque[int]] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    _bodies: dict[str, Json] = field(default_factory=dict)  # by message
    _requests: dict[str, tuple[ServerConnection, str]] = field(default_factory=dict)
    _bot: ServerConnection | None = None
    _deaf: set[ServerConnection] = field(default_factory=set)
    _closing: asyncio.Task[None] | None = None
    _confirming: set[asyncio.Task[None]] = field(default_factory=set)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    # -- what the platform does

    async def say(self, user: str, text: str = "", *, group: str = "", **body: Any) -> str:
        """A user writes; returns the message's name."""
        name = f"msg/{next(self._numbers)}="
        said: Json = {"msgtype": "text", "text": {"content": text}} if "msgtype" not in body else {}
        where: Json = {"chattype": "group", "chatid": group} if group else {"chattype": "single"}
        self._bodies[name] = {
            "msgid": name,
            "aibotid": BOT_ID,
            "from": {"userid": user},
            **where,
            **said,
            **body,
        }
        await self.bring(name)
        return name

    async def enter(self, user: str) -> str:
        """A user opens the chat."""
        return await self.say(user, msgtype="event", event={"eventtype": "enter_chat"})

    async def bring(self, name: str) -> None:
        """Bring a message, perhaps again, once a bot is there."""
        body = self._bodies[name]
        cmd = "aibot_event_callback" if body["msgtype"] == "event" else "aibot_msg_callback"
        await self.push_frame(cmd, body)

    async def push_frame(self, cmd: str, body: Json) -> None:
        """Bring whatever it is, once a bot is there."""
        while True:
            await self.until(lambda: self._bot is not None)
            bot = self._bot
            assert bot is not None
            request = f"req-{next(self._numbers)}"
            self._requests[request] = (bot, body.get("msgid", ""))
            try:
                await bot.send(
                    json.dumps({"cmd": cmd, "headers": {"req_id": request}, "body": body}, ensure_ascii=False)
                )
            except ConnectionClosed:
                await asyncio.sleep(0)
            else:
                return

    def drop(self) -> None:
        """The network fails."""
        if self._bot is not None:
            self._break(self._bot)

    async def close(self, code: int) -> None:
        """The server closes the connection."""
        assert self._bot is not None
        bot, self._bot = self._bot, None
        self._deaf.add(bot)
        await bot.close(code)

    async def kick(self) -> None:
        """A newer connection takes the place of the bot's."""
        assert self._bot is not None
        bot, self._bot = self._bot, None
        await self._part_with(bot)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not is_so():  # noqa: ASYNC110 -- of what is waited for, much is not ours
                await asyncio.sleep(0.002)

    # -- what a client did

    def answer(self, name: str) -> str:
        """What the reply to a message came to, where it grew; empty if it did not end."""
        grown = self.streams.get(name)
        return grown.texts[-1] if grown is not None and grown.is_finished else ""

    @property
    def unfinished(self) -> list[str]:
        """Replies that were begun and have no end."""
        return [name for name, grown in self.streams.items() if not grown.is_finished]

    def answers_of(self, user: str) -> list[str]:
        """All that a user got, but promises."""
        grown = [each.texts[-1] for each in self.streams.values() if each.user == user and each.is_finished]
        return grown + [text for chat, text in self.pushed if chat == user]

    # -- how frames are taken

    async def serve_bot(self, bot: ServerConnection) -> None:
        """Talk to one connection."""
        with suppress(ConnectionClosed):
            async for raw in bot:
                await self._take(bot, json.loads(raw))
        if self._bot is bot:
            self._bot = None

    async def _take(self, bot: ServerConnection, frame: Json) -> None:
        fate = self.fate(frame)
        if fate is Fate.SWALLOWED:
            self._deaf.add(bot)
        if bot in self._deaf:
            return
        if fate is Fate.LOST:
            self._break(bot)
            return
        if fate is Fate.CLOSED:
            self._deaf.add(bot)
            self._closing = asyncio.create_task(bot.close(1000))
            return
        code = await self._handled(bot, frame)
        self.frames.append(frame)
        if fate is Fate.UNCONFIRMED:
            self._break(bot)
        elif fate is Fate.TAKEN:
            await self._confirm_in_time(bot, frame, code)

    async def _confirm_in_time(self, bot: ServerConnection, frame: Json, code: int) -> None:
        confirming = asyncio.create_task(self._confirm(bot, frame, code))
        if not self.delay(frame):
            await confirming
            return
        self._confirming.add(confirming)
        confirming.add_done_callback(self._confirming.discard)

    async def _confirm(self, bot: ServerConnection, frame: Json, code: int) -> None:
        if seconds := self.delay(frame):
            await asyncio.sleep(seconds)
        told = {"headers": frame["headers"], "errcode": code, "errmsg": "ok" if code == 0 else "no"}
        with suppress(ConnectionClosed):
            await bot.send(json.dumps(told))

    async def _handled(self, bot: ServerConnection, frame: Json) -> int:
        """The code that a frame is answered with."""
        cmd, body = frame["cmd"], frame.get("body", {})
        if cmd == "aibot_subscribe":
            return await self._subscribed(bot, body)
        if cmd == "ping":
            return 0
        if bot is not self._bot:
            self.wrong.append(f"{cmd} without a subscription")
        if self.codes.get(cmd):
            return self.codes[cmd].popleft()
        if cmd == "aibot_send_msg":
            return self._send(body)
        return self._respond(bot, cmd, frame["headers"]["req_id"], body)

    async def _subscribed(self, bot: ServerConnection, body: Json) -> int:
        if self.refusing or body != {"bot_id": BOT_ID, "secret": SECRET}:
            return self.refusing or 40001
        former, self._bot = self._bot, bot
        self.n_subscribed += 1
        if former is not None:
            await self._part_with(former)
        return 0

    async def _part_with(self, former: ServerConnection) -> None:
        body = {"msgtype": "event", "event": {"eventtype": "disconnected_event"}}
        told = {"cmd": "aibot_event_callback", "headers": {"req_id": "gone"}, "body": body}
        with suppress(ConnectionClosed):
            await former.send(json.dumps(told))
        await former.close()

    def _send(self, body: Json) -> int:
        self._look_at(body["markdown"]["content"])
        self.pushed.append((body["chatid"], body["markdown"]["content"]))
        return 0

    def _respond(self, bot: ServerConnection, cmd: str, request: str, body: Json) -> int:
        brought_by, name = self._requests.get(request, (None, ""))
        if brought_by is not bot:
            return UNKNOWN
        if name in self.expired:
            return EXPIRED
        if cmd == "aibot_respond_welcome_msg":
            self.welcomed.append(body["text"]["content"])
            return 0
        stream = body["stream"]
        grown = self.streams.setdefault(stream["id"], Grown(self._bodies[name]["from"]["userid"]))
        if grown.is_finished:
            self.wrong.append(f"{name}: a snapshot after the last")
            return EXPIRED
        self._look_at(stream["content"])
        grown.texts.append(stream["content"])
        grown.is_finished = stream["finish"]
        if len(grown.texts) > MAX_FRAMES:
            self.wrong.append(f"{name}: more than {MAX_FRAMES} snapshots")
        return 0

    def _look_at(self, text: str) -> None:
        if len(text.encode()) > MAX_BYTES:
            self.wrong.append("too long")

    def _break(self, bot: ServerConnection) -> None:
        self._deaf.add(bot)
        if self._bot is bot:
            self._bot = None
        bot.transport.abort()

    @property
    def n_of(self) -> Counter[str]:
        """How many frames were taken, by command."""
        return Counter(frame["cmd"] for frame in self.frames)


@asynccontextmanager
async def wecom_server(*, secure: ssl.SSLContext | None = None) -> AsyncIterator[WeComServer]:
    """A server that lasts as long as the block.

    Args:
        secure: With a certificate; without, it is reached by ws.
    """
    server = WeComServer()
    async with serve(server.serve_bot, "127.0.0.1", 0, ssl=secure, ping_interval=None) as listening:
        host, port = listening.sockets[0].getsockname()
        server.url = f"{'ws' if secure is None else 'wss'}://{host}:{port}"
        yield server
    for confirming in list(server._confirming):
        confirming.cancel()
