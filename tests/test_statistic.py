import pytest

from knowledge.schema import Direction
from knowledge.statistic import direction_of, statistic_of


@pytest.mark.parametrize(
    ("text", "statistic"),
    [
        ("同比增长多少", "同比"),
        ("环比呢", "环比"),
        ("比上年同期增长", "同比"),
        ("一共多少", "累计"),
        ("占全省的多少", "占比"),
        ("平均每天接待", "日均"),
        ("净增企业", "新增"),
        ("产值多少", ""),
    ],
)
def test_statistic(text, statistic):
    assert statistic_of(text) == statistic


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("增长16.3%", Direction.UP),
        ("下降2%", Direction.DOWN),
        ("由降转升的增长与下降", None),
        ("达33位", None),
    ],
)
def test_direction(text, direction):
    assert direction_of(text) is direction


@pytest.mark.parametrize(
    "text",
    [
        "股价收涨",
        "粮食增产",
        "铜价走高",
        "成交额飙升",
        "客流激增",
        "运费上浮",
        "油价涨超",
        "票价涨了",
        "甲股暴涨",
    ],
)
def test_words_of_a_rise(text):
    assert direction_of(text) is Direction.UP


@pytest.mark.parametrize(
    "text",
    [
        "股价收跌",
        "小麦减产",
        "铜价走低",
        "成交额锐减",
        "气温骤降",
        "运费下浮",
        "油价跌超",
        "票价降了",
        "甲股暴跌",
    ],
)
def test_words_of_a_fall(text):
    assert direction_of(text) is Direction.DOWN


@pytest.mark.parametrize("text", ["失业率降至", "失业率下降到", "客流增加到", "均价上涨至约", "班次减少为"])
def test_where_a_change_leads_to_is_no_change(text):
    assert direction_of(text) is None


def test_rain_that_fell_is_no_fall():
    assert direction_of("昨夜降了多少雨") is None
    assert direction_of("票价降了多少") is Direction.DOWN
