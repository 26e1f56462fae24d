"""Inline mode: `@bot 科创投累计投资多少` in any chat offers the answer as a card."""

import asyncio
from contextlib import suppress

from telegram import (
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    Update,
)
from telegram.error import BadRequest
from telegram.ext import ContextTypes

from bot import phrases
from bot.channels.telegram_delivery import CAPABILITIES, entities_of
from bot.channels.telegram_messages import CHANNEL
from bot.desk import CrowdedError
from bot.guard import Admitted
from bot.inbound import Inbound, Speaker
from bot.reception import Reception
from bot.render import render
from bot.reply import Reply, ReplyStatus

PAUSE = 0.6
"""Seconds without another letter after which a question counts as written."""

SHORTEST = 4
"""Characters of a question; fewer are still being written."""

CACHE_SECONDS = 60
"""How long Telegram may show the same cards for the same question to the same user."""

_DESCRIPTION = 120


class Inline:
    """Answers questions that are being written in other chats; of one writer only the latest."""

    def __init__(self, reception: Reception, *, pause: float = PAUSE) -> None:
        self._reception = reception
        self._pause = pause
        self._latest: dict[int, str] = {}

    async def on_query(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Answer one query, unless a newer one of its writer came meanwhile."""
        del context
        query = update.inline_query
        if query is None or not await self._is_written(query):
            return
        speaker = Speaker(CHANNEL, "inline", str(query.from_user.id))
        if self._reception.guard.admit(speaker).admitted is not Admitted.YES:
            await _offer(query, None)
            return
        with suppress(CrowdedError):
            await _offer(query, await self._reception.reply(Inbound(speaker, query.query)))

    async def _is_written(self, query: InlineQuery) -> bool:
        writer = query.from_user.id
        self._latest[writer] = query.id
        await asyncio.sleep(self._pause)
        latest = self._latest.get(writer) == query.id
        if latest:
            self._latest.pop(writer)
        return latest and len(query.query.strip()) >= SHORTEST


async def _offer(query: InlineQuery, answer: Reply | None) -> None:
    """Show a card with the answer, or a line that there is none."""
    told = answer is not None and answer.status in {ReplyStatus.ANSWERED, ReplyStatus.CHECKED}
    none = InlineQueryResultsButton(phrases.NO_CARD, start_parameter="help")
    with suppress(BadRequest):  # written on meanwhile: Telegram no longer wants this one
        await query.answer(
            [_card(query.id, answer)] if told and answer is not None else [],
            cache_time=CACHE_SECONDS if told else 0,
            is_personal=True,
            button=None if told or answer is None else none,
        )


def _card(name: str, answer: Reply) -> InlineQueryResultArticle:
    """A card that sends the answer's first message: a claim stays with its sentence."""
    part = render(answer, CAPABILITIES)[0]
    title, _, rest = part.text.partition("\n")
    content = InputTextMessageContent(
        part.text, entities=entities_of(part), link_preview_options=LinkPreviewOptions(is_disabled=True)
    )
    return InlineQueryResultArticle(name, title[:64], content, description=rest.strip()[:_DESCRIPTION])
