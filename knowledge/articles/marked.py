"""Markdown → paragraphs, with whatever HTML stands in it: Jekyll posts as published, and plain Markdown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from knowledge.articles import front_matter
from knowledge.articles.record import Draft
from knowledge.articles.webpage import paragraphs
from knowledge.articles.wrapping import unwrap

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LIQUID = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|^\{:.*?\}$", re.MULTILINE)
_TIMES = re.compile(r"(?<=\d)\*(?=\d)")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_NAVIGATION = re.compile(r"返回|首页|上一篇|下一篇|回到|目录|更多")
_BETWEEN_LINKS = re.compile(r"[\s|｜丨/·,，、>»-]*")
_ADDRESS = re.compile(r"https?://[^\s<>\"，。]+")


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph, heading or row.

    Attributes:
        text: What a reader sees.
        links: (text, address) of every link in it.
        is_title: True for a heading of the first level.
    """

    text: str
    links: tuple[tuple[str, str], ...] = ()
    is_title: bool = False

    @property
    def address(self) -> str:
        """The address, if the block is nothing but one."""
        if len(self.links) == 1 and self.text.strip() == self.links[0][0] == self.links[0][1]:
            return self.links[0][1]
        found = _ADDRESS.fullmatch(self.text.strip())
        return found.group() if found else ""

    @property
    def is_navigation(self) -> bool:
        """Whether the block is nothing but links, one of which leads about the site."""
        rest = self.text
        for text, _ in self.links:
            rest = rest.replace(text, "", 1)
        leads = any(_NAVIGATION.search(text) for text, _ in self.links)
        return leads and _BETWEEN_LINKS.fullmatch(rest) is not None


def read_marked(text: str, *, item: str) -> Draft:
    """Returns what a Markdown file says.

    Its front matter gives the fields; else the first heading gives the title.  An address that stands alone
    at the end is the article's own, and links about the site behind it are left out.

    Raises:
        ArticleError: Code `front_matter`.
    """
    known, body = front_matter.split(text, item=item)
    blocks, url = _without_tail(list(_blocks(body)))
    title = known.title
    if blocks and blocks[0].is_title and title in ("", blocks[0].text):
        title, blocks = blocks[0].text, blocks[1:] or blocks
    return Draft(
        "\n".join(block.text for block in blocks),
        title=title,
        source=known.source,
        published=known.published,
        url=known.url or url,
        tags=known.tags,
    )


def _without_tail(blocks: list[_Block]) -> tuple[list[_Block], str]:
    """Returns the blocks without the addresses and site links at the end, and the address."""
    url = ""
    while len(blocks) > 1 and (blocks[-1].address or blocks[-1].is_navigation):
        url = blocks.pop().address or url
    return blocks, url


def _blocks(body: str) -> Iterator[_Block]:
    """Yields the blocks of a body in order."""
    tokens = _parser().parse(_TIMES.sub(r"\\*", _LIQUID.sub("", body)))
    row: list[str] | None = None
    level, number = "", ""
    for token in tokens:
        if token.type == "heading_open":
            level = token.tag
        elif token.type == "list_item_open":
            number = f"{token.info}{token.markup} " if token.info else ""
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            yield _Block(" | ".join(row))
            row = None
        elif token.type == "inline" and row is not None:
            row.append(_inline(token).text)
        elif token.type == "inline":
            block = _inline(token)
            yield replace(block, text=number + block.text, is_title=level == "h1")
            level, number = "", ""
        elif token.type in ("fence", "code_block"):
            yield from (_Block(line) for line in token.content.split("\n") if line.strip())
        elif token.type == "html_block":
            yield from map(_Block, paragraphs(token.content))


def _parser() -> "MarkdownIt":
    """Returns a parser of CommonMark with tables, in which an indented paragraph is no code."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").disable("code")


def _inline(token: "Token") -> _Block:
    """Returns a paragraph without its marks: links and emphasis are reduced to their text."""
    lines = [""]
    links: list[tuple[str, str]] = []
    opened: list[tuple[str, int]] = []
    for child in token.children or ():
        if child.type == "link_open":
            opened.append((str(child.attrGet("href") or ""), len(lines[-1])))
        elif child.type == "link_close" and opened:
            href, start = opened.pop()
            links.append((lines[-1][start:], href))
        elif child.type in ("softbreak", "hardbreak") or child.content.lower().startswith("<br"):
            lines.append("")
        elif child.type in ("text", "code_inline"):
            lines[-1] += child.content
    text = "\n".join(unwrap(lines) if any(lines) else [])
    return _Block(_STRONG.sub(r"\1", text), tuple(links))
