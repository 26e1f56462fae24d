"""The buttons below our messages in Telegram, when they are pressed."""

from contextlib import suppress

from telegram import CallbackQuery, Message, Update
from telegram.error import TelegramError
from telegram.ext import ContextTypes

from bot import phrases
from bot.channels.telegram_delivery import Delivery
from bot.channels.telegram_messages import CHANNEL, place_of
from bot.desk import CrowdedError
from bot.guard import Admitted
from bot.inbound import Speaker
from bot.reception import Reception

_TOASTS = frozenset({"/useful"})
"""Buttons whose reply is a word that shows for a second."""


class Presses:
    """Obeys buttons.  A press counts like a message: what it orders is worked on like one."""

    def __init__(self, reception: Reception, delivery: Delivery) -> None:
        """Set up.

        Args:
            reception: Replies to them.
            delivery: What goes out.
        """
        self._reception = reception
        self._delivery = delivery

    async def on_press(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Answer a press, with a word that shows for a second or with a message."""
        del context
        query = update.callback_query
        if query is None:
            return
        message = query.message if isinstance(query.message, Message) else None
        if message is None or not query.data:
            await _show(query, phrases.STALE)
            return
        speaker = Speaker(
            CHANNEL, str(message.chat.id), str(query.from_user.id), group=message.chat.type != "private"
        )
        refusal = self._refusal(speaker)
        if refusal is not None:
            await _show(query, refusal)
            return
        await self._obey(query, message, speaker, query.data)

    def _refusal(self, speaker: Speaker) -> str | None:
        """What is shown to one who is not let in; None if they are."""
        admission = self._reception.guard.admit(speaker, tells_each=True)
        if admission.admitted is Admitted.YES:
            return None
        self._reception.metrics.refused.labels(CHANNEL, admission.admitted.value).inc()
        if admission.admitted is Admitted.FOREIGN:
            return ""
        return phrases.TOO_FAST.format(seconds=admission.seconds)

    async def _obey(self, query: CallbackQuery, message: Message, speaker: Speaker, order: str) -> None:
        try:
            answer = await self._reception.press(speaker, order)
        except CrowdedError:
            await _show(query, phrases.CROWDED)
            return
        said = answer.blocks[0].text if len(answer.blocks) == 1 and not answer.citations else ""
        if order.split(maxsplit=1)[0] in _TOASTS or said == phrases.STALE:
            await _show(query, said)
            return
        await _show(query, "")
        await self._delivery.send(place_of(message), answer)


async def _show(query: CallbackQuery, words: str) -> None:
    """Answer a button, so that it stops spinning; one pressed too long ago can't be answered."""
    with suppress(TelegramError):
        await query.answer(words or None)
