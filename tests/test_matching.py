import pytest

from knowledge.matching import presence, weigh
from knowledge.places import places
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
