"""The calls that brought messages lately: their number, who waits, which got the answer."""

import pytest

from bot.channels.wechat import calls
from bot.channels.wechat.calls import Calls
from bot.channels.wechat.messages import Came


def came(key: str = "1", created: int = 1_000) -> Came:
    return Came(key, "openid-1", "gh_1", created, "科创投累计投资多少")


def test_calls_are_counted_a_message():
    known = Calls()
    counts = [known.count(came(key), 1_000, 1_000) for key in ("1", "1", "2", "1")]
    assert counts == [1, 2, 1, 3]


@pytest.mark.parametrize(
    ("first", "now", "expected"), [(1_000, 1_003, 1), (1_000, 1_005, 2), (1_000, 1_010, 3)]
)
def test_those_that_came_while_we_were_away_count_by_their_time(first: float, now: float, expected: int):
    assert Calls().count(came(), first, now) == expected


def test_those_that_came_before_we_were_there_count_by_the_message_s_own_time():
    assert Calls().count(came(created=990), 1_000, 1_000) == 3


def test_a_clock_of_theirs_that_is_ahead_makes_no_call_a_later_one():
    assert Calls().count(came(created=1_200), 1_000, 1_000) == 1


def test_a_call_is_under_way_until_the_last_one_ends():
    known = Calls()
    with known.under_way(came()):
        with known.under_way(came()):
            pass
        assert known.is_under_way("1")
        assert not known.is_under_way("2")
    assert not known.is_under_way("1")


def test_no_more_is_remembered_than_may_be(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calls, "_KNOWN", 3)
    known = Calls()
    for number in range(5):
        known.count(came(str(number)), 1_000, 1_000)
        known.answer(came(str(number)))
    assert [known.is_answered(str(number)) for number in range(5)] == [False, False, True, True, True]
    assert known.count(came("1"), 1_000, 1_000) == 1
    assert known.count(came("4"), 1_000, 1_000) == 2
    assert len(known._n) == 3
