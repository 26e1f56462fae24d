"""Calls of a model behind the real client of a server on this machine, or behind a scripted one."""

from socket import socket
from typing import Any

from langchain_core.messages import HumanMessage

from knowledge import providers
from knowledge.chat_model import ChatModel, Limits, Piece
from knowledge.errors import BackendError

ASKED = [HumanMessage("科创投累计投资多少")]
TEXT = "科创投累计投资23.26亿元。[1]"
NAME = "openai:scripted"
KEY = "sk-key-of-the-user"
LONG, SHORT = 60.0, 0.5
"""Seconds of a deadline that no test reaches, and of one that ends a stall."""


def characters(text: str) -> int:
    return len(text)


def wrapped(
    model: Any, *, seconds: float = LONG, structured: bool | None = None, slept: list[float] | None = None
) -> ChatModel:
    """A model whose pauses between tries take no time."""
    limits = Limits(seconds=seconds, structured=structured)
    pauses = [] if slept is None else slept
    return ChatModel(NAME, model, limits=limits, count=characters, pause=pauses.append)


def behind(url: str, **given: Any) -> ChatModel:
    """A model behind the real client."""
    seconds = given.get("seconds", LONG)
    real = providers.start(NAME, url=url, key=KEY, seconds=seconds, answer_tokens=200)
    return wrapped(real, **given)


def heard(model: ChatModel, schema: dict[str, Any] | None = None) -> tuple[list[Piece], BackendError | None]:
    """What came, and how it failed if it did."""
    came: list[Piece] = []
    try:
        came.extend(model.stream(ASKED, schema=schema))
    except BackendError as problem:
        return came, problem
    return came, None


def failure(model: ChatModel, schema: dict[str, Any] | None = None) -> BackendError:
    """How it failed, with nothing of a whole reply."""
    came, problem = heard(model, schema)
    assert problem is not None
    assert all(piece.usage is None for piece in came)
    return problem


def refused_url() -> str:
    """An address of this machine where nobody listens."""
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
