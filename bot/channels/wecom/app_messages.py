"""What a message to an app, or an event there, says to us."""

import json
from dataclasses import asdict, dataclass

from bot.channels.wecom.accounts import CHANNEL
from bot.inbound import Speaker
from bot.routing import COMMANDS

_GREETING = "/start"

_LONGEST_NAME = 256
"""Characters of a field that names something: a member's name has 64 at most, a button's key 128."""

_MOST_DIGITS = 20
"""Of a number: those of 64 bits."""


class MessageError(ValueError):
    """The fields are no message to us."""


@dataclass(frozen=True, slots=True)
class Came:
    """A message, or an event, that asks for a reply.

    Attributes:
        key: The same whenever WeCom brings it again.
        user: UserID of who sent it.
        created: When, in seconds since 1970.
        text: Words or a command; empty for a message without words.
        kind: Of a message without words: image, voice …; empty otherwise.
    """

    key: str
    user: str
    created: int
    text: str
    kind: str = ""

    @property
    def speaker(self) -> Speaker:
        """Who speaks; every chat with an app is private."""
        return Speaker(CHANNEL, self.user, self.user)

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> "Came":
        """What `dumps` wrote."""
        return cls(**json.loads(text))


def read(fields: dict[str, str], agent_id: int) -> Came | None:
    """What the fields of a message say; None for an event that needs no reply.

    Args:
        fields: Of the message.
        agent_id: Of our app.

    Raises:
        MessageError: They are no message, or one to another app.
    """
    agent = fields.get("AgentID", "").strip() or str(agent_id)
    if agent != str(agent_id):
        raise MessageError(f"AgentID: expected {agent_id}, got {agent[:_MOST_DIGITS]!r}")
    user, created, kind = (
        _name(fields, "FromUserName"),
        _number(fields, "CreateTime"),
        _name(fields, "MsgType"),
    )
    if kind == "event":
        text = _of_event(fields)
        # An event has no number of its own.
        button = "".join(filter(str.isprintable, fields.get("EventKey", "")))[:_LONGEST_NAME]
        key = " ".join((agent, user, str(created), _name(fields, "Event"), button))
        return Came(key, user, created, text) if text else None
    key = f"{agent} {_number(fields, 'MsgId')}"
    if kind == "text":
        return Came(key, user, created, fields.get("Content", "").strip())
    return Came(key, user, created, "", kind={"shortvideo": "video"}.get(kind, kind))


def _of_event(fields: dict[str, str]) -> str:
    """The command that an event stands for; empty if for none."""
    name, key = fields.get("Event", ""), fields.get("EventKey", "")
    if name == "subscribe":
        return _GREETING
    return key if name == "click" and key in COMMANDS else ""


def _name(fields: dict[str, str], name: str) -> str:
    value = fields.get(name, "").strip()
    if not 0 < len(value) <= _LONGEST_NAME or not value.isprintable():  # it is logged, on one line
        raise MessageError(f"{name}: expected 1 to {_LONGEST_NAME} printable characters, got {len(value)}")
    return value


def _number(fields: dict[str, str], name: str) -> int:
    value = fields.get(name, "").strip()
    if not (value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS):
        raise MessageError(f"{name}: expected a number")
    return int(value)
