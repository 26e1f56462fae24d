"""Where WeCom brings what members write to an app, sealed and signed; an empty 200 says that it is written down."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.channels import xml_text
from bot.channels.callbacks import CallError, Gate, Stamp, body_of, call_of
from bot.channels.sealing import Seal, SealError
from bot.channels.wecom import app_messages
from bot.channels.wecom.accounts import CHANNEL, AppAccount
from bot.channels.wecom.app_messages import Came
from knowledge.errors import WenshuError

if TYPE_CHECKING:
    from bot.channels.wecom.app_chat import AppChat
    from bot.metrics import Metrics

PATH = "/wecom/app"

RETRY_SECONDS = "10"
"""When to bring a message again that could not be written down."""

_log = logging.getLogger(__name__)


def route(chat: "AppChat", account: AppAccount, metrics: "Metrics", clock: Callable[[], float]) -> Route:
    """The route of an app.

    Args:
        chat: Takes messages in.
        account: Of the app.
        metrics: Counts who is turned away.
        clock: Seconds since 1970.
    """
    door = _Door(account, clock)

    async def answer(request: Request) -> Response:
        if request.method != "POST":
            return PlainTextResponse(door.echo(request))
        came = await door.opened(request)
        try:
            if came is not None:
                chat.bring(came)
        except WenshuError as problem:
            _log.error("message %s not taken: %s", came.key if came else "", problem)
            return Response(status_code=503, headers={"Retry-After": RETRY_SECONDS})  # WeCom brings it again
        return Response()

    return Route(PATH, call_of(CHANNEL, metrics, answer), methods=["GET", "POST"])


class _Door:
    """Opens what WeCom brings."""

    def __init__(self, account: AppAccount, clock: Callable[[], float]) -> None:
        self._gate = Gate(account.token, clock)
        self._seal = Seal(account.aes_key.get_secret_value(), account.corp_id)
        self._agent_id = account.agent_id

    def echo(self, request: Request) -> str:
        """What WeCom wants to hear before it takes the address: the words that it sealed.

        Raises:
            CallError: The call is turned away.
        """
        # Base64 has no blanks: one is a plus that came as it is, which forms read as a blank.
        sealed = request.query_params.get("echostr", "").replace(" ", "+")
        return self._words(Stamp.of(request.query_params), sealed)

    async def opened(self, request: Request) -> Came | None:
        """The message that a call brings; None if it is an event that needs no reply.

        Raises:
            CallError: The call is turned away.
        """
        stamp = Stamp.of(request.query_params)
        try:
            sealed = xml_text.read(await body_of(request)).get("Encrypt", "").strip()
            fields = xml_text.read(self._words(stamp, sealed).encode("utf-8"))
            came = app_messages.read(fields, self._agent_id)
        except xml_text.XmlError as problem:
            raise CallError(400, "malformed") from problem
        except xml_text.MessageError as problem:
            _log.warning("a message is none to us: %s", problem)
            raise CallError(400, "malformed") from problem
        if came is not None:
            self._gate.admit(stamp, came.key)
        return came

    def _words(self, stamp: Stamp, sealed: str) -> str:
        """What is sealed in a call that is WeCom's."""
        if not sealed:
            raise CallError(400, "malformed")
        self._gate.check(stamp, sealed)
        try:
            return self._seal.open(sealed)
        except SealError as problem:
            # Signed with our token, so it is WeCom's: the other settings are wrong.
            _log.warning("a call can't be opened; check WENSHU_WECOM_AES_KEY and WENSHU_WECOM_CORP_ID")
            raise CallError(400, "malformed") from problem
