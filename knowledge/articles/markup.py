"""A tree of HTML → lines of text: what a reader sees, a line for every block and row."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from knowledge.articles.wrapping import is_wide

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_SKIPPED = frozenset(
    {"script", "style", "noscript", "template", "iframe", "object", "svg", "canvas", "head", "title", "nav"}
    | {"footer", "aside", "form", "button", "select", "textarea", "dialog", "audio", "video", "rt", "rp"}
    | {"del", "s", "strike", "-comment"}  # struck out: the page itself takes it back
)
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em", "font", "i", "ins", "kbd"}
    | {"label", "mark", "q", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
    | {"ruby", "rb", "img", "picture", "input", "-text", "-comment"}
    # These are skipped, and break no line that they stand in.
    | {"script", "style", "noscript", "template", "svg", "button", "select", "del", "s", "strike", "rt", "rp"}
)
_ROLES = frozenset(["navigation", "banner", "contentinfo", "search", "complementary"])
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|menu|breadcrumbs?|crumbs?|sidebar|footer|copyright|share|comments?|related"
    r"|recommend|advert(?:isement)?|pagination|toolbar)(?:$|[\s_-])",
    re.IGNORECASE,
)
_BOXES = frozenset(["div", "ul", "ol", "section", "header", "table", "p"])
_SPACE = re.compile(r"[ \t\n\r\f]+")
_LONG_CELL = 120
"""Characters in a cell above which a table lays out the page and holds no values."""
_POWERS = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_POWER = re.compile(r"\s*[+\-−]?\d{1,3}\s*")
_NOTE = re.compile(r"\s*[\[(（]?(?:\d{1,3}|注\d*|\*)[\])）]?\s*")


def lines(root: "LexborNode") -> Iterator[str]:
    """Yields the lines under a node, none empty; cells of a table's row are joined by ` | `."""
    buffer: list[str] = []
    waiting: list[LexborNode | None] = [root]  # None: the end of a block
    while waiting:
        node = waiting.pop()
        row = _row(node) if node is not None and node.tag == "tr" else ""
        if node is None or row or node.tag == "br" or _is_block(node):
            yield from _flushed(buffer)
        if row:
            yield row
        elif node is not None and not _is_skipped(node):
            if node.tag in ("-text", "sup", "pre"):
                buffer.append(_own_text(node))
            else:
                waiting += [None] if _is_block(node) else []
                waiting += reversed(list(node.iter(include_text=True)))
    yield from _flushed(buffer)


def superscript(text: str, *, is_note: bool = False) -> str:
    """Returns raised text as one line shows it: 10 and 4 become 10⁴, never 104; the mark of a note is left out.

    >>> superscript("4"), superscript("[1]"), superscript("TM")
    ('⁴', '', 'TM')
    """
    if not is_note and _POWER.fullmatch(text):
        return text.strip().translate(_POWERS)
    return "" if _NOTE.fullmatch(text) else text


def _own_text(node: "LexborNode") -> str:
    """Returns the text of a node that is taken whole: lines of <pre> are kept, a power is raised."""
    text = node.text(deep=True) if node.tag != "-text" else node.text_content or ""
    if node.tag == "pre":
        return text.replace("\n", "\v") + "\v"  # a break that survives the folding of space
    return superscript(text, is_note=node.css_first("a") is not None) if node.tag == "sup" else text


def _flushed(buffer: list[str]) -> Iterator[str]:
    """Yields what has gathered, space folded, and empties the buffer."""
    whole = "".join(buffer)
    buffer.clear()
    for line in _SPACE.sub(_folded, whole).split("\v"):
        if line.strip():
            yield line.strip(" ")


def _folded(space: re.Match[str]) -> str:
    """Returns one space, or none where a line of the source ends between two Chinese characters."""
    text = space.string
    before, after = text[: space.start()][-1:], text[space.end() : space.end() + 1]
    if "\n" in space.group() and before and after and is_wide(before) and is_wide(after):
        return ""
    return " "


def _is_block(node: "LexborNode") -> bool:
    return node.tag not in _INLINE


def _is_skipped(node: "LexborNode") -> bool:
    """Returns whether a node holds nothing of the article: code, navigation, forms, hidden or struck out."""
    if node.tag == "-text":
        return False
    if node.tag in _SKIPPED:
        return True
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("role") in _ROLES:
        return True
    if "display:none" in (attributes.get("style") or "").replace(" ", ""):
        return True
    named = any(_NAMES.search(attributes.get(key) or "") for key in ("class", "id"))
    return named and node.tag in _BOXES and node.css_first("article") is None


def _row(row: "LexborNode") -> str:
    """Returns the cells of a row on one line, or nothing if the table lays out the page."""
    if row.css_first("table") is not None:
        return ""
    cells = [list(lines(cell)) for cell in row.iter() if cell.tag in ("td", "th")]
    texts = [" ".join(cell) for cell in cells]
    if any(len(text) > _LONG_CELL for text in texts):
        return ""
    return " | ".join(texts) if any(texts) else ""
