from datetime import date

import pytest

from knowledge import words
from knowledge.articles import make_article
from knowledge.check import whole
from knowledge.claims import claims
from knowledge.features import Evidence
from knowledge.figures import scan
from knowledge.linking import link
from knowledge.matching import weigh
from knowledge.question import analyse
from knowledge.ruling import UNKNOWN, Ruling
from knowledge.schema import Period
from knowledge.stated import follows_in_time, rule_name, rule_stated
from knowledge.verdict import Label, Reason

ANCHOR = date(2022, 2, 21)
YES, NO, OPEN = True, False, None


def period(text: str, anchor: date | None = ANCHOR) -> Period:
    (found,) = scan(text, anchor=anchor).periods
    return found


@pytest.mark.parametrize(
    ("claimed", "stated", "verdict"),
    [
        ("2021年", "2021年", YES),
        ("去年", "2021年", YES),
        ("2021年", "2021年7月", YES),
        ("2021年7月", "2021年7月6日", YES),
        ("2021年", "2021年7月6日", YES),
        ("2021年上半年", "2021年一季度", YES),
        ("截至2021年底", "2021年", YES),
        ("截至2021年底", "2021年底", YES),
        ("2021年12月31日", "截至2021年底", YES),
        ("2021年", "截至2021年底", YES),
        ("2021年底", "截至2021年底", YES),
        ("2021年12月", "截至2021年底", OPEN),
        ("2021年7月", "截至2021年7月6日", OPEN),
        ("2021年7月", "2021年", OPEN),
        ("2021年7月6日", "2021年7月", OPEN),
        ("2020年", "2019年至2021年", OPEN),
        ("截至2021年7月", "2021年上半年", OPEN),
        ("截至2021年6月", "2021年", OPEN),
        ("2021年", "2022年7月", OPEN),
        ("2021年12月", "2021年", OPEN),
        ("2021年一季度", "2020年", OPEN),
        ("2020年", "2021年", NO),
        ("2021年7月", "2021年8月", NO),
        ("2021年7月6日", "2021年7月7日", NO),
        ("2021年7月6日", "2020年7月6日", NO),
        ("2021年上半年", "2021年下半年", NO),
        ("2019年至2021年", "2020年", NO),
        ("截至2021年底", "截至2020年底", NO),
    ],
)
def test_whether_a_time_follows_from_another(claimed, stated, verdict):
    assert follows_in_time(period(claimed), period(stated)) is verdict


@pytest.mark.parametrize(
    ("claimed", "stated", "verdict"),
    [
        ("7月6日", "2021年7月6日", YES),
        ("2021年7月6日", "7月6日", YES),
        ("12月20日至1月5日", "2020年12月20日至2021年1月5日", YES),
        ("7月", "2021年7月6日", YES),
        ("7月6日", "7月", OPEN),
        ("12月25日", "12月20日至1月5日", OPEN),
        ("2021年", "7月", OPEN),
        ("7月6日", "2021年", OPEN),
        ("7月6日", "2021年7月7日", NO),
        ("8月", "2021年7月", NO),
    ],
)
def test_where_a_year_is_unknown_the_days_count(claimed, stated, verdict):
    assert follows_in_time(period(claimed, None), period(stated, None)) is verdict


MATCH = (
    "7月6日，成都队在主场战胜重庆队，球迷乘坐G4719次列车到场。\n"
    "7月8日，市里举行颁奖仪式，冠军获得第2名的祝贺。\n"
    "聚焦“5+5+1”产业领域。奖牌编号88123。"
)


def evidence(text: str, *, day: str = "2021-07-09", title: str = "") -> Evidence:
    article = make_article(f"{day}{text[:9]}", text, title=title, published=day)
    folded = words.fold(article.text)
    return Evidence(article, folded, words.fold(title), link(folded, anchor=article.day))


def ruled(draft: str, *sources: Evidence, is_about: bool = True) -> Ruling:
    """The verdict on the first date or token of a draft."""
    given = sources or (evidence(MATCH),)
    claim = next(c for c in claims(words.fold(draft), anchor=date(2021, 7, 9)) if not c.figure)
    terms = analyse(claim.said, tokenize=words.tokenize).terms
    return rule_stated(
        claim,
        weigh(terms, lambda word: sum(word in s.text for s in given), 9),
        [whole(s.article) for s in given],
        {s.article.id: s for s in given},
        is_about=is_about,
    )


@pytest.mark.parametrize(
    "draft",
    [
        "7月6日，成都队在主场战胜重庆队。",
        "2021年7月6日，成都队在主场战胜重庆队。",
        "7月，成都队在主场战胜重庆队。",
        "球迷乘坐G4719次列车到场。",
        "冠军获得第2名的祝贺。",
        "聚焦5+5+1产业领域。",
        "奖牌编号88123。",
    ],
)
def test_what_the_article_states(draft):
    ruling = ruled(draft)
    assert (ruling.label, ruling.reason, len(ruling.basis)) == (Label.SUPPORTED, Reason.NONE, 1)
    assert ruling.expected == ""


@pytest.mark.parametrize(
    ("draft", "reason", "expected"),
    [
        ("7月7日，成都队在主场战胜重庆队。", Reason.TIME, "7月6日"),
        ("7月8日，成都队在主场战胜重庆队。", Reason.TIME, "7月6日"),
        ("8月，成都队在主场战胜重庆队。", Reason.NONE, ""),
        ("球迷乘坐G4720次列车到场。", Reason.VALUE, "G4719"),
        ("聚焦3+6+1产业领域。", Reason.VALUE, "5+5+1"),
        ("奖牌编号88124。", Reason.VALUE, "88123"),
    ],
)
def test_what_the_article_states_otherwise(draft, reason, expected):
    ruling = ruled(draft)
    label = Label.REFUTED if reason else Label.NOT_ENOUGH_INFO
    assert (ruling.label, ruling.reason, ruling.expected) == (label, reason, expected)


@pytest.mark.parametrize(
    "draft",
    [
        "天气预报说9月9日转晴。",
        "飞机航班CA1405晚点。",
        "诗人获得第9名。",
        "诗人在诗会上朗诵长诗，观众喜爱，列为第2名。",
        "球迷乘坐K88次列车到场。",
    ],
)
def test_what_the_article_does_not_speak_of(draft):
    assert ruled(draft) == UNKNOWN


def test_the_sentence_of_the_same_words_is_cited():
    text = "7月6日，评委会开会讨论。\n2021年7月6日，成都队在主场战胜重庆队。"
    basis = ruled("7月6日，成都队在主场战胜重庆队。", evidence(text)).basis[0]
    assert basis.surface == "2021年7月6日"
    both = "2021年7月6日，成都队在主场战胜重庆队。\n7月6日，成都队在主场战胜重庆队。"
    assert ruled("7月6日，成都队在主场战胜重庆队。", evidence(both)).basis[0].surface == "7月6日"


def test_what_the_sentence_before_says_counts_but_less():
    draft = "成都队在主场战胜重庆队，那是7月6日。"
    before = "成都队在主场战胜重庆队。那是7月6日。"
    assert ruled(draft, evidence(before)).label is Label.SUPPORTED
    assert ruled(draft, evidence(f"{before}\n成都队在主场战胜重庆队，那是7月8日。")).label is Label.REFUTED
    assert ruled(draft, evidence("那是7月6日。")) == UNKNOWN


def test_among_articles_that_a_draft_may_not_be_about_a_date_alone_is_no_support():
    draft = "7月8日，市民前往成都公园野餐、划船、看花。"
    assert ruled(draft).label is Label.SUPPORTED
    assert ruled(draft, is_about=False) == UNKNOWN
    whole_draft = "7月8日，成都举行颁奖仪式。"
    assert ruled(whole_draft, is_about=False).label is Label.SUPPORTED


@pytest.mark.parametrize(
    ("draft", "label"),
    [
        ("据成都日报7月9日报道，市民看花。", Label.SUPPORTED),
        ("据成都日报7月10日报道，市民看花。", Label.NOT_ENOUGH_INFO),
        ("7月9日，市民前往公园看花。", Label.NOT_ENOUGH_INFO),
    ],
)
def test_the_day_an_article_came_out_is_stated_by_its_date(draft, label):
    source = evidence("公园里花开了。成都队获胜。")
    ruling = ruled(draft, source)
    assert ruling.label is label
    assert [basis.surface for basis in ruling.basis] == (["公园里花开了。"] if ruling.basis else [])


def test_no_month_is_stated_by_the_day_an_article_came_out():
    source = evidence("公园里花开了。", day="2021-07-01")
    assert ruled("据成都日报7月1日报道，市民看花。", source).label is Label.SUPPORTED
    assert ruled("据成都日报7月报道，市民看花。", source) == UNKNOWN


@pytest.mark.parametrize(
    "text", ["乘坐G47190次列车到场。", "乘坐AG4719次列车到场。", "乘坐G4719.5次列车到场。"]
)
def test_a_longer_token_states_no_shorter_one(text):
    assert ruled("乘坐G4719次列车到场。", evidence(text)).label is not Label.SUPPORTED


ORDER = "成都获得第2名。\n奖项是3个奖项。\n关键环节是第3步。这是第3步。\n成都名列第7。"


@pytest.mark.parametrize(
    ("draft", "label"),
    [
        ("成都获得第2名。", Label.SUPPORTED),
        ("成都获得第二名。", Label.SUPPORTED),
        ("这是第三步。", Label.SUPPORTED),
        ("成都名列第七名。", Label.SUPPORTED),
        ("成都名列第七。", Label.SUPPORTED),
        ("成都获得第3名。", Label.REFUTED),
        ("这是第二步。", Label.REFUTED),
        ("关键环节是第三名。", Label.NOT_ENOUGH_INFO),
        ("奖项是第3个奖项。", Label.NOT_ENOUGH_INFO),
    ],
)
def test_a_place_in_an_order_is_of_its_own_sort(draft, label):
    assert ruled(draft, evidence(ORDER)).label is label


def test_only_the_passages_that_were_found_are_looked_at():
    source = evidence(MATCH)
    claim = claims("奖牌编号88123。")[0]
    terms = weigh(analyse(claim.said, tokenize=words.tokenize).terms, lambda _: 1, 9)
    hit = whole(source.article)
    passage = type(hit.passage)("p", hit.passage.article_id, 0, 40, MATCH[:40], 0)
    near = type(hit)(passage, 1.0, 1)
    sources = {source.article.id: source}
    assert rule_stated(claim, terms, [hit, hit], sources, is_about=True).label is Label.SUPPORTED
    assert rule_stated(claim, terms, [near], sources, is_about=True) == UNKNOWN


@pytest.mark.parametrize(
    ("draft", "supported"),
    [
        ("他效力于汉诺威96队。", YES),
        ("他效力于汉诺威97队。", NO),
        ("他效力于不莱梅96队。", NO),
        ("共96队。", NO),
        ("威96队来了。", NO),
    ],
)
def test_a_number_that_is_part_of_a_name(draft, supported):
    source = evidence("这名球员来自“汉诺威96”俱乐部，年薪3万元。")
    (claim,) = (c for c in claims(draft) if c.figure)
    ruling = rule_name(claim, {source.article.id: source})
    assert (ruling is not None) is supported
    if ruling:
        assert ruling.label is Label.SUPPORTED
        assert ruling.basis[0].sentence == source.sentences[0]
