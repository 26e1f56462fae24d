"""How often something may happen, without waiting for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rates import Rates


@pytest.fixture
def now() -> list[float]:
    return [1_000_000.0]


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


def test_names_that_are_idle_are_forgotten(rates: Rates, now: list[float]):
    for number in range(10_000):
        taken(rates, 1, f"visitor {number}")
        now[0] += 1
    assert rates.n_names < 100, "a minute of them, and those that wait to be looked at"


def test_a_crowd_that_left_is_forgotten_as_others_come(rates: Rates, now: list[float]):
    for number in range(1_000):
        taken(rates, 1, f"visitor {number}")
    assert rates.n_names == 1_000
    now[0] += 61
    taken(rates, 1_100, "one who stayed")
    assert rates.n_names == 1


class Counted(dict[str, object]):
    """Names, and how often one was looked at."""

    n_looks = 0

    def __getitem__(self, name: str) -> object:
        self.n_looks += 1
        return super().__getitem__(name)

    def __iter__(self):
        for name in super().__iter__():
            self.n_looks += 1
            yield name


def test_a_call_looks_at_a_few_names_however_many_there_are(rates: Rates):
    for number in range(5_000):
        taken(rates, 1, f"visitor {number}")
    rates._windows = names = Counted(rates._windows)  # type: ignore[assignment]
    names.n_looks = 0
    taken(rates, 1, "one more")
    assert 0 < names.n_looks < 10


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 40)), max_size=60))
def test_never_more_than_so_many_in_any_window_and_never_fewer_than_may(calls: list[tuple[str, float]]):
    now, happened = [0.0], {"a": [], "b": [], "c": []}
    rates = Rates(lambda: now[0])
    for name, later in calls:
        now[0] += later
        lately = [at for at in happened[name] if at >= now[0] - 60]
        wait = rates.take(name, most=3, seconds=60)
        assert (wait == 0) == (len(lately) < 3)
        if not wait:
            happened[name].append(now[0])
