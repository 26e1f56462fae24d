"""One inbound text in, one reply document out: the same for every channel."""

from collections.abc import Callable
from dataclasses import dataclass

from bot import mending, reply, wording
from bot.reply import Reply, ReplyStatus
from knowledge.errors import WenshuError
from knowledge.schema import Answer

Ask = Callable[[str], Answer]
"""Answers one question; may take a second and may raise a `WenshuError`."""

_COMMANDS: dict[str, str] = {
    "/start": f"{wording.START}\n{wording.HELP}",
    "/help": wording.HELP,
    "帮助": wording.HELP,
    "/帮助": wording.HELP,
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
    """

    ask: Ask

    def reply(self, text: str) -> Reply:
        """The reply to one message: to a command, to nothing, or to a question.

        Args:
            text: What the user wrote, the bot's own name taken out by the channel.

        Returns:
            A whole reply.  An error that names its mend (too long a question, an index out of order) becomes
            a reply too; anything unforeseen is the caller's to catch.
        """
        words = sayable(text).strip()
        if not words:
            return reply.notice(wording.EMPTY)
        if words in _COMMANDS:
            return reply.notice(_COMMANDS[words])
        if words.startswith("/"):
            return self._command(words)
        try:
            return reply.from_answer(self.ask(words))
        except WenshuError as problem:
            return reply.notice(mending.error(problem), status=ReplyStatus.ERROR)

    def _command(self, words: str) -> Reply:
        """A command with something behind it: `/start 科创投` is a deep link, `/help me` is still /help."""
        name = words.split(maxsplit=1)[0].lower()
        return reply.notice(_COMMANDS.get(name, wording.UNKNOWN_COMMAND))
