"""PDF files → title, date and paragraphs."""

import io
import logging
import re
from collections import Counter
from collections.abc import Sequence

from knowledge.articles.dates import from_datetime
from knowledge.articles.plain import titled
from knowledge.articles.record import Draft
from knowledge.articles.wrapping import unwrap
from knowledge.errors import ArticleError

_NO_TITLE = re.compile(
    r"(?:Microsoft Word.*|untitled.*|无标题.*|.*\.(?:docx?|pptx?|xlsx?|pdf|indd)|)", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+")
_UNREADABLE = re.compile(r"[\x00-\x08\x0e-\x1f\ue000-\uf8ff\ufffd]|/g\d+|\(cid:\d+\)")
_MOST_UNREADABLE = 0.2
_EDGE = 2
"""Lines at the top and foot of a page that may be a running head or foot."""
_FEWEST_PAGES = 3
_MOST_PAGES = 0.6
"""Share of the pages that repeat a running head: left and right pages may differ, a title page has none."""
_SENTENCE = ("。", "！", "？", "；", "，")


def read_pdf(content: bytes, *, limit: int, item: str) -> Draft:
    """Returns what a PDF says: lines of a paragraph joined, running heads and page numbers left out.

    Args:
        content: The file.
        limit: Bytes of text at which it is refused.
        item: What errors name.

    Raises:
        ArticleError: Code `damaged`, `encrypted`, `too_large` or `no_text` (a scan, or fonts that don't say
            which characters they draw).
    """
    pages, title, published = _pages(content, limit, item)
    text = "\n".join(unwrap([line for page in _without_running(pages) for line in page], least=1))
    if not text.strip():
        message = f"{item}: the PDF's {len(pages)} pages hold no text (a scan?); run text recognition (OCR) on it first"
        raise ArticleError(message, item=item, code="no_text")
    if len(_UNREADABLE.findall(text)) > _MOST_UNREADABLE * len(text):
        message = (
            f"{item}: the PDF's fonts don't say which characters they draw; export it again or run OCR on it"
        )
        raise ArticleError(message, item=item, code="no_text")
    if _NO_TITLE.fullmatch(title.strip()):
        title, text = titled(text)
    elif text.startswith(f"{title}\n"):
        text = text.removeprefix(f"{title}\n")
    return Draft(text, title=title, published=published)


def _pages(content: bytes, limit: int, item: str) -> tuple[list[list[str]], str, str]:
    """Returns the lines of every page, the title and the date of making."""
    import pypdf
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it tells of every flaw it works around
    locked = f"{item}: the PDF is locked with a password; save it without one"
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ArticleError(locked, item=item, code="encrypted")
        pages: list[list[str]] = []
        for page in reader.pages:
            pages.append(page.extract_text().split("\n"))
            limit -= sum(map(len, pages[-1]))
            if limit < 0:
                raise ArticleError(
                    f"{item}: the PDF holds too much text; split it", item=item, code="too_large"
                )
        facts = reader.metadata
        return (
            pages,
            (facts.title if facts else "") or "",
            from_datetime(facts.creation_date if facts else None),
        )
    except (DependencyError, FileNotDecryptedError) as e:
        raise ArticleError(locked, item=item, code="encrypted") from e
    except (
        PyPdfError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        OSError,
    ) as e:
        # pypdf warns that broken files "might cause other Exceptions" than its own.
        message = f"{item}: the PDF is damaged ({type(e).__name__}: {e}); export or copy it again"
        raise ArticleError(message, item=item, code="damaged") from e


def _without_running(pages: Sequence[list[str]]) -> list[list[str]]:
    """Returns the pages without heads, feet and page numbers: lines at an edge that most pages repeat."""
    filled = [[line for line in page if line.strip()] for page in pages]
    if len(filled) < _FEWEST_PAGES:
        return filled
    edges = Counter(
        form for page in filled for form in {_form(line) for line in [*page[:_EDGE], *page[-_EDGE:]]}
    )
    least = max(_FEWEST_PAGES, _MOST_PAGES * len(filled))
    running = {form for form, n_pages in edges.items() if n_pages >= least and not form.endswith(_SENTENCE)}
    return [
        [
            line
            for at, line in enumerate(page)
            if _EDGE <= at < len(page) - _EDGE or _form(line) not in running
        ]
        for page in filled
    ]


def _form(line: str) -> str:
    """Returns a line with its numbers made equal: 第3页 and 第4页 are one form."""
    return _NUMBER.sub("0", "".join(line.split()))
