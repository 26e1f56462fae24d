"""Where Telegram brings its updates when the page is reached from outside."""

import hmac
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram.error import NetworkError

from bot.channels.telegram_messages import CHANNEL

if TYPE_CHECKING:
    from bot.channels.telegram_chat import TelegramChat
    from bot.metrics import Metrics

PATH = "/telegram/webhook"

RETRY_SECONDS = "10"
"""When to bring an update again that could not be written down."""

_OBJECT = TypeAdapter(dict[str, Any])

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- the name of a header


def route(chat: "TelegramChat", secret: str, metrics: "Metrics") -> Route:
    """The route of a bot: 200 once an update is written down; whoever doesn't show the secret learns nothing."""

    async def bring(request: Request) -> Response:
        shown = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(shown.encode("utf-8"), secret.encode("utf-8")):
            metrics.refused.labels(CHANNEL, "unsigned").inc()
            return Response(status_code=404)
        try:
            await chat.bring(_update(await request.body()))
        except NetworkError:
            return Response(
                status_code=503, headers={"Retry-After": RETRY_SECONDS}
            )  # Telegram brings it again
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError):
            metrics.refused.labels(CHANNEL, "malformed").inc()
            return Response(status_code=400)
        return Response()

    return Route(PATH, bring, methods=["POST"])


def _update(body: bytes) -> dict[str, Any]:
    """The update that a body holds.

    Raises:
        ValueError: It holds none.
    """
    update = _OBJECT.validate_json(body)  # unlike json, it bounds how deep a value is nested
    if not isinstance(update.get("update_id"), int):
        raise ValueError("expected an update")  # noqa: TRY004 -- of the body, not of an argument
    return update
