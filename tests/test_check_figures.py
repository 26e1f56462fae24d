"""Which figure of the articles a claim is held against."""

import json
from collections.abc import Sequence
from importlib import resources

import pytest

from knowledge import words
from knowledge.articles import make_article
from knowledge.check import Checker, among, whole
from knowledge.claims import claims
from knowledge.ranking import Model
from knowledge.schema import Article, Direction, Finding, Hit, Passage
from knowledge.verdict import Label, Reason, Verdict

MODEL = Model.from_json(
    json.loads(resources.files("knowledge").joinpath("reading_model.json").read_text("utf-8"))
)
ITEMS = "“科创投”投资金额23.26亿元。\n“科创贷”投资金额5.5亿元。"
SHOPS = "".join(f"第{n}号门店开张，营业额{n * 10 + 3}万元。\n" for n in range(1, 31))


def article(text: str, *, name: str = "a") -> Article:
    return make_article(name, text, published="2022-02-21")


def checker(*texts: str) -> Checker:
    articles = [article(text, name=f"a{i}") for i, text in enumerate(texts)]
    return among(articles, fold=words.fold, tokenize=words.tokenize, model=MODEL)


def verdict(draft: str, *texts: str) -> Verdict:
    """The verdict on the last figure of a draft."""
    return [v for v in checker(*texts).check(draft).verdicts if v.quantity][-1]


@pytest.mark.parametrize(("name", "expected"), [("科创投", "23.26亿元"), ("科创贷", "5.5亿元")])
@pytest.mark.parametrize(
    "told", ["{}投资金额8亿元。", "{}很受欢迎。投资金额8亿元。", "{}|8亿元", "{}\t8亿元"]
)
def test_the_words_before_a_number_say_which(name, expected, told):
    head = "项目\t投资金额\n" if "\t" in told else "项目|投资金额\n" if "|" in told else ""
    found = verdict(head + told.format(name), ITEMS)
    assert (found.label, found.reason, found.expected) == (Label.REFUTED, Reason.VALUE, expected)


@pytest.mark.parametrize(
    ("columns", "label"), [(("投资金额", "管理费用"), True), (("管理费用", "投资金额"), False)]
)
def test_the_head_of_a_column_says_what_a_number_is_of(columns, label):
    draft = f"| 项目 | {columns[0]} | {columns[1]} |\n|---|---|---|\n| 科创投 | 23.26亿元 | 8亿元 |"
    found = checker("“科创投”投资金额23.26亿元。\n“科创投”管理费用1.5亿元。").check(draft).verdicts[0]
    assert (found.label is Label.SUPPORTED) is label


@pytest.mark.parametrize(
    ("draft", "cited"), [("成都活动300场。", 0), ("重庆活动500场。", 1), ("昆明活动700场。", 2)]
)
def test_it_may_stand_in_any_article(draft, cited):
    found = verdict(draft, "成都活动300场。", "重庆活动500场。", "昆明活动700场。")
    assert found.label is Label.SUPPORTED
    assert [c.article_id for c in found.citations] == [f"a{cited}"]


def test_of_many_the_sentence_most_like_the_claims_decides():
    found = verdict("科创投累计投资金额25亿元。", SHOPS + "“科创投”累计投资金额23.26亿元。")
    assert (found.label, found.expected) == (Label.REFUTED, "23.26亿元")


def test_of_many_one_whose_number_agrees_is_not_passed_over():
    stated = SHOPS + "合作银行投放款项23.26亿元。"
    assert verdict("门店开张，营业额以外，银行放款23.26亿元。", stated).label is Label.SUPPORTED


def test_what_has_another_unit_speaks_against_nothing():
    found = verdict("科创投投资金额5公里。", ITEMS)
    assert (found.label, found.citations) == (Label.NOT_ENOUGH_INFO, ())


def test_a_number_that_is_part_of_a_name_is_no_figure():
    stated = "这名球员来自“汉诺威96”俱乐部，年薪3万元，队里有25人。"
    assert verdict("他效力于汉诺威96队。", stated).label is Label.SUPPORTED
    assert verdict("他效力于不莱梅96队。", stated).label is not Label.SUPPORTED


def test_only_what_was_found_is_looked_at():
    stored = article("“科创投”投资金额23.26亿元。\n“科创贷”投资金额5.5亿元。")
    at = stored.text.index("\n")
    near = Hit(Passage("p", "a", 0, at, stored.text[:at], n_tokens=0), 1.0, 1)
    asked: list[str] = []

    def search(said: str) -> Sequence[Hit]:
        asked.append(said)
        return [near]

    reader = among([stored], fold=words.fold, tokenize=words.tokenize, model=MODEL).reader
    draft = "科创投投资金额23.26亿元，科创贷投资金额5.5亿元。"
    first, second = Checker(reader, search, is_about=False).check(draft).verdicts
    assert first.label is Label.SUPPORTED
    assert second.label is not Label.SUPPORTED
    assert asked[0] == draft
    assert ["科创投投资金额" in said for said in asked[1:]] == [True, True]
    assert "科创贷投资金额" in asked[2]


def first_of(draft: str, stated: str) -> str:
    """The figure that words alone put first: the features that reading weighs are left out."""
    one = checker(stated)
    claim = next(c for c in claims(words.fold(draft)) if c.figure)
    source = one.reader.evidence("a0")
    found = [Finding(figure, "a0", 0.0, features={}) for figure in source.figures]
    best, rest = one._best_first(claim, found, {"a0": source})[:2]
    assert best.score > rest.score
    return best.quantity.surface


@pytest.mark.parametrize(
    ("draft", "stated", "first"),
    [
        (
            "科创投在全省各地实际投资8亿元",
            "科创贷在全省各地实际投资5亿元，科创投在全省各地实际投资6亿元。",
            "6亿元",
        ),
        (
            "科创贷在全省各地实际投资8亿元",
            "科创贷在全省各地实际投资5亿元，科创投在全省各地实际投资6亿元。",
            "5亿元",
        ),
        ("投资8亿元，在全省领先", "投资5亿元，在全国靠后。投资6亿元，在全省领先。", "6亿元"),
        (
            "投资8亿元，在本省所有的城市共有3家",
            "投资5亿元，在本省所有的城市共有2家。投资6亿元，在本省所有的城市共有3家。",
            "6亿元",
        ),
        (
            "投资8亿元，在本省所有的城市共有2家",
            "投资5亿元，在本省所有的城市共有2家。投资6亿元，在本省所有的城市共有3家。",
            "5亿元",
        ),
    ],
    ids=["run", "other run", "margins", "beside", "other beside"],
)
def test_the_same_words_and_the_same_figures_beside_come_first(draft, stated, first):
    assert first_of(draft, stated) == first


def test_a_claim_is_read_as_the_question_that_its_words_ask():
    draft = "会上介绍了重庆。2021年，成都企业利润同比增长3家。"
    claim = next(c for c in claims(draft) if c.figure)
    question = checker(ITEMS)._question(claim, "")
    assert question.unit == "家"
    assert question.statistic == "同比"
    assert question.direction is Direction.UP
    assert [p.surface for p in question.periods] == ["2021年"]
    weights = {t.text: t.weight for t in question.terms}
    assert weights["重庆"] < weights["成都"] == 1
    assert {t.text for t in question.terms if t.name} == {"成都"}
    assert "3家" not in question.text


def test_words_are_weighed_by_all_articles():
    reader = checker("成都活动300场。重庆活动500场。", "昆明活动700场。").reader
    assert reader.n_passages() == 3
    assert [reader.document_frequency(word) for word in ("活动", "昆明", "上海")] == [3, 1, 0]


def test_equal_places_of_two_articles_are_two_citations():
    one, other = (
        make_article(d, f"科创投投资金额{n}亿元。", published=d)
        for d, n in (("2022-01-01", 3), ("2022-02-01", 5))
    )
    found = among([one, other], fold=words.fold, tokenize=words.tokenize, model=MODEL)
    cited = found.check("科创投投资金额5亿元。").verdicts[0].citations
    assert [(c.label, c.article_id) for c in cited] == [(1, "2022-02-01"), (2, "2022-01-01")]
    assert [hit.passage.article_id for hit in found.search("")] == ["2022-01-01", "2022-02-01"]
    assert whole(one).rank == whole(other).rank


def test_a_draft_is_taken_to_be_about_the_articles_it_is_held_against():
    assert checker(ITEMS).is_about
    draft = "7月8日，市民前往成都公园野餐、划船、看花。"
    assert checker("7月8日，市里举行仪式，成都降雨。").check(draft).verdicts[0].label is Label.SUPPORTED
