"""Articles into a home, step by step so that a kill at any point loses nothing.

    read → compare digests → cut → catalog → lexical index → vectors

The catalog is written first and says what the indexes have yet to do; an index is marked as having followed only after
it has committed.  So the same few steps do a first ingest, an update and the repair of what a kill left half done.
What is here knows no library: every part is passed in.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from knowledge.catalog import Catalog, Entry, Known
from knowledge.errors import ArticleError
from knowledge.schema import Article, Passage

_T = TypeVar("_T")

Dense = Literal["auto", "all", "none"]

Progress = Callable[[int, int | None, str], None]
"""Takes how many are done, how many there are (None while that is not known), and the stage."""

READING, INDEXING, EMBEDDING = "reading", "indexing", "embedding"
"""Stages, as `Progress` is told of them."""

_ARTICLES = 256
"""Articles written to the catalog in one transaction."""

_INDEXED = 4096
"""Articles between two commits of the lexical index: a commit takes some 0.2 s."""

_EMBEDDED = 64
"""Passages embedded between two notes of it: some 5 s of work that a kill can lose."""


class Lexical(Protocol):
    """What ingest asks of the lexical index."""

    def replace(self, articles: Iterable[tuple[Article, Sequence[Passage]]]) -> None:
        """Puts articles in, in place of what the index has of them."""

    def delete(self, article_ids: Iterable[str]) -> None:
        """Takes articles out."""

    def commit(self) -> None:
        """Makes all changes lasting."""


class Vectors(Protocol):
    """What ingest asks of the dense index."""

    def add(self, passages: Sequence[Passage], vectors: Sequence[Sequence[float]]) -> None:
        """Puts passages in."""

    def delete(self, article_ids: Iterable[str]) -> None:
        """Takes all passages of articles out."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest came to.

    Attributes:
        added: Articles that are new.
        changed: Articles that are in with another text, title or other field than before.
        unchanged: Articles that were in already, just so.
        removed: Articles taken out.
        failed: What could not be read.
        n_passages: Passages in the home now.
        n_embedded: Those of them that have a vector.
        set_aside: Where a damaged catalog was moved to, or nothing.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: tuple[ArticleError, ...] = ()
    n_passages: int = 0
    n_embedded: int = 0
    set_aside: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An article, or what is wrong with it, and the file it comes from.

    Attributes:
        item: The article or the error.
        origin: Absolute path of the file.
    """

    item: Article | ArticleError
    origin: str


@dataclass(slots=True)
class _Tally:
    """What has come by so far."""

    known: dict[str, Known]
    seen: dict[str, Known] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    failed: list[ArticleError] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def fail(self, problem: ArticleError, origin: str) -> None:
        """Counts an item that can't be taken in."""
        self.failed.append(problem)
        self.broken.add(origin)


def quiet(done: int, total: int | None, stage: str) -> None:
    """Reports progress to nobody."""


def take_in(
    found: Iterable[Found],
    *,
    catalog: Catalog,
    cut: Callable[[Article], tuple[Passage, ...]],
    prune: Sequence[Path] = (),
    progress: Progress = quiet,
) -> Report:
    """Writes new and changed articles to the catalog and takes out those that are gone.

    Nothing is written of an article that is in already just so.  Of two files with the same article id the
    one that came first is kept.

    Args:
        found: What was read.
        catalog: Where it goes.
        cut: Cuts an article into passages.
        prune: Absolute paths whose articles are taken out if they were not found there.
        progress: Told after every batch.
    """
    tally = _Tally(catalog.known())
    for batch in _batches(_changes(found, tally), _ARTICLES):
        catalog.put([Entry(article, origin, cut(article)) for article, origin in batch])
        progress(len(tally.seen), None, READING)
    moved = [(i, now.origin) for i, now in tally.seen.items() if _moved(tally.known.get(i), now)]
    if moved:
        catalog.move(moved)
    gone = [*_gone(tally, prune), *_renamed(tally)]
    if gone:
        catalog.remove(list(dict.fromkeys(gone)))
    return Report(tally.added, tally.changed, tally.unchanged, len(gone), tuple(tally.failed))


def _changes(found: Iterable[Found], tally: _Tally) -> Iterator[tuple[Article, str]]:
    """The articles that are new or changed, all others counted."""
    for one in found:
        if isinstance(one.item, ArticleError):
            tally.fail(one.item, one.origin)
            continue
        article, now = one.item, Known(one.item.sha256, one.origin)
        before, other = tally.known.get(article.id), _rival(article.id, now, tally)
        if other:
            tally.fail(_duplicate(article.id, one.origin, other), one.origin)
            continue
        again = article.id in tally.seen
        tally.seen.setdefault(article.id, now)
        if again or (before and before.sha256 == now.sha256):
            tally.unchanged += 1
            continue
        tally.changed += bool(before)
        tally.added += not before
        yield article, one.origin


def _rival(article_id: str, now: Known, tally: _Tally) -> str:
    """Another file that has the id for another article, or nothing."""
    earlier = tally.seen.get(article_id)
    if earlier:
        return earlier.origin if earlier.sha256 != now.sha256 else ""
    before = tally.known.get(article_id)
    if before is None or now.sha256 == before.sha256 or now.origin == before.origin:
        return ""
    return before.origin if Path(before.origin).exists() else ""


def _duplicate(article_id: str, origin: str, other: str) -> ArticleError:
    message = f"{origin}: the id {article_id!r} is that of {other} too; rename one or leave it out"
    return ArticleError(message, item=origin, code="duplicate_id")


def _moved(before: Known | None, now: Known) -> bool:
    return before is not None and before.sha256 == now.sha256 and before.origin != now.origin


def _gone(tally: _Tally, prune: Sequence[Path]) -> list[str]:
    """Articles that were to be found under `prune` and were not.

    What a file or folder holds that could not be read whole is not known: its articles stay.
    """
    broken = [Path(origin) for origin in tally.broken]

    def is_gone(origin: str) -> bool:
        path = Path(origin)
        return any(map(path.is_relative_to, prune)) and not any(map(path.is_relative_to, broken))

    lost = {origin: is_gone(origin) for origin in {known.origin for known in tally.known.values()}}
    return [i for i, known in tally.known.items() if i not in tally.seen and lost[known.origin]]


def _renamed(tally: _Tally) -> list[str]:
    """Former ids of files that hold one article and held one under another id."""
    now, before = _only(tally.seen), _only(tally.known)
    return [
        before[origin]
        for origin, article_id in now.items()
        if origin in before and before[origin] not in tally.seen and origin not in tally.broken
    ]


def _only(articles: dict[str, Known]) -> dict[str, str]:
    """Origins of exactly one article, with its id."""
    by_origin: dict[str, str] = {}
    several: set[str] = set()
    for article_id, known in articles.items():
        if by_origin.setdefault(known.origin, article_id) != article_id:
            several.add(known.origin)
    return {origin: article_id for origin, article_id in by_origin.items() if origin not in several}


def index(catalog: Catalog, lexical: Lexical, *, progress: Progress = quiet) -> int:
    """Brings the lexical index up to the catalog; returns how many articles it took in or out."""
    total, stale = catalog.n_unindexed, catalog.stale("lexical")
    if not total and not stale:
        return 0
    lexical.delete(stale)
    done = 0
    for batch in _batches(catalog.unindexed(), _INDEXED):
        for some in _batches(batch, _ARTICLES):
            lexical.replace((entry.article, entry.passages) for entry in some)
            done += len(some)
            progress(done, total, INDEXING)
        lexical.commit()
        # First the note that the old entries are out: after a kill between the two they would be taken out again,
        # and with them the new entries of articles that count as done.
        catalog.cleaned("lexical", stale)
        catalog.indexed([(entry.article.id, entry.article.sha256) for entry in batch])
    if not total:
        lexical.commit()
        catalog.cleaned("lexical", stale)
    return total + len(stale)


def clean(catalog: Catalog, vectors: Vectors) -> None:
    """Takes out of the dense index what is no more or has changed."""
    stale = catalog.stale("dense")
    if stale:
        vectors.delete(stale)
        catalog.cleaned("dense", stale)


def embed(  # noqa: PLR0913 -- all by name
    catalog: Catalog,
    vectors: Vectors,
    embedded: Callable[[Sequence[str]], list[list[float]]],
    *,
    limit: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Progress = quiet,
) -> int:
    """Gives passages their vectors, in the order of the articles; returns how many.

    Args:
        catalog: Says which have none.
        vectors: Where they go.
        embedded: Vectors of texts.
        limit: How many passages at most; None for all.
        stop: Asked before every batch.
        progress: Told after every batch.
    """
    clean(catalog, vectors)
    lacking = catalog.n_passages - catalog.n_embedded
    total = lacking if limit is None else min(limit, lacking)
    done = 0
    while done < total and not stop():
        passages = catalog.to_embed(min(_EMBEDDED, total - done))
        if not passages:
            break
        vectors.add(passages, embedded([in_context(passage) for passage in passages]))
        catalog.embedded(passages)
        done += len(passages)
        progress(done, total, EMBEDDING)
    return done


def in_context(passage: Passage) -> str:
    r"""What of a passage is embedded: its heading says what it is about.

    >>> in_context(Passage("a#0-2", "a", 0, 2, "增长", 2, "出口"))
    '出口\n增长'
    """
    return f"{passage.heading}\n{passage.text}" if passage.heading else passage.text


def _batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The items in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
