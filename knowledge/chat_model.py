"""A language model on its way through failures.  Sole importer of pybreaker and tenacity.

A call has one deadline for all of it.  What passes by itself (no connection, 429, 5xx) is tried again until something
has come; after some failures in a row the circuit opens, and for a while no call is made.  No message of a provider is
logged or shown: it may quote the key.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from itertools import chain
from time import monotonic, sleep
from typing import Any

import pybreaker
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.runnables import Runnable
from tenacity import Retrying, retry_if_exception, wait_exponential, wait_random

from knowledge.errors import BackendError
from knowledge.generation import Usage

Said = str | Mapping[str, Any]
"""What has come so far: text, or the part of a structured reply that can be read."""

_FAILURES = 3
"""In a row, after which the circuit opens."""

_REST_SECONDS = 60.0
"""How long it stays open; then one call is tried."""

_TRIES = 3
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 4.0
"""Seconds between tries: each pause twice the one before, with jitter."""

_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""HTTP statuses that pass by themselves."""

_KEY, _NOT_THERE, _TOO_MUCH, _BAD_REQUEST = frozenset({401, 403}), 404, 429, frozenset({400, 422})
_NO_STRUCTURE = frozenset({400, 415, 422, 500, 501})
"""How servers answer who don't know how to keep to a schema."""

_UNREACHED = ("Connect", "Connection", "Timeout", "Network", "RemoteProtocol", "ReadError")
"""In the names of exceptions, and of what caused them, of a server that is not there."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a call may take.

    Attributes:
        seconds: From its start to the last word, tries included.
        prompt_tokens: Tokens of the passages in a prompt.
        answer_tokens: Tokens of a reply, thinking included.
        structured: Whether replies are asked for in a structure; None to do so if the model is known to offer it.
    """

    seconds: float = 30.0
    prompt_tokens: int = 3_000
    answer_tokens: int = 1_000
    structured: bool | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What has come of a reply.

    Attributes:
        said: All of it so far.
        usage: Tokens, with the last piece; else None.
    """

    said: Said
    usage: Usage | None = None


class _Counted(BaseCallbackHandler):
    """The tokens that a server counted of a reply.

    LangChain's own handler misses those of structured replies that stream: its OpenAI client tells them beside the
    message only.
    """

    def __init__(self) -> None:
        self.sent = self.came = 0

    def on_llm_end(self, response: LLMResult, **_: Any) -> None:
        """Add what a reply took."""
        for reply in (
            each for row in response.generations for each in row if isinstance(each, ChatGeneration)
        ):
            if not isinstance(reply.message, AIMessage):
                continue
            told: Mapping[str, Any] = reply.message.usage_metadata or {}
            beside: Mapping[str, Any] = reply.message.response_metadata.get("token_usage") or {}
            self.sent += told.get("input_tokens") or beside.get("prompt_tokens") or 0
            self.came += told.get("output_tokens") or beside.get("completion_tokens") or 0


class ChatModel:
    """A chat model with a deadline, tries and a circuit breaker.  Safe to use from several threads.

    Attributes:
        name: As the settings have it: `openai:deepseek-chat`.
        limits: What a call may take.
    """

    def __init__(
        self,
        name: str,
        model: BaseChatModel,
        *,
        limits: Limits,
        count: Callable[[str], int],
        pause: Callable[[float], None] = sleep,
    ) -> None:
        """Set up; nothing is sent yet.

        Args:
            name: For log and doctor.
            model: The model.
            limits: What a call may take.
            count: Tokens of a text, for models that don't count.
            pause: Waits some seconds.
        """
        self.name = name
        self.limits = limits
        self._model = model
        self._count = count
        self._pause = pause
        self._structured = _offers_structure(model) if limits.structured is None else limits.structured
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=_FAILURES,
            reset_timeout=_REST_SECONDS,
            # Who stops listening has heard something; a question that a provider won't answer is one of many.
            exclude=[GeneratorExit, _is_about_the_question],
            throw_new_error_on_trip=False,  # the failure that opens the circuit keeps its own code
        )

    @property
    def is_structured(self) -> bool:
        """Whether replies are asked for in a structure."""
        return self._structured

    @property
    def is_resting(self) -> bool:
        """True while the circuit is open: the last calls failed."""
        return self._breaker.current_state == pybreaker.STATE_OPEN

    def stream(
        self, messages: Sequence[BaseMessage], *, schema: Mapping[str, Any] | None = None
    ) -> Iterator[Piece]:
        """The reply as it comes.

        Args:
            messages: The prompt.
            schema: JSON schema of a structured reply; None for text.

        Raises:
            BackendError: The model failed, took too long, or the circuit is open.
        """
        try:
            with self._breaker.calling():
                yield from self._pieces(messages, schema)
        except pybreaker.CircuitBreakerError as e:
            message = (
                f"model {self.name}: failed {_FAILURES} times in a row; resting for {_REST_SECONDS:.0f} s"
            )
            raise BackendError(message, item=self.name, code="model_resting") from e

    def text(self, messages: Sequence[BaseMessage]) -> tuple[str, Usage]:
        """The whole reply as text, and what it took.

        Raises:
            BackendError: The model failed, took too long, or the circuit is open.
        """
        said, usage = "", Usage()
        for piece in self.stream(messages):
            said, usage = str(piece.said), piece.usage or usage
        return said, usage

    def _pieces(self, messages: Sequence[BaseMessage], schema: Mapping[str, Any] | None) -> Iterator[Piece]:
        until = monotonic() + self.limits.seconds
        counted = _Counted()
        said: Said = ""
        try:
            for said in _timed(lambda: self._tried(messages, schema, counted, until), until):
                yield Piece(said)
        except Exception as e:
            raise self._translated(e, structured=schema is not None and not said) from e
        yield Piece(said, self._usage(messages, said, counted))

    def _tried(
        self,
        messages: Sequence[BaseMessage],
        schema: Mapping[str, Any] | None,
        counted: _Counted,
        until: float,
    ) -> Iterator[Said]:
        """The reply from its first piece on; up to there what passes by itself is tried again."""
        tries = Retrying(
            stop=lambda state: state.attempt_number >= _TRIES or monotonic() >= until,
            wait=wait_exponential(multiplier=_FIRST_PAUSE, max=_LONGEST_PAUSE) + wait_random(0, _FIRST_PAUSE),
            retry=retry_if_exception(_passes),
            sleep=self._pause,
            reraise=True,
        )
        reply, first = tries(lambda: _begun(self._run(schema), messages, counted))
        if first is None:
            return
        yield from _growing(first, reply)

    def _run(self, schema: Mapping[str, Any] | None) -> Runnable[Any, Any]:
        if schema is None or not self._structured:
            return self._model
        return self._model.with_structured_output(dict(schema))

    def _usage(self, messages: Sequence[BaseMessage], said: Said, counted: _Counted) -> Usage:
        if counted.sent or counted.came:
            return Usage(1, counted.sent, counted.came)
        sent = sum(self._count(message.text) for message in messages)
        return Usage(1, sent, self._count(str(said)), estimated=True)

    def _translated(self, problem: Exception, *, structured: bool) -> BackendError:
        code, mend = _diagnosed(problem)
        if _status(problem) in _NO_STRUCTURE and self._structured and structured:
            self._structured = False
            mend = "asking for plain text from now on"
        _log.warning("model %s: %s (%s)", self.name, code, type(problem).__name__)
        return BackendError(f"model {self.name}: {mend}", item=self.name, code=code)


def _begun(
    run: Runnable[Any, Any], messages: Sequence[BaseMessage], counted: _Counted
) -> tuple[Iterator[Any], Any]:
    """A reply that has begun, and its first piece; None if it is empty."""
    reply = run.stream(list(messages), config={"callbacks": [counted]})
    return reply, next(reply, None)


def _growing(first: Any, rest: Iterator[Any]) -> Iterator[Said]:
    """All that has come so far, after every piece: of text the pieces joined, of a structure its last state."""
    text = ""
    for piece in chain((first,), rest):
        if isinstance(piece, Mapping):
            yield piece
        else:
            text += str(piece.text)
            yield text


_END = object()


def _timed(make: Callable[[], Iterator[Said]], until: float) -> Iterator[Said]:
    """What an iterator yields, made and run in a thread of its own.

    Raises:
        TimeoutError: It is not at its end in time; the thread is left to its own time limit.
    """
    made: queue.SimpleQueue[Any] = queue.SimpleQueue()
    given_up = threading.Event()

    def work() -> None:
        try:
            for said in make():
                made.put(said)
                if given_up.is_set():
                    return
            made.put(_END)
        except Exception as e:  # noqa: BLE001 -- raised again where it is waited for
            made.put(e)

    threading.Thread(target=copy_context().run, args=(work,), name="model", daemon=True).start()
    try:
        while True:
            try:
                said = made.get(timeout=max(until - monotonic(), 0.001))
            except queue.Empty:
                raise TimeoutError("the reply did not end in time") from None
            if said is _END:
                return
            if isinstance(said, Exception):
                raise said
            yield said
    finally:
        given_up.set()


def _status(problem: BaseException) -> int | None:
    status = getattr(problem, "status_code", None)
    return status if isinstance(status, int) else None


def _is_about_the_question(problem: BaseException) -> bool:
    return isinstance(problem, BackendError) and problem.code == "model_refused"


def _unreached(problem: BaseException | None) -> bool:
    """Whether an exception, or what caused it, is of a server that is not there."""
    seen = 0
    while problem is not None and seen < len(_UNREACHED):
        if isinstance(problem, OSError) or any(word in type(problem).__name__ for word in _UNREACHED):
            return True
        problem, seen = problem.__cause__, seen + 1
    return False


def _passes(problem: BaseException) -> bool:
    status = _status(problem)
    return status in _PASSING if status is not None else _unreached(problem)


def _diagnosed(problem: Exception) -> tuple[str, str]:
    """A code, and what happened with its mend; nothing of the provider's own words."""
    status = _status(problem)
    if isinstance(problem, TimeoutError) and status is None:
        return "model_slow", "no whole reply in time; raise WENSHU_MODEL_SECONDS or choose a faster one"
    if status in _KEY:
        return "model_key", f"the server refuses the key ({status}); check WENSHU_MODEL_KEY"
    if status == _NOT_THERE:
        return (
            "model_unknown",
            "the server has no such model or address; check WENSHU_MODEL, WENSHU_MODEL_URL",
        )
    if status == _TOO_MUCH:
        return "model_busy", "the server wants fewer requests (429); raise the quota"
    if status in _BAD_REQUEST:
        return "model_refused", f"the server refuses the request ({status})"
    if status is not None:
        return "model_failed", f"the server failed ({status})"
    if _unreached(problem):
        return "model_unreachable", "can't be reached; check WENSHU_MODEL_URL and the network"
    return "model_failed", f"failed ({type(problem).__name__})"


def _offers_structure(model: BaseChatModel) -> bool:
    """Whether LangChain knows the model to keep to a schema."""
    profile: Mapping[str, Any] = model.profile or {}
    return bool(profile.get("structured_output"))
