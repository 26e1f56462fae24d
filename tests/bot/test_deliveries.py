"""Replies on their way: in order within a chat, each to its end, whatever becomes of the others."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_ins import a_state

from bot import phrases, reply
from bot.channels import deliveries as module
from bot.channels.deliveries import RETRY_SECONDS, Deliveries, Errand, HeldError, apologizing
from bot.desk import ClosingError
from bot.lines import Lines
from bot.outbox import CLOSED_AFTER, Outbox
from bot.reply import ReplyStatus
from bot.state import State
from knowledge.errors import BackendError, StorageError

ASKED = "科创投累计投资多少"
UNREACHABLE = BackendError("wechat can't be reached", item="https://api.example", code="wechat_unreachable")


async def passed(n_turns: int = 12) -> None:
    """Let everybody who can go on."""
    for _ in range(n_turns):
        await asyncio.sleep(0)


async def until(is_so: Callable[[], bool]) -> None:
    """Let everybody go on until something is so."""
    for _ in range(10_000):
        if is_so():
            return
        await asyncio.sleep(0)
    pytest.fail("it never came to be")


class House:
    """A channel with its outbox, and a platform that takes what is sent unless it is told otherwise.

    Attributes:
        raises: What sending to a chat raises.
        makes: What making the reply of a message raises.
        waits: Chats that take nothing until their event is set.
        came: What the platform took, in order.
        unreadable: Messages whose notes nobody can read any more.
    """

    def __init__(self, state: State | None = None) -> None:
        self.now = 1_000.0
        self.outbox = Outbox(state or a_state(), "wechat", clock=lambda: self.now)
        self.lines = Lines()
        self.deliveries = Deliveries(self.outbox, self.errand, lines=self.lines)
        self.raises: dict[str, BaseException] = {}
        self.makes: dict[str, BaseException] = {}
        self.waits: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.slow: set[str] = set()
        self.came: list[str] = []
        self.n_made = 0
        self.unreadable: set[str] = set()

    def take(self, key: str, chat: str) -> Errand:
        self.outbox.take(key, chat)
        return self.errand(key, chat)

    def begin(self, key: str, chat: str = "a") -> "asyncio.Task[None]":
        return self.deliveries.begin(self.take(key, chat))

    def errand(self, key: str, chat: str) -> Errand:
        if key in self.unreadable:
            raise KeyError(ASKED)

        async def make() -> Sequence[str]:
            self.n_made += 1
            if key in self.makes:
                raise self.makes[key]
            return [f"{key}.1", f"{key}.2"]

        async def send(part: str) -> str:
            if chat in self.slow:
                await self.waits[chat].wait()
            await asyncio.sleep(0)
            if chat in self.raises:
                raise self.raises[chat]
            self.came.append(part)
            return ""

        return Errand(key, chat, make, send)

    def left(self) -> list[str]:
        return [message.id for message in self.outbox.left_over()]


@pytest.fixture
def house() -> House:
    return House()


# -- order


async def test_replies_of_a_chat_leave_in_order_and_other_chats_go_on(house: House):
    house.slow = {"a"}
    tasks = [house.begin("1", "a"), house.begin("2", "a"), house.begin("3", "b")]
    await tasks[2]
    assert house.came == ["3.1", "3.2"]
    house.waits["a"].set()
    await asyncio.gather(*tasks)
    assert house.came == ["3.1", "3.2", "1.1", "1.2", "2.1", "2.2"]
    assert house.left() == []


async def test_a_line_is_shared_with_whoever_else_is_at_work_on_the_chat(house: House):
    async with house.lines.turn("a"):
        task = house.begin("1", "a")
        await passed()
        assert house.came == []
    await task
    assert house.came == ["1.1", "1.2"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=20))
def test_however_they_come_every_part_leaves_once_and_in_its_order(came: list[tuple[str, int]]):
    async def all_of_them() -> House:
        house = House()
        for number, (chat, n_turns) in enumerate(came):
            house.begin(str(number), chat)
            await passed(n_turns)
        await house.deliveries.stop()
        return house

    house = asyncio.run(all_of_them())
    for name in "abc":
        numbers = [str(number) for number, (chat, _) in enumerate(came) if chat == name]
        sent = [part for part in house.came if part.partition(".")[0] in numbers]
        assert sent == [f"{number}.{part}" for number in numbers for part in (1, 2)]
    assert house.left() == []


async def test_a_message_that_is_on_its_way_is_not_begun_again(house: House):
    house.slow = {"a"}
    first = house.begin("1")
    await passed()
    assert house.deliveries.is_on_its_way("1")
    assert house.begin("1") is first
    assert house.deliveries.restore() == 0
    house.waits["a"].set()
    await first
    await passed()
    assert not house.deliveries.is_on_its_way("1")
    assert (house.n_made, house.came) == (1, ["1.1", "1.2"])
    await house.begin("1")
    assert house.came == ["1.1", "1.2"], "it is done"


# -- held


async def test_what_a_chat_does_not_take_is_held_until_it_writes(house: House):
    house.raises["a"] = HeldError()
    await asyncio.gather(house.begin("1", "a"), house.begin("2", "a"), house.begin("3", "b"))
    assert (house.came, house.left()) == (["3.1", "3.2"], ["1", "2"])
    assert house.deliveries.is_on_its_way("1")
    assert not house.deliveries.is_on_its_way("3")
    house.now += 600
    assert house.deliveries.restore() == 0, "it would be refused again"
    assert house.deliveries.release("b") == 0
    await passed()
    del house.raises["a"]
    assert house.deliveries.release("a") == 2
    assert house.deliveries.release("a") == 0
    await house.deliveries.stop()
    assert house.came == ["3.1", "3.2", "1.1", "1.2", "2.1", "2.2"]
    assert (house.n_made, house.left()) == (3, [])


async def test_what_is_held_after_a_part_has_left_goes_on_behind_it(house: House):
    house.slow = {"a"}
    task = house.begin("1")
    await passed()
    house.slow = set()
    house.waits["a"].set()
    await until(lambda: bool(house.came))
    house.raises["a"] = HeldError()
    await task
    assert house.came == ["1.1"]
    del house.raises["a"]
    house.deliveries.release("a")
    await house.deliveries.stop()
    assert house.came == ["1.1", "1.2"]


@pytest.mark.parametrize("n_turns", range(12))
async def test_what_is_released_in_the_very_moment_it_is_held_goes_on(house: House, n_turns: int):
    house.raises["a"] = HeldError()
    house.begin("1")
    await passed(n_turns)
    released = house.deliveries.release("a")
    del house.raises["a"]
    house.slow = {"a"}
    await passed()
    assert house.deliveries.is_on_its_way("1")
    released += house.deliveries.release("a")
    house.waits["a"].set()
    await house.deliveries.stop()
    assert (house.came, house.left()) == (["1.1", "1.2"], [])
    assert released <= 1


async def test_what_is_held_and_brought_again_is_tried_again(house: House):
    house.raises["a"] = HeldError()
    await house.begin("1")
    del house.raises["a"]
    await passed()
    await house.begin("1")
    assert (house.came, house.deliveries.release("a")) == (["1.1", "1.2"], 0)


# -- failures


@pytest.mark.parametrize(
    "problem", [UNREACHABLE, ValueError(ASKED), StorageError("disk", item="x", code="y")]
)
async def test_what_could_not_be_sent_is_sent_by_the_next_look(
    house: House, problem: Exception, caplog: pytest.LogCaptureFixture
):
    house.raises["a"] = problem
    await asyncio.gather(house.begin("1", "a"), house.begin("2", "b"))
    await passed()
    assert (house.came, house.left()) == (["2.1", "2.2"], ["1"])
    assert type(problem).__name__ in caplog.text
    assert ASKED not in caplog.text
    assert house.deliveries.restore() == 1
    await passed()
    assert house.left() == ["1"]
    del house.raises["a"]
    assert house.deliveries.restore() == 1
    await house.deliveries.stop()
    assert house.came == ["2.1", "2.2", "1.1", "1.2"]
    assert house.n_made == 2, "a reply is made once"


async def test_a_reply_that_could_not_be_made_is_made_by_the_next_look(house: House):
    house.makes["1"] = ValueError()
    await house.begin("1")
    await passed()
    del house.makes["1"]
    assert house.deliveries.restore() == 1
    await house.deliveries.stop()
    assert house.came == ["1.1", "1.2"]


async def test_an_error_stops_none_of_those_behind_it(house: House):
    house.makes["1"] = RuntimeError()
    await asyncio.gather(house.begin("1", "a"), house.begin("2", "a"))
    assert house.came == ["2.1", "2.2"]


async def test_what_nobody_can_read_any_more_stops_nobody(house: House, caplog: pytest.LogCaptureFixture):
    """Notes of another version, say."""
    for key in "123":
        house.take(key, "a")
    house.unreadable = {"2"}
    house.deliveries.start()
    await house.deliveries.stop()
    assert (house.came, house.left()) == (["1.1", "1.2", "3.1", "3.2"], ["2"])
    assert "message 2: KeyError" in caplog.text
    assert ASKED not in caplog.text
    house.unreadable = set()
    assert house.deliveries.restore() == 1
    await house.deliveries.stop()
    assert house.left() == []


async def test_what_is_held_and_nobody_can_read_any_more_stops_nobody(house: House):
    house.raises["a"] = HeldError()
    await asyncio.gather(*map(house.begin, "123"))
    house.unreadable = {"2"}
    del house.raises["a"]
    house.deliveries.release("a")
    await house.deliveries.stop()
    assert (house.came, house.left()) == (["1.1", "1.2", "3.1", "3.2"], ["2"])


async def test_a_message_is_closed_after_a_day(house: House, caplog: pytest.LogCaptureFixture):
    house.raises = {"a": UNREACHABLE, "b": HeldError()}
    await asyncio.gather(house.begin("1", "a"), house.begin("2", "b"))
    house.now += CLOSED_AFTER
    house.take("3", "c")
    house.raises.clear()
    await passed()
    assert house.deliveries.restore() == 1
    await house.deliveries.stop()
    assert house.came == ["3.1", "3.2"]
    assert (house.left(), house.deliveries.release("b")) == ([], 0)
    assert [f"message {key}: no reply could be sent for a day; closed" in caplog.text for key in "123"] == [
        True,
        True,
        False,
    ]


async def test_what_has_come_in_just_now_is_left_to_whoever_took_it(house: House):
    house.take("1", "a")
    assert house.deliveries.restore(older_than=RETRY_SECONDS) == 0
    house.now += RETRY_SECONDS
    assert house.deliveries.restore(older_than=RETRY_SECONDS) == 1
    await house.deliveries.stop()


async def test_every_minute_what_is_left_is_looked_for(house: House, no_waiting: list[float]):
    house.raises["a"] = UNREACHABLE
    house.take("1", "a")
    house.deliveries.start()
    await until(lambda: no_waiting.count(RETRY_SECONDS) >= 3)
    assert house.left() == ["1"]
    house.now += RETRY_SECONDS
    del house.raises["a"]
    await until(lambda: not house.left())
    await house.deliveries.stop()
    assert house.came == ["1.1", "1.2"]


@pytest.mark.usefixtures("no_waiting")
async def test_a_disk_that_refuses_ends_no_looking(house: House, monkeypatch: pytest.MonkeyPatch):
    house.deliveries.start()
    looked = []

    def refuses(**_: float) -> list[object]:
        looked.append(1)
        raise StorageError("the disk refused", item="state.sqlite3", code="storage")

    with monkeypatch.context() as patched:
        patched.setattr(house.outbox, "left_over", refuses)
        await until(lambda: len(looked) >= 3)
    house.take("1", "a")
    house.now += RETRY_SECONDS
    await until(lambda: not house.left())
    await house.deliveries.stop()
    assert house.came == ["1.1", "1.2"]


# -- coming and going


async def test_what_is_left_from_before_is_sent_at_the_start():
    state = a_state()
    before = House(state)
    for key, chat in (("1", "a"), ("2", "a"), ("3", "b")):
        before.take(key, chat)
    house = House(state)
    house.deliveries.start()
    await house.deliveries.stop()
    assert sorted(house.came) == [f"{key}.{part}" for key in "123" for part in (1, 2)]
    assert [part for part in house.came if part[0] in "12"] == ["1.1", "1.2", "2.1", "2.2"]


async def test_what_is_being_sent_leaves_before_we_stop(house: House):
    house.slow = {"a"}
    house.deliveries.start()
    house.begin("1")
    await passed()
    stopping = asyncio.create_task(house.deliveries.stop())
    await passed()
    assert not stopping.done()
    house.waits["a"].set()
    await stopping
    assert (house.came, house.left()) == (["1.1", "1.2"], [])


async def test_what_does_not_leave_in_time_is_kept_for_the_next_start(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "STOP_SECONDS", 0.01)
    house.slow = {"a"}
    tasks = [house.begin("1", "a"), house.begin("2", "a"), house.begin("3", "b")]
    await passed()
    await house.deliveries.stop()
    assert all(task.done() for task in tasks)
    assert (house.came, house.left()) == (["3.1", "3.2"], ["1", "2"])
    house.slow = set()
    assert house.deliveries.restore() == 2
    await house.deliveries.stop()
    assert house.came == ["3.1", "3.2", "1.1", "1.2", "2.1", "2.2"]
    assert house.n_made == 3


async def test_what_waits_for_a_turn_at_the_desk_is_kept_for_the_next_start(
    house: House, caplog: pytest.LogCaptureFixture
):
    house.makes["1"] = ClosingError()
    await house.begin("1")
    assert (house.came, house.left(), caplog.records) == ([], ["1"], [])


async def test_stopping_ends_the_looking_and_can_be_done_at_any_time(house: House):
    await house.deliveries.stop()
    house.deliveries.start()
    await house.deliveries.stop()
    await house.deliveries.stop()
    await passed()
    assert house.deliveries._retrying is not None
    assert house.deliveries._retrying.cancelled()


# -- apologies


async def test_a_reply_that_can_not_be_made_becomes_an_apology(caplog: pytest.LogCaptureFixture):
    async def make() -> None:
        raise ValueError(ASKED)

    with caplog.at_level(logging.ERROR):
        made = await apologizing("7", make)
    assert made == reply.notice(phrases.APOLOGY, status=ReplyStatus.ERROR)
    assert "message 7: ValueError" in caplog.text
    assert ASKED not in caplog.text


async def test_a_reply_that_can_be_made_is_that_reply():
    made = reply.notice("23.26亿元")

    async def make() -> reply.Reply:
        return made

    async def nothing() -> None:
        return None

    assert await apologizing("7", make) is made
    assert await apologizing("7", nothing) is None


async def test_no_apology_is_made_because_we_stop():
    async def make() -> None:
        raise ClosingError

    with pytest.raises(ClosingError):
        await apologizing("7", make)
