"""What is kept beyond a restart: messages under way, answers given, what users said of them, what a model took."""

from dataclasses import dataclass
from typing import NamedTuple

from bot.inbound import Speaker


@dataclass(frozen=True, slots=True)
class Message:
    """A message under way.

    Attributes:
        channel: The platform.
        id: Its name there, unique in the channel.
        at: When it was taken in.
        payload: What the channel needs to handle it again.
        parts: The reply, ready to be sent, or None if it is still to be made.
        n_sent: How many of the parts have left.
    """

    channel: str
    id: str
    at: float
    payload: str
    parts: tuple[str, ...] | None = None
    n_sent: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """An answer as it was given.

    Attributes:
        speaker: Whom it was given to.
        question: As written.
        understood: As it was read: a follow-up made whole.
        want: ask, check or confirm.
        status: answered, abstained or checked.
        reply: The reply document as JSON.
        figures: The figures in it, each as the command line's JSON has it, as a JSON list.
        versions: Digest of every article cited, by id, as JSON.
        engine: Which version of us, of the reading model and of the settings answered.
        id: Its number; 0 before it is stored.
        at: When.
    """

    speaker: Speaker
    question: str
    understood: str
    want: str
    status: str
    reply: str
    figures: str
    versions: str
    engine: str
    id: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a user says of an answer.

    Attributes:
        at: When.
        member: Who says it.
        question: What had been asked, made whole; empty if it is about no answer.
        answered: What we had said.
        useful: False if it is called wrong.
        said: What is right in their words; may be empty.
        id: Its number; 0 before it is stored.
    """

    at: float
    member: str
    question: str
    answered: str
    useful: bool
    said: str
    id: int = 0


class Spent(NamedTuple):
    """What a language model took on a day.

    Attributes:
        day: ISO day, UTC.
        model: Its name.
        calls: Requests that brought something.
        failed: Answers that it failed on.
        sent: Tokens of prompts.
        received: Tokens of replies.
        cost: In the operator's currency.
    """

    day: str
    model: str
    calls: int
    failed: int
    sent: int
    received: int
    cost: float
