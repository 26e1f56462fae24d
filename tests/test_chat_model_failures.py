"""The model on its way through failures: tries, the deadline, the circuit."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from time import monotonic

import pybreaker
import pytest
from model_calls import (
    ASKED,
    LONG,
    NAME,
    SHORT,
    TEXT,
    behind,
    characters,
    failure,
    heard,
    refused_url,
    wrapped,
)
from model_server import Cuts, ModelServer, Refuses, Says, Stalls, serving
from scripted import Fails, ScriptedModel, StatusError
from scripted import Stalls as StallsInside

from knowledge.chat_model import ChatModel, Limits, Piece, _timed


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving(Says(TEXT)) as running:
        yield running


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets the breaker's clock go on."""
    shift = timedelta()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + shift

    def go_on(seconds: float) -> None:
        nonlocal shift
        shift += timedelta(seconds=seconds)

    monkeypatch.setattr(pybreaker, "datetime", Clock)
    return go_on


# -- tries


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_passes_is_tried_again_until_something_comes(status: int) -> None:
    slept: list[float] = []
    with serving(Refuses(status), Refuses(status), Says(TEXT)) as server:
        said, _ = behind(server.url, slept=slept).text(ASKED)
        assert said == TEXT
        assert len(server.bodies) == 3
    assert len(slept) == 2
    assert 0 < slept[0] <= slept[1]


@pytest.mark.parametrize("status", [429, 503])
def test_three_tries_and_no_more(status: int) -> None:
    with serving(Refuses(status)) as server:
        assert heard(behind(server.url))[0] == []
        assert len(server.bodies) == 3


@pytest.mark.parametrize("status", [400, 401, 404])
def test_what_does_not_pass_is_not_tried_again(status: int) -> None:
    slept: list[float] = []
    with serving(Refuses(status), Says(TEXT)) as server:
        failure(behind(server.url, slept=slept))
        assert len(server.bodies) == 1
    assert not slept


def test_a_refused_connection_is_tried_again() -> None:
    slept: list[float] = []
    failure(behind(refused_url(), slept=slept))
    assert len(slept) == 2


def test_no_try_after_the_first_piece() -> None:
    slept: list[float] = []
    broken = ScriptedModel(Fails(StatusError(503), after="科创投累"), TEXT)
    came, problem = heard(wrapped(broken, slept=slept))
    assert [piece.said for piece in came] == ["科创投累"]
    assert problem is not None
    assert len(broken.seen) == 1
    assert not slept


def test_half_a_reply_fails_after_its_pieces() -> None:
    with serving(Cuts(TEXT[:8]), Says(TEXT)) as server:
        came, problem = heard(behind(server.url))
        assert len(server.bodies) == 1
    assert came[-1] == Piece(TEXT[:8])
    assert problem is not None
    assert problem.code == "model_unreachable"


# -- the deadline


@pytest.mark.parametrize("before", ["", "科创投累"])
def test_the_deadline_ends_a_stall(before: str) -> None:
    stall = Stalls(before)
    with serving(stall) as server:
        model = behind(server.url, seconds=SHORT)
        problem = failure(model)
        assert not stall.released.is_set()
        assert len(server.bodies) == 1
    assert problem.code == "model_slow"


def test_the_deadline_ends_a_stall_inside_the_client() -> None:
    released = threading.Event()
    try:
        problem = failure(wrapped(ScriptedModel(StallsInside(released)), seconds=SHORT))
        assert problem.code == "model_slow"
        assert not released.is_set()
    finally:
        released.set()


def test_the_deadline_holds_for_all_tries_together() -> None:
    released = threading.Event()
    broken = ScriptedModel(Fails(StatusError(503)))
    limits = Limits(seconds=SHORT)
    model = ChatModel(
        NAME, broken, limits=limits, count=characters, pause=lambda _: (released.wait(), None)[1]
    )
    try:
        assert failure(model).code == "model_slow"
        assert len(broken.seen) == 1
    finally:
        released.set()


def test_who_stops_listening_stops_the_reading() -> None:
    ended = threading.Event()
    more = threading.Event()

    def endless() -> Iterator[str]:
        try:
            yield "一"
            while True:
                more.wait(LONG)
                yield "又一"
        finally:
            ended.set()

    pieces = _timed(endless, monotonic() + LONG)
    assert next(pieces) == "一"
    pieces.close()  # type: ignore[attr-defined]
    more.set()
    assert ended.wait(LONG)


def test_a_stalled_call_lets_the_interpreter_exit(root: Path) -> None:
    program = f"""
import sys, threading
sys.path[:0] = [{str(root)!r}, {str(root / "tests" / "support")!r}]
from langchain_core.messages import HumanMessage
from scripted import ScriptedModel, Stalls
from knowledge.chat_model import ChatModel, Limits
from knowledge.errors import BackendError
model = ChatModel("x:y", ScriptedModel(Stalls(threading.Event())), limits=Limits(seconds=0.2), count=len)
try:
    model.text([HumanMessage("问")])
except BackendError as problem:
    print(problem.code)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=LONG, check=True
    )
    assert ran.stdout.split() == ["model_slow"]


# -- the circuit


def test_the_circuit_opens_after_three_failures_in_a_row() -> None:
    with serving(Refuses(401)) as server:
        model = behind(server.url)
        assert [failure(model).code for _ in range(3)] == ["model_key"] * 3
        assert model.is_resting
        assert failure(model).code == "model_resting"
        assert len(server.bodies) == 3


def test_a_good_call_between_failures_keeps_it_closed() -> None:
    bad, good = Refuses(401), Says(TEXT)
    with serving(bad, bad, good, bad, bad, good) as server:
        model = behind(server.url)
        for is_good in (False, False, True, False, False, True):
            assert (heard(model)[1] is None) is is_good
        assert not model.is_resting
        assert len(server.bodies) == 6


def test_it_closes_after_a_rest_and_a_good_call(later: Callable[[float], None]) -> None:
    with serving(Refuses(401)) as server:
        model = behind(server.url)
        for _ in range(3):
            failure(model)
        server.play(Says(TEXT))
        later(59)
        assert failure(model).code == "model_resting"
        later(2)
        assert model.text(ASKED)[0] == TEXT
        assert not model.is_resting
        server.play(Refuses(401))
        assert [failure(model).code for _ in range(2)] == ["model_key"] * 2
        assert not model.is_resting


def test_a_failed_call_after_a_rest_opens_it_again(later: Callable[[float], None]) -> None:
    with serving(Refuses(401)) as server:
        model = behind(server.url)
        for _ in range(3):
            failure(model)
        later(61)
        assert failure(model).code == "model_key"
        assert failure(model).code == "model_resting"
        assert len(server.bodies) == 4


def test_who_stops_listening_is_no_failure_of_the_model(server: ModelServer) -> None:
    model = behind(server.url)
    for _ in range(4):
        pieces = model.stream(ASKED)
        next(pieces)
        pieces.close()  # type: ignore[attr-defined]
    assert not model.is_resting
    assert model.text(ASKED)[0] == TEXT
