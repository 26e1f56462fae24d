"""Telegram on this machine: lo-bot-api-emulator, a Bot API contract that nobody here wrote, kept whole for tests."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"  # noqa: S105 -- made up
BOT_ID = 7
PATIENCE = 60
"""Seconds a test waits for a message."""

GROUP = {"chat": {"id": -100, "type": "supergroup", "title": "群"}}
FROM_BOT = {
    "message_id": 4,
    "date": 1,
    **GROUP,
    "from": {"id": BOT_ID, "is_bot": True, "first_name": "Fixture"},
    "text": "答",
}
USER = {"id": 99, "is_bot": False, "first_name": "用户"}

_numbers = itertools.count(100)


class Server(LoBotApiEmulator):
    """The emulator, with what it accepted kept whole for the tests to read."""

    def __init__(self, journal: Path) -> None:
        super().__init__(journal=journal, enable_control=True, allow_insecure_loopback_webhooks=True)
        self.address = ""
        self.accepted: list[tuple[str, dict[str, Any]]] = []
        self.more = asyncio.Event()

    def validate(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> object:
        kept = dict(fields)
        result = super().validate(method, fields, uploads)
        self.accepted.append((method, kept))
        self.more.set()
        return result

    def calls(self, *methods: str) -> list[dict[str, Any]]:
        """What was accepted of some methods, in order."""
        return [fields for method, fields in self.accepted if method in methods]

    def messages(self) -> list[dict[str, Any]]:
        return self.calls("sendMessage")

    async def until(self, n: int, *methods: str, patience: float = PATIENCE) -> list[dict[str, Any]]:
        """The calls of some methods (by default messages), once there are as many."""
        methods = methods or ("sendMessage",)
        async with asyncio.timeout(patience):
            while len(self.calls(*methods)) < n:
                self.more.clear()
                await self.more.wait()
        return self.calls(*methods)

    async def until_reached(self, n_chats: int, *, patience: float = PATIENCE) -> None:
        """Wait until as many chats have a message."""
        async with asyncio.timeout(patience):
            while len({sent["chat_id"] for sent in self.messages()}) < n_chats:
                self.more.clear()
                await self.more.wait()

    async def send(self, **update: object) -> None:
        """Let an update come in."""
        async with httpx.AsyncClient() as client:
            body = {"token": TOKEN, "update": update}
            (await client.post(f"{self.address}/__fixture/updates", json=body)).raise_for_status()

    async def write(self, text: str, **fields: object) -> None:
        """Let a message come in, of a private chat if nothing else is said."""
        chat = {"id": 99, "type": "private"}
        message = {"message_id": next(_numbers), "date": 1, "chat": chat, "from": USER, "text": text}
        await self.send(message=message | fields)

    async def press(self, data: str, **fields: object) -> None:
        """Let a button be pressed."""
        message = FROM_BOT | {"chat": {"id": 99, "type": "private"}}
        query = {
            "id": str(next(_numbers)),
            "from": USER,
            "chat_instance": "1",
            "message": message,
            "data": data,
        }
        await self.send(callback_query=query | fields)


@asynccontextmanager
async def serving(journal: Path) -> AsyncIterator[Server]:
    """A server on a port of its own while the block runs."""
    server = Server(journal)
    runner = web.AppRunner(server.app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def entities(sent: dict[str, Any]) -> dict[str, str]:
    """The words of a message by what is done to them."""
    text = sent["text"].encode("utf-16-le")
    return {
        entity["type"]: text[entity["offset"] * 2 :][: entity["length"] * 2].decode("utf-16-le")
        for entity in json.loads(sent["entities"])
    }


def orders(sent: dict[str, Any]) -> dict[str, str]:
    """The buttons of a message that give an order, by what they say."""
    rows = json.loads(sent["reply_markup"])["inline_keyboard"]
    return {key["text"]: key["callback_data"] for row in rows for key in row if "callback_data" in key}
