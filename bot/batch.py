"""Many lines in, as many JSON objects out: a bad line gets an error in its place and the rest go on."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bot import mending
from bot.inbound import sayable
from bot.jsonview import Json, answer_view, checked_view
from knowledge.errors import UsageError, WenshuError
from knowledge.schema import Answer
from knowledge.verdict import Checked, Source

MAX_LINE_BYTES = 1_000_000
"""A longer line is no question; it is refused before it is decoded."""

MAX_DRAFT_BYTES = 16_000_000
"""The same for a draft with its sources."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What one line asks to be checked.

    Attributes:
        text: The draft.
        sources: The texts it is checked against alone, or None for the articles.
        published: The day 今年 and 去年 are counted from, or None if the line names none.
    """

    text: str
    sources: tuple[Source, ...] | None = None
    published: str | None = None


def answer(lines: Iterable[bytes], ask: Callable[[str], Answer], *, trace: bool = False) -> Iterator[Json]:
    """The answer to every line, in order.

    Args:
        lines: Each a question in UTF-8, or an object with one under `question`; other keys are ignored.
        ask: Answers one question.
        trace: Add passages and features.

    Yields:
        For each line an answer's object, or `{"error": …}` for one that is no question.
    """
    return _views(lines, lambda line: answer_view(ask(question_of(line)), trace=trace))


def check(lines: Iterable[bytes], check: Callable[[Draft], Checked]) -> Iterator[Json]:
    """The verdicts on the figures of every line, in order.

    Args:
        lines: Each a draft in UTF-8, or an object as `draft_of` reads it.
        check: Checks one draft.

    Yields:
        For each line the object of a check, or `{"error": …}` for one that is no draft.
    """
    return _views(lines, lambda line: checked_view(check(draft_of(line))))


def _views(lines: Iterable[bytes], view: Callable[[bytes], Json]) -> Iterator[Json]:
    for line in lines:
        try:
            yield view(line)
        except WenshuError as problem:
            yield {"error": mending.error(problem)}


def question_of(line: bytes) -> str:
    """The question that a line holds.

    Raises:
        UsageError: The line is empty, too long, not UTF-8 or an object without a question.
    """
    text = _decoded(line, MAX_LINE_BYTES)
    question = _text(_object(text), "question") if text.startswith("{") else text
    if not question.strip():
        raise UsageError("line: expected a question, got nothing", code="empty_question")
    return question


def draft_of(line: bytes) -> Draft:
    """The draft that a line holds: all of it, or `text`, `sources` and `published` of an object.

    A source is a string, or an object with `text` and perhaps `title`; other keys are ignored.  Whether the draft,
    the sources and the day are any good is left to the check.

    Raises:
        UsageError: The line is too long, not UTF-8 or no such object.
    """
    text = _decoded(line, MAX_DRAFT_BYTES)
    if not text.startswith("{"):
        return Draft(sayable(text))
    members = _object(text)
    sources = members.get("sources")
    published = members.get("published")
    return Draft(
        text=_text(members, "text"),
        sources=None if sources is None else _sources(sources),
        published=None if published is None else _text(members, "published"),
    )


def _sources(value: Any) -> tuple[Source, ...]:
    if not isinstance(value, list):
        raise _not_sources(value)
    return tuple(_source(each) for each in value)


def _source(value: Any) -> Source:
    if isinstance(value, str):
        return Source("", sayable(value))
    if not isinstance(value, dict):
        raise _not_sources(value)
    title, day = (_text(value, key) if value.get(key) is not None else "" for key in ("title", "published"))
    return Source(title, _text(value, "text"), day)


def _not_sources(value: Any) -> UsageError:
    message = f"sources: expected a list of strings or objects with text, got {value!r}"[:160]
    return UsageError(message, item=str(value)[:40], code="sources_invalid")


def _decoded(line: bytes, most: int) -> str:
    if len(line) > most:
        raise UsageError(
            f"line: expected at most {most} bytes, got {len(line)}",
            item=str(len(line)),
            code="line_too_long",
        )
    try:
        return line.decode("utf-8-sig").strip()
    except UnicodeDecodeError as problem:
        raise UsageError("line: expected UTF-8", item=str(problem.start), code="line_not_utf8") from problem


def _object(text: str) -> Json:
    try:
        members: Json = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise UsageError(
            f"line: expected JSON, got {text[:40]!r}", item=text[:40], code="line_not_json"
        ) from problem
    return members


def _text(members: Json, key: str) -> str:
    if key not in members:
        raise UsageError(f"line: expected the key {key!r}", item=key, code="line_without_key")
    value = members[key]
    if not isinstance(value, str):
        message = f"line: expected a string under {key!r}, got {value!r}"[:120]
        raise UsageError(message, item=key, code="value_not_text")
    return sayable(value)
