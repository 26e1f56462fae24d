"""A claim, the figures it is held against, and what comes of it: what the rules of verification work on."""

from dataclasses import dataclass
from typing import NamedTuple

from knowledge.features import Evidence
from knowledge.question import Question
from knowledge.schema import Figure, Finding, Quantity, Span
from knowledge.verdict import Label, Reason


class Basis(NamedTuple):
    """Where a verdict rests.

    Attributes:
        source: The article.
        sentence: The sentence to quote.
        span: What in it decides.
        also: What else to mark: the time it is told of.
    """

    source: Evidence
    sentence: Span
    span: Span
    also: tuple[Span, ...] = ()

    @property
    def surface(self) -> str:
        """What decides, in the article's own characters."""
        return self.source.article.text[self.span.start : self.span.end]


_HEDGE_REACH = 12
"""Characters within which the word that hedges a figure is shown with it."""


class Candidate(NamedTuple):
    """A figure of the articles beside a claim.

    Attributes:
        finding: What stands there, with its features as an answer to the claim's question.
        score: How well it fits that question, its number aside, and how alike the words are that govern both; only
            differences mean something.
        source: The article.
    """

    finding: Finding
    score: float
    source: Evidence

    @property
    def figure(self) -> Figure:
        """The figure, linked."""
        return self.finding.figure

    @property
    def quantity(self) -> Quantity:
        """What it states."""
        return self.finding.figure.quantity

    @property
    def sentence(self) -> str:
        """The words of its sentence."""
        return self.source.text[slice(*self.figure.sentence)]

    @property
    def basis(self) -> Basis:
        """Where it stands, with the word that makes it no fact yet (预计达7800家) and its time."""
        quantity, sentence, as_of = self.quantity, self.figure.sentence, self.figure.as_of
        hedge = (
            self.source.text.rfind(quantity.hedge, sentence.start, quantity.start) if quantity.hedge else -1
        )
        near = hedge >= 0 and quantity.start - hedge <= _HEDGE_REACH
        inside = as_of is not None and sentence.start <= as_of.start < as_of.end <= sentence.end
        also = (Span(as_of.start, as_of.end),) if as_of and inside else ()
        return Basis(self.source, sentence, Span(hedge if near else quantity.start, quantity.end), also)

    @property
    def cover(self) -> float:
        """Share of the claim's words that its sentence says."""
        return self.finding.features["cover_sentence"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim as the question that its words ask.

    Attributes:
        question: With the number masked.
        claimed: The claim's own number.
        unspoken: What the claim speaks of and no article does (a subject, a measure, a time); NONE if all is spoken of.
        counted: The nouns that say what is counted or measured.
        names: The made-up names of its clause (科创贷).
        run: The words that govern the number in the draft.
        clause: The clause that it stands in.
        lead: What stands before that clause in its sentence.
    """

    question: Question
    claimed: Quantity
    unspoken: Reason = Reason.NONE
    counted: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    run: str = ""
    clause: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the articles say of a claim.

    Attributes:
        label: Supported, refuted, or not enough information.
        reason: What decided.
        basis: What decides, the newest article first.
    """

    label: Label
    reason: Reason = Reason.NONE
    basis: tuple[Basis, ...] = ()

    @property
    def expected(self) -> str:
        """What the article says instead, or more exactly; empty if the claim stands as it is."""
        return self.basis[0].surface if self.basis and self.reason else ""


UNKNOWN = Ruling(Label.NOT_ENOUGH_INFO)
