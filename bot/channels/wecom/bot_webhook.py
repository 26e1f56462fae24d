"""Where WeCom calls us for a bot, sealed: with messages, and to ask how far a reply is."""

import json
import logging
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import phrases
from bot.channels.callbacks import CallError, Gate, Stamp, body_of, call_of
from bot.channels.sealing import Seal, SealError, sign
from bot.channels.wecom.accounts import CHANNEL, CalledBot
from bot.channels.wecom.bot_called import CallbackBot, Json, stream
from bot.channels.wecom.bot_messages import Came, MessageError, Refresh, read
from bot.channels.wecom.bot_streams import Snapshot
from bot.reception import trace

if TYPE_CHECKING:
    from bot.metrics import Metrics

PATH = "/wecom/bot"

_JSON = "application/json"
_OBJECT = TypeAdapter(dict[str, Any])  # unlike json, it bounds how deep a value is nested

_log = logging.getLogger(__name__)


def route(
    chat: CallbackBot, account: CalledBot, metrics: "Metrics", *, clock: Callable[[], float] = time.time
) -> Route:
    """The route of a bot."""
    door = _Door(chat, account, clock)
    return Route(PATH, call_of(CHANNEL, metrics, door.answer), methods=["GET", "POST"])


class _Door:
    """Opens what WeCom brings, and seals what is said to it."""

    def __init__(self, chat: CallbackBot, account: CalledBot, clock: Callable[[], float]) -> None:
        self._chat = chat
        self._token = account.token
        self._clock = clock
        self._gate = Gate(account.token, clock)
        self._seal = Seal(account.aes_key.get_secret_value(), "")  # a bot's messages name no receiver

    async def answer(self, request: Request) -> Response:
        """What a call is answered with.

        Raises:
            CallError: It is turned away.
        """
        stamp = Stamp.of(request.query_params)
        if request.method != "POST":
            # A plus sign that is sent as it is arrives as a blank, of which base64 has none.
            return PlainTextResponse(
                self._opened(stamp, request.query_params.get("echostr", "").replace(" ", "+"))
            )
        came = self._read(stamp, await body_of(request))
        if came is None:
            return Response()
        self._gate.admit(stamp, came.key if isinstance(came, Came) else came.stream)
        said = self._chat.newest(came.stream) if isinstance(came, Refresh) else await self._said(came)
        return Response() if said is None else Response(self._sealed(said), media_type=_JSON)

    def _read(self, stamp: Stamp, body: bytes) -> Came | Refresh | None:
        try:
            sealed = _OBJECT.validate_json(body).get("encrypt")
            opened = self._opened(stamp, sealed if isinstance(sealed, str) else "")
            return read(_OBJECT.validate_json(opened))
        except (ValidationError, MessageError):
            raise CallError(400, "malformed") from None

    def _opened(self, stamp: Stamp, sealed: str) -> str:
        if not sealed:
            raise CallError(403, "unsealed")
        self._gate.check(stamp, sealed)
        try:
            return self._seal.open(sealed)
        except SealError as problem:
            raise CallError(400, "malformed") from problem

    async def _said(self, came: Came) -> Json | None:
        """What is said to a message; whatever happens, its stream has an end."""
        try:
            return await self._chat.bring(came)
        except Exception as problem:  # noqa: BLE001 -- an error page would leave the user waiting
            _log.error("message %s: %s\n%s", came.key, type(problem).__name__, trace(problem))
            return stream(came.key, Snapshot(phrases.APOLOGY, is_last=True))

    def _sealed(self, said: Json) -> str:
        sealed = self._seal.seal(json.dumps(said, ensure_ascii=False))
        stamp, nonce = int(self._clock()), secrets.token_hex(8)
        signature = sign(self._token.get_secret_value(), str(stamp), nonce, sealed)
        return json.dumps({"encrypt": sealed, "msgsignature": signature, "timestamp": stamp, "nonce": nonce})
