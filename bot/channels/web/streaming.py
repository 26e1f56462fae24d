"""A reply that grows on the page: a JSON object a line, `{"html": …}` for what there is so far, then `{"final": …}`.

Only our script asks for it, and only a language model makes it worth while: without one the answer is there at once.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.channels.web import look
from bot.channels.web.exchange import Exchange
from bot.inbound import Inbound
from bot.reception import Reception
from bot.reply import Reply

MEDIA_TYPE = "application/x-ndjson"

_under_way: set[asyncio.Task[Reply]] = set()
"""Replies that are being made: they are made to their end though nobody waits for them any more."""


def is_wanted(request: Request, reception: Reception) -> bool:
    """Whether the reply is to be sent as it grows."""
    asked = MEDIA_TYPE in request.headers.get("accept", "")
    return asked and look.wants_fragment(request) and reception.service.library.writes


async def streamed(
    request: Request, reception: Reception, inbound: Inbound, finished: Callable[[Reply], Awaitable[Exchange]]
) -> Response:
    """The reply to a message as it grows.

    Args:
        request: What asks for it.
        reception: Makes it.
        inbound: The message.
        finished: What the page shows of the whole reply.

    Raises:
        CrowdedError: Too many wait.
    """
    drafts: asyncio.Queue[Reply | None] = asyncio.Queue()
    making = asyncio.create_task(reception.reply(inbound, on_draft=drafts.put_nowait))
    _under_way.add(making)
    making.add_done_callback(_under_way.discard)
    making.add_done_callback(lambda _: drafts.put_nowait(None))
    first = await drafts.get()
    if first is None:
        making.result()  # raises what went wrong before anything was said

    async def lines() -> AsyncIterator[str]:
        so_far = first
        while so_far is not None:
            shown = Exchange(inbound.text, so_far, is_new=True)
            yield _line(html=look.fragment(request, "exchange.html", exchanges=[shown]))
            so_far = await _newest(drafts)
        whole = await finished(making.result())
        yield _line(final=look.fragment(request, "exchange.html", exchanges=[whole]))

    return StreamingResponse(lines(), media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})


async def _newest(drafts: "asyncio.Queue[Reply | None]") -> Reply | None:
    """The next draft, those that newer ones have overtaken left out; None if the reply is whole."""
    newest = await drafts.get()
    with suppress(asyncio.QueueEmpty):
        while newest is not None:
            newest = drafts.get_nowait()
    return newest


def _line(**told: str) -> str:
    return json.dumps(told, ensure_ascii=False) + "\n"
