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

_LIQUID = re.compile(r"\{%[^%\n]{0,400}%\}|\{\{[^{}\n]{0,400}\}\}|^\{:[^{}\n]{0,400}\}$", re.MULTILINE)
_TIMES = re.compile(r"(?<=\d)\*(?=\d)")
_TIMES_MARK = "\ufdd0"
"""Stands for the * of 3*4 while Markdown is read, which would take it for emphasis: no character, in no text."""
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
    blocks, url = _without_tail(list(_blocks(_TIMES.sub(_TIMES_MARK, body))))
    title = known.title
    if blocks and blocks[0].is_title and title in ("", blocks[0].text):
        title, blocks = blocks[0].text, blocks[1:] or blocks
    return Draft(
        "\n".join(block.text for block in blocks).replace(_TIMES_MARK, "*"),
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
    parser = _parser()
    row: list[str] | None = None
    html, level, number = "", "", ""
    for token in parser.parse(_LIQUID.sub("", body)):
        if token.type == "html_block":
            html += token.content  # one table may be many blocks
            continue
        yield from map(_Block, paragraphs(html) if html else ())
        html = ""
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
            row.append(_inline(parser, token).text)
        elif token.type == "inline":
            block = _inline(parser, token)
            yield replace(block, text=number + block.text, is_title=level == "h1")
            level, number = "", ""
        elif token.type == "fence":
            yield from map(_Block, token.content.splitlines())
    yield from map(_Block, paragraphs(html) if html else ())


def _parser() -> "MarkdownIt":
    """Returns a parser of CommonMark with tables, in which an indented paragraph is no code."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").disable("code")


def _inline(parser: "MarkdownIt", token: "Token") -> _Block:
    """Returns a paragraph without its marks: links and emphasis are reduced to their text."""
    children = token.children or []
    if any(child.type == "html_inline" for child in children):
        html = parser.renderer.render([token], parser.options, {})
        return _Block(_STRONG.sub(r"\1", "\n".join(paragraphs(html))))
    lines = [""]
    links: list[tuple[str, str]] = []
    address, start = "", 0
    for child in children:
        if child.type == "link_open":
            address, start = str(child.attrGet("href") or ""), len(lines[-1])
        elif child.type == "link_close":
            links.append((lines[-1][start:], address))
        elif child.type in ("softbreak", "hardbreak"):
            lines.append("")
        elif child.type in ("text", "code_inline"):
            lines[-1] += child.content
    return _Block(_STRONG.sub(r"\1", "\n".join(unwrap(lines, least=1))), tuple(links))
