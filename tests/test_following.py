from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.agreement import agrees
from knowledge.figures import scan
from knowledge.following import comparable, differs_in_unit, follows, is_same
from knowledge.schema import Kind, Modifier, Quantity

YES, NO, OPEN = True, False, None


def quantity(text: str) -> Quantity:
    (found,) = scan(text).quantities
    return found


@pytest.mark.parametrize(
    ("claimed", "stated", "verdict"),
    [
        # a bound that the article's number is cut down to
        ("超150亿元", "超157.38亿元", YES),
        ("超157亿元", "超157.38亿元", YES),
        ("超100亿元", "超157.38亿元", YES),
        ("不低于157亿元", "超157.38亿元", YES),
        ("超7万场", "7.4万场", YES),
        ("超5万场", "7.4万场", YES),
        ("超6.5万场", "7.4万场", YES),
        # a bound near an exact number
        ("超140亿元", "157.38亿元", YES),
        ("不足160亿元", "157.38亿元", YES),
        # one that logic allows, but nobody writes
        ("超1亿元", "超157.38亿元", NO),
        ("超120亿元", "超157.38亿元", NO),
        ("超140亿元", "超157.38亿元", NO),
        ("超130亿元", "157.38亿元", NO),
        ("超100场", "7.4万场", NO),
        ("不足1000亿元", "157.38亿元", NO),
        ("超5万场", "超74万场", NO),
        # what the article leaves open, and what lies too far off for that
        ("超160亿元", "超157.38亿元", OPEN),
        ("超200亿元", "超157.38亿元", NO),
        ("35亿元", "超30亿元", OPEN),
        ("36.1亿元", "超30亿元", NO),
        ("超300场", "约300场", OPEN),
        ("23.262亿元", "23.26亿元", OPEN),
        # what needs no second look
        ("23亿元", "23.26亿元", YES),
        ("约23亿元", "23.26亿元", YES),
        ("22亿元", "23.26亿元", NO),
        ("不足157亿元", "超157.38亿元", NO),
        ("30至35只", "30至35只", YES),
        ("30至36只", "30至35只", NO),
        ("0%", "0%", YES),
        ("不足5%", "0%", YES),
        ("超5公里", "7400米", YES),
        ("超5公里", "7400公里", NO),
        ("超-3%", "-2%", NO),
    ],
)
def test_whether_a_claim_may_be_said_of_a_number(claimed, stated, verdict):
    assert follows(quantity(claimed), quantity(stated)) is verdict


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [("157.38亿", YES), ("超150亿", YES), ("超160亿", OPEN), ("158亿", OPEN), ("23亿", NO)],
)
def test_a_bare_number_takes_the_unit_of_the_article(claimed, verdict):
    bare = quantity(claimed)
    assert bare.unit == ""
    assert follows(bare, quantity("超157.38亿元")) is verdict
    assert comparable(bare, quantity("超157.38亿元"))
    assert not differs_in_unit(bare, quantity("超157.38亿元"))


@pytest.mark.parametrize(
    ("claimed", "stated"),
    [
        ("232600万元", "23.26亿元"),
        ("23.26亿", "23.26亿元"),
        ("近157.38亿元", "超157.38亿元"),
        ("三百余场", "300场以内"),
    ],
)
def test_the_same_number_whatever_bounds_it(claimed, stated):
    assert is_same(quantity(claimed), quantity(stated))


@pytest.mark.parametrize(
    ("claimed", "stated"), [("23.3亿元", "23.26亿元"), ("23.26万", "23.26亿元"), ("23.26亿美元", "23.26亿元")]
)
def test_another_number_or_unit_is_not_the_same(claimed, stated):
    assert not is_same(quantity(claimed), quantity(stated))


@pytest.mark.parametrize(
    ("claimed", "stated", "comparable_", "differs"),
    [
        ("23.26亿元", "23.26亿元", YES, NO),
        ("3名", "3位", YES, NO),
        ("3公里", "3千米", YES, NO),
        ("23.26亿美元", "23.26亿元", NO, YES),
        ("16.3个百分点", "16.3%", NO, YES),
        ("3人次", "3人", NO, YES),
        ("23.26亿美元", "23.62亿元", NO, NO),
        ("30至35家", "30至35人", NO, YES),
        ("30家", "30至35人", NO, NO),
    ],
)
def test_whether_units_can_be_compared(claimed, stated, comparable_, differs):
    ours, theirs = quantity(claimed), quantity(stated)
    assert comparable(ours, theirs) is comparable_
    assert differs_in_unit(ours, theirs) is differs


def test_a_unit_that_is_none_of_a_bare_number_is_not_lent():
    percent = replace(quantity("16.3%"), unit="", kind=Kind.PERCENT)
    assert not comparable(percent, quantity("16.3家"))


amounts = st.builds(
    lambda number, unit, modifier: replace(quantity(f"{number}{unit}"), modifier=modifier),
    st.integers(min_value=1, max_value=10**7),
    st.sampled_from(["元", "万元", "家", "%", "公里"]),
    st.sampled_from(Modifier),
)


@given(amounts)
def test_every_number_follows_from_itself(one):
    assert follows(one, one) is True
    assert is_same(one, one)


@given(amounts, amounts)
def test_what_people_say_is_never_more_than_what_logic_allows(claimed, stated):
    verdict, logic = follows(claimed, stated), agrees(claimed, stated)
    if verdict is True:
        assert logic is True
    if verdict is None:
        assert logic is None
    if logic is False:
        assert verdict is False


@given(st.integers(min_value=10_000, max_value=10**7), st.sampled_from(["超", "不低于"]))
def test_a_number_cut_after_its_first_digit_is_a_bound_of_it(number, word):
    first = int(str(number)[0]) * 10 ** (len(str(number)) - 1)
    stated = quantity(f"{number}元")
    assert follows(quantity(f"{word}{first}元"), stated) is (word == "不低于" or first < number)
    assert follows(quantity(f"{word}{first // 10 + 1}元"), stated) is False


def test_a_bound_may_be_cut_up_to_a_round_number():
    claimed, stated = (scan(text).quantities[0] for text in ("不足200亿元", "157.38亿元"))
    assert follows(claimed, stated) is True
