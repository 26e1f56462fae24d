"""The pipeline of one draft: claims → passages about each → candidates → a verdict each.

A claim is read as a question is: its number is masked, and the reader's features say how well every figure of the
passages fits the words around it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import product
from time import perf_counter
from typing import NamedTuple

from knowledge.agreement import same_value
from knowledge.answer import Reader
from knowledge.chunking import sentences
from knowledge.claims import Claim, Form, claims
from knowledge.drafts import legible
from knowledge.errors import UsageError
from knowledge.features import Evidence, features, governed
from knowledge.following import comparable, differs_in_unit, follows
from knowledge.likeness import likeness, margins, touching
from knowledge.matching import Weighted, weigh
from knowledge.question import Ask, Question, analyse, untagged
from knowledge.ranking import Model
from knowledge.reading import compared
from knowledge.ruling import Asked, Candidate, Ruling
from knowledge.schema import Article, Citation, Figure, Finding, Hit, Passage, Span
from knowledge.spoken import counted, named, unspoken
from knowledge.stated import rule_name, rule_stated
from knowledge.terms import Tokenize, content_terms, lightened
from knowledge.verdict import Checked, Verdict
from knowledge.verification import rule_figure

_LIKE = 2.0
"""What words repeated to the letter add to the score of a figure."""

_TOUCH = 1.0
"""What the same characters on both sides of the number add: the sentence was taken over."""

_TOO = 1.0
"""What each figure that stands beside both the claim's and the article's adds."""

_LIKELIER = 0.5
"""Confidence above which an answer is likelier right than not."""

_LIKELY = 12
"""Figures that are looked at closely: those of the sentences most like the claim's."""

_OPENING = 200
"""Characters of a draft by which the articles it is about are found."""


LONGEST = 20_000
"""Characters of a draft: twenty pages; a book is checked by chapters."""


def drafted(text: str, published: str | None) -> date | None:
    """The day a draft is of, after a look whether draft and day will do.

    Raises:
        UsageError: The draft is empty or too long, or the day is none.
    """
    if not text.strip():
        raise UsageError("draft: expected a text, got nothing; pass one", code="empty_draft")
    if len(text) > LONGEST:
        message = f"draft: expected at most {LONGEST} characters, got {len(text)}; check it in parts"
        raise UsageError(message, item=str(len(text)), code="draft_too_long")
    try:
        return date.fromisoformat(published[:10]) if published else None
    except ValueError as e:
        message = f"published: expected an ISO day such as 2022-02-21, got {published!r}"
        raise UsageError(message, item=str(published), code="bad_day") from e


@dataclass(frozen=True)
class Checker:
    """Holds drafts against articles.

    Attributes:
        reader: Knows the articles, their words and how well a figure fits a question.
        search: The passages that speak of some words, nearest first.
        is_about: True if a draft is known to be about these articles: then a date that stands in them is theirs.
    """

    reader: Reader
    search: Callable[[str], Sequence[Hit]]
    is_about: bool

    def check(self, text: str, *, anchor: date | None = None) -> Checked:
        """A verdict on everything in a draft that has a number.

        Args:
            text: The draft as given.
            anchor: The day that its 今年 and 去年 are counted from; if None, the nearest article's.
        """
        started = perf_counter()
        draft = legible(untagged(self.reader.fold(text)))
        found = claims(draft.text, anchor=anchor or self._day(draft.text))
        rule = replace(self, reader=self.reader.remembering()).rule
        labels: dict[tuple[str, Span], int] = {}
        verdicts = []
        for claim in found:
            span = draft.span(claim.start, claim.end)
            verdicts.append(_verdict(text, span, claim, rule(claim), labels))
        return Checked(text, tuple(verdicts), {"total": round((perf_counter() - started) * 1000, 2)})

    def _day(self, text: str) -> date | None:
        """The day of the article that speaks most nearly of how the draft begins."""
        hits = self.search(text[:_OPENING])
        return self.reader.articles(hits[0].passage.article_id).day if hits else None

    def rule(self, claim: Claim) -> Ruling:
        """What the articles say of one claim."""
        hits = self.search(claim.words)
        sources = {i: self.reader.evidence(i) for i in dict.fromkeys(hit.passage.article_id for hit in hits)}
        question = self._question(claim, "\n".join(_texts(hits, sources)))
        terms = weigh(question.terms, self.reader.document_frequency, self.reader.n_passages())
        if claim.form is not Form.FIGURE or claim.quantity is None:
            return rule_stated(claim, terms, hits, sources, is_about=self.is_about)
        if ruling := rule_name(claim, sources):
            return ruling
        missing = unspoken(claim, question.terms, list(sources.values()))
        asked = Asked(
            question,
            claim.quantity,
            missing,
            counted(claim, question.terms),
            named(claim, question.terms),
            claim.run,
            claim.clause,
            claim.lead,
        )
        places = list(_places(hits, sources))
        alike = _likely(claim, [p for p in places if comparable(asked.claimed, p.figure.quantity)])
        others = [p for p in places if differs_in_unit(asked.claimed, p.figure.quantity)]
        found = compared([p.finding(question, terms) for p in alike], self.reader.n_passages())
        elsewise = [p.finding(question, terms) for p in others]
        beside, apart = (self._best_first(claim, some, sources) for some in (found, elsewise))
        return rule_figure(asked, beside, apart, self._is_sure)

    def _best_first(
        self, claim: Claim, found: Sequence[Finding], sources: Mapping[str, Evidence]
    ) -> list[Candidate]:
        """Candidates by how well they fit the claim's question, how alike their words are and what stands beside."""
        out = []
        for finding in found:
            source, figure = sources[finding.article_id], finding.figure
            like = _LIKE * likeness(claim.run, governed(source.text, figure))
            span = Span(figure.quantity.start, figure.quantity.end)
            touch = _TOUCH * touching(claim.margins, margins(source.text, span))
            too = _TOO * sum(same_value(a, b) for a, b in product(claim.beside, source.beside(figure)))
            out.append(
                Candidate(finding, self.reader.model.score(finding.features) + like + touch + too, source)
            )
        return sorted(out, key=lambda c: -c.score)

    def _is_sure(self, found: Sequence[Finding]) -> bool:
        """Whether the reader, asked, would give the first of the figures for an answer.

        Of articles that the draft is about it is enough that this is likelier than not.
        """
        model = self.reader.model
        enough = _LIKELIER if self.is_about else model.threshold
        return model.confidence(model.rank(found), self.reader.n_passages()) >= enough

    def _question(self, claim: Claim, beside: str) -> Question:
        """The claim as the question that its words ask; what merely stands around it is a hint."""
        tokenize = self.reader.tokenize
        said = analyse(claim.said + claim.heading, tokenize=tokenize, beside=beside)
        hints = content_terms(claim.around, tokenize, taken=[], told=[])
        known = {term.text for term in said.terms}
        figure = claim.figure
        return replace(
            said,
            ask=Ask.FIGURE,
            terms=said.terms + tuple(lightened(t) for t in hints if t.text not in known),
            unit=claim.quantity.unit if claim.quantity else "",
            kinds=frozenset(),
            strict=False,
            statistic=figure.statistic if figure else "",
            direction=figure.direction if figure else None,
            periods=(claim.period,) if claim.period else (),
            quantities=(),
        )


def _verdict(
    text: str, span: Span, claim: Claim, ruling: Ruling, labels: dict[tuple[str, Span], int]
) -> Verdict:
    cited = []
    for basis in ruling.basis:
        label = labels.setdefault((basis.source.article.id, basis.sentence), len(labels) + 1)
        cited.append(
            Citation.of(
                basis.source.article,
                basis.sentence,
                label=label,
                marks=tuple(sorted({basis.span, *basis.also})),
            )
        )
    return Verdict(
        start=span.start,
        end=span.end,
        surface=text[span.start : span.end],
        label=ruling.label,
        reason=ruling.reason,
        expected=ruling.expected,
        quantity=claim.quantity,
        period=claim.period if claim.form is Form.PERIOD else None,
        citations=tuple(cited),
    )


def _texts(hits: Sequence[Hit], sources: Mapping[str, Evidence]) -> Iterator[str]:
    """The passages, folded."""
    for hit in hits:
        yield sources[hit.passage.article_id].text[hit.passage.start : hit.passage.end]


class _Place(NamedTuple):
    """A figure where it stands."""

    hit: Hit
    source: Evidence
    figure: Figure

    def finding(self, question: Question, terms: Sequence[Weighted]) -> Finding:
        """The figure with how it fits a question."""
        told = features(question, terms, self.hit, self.source, self.figure)
        return Finding(self.figure, self.source.article.id, 0.0, features=told)


def _places(hits: Sequence[Hit], sources: Mapping[str, Evidence]) -> Iterator[_Place]:
    """Every figure of the passages, once."""
    seen: set[tuple[str, int]] = set()
    for hit in hits:
        passage, source = hit.passage, sources[hit.passage.article_id]
        for figure in source.figures:
            key = (passage.article_id, figure.quantity.start)
            if key not in seen and passage.start <= figure.quantity.start < passage.end:
                seen.add(key)
                yield _Place(hit, source, figure)


def _likely(claim: Claim, places: Sequence[_Place]) -> list[_Place]:
    """The figures that the claim may be about: those whose number agrees, and those in sentences most like its own."""
    if len(places) <= _LIKELY:
        return list(places)

    def like(place: _Place) -> float:
        return likeness(claim.words, place.source.text[slice(*place.figure.sentence)])

    ranked = sorted(places, key=like, reverse=True)
    agreed = [p for p in ranked[_LIKELY:] if claim.quantity and follows(claim.quantity, p.figure.quantity)]
    return ranked[:_LIKELY] + agreed[:_LIKELY]


def among(
    articles: Sequence[Article], *, fold: Callable[[str], str], tokenize: Tokenize, model: Model
) -> Checker:
    """A checker that knows these articles alone."""
    by_id = {article.id: article for article in articles}
    parts = [fold(a.text[s.start : s.end]) for a in articles for s in sentences(a.text)]
    hits = tuple(whole(article) for article in articles)
    reader = Reader(
        articles=by_id.__getitem__,
        fold=fold,
        tokenize=tokenize,
        document_frequency=cache(lambda word: sum(word in part for part in parts)),
        n_passages=lambda: len(parts),
        model=model,
    )
    return Checker(reader, lambda _: hits, is_about=True)


def whole(article: Article) -> Hit:
    """An article as one passage; none is nearer than another."""
    span = f"{article.id}#0-{len(article.text)}"
    return Hit(Passage(span, article.id, 0, len(article.text), article.text, n_tokens=0), 1.0, 1)
