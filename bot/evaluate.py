"""Regression pairs: ask each question and compare what comes with what should."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot import wording
from bot.jsonview import Json, plain
from knowledge.schema import Answer, Citation, Status


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and what should come of it; empty or None where nothing is demanded.

    Attributes:
        id: Unique in its file.
        question: What is asked.
        status: Answered or abstained.
        value: Of the first figure, in `unit`.
        unit: Of the first figure.
        modifier: Of the first figure.
        sentence: A verbatim piece that some citation's quote holds.
        contains: Each stands in the quote that holds `sentence`, or, without one, in the answer's text.
        yes_no: The verdict.
        tags: For the totals.
    """

    id: str
    question: str
    status: Status
    value: Decimal | None = None
    unit: str | None = None
    modifier: str = ""
    sentence: str = ""
    contains: tuple[str, ...] = ()
    yes_no: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Miss:
    """One demand that was not met.

    Attributes:
        field: Which demand.
        expected: What it asked for.
        got: What came.
    """

    field: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a pair.

    Attributes:
        pair: The pair.
        misses: Empty if all is right.
        shown: The answer in a line.
        answered: Whether there was one.
    """

    pair: Pair
    misses: tuple[Miss, ...]
    shown: str
    answered: bool

    @property
    def right(self) -> bool:
        """Whether every demand was met."""
        return not self.misses

    @property
    def wrong_answer(self) -> bool:
        """Whether an answer was given that is wrong: worse than none."""
        return self.answered and not self.right


@dataclass(frozen=True, slots=True)
class Summary:
    """The outcomes of a run.

    Attributes:
        outcomes: In the order of the pairs.
    """

    outcomes: tuple[Outcome, ...]

    @property
    def n_right(self) -> int:
        """Pairs that are right."""
        return sum(outcome.right for outcome in self.outcomes)

    @property
    def n_wrong_answers(self) -> int:
        """Answers given that are wrong."""
        return sum(outcome.wrong_answer for outcome in self.outcomes)

    @property
    def accuracy(self) -> float:
        """Share of pairs that are right, in [0, 1]; 1 if there are none."""
        return self.n_right / len(self.outcomes) if self.outcomes else 1.0

    @property
    def misses(self) -> tuple[Outcome, ...]:
        """The outcomes that are not right."""
        return tuple(outcome for outcome in self.outcomes if not outcome.right)

    def by_tag(self) -> Iterator[tuple[str, int, int]]:
        """Each tag with how many of its pairs are right and how many there are, most frequent first."""
        total = Counter(tag for outcome in self.outcomes for tag in outcome.pair.tags)
        right = Counter(tag for outcome in self.outcomes if outcome.right for tag in outcome.pair.tags)
        for tag, n_pairs in total.most_common():
            yield tag, right[tag], n_pairs


def run(pairs: Iterable[Pair], ask: Callable[[str], Answer]) -> Iterator[Outcome]:
    """Ask every question and compare."""
    for pair in pairs:
        answer = ask(pair.question)
        yield Outcome(pair, tuple(compare(pair, answer)), _shown(answer), answer.status is Status.ANSWERED)


def compare(pair: Pair, answer: Answer) -> Iterator[Miss]:
    """Every demand of a pair that an answer doesn't meet."""
    if answer.status is not pair.status:
        yield Miss("status", pair.status.value, f"{answer.status.value} {answer.reason}".strip())
        return
    if pair.status is Status.ABSTAINED:
        return
    yield from _figure_misses(pair, answer)
    quote = next((c.quote for c in answer.citations if pair.sentence and pair.sentence in c.quote), "")
    if pair.sentence and not quote:
        yield Miss("sentence", pair.sentence, _quotes(answer.citations))
    where = quote if pair.sentence else answer.text
    for words in pair.contains:
        if words not in where:
            yield Miss("contains", words, where)
    said = {True: "yes", False: "no", None: "none"}[answer.yes_no]
    if pair.yes_no and pair.yes_no != said:
        yield Miss("yes_no", pair.yes_no, said)


def _figure_misses(pair: Pair, answer: Answer) -> Iterator[Miss]:
    if pair.value is None:
        return
    if not answer.figures:
        yield Miss("value", plain(pair.value), "no figure")
        return
    quantity = answer.figures[0].figure.quantity
    if quantity.value != pair.value:
        yield Miss("value", plain(pair.value), plain(quantity.value))
    if pair.unit is not None and quantity.unit != pair.unit:
        yield Miss("unit", pair.unit, quantity.unit)
    if pair.modifier and quantity.modifier.value != pair.modifier:
        yield Miss("modifier", pair.modifier, quantity.modifier.value)


def _quotes(citations: Sequence[Citation]) -> str:
    return " / ".join(citation.quote for citation in citations) or "no citation"


def _shown(answer: Answer) -> str:
    return answer.reason if answer.status is Status.ABSTAINED else wording.told(answer)


def summary_view(summary: Summary) -> Json:
    """The object that `wenshu eval --json` prints; also what `--baseline` reads."""
    return {
        "pairs": len(summary.outcomes),
        "right": summary.n_right,
        "accuracy": round(summary.accuracy, 4),
        "wrong_answers": summary.n_wrong_answers,
        "tags": {tag: {"right": right, "pairs": total} for tag, right, total in summary.by_tag()},
        "outcomes": [_outcome_view(outcome) for outcome in summary.outcomes],
    }


def _outcome_view(outcome: Outcome) -> Json:
    misses = [{"field": m.field, "expected": m.expected, "got": m.got} for m in outcome.misses]
    return {
        "id": outcome.pair.id,
        "question": outcome.pair.question,
        "right": outcome.right,
        "answered": outcome.answered,
        "shown": outcome.shown,
        "misses": misses,
    }
