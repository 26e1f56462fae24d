from decimal import Decimal
from itertools import product

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.numerals import NumeralError, fold, parse, read

WRITTEN = [
    ("0", "0"),
    ("1234", "1234"),
    ("4,500", "4500"),
    ("1,234,567.8", "1234567.8"),
    ("-2.1", "-2.1"),
    ("−2.1", "-2.1"),
    ("负2.1", "-2.1"),
    ("负三点五", "-3.5"),
    ("+3", "3"),
    ("１２３４", "1234"),
    ("３.５亿", "350000000"),
    ("３．５億", "350000000"),
    ("1.19万亿", "1190000000000"),
    ("2879 亿", "287900000000"),
    ("1亿2000万", "120000000"),
    ("1万2千3百", "12300"),
    ("5万3千", "53000"),
    ("4.5千万", "45000000"),
    ("3百万", "3000000"),
    ("4,500万", "45000000"),
    ("232,600万", "2326000000"),
    ("零", "0"),
    ("\u3007", "0"),
    ("两", "2"),
    ("十", "10"),
    ("十二", "12"),
    ("二十", "20"),
    ("一百零五", "105"),
    ("一百一十", "110"),
    ("二百五", "250"),
    ("一千二", "1200"),
    ("一千零二", "1002"),
    ("三万五", "35000"),
    ("三万零五", "30005"),
    ("两千零二十三", "2023"),
    ("三千二百万", "32000000"),
    ("四千五百万", "45000000"),
    ("一亿零三百万", "103000000"),
    ("一万二千亿", "1200000000000"),
    ("三十万零二百", "300200"),
    ("二十三亿二千六百万", "2326000000"),
    ("二十三点二六亿", "2326000000"),
    ("二十三點二六億", "2326000000"),
    ("三点一四", "3.14"),
    ("零点五", "0.5"),
    ("万亿", "1000000000000"),
    ("百", "100"),
    ("二〇二一", "2021"),
    ("二零二一", "2021"),
    ("二○二一", "2021"),
    ("三〇", "30"),
    ("壹拾贰", "12"),
    ("叁万伍仟", "35000"),
    ("貳佰", "200"),
    ("百分之十六点三", "0.163"),
    ("百分之20", "0.2"),
    ("千分之三", "0.003"),
    ("四分之三", "0.75"),
    ("三成", "0.3"),
    ("三成半", "0.35"),
    ("七成五", "0.75"),
    ("9成", "0.9"),
    ("一半", "0.5"),
    ("半", "0.5"),
]


@pytest.mark.parametrize(("text", "value"), WRITTEN)
def test_reads_what_is_written(text, value):
    assert parse(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "亿元",
        "三五",
        "一一",
        "12,34",
        "1.2.3",
        "十百",
        "百千",
        "千百",
        "万万",
        "六亿千",
        "亿万",
        "三成四五",
        "3点",
        "点五",
        "abc",
        "三个",
    ],
)
def test_refuses_what_is_no_numeral_or_can_be_read_in_two_ways(text):
    with pytest.raises(NumeralError, match="numeral"):
        parse(text)


def test_a_refusal_is_a_value_error_that_names_the_text_and_the_cause():
    with pytest.raises(ValueError, match=r"'三五'.*two digits stand side by side"):
        parse("三五")


def test_refuses_a_fraction_of_zero_parts():
    with pytest.raises(NumeralError, match="zero parts"):
        parse("零分之三")


def test_refuses_more_digits_than_a_figure_has():
    with pytest.raises(NumeralError, match="at most 28 digits"):
        parse("9" * 29)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("3.2万亿", 2),
        ("23.26亿", 4),
        ("12.0", 3),
        ("0.45", 2),
        ("4500万", 4),
        ("四千五百万", 4),
        ("4.5千万", 2),
        ("二十三点二六亿", 4),
        ("1亿2000万", 5),
        ("20", 2),
        ("三", 1),
        ("二〇二一", 4),
    ],
)
def test_counts_the_digits_as_written(text, digits):
    assert read(text).digits == digits


@pytest.mark.parametrize("text", ["23.26亿", "350.00", "4.5千万", "０.５０"])
def test_values_carry_no_zeros_of_their_own_and_no_exponent(text):
    shown = str(parse(text))
    assert "E" not in shown
    assert not (("." in shown) and shown.endswith("0"))


@given(st.text())
def test_folding_keeps_every_offset(text):
    assert len(fold(text)) == len(text)


def test_folding_keeps_the_marks_that_end_a_clause():
    assert fold("，。；！？（）") == "，。；！？（）"


@given(st.integers(min_value=0, max_value=10**16 - 1))
def test_reads_every_whole_number_as_chinese_writes_it(number):
    assert parse(cn2an.an2cn(number)) == number


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_reads_every_whole_number_as_banks_write_it(number):
    assert parse(cn2an.an2cn(number, "up")) == number


@given(st.decimals(min_value=0, max_value=10**6, places=2))
def test_reads_decimals_as_chinese_writes_them(number):
    assert parse(cn2an.an2cn(str(number))) == number


@given(
    st.decimals(min_value=0, max_value=10**8, places=3),
    st.sampled_from(["", "千", "万", "百万", "亿", "万亿"]),
)
def test_multipliers_multiply(number, multiplier):
    scale = {"": 1, "千": 10**3, "万": 10**4, "百万": 10**6, "亿": 10**8, "万亿": 10**12}[multiplier]
    assert parse(f"{number:,f}{multiplier}") == number * scale


@given(st.integers(min_value=1, max_value=9999), st.integers(min_value=1, max_value=9999))
def test_parts_before_and_after_a_multiplier_add_up(high, low):
    assert parse(f"{high}亿{low}万") == high * 10**8 + low * 10**4


def test_agrees_with_an_independent_reader_on_short_numerals():
    refused = 0
    for length in range(1, 5):
        for characters in product("零二三十百千万", repeat=length):
            text = "".join(characters)
            try:
                ours = parse(text)
            except NumeralError:
                refused += 1
                continue
            try:
                theirs = cn2an.cn2an(text, "strict")
            except ValueError:
                continue  # the other reader is stricter about 零 and a leading 十
            assert ours == theirs, text
    assert refused > 1000


@given(st.text(alphabet="零〇一二两三十百千万亿点半成分之负-.,0123456789 壹拾", max_size=30))
def test_any_string_is_read_or_refused(text):
    try:
        value = parse(text)
    except NumeralError:
        return
    assert value.is_finite()
