"""The dense index: passages by meaning.  Sole importer of chromadb and langchain-chroma.

Vectors come from outside and lie in one collection, with cosine distance; the collection is that of a folder,
or of a running Chroma server.
"""

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from knowledge.errors import BackendError, IndexStateError, SettingError, StorageError
from knowledge.schema import Passage

COLLECTION = "wenshu"

_BATCH = 1000
"""Ids named in one request."""

_PATIENCE_SECONDS = 60.0
"""For a server to answer: a thousand passages take a few seconds."""

_FULL = re.compile(r"No space left|Permission denied|read-?only|unable to open|disk is full", re.IGNORECASE)


class VectorIndex:
    """A Chroma collection."""

    def __init__(self, path: Path, *, url: str = "", collection: str = COLLECTION) -> None:
        """Opens the collection, or makes an empty one.

        Args:
            path: Folder of the local database; not touched if `url` is given.
            url: Address of a running Chroma server, `http://host:port`; empty for the folder.
            collection: Its name there; at least three characters.

        Raises:
            IndexStateError: The folder's database is damaged.
            StorageError: The folder can't be made or written.
            BackendError: The server can't be reached.
        """
        self._path = path
        self._url = url
        self._name = collection
        with self._translated():
            self._client = _connect(path, url)
            self._store = self._open()

    @property
    def n_passages(self) -> int:
        """How many passages have a vector."""
        with self._translated():
            return int(self._collection.count())

    @property
    def store(self) -> Any:
        """The `langchain_chroma.Chroma` behind it."""
        return self._store

    def add(self, passages: Sequence[Passage], vectors: Sequence[Sequence[float]]) -> None:
        """Puts passages in, in place of those of the same id.

        Args:
            passages: Any number.
            vectors: One for each passage, all of one dimension.
        """
        with self._translated():
            for at in range(0, len(passages), _BATCH):
                some = passages[at : at + _BATCH]
                self._collection.upsert(
                    ids=[p.id for p in some],
                    embeddings=[list(v) for v in vectors[at : at + _BATCH]],
                    documents=[p.text for p in some],
                    metadatas=[
                        {"article_id": p.article_id, "start": p.start, "end": p.end, "heading": p.heading}
                        for p in some
                    ],
                )

    def delete(self, article_ids: Iterable[str]) -> None:
        """Takes all passages of articles out."""
        ids = list(article_ids)
        with self._translated():
            for at in range(0, len(ids), _BATCH):
                self._collection.delete(where={"article_id": {"$in": ids[at : at + _BATCH]}})

    def search(self, vector: Sequence[float], k: int) -> list[tuple[str, float]]:
        """The nearest passages, nearest first, as (passage id, cosine in [-1, 1])."""
        if k <= 0:
            return []
        with self._translated():
            found = self._store.similarity_search_by_vector_with_relevance_scores(list(vector), k=k)
            return [(document.id, 1.0 - distance) for document, distance in found]

    def present(self, passage_ids: Collection[str]) -> set[str]:
        """Those of the passages that have a vector."""
        ids = list(passage_ids)
        found: set[str] = set()
        with self._translated():
            for at in range(0, len(ids), _BATCH):
                found.update(self._store.get(ids=ids[at : at + _BATCH], include=[])["ids"])
        return found

    def clear(self) -> None:
        """Takes everything out, also what another embedder of another dimension made."""
        with self._translated():
            self._store.reset_collection()

    def close(self) -> None:
        """Lets go of the folder or server."""
        with self._translated():
            self._client.close()
            for session in _sessions(self._client):
                session.close()

    @property
    def _collection(self) -> Any:
        """The collection itself: langchain-chroma can't take vectors that are already made."""
        return self._store._collection  # noqa: SLF001 -- it has no public name

    def _open(self) -> Any:
        from langchain_chroma import Chroma

        return Chroma(
            client=self._client,
            collection_name=self._name,
            collection_configuration={"hnsw": {"space": "cosine"}},
        )

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turns what chromadb raises into our errors."""
        try:
            yield
        except (BackendError, IndexStateError, SettingError, StorageError):
            raise
        except Exception as e:
            raise self._error(e) from e
        except BaseException as e:
            if type(e).__name__ != "PanicException":  # of chromadb's Rust part; its class can't be imported
                raise
            raise self._error(e) from e

    def _error(self, problem: BaseException) -> Exception:
        said = f"{type(problem).__name__}: {problem}"
        if self._url:
            message = f"{self._url}: the Chroma server failed ({said}); check that it runs"
            return BackendError(message, item=self._url, code="chroma")
        if isinstance(problem, OSError) or _FULL.search(str(problem)):
            return StorageError(f"{self._path}: {said}; make room or check rights", item=str(self._path))
        message = f"{self._path}: the vectors can't be used ({said}); mend it with `wenshu ingest --rebuild`"
        return IndexStateError(message, item=str(self._path), code="vectors")


def _connect(path: Path, url: str) -> Any:
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not url:
        path.mkdir(parents=True, exist_ok=True)
        try:
            return chromadb.PersistentClient(str(path), settings=settings)
        except BaseException:
            _forget(str(path))
            raise
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        message = f"chroma_url: expected http://HOST:PORT, got {url!r}; change the setting"
        raise SettingError(message, item="WENSHU_CHROMA_URL", code="chroma_url")
    secure = address.scheme == "https"
    port = address.port or (443 if secure else 8000)
    client = chromadb.HttpClient(host=address.hostname, port=port, ssl=secure, settings=settings)
    for session in _sessions(client):
        session.timeout = _PATIENCE_SECONDS
    return client


def _forget(path: str) -> None:
    """Drops what chromadb keeps of a database that it failed to open, or it would fail ever after."""
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient._identifier_to_system.pop(path, None)  # noqa: SLF001 -- it has no public name
    SharedSystemClient._identifier_to_refcount.pop(path, None)  # noqa: SLF001 -- it has no public name


def _sessions(client: Any) -> list[Any]:
    """The HTTP sessions of a server's client: chromadb sets them no time limit, and doesn't close them."""
    servers: list[Any] = [
        getattr(one, "_server", None) for one in (client, getattr(client, "_admin_client", None))
    ]
    return [server._session for server in servers if hasattr(server, "_session")]  # noqa: SLF001 -- no public name
