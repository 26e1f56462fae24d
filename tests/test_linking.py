from datetime import date

from hypothesis import given
from hypothesis import strategies as st

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
