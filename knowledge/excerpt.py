"""The sentence that answers a question for no figure: who, which, where, when."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from knowledge.chunking import clauses
from knowledge.features import Evidence
from knowledge.figures import scan
from knowledge.fit import time_fit
from knowledge.matching import Weighted, presence
from knowledge.question import Ask, Question
from knowledge.schema import Hit, Span

_CUES = {
    "who": (r"谁|哪家|哪个单位|哪个部门|哪位|哪所", r"主办|承办|负责人|表示|说|局|公司|大学|中心|由"),
    "list": (r"哪些|哪几|包括|分别|什么", r"、.*、|包括|以及|和|“"),
    "where": (r"哪里|哪儿|何处|什么地方", r"在|位于|市|省|县|区"),
}


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence that may answer a question.

    Attributes:
        article_id: Where.
        span: The sentence, in `Article.text`.
        mark: The part that answers, within `span`: the time for 什么时候, else the clause that says most of it.
        score: How well it answers, in [0, 1].
    """

    article_id: str
    span: Span
    mark: Span
    score: float


def best_excerpt(
    question: Question, terms: Sequence[Weighted], hits: Sequence[Hit], evidence: Callable[[str], Evidence]
) -> Excerpt | None:
    """The sentence of the hits that answers best, or None if there is nothing to look for or in."""
    best: Excerpt | None = None
    for hit in hits if terms else ():
        source = evidence(hit.passage.article_id)
        for span in _hit_sentences(source, hit):
            score = _sentence_score(question, terms, source, span, hit)
            if best is None or score > best.score:
                best = Excerpt(source.article.id, span, span, score)
    if best is None:
        return None
    return replace(best, mark=_answering_part(question, terms, evidence(best.article_id), best.span))


_SPEAKER = re.compile(
    r"[^。！？\n“]{2,45}(?:说|表示|介绍|指出|称|认为|坦言|告诉记者)[^。！？\n“]{0,10}[。！？]"
)
"""What follows a quotation and says whose it is."""


def with_speaker(text: str, sentence: Span) -> Span:
    """The sentence, with the speaker that follows it if it ends a quotation (“……”某某说)."""
    if text[sentence.end - 1] in "”’」』" and (told := _SPEAKER.match(text, sentence.end)):
        return Span(sentence.start, told.end())
    return sentence


def _hit_sentences(source: Evidence, hit: Hit) -> list[Span]:
    inside = [s for s in source.sentences if hit.passage.start <= s.start < hit.passage.end]
    return [with_speaker(source.text, s) for s in inside] or [Span(hit.passage.start, hit.passage.end)]


def _sentence_score(
    question: Question, terms: Sequence[Weighted], source: Evidence, span: Span, hit: Hit
) -> float:
    """Share of the question's weight in the sentence (context counts less), less what is missing, in [0, 1]."""
    text = source.text[span.start : span.end]
    around = source.text[max(0, span.start - 120) : span.start] + source.title + hit.passage.heading
    here = worst = 0.0
    if question.ask is Ask.TIME:
        terms = [t._replace(weight=t.weight if t.noun else 0.3 * t.weight) for t in terms]
    total = sum(t.weight for t in terms) or 1.0
    for term in terms:
        inside = presence(term.text, text)
        best = max(inside, 0.75 * presence(term.text, around))
        here += term.weight * best
        if term.name or term.noun:
            worst = max(worst, (1 - best) * (1.0 if term.name else 0.7 * term.weight))
    score = here / total - 0.4 * worst
    periods = scan(text, anchor=source.article.day).periods
    if question.ask is Ask.TIME and not periods:
        score -= 0.4
    if any(time_fit(question.periods, p, source.article.day) == "conflict" for p in periods[:1]):
        score -= 0.3
    if re.search(r"名字|名单|叫什么|姓名", question.text) and not re.search(
        r"名为|名叫|分别是|、|《|“", text
    ):
        score -= 0.6
    for asked, cue in _CUES.values():
        if re.search(asked, question.text) and re.search(cue, text):
            score += 0.05
    return max(0.0, min(1.0, score + 0.03 / hit.rank))


def _answering_part(question: Question, terms: Sequence[Weighted], source: Evidence, span: Span) -> Span:
    """What to mark in the sentence."""
    if question.ask is Ask.TIME:
        periods = scan(source.text[span.start : span.end], anchor=source.article.day).periods
        if periods:
            return Span(periods[0].start + span.start, periods[0].end + span.start)
    return max(
        clauses(source.text, span),
        key=lambda c: sum(t.weight * presence(t.text, source.text[c.start : c.end]) for t in terms),
    )
