"""One question → the nearest passages: the lexical and the dense index asked at once, their ranks fused.

Sole importer of LangChain's retriever.  Whatever the indexes say, a passage that the catalog does not have, or has
otherwise, is not returned.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from knowledge.schema import Hit, Passage

Ranking = Sequence[tuple[str, float]]
"""(passage id, score), best first."""

Search = Callable[[str, int], Ranking]
"""Takes the question and how many passages."""

_DAMP = 10
"""Of a rank in the sum of 1 / (damp + rank)."""

_DENSE = 0.5
"""What a dense rank counts beside 1 for a lexical one.

Measured on the 211 development questions over 1,012 articles with all vectors: recall@1 / @3 / @5 of words alone
.80 / .92 / .98, of vectors alone .69 / .92 / .94, fused .80 / .93 / .99; damp 3 to 60 and dense .3 to .5 differ by one
or two questions, dense at 1 loses two at @1 and wins four at @3.
"""

_POOL = 50
"""Passages asked of each index, at least."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the indexes said of one passage.

    Attributes:
        passage_id: Which.
        score: Fused, in (0, 1]; 1 if it is first in all that was asked.
        lexical: BM25 score, or None if the lexical index did not return it.
        dense: Cosine in [-1, 1], or None if the dense index did not return it.
    """

    passage_id: str
    score: float
    lexical: float | None
    dense: float | None


def fuse(
    lexical: Ranking, dense: Ranking, *, coverage: float = 1.0, bare: Collection[str] = frozenset()
) -> list[Found]:
    """All passages of two rankings, best first, by their ranks in both.

    A passage without a vector can't be in the dense ranking and must not lose for it: it is taken to stand there
    where it stands in the lexical one.  A dense rank among a part of the passages is taken for the rank it would be
    among all.

    Args:
        lexical: (passage id, score), best first.
        dense: The same from the dense index.
        coverage: Share of passages that have a vector, in (0, 1].
        bare: Those of the lexical ranking that have no vector.

    >>> [f.passage_id for f in fuse([("a", 9.0), ("b", 8.0)], [("b", 0.9), ("c", 0.8)])]
    ['b', 'a', 'c']
    >>> [f.passage_id for f in fuse([("a", 9.0), ("b", 8.0)], [("b", 0.9), ("c", 0.8)], bare={"a"}, coverage=0.5)]
    ['a', 'b', 'c']
    """
    weight = _DENSE if dense else 0.0
    scores: dict[str, float] = {}
    for rank, (passage_id, _) in enumerate(lexical, 1):
        share = 1.0 + weight if passage_id in bare else 1.0
        scores[passage_id] = share / (_DAMP + rank)
    for rank, (passage_id, _) in enumerate(dense, 1):
        scores[passage_id] = scores.get(passage_id, 0.0) + weight / (_DAMP + rank / coverage)
    best = (1.0 + weight) / (_DAMP + 1)
    by_words, by_meaning = dict(lexical), dict(dense)
    ranked = sorted(scores, key=lambda i: (-scores[i], i))
    return [Found(i, scores[i] / best, by_words.get(i), by_meaning.get(i)) for i in ranked]


class FusedRetriever(BaseRetriever):
    """A LangChain retriever over two indexes and the catalog.

    Attributes:
        lexical: Asks the lexical index.
        dense: Asks the dense index, or None to do without.
        coverage: Share of passages that have a vector, in [0, 1].
        bare: Those of some passages that have no vector.
        passages: Passages by id, only those that are in.
        k: How many passages to return.
    """

    lexical: Search
    dense: Search | None = None
    coverage: Callable[[], float]
    bare: Callable[[Sequence[str]], Collection[str]]
    passages: Callable[[Sequence[str]], Mapping[str, Passage]]
    k: int = 30

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        """The nearest passages, nearest first."""
        del run_manager  # nothing to report while two local indexes answer
        wanted = k or self.k
        return self._documents(self._ranked(query, max(_POOL, 2 * wanted)), wanted)

    def _ranked(self, query: str, pool: int) -> list[Found]:
        coverage = self.coverage() if self.dense else 0.0
        if self.dense is None or not coverage:
            return fuse(self.lexical(query, pool), [])
        with ThreadPoolExecutor(1) as beside:
            waiting = beside.submit(self.dense, query, pool)
            by_words = self.lexical(query, pool)
            bare = self.bare([passage_id for passage_id, _ in by_words]) if coverage < 1 else ()
            return fuse(by_words, waiting.result(), coverage=coverage, bare=bare)

    def _documents(self, ranked: Sequence[Found], wanted: int) -> list[Document]:
        kept: list[Document] = []
        for at in range(0, len(ranked), wanted):
            some = ranked[at : at + wanted]
            passages = self.passages([found.passage_id for found in some])
            for found in some:
                passage = passages.get(found.passage_id)
                if passage is not None and len(kept) < wanted:
                    kept.append(to_document(passage, found, len(kept) + 1))
            if len(kept) == wanted:
                break
        return kept


def to_document(passage: Passage, found: Found, rank: int) -> Document:
    """The LangChain document of a passage that was found."""
    metadata = {
        "article_id": passage.article_id,
        "start": passage.start,
        "end": passage.end,
        "passage_id": passage.id,
        "n_tokens": passage.n_tokens,
        "heading": passage.heading,
        "rank": rank,
        "score": found.score,
        "lexical": found.lexical,
        "dense": found.dense,
    }
    return Document(page_content=passage.text, metadata=metadata, id=passage.id)


def to_hit(document: Document) -> Hit:
    """The hit that a document of `FusedRetriever` stands for."""
    told: Mapping[str, Any] = document.metadata
    passage = Passage(
        id=told["passage_id"],
        article_id=told["article_id"],
        start=told["start"],
        end=told["end"],
        text=document.page_content,
        n_tokens=told["n_tokens"],
        heading=told["heading"],
    )
    return Hit(passage, told["score"], told["rank"], told["lexical"], told["dense"])


def hits(retriever: BaseRetriever, words: str) -> tuple[Hit, ...]:
    """What the retriever finds for some words."""
    return tuple(to_hit(document) for document in retriever.invoke(words))
