"""A reply document made to fit a chat: messages of limited length, in whatever unit the channel counts.

A message (here: part) never cuts a code point or an entity, keeps a claim with its [n], and explains every [n]
that it uses.  What doesn't fit goes on in the next part, which explains its labels anew in short.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot import phrases, wording
from bot.reply import Block, Button, Reply
from knowledge.schema import Citation

MIN_LENGTH = 1000
"""Units: room for some words and the short explanations of a block's labels, in UTF-8 too."""

MAX_TITLE = 30
"""Code points of a title in the explanation of a label."""

MAX_MARKS = 20
"""Marks in a quote: more than that mark nothing."""

MAX_URL = 300
"""Code points: a longer address is left out where it would have to be spelled out."""


class Unit(StrEnum):
    """What a channel counts."""

    CODE_POINTS = "code_points"
    UTF16 = "utf16"
    BYTES = "bytes"


class Style(StrEnum):
    """What an entity does to its text."""

    STRONG = "strong"
    QUOTE = "quote"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Entity:
    """A styled run of a part's text.

    Attributes:
        style: What is done to it.
        start: Code points from the start of the part's text.
        end: Half-open end.
        url: Where a link leads.
    """

    style: Style
    start: int
    end: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One message.

    Attributes:
        text: What is sent.
        entities: Sorted, inside the text, no two of one style overlapping.
        own: `text` without what only repeats (short explanations): the parts' `own` make up the whole reply.
        buttons: Shown below; on the last part only.
    """

    text: str
    entities: tuple[Entity, ...] = ()
    own: str = ""
    buttons: tuple[Button, ...] = ()


def plain(part: Part) -> str:
    """A part as it is sent where entities go beside the text, or are none."""
    return part.text


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can show.

    Attributes:
        unit: What `max_length` and entity offsets count.
        max_length: Most units in a message; at least `MIN_LENGTH`.
        entities: Whether it styles text; without, marks become 【】 and links are spelled out.
        max_entities: Most entities in a message.
        buttons: Whether it shows buttons.
        told: Whether what buttons would do is told below instead, as words to reply with.
        write: A part as it is sent, markup included; that is what must not be longer than `max_length`.
    """

    unit: Unit
    max_length: int
    entities: bool
    max_entities: int = 100
    buttons: bool = False
    told: bool = False
    write: Callable[[Part], str] = plain

    def __post_init__(self) -> None:
        if self.max_length < MIN_LENGTH:
            raise ValueError(f"max_length: expected at least {MIN_LENGTH}, got {self.max_length}")


def length(text: str, unit: Unit) -> int:
    """How long a text is in a channel's unit.

    >>> [length("亿𠮷", unit) for unit in (Unit.CODE_POINTS, Unit.UTF16, Unit.BYTES)]
    [2, 3, 7]
    """
    if unit is Unit.CODE_POINTS:
        return len(text)
    if unit is Unit.UTF16:
        return len(text) + sum(character > "\uffff" for character in text)
    return len(text.encode("utf-8", "surrogatepass"))


def render(reply: Reply, capabilities: Capabilities) -> tuple[Part, ...]:
    """The messages of a reply, in order; none if it says nothing."""
    packer = _Packer(reply, capabilities)
    for group in _groups(reply, capabilities):
        packer.add(group)
    return packer.finished()


# --- pieces: what a reply is cut into ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line or paragraph.

    Attributes:
        text: Its words.
        entities: Offsets within `text`.
        labels: What it uses, so what its part must explain.
        explains: The labels whose source it names; such a piece is never cut.
        lead: What stands before it, unless it opens a part.
        call: `[1]`, behind a claim; a claim that is cut has it behind every piece.
        cut: True if the text goes on in the next piece.
        repeats: True if it says nothing new.
    """

    text: str
    entities: tuple[Entity, ...] = ()
    labels: tuple[int, ...] = ()
    explains: tuple[int, ...] = ()
    lead: str = "\n"
    call: str = ""
    cut: bool = False
    repeats: bool = False

    @property
    def shown(self) -> str:
        """The text with its call."""
        return self.text + self.call

    @property
    def own(self) -> str:
        """What it adds to the reply."""
        return "" if self.repeats else self.text + ("" if self.cut else self.call)


_Group = tuple[_Piece, ...]


def _groups(reply: Reply, capabilities: Capabilities) -> Iterator[_Group]:
    """Each section with the explanations of the labels it is the first to use."""
    for section in reply.sections():
        first, *details = (_claim(block, entities=capabilities.entities) for block in section.blocks)
        pieces = [replace(first, lead="\n\n"), *details]
        for citations in reply.by_article(section.labels):
            pieces += _explanation(citations, capabilities)
        yield tuple(piece for piece in pieces if piece.text)
    if capabilities.told and reply.buttons:
        labels = [citation.label for citation in reply.citations]
        yield (_Piece(phrases.replies(labels, [button.order for button in reply.buttons]), lead="\n\n"),)


def _claim(block: Block, *, entities: bool) -> _Piece:
    text, strong = "", []
    for run in block.runs:
        words = _clean(run.text)
        if run.strong and words:
            strong.append(Entity(Style.STRONG, len(text), len(text) + len(words)))
        text += words
    return _Piece(text, tuple(strong) if entities else (), labels=block.labels, call=block.call)


def _explanation(citations: Sequence[Citation], capabilities: Capabilities) -> list[_Piece]:
    """The source that citations share, then their quotes."""
    source = _source(citations, spelled=not capabilities.entities)
    quotes = [_quote(citation, entities=capabilities.entities) for citation in citations]
    return [replace(source, lead="\n\n"), *quotes]


def _source(citations: Sequence[Citation], *, spelled: bool) -> _Piece:
    """`[1]《title》 source date`, the title linked or the address spelled out."""
    labels = tuple(citation.label for citation in citations)
    head = "".join(f"[{label}]" for label in labels)
    title = f"《{_clipped(_clean(citations[0].title) or wording.UNTITLED)}》"
    details = (_clipped(_clean(citations[0].source)), wording.day(citations[0].published))
    text = " ".join(part for part in (head + title, *details) if part)
    url = citations[0].url if len(citations[0].url) <= MAX_URL else ""
    if spelled and url:
        return _Piece(f"{text}\n{_clean(url)}", explains=labels)
    link = (Entity(Style.LINK, len(head), len(head) + len(title), url),) if url else ()
    return _Piece(text, link, explains=labels)


def _reminder(citation: Citation) -> _Piece:
    """The short explanation of a label that an earlier part explained in full."""
    return replace(_source([replace(citation, url="")], spelled=False), repeats=True)


def _quote(citation: Citation, *, entities: bool) -> _Piece:
    """The quote with its marks; where there are no entities, 【】 stand around them."""
    quote = _clean(citation.quote)
    text, spans, at = "", [], 0
    for mark in sorted(citation.marks)[:MAX_MARKS]:
        start, end = mark.start - citation.start, mark.end - citation.start
        if not at <= start < end <= len(quote):
            continue
        text += quote[at:start]
        inside = quote[start:end] if entities else f"【{quote[start:end]}】"
        spans.append(Entity(Style.STRONG, len(text), len(text) + len(inside)))
        text, at = text + inside, end
    text += quote[at:]
    whole = Entity(Style.QUOTE, 0, len(text))
    return _Piece(text, (whole, *spans) if entities else (), labels=(citation.label,))


def _clipped(text: str) -> str:
    return text if len(text) <= MAX_TITLE else text[: MAX_TITLE - 1] + "…"


_UNSENDABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _clean(text: str) -> str:
    """The text with what no chat accepts (control characters, halves of a pair) replaced one for one."""
    return _UNSENDABLE.sub("\ufffd", text)


# --- packing: pieces into parts ---------------------------------------------------------------------

_FEWEST = 40
"""Code points: a shorter stub at the end of a part is not worth the cut."""


class _Packer:
    """Fills parts greedily: a whole group if it fits, else piece by piece, else cut."""

    def __init__(self, reply: Reply, capabilities: Capabilities) -> None:
        self._reply = reply
        self._capabilities = capabilities
        self._pieces: list[_Piece] = []
        self._parts: list[Part] = []

    def add(self, group: _Group) -> None:
        if not self._fits(group):
            self._flush()
        if self._fits(group):
            self._pieces += group
            return
        for piece in group:
            self._add_alone(piece)

    def finished(self) -> tuple[Part, ...]:
        self._flush()
        if self._parts and self._capabilities.buttons:
            self._parts[-1] = replace(self._parts[-1], buttons=self._reply.buttons)
        return tuple(self._parts)

    def _add_alone(self, piece: _Piece) -> None:
        """Add a piece of a group too long for a part, cut where it must be."""
        if piece.explains and not self._fits((piece,)):
            self._flush()
        while not (piece.explains or self._fits((piece,))):
            at = self._room(piece)
            if at < _FEWEST and self._pieces:
                self._flush()
                continue
            head, piece = _cut(piece, max(at, 1))
            self._pieces.append(head)
            self._flush()
        self._pieces.append(piece)

    def _room(self, piece: _Piece) -> int:
        """How many code points of a piece the current part can still take."""
        low, high = 0, len(piece.text) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._fits((_cut(piece, middle)[0],)):
                low = middle
            else:
                high = middle - 1
        return _good_cut(piece, low)

    def _fits(self, added: Sequence[_Piece]) -> bool:
        part = _part(self._complete([*self._pieces, *added]))
        written = self._capabilities.write(part)
        within = length(written, self._capabilities.unit) <= self._capabilities.max_length
        return within and len(part.entities) <= self._capabilities.max_entities

    def _complete(self, pieces: list[_Piece]) -> list[_Piece]:
        """The pieces of a part, with the short explanations it still lacks."""
        explained = {label for piece in pieces for label in piece.explains}
        used = dict.fromkeys(label for piece in pieces for label in piece.labels)
        return pieces + [_reminder(self._reply.citation(label)) for label in used if label not in explained]

    def _flush(self) -> None:
        if self._pieces:
            self._parts.append(_part(self._complete(self._pieces)))
            self._pieces = []


def _cut(piece: _Piece, at: int) -> tuple[_Piece, _Piece]:
    """A piece in two: an entity that the cut falls into is there on both sides, whole for its side."""
    head = [replace(entity, end=min(entity.end, at)) for entity in piece.entities if entity.start < at]
    rest = [
        replace(entity, start=max(entity.start - at, 0), end=entity.end - at)
        for entity in piece.entities
        if entity.end > at
    ]
    first = replace(piece, text=piece.text[:at], entities=tuple(head), cut=True)
    return first, replace(piece, text=piece.text[at:], entities=tuple(rest), lead="")


def _good_cut(piece: _Piece, at: int) -> int:
    """The best place to cut at or before `at`: behind a sentence, a clause, else not inside a word or mark."""
    for ends in ("。！？；\n", "，、："):
        for place in range(at, at * 3 // 5, -1):
            if piece.text[place - 1] in ends and not _inside_mark(piece, place):
                return place
    for place in range(at, at * 3 // 5, -1):
        if not _inside_mark(piece, place) and not _inside_word(piece.text, place):
            return place
    return at


def _inside_mark(piece: _Piece, place: int) -> bool:
    return any(
        entity.start < place < entity.end for entity in piece.entities if entity.style is not Style.QUOTE
    )


def _inside_word(text: str, place: int) -> bool:
    return bool(re.match(r"[\w.,%％][\d亿万.,%％元]|[A-Za-z]{2}", text[place - 1 : place + 1]))


def _part(pieces: Sequence[_Piece]) -> Part:
    """Pieces joined into a message; it neither opens nor closes with blanks, which a chat would strip."""
    text, entities = "", []
    for piece in pieces:
        text += piece.lead if text else ""
        entities += [_moved(entity, len(text)) for entity in piece.entities]
        text += piece.shown
    blanks = len(text) - len(text.lstrip())
    text = text.strip()
    inside = (_clamped(_moved(entity, -blanks), len(text)) for entity in entities)
    kept = sorted((entity for entity in inside if entity.start < entity.end), key=lambda e: (e.start, -e.end))
    return Part(text, tuple(kept), own="".join(piece.own for piece in pieces))


def _moved(entity: Entity, by: int) -> Entity:
    return replace(entity, start=entity.start + by, end=entity.end + by)


def _clamped(entity: Entity, end: int) -> Entity:
    return replace(entity, start=max(entity.start, 0), end=min(entity.end, end))
