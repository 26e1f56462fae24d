"""Who is let in."""

import time
from dataclasses import replace

import pytest
from stand_ins import ANYONE, SOMEONE

from bot.guard import Admission, Admitted, Allowed, Guard
from bot.inbound import Speaker
from bot.rates import Rates

IN_GROUP = Speaker("telegram", "-100", "5", group=True)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    told = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: told[0])
    return told


def a_guard(now: list[float], allowed: Allowed = ANYONE, *, per_minute: int = 2) -> Guard:
    return Guard(allowed, user_per_minute=per_minute, address_per_minute=3, rates=Rates(lambda: now[0]))


def allowed(*names: str) -> Allowed:
    rooms = {name for name in names if "-" in name}
    return Allowed(frozenset(names) - rooms, frozenset(rooms))


@pytest.mark.parametrize(
    ("names", "speaker", "may"),
    [
        ((), SOMEONE, True),
        ((), IN_GROUP, True),
        (("telegram:99",), SOMEONE, True),
        (("telegram:99",), replace(SOMEONE, user="9"), False),
        (("telegram:99",), replace(SOMEONE, channel="web"), True),  # the page's token is its guard
        (("telegram:99",), replace(SOMEONE, channel="wecom"), False),
        (("telegram:99",), replace(IN_GROUP, user="99"), True),
        (("telegram:99",), IN_GROUP, False),
        (("telegram:-100",), IN_GROUP, True),
        (("telegram:-100",), replace(IN_GROUP, user="anybody"), True),
        (("telegram:-100",), SOMEONE, False),
        (("telegram:-100",), replace(IN_GROUP, chat="-1001"), False),
        (("telegram:99", "telegram:-100"), IN_GROUP, True),
        (("telegram:99", "telegram:-100"), SOMEONE, True),
        (("telegram:1",), SOMEONE, False),
    ],
)
def test_who_may_write(names: tuple[str, ...], speaker: Speaker, may: bool, now: list[float]):  # noqa: FBT001 -- a case
    guard = a_guard(now, allowed(*names))
    assert guard.knows(speaker) is may
    assert guard.admit(speaker).admitted is (Admitted.YES if may else Admitted.FOREIGN)


def admitted(guard: Guard, n_times: int, speaker: Speaker = SOMEONE) -> list[Admitted]:
    return [guard.admit(speaker).admitted for _ in range(n_times)]


def test_one_who_writes_too_fast_is_told_once_a_minute(now: list[float]):
    guard = a_guard(now)
    assert admitted(guard, 5) == [
        *[Admitted.YES] * 2,
        Admitted.TOO_FAST,
        *[Admitted.STILL_TOO_FAST] * 2,
    ]
    now[0] += 61
    assert admitted(guard, 4) == [Admitted.YES, Admitted.YES, Admitted.TOO_FAST, Admitted.STILL_TOO_FAST]


def test_where_each_is_told_the_word_to_messages_is_not_used_up(now: list[float]):
    guard = a_guard(now)
    admitted(guard, 2)
    pressed = [guard.admit(SOMEONE, tells_each=True) for _ in range(3)]
    assert pressed == [Admission(Admitted.TOO_FAST, 60)] * 3
    assert admitted(guard, 2) == [Admitted.TOO_FAST, Admitted.STILL_TOO_FAST]


def test_the_seconds_told_are_whole_and_enough(now: list[float]):
    guard = a_guard(now)
    admitted(guard, 2)
    now[0] += 17.4
    told = guard.admit(SOMEONE)
    assert told == Admission(Admitted.TOO_FAST, 43)
    now[0] += told.seconds
    assert guard.admit(SOMEONE) == Admission(Admitted.YES)


def test_one_user_s_haste_is_no_other_s(now: list[float]):
    guard = a_guard(now)
    admitted(guard, 9)
    for other in (replace(SOMEONE, user="100"), replace(SOMEONE, channel="web")):
        assert admitted(guard, 1, other) == [Admitted.YES]


def test_a_user_counts_wherever_they_write(now: list[float]):
    guard = a_guard(now)
    admitted(guard, 2)
    assert admitted(guard, 1, replace(SOMEONE, chat="-100")) == [Admitted.TOO_FAST]


def test_a_foreigner_counts_for_nothing(now: list[float]):
    guard = a_guard(now, allowed("telegram:1"))
    assert admitted(guard, 9) == [Admitted.FOREIGN] * 9


def test_an_address_may_so_often_and_no_more(now: list[float]):
    guard = a_guard(now)
    assert [guard.admit_address("10.0.0.1") for _ in range(4)] == [0, 0, 0, 60]
    assert guard.admit_address("10.0.0.2") == 0
    now[0] += 60.5
    assert guard.admit_address("10.0.0.1") == 0
