"""Paths → articles: which files are articles, and which format each is in."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from knowledge.articles import front_matter
from knowledge.articles.canon import one_line
from knowledge.articles.credit import without_credit
from knowledge.articles.marked import read_marked
from knowledge.articles.pdfdoc import read_pdf
from knowledge.articles.plain import read_plain
from knowledge.articles.record import Draft, from_draft
from knowledge.articles.records import read_records
from knowledge.articles.source import Limits, packing, read_bytes, read_text
from knowledge.articles.webpage import read_page
from knowledge.articles.worddoc import read_word
from knowledge.errors import ArticleError
from knowledge.schema import Article


def _page(text: str, *, item: str) -> Draft:
    """Returns what an HTML file says; a Jekyll page has front matter above its HTML."""
    known, html = front_matter.split(text, item=item)
    draft = read_page(html)
    return replace(
        draft,
        title=known.title or draft.title,
        source=known.source or draft.source,
        published=known.published or draft.published,
        url=known.url or draft.url,
        tags=known.tags or draft.tags,
    )


_TEXTS: dict[str, Callable[..., Draft]] = {
    ".md": read_marked,
    ".markdown": read_marked,
    ".html": _page,
    ".htm": _page,
    ".txt": read_plain,
    ".text": read_plain,
}
_BINARIES: dict[str, Callable[..., Draft]] = {".docx": read_word, ".pdf": read_pdf}
_RECORDS = frozenset([".jsonl", ".ndjson"])
_KINDS = frozenset([*_TEXTS, *_BINARIES, *_RECORDS])
_CREDITED = frozenset(_TEXTS)
_NO_ARTICLES = frozenset(["readme", "license", "changelog", "contributing", "robots", "requirements"])
"""Names of files that stand in folders of articles and are none."""


def discover(paths: Iterable[Path]) -> Iterator[Path]:
    """Yields the files to read, each once: those given, and in sorted order what folders hold.

    In a folder only files of a known kind count; those whose name begins with a dot, and the likes of
    README, are passed over in silence.  A path given itself is always yielded: if it is missing or of no
    known kind, `read` says so.
    """
    seen: set[str] = set()
    for given in paths:
        for path in _walk(given) if given.is_dir() else (given,):
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                yield path


def read_all(paths: Iterable[Path]) -> Iterator[tuple[Article | ArticleError, str]]:
    """Yields what all files hold, each file once, every item with the absolute path it comes from."""
    seen: set[str] = set()
    for given in paths:
        root = given if given.is_dir() else given.parent
        for path in discover([given]):
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                origin = os.path.abspath(path)  # noqa: PTH100 -- keeps symbolic links
                yield from ((item, origin) for item in read(path, root=root))


def read(
    path: Path, *, root: Path | None = None, limits: Limits | None = None
) -> Iterator[Article | ArticleError]:
    """Yields the articles of a file, and an error for every item that can't be read.

    Args:
        path: Markdown, HTML, text, Word, PDF or JSON Lines, as it is or packed with gzip or xz.
        root: Folder that ids are relative to; without it (or outside it) the id is the file's own name.
            Ids have no suffix: `2022/chengdu` for `2022/chengdu.md.gz`.  JSON Lines carry their own.
        limits: Sizes above which a file is refused.
    """
    try:
        if _kind(path) in _RECORDS:
            yield from read_records(path, limits or Limits())
        else:
            yield _document(path, root, limits or Limits())
    except ArticleError as e:
        yield e


def _walk(folder: Path) -> Iterator[Path]:
    """Yields the articles under a folder in sorted order."""
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(names):
            path = Path(at, name)
            passed_over = name.startswith((".", "~$")) or _stem(path).lower() in _NO_ARTICLES
            if _kind(path) in _KINDS and not passed_over and path.is_file():
                yield path


def _kind(path: Path) -> str:
    """Returns the suffix that tells the format, in lower case, without that of the packing."""
    return (path.with_suffix("") if packing(path) else path).suffix.lower()


def _stem(path: Path) -> str:
    """Returns the file's name without the suffixes of packing and format."""
    return (path.with_suffix("") if packing(path) else path).stem


def _document(path: Path, root: Path | None, limits: Limits) -> Article:
    """Returns the article of a file that holds one.

    Raises:
        ArticleError: It can't be read.
    """
    draft, item = _draft(path, limits), str(path)
    if _kind(path) in _CREDITED:
        draft = without_credit(draft)
    title = draft.title or _printable(_stem(path))
    published = draft.published or front_matter.day_in_name(path)
    return from_draft(replace(draft, title=title, published=published), _id(path, root), item=item)


def _draft(path: Path, limits: Limits) -> Draft:
    """Returns what the file says, read as its suffix tells."""
    kind, item = _kind(path), str(path)
    if kind in _TEXTS:
        return _TEXTS[kind](read_text(path, limits.document), item=item)
    if kind in _BINARIES:
        return _BINARIES[kind](read_bytes(path, limits.document), limit=limits.stream, item=item)
    if not path.exists():
        raise ArticleError(f"{item}: no such file; check the path", item=item, code="missing")
    known = " ".join(sorted(_KINDS))
    message = (
        f"{item}: expected a file of a known kind ({known}, each also .gz or .xz), got {kind!r}; convert it"
    )
    raise ArticleError(message, item=item, code="unknown_type")


def _id(path: Path, root: Path | None) -> str:
    """Returns the path relative to the root, POSIX, without suffixes."""
    base = path.parent.relative_to(root) if root and path.is_relative_to(root) else Path()
    return one_line(_printable((base / _stem(path)).as_posix()))


def _printable(name: str) -> str:
    """Returns a file's name as text; bytes of it that are no UTF-8 become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")
