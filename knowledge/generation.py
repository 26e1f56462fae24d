"""What a language model has to do with an answer: its sentences, what became of them, what they took."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a language model and the labels it names.

    Attributes:
        text: One sentence, without labels.
        labels: As written by the model: of the passages it was shown; in an `Answer`, of its citations.
    """

    text: str
    labels: tuple[int, ...] = ()


class Outcome(StrEnum):
    """What became of what a language model wrote."""

    KEPT = "kept"
    """It answers, and all of it that is shown is borne out."""

    REPLACED = "replaced"
    """What was left of it does not answer; the articles' own words do."""

    ABSTAINED = "abstained"
    """What was left of it does not answer, and nothing else does."""

    FAILED = "failed"
    """It wrote nothing: an error, no time left, or the circuit is open."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the calls of a language model took.

    Attributes:
        calls: Requests that brought something, one a prompt.
        prompt_tokens: Tokens sent.
        completion_tokens: Tokens received.
        estimated: True if the model didn't count, and we did.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class Generation:
    """What a language model had to do with an answer.

    Attributes:
        model: Its name, as the settings have it.
        outcome: What became of what it wrote.
        n_statements: Sentences it wrote.
        n_removed: Those that are not borne out by what they cite.
        usage: Tokens.
        first_ms: From the question to the first sentence that was borne out and answers; None if there was none.
        model_ms: The model's own time, all calls together.
        error: Code of what went wrong; empty if nothing did.
    """

    model: str
    outcome: Outcome
    n_statements: int = 0
    n_removed: int = 0
    usage: Usage = Usage()
    first_ms: float | None = None
    model_ms: float = 0.0
    error: str = ""
