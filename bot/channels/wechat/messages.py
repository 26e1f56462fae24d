"""What a message or an event of WeChat says, and how to write a reply to it."""

import json
from dataclasses import asdict, dataclass

from bot.channels import xml_text
from bot.channels.wechat.account import CHANNEL
from bot.channels.xml_text import event_in, name_in, number_in
from bot.inbound import Speaker
from bot.render import Capabilities, Unit
from bot.routing import COMMANDS, route

CAPABILITIES = Capabilities(Unit.BYTES, 1_960, entities=False, told=True)
"""A text: 2,047 bytes, less the words that tell of more."""

_SILENT = ""
_GREETING = "/start"
_MORE = "/more"

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Grant:
    """How much we may send of our own accord because a user did something.

    Attributes:
        kind: What they did.
        slots: Messages.
        seconds: For how long.
    """

    kind: str
    slots: int
    seconds: int


WROTE = Grant("message", 5, 2 * _DAY)
"""Source: 客服消息下发规则, developers.weixin.qq.com/doc/subscription/guide/product/kf/intro.md."""

ACTED = Grant("action", 3, 60)
"""Opened the account's page for the first time, pressed a button of the menu, scanned a code."""


@dataclass(frozen=True, slots=True)
class Came:
    """A message, or an event, that asks for a reply.

    Attributes:
        key: The same whenever WeChat brings it again.
        user: OpenID of who sent it.
        account: Who it was sent to, as WeChat names us.
        created: When, in seconds since 1970.
        text: Words or a command; empty for a message without words.
        kind: Of a message without words: image, voice …; empty otherwise.
        is_event: Whether nothing was written, but something done.
    """

    key: str
    user: str
    account: str
    created: int
    text: str
    kind: str = ""
    is_event: bool = False

    @property
    def speaker(self) -> Speaker:
        """Who speaks; every chat with an account is private."""
        return Speaker(CHANNEL, self.user, self.user)

    @property
    def grant(self) -> Grant:
        """What we may send because of it."""
        return ACTED if self.is_event else WROTE

    @property
    def asks_for_more(self) -> bool:
        """Whether it says 继续."""
        return bool(self.text) and route(self.text).command == _MORE

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> "Came":
        """What `dumps` wrote."""
        return cls(**json.loads(text))


def read(fields: dict[str, str]) -> Came | None:
    """What the fields of a message say; None for an event that needs no reply.

    Raises:
        MessageError: They are no message.
    """
    user, account = name_in(fields, "FromUserName"), name_in(fields, "ToUserName")
    created = number_in(fields, "CreateTime")
    kind = name_in(fields, "MsgType")
    if kind == "event":
        key, text = event_in(fields), _of_event(fields)
        return Came(key, user, account, created, text, is_event=True) if text else None
    key = str(number_in(fields, "MsgId"))
    if kind == "text":
        return Came(key, user, account, created, fields.get("Content", "").strip())
    if heard := fields.get("Recognition", "").strip():
        return Came(key, user, account, created, heard)
    return Came(key, user, account, created, "", kind={"shortvideo": "video"}.get(kind, kind))


def _of_event(fields: dict[str, str]) -> str:
    """The command that an event stands for."""
    name, key = fields.get("Event", ""), fields.get("EventKey", "")
    if name == "subscribe":
        return _GREETING
    if name == "CLICK" and key in COMMANDS:
        return key
    return _SILENT


def reply_to(came: Came, text: str, *, at: float) -> str:
    """The XML that answers a message within the call that brought it."""
    return xml_text.written(
        {
            "ToUserName": came.user,
            "FromUserName": came.account,
            "CreateTime": int(at),
            "MsgType": "text",
            "Content": text,
        }
    )
