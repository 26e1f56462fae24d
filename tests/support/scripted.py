"""A chat model that says what it is told to, piece by piece, and fails where it is told to."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import sleep
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict

PIECE = 4
"""Characters of a piece."""


@dataclass(frozen=True)
class Fails:
    """Say some words, then raise."""

    problem: Exception
    after: str = ""


@dataclass(frozen=True)
class Stalls:
    """Say some words, then nothing until `released` is set."""

    released: threading.Event
    after: str = ""


Script = str | Fails | Stalls | Callable[[Sequence[BaseMessage]], str]


class StatusError(Exception):
    """What a provider's client raises for an HTTP status."""

    def __init__(self, status_code: int, message: str = "") -> None:
        super().__init__(message)
        self.status_code = status_code


class ScriptedModel(BaseChatModel):
    """Plays scripts in turn; the last one again and again.

    Attributes:
        scripts: What it says.
        seen: The prompts it was given.
        counts: Whether it tells its tokens.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    scripts: Any
    seen: list[list[BaseMessage]]
    counts: bool = True

    def __init__(self, *scripts: Script, **given: Any) -> None:
        super().__init__(scripts=deque(scripts), seen=[], **given)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        said = "".join(chunk.message.text for chunk in self._stream(messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessageChunk(said))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.seen.append(messages)
        script = self.scripts.popleft() if len(self.scripts) > 1 else self.scripts[0]
        said = (
            script if isinstance(script, str) else script.after if not callable(script) else script(messages)
        )
        for at in range(0, len(said), PIECE):
            yield _chunk(said[at : at + PIECE])
        if isinstance(script, Fails):
            raise script.problem
        if isinstance(script, Stalls):
            while not script.released.is_set():
                sleep(0.01)
        if self.counts:
            usage = {"input_tokens": 100, "output_tokens": len(said), "total_tokens": 100 + len(said)}
            yield ChatGenerationChunk(
                message=AIMessageChunk("", usage_metadata=usage, response_metadata={"model_name": "scripted"})
            )


def _chunk(text: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(text))
