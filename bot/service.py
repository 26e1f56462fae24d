"""One inbound text in, one reply document out: the same for every channel."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import mending, reply, verdict_reply, wording
from bot.reply import Reply, ReplyStatus
from knowledge.errors import WenshuError
from knowledge.schema import Answer
from knowledge.verdict import Checked

if TYPE_CHECKING:
    from bot.routing import Route

Ask = Callable[[str], Answer]
"""Answers one question; may take a second and may raise a `WenshuError`."""

Check = Callable[[str], Checked]
"""Checks one draft; may take seconds and may raise a `WenshuError`."""

_COMMANDS: dict[str, str] = {
    "/start": f"{wording.START}\n{wording.HELP}",
    "/help": wording.HELP,
    "帮助": wording.HELP,
    "/帮助": wording.HELP,
    "/check": wording.HOW_TO_CHECK,
}


def sayable(text: str) -> str:
    r"""The text with halves of surrogate pairs, which JSON and command lines can smuggle in, replaced.

    >>> sayable("投资\ud800多少")
    '投资?多少'
    """
    return text.encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Service:
    """Answers what users write.

    Attributes:
        ask: Answers one question.
        check: Checks the figures of one draft.
    """

    ask: Ask
    check: Check

    def reply(self, text: str) -> Reply:
        """The reply to one message: to a command, to nothing, to a question, or to a draft.

        Args:
            text: What the user wrote, the bot's own name taken out by the channel.

        Returns:
            A whole reply.  An error that names its mend (too long a question, an index out of order) becomes
            a reply too; anything unforeseen is the caller's to catch.
        """
        from bot import routing  # knows the grammar of questions, which no command but serve needs

        words = sayable(text).strip()
        if not words:
            return reply.notice(wording.EMPTY)
        if words in _COMMANDS:
            return reply.notice(_COMMANDS[words])
        route = routing.route(words)
        if route.want is routing.Want.COMMAND:
            # Whatever stands behind it: `/start 科创投` is a deep link, `/help me` is still /help.
            return reply.notice(_COMMANDS.get(route.text, wording.UNKNOWN_COMMAND))
        try:
            return self._done(words, route)
        except WenshuError as problem:
            return reply.notice(mending.error(problem), status=ReplyStatus.ERROR)

    def _done(self, words: str, route: "Route") -> Reply:
        """Check or ask; what is to be confirmed but has no figure that a check can see is asked."""
        from bot.routing import Want

        if route.want is not Want.ASK:
            checked = self.check(route.text)
            if route.want is Want.CHECK:
                return verdict_reply.from_checked(checked)
            if checked.verdicts:
                return verdict_reply.confirmed(checked)
        return reply.from_answer(self.ask(words))
