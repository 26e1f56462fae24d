"""An app of WeCom (自建应用): WeCom calls us with what members write, and we send what is answered.

A message is written down before the call is answered (`bot.outbox`), and done when its reply has left.  Messages of
different members are answered at the same time, those of one in order.  The log never holds what was asked.
"""

import asyncio
import logging
from typing import NoReturn

from bot import phrases
from bot.channels import menu
from bot.channels.answering import answer
from bot.channels.deliveries import Deliveries, Errand, apologizing
from bot.channels.platform_api import Api, ApiError, LostError, first_address
from bot.channels.wecom.accounts import AppAccount
from bot.channels.wecom.app_delivery import Members, Sleep, written
from bot.channels.wecom.app_messages import Came
from bot.outbox import Outbox
from bot.rates import Rates
from bot.reception import OnWait, Reception
from knowledge.errors import BackendError, SettingError

OUTBOX = "wecom_app"
"""Under which messages are written down; bots have their own."""

AGENT = "/cgi-bin/agent/get"

_UNKNOWN = frozenset({40001, 40013, 40091, 41002, 41004})
"""Codes that say company and secret don't belong together, or are none."""

_NOT_OUR_APP = frozenset({40056, 301002})
"""Codes that say the secret is another app's."""

_NOT_FROM_HERE = 60020
"""Code that says the company trusts other addresses (企业可信IP)."""

_log = logging.getLogger(__name__)


class AppChat:
    """An app of ours.  To be used in one event loop."""

    def __init__(
        self,
        reception: Reception,
        account: AppAccount,
        *,
        api: Api | None = None,
        rates: Rates | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Set up; nothing is sent before `start`.

        Args:
            reception: Replies to messages.
            account: Of the app.
            api: WeCom's interface; by default that which the account names.
            rates: Counts what members get; by default anew.
            sleep: Waits some seconds.
        """
        self._reception = reception
        self._account = account
        self._api = api or Api(account.for_tokens)
        self._members = Members(self._api, account, reception.metrics, rates=rates or Rates(), sleep=sleep)
        service = reception.service
        self._outbox = Outbox(service.state, OUTBOX, clock=service.clock)
        self._deliveries = Deliveries(self._outbox, self._errand)
        self._started = service.clock()
        self._is_stopping = False

    # -- coming and going

    async def start(self) -> str:
        """Show who we are, offer the menu, and go on with what is left over.

        Returns:
            What the app is called.

        Raises:
            SettingError: WeCom doesn't know us.
            BackendError: It can't be reached, or not from here yet; another call may do.
        """
        name = await name_of(self._api, self._account)
        await menu.offer(self._api, query={"agentid": str(self._account.agent_id)})
        self._deliveries.start()
        return name

    async def stop(self) -> None:
        """Let what is being sent leave, but not for long; the rest is kept for the next start."""
        self._is_stopping = True
        self._reception.desk.begin_to_close()
        await self._deliveries.stop()
        await self._api.close()

    # -- messages

    def bring(self, came: Came) -> None:
        """Take in a message that WeCom brought; it is written down when this returns.

        Raises:
            StorageError: It can't be written down.
        """
        if not self._reception.knows(came.speaker):
            return
        if self._outbox.take(came.key, came.dumps()) and not self._is_stopping:
            self._deliveries.begin(self._errand(came.key, came.dumps()))

    def _errand(self, key: str, payload: str) -> Errand:
        came = Came.loads(payload)
        is_within_reach = True

        async def make() -> list[str]:
            waiting, started = self._waiting(came), self._started
            made = await apologizing(
                key, lambda: answer(self._reception, came, started=started, on_wait=waiting)
            )
            return [] if made is None else written(made, self._account)

        async def send(message: str) -> str:
            nonlocal is_within_reach
            if is_within_reach:
                is_within_reach = await self._members.send(came.user, message)
            return ""

        return Errand(key, came.user, make, send)

    def _waiting(self, came: Came) -> OnWait | None:
        """Tells one who waits for a turn; not one whose message has waited for us all night."""
        if came.created < int(self._started):
            return None

        async def tell(n_before: int) -> None:
            await self._members.mention(came.user, phrases.WAITING.format(n=n_before))

        return tell


async def name_of(api: Api, account: AppAccount) -> str:
    """What an app is called; its number, if WeCom does not say.

    Raises:
        SettingError: WeCom doesn't know us.
        BackendError: It can't be reached, or not from here yet; another call may do.
    """
    number = str(account.agent_id)
    try:
        await api.token()
        # A token is given to whoever knows the secret; only what follows tells if we may ask from here.
        told = await api.call(AGENT, query={"agentid": number})
    except LostError:
        return number
    except ApiError as problem:
        _raise(problem, account)
    name = told.get("name")
    return name if isinstance(name, str) and name else number


def _raise(problem: ApiError, account: AppAccount) -> NoReturn:
    """Say what is to be mended where WeCom refuses us.

    Raises:
        SettingError: A setting of ours.
        BackendError: The company's, or nothing: it may do so no more in a while.
    """
    if problem.code in _UNKNOWN:
        message = f"wecom_secret: WeCom doesn't know it ({problem.code}); check it and WENSHU_WECOM_CORP_ID"
        raise SettingError(message, item="WENSHU_WECOM_SECRET", code="wecom_refused") from problem
    if problem.code in _NOT_OUR_APP:
        message = f"wecom_agent_id: the secret is not of app {account.agent_id} ({problem.code}); check both"
        raise SettingError(message, item="WENSHU_WECOM_AGENT_ID", code="wecom_refused") from problem
    if problem.code == _NOT_FROM_HERE:
        where = first_address(str(problem))
        message = f"address {where!r}: not trusted by the company (企业可信IP); add it there"
        # No reason to end: a new app can be told our address only after it has called us once.
        raise BackendError(message, item=where, code="wecom_address") from problem
    message = f"{account.api_url}: WeCom refuses for now ({problem.code})"
    raise BackendError(message, item=account.api_url, code="wecom_unreachable") from problem
