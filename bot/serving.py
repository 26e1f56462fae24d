"""`wenshu serve`: every configured channel in one process, until a signal says stop."""

import asyncio
import signal
from collections.abc import Callable

from bot import wording
from bot.channels.telegram_chat import TelegramChat
from bot.service import Ask, Service

STOPPED = 0
INTERRUPTED = 130


def run(ask: Ask, *, token: str, base_url: str | None, say: Callable[[str], None]) -> int:
    """Answer in Telegram until SIGTERM or Ctrl-C.

    Args:
        ask: Answers one question; called from several threads.
        token: Of the bot.
        base_url: Of another Bot API server, or None for Telegram's own.
        say: Tells the operator how it goes.

    Returns:
        The exit status.

    Raises:
        WenshuError: The token or the address is no good.
    """
    return asyncio.run(_run(TelegramChat(Service(ask), token=token, base_url=base_url), say))


async def _run(chat: TelegramChat, say: Callable[[str], None]) -> int:
    stopped: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    for number, status in ((signal.SIGTERM, STOPPED), (signal.SIGINT, INTERRUPTED)):
        _on_signal(number, stopped, status)
    try:
        say(wording.serving(await chat.start()))
        return await stopped
    finally:
        await chat.stop()
        say(wording.STOPPED)


def _on_signal(number: signal.Signals, stopped: "asyncio.Future[int]", status: int) -> None:
    def stop() -> None:
        if not stopped.done():
            stopped.set_result(status)

    asyncio.get_running_loop().add_signal_handler(number, stop)
