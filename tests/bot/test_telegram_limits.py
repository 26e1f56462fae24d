"""How fast messages go out: a line a chat, all of them within what Telegram takes."""

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from telegram.error import RetryAfter, TimedOut

from bot.channels.telegram_limits import IN_GROUP, MARGIN, MAX_WAITS, OVERALL, ChatRates

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LONG = 5
"""Seconds: a longer sleep lasts until the test releases it."""


class Clock:
    """Time that passes only while someone sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.asleep = asyncio.Event()
        self.release = asyncio.Event()
        self.release.set()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        await asyncio.sleep(0)
        if seconds > LONG:
            self.asleep.set()
            await self.release.wait()
        self.now = max(self.now, until)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


Sent = list[tuple[float, int]]


class Line:
    """Requests that reach the server, with the time and the chat."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.limiter = ChatRates(sleep=clock.sleep, clock=clock)
        self.sent: Sent = []
        self.answer: Callable[[int], Awaitable[Any]] | None = None

    async def send(self, chat: int | None, endpoint: str = "sendMessage") -> Any:
        async def request() -> Any:
            self.sent.append((self._clock.now, chat or 0))
            return await self.answer(chat or 0) if self.answer else True

        data = {} if chat is None else {"chat_id": chat}
        return await self.limiter.process_request(request, (), {}, endpoint, data, None)

    def times(self, chat: int) -> list[float]:
        return [at for at, whose in self.sent if whose == chat]


async def test_one_a_second_in_a_chat(clock: Clock):
    line = Line(clock)
    await asyncio.gather(*(line.send(1) for _ in range(5)))
    gaps = [b - a for a, b in zip(line.times(1), line.times(1)[1:], strict=False)]
    assert all(gap >= 1 for gap in gaps), gaps


async def test_no_more_than_thirty_a_second_in_all(clock: Clock):
    line = Line(clock)
    await asyncio.gather(*(line.send(chat) for chat in range(1, 101)))
    times = sorted(at for at, _ in line.sent)
    assert len(times) == 100
    assert all(times[n + OVERALL] - times[n] >= 1 for n in range(len(times) - OVERALL))


async def test_twenty_a_minute_in_a_group(clock: Clock):
    line = Line(clock)
    await asyncio.gather(*(line.send(-7) for _ in range(45)))
    times = line.times(-7)
    assert all(times[n + IN_GROUP] - times[n] >= 60 for n in range(len(times) - IN_GROUP))


async def test_a_chat_s_messages_keep_their_order(clock: Clock):
    line, arrived = Line(clock), []

    async def one(number: int) -> None:
        async def request() -> bool:
            arrived.append(number)
            return True

        await line.limiter.process_request(request, (), {}, "sendMessage", {"chat_id": 1}, None)

    await asyncio.gather(*(one(number) for number in range(8)))
    assert arrived == list(range(8))


async def test_429_holds_up_its_own_chat_alone(clock: Clock):
    """Chat 1 is told to wait 30 seconds; chat 2 is not kept by that, nor does it release chat 1."""
    line, refused = Line(clock), []

    async def answer(chat: int) -> bool:
        if chat == 1 and not refused:
            refused.append(clock.now)
            raise RetryAfter(30)
        return True

    line.answer = answer
    clock.release.clear()
    first = asyncio.create_task(line.send(1))
    await asyncio.wait_for(clock.asleep.wait(), 5)
    held = asyncio.create_task(line.send(1))
    await asyncio.wait_for(line.send(2), 5)
    assert [chat for _, chat in line.sent] == [1, 2]
    clock.release.set()
    await asyncio.gather(first, held)
    again, after = line.times(1)[1:]
    assert again - refused[0] >= 30 + MARGIN
    assert after > again, "what stands behind it waits too"


async def test_endless_429_is_given_up(clock: Clock):
    line = Line(clock)

    async def answer(_: int) -> bool:
        raise RetryAfter(1)

    line.answer = answer
    with pytest.raises(RetryAfter):
        await line.send(1)
    assert len(line.sent) == MAX_WAITS + 1


async def test_other_errors_pass_and_are_not_tried_again(clock: Clock):
    line = Line(clock)

    async def answer(_: int) -> bool:
        raise TimedOut

    line.answer = answer
    with pytest.raises(TimedOut):
        await line.send(1)
    assert len(line.sent) == 1


async def test_what_only_shows_that_we_are_at_work_never_waits(clock: Clock):
    line, free = Line(clock), asyncio.Event()

    async def answer(_: int) -> bool:
        await free.wait()
        return True

    line.answer = answer
    final = asyncio.create_task(line.send(1))
    await asyncio.sleep(0.01)
    assert await line.send(1, "sendMessageDraft") is True
    assert len(line.sent) == 1, "the draft is dropped: the answer goes first"
    free.set()
    await final


AT_WORK = ("sendMessageDraft", "sendChatAction")


@pytest.mark.parametrize("endpoint", AT_WORK)
async def test_it_takes_no_message_s_turn(clock: Clock, endpoint: str):
    line = Line(clock)
    began = clock.now
    await line.send(1)
    await line.send(1, endpoint)
    assert line.times(1) == [began, began], "no wait behind a message"
    await line.send(2, endpoint)
    await line.send(2)
    assert line.times(2) == [began, began], "nor of a message behind it"


@pytest.mark.parametrize("endpoint", AT_WORK)
async def test_it_is_left_out_where_a_chat_was_told_to_wait(clock: Clock, endpoint: str):
    line = Line(clock)

    async def answer(_: int) -> bool:
        line.answer = None
        raise RetryAfter(30)

    line.answer, began = answer, clock.now
    assert await line.send(1, endpoint) is True, "not tried again: the next one is newer"
    assert await line.send(1, endpoint) is True
    assert (line.times(1), clock.now) == ([began], began)
    await line.send(1)
    assert line.times(1)[1] - began >= 30 + MARGIN, "what was asked of the chat holds for its answer"


async def test_it_leaves_room_for_the_answers_of_all(clock: Clock):
    line = Line(clock)
    began = clock.now
    await asyncio.gather(*(line.send(chat, "sendMessageDraft") for chat in range(1, 101)))
    n_drafts = len(line.sent)
    assert 0 < n_drafts < OVERALL
    await asyncio.gather(*(line.send(chat) for chat in range(201, 201 + OVERALL - n_drafts)))
    assert len(line.sent) == OVERALL
    assert clock.now == began


async def test_what_is_to_no_chat_is_made_at_once(clock: Clock):
    line = Line(clock)
    before = clock.now
    for _ in range(100):
        await line.send(None, "answerCallbackQuery")
    assert clock.now == before
