from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.agreement import agrees, base_unit, same_unit, same_value
from knowledge.figures import scan
from knowledge.schema import Modifier, Quantity


def quantity(text: str) -> Quantity:
    (found,) = scan(text).quantities
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("232,600万元", "23.26亿元"),
        ("0.45亿元", "4500万元"),
        ("四千五百万元", "4500万元"),
        ("62.014亿元人民币", "62.014亿元"),
        ("人民币3000元", "3000元"),
        ("50美分", "0.5美元"),
        ("3000港币", "3000港元"),
        ("12%", "12.0%"),
        ("百分之十二", "12%"),
        ("三成半", "35%"),
        ("5‰", "0.5%"),
        ("0.3个百分点", "0.3百分点"),
        ("25个基点", "0.25个百分点"),
        ("3公里", "3千米"),
        ("3公里", "3000米"),
        ("2公顷", "20000平方米"),
        ("1.5吨", "1500公斤"),
        ("半年", "6个月"),
        ("90分钟", "1.5小时"),
        ("35摄氏度", "35℃"),
        ("8元/公斤", "8000元/吨"),
        ("8.08元每升", "8.08元/升"),
        ("3名", "3位"),
        ("3家", "3个"),
        ("30至35只", "30-35只"),
        ("3至5万辆", "3万辆至5万辆"),
        ("负2.1%", "-2.1%"),
        ("1：0", "1比0"),
    ],
)
def test_same_number_in_the_same_unit_however_written(one, other):
    assert same_value(quantity(one), quantity(other))
    assert same_value(quantity(other), quantity(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("23.26亿元", "23.26万元"),
        ("23.26亿元", "23.26亿美元"),
        ("2%", "2个百分点"),
        ("3人次", "3人"),
        ("3批次", "3批"),
        ("3家", "3名"),
        ("3倍", "3%"),
        ("5亩", "5公顷"),
        ("30至35只", "30只"),
        ("第3名", "3名"),
        ("8元/公斤", "8元"),
        ("2.1%", "-2.1%"),
    ],
)
def test_another_number_or_unit(one, other):
    assert not same_value(quantity(one), quantity(other))
    assert not same_value(quantity(other), quantity(one))


YES, NO, UNKNOWN = True, False, None


@pytest.mark.parametrize(
    ("claimed", "stated", "verdict"),
    [
        # rounded to the digits the claim has
        ("23.26亿元", "23.26亿元", YES),
        ("23.3亿元", "23.26亿元", YES),
        ("23亿元", "23.26亿元", YES),
        ("约23亿元", "23.26亿元", YES),
        ("22亿元", "23.26亿元", NO),
        ("23.62亿元", "23.26亿元", NO),
        ("232.6亿元", "23.26亿元", NO),
        ("23.26万元", "23.26亿元", NO),
        ("23.262亿元", "23.26亿元", UNKNOWN),
        ("3.24万亿元", "3.2万亿元", UNKNOWN),
        ("3.3万亿元", "3.2万亿元", NO),
        ("20家", "21家", NO),
        ("约600人", "580人", YES),
        ("约600人", "500人", NO),
        # bounds from below
        ("超157.38亿元", "超157.38亿元", YES),
        ("157.38亿元", "超157.38亿元", YES),
        ("超150亿元", "超157.38亿元", YES),
        ("不低于157亿元", "超157.38亿元", YES),
        ("超160亿元", "超157.38亿元", UNKNOWN),
        ("不足157亿元", "超157.38亿元", NO),
        ("近157.38亿元", "超157.38亿元", NO),
        ("超150亿元", "157亿元", YES),
        ("超160亿元", "157亿元", NO),
        # 近 and 约
        ("近4500万元", "近4500万元", YES),
        ("约4500万元", "近4500万元", YES),
        ("4500万元左右", "近4500万元", YES),
        ("4500万元", "近4500万元", YES),
        ("超4500万元", "近4500万元", NO),
        ("近4500万元", "4480万元", YES),
        ("近4500万元", "4520万元", NO),
        ("超4500万元", "约4500万元", UNKNOWN),
        # 余 and 多
        ("三百余场", "300余场", YES),
        ("300多场", "300余场", YES),
        ("超300场", "300余场", YES),
        ("300场以上", "300余场", YES),
        ("300场以内", "300余场", NO),
        ("300场以内", "280场", YES),
        ("300场以内", "300场以上", NO),
        ("300场以上", "300场以内", NO),
        ("至多300场", "不少于300场", NO),
        ("300场以内", "300场以内", YES),
        ("不少于300场", "300场以上", YES),
        ("400场以内", "300场以上", UNKNOWN),
        ("280场以内", "300场以上", NO),
        ("超300场", "300场", NO),
        ("不足300场", "300场", NO),
        # half a step is of the unit as written
        ("7年", "9年", NO),
        ("8年", "92个月", YES),
        ("8年", "88个月", NO),
        ("3公里", "3400米", YES),
        ("3公里", "3600米", NO),
        ("3.4公里", "3360米", YES),
        ("3.4公里", "3340米", NO),
        ("2天", "40小时", YES),
        ("2天", "30小时", NO),
        # ranges
        ("30至35只", "30至35只", YES),
        ("30至36只", "30至35只", NO),
        ("29至35只", "30至35只", NO),
        ("30至40只", "32至34只", NO),
        ("3至5万辆", "3.2万至4.8万辆", YES),
        ("3至5万辆", "3.2万至5.8万辆", NO),
        ("3.2万至4.8万辆", "3至5万辆", NO),
        ("32只", "30至35只", UNKNOWN),
        ("40只", "30至35只", NO),
        ("30至40只", "32只", YES),
        # unlike things
        ("2%", "2个百分点", NO),
        ("3：0", "2：0", NO),
        ("第3名", "第2名", NO),
    ],
)
def test_whether_a_claim_follows(claimed, stated, verdict):
    assert agrees(quantity(claimed), quantity(stated)) is verdict


def test_names_agree_only_with_themselves():
    train, other = quantity("G4719"), quantity("G4720")
    assert agrees(train, train) is True
    assert agrees(train, other) is False


@pytest.mark.parametrize("unit", ["元", "公里", "家", "%", "元/吨", "美元每桶", "某种单位"])
def test_a_unit_is_a_multiple_of_its_base(unit):
    base, factor = base_unit(unit)
    assert base
    assert factor > 0


amounts = st.builds(
    lambda value, unit, modifier: replace(quantity(f"{value}{unit}"), modifier=modifier),
    st.integers(min_value=1, max_value=10**9),
    st.sampled_from(["元", "万元", "家", "%", "公里", "米"]),
    st.sampled_from(Modifier),
)


@given(amounts)
def test_a_quantity_agrees_with_itself(one):
    assert same_value(one, one)
    assert agrees(one, one) is True


@given(amounts, amounts)
def test_sameness_is_symmetric(one, other):
    assert same_unit(one, other) == same_unit(other, one)
    assert same_value(one, other) == same_value(other, one)


@given(amounts, st.integers(min_value=2, max_value=9))
def test_an_exact_amount_never_agrees_with_a_multiple_of_it(one, factor):
    stated = replace(one, modifier=Modifier.EXACT)
    claimed = replace(stated, value=stated.value * factor)
    assert agrees(claimed, stated) is False


@given(st.integers(min_value=1, max_value=99_999))
def test_ten_thousands_fold(number):
    assert same_value(quantity(f"{number}万元"), quantity(f"{number * 10_000}元"))
    assert not same_value(quantity(f"{number}万元"), quantity(f"{number}亿元"))
