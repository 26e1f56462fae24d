"""Question + hits → figure candidates, each with its features, and what forbids an answer.

A candidate is a figure of a hit passage.  `ranking` turns the features into probabilities.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf, log

from knowledge.consensus import with_agreement, with_rivals
from knowledge.features import Evidence, features
from knowledge.fit import begins, echoes
from knowledge.matching import Weighted
from knowledge.question import Ask, Question
from knowledge.schema import Figure, Finding, Hit

_OBJECTIONS: tuple[tuple[str, str, float, float], ...] = (
    ("time_conflict", "other_time", 0.5, 0.5),
    ("time_wider", "other_time", 0.5, 0.5),
    ("place_conflict", "other_entity", 0.5, 0.5),
    ("miss_place", "other_entity", 0.65, 0.65),
    ("miss_name", "other_entity", 0.65, 0.65),
    ("far_coined", "other_entity", 0.6, 0.9),
    ("another_subject", "other_entity", 0.5, 0.5),
    ("stands_elsewhere", "other_entity", 0.5, 0.5),
    ("owned", "other_entity", 0.5, 0.7),
    ("counts_other", "other_measure", 0.5, 0.7),
    ("one_of_several", "other_entity", 0.5, 0.5),
    ("namesake", "other_entity", 0.5, 0.5),
    ("statistic_conflict", "other_measure", 0.5, 0.5),
    ("average_missing", "other_measure", 0.5, 0.5),
    ("total_for_increment", "other_measure", 0.5, 0.5),
    ("increment_for_total", "other_measure", 0.5, 0.5),
    ("stolen_measure", "other_measure", 0.3, 0.5),
    ("miss_noun", "other_measure", 0.5, 0.8),
    ("kind_conflict", "other_measure", 0.5, 0.5),
    ("change_missing", "other_measure", 0.5, 0.5),
    ("direction_conflict", "other_measure", 0.5, 0.5),
    ("extreme_unsaid", "other_measure", 0.5, 0.5),
    ("lasts_unasked", "other_measure", 0.5, 0.5),
)
"""Features that forbid an answer above a bound, with the reason, the bound among few passages and that among many.

They keep 2020年 from being answered with 2021年's figure and 重庆 with 成都's.  A noun of the question that
nothing near says tells most where few articles are; among many, a reporter simply used another word.
"""

_FEW, _MANY = 1_000, 100_000
"""Passages up to which the first bound holds, and from which the second does."""


def objection(features: Mapping[str, float], n_passages: int) -> str:
    """Why a candidate must not be given as the answer whatever its probability; empty if nothing forbids it."""
    share = crowd(n_passages)
    return next((r for name, r, few, many in _OBJECTIONS if features[name] > few + share * (many - few)), "")


def crowd(n_passages: int) -> float:
    """How crowded the articles are: 0 up to a thousand passages, 1 from a hundred thousand, by the logarithm."""
    return min(max(log(max(n_passages, 1) / _FEW) / log(_MANY / _FEW), 0.0), 1.0)


_NEARLY = 0.6
"""Of the best cover, that a figure of the unit asked for needs to shut out the others."""


def candidates(
    question: Question,
    terms: Sequence[Weighted],
    hits: Sequence[Hit],
    evidence: Callable[[str], Evidence],
    n_passages: int,
) -> tuple[Finding, ...]:
    """The figures of the hit passages that can answer, each with its features; probability 0 until `rank` sets it."""
    found: dict[tuple[str, int], Finding] = {}
    for hit in hits:
        passage, source = hit.passage, evidence(hit.passage.article_id)
        for figure in source.figures:
            key = (passage.article_id, figure.quantity.start)
            inside = passage.start <= figure.quantity.start < passage.end
            if inside and key not in found and _can_answer(question, figure, source):
                told = features(question, terms, hit, source, figure)
                found[key] = Finding(figure, passage.article_id, 0.0, features=told)
    return compared(_of_kind(question, list(found.values())), n_passages)


def _can_answer(question: Question, figure: Figure, source: Evidence) -> bool:
    """Whether a figure is neither the asker's own nor what a change set out from."""
    if question.ask is not Ask.FIGURE:
        return True
    return not (echoes(question, figure) or begins(question, source.text, figure))


def compared(found: Sequence[Finding], n_passages: int) -> tuple[Finding, ...]:
    """The candidates with what only shows beside the others."""
    return tuple(with_rivals(_with_objections(with_agreement(found), n_passages)))


_DAMP = 3
_RETRIEVED = 0.5
"""What a rank of retrieval counts beside 1 for a rank of reading.

Over 211 questions on 63,668 articles, recall@1 / @5 / @10: retrieval .66 / .90 / .95, reading .76 / .92 / .95, both so
fused .75 / .93 / .97; a damp of 1 to 10 and a weight of .5 or 1 differ by two questions.
"""


def reordered(
    hits: Sequence[Hit], found: Sequence[Finding], score: Callable[[Mapping[str, float]], float]
) -> tuple[Hit, ...]:
    """The hits by the best candidate that stands in each, fused with how retrieval had them; ranks anew.

    Args:
        hits: As retrieval found them.
        found: Every candidate in them.
        score: How good a candidate is, by its features.
    """
    inside: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for finding in found:
        inside[finding.article_id].append((finding.figure.quantity.start, score(finding.features)))

    def best(hit: Hit) -> float:
        passage = hit.passage
        within = (s for at, s in inside[passage.article_id] if passage.start <= at < passage.end)
        return max(within, default=-inf)

    by_reading = {hit.rank: place for place, hit in enumerate(sorted(hits, key=lambda h: -best(h)), 1)}

    def fused(hit: Hit) -> float:
        return 1 / (_DAMP + by_reading[hit.rank]) + _RETRIEVED / (_DAMP + hit.rank)

    ordered = sorted(hits, key=lambda hit: -fused(hit))
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(ordered, 1))


def _of_kind(question: Question, found: list[Finding]) -> list[Finding]:
    """Those of the kind and unit that the question itself names (多少钱, 多少人), if any of them is near."""
    fitting = [f for f in found if not f.features["kind_conflict"]]
    kept = fitting if question.strict and fitting else found
    alike = [f for f in kept if f.features["unit_same"] or f.features["unit_like"]]
    reach = _NEARLY * max((f.features["cover_sentence"] for f in kept), default=0.0)
    return alike if any(f.features["cover_sentence"] >= reach for f in alike) else kept


def _with_objections(found: list[Finding], n_passages: int) -> list[Finding]:
    """Marks what must not be given as the answer, so that a candidate without fault goes before it."""
    return [
        replace(f, features={**f.features, "forbidden": float(bool(objection(f.features, n_passages)))})
        for f in found
    ]
