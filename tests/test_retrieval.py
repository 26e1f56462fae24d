"""Two rankings become one, and nothing comes back that the catalog does not have."""

# ruff: noqa: ARG001, ARG005 -- stand-ins take what the real ones take

import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.retrieval import FusedRetriever, fuse, to_hit
from knowledge.schema import Passage

NAMES = [f"a#{i}-{i + 1}" for i in range(30)]
RANKINGS = st.lists(st.sampled_from(NAMES), unique=True, max_size=12).map(
    lambda names: [(name, 10.0 - i) for i, name in enumerate(names)]
)


def order(found: list) -> list[str]:
    return [f.passage_id for f in found]


def ranking(*names: str) -> list[tuple[str, float]]:
    return [(name, 1.0 - i / 100) for i, name in enumerate(names)]


@given(RANKINGS, RANKINGS)
def test_everything_is_there_once_best_first(lexical: list, dense: list):
    found = fuse(lexical, dense)
    assert sorted(order(found)) == sorted({i for i, _ in [*lexical, *dense]})
    assert all(a.score >= b.score for a, b in pairwise(found))
    assert all(0 < f.score <= 1 for f in found)
    assert all(f.lexical == dict(lexical).get(f.passage_id) for f in found)
    assert all(f.dense == dict(dense).get(f.passage_id) for f in found)


@given(RANKINGS)
def test_one_ranking_alone_keeps_its_order(lexical: list):
    assert order(fuse(lexical, [])) == [i for i, _ in lexical]
    assert order(fuse([], lexical)) == [i for i, _ in lexical]
    assert order(fuse(lexical, lexical)) == [i for i, _ in lexical]


def test_first_in_both_is_first():
    assert order(fuse(ranking("a", "b", "c"), ranking("c", "a", "b")))[0] == "a"


def test_agreement_beats_one_index():
    assert order(fuse(ranking("a", "b"), ranking("b", "c")))[0] == "b"


def test_no_vector_is_no_fault():
    lexical, dense = ranking("a", "b", "c", "d"), ranking("b", "d")
    assert order(fuse(lexical, dense))[0] == "b"
    assert order(fuse(lexical, dense, bare={"a", "c"}, coverage=0.5))[0] == "a"


@given(RANKINGS, RANKINGS, st.floats(0.001, 1.0))
def test_passages_without_vectors_keep_their_order_among_themselves(
    lexical: list, dense: list, coverage: float
):
    bare = {i for i, _ in lexical} - {i for i, _ in dense}
    found = [i for i in order(fuse(lexical, dense, bare=bare, coverage=coverage)) if i in bare]
    assert found == [i for i, _ in lexical if i in bare]


def test_at_next_to_no_coverage_the_words_decide():
    lexical = ranking(*(f"w{i}" for i in range(10)))
    bare = {i for i, _ in lexical}
    assert order(fuse(lexical, ranking("x", "y"), bare=bare, coverage=0.0001))[:10] == [i for i, _ in lexical]


def passages(*ids: str) -> dict[str, Passage]:
    return {i: Passage(i, i[0], 0, 3, f"文{i}", 3, "小标题") for i in ids}


def retriever(**given: object) -> FusedRetriever:
    arguments = {
        "lexical": lambda question, k: ranking("a#0-1", "b#0-1", "c#0-1")[:k],
        "dense": lambda question, k: ranking("b#0-1", "d#0-1")[:k],
        "coverage": lambda: 1.0,
        "bare": lambda ids: set(),
        "passages": lambda ids: {i: p for i, p in passages("a#0-1", "b#0-1", "d#0-1").items() if i in ids},
        "k": 5,
    }
    return FusedRetriever(**{**arguments, **given})


def test_what_the_catalog_does_not_have_is_left_out_and_ranks_close_up():
    found = retriever().invoke("问")
    assert [(d.id, d.metadata["rank"]) for d in found] == [("b#0-1", 1), ("a#0-1", 2), ("d#0-1", 3)]


def test_left_out_passages_are_made_up_for():
    ids = [f"p#{i}-{i + 1}" for i in range(40)]
    there = ids[30:]
    found = retriever(
        lexical=lambda _q, k: ranking(*ids)[:k],
        dense=None,
        passages=lambda asked: {i: p for i, p in passages(*there).items() if i in asked},
        k=4,
    ).invoke("问")
    assert [d.id for d in found] == there[:4]


def test_no_more_than_k_and_k_can_be_given():
    assert [d.id for d in retriever(k=1).invoke("问")] == ["b#0-1"]
    assert len(retriever(k=1).invoke("问", k=3)) == 3


def test_a_document_becomes_the_hit_it_was():
    hits = [to_hit(d) for d in retriever().invoke("问")]
    assert [h.rank for h in hits] == [1, 2, 3]
    assert hits[0].passage == passages("b#0-1")["b#0-1"]
    assert (hits[0].lexical, hits[0].dense) == (0.99, 1.0)
    assert (hits[1].dense, hits[2].lexical) == (None, None)


def test_at_no_coverage_the_dense_index_is_not_asked():
    def never(question: str, k: int) -> list[tuple[str, float]]:
        raise AssertionError((question, k))

    found = retriever(dense=never, coverage=lambda: 0.0).invoke("问")
    assert [d.id for d in found] == ["a#0-1", "b#0-1"]


def test_a_dense_index_that_says_nothing_changes_nothing():
    assert [d.id for d in retriever(dense=lambda q, k: []).invoke("问")] == ["a#0-1", "b#0-1"]


def test_both_indexes_are_asked_at_once():
    both = threading.Barrier(2, timeout=10)

    def lexical(question: str, k: int) -> list[tuple[str, float]]:
        both.wait()
        return ranking("a#0-1")

    def dense(question: str, k: int) -> list[tuple[str, float]]:
        both.wait()
        return ranking("b#0-1")

    assert {d.id for d in retriever(lexical=lexical, dense=dense).invoke("问")} == {"a#0-1", "b#0-1"}


def test_a_failure_of_either_index_is_told():
    def broken(question: str, k: int) -> list[tuple[str, float]]:
        raise LookupError("gone")

    for name in ("lexical", "dense"):
        with pytest.raises(LookupError, match="gone"):
            retriever(**{name: broken}).invoke("问")
