"""A WeChat Official Account: what is answered within the call that brings a message, and what after it.

WeChat gives us five seconds, then brings the message again, three times in all.

| the answer is there | verified account | unverified account |
|---|---|---|
| in time, one message long | in the call | in the call |
| in time, longer | sent of our own accord | its first message in the call, the rest one by one with 继续 |
| by the third call | `success` at once, sent of our own accord | in that call; the first two are held open |
| later | the same | the user is told so, and fetches it with 继续 |

A message is written down before any of this (`bot.outbox`), so a restart between two calls loses nothing: the next
one finds its answer, made or to be made.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from bot import phrases
from bot.channels.answering import answer
from bot.channels.deliveries import RETRY_SECONDS, STOP_SECONDS, Deliveries, Errand, apologizing
from bot.channels.wechat.account import CHANNEL
from bot.channels.wechat.calls import MOST, Calls
from bot.channels.wechat.customer import Customers, Piece, pieces
from bot.channels.wechat.messages import CAPABILITIES, Came
from bot.desk import ClosingError
from bot.kept import Message
from bot.lines import Lines
from bot.outbox import Outbox
from bot.reception import OnWait, Reception, trace
from bot.render import render
from knowledge.errors import StorageError, WenshuError

SUCCESS = ""
"""Nothing is said in the call."""

_KNOWN_SECONDS = 60.0
"""For which an answer that was given in a call is there to be given again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call is kept waiting.

    Attributes:
        reply: Seconds after which something must be said.  WeChat waits for five; what lies between is for a machine
            that is busy, on which a call is late to be read and its answer late to leave.
        hold: Seconds after which a call that is to be repeated is let go, should WeChat not have let go before.
    """

    reply: float = 3.8
    hold: float = 6.5


class WeChatChat:
    """An account of ours.  To be used in one event loop."""

    def __init__(
        self,
        reception: Reception,
        *,
        customers: Customers | None = None,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Set up.

        Args:
            reception: Replies to messages.
            customers: Sends of our own accord; None if we may not.
            patience: How long a call is kept waiting.
            clock: Seconds since 1970.
        """
        self._reception = reception
        self._customers = customers
        self._patience = patience or Patience()
        self._clock = clock
        self._outbox = Outbox(reception.service.state, CHANNEL, clock=clock)
        self._lines = Lines()
        self._deliveries = Deliveries(self._outbox, self._errand, lines=self._lines)
        self._calls = Calls()
        self._making: dict[str, asyncio.Task[Message | None]] = {}
        self._caught_up: set[str] = set()
        self._started = clock()
        self._tidying: asyncio.Task[None] | None = None

    # -- coming and going

    async def start(self) -> None:
        """Begin to send of our own accord, if we may, and go on with what is left over.

        Raises:
            SettingError: WeChat does not know the account.
            BackendError: It can't be reached, or does not let us ask from here yet; another call may do.
        """
        if self._customers is not None:
            await self._customers.begin()
            # What has come since we listen is answered by the call that brought it.
            self._deliveries.start(older_than=self._clock() - self._started)
            return
        for came in map(_came, self._outbox.left_over()):
            if came is not None:
                self._begin(came)
        self._tidying = asyncio.create_task(self._tidy())

    async def stop(self) -> None:
        """Let what is under way end, but not for long; the rest is kept for the next start."""
        self._reception.desk.begin_to_close()
        if self._tidying is not None:
            self._tidying.cancel()
        making = set(self._making.values())
        nearly = [asyncio.wait(making, timeout=STOP_SECONDS)] if making else []
        await asyncio.gather(self._deliveries.stop(), *nearly)
        if self._customers is not None:
            await self._customers.end()
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    # -- calls

    async def bring(self, came: Came, gone: Callable[[], Awaitable[None]]) -> str:
        """What is said in a call that brings a message; nothing for `SUCCESS`.

        Args:
            came: The message.
            gone: Returns when WeChat has let go of the call.

        Raises:
            StorageError: It can't be written down.
        """
        if not self._reception.knows(came.speaker):
            return SUCCESS
        until = asyncio.get_running_loop().time() + self._patience.reply
        if self._outbox.take(came.key, came.dumps()):
            self._note_contact(came)
        kept = self._outbox.message(came.key)
        if kept is None or self._deliveries.is_on_its_way(came.key):
            return SUCCESS
        with self._calls.under_way(came):
            return await self._called(came, kept, gone, until=until)

    async def _called(
        self, came: Came, kept: Message, gone: Callable[[], Awaitable[None]], *, until: float
    ) -> str:
        number = self._calls.count(came, kept.at, self._clock())
        making = self._begin(came)
        await _either(making, until=until)
        if making.done():
            return self._said(came, making)
        if self._customers is not None:
            return self._sent_after(came)
        return phrases.STILL_WORKING if number >= MOST else await self._held(came, making, gone)

    async def left(self, came: Came) -> None:
        """Note that what `bring` returned has been given to WeChat; a word that it takes a while is no answer."""
        if not self._calls.is_answered(came.key):
            return
        self._reception.metrics.parts.labels(CHANNEL, "in_call").inc()
        try:
            message = self._outbox.message(came.key)
            if message is not None and message.parts and message.n_sent == 0:
                self._outbox.sent(came.key)
        except StorageError as problem:  # at worst it is given again
            _log.warning("message %s: an answer was given, but that can't be noted: %s", came.key, problem)

    def _note_contact(self, came: Came) -> None:
        """The user takes messages again: what waited for that goes first, and is what 继续 asks for."""
        if self._customers is None:
            return
        try:
            self._customers.open(came)
            if self._deliveries.release(came.user) and came.asks_for_more:
                self._caught_up.add(came.key)
        except StorageError as problem:  # the answer may be there in time, and needs no ledger then
            _log.warning("the ledger can't be written: %s", problem)

    def _said(self, came: Came, making: "asyncio.Task[Message | None]") -> str:
        """What is said in the call, now that the reply is made, or could not be."""
        if making.cancelled() or making.exception() is not None:
            return self._unmade(came, making)
        message = making.result()
        if message is None or not message.parts:
            with suppress(WenshuError):  # it is closed later
                self._outbox.done(came.key)
            return SUCCESS
        if self._customers is not None and (
            len(message.parts) > 1 or self._deliveries.is_on_its_way(came.key)
        ):
            return self._sent_after(came)
        self._calls.answer(came)
        return Piece.loads(message.parts[0]).telling_of_more

    def _unmade(self, came: Came, making: "asyncio.Task[Message | None]") -> str:
        if self._customers is not None:
            return SUCCESS  # it is made again in a minute, or after the next start
        if making.cancelled() or isinstance(making.exception(), ClosingError):
            return phrases.STILL_WORKING  # it is made after the next start
        with suppress(WenshuError):
            self._outbox.done(came.key)
        return phrases.APOLOGY

    def _sent_after(self, came: Came) -> str:
        """Nothing in the call: the answer is sent of our own accord, unless another call got it."""
        if not self._calls.is_answered(came.key):
            self._deliveries.begin(self._errand(came.key, came.dumps()))
        return SUCCESS

    async def _held(
        self, came: Came, making: "asyncio.Task[Message | None]", gone: Callable[[], Awaitable[None]]
    ) -> str:
        """Keep the call, so that WeChat brings the message once more."""
        until = asyncio.get_running_loop().time() + self._patience.hold - self._patience.reply
        letting_go = asyncio.ensure_future(gone())
        try:
            await _either(making, letting_go, until=until)
            if letting_go.done():
                return SUCCESS  # nobody hears it
            return self._said(came, making) if making.done() else phrases.STILL_WORKING
        finally:
            letting_go.cancel()
            await asyncio.gather(letting_go, return_exceptions=True)

    # -- replies

    def _begin(self, came: Came) -> "asyncio.Task[Message | None]":
        if came.key not in self._making:
            self._making[came.key] = asyncio.create_task(self._made(came))
            self._making[came.key].add_done_callback(lambda task: self._ended(came, task))
        return self._making[came.key]

    def _ended(self, came: Came, making: "asyncio.Task[Message | None]") -> None:
        self._making.pop(came.key, None)
        problem = None if making.cancelled() else making.exception()
        if problem is not None and not isinstance(problem, ClosingError):
            _log.warning("message %s: %s\n%s", came.key, type(problem).__name__, trace(problem))

    async def _made(self, came: Came) -> Message | None:
        """The message with its reply; with 继续, that is the next piece of one that waits to be fetched."""
        fetched: list[Message] = []

        async def make() -> list[str]:
            fetched.extend(self._to_be_fetched(came))
            return [_next(each) for each in fetched] or await self._parts(came)

        async with self._lines.turn(came.user):
            message = await self._outbox.made(came.key, make)
            for each in fetched:
                self._outbox.sent(each.id)  # not before: what is fetched is written down first
        return message

    def _to_be_fetched(self, came: Came) -> list[Message]:
        """Of the replies that were not given out whole, the newest; one that a call waits for is that call's."""
        if self._customers is not None or not came.asks_for_more:
            return []
        waiting = [
            each
            for each in self._outbox.partly_given()
            if not self._calls.is_under_way(each.id)
            and (asked := _came(each)) is not None
            and asked.user == came.user
        ]
        return waiting[-1:]

    async def _parts(self, came: Came) -> list[str]:
        if came.key in self._caught_up:
            self._caught_up.discard(came.key)
            return []
        waiting, started = self._waiting(came), self._started
        made = await apologizing(
            came.key, lambda: answer(self._reception, came, started=started, on_wait=waiting)
        )
        return [] if made is None else pieces([part.text for part in render(made, CAPABILITIES)])

    def _waiting(self, came: Came) -> OnWait | None:
        customers = self._customers
        if customers is None:
            return None

        async def tell(n_before: int) -> None:
            await customers.mention(came.user, phrases.WAITING.format(n=n_before))

        return tell

    # -- what is sent of our own accord

    def _errand(self, key: str, payload: str) -> Errand:
        came, customers = Came.loads(payload), self._customers
        assert customers is not None  # noqa: S101 -- without, nothing is sent

        async def send(piece: str) -> str:
            await customers.send(came.user, Piece.loads(piece))
            return ""

        return Errand(key, came.user, lambda: self._parts(came), send)

    async def _tidy(self) -> None:
        """Let go, now and then, of what has been given out whole, and of what nobody fetched for a day."""
        while True:
            with suppress(WenshuError):
                self._outbox.close_old()
                for message in self._outbox.left_over(older_than=_KNOWN_SECONDS):
                    if message.parts is not None and message.n_sent >= len(message.parts):
                        self._outbox.done(message.id)
            await asyncio.sleep(RETRY_SECONDS)


def _came(message: Message) -> Came | None:
    """What was written down; None if it can't be read, as after an update: it is closed after a day."""
    try:
        return Came.loads(message.payload)
    except (TypeError, ValueError):
        return None


def _next(message: Message) -> str:
    assert message.parts is not None  # noqa: S101 -- only what is made waits
    return message.parts[message.n_sent]


async def _either(*futures: "asyncio.Future[None] | asyncio.Task[Message | None]", until: float) -> None:
    """Wait until one is done, but not longer; nobody else who waits for them is disturbed."""
    left = until - asyncio.get_running_loop().time()
    await asyncio.wait(futures, timeout=max(left, 0), return_when=asyncio.FIRST_COMPLETED)
