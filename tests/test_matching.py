import pytest

from knowledge.matching import presence, weigh
from knowledge.places import first_place, places
from knowledge.terms import Term


@pytest.mark.parametrize(
    ("term", "text", "least", "most"),
    [
        ("投资", "累计投资金额", 1.0, 1.0),
        ("营收", "实现营业收入", 0.9, 0.9),
        ("高企", "高新技术企业数", 0.7, 0.7),
        ("营收增幅", "营业收入同比增长", 0.8, 0.9),
        ("企业", "促进校企地合作签约", 0.9, 0.9),
        ("甲投", "“甲贷”累计放款", 0.0, 0.4),
        ("利润", "营业收入", 0.0, 0.0),
        ("制造业", "非制造业商务活动指数", 0.3, 0.3),
        ("制造业", "制造业与非制造业指数", 1.0, 1.0),
        ("非制造业", "非制造业商务活动指数", 1.0, 1.0),
        ("非制造业", "制造业采购经理指数", 0.0, 0.0),
        ("甲城", "据甲城日报消息", 0.3, 0.3),
        ("甲城", "据甲城日报消息，甲城新建住房", 1.0, 1.0),
    ],
)
def test_presence(term, text, least, most):
    assert least <= presence(term, text) <= most


def test_a_rare_word_weighs_more_than_one_in_every_passage():
    frequencies = {"成都": 100, "科创投": 1}
    common, rare = weigh([Term("成都", 1.0), Term("科创投", 1.0)], frequencies.__getitem__, 100)
    assert common.weight == pytest.approx(0.4, abs=0.02)
    assert rare.weight > 0.85


def test_a_superlative_is_no_place():
    assert places("全国首个中心在成都启用，我国领先") == {"成都", "中国"}


def test_the_first_place_of_a_text():
    assert first_place("全国首个中心在成都启用，重庆紧随其后") == "成都"
    assert first_place("公司营收创下新高") == ""
