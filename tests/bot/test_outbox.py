"""A message is brought to its end whatever ends us on the way."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_ins import a_state

from bot.outbox import CLOSED_AFTER, Outbox
from bot.state import State
from knowledge.errors import StorageError

PARTS = ("一", "二", "三")


class Killed(BaseException):
    """Stands for the end of the process: nothing may swallow it."""


class Platform:
    """Takes parts, and is cut off where it is told to be."""

    def __init__(self, parts: Sequence[str] = PARTS, *, die: str = "") -> None:
        self.parts = parts
        self.die = die
        self.n_made = 0
        self.came: list[str] = []

    async def make(self) -> Sequence[str]:
        self.n_made += 1
        await asyncio.sleep(0)
        if self.die == "make":
            raise Killed
        return self.parts

    async def send(self, part: str) -> str:
        await asyncio.sleep(0)
        if self.die == f"before {part}":
            raise Killed
        self.came.append(part)
        if self.die == f"after {part}":
            raise Killed
        return f"m{len(self.came)}"

    async def deliver(self, outbox: Outbox, message_id: str = "7") -> tuple[str, ...]:
        return await outbox.deliver(message_id, self.make, self.send)


def an_outbox(state: State | None = None, now: float = 100.0) -> Outbox:
    return Outbox(state or a_state(), "telegram", clock=lambda: now)


async def test_a_message_is_answered_in_whole_and_in_order():
    outbox, platform = an_outbox(), Platform()
    assert outbox.take("7", "words")
    assert await platform.deliver(outbox) == ("m1", "m2", "m3")
    assert platform.came == [*PARTS]
    assert outbox.left_over() == []


@pytest.mark.parametrize(
    ("die", "n_made", "came"),
    [
        ("make", 2, "一二三"),
        ("before 一", 1, "一二三"),
        ("after 一", 1, "一一二三"),
        ("before 二", 1, "一二三"),
        ("after 二", 1, "一二二三"),
        ("before 三", 1, "一二三"),
        ("after 三", 1, "一二三三"),
    ],
)
async def test_what_a_kill_leaves_is_done_after_the_restart(tmp_path: Path, die: str, n_made: int, came: str):
    path = tmp_path / "state.sqlite3"
    first, platform = State(path), Platform(die=die)
    outbox = an_outbox(first)
    outbox.take("7", "words")
    with pytest.raises(Killed):
        await platform.deliver(outbox)
    first.close()

    again = an_outbox(a_state(path))
    assert not again.take("7", "words"), "the platform may well bring it again"
    assert [(each.id, each.payload) for each in again.left_over()] == [("7", "words")]
    platform.die = ""
    await platform.deliver(again)
    assert (platform.n_made, "".join(platform.came)) == (n_made, came)
    assert again.left_over() == []


async def test_a_kill_right_after_all_has_left_sends_nothing_again(tmp_path: Path):
    """Before the message is noted as done."""
    path = tmp_path / "state.sqlite3"
    first, platform = State(path), Platform()
    first.take("telegram", "7", "words", at=1.0)
    first.ready("telegram", "7", PARTS)
    for part in PARTS:
        first.sent("telegram", "7", f"name of {part}")
    first.close()
    again = an_outbox(a_state(path))
    assert await platform.deliver(again) == ("name of 一", "name of 二", "name of 三")
    assert (platform.n_made, platform.came, again.left_over()) == (0, [], [])


async def test_what_is_done_is_not_done_again():
    outbox, platform = an_outbox(), Platform()
    outbox.take("7", "words")
    await platform.deliver(outbox)
    assert await platform.deliver(outbox) == ()
    assert (platform.n_made, len(platform.came)) == (1, 3)


async def test_a_message_that_never_came_is_no_message():
    platform = Platform()
    assert await platform.deliver(an_outbox()) == ()
    assert platform.n_made == 0


async def test_a_message_brought_three_times_at_once_is_answered_once():
    outbox, platform = an_outbox(), Platform()

    async def brought() -> tuple[str, ...]:
        outbox.take("7", "words")
        return await platform.deliver(outbox)

    ends = await asyncio.gather(brought(), brought(), brought())
    assert sorted(ends) == [(), (), ("m1", "m2", "m3")]
    assert (platform.n_made, platform.came) == (1, [*PARTS])


async def test_messages_do_not_wait_for_each_other():
    outbox, slow, quick = an_outbox(), Platform(), Platform()
    held = asyncio.Event()

    async def make() -> Sequence[str]:
        await held.wait()
        return PARTS

    outbox.take("1", "words")
    outbox.take("2", "words")
    first = asyncio.create_task(outbox.deliver("1", make, slow.send))
    await quick.deliver(outbox, "2")
    assert (slow.came, quick.came) == ([], [*PARTS])
    held.set()
    await first
    assert slow.came == [*PARTS]


async def test_a_reply_of_nothing_is_done():
    outbox = an_outbox()
    outbox.take("7", "words")
    assert await Platform(()).deliver(outbox) == ()
    assert outbox.left_over() == []


async def test_what_failed_can_be_tried_again_at_once():
    outbox, platform = an_outbox(), Platform(die="before 二")
    outbox.take("7", "words")
    with pytest.raises(Killed):
        await platform.deliver(outbox)
    platform.die = ""
    assert await platform.deliver(outbox) == ("m1", "m2", "m3")


def refusing(state: State, *, refuses: bool = True) -> None:
    """Let the disk take nothing more, or take it again."""
    state._base.execute(f"PRAGMA query_only = {'ON' if refuses else 'OFF'}")


async def test_a_disk_that_refuses_makes_no_part_come_twice():
    state, platform = a_state(), Platform()
    outbox = an_outbox(state)
    outbox.take("7", "words")
    state.ready("telegram", "7", PARTS)
    refusing(state)
    for _ in range(3):
        with pytest.raises(StorageError):
            await platform.deliver(outbox)
    assert platform.came == [*PARTS], "all of it, and once"
    assert [each.id for each in outbox.left_over()] == ["7"]
    refusing(state, refuses=False)
    assert await platform.deliver(outbox) == ("m1", "m2", "m3")
    assert (platform.came, outbox.left_over(), outbox._unwritten) == ([*PARTS], [], {})


async def test_what_a_disk_refused_is_written_down_before_what_comes_after_it():
    state, platform = a_state(), Platform()
    outbox = an_outbox(state)
    outbox.take("7", "words")

    async def send(part: str) -> str:
        if part == "二":
            refusing(state)
        elif part == "三":
            refusing(state, refuses=False)
        return f"name of {part}"

    assert await outbox.deliver("7", platform.make, send) == ("name of 一", "name of 二", "name of 三")


async def test_a_delivery_that_is_cancelled_is_left_over():
    outbox, platform = an_outbox(), Platform()

    async def never(_: str) -> str:
        await asyncio.Event().wait()
        return ""

    outbox.take("7", "words")
    task = asyncio.create_task(outbox.deliver("7", platform.make, never))
    for _ in range(5):
        await asyncio.sleep(0)
    assert outbox.left_over() == [], "somebody is at work on it"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [each.id for each in outbox.left_over()] == ["7"]


def test_left_over_is_this_channel_s_oldest_first_and_old_enough():
    state = a_state()
    for channel, message_id, at in (("telegram", "b", 60.0), ("telegram", "a", 50.0), ("web", "c", 1.0)):
        state.take(channel, message_id, "", at=at)
    outbox = an_outbox(state, now=100.0)
    assert [each.id for each in outbox.left_over()] == ["a", "b"]
    assert [each.id for each in outbox.left_over(older_than=40.0)] == ["a", "b"]
    assert [each.id for each in outbox.left_over(older_than=41.0)] == ["a"]
    assert outbox.left_over(older_than=51.0) == []


def test_what_is_a_day_old_is_closed_and_named():
    state = a_state()
    for message_id, at in (("old", 99.0), ("young", 101.0)):
        state.take("telegram", message_id, "", at=at)
    state.take("web", "another channel's", "", at=1.0)
    outbox = an_outbox(state, now=100.0 + CLOSED_AFTER)
    assert outbox.close_old() == ["old"]
    assert [each.id for each in outbox.left_over()] == ["young"]
    assert outbox.close_old() == []
    assert not outbox.take("old", "words"), "it is still known"
    assert len(state.under_way("web")) == 1


async def test_what_somebody_is_at_work_on_is_not_closed_however_old():
    state, platform, held = a_state(), Platform(), asyncio.Event()
    outbox = an_outbox(state, now=1_000.0 + CLOSED_AFTER)
    state.take("telegram", "7", "words", at=1.0)

    async def make() -> Sequence[str]:
        await held.wait()
        return PARTS

    task = asyncio.create_task(outbox.deliver("7", make, platform.send))
    await asyncio.sleep(0)
    assert outbox.close_old() == []
    held.set()
    await task
    assert platform.came == [*PARTS]


@given(
    st.lists(st.sampled_from(["make", *(f"{when} {part}" for when in ("before", "after") for part in PARTS)]))
)
@settings(max_examples=30)
def test_however_often_it_dies_no_part_is_lost_or_out_of_order(deaths: list[str]):
    outbox, platform = an_outbox(), Platform()

    async def lived() -> None:
        for death in [*deaths, ""]:
            platform.die = death
            try:
                await platform.deliver(outbox)
            except Killed:
                continue

    outbox.take("7", "words")
    asyncio.run(lived())
    assert list(dict.fromkeys(platform.came)) == [*PARTS]
    assert platform.came == sorted(platform.came, key=PARTS.index), (
        "a part comes twice, but not after a later one"
    )
    assert len(platform.came) <= len(PARTS) + len(deaths)


PROCESS = """
import asyncio, os, sys
from pathlib import Path
from bot.outbox import Outbox
from bot.state import State

folder, n_messages = Path(sys.argv[1]), int(sys.argv[2])
outbox = Outbox(State(folder / "state.sqlite3"), "telegram", clock=lambda: 1.0)
log = os.open(folder / "platform", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

async def send(part):
    os.write(log, (part + "\\n").encode())
    return part

async def main():
    for number in range(n_messages):
        outbox.take(str(number), f"words {number}")
    print("up", flush=True)
    while left := outbox.left_over():
        async def one(message):
            async def make():
                return [f"{message.id} {part}" for part in range(3)]
            await outbox.deliver(message.id, make, send)
        await asyncio.gather(*map(one, left[:4]))

asyncio.run(main())
print("done", flush=True)
"""

N_MESSAGES = 60
MOST_KILLS = 25


def test_a_process_killed_again_and_again_loses_no_part(tmp_path: Path, root: Path):
    """kill -9 after a random number of parts, until it gets through."""
    chance, n_kills, ended = random.Random(7), 0, False
    platform = tmp_path / "platform"
    platform.touch()
    while not ended:
        command = [sys.executable, "-c", PROCESS, str(tmp_path), str(N_MESSAGES)]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            enough = len(platform.read_bytes().splitlines()) + chance.randint(0, 24)
            if n_kills < MOST_KILLS:
                while process.poll() is None and len(platform.read_bytes().splitlines()) < enough:
                    pass
                process.kill()
            ended = "done" in process.stdout.read()
        n_kills += process.returncode == -signal.SIGKILL
    came = Counter(platform.read_text().splitlines())
    assert n_kills > 3, "it was to be killed under way"
    assert set(came) == {f"{number} {part}" for number in range(N_MESSAGES) for part in range(3)}
    # Four were under way at once; of each, the part that was leaving may have left twice.
    assert came.total() - len(came) <= 4 * n_kills
    state = a_state(tmp_path / "state.sqlite3")
    assert state.under_way("telegram") == []
