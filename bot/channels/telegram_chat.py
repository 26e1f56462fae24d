"""Telegram: private chats, groups and topics.  Thin: what is said comes from the service.

An update is written down before Telegram is told that it arrived, and done when its reply has left (`bot.outbox`).
Updates of different chats are answered at the same time, those of one chat in order.  The log never holds what was
asked, nor the token.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, cast

from telegram import Bot, BotCommand, Message, Update, User
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError, TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    filters,
)
from telegram.request import BaseRequest, HTTPXRequest

from bot import phrases, reply
from bot.channels import telegram_delivery as delivery
from bot.channels.telegram_account import Account
from bot.channels.telegram_delivery import Delivery, OutOfReachError
from bot.channels.telegram_drafts import drafting
from bot.channels.telegram_inline import Inline
from bot.channels.telegram_limits import ChatRates
from bot.channels.telegram_messages import CHANNEL, addressed, place_of, speaker_of
from bot.channels.telegram_order import InOrder
from bot.channels.telegram_presses import Presses
from bot.channels.telegram_queue import DurableQueue, key_of, message_of
from bot.channels.telegram_uploads import received
from bot.conversation import Conversation
from bot.desk import ClosingError
from bot.guard import Admission, Admitted
from bot.inbound import Inbound, Speaker
from bot.outbox import Outbox
from bot.reception import OnWait, Reception, trace
from bot.reply import Reply, ReplyStatus
from knowledge.errors import BackendError, SettingError, WenshuError

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "inline_query")
"""Kinds of update we handle; named one by one, since `Update.ALL_TYPES` is newer than some servers."""

POOL_SIZE = 64
"""Connections to Telegram."""

TIMEOUT = 20.0
"""Seconds to read or write one request."""

STOP_SECONDS = 10.0
"""For what is being sent to leave when we stop; what is not is kept for the next start."""

RETRY_SECONDS = 60.0
"""How often messages are looked for whose reply could not be sent."""

_EDITED = "reply to {}"
"""Note: our messages in reply to one of a chat's, so that an edit of that one edits these."""

_log = logging.getLogger(__name__)

_App = Application[Any, Any, Any, Any, Any, Any]


class TelegramChat:
    """The bot of one token.

    Attributes:
        delivery: What goes out.
    """

    def __init__(
        self,
        reception: Reception,
        account: Account,
        *,
        request: BaseRequest | None = None,
        updates_request: BaseRequest | None = None,
    ) -> None:
        """Set up; nothing is sent before `start`.

        Args:
            reception: Replies to messages.
            account: Whose bot it is.
            request: Carries messages out; by default HTTPS.
            updates_request: Carries updates in.
        """
        self._reception = reception
        self._account = account
        self._outbox = Outbox(reception.service.state, CHANNEL, clock=reception.service.clock)
        self._queue = DurableQueue(self._outbox, reception.guard, reception.metrics)
        self._in_order = InOrder()
        self._application = _application(account, self._queue, self._in_order, request, updates_request)
        self._started = datetime.now(UTC)
        self._is_connected = False
        self._stopping = False
        self._retrying: asyncio.Task[None] | None = None
        self.delivery = Delivery(self._application.bot, reception.metrics)
        self._add_handlers()

    def _add_handlers(self) -> None:
        inline, presses = Inline(self._reception), Presses(self._reception, self.delivery)
        self._application.add_handler(MessageHandler(filters.UpdateType.MESSAGES, self._on_message))
        self._application.add_handler(CallbackQueryHandler(presses.on_press))
        self._application.add_handler(InlineQueryHandler(inline.on_query))
        self._application.add_error_handler(_on_error)

    # -- coming and going

    async def connect(self) -> str:
        """Reach the server; nothing is answered yet.

        Returns:
            The bot's name: `@…` if it has one.

        Raises:
            SettingError: Telegram doesn't know the token.
            BackendError: The server can't be reached.
        """
        with _reaching(self._account.server):
            await self._application.initialize()
        self._is_connected = True
        return _name(self._application.bot.bot)

    async def start(self) -> str:
        """Connect and begin to answer: first what was left over, then what comes.

        Returns:
            The bot's name.

        Raises:
            SettingError: Telegram doesn't know the token.
            BackendError: The server can't be reached, or won't bring updates to us; another call may do.
        """
        name = await self.connect()
        await self._tell_commands()
        if self._account.webhook:
            await self._set_webhook(self._account.webhook)
        self._queue.restore(self._application.bot)
        await self._application.start()
        if self._application.updater is not None:
            await self._application.updater.start_polling(
                allowed_updates=list(ALLOWED_UPDATES), bootstrap_retries=-1, error_callback=_on_polling_error
            )
        self._retrying = asyncio.create_task(self._retry())
        return name

    @property
    def sees_all(self) -> bool:
        """Whether groups show the bot every message; without, some mentions may not reach it."""
        return bool(self._application.bot.bot.can_read_all_group_messages)

    async def bring(self, update: dict[str, Any]) -> None:
        """Take in an update that Telegram brought; it is written down when this returns.

        Raises:
            NetworkError: It can't be written down, or not yet: who we are is only known once we have connected.
        """
        if not self._is_connected:
            raise NetworkError("not connected yet")
        await self._queue.put(Update.de_json(update, self._application.bot))

    async def stop(self) -> None:
        """Take in nothing more, let what is being answered end, but not for long, and disconnect.

        The rest is kept for the next start.
        """
        self._stopping = True
        self._reception.desk.begin_to_close()
        if self._retrying is not None:
            self._retrying.cancel()
        if self._application.updater is not None and self._application.updater.running:
            await self._application.updater.stop()
        if self._application.running:
            stopping = asyncio.create_task(self._application.stop())
            await asyncio.wait({stopping}, timeout=STOP_SECONDS)
            if not stopping.done():
                _log.warning("%d updates are left for the next start", self._in_order.give_up())
            await stopping
        await self._application.shutdown()

    async def _tell_commands(self) -> None:
        """Fill the menu; a bot without one still answers."""
        try:
            await self._application.bot.set_my_commands([BotCommand(*each) for each in phrases.COMMANDS])
        except TelegramError as problem:
            _log.warning("commands not set: %s", type(problem).__name__)

    async def _set_webhook(self, address: str) -> None:
        try:
            await self._application.bot.set_webhook(
                address, secret_token=self._account.secret, allowed_updates=list(ALLOWED_UPDATES)
            )
        except TelegramError as problem:
            message = f"{address}: Telegram won't bring updates there: {problem.message}"
            raise BackendError(message, item=address, code="telegram_webhook") from problem

    async def _retry(self) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                self._queue.restore(self._application.bot, older_than=RETRY_SECONDS)
            except WenshuError as problem:
                _log.warning("what is left over can't be read: %s", problem)

    # -- messages

    async def _on_message(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = message_of(update)
        if message is None or self._stopping:
            return
        former = self._former(message) if update.edited_message is not None else ()
        is_replaced, me = True, context.bot.bot

        async def make() -> list[str]:
            nonlocal is_replaced
            admission = self._admission(message, me)
            if admission.admitted is Admitted.YES:
                return await self._made(message, me, former)
            is_replaced = not former  # a word about haste does not take the place of an answer
            return _parts(self._refusal(admission), message, ())

        sent = await self._outbox.deliver(key_of(update), make, self._send)
        numbers = [int(name) for name in sent if name]
        if not numbers or not is_replaced:
            return
        for number in sorted(set(former) - set(numbers)):
            await self.delivery.withdraw(message.chat.id, number)
        self._note(message, numbers)

    def _admission(self, message: Message, me: User) -> Admission:
        """Whether a message comes too fast; an edit counts like a new one, for it is answered like one."""
        fresh = message.edit_date or message.date
        if (
            addressed(message, me) is None or fresh < self._started
        ):  # what gathered while we were away is no rush
            return Admission(Admitted.YES)
        return self._reception.guard.admit(speaker_of(message))

    def _refusal(self, admission: Admission) -> Reply | None:
        """What is said of a message that is not let in; None for nothing."""
        if admission.admitted is Admitted.TOO_FAST:
            return reply.notice(phrases.TOO_FAST.format(seconds=admission.seconds))
        self._reception.metrics.refused.labels(CHANNEL, admission.admitted.value).inc()
        return None

    async def _made(self, message: Message, me: User, former: tuple[int, ...]) -> list[str]:
        """The messages of the reply; what can't be made now can't be in a minute either, and ends in an apology."""
        try:
            return _parts(await self._answer(message, me), message, former)
        except ClosingError:
            raise
        except Exception as problem:  # noqa: BLE001 -- so that it is not tried again for ever
            _log.error("message %d: %s\n%s", message.message_id, type(problem).__name__, trace(problem))
            return _parts(reply.notice(phrases.APOLOGY, status=ReplyStatus.ERROR), message, former)

    async def _answer(self, message: Message, me: User) -> Reply | None:
        """The reply to a message; None for one that is not meant for us."""
        text = addressed(message, me)
        if text is None:
            return None
        upload = await received(message)
        if isinstance(upload, Reply):
            return upload
        inbound = Inbound(
            speaker_of(message), text, forwarded=message.forward_origin is not None, upload=upload
        )
        waiting = self._waiting(message)
        if not self._reception.service.library.writes:
            return await self._reception.reply(inbound, patient=True, on_wait=waiting)
        async with drafting(self._application.bot, place_of(message), message.message_id) as show:
            return await self._reception.reply(inbound, patient=True, on_wait=waiting, on_draft=show)

    def _waiting(self, message: Message) -> OnWait | None:
        """Tells one who waits for a turn; not one whose message has waited for us all night."""
        if message.date < self._started or not speaker_of(message).chat.isdecimal():
            return None

        async def tell(n_before: int) -> None:
            with suppress(TelegramError):
                await self.delivery.send(place_of(message), reply.notice(phrases.WAITING.format(n=n_before)))

        return tell

    async def _send(self, part: str) -> str:
        """Send one part; what no second try will mend is given up."""
        try:
            number = await self.delivery.send_one(delivery.loads(part))
        except OutOfReachError:
            return ""
        except BadRequest as problem:
            _log.error("part refused for good: %s", problem.message)
            return ""
        return "" if number is None else str(number)

    def _former(self, message: Message) -> tuple[int, ...]:
        """Our messages in reply to one that is now edited."""
        noted = self._talk(speaker_of(message)).noted(_EDITED.format(message.message_id))
        return tuple(map(int, noted.split()))

    def _note(self, message: Message, numbers: list[int]) -> None:
        self._talk(speaker_of(message)).note(_EDITED.format(message.message_id), " ".join(map(str, numbers)))

    def _talk(self, speaker: Speaker) -> Conversation:
        return self._reception.service.conversation(speaker)


def _parts(answer: Reply | None, message: Message, former: tuple[int, ...]) -> list[str]:
    """The messages of a reply as they are kept, the first of them in place of former ones."""
    if answer is None:
        return []
    return [delivery.dumps(each) for each in delivery.outgoing(answer, place_of(message), instead_of=former)]


async def name_of_bot(account: Account) -> str:
    """Ask the server whose token it is.

    Raises:
        SettingError: It knows none.
        BackendError: It can't be reached.
    """
    bot = Bot(account.token, base_url=account.server)
    try:
        with _reaching(account.server):
            await bot.initialize()
        return _name(bot.bot)
    finally:
        await bot.shutdown()


@contextmanager
def _reaching(server: str) -> Iterator[None]:
    """Says what is wrong when the server can't be reached or refuses the token."""
    try:
        yield
    except InvalidToken as problem:
        raise SettingError(
            "telegram_token: the server doesn't know it; get one from @BotFather",
            item="WENSHU_TELEGRAM_TOKEN",
            code="telegram_token_invalid",
        ) from problem
    except TelegramError as problem:
        raise BackendError(
            f"{server}: can't be reached", item=server, code="telegram_unreachable"
        ) from problem


def _application(
    account: Account,
    queue: DurableQueue,
    in_order: InOrder,
    request: BaseRequest | None,
    updates_request: BaseRequest | None,
) -> _App:
    out = request or HTTPXRequest(
        POOL_SIZE, read_timeout=TIMEOUT, write_timeout=TIMEOUT, pool_timeout=TIMEOUT
    )
    builder: Any = ApplicationBuilder().token(account.token).base_url(account.server).request(out)
    builder = builder.base_file_url(account.server.removesuffix("/bot") + "/file/bot")
    builder = builder.rate_limiter(ChatRates()).concurrent_updates(in_order).update_queue(queue)
    if account.webhook:
        return cast("_App", builder.updater(None).build())
    return cast("_App", builder.get_updates_request(updates_request or HTTPXRequest(1)).build())


async def _on_error(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Log the error's trace, which holds code and not words; the message stays left over and is tried again."""
    problem = context.error
    number = update.update_id if isinstance(update, Update) else 0
    if isinstance(problem, ClosingError):
        _log.info("update %d: left for the next start", number)
    elif isinstance(problem, NetworkError):
        _log.warning("update %d: %s; trying again later", number, type(problem).__name__)
    elif problem is not None:
        _log.error("update %d: %s\n%s", number, type(problem).__name__, trace(problem))


def _name(me: User) -> str:
    return f"@{me.username}" if me.username else me.first_name


def _on_polling_error(problem: TelegramError) -> None:
    if isinstance(problem, Conflict):
        _log.error("another process polls with the same token: %s", type(problem).__name__)
    else:
        _log.warning("polling: %s; trying again", type(problem).__name__)
