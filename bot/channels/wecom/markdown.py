r"""Parts of a reply in WeCom's Markdown: figures in bold, sentences as quotes, titles as links.

What stands in the text is shown as it is: what would be taken for markup has a backslash before it, and nothing else
has, for not every client of WeCom's takes all of it for markup.

Source of what is markup: CommonMark 0.31, and GitHub's tables and strikethrough.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from bot.render import Capabilities, Entity, Part, Style, Unit

_ANYWHERE = re.compile(
    r"[\\`*_]|(?<=~)~|~(?=~)|<(?=[A-Za-z/!?])|&(?=#?\w{1,40};)|\](?=[(:])",
    re.ASCII,
)
"""Code and emphasis, strikethrough, tags, character names, and what makes a link of the words before it."""

_OPENING = re.compile(r">|#{1,6}(?=[ \t]|$)|[-+](?=[ \t]|$)|[-=][-= \t]*$")
"""A quote, a heading, a list, a rule or what makes a heading of the line above, where a line begins."""

_NUMBERED = re.compile(r"\d{1,9}([.)])(?=[ \t]|$)", re.ASCII)
_TABLE = re.compile(r"[-:| \t]+")
_BRACKETS = re.compile(r"[\[\]]")

_BLANKS = " \t"
"""At the start of a line they would be dropped, or make code of it."""

_QUOTED = "> "

_IN_ADDRESS = {" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\\": "%5C", "\n": ""}
_NAMED = re.compile(r"&(#?\w+);", re.ASCII)

_Span = tuple[int, int]


def written(part: Part) -> str:
    r"""The part as Markdown.

    >>> part = Part("23.26亿元 [1]\n原句*", (Entity(Style.STRONG, 0, 7), Entity(Style.QUOTE, 12, 15)))
    >>> print(written(part))
    **23.26亿元** [1]
    > 原句\*
    """
    return "".join(_lines(part))


def _lines(part: Part) -> Iterator[str]:
    """The lines, those of a quote marked, and parted from the one below, which would be taken to go on with it."""
    quotes = [entity for entity in part.entities if entity.style is Style.QUOTE]
    at, was_quoted = 0, False
    for number, line in enumerate(part.text.split("\n")):
        end = at + len(line)
        is_quoted = any(quote.start < end and at < quote.end for quote in quotes)
        if number:
            yield "\n\n" if was_quoted and not is_quoted and line.strip() else "\n"
        yield (_QUOTED if is_quoted else "") + _styled(line, at, part.entities)
        at, was_quoted = end + 1, is_quoted


def _styled(line: str, at: int, entities: tuple[Entity, ...]) -> str:
    """A line with its bold and its links.

    Args:
        line: Its text.
        at: Where it begins in that of the part.
        entities: Of the part.
    """
    indent = len(line) - len(line.lstrip(_BLANKS))
    links = {
        span: entity.url
        for entity in entities
        if entity.style is Style.LINK and (span := _within(entity, at, indent, len(line)))
    }
    edges = {edge for span in links for edge in span}
    strong = [
        _firm(line, piece, edges)
        for start, end in _strong(line, at, indent, entities)
        for piece in pairwise(sorted({start, end, *(edge for edge in edges if start < edge < end)}))
    ]
    marked = _marked(line, indent, list(links))
    cuts = sorted({indent, len(line), *edges, *(edge for span in strong for edge in span)})
    written_out = ""
    for left, right in pairwise(cuts):
        words = "".join("\\" * (each in marked) + line[each] for each in range(left, right))
        if any(start <= left and right <= end for start, end in strong):
            words = f"**{words}**"
        url = next((url for (start, end), url in links.items() if start <= left and right <= end), "")
        written_out += f"[{words}]({_address(url)})" if url else words
    return written_out


def _within(entity: Entity, at: int, indent: int, length: int) -> _Span | None:
    """Where an entity is in a line; None if nowhere."""
    start, end = max(entity.start - at, indent), min(entity.end - at, length)
    return (start, end) if start < end else None


def _strong(line: str, at: int, indent: int, entities: tuple[Entity, ...]) -> list[_Span]:
    """What is bold in a line; two runs that touch are one, for their marks would run into each other."""
    joined: list[_Span] = []
    for entity in entities:
        span = _within(entity, at, indent, len(line)) if entity.style is Style.STRONG else None
        if span is None:
            continue
        if joined and span[0] <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(span[1], joined[-1][1])
        else:
            joined.append(span)
    return joined


def _firm(line: str, span: _Span, edges: set[int]) -> _Span:
    """The part of a run that can be bold: marks hold to letters and digits, not to signs that others follow.

    In 增长**4.5%**的 the last mark opens, as it would in 增长**4.5 **的; so bold is 4.5.
    """
    start, end = span
    while start < end and not _holds(line[start], _side(line, start - 1, start in edges)):
        start += 1
    while start < end and not _holds(line[end - 1], _side(line, end, end in edges)):
        end -= 1
    return (start, end) if start < end else (start, start)


def _side(line: str, at: int, is_edge: bool) -> str:  # noqa: FBT001 -- of a link, which has a bracket there
    if is_edge:
        return "["
    return line[at] if 0 <= at < len(line) else " "


def _holds(inside: str, outside: str) -> bool:
    """Whether a mark between two characters is sure to be taken for one."""
    if inside.isspace():
        return False
    return inside.isalnum() or outside.isspace() or unicodedata.category(outside).startswith("P")


def _marked(line: str, indent: int, links: list[_Span]) -> set[int]:
    """Where a line needs a backslash."""
    found = {each.start() for each in _ANYWHERE.finditer(line)}
    if _OPENING.match(line, indent):
        found.add(indent)
    if numbered := _NUMBERED.match(line, indent):
        found.add(numbered.start(1))
    if _TABLE.fullmatch(line):
        found.update(at for at, character in enumerate(line) if character == "|")
    for start, end in links:
        found.update(each.start() for each in _BRACKETS.finditer(line, start, end))
        if line[start - 1 : start] == "!":
            found.add(start - 1)  # before a link, it would make a picture of it
    return found


def _address(url: str) -> str:
    url = _NAMED.sub(r"&\1%3B", url)
    return "".join(_IN_ADDRESS.get(character, character) for character in url)


APP = Capabilities(Unit.BYTES, 2_048, entities=True, max_entities=1_000, told=True, write=written)
"""A message of an app."""

PLAIN_APP = Capabilities(Unit.BYTES, 2_048, entities=False, told=True)
"""The same as plain text."""

BOT = Capabilities(Unit.BYTES, 20_480, entities=True, max_entities=10_000, told=True, write=written)
"""A message of a bot."""
