"""WeCom as it calls us for a bot: sealed, with messages, then again and again to ask how far the reply is."""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from bot.channels.sealing import Seal, is_signed, sign
from bot.channels.wecom import bot_webhook
from bot.channels.wecom.accounts import CalledBot
from bot.channels.wecom.bot_called import CallbackBot
from bot.metrics import Metrics

TOKEN, KEY = "wecom-and-we", "k" * 43
ACCOUNT = CalledBot(SecretStr(TOKEN), SecretStr(KEY))
NOW = 1_640_995_200
SEAL = Seal(KEY, "")
PATIENCE = 30

Json = dict[str, Any]


@dataclass
class WeComCaller:
    """Calls a bot.

    Attributes:
        http: Leads to it.
        numbers: Of messages.
    """

    http: httpx.AsyncClient
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def get(self, query: str) -> httpx.Response:
        return await self.http.get(f"{bot_webhook.PATH}?{query}")

    async def post(self, content: bytes, query: str) -> httpx.Response:
        return await self.http.post(f"{bot_webhook.PATH}?{query}", content=content)

    async def call(self, body: Json) -> Json | None:
        """What a call is answered with, opened; None for nothing."""
        content, query = sealed(body)
        response = await self.post(content, query)
        assert response.status_code == 200, response.status_code
        return opened(response)

    def message(self, user: str, text: str = "", *, group: str = "", **over: Any) -> Json:
        """A message as WeCom writes it."""
        number = next(self.numbers)
        said: Json = {"msgtype": "text", "text": {"content": text}} if "msgtype" not in over else {}
        where: Json = {"chattype": "group", "chatid": group} if group else {"chattype": "single"}
        return {
            "msgid": f"CAIQ/{number}==",
            "aibotid": "bot-1",
            "from": {"userid": user},
            "response_url": f"https://wecom.example.org/cgi-bin/aibot/response?response_code={number}",
            **where,
            **said,
            **over,
        }

    async def refresh(self, name: str) -> Json:
        """How far a reply is."""
        told = await self.call({"msgid": secrets.token_hex(4), "msgtype": "stream", "stream": {"id": name}})
        assert told is not None
        return told["stream"]

    async def ask(self, user: str, text: str = "", **over: Any) -> list[str]:
        """All that a user is shown, as it grows, of the reply to a message."""
        told = await self.call(self.message(user, text, **over))
        assert told is not None
        return await self.until_over(told["stream"])

    async def until_over(self, stream: Json) -> list[str]:
        """All that is shown until it is the last."""
        shown = [stream["content"]]
        async with asyncio.timeout(PATIENCE):
            while not stream["finish"]:
                await asyncio.sleep(0.002)
                stream = await self.refresh(stream["id"])
                if stream["content"] != shown[-1]:
                    shown.append(stream["content"])
        return shown


def caller(chat: CallbackBot, metrics: Metrics, clock: Callable[[], float] = lambda: NOW) -> WeComCaller:
    """A caller of a bot."""
    app = Starlette(routes=[bot_webhook.route(chat, ACCOUNT, metrics, clock=clock)])
    return WeComCaller(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost"))


def stamped(sealed_text: str, *, at: int = NOW, known: str = TOKEN, nonce: str = "") -> dict[str, str]:
    """What a call bears in its address."""
    nonce = nonce or secrets.token_hex(5)
    signature = sign(known, str(at), nonce, sealed_text)
    return {"msg_signature": signature, "timestamp": str(at), "nonce": nonce}


def sealed(body: Json | str, **over: Any) -> tuple[bytes, str]:
    """A body as it is sent, and its query."""
    text = SEAL.seal(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))
    return json.dumps({"encrypt": text}).encode(), urlencode(stamped(text, **over))


def opened(response: httpx.Response) -> Json | None:
    """What we answered, if it is signed and sealed as it should be; None for nothing."""
    if not response.content:
        return None
    told = response.json()
    assert set(told) == {"encrypt", "msgsignature", "timestamp", "nonce"}
    assert isinstance(told["timestamp"], int)
    assert is_signed(told["msgsignature"], TOKEN, str(told["timestamp"]), told["nonce"], told["encrypt"])
    read: Json = json.loads(SEAL.open(told["encrypt"]))
    return read
