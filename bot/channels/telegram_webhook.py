"""Where Telegram brings its updates when the page is reached from outside."""

import hmac
import json
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram.error import NetworkError

from bot.channels.telegram_messages import CHANNEL

if TYPE_CHECKING:
    from bot.channels.telegram_chat import TelegramChat
    from bot.metrics import Metrics

PATH = "/telegram/webhook"

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- the name of a header


def route(chat: "TelegramChat", secret: str, metrics: "Metrics") -> Route:
    """The route of a bot: 200 once an update is written down; whoever doesn't show the secret learns nothing."""

    async def bring(request: Request) -> Response:
        shown = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(shown.encode("utf-8"), secret.encode("utf-8")):
            metrics.refused.labels(CHANNEL, "unsigned").inc()
            return Response(status_code=404)
        try:
            update = json.loads(await request.body())
            await chat.bring(update)
        except NetworkError:
            return Response(status_code=503)  # Telegram brings it again
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            metrics.refused.labels(CHANNEL, "malformed").inc()
            return Response(status_code=400)
        return Response()

    return Route(PATH, bring, methods=["POST"])
