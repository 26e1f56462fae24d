from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.figures import scan
from knowledge.linking import link
from knowledge.schema import Direction

ANCHOR = date(2022, 2, 21)


def rows(text):
    return [(f.quantity.surface, f.subject, f.measure) for f in link(text, anchor=ANCHOR)]


def test_two_subjects_in_one_sentence_keep_their_figures():
    text = "截至2021年底，“甲投”累计投资金额23.26亿元，“甲贷”累计放款总额超157.38亿元。"
    assert rows(text) == [("23.26亿元", "甲投", "投资金额"), ("超157.38亿元", "甲贷", "放款总额")]
    first, second = link(text, anchor=ANCHOR)
    assert first.statistic == second.statistic == "累计"
    assert first.as_of == second.as_of
    assert first.as_of.lo == date(2021, 12, 31)
    assert "甲贷" not in text[first.reach.start : first.reach.end]
    assert "甲投" not in text[second.reach.start : second.reach.end]


def test_respectively_pairs_two_lists_in_order():
    found = link("汽油、柴油价格每吨分别提高240元、230元。")
    assert [(f.quantity.surface, f.subject) for f in found] == [
        ("240元", "汽油价格每吨"),
        ("230元", "柴油价格每吨"),
    ]
    assert all(f.series for f in found)


def test_a_rate_belongs_to_the_measure_before_it():
    amount, rate = link("公司实现营业收入18571亿元，比上年同期下降2.1%。")
    assert rate.inherited
    assert rate.measure == amount.measure
    assert rate.statistic == "同比"
    assert rate.direction is Direction.DOWN


def test_a_rate_beside_another_is_of_its_own_subject():
    mine, theirs = link("我国转化率仅为10%左右，远低于发达国家40%的水平。")
    assert theirs.subject == "发达国家"
    assert theirs.measure == mine.measure


def test_what_a_classifier_counts_is_the_measure():
    assert [m for _, _, m in rows("促成了22项校企合作项目，43个项目进行了路演。")] == [
        "校企合作项目",
        "项目进行了路演",
    ]


def test_a_time_lasts_through_its_paragraph_only():
    first, second, third = link("2021年，甲局办了9场活动。其中，路演43个。\n另有乙局办了5场。", anchor=ANCHOR)
    assert first.as_of == second.as_of
    assert third.as_of is None


def test_what_is_compared_with_is_no_time_of_the_figure():
    (figure,) = link("产量比2020年增长5%。", anchor=ANCHOR)
    assert figure.as_of is None


def test_rates_after_respectively_are_those_of_the_figures_before():
    income, profit, first, second = link("公司实现营收100亿元、利润20亿元，同比分别增长5%、8%。")
    assert [first.measure, second.measure] == [income.measure, profit.measure] == ["公司实现营收", "利润"]
    assert first.inherited
    assert second.inherited
    assert [first.statistic, second.statistic] == ["同比", "同比"]


def test_three_rates_are_no_rates_of_two_figures():
    text = "甲公司营收100亿元、净利润20亿元，上海、北京、广州分别增长5%、8%、9%。"
    assert [f.subject for f in link(text)[2:]] == ["上海", "北京", "广州"]


def test_what_only_the_last_item_says_is_said_of_all():
    found = link("台风、大风、暴雨预警信息分别发布12条、30条、45条。")
    assert [f.subject for f in found] == ["台风预警信息", "大风预警信息", "暴雨预警信息"]
    assert [f.quantity.surface for f in found] == ["12条", "30条", "45条"]


def test_a_statistic_before_respectively_is_that_of_all_items():
    found = link("汽车、船舶出口额同比分别增长10%、20%。")
    assert [f.subject[:2] for f in found] == ["汽车", "船舶"]
    assert [f.statistic for f in found] == ["同比", "同比"]


def test_where_a_change_leads_to_is_of_the_same_measure():
    before, after = link("全省失业率由5%降至4.8%。")
    assert after.inherited
    assert after.measure == before.measure
    assert after.direction is None


def test_a_later_rate_is_of_the_measure_before_it():
    first, second = link("出口一季度增长4.5%，二季度升至6.3%。", anchor=ANCHOR)
    assert first.measure == second.measure == "出口"
    assert second.inherited
    assert (first.as_of.surface, second.as_of.surface) == ("一季度", "二季度")


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("全市进出口总额同比下降1%至1492亿元。", "全市进出口总额"),
        ("存款余额5万亿元，较年初增加2021亿元。", "存款余额"),
        ("甲镇门票80元，下调至60元。", "甲镇门票"),
        ("甲公司净利润60亿元，上年同期为55亿元。", "甲公司净利润"),
    ],
)
def test_the_second_figure_shares_the_measure_of_the_first(text, measure):
    first, second = link(text, anchor=ANCHOR)
    assert first.measure == second.measure == measure
    assert second.inherited


def test_a_figure_that_names_its_measure_shares_none():
    _, second = link("存款余额5万亿元，贷款余额较年初增加2021亿元。", anchor=ANCHOR)
    assert "贷款余额" in second.measure
    assert not second.inherited


def test_a_change_after_a_share_is_that_of_the_amount():
    amount, share, change = link("公司收入100亿元，占总收入的32%，同比增长15%。")
    assert share.measure == "公司收入占总收入"
    assert change.measure == amount.measure == "公司收入"
    assert (share.inherited, change.inherited) == (True, True)


def test_a_share_of_nothing_before_it_keeps_its_own_measure():
    rate, share = link("全县通过率为7%，占全市的12%。")
    assert rate.measure == "全县通过率"
    assert share.measure == "占全市"


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("业务在第二季度实现营收30亿元。", "业务实现营收"),
        ("甲厂2021年生产汽车30万辆。", "甲厂生产汽车"),
        ("甲县去年粮食产量为30万吨。", "甲县粮食产量"),
    ],
)
def test_a_time_is_no_part_of_the_measure(text, measure):
    assert [m for _, _, m in rows(text)] == [measure]


def test_the_same_period_a_year_before_dates_its_own_clause_only():
    text = "公司2021年上半年净利润60亿元，上年同期为55亿元，每股收益2元。"
    assert [f.as_of.surface for f in link(text, anchor=ANCHOR)] == [
        "2021年上半年",
        "上年同期",
        "2021年上半年",
    ]


def test_now_ends_the_time_before_it():
    then, now = link("2021年，甲县接待游客300万人次。目前全县有景区12家。", anchor=ANCHOR)
    assert then.as_of.surface == "2021年"
    assert now.as_of is None
    (until_now,) = link("截至目前，全县完成投资30亿元。", anchor=ANCHOR)
    assert until_now.as_of.lo == ANCHOR


def test_now_ends_a_time_of_the_same_sentence():
    then, now = link("2022年1月，甲市新建住房300套；目前全市在建住房5000套。", anchor=ANCHOR)
    assert then.as_of.surface == "2022年1月"
    assert now.as_of is None


@pytest.mark.parametrize(("n", "lasts"), [(3, True), (12, False)])
def test_a_carried_time_ends_after_two_hundred_characters(n, lasts):
    text = (
        "2021年，甲县接待游客300万人次。" + "这里山清水秀，四季分明，游人往来不绝。" * n + "全县有景区12家。"
    )
    first, last = link(text, anchor=ANCHOR)
    assert first.as_of.surface == "2021年"
    assert (last.as_of == first.as_of) is lasts


def test_brackets_after_a_count_belong_to_the_figure_in_them():
    all_, some, money = link("全县共安置渔民9000名(其中退捕渔民4243名)，发放补助3亿元。")
    assert (all_.measure, money.measure) == ("全县共安置渔民", "发放补助")
    assert "退捕渔民" in some.measure
    assert all_.reach.end == all_.quantity.end


def test_a_change_and_where_it_led_to_are_two_figures():
    change, level = scan("股指下跌12.66点至966.45点").quantities
    assert (change.surface, level.surface) == ("12.66点", "966.45点")
    assert change.high is level.high is None


@pytest.mark.parametrize(
    ("text", "surface"),
    [("产量下降3%至5%", "3%至5%"), ("上涨5元至8元", "5元至8元"), ("增加30至35只", "30至35只")],
)
def test_a_change_between_two_bounds_is_one_range(text, surface):
    (change,) = scan(text).quantities
    assert change.surface == surface
    assert change.high is not None


@given(st.text(alphabet="一二三百万亿0123456789.%元家项年月，。；“”、和比增长分别为甲乙\n", max_size=60))
def test_spans_hold_the_figure(text):
    for figure in link(text, anchor=ANCHOR):
        quantity = figure.quantity
        assert text[quantity.start : quantity.end] == quantity.surface
        assert (
            figure.sentence.start <= quantity.start < quantity.end <= max(figure.sentence.end, quantity.end)
        )
        assert figure.reach.start <= quantity.start
        assert quantity.end <= figure.reach.end


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("甲报8月16日消息，园区收入78亿元。", True),
        ("甲市统计局16日发布的报告显示，园区收入78亿元。", True),
        ("记者16日从甲局获悉，园区收入78亿元。", True),
        ("8月16日，园区收入78亿元。", False),
        ("截至8月16日，园区收入78亿元。", False),
        ("8月16日晚园区收入达78亿元。", False),
    ],
)
def test_the_day_on_which_a_figure_was_told_is_marked(text, told):
    (figure,) = link(text, anchor=date(2023, 8, 16))
    assert figure.as_of.told == told


@pytest.mark.parametrize(
    ("text", "hedge"),
    [
        ("到2025年，全省建成充电桩230万个以上、乡村不少于90万个。", "2025年"),
        ("2025年全省充电桩230万个。", "2025年"),
        ("到2025年，全省将累计建成充电桩230万个，其中公共充电桩12万个。", "2025年"),
        ("全省将累计建成充电桩230万个。", "将"),
        ("到2025年，产值力争达230亿元。", "力争"),
        ("到2022年，全省建成充电桩230万个。", ""),
        ("明天全省开放充电桩230万个。", ""),
        ("到2025年全省要扩容，目前仅有充电桩230万个。", ""),
    ],
)
def test_what_is_yet_to_come_is_no_fact(text, hedge):
    assert {f.quantity.hedge for f in link(text, anchor=date(2023, 8, 16))} == {hedge}


def test_without_a_day_nothing_is_yet_to_come():
    assert link("到2025年，全省建成充电桩230万个。")[0].quantity.hedge == ""
