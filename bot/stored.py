"""Replies, and what came of checks, as they are kept: JSON, and back."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from bot.kept import Record
from bot.reply import Reply
from knowledge.schema import Citation, Span
from knowledge.verdict import Checked, Label, Reason, Verdict


@cache
def _adapter() -> TypeAdapter[Reply]:
    return TypeAdapter(Reply)


def dumps(reply: Reply) -> str:
    """The reply as JSON."""
    return _adapter().dump_json(reply).decode("utf-8")


def loads(text: str) -> Reply:
    """The reply that `dumps` wrote."""
    return _adapter().validate_json(text)


def checked(record: Record) -> Checked:
    """What came of the check of a draft, as it was recorded: all that is shown, not the quantities behind it."""
    marks = {citation.label: citation.marks for citation in loads(record.reply).citations}
    return Checked(record.understood, tuple(_verdict(kept, marks) for kept in json.loads(record.figures)))


def _verdict(kept: Mapping[str, Any], marks: Mapping[int, tuple[Span, ...]]) -> Verdict:
    words = kept["expected"] or kept["surface"]
    return Verdict(
        kept["start"],
        kept["end"],
        kept["surface"],
        Label(kept["verdict"]),
        Reason(kept["reason"]),
        kept["expected"],
        citations=tuple(_citation(each, words, marks) for each in kept["citations"]),
    )


def _citation(kept: Mapping[str, Any], words: str, marks: Mapping[int, tuple[Span, ...]]) -> Citation:
    """A citation with its marks; of one that the reply did not show, the words that were looked for."""
    citation = Citation(**kept)
    found = marks.get(citation.label) or tuple(_places(words, citation))
    return Citation(**kept, marks=found)


def _places(words: str, citation: Citation) -> Iterator[Span]:
    at = citation.quote.find(words)
    if at >= 0:
        yield Span(citation.start + at, citation.start + at + len(words))
