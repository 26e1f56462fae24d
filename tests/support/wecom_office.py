"""A company in WeCom with our app in it: brings what members write as WeCom does, and has an interface to send by.

Signing and sealing are those of `wechat_platform`, which are not ours.
"""

import asyncio
import itertools
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr
from sites import Got, make_site, send
from stand_ins import Shelf
from starlette.applications import Starlette
from tencent_server import CORP_ID, SECRET, Tencent
from wechat_platform import AES_KEY, TOKEN, seal, signature

from bot.app import make_app
from bot.channels.platform_api import Api
from bot.channels.web.website import Site
from bot.channels.wecom import app_webhook
from bot.channels.wecom.accounts import AppAccount
from bot.channels.wecom.app_chat import OUTBOX, AppChat
from bot.guard import Guard
from bot.metrics import Metrics
from bot.rates import Rates
from bot.state import State
from knowledge.schema import Answer, Span

AGENT_ID = 1000002
MEMBER = "zhangsan"
CALLS = 3

_numbers = itertools.count(7_000_000_000_000_000)


@dataclass
class Time:
    """A clock that runs only while somebody sleeps by it.

    Attributes:
        now: Seconds.
        slept: How long each sleep was.
    """

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class Office:
    """What is up.

    Attributes:
        app: Where WeCom calls.
        chat: Answers.
        site: What both stand on.
        time: By which the chat waits.
    """

    app: Starlette
    chat: AppChat
    site: Site
    time: Time

    @property
    def metrics(self) -> Metrics:
        return self.site.reception.metrics

    @property
    def state(self) -> State:
        return self.site.reception.service.state

    async def write(self, text: str, user: str = MEMBER, **fields: str) -> Got:
        """Bring what a member wrote, once."""
        return await self.bring(message(user, MsgType="text", Content=text, **fields))

    async def bring(self, fields: dict[str, str], **over: str) -> Got:
        """Call with a message; `over` replaces what the address bears."""
        return await self.call(sealed_body(fields), **over)

    async def call(self, sealed: str, body: bytes | None = None, **over: str) -> Got:
        """Call with what is sealed; `body` goes in its place."""
        query = stamp(sealed, **over)
        envelope = (
            f"<xml><ToUserName><![CDATA[{CORP_ID}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt>"
        )
        whole = f"{envelope}<AgentID><![CDATA[{AGENT_ID}]]></AgentID></xml>".encode()
        target = f"{app_webhook.PATH}?{urlencode(query)}"
        return await send(self.app, "POST", target, chunks=[whole if body is None else body])

    async def settled(self) -> None:
        """Wait until nothing is being made or sent."""
        async with asyncio.timeout(60):
            while tasks := [*self.chat._deliveries._tasks.values()]:
                await asyncio.wait(tasks)

    def under_way(self) -> list[str]:
        """The keys of messages that are not done."""
        return [each.id for each in self.state.under_way(OUTBOX)]

    def n_parts(self) -> dict[str, int]:
        """How many messages were sent, by what became of them."""
        return {
            sample.labels["outcome"]: int(sample.value)
            for metric in self.metrics.parts.collect()
            for sample in metric.samples
            if sample.name.endswith("_total") and sample.labels["channel"] == "wecom"
        }


class Echo:
    """Answers each question with itself, and knows how often it was asked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[str] = []

    def __call__(self, question: str) -> Answer:
        self.asked.append(question)
        return replace(self._answer, question=question, text=f"答{question}", figures=(), citations=())


class Held:
    """Answers when it is let."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.free = threading.Event()
        self.reached = threading.Event()

    def __call__(self, question: str) -> Answer:
        self.reached.set()
        assert self.free.wait(60)
        return self._answer


def long_answer(answered: Answer, n_sentences: int = 150) -> Answer:
    """An answer whose quote fills several messages."""
    sentence = "截至2021年底，“科创投”累计投资金额23.26亿元，同比增长4.5%的项目有3*5家。"
    source = answered.citations[0]
    quote = sentence * n_sentences
    figure = sentence.index("23.26亿元")
    marks = tuple(Span(at + figure, at + figure + 7) for at in range(0, len(quote), len(sentence)))
    return replace(
        answered, citations=(replace(source, quote=quote, end=source.start + len(quote), marks=marks),)
    )


def message(user: str = MEMBER, **fields: str) -> dict[str, str]:
    """The fields of a message, which has a number, or of an event, which has none."""
    common = {"ToUserName": CORP_ID, "FromUserName": user, "CreateTime": str(int(time.time()))}
    number = {} if fields.get("MsgType") == "event" else {"MsgId": str(next(_numbers))}
    return common | number | {"AgentID": str(AGENT_ID)} | fields


def event(name: str, user: str = MEMBER, **fields: str) -> dict[str, str]:
    """The fields of an event."""
    return message(user, MsgType="event", Event=name, **fields)


def sealed_body(fields: dict[str, str]) -> str:
    """A message sealed for us."""
    inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return seal(f"<xml>{inside}</xml>", CORP_ID)


def stamp(sealed: str, **over: str) -> dict[str, str]:
    """What the address of a call bears; `over` replaces some of it, before it is signed."""
    query = {"timestamp": str(int(time.time())), "nonce": os.urandom(5).hex()} | over
    return {"msg_signature": signature(query["timestamp"], query["nonce"], sealed)} | query


def an_account(address: str = "http://127.0.0.1:1", **over: Any) -> AppAccount:
    """Our app as the settings would name it."""
    fields: dict[str, Any] = {
        "corp_id": CORP_ID,
        "agent_id": AGENT_ID,
        "secret": SecretStr(SECRET),
        "token": SecretStr(TOKEN),
        "aes_key": SecretStr(AES_KEY),
        "api_url": address,
        "format": "markdown",
    }
    return AppAccount(**fields | over)


def an_api(account: AppAccount, *, timeout: float = 10.0) -> Api:
    """WeCom's interface, asked again without a pause."""
    return Api(account.for_tokens, client=httpx.AsyncClient(timeout=timeout), pause=0.0)


@asynccontextmanager
async def up(  # noqa: PLR0913 -- what an app can be
    shelf: Shelf,
    home: Path,
    server: Tencent,
    *,
    guard: Guard | None = None,
    format: str = "markdown",  # noqa: A002 -- as the account calls it
    timeout: float = 10.0,  # noqa: ASYNC109 -- of requests
    clock: Time | None = None,
    begins: bool = True,
    **over: Any,
) -> AsyncIterator[Office]:
    """Our app in a company while the block runs.

    Args:
        shelf: The articles.
        home: Keeps the state.
        server: Sends to members.
        guard: Lets messages in.
        format: Of messages.
        timeout: Seconds of a request.
        clock: By which we wait.
        begins: Whether it is started.
        over: Limits of the site.
    """
    site = make_site(shelf, home, **over)
    if guard is not None:
        site = replace(site, reception=replace(site.reception, guard=guard))
    account, clock = an_account(server.address, format=format), clock or Time()
    chat = AppChat(
        site.reception,
        account,
        api=an_api(account, timeout=timeout),
        rates=Rates(clock),
        sleep=clock.sleep,
    )
    door = app_webhook.route(chat, account, site.reception.metrics, time.time)
    try:
        if begins:
            await chat.start()
        yield Office(make_app(site, webhooks=[door]), chat, site, clock)
    finally:
        await chat.stop()
        site.reception.desk.close()
        site.reception.service.state.close()
