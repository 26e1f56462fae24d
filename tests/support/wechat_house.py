"""Our side of an Official Account, on a port of its own, while WeChat's time runs ten times as fast."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import tencent_server
from pydantic import SecretStr
from sites import make_site
from stand_ins import Shelf
from starlette.applications import Starlette
from tencent_server import SECRET, Tencent
from wechat_platform import AES_KEY, APP_ID, TOKEN, Platform

from bot import serving
from bot.app import make_app
from bot.channels.platform_api import Api
from bot.channels.web.website import Site
from bot.channels.wechat import webhook
from bot.channels.wechat.account import Account
from bot.channels.wechat.chat import Patience, WeChatChat
from bot.channels.wechat.customer import Customers
from bot.guard import Guard
from bot.state import State
from knowledge.schema import Answer

FASTER = 10
PATIENCE = Patience(reply=3.0 / FASTER, hold=6.5 / FASTER)
"""Sooner than in service: a fifth of a second is little where users, WeChat and we share two processors."""
_BEGAN = time.time()


def fast_clock() -> float:
    """Seconds since 1970 as they are taken to pass."""
    return _BEGAN + (time.time() - _BEGAN) * FASTER


@dataclass(slots=True)
class House:
    """What is up.

    Attributes:
        platform: Brings messages.
        chat: Answers them.
        site: What both stand on.
    """

    platform: Platform
    chat: WeChatChat
    site: Site

    @property
    def state(self) -> State:
        return self.site.reception.service.state

    def die(self) -> None:
        """What is being made comes to nothing, as when the process is killed."""
        for task in self.chat._making.values():
            task.cancel()

    async def settled(self) -> None:
        """Wait until nothing is being made or sent."""
        async with asyncio.timeout(30):
            while tasks := [*self.chat._making.values(), *self.chat._deliveries._tasks.values()]:
                await asyncio.wait(tasks)


class Stalled:
    """An engine that answers when it is let."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._go = threading.Event()
        self.asked: list[str] = []

    def __call__(self, question: str) -> Answer:
        self.asked.append(question)
        self._go.wait(30)
        return self._answer

    def go(self) -> None:
        """Let it answer from now on."""
        self._go.set()


def an_account(*, sealed: bool = False, verified: bool = False) -> Account:
    """An account as the settings would name it."""
    key = SecretStr(AES_KEY) if sealed else None
    secret = SecretStr("app-secret") if verified else None
    return Account(SecretStr(TOKEN), key, APP_ID, secret, verified, "https://api.weixin.qq.com")


@asynccontextmanager
async def up(  # noqa: PLR0913 -- what an account can be
    shelf: Shelf,
    home: Path,
    *,
    sealed: bool = False,
    compatible: bool = False,
    api: Api | None = None,
    guard: Guard | None = None,
    clock: Callable[[], float] = fast_clock,
    **over: Any,
) -> AsyncIterator[House]:
    """An account that is answered while the block runs; with `api`, a verified one.

    Args:
        shelf: The articles.
        home: Keeps the state.
        sealed: Whether messages are sealed.
        compatible: Whether they are, and in plain as well.
        api: WeChat's interface, or None.
        guard: Lets messages in.
        clock: For both sides.
        over: Limits of the site.
    """
    site = make_site(shelf, home, **over)
    reception = site.reception
    if guard is not None:
        reception = type(reception)(reception.service, reception.desk, guard, reception.metrics)
    state, metrics = reception.service.state, reception.metrics
    customers = None if api is None else Customers(api, state, metrics, clock=clock)
    chat = WeChatChat(reception, customers=customers, patience=PATIENCE, clock=clock)
    account = an_account(sealed=sealed or compatible, verified=api is not None)
    door = webhook.route(chat, account, metrics, clock=clock)
    try:
        async with _listening(make_app(site, webhooks=[door])) as client:
            await chat.start()
            try:
                platform = Platform(
                    client, sealed=sealed, compatible=compatible, seconds=5.0 / FASTER, clock=clock
                )
                yield House(platform, chat, site)
            finally:
                await chat.stop()
    finally:
        if api is not None:
            await api.close()
        site.reception.desk.close()
        state.close()


def an_api(server: Tencent, **over: object) -> Api:
    """WeChat's interface as a verified account of ours reaches it."""
    account = Account(
        SecretStr("token"),
        None,
        APP_ID,
        SecretStr(str(over.pop("secret", SECRET))),
        is_verified=True,
        api_url=server.address,
    )
    assert account.for_tokens is not None
    return Api(account.for_tokens, pause=0.0, **over)  # type: ignore[arg-type]


@asynccontextmanager
async def verified(shelf: Shelf, home: Path, **over: object) -> AsyncIterator[tuple[House, Tencent]]:
    """A verified account, and the server that it sends to."""
    async with (
        tencent_server.serving() as server,
        up(shelf, home, api=an_api(server), **over) as house,  # type: ignore[arg-type]
    ):
        yield house, server


@asynccontextmanager
async def _listening(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """An application on a port of its own, and who reaches it."""
    limits = httpx.Limits(max_connections=2_000)
    with socket.create_server(("127.0.0.1", 0), backlog=2_048) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with (
            serving._web(app, listener),
            httpx.AsyncClient(base_url=address, limits=limits, timeout=60) as client,
        ):
            yield client
