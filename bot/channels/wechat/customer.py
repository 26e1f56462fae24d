"""What we send to WeChat users of our own accord (客服消息), and the ledger of how much each still takes.

| WeChat says | what is done |
|---|---|
| 45015, 45047: the user takes no more | the ledger is closed; the rest waits until they write again |
| 40003, 43004: no such user, follows us no more | the rest is given up |
| any other code | tried again in a minute |
| nothing in time | nothing: it may have arrived, and a second copy is worse than a gap |
"""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from bot import phrases
from bot.channels import menu
from bot.channels.deliveries import HeldError
from bot.channels.platform_api import Api, ApiError, LostError, first_address
from bot.channels.wechat.account import CHANNEL
from bot.channels.wechat.messages import Came
from bot.metrics import Metrics
from bot.state import State
from knowledge.errors import BackendError, SettingError, StorageError, WenshuError

SEND = "/cgi-bin/message/custom/send"

CLOSED = frozenset({45015, 45047})
GONE = frozenset({40003, 43004})
ELSEWHERE = 40164
NO_SUCH_APP = frozenset({40013, 41002})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of a reply.

    Attributes:
        text: What it says.
        left: How many come after it.
    """

    text: str
    left: int

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> "Piece":
        """What `dumps` wrote."""
        return cls(**json.loads(text))

    @property
    def telling_of_more(self) -> str:
        """The text, with word of what comes after it for one who has to ask for that."""
        return phrases.with_more(self.text, self.left)


def pieces(texts: Sequence[str]) -> list[str]:
    """The messages of a reply as they are kept."""
    return [Piece(text, len(texts) - number).dumps() for number, text in enumerate(texts, 1)]


class Customers:
    """Sends messages to users as long as they take them."""

    def __init__(self, api: Api, state: State, metrics: Metrics, *, clock: Callable[[], float]) -> None:
        """Set up.

        Args:
            api: WeChat's interface.
            state: Keeps the ledger.
            metrics: Counts.
            clock: Seconds since 1970.
        """
        self._api = api
        self._state = state
        self._metrics = metrics
        self._clock = clock

    async def begin(self) -> None:
        """See that WeChat lets us send, and offer the menu.

        Raises:
            SettingError: It does not know the account.
            BackendError: It can't be reached, or does not let us ask from here yet.
        """
        await check(self._api)
        await menu.offer(self._api)

    async def end(self) -> None:
        """Let go of connections."""
        await self._api.close()

    def open(self, came: Came) -> None:
        """Note what a user lets us send by what they did."""
        grant = came.grant
        until = self._clock() + grant.seconds
        self._state.open_window(CHANNEL, came.user, grant.kind, until=until, slots=grant.slots)

    async def send(self, user: str, piece: Piece) -> None:
        """Send a message of a reply; the last that the user takes tells of those that are left.

        Raises:
            HeldError: The user takes no more.
            ApiError: It is refused for now.
            BackendError: WeChat can't be reached.
        """
        n_slots = self._n_slots(user)
        if not n_slots:
            raise HeldError
        await self._sent(user, piece.text if n_slots > 1 else piece.telling_of_more, n_slots)

    async def mention(self, user: str, text: str) -> None:
        """Send what is good to know but no answer, unless it would take the answer's place or can't be sent."""
        n_slots = self._n_slots(user)
        if n_slots > 1:
            with suppress(HeldError, ApiError, WenshuError):
                await self._sent(user, text, n_slots)

    def _n_slots(self, user: str) -> int:
        return self._state.slots(CHANNEL, user, at=self._clock())

    async def _sent(self, user: str, text: str, n_slots: int) -> None:
        outcome = "sent"
        try:
            await self._api.call(SEND, {"touser": user, "msgtype": "text", "text": {"content": text}})
        except asyncio.CancelledError:
            self._use_slot(user)  # it may be there all the same
            raise
        except LostError as problem:
            outcome = "lost"
            _log.warning("a message to %s may be lost: %s", user, problem)
        except ApiError as problem:
            if problem.code in CLOSED and self._n_slots(user) <= n_slots:  # they have not written meanwhile
                self._state.close_windows(CHANNEL, user)
                raise HeldError from problem
            if problem.code not in GONE:
                raise
            outcome = "unreachable"
            _log.info("%s takes no messages: %d", user, problem.code)
        self._metrics.parts.labels(CHANNEL, outcome).inc()
        self._use_slot(user)  # not before: what failed has cost nothing

    def _use_slot(self, user: str) -> None:
        try:
            self._state.use_slot(CHANNEL, user, at=self._clock())
        except StorageError as problem:  # the message has left all the same, and must not be sent again
            _log.warning("the ledger can't be written: %s", problem)


async def check(api: Api) -> None:
    """Ask for an access token, to see that the account is known.

    Raises:
        SettingError: It is not.
        BackendError: WeChat can't be reached, or does not let us ask from here yet.
    """
    try:
        await api.token()
    except ApiError as problem:
        if problem.code == ELSEWHERE:
            address = first_address(str(problem))
            message = f"{address or 'this machine'}: not on the account's list of addresses; add it there"
            # No reason to end: the address is told by this very refusal, and may be added while we run.
            raise BackendError(message, item=address, code="wechat_address") from problem
        name = "WENSHU_WECHAT_APP_ID" if problem.code in NO_SUCH_APP else "WENSHU_WECHAT_APP_SECRET"
        raise SettingError(
            f"{name}: refused ({problem}); correct it", item=name, code="wechat_refused"
        ) from problem
