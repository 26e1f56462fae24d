"""Telegram without a server: a double stands in for HTTPS and answers as told."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from telegram import User
from telegram.request import BaseRequest, RequestData

from bot.rates import Rates

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"  # noqa: S105 -- made up
ME = User(7, "问数", is_bot=True, username="wenshu_bot")
Told = tuple[int, dict[str, Any] | bytes]
"""A status and a body: JSON, or what something before Telegram says."""

Respond = Callable[[str, dict[str, Any]], Told]


class Line(BaseRequest):
    """Stands in for the network: keeps every request and answers each from a queue, or with success.

    Attributes:
        answers: To the messages to be sent, first come first served; then all succeed.
        sent: The messages.
        others: All other requests, by name.
        respond: Answers the messages instead.
    """

    def __init__(self, *answers: Told | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[dict[str, Any]] = []
        self.others: list[tuple[str, dict[str, Any]]] = []
        self.sending = asyncio.Event()
        self.respond: Respond | None = None

    @property
    def read_timeout(self) -> float:
        return 5.0

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, **_: Any
    ) -> tuple[int, bytes]:
        del method
        name = url.rpartition("/")[2]
        fields = dict(request_data.parameters) if request_data else {}
        status, body = self._answer(name, fields)
        return status, body if isinstance(body, bytes) else json.dumps(body).encode()

    def _answer(self, name: str, fields: dict[str, Any]) -> Told:
        if name == "getMe":
            return succeeded(ME.to_dict() | {"can_read_all_group_messages": False})
        if name != "sendMessage":
            self.others.append((name, fields))
            return succeeded(result=True)
        self.sent.append(fields)
        self.sending.set()
        if self.respond is not None:
            return self.respond(name, fields)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer or succeeded(
            {"message_id": len(self.sent), "date": 1, "chat": {"id": fields["chat_id"], "type": "private"}}
        )


def succeeded(result: object) -> tuple[int, dict[str, Any]]:
    return 200, {"ok": True, "result": result}


def failed(status: int, description: str, **parameters: object) -> tuple[int, dict[str, Any]]:
    body = {"ok": False, "error_code": status, "description": description}
    return status, body | ({"parameters": parameters} if parameters else {})


class Boundless(Rates):
    """Lets everything happen at once."""

    def take(self, name: str, *, most: int, seconds: int) -> float:
        del name, most, seconds
        return 0.0


def toasts(line: Line) -> list[str | None]:
    """What was shown to those who pressed a button."""
    return [fields.get("text") for name, fields in line.others if name == "answerCallbackQuery"]
