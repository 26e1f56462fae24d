"""A WeCom bot of ours, connected to the server of `wecom_socket` and in no hurry but where a test says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr
from wecom_socket import BOT_ID, SECRET, WeComServer

from bot.channels.wecom.accounts import BotAccount
from bot.channels.wecom.bot_connected import Pacer, SocketBot
from bot.channels.wecom.bot_socket import Pace
from bot.channels.wecom.bot_streams import Patience
from bot.reception import Reception

PACE = Pace(beat=30, ack=10, most=20, retry=0.01, longest=0.05, replaced=0.01, refused=0.01)
"""Opens connections again at once."""

PATIENT = Patience(first=30, between=0)
"""Shows nothing but answers."""

EAGER = Patience(first=0, between=0)
"""Shows at once that somebody is at work."""


class Boundless(Pacer):
    """Lets everything through."""

    async def turn(self, chat: str) -> None: ...

    async def hold_off(self) -> None: ...


def account(server: WeComServer, secret: str = SECRET) -> BotAccount:
    return BotAccount(BOT_ID, SecretStr(secret), server.url)


def a_bot(server: WeComServer, reception: Reception, **over: Any) -> SocketBot:
    """A bot that has not been started."""
    bot = SocketBot(reception, account(server), **({"pace": PACE, "patience": PATIENT} | over))
    bot._pacer = Boundless()
    return bot


@asynccontextmanager
async def running(server: WeComServer, reception: Reception, **over: Any) -> AsyncIterator[SocketBot]:
    """A bot that answers as long as the block runs."""
    bot = a_bot(server, reception, **over)
    await bot.start()
    try:
        yield bot
    finally:
        await bot.stop()
