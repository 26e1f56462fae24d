"""The pipeline of one question: analyse → read the hits → choose or abstain → verify what is quoted.

`Reader` holds the callables that reach the world (articles, words, document frequencies); `read` and `verify`
are the two steps that stand behind the retriever in the chain, and need no language model.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from time import perf_counter

from knowledge.agreement import agrees
from knowledge.chunking import sentences
from knowledge.consensus import amount, elsewhere
from knowledge.excerpt import best_excerpt
from knowledge.features import Evidence
from knowledge.fidelity import is_denied
from knowledge.figures import scan
from knowledge.fit import HEDGED
from knowledge.instructions import orders
from knowledge.likeness import tell_the_same
from knowledge.linking import link
from knowledge.matching import Weighted, weigh
from knowledge.question import Ask, Question, analyse
from knowledge.ranking import Model
from knowledge.reading import candidates, crowd, objection, reordered
from knowledge.schema import Answer, Article, Citation, Figure, Finding, Hit, Modifier, Quantity, Span, Status
from knowledge.terms import Tokenize

N_NEAREST = 3
"""Passages shown with an abstention."""

_HARDLY = Decimal("1.2")
"""超157.38亿 leaves 160亿 open, but nobody says so of 200亿."""

_CROWDED = 0.25
"""What a sentence must score more among very many passages, where one of much the same words is always found."""

_CERTAIN = 0.95
"""Score above which a sentence that says all of a yes/no question is a yes; less is no 'no'."""

N_ALTERNATIVES = 3
"""Other articles' statements shown beside the answer."""

N_CANDIDATES = 5
"""Figures listed after the answer."""


@dataclass(frozen=True)
class Reader:
    """Reads the hits of a question into an answer.

    Attributes:
        articles: Article by id.
        fold: Length-preserving simplification of a text.
        tokenize: Words of a folded text with part-of-speech tags.
        document_frequency: In how many passages a word stands.
        n_passages: How many passages the articles have.
        model: Turns features into probabilities and says when to abstain.
    """

    articles: Callable[[str], Article]
    fold: Callable[[str], str]
    tokenize: Tokenize
    document_frequency: Callable[[str], int]
    n_passages: Callable[[], int]
    model: Model

    def read(self, text: str, hits: Sequence[Hit], *, abstain: bool = True) -> Answer:
        """The answer to one question from its hits, quotes cut but not yet verified."""
        started = perf_counter()
        question = self.analyse(text, hits)
        answer = self._route(question, hits, abstain=abstain)
        took = {"read": round((perf_counter() - started) * 1000, 2)}
        return replace(answer, question=text, hits=answer.hits or tuple(hits), timings_ms=took)

    def analyse(self, text: str, hits: Sequence[Hit]) -> Question:
        """The question taken apart, its times counted from the nearest article's day and its names known from it."""
        day = self.articles(hits[0].passage.article_id).day if hits else None
        beside = "\n".join(self.fold(hit.passage.text) for hit in hits)
        return analyse(self.fold(text), tokenize=self.tokenize, anchor=day, beside=beside)

    def evidence(self, article_id: str) -> Evidence:
        """An article with its folded text and linked figures."""
        return _linked(self.articles(article_id), self.fold)

    def remembering(self) -> "Reader":
        """This reader for a row of questions over unchanged articles: nothing is looked up twice."""
        return replace(self, articles=cache(self.articles), document_frequency=cache(self.document_frequency))

    def _route(self, question: Question, hits: Sequence[Hit], *, abstain: bool) -> Answer:
        if question.ask is Ask.NOTHING and abstain:
            return _abstained("not_a_question", (), self.evidence)
        if not hits:
            return _abstained("no_passage", (), self.evidence)
        if question.ask is Ask.METADATA:
            return _metadata(question, self.evidence(hits[0].passage.article_id).article)
        if question.ask in {Ask.SENTENCE, Ask.TIME}:
            return self._sentence_answer(question, hits, abstain=abstain)
        return self._figure_answer(question, hits, abstain=abstain)

    def terms(self, question: Question) -> tuple[Weighted, ...]:
        """The content words of the question, weighed by how rare they are here."""
        return weigh(question.terms, self.document_frequency, self.n_passages())

    def ranked(self, question: Question, hits: Sequence[Hit]) -> tuple[Finding, ...]:
        """The figures of the hits that can answer, best first."""
        return self.model.rank(
            candidates(question, self.terms(question), hits, self.evidence, self.n_passages())
        )

    def history(self, question: Question, ranked: Sequence[Finding]) -> tuple[Finding, ...]:
        """What other articles tell of the best candidate's thing for another time, the newest first.

        A question that names a time is asked of that time, and has no history.
        """
        if question.periods or question.ask is not Ask.FIGURE:
            return ()
        best = ranked[0]
        agree = {f.article_id for f in ranked if amount(f) == amount(best)}
        told = (f for f in elsewhere(ranked) if f.article_id not in agree and self._tells_of_it(f, best))
        return tuple(sorted(told, key=self._day, reverse=True))

    def _tells_of_it(self, one: Finding, other: Finding) -> bool:
        """Whether two articles of different days tell much the same."""
        days = {self._day(one), self._day(other)}
        if date.min in days or len(days) == 1 or one.figure.statistic != other.figure.statistic:
            return False
        said, before = (self.evidence(f.article_id).text[slice(*f.figure.sentence)] for f in (one, other))
        return tell_the_same(said, before)

    def _newest(self, best: Finding, history: Sequence[Finding]) -> Finding:
        """What the latest of the articles tells of one thing."""
        return history[0] if history and self._day(history[0]) > self._day(best) else best

    def _day(self, finding: Finding) -> date:
        return self.evidence(finding.article_id).article.day or date.min

    def sentence_bound(self) -> float:
        """The score from which a sentence answers a question for no figure."""
        return self.model.sentence_threshold + _CROWDED * crowd(self.n_passages())

    def _figure_answer(self, question: Question, hits: Sequence[Hit], *, abstain: bool) -> Answer:
        n_passages = self.n_passages()
        ranked = self.ranked(question, hits)
        if not ranked:
            return _abstained("no_figure", hits, self.evidence)
        best, history = ranked[0], self.history(question, ranked)
        nearest = reordered(hits, ranked, self.model.score)
        # What is told of another time is no rival: it was so then.
        confidence = self.model.confidence([f for f in ranked if f not in history], n_passages)
        if abstain and (reason := self._why_not(question, best, confidence, n_passages)):
            shown = _abstained(reason, nearest, self.evidence)
            return replace(shown, confidence=confidence, candidates=ranked[:N_CANDIDATES], hits=nearest)
        ranked = led_by(self._newest(best, history), ranked)
        return replace(_answered(question, ranked, confidence, self.evidence), hits=nearest)

    def _sentence_answer(self, question: Question, hits: Sequence[Hit], *, abstain: bool) -> Answer:
        best = best_excerpt(question, self.terms(question), hits, self.evidence)
        if best is None:
            return _abstained("no_passage", hits, self.evidence)
        sure = best.score >= (_CERTAIN if question.yes_no else self.sentence_bound())
        if abstain and not sure:
            return replace(_abstained("unsure", hits, self.evidence), confidence=best.score)
        article = self.evidence(best.article_id).article
        said = article.text[best.mark.start : best.mark.end].strip("，。；：、 \n")
        return Answer(
            question="",
            status=Status.ANSWERED,
            text=said,
            citations=(Citation.of(article, best.span, label=1, marks=(best.mark,)),),
            confidence=best.score,
            yes_no=True if question.yes_no and sure and is_denied(said) == is_denied(question.text) else None,
        )

    def _why_not(self, question: Question, best: Finding, confidence: float, n_passages: int) -> str:
        """The reason to abstain; empty if the best candidate is good enough."""
        if not question.terms:
            return "not_a_question"
        if reason := objection(best.features, n_passages):
            return reason
        return "" if confidence >= self.model.threshold else "unsure"


def led_by(first: Finding, ranked: Sequence[Finding]) -> tuple[Finding, ...]:
    """All candidates, one of them first."""
    return (first, *(f for f in ranked if f is not first))


@lru_cache(maxsize=512)
def _linked(article: Article, fold: Callable[[str], str]) -> Evidence:
    """Evidence of an article; kept, since the same articles are asked again and again."""
    text = fold(article.text)
    figures, ordered = link(text, anchor=article.day), orders(text)
    if ordered:
        figures = tuple(f for f in figures if not any(s <= f.quantity.start < e for s, e in ordered))
    return Evidence(article, text, fold(article.title), figures)


def verify(answer: Answer, articles: Callable[[str], Article]) -> Answer:
    """The answer, or an abstention if a quote is not verbatim or a figure does not stand in its quote.

    Every figure shown must lie inside the quote of its citation, in the article it was read from, with the
    surface that the article has there.  An alternative that does not is left out.
    """
    for citation in answer.citations:
        if articles(citation.article_id).text[citation.start : citation.end] != citation.quote:
            return _withdrawn(replace(answer, citations=()), "quote_not_verbatim")
    by_label = {c.label: c for c in answer.citations}
    if not all(_stands_in(finding, by_label.get(finding.citation)) for finding in answer.figures):
        return _withdrawn(answer, "figure_not_in_quote")
    quotes = {label: citation.quote for label, citation in by_label.items()}
    if not all(restated(s.text, [quotes.get(n, "") for n in s.labels]) for s in answer.statements):
        return _withdrawn(answer, "figure_not_in_quote")
    standing = tuple(f for f in answer.alternatives if _stands_in(f, by_label.get(f.citation)))
    return answer if len(standing) == len(answer.alternatives) else replace(answer, alternatives=standing)


def _withdrawn(answer: Answer, reason: str) -> Answer:
    """An abstention in place of an answer that failed: nothing that it said is left."""
    return replace(
        answer,
        status=Status.ABSTAINED,
        reason=reason,
        text="",
        figures=(),
        alternatives=(),
        yes_no=None,
        statements=(),
    )


def restated(text: str, quotes: Sequence[str]) -> bool:
    """Whether every figure of a text stands, with its unit, in one of some quotes."""
    stated = [q for quote in quotes for q in scan(quote).quantities]
    return all(
        any((own.value, own.high, own.unit) == (q.value, q.high, q.unit) for q in stated)
        for own in scan(text).quantities
    )


def _stands_in(finding: Finding, citation: Citation | None) -> bool:
    if citation is None or citation.article_id != finding.article_id:
        return False
    quantity = finding.figure.quantity
    inside = citation.start <= quantity.start and quantity.end <= citation.end
    slice_ = citation.quote[quantity.start - citation.start : quantity.end - citation.start]
    restated = scan(slice_).quantities
    return inside and any(q.value == quantity.value and q.unit == quantity.unit for q in restated)


def _abstained(reason: str, hits: Sequence[Hit], evidence: Callable[[str], Evidence]) -> Answer:
    """An abstention with the nearest passages, each whole."""
    nearest = []
    for label, hit in enumerate(hits[:N_NEAREST], 1):
        article = evidence(hit.passage.article_id).article
        nearest.append(Citation.of(article, Span(hit.passage.start, hit.passage.end), label=label))
    return Answer(question="", status=Status.ABSTAINED, citations=tuple(nearest), reason=reason)


def _answered(
    question: Question,
    ranked: Sequence[Finding],
    confidence: float,
    evidence: Callable[[str], Evidence],
) -> Answer:
    best = replace(ranked[0], citation=1)
    others = newest_first(elsewhere(ranked), evidence)[:N_ALTERNATIVES]
    others = [replace(other, citation=label) for label, other in enumerate(others, 2)]
    yes_no = _verdict(question, best.figure.quantity) if question.ask is Ask.YES_NO else None
    return Answer(
        question="",
        status=Status.ANSWERED,
        text=_phrase(evidence(best.article_id), best.figure),
        figures=(best,),
        citations=tuple(cited(finding, evidence(finding.article_id)) for finding in (best, *others)),
        confidence=confidence,
        alternatives=tuple(others),
        candidates=tuple(f for f in ranked[1 : N_CANDIDATES + 1]),
        yes_no=yes_no,
    )


def newest_first(found: Sequence[Finding], evidence: Callable[[str], Evidence]) -> list[Finding]:
    """By the article's day, the latest first and the undated last."""
    return sorted(found, key=lambda f: evidence(f.article_id).article.day or date.min, reverse=True)


def cited(finding: Finding, source: Evidence) -> Citation:
    """The sentence of a finding, the figure marked."""
    quantity = finding.figure.quantity
    marks = (Span(quantity.start, quantity.end),)
    return Citation.of(source.article, _quote(source, finding.figure), label=finding.citation, marks=marks)


def _quote(source: Evidence, figure: Figure) -> Span:
    """The figure's sentence; with the one before it if this one leans on it (其中，同时，…)."""
    sentence = figure.sentence
    opens = source.text[sentence.start : sentence.end].lstrip()
    if not re.match(r"其中|这些|该|此外，其", opens):
        return sentence
    before = [s for s in source.sentences if s.end <= sentence.start]
    if before and "\n" not in source.text[before[-1].end : sentence.start]:
        return Span(before[-1].start, sentence.end)
    return sentence


def _phrase(source: Evidence, figure: Figure) -> str:
    """The answer in the article's words: the figure and its time."""
    quantity = figure.quantity
    surface = source.article.text[quantity.start : quantity.end]
    when = f"（{figure.as_of.surface}）" if figure.as_of and not figure.as_of.told else ""
    return f"{surface}{when}"


def _verdict(question: Question, stated: Quantity) -> bool | None:
    """Yes or no to the asker's own figure, None if the article's figure can't tell."""
    own = next((q for q in question.quantities if q.kind is stated.kind or not q.unit), None)
    if own is None:
        return None
    if not own.unit:
        own = replace(own, unit=stated.unit, kind=stated.kind)
    negated = re.search(r"不到|不足|没到|没有达到|低于|少于", question.text[max(0, own.start - 4) : own.end])
    at_least = re.search(r"达到|达|到|有|够", question.text[max(0, own.start - 4) : own.start])
    exceeds = re.search(r"超过?|突破|多于|高于|大于|过", question.text[max(0, own.start - 4) : own.start])
    if negated and own.modifier is Modifier.EXACT:
        own = replace(own, modifier=Modifier.BELOW)
    elif exceeds and own.modifier is Modifier.EXACT:
        own = replace(own, modifier=Modifier.OVER)
    elif at_least and own.modifier is Modifier.EXACT:
        own = replace(own, modifier=Modifier.AT_LEAST)
    agreed = agrees(own, stated)
    if agreed is None and stated.modifier is Modifier.OVER and own.value > _HARDLY * stated.value:
        return False
    told_as_done = stated.hedge and not HEDGED.search(question.text)
    return None if agreed and told_as_done else agreed


def _metadata(question: Question, article: Article) -> Answer:
    """An answer about the article itself, from its metadata; the citation is its first sentence."""
    value = {
        "title": article.title,
        "source": article.source,
        "url": article.url,
        "published": _day_text(article.day),
    }.get(question.field, "")
    first = next(iter(sentences(article.text)), Span(0, 0))
    citation = Citation.of(article, first, label=1)
    if not value:
        return Answer(question="", status=Status.ABSTAINED, citations=(citation,), reason="no_metadata")
    return Answer(question="", status=Status.ANSWERED, text=value, citations=(citation,), confidence=1.0)


def _day_text(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""
