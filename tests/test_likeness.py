import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.likeness import likeness, margins, touching
from knowledge.schema import Span


@pytest.mark.parametrize(
    ("run", "governed", "share"),
    [
        ("累计投资", "累计投资", 1),
        ("累计投资", "累计投资金额", 1),
        ("累计投资金额", "累计投资", 7 / 11),
        ("投资", "资投", 2 / 3),
        ("投资", "放款", 0),
        ("“科创投”　累计", "科创投累计", 1),
        ("GDP", "gdp", 0),
        ("GDP", "GDP总量", 1),
        ("", "累计投资", 0),
        ("，　。", "累计投资", 0),
        ("累计投资", "", 0),
    ],
)
def test_the_share_of_characters_and_pairs_that_another_run_has(run, governed, share):
    assert likeness(run, governed) == pytest.approx(share)


def test_the_item_that_is_spoken_of_is_most_alike():
    claimed = "科创贷累计投资"
    assert likeness(claimed, "“科创贷”累计放款总额") > likeness(claimed, "签约金额")


TEXT = "截至2021年底，“科创投”累计投资金额23.26亿元，“科创贷”累计放款总额超157.38亿元。"


def margins_of(text, surface):
    at = text.index(surface)
    return margins(text, Span(at, at + len(surface)))


@pytest.mark.parametrize(
    ("surface", "before", "after"),
    [
        ("23.26亿元", "投”累计投资金额", "，“科创贷”累计"),
        ("超157.38亿元", "贷”累计放款总额", "。"),
        ("截至2021年底", "", "，“科创投”累计"),
        ("2021年底", "截至", "，“科创投”累计"),
    ],
)
def test_what_stands_right_before_and_after(surface, before, after):
    assert margins_of(TEXT, surface) == (before, after)


@pytest.mark.parametrize(
    ("ours", "theirs", "share"),
    [
        (("一二三四五六七八", "一二三四五六七八"), ("一二三四五六七八", "一二三四五六七八"), 1),
        (("累计投资金额", "，带动"), ("“科创投”累计投资金额", "，“科创贷”"), 7 / 16),
        (("投资", "。"), ("放款", "。"), 1 / 16),
        (("计投资", ""), ("记投资", ""), 2 / 16),
        (("", "亿元"), ("", "万元"), 0),
        (("", ""), ("", ""), 0),
    ],
)
def test_the_share_of_characters_that_touch_two_numbers_alike(ours, theirs, share):
    assert touching(ours, theirs) == pytest.approx(share)
    assert touching(theirs, ours) == pytest.approx(share)


def test_a_sentence_taken_over_touches_more_than_one_told_anew():
    stated = margins_of(TEXT, "23.26亿元")
    taken = margins_of(TEXT.replace("23.26", "23.62"), "23.62亿元")
    told = margins_of("科创投投了23.62亿元，科创贷放了157亿元。", "23.62亿元")
    assert touching(taken, stated) == 1
    assert touching(told, stated) < 0.5


@given(
    st.text(alphabet="科创投贷累计金额，AB1", max_size=12),
    st.text(alphabet="科创投贷累计金额，AB1", max_size=12),
)
def test_likeness_is_a_share_and_full_for_the_same_words(one, other):
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, one + other) == (1.0 if any(c.isalpha() for c in one) else 0.0)
