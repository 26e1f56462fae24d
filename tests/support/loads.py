"""Many users at once, messages that came while nobody was there, and kills: what came of them."""

import asyncio
import random
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import httpx
from processes import Served, serve, start
from telegram_server import TOKEN, Server

QUESTIONS = (
    ("科创投累计投资多少", "23.26亿元"),
    ("科创贷累计放款总额多少", "超157.38亿元"),
    ("2021年成都新增两院院士多少人", "3位"),
    ("上海的科创投累计投资多少", ""),
)
"""Over the bundled article, with what the answer must hold; nothing where there is none."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of many users at once.

    Attributes:
        n_asked: Questions sent.
        n_answered: Those that came back answered rightly.
        seconds: How long each took, sorted.
        grown: Bytes that memory grew by after the first quarter.
    """

    n_asked: int
    n_answered: int
    seconds: tuple[float, ...]
    grown: int

    def percentile(self, share: float) -> float:
        """The time within which a share of the answers came, in seconds."""
        return self.seconds[min(int(len(self.seconds) * share), len(self.seconds) - 1)]


async def over_http(served: Served, *, n_users: int, every: float, lasting: float) -> Load:
    """Users who each ask, in their own conversation, at an interval."""
    seconds: list[float] = []
    resident: list[int] = []
    right = asked = 0
    limits = httpx.Limits(max_connections=n_users)
    async with httpx.AsyncClient(base_url=served.address, timeout=60, limits=limits) as client:

        async def user(number: int) -> None:
            nonlocal right, asked
            await asyncio.sleep(every * number / n_users)
            for turn in range(max(1, round(lasting / every))):
                question, expected = QUESTIONS[(number + turn) % len(QUESTIONS)]
                began = perf_counter()
                asked += 1
                got = await client.post(
                    "/api/chat", json={"conversation": f"user-{number}", "text": question}
                )
                seconds.append(perf_counter() - began)
                told = "".join(run["text"] for block in got.json()["blocks"] for run in block["runs"])
                is_right = expected in told if expected else got.json()["status"] == "abstained"
                right += got.status_code == 200 and is_right
                resident.append(served.resident())
                await asyncio.sleep(max(every - (perf_counter() - began), 0))

        await asyncio.gather(*(user(number) for number in range(n_users)))
    quarter = resident[len(resident) // 4 :]
    return Load(asked, right, tuple(sorted(seconds)), max(quarter) - quarter[0])


@dataclass(frozen=True, slots=True)
class Answered:
    """Answers that chats were sent.

    Attributes:
        n_chats: Chats that asked, once each.
        lost: Chats without an answer.
        doubled: Chats with more than one.
        seconds: From the start of the process to the last answer.
    """

    n_chats: int
    lost: int
    doubled: int
    seconds: float


async def queued_while_down(
    server: Server, home: Path, *, n_chats: int, kills: int = 0, seed: int = 0
) -> Answered:
    """Messages of as many chats are there before the process is; it may be killed on the way, and started again."""
    dice = random.Random(seed)
    for chat in range(1, n_chats + 1):
        await server.write(QUESTIONS[0][0], chat={"id": chat, "type": "private"})
    began = perf_counter()
    settings = {"telegram_token": TOKEN, "telegram_base_url": server.address}
    for _ in range(kills):
        served = await start(home, **settings)
        await served.until_up()
        reached = len(server.messages()) + dice.randint(1, max(1, n_chats // (kills + 2)))
        await server.until(reached)
        await served.stop(signal.SIGKILL)
    async with serve(home, **settings):
        await server.until_reached(n_chats, patience=60 + n_chats / 5)
        lasted = perf_counter() - began
        await asyncio.sleep(1)  # for one too many
    counts = Counter(int(sent["chat_id"]) for sent in server.messages())
    assert all("23.26亿元" in sent["text"] for sent in server.messages())
    lost = sum(counts[chat] == 0 for chat in range(1, n_chats + 1))
    return Answered(n_chats, lost, sum(count > 1 for count in counts.values()), lasted)
