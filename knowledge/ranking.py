"""From features to a calibrated probability: the learned part of reading, as plain arithmetic.

The model file is JSON that a person can read: one weight a feature for the ranking, and small decision trees that
turn the best candidate's features and its lead into the chance of being right.  `tests/bench/train.py` writes it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log10
from typing import Any, Self

from knowledge.consensus import Amount, amount, near_articles, rivals
from knowledge.schema import Finding

Tree = float | tuple[str, float, "Tree", "Tree"]
"""A leaf's log-odds, or (feature, threshold, tree up to the threshold, tree above it)."""


@dataclass(frozen=True, slots=True)
class Model:
    """A linear ranker with a calibrated confidence.

    Attributes:
        weights: Weight by feature name; unnamed features count nothing.
        prior: Log-odds of the confidence before any tree.
        trees: What each adds to them.
        threshold: Below this confidence a figure question is abstained from.
        sentence_threshold: The same for questions whose answer is a sentence.
    """

    weights: Mapping[str, float]
    prior: float
    trees: tuple[Tree, ...]
    threshold: float
    sentence_threshold: float

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The model that a training run wrote."""
        return cls(
            weights=data["weights"],
            prior=data["prior"],
            trees=tuple(_tree(node) for node in data["trees"]),
            threshold=data["threshold"],
            sentence_threshold=data["sentence_threshold"],
        )

    def score(self, features: Mapping[str, float]) -> float:
        """How good a candidate is beside the others of its question; only differences mean something."""
        return sum(self.weights.get(name, 0.0) * value for name, value in features.items())

    def rank(self, found: Sequence[Finding]) -> tuple[Finding, ...]:
        """Candidates, best first, each with the probability of its *value*; ties keep the hits' order.

        Candidates share one unit of probability by a softmax of their scores, and a value has what all figures that
        state it have: three middling statements of one value outweigh a single good one of another.
        """
        if not found:
            return ()
        scores = [self.score(f.features) for f in found]
        top = max(scores)
        parts = [exp(score - top) for score in scores]
        total = sum(parts)
        mass: dict[Amount, float] = defaultdict(float)
        for finding, part in zip(found, parts, strict=True):
            mass[amount(finding)] += part / total
        ranked = [(replace(f, probability=mass[amount(f)]), s) for f, s in zip(found, scores, strict=True)]
        return tuple(f for f, _ in sorted(ranked, key=lambda item: (-item[0].probability, -item[1])))

    def confidence(self, ranked: Sequence[Finding], n_passages: int) -> float:
        """Chance in [0, 1] that the first of the ranked candidates answers the question."""
        found = confidence_features(ranked, self, n_passages)
        return _sigmoid(self.prior + sum(_leaf(tree, found) for tree in self.trees))


def _tree(node: float | list[Any]) -> Tree:
    if not isinstance(node, list):
        return float(node)
    name, threshold, low, high = node
    return name, threshold, _tree(low), _tree(high)


def _leaf(tree: Tree, features: Mapping[str, float]) -> float:
    while isinstance(tree, tuple):
        name, threshold, low, high = tree
        tree = low if features.get(name, 0.0) <= threshold else high
    return tree


def confidence_features(ranked: Sequence[Finding], model: Model, n_passages: int) -> dict[str, float]:
    """What the confidence is computed from.

    The score of the best candidate, its lead over the next one of *another* value (anywhere, in its own article, in
    others), the probability of its value, what others state as near, its features, and the crowd: among more passages
    a near miss is more likely (log10 of their number, over 5).
    """
    best = ranked[0]
    score = model.score(best.features)
    others = [(f, model.score(f.features)) for f in ranked if amount(f) != amount(best)]
    conflicts = rivals(ranked)
    return {
        "score": score,
        "lead": _lead(score, [s for _, s in others]),
        "lead_inside": _lead(score, [s for f, s in others if f.article_id == best.article_id]),
        "lead_elsewhere": _lead(score, [s for f, s in others if f.article_id != best.article_id]),
        "mass": best.probability,
        "rivals": _several({amount(f) for f in conflicts}),
        "rivals_elsewhere": _several({amount(f) for f in conflicts if f.article_id != best.article_id}),
        "articles_near": _several(near_articles(ranked)),
        "crowd": log10(max(n_passages, 1)) / 5,
        **best.features,
    }


def _lead(score: float, others: Sequence[float]) -> float:
    return min(score - max(others, default=-inf), _FREE)


def _several(things: Collection[object]) -> float:
    return min(len(things), _SEVERAL) / _SEVERAL


_FREE = 4.0
"""Lead of a best candidate without rivals."""

_SEVERAL = 5
"""Rivals and articles are counted up to it."""


_FAR = 700.0
"""Log-odds beyond which a float has no chance to tell from none."""


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-max(x, -_FAR)))
