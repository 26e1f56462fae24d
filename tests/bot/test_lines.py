"""Lines: first come, first served within one; the others go on; nothing stays when all are gone."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lines import Lines


async def passed(n_turns: int = 5) -> None:
    """Let everybody who can go on."""
    for _ in range(n_turns):
        await asyncio.sleep(0)


class Queue:
    """Work that lasts until it is told to end, and what of it has begun and ended."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.began: list[str] = []
        self.ended: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}

    def join(self, line: str, name: str, *, fails: bool = False) -> "asyncio.Task[None]":
        self._ends[name] = asyncio.Event()
        return asyncio.create_task(self._work(line, name, fails=fails))

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await passed()

    async def _work(self, line: str, name: str, *, fails: bool) -> None:
        async with self.lines.turn(line):
            self.began.append(name)
            await self._ends[name].wait()
            if fails:
                raise ValueError(name)
            self.ended.append(name)


async def test_a_line_is_first_come_first_served():
    queue = Queue()
    tasks = [queue.join("a", name) for name in "123"]
    await passed()
    assert queue.began == ["1"]
    await queue.end("3")
    assert queue.began == ["1"], "whoever is ready waits for those before"
    await queue.end("1")
    assert (queue.began, queue.ended) == (["1", "2"], ["1"])
    await queue.end("2")
    await asyncio.gather(*tasks)
    assert queue.ended == ["1", "2", "3"]


async def test_other_lines_go_on():
    queue = Queue()
    tasks = [queue.join(line, line + name) for line in "ab" for name in "12"]
    await passed()
    assert queue.began == ["a1", "b1"]
    for name in ("b1", "b2"):
        await queue.end(name)
    assert queue.ended == ["b1", "b2"]
    for name in ("a1", "a2"):
        await queue.end(name)
    await asyncio.gather(*tasks)


async def test_one_who_fails_lets_the_next_have_a_turn():
    queue = Queue()
    failing, next_one = queue.join("a", "1", fails=True), queue.join("a", "2")
    await passed()
    await queue.end("1")
    with pytest.raises(ValueError, match="1"):
        await failing
    await queue.end("2")
    await next_one
    assert queue.ended == ["2"]


@pytest.mark.parametrize("at", range(3))
async def test_one_who_leaves_is_not_waited_for(at: int):
    queue = Queue()
    tasks = [queue.join("a", name) for name in "123"]
    await passed()
    tasks[at].cancel()
    await passed()
    for name in "123":
        await queue.end(name)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert queue.ended == [name for number, name in enumerate("123") if number != at]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.booleans()), max_size=30))
def test_however_many_come_each_line_keeps_its_order_and_none_is_kept(came: list[tuple[str, int, bool]]):
    lines, ended, inside = Lines(), [], set()

    async def work(number: int) -> None:
        line, n_turns, fails = came[number]
        async with lines.turn(line):
            assert line not in inside, "one at a time"
            inside.add(line)
            await passed(n_turns)
            inside.discard(line)
            ended.append((line, number))
            if fails:
                raise ValueError(line)

    async def all_of_it() -> None:
        await asyncio.gather(*map(work, range(len(came))), return_exceptions=True)

    asyncio.run(all_of_it())
    for name in "abc":
        assert [number for line, number in ended if line == name] == [
            number for number, (line, _, _) in enumerate(came) if line == name
        ]
    if not any(fails for _, _, fails in came):  # else a traceback may hold it a little longer
        assert len(lines._locks) == 0
