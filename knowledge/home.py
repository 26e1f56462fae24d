"""The folder that holds all state: where things lie in it, who may write, what was once taken in.

    catalog.sqlite3   the articles, and how far the indexes have followed
    lexical/          tantivy
    vectors/          chroma, unless a server is set
    ingested.json     which paths were taken in, should the catalog ever be lost
    writer.lock       held by the one process that writes; writer.pid names it

Sole importer of filelock.
"""

import contextlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from knowledge.errors import HomeBusyError, StorageError

WAIT_SECONDS = 3.0
"""For another process to finish writing."""


class Home:
    """A folder; made when first written to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.catalog = path / "catalog.sqlite3"
        self.lexical = path / "lexical"
        self.vectors = path / "vectors"
        self._journal = path / "ingested.json"
        self._pid = path / "writer.pid"
        self._depth = threading.RLock()

    @contextlib.contextmanager
    def writing(self, wait: float = WAIT_SECONDS) -> Iterator[None]:
        """Keeps all other processes from writing while the block runs.

        Args:
            wait: Seconds to wait for another process; 0 not to wait for another thread of ours either.

        Raises:
            HomeBusyError: Another process is writing.
            StorageError: The folder can't be made or written.
        """
        # Who asks beside an ingest holds what that ingest wants next: waiting for each other would never end.
        if not self._depth.acquire(blocking=wait > 0):
            raise self._busy()
        try:
            with self._alone(wait):
                yield
        finally:
            self._depth.release()

    @contextlib.contextmanager
    def _alone(self, wait: float) -> Iterator[None]:
        """Keeps other processes out."""
        from filelock import FileLock, Timeout

        self.make()
        lock = FileLock(self.path / "writer.lock", timeout=wait, is_singleton=True)
        try:
            lock.acquire()
        except Timeout as e:
            raise self._busy() from e
        except OSError as e:
            raise storage_error(self.path, e) from e
        try:
            if lock.lock_counter == 1:
                _replace(self._pid, str(os.getpid()))
            yield
        finally:
            lock.release()

    def make(self) -> None:
        """Makes the folder.

        Raises:
            StorageError: It can't be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise storage_error(self.path, e) from e

    @property
    def recorded(self) -> tuple[Path, ...]:
        """Paths that were taken in, first things first; empty if the note of it is lost too."""
        try:
            return tuple(map(Path, json.loads(self._journal.read_text("utf-8"))["paths"]))
        except (OSError, ValueError, KeyError, TypeError):
            return ()

    def record(self, paths: Sequence[Path]) -> None:
        """Notes that paths are taken in."""
        known = self.recorded
        new = [path for path in dict.fromkeys(paths) if path not in known]
        if new:
            told = {"paths": [str(path) for path in (*known, *new)]}
            _replace(self._journal, json.dumps(told, ensure_ascii=False, indent=1))

    def set_aside_catalog(self) -> Path:
        """Moves the catalog out of the way and returns where to; nothing of it is deleted."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        aside = self.catalog.with_name(f"{self.catalog.name}.damaged-{stamp}")
        try:
            for suffix in ("", "-wal", "-shm"):
                part = self.catalog.with_name(self.catalog.name + suffix)
                if part.exists():
                    part.rename(aside.with_name(aside.name + suffix))
        except OSError as e:
            raise storage_error(self.catalog, e) from e
        return aside

    def _busy(self) -> HomeBusyError:
        try:
            pid = self._pid.read_text("utf-8")
        except OSError:
            pid = "unknown"
        message = f"{self.path}: process {pid} is writing to this home; wait for it, or use another home"
        return HomeBusyError(message, item=str(self.path), code="home_busy")


def wipe(path: Path) -> None:
    """Removes a folder of a home, whatever state it is in.

    Raises:
        StorageError: It can't be removed.
    """
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as e:
        raise storage_error(path, e) from e


def storage_error(path: Path, problem: OSError) -> StorageError:
    """What the operating system refused, in our terms."""
    message = f"{path}: {problem.strerror or problem}; make room, check rights, or use another home"
    return StorageError(message, item=str(path), code="storage")


def _replace(path: Path, text: str) -> None:
    """Writes a file in one step: a kill leaves the old one or the new one."""
    new = path.with_name(f"{path.name}.new")
    try:
        new.write_text(text, "utf-8")
        new.replace(path)
    except OSError as e:
        raise storage_error(path, e) from e
