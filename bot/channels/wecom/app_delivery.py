"""Messages of an app to members, no faster than WeCom shows them: what is over 30 a minute it drops without a word.

| WeCom says | what is done |
|---|---|
| invaliduser, 81013 …: no such member, or none of ours | the rest of the reply is given up |
| the message itself is no good (40033, 45002 …) | that message is given up |
| 45009 and any other code | tried again in a minute |
| nothing in time | nothing: it may have arrived, and a second copy is worse than a gap |
"""

import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.channels.platform_api import TIMEOUT, Api, ApiError, LostError
from bot.channels.wecom.accounts import CHANNEL, AppAccount
from bot.channels.wecom.markdown import APP, PLAIN_APP
from bot.metrics import Metrics
from bot.rates import Rates
from bot.render import render
from bot.reply import Reply
from knowledge.errors import WenshuError

SEND = "/cgi-bin/message/send"

PER_MINUTE = 30
"""Messages to a member.  Source: 频率限制, developer.work.weixin.qq.com/document/path/90312."""

WINDOW_SECONDS = 60 + int(TIMEOUT)
"""In which no more than those are sent: WeCom's minute, and what one request may take longer than another."""

GONE = frozenset({40003, 60111, 81013, 82001})
UNFIT = frozenset({40008, 40033, 40035, 40058, 44004, 45002, 45008})
"""Kind, characters, fields or length of the message: no second try mends them."""

Sleep = Callable[[float], Awaitable[None]]

_log = logging.getLogger(__name__)


def written(reply: Reply, account: AppAccount) -> list[str]:
    """The messages of a reply as they are kept and sent, less whom they go to."""
    kind = account.format
    capabilities = APP if kind == "markdown" else PLAIN_APP
    return [_message(kind, capabilities.write(part)) for part in render(reply, capabilities)]


class Members:
    """Those who have an app in their list, as far as it writes to them.  To be used in one event loop."""

    def __init__(
        self, api: Api, account: AppAccount, metrics: Metrics, *, rates: Rates, sleep: Sleep
    ) -> None:
        """Set up.

        Args:
            api: WeCom's interface.
            account: Of the app.
            metrics: Counts.
            rates: Counts, too: how much a member got lately.
            sleep: Waits some seconds.
        """
        self._api = api
        self._account = account
        self._metrics = metrics
        self._rates = rates
        self._sleep = sleep

    async def send(self, user: str, message: str) -> bool:
        """Send one of `written`'s messages, as soon as the member is shown it.

        Returns:
            Whether the member is within reach.

        Raises:
            ApiError: It is refused for now.
            BackendError: WeCom can't be reached.
        """
        while wait := self._rates.take(user, most=PER_MINUTE, seconds=WINDOW_SECONDS):
            await self._sleep(wait)
        return await self._sent(user, message)

    async def mention(self, user: str, text: str) -> None:
        """Send what is good to know but no answer, unless it would take an answer's place or can't be sent now."""
        if self._rates.take(user, most=PER_MINUTE - 1, seconds=WINDOW_SECONDS) == 0:
            with suppress(ApiError, WenshuError):
                await self._sent(user, _message("text", text))

    async def _sent(self, user: str, message: str) -> bool:
        try:
            outcome = await self._outcome(user, message)
        except ApiError as problem:
            _log.warning("a message to %s is refused for now: %d", user, problem.code)
            raise
        self._metrics.parts.labels(CHANNEL, outcome).inc()
        return outcome != "unreachable"

    async def _outcome(self, user: str, message: str) -> str:
        """What became of a message: sent, lost, unreachable or refused."""
        whom = {"touser": user, "agentid": self._account.agent_id, "enable_duplicate_check": 0}
        try:
            told = await self._api.call(SEND, {**whom, **json.loads(message)})
        except LostError as problem:
            _log.warning("a message to %s may be lost: %s", user, problem)
            return "lost"
        except ApiError as problem:
            if problem.code in UNFIT:
                _log.error("a message to %s is refused for good: %d", user, problem.code)
                return "refused"
            if problem.code not in GONE:
                raise
            _log.info("%s is out of reach: %d", user, problem.code)
            return "unreachable"
        if told.get("invaliduser") or told.get("unlicenseduser"):
            _log.info("%s is out of reach", user)
            return "unreachable"
        return "sent"


def _message(kind: str, content: str) -> str:
    return json.dumps({"msgtype": kind, kind: {"content": content}}, ensure_ascii=False)
