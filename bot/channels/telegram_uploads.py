"""Files that come with a message."""

from pathlib import Path

from telegram import Message
from telegram.error import TelegramError

from bot import draft, phrases, reply
from bot.inbound import Upload
from bot.reply import Reply, ReplyStatus

MAX_BYTES = 20_000_000
"""What a bot may fetch."""


async def received(message: Message) -> Upload | Reply | None:
    """The file of a message, or what is said of one that is of no use; None if it has none.

    A picture, a voice or a sticker without words gets a word too.
    """
    document = message.document
    if document is None:
        wordless = message.effective_attachment is not None and not (message.caption or message.text)
        return reply.notice(phrases.NOT_TEXT) if wordless else None
    name = document.file_name or ""
    suffix = Path(name).suffix.lower()
    if suffix not in draft.KINDS:
        words = phrases.FILE_KIND.format(suffix=suffix) if suffix else phrases.NO_FILE_SUFFIX
        return reply.notice(words, status=ReplyStatus.ERROR)
    if (document.file_size or 0) > MAX_BYTES:
        return _too_large()
    try:
        file = await document.get_file()
        content = bytes(await file.download_as_bytearray())
    except TelegramError:
        return reply.notice(phrases.FILE_LOST, status=ReplyStatus.ERROR)
    return Upload(name, content) if len(content) <= MAX_BYTES else _too_large()


def _too_large() -> Reply:
    words = phrases.FILE_TOO_LARGE.format(megabytes=MAX_BYTES // 1_000_000)
    return reply.notice(words, status=ReplyStatus.ERROR)
