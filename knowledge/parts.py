"""The parts of a home, each opened when first needed, and what they do together.

Importing this loads nothing heavy.
"""

import contextlib
import logging
import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from knowledge import ingest
from knowledge.catalog import EMBEDDER, Catalog, Entry
from knowledge.errors import BackendError, HomeBusyError, IndexStateError, StorageError, WenshuError
from knowledge.home import Home, wipe
from knowledge.ingest import Dense, Progress
from knowledge.schema import Article, Passage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from knowledge.chat_model import ChatModel
    from knowledge.embeddings import Embedder
    from knowledge.lexical import LexicalIndex
    from knowledge.retrieval import FusedRetriever
    from knowledge.settings import Settings
    from knowledge.vectors import VectorIndex

_Part = TypeVar("_Part")

_PARTS = ("catalog", "lexical", "embedder", "vectors", "chat_model")

UNFINISHED = "unfinished"
"""Name of the fact that a rebuild has begun and its indexes are not yet emptied."""

_CUT_VERSION = "1"
"""Of knowledge.chunking: another one cuts articles otherwise, and asks for a rebuild."""

_MENDABLE = 2_000
"""Articles that asking puts right by itself, in some seconds; more are left to the next ingest."""

_BATCH = 256
"""Articles cut anew at a time."""

_log = logging.getLogger(__name__)


class Parts:
    """What a home is made of."""

    def __init__(self, settings: "Settings", model: "BaseChatModel | None" = None) -> None:
        self.settings = settings
        self._model = model
        self.home = Home(settings.home)
        self._made: dict[str, Any] = {}
        self._locks = {name: threading.RLock() for name in _PARTS}
        self._counted: tuple[object, float] = (None, 0.0)
        self._foreign_state: int | None = None

    @property
    def catalog(self) -> Catalog:
        """Which articles are in."""

        def make() -> Catalog:
            self.home.make()
            return Catalog(self.home.catalog)

        return self._part("catalog", make)

    @property
    def lexical(self) -> "LexicalIndex":
        """The index by words."""

        def make() -> "LexicalIndex":
            from knowledge import words
            from knowledge.lexical import LexicalIndex, Texts

            return LexicalIndex(self.home.lexical, Texts(words.terms, words.plain))

        return self._part("lexical", make)

    @property
    def embedder(self) -> "Embedder":
        """What makes the vectors."""

        def make() -> "Embedder":
            from knowledge.embeddings import open_embedder

            return open_embedder(self.settings.embedder)

        return self._part("embedder", make)

    @property
    def vectors(self) -> "VectorIndex":
        """The index by meaning."""

        def make() -> "VectorIndex":
            from knowledge.vectors import VectorIndex

            given = self.settings
            return VectorIndex(self.home.vectors, url=given.chroma_url, collection=given.chroma_collection)

        return self._part("vectors", make)

    @property
    def chat_model(self) -> "ChatModel | None":
        """What writes the answers; None if the articles' own words do."""
        return self._part("chat_model", self._open_model) if self.writes else None

    @property
    def writes(self) -> bool:
        """Whether there is a language model."""
        return self._model is not None or bool(self.settings.model)

    def _open_model(self) -> "ChatModel":
        from knowledge import providers
        from knowledge.chat_model import ChatModel, Limits

        given = self.settings
        key = given.model_key.get_secret_value() if given.model_key else ""
        seconds, most = given.model_seconds, given.model_answer_tokens
        model = self._model or providers.start(
            given.model, url=given.model_url, key=key, seconds=seconds, answer_tokens=most
        )
        structured = None if given.model_output == "auto" else given.model_output == "structured"
        limits = Limits(seconds, given.model_prompt_tokens, most, structured)
        return ChatModel(given.model or type(model).__name__, model, limits=limits, count=self.count)

    @cached_property
    def count(self) -> Callable[[str], int]:
        """Counts the tokens of a text, as passages are measured."""
        from knowledge import tokens

        return tokens.counter(self.settings.encoding)

    def close(self, *names: str) -> None:
        """Lets go of parts, or of all; they are opened anew when needed."""
        for name in names or tuple(self._locks):
            with self._locks[name]:
                part = self._made.pop(name, None)
                if part is not None and name not in {"embedder", "chat_model"}:
                    part.close()

    def _part(self, name: str, make: Callable[[], _Part]) -> _Part:
        with self._locks[name]:
            if name not in self._made:
                self._made[name] = make()
            part: _Part = self._made[name]
            return part

    # -- searching

    def retriever(self, *, dense: bool = True, k: int | None = None) -> "FusedRetriever":
        """The retriever over both indexes; the slow one is opened beside the other.

        Args:
            dense: False to search by words alone.
            k: How many passages to return, if not as many as the settings say.

        Raises:
            IndexStateError: An index is lost, damaged, or made by another embedder.
        """
        if dense and self.coverage():
            self.check_embedder()
            threading.Thread(target=self._warm, daemon=True).start()
        self._put_right()
        catalog = self.catalog
        if catalog.n_unindexed < catalog.n_articles and not self.lexical.n_passages:
            raise _lost("lexical", str(self.home.lexical))
        from knowledge.retrieval import FusedRetriever

        return FusedRetriever(
            lexical=self._by_words,
            dense=self._by_meaning if dense else None,
            coverage=self.coverage,
            bare=catalog.bare,
            passages=catalog.passages,
            k=k or self.settings.top_k,
        )

    def coverage(self) -> float:
        """Share of the passages that have a vector; counted anew only after a change."""
        state = self.catalog.state
        if self._counted[0] != state:
            n_passages = self.catalog.n_passages
            self._counted = (state, self.catalog.n_embedded / n_passages if n_passages else 0.0)
        return self._counted[1]

    def document_frequency(self, term: str) -> int:
        """In how many passages a term stands."""
        return self.lexical.document_frequency(term)

    def _by_words(self, question: str, k: int) -> list[tuple[str, float]]:
        from knowledge import words

        return self.lexical.search(words.question_terms(question), k)

    def _by_meaning(self, question: str, k: int) -> list[tuple[str, float]]:
        from knowledge import words

        try:
            vector = self.embedder.question(words.fold(question))
            with self._locks["vectors"]:
                self._catch_up()
                found = self.vectors.search(vector, k)
                if found or self.vectors.n_passages:
                    return found
        except (BackendError, StorageError) as e:
            _log.warning("answering by words alone: %s", e)
            return []
        raise _lost("vectors", self.settings.chroma_url or str(self.home.vectors))

    def _catch_up(self) -> None:
        """Opens the vectors anew if another process has written: chromadb does not see by itself what others add."""
        state = self.catalog.foreign_state
        if state != self._foreign_state:
            self.close("vectors")
            self._foreign_state = state

    def _warm(self) -> None:
        """Opens what the dense search needs; what goes wrong is said when a question needs it."""
        with contextlib.suppress(WenshuError):
            self._by_meaning("热身", 1)

    def _put_right(self) -> None:
        """Does what a kill left undone in the lexical index, if it is little and nobody else is writing."""
        if not self.catalog.stale("lexical") and not 0 < self.catalog.n_unindexed <= _MENDABLE:
            return
        try:
            with self.home.writing(wait=0):
                self.index(ingest.quiet)
        except (HomeBusyError, StorageError) as e:
            _log.warning("what an earlier run left undone stays so for now: %s", e)

    # -- writing

    def cutter(self) -> Callable[[Article], tuple[Passage, ...]]:
        """A function that cuts articles as the settings say.

        Raises:
            SettingError: The encoding is unknown.
            IndexStateError: The articles that are in were cut otherwise.
        """
        from knowledge.chunking import chunk

        count, most = self.count, self.settings.max_tokens
        now, before = f"{self.settings.encoding} {most} {_CUT_VERSION}", self.catalog.fact("cut")
        if before and before != now:
            message = (
                f"{self.home.path}: its passages are cut by {before!r}, the settings say {now!r}; set them back, or "
                "cut anew with `wenshu ingest --rebuild`"
            )
            raise IndexStateError(message, item=str(self.home.path), code="cut_changed")
        self.catalog.note("cut", now)
        return lambda article: chunk(article, count_tokens=count, max_tokens=most)

    def index(self, progress: Progress) -> None:
        """Brings the lexical index up to the catalog."""
        try:
            ingest.index(self.catalog, self.lexical, progress=progress)
        finally:
            self.lexical.close()

    def embed(
        self, dense: Dense, progress: Progress, *, most: int | None = None, stop: Callable[[], bool] = bool
    ) -> int:
        """Gives passages their vectors; returns how many.

        Args:
            dense: Up to the setting `dense_limit` in all, all, or none.
            progress: Told after every few.
            most: How many in this call at most.
            stop: Asked after every few.

        Raises:
            IndexStateError: The vectors that are there are another embedder's.
            BackendError: The embedder or the Chroma server failed; what was done stays done.
        """
        catalog = self.catalog
        if catalog.stale("dense"):
            ingest.clean(catalog, self.vectors)
        if dense == "auto":
            most = max(0, self.settings.dense_limit - catalog.n_embedded)
        if dense == "none" or most == 0 or not catalog.to_embed(1):
            return 0
        self.check_embedder()
        catalog.note(EMBEDDER, self.embedder.fingerprint)
        return ingest.embed(
            catalog, self.vectors, self.embedder.passages, limit=most, stop=stop, progress=progress
        )

    def check_embedder(self) -> None:
        """Refuses to compare vectors of different models.

        Raises:
            IndexStateError: The vectors are those of another embedder than the setting's.
        """
        from knowledge.embeddings import fingerprint

        now, before = fingerprint(self.settings.embedder), self.catalog.fact(EMBEDDER)
        if before and before != now:
            message = (
                f"{self.home.path}: its vectors are made by {before!r}, the setting says {now!r}; set it back, or "
                "make them anew with `wenshu ingest --rebuild`"
            )
            raise IndexStateError(message, item=before, code="embedder_changed")

    def start_over(self) -> str:
        """Empties both indexes, whatever state they are in, and lets the catalog say that all is to be done.

        Returns:
            Where a damaged catalog was moved to; nothing if it is sound.
        """
        aside = self._sound_catalog()
        catalog = self.catalog
        catalog.note(UNFINISHED, "rebuild")
        catalog.note("cut", "")
        self._cut_anew(self.cutter())
        catalog.restart("lexical")
        catalog.restart("dense")
        catalog.note(EMBEDDER, "")
        self._clear_lexical()
        self._clear_vectors()
        catalog.note(UNFINISHED, "")
        return aside

    def _sound_catalog(self) -> str:
        try:
            self.catalog.check()
        except IndexStateError as e:
            _log.warning("%s", e)
            self.close()
            return str(self.home.set_aside_catalog())
        return ""

    def _cut_anew(self, cut: Callable[[Article], tuple[Passage, ...]]) -> None:
        """Cuts every article again and writes those of which the passages are others."""
        ids = list(self.catalog.known())
        for at in range(0, len(ids), _BATCH):
            entries = self.catalog.entries(ids[at : at + _BATCH])
            anew = [Entry(e.article, e.origin, cut(e.article)) for e in entries]
            changed = [new for old, new in zip(entries, anew, strict=True) if old.passages != new.passages]
            if changed:
                self.catalog.put(changed)

    def _clear_lexical(self) -> None:
        """Empties the index in place, since others may be reading it; one that can't be opened is removed."""
        try:
            self.lexical.clear()
            self.lexical.commit()
            self.lexical.close()
        except IndexStateError:
            self.close("lexical")
            wipe(self.home.lexical)

    def _clear_vectors(self) -> None:
        try:
            if self.settings.chroma_url or self.home.vectors.exists():
                self.vectors.clear()
        except IndexStateError:
            self.close("vectors")
            wipe(self.home.vectors)


def _lost(index: str, item: str) -> IndexStateError:
    message = f"{item}: expected passages, as the catalog has them, got none; mend it with `wenshu ingest --rebuild`"
    return IndexStateError(message, item=item, code=index)
