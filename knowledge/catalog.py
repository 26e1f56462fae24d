# ruff: noqa: S608 -- into a statement go only our own names and question marks; values are bound
"""The catalog: which articles are in, cut into which passages, and how far the indexes have followed.

Sole importer of sqlite3.  The catalog is the truth and the indexes are made from it: a hit whose passage is not here
does not exist.  An article's row is written, with `lexical` and every passage's `dense` at 0, before an index is
touched, and set to 1 after the index has committed; what a kill leaves at 0 is done again.  An index's entries of an
article that is gone or changed are listed in `stale` until they are deleted there.
"""

import contextlib
import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from knowledge import records
from knowledge.errors import HomeBusyError, IndexStateError, StorageError, WenshuError
from knowledge.schema import Article, Passage

Index = Literal["lexical", "dense"]

EMBEDDER = "embedder"
"""Name of the fact that says which embedder made the vectors."""
VERSION = "1"
_WAIT_SECONDS = 10.0
_MANY = 500
"""Parameters in one statement, below SQLite's limit."""

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, source TEXT NOT NULL, published TEXT, url TEXT NOT NULL,
    tags TEXT NOT NULL, sha256 TEXT NOT NULL, origin TEXT NOT NULL, lexical INTEGER NOT NULL DEFAULT 0,
    text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS articles_to_index ON articles (number) WHERE lexical = 0;
CREATE TABLE IF NOT EXISTS passages (
    article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, n_tokens INTEGER NOT NULL, heading TEXT NOT NULL,
    dense INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (article, start, stop)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS passages_to_embed ON passages (article) WHERE dense = 0;
CREATE TABLE IF NOT EXISTS stale (
    article_id TEXT PRIMARY KEY, lexical INTEGER NOT NULL, dense INTEGER NOT NULL
) WITHOUT ROWID;
"""
_CLEAN = "DELETE FROM stale WHERE lexical = 0 AND dense = 0"
_PASSAGE = (
    "a.id, p.start, p.stop, substr(a.text, p.start + 1, p.stop - p.start), p.n_tokens, p.heading"
    " FROM passages p JOIN articles a ON a.number = p.article"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An article as the catalog keeps it, with the absolute path of its file and what it is cut into."""

    article: Article
    origin: str
    passages: tuple[Passage, ...]


class Known(NamedTuple):
    """What tells whether an article changed, and the absolute path of its file."""

    sha256: str
    origin: str


class Catalog:
    """A SQLite database in one file; safe to use from several threads and beside other processes."""

    def __init__(self, path: Path) -> None:
        """Opens the catalog, or makes an empty one; opens it for reading alone if it can't be written.

        Raises:
            IndexStateError: The file is damaged, no catalog, or of another version.
            StorageError: It can't be made or read.
        """
        self._path = path
        self._lock = threading.RLock()
        with self._translated():
            self._base = _connect(path)
            try:
                self._prepare()
            except BaseException:
                self._base.close()
                raise

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._base.close()

    def check(self) -> None:
        """Reads the whole file.

        Raises:
            IndexStateError: It is damaged.
        """
        said = self._rows("PRAGMA quick_check(1)")[0][0]
        if said != "ok":
            raise _damaged(self._path, said)

    @property
    def n_articles(self) -> int:
        """How many articles are in."""
        return self._number("SELECT count(*) FROM articles")

    @property
    def n_passages(self) -> int:
        """How many passages they are cut into."""
        return self._number("SELECT count(*) FROM passages")

    @property
    def n_embedded(self) -> int:
        """How many of the passages have a vector."""
        return self._number("SELECT coalesce(sum(dense), 0) FROM passages")

    @property
    def n_unindexed(self) -> int:
        """How many articles the lexical index has yet to take in."""
        return self._number("SELECT count(*) FROM articles WHERE lexical = 0")

    @property
    def foreign_state(self) -> int:
        """A value that is another one after every change by someone else."""
        return self._number("PRAGMA data_version")

    @property
    def state(self) -> tuple[int, int]:
        """A value that is another one after every change, by whomever."""
        return self.foreign_state, self._base.total_changes

    @property
    def is_empty(self) -> bool:
        """True if no article is in."""
        return not self._number("SELECT EXISTS (SELECT 1 FROM articles)")

    def article(self, article_id: str) -> Article | None:
        """The article, or None if it is not in."""
        rows = self._rows(f"SELECT {records.FIELDS} FROM articles WHERE id = ?", (article_id,))
        return records.article(rows[0]) if rows else None

    def articles(self) -> Iterator[Article]:
        """All articles in the order they came, a few at a time."""
        yield from (records.article(fields) for _, *fields in self._walk(f"number, {records.FIELDS}"))

    def heads(self, words: str, *, most: int, skip: int = 0) -> tuple[list[Article], int]:
        """Articles whose title or source holds some words, newest first, without their text; and how many there are.

        Args:
            words: Any part of either; empty for all articles.
            most: How many at most.
            skip: How many of the newest to leave out.
        """
        where, like = "title LIKE ?1 ESCAPE '\\' OR source LIKE ?1 ESCAPE '\\'", f"%{_literal(words)}%"
        columns = records.FIELDS.removesuffix(", text")
        rows = self._rows(
            f"SELECT {columns}, '' FROM articles WHERE {where}"
            " ORDER BY published IS NULL, published DESC, number LIMIT ?2 OFFSET ?3",
            (like, most, skip),
        )
        n_articles = self._rows(f"SELECT count(*) FROM articles WHERE {where}", (like,))[0][0]
        return [records.article(row) for row in rows], int(n_articles)

    def entries(self, article_ids: Sequence[str]) -> list[Entry]:
        """Those of the articles that are in, with their passages and origins."""
        sql = f"SELECT number, {records.FIELDS}, origin FROM articles WHERE id IN ({{}}) ORDER BY number"
        return [self._entry(row) for row in self._named(sql, article_ids)]

    def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
        """Those of the passages that are in, by id."""
        sql = f"SELECT {_PASSAGE} WHERE a.id = ? AND p.start = ? AND p.stop = ?"
        found = [(i, self._rows(sql, key)) for i in passage_ids if (key := records.key(i))]
        return {passage_id: records.passage(rows[0]) for passage_id, rows in found if rows}

    def known(self) -> dict[str, Known]:
        """Digest and origin of every article, by id."""
        rows = self._rows("SELECT id, sha256, origin FROM articles")
        return {article_id: Known(sha256, origin) for article_id, sha256, origin in rows}

    def put(self, entries: Sequence[Entry]) -> None:
        """Writes articles, in place of those of the same id, and lists what the indexes hold of these."""
        with self._writing() as base:
            self._drop(base, [e.article.id for e in entries])
            for entry in entries:
                number = base.execute(
                    f"INSERT INTO articles ({records.FIELDS}, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*records.row(entry.article), entry.origin),
                ).lastrowid
                base.executemany(
                    "INSERT INTO passages (article, start, stop, n_tokens, heading) VALUES (?, ?, ?, ?, ?)",
                    [(number, p.start, p.end, p.n_tokens, p.heading) for p in entry.passages],
                )

    def remove(self, article_ids: Sequence[str]) -> None:
        """Takes articles out: from now on they are not found, whatever the indexes still hold."""
        with self._writing() as base:
            self._drop(base, article_ids)

    def move(self, origins: Sequence[tuple[str, str]]) -> None:
        """Notes new origins of articles, as (article id, origin)."""
        with self._writing() as base:
            base.executemany("UPDATE articles SET origin = ? WHERE id = ?", [(o, a) for a, o in origins])

    def _drop(self, base: sqlite3.Connection, article_ids: Sequence[str]) -> None:
        dense = int(bool(self.fact(EMBEDDER)))
        for some in _portions(article_ids):
            marks = _marks(some)
            base.execute(
                f"INSERT OR REPLACE INTO stale SELECT id, 1, {dense} FROM articles WHERE id IN ({marks})",
                some,
            )
            base.execute(f"DELETE FROM articles WHERE id IN ({marks})", some)

    def unindexed(self) -> Iterator[Entry]:
        """Articles that the lexical index has yet to take in, a few at a time."""
        yield from map(self._entry, self._walk(f"number, {records.FIELDS}, origin", "lexical = 0"))

    def to_embed(self, n: int) -> list[Passage]:
        """The next passages without a vector."""
        sql = f"SELECT {_PASSAGE} WHERE p.dense = 0 ORDER BY p.article, p.start LIMIT ?"
        return [records.passage(row) for row in self._rows(sql, (n,))]

    def bare(self, passage_ids: Sequence[str]) -> set[str]:
        """Those of the passages that are in and have no vector."""
        sql = f"SELECT {_PASSAGE} WHERE p.dense = 0 AND a.id = ? AND p.start = ? AND p.stop = ?"
        return {i for i in passage_ids if (key := records.key(i)) and self._rows(sql, key)}

    def stale(self, index: Index) -> list[str]:
        """Articles whose former entries are still in the index."""
        return [row[0] for row in self._rows(f"SELECT article_id FROM stale WHERE {index} = 1")]

    def indexed(self, articles: Sequence[tuple[str, str]]) -> None:
        """Notes that the lexical index has taken articles in, given as (id, sha256).

        One that has changed since stays to be done.
        """
        with self._writing() as base:
            base.executemany("UPDATE articles SET lexical = 1 WHERE id = ? AND sha256 = ?", articles)

    def embedded(self, passages: Sequence[Passage]) -> None:
        """Notes that passages have a vector."""
        with self._writing() as base:
            base.executemany(
                "UPDATE passages SET dense = 1 WHERE start = ? AND stop = ?"
                " AND article = (SELECT number FROM articles WHERE id = ?)",
                [(p.start, p.end, p.article_id) for p in passages],
            )

    def cleaned(self, index: Index, article_ids: Sequence[str]) -> None:
        """Notes that an index holds no former entries of articles any more."""
        with self._writing() as base:
            base.executemany(
                f"UPDATE stale SET {index} = 0 WHERE article_id = ?", [(a,) for a in article_ids]
            )
            base.execute(_CLEAN)

    def restart(self, index: Index) -> None:
        """Notes that an index is empty and has everything before it."""
        table, flag = ("articles", "lexical") if index == "lexical" else ("passages", "dense")
        with self._writing() as base:
            base.execute(f"UPDATE {table} SET {flag} = 0 WHERE {flag} = 1")
            base.execute(f"UPDATE stale SET {index} = 0")
            base.execute(_CLEAN)

    def fact(self, name: str) -> str:
        """A fact noted by `note`; empty if none is."""
        rows = self._rows("SELECT value FROM meta WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    def note(self, name: str, value: str) -> None:
        """Notes a fact, such as which embedder made the vectors."""
        if self.fact(name) != value:
            with self._writing() as base:
                base.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _prepare(self) -> None:
        """Makes the tables if there are none, and refuses those of another version."""
        if not self._rows("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
            self._base.executescript(_TABLES)
            self._base.execute("INSERT OR IGNORE INTO meta VALUES ('version', ?)", (VERSION,))
        got = self.fact("version")
        if got != VERSION:
            message = f"{self._path}: expected version {VERSION}, got {got!r}; mend it with `wenshu ingest --rebuild`"
            raise IndexStateError(message, item=str(self._path), code="catalog")

    def _entry(self, row: Sequence[Any]) -> Entry:
        number, *fields, origin = row
        article = records.article(fields)
        rows = self._rows(
            "SELECT start, stop, n_tokens, heading FROM passages WHERE article = ? ORDER BY start", (number,)
        )
        cut = ((article.id, lo, hi, article.text[lo:hi], n, heading) for lo, hi, n, heading in rows)
        return Entry(article, origin, tuple(map(records.passage, cut)))

    def _number(self, sql: str) -> int:
        return int(self._rows(sql)[0][0])

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._translated():
            return self._base.execute(sql, values).fetchall()

    def _named(self, sql: str, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement that takes any number of names at `{}`."""
        for some in _portions(names):
            yield from self._rows(sql.format(_marks(some)), some)

    def _walk(self, columns: str, where: str = "TRUE") -> Iterator[tuple[Any, ...]]:
        """Rows of articles, number first, a portion at a time so that nobody waits."""
        last = 0
        sql = f"SELECT {columns} FROM articles WHERE {where} AND number > ? ORDER BY number LIMIT {_MANY}"
        while rows := self._rows(sql, (last,)):
            last = rows[-1][0]
            yield from rows

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of the block or nothing."""
        with self._lock, self._translated():
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
                self._base.execute("COMMIT")
            except BaseException:
                self._base.rollback()
                raise

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turns what SQLite raises into our errors."""
        try:
            yield
        except sqlite3.Error as e:
            raise _error(self._path, e) from e
        except OSError as e:
            raise StorageError(f"{self._path}: {e}; make room or check rights", item=str(self._path)) from e


def _error(path: Path, problem: sqlite3.Error) -> WenshuError:
    name = getattr(problem, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return HomeBusyError(f"{path}: another process is writing ({problem}); wait", item=str(path.parent))
    if name.startswith(("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_PERM")):
        return StorageError(f"{path}: {problem} ({name}); make room or check rights", item=str(path))
    return _damaged(path, problem)


def _damaged(path: Path, said: object) -> IndexStateError:
    message = f"{path}: the catalog can't be used ({said}); mend it with `wenshu ingest --rebuild`"
    return IndexStateError(message, item=str(path), code="catalog")


def _connect(path: Path) -> sqlite3.Connection:
    """A connection in write-ahead mode; one for reading alone if the file or its folder can't be written."""
    writable = os.access(path if path.exists() else path.parent, os.W_OK) and os.access(path.parent, os.W_OK)
    if not writable and path.exists():
        alone = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
        source = f"{path.absolute().as_uri()}?mode=ro{alone}"
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        source = path.absolute().as_uri()
    base = sqlite3.connect(
        source, uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        base.execute("PRAGMA foreign_keys = ON")
        if writable:
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        base.close()
        raise
    return base


def _literal(words: str) -> str:
    """Words as LIKE takes them by the letter; a NUL would end them."""
    return re.sub(r"([\\%_])", r"\\\1", words.replace("\0", "\ufffd"))


def _portions(names: Sequence[str]) -> Iterator[list[str]]:
    for at in range(0, len(names), _MANY):
        yield list(names[at : at + _MANY])


def _marks(names: Sequence[str]) -> str:
    return ", ".join("?" * len(names))
