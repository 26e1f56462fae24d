"""What a WeCom bot answers, however it is reached: by a connection of ours, or by calls of WeCom's.

    came → guard → written down → stream: 正在查……, drafts → reply → its first part ends the stream → the others follow

| the reply is not there | what the user sees |
|---|---|
| after a second | 正在查…… |
| after five and a half minutes | 查到了就发给您; it comes as a message of its own |
| when we stop | the same; it comes after the next start |

Where only some messages of our own accord are possible, the rest of a long reply waits for 继续.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Protocol

from bot import phrases, reply
from bot.channels.deliveries import Deliveries, Errand, apologizing
from bot.channels.wecom.accounts import CHANNEL
from bot.channels.wecom.bot_files import Files
from bot.channels.wecom.bot_messages import Came
from bot.channels.wecom.bot_streams import Patience, Show, Stream
from bot.channels.wecom.markdown import PLAIN_APP
from bot.guard import Admission, Admitted
from bot.inbound import Inbound, Upload
from bot.kept import Message
from bot.outbox import Outbox
from bot.reception import Reception
from bot.render import Capabilities, render
from bot.reply import Reply

OUTBOX = "wecom_bot"
"""What messages are written down under; the speaker is one of `CHANNEL`, where an app may listen too."""

STOP_SECONDS = 5.0
"""For the promises to leave when we stop."""

_log = logging.getLogger(__name__)


class Way(Protocol):
    """How a bot is reached.

    Attributes:
        capabilities: What a message may be.
        holds: Whether a reply may have to wait for 继续.
    """

    capabilities: Capabilities
    holds: bool

    def reopen(self, came: Came) -> Show | None:
        """How the reply to a message is shown that came before we were started; None if it can't be."""

    async def push(self, came: Came, text: str, *, n_left: int) -> None:
        """Send a part of the reply to a message as a message of its own; so many parts come after it."""


class BotChat:
    """The chats of one bot.  To be used in one event loop."""

    def __init__(
        self,
        reception: Reception,
        way: Way,
        *,
        files: Files | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Set up.

        Args:
            reception: Replies to messages.
            way: How the bot is reached.
            files: Fetches what users send.
            patience: How long a reply is waited for.
        """
        self._reception = reception
        self._way = way
        self._files = files or Files()
        self._patience = patience or Patience()
        self._outbox = Outbox(reception.service.state, OUTBOX, clock=reception.service.clock)
        self._deliveries = Deliveries(self._outbox, self._left_over)
        self._streams: dict[str, Stream] = {}
        self._stopping = False

    # -- coming and going

    def start(self) -> None:
        """Go on with what is left over."""
        self._deliveries.start()

    async def stop(self) -> None:
        """Let what is under way end, but not for long; the rest is promised, and kept for the next start."""
        self._stopping = True
        self._reception.desk.begin_to_close()
        await self._deliveries.stop()
        promises = [stream.finish(phrases.WILL_FOLLOW) for stream in self._streams.values()]
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*promises, return_exceptions=True)
        await self._files.close()

    # -- messages

    def bring(self, came: Came, show: Show) -> bool:
        """Write a message down and begin to answer it; False if nothing is to be said, or no more than was.

        Args:
            came: The message.
            show: Shows the user how far the reply is.

        Raises:
            StorageError: It can't be written down.
        """
        if not self._reception.knows(came.speaker) or not self._outbox.take(came.key, came.dumps()):
            return False
        admission = self._admission(came)
        if admission.admitted is Admitted.STILL_TOO_FAST:
            self._reception.metrics.refused.labels(CHANNEL, admission.admitted.value).inc()
            self._outbox.done(came.key)
            return False
        if self._stopping:
            return True  # it is answered after the next start
        self._streams[came.key] = Stream(show, self._patience)
        task = self._deliveries.begin(self._errand(came, admission))
        task.add_done_callback(lambda _: self._ended(came.key))
        return True

    def _admission(self, came: Came) -> Admission:
        return Admission(Admitted.YES) if came.greets else self._reception.guard.admit(came.speaker)

    def _ended(self, key: str) -> None:
        """Forget a stream that has ended; one that has not, for its reply could not be kept, ends in time."""
        stream = self._streams.get(key)
        if stream is not None and not self._stopping:
            stream.abandon()
        for each in [key for key, stream in self._streams.items() if stream.is_over]:
            del self._streams[each]

    # -- replies

    def _left_over(self, _: str, payload: str) -> Errand:
        """What gathered while we were away is no rush, so nobody is too fast."""
        came = Came.loads(payload)
        show = self._way.reopen(came)
        if show is not None and came.key not in self._streams:
            self._streams[came.key] = Stream(show, self._patience)
        return self._errand(came, Admission(Admitted.YES))

    def _errand(self, came: Came, admission: Admission) -> Errand:
        fetched: list[Message] = []

        async def make() -> list[str]:
            fetched.extend(self._waiting_for(came))
            if fetched:
                return [_next(each) for each in fetched]
            answer = await apologizing(came.key, lambda: self._answer(came, admission))
            return written(answer, PLAIN_APP if came.greets else self._way.capabilities)

        async def send(part: str) -> str:
            while fetched:  # not before: what is fetched is written down first
                self._note_fetched(fetched.pop())
            stream = self._streams.get(came.key)
            if stream is not None and await stream.finish(part):
                self._reception.metrics.parts.labels(CHANNEL, "sent").inc()
            elif not came.greets:  # a greeting that comes late is none
                await self._way.push(came, part, n_left=self._n_left(came))
            return ""

        return Errand(came.key, came.chat, make, send)

    def _n_left(self, came: Came) -> int:
        """How many parts come after the one that is about to leave."""
        message = self._outbox.message(came.key)
        return 0 if message is None or message.parts is None else len(message.parts) - message.n_sent - 1

    def _waiting_for(self, came: Came) -> list[Message]:
        """Of the replies that wait until a chat asks for more, the newest."""
        if not self._way.holds or not came.asks_for_more:
            return []
        waiting = [
            each
            for each in self._outbox.partly_given()
            if each.id != came.key and _chat_of(each) == came.chat
        ]
        return waiting[-1:]

    def _note_fetched(self, message: Message) -> None:
        self._outbox.sent(message.id)
        if message.parts is not None and message.n_sent + 1 == len(message.parts):
            self._outbox.done(message.id)

    async def _answer(self, came: Came, admission: Admission) -> Reply:
        if admission.admitted is Admitted.TOO_FAST:
            return reply.notice(phrases.TOO_FAST.format(seconds=admission.seconds))
        if came.kind:
            return reply.notice(phrases.NOT_WORDS.get(came.kind, phrases.ONLY_WORDS))
        upload = None if came.file is None else await self._files.fetch(came.file)
        if isinstance(upload, Reply):
            return upload
        return await self._replied(came, upload)

    async def _replied(self, came: Came, upload: Upload | None) -> Reply:
        """The service's reply; while it is made, the stream tells how far it is."""
        stream = self._streams.get(came.key)
        inbound = Inbound(came.speaker, came.text, upload=upload)
        if stream is None:
            return await self._reception.reply(inbound, patient=True)

        async def wait(n_before: int) -> None:
            stream.show(phrases.WAITING.format(n=n_before))

        def draft(so_far: Reply) -> None:
            stream.show(written(so_far, self._way.capabilities)[0])

        writes = self._reception.service.library.writes
        return await self._reception.reply(
            inbound, patient=True, on_wait=wait, on_draft=draft if writes else None
        )


def _chat_of(message: Message) -> str:
    """Where a message was written; empty if it can't be read, as after an update: it is closed after a day."""
    try:
        return Came.loads(message.payload).chat
    except ValueError:
        return ""


def _next(message: Message) -> str:
    assert message.parts is not None  # noqa: S101 -- only what is made waits
    return phrases.with_more(message.parts[message.n_sent], len(message.parts) - message.n_sent - 1)


def written(answer: Reply | None, capabilities: Capabilities) -> list[str]:
    """The messages of a reply, as they are sent."""
    return [] if answer is None else [capabilities.write(part) for part in render(answer, capabilities)]
