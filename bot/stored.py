"""Replies as they are kept: JSON, and back."""

from functools import cache

from pydantic import TypeAdapter

from bot.reply import Reply


@cache
def _adapter() -> TypeAdapter[Reply]:
    return TypeAdapter(Reply)


def dumps(reply: Reply) -> str:
    """The reply as JSON."""
    return _adapter().dump_json(reply).decode("utf-8")


def loads(text: str) -> Reply:
    """The reply that `dumps` wrote."""
    return _adapter().validate_json(text)
