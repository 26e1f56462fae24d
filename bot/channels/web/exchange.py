"""What was asked and what was answered, as a page shows it."""

from dataclasses import dataclass, field
from secrets import token_hex

from bot import buttons, orders, phrases, stored
from bot.channels.web import words_of_pages
from bot.conversation import AWAITING, Conversation
from bot.kept import Record
from bot.reply import Reply, ReplyStatus, Section, notice
from bot.service import Library

MAX_SHOWN = 100
"""Code points of what was asked that are shown at once; the rest, of a draft mostly, can be unfolded."""

USEFUL, WRONG, CONTEXT, CORRECTED = "/useful", "/wrong", "/context", "/feedback"
OFFERED = frozenset({USEFUL, WRONG, CONTEXT})
"""What a page has buttons for."""


@dataclass(frozen=True, slots=True)
class Told:
    """What comes of a button, shown below the answer it belongs to.

    Attributes:
        reply: What is said.
        corrects: The answer to be put right in a field, by number; 0 for no field.
    """

    reply: Reply
    corrects: int = 0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message and its reply.

    Attributes:
        asked: The message.
        reply: The reply.
        number: Of the stored answer; 0 if it is none.
        want: What the message wanted: ask, check or confirm; empty if it is none of these.
        told: What came of a button below it, or None if none was pressed just now.
        is_new: True for the one that the page is opened for.
        mark: Unique in a page.
    """

    asked: str
    reply: Reply
    number: int = 0
    want: str = ""
    told: Told | None = None
    is_new: bool = False
    mark: str = field(default_factory=lambda: token_hex(4))

    @property
    def id(self) -> str:
        """The name of its place in a page."""
        return f"a{self.number}" if self.number else f"n{self.mark}"

    @property
    def shown(self) -> str:
        """What was asked, cut if it is long."""
        return self.asked if len(self.asked) <= MAX_SHOWN else f"{self.asked[:MAX_SHOWN].rstrip()}……"

    @property
    def is_check(self) -> bool:
        """Whether the draft can be seen coloured."""
        return bool(self.number) and self.want == "check"

    @property
    def can_be_useful(self) -> bool:
        """Whether it is worth asking if it was."""
        return self.reply.status is not ReplyStatus.ABSTAINED

    def sections(self) -> list[Section]:
        """The blocks in groups, each with the citations to show below."""
        return list(self.reply.sections())

    def order(self, command: str, label: int | None = None) -> str:
        """What a button below it sends."""
        return buttons.order(command, self.number, label)


def of_record(record: Record, *, told: Told | None = None) -> Exchange:
    """A stored answer, as it was given."""
    return Exchange(record.question, stored.loads(record.reply), record.id, record.want, told)


def after_press(pressed: buttons.Pressed, answer: Reply) -> Told:
    """What is shown of a button's reply; one who finds an answer wrong is given a field."""
    is_asked = pressed.command == WRONG and answer.status is not ReplyStatus.ERROR
    return Told(notice(words_of_pages.CORRECT), corrects=pressed.number) if is_asked else Told(answer)


def remembered(pressed: buttons.Pressed) -> Told | None:
    """What is shown of a button that was pressed before the page was opened anew; nothing is done again."""
    said = {USEFUL: phrases.THANKS, CORRECTED: phrases.THANKS_FOR_SAYING, WRONG: ""}.get(pressed.command)
    return None if said is None else after_press(pressed, notice(said))


def correct(talk: Conversation, library: Library, record: Record, said: str) -> Reply:
    """Notes what is right about an answer, in the words of whom it was given to."""
    talk.note(AWAITING, str(record.id))
    return orders.corrected(orders.Order(talk, library, record, said))
