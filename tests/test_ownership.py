"""Whose a figure is, over sentences made up for it."""

import pytest

from knowledge.features import Evidence, features
from knowledge.linking import link
from knowledge.matching import weigh
from knowledge.question import analyse
from knowledge.schema import Article, Hit, Passage
from knowledge.words import fold, tokenize

PARTS = (
    "港口开行班列242列，同比增长22%，其中铁海班列202列，中老班列27列，中越班列9列，公路班列4列，货值12亿元。"
)
CLINICS = "新增3位医生，全市医生达33位；茶叶公司15家，粮食公司数达780家，食品产业营业收入全年实现9亿元。"
TWO = "“绿投”累计投资23亿元，“绿贷”累计放款157亿元。"
SERIES = "水电、风电发电量分别为26亿度和17亿度。"
MEETING = "县里开展专场活动300余场，吸引了专家团队1200余人次和7000余家本地企业参与，办展会21场、论坛9场。"
BRANCH = "华为终端今日发布报告。华为终端实现收入78亿元，员工43万人。华为终端的仓库有9个。\n华为终端说好。"
ELSEWHERE = "华为昨日发布报告，华为云也是。华为云的收入未披露。"


def told(question, text, surface, *, beside="", name):
    """One sign of one figure of a text, for a question."""
    figures = link(text)
    figure = next(f for f in figures if f.quantity.surface == surface)
    article = Article("a", "", "", None, "", text, "")
    asked = analyse(fold(question), tokenize=tokenize, beside=text + beside)
    terms = weigh(asked.terms, lambda _: 1, 100)
    hit = Hit(Passage("a#0", "a", 0, len(text), text, 0), 1.0, 1)
    return features(asked, terms, hit, Evidence(article, text, "", figures), figure)[name]


@pytest.mark.parametrize(
    ("question", "surface", "elsewhere"),
    [
        ("中越班列开行多少列", "242列", True),
        ("中越班列开行多少列", "9列", False),
        ("中越班列增长多少", "22%", True),
        ("中越班列货值多少", "12亿元", True),
        ("港口班列货值多少", "12亿元", False),
        ("港口开行班列多少列", "242列", False),
    ],
)
def test_a_part_has_its_own_figure_and_not_the_whole_s(question, surface, elsewhere):
    assert told(question, PARTS, surface, name="stands_elsewhere") == elsewhere


@pytest.mark.parametrize(
    ("question", "owned"),
    [
        ("医生营业收入", 1.0),
        ("茶叶公司营业收入是多少", 1.0),
        ("出租车营业收入是多少", 0.6),
        ("食品产业营业收入是多少", 0.0),
        ("全年营业收入是多少", 0.0),
    ],
)
def test_a_measure_with_an_owner_is_not_another_s(question, owned):
    assert told(question, CLINICS, "9亿元", name="owned") == owned


@pytest.mark.parametrize(
    ("question", "text", "surface", "several"),
    [
        ("绿投和绿贷一共多少", TWO, "157亿元", True),
        ("绿投、绿贷分别是多少", TWO, "23亿元", True),
        ("绿投绿贷合计金额", TWO, "23亿元", True),
        ("绿贷累计放款一共多少", TWO, "157亿元", False),
        ("水电和风电发电量分别是多少", SERIES, "26亿度", True),
        ("水电和风电一共发电多少", "水电和风电一共发电43亿度，其中水电26亿度。", "43亿度", False),
        ("水电和火电合计发电量", "水电发电量26亿度。", "26亿度", True),
        ("除水电和风电之外共发电多少", SERIES, "26亿度", False),
    ],
)
def test_one_of_two_things_is_not_both(question, text, surface, several):
    assert told(question, text, surface, name="one_of_several") == several


@pytest.mark.parametrize(
    ("question", "beside", "namesake"),
    [
        ("华为收入多少", ELSEWHERE, True),
        ("华为云收入多少", ELSEWHERE, True),
        ("华为终端收入多少", ELSEWHERE, False),
        ("华为收入多少", "", False),
    ],
)
def test_a_longer_name_is_another_s_where_the_passages_know_the_shorter_one(question, beside, namesake):
    assert told(question, BRANCH, "78亿元", beside=beside, name="namesake") == namesake


@pytest.mark.parametrize(
    ("question", "surface", "other"),
    [
        ("专场活动有多少专家参与", "7000余家", 1.0),
        ("专场活动的专家几家", "7000余家", 0.6),
        ("专场活动有多少专家参与", "1200余人次", 0.0),
        ("展会企业多少家", "21场", 1.0),
        ("展会多少企业参加", "21场", 1.0),
        ("展会办了多少场", "21场", 0.0),
        ("专场活动吸引了多少家本地企业", "7000余家", 0.0),
        ("展会有多少", "9场", 0.0),
    ],
)
def test_a_figure_that_counts_other_things(question, surface, other):
    assert told(question, MEETING, surface, name="counts_other") == other
