"""Which passages a model is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.articles import make_article
from knowledge.chunking import chunk, sentences
from knowledge.context import shown
from knowledge.features import Evidence
from knowledge.schema import Article, Hit

TEXT = (
    "江城市全年投资300亿元。其中，绿投投资23亿元。\n"
    "绿贷放款157亿元，惠及企业300家。\n"
    "同比增长8%。上述两项均创新高。\n"
    "港城市举办活动9场，签约11项。"
)
ARTICLE = make_article("a", TEXT, title="江城做媒", published="2022-02-21")


def hits(article: Article = ARTICLE, most: int = 20) -> list[Hit]:
    passages = chunk(article, count_tokens=len, max_tokens=most)
    return [Hit(passage, 1 / rank, rank) for rank, passage in enumerate(passages, 1)]


def evidence(article_id: str) -> Evidence:
    assert article_id == "a"
    return Evidence(ARTICLE, ARTICLE.text, ARTICLE.title, ())


def test_the_most_relevant_first_and_numbered():
    given_hits = hits()
    told = shown(given_hits, evidence, count=len, most=10_000)
    assert [hit.rank for hit in told] == list(range(1, len(told) + 1))
    assert told[0].passage.text == given_hits[0].passage.text


def test_a_passage_that_leans_has_the_sentence_before_it():
    leaning = [hit for hit in hits() if hit.passage.text.startswith("其中")]
    (told,) = shown(leaning, evidence, count=len, most=10_000)
    assert told.passage.text == "江城市全年投资300亿元。其中，绿投投资23亿元。"
    assert TEXT[told.passage.start : told.passage.end] == told.passage.text


def test_nothing_leans_on_another_paragraph():
    leaning = [hit for hit in hits() if hit.passage.text.startswith("同比")]
    (told,) = shown(leaning, evidence, count=len, most=10_000)
    assert told.passage.text.startswith("同比")


def test_what_is_shown_already_is_not_shown_again():
    both = hits()[:2]
    assert both[1].passage.text.startswith("其中")
    told = shown([both[1], both[0]], evidence, count=len, most=10_000)
    assert len(told) == 1


def test_one_that_does_not_fit_makes_room_for_one_that_does():
    given_hits = hits(most=60)
    longest = max(given_hits, key=lambda hit: len(hit.passage.text))
    rest = [hit for hit in given_hits if hit is not longest]
    most = len(rest[0].passage.text) + len(rest[-1].passage.text)
    told = shown([rest[0], longest, rest[-1]], evidence, count=len, most=most)
    assert [hit.passage.text for hit in told] == [rest[0].passage.text, rest[-1].passage.text]


def test_the_first_is_shown_however_long():
    assert len(shown(hits(), evidence, count=len, most=1)) == 1
    assert shown([], evidence, count=len, most=1) == ()


@given(st.permutations(hits()), st.integers(1, 200), st.integers(0, 20))
def test_whole_passages_within_the_budget(order: list[Hit], most: int, around: int):
    told = shown(order, evidence, count=len, most=most, around=around)
    for hit in told:
        passage = hit.passage
        assert passage.text == TEXT[passage.start : passage.end]
        assert any(passage.start == s.start for s in sentences(TEXT))
    assert len(told) == 1 or sum(len(hit.passage.text) + around for hit in told) <= most


@pytest.mark.parametrize("opening", ["其中", "同比", "上述", "这些"])
def test_what_leans(opening: str):
    text = f"江城市全年一共投资了300亿元整。{opening}增长了8%以上。"
    article = make_article("a", text, published="2022-02-21")
    (hit,) = [h for h in hits(article) if h.passage.text.startswith(opening)]
    (told,) = shown([hit], lambda _: Evidence(article, article.text, "", ()), count=len, most=999)
    assert told.passage.text == text
