"""The pipeline of one draft: claims → passages about each → candidates → a verdict each.

A claim is read as a question is: its number is masked, and the reader's features say how well every figure of the
passages fits the words around it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter

from functools import lru_cache

from knowledge.answer import Reader
from knowledge.chunking import sentences
from knowledge.claims import Claim, Form, claims, legible
from knowledge.figures import scan
from knowledge.features import Evidence, features
from knowledge.matching import Weighted, presence, weigh
from knowledge.question import Ask, Question, analyse
from knowledge.schema import Article, Kind, Finding, Hit, Passage, Span
from knowledge.terms import lightened
from knowledge.verdict import Checked, Label, Verdict
from knowledge.verification import Candidate, Ruling, Stated, rule_figure, rule_stated, same_time


@dataclass(frozen=True)
class Checker:
    """Holds drafts against articles.

    Attributes:
        reader: Knows the articles, their words and how well a figure fits a question.
        search: The passages that speak of a sentence, nearest first.
    """

    reader: Reader
    search: Callable[[str], Sequence[Hit]]

    def check(self, text: str, *, anchor: date | None = None) -> Checked:
        started = perf_counter()
        draft = legible(self.reader.fold(text))
        verdicts = []
        for claim in claims(draft.text, anchor=anchor):
            hits = self.search(f"{claim.around}{claim.said}{claim.heading}")
            ruling = self._rule(claim, hits, anchor)
            span = draft.span(claim.start, claim.end)
            verdicts.append(Verdict(span.start, span.end, text[span.start:span.end], ruling.label, ruling.reason, quantity=claim.quantity, period=claim.period))
        return Checked(text, tuple(verdicts), {"total": (perf_counter()-started)*1000})

    def _rule(self, claim: Claim, hits: Sequence[Hit], anchor: date | None) -> Ruling:
        question = self.question(claim, hits, anchor)
        if claim.form is not Form.FIGURE:
            label, stated = rule_stated(list(self.stated(claim, question, hits)), least=0.05 if claim.period else 0.2)
            return Ruling(label)
        return rule_figure(question, claim.quantity, self.candidates(question, hits))

    def question(self, claim: Claim, hits, anchor) -> Question:
        reader = self.reader
        beside = "\n".join(reader.fold(hit.passage.text) for hit in hits)
        said = analyse(claim.said + claim.heading, tokenize=reader.tokenize, anchor=anchor, beside=beside)
        around = analyse(claim.around, tokenize=reader.tokenize, anchor=anchor, beside=beside)
        known = {t.text for t in said.terms}
        terms = said.terms + tuple(lightened(t) for t in around.terms if t.text not in known)
        figure = claim.figure
        if figure is None:
            return replace(said, ask=Ask.FIGURE, terms=terms)
        return replace(said, ask=Ask.FIGURE, terms=terms, unit=figure.quantity.unit, kinds=frozenset(), strict=False,
            statistic=figure.statistic, direction=figure.direction, periods=(figure.as_of,) if figure.as_of else (), quantities=())

    def stated(self, claim, question, hits):
        terms = weigh(question.terms, self.reader.document_frequency, self.reader.n_passages())
        total = sum(t.weight for t in terms) or 1.0
        for hit in hits:
            source = self.reader.evidence(hit.passage.article_id)
            for span, agrees in self._alike(claim, source):
                if not hit.passage.start <= span.start < hit.passage.end: continue
                i = next(i for i, s in enumerate(source.sentences) if span.start < s.end)
                sent = source.sentences[i]
                near = source.text[source.sentences[max(i-1,0)].start:sent.start]
                here = source.text[sent.start:sent.end]
                cover = sum(t.weight * max(presence(t.text, here), 0.6*presence(t.text, near)) for t in terms)/total
                yield Stated(source.article.id, span, sent, agrees, cover)

    def _alike(self, claim, source):
        found = scan(source.text, anchor=source.article.day)
        if claim.period:
            for p in found.periods:
                yield Span(p.start, p.end), same_time(claim.period, p)
        elif claim.quantity and claim.quantity.kind is Kind.RATIO:
            q = claim.quantity
            for o in found.quantities:
                if o.kind is q.kind:
                    yield Span(o.start, o.end), (o.value, o.high) == (q.value, q.high)
        else:
            core = re.search(r"[A-Za-z]*[\d.]+[A-Za-z]*|[一二三四五六七八九十百]+", claim.surface)
            if core:
                for m in re.finditer(r"(?<![\d.A-Za-z])"+re.escape(core[0])+r"(?![\d.A-Za-z])", source.text):
                    yield Span(*m.span()), True

    def candidates(self, question, hits):
        reader = self.reader
        terms = weigh(question.terms, reader.document_frequency, reader.n_passages())
        out = []
        seen = set()
        for hit in hits:
            source = reader.evidence(hit.passage.article_id)
            for figure in source.figures:
                key = (hit.passage.article_id, figure.quantity.start)
                if key in seen or not hit.passage.start <= figure.quantity.start < hit.passage.end: continue
                seen.add(key)
                told = features(question, terms, hit, source, figure)
                out.append(Candidate(Finding(figure, hit.passage.article_id, 0.0, features=told), reader.model.score(told)))
        return out


def among(articles: Sequence[Article], *, fold, tokenize, model) -> Checker:
    """A checker that knows these articles alone."""
    by_id = {article.id: article for article in articles}
    parts = [fold(a.text[s.start:s.end]) for a in articles for s in sentences(a.text)]
    hits = tuple(whole(article, rank) for rank, article in enumerate(articles, 1))
    reader = Reader(
        articles=by_id.__getitem__, fold=fold, tokenize=tokenize,
        document_frequency=lru_cache(maxsize=None)(lambda word: sum(word in part for part in parts)),
        n_passages=lambda: len(parts), model=model,
    )
    return Checker(reader, lambda _: hits)


def whole(article: Article, rank: int) -> Hit:
    """An article as one passage."""
    passage = Passage(id=f"{article.id}#0-{len(article.text)}", article_id=article.id, start=0, end=len(article.text), text=article.text, n_tokens=0)
    return Hit(passage, 1.0, rank)
