"""WeChat as an account's server sees it: it brings messages, waits five seconds, and brings them again.

Signing and sealing are written anew here, so that a fault of ours does not cancel out; `test_oracles` holds ours
against other people's.
"""

import asyncio
import base64
import hashlib
import itertools
import os
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from tencent_server import APP_ID

TOKEN = "wenshu-token"  # noqa: S105 -- made up
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNT = "gh_0123456789ab"
PATH = "/wechat/webhook"
CALLS = 3

_numbers = itertools.count(23_000_000_000_000_000)


@dataclass(slots=True)
class Shown:
    """What became of a message.

    Attributes:
        text: What the user was shown in the call; None for nothing.
        is_fault: Whether they were shown that the account is out of order.
        answers: What each call brought: status and body, or None if it took too long.
        seconds: How long each call took.
    """

    text: str | None = None
    is_fault: bool = False
    answers: list[tuple[int, str] | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class Platform:
    """Brings messages to an account's server."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        sealed: bool = False,
        compatible: bool = False,
        seconds: float = 5.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Set up.

        Args:
            client: Reaches the server.
            sealed: Whether messages are sealed (安全模式).
            compatible: Whether they are, and stand there in plain as well (兼容模式).
            seconds: How long a call is waited for.
            clock: Seconds since 1970.
        """
        self.client = client
        self.is_sealed = sealed or compatible
        self.is_compatible = compatible
        self.seconds = seconds
        self.clock = clock

    async def say(self, text: str, user: str = "openid-1", **fields: str) -> Shown:
        """Bring what a user wrote, until it is answered."""
        return await self.bring(self.message(user, MsgType="text", Content=text, **fields))

    def message(self, user: str = "openid-1", **fields: str) -> dict[str, str]:
        """The fields of a message; events have no MsgId."""
        common = {"ToUserName": ACCOUNT, "FromUserName": user, "CreateTime": str(int(self.clock()))}
        number = {} if fields.get("MsgType") == "event" else {"MsgId": str(next(_numbers))}
        return common | number | fields

    async def bring(self, fields: Mapping[str, str], *, calls: int = CALLS) -> Shown:
        """Bring a message as often as WeChat does, each time with a nonce of its own."""
        shown = Shown()
        for _ in range(calls):
            answer = await self.call(fields, shown)
            if answer is None:
                continue
            self._show(shown, *answer)
            return shown
        shown.is_fault = True
        return shown

    async def call(self, fields: Mapping[str, str], shown: Shown | None = None) -> tuple[int, str] | None:
        """One call; None if it is not answered in time, or not at all."""
        shown = shown or Shown()
        began = time.monotonic()
        answer: tuple[int, str] | None = None
        try:
            response = await asyncio.wait_for(self.send(fields), self.seconds)
            answer = (response.status_code, response.text)
        except (TimeoutError, httpx.HTTPError):
            await asyncio.sleep(max(0.0, self.seconds - (time.monotonic() - began)))
        shown.answers.append(answer)
        shown.seconds.append(time.monotonic() - began)
        return answer

    async def send(self, fields: Mapping[str, str], **over: str) -> httpx.Response:
        """Send one call; `over` replaces what its address bears."""
        plain = "".join(f"<{name}>{_cdata(value)}</{name}>" for name, value in fields.items())
        query = {"timestamp": str(int(self.clock())), "nonce": os.urandom(5).hex()}
        query["signature"] = signature(query["timestamp"], query["nonce"])
        body = plain
        if self.is_sealed:
            sealed = seal(f"<xml>{plain}</xml>")
            body = f"<ToUserName>{_cdata(ACCOUNT)}</ToUserName><Encrypt>{_cdata(sealed)}</Encrypt>"
            if self.is_compatible:
                body = plain + f"<Encrypt>{_cdata(sealed)}</Encrypt>"
            query |= {"encrypt_type": "aes"}
            query["msg_signature"] = signature(query["timestamp"], query["nonce"], sealed)
        return await self.client.post(PATH, params=query | over, content=f"<xml>{body}</xml>".encode())

    async def verify(self, echo: str = "5838479218127813673", **over: str) -> httpx.Response:
        """Ask whether the server is there, as when its address is entered."""
        query = {"timestamp": str(int(self.clock())), "nonce": "1320562132", "echostr": echo}
        query["signature"] = signature(query["timestamp"], query["nonce"])
        return await self.client.get(PATH, params=query | over)

    def _show(self, shown: Shown, status: int, body: str) -> None:
        if status == httpx.codes.OK and body in {"", "success"}:
            return
        text = self.text_of(body) if status == httpx.codes.OK else None
        shown.text, shown.is_fault = text, text is None

    def text_of(self, body: str) -> str | None:
        """The text of an answer; None if WeChat would not take it."""
        try:
            fields = {each.tag: each.text or "" for each in ET.fromstring(body)}  # noqa: S314 -- ours
        except ET.ParseError:
            return None
        if self.is_sealed:
            expected = signature(fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
            if fields["MsgSignature"] != expected:
                return None
            inner = opened(fields["Encrypt"])
            fields = {each.tag: each.text or "" for each in ET.fromstring(inner)}  # noqa: S314 -- ours
        is_whole = fields.get("FromUserName") == ACCOUNT and fields.get("MsgType") == "text"
        text = fields.get("Content", "")
        return text if is_whole and len(text.encode()) <= 2047 else None


def signature(*parts: str) -> str:
    """Of what a call bears."""
    return hashlib.sha1("".join(sorted([TOKEN, *parts])).encode()).hexdigest()  # noqa: S324 -- theirs


def seal(message: str, receiver: str = APP_ID, key: str = AES_KEY) -> str:
    """A message sealed."""
    raw = base64.b64decode(key + "=")
    said = message.encode()
    plain = os.urandom(16) + struct.pack(">I", len(said)) + said + receiver.encode()
    pad = 32 - len(plain) % 32
    encryptor = Cipher(AES(raw), CBC(raw[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()


def opened(sealed: str, receiver: str = APP_ID, key: str = AES_KEY) -> str:
    """What was sealed."""
    raw = base64.b64decode(key + "=")
    decryptor = Cipher(AES(raw), CBC(raw[:16])).decryptor()
    plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    (size,) = struct.unpack(">I", plain[16:20])
    assert plain[20 + size : -plain[-1]].decode() == receiver
    return plain[20 : 20 + size].decode()


def _cdata(value: str) -> str:
    return escape(value) if value.isdigit() else f"<![CDATA[{value}]]>"
