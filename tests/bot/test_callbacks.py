"""Calls of the platforms: signed, of now, and each let in once; what the platform brings again passes."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.datastructures import QueryParams
from starlette.requests import Request

from bot.channels.callbacks import MAX_BODY_BYTES, WINDOW_SECONDS, CallError, Gate, Stamp, body_of
from bot.channels.sealing import sign

TOKEN = "QDG6eK"  # noqa: S105 -- made up
NOW = 1_409_659_813


class Clock:
    """Shows what it is set to."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def a_gate(clock: Callable[[], float] | None = None) -> Gate:
    return Gate(SecretStr(TOKEN), clock or Clock())


def a_stamp(timestamp: object = NOW, nonce: str = "n1", sealed: str = "", *, known: str = TOKEN) -> Stamp:
    """What the platform puts into the address of a call."""
    said = str(timestamp)
    return Stamp(said, nonce, sign(known, said, nonce), sign(known, said, nonce, sealed) if sealed else "")


def refusal(call: Callable[[], None]) -> tuple[int, str] | None:
    """How a call is turned away; None if it passes."""
    try:
        call()
    except CallError as problem:
        return problem.status, problem.why
    return None


@pytest.mark.parametrize("sealed", ["", "c2VhbGVk"])
def test_a_call_of_the_platform_s_passes(sealed: str):
    assert refusal(lambda: a_gate().check(a_stamp(sealed=sealed), sealed)) is None


@pytest.mark.parametrize(
    ("stamp", "sealed"),
    [
        (a_stamp(known="another"), ""),
        (a_stamp(known="another", sealed="x"), "x"),
        (Stamp(str(NOW), "n1", "", ""), ""),
        (Stamp(str(NOW), "n1", "", ""), "x"),
        (Stamp("", "", "", ""), ""),
        (Stamp(str(NOW), "n1", "é\ud800", ""), ""),
        (Stamp(str(NOW), "n2", a_stamp().signature, ""), ""),
        (Stamp(str(NOW + 1), "n1", a_stamp().signature, ""), ""),
        (Stamp(str(NOW), "n1", a_stamp().signature.upper(), ""), ""),
        (a_stamp(sealed="x"), "y"),
        # What is sealed is signed by itself: the other signature says nothing of it.
        (a_stamp(), "x"),
        (Stamp(str(NOW), "n1", "", a_stamp().signature), "x"),
        (Stamp(str(NOW), "n1", "", a_stamp().signature), ""),
    ],
)
def test_a_call_that_is_not_signed_is_turned_away(stamp: Stamp, sealed: str):
    assert refusal(lambda: a_gate().check(stamp, sealed)) == (403, "unsigned")


@pytest.mark.parametrize(
    ("off", "passes"),
    [
        (0, True),
        (299, True),
        (-299, True),
        (300, True),
        (-300, True),
        (301, False),
        (-301, False),
        (-NOW, False),
    ],
)
def test_a_call_is_of_now(off: int, *, passes: bool):
    stamp = a_stamp(NOW + off)
    assert refusal(lambda: a_gate().check(stamp)) == (None if passes else (403, "stale"))


@pytest.mark.parametrize(
    "timestamp",
    [
        *(
            "",
            " ",
            "now",
            f" {NOW}",
            f"{NOW}\n",
            f"-{NOW}",
            f"+{NOW}",
            f"{NOW}.0",
            "1e9",
            "1_409_659_813",
            "nan",
            "inf",
        ),
        *("１４０９６５９８１３", "²", "9" * 12, "9" * 5_000, "0x54", "\ud800"),
    ],
)
def test_a_time_that_is_none_is_turned_away_though_it_is_signed(timestamp: str):
    assert refusal(lambda: a_gate().check(a_stamp(timestamp))) == (403, "stale")


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_whatever_is_said_a_call_is_turned_away_and_nothing_else(
    timestamp: str, nonce: str, signature: str, msg_signature: str, sealed: str
):
    stamp = Stamp(timestamp, nonce, signature, msg_signature)
    assert refusal(lambda: a_gate().check(stamp, sealed)) == (403, "unsigned")
    refusal(lambda: a_gate().check(a_stamp(timestamp, nonce, sealed), sealed))


def test_a_call_is_let_in_once_and_a_message_as_often_as_it_is_brought():
    gate = a_gate()
    first, again = a_stamp(nonce="n1"), a_stamp(nonce="n2")
    assert refusal(lambda: gate.admit(first, "m1")) is None
    assert refusal(lambda: gate.admit(first, "m1")) == (403, "replayed")
    assert refusal(lambda: gate.admit(again, "m1")) is None, "the platform brings it again"
    assert refusal(lambda: gate.admit(first, "m2")) is None, "another message"
    assert refusal(lambda: gate.admit(again, "m1")) == (403, "replayed")


def test_a_call_that_was_only_looked_at_is_not_remembered():
    """A signature is checked before a body is opened; only what was opened is a call."""
    gate = a_gate()
    for _ in range(3):
        assert refusal(lambda: gate.check(a_stamp())) is None
    assert refusal(lambda: gate.admit(a_stamp(), "m1")) is None


@given(
    st.sampled_from([-WINDOW_SECONDS, WINDOW_SECONDS]) | st.integers(-WINDOW_SECONDS - 5, WINDOW_SECONDS + 5),
    st.lists(
        st.integers(0, WINDOW_SECONDS) | st.sampled_from([WINDOW_SECONDS, 2 * WINDOW_SECONDS]), max_size=6
    ),
)
def test_the_very_same_call_never_passes_twice_however_late(off: int, pauses: list[int]):
    """When it is no longer remembered, it is too old."""
    clock = Clock()
    gate, stamp, n_passed = a_gate(clock), a_stamp(NOW + off), 0
    for pause in [0, *pauses]:
        clock.now += pause
        passed = refusal(lambda: gate.check(stamp)) or refusal(lambda: gate.admit(stamp, "m1"))
        n_passed += passed is None
    assert n_passed == (abs(off) <= WINDOW_SECONDS or any_within(off, pauses))


def any_within(off: int, pauses: list[int]) -> bool:
    """Whether the time comes when a call is of now."""
    return any(abs(sum(pauses[:n]) - off) <= WINDOW_SECONDS for n in range(len(pauses) + 1))


@given(st.lists(st.integers(0, 400), min_size=1, max_size=100))
def test_calls_are_remembered_no_longer_than_they_could_come_again(pauses: list[int]):
    clock = Clock()
    gate, came = a_gate(clock), []
    for number, pause in enumerate(pauses):
        clock.now += pause
        came.append(clock.now)
        gate.admit(a_stamp(nonce=str(number)), "m1")
        recent = [at for at in came if clock.now - at <= 2 * WINDOW_SECONDS]
        assert len(gate._seen) == len(recent)


def test_the_token_is_not_told():
    gate = a_gate()
    assert TOKEN not in repr(gate)
    with pytest.raises(CallError) as caught:
        gate.check(a_stamp(known="another"))
    assert str(caught.value) == "unsigned"


@pytest.mark.parametrize(
    ("query", "stamp"),
    [
        ("", Stamp("", "", "", "")),
        ("timestamp=1&nonce=2&signature=3&msg_signature=4", Stamp("1", "2", "3", "4")),
        ("signature=3&x=5", Stamp("", "", "3", "")),
        ("timestamp=&nonce=%E4%BA%BF+%2B", Stamp("", "亿 +", "", "")),
    ],
)
def test_a_stamp_is_read_from_an_address(query: str, stamp: Stamp):
    assert Stamp.of(QueryParams(query)) == stamp


def a_request(*chunks: bytes) -> tuple[Request, list[bytes]]:
    """A call whose body comes in pieces, and those that were not taken yet."""
    left = list(chunks)

    async def receive() -> dict[str, object]:
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    return Request({"type": "http", "method": "POST", "headers": []}, receive), left


@pytest.mark.parametrize(
    "chunks",
    [
        (b"",),
        (b"<xml/>",),
        (b"<x", b"", b"ml/>"),
        (b"a" * MAX_BODY_BYTES,),
        (b"a" * (MAX_BODY_BYTES - 1), b"a"),
    ],
)
async def test_a_body_is_put_together(chunks: tuple[bytes, ...]):
    request, _ = a_request(*chunks)
    assert await body_of(request) == b"".join(chunks)


@pytest.mark.parametrize("chunks", [(b"a" * (MAX_BODY_BYTES + 1),), (b"a" * MAX_BODY_BYTES, b"a")])
async def test_a_body_that_is_too_large_is_not_read_to_its_end(chunks: tuple[bytes, ...]):
    request, left = a_request(*chunks, *[b"a" * 1_000] * 1_000)
    with pytest.raises(CallError, match="too_large") as caught:
        await body_of(request)
    assert (caught.value.status, len(left)) == (413, 1_000)
