"""Many questions in, as many JSON objects out: a bad line gets an error in its place and the rest go on."""

import json
from collections.abc import Callable, Iterable, Iterator

from bot import mending
from bot.jsonview import Json, answer_view
from knowledge.errors import UsageError, WenshuError
from knowledge.schema import Answer

MAX_LINE_BYTES = 1_000_000
"""A longer line is no question; it is refused before it is decoded."""


def answer(lines: Iterable[bytes], ask: Callable[[str], Answer], *, trace: bool = False) -> Iterator[Json]:
    """The answer to every line, in order.

    Args:
        lines: Each a question in UTF-8, or an object with one under `question`; other keys are ignored.
        ask: Answers one question.
        trace: Add passages and features.

    Yields:
        For each line an answer's object, or `{"error": …}` for one that is no question.
    """
    for line in lines:
        try:
            yield answer_view(ask(question_of(line)), trace=trace)
        except WenshuError as problem:
            yield {"error": mending.error(problem)}


def question_of(line: bytes) -> str:
    """The question that a line holds.

    Raises:
        UsageError: The line is empty, too long, not UTF-8 or an object without a question.
    """
    text = _decoded(line).strip()
    if text.startswith("{"):
        text = _member(text)
    if not text.strip():
        raise UsageError("line: expected a question, got nothing", code="empty_question")
    return text


def _decoded(line: bytes) -> str:
    if len(line) > MAX_LINE_BYTES:
        raise UsageError(
            f"line: expected at most {MAX_LINE_BYTES} bytes, got {len(line)}",
            item=str(len(line)),
            code="line_too_long",
        )
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UsageError("line: expected UTF-8", item=str(problem.start), code="line_not_utf8") from problem


def _member(text: str) -> str:
    try:
        question = json.loads(text)["question"]
    except (ValueError, RecursionError) as problem:
        raise UsageError(
            f"line: expected JSON, got {text[:40]!r}", item=text[:40], code="line_not_json"
        ) from problem
    except KeyError as problem:
        raise UsageError(
            "line: expected the key 'question'", item=text[:40], code="line_without_question"
        ) from problem
    if not isinstance(question, str):
        raise UsageError(
            f"line: expected a string under 'question', got {question!r}"[:120],
            item=str(question)[:40],
            code="question_not_text",
        )
    return question
