"""Where WeChat brings its messages, in plain (明文模式) or sealed (兼容模式, 安全模式).

With an EncodingAESKey only what is sealed is taken: in plain, the signature says nothing of the words.
"""

import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import phrases
from bot.channels import xml_text
from bot.channels.callbacks import CallError, Gate, Stamp, body_of, call_of
from bot.channels.sealing import Seal, SealError, sign
from bot.channels.wechat import messages
from bot.channels.wechat.account import CHANNEL, Account
from bot.channels.wechat.messages import Came
from bot.reception import trace

if TYPE_CHECKING:
    from bot.channels.wechat.chat import WeChatChat
    from bot.metrics import Metrics

PATH = "/wechat/webhook"

_SUCCESS = "success"
_XML = "application/xml"

_log = logging.getLogger(__name__)


def route(chat: "WeChatChat", account: Account, metrics: "Metrics", *, clock: Callable[[], float]) -> Route:
    """The route of an account."""
    door = _Door(chat, account, clock)
    return Route(PATH, call_of(CHANNEL, metrics, door.answer), methods=["GET", "POST"])


class _Door:
    """Opens what WeChat brings, and seals what is said to it."""

    def __init__(self, chat: "WeChatChat", account: Account, clock: Callable[[], float]) -> None:
        self._chat = chat
        self._account = account
        self._clock = clock
        self._gate = Gate(account.token, clock)
        key = account.aes_key
        self._seal = None if key is None else Seal(key.get_secret_value(), account.app_id)

    async def answer(self, request: Request) -> Response:
        """What a call is answered with.

        Raises:
            CallError: It is turned away.
        """
        stamp = Stamp.of(request.query_params)
        if request.method != "POST":
            self._gate.check(stamp)
            return PlainTextResponse(request.query_params.get("echostr", ""))
        came = self._opened(await body_of(request), stamp)
        if came is None:
            return PlainTextResponse(_SUCCESS)
        self._gate.admit(stamp, came.key)
        said = await self._said(request, came)
        if not said:
            return PlainTextResponse(_SUCCESS)
        told = BackgroundTask(self._chat.left, came)
        return Response(self._written(came, said), media_type=_XML, background=told)

    def _opened(self, body: bytes, stamp: Stamp) -> Came | None:
        if self._seal is None:
            self._gate.check(stamp)
        try:
            fields = xml_text.read(body)
            if self._seal is not None:
                sealed = fields.get("Encrypt", "").strip()
                if not sealed:
                    raise CallError(403, "unsealed")
                self._gate.check(stamp, sealed)
                fields = xml_text.read(self._seal.open(sealed).encode("utf-8"))
            return messages.read(fields)
        except (xml_text.XmlError, xml_text.MessageError, SealError) as problem:
            raise CallError(400, "malformed") from problem

    async def _said(self, request: Request, came: Came) -> str:
        """What is said in the call; whatever happens, WeChat gets an answer that it shows no fault for."""

        async def gone() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass

        try:
            return await self._chat.bring(came, gone)
        except Exception as problem:  # noqa: BLE001 -- an error page is shown to the user as a fault of the account
            _log.error("message %s: %s\n%s", came.key, type(problem).__name__, trace(problem))
            return phrases.APOLOGY

    def _written(self, came: Came, said: str) -> str:
        now = self._clock()
        written = messages.reply_to(came, said, at=now)
        if self._seal is None:
            return written
        sealed, stamp, nonce = self._seal.seal(written), int(now), secrets.token_hex(8)
        signature = sign(self._account.token.get_secret_value(), str(stamp), nonce, sealed)
        return xml_text.written(
            {"Encrypt": sealed, "MsgSignature": signature, "TimeStamp": stamp, "Nonce": nonce}
        )
