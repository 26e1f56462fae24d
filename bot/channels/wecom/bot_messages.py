"""What a message or an event of a WeCom bot says.  The same whether a connection of ours brings it or a call.

Source: developer.work.weixin.qq.com/document/path/100719 and 101463.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import BaseModel, Field, StringConstraints, TypeAdapter, ValidationError

from bot.channels.wecom.accounts import CHANNEL
from bot.inbound import Speaker
from bot.routing import CHECK, COMMANDS, Want, route

_GREETING = COMMANDS[0]

_MENTION = re.compile(
    r"(?<![A-Za-z0-9._%+-])"
    r"(?:(?<!\S)|(?!@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?:\s|$)))"
    r"@[^\s@，。；：、？！,;:?!]+(?:[ \u2005]|(?=\s|$))"
)
"""A name as WeCom writes it where the bot is called upon; no part of an e-mail address."""


class MessageError(ValueError):
    """A body is no message."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that was sent, as it is to be fetched.

    Attributes:
        url: Where it is, for five minutes.
        key: It is sealed with, base64; empty if it is not.
    """

    url: str = field(repr=False)
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Came:
    """A message, or the arrival of a user, that asks for a reply.

    Attributes:
        key: The same whenever WeCom brings it again.
        user: Who sent it.
        chat: Where the answer goes: the user, or the group.
        group: Whether it is a group.
        text: Words or a command; empty for a message without words.
        kind: Of a message without words: image, video …; empty otherwise.
        file: What is to be checked, or None.
        greets: Whether the user has but opened the chat.
        response_url: Where one reply may be sent within an hour; empty if a connection of ours brought it.
    """

    key: str
    user: str
    chat: str
    group: bool
    text: str
    kind: str = ""
    file: File | None = None
    greets: bool = False
    response_url: str = field(default="", repr=False)

    @property
    def speaker(self) -> Speaker:
        """Who speaks, and where."""
        return Speaker(CHANNEL, self.chat, self.user, group=self.group)

    @property
    def asks_for_more(self) -> bool:
        """Whether it says 继续."""
        return bool(self.text) and route(self.text).command == "/more"

    def dumps(self) -> str:
        """As JSON."""
        return _came().dump_json(self).decode("utf-8")

    @classmethod
    def loads(cls, text: str) -> "Came":
        """What `dumps` wrote."""
        return _came().validate_json(text)


@dataclass(frozen=True, slots=True)
class Refresh:
    """WeCom asks how far a reply is.

    Attributes:
        stream: Name of the reply.
    """

    stream: str


@cache
def _came() -> TypeAdapter[Came]:
    return TypeAdapter(Came)


def read(body: dict[str, Any]) -> Came | Refresh | None:
    """What a body says; None for an event that needs no reply.

    Raises:
        MessageError: It is no message.
    """
    try:
        told = _Body.model_validate(body)
    except ValidationError as problem:
        raise MessageError(
            f"body: {problem.error_count()} fields"
        ) from None  # its own words quote the message
    if told.stream is not None:
        return Refresh(told.stream.id)
    if told.event is not None:
        return _greeted(told)
    if told.msgid is None or told.sender is None:
        raise MessageError("body: expected msgid and from")
    user, is_group = told.sender.userid, told.chattype == "group"
    chat = told.chatid if is_group else user
    if chat is None:
        raise MessageError("body: expected a chatid")
    return _with_words(Came(told.msgid, user, chat, is_group, "", response_url=told.response_url), told)


# --- bodies as they come: what is unknown is left out


_Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class _Words(BaseModel):
    content: str = ""


class _File(BaseModel):
    url: str = ""
    aeskey: str = ""


class _Said(BaseModel):
    """What a message, a quote or a piece of a mixed message holds."""

    msgtype: str = ""
    text: _Words | None = None
    voice: _Words | None = None
    mixed: "_Mixed | None" = None
    file: _File | None = None

    @property
    def words(self) -> str:
        """All that is said in words, pieces line by line."""
        return "\n".join(filter(None, self._pieces())).strip()

    def _pieces(self) -> Iterator[str]:
        for each in (self.text, self.voice):
            if each is not None:
                yield each.content
        if self.mixed is not None:
            yield from (item.words for item in self.mixed.msg_item)


class _Mixed(BaseModel):
    msg_item: list[_Said] = []


class _Sender(BaseModel):
    userid: _Name


class _Event(BaseModel):
    eventtype: str = ""


class _Stream(BaseModel):
    id: _Name


class _Body(_Said):
    msgid: _Name | None = None
    chatid: _Name | None = None
    chattype: Literal["single", "group"] = "single"
    sender: _Sender | None = Field(default=None, alias="from")
    quote: _Said | None = None
    event: _Event | None = None
    stream: _Stream | None = None
    create_time: int = 0
    response_url: str = ""


def _greeted(told: _Body) -> Came | None:
    """What an event asks for: a user who opens the chat is greeted."""
    if told.event is None or told.event.eventtype != "enter_chat" or told.sender is None:
        return None
    user = told.sender.userid
    key = told.msgid or f"enter_chat {user} {told.create_time or uuid4()}"
    return Came(key, user, user, group=False, text=_GREETING, greets=True)


def _with_words(came: Came, told: _Body) -> Came:
    if told.msgtype == "file" and told.file is not None and told.file.url:
        return replace(came, file=File(told.file.url, told.file.aeskey))
    if not told.words:
        return replace(came, kind=_KINDS.get(told.msgtype, told.msgtype))
    words = without_mentions(told.words) if came.group else told.words
    return replace(came, text=_with_quote(words, "" if told.quote is None else told.quote.words))


_KINDS = {"mixed": "image", "text": ""}
"""What a message without words is called by whoever answers it, where WeCom calls it otherwise."""


def without_mentions(text: str) -> str:
    r"""A text of a group without the names that are called upon.

    >>> without_mentions("@问数\u2005科创投累计投资多少")
    '科创投累计投资多少'
    >>> without_mentions("发给 zhang@example.com 的数对吗 @问数")
    '发给 zhang@example.com 的数对吗'
    """
    return _MENTION.sub("", text).strip()


def _with_quote(words: str, quote: str) -> str:
    """The words, with what they are about: a bare 核对 is about what it quotes."""
    if not words or not quote:
        return words
    asked = route(words)
    is_bare = asked.want is Want.COMMAND and asked.command == CHECK and not asked.text
    return f"{CHECK}\n{quote}" if is_bare else words
