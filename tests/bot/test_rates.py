"""How often something may happen, without waiting for it."""

import time
from collections.abc import Callable

import pytest

from bot.rates import Rates

Pass = Callable[[float], None]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, for us and for the library that counts."""
    told = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: told[0])
    return told


@pytest.fixture
def rates(now: list[float]) -> Rates:
    return Rates(lambda: now[0])


def taken(rates: Rates, n_times: int, name: str = "a", most: int = 3) -> list[bool]:
    return [rates.take(name, most=most, seconds=60) == 0 for _ in range(n_times)]


def test_so_many_may_and_no_more(rates: Rates):
    assert taken(rates, 5) == [True, True, True, False, False]


def test_one_name_does_not_count_for_another(rates: Rates):
    taken(rates, 5)
    assert taken(rates, 5, "b") == [True, True, True, False, False]


def test_the_window_moves(rates: Rates, now: list[float]):
    for _ in range(3):
        assert taken(rates, 1) == [True]
        now[0] += 20
    now[0] -= 1
    assert taken(rates, 1) == [False]
    now[0] += 2
    assert taken(rates, 2) == [True, False], "the first is out of the window, the others are not"


def test_the_wait_is_until_the_oldest_leaves_the_window(rates: Rates, now: list[float]):
    taken(rates, 1)
    now[0] += 10
    taken(rates, 2)
    now[0] += 5
    assert rates.take("a", most=3, seconds=60) == pytest.approx(45)


def test_to_wait_as_told_is_enough(rates: Rates, now: list[float]):
    taken(rates, 3)
    now[0] += rates.take("a", most=3, seconds=60) + 0.001
    assert taken(rates, 1) == [True]


def test_the_wait_is_never_nought(rates: Rates, now: list[float]):
    taken(rates, 3)
    now[0] += 60.0
    assert rates.take("a", most=3, seconds=60) > 0


def test_what_was_refused_does_not_count(rates: Rates, now: list[float]):
    taken(rates, 50)
    now[0] += 60.5
    assert taken(rates, 4) == [True, True, True, False]
