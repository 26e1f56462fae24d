"""The reply document: what is said to a user, before any channel has had its say.

It holds blocks, citations, buttons and a status, never markup.  `bot.render` makes it fit a chat,
`bot.channels.console` a terminal.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from bot import phrases, wording
from knowledge.schema import Answer, Article, Citation, Finding, Span, Status

MAX_ALTERNATIVES = 3
"""More than a glance takes in; the command line's JSON has them all."""

MAX_NEAREST = 3
"""Passages shown when there is no answer."""

MAX_LABELS = 4
"""Citations a block may carry, so that a claim and what explains it fit one message of any channel."""


class Role(StrEnum):
    """What a block is for."""

    HEADLINE = "headline"
    """The answer itself."""

    DETAIL = "detail"
    """Belongs to the block before it."""

    TEXT = "text"
    """Our own words; its citations follow it without being called by number."""

    EXTRA = "extra"
    """What else there is."""


class ReplyStatus(StrEnum):
    """What sort of reply this is."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"
    CHECKED = "checked"
    NOTICE = "notice"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text of one weight.

    Attributes:
        text: What is said.
        strong: True for what the eye should find first.
    """

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph that is kept together where it fits.

    Attributes:
        role: What it is for.
        runs: Its text, in order.
        labels: The citations it rests on, by label; at most `MAX_LABELS`.
    """

    role: Role
    runs: tuple[Run, ...]
    labels: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.labels) > MAX_LABELS:
            raise ValueError(f"labels: expected at most {MAX_LABELS}, got {len(self.labels)}")

    @property
    def text(self) -> str:
        """The words without weights or labels."""
        return "".join(run.text for run in self.runs)

    @property
    def call(self) -> str:
        """The labels as they stand behind the words: `[1][2]`; empty for our own words."""
        return "" if self.role is Role.TEXT else "".join(f"[{label}]" for label in self.labels)


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press: it leads somewhere or gives an order.

    Attributes:
        text: What it says.
        url: Where it leads; empty for an order.
        order: What it is short for: a command, the number of the answer, of the citation; at most 64 bytes.
    """

    text: str
    url: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole reply.

    Attributes:
        status: What sort of reply it is.
        blocks: Paragraphs, in reading order.
        citations: Every label that a block carries is one of theirs.
        buttons: Offered below.
        number: Of the stored answer; 0 for a reply that answers nothing.
    """

    status: ReplyStatus
    blocks: tuple[Block, ...]
    citations: tuple[Citation, ...] = ()
    buttons: tuple[Button, ...] = ()
    number: int = 0

    def sections(self) -> Iterator["Section"]:
        """The blocks in groups that belong together, each with the labels it is the first to use."""
        explained: set[int] = set()
        group: list[Block] = []
        for block in self.blocks:
            if group and block.role is not Role.DETAIL:
                yield _section(group, explained)
                group = []
            group.append(block)
        if group:
            yield _section(group, explained)

    def by_article(self, labels: Iterable[int]) -> Iterator[tuple[Citation, ...]]:
        """The citations of labels, those of one article that follow each other together."""
        citations = map(self.citation, labels)
        for _, group in groupby(citations, key=lambda citation: citation.article_id):
            yield tuple(group)

    def citation(self, label: int) -> Citation:
        """The citation of a label.

        Raises:
            KeyError: No citation has that label.
        """
        for citation in self.citations:
            if citation.label == label:
                return citation
        raise KeyError(label)


@dataclass(frozen=True, slots=True)
class Section:
    """A block with its details.

    Attributes:
        blocks: The block, then the details that follow it.
        labels: The citations to explain right below.
    """

    blocks: tuple[Block, ...]
    labels: tuple[int, ...]


def _section(blocks: list[Block], explained: set[int]) -> Section:
    used = dict.fromkeys(label for block in blocks for label in block.labels)
    labels = tuple(label for label in used if label not in explained)
    explained.update(labels)
    return Section(tuple(blocks), labels)


def notice(text: str, *, status: ReplyStatus = ReplyStatus.NOTICE) -> Reply:
    """A reply of plain words, a paragraph a line."""
    return Reply(status, tuple(Block(Role.TEXT, (Run(line),)) for line in text.splitlines() if line.strip()))


def with_citations(status: ReplyStatus, blocks: Sequence[Block], citations: Iterable[Citation]) -> Reply:
    """The reply of blocks with those of the citations that they use, and a button to the first one's article."""
    used = {label for block in blocks for label in block.labels}
    kept = tuple(citation for citation in citations if citation.label in used)
    return Reply(status, tuple(blocks), kept, _buttons(kept))


def from_answer(answer: Answer) -> Reply:
    """The reply that tells an answer, or tells that there is none."""
    if answer.status is Status.ABSTAINED:
        return _abstained(answer)
    told = _written(answer) if answer.statements else _headline(answer)
    blocks = (*told, *_alternatives(answer))
    return with_citations(ReplyStatus.ANSWERED, blocks, answer.citations)


def candidates(answer: Answer, article: Callable[[str], Article]) -> Reply:
    """What came after the answer, each figure with its sentence and how probable it is.

    Args:
        answer: With candidates.
        article: Article by id.
    """
    blocks = [Block(Role.TEXT, (Run(wording.CANDIDATES),))]
    citations = []
    for label, finding in enumerate(answer.candidates, len(answer.citations) + 1):
        likely = Run(f" {finding.probability:.0%}")
        runs = (*_figure_runs(finding), *_measure_run(finding), likely)
        blocks.append(Block(Role.EXTRA, runs, (label,)))
        citations.append(_citation_of(finding, article(finding.article_id), label))
    return Reply(ReplyStatus.NOTICE, tuple(blocks), tuple(citations))


def _citation_of(finding: Finding, article: Article, label: int) -> Citation:
    quantity = finding.figure.quantity
    marks = (Span(quantity.start, quantity.end),)
    return Citation.of(article, finding.figure.sentence, label=label, marks=marks)


def _abstained(answer: Answer) -> Reply:
    blocks = [Block(Role.TEXT, (Run(line),)) for line in wording.abstention(answer).splitlines()]
    nearest = tuple(citation.label for citation in answer.citations[:MAX_NEAREST])
    if nearest:
        blocks.append(Block(Role.TEXT, (Run(wording.NEAREST),), nearest))
    return with_citations(ReplyStatus.ABSTAINED, blocks, answer.citations)


def _headline(answer: Answer) -> Iterator[Block]:
    verdict = (Run(wording.yes_no(said_yes=answer.yes_no), strong=True),) if answer.yes_no is not None else ()
    if not answer.figures:
        yield _plain_headline(answer, verdict)
        return
    first, *others = answer.figures
    yield Block(Role.HEADLINE, (*verdict, *_figure_runs(first, after=bool(verdict))), _labels(first))
    if first.figure.quantity.hedge:
        yield Block(Role.DETAIL, (Run(wording.hedged(first.figure.quantity.hedge)),))
    for other in others:
        if other.citation:
            yield Block(Role.EXTRA, (*_figure_runs(other), *_measure_run(other)), _labels(other))


def _written(answer: Answer) -> Iterator[Block]:
    """What a language model wrote, a sentence a block with its labels; the figure that answers in bold."""
    verdict = (
        (Run(f"{wording.yes_no(said_yes=answer.yes_no)}。", strong=True),)
        if answer.yes_no is not None
        else ()
    )
    answering = answer.figures[0].figure.quantity if answer.figures else None
    for number, statement in enumerate(answer.statements):
        first = number == 0
        text = wording.without_verdict(statement.text) if verdict and first else statement.text
        runs = _bolder(text, answering.surface if answering and first else "")
        role = Role.HEADLINE if first else Role.DETAIL
        yield Block(role, (*(verdict if first else ()), *runs), statement.labels[:MAX_LABELS])
        if first and answering and answering.hedge and answering.hedge not in statement.text:
            yield Block(Role.DETAIL, (Run(wording.hedged(answering.hedge)),))
    yield Block(Role.DETAIL, (Run(wording.WRITTEN_BY_A_MODEL),))


def _bolder(text: str, surface: str) -> tuple[Run, ...]:
    """The text with what stands at `surface` in bold; all of it plain if that is not in it as it is."""
    before, found, after = text.partition(surface) if surface else (text, "", "")
    return tuple(Run(part, strong=part is found) for part in (before, found, after) if part)


def _plain_headline(answer: Answer, verdict: tuple[Run, ...]) -> Block:
    """An answer that is no figure: its words, or a lead to the quote if they are the whole quote."""
    labels = tuple(citation.label for citation in answer.citations[:MAX_LABELS])
    quoted = any(answer.text.strip() == citation.quote.strip() for citation in answer.citations)
    if answer.text and not quoted:
        words = Run(("，" if verdict else "") + answer.text.strip(), strong=not verdict)
        return Block(Role.HEADLINE, (*verdict, words), labels)
    return Block(Role.HEADLINE, verdict or (Run(wording.ARTICLE_SAYS),), labels)


def _figure_runs(finding: Finding, *, after: bool = False) -> tuple[Run, ...]:
    when = wording.as_of(finding.figure.as_of)
    lead = (Run("，"),) if after else ()
    number = Run(finding.figure.quantity.surface, strong=True)
    return (*lead, number, Run(f"（{when}）")) if when else (*lead, number)


def _measure_run(finding: Finding) -> tuple[Run, ...]:
    measured = wording.measured(finding.figure)
    return (Run(f"：{measured}"),) if measured else ()


def _alternatives(answer: Answer) -> Iterator[Block]:
    """Only what is quoted beside it: a figure never reaches a user without its sentence."""
    shown = [finding for finding in answer.alternatives if finding.citation][:MAX_ALTERNATIVES]
    if shown:
        yield Block(Role.TEXT, (Run(wording.ELSEWHERE),))
    for finding in shown:
        yield Block(Role.EXTRA, (Run("· "), *_figure_runs(finding), *_measure_run(finding)), _labels(finding))


def _labels(finding: Finding) -> tuple[int, ...]:
    return (finding.citation,) if finding.citation else ()


def _buttons(citations: tuple[Citation, ...]) -> tuple[Button, ...]:
    for citation in citations[:1]:
        if citation.url.startswith(("https://", "http://")):
            return (Button(phrases.OPEN_ARTICLE, citation.url),)
    return ()
