"""Files sent in a chat: their text to be checked, and the files of an admin to be taken in."""

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bot import draft, mending, reply, wording
from bot.inbound import Upload
from bot.reply import Reply, ReplyStatus
from knowledge.errors import StorageError, WenshuError

if TYPE_CHECKING:
    from knowledge.ingest import Report

_WAITING = "waiting"
_UNSAFE = re.compile(r"[^\w.-]+")


def text_of(upload: Upload) -> str:
    """The text of a file that holds a draft.

    Raises:
        UsageError: It is of a kind that holds none.
        ArticleError: It can't be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _name(upload)
        path.write_bytes(upload.content)
        try:
            return draft.read(str(path))
        except WenshuError as problem:
            problem.item = upload.name  # what the sender calls it, not where we put it
            raise


def keep(folder: Path, upload: Upload) -> Path:
    """Puts a file aside until an admin says what to do with it; returns where it is.

    Raises:
        StorageError: The disk refused.
    """
    path = folder / _WAITING / _name(upload)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(upload.content)
    except OSError as problem:
        raise StorageError(f"{path}: {problem}", item=str(path), code="storage") from problem
    return path


def admit(path: Path) -> Path:
    """Moves a file out of the waiting ones, to where it stays as long as its article does; returns where to.

    Raises:
        StorageError: The disk refused.
    """
    try:
        return path.replace(path.parent.parent / path.name)
    except OSError as problem:
        raise StorageError(f"{path}: {problem}", item=str(path), code="storage") from problem


def taken_in(report: "Report") -> Reply:
    """What came of taking files in."""
    failed = [mending.error(problem) for problem in report.failed]
    status = ReplyStatus.ERROR if failed else ReplyStatus.NOTICE
    return reply.notice("\n".join([wording.ingested(report), *failed]), status=status)


def _name(upload: Upload) -> str:
    """The sender's name for a file, made fit for a folder; the suffix tells its kind."""
    stem = _UNSAFE.sub("_", Path(upload.name.replace("\\", "/")).stem).strip("._")[:60]
    return f"{stem or 'file'}{_UNSAFE.sub('', upload.suffix)[:10]}"
