"""What a language model wrote → its sentences with the labels each names, however the model chose to write them.

It is asked for a sentence a line with labels in brackets, or for JSON; small models mix both, number their lines, use
full-width brackets, wrap all of it in a code fence, or think aloud first.  What can't be read is no statement.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from knowledge.chunking import sentences
from knowledge.drafts import ADDRESS, legible
from knowledge.generation import Statement

_NUMBERS = r"\d{1,3}(?:\s*[,，、;；\-–~～]\s*\d{1,3})*"
_LABEL = re.compile(
    rf"[\[【［〔(（]\s*(?:段落|资料|来源|文献|编号|passage|source)?\s*[:：#]?\s*({_NUMBERS})\s*[\]】］〕)）]",
    re.IGNORECASE,
)
_SQUARE = "[【［〔"
_NAMED = re.compile(r"段落|资料|来源|文献|编号|passage|source", re.IGNORECASE)

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)|</think>", re.DOTALL | re.IGNORECASE)
_JSON = re.compile(r'\{\s*"(?:claims|text|labels)"')
"""Where JSON begins; a list of objects begins with its first one."""

_FENCE = re.compile(r"```[a-zA-Z]*")
_BULLET = re.compile(r"^\s*(?:[-*•·#>]+\s+|\(?\d{1,2}[.、)）]\s*(?=\D))")
_ENDS = "。！？!?；;"
_JOINS = "，、；,; "
"""What joined a sentence to the one before."""

_MAY_BE_LABELLED = re.compile(r"[\s,，、。！？!?；;]*(?:[\[【［〔(（][^\]】］〕)）]*)?")
"""What follows labels and may become another one."""

_TRAILING = re.compile(r"[\s。，,;；.]*$")


def read(text: str, *, whole: bool) -> tuple[Statement, ...]:
    """The statements of a reply.

    Args:
        text: The reply, or what has come of it.
        whole: False if more may come: a last statement that may go on is left out.

    >>> read("科创投累计投资23.26亿元[1]。超157", whole=False)
    (Statement(text='科创投累计投资23.26亿元。', labels=(1,)),)
    """
    said = _FENCE.sub("", _THOUGHT.sub("", text))
    json_from = _JSON.search(said)
    if json_from is None:
        return tuple(_of_lines(said, whole=whole))
    return (*_of_lines(said[: json_from.start()], whole=True), *_of_objects(said[json_from.start() :]))


def of_claims(claims: object, *, whole: bool) -> tuple[Statement, ...]:
    """The statements of a structured reply: `{"claims": [{"text": …, "labels": […]}, …]}`, or what has come of it."""
    listed = claims.get("claims") if isinstance(claims, Mapping) else None
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return ()
    complete = listed if whole else listed[:-1]
    return tuple(s for each in complete for s in _of_object(each))


def _of_objects(text: str) -> Iterator[Statement]:
    """Every object in the text that is complete and has a text, whatever surrounds it."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):  # no JSON, or nested beyond all use
            found, end = None, at + 1
        if isinstance(found, Mapping) and isinstance(found.get("claims"), list):
            yield from of_claims(found, whole=True)
        else:
            yield from _of_object(found)
        at = text.find("{", end)


def _of_object(claim: object) -> Iterator[Statement]:
    if not isinstance(claim, Mapping) or not isinstance(claim.get("text"), str):
        return
    labels = claim.get("labels", ())
    named = [n for n in labels if type(n) is int] if isinstance(labels, list) else []  # True is no label
    yield from _labelled(_LABEL.sub(_kept, claim["text"]), [*named, *_labels_in(claim["text"])])


def _of_lines(text: str, *, whole: bool) -> Iterator[Statement]:
    for line, ended in _lines(text, whole=whole):
        yield from _of_line(_BULLET.sub("", line), ended=ended)


def _lines(text: str, *, whole: bool) -> Iterator[tuple[str, bool]]:
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        yield line, whole or number < len(lines)


_Group = tuple[int, int, list[int]]
"""Labels that follow each other: start, end, numbers."""


def _of_line(line: str, *, ended: bool) -> Iterator[Statement]:
    """The runs of a line, each up to the labels that close it; what follows the last labels names none.

    A line that opens with labels and does not close with any is named by those it opens with: `[1] ……`.
    """
    at = 0
    labels = list(_label_groups(line))
    if labels and not line[: labels[0][0]].strip():
        # Which way the labels point is known once the line is whole.
        if ended and line[labels[-1][1] :].strip(_ENDS + " "):
            yield from _led_by_labels(line, labels)
            return
        if not ended:
            return
    for number, (start, end, named) in enumerate(labels):
        rest = line[end:]
        is_last = number + 1 == len(labels)
        if is_last and not ended and _MAY_BE_LABELLED.fullmatch(rest):
            return  # another label may follow
        run, at = line[at:start], end
        if rest[:1] in _ENDS and rest:
            run, at = _TRAILING.sub("", run) + rest[0], end + 1
        yield from _labelled(run, named)
    if ended and line[at:].strip():
        yield from _labelled(line[at:], [])


def _led_by_labels(line: str, labels: Sequence[_Group]) -> Iterator[Statement]:
    ends = [start for start, _, _ in labels[1:]] + [len(line)]
    for (_, end, named), stop in zip(labels, ends, strict=True):
        yield from _labelled(line[end:stop], named)


def _label_groups(line: str) -> Iterator[_Group]:
    """Labels that follow each other."""
    group: _Group | None = None
    for match in _LABEL.finditer(line):
        if not _is_label(match):
            continue
        if group is not None and not line[group[1] : match.start()].strip(" ,，、"):
            group = (group[0], match.end(), group[2] + _numbers(match))
            continue
        if group is not None:
            yield group
        group = (match.start(), match.end(), _numbers(match))
    if group is not None:
        yield group


def _is_label(match: re.Match[str]) -> bool:
    """Round brackets hold a label only if they say so: （2021） is a year."""
    return match[0][0] in _SQUARE or _NAMED.search(match[0]) is not None


def _kept(match: re.Match[str]) -> str:
    return "" if _is_label(match) else match[0]


def _labels_in(text: str) -> list[int]:
    return [n for match in _LABEL.finditer(text) if _is_label(match) for n in _numbers(match)]


def _numbers(match: re.Match[str]) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", match[1])]


def _labelled(run: str, labels: Sequence[int]) -> Iterator[Statement]:
    """Every sentence of a run, with the labels that close it; what holds no word is none."""
    # Without an address a sentence would lose what is wrong with it.
    plain = run if ADDRESS.search(run) else legible(run).text
    named = tuple(dict.fromkeys(labels))
    for span in sentences(plain.strip()):
        text = plain.strip()[span.start : span.end].strip().lstrip(_JOINS)
        if re.search(r"\w", text):
            yield Statement(text, named)
