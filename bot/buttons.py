"""The buttons below an answer, and what they mean when they are pressed."""

import re
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from bot import phrases
from bot.reply import Button, Reply, ReplyStatus
from knowledge.schema import Citation


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a button orders.

    Attributes:
        command: As a user would write it.
        number: Of the answer it stands below.
        argument: What would follow the command: the number of a citation; may be empty.
    """

    command: str
    number: int
    argument: str


_ORDER = re.compile(r"(/[a-z]{1,16}) (\d{1,15})(?: (\d{1,3}))?")


def order(command: str, number: int, label: int | None = None) -> str:
    """What a button is sent out with.

    >>> order("/context", 12, 1), parse("/context 12 1")
    ('/context 12 1', Pressed(command='/context', number=12, argument='1'))
    """
    return f"{command} {number}" if label is None else f"{command} {number} {label}"


def parse(text: str) -> Pressed | None:
    """What a button orders; None if it is none of ours."""
    found = _ORDER.fullmatch(text)
    return Pressed(found[1], int(found[2]), found[3] or "") if found else None


def below(reply: Reply, number: int, *, public_url: str) -> tuple[Button, ...]:
    """The buttons below a stored answer.

    Args:
        reply: The answer.
        number: It is stored under.
        public_url: Where the web page is reached from outside; empty if it is not.
    """
    first = next(iter(reply.citations), None)
    source = () if first is None else (_source(first, number, public_url), _context(first, number))
    useful = Button(phrases.USEFUL, order=order("/useful", number))
    wrong = Button(phrases.WRONG, order=order("/wrong", number))
    return (*source, wrong) if reply.status is ReplyStatus.ABSTAINED else (*source, useful, wrong)


def page_of(citation: Citation, public_url: str = "") -> str:
    """Where the web page shows an article with a sentence marked, and by what it tells that it is still the same."""
    where = f"start={citation.start}&end={citation.end}&of={digest(citation.quote)}"
    return f"{public_url.rstrip('/')}/articles/{quote(citation.article_id, safe='')}?{where}#quote"


def digest(words: str) -> str:
    """A short name for the very words of a quote."""
    return sha256(words.encode("utf-8", "replace")).hexdigest()[:8]


def _source(citation: Citation, number: int, public_url: str) -> Button:
    if public_url:
        return Button(phrases.OPEN_ARTICLE, page_of(citation, public_url))
    if citation.url.startswith(("https://", "http://")):
        return Button(phrases.OPEN_ARTICLE, citation.url)
    return Button(phrases.OPEN_ARTICLE, order=order("/article", number, citation.label))


def _context(citation: Citation, number: int) -> Button:
    return Button(phrases.CONTEXT, order=order("/context", number, citation.label))
