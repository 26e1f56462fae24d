"""Files sent to a WeCom bot: fetched, opened with the key that came with each, and only if they can be read."""

import asyncio
import logging
from email.message import Message
from pathlib import Path
from urllib.parse import unquote

import httpx

from bot import draft, phrases, reply
from bot.channels.sealing import decrypted, key_bytes
from bot.channels.wecom.bot_messages import File
from bot.inbound import Upload
from bot.reply import Reply, ReplyStatus

MAX_BYTES = 20_000_000

SECONDS = 60.0
"""For a file to come."""

_BLOCK = 32
"""Bytes by which sealing makes a file longer, at most."""

_log = logging.getLogger(__name__)


class LargeError(Exception):
    """A file is too large."""


class Files:
    """Fetches files.  To be used in one event loop."""

    def __init__(self, client: httpx.AsyncClient | None = None, *, seconds: float = SECONDS) -> None:
        """Set up.

        Args:
            client: Makes the requests; by default one of our own, let go of by `close`.
            seconds: For a file to come.
        """
        self._client = client or httpx.AsyncClient()
        self._seconds = seconds

    async def fetch(self, file: File) -> Upload | Reply:
        """A file, or what is said of one that is of no use."""
        if not file.url.lower().startswith("https://"):
            return _lost()
        try:
            async with asyncio.timeout(self._seconds), self._client.stream("GET", file.url) as response:
                response.raise_for_status()
                name = name_of(response.headers.get("Content-Disposition", ""))
                if unfit := _unfit(Path(name).suffix.lower()):
                    return unfit
                content = await _body(response)
            return Upload(name, decrypted(content, key_bytes(file.key)) if file.key else content)
        except LargeError:
            words = phrases.FILE_TOO_LARGE.format(megabytes=MAX_BYTES // 1_000_000)
            return reply.notice(words, status=ReplyStatus.ERROR)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as problem:
            _log.warning("file not fetched: %s", type(problem).__name__)  # its own words hold the address
            return _lost()

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


def name_of(disposition: str) -> str:
    """The name that a Content-Disposition gives a file; empty if it gives none.

    >>> name_of("attachment; filename*=UTF-8''%E7%A8%BF%E5%AD%90.docx"), name_of('attachment; filename="a.txt"')
    ('稿子.docx', 'a.txt')
    """
    header = Message()
    header["Content-Disposition"] = disposition.replace("\r", " ").replace("\n", " ")
    return unquote(header.get_filename() or "")


async def _body(response: httpx.Response) -> bytes:
    content = b""
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_BYTES + _BLOCK:
            raise LargeError
    return content


def _unfit(suffix: str) -> Reply | None:
    """What is said of a file that holds no draft."""
    if suffix in draft.KINDS:
        return None
    words = phrases.FILE_KIND.format(suffix=suffix) if suffix else phrases.NO_FILE_SUFFIX
    return reply.notice(words, status=ReplyStatus.ERROR)


def _lost() -> Reply:
    return reply.notice(phrases.FILE_LOST, status=ReplyStatus.ERROR)
