"""Each fault turns a verdict on an equal number: held against one article of one sentence, with the real words."""

import json
from importlib import resources

import pytest

from knowledge import words
from knowledge.articles import make_article
from knowledge.check import among
from knowledge.ranking import Model
from knowledge.verdict import Label, Reason, Verdict

MODEL = Model.from_json(
    json.loads(resources.files("knowledge").joinpath("reading_model.json").read_text("utf-8"))
)


def verdict(draft: str, stated: str, *, day: str = "2022-02-21") -> Verdict:
    """The verdict on the last figure of a draft beside an article of one sentence."""
    article = make_article("a", stated, published=day)
    checker = among([article], fold=words.fold, tokenize=words.tokenize, model=MODEL)
    return [v for v in checker.check(draft).verdicts if v.quantity][-1]


def assert_refuted(found: Verdict, reason: Reason) -> None:
    assert (found.label, found.reason) == (Label.REFUTED, reason)
    (citation,) = found.citations
    assert found.expected in citation.quote


@pytest.mark.parametrize(
    ("draft", "stated"),
    [
        ("营业收入同比增长16.3%。", "营业收入同比增长16.3%。"),
        ("成都指数涨0.34%。", "成都指数涨0.34%。"),
        ("成都物价增速降低0.3个百分点。", "成都物价增速降低0.3个百分点。"),
        ("成都企业增加300家。", "成都新增企业300家。"),
        ("成都地铁日均客运量119.45万人次。", "成都地铁每天客运量119.45万人次。"),
        ("成都地铁每天客运量119.45万人次。", "成都地铁日均客运量119.45万人次。"),
        ("科创投投资23.26亿元。", "科创投累计投资23.26亿元。"),
        ("科创投投资23.26亿元。", "2021年，科创投投资23.26亿元。"),
        ("2021年，科创投投资23.26亿元。", "2021年上半年，科创投投资23.26亿元。"),
        ("截至2021年底，科创投投资23.26亿元。", "2021年，科创投投资23.26亿元。"),
        ("7月6日，科创投投资23.26亿元。", "7月7日，科创投投资23.26亿元。"),
        ("今年1月至2月，科创投投资23.26亿元。", "2022年以来，科创投投资23.26亿元。"),
        ("企业数预计达7800家。", "企业数预计达7800家。"),
        ("企业数力争达7800家。", "企业数预计达7800家。"),
        ("科创投单年累计投资23.26亿元。", "科创投单年累计投资23.26亿元。"),
        ("成都带兵300人。", "成都将领带兵300人。"),
        ("成都每场签约3项。", "成都每场签约3项。"),
        ("成都每天用电3万度。", "成都一天用电3万度。"),
        ("成都指数↑3%。", "成都指数↑3%。"),
        ("成都推动建设中心20家。", "成都提出，完善平台，推动建设中心20家。"),
        ("成都已建成中心20家。", "成都提出，完善平台，中心达20家。"),
        ("成都建成中心20家。", "成都提出的中心已建成20家。"),
        ("成都建成中心20家。", "成都的目标已实现，建成中心20家。"),
        ("成都已建成中心20家。", "成都提出完善平台，已建成中心20家。"),
        ("成都已建成中心20家。", "成都如期完成计划，中心20家。"),
    ],
)
def test_nothing_speaks_against_a_figure_of_the_same_thing(draft, stated):
    found = verdict(draft, stated)
    assert (found.label, found.reason) == (Label.SUPPORTED, Reason.NONE)


@pytest.mark.parametrize(
    ("draft", "stated"),
    [
        ("2020年，科创投投资23.26亿元。", "2021年，科创投投资23.26亿元。"),
        ("2021年7月，科创投投资23.26亿元。", "2021年8月，科创投投资23.26亿元。"),
        ("2021年上半年，科创投投资23.26亿元。", "2021年，科创投投资23.26亿元。"),
        ("截至2020年底，科创投投资23.26亿元。", "截至2021年底，科创投投资23.26亿元。"),
        ("截至2021年底，科创投投资23.26亿元。", "2022年1月，科创投投资23.26亿元。"),
        ("2020年7月6日科创投投资23.26亿元。", "2021年7月7日科创投投资23.26亿元。"),
        ("去年，科创投投资23.26亿元。", "今年，科创投投资23.26亿元。"),
    ],
)
def test_another_time(draft, stated):
    assert_refuted(verdict(draft, stated), Reason.TIME)


@pytest.mark.parametrize(
    ("draft", "stated", "expected"),
    [
        ("营业收入同比下降16.3%。", "营业收入同比增长16.3%。", "增长16.3%"),
        ("营业收入同比增长16.3%。", "营业收入同比下降16.3%。", "下降16.3%"),
        ("成都指数跌0.34%。", "成都指数涨0.34%。", "涨0.34%"),
        ("成都净值升0.34%。", "成都净值降0.34%。", "降0.34%"),
        ("成都净值减0.34%。", "成都净值增0.34%。", "增0.34%"),
        ("成都物价增速降低0.3个百分点。", "成都物价增速提高0.3个百分点。", "提高0.3个百分点"),
        ("成都物价降幅扩大0.3个百分点。", "成都物价降幅缩小0.3个百分点。", "缩小0.3个百分点"),
        ("绿道建设工期缩短3天。", "绿道建设工期延长3天。", "延长3天"),
        ("成都指数↑3%。", "成都指数↓3%。", "↓3%"),
        ("成都企业减少300家。", "成都新增企业300家。", "300家"),
    ],
)
def test_the_other_way(draft, stated, expected):
    found = verdict(draft, stated)
    assert_refuted(found, Reason.DIRECTION)
    assert found.expected == expected


@pytest.mark.parametrize(
    ("draft", "stated"),
    [
        ("营业收入环比增长16.3%。", "营业收入同比增长16.3%。"),
        ("营业收入同比增长16.3%。", "营业收入环比增长16.3%。"),
        ("成都地铁日均客运量119.45万人次。", "成都地铁客运量119.45万人次。"),
        ("成都地铁客运量119.45万人次。", "成都地铁日均客运量119.45万人次。"),
        ("成都地铁累计客运量119.45万人次。", "成都地铁日均客运量119.45万人次。"),
        ("成都地铁年均客运量119.45万人次。", "成都地铁日均客运量119.45万人次。"),
        ("成都累计有企业300家。", "成都新增企业300家。"),
        ("成都新增企业300家。", "成都累计有企业300家。"),
        ("科创投单年投资23.26亿元。", "科创投累计投资23.26亿元。"),
        ("成都每场签约3项。", "成都签约3项。"),
    ],
)
def test_another_statistic(draft, stated):
    assert_refuted(verdict(draft, stated), Reason.STATISTIC)


@pytest.mark.parametrize(
    ("draft", "stated", "expected"),
    [
        ("企业数已达7800家。", "企业数预计达7800家。", "预计达7800家"),
        ("企业数达7800家。", "企业数预计达7800家。", "预计达7800家"),
        ("合同成交额实现1300亿元。", "力争合同成交额1300亿元。", "力争合同成交额1300亿元"),
        ("成都建成中心20家。", "成都计划建成中心20家。", "计划建成中心20家"),
        ("成都建成中心20家。", "成都有望建成中心20家。", "有望建成中心20家"),
        ("成都建成中心20家。", "成都拟建成中心20家。", "拟建成中心20家"),
        ("成都建成中心20家。", "成都将建成中心20家。", "将建成中心20家"),
        ("成都建成中心20家。", "成都规划建设中心20家。", "规划建设中心20家"),
        ("成都建成中心20家。", "成都提出建成中心20家。", "20家"),
        ("成都建成中心20家。", "成都冲刺中心20家。", "20家"),
        ("成都如期建成中心20家。", "成都目标为建成中心20家。", "目标为建成中心20家"),
        ("成都已建成中心20家。", "成都提出，完善平台，推动建设中心20家。", "20家"),
    ],
)
def test_what_is_to_come_told_as_done(draft, stated, expected):
    found = verdict(draft, stated)
    assert_refuted(found, Reason.HEDGE)
    assert found.expected == expected


@pytest.mark.parametrize(
    ("draft", "stated"),
    [
        ("重庆建成中心20家。", "成都建成中心20家，超过重庆。"),
        ("成都建成中心20家。", "重庆建成中心20家，超过成都。"),
    ],
)
def test_another_place(draft, stated):
    assert_refuted(verdict(draft, stated), Reason.SUBJECT)


def test_a_day_of_another_year_is_another_time_but_a_day_of_the_same_is_a_claim_of_its_own():
    stated = "2021年7月7日科创投投资23.26亿元。"
    assert verdict("2021年7月6日科创投投资23.26亿元。", stated).label is Label.SUPPORTED
    assert_refuted(verdict("2022年7月7日科创投投资23.26亿元。", stated), Reason.TIME)


def test_this_year_goes_as_far_as_the_article():
    stated = "今年，科创投投资23.26亿元。"
    draft = "2022年1月1日至2月21日，科创投投资23.26亿元。"
    assert verdict(draft, stated, day="2022-02-21").label is Label.SUPPORTED
    assert_refuted(verdict(draft, stated, day="2022-12-31"), Reason.TIME)


def test_only_the_time_in_its_own_sentence_speaks_against_a_figure():
    after = "\n2022年，再设两只。"
    draft = "2022年，科创投投资23.26亿元。"
    assert verdict(draft, "2021年，科创投设立。科创投投资23.26亿元。" + after).label is Label.SUPPORTED
    assert_refuted(verdict(draft, "2021年，科创投投资23.26亿元。" + after), Reason.TIME)
