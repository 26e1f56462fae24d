"""Reading an article in a chat: a page at a time, the cited sentence marked."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot import phrases, wording
from bot.reply import Block, Reply, ReplyStatus, Role, Run
from knowledge.schema import Article, Citation, Span

PAGE_LENGTH = 1_500
"""Code points shown at once: a screen or two of a telephone."""

AROUND = 300
"""Code points of context on either side of a sentence, rounded to whole paragraphs where they are short."""

_ENDS = "。！？\n"
_CLOSERS = "”’」』）》】"
"""What belongs to the sentence whose end it follows."""


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of an article.

    Attributes:
        article: Which.
        start: Start in its text.
        end: Half-open end.
        marks: Spans of the text to mark.
    """

    article: Article
    start: int
    end: int
    marks: tuple[Span, ...]

    @property
    def n_left(self) -> int:
        """Code points that follow it."""
        return len(self.article.text) - self.end

    def reply(self) -> Reply:
        """The page as a reply: the article's name, its paragraphs, and whether there is more."""
        head = phrases.head(self.article, wording.day(self.article.published), wording.UNTITLED)
        blocks = [Block(Role.TEXT, (Run(head, strong=True),))]
        blocks += [Block(Role.TEXT, tuple(runs)) for runs in self._paragraphs()]
        if self.n_left:
            blocks.append(Block(Role.TEXT, (Run(phrases.more(self.n_left)),)))
        return Reply(ReplyStatus.NOTICE, tuple(blocks))

    def _paragraphs(self) -> Iterator[list[Run]]:
        at = self.start
        for line in self.article.text[self.start : self.end].split("\n"):
            if line.strip():
                yield list(self._runs(Span(at, at + len(line))))
            at += len(line) + 1

    def _runs(self, line: Span) -> Iterator[Run]:
        text, at = self.article.text, line.start
        for mark in sorted(self.marks):
            start, end = max(mark.start, at), min(mark.end, line.end)
            if start < end:
                yield Run(text[at:start])
                yield Run(text[start:end], strong=True)
                at = end
        yield Run(text[at : line.end])


def page(article: Article, start: int, marks: tuple[Span, ...]) -> Page:
    """The page of an article that begins at an offset; it ends with a sentence where it can."""
    start = min(start, len(article.text))
    end = min(start + PAGE_LENGTH, len(article.text))
    if end < len(article.text):
        cut = max(article.text.rfind(mark, start + PAGE_LENGTH // 2, end) for mark in _ENDS)
        end = _closed(article.text, cut + 1) if cut >= 0 else end
    return Page(article, start, end, marks)


def found(article: Article, citation: Citation) -> Span | None:
    """Where a cited sentence stands now; None if the article no longer has it."""
    if article.text[citation.start : citation.end] == citation.quote:
        return Span(citation.start, citation.end)
    at = article.text.find(citation.quote)
    return Span(at, at + len(citation.quote)) if at >= 0 else None


def paragraph_at(article: Article, at: int) -> int:
    """Where the paragraph of an offset begins."""
    return article.text.rfind("\n", 0, at) + 1


def around(article: Article, sentence: Span) -> Span:
    """A sentence with what stands around it, in whole sentences."""
    text = article.text
    start, end = max(sentence.start - AROUND, 0), min(sentence.end + AROUND, len(text))
    if start:
        opens = min((at for mark in _ENDS if (at := text.find(mark, start, sentence.start)) >= 0), default=-1)
        start = min(_closed(text, opens + 1), sentence.start) if opens >= 0 else sentence.start
    if end < len(text):
        closes = max(text.rfind(mark, sentence.end, end) for mark in _ENDS)
        end = _closed(text, closes + 1) if closes >= 0 else sentence.end
    while start < sentence.start and text[start].isspace():
        start += 1
    while end > sentence.end and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _closed(text: str, end: int) -> int:
    """The end of a sentence with the marks that close it."""
    while end < len(text) and text[end] in _CLOSERS:
        end += 1
    return end
