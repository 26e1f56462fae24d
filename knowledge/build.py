"""The composition root: from settings to a service that takes articles in and answers questions.

Importing this module loads no heavy library; parts are opened when first needed.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from knowledge import ingest
from knowledge.bundle import bundled, reading_model, reading_model_text
from knowledge.diagnosis import Diagnosis, diagnose
from knowledge.errors import UsageError
from knowledge.ingest import Dense, Found, Progress, Report, quiet
from knowledge.parts import UNFINISHED, Parts
from knowledge.schema import Answer, Article, Figure
from knowledge.verdict import Checked, Source

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

    from knowledge.answer import Reader
    from knowledge.chain import ModelChain
    from knowledge.check import Checker
    from knowledge.generation import Generation
    from knowledge.prompts import Prompts
    from knowledge.retrieval import FusedRetriever
    from knowledge.settings import Settings

__all__ = ["Diagnosis", "Report", "Wenshu", "bundled", "open_wenshu"]

_LONGEST = 2_000
"""Characters of a question; a longer one is no question."""

_FEW = 64
"""Passages up to which a draft is held against all of them."""

_BESIDE_A_CLAIM = 10
"""Passages that a claim is held against."""

_SLICE = 256
"""Passages embedded in the background before others may write: some 20 s."""


def open_wenshu(settings: "Settings", model: "BaseChatModel | None" = None) -> "Wenshu":
    """A service over the home that the settings name; nothing is opened yet.

    Args:
        settings: Where, and with what.
        model: A chat model in place of the one that the settings name.
    """
    return Wenshu(settings, model)


class Wenshu:
    """Articles in, answers out.  Safe to use from several threads.

    Attributes:
        settings: Where, and with what.
    """

    def __init__(self, settings: "Settings", model: "BaseChatModel | None" = None) -> None:
        self.settings = settings
        self._parts = Parts(settings, model)
        self._lock = threading.RLock()

    # -- asking

    def ask(
        self,
        question: str,
        *,
        abstain: bool = True,
        plain: bool = False,
        on_draft: Callable[[Answer], None] | None = None,
    ) -> Answer:
        """The answer to one question.

        Args:
            question: In any script and width.
            abstain: False to answer at any probability.
            plain: True to leave the language model out, if there is one.
            on_draft: Told, while a language model writes, what is borne out so far.

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
        writes = self.writes and not plain
        chain = self._chain(abstain=abstain, plain=plain)
        first: float | None = None
        for answer in chain.stream(question):
            if answer.generation is None and answer.statements and first is None:
                first = _since(started)
            if on_draft is not None and writes and answer.generation is None:
                on_draft(answer)
        if answer.generation is not None:
            answer = replace(answer, generation=replace(answer.generation, first_ms=first))
        return replace(answer, timings_ms={**answer.timings_ms, "total": _since(started)})

    def made_whole(self, question: str, before: str) -> "tuple[str, Generation | None]":
        """A follow-up as a question that stands by itself, empty if no language model can say; and what that took.

        Args:
            question: The follow-up.
            before: What was asked before it.
        """
        with self._lock:
            writing = self._model_chain
        return writing.made_whole(question, before) if writing is not None else ("", None)

    @property
    def writes(self) -> bool:
        """Whether a language model is configured."""
        return self._parts.writes

    def start_model(self) -> None:
        """Starts the language model, if there is one; raises a `SettingError` if its settings are no good."""
        _ = self._parts.chat_model

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
        return among(given, fold=words.fold, tokenize=words.tokenize, model=reading_model()).check(
            text, anchor=anchor
        )

    @property
    def chain(self) -> "Runnable[str, Answer]":
        """Question → answer as a LangChain Runnable."""
        return self._chain(abstain=True, plain=False)

    def _chain(self, *, abstain: bool, plain: bool) -> "Runnable[str, Answer]":
        key = (abstain, plain or not self.writes)
        with self._lock:
            if key not in self._chains:
                self._chains[key] = self._make_chain(abstain=abstain, plain=key[1])
            return self._chains[key]

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
            message = f"article {article_id!r}: not in {self.settings.home}; `wenshu figures` lists what is"
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
        given = self.settings
        settings: tuple[object, ...] = (given.embedder, given.top_k, given.encoding, given.max_tokens)
        if self.writes:
            written = (given.model, given.model_prompt_tokens, given.model_output)
            settings += (*written, self._prompts.fingerprint)
        learned = reading_model_text().encode("utf-8") + repr(settings).encode("utf-8")
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
    def _chains(self) -> "dict[tuple[bool, bool], Runnable[str, Answer]]":
        """By whether it abstains, and whether it leaves the language model out."""
        return {}

    @cached_property
    def _model_chain(self) -> "ModelChain | None":
        model = self._parts.chat_model
        if model is None:
            return None
        from knowledge.chain import ModelChain
        from knowledge.grounding import Grounding
        from knowledge.retrieval import hits
        from knowledge.writing import Writer

        checker, retriever = self._checker, self._retriever
        return ModelChain(
            model,
            self._prompts,
            Writer(self._reader, lambda shown: Grounding(checker, shown)),
            search=lambda words: hits(retriever, words),
            count=self._parts.count,
        )

    @cached_property
    def _prompts(self) -> "Prompts":
        from knowledge.prompts import Prompts

        return Prompts(bundled("prompts"))

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
            model=reading_model(),
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

    def _make_chain(self, *, abstain: bool, plain: bool) -> "Runnable[str, Answer]":
        from knowledge.answer import verify
        from knowledge.pipeline import make_chain

        retriever, reader, writing = self._retriever, self._reader, None if plain else self._model_chain
        return make_chain(
            retriever,
            lambda question, hits: reader.read(question, hits, abstain=abstain),
            lambda answer: verify(answer, self.article),
            write=None if writing is None else lambda base: writing.write(base, abstain=abstain),
        )

    def _forget(self) -> None:
        with self._lock:
            for name in ("_checker", "_retriever", "_chains", "_model_chain"):
                self.__dict__.pop(name, None)


def _since(started: float) -> float:
    """Milliseconds."""
    return round((perf_counter() - started) * 1000, 2)


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
    from knowledge.articles import read_all

    return (Found(item, origin) for item, origin in read_all(paths))
