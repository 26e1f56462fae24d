"""What a language model adds to an answer: prompt → model → statements → verification, as a LangChain chain.

It comes after the reader, which has answered or abstained by then, and can only lose to it: an error, a stall or a
sentence that is not borne out leaves the reader's answer as it is.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda

from knowledge import statements
from knowledge.chat_model import ChatModel, Piece
from knowledge.chatter import compares
from knowledge.context import shown
from knowledge.errors import BackendError
from knowledge.generation import Generation, Outcome, Statement, Usage
from knowledge.grounding import adds_nothing
from knowledge.matching import cover
from knowledge.prompts import Prompts, fenced
from knowledge.question import Ask
from knowledge.schema import Answer, Hit, Status
from knowledge.writing import Draft, Writer

SCHEMA: Mapping[str, Any] = {
    "title": "answer",
    "type": "object",
    "properties": {
        "claims": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "labels": {"type": "array", "items": {"type": "integer"}},
                },
                "required": ["text", "labels"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["claims"],
    "additionalProperties": False,
}
"""Of a structured reply."""

_AROUND = 40
"""Tokens that a passage's number, day and title take, about."""

_POOR = 0.6
"""Share of the question's words that the best passage says, below which other words are searched for."""

_LONGEST = 200
"""Characters of a question made whole."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Written:
    """What the model has written so far, and once it is done what that took."""

    statements: tuple[Statement, ...]
    usage: Usage | None = None


@dataclass(slots=True)
class _Tally:
    """What the calls for one question took: filled while they run."""

    usage: Usage = field(default_factory=Usage)
    model_ms: float = 0.0
    error: str = ""

    def timed(self, pieces: Iterator[Any]) -> Iterator[Any]:
        """The pieces, the time counted that they are waited for."""
        while True:
            started = perf_counter()
            try:
                piece = next(pieces)
            except StopIteration:
                return
            finally:
                self.model_ms += (perf_counter() - started) * 1000
            yield piece


class ModelChain:
    """Lets a language model write what the articles say.

    Attributes:
        model: The model.
    """

    def __init__(
        self,
        model: ChatModel,
        prompts: Prompts,
        writer: Writer,
        *,
        search: Callable[[str], Sequence[Hit]],
        count: Callable[[str], int],
    ) -> None:
        """Set up.

        Args:
            model: The model.
            prompts: What it is told.
            writer: Makes answers of its statements.
            search: The passages that speak of some words, nearest first.
            count: Tokens of a text.
        """
        self.model = model
        self._prompts = prompts
        self._writer = writer
        self._search = search
        self._count = count
        replies: Runnable[Any, Piece] = RunnableGenerator(self._replies)
        self._written: Runnable[Any, _Written] = (
            RunnableLambda(self._messages) | replies | RunnableGenerator(self._read)
        )

    def write(self, base: Answer, *, abstain: bool) -> Iterator[Answer]:
        """The answer, better each time: the reader's, if it has one, then with every statement that is borne out.

        Args:
            base: The reader's answer.
            abstain: False if the reader is to answer at any probability.
        """
        question = self._writer.reader.analyse(base.question, base.hits)
        if question.ask in {Ask.NOTHING, Ask.METADATA} and not compares(question.text):
            yield base
            return
        tally = _Tally()
        base = self._searched_again(base, tally, abstain=abstain)
        if base.status is Status.ANSWERED:
            yield base
        if not base.hits:
            yield self._finished(base, None, None, tally)
            return
        draft, told = self._begun(base), None
        for grown in self._drafts(draft, tally):
            draft, answer = grown, self._writer.answer(grown)
            if answer is not None and answer != told:
                told = answer
                yield answer
        yield self._finished(base, draft, told, tally)

    def made_whole(self, question: str, before: str) -> tuple[str, Generation]:
        """A follow-up as a question that stands by itself; empty if the model adds what neither says, or fails.

        Either of the two given back is no third: thanks would be answered with what was answered before.
        """
        tally = _Tally()
        messages = self._prompts.get("condense").messages(before=fenced(before), question=fenced(question))
        whole = self._asked(messages, tally).strip().strip("“”\"'").strip()
        reader = self._writer.reader
        told = reader.fold(f"{before}\n{question}")
        is_new = _letters(reader.fold(whole)) not in {
            _letters(reader.fold(each)) for each in (before, question)
        }
        fits = 0 < len(whole) <= _LONGEST and "\n" not in whole and is_new
        is_kept = fits and adds_nothing(reader.fold(whole), told, reader.tokenize)
        outcome = Outcome.KEPT if is_kept else Outcome.FAILED if tally.error else Outcome.REPLACED
        took = round(tally.model_ms, 2)
        generation = Generation(self.model.name, outcome, usage=tally.usage, model_ms=took, error=tally.error)
        return whole if is_kept else "", generation

    def _asked(self, messages: Sequence[BaseMessage], tally: _Tally) -> str:
        """What the model says, whole; empty if it fails."""
        started = perf_counter()
        try:
            said, usage = self.model.text(messages)
        except BackendError as problem:
            tally.error = problem.code
            return ""
        finally:
            tally.model_ms += (perf_counter() - started) * 1000
        tally.usage += usage
        return said

    # -- searching in other words

    def _searched_again(self, base: Answer, tally: _Tally, *, abstain: bool) -> Answer:
        """The reader's answer from more passages, if those found hardly speak of what is asked."""
        if (base.status is Status.ANSWERED and abstain) or not self._is_poor(base):
            return base
        words = self._other_words(base.question, tally)
        found = self._search(words) if words else ()
        known = {hit.passage.id for hit in base.hits}
        more = [hit for hit in found if hit.passage.id not in known]
        if not more:
            return base
        hits = [replace(hit, rank=rank) for rank, hit in enumerate([*base.hits, *more], 1)]
        return self._writer.reader.read(base.question, hits, abstain=abstain)

    def _is_poor(self, base: Answer) -> bool:
        reader = self._writer.reader
        terms = reader.terms(reader.analyse(base.question, base.hits))
        said = (cover(terms, reader.fold(hit.passage.text)) for hit in base.hits)
        return bool(terms) and max(said, default=0.0) < _POOR

    def _other_words(self, question: str, tally: _Tally) -> str:
        messages = self._prompts.get("rewrite").messages(question=fenced(question))
        said = self._asked(messages, tally).strip()
        return f"{question} {said[:_LONGEST]}" if said else ""

    # -- writing

    def _begun(self, base: Answer) -> Draft:
        reader = self._writer.reader
        passages = shown(
            base.hits,
            reader.evidence,
            count=self._count,
            most=self.model.limits.prompt_tokens,
            around=_AROUND,
        )
        return self._writer.begin(base, reader.analyse(base.question, base.hits), passages)

    def _drafts(self, draft: Draft, tally: _Tally) -> Iterator[Draft]:
        """The draft after every statement; ends early, with what there is, if the model fails.

        A server that refuses a structure is asked for text at once.
        """
        was_structured = self.model.is_structured
        try:
            yield from self._writer.carry_on(draft, self._growing(draft, tally))
        except BackendError as problem:
            if was_structured and not self.model.is_structured:
                yield from self._drafts(draft, tally)
                return
            tally.error = problem.code

    def _growing(self, draft: Draft, tally: _Tally) -> Iterator[tuple[Statement, ...]]:
        heads = {hit.rank: self._fenced(hit, "").partition("]")[2].strip() for hit in draft.shown}
        for written in tally.timed(self._written.stream(draft)):
            tally.usage += written.usage or Usage()
            yield tuple(_beheaded(statement, heads) for statement in written.statements)

    def _messages(self, draft: Draft) -> list[BaseMessage]:
        form = "structured" if self.model.is_structured else "lines"
        return self._prompts.get("answer").messages(
            form=self._prompts.get(form).filled(),
            passages="\n".join(self._fenced(hit, hit.passage.text) for hit in draft.shown),
            question=fenced(draft.base.question),
        )

    def _fenced(self, hit: Hit, text: str) -> str:
        """A passage as the model sees it."""
        article = self._writer.reader.articles(hit.passage.article_id)
        return self._prompts.get("passage").filled(
            label=str(hit.rank),
            published=fenced((article.published or "")[:10]),
            title=fenced(article.title),
            text=fenced(text),
        )

    def _replies(self, prompts: Iterator[list[BaseMessage]]) -> Iterator[Piece]:
        for messages in prompts:
            yield from self.model.stream(messages, schema=SCHEMA)

    def _read(self, pieces: Iterator[Piece]) -> Iterator[_Written]:
        for piece in pieces:
            whole = piece.usage is not None
            said = piece.said
            found = (
                statements.read(said, whole=whole)
                if isinstance(said, str)
                else statements.of_claims(said, whole=whole)
            )
            yield _Written(found, piece.usage)

    def _finished(self, base: Answer, draft: Draft | None, told: Answer | None, tally: _Tally) -> Answer:
        """The last answer, with what the model had to do with it."""
        n_read = draft.n_read if draft else 0
        if told is not None:
            outcome = Outcome.KEPT
        elif tally.error:
            outcome = Outcome.FAILED
        else:
            outcome = Outcome.REPLACED if base.status is Status.ANSWERED else Outcome.ABSTAINED
        generation = Generation(
            self.model.name,
            outcome,
            n_statements=n_read,
            n_removed=draft.n_removed if draft else 0,
            usage=tally.usage,
            model_ms=round(tally.model_ms, 2),
            error=tally.error,
        )
        _log.info(
            "model %s: %s, %d of %d statements removed, %d + %d tokens, %.0f ms%s",
            generation.model,
            outcome.value,
            generation.n_removed,
            n_read,
            tally.usage.prompt_tokens,
            tally.usage.completion_tokens,
            tally.model_ms,
            f", {tally.error}" if tally.error else "",
        )
        return replace(told or base, generation=generation)


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text)


def _beheaded(statement: Statement, heads: Mapping[int, str]) -> Statement:
    """The statement without the day and title that stand before the passage it was copied from."""
    head = next((heads[n] for n in statement.labels if n in heads), "")
    return replace(statement, text=statement.text.removeprefix(head).lstrip()) if head else statement
