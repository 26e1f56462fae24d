"""The lexical index: which passages hold the words of a question.  Sole importer of tantivy.

An index holds two kinds of document.  A passage has its words, the pairs of its characters and its context
(title, heading); an article has all its words, so that a passage can profit from what the rest of its article is
about.  Both count a term once per document: in passages of a few sentences, a word said twice tells nothing.
"""

import atexit
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from knowledge.errors import IndexStateError, StorageError
from knowledge.schema import Article, Passage

Terms = Callable[[str], Sequence[str]]

_HAN_FROM = "\u3400"
_PAIR = 2
_META = "meta.json"
_HEAP = 128_000_000
"""Bytes the writer may hold before it flushes a segment."""

_CONTEXT = 0.5
_ARTICLE = 1.2
"""Weights of title and heading, and of the article's score, beside 1 for the passage's own words.

Measured over the 211 development questions on 63,668 articles: an article weight of .7 to 1.5 lifts recall@5 by .02 to
.03 over none; the news has no titles, so that of the context is a plain guess between nothing and all.
"""
_WHOLE = 0.9
"""Terms of at least this weight are looked for in whole articles too: words, not pairs and numbers."""

_K1 = 0.15
"""How much a passage's length counts, in BM25's terms; with tantivy's own 1.2 recall@1 is .07 lower."""
_TANTIVY_K1, _B = 1.2, 0.75

_POOL = 200
"""Passages that are scored in full; at least three times what is asked for."""
_ARTICLE_POOL = 2000


@dataclass(frozen=True, slots=True)
class Texts:
    """How texts become terms.

    Attributes:
        terms: The words of a text, in order.
        plain: The text whose character pairs are indexed, folded as the words are.
    """

    terms: Terms
    plain: Callable[[str], str]


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turns what tantivy raises into our errors."""
    try:
        yield
    except OSError as e:
        raise StorageError(f"{path}: {e}; make room or check rights", item=str(path)) from e
    except (ValueError, RuntimeError, SystemError) as e:
        if re.search(r"No space left|Permission denied|Read-only file system", str(e)):
            raise StorageError(f"{path}: {e}; make room or check rights", item=str(path)) from e
        message = f"{path}: the lexical index can't be used ({e}); mend it with `wenshu ingest --rebuild`"
        raise IndexStateError(message, item=str(path), code="lexical") from e


class LexicalIndex:
    """A tantivy index in a folder of its own."""

    def __init__(self, path: Path, texts: Texts) -> None:
        """Opens the index, or makes an empty one.

        Args:
            path: Its folder.
            texts: How texts become terms; the same as when the index was filled.

        Raises:
            IndexStateError: What lies there is no index, or is damaged or of another make.
            StorageError: The folder can't be made or read.
        """
        self._path = path
        self._texts = texts
        self._writer: Any = None
        self._stamp = 0
        self._mean_size = 1.0
        with _translated(path):
            self._index = _open(path)
            self._refresh()

    @property
    def n_passages(self) -> int:
        """How many passages are in, as last committed."""
        from tantivy import Query

        with self._reading() as searcher:
            found = searcher.search(Query.exists_query("size"), 1)
            return int(found.count or 0)

    def replace(self, articles: Iterable[tuple[Article, Sequence[Passage]]]) -> None:
        """Puts articles in, in place of what the index has of them; seen after `commit`."""
        with _translated(self._path):
            writer = self._open_writer()
            for article, passages in articles:
                writer.delete_documents_by_term("article_id", article.id)
                for document in self._documents(article, passages):
                    writer.add_document(document)

    def delete(self, article_ids: Iterable[str]) -> None:
        """Takes articles out; seen after `commit`."""
        with _translated(self._path):
            writer = self._open_writer()
            for article_id in article_ids:
                writer.delete_documents_by_term("article_id", article_id)

    def clear(self) -> None:
        """Takes everything out; seen after `commit`."""
        with _translated(self._path):
            self._open_writer().delete_all_documents()

    def commit(self) -> None:
        """Makes all changes since the last commit seen and lasting, in one step."""
        if self._writer is None:
            return
        with _translated(self._path):
            self._writer.commit()
            self._refresh()

    def close(self) -> None:
        """Lets others write; what was not committed is dropped.  Searching goes on."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with _translated(self._path):
                writer.rollback()
                writer.wait_merging_threads()

    def document_frequency(self, term: str) -> int:
        """In how many passages a term stands; of a phrase, at most how many."""
        with self._reading() as searcher:
            word = term.casefold()
            found = int(searcher.doc_freq(_field(word), word))
            if found or len(word) < _PAIR or word[0] < _HAN_FROM:
                return found
            pairs = (word[i : i + 2] for i in range(len(word) - 1))
            return min(int(searcher.doc_freq("pairs", pair)) for pair in pairs)

    def search(self, weights: Mapping[str, float], k: int) -> list[tuple[str, float]]:
        """The best passages, best first, as (passage id, score).

        Args:
            weights: Terms and what each counts for, in (0, 1].
            k: How many at most.
        """
        if not weights or k <= 0:
            return []
        with self._reading() as searcher:
            scored = self._scored(searcher, weights, max(_POOL, 3 * k))
            return [(searcher.doc(address).get_first("id"), score) for score, address in scored[:k]]

    def _scored(self, searcher: Any, weights: Mapping[str, float], pool: int) -> list[tuple[float, Any]]:
        found = searcher.search(self._passage_query(weights), pool, count=False).hits
        addresses = [address for _, address in found]
        keys = searcher.fast_field_values("key", addresses)
        sizes = searcher.fast_field_values("size", addresses)
        articles = self._article_scores(searcher, weights)
        least = min(articles.values(), default=0.0)
        scored = [
            (score * self._relength(size) + _ARTICLE * articles.get(key, least), -at, address)
            for at, ((score, address), key, size) in enumerate(zip(found, keys, sizes, strict=True))
        ]
        scored.sort(key=lambda item: item[:2], reverse=True)
        return [(score, address) for score, _, address in scored]

    def _relength(self, size: float) -> float:
        """What turns tantivy's length norm into ours: with each term counted once, it is a common factor."""
        length = 1 - _B + _B * size / self._mean_size
        return (1 + _K1) / (1 + _TANTIVY_K1) * (1 + _TANTIVY_K1 * length) / (1 + _K1 * length)

    def _passage_query(self, weights: Mapping[str, float]) -> Any:
        clauses = [(_field(term), term, weight) for term, weight in weights.items()]
        clauses += [("context", term, _CONTEXT) for term, weight in weights.items() if weight >= _WHOLE]
        return self._any_of(clauses)

    def _article_scores(self, searcher: Any, weights: Mapping[str, float]) -> dict[int, float]:
        words = [term for term, weight in weights.items() if weight >= _WHOLE and len(term) > 1]
        query = self._any_of(("article", term, 1.0) for term in words)
        found = searcher.search(query, _ARTICLE_POOL, count=False).hits
        keys = searcher.fast_field_values("key", [address for _, address in found])
        return {key: score for key, (score, _) in zip(keys, found, strict=True)}

    def _any_of(self, clauses: Iterable[tuple[str, str, float]]) -> Any:
        from tantivy import Occur, Query

        schema = self._index.schema
        queries = [
            (Occur.Should, Query.boost_query(Query.term_query(schema, field, term, "basic"), weight))
            for field, term, weight in clauses
        ]
        return Query.boolean_query(queries) if queries else Query.empty_query()

    def _documents(self, article: Article, passages: Sequence[Passage]) -> Iterator[Any]:
        from tantivy import Document

        key = _key(article.id)
        everything: dict[str, None] = dict.fromkeys(self._texts.terms(_about(article)))
        title = list(everything)
        for passage in passages:
            words = self._texts.terms(passage.text)
            everything.update(dict.fromkeys(words))
            document = Document()
            document.add_text("id", passage.id)
            document.add_text("article_id", article.id)
            document.add_unsigned("key", key)
            document.add_unsigned("size", passage.end - passage.start)
            document.add_text("words", " ".join([w for w in words if len(w) != _PAIR or w[0] < _HAN_FROM]))
            document.add_text("pairs", self._texts.plain(passage.text))
            heading = self._texts.terms(passage.heading) if passage.heading else []
            if title or heading:
                document.add_text("context", " ".join([*title, *heading]))
            yield document
        whole = Document()
        whole.add_text("article_id", article.id)
        whole.add_unsigned("key", key)
        whole.add_text("article", " ".join(everything))
        yield whole

    def _open_writer(self) -> Any:
        if self._writer is None:
            self._writer = self._index.writer(_HEAP, 2)
        return self._writer

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Any]:
        with _translated(self._path):
            if _stamp(self._path) != self._stamp:
                self._refresh()
            yield self._searcher

    def _refresh(self) -> None:
        from tantivy import Query

        self._stamp = _stamp(self._path)
        self._index.reload()
        self._searcher = self._index.searcher()
        mean = self._searcher.aggregate(Query.all_query(), {"size": {"avg": {"field": "size"}}})
        self._mean_size = mean["size"]["value"] or 1.0


def _open(path: Path) -> Any:
    from tantivy import Index, TextAnalyzerBuilder, Tokenizer

    path.mkdir(parents=True, exist_ok=True)
    if any(path.iterdir()) and not (path / _META).exists():
        raise ValueError(f"{_META} is missing")
    place = path if os.access(path, os.W_OK) else _view(path)
    index = Index(_schema(), str(place), reuse=True)
    index.register_tokenizer("pairs", TextAnalyzerBuilder(Tokenizer.ngram(2, 2)).build())
    return index


def _view(path: Path) -> Path:
    """A folder of links to the files of one that can't be written: tantivy locks what it reads, in its folder."""
    view = Path(tempfile.mkdtemp(prefix="wenshu-lexical-"))
    atexit.register(shutil.rmtree, view, ignore_errors=True)
    for file in path.iterdir():
        if file.suffix != ".lock":
            (view / file.name).symlink_to(file)
    return view


def _schema() -> Any:
    from tantivy import SchemaBuilder

    builder = SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("article_id", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("key", fast=True)
    builder.add_unsigned_field("size", fast=True)
    for name in ("words", "context", "article"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("pairs", tokenizer_name="pairs", index_option="basic")
    return builder.build()


def _field(term: str) -> str:
    """Where a term stands: two Chinese characters among the pairs, whichever way the text was cut."""
    return "pairs" if _is_pair(term) else "words"


def _is_pair(term: str) -> bool:
    return len(term) == _PAIR and term[0] >= _HAN_FROM


def _key(article_id: str) -> int:
    """A number for an article: unequal for unequal ids but for one chance in 10^9 among 100,000 articles."""
    return int.from_bytes(blake2b(article_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> 1


def _about(article: Article) -> str:
    """What an article is about beside its text: title and tags, and its date as questions name it."""
    day = article.day
    date = f"{day.year}年{day.month}月{day.day}日" if day else ""
    return "\n".join([article.title, *article.tags, date])


def _stamp(path: Path) -> int:
    return (path / _META).stat().st_mtime_ns
