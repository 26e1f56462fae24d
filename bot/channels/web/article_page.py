"""An article as a page: its paragraphs, one sentence marked, its figures to be found; and the list of all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from markupsafe import Markup

from bot import wording
from bot.channels.web import words_of_pages
from bot.check_page import text as escaped
from knowledge.schema import Article, Figure, Span

PER_PAGE = 50
"""Articles on one page of the list."""

MAX_WORDS = 100
"""Code points of what is looked for in titles."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """One page of the list of articles.

    Attributes:
        words: What was looked for.
        number: Of the page, from 1.
        n_pages: How many there are; at least 1.
        n_articles: How many articles were found.
        days: The articles of the page by day, newest first.
    """

    words: str
    number: int
    n_pages: int
    n_articles: int
    days: Sequence[tuple[str, Sequence[Article]]]


def number(value: str | None) -> int | None:
    """A whole number that came in an address; None if it is none, or absurdly long.

    >>> number("12"), number("-3"), number("x"), number("9" * 99), number("１２")
    (12, -3, None, None, None)
    """
    digits = (value or "").removeprefix("-")
    return int(value or "") if digits.isascii() and digits.isdecimal() and len(digits) < 16 else None  # noqa: PLR2004


def span(article: Article, start: str | None, end: str | None) -> Span | None:
    """The part of the text that an address names, cut to the text; None if it names none."""
    first, last = number(start), number(end)
    if first is None or last is None:
        return None
    found = Span(max(first, 0), min(last, len(article.text)))
    return found if found.start < found.end else None


def by_day(articles: Iterable[Article]) -> list[tuple[str, list[Article]]]:
    """Articles that follow each other, under the day they are of."""
    days = groupby(articles, key=lambda article: wording.day(article.published))
    return [(day or words_of_pages.UNDATED, list(group)) for day, group in days]


def paragraphs(article: Article, quote: Span | None, figures: Sequence[Figure]) -> list[Markup]:
    """The paragraphs of the text, the quote marked, every figure with a place that a link can name."""
    spans = sorted({Span(f.quantity.start, f.quantity.end) for f in figures})
    found: list[Markup] = []
    at, is_first = 0, True
    for line in article.text.split("\n"):
        here = Span(at, at + len(line))
        at = here.end + 1
        if line.strip():
            pieces = "".join(_pieces(article.text, here, quote, spans, is_first=is_first))
            is_first = is_first and '<mark id="quote"' not in pieces
            found.append(Markup(pieces))  # noqa: S704 -- every piece is escaped as it is cut
    return found


def _pieces(
    text: str, line: Span, quote: Span | None, figures: Sequence[Span], *, is_first: bool
) -> Iterator[str]:
    """A line cut where a mark or a figure begins or ends; of a quote of several lines, the first piece is named."""
    inside = [figure for figure in figures if figure.start < line.end and figure.end > line.start]
    marks = [quote] if quote is not None else []
    cuts = {line.start, line.end, *(at for part in (*inside, *marks) for at in part)}
    edges = [at for at in sorted(cuts) if line.start <= at <= line.end]
    for start, end in pairwise(edges):
        piece = escaped(text[start:end])
        figure = next((each for each in inside if each.start <= start < each.end), None)
        if figure is not None:
            name = f' id="f{start}"' if start == figure.start else ""
            piece = f'<span class="quantity"{name}>{piece}</span>'
        if quote is not None and quote.start <= start < quote.end:
            named = ' id="quote"' if is_first else ""
            piece, is_first = f"<mark{named}>{piece}</mark>", False
        yield piece


def listed(figures: Iterable[Figure]) -> list[tuple[int, str, str, str]]:
    """The figures for a list: where each stands, and the columns of the ledger."""
    rows = []
    for figure in figures:
        value, measured, when = wording.ledger_row(figure)
        rows.append((figure.quantity.start, value, measured, when))
    return rows
