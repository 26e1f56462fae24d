"""The pipeline of one draft: claims → passages about each → candidates → a verdict each.

A claim is read as a question is: its number is masked, and the reader's features say how well every figure of the
passages fits the words around it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from time import perf_counter

from knowledge.answer import Reader
from knowledge.chunking import sentences
from knowledge.claims import Claim, Form, claims, legible
from knowledge.features import Evidence, features
from knowledge.matching import Weighted, weigh
from knowledge.question import Ask, Question, analyse, untagged
from knowledge.ranking import Model
from knowledge.reading import compared
from knowledge.schema import Article, Citation, Finding, Hit, Passage, Span
from knowledge.spoken import counted, unspoken
from knowledge.stated import rule_stated
from knowledge.terms import Tokenize, lightened
from knowledge.verdict import Checked, Verdict
from knowledge.verification import Asked, Candidate, Ruling, comparable, rule_figure

_OPENING = 200
"""Characters of a draft by which the articles it is about are found."""


@dataclass(frozen=True)
class Checker:
    """Holds drafts against articles.

    Attributes:
        reader: Knows the articles, their words and how well a figure fits a question.
        search: The passages that speak of some words, nearest first.
    """

    reader: Reader
    search: Callable[[str], Sequence[Hit]]

    def check(self, text: str, *, anchor: date | None = None) -> Checked:
        """A verdict on everything in a draft that has a number.

        Args:
            text: The draft as given.
            anchor: The day that its 今年 and 去年 are counted from; if None, the nearest article's.
        """
        started = perf_counter()
        draft = legible(untagged(self.reader.fold(text)))
        found = claims(draft.text, anchor=anchor or self._day(draft.text))
        labels: dict[tuple[str, Span], int] = {}
        verdicts = []
        for claim in found:
            span = draft.span(claim.start, claim.end)
            verdicts.append(self._verdict(text, span, claim, self._rule(claim), labels))
        return Checked(text, tuple(verdicts), {"total": round((perf_counter() - started) * 1000, 2)})

    def _day(self, text: str) -> date | None:
        """The day of the article that speaks most nearly of how the draft begins."""
        hits = self.search(text[:_OPENING])
        return self.reader.articles(hits[0].passage.article_id).day if hits else None

    def _rule(self, claim: Claim) -> Ruling:
        hits = self.search(claim.words)
        sources = {i: self.reader.evidence(i) for i in dict.fromkeys(hit.passage.article_id for hit in hits)}
        question = self._question(claim, hits)
        terms = weigh(question.terms, self.reader.document_frequency, self.reader.n_passages())
        if claim.form is not Form.FIGURE or claim.quantity is None:
            return rule_stated(claim, terms, hits, sources)
        found = list(self._findings(question, terms, hits, sources))
        missing = unspoken(claim, question.terms, list(sources.values()))
        asked = Asked(question, claim.quantity, missing, counted(claim, question.terms))
        alike = [f for f in found if comparable(asked.claimed, f.figure.quantity)]
        beside = self._best_first(compared(alike, self.reader.n_passages()), sources)
        others = self._best_first([f for f in found if f not in alike], sources)
        return rule_figure(asked, beside, others, self._is_sure)

    def _best_first(self, found: Sequence[Finding], sources: Mapping[str, Evidence]) -> list[Candidate]:
        scored = (Candidate(f, self.reader.model.score(f.features), sources[f.article_id]) for f in found)
        return sorted(scored, key=lambda c: -c.score)

    def _is_sure(self, found: Sequence[Finding]) -> bool:
        """Whether the reader, asked, would give the first of the figures for an answer."""
        model = self.reader.model
        return model.confidence(model.rank(found), self.reader.n_passages()) >= model.threshold

    def _question(self, claim: Claim, hits: Sequence[Hit]) -> Question:
        """The claim as the question that its words ask; what merely stands around it is a hint."""
        beside = "\n".join(self.reader.fold(hit.passage.text) for hit in hits)
        said, around = (
            analyse(text, tokenize=self.reader.tokenize, beside=beside)
            for text in (claim.said + claim.heading, claim.around)
        )
        known = {term.text for term in said.terms}
        figure = claim.figure
        return replace(
            said,
            ask=Ask.FIGURE,
            terms=said.terms + tuple(lightened(t) for t in around.terms if t.text not in known),
            unit=claim.quantity.unit if claim.quantity else "",
            kinds=frozenset(),
            strict=False,
            statistic=figure.statistic if figure else "",
            direction=figure.direction if figure else None,
            periods=(claim.period,) if claim.period else (),
            quantities=(),
        )

    def _findings(
        self,
        question: Question,
        terms: Sequence[Weighted],
        hits: Sequence[Hit],
        sources: Mapping[str, Evidence],
    ) -> Iterator[Finding]:
        """Every figure of the passages, with how it fits the claim's words."""
        seen: set[tuple[str, int]] = set()
        for hit in hits:
            passage, source = hit.passage, sources[hit.passage.article_id]
            for figure in source.figures:
                key = (passage.article_id, figure.quantity.start)
                if key not in seen and passage.start <= figure.quantity.start < passage.end:
                    seen.add(key)
                    told = features(question, terms, hit, source, figure)
                    yield Finding(figure, passage.article_id, 0.0, features=told)

    def _verdict(
        self, text: str, span: Span, claim: Claim, ruling: Ruling, labels: dict[tuple[str, Span], int]
    ) -> Verdict:
        cited = []
        for basis in ruling.basis:
            label = labels.setdefault((basis.source.article.id, basis.sentence), len(labels) + 1)
            cited.append(Citation.of(basis.source.article, basis.sentence, label=label, marks=(basis.span,)))
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


def among(
    articles: Sequence[Article], *, fold: Callable[[str], str], tokenize: Tokenize, model: Model
) -> Checker:
    """A checker that knows these articles alone."""
    by_id = {article.id: article for article in articles}
    parts = [fold(a.text[s.start : s.end]) for a in articles for s in sentences(a.text)]
    hits = tuple(whole(article, rank) for rank, article in enumerate(articles, 1))
    reader = Reader(
        articles=by_id.__getitem__,
        fold=fold,
        tokenize=tokenize,
        document_frequency=cache(lambda word: sum(word in part for part in parts)),
        n_passages=lambda: len(parts),
        model=model,
    )
    return Checker(reader, lambda _: hits)


def whole(article: Article, rank: int) -> Hit:
    """An article as one passage."""
    span = f"{article.id}#0-{len(article.text)}"
    return Hit(Passage(span, article.id, 0, len(article.text), article.text, n_tokens=0), 1.0, rank)
