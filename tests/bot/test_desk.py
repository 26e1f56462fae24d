"""Turns at the desk."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from threading import Event

import pytest

from bot import desk as desk_module
from bot.desk import ClosingError, CrowdedError, Desk
from bot.metrics import Metrics

PATIENCE = 10.0
"""Seconds after which a test gives up on a thread."""


class Works:
    """Pieces of work that last until they are let go."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.n_at_once = self.most_at_once = 0
        self._gates: dict[str, Event] = {}

    def make(self, name: str) -> Callable[[], str]:
        gate = self._gates[name] = Event()

        def work() -> str:
            self.begun.append(name)
            self.n_at_once += 1
            self.most_at_once = max(self.most_at_once, self.n_at_once)
            assert gate.wait(PATIENCE)
            self.n_at_once -= 1
            self.ended.append(name)
            return name

        return work

    def let_go(self, *names: str) -> None:
        for name in names:
            self._gates[name].set()


Start = Callable[..., "asyncio.Task[str]"]


@pytest.fixture
def works() -> Works:
    return Works()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """One at work, two waiting."""
    made = Desk(Metrics(), max_running=1, max_waiting=2)
    yield made
    await asyncio.to_thread(made.close)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 -- threads set it, not the loop
            await asyncio.sleep(0.001)


async def together(*work: Awaitable[str]) -> list[str]:
    """What all return; one whose turn never comes fails the test."""
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*work)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_first_come_first_served(works: Works):
    desk = Desk(Metrics(), max_running=1, max_waiting=99)
    names = [f"{number:02}" for number in range(20)]
    tasks = [asyncio.create_task(desk.run(works.make(name))) for name in names]
    await until(lambda: works.begun == ["00"])
    works.let_go(*names)
    assert await together(*tasks) == names
    assert works.begun == names
    desk.close()


async def test_no_more_run_at_once_than_may(works: Works):
    desk = Desk(Metrics(), max_running=3, max_waiting=99)
    names = [f"{number:02}" for number in range(12)]
    tasks = [asyncio.create_task(desk.run(works.make(name))) for name in names]
    await until(lambda: len(works.begun) == 3)
    await settled()
    assert (desk.n_running, desk.n_waiting, len(works.begun)) == (3, 9, 3)
    works.let_go(*names)
    await together(*tasks)
    assert works.most_at_once <= 3
    assert (desk.n_running, desk.n_waiting) == (0, 0)
    desk.close()


async def test_one_too_many_is_turned_away_and_the_patient_is_not(works: Works, desk: Desk):
    tasks = [asyncio.create_task(desk.run(works.make(name))) for name in "abc"]
    await settled()
    with pytest.raises(CrowdedError):
        await desk.run(works.make("d"))
    patient = asyncio.create_task(desk.run(works.make("e"), patient=True))
    await settled()
    assert desk.n_waiting == 3
    works.let_go(*"abcde")
    assert await together(*tasks, patient) == [*"abce"]
    assert works.begun == [*"abce"]


async def test_when_it_begins_to_close_the_patient_are_let_go_and_the_others_served(works: Works):
    desk = Desk(Metrics(), max_running=1, max_waiting=9)
    running = asyncio.create_task(desk.run(works.make("running"), patient=True))
    await until(lambda: works.begun == ["running"])
    kept = [asyncio.create_task(desk.run(works.make(name), patient=True)) for name in "ab"]
    at_the_door = asyncio.create_task(desk.run(works.make("c")))
    await settled()
    desk.begin_to_close()
    works.let_go("running", *"abc")
    assert await together(running, at_the_door) == ["running", "c"]
    ends = await asyncio.gather(*kept, desk.run(works.make("d"), patient=True), return_exceptions=True)
    assert [type(end) for end in ends] == [ClosingError] * 3
    assert works.begun == ["running", "c"]
    assert (desk.n_running, desk.n_waiting) == (0, 0)
    desk.close()


async def test_one_who_gives_up_frees_the_place(works: Works, desk: Desk):
    first, second, third = (asyncio.create_task(desk.run(works.make(name))) for name in "abc")
    await settled()
    second.cancel()
    await asyncio.wait([second])
    assert desk.n_waiting == 1
    fourth = asyncio.create_task(desk.run(works.make("d")))
    await settled()
    works.let_go(*"abcd")
    assert await together(first, third, fourth) == [*"acd"]
    assert works.begun == [*"acd"]
    assert (desk.n_running, desk.n_waiting) == (0, 0)


async def test_one_who_leaves_while_served_does_not_let_two_be_served(works: Works, desk: Desk):
    served = asyncio.create_task(desk.run(works.make("a")))
    await until(lambda: works.begun == ["a"])
    served.cancel()
    await asyncio.wait([served])
    following = asyncio.create_task(desk.run(works.make("b")))
    await settled()
    assert works.begun == ["a"], "work that runs is not interrupted"
    works.let_go(*"ab")
    assert await together(following) == ["b"]
    assert works.most_at_once == 1


async def test_what_work_raises_is_the_caller_s_and_frees_the_turn(works: Works, desk: Desk):
    def fail() -> str:
        raise ZeroDivisionError

    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            await together(desk.run(fail))
    work = works.make("a")
    works.let_go("a")
    assert await together(desk.run(work)) == ["a"]
    assert (desk.n_running, desk.n_waiting) == (0, 0)


async def test_one_who_waits_long_is_told_once_how_many_stand_before(
    works: Works, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(desk_module, "WAITING_AFTER", 0.0)
    told: list[int] = []

    async def tell(n_before: int) -> None:
        told.append(n_before)

    first = asyncio.create_task(desk.run(works.make("a")))
    await settled()
    tasks = [asyncio.create_task(desk.run(works.make(name), on_wait=tell)) for name in "bc"]
    await until(lambda: len(told) == 2)
    await settled()
    works.let_go(*"abc")
    await together(first, *tasks)
    await settled()
    assert told == [1, 2]


async def test_one_whose_turn_comes_soon_is_not_told(
    works: Works, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    held = asyncio.Event()

    async def sleep(_: float) -> None:
        await held.wait()

    told: list[int] = []

    async def tell(n_before: int) -> None:
        told.append(n_before)

    first = asyncio.create_task(desk.run(works.make("a")))
    await settled()
    with monkeypatch.context() as patched:
        patched.setattr(desk_module.asyncio, "sleep", sleep)
        second = asyncio.create_task(desk.run(works.make("b"), on_wait=tell))
        first_free = asyncio.create_task(asyncio.wait([first]))
        works.let_go("a", "b")
        await asyncio.wait([second, first_free], timeout=PATIENCE)
        held.set()
    await settled()
    assert (second.result(), told) == ("b", [])


async def test_a_notice_that_fails_costs_nobody_the_turn(
    works: Works, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(desk_module, "WAITING_AFTER", 0.0)
    unheard: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
    tried = asyncio.Event()

    async def tell(_: int) -> None:
        tried.set()
        raise ConnectionError

    first = asyncio.create_task(desk.run(works.make("a")))
    await settled()
    second = asyncio.create_task(desk.run(works.make("b"), on_wait=tell))
    await tried.wait()
    works.let_go(*"ab")
    assert await together(first, second) == ["a", "b"]


async def test_what_happens_is_measured(works: Works):
    metrics = Metrics()
    desk = Desk(metrics, max_running=1, max_waiting=9)
    tasks = [asyncio.create_task(desk.run(works.make(name))) for name in "abc"]
    await until(lambda: works.begun == ["a"])
    assert "wenshu_running 1.0\n" in metrics.text().decode()
    assert "wenshu_waiting 2.0\n" in metrics.text().decode()
    works.let_go(*"abc")
    await together(*tasks)
    text = metrics.text().decode()
    assert "wenshu_running 0.0\n" in text
    assert "wenshu_waiting 0.0\n" in text
    assert "wenshu_answer_seconds_count 3.0\n" in text
    desk.close()
