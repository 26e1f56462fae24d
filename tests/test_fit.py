from datetime import date

import pytest

from knowledge.figures import scan
from knowledge.fit import begins, echoes, occasion_fit, role_fit, statistic_fit, time_fit, unit_fit
from knowledge.linking import link
from knowledge.question import analyse
from knowledge.words import fold, tokenize

ANCHOR = date(2022, 2, 21)


def asked(text):
    return analyse(fold(text), tokenize=tokenize, anchor=ANCHOR)


def role(question, text, at=0):
    return role_fit(asked(question), text, link(text)[at])


def unit(question, text):
    return unit_fit(asked(question), link(text)[0].quantity)


def occasion(question, text, at=0):
    return occasion_fit(asked(question), link(text, anchor=ANCHOR)[at], text=text, day=ANCHOR)


def time(question, stated, *, day=ANCHOR, anchor=None):
    (period,) = scan(stated, anchor=anchor).periods
    return time_fit(asked(question).periods, period, day)


@pytest.mark.parametrize(
    ("question", "text", "name"),
    [
        ("甲股股息是多少", "甲股股息为每股2.43港元。", "per_extra"),
        ("人均用水多少", "全市用水3亿吨。", "per_missing"),
        ("去年最高气温是多少", "去年最高气温为39℃。", "extreme_same"),
        ("去年最高气温是多少", "去年气温为39℃。", "extreme_missing"),
        ("去年气温是多少", "去年气温高达39℃。", "extreme_extra"),
        ("甲公司营收多少", "甲公司营收好于预期的30亿元。", "is_compared"),
        ("甲公司有多少人", "甲公司是一家有300人的企业。", "is_attribute"),
        ("退捕渔民有多少", "退捕渔民较多(4243名)。", "in_brackets"),
    ],
)
def test_the_part_a_figure_plays(question, text, name):
    assert role(question, text, -1)[name] == 1


def test_a_plain_figure_plays_no_special_part():
    assert not any(role("甲公司营收多少", "甲公司营收为30亿元。").values())


@pytest.mark.parametrize("word", ["最近", "最新", "最终", "最初"])
def test_the_latest_is_no_extreme(word):
    assert role("甲指数是多少", f"甲指数{word}报30点。")["extreme_extra"] == 0


def test_an_estimate_that_is_asked_for_is_not_compared_with():
    assert role("甲公司营收预期是多少", "甲公司营收好于预期的30亿元。")["is_compared"] == 0


def test_where_a_change_set_out_from_is_not_asked_for():
    text = "全省失业率由5%降至4.8%。"
    before, after = link(text)
    assert begins(asked("全省失业率是多少"), text, before)
    assert not begins(asked("全省失业率是多少"), text, after)
    assert not begins(asked("全省失业率从多少下降的"), text, before)


@pytest.mark.parametrize("text", ["公司从5家门店中选出2家。", "车辆由30人驾驶，共2班。"])
def test_what_no_change_follows_begins_nothing(text):
    assert not begins(asked("有多少"), text, link(text)[0])


def test_the_askers_own_figure_is_an_echo():
    own, other = link("连续31天的最高气温为39℃。")
    assert echoes(asked("连续31天最高气温是多少"), own)
    assert not echoes(asked("连续31天最高气温是多少"), other)


def test_the_first_place_of_a_sentence_may_be_another_one():
    text = "南京企业数量仅次于上海，有9068家。"
    found = occasion("上海有多少家企业", text)
    assert (found["place_first"], found["place_conflict"]) == (1, 0)
    assert occasion("南京有多少家企业", text)["place_first"] == 0
    assert occasion("企业有多少家", text)["place_first"] == 0


def test_only_other_places_conflict():
    assert occasion("重庆有多少家企业", "成都有企业30家。")["place_conflict"] == 1
    assert occasion("重庆有多少家企业", "企业共30家。")["place_conflict"] == 0
    assert occasion("企业有多少家", "成都有企业30家。")["place_extra"] == 1


def test_a_plan_that_is_asked_for_is_missing_from_a_fact():
    assert occasion("今年目标产量是多少", "去年产量为30万吨。")["hedge_missing"] == 1
    assert occasion("今年目标产量是多少", "今年计划产量为30万吨。")["hedge_missing"] == 0


@pytest.mark.parametrize(
    ("stated", "fit"),
    [
        ("2021年7月", "same"),
        ("2021年", "wider"),
        ("2021年7月6日", "narrower"),
        ("2020年7月", "conflict"),
        ("截至2021年7月31日", "same"),
    ],
)
def test_how_a_time_stands_to_the_one_asked_for(stated, fit):
    assert time("2021年7月产量是多少", stated) == fit


@pytest.mark.parametrize(("stated", "fit"), [("7月", "unknown"), ("7月6日", "unknown"), ("9月", "conflict")])
def test_a_time_of_an_unknown_year_is_judged_by_its_days(stated, fit):
    assert time("2021年7月产量是多少", stated, day=None) == fit


@pytest.mark.parametrize(
    ("day", "fit"),
    [
        (None, "unknown"),
        (date(2021, 8, 2), "unknown"),
        (date(2021, 3, 1), "conflict"),
        (date(2022, 2, 21), "conflict"),
    ],
)
def test_an_untold_time_is_that_of_the_article(day, fit):
    asked_for = asked("2021年7月产量是多少").periods
    assert time_fit(asked_for, None, day) == fit
    assert time("2021年7月产量是多少", "去年", day=day) == fit


def test_no_time_asked_for_fits_any():
    assert time("产量是多少", "2021年") == ""


@pytest.mark.parametrize(
    ("question", "text", "name"),
    [
        ("列车开了多久", "列车开了3小时。", "unit_like"),
        ("工期多长时间", "工期为两个月。", "unit_like"),
        ("两地相距多远", "两地相距30公里。", "unit_like"),
        ("园区面积是多少", "园区面积为30亩。", "unit_like"),
        ("两地相距多远", "两地相距3小时。", "unit_other"),
        ("园区面积是多少", "园区企业30家。", "kind_conflict"),
        ("园区有多少家企业", "园区企业30家。", "unit_same"),
        ("园区有多少家企业", "园区企业30户。", "unit_like"),
        ("园区有多少家企业", "园区专家30位。", "unit_other"),
    ],
)
def test_how_a_unit_stands_to_the_one_asked_for(question, text, name):
    found = unit(question, text)
    ways = ("unit_same", "unit_like", "unit_other", "kind_conflict")
    assert [way for way in ways if found[way]] == [name]


def test_no_unit_is_strange_where_none_is_named():
    assert unit("两地相距多远", "两地相距3小时。")["unit_strange"] == 0
    assert unit("园区有多少家企业", "园区专家30位。")["unit_strange"] == 1


def test_a_large_bare_number_can_be_money_or_a_count():
    assert unit("总人口有多少人", "总人口为1.4亿。")["kind_conflict"] == 0
    assert unit("总人口有多少人", "甲指数为1400.5。")["kind_conflict"] == 1


def test_a_level_does_not_answer_a_change():
    question = asked("产值增长了多少")
    rise, level = link("甲县产值增长3%，乙县产值为30亿元。")
    assert statistic_fit(question, "", rise)["change_missing"] == 0
    assert statistic_fit(question, "", level)["change_missing"] == 1


@pytest.mark.parametrize(
    ("text", "unsaid"),
    [
        ("甲县签约金额4000万元。", True),
        ("甲县最高签约金额为4000万元。", False),
        ("甲县签约金额高达4000万元。", False),
        ("甲县签约金额不超过4000万元。", False),
        ("各镇以丙镇最高。签约金额为4000万元。", False),
        ("甲县签约金额为3000万至4000万元。", False),
    ],
)
def test_the_utmost_is_no_figure_that_nothing_calls_so(text, unsaid):
    at = len(link(text)) - 1
    assert role("甲县签约金额最高是多少", text, at)["extreme_unsaid"] == unsaid
    assert role("甲县签约金额是多少", text, at)["extreme_unsaid"] == 0


def test_a_body_named_after_the_highest_asks_for_no_utmost():
    assert role("最高法受理多少件", "甲地受理30件。")["extreme_unsaid"] == 0


@pytest.mark.parametrize(
    ("question", "unasked"),
    [
        ("甲厂风机多少", True),
        ("甲厂2021年风机多少", True),
        ("甲厂风机容量多少", True),
        ("甲厂风机利用小时数", False),
        ("甲厂风机开了多久", False),
        ("甲厂风机运行多少天", False),
    ],
)
def test_a_length_of_time_answers_no_question_about_something_else(question, unasked):
    assert unit(question, "风机780小时。")["lasts_unasked"] == unasked
