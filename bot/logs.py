"""The log file of a home: what went wrong, never what was asked."""

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
MAX_BYTES = 5_000_000
N_BACKUPS = 3

_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{20,}")
"""A Telegram bot token: the bot's number, a colon and 35 characters."""

NOISY = (
    "httpx",
    "httpx2",
    "httpcore",
    "openai",
    "anthropic",
    "telegram",
    "apscheduler",
    "chromadb",
    "urllib3",
)
"""Libraries that log addresses (a Telegram address holds the token) or every step."""


class Redacting(logging.Formatter):
    """Writes records, tracebacks included, with bot tokens blotted out."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, `…` in place of a token.

        >>> record = logging.LogRecord("x", 20, "x", 1, "POST /bot123456:%s/getMe", ("A" * 35,), None)
        >>> Redacting("%(message)s").format(record)
        'POST /bot…/getMe'
        """
        return redacted(super().format(record))


def redacted(text: str) -> str:
    """The text with bot tokens blotted out."""
    return _TOKEN.sub("…", text)


def start(home: Path, level: str) -> None:
    """Log to `home/wenshu.log`, which is created with the first record.

    Args:
        home: The data folder.
        level: Name of the lowest level that is written.
    """
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    root = logging.getLogger()
    if any(isinstance(handler, _HomeLog) for handler in root.handlers):
        return
    handler = _HomeLog(home / "wenshu.log")
    handler.setFormatter(Redacting(FORMAT))
    root.addHandler(handler)
    root.setLevel(level.upper())


def location() -> Path | None:
    """Where the log is, or None if `start` has not run."""
    handlers = (handler for handler in logging.getLogger().handlers if isinstance(handler, _HomeLog))
    return next((Path(handler.baseFilename) for handler in handlers), None)


class _HomeLog(RotatingFileHandler):
    """A log that is silent when its folder can't be written: logging must not fail a command."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=MAX_BYTES, backupCount=N_BACKUPS, encoding="utf-8", delay=True)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the name logging calls
        """Say nothing: the console is for the user."""
