"""What the pages and the API stand on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.reception import Reception
from bot.service import Library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.schema import Article, Figure


class Shelf(Library, Protocol):
    """The articles, with what only a program asks for."""

    def ledger(self, article_id: str | None = None) -> "Iterator[tuple[Article, Figure]]":
        """Every figure of an article, or of all."""


@dataclass(frozen=True, slots=True)
class Site:
    """A running site.

    Attributes:
        reception: Replies to what users write.
        shelf: The articles.
        token: What must be shown to use it, or None if all may.
        hosts: Names it may be called by; empty for any.
        public_url: Where it is reached from outside; empty if only from here.
        not_ready: What keeps it from answering, in English words; empty if nothing does.
    """

    reception: Reception
    shelf: Shelf
    token: str | None
    hosts: tuple[str, ...]
    public_url: str
    not_ready: Callable[[], Sequence[str]]
