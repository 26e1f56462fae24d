r"""Parts of a reply in WeCom's Markdown: figures in bold, sentences as quotes, titles as links.

What stands in the text is shown as it is: whatever would be taken for markup has a backslash before it.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from bot.render import Capabilities, Entity, Part, Style, Unit

_MARKS = re.compile(r"[\\`*_~<|]|\[(?=[^\[\]]*\]\()")
"""What is markup anywhere; a bracket only if an address follows its other half."""

_OPENERS = re.compile(r"^(\s*)(#{1,6}\s|>|[-+]\s|(?:[-=]\s*){3,}$)", re.MULTILINE)
_NUMBERED = re.compile(r"^(\s*\d{1,9})([.)]\s)", re.MULTILINE)
"""What is markup where a line begins."""

_QUOTED = "> "


def written(part: Part) -> str:
    r"""The part as Markdown.

    >>> part = Part("23.26亿元 [1]\n原句*", (Entity(Style.STRONG, 0, 7), Entity(Style.QUOTE, 12, 15)))
    >>> print(written(part))
    **23.26亿元** [1]
    > 原句\*
    """
    quotes = [entity for entity in part.entities if entity.style is Style.QUOTE]
    return "".join(_lines(part, quotes))


def _lines(part: Part, quotes: list[Entity]) -> Iterator[str]:
    """The lines, those of a quote marked, and parted from the one below, which would be taken to go on with it."""
    at, was_quoted = 0, False
    for number, line in enumerate(part.text.split("\n")):
        end = at + len(line)
        is_quoted = any(quote.start < end and at < quote.end for quote in quotes)
        if number:
            yield "\n\n" if was_quoted and not is_quoted and line.strip() else "\n"
        yield (_QUOTED if is_quoted else "") + _styled(part, at, end)
        at, was_quoted = end + 1, is_quoted


def _styled(part: Part, start: int, end: int) -> str:
    """A line with its bold and its links."""
    inside = [
        entity
        for entity in part.entities
        if entity.style is not Style.QUOTE and entity.start < end and start < entity.end
    ]
    cuts = sorted(
        {start, end, *(min(max(e.start, start), end) for e in inside), *(min(e.end, end) for e in inside)}
    )
    line = ""
    for left, right in pairwise(cuts):
        words = _escaped(part.text[left:right], opens=left == start)
        for entity in inside:
            if entity.start <= left and right <= entity.end:
                words = _marked(words, entity)
        line += words
    return line


def _marked(words: str, entity: Entity) -> str:
    if not words.strip():
        return words
    if entity.style is Style.STRONG:
        return f"**{words}**"
    address = entity.url.replace(" ", "%20").replace("(", "%28").replace(")", "%29")
    return f"[{words}]({address})"


def _escaped(text: str, *, opens: bool) -> str:
    text = _MARKS.sub(lambda found: "\\" + found[0], text)
    if opens:
        text = _OPENERS.sub(r"\1\\\2", text)
        text = _NUMBERED.sub(r"\1\\\2", text)
    return text


APP = Capabilities(Unit.BYTES, 2_048, entities=True, max_entities=1_000, told=True, write=written)
"""A message of an app."""

PLAIN_APP = Capabilities(Unit.BYTES, 2_048, entities=False, told=True)
"""The same as plain text."""

BOT = Capabilities(Unit.BYTES, 20_480, entities=True, max_entities=10_000, told=True, write=written)
"""A message of a bot."""
