"""`wenshu serve`: every configured channel in one process, until a signal says stop."""

import asyncio
import logging
import signal
from collections.abc import Callable
from threading import Event, Thread
from typing import NoReturn

from bot import wording
from bot.channels.telegram_chat import TelegramChat
from bot.service import Service
from knowledge.errors import WenshuError

STOPPED = 0
INTERRUPTED = 130


_log = logging.getLogger(__name__)


def name_of_bot(*, token: str, base_url: str | None) -> str:
    """Ask the server whose token it is.

    Raises:
        WenshuError: The token or the address is no good.
    """

    async def ask() -> str:
        chat = TelegramChat(Service(_nothing, _nothing), token=token, base_url=base_url)
        try:
            return await chat.connect()
        finally:
            await chat.stop()

    return asyncio.run(ask())


def _nothing(text: str) -> NoReturn:
    raise NotImplementedError(text)


def run(
    service: Service,
    *,
    token: str,
    base_url: str | None,
    background: Callable[[Event], object],
    say: Callable[[str], None],
) -> int:
    """Answer in Telegram until SIGTERM or Ctrl-C.

    Args:
        service: Answers messages; called from several threads.
        token: Of the bot.
        base_url: Of another Bot API server, or None for Telegram's own.
        background: What is to be done meanwhile; ends soon after the event it is given is set.
        say: Tells the operator how it goes.

    Returns:
        The exit status.

    Raises:
        WenshuError: The token or the address is no good.
    """
    enough = Event()
    worker = Thread(target=_work, args=(background, enough), name="background")
    worker.start()
    try:
        return asyncio.run(_run(TelegramChat(service, token=token, base_url=base_url), say))
    finally:
        enough.set()
        worker.join()


def _work(background: Callable[[Event], object], enough: Event) -> None:
    """Do the work in the background; answering goes on if it can't be done."""
    try:
        background(enough)
    except WenshuError as problem:
        _log.warning("background work ended: %s", problem)


async def _run(chat: TelegramChat, say: Callable[[str], None]) -> int:
    stopped: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    for number, status in ((signal.SIGTERM, STOPPED), (signal.SIGINT, INTERRUPTED)):
        _on_signal(number, stopped, status)
    try:
        name = await chat.start()
        say(wording.serving(name, sees_all=chat.sees_all))
        return await stopped
    finally:
        await chat.stop()
        say(wording.STOPPED)


def _on_signal(number: signal.Signals, stopped: "asyncio.Future[int]", status: int) -> None:
    def stop() -> None:
        if not stopped.done():
            stopped.set_result(status)

    asyncio.get_running_loop().add_signal_handler(number, stop)
