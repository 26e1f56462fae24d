"""From a language model's sentences to an answer: what is borne out, what of it answers, what else is shown.

The model never overrules the reader: where the articles' own words answer, its sentences must give the same figure;
where they don't, its figure must be one that the reader finds no fault with.  If none of its sentences answers, the
answer of the reader stands, an abstention too.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from knowledge.agreement import agrees
from knowledge.answer import N_ALTERNATIVES, N_CANDIDATES, Reader, cited, led_by, newest_first
from knowledge.chatter import compares
from knowledge.consensus import amount, elsewhere
from knowledge.excerpt import best_excerpt
from knowledge.generation import Statement
from knowledge.grounding import Grounded, Grounding
from knowledge.matching import cover, presence
from knowledge.question import Ask, Question
from knowledge.reading import objection
from knowledge.schema import Answer, Citation, Figure, Finding, Hit, Passage, Status

MOST = 6
"""Statements shown."""

_LIKELY = 0.3
"""Probability from which a figure that the model chose answers though the reader is unsure."""

_TOPICAL = 0.35
"""Share of the question's words, by weight, that a statement and its sentences say if they speak of the thing."""

_SAID = 0.65
"""Presence from which a name is said."""

_LACKING = frozenset({"other_entity", "other_measure"})
"""Objections to the one half of a comparison that the other half answers."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before and while a language model writes.

    Attributes:
        base: What the articles' own words answer.
        question: The question, taken apart.
        shown: The passages that the model is shown.
        kept: Statements that are borne out, in the model's order.
        lead: Place in `kept` of the one that answers, or None.
        finding: The figure that answers, or None if none is asked for.
        n_read: Statements read.
        n_removed: Those of them that are not borne out.
        ranked: Every figure of the passages that can answer, best first.
    """

    base: Answer
    question: Question
    shown: tuple[Hit, ...]
    kept: tuple[Grounded, ...] = ()
    lead: int | None = None
    finding: Finding | None = None
    n_read: int = 0
    n_removed: int = 0
    ranked: tuple[Finding, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Writer:
    """Makes answers of statements.

    Attributes:
        reader: Knows how well a figure fits the question.
        grounding: Holds statements against the passages they were made from.
    """

    reader: Reader
    grounding: Callable[[Sequence[Hit]], Grounding]

    def begin(self, base: Answer, question: Question, shown: Sequence[Hit]) -> Draft:
        """The draft of an answer before the model has written."""
        if compares(question.text):
            question = replace(question, ask=Ask.FIGURE)
        ranked = self.reader.ranked(question, base.hits)
        return Draft(base, question, tuple(shown), ranked=ranked)

    def carry_on(self, draft: Draft, growing: Iterable[Sequence[Statement]]) -> Iterator[Draft]:
        """The draft after every statement, as the model writes.

        Args:
            draft: As begun.
            growing: All statements so far, again and again.
        """
        grounding = self.grounding(draft.shown)
        for statements in growing:
            for statement in statements[draft.n_read :]:
                draft = self._with(draft, grounding.ground(statement))
                yield draft

    def answer(self, draft: Draft) -> Answer | None:
        """The answer that the statements give so far; None if none of them answers."""
        if draft.lead is None:
            return None
        lead = draft.kept[draft.lead]
        others = [g for g in draft.kept if g is not lead and self._names(draft.question, g)]
        return self._told(draft, [lead, *others][:MOST])

    def _with(self, draft: Draft, grounded: Grounded | None) -> Draft:
        draft = replace(draft, n_read=draft.n_read + 1, n_removed=draft.n_removed + int(grounded is None))
        if grounded is None or any(g.text == grounded.text for g in draft.kept):
            return draft
        if not self._speaks_of(draft.question, grounded):
            return draft
        draft = replace(draft, kept=(*draft.kept, grounded))
        return draft if draft.lead is not None else self._led(draft, grounded)

    def _led(self, draft: Draft, grounded: Grounded) -> Draft:
        """The draft with its newest statement for its lead, if that answers."""
        if draft.question.ask in {Ask.SENTENCE, Ask.TIME}:
            is_answer = self._is_sentence_asked_for(draft, grounded)
            return replace(draft, lead=len(draft.kept) - 1) if is_answer else draft
        finding = self._figure_asked_for(draft, grounded)
        if finding is not None:
            return replace(draft, lead=len(draft.kept) - 1, finding=finding)
        return self._compared(draft)

    # -- what answers

    def _figure_asked_for(self, draft: Draft, grounded: Grounded) -> Finding | None:
        for finding in _findings(draft, grounded):
            if draft.base.status is Status.ANSWERED and _is_sure(draft, self.reader):
                if draft.base.figures and amount(finding) == amount(draft.base.figures[0]):
                    return finding
            elif self._fits(finding):
                return finding
        return None

    def _fits(self, finding: Finding) -> bool:
        return finding.probability >= _LIKELY and not objection(finding.features, self.reader.n_passages())

    def _compared(self, draft: Draft) -> Draft:
        """The draft with the first of two figures for its lead, if both together are what a comparison asks for."""
        question, n_passages = draft.question, self.reader.n_passages()
        if not compares(question.text) or draft.base.status is Status.ANSWERED:
            return draft
        found = [(at, f) for at, g in enumerate(draft.kept) for f in _findings(draft, g)]
        found = [(at, f) for at, f in found if objection(f.features, n_passages) in {"", *_LACKING}]
        if len({amount(f) for _, f in found}) < 2:  # noqa: PLR2004 -- a comparison is of two
            return draft
        said = self._said([draft.kept[at] for at, _ in found])
        if any((t.name or t.noun) and presence(t.text, said) < 0.5 for t in self.reader.terms(question)):  # noqa: PLR2004
            return draft
        at, finding = found[0]
        return replace(draft, lead=at, finding=finding)

    def _is_sentence_asked_for(self, draft: Draft, grounded: Grounded) -> bool:
        if draft.base.status is Status.ANSWERED and _is_sure(draft, self.reader):
            return any(_overlap(a, b) for a in grounded.citations for b in draft.base.citations)
        terms = self.reader.terms(draft.question)
        hits = [Hit(_as_passage(c), 1.0, 1) for c in grounded.citations]
        best = best_excerpt(draft.question, terms, hits, self.reader.evidence)
        return best is not None and best.score >= self.reader.sentence_bound()

    def _speaks_of(self, question: Question, grounded: Grounded) -> bool:
        """Whether a statement speaks of what is asked, and not of something else that stands beside it."""
        terms = self.reader.terms(question)
        return not terms or cover(terms, self._said([grounded])) >= _TOPICAL

    def _names(self, question: Question, grounded: Grounded) -> bool:
        """Whether a statement that does not answer names what is asked about, if that has a name."""
        named = [t for t in self.reader.terms(question) if t.name or t.coined]
        said = self.reader.fold(grounded.text)
        return not named or any(presence(term.text, said) >= _SAID for term in named)

    def _said(self, grounded: Sequence[Grounded]) -> str:
        return self.reader.fold("\n".join([g.text + "".join(c.quote for c in g.citations) for g in grounded]))

    # -- what is shown

    def _told(self, draft: Draft, told: Sequence[Grounded]) -> Answer:
        citations, statements = _numbered(told)
        figures = _cited_figures(draft, told, citations)
        others = self._history(draft, figures, len(citations))
        history = tuple(cited(f, self.reader.evidence(f.article_id)) for f in others)
        return replace(
            draft.base,
            status=Status.ANSWERED,
            text="".join(statement.text for statement in statements),
            statements=statements,
            figures=figures,
            citations=(*citations, *history),
            alternatives=tuple(others),
            candidates=self._candidates(draft),
            confidence=self._confidence(draft),
            reason="",
        )

    def _confidence(self, draft: Draft) -> float:
        if draft.finding is None or draft.base.status is Status.ANSWERED:
            return draft.base.confidence
        return self.reader.model.confidence(_led_by(draft), self.reader.n_passages())

    def _candidates(self, draft: Draft) -> tuple[Finding, ...]:
        return _led_by(draft)[1 : N_CANDIDATES + 1] if draft.finding is not None else ()

    def _history(self, draft: Draft, figures: Sequence[Finding], n_labels: int) -> list[Finding]:
        """What other articles state of the same thing and no statement has said, newest first, labelled."""
        if draft.finding is None:
            return []
        said = {amount(f) for f in figures}
        found = [f for f in elsewhere(_led_by(draft)) if amount(f) not in said]
        listed = newest_first(found, self.reader.evidence)[:N_ALTERNATIVES]
        return [replace(f, citation=n_labels + at) for at, f in enumerate(listed, 1)]


def _is_sure(draft: Draft, reader: Reader) -> bool:
    """Whether the reader stands by its answer, rather than being made to give one (`--no-abstain`)."""
    if not draft.base.figures:
        return draft.base.confidence >= reader.sentence_bound()
    forbidden = objection(draft.base.figures[0].features, reader.n_passages())
    return not forbidden and draft.base.confidence >= reader.model.threshold


def _findings(draft: Draft, grounded: Grounded) -> Iterator[Finding]:
    """The statement's figures that can answer, with what the reader thinks of them; no echo of the question's own."""
    for article_id, figure in grounded.figures:
        if not _is_echo(draft.question, figure):
            yield from (f for f in draft.ranked if _is_at(f, article_id, figure))


def _is_echo(question: Question, figure: Figure) -> bool:
    own = question.quantities if question.ask is not Ask.YES_NO else ()
    return any(q.unit == figure.quantity.unit and agrees(q, figure.quantity) for q in own)


def _is_at(finding: Finding, article_id: str, figure: Figure) -> bool:
    return finding.article_id == article_id and finding.figure.quantity.start == figure.quantity.start


def _led_by(draft: Draft) -> tuple[Finding, ...]:
    """All candidates, the one that answers first."""
    assert draft.finding is not None  # noqa: S101 -- asked only if a figure answers
    return led_by(draft.finding, draft.ranked)


def _numbered(told: Sequence[Grounded]) -> tuple[tuple[Citation, ...], tuple[Statement, ...]]:
    """The sentences cited, each once and numbered as they come, and the statements with those numbers."""
    cited_once: dict[tuple[str, int, int], Citation] = {}
    statements = []
    for grounded in told:
        labels = []
        for citation in grounded.citations:
            key = (citation.article_id, citation.start, citation.end)
            former = cited_once.get(key) or replace(citation, label=len(cited_once) + 1)
            marks = tuple(sorted({*former.marks, *citation.marks}))
            cited_once[key] = replace(former, marks=marks)
            labels.append(former.label)
        statements.append(Statement(grounded.text, tuple(labels)))
    return tuple(cited_once.values()), tuple(statements)


def _cited_figures(
    draft: Draft, told: Sequence[Grounded], citations: Sequence[Citation]
) -> tuple[Finding, ...]:
    """The figures of the statements, the one that answers first, each once and with its sentence's label."""
    known = {(f.article_id, f.figure.quantity.start): f for f in draft.ranked}
    listed = [draft.finding] if draft.finding is not None else []
    for grounded in told:
        for article_id, figure in grounded.figures:
            finding = known.get((article_id, figure.quantity.start)) or Finding(figure, article_id, 0.0)
            if not any(_is_at(other, article_id, figure) for other in listed):
                listed.append(finding)
    return tuple(replace(f, citation=_label_of(f, citations)) for f in listed)


def _label_of(finding: Finding, citations: Sequence[Citation]) -> int:
    at = finding.figure.quantity.start
    inside = (c.label for c in citations if c.article_id == finding.article_id and c.start <= at < c.end)
    return next(inside, 0)


def _overlap(one: Citation, other: Citation) -> bool:
    return one.article_id == other.article_id and one.start < other.end and other.start < one.end


def _as_passage(citation: Citation) -> Passage:
    name = f"{citation.article_id}#{citation.start}-{citation.end}"
    return Passage(name, citation.article_id, citation.start, citation.end, citation.quote, n_tokens=0)
