from collections import defaultdict

import pytest

from knowledge.features import Evidence
from knowledge.linking import link
from knowledge.matching import weigh
from knowledge.question import analyse
from knowledge.reading import candidates, crowd, objection, reordered
from knowledge.schema import Article, Finding, Hit, Passage
from knowledge.words import fold, tokenize

FEW, MANY = 100, 1_000_000


def hit(article, start, end, rank):
    passage = Passage(f"{article}#{start}-{end}", article, start, end, "", 0)
    return Hit(passage, score=1 / rank, rank=rank)


def found(question, text):
    """Surfaces and features of the candidates of one question to one article."""
    article = Article("a", "", "", None, "", text, "")
    source = Evidence(article, text, "", link(text))
    asked = analyse(fold(question), tokenize=tokenize, beside=text)
    terms = weigh(asked.terms, lambda _: 1, FEW)
    told = candidates(asked, terms, [hit("a", 0, len(text), 1)], lambda _: source, FEW)
    return {f.figure.quantity.surface: f.features for f in told}


def objected(n_passages, **features):
    return objection(defaultdict(float, features), n_passages)


@pytest.mark.parametrize(("n", "share"), [(0, 0), (1_000, 0), (10_000, 0.5), (100_000, 1), (10**7, 1)])
def test_how_crowded_the_articles_are(n, share):
    assert crowd(n) == pytest.approx(share)


def test_nothing_forbids_a_candidate_without_fault():
    assert objected(FEW) == objected(MANY) == ""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("time_conflict", "other_time"),
        ("place_conflict", "other_entity"),
        ("miss_name", "other_entity"),
        ("kind_conflict", "other_measure"),
        ("change_missing", "other_measure"),
    ],
)
def test_a_conflict_forbids_among_few_and_many(name, reason):
    assert objected(FEW, **{name: 1.0}) == objected(MANY, **{name: 1.0}) == reason


@pytest.mark.parametrize(
    ("name", "value"), [("miss_noun", 0.7), ("far_coined", 0.8), ("stolen_measure", 0.4)]
)
def test_a_word_that_is_missing_forbids_among_few_passages_only(name, value):
    assert objected(FEW, **{name: value})
    assert objected(MANY, **{name: value}) == ""
    assert objected(MANY, **{name: 1.0})


def test_the_bound_rises_with_the_crowd():
    assert objected(10_000, miss_noun=0.7) == "other_measure"
    assert objected(10_000, miss_noun=0.6) == ""


def test_hits_are_ordered_by_the_best_candidate_in_them_and_by_retrieval():
    figures = link("甲县有企业30家。乙县有企业50家。丙县有企业70家。")
    hits = [hit("a", 0, 9, 1), hit("b", 0, 9, 2), hit("a", 9, 18, 3), hit("a", 18, 27, 4)]
    scores = ((figures[2], "a", 3.0), (figures[1], "a", 2.0), (figures[0], "b", 1.0))
    found = [Finding(figure, article, 0.1, features={"s": score}) for figure, article, score in scores]
    again = reordered(hits, found, lambda features: features["s"])
    assert [(h.passage.article_id, h.passage.start) for h in again] == [
        ("a", 18),
        ("a", 9),
        ("a", 0),
        ("b", 0),
    ]
    assert [h.rank for h in again] == [1, 2, 3, 4]


def test_hits_without_candidates_keep_their_order():
    hits = [hit("a", 0, 9, 1), hit("b", 0, 9, 2), hit("c", 0, 9, 3)]
    assert reordered(hits, [], lambda _: 0.0) == tuple(hits)


def test_the_askers_own_figure_is_no_candidate():
    assert list(found("30家企业中有多少家上市", "30家企业中有9家上市。")) == ["9家"]


def test_where_a_change_set_out_from_is_no_candidate():
    assert list(found("全省失业率是多少", "全省失业率由5%降至4.8%。")) == ["4.8%"]


def test_the_unit_asked_for_shuts_out_the_others():
    text = "园区引进企业30家、院士5位，实现产值9亿元。"
    assert list(found("园区引进了多少家企业", text)) == ["30家"]
    assert list(found("园区实现产值多少钱", text)) == ["9亿元"]


def test_a_candidate_of_another_time_is_forbidden_and_beaten():
    told = found("2021年甲县产值是多少", "甲县产值2021年为30亿元，2020年为25亿元。")
    right, wrong = told["30亿元"], told["25亿元"]
    assert (right["forbidden"], wrong["forbidden"]) == (0, 1)
    assert (right["beaten_time_same"], wrong["beaten_time_same"]) == (0, 1)
