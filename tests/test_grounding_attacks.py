"""Sentences a small step away from an article, which a language model must not get past grounding, and true ones."""

from collections.abc import Callable, Sequence

import pytest

from knowledge import statements, words
from knowledge.articles import make_article
from knowledge.build import reading_model
from knowledge.check import among
from knowledge.generation import Statement
from knowledge.grounding import Grounded, Grounding
from knowledge.schema import Article, Hit, Passage

NEWER = (
    "2023年，青禾市实现地区生产总值5512.8亿元，同比增长5.1%；其中，第二产业增加值2190.7亿元，同比增长3.6%。\n"
    "截至2023年底，青禾市常住人口为615万人，比上年末增加3万人。\n"
    "白河市2023年实现地区生产总值3120.4亿元，同比增长5.1%。白河市常住人口为402万人。\n"
    "青湾港货物吞吐量突破2亿吨，集装箱吞吐量近600万标箱，是白河港的三倍。\n"
    "星河科技发布2023年年报。2023年，公司实现营业收入86.42亿元，同比增长18.7%。公司与东江大学联合成立了人工智能实验室，"
    "首期投入5000万元。华东基地已投产。"
)
OLDER = (
    "2022年，青禾市实现地区生产总值5230.6亿元，同比增长4.2%；其中，第二产业增加值2105.3亿元，同比下降1.3%，"
    "第三产业增加值2680.5亿元，同比增长6.1%。\n"
    "截至2022年底，青禾市常住人口为612万人，比上年末减少3万人，未达到620万人的目标。\n"
    "2022年上半年，青禾市新能源汽车产量8.6万辆，全年产量达到21.4万辆，环比增长12%。青禾市计划2025年新能源汽车产量达到50万辆。\n"
    "青禾市国企负债率由62.5%降至58.3%，下降4.2个百分点。启明电池公司没有获得国家补贴，远山汽车公司获得国家补贴1.2亿元。\n"
    "青禾市科技局主办了第三届青禾创新大会，青禾大学承办，吸引了约3000名专家参加。大会由李明主持，张伟致辞。\n"
    "截至2022年底，“禾创投”累计投资金额23.26亿元，“禾创贷”累计放款总额超157.38亿元。\n"
    "禾创中心累计约600人进行了交流与合作探讨，促成了22项合作项目签约落地。青禾超算中心成为西部首个国家超算中心，"
    "大量的实验室成果都停留在论文。禾创中心没有裁员计划。"
)

Ground = Callable[[str, Sequence[int]], Grounded | None]


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return [
        make_article("older", OLDER, title="青禾市2022年运行情况", published="2023-03-10"),
        make_article("newer", NEWER, title="青禾市2023年运行情况", published="2024-03-12"),
    ]


@pytest.fixture(scope="module")
def ground(articles: Sequence[Article]) -> Ground:
    hits: list[Hit] = []
    for article in articles:
        at = 0
        for line in article.text.split("\n"):
            passage = Passage(f"{article.id}#{at}", article.id, at, at + len(line), line, n_tokens=0)
            hits.append(Hit(passage, 1.0, len(hits) + 1))
            at += len(line) + 1
    checker = among(articles, fold=words.fold, tokenize=words.tokenize, model=reading_model())
    grounding = Grounding(checker, hits)
    return lambda text, labels: grounding.ground(Statement(text, tuple(labels)))


FALSE = [
    # two figures change places
    ("2022年青禾市第二产业增加值2680.5亿元，第三产业增加值2105.3亿元。", 1),
    ("禾创投累计投资金额157.38亿元，禾创贷累计放款总额23.26亿元。", 6),
    # another's figure
    ("青湾港集装箱吞吐量突破2亿吨。", 11),
    ("白河港货物吞吐量突破2亿吨。", 11),
    ("白河港集装箱吞吐量近600万标箱。", 11),
    ("2023年青禾市实现地区生产总值3120.4亿元。", 8, 10),
    ("启明电池公司获得国家补贴1.2亿元。", 4),
    ("累计约600人签约。", 7),
    # a half year's figure for the year, a sum for one year
    ("2022年青禾市新能源汽车产量8.6万辆。", 3),
    ("2022年，禾创投投资23.26亿元。", 6),
    ("目前禾创投累计投资金额23.26亿元。", 6),
    ("禾创投每年投资金额23.26亿元。", 6),
    ("青禾市地区生产总值目前为5230.6亿元。", 1),
    # how it is bounded
    ("截至2022年底，禾创投累计投资金额约23.26亿元。", 6),
    ("截至2022年底，禾创投累计投资金额近23.26亿元。", 6),
    ("截至2022年底，禾创贷累计放款总额恰好157.38亿元。", 6),
    ("截至2022年底，禾创贷累计放款总额157.38亿元。", 6),
    # a change for what it led to
    ("青禾市常住人口增加612万人。", 2),
    ("青禾市国企负债率下降到4.2个百分点。", 4),
    ("青禾市国企负债率下降58.3%。", 4),
    ("青禾市国企负债率为62.5%。", 4),
    # denied, or no more denied
    ("青禾市常住人口达到620万人的目标。", 2),
    ("截至2022年底，禾创投累计投资金额没有达到23.26亿元。", 6),
    ("截至2022年底，禾创投累计投资金额并非23.26亿元。", 6),
    ("截至2022年底，禾创投累计投资金额远不止23.26亿元。", 6),
    ("启明电池公司获得国家补贴。", 4),
    ("远山汽车公司没有获得国家补贴。", 4),
    ("青禾超算中心不是西部首个国家超算中心。", 7),
    ("2022年青禾市地区生产总值5230.6亿元，没有下降。", 1),
    # what it is compared with, and whose change it is
    ("青禾市国企负债率由62.5%升至58.3%。", 4),
    ("2022年上半年，青禾市新能源汽车产量8.6万辆，环比增长12%。", 3),
    ("青禾市常住人口比上年末减少3万人，达到615万人。", 2, 9),
    ("截至2022年底，禾创投累计投资金额23.26亿元，其中禾创贷超157.38亿元。", 6),
    ("截至2022年底，禾创投累计投资金额23.26亿元，全部到位。", 6),
    ("启明电池公司和远山汽车公司获得国家补贴1.2亿元。", 4),
    ("2023年青禾市和白河市地区生产总值同比增长5.1%。", 8, 10),
    ("禾创中心有裁员计划。", 7),
    # of somebody in another article, or named only later
    ("星河科技集装箱吞吐量近600万标箱。", 11, 12),
    ("华东基地投入5000万元。", 12),
    ("启明电池公司2023年营业收入为86.42亿元。", 4, 12),
    # who did what
    ("李明和张伟主持大会。", 5),
    ("青禾大学主办了第三届青禾创新大会。", 5),
    ("青禾市科技局承办了第三届青禾创新大会。", 5),
    ("大会由张伟主持，李明致辞。", 5),
    ("青禾超算中心成为全国首个国家超算中心。", 7),
    ("大量的实验室成果都走出了论文。", 7),
    ("禾创中心停止促成合作项目。", 7),
]

TRUE = [
    ("2022年，青禾市实现地区生产总值5230.6亿元，同比增长4.2%。", 1),
    ("2022年青禾市GDP为5230.6亿元，同比增长4.2%。", 1),
    ("2022年青禾市第三产业增加值为2680.5亿元，同比增长6.1%。", 1),
    ("其中，第二产业增加值2105.3亿元，同比下降1.3%；第三产业增加值2680.5亿元，增长6.1%。", 1),
    ("截至2022年底，青禾市常住人口612万人，比上年末减少3万人。", 2),
    ("青禾市2022年末常住人口未达到620万人的目标。", 2),
    ("2022年上半年，青禾市新能源汽车产量为8.6万辆。", 3),
    ("2022年，青禾市新能源汽车全年产量达到21.4万辆。", 3),
    ("青禾市计划到2025年新能源汽车产量达到50万辆。", 3),
    ("青禾市国企负债率由62.5%降至58.3%。", 4),
    ("青禾市国企负债率降到58.3%，下降了4.2个百分点。", 4),
    ("启明电池公司未获得国家补贴，远山汽车公司获得1.2亿元。", 4),
    ("第三届青禾创新大会吸引了约3000名专家参加。", 5),
    ("大会由李明主持，张伟致辞。", 5),
    ("截至2022年底，“禾创投”的累计投资金额为23.26亿元，禾创贷累计放款总额超过157.38亿元。", 6),
    ("截至2022年底，“禾创贷”累计放款超157.38亿元。", 6),
    ("累计约600人参与交流与合作探讨。", 7),
    ("2023年青禾市地区生产总值为5512.8亿元，白河市为3120.4亿元。", 8, 10),
    ("青湾港货物吞吐量超过2亿吨，集装箱吞吐量近600万标箱。", 11),
    ("青湾港集装箱吞吐量近600万标箱，是白河港的三倍。", 11),
    ("2023年，星河科技实现营业收入86.42亿元，同比增长18.7%。", 12),
    ("星河科技与东江大学联合成立了人工智能实验室，首期投入5000万元。", 12),
]


@pytest.mark.parametrize("case", FALSE, ids=lambda case: str(case[0]))
def test_what_the_article_does_not_say_is_removed(ground: Ground, case: tuple[str, *tuple[int, ...]]):
    text, *labels = case
    assert ground(text, labels) is None


@pytest.mark.parametrize("case", TRUE, ids=lambda case: str(case[0]))
def test_what_it_says_in_other_words_is_kept(ground: Ground, case: tuple[str, *tuple[int, ...]]):
    text, *labels = case
    assert ground(text, labels) is not None


@pytest.mark.parametrize("labels", [(), (0,), (99,), (1, 99)])
def test_a_label_that_is_none_is_refused(ground: Ground, labels: tuple[int, ...]):
    assert ground("2022年，青禾市实现地区生产总值5230.6亿元。", labels) is None


def test_a_sentence_that_denies_is_no_yes(articles: Sequence[Article]):
    checker = among(articles, fold=words.fold, tokenize=words.tokenize, model=reading_model())
    hits = checker.search("")
    answer = checker.reader.read("启明电池公司有没有获得国家补贴", hits)
    assert answer.yes_no is None


def test_a_reply_nested_without_end_is_no_statement():
    assert statements.read('{"claims":' * 3000, whole=True) == ()
