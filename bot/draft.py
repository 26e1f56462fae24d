"""The text of a draft to be checked, as a file or standard input holds it."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.errors import ArticleError, UsageError

if TYPE_CHECKING:
    from knowledge.articles.source import Limits

STANDARD_INPUT = "-"

_AS_IT_IS = frozenset({"", ".txt", ".md", ".markdown"})
"""Kinds of file whose very characters are checked: offsets in the result are those of the file."""

_READ_AS_ARTICLE = frozenset({".docx", ".pdf", ".html", ".htm"})
"""Kinds of file whose text is told by what it looks like."""

KINDS = (_AS_IT_IS | _READ_AS_ARTICLE) - {""}
"""Suffixes of the files that are read."""


def read(name: str, limits: "Limits | None" = None) -> str:
    """The text of a draft.

    Args:
        name: A path, or `-` for standard input.
        limits: Sizes above which a file is refused; by default those of articles.

    Raises:
        UsageError: There is no such file, or it is of a kind that holds no draft.
        ArticleError: It can't be read.
    """
    from knowledge.articles.source import Limits, decode, read_bytes

    limits = limits or Limits()
    if name == STANDARD_INPUT:
        return decode(sys.stdin.buffer.read(limits.document), item=name)
    path = Path(name)
    if not os.path.exists(name):  # noqa: PTH110 -- Path.exists raises at a name too long for a file
        raise UsageError(f"{name[:40]}: no such file; check the path", item=name[:40], code="draft_missing")
    kind = path.suffix.lower()
    if kind in _AS_IT_IS:
        return decode(read_bytes(path, limits.document), item=name)
    if kind in _READ_AS_ARTICLE:
        return _of_article(path, limits)
    known = " ".join(sorted(KINDS))
    raise UsageError(
        f"{name}: expected a kind of file among {known}, got {kind!r}", item=name, code="draft_type"
    )


def _of_article(path: Path, limits: "Limits") -> str:
    from knowledge.articles import read as read_articles

    (article,) = read_articles(path, limits=limits)
    if isinstance(article, ArticleError):
        raise article
    # The headline is part of the draft, though of an article it is metadata; without one, the file's name is it.
    headed = article.title not in {"", path.stem} and not article.text.startswith(article.title)
    return f"{article.title}\n{article.text}" if headed else article.text
