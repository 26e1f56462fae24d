"""Files sent in a chat: their text to be checked, and the files of an admin to be taken in."""

import re
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from bot import draft, mending, reply, wording
from bot.inbound import Upload
from bot.reply import Reply, ReplyStatus
from knowledge.errors import ArticleError, StorageError, UsageError

if TYPE_CHECKING:
    from knowledge.ingest import Report

MAX_GROWN = 10_000_000
"""Bytes by which a file may grow when it is unpacked.

Pictures hardly grow; what does is markup, which fills some twenty times as much memory once it is taken apart.  A
draft of 20,000 characters with a format of its own on every one has 4 MB of it.
"""

_WAITING = "waiting"
_DAY = 86_400.0
_UNSAFE = re.compile(r"[^\w.-]+")


def text_of(upload: Upload) -> str:
    """The text of a file that holds a draft.

    Raises:
        UsageError: It is of a kind that holds none.
        ArticleError: It can't be read, is empty, or holds far more than it seems to.
    """
    from knowledge.articles.source import Limits

    name = _name(upload)
    if upload.suffix not in draft.KINDS | {""}:
        message = f"{name}: expected a kind of file that holds text, got {upload.suffix!r}"
        raise UsageError(message, item=Path(name).suffix, code="upload_type")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(upload.content)
        try:
            text = draft.read(str(path), Limits(stream=len(upload.content) + MAX_GROWN))
        except ArticleError as problem:
            raise _as_sent(problem) from problem
    if not text.strip():
        raise ArticleError(f"{name}: expected text, got none; fill it in", item=name, code="empty")
    return text


def keep(folder: Path, upload: Upload) -> Path:
    """Puts a file aside until an admin says what to do with it; returns where it is.

    Raises:
        StorageError: The disk refused.
    """
    # A folder a content: two may send files of one name, and each means their own.
    path = folder / _WAITING / sha256(upload.content).hexdigest()[:16] / _name(upload)
    try:
        _forget_old(folder / _WAITING)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(upload.content)
    except OSError as problem:
        raise StorageError(f"{path}: {problem}", item=str(path), code="storage") from problem
    return path


def _forget_old(waiting: Path) -> None:
    """Deletes the files that nobody has said a word about for a day."""
    for path in waiting.glob("*/*"):
        with suppress(OSError):  # somebody may take it in at this moment
            if path.stat().st_mtime < time() - _DAY:
                path.unlink()
                path.parent.rmdir()


def admit(path: Path) -> Path:
    """Moves a file out of the waiting ones, to where it stays as long as its article does; returns where to.

    One that was moved before, but not taken in, stays where it is.

    Raises:
        StorageError: The disk refused.
    """
    folder = path.parent
    if folder.parent.name != _WAITING:
        return path
    try:
        admitted = path.replace(folder.parent.parent / path.name)
    except OSError as problem:
        raise StorageError(f"{path}: {problem}", item=str(path), code="storage") from problem
    with suppress(OSError):  # another name of the same content may wait there
        folder.rmdir()
    return admitted


def taken_in(report: "Report") -> Reply:
    """What came of taking files in."""
    failed = [mending.error(_as_sent(problem)) for problem in report.failed]
    status = ReplyStatus.ERROR if failed else ReplyStatus.NOTICE
    return reply.notice("\n".join([wording.ingested(report), *failed]), status=status)


def _as_sent(problem: ArticleError) -> ArticleError:
    """The error with the file's name for its path: where files are on our disk is nothing to tell."""
    return ArticleError(str(problem), item=Path(problem.item).name, code=problem.code)


def _name(upload: Upload) -> str:
    """The sender's name for a file, made fit for a folder; the suffix tells its kind."""
    stem = _UNSAFE.sub("_", Path(upload.name.replace("\\", "/")).stem).strip("._")[:60]
    return f"{stem or 'file'}{_UNSAFE.sub('', upload.suffix)[:10]}"
