"""The composition root: from settings to a service that takes articles in and answers questions.

Importing this module loads no heavy library; parts are opened when first needed.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from knowledge import ingest
from knowledge.diagnosis import Diagnosis, diagnose
from knowledge.errors import UsageError
from knowledge.ingest import Dense, Found, Progress, Report, quiet
from knowledge.parts import UNFINISHED, Parts
from knowledge.schema import Answer, Article, Figure, Hit
from knowledge.verdict import Checked, Source

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from knowledge.answer import Reader
    from knowledge.check import Checker
    from knowledge.ranking import Model
    from knowledge.retrieval import FusedRetriever
    from knowledge.settings import Settings

__all__ = ["Diagnosis", "Report", "Wenshu", "make_chain", "open_wenshu"]

Read = Callable[[str, Sequence[Hit]], Answer]
"""Takes the question and what was found."""

Verify = Callable[[Answer], Answer]

_LONGEST = 2_000
"""Characters of a question; a longer one is no question."""

_FEW = 64
"""Passages up to which a draft is held against all of them."""

_BESIDE_A_CLAIM = 10
"""Passages that a claim is held against."""

_SLICE = 256
"""Passages embedded in the background before others may write: some 20 s."""


def open_wenshu(settings: "Settings") -> "Wenshu":
    """A service over the home that the settings name; nothing is opened yet."""
    return Wenshu(settings)


def make_chain(retriever: "FusedRetriever", read: Read, verify: Verify) -> "Runnable[str, Answer]":
    """The whole of answering as a LangChain Runnable: retriever | read | verify."""
    from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough

    from knowledge.retrieval import to_hit

    def read_found(found: dict[str, Any]) -> Answer:
        return read(found["question"], [to_hit(document) for document in found["documents"]])

    both: Runnable[str, dict[str, Any]] = RunnableParallel(
        question=RunnablePassthrough(), documents=retriever
    )
    return both | RunnableLambda(read_found) | RunnableLambda(verify)


class Wenshu:
    """Articles in, answers out.  Safe to use from several threads."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings
        self._parts = Parts(settings)
        self._lock = threading.RLock()

    # -- asking

    def ask(self, question: str, *, abstain: bool = True) -> Answer:
        """The answer to one question.

        Args:
            question: In any script and width.
            abstain: False to answer at any probability.

        Raises:
            UsageError: The question is empty or too long.
            IndexStateError: An index can't be used.
        """
        if not question.strip():
            raise UsageError("question: expected a sentence, got nothing; pass one", code="empty_question")
        if len(question) > _LONGEST:
            message = f"question: expected at most {_LONGEST} characters, got {len(question)}; shorten it"
            raise UsageError(message, item=str(len(question)), code="question_too_long")
        started = perf_counter()
        answer = (self.chain if abstain else self._unabstaining_chain).invoke(question)
        total = round((perf_counter() - started) * 1000, 2)
        return replace(answer, timings_ms={**answer.timings_ms, "total": total})

    def check(
        self, text: str, *, sources: Sequence[Source] | None = None, published: str | None = None
    ) -> Checked:
        """A verdict on every figure, date and numbered token of a draft.

        Args:
            text: The draft.
            sources: Hold it against these texts alone, not against the articles taken in.
            published: ISO day that the times of draft and sources are counted from.

        Raises:
            UsageError: The draft or a source is empty, the draft too long, or the day is none.
            IndexStateError: An index can't be used.
        """
        from knowledge import words
        from knowledge.check import among, drafted

        anchor = drafted(text, published)
        if sources is None:
            with self._lock:
                checker = self._checker
            return checker.check(text, anchor=anchor)
        given = [_as_article(source, number, published) for number, source in enumerate(sources, 1)]
        return among(given, fold=words.fold, tokenize=words.tokenize, model=_model()).check(
            text, anchor=anchor
        )

    @property
    def chain(self) -> "Runnable[str, Answer]":
        """Question → answer as a LangChain Runnable."""
        with self._lock:
            return self._abstaining_chain

    @property
    def retriever(self) -> "FusedRetriever":
        """Question → passages as a LangChain retriever."""
        with self._lock:
            return self._retriever

    def article(self, article_id: str) -> Article:
        """The article.

        Raises:
            UsageError: There is none of that id.
        """
        found = self._parts.catalog.article(article_id)
        if found is None:
            message = f"article {article_id!r}: not in {self._settings.home}; `wenshu figures` lists what is"
            raise UsageError(message, item=article_id, code="no_article")
        return found

    def articles(self) -> Iterator[Article]:
        """All articles, in the order they were taken in."""
        return self._parts.catalog.articles()

    def heads(self, words: str = "", *, most: int = 20, skip: int = 0) -> tuple[list[Article], int]:
        """Articles whose title or source holds some words, newest first, without their text; and how many there are."""
        return self._parts.catalog.heads(words, most=most, skip=skip)

    def ledger(self, article_id: str | None = None) -> Iterator[tuple[Article, Figure]]:
        """Every figure of an article, or of all, in the order of the texts."""
        from knowledge import words
        from knowledge.linking import link

        for article in self.articles() if article_id is None else [self.article(article_id)]:
            for figure in link(words.fold(article.text), anchor=article.day):
                yield article, figure

    @cached_property
    def fingerprint(self) -> str:
        """What answers depend on besides the articles: our version, the reading model, the settings of reading."""
        given = self._settings
        settings = (given.embedder, given.top_k, given.encoding, given.max_tokens)
        learned = _model_text().encode("utf-8") + repr(settings).encode("utf-8")
        return f"{version('wenshu')}+{sha256(learned).hexdigest()[:12]}"

    @property
    def is_empty(self) -> bool:
        """True if no article is in."""
        return self._parts.catalog.is_empty

    # -- taking in

    def ingest(
        self,
        paths: Sequence[Path],
        *,
        prune: bool = False,
        rebuild: bool = False,
        dense: Dense = "auto",
        progress: Progress | None = None,
    ) -> Report:
        """Takes articles in.

        Args:
            paths: Files and folders.
            prune: Also take out what was once found in them and is no more.
            rebuild: Also make the indexes anew; if the catalog is lost, take in again what it had.
            dense: Which passages get a vector now: up to the setting `dense_limit` in all, all, or none.
            progress: Told of every step.

        Raises:
            HomeBusyError: Another process is writing.
            IndexStateError: An index can't be used, and `rebuild` is not set.
            BackendError: The embedder or a Chroma server failed; all but the vectors is in.
        """
        parts, tell = self._parts, progress or quiet
        given = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 -- keeps symbolic links
        with parts.home.writing():
            aside = parts.start_over() if rebuild or parts.catalog.fact(UNFINISHED) else ""
            lost = [path for path in parts.home.recorded if path not in given] if aside else []
            cut = parts.cutter()
            parts.home.record(given)
            found, doomed = _found([*given, *lost]), given if prune else []
            report = ingest.take_in(found, catalog=parts.catalog, cut=cut, prune=doomed, progress=tell)
            parts.index(tell)
            self._forget()
            parts.embed(dense, tell)
            n_passages, n_embedded = parts.catalog.n_passages, parts.catalog.n_embedded
        return replace(report, n_passages=n_passages, n_embedded=n_embedded, set_aside=aside)

    def ingest_bundled(self, progress: Progress | None = None) -> Report:
        """Takes in the articles that come with 问数."""
        return self.ingest([bundled("seeds")], progress=progress)

    def backfill(self, stop: threading.Event, progress: Progress | None = None) -> int:
        """Gives all passages their vectors, some at a time so that others can write too; returns how many.

        Args:
            stop: Set it, and the work ends after some seconds.
            progress: Told after every few.
        """
        done = 0
        while not stop.is_set():
            with self._parts.home.writing():
                made = self._parts.embed("all", progress or quiet, most=_SLICE, stop=stop.is_set)
            if not made:
                break
            done += made
        return done

    def diagnose(self) -> tuple[Diagnosis, ...]:
        """What is configured, reachable and indexed, part by part, and how to mend what is not."""
        return diagnose(self._parts)

    def close(self) -> None:
        """Lets go of all files."""
        self._forget()
        self._parts.close()

    # -- made once, made anew after an ingest

    @cached_property
    def _retriever(self) -> "FusedRetriever":
        return self._parts.retriever()

    @cached_property
    def _abstaining_chain(self) -> "Runnable[str, Answer]":
        return self._make_chain(abstain=True)

    @cached_property
    def _unabstaining_chain(self) -> "Runnable[str, Answer]":
        return self._make_chain(abstain=False)

    @cached_property
    def _reader(self) -> "Reader":
        from knowledge import words
        from knowledge.answer import Reader

        return Reader(
            articles=self.article,
            fold=words.fold,
            tokenize=words.tokenize,
            document_frequency=self._parts.document_frequency,
            n_passages=lambda: self._parts.catalog.n_passages,
            model=_model(),
        )

    @cached_property
    def _checker(self) -> "Checker":
        from knowledge.check import Checker, whole
        from knowledge.retrieval import hits

        if self._parts.catalog.n_passages <= _FEW:
            all_of_them = tuple(map(whole, self.articles()))
            return Checker(self._reader, lambda _: all_of_them, is_about=len(all_of_them) == 1)
        by_words = self._parts.retriever(dense=False, k=_BESIDE_A_CLAIM)
        return Checker(self._reader, lambda words: hits(by_words, words), is_about=False)

    def _make_chain(self, *, abstain: bool) -> "Runnable[str, Answer]":
        from knowledge.answer import verify

        retriever, reader = self._retriever, self._reader
        return make_chain(
            retriever,
            lambda question, hits: reader.read(question, hits, abstain=abstain),
            lambda answer: verify(answer, self.article),
        )

    def _forget(self) -> None:
        with self._lock:
            for name in ("_checker", "_retriever", "_abstaining_chain", "_unabstaining_chain"):
                self.__dict__.pop(name, None)


def bundled(name: str) -> Path:
    """A folder that comes with 问数: in a checkout beside the packages, in an installed wheel inside this one.

    Raises:
        UsageError: It is not there.
    """
    here = Path(str(resources.files("knowledge")))
    for folder in (here.parent / name, here / "_bundled" / name):
        if folder.is_dir():
            return folder
    message = f"{name}: expected a folder beside or in {here}, got none; install 问数 again"
    raise UsageError(message, item=name, code="no_seeds")


def _as_article(source: Source, number: int, published: str | None) -> Article:
    """A source as an article of that day.

    Raises:
        UsageError: It holds no text.
    """
    from knowledge.articles import make_article

    if not source.text.strip():
        message = f"source {number}: expected a text, got nothing; leave it out"
        raise UsageError(message, item=str(number), code="empty_source")
    text = f"{source.title}\n{source.text}" if source.title else source.text  # a headline states figures too
    day = source.published or published or ""
    return make_article(f"source-{number}", text, title=source.title, published=day)


def _found(paths: Sequence[Path]) -> Iterator[Found]:
    """What the files hold, each file once."""
    from knowledge.articles import discover, read

    seen: set[str] = set()
    for given in paths:
        root = given if given.is_dir() else given.parent
        for path in discover([given]):
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                origin = os.path.abspath(path)  # noqa: PTH100 -- keeps symbolic links
                yield from (Found(item, origin) for item in read(path, root=root))


def _model() -> "Model":
    """The learned part of reading, as it comes with the package."""
    import json

    from knowledge.ranking import Model

    return Model.from_json(json.loads(_model_text()))


def _model_text() -> str:
    return resources.files("knowledge").joinpath("reading_model.json").read_text("utf-8")
