"""HTML → title, facts and paragraphs."""

import re
from typing import TYPE_CHECKING

from knowledge.articles.markup import lines
from knowledge.articles.record import Draft

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_MAIN = ("[itemprop=articleBody]", "article", "main", "[role=main]")
_LEAST_MAIN = 0.4
"""Share of the page's text below which an <article> is a teaser, not the article."""
_PUBLISHED = (
    *(
        "article:published_time",
        "og:published_time",
        "datepublished",
        "pubdate",
        "publishdate",
        "publish_date",
    ),
    *("publishtime", "dc.date", "dc.date.issued", "date"),
)
_FIRST_LINES = 5
"""Lines in which the headline is looked for, to take it out of the text."""
_SITE_TAIL = re.compile(r"\s*(?:[_|｜]|\s[-–—]\s).*$")


def read_page(html: str) -> Draft:
    """Returns what a page says: its article without scripts, navigation, forms and the like."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    meta = _meta(tree)
    title = _title(tree, meta)
    text = _main_lines(tree)
    if title in text[:_FIRST_LINES]:
        text.remove(title)
    canonical = tree.css_first("link[rel=canonical]")
    url = (canonical.attributes.get("href") if canonical else "") or meta.get("og:url", "")
    return Draft(
        "\n".join(text),
        title=title,
        source=meta.get("source") or meta.get("mediaid") or "",
        published=_published(tree, meta),
        url=url if url.startswith(("http://", "https://")) else "",
        tags=tuple(filter(None, re.split(r"[,，;；\s]+", meta.get("keywords", "")))),
    )


def paragraphs(html: str) -> list[str]:
    """Returns the paragraphs of a piece of HTML, rows of a table as cells joined by ` | `."""
    from selectolax.lexbor import LexborHTMLParser

    body = LexborHTMLParser(html).body
    return list(lines(body)) if body else []


def _meta(tree: "LexborHTMLParser") -> dict[str, str]:
    """Returns the page's meta fields by lower-case name; of two with one name the first."""
    fields: dict[str, str] = {}
    for node in tree.css("meta"):
        attributes = node.attributes
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        content = attributes.get("content")
        if name and content:
            fields.setdefault(name.lower(), content.strip())
    return fields


def _title(tree: "LexborHTMLParser", meta: dict[str, str]) -> str:
    """Returns the headline: a heading that the page's title begins with, or the title without the site's name."""
    named = meta.get("og:title") or _text(tree.css_first("title"))
    headings = [text for node in tree.css("h1") if (text := _text(node))]
    own = [text for text in headings if named.startswith(text)]
    if own:
        return own[0]
    if not named:
        return headings[0] if headings else ""
    return _SITE_TAIL.sub("", named) or named


def _published(tree: "LexborHTMLParser", meta: dict[str, str]) -> str:
    """Returns the date of publication as written: a meta field, or the first <time> that holds one."""
    stated = next((meta[name] for name in _PUBLISHED if name in meta), "")
    if stated:
        return stated
    times = (node.attributes.get("datetime") or _text(node) for node in tree.css("time"))
    return next((time for time in times if re.match(r"\s*\d{4}\D\d", time)), "")


def _text(node: "LexborNode | None") -> str:
    return " ".join(node.text().split()) if node else ""


def _main_lines(tree: "LexborHTMLParser") -> list[str]:
    """Returns the lines of the article on a page: of its one <article> or the like, or of the whole body."""
    body = tree.body
    if body is None:
        return []
    whole = list(lines(body))
    least = _LEAST_MAIN * sum(map(len, whole))
    for selector in _MAIN:
        nodes = body.css(selector)
        main = list(lines(nodes[0])) if len(nodes) == 1 else []
        if main and sum(map(len, main)) >= least:
            return main
    return whole
