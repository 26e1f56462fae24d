"""A WeCom bot (智能机器人) that WeCom calls us for: with a message, then every second to ask how far the reply is.

| a part of a reply | how it gets to the user |
|---|---|
| the first | when WeCom asks, within six minutes of the message |
| the second; the first, if WeCom asks no more | by the address that came with the message: once, within an hour |
| those after it; what that address does not take | with 继续 |
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx

from bot import phrases
from bot.channels.deliveries import HeldError
from bot.channels.platform_api import TIMEOUT, NotDoneError
from bot.channels.wecom.accounts import CHANNEL
from bot.channels.wecom.bot_chat import BotChat
from bot.channels.wecom.bot_files import Files
from bot.channels.wecom.bot_messages import Came
from bot.channels.wecom.bot_streams import Patience, Show, Snapshot
from bot.channels.wecom.markdown import BOT
from bot.reception import Reception

FETCH_SECONDS = 10.0
"""Within which WeCom, which asks every second, would have asked."""

_GREETING_SECONDS = 4.0
"""WeCom waits for five."""

_KEPT_SECONDS = 600.0
"""For which WeCom is told again what it was told, should that not have reached it."""

_TOLD_BYTES = 80
"""For the words that tell of more."""

_TURNED_AWAY = frozenset({502, 503, 504})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

_log = logging.getLogger(__name__)

Json = dict[str, Any]


class Shown:
    """How far one reply is, for WeCom to ask.

    Attributes:
        since: When it was begun, in seconds of the event loop.
        over: Set when nothing comes any more.
    """

    def __init__(self, fetch: float) -> None:
        """Set up.

        Args:
            fetch: Seconds within which WeCom would have asked.
        """
        self._fetch = fetch
        self._snapshot = Snapshot(phrases.LOOKING_UP)
        self._fetched = asyncio.Event()
        self.since = asyncio.get_running_loop().time()
        self.over = asyncio.Event()

    async def show(self, snapshot: Snapshot) -> bool:
        """Have it shown when WeCom asks; False if it does not ask for the last."""
        self._snapshot = snapshot
        if not snapshot.is_last:
            return True
        self.over.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._fetch):
                await self._fetched.wait()
        if not self._fetched.is_set():
            self._snapshot = replace(snapshot, text=phrases.WILL_FOLLOW)
        return self._fetched.is_set()

    def fetch(self) -> Snapshot:
        """The newest, now that WeCom has asked."""
        if self._snapshot.is_last:
            self._fetched.set()
        return self._snapshot


class CallbackBot:
    """A bot.  To be used in one event loop.

    Attributes:
        capabilities: What a message may be.
        holds: True: what can't be sent waits for 继续.
    """

    capabilities = replace(BOT, max_length=BOT.max_length - _TOLD_BYTES)
    holds = True

    def __init__(
        self,
        reception: Reception,
        *,
        client: httpx.AsyncClient | None = None,
        files: Files | None = None,
        patience: Patience | None = None,
        fetch: float = FETCH_SECONDS,
    ) -> None:
        """Set up.

        Args:
            reception: Replies to messages.
            client: Sends of our own accord; by default one of our own, let go of by `stop`.
            files: Fetches what users send.
            patience: How long a reply is waited for.
            fetch: Seconds within which WeCom would have asked how far a reply is.
        """
        self._metrics = reception.metrics
        self._client = client or httpx.AsyncClient(timeout=TIMEOUT)
        self._patience = patience or Patience()
        self._fetch = fetch
        self._shown: dict[str, Shown] = {}  # by message, oldest first
        self._chat = BotChat(reception, self, files=files, patience=patience)

    async def start(self) -> str:
        """Go on with what was left over.

        Returns:
            Nothing: WeCom does not tell what the bot is called.
        """
        self._chat.start()
        return ""

    async def stop(self) -> None:
        """Let what is under way end, but not for long; the rest is kept for the next start."""
        await self._chat.stop()
        await self._client.aclose()

    # -- calls

    async def bring(self, came: Came) -> Json | None:
        """What a call with a message is answered with; None for nothing.

        Raises:
            StorageError: It can't be written down.
        """
        if came.key not in self._shown:
            shown = Shown(self._fetch)
            if self._chat.bring(came, shown.show):
                self._keep(came.key, shown)
        if came.key not in self._shown:
            return None
        shown = self._shown[came.key]
        with suppress(TimeoutError):
            async with asyncio.timeout(_GREETING_SECONDS if came.greets else self._patience.first):
                await shown.over.wait()
        if not came.greets:
            return stream(came.key, shown.fetch())
        return {"msgtype": "text", "text": {"content": shown.fetch().text}} if shown.over.is_set() else None

    def newest(self, name: str) -> Json:
        """What a call is answered with that asks how far a reply is."""
        shown = self._shown.get(name)
        return stream(name, Snapshot(phrases.STALE, is_last=True) if shown is None else shown.fetch())

    def _keep(self, key: str, shown: Shown) -> None:
        self._shown[key] = shown
        for each, old in list(self._shown.items()):
            if shown.since - old.since < _KEPT_SECONDS:
                break
            if old.over.is_set():
                del self._shown[each]

    # -- what is sent of our own accord

    def reopen(self, came: Came) -> Show | None:
        """How the reply to a message is shown that came before we were started: WeCom may still ask."""
        if came.key in self._shown:
            return None  # it came after, and what could be shown has been
        shown = Shown(self._fetch)
        self._keep(came.key, shown)
        return shown.show

    async def push(self, came: Came, text: str, *, n_left: int) -> None:
        """Send a part of the reply to a message as a message of its own.

        Raises:
            HeldError: It can't be sent before the user asks for more.
            NotDoneError: WeCom is not there.
        """
        if not came.response_url.lower().startswith("https://"):
            raise HeldError
        body = {"msgtype": "markdown", "markdown": {"content": phrases.with_more(text, n_left)}}
        outcome = "sent"
        try:
            response = await self._client.post(came.response_url, json=body)
        except _NEVER_SENT as problem:
            raise NotDoneError(type(problem).__name__) from None
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            outcome = "lost"
            _log.warning("a message to %s may be lost: %s", came.chat, type(problem).__name__)
        else:
            _look_at(response)
        self._metrics.parts.labels(CHANNEL, outcome).inc()


def stream(name: str, snapshot: Snapshot) -> Json:
    """A snapshot as WeCom reads it."""
    told = {"id": name, "finish": snapshot.is_last, "content": snapshot.text}
    return {"msgtype": "stream", "stream": told}


def _look_at(response: httpx.Response) -> None:
    """See that WeCom has taken a message.

    Raises:
        HeldError: It takes none at this address, or no more.
        NotDoneError: It is not there.
    """
    if response.status_code in _TURNED_AWAY:
        raise NotDoneError(str(response.status_code))
    try:
        told = response.json()
    except ValueError:
        told = {}
    code = told.get("errcode", 0) if isinstance(told, dict) else 0
    if response.is_success and code == 0:
        return
    _log.info("a message of our own accord is refused: %d, %s", response.status_code, code)
    raise HeldError
