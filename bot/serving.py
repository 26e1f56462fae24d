"""`wenshu serve`: the web page and every configured channel in one process, until a signal says stop."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from threading import Event, Thread
from time import time
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp

from bot import app, chats, mending, operating
from bot.channels.web.website import Shelf, Site
from bot.chats import Chat
from bot.desk import Desk
from bot.guard import Allowed, Guard
from bot.metrics import Metrics
from bot.reception import Reception
from bot.service import Policy, Service
from bot.spending import Prices, Spending
from bot.state import State
from knowledge.errors import BackendError, SettingError, WenshuError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from knowledge.settings import Settings

STOPPED = 0
INTERRUPTED = 130

RETRY_SECONDS = 10.0
"""Between tries to reach a chat platform that is not there."""

DRAIN_SECONDS = 20
"""For web requests under way to end after a signal."""

SWEEP_SECONDS = 3_600.0
"""Between looks for what has been kept long enough."""

BACKLOG = 2_048
"""Connections that may wait to be taken."""

_READING_AT_ONCE, _WRITING_AT_ONCE = 2, 16
"""Answers worked on at once unless set: plain computing takes a processor each, a language model is waited for."""

_DAY = 86_400.0
_MINUTE = 60.0
_HERE = ("127.0.0.1", "localhost", "::1")

_log = logging.getLogger(__name__)

Say = Callable[[str], None]
"""Tells the operator how it goes."""


class Everything(Shelf, Protocol):
    """The articles, with what is to be done in the background."""

    def backfill(self, stop: Event) -> int:
        """Gives passages their vectors; ends soon after the event is set."""

    @property
    def is_empty(self) -> bool:
        """True if no article is in."""


def run(settings: "Settings", library: Everything, say: Say, *, prepare: Callable[[], None]) -> int:
    """Serve until SIGTERM or Ctrl-C.

    Args:
        settings: Which channels, where, for whom.
        library: The articles; used from several threads.
        say: Tells the operator how it goes.
        prepare: What is to be done first, once it is clear that the port can be had.

    Returns:
        The exit status.

    Raises:
        WenshuError: A setting or a token is no good, the port is taken, or the state can't be opened.
    """
    chats.check(settings)
    enough = Event()
    worker = Thread(target=_work, args=(library, enough), name="background")
    with (
        _listening(settings) as listener,
        contextlib.closing(State(settings.home / "state.sqlite3")) as state,
    ):
        prepare()
        worker.start()
        try:
            return asyncio.run(_run(_Running(settings, library, state, say), listener))
        finally:
            enough.set()
            worker.join()


@dataclass(slots=True)
class _Running:
    """One run: what it stands on, and whether a chat platform is still to be reached."""

    settings: "Settings"
    library: Everything
    state: State
    say: Say
    unreached: set[str] = field(default_factory=set)

    def reception(self, metrics: Metrics) -> Reception:
        given = self.settings
        policy = Policy(
            conversation_seconds=given.conversation_minutes * _MINUTE,
            admins=frozenset(given.admins),
            public_url=given.public_url.rstrip("/"),
            uploads=given.home / "uploads",
        )
        users = frozenset({*given.users, *given.admins}) if given.users or given.groups else frozenset()
        guard = Guard(
            Allowed(users, frozenset(given.groups)),
            user_per_minute=given.user_per_minute,
            address_per_minute=given.address_per_minute,
        )
        at_once = given.max_running or (_WRITING_AT_ONCE if self.library.writes else _READING_AT_ONCE)
        desk = Desk(metrics, max_running=at_once, max_waiting=given.max_waiting)
        spending = Spending(self.state, Prices.of(given), metrics)
        return Reception(Service(self.library, self.state, policy, spending=spending), desk, guard, metrics)

    def site(self, reception: Reception) -> Site:
        given = self.settings
        token: SecretStr | None = given.web_token
        public = urlsplit(given.public_url).hostname
        local = given.web_host in _HERE
        return Site(
            reception,
            self.library,
            token=None if token is None else token.get_secret_value(),
            hosts=tuple(filter(None, (*_HERE, public))) if local else (),
            public_url=given.public_url.rstrip("/"),
            not_ready=self._not_ready,
        )

    def _not_ready(self) -> list[str]:
        missing = sorted(self.unreached)
        try:
            self.state.check()
            if self.library.is_empty:
                missing.append("articles")
        except WenshuError as problem:
            missing.append(type(problem).__name__)
        return missing

    async def sweep(self) -> None:
        """Let go, now and then, of what has been kept long enough."""
        given = self.settings
        kept = max(given.audit_days * _DAY, given.conversation_minutes * _MINUTE)
        while True:
            with contextlib.suppress(WenshuError):
                self.state.sweep(now=time(), answers_seconds=kept)
            await asyncio.sleep(SWEEP_SECONDS)


async def _run(running: _Running, listener: socket.socket) -> int:
    stopped = _until_signal()
    metrics, settings = Metrics(), running.settings
    reception = running.reception(metrics)
    site, opened = running.site(reception), chats.chats(settings, reception)
    webhooks = [webhook for chat in opened for webhook in chat.routes]
    try:
        async with _web(app.whole_app(site, webhooks=webhooks), listener):
            running.say(operating.serving_page(_address(settings, listener)))
            if settings.web_token is None and settings.web_host not in _HERE:
                running.say(operating.OPEN_TO_ALL)
            running.say(operating.SERVING_CHATS if opened else operating.NO_CHATS)
            return await _until(stopped, running.sweep(), *(_answer_in(chat, running) for chat in opened))
    finally:
        reception.desk.close()
        running.say(operating.STOPPED)


async def _until(stopped: "asyncio.Future[int]", *work: Coroutine[Any, Any, None]) -> int:
    """The exit status, once a signal says stop; what is done meanwhile ends with it, or ends it by failing."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        either: list[asyncio.Future[Any]] = [stopped, *tasks]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
        return await stopped
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def _web(application: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve an application while the block runs; then let the requests under way end."""
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=DRAIN_SECONDS,
        limit_concurrency=BACKLOG,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """A server that leaves signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _answer_in(chat: Chat, running: _Running) -> None:
    """Answer on a platform until cancelled; one that is not there is waited for."""
    running.unreached.add(chat.name)
    try:
        while True:
            try:
                told = await chat.start()
                break
            except BackendError as problem:
                _log.warning("%s: %s; trying again", chat.name, problem)
                running.say(
                    operating.not_yet(problem.code) or f"{mending.error(problem)}{operating.TRYING_AGAIN}"
                )
                await asyncio.sleep(RETRY_SECONDS)
        running.unreached.discard(chat.name)
        running.say(told)
        await asyncio.Event().wait()
    finally:
        await chat.stop()


def _until_signal() -> "asyncio.Future[int]":
    """The exit status, once a signal says stop; a Ctrl-C after that ends the process at once."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(status: int) -> None:
        if not stopped.done():
            stopped.set_result(status)
            # Not one of the loop's: what ends last, threads, ends while the loop stands still.
            loop.remove_signal_handler(signal.SIGINT)
            signal.signal(signal.SIGINT, _end_at_once)

    for number, status in ((signal.SIGTERM, STOPPED), (signal.SIGINT, INTERRUPTED)):
        loop.add_signal_handler(number, stop, status)
    return stopped


def _end_at_once(*_: object) -> None:
    """End without another word: what must not be lost is written down already."""
    os._exit(INTERRUPTED)


@contextlib.contextmanager
def _listening(settings: "Settings") -> Iterator[socket.socket]:
    """The port, taken before anything else is begun.

    Raises:
        SettingError: It can't be had.
    """
    where = f"{settings.web_host}:{settings.web_port}"
    try:
        family = socket.AF_INET6 if ":" in settings.web_host else socket.AF_INET
        listener = socket.create_server(
            (settings.web_host, settings.web_port), family=family, backlog=BACKLOG
        )
    except (OSError, OverflowError) as problem:
        message = f"web_host, web_port: can't listen on {where}: {problem}; choose another port"
        raise SettingError(message, item=where, code="port_taken") from problem
    with listener:
        yield listener


def _address(settings: "Settings", listener: socket.socket) -> str:
    if settings.public_url:
        return settings.public_url
    host = "127.0.0.1" if settings.web_host in {"0.0.0.0", "::"} else settings.web_host  # noqa: S104 -- for show
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def _work(library: Everything, enough: Event) -> None:
    """Do the work in the background; answering goes on if it can't be done."""
    try:
        library.backfill(enough)
    except WenshuError as problem:
        _log.warning("background work ended: %s", problem)
