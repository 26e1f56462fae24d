"""What a message to an app, or an event there, says to us."""

import json
from dataclasses import asdict, dataclass

from bot.channels.wecom.accounts import CHANNEL
from bot.channels.xml_text import MOST_DIGITS, MessageError, event_in, name_in, number_in
from bot.inbound import Speaker
from bot.routing import COMMANDS

_GREETING = "/start"


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
        raise MessageError(f"AgentID: expected {agent_id}, got {agent[:MOST_DIGITS]!r}")
    user, kind = name_in(fields, "FromUserName"), name_in(fields, "MsgType")
    created = number_in(fields, "CreateTime")
    if kind == "event":
        key, text = f"{agent} {event_in(fields)}", _of_event(fields)
        return Came(key, user, created, text) if text else None
    key = f"{agent} {number_in(fields, 'MsgId')}"
    if kind == "text":
        return Came(key, user, created, fields.get("Content", "").strip())
    return Came(key, user, created, "", kind={"shortvideo": "video"}.get(kind, kind))


def _of_event(fields: dict[str, str]) -> str:
    """The command that an event stands for; empty if for none."""
    name, key = fields.get("Event", ""), fields.get("EventKey", "")
    if name == "subscribe":
        return _GREETING
    return key if name == "click" and key in COMMANDS else ""
