"""Over real words: whether the articles speak of a claim's subject, measure and year, and what a claim counts."""

from datetime import date

import pytest

from knowledge import words
from knowledge.articles import make_article
from knowledge.claims import Claim, claims
from knowledge.features import Evidence
from knowledge.linking import link
from knowledge.question import analyse
from knowledge.spoken import counted, named, unspoken
from knowledge.terms import Term
from knowledge.verdict import Reason

TEXT = (
    "2021年，“科创投”累计投资金额23.26亿元，“科创贷”累计放款总额超157.38亿元。\n"
    "成都市科技局举办了9场云对接活动，促进签约11项。\n"
    "7月，高新技术企业达7800家。"
)


def evidence(text: str, *, title: str = "成都做媒", source: str = "") -> Evidence:
    article = make_article(text[:4], text, title=title, source=source, published="2022-02-21")
    folded = words.fold(article.text)
    return Evidence(article, folded, words.fold(title), link(folded, anchor=article.day))


SOURCE = evidence(TEXT)


def claimed(draft: str, *, at: int = 0) -> tuple[Claim, tuple[Term, ...]]:
    """One figure of a draft with its content words."""
    found = [c for c in claims(words.fold(draft), anchor=date(2022, 2, 21)) if c.figure]
    claim = found[at]
    return claim, analyse(claim.said + claim.heading, tokenize=words.tokenize, beside=TEXT).terms


@pytest.mark.parametrize(
    "draft",
    [
        "科创投累计投资金额23.26亿元。",
        "“科创投”累计投资金额23.26亿元。",
        "2021年，科创投累计投资金额23.26亿元。",
        "去年，科创投累计投资金额23.26亿元。",
        "成都举办云对接活动9场。",
        "成都高企7800家。",
        "据重庆大学介绍，成都市举办云对接活动9场。",
        "“绿色债”发行后，签约11项。",
        "科创投通过银行累计投资金额23.26亿元。",
        "银行投资金额23.26亿元。",
        "签约11项。",
    ],
)
def test_what_the_articles_speak_of(draft):
    assert unspoken(*claimed(draft), [SOURCE]) is Reason.NONE


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        ("深圳科创投累计投资金额23.26亿元。", Reason.SUBJECT),
        ("科创投在深圳累计投资金额23.26亿元。", Reason.SUBJECT),
        ("腾讯举办云对接活动9场。", Reason.SUBJECT),
        ("“科创债”累计投资金额23.26亿元。", Reason.SUBJECT),
        ("同处西南的重庆，举办云对接活动9场。", Reason.SUBJECT),
        ("重庆市，举办云对接活动9场。", Reason.SUBJECT),
        ("北京有高新技术企业7800家，而成都有9家。", Reason.SUBJECT),
        ("科创投累计税收23.26亿元。", Reason.MEASURE),
        ("科创投为“绿色债”累计投资金额23.26亿元。", Reason.MEASURE),
        ("专利授权量达300件。", Reason.MEASURE),
        ("有6个重点实验室参加。", Reason.MEASURE),
        ("独角兽企业9家。", Reason.MEASURE),
        ("2015年，科创投累计投资金额23.26亿元。", Reason.TIME),
        ("2015年，深圳科创投累计投资金额23.26亿元。", Reason.SUBJECT),
        ("2015年，科创投累计税收23.26亿元。", Reason.MEASURE),
    ],
)
def test_what_no_article_speaks_of(draft, reason):
    assert unspoken(*claimed(draft), [SOURCE]) is reason


@pytest.mark.parametrize(
    "draft", ["今年9月，签约11项。", "12月5日，签约11项。", "截至2019年底，签约11项。", "前年，签约11项。"]
)
def test_only_a_year_must_be_spoken_of(draft):
    assert unspoken(*claimed(draft), [SOURCE]) is Reason.NONE


def test_a_part_of_the_year_is_enough():
    claim = claimed("2021年，签约11项。")
    assert unspoken(*claim, [evidence("2021年7月，签约11项。")]) is Reason.NONE
    assert unspoken(*claim, [evidence("2020年7月，签约11项。")]) is Reason.TIME


@pytest.mark.parametrize(
    "source",
    [
        evidence("签约11项。", title="重庆签约"),
        evidence("签约11项。", source="重庆市科技局"),
        evidence("在重 庆签约11项。"),
    ],
    ids=["title", "source", "spaced"],
)
def test_title_and_source_speak_too_and_spaces_do_not_matter(source):
    claim = claimed("重庆签约11项。")
    assert unspoken(*claim, [SOURCE]) is Reason.SUBJECT
    assert unspoken(*claim, [SOURCE, source]) is Reason.NONE


@pytest.mark.parametrize(("more", "reason"), [("", Reason.NONE), ("Apple公司在场。", Reason.SUBJECT)])
def test_a_latin_name_is_looked_for_where_articles_use_latin_letters(more, reason):
    assert unspoken(*claimed("Kechuang fund累计投资金额23.26亿元。"), [evidence(TEXT + more)]) is reason


@pytest.mark.parametrize(
    ("draft", "names"),
    [
        ("“人才贷”累计放款总额超157.38亿元。", ("人才贷",)),
        ("科创贷累计放款总额超157.38亿元。", ("科创贷",)),
        ("科创投设立后，科创贷累计放款总额超157.38亿元。", ("科创贷",)),
        ("成都累计放款总额超157.38亿元。", ()),
        ("签约11项。", ()),
    ],
)
def test_the_made_up_names_of_a_claim(draft, names):
    assert named(*claimed(draft)) == names


def test_without_articles_nothing_is_spoken_of():
    assert unspoken(*claimed("成都签约11项。"), []) is Reason.SUBJECT


@pytest.mark.parametrize(
    ("draft", "nouns"),
    [
        ("有6个重点实验室参加。", ("重点", "实验室")),
        ("共3家的企业参加。", ("企业",)),
        ("15家企业签约。", ("企业",)),
        ("专利授权量达300件。", ("授权量", "专利")),
        ("专利的授权量300件。", ("授权量", "专利")),
        ("企业一共参加3场。", ("企业",)),
        ("成都的高新技术企业7800家。", ("企业", "高新技术")),
        ("独角兽企业9家。", ("企业", "独角兽")),
        ("成都技术需求167项。", ("需求", "技术")),
        ("科创投累计投资金额23.26亿元。", ("金额", "投资")),
        ("成都的技术合同，共167项。", ()),
        ("高新技术企业预计目标7800家。", ("企业", "高新技术")),
        ("签约11项。", ()),
    ],
)
def test_what_a_number_counts(draft, nouns):
    assert counted(*claimed(draft)) == nouns


def test_a_score_counts_nothing():
    assert counted(*claimed("球队3：0获胜。")) == ()


def test_each_number_counts_its_own():
    draft = "7000余家企业参与，促成项目1600余项。"
    assert counted(*claimed(draft)) == ("企业",)
    assert counted(*claimed(draft, at=1)) == ("项目",)
