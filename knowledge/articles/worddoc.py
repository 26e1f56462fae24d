"""Word documents (.docx) → title, facts and paragraphs, in document order."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from knowledge.articles.dates import from_datetime
from knowledge.articles.markup import superscript
from knowledge.articles.plain import titled
from knowledge.articles.record import Draft
from knowledge.errors import ArticleError

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_NO_TITLE = re.compile(
    r"(?:Word Document|Microsoft Word.*|文档\s*\d*|Document\s*\d*|无标题.*|)", re.IGNORECASE
)
_TEMPLATE_TIME = datetime(2013, 12, 23, 23, 15)  # noqa: DTZ001 -- compared without a zone
"""When python-docx's own template was made: a date that says nothing."""
_CELL = " | "


def read_word(content: bytes, *, limit: int, item: str) -> Draft:
    """Returns what a document says; text that was deleted with changes tracked is left out.

    Args:
        content: The file.
        limit: Bytes it may unpack to.
        item: What errors name.

    Raises:
        ArticleError: Code `damaged` or `too_large`.
    """
    document = _document(content, limit, item)
    lines = [line for line in _lines(document.element.body) if line.strip()]
    properties = document.core_properties
    title = (properties.title or "").strip()
    if _NO_TITLE.fullmatch(title):
        title, text = titled("\n".join(lines))
    else:
        text = "\n".join(lines[1:] if lines and lines[0].strip() == title else lines)
    created = properties.created
    is_template = created is not None and created.replace(tzinfo=None) == _TEMPLATE_TIME
    tags = tuple(filter(None, re.split(r"[,，;；\s]+", properties.keywords or "")))
    return Draft(text, title=title, published="" if is_template else from_datetime(created), tags=tags)


def _document(content: bytes, limit: int, item: str) -> "Document":
    """Returns the document, refused before it is unpacked if that would fill the memory."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            n_bytes = sum(part.file_size for part in package.infolist())
        if n_bytes > limit:
            message = f"{item}: expected at most {limit} bytes unpacked, got {n_bytes}; take out its pictures"
            raise ArticleError(message, item=item, code="too_large")
        return docx.Document(io.BytesIO(content))
    except (
        zipfile.BadZipFile,
        PackageNotFoundError,
        SyntaxError,
        KeyError,
        ValueError,
        NotImplementedError,
    ) as e:
        message = (
            f"{item}: expected a Word document, got what can't be opened as one ({e}); save it as .docx again"
        )
        raise ArticleError(message, item=item, code="damaged") from e


def _lines(parent: Any) -> Iterator[str]:
    """Yields paragraphs and rows under an element; a row's cells are joined by ` | `."""
    for element in parent:
        if element.tag == f"{_W}p":
            yield from _paragraph(element).split("\n")
        elif element.tag == f"{_W}tbl":
            yield from (_row(row) for row in element.iter(f"{_W}tr") if _owner(row) is element)
        elif element.tag == f"{_W}sdt":
            yield from (line for inner in element.iterchildren(f"{_W}sdtContent") for line in _lines(inner))
        elif element.tag in (f"{_W}ins", f"{_W}customXml"):
            yield from _lines(element)


def _owner(row: Any) -> Any:
    """Returns the table that a row belongs to: a table within a cell is part of that cell."""
    return next(row.iterancestors(f"{_W}tbl"))


def _row(row: Any) -> str:
    """Returns the cells of a row on one line; an empty row is an empty line."""
    cells = [
        " ".join(filter(None, map(str.strip, _lines(cell))))
        for cell in row.iter(f"{_W}tc")
        if _in_row(cell, row)
    ]
    return _CELL.join(cells) if any(cells) else ""


def _in_row(cell: Any, row: Any) -> bool:
    return next(cell.iterancestors(f"{_W}tr")) is row


def _paragraph(paragraph: Any) -> str:
    """Returns the text of a paragraph, with tracked insertions, links and fields, without deletions."""
    parts: list[str] = []
    for element in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen"):
        if next(element.iterancestors(_FALLBACK), None) is not None:
            continue  # a text box a second time, for old programs
        if element.tag == f"{_W}t":
            text = element.text or ""
            parts.append(superscript(text) if _is_raised(element) else text)
        elif element.getparent().tag == f"{_W}r":
            parts.append({"tab": " ", "noBreakHyphen": "-"}.get(element.tag.removeprefix(_W), "\n"))
    return "".join(parts)


def _is_raised(text: Any) -> bool:
    """Returns whether a run's text is set as superscript."""
    mark = text.getparent().find(f"{_W}rPr/{_W}vertAlign")
    return mark is not None and mark.get(f"{_W}val") == "superscript"
