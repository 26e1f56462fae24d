"""What outlives a restart, and what is forgotten."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_ins import SOMEONE, a_state

from bot import state as state_module
from bot.inbound import Speaker
from bot.kept import Feedback, Record
from bot.state import DEDUPE_DAYS, State
from knowledge.errors import IndexStateError, StorageError, WenshuError

DAY = 86_400.0
OTHERS = (
    replace(SOMEONE, channel="web"),
    replace(SOMEONE, chat="2"),
    replace(SOMEONE, user="100"),
)
"""Each differs from SOMEONE in one thing."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "state.sqlite3"


def a_record(question: str = "科创投累计投资多少", speaker: Speaker = SOMEONE) -> Record:
    return Record(
        speaker, question, f"{question}？", "ask", "answered", "{}", "[]", '{"seed": "00"}', "0+test"
    )


def told(said: str, member: str = SOMEONE.member, *, useful: bool = False) -> Feedback:
    return Feedback(5.0, member, "问", "答", useful, said)


# -- messages under way


def test_a_message_is_taken_once():
    state = a_state()
    assert state.take("telegram", "7", "first", at=1.0)
    assert not state.take("telegram", "7", "second", at=2.0)
    assert [(each.payload, each.at) for each in state.under_way("telegram")] == [("first", 1.0)]


def test_the_same_id_on_another_channel_is_another_message():
    state = a_state()
    assert state.take("telegram", "7", "a", at=1.0)
    assert state.take("web", "7", "b", at=1.0)
    state.done("telegram", "7")
    assert [each.payload for each in state.under_way("web")] == ["b"]


def test_of_many_threads_that_take_one_message_one_gets_it(path: Path):
    state, together = a_state(path), Barrier(16)

    def take(message_id: str) -> bool:
        together.wait()
        return state.take("telegram", message_id, "words", at=1.0)

    with ThreadPoolExecutor(16) as pool:
        for message_id in ("a", "b", "c"):
            assert sorted(pool.map(take, [message_id] * 16)) == [False] * 15 + [True]


def test_of_two_that_have_the_file_open_one_takes_a_message(path: Path):
    one, other = a_state(path), a_state(path)
    assert one.take("telegram", "7", "words", at=1.0)
    assert not other.take("telegram", "7", "words", at=1.0)


def test_under_way_is_oldest_first_and_without_what_is_done():
    state = a_state()
    for message_id, at in (("c", 3.0), ("a", 1.0), ("d", 4.0), ("b", 2.0)):
        state.take("telegram", message_id, "", at=at)
    state.done("telegram", "b")
    assert [each.id for each in state.under_way("telegram")] == ["a", "c", "d"]
    assert state.message("telegram", "b") is None
    assert state.message("telegram", "never came") is None


@given(
    st.lists(st.text(max_size=30), max_size=5),
    st.text(max_size=30),
    st.lists(st.text(min_size=1, max_size=9), max_size=5),
)
def test_parts_and_names_come_back_as_they_were(parts: list[str], payload: str, names: list[str]):
    state = State(Path(":memory:"))
    state.take("telegram", "7", payload, at=1.0)
    state.ready("telegram", "7", parts)
    for name in names:
        state.sent("telegram", "7", name)
    found = state.message("telegram", "7")
    assert found is not None
    assert (found.payload, found.parts, found.n_sent) == (payload, tuple(parts), len(names))
    assert state.sent_as("telegram", "7") == tuple(names)
    state.close()


def test_what_a_done_message_was_sent_as_is_still_known():
    state = a_state()
    state.take("telegram", "7", "", at=1.0)
    state.ready("telegram", "7", ["a"])
    state.sent("telegram", "7", "41")
    state.done("telegram", "7")
    assert state.sent_as("telegram", "7") == ("41",)
    assert state.sent_as("telegram", "8") == ()


# -- a restart


def test_a_file_opened_again_knows_what_it_knew(path: Path):
    first = State(path)
    first.take("telegram", "done", "old words", at=1.0)
    first.done("telegram", "done")
    first.take("telegram", "half", "new words", at=2.0)
    first.ready("telegram", "half", ["one", "two"])
    first.sent("telegram", "half", "41")
    number = first.record(a_record(), at=3.0)
    first.judge(first.answer(number), told("是23.62亿元"))
    first.note(SOMEONE, "page", "1500 seed", at=4.0)
    first.close()

    again = a_state(path)
    assert not again.take("telegram", "done", "old words", at=9.0)
    half = again.message("telegram", "half")
    assert half is not None
    assert (half.payload, half.parts, half.n_sent, half.at) == ("new words", ("one", "two"), 1, 2.0)
    assert again.answer(number) == replace(a_record(), id=number, at=3.0)
    assert again.feedback() == [replace(told("是23.62亿元"), id=1)]
    assert again.noted(SOMEONE, "page", since=0.0) == "1500 seed"


def test_a_number_once_given_is_given_to_no_other_answer(path: Path):
    first = State(path)
    number = first.record(a_record(), at=1.0)
    first.sweep(now=1_000 * DAY, answers_seconds=DAY)
    first.close()
    assert a_state(path).record(a_record(), at=2.0) > number, "a button below the old answer must stay stale"


OPENER = """
import sys
from pathlib import Path
from bot.state import State
state = State(Path(sys.argv[1]))
print(state.take("telegram", "7", "", at=1.0))
state.close()
"""


def test_processes_that_make_the_file_at_once_agree(tmp_path: Path, root: Path):
    for attempt in range(3):
        path = tmp_path / f"{attempt}.sqlite3"
        command = [sys.executable, "-c", OPENER, str(path)]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        running = [
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
            )
            for _ in range(3)
        ]
        ended = [each.communicate() for each in running]
        assert sorted(out for out, _ in ended) == ["False\n", "False\n", "True\n"], ended


def test_threads_that_make_the_file_at_once_agree(tmp_path: Path):
    together = Barrier(8)

    def opened(path: Path) -> int:
        together.wait()
        state = State(path)
        took = state.take("telegram", "7", "", at=1.0)
        state.close()
        return took

    with ThreadPoolExecutor(8) as pool:
        for attempt in range(10):
            path = tmp_path / f"{attempt}.sqlite3"
            assert sum(pool.map(opened, [path] * 8)) == 1


# -- a file that can't be used


def _no_database(path: Path) -> None:
    path.write_bytes(b"no database " * 1_000)


def _torn(path: Path) -> None:
    made = State(path)
    for number in range(200):
        made.take("telegram", str(number), "words " * 50, at=1.0)
    made.close()
    content = bytearray(path.read_bytes())
    content[4_096:] = b"\xff" * len(content[4_096:])
    path.write_bytes(content)


def _of_tomorrow(path: Path) -> None:
    State(path).close()
    with sqlite3.connect(path) as base:
        base.execute(f"PRAGMA user_version = {state_module.VERSION + 1}")
    base.close()


@pytest.mark.parametrize("damage", [_no_database, _of_tomorrow])
def test_a_file_that_is_no_good_is_let_go_of(
    path: Path, damage: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
):
    path.parent.mkdir()
    damage(path)
    opened, connect = [], sqlite3.connect

    def kept(*args: Any, **fields: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **fields))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", kept)
    with pytest.raises(IndexStateError):
        State(path)
    (base,) = opened
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        base.execute("SELECT 1")


@pytest.mark.parametrize("damage", [_no_database, _torn, _of_tomorrow])
def test_a_file_that_is_no_good_is_named_and_left_alone(path: Path, damage: Callable[[Path], None]):
    path.parent.mkdir()
    damage(path)
    before = path.read_bytes()
    with pytest.raises(IndexStateError, match="move it away") as caught:
        State(path).check()
    assert (caught.value.item, caught.value.code) == (str(path), "state")
    assert path.read_bytes() == before
    path.rename(path.parent / "moved away")
    a_state(path).check()


def test_a_folder_that_is_a_file_is_our_error(tmp_path: Path):
    (tmp_path / "home").write_text("")
    with pytest.raises(StorageError) as caught:
        State(tmp_path / "home" / "state.sqlite3")
    assert caught.value.code == "storage"


Write = Callable[[State], object]
WRITES: tuple[Write, ...] = (
    lambda state: state.take("telegram", "new", "words" * 1_000, at=1.0),
    lambda state: state.ready("telegram", "7", ["words" * 1_000]),
    lambda state: state.record(a_record("多少" * 2_000), at=1.0),
    lambda state: state.judge(None, told("words" * 1_000)),
    lambda state: state.note(SOMEONE, "page", "words" * 1_000, at=1.0),
)


@pytest.mark.parametrize("write", WRITES)
def test_a_full_disk_is_our_error_and_loses_nothing(path: Path, write: Write):
    state = a_state(path)
    state.take("telegram", "7", "words", at=1.0)
    n_pages = state._base.execute("PRAGMA page_count").fetchone()[0]
    state._base.execute(f"PRAGMA max_page_count = {n_pages}")
    with pytest.raises(StorageError) as caught:
        write(state)
    assert caught.value.item == str(path)
    state._base.execute("PRAGMA max_page_count = 1000000")
    assert [each.payload for each in state.under_way("telegram")] == ["words"]
    write(state)


@pytest.mark.parametrize("write", WRITES)
def test_a_disk_that_may_not_be_written_is_our_error(path: Path, write: Write):
    state = a_state(path)
    state._base.execute("PRAGMA query_only = ON")
    with pytest.raises(StorageError) as caught:
        write(state)
    assert (caught.value.item, caught.value.code) == (str(path), "storage")
    state.check()


def test_a_closed_state_is_our_error():
    state = State(Path(":memory:"))
    state.close()
    with pytest.raises(WenshuError):
        state.check()


# -- answers


def test_answers_to_one_are_not_told_another():
    state = a_state()
    state.record(a_record(), at=1.0)
    assert [other for other in OTHERS if state.answers_to(other, since=0.0, most=9)] == []


def test_answers_are_newest_first_no_more_than_asked_and_not_older():
    state = a_state()
    numbers = [state.record(a_record(str(at)), at=float(at)) for at in range(1, 6)]
    assert [each.id for each in state.answers_to(SOMEONE, since=0.0, most=2)] == [numbers[4], numbers[3]]
    assert [each.at for each in state.answers_to(SOMEONE, since=4.0, most=9)] == [5.0, 4.0]


def test_all_answers_come_by_however_many():
    state = a_state()
    for at in range(1_203):
        state.record(a_record(), at=float(at))
    assert [each.at for each in state.answers(since=2.0)] == [float(at) for at in range(2, 1_203)]


def test_no_answer_has_number_nought():
    assert a_state().answer(0) is None


# -- what is said of them


def test_a_second_word_on_an_answer_takes_the_place_of_the_first():
    state = a_state()
    record = state.answer(state.record(a_record(), at=1.0))
    state.judge(record, told("", useful=True))
    state.judge(record, told("是23.62亿元"))
    state.judge(record, told("", member="telegram:other", useful=True))
    assert [(each.member, each.useful, each.said) for each in state.feedback()] == [
        (SOMEONE.member, False, "是23.62亿元"),
        ("telegram:other", True, ""),
    ]


def test_words_on_no_answer_are_all_kept():
    state = a_state()
    for said in ("一", "二"):
        state.judge(None, told(said))
    assert [each.said for each in state.feedback()] == ["一", "二"]


# -- notes


def test_a_note_is_one_speaker_s_and_one_name_s():
    state = a_state()
    state.note(SOMEONE, "page", "1", at=1.0)
    state.note(SOMEONE, "page", "2", at=2.0)
    assert state.noted(SOMEONE, "page", since=2.0) == "2"
    assert state.noted(SOMEONE, "page", since=2.1) == ""
    assert state.noted(SOMEONE, "upload", since=0.0) == ""
    assert [state.noted(other, "page", since=0.0) for other in OTHERS] == [""] * 3


# -- what is kept no longer


def test_a_sweep_takes_what_is_old_and_done_and_nothing_else():
    state, now = a_state(), 100 * DAY
    old, kept = now - DEDUPE_DAYS * DAY - 1, now - DEDUPE_DAYS * DAY
    for message_id, at in (("old done", old), ("done", kept), ("old open", old)):
        state.take("telegram", message_id, "words", at=at)
    state.done("telegram", "old done")
    state.done("telegram", "done")
    gone, stays = (state.record(a_record(), at=at) for at in (now - 30 * DAY - 1, now - 30 * DAY))
    state.judge(state.answer(gone), replace(told("是23.62亿元"), at=now - 30 * DAY))
    state.judge(state.answer(stays), replace(told("秘密"), at=now - 30 * DAY - 1))
    state.note(SOMEONE, "old", "1", at=now - 30 * DAY - 1)
    state.note(SOMEONE, "new", "2", at=now - 30 * DAY)

    state.sweep(now=now, answers_seconds=30 * DAY)

    assert [each.id for each in state.under_way("telegram")] == ["old open"], "unanswered is never too old"
    assert not state.take("telegram", "done", "", at=now)
    assert state.take("telegram", "old done", "", at=now)
    assert state.answer(gone) is None
    assert state.answer(stays) is not None
    assert [each.said for each in state.feedback()] == ["是23.62亿元"], (
        "what was said is kept as long, not as its answer is"
    )
    assert [state.noted(SOMEONE, name, since=0.0) for name in ("old", "new")] == ["", "2"]


# -- words that are to be forgotten


def raw(path: Path) -> bytes:
    """Every byte that the database has on the disk."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def is_there(words: str, path: Path) -> bool:
    return words.encode() in raw(path)


def filled(state: State, ids: Iterable[int]) -> None:
    for number in ids:
        state.take("telegram", str(number), f"秘密的问题{number:03}" + "占位" * 100, at=1.0)
        state.ready("telegram", str(number), [f"秘密的回答{number:03}" + "占位" * 100])
        state.done("telegram", str(number))


def test_the_words_of_a_message_that_is_done_are_gone_from_the_disk(path: Path):
    state = State(path)
    state.take("telegram", "open", "还没有答的问题", at=1.0)
    filled(state, range(40))
    assert not [
        each for each in state._rows("SELECT payload, parts FROM messages WHERE done = 1") if any(each)
    ]
    state.close()
    assert is_there("还没有答的问题", path), "the look into the file must see what is there"
    assert not is_there("秘密的问题", path)
    assert not is_there("秘密的回答", path)


def test_a_sweep_wipes_the_words_of_a_message_that_is_done_while_the_file_is_open(path: Path):
    state = a_state(path)
    filled(state, range(40))
    assert is_there("秘密的", path), "the log has them until the next sweep"
    state.sweep(now=2.0, answers_seconds=DAY)
    assert not is_there("秘密的", path)
    assert not state.take("telegram", "7", "", at=3.0)


def test_deleted_words_are_overwritten_whatever_the_build(path: Path):
    assert a_state(path)._rows("PRAGMA secure_delete") == [(1,)]


def test_a_sweep_leaves_no_word_of_an_answer_on_the_disk(path: Path):
    state = State(path)
    for number in range(40):
        state.record(a_record(f"秘密的问题{number:03}" + "占位" * 300), at=1.0)
    state.record(a_record("还要留着的问题"), at=100 * DAY)
    state.note(SOMEONE, "page", "秘密的便条", at=1.0)
    state.judge(None, replace(told("秘密的意见"), at=1.0))
    state.sweep(now=100 * DAY, answers_seconds=DAY)
    assert not is_there("秘密的", path), "while it is still open: a server runs for months"
    assert is_there("还要留着的问题", path)
    state.close()
    assert not is_there("秘密的", path)


# -- how much a chat still takes


def test_slots_are_used_of_the_window_that_ends_first(path: Path):
    with closing(State(path)) as state:
        state.open_window("wechat", "u", "message", until=1_000.0, slots=5)
        state.open_window("wechat", "u", "action", until=60.0, slots=3)
        assert state.slots("wechat", "u", at=0.0) == 8
        for _ in range(2):
            state.use_slot("wechat", "u", at=0.0)
        assert (state.slots("wechat", "u", at=0.0), state.slots("wechat", "u", at=61.0)) == (6, 5)
        state.use_slot("wechat", "u", at=61.0)
        assert state.slots("wechat", "u", at=61.0) == 4
        assert state.slots("wechat", "other", at=0.0) == 0


def test_a_window_is_opened_anew_closed_and_outlives_a_restart(path: Path):
    with closing(State(path)) as state:
        state.open_window("wechat", "u", "message", until=100.0, slots=5)
        for _ in range(7):
            state.use_slot("wechat", "u", at=0.0)
        assert state.slots("wechat", "u", at=0.0) == 0
        state.open_window("wechat", "u", "message", until=200.0, slots=5)
    with closing(State(path)) as state:
        assert state.slots("wechat", "u", at=150.0) == 5
        for chat in ("u", "other"):
            state.open_window("wechat", chat, "action", until=200.0, slots=3)
        state.close_windows("wechat", "u")
        assert [state.slots("wechat", chat, at=150.0) for chat in ("u", "other")] == [0, 3]


def test_windows_that_have_ended_are_swept(path: Path):
    with closing(State(path)) as state:
        state.open_window("wechat", "u", "message", until=100.0, slots=5)
        state.sweep(now=101.0, answers_seconds=1.0)
        assert state._base.execute("SELECT count(*) FROM windows").fetchone() == (0,)


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_an_earlier_version_is_taken_over(path: Path, version: int):
    with closing(State(path)) as state:
        state.take("telegram", "1", "payload", at=1.0)
    with closing(sqlite3.connect(path)) as base:
        base.execute("DROP TABLE windows")
        if version == 1:
            base.execute("DROP TABLE spending")
        base.execute(f"PRAGMA user_version = {version}")
        base.commit()
    with closing(State(path)) as state:
        state.open_window("wechat", "u", "message", until=100.0, slots=5)
        assert not state.take("telegram", "1", "payload", at=1.0)
        assert state.slots("wechat", "u", at=0.0) == 5
