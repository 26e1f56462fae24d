"""From features to a calibrated probability: the learned part of reading, as plain arithmetic.

The model file is JSON that a person can read: a list of trees or weights over named features, and the curve
that turns the best score and its lead into the chance of being right.  `tests/bench/train.py` writes it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log10
from typing import Any, Self

from knowledge.schema import Finding


@dataclass(frozen=True, slots=True)
class Model:
    """A linear ranker with a calibrated confidence.

    Attributes:
        weights: Weight by feature name; unnamed features count nothing.
        bias: Added to every score.
        calibration: Weights over `lead`, `score` and the features of the best candidate.
        threshold: Below this confidence a figure question is abstained from.
        sentence_threshold: The same for questions whose answer is a sentence.
    """

    weights: Mapping[str, float]
    bias: float
    calibration: Mapping[str, float]
    threshold: float
    sentence_threshold: float

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The model that a training run wrote."""
        return cls(
            weights=data["weights"],
            bias=data["bias"],
            calibration=data["calibration"],
            threshold=data["threshold"],
            sentence_threshold=data["sentence_threshold"],
        )

    def score(self, features: Mapping[str, float]) -> float:
        """Log-odds that the candidate is the answer."""
        return self.bias + sum(self.weights.get(name, 0.0) * value for name, value in features.items())

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
        mass: dict[tuple[object, str], float] = defaultdict(float)
        for finding, part in zip(found, parts, strict=True):
            mass[_value(finding)] += part / sum(parts)
        ranked = [(replace(f, probability=mass[_value(f)]), s) for f, s in zip(found, scores, strict=True)]
        return tuple(f for f, _ in sorted(ranked, key=lambda item: (-item[0].probability, -item[1])))

    def confidence(self, ranked: Sequence[Finding], n_passages: int) -> float:
        """Chance in [0, 1] that the first of the ranked candidates answers the question."""
        found = confidence_features(ranked, self, n_passages)
        return _sigmoid(sum(self.calibration.get(name, 0.0) * value for name, value in found.items()))


def confidence_features(ranked: Sequence[Finding], model: Model, n_passages: int) -> dict[str, float]:
    """What the confidence is computed from.

    The score of the best candidate, its lead over the next one of *another* value, the probability of its value,
    its features, and the crowd: among more passages a near miss is more likely (log10 of their number, over 5).
    """
    best = ranked[0]
    score = model.score(best.features)
    rivals = [model.score(f.features) for f in ranked if _value(f) != _value(best)]
    lead = score - max(rivals) if rivals else _FREE
    crowd = log10(max(n_passages, 1)) / 5
    told = {"one": 1.0, "score": score, "lead": min(lead, _FREE), "crowd": crowd, "mass": best.probability}
    alone = {f"{name}_alone": best.features.get(name, 0.0) * max(0.0, 1 - crowd) for name in _MISSES}
    return {**told, **alone, **best.features}


_FREE = 4.0
"""Lead of a best candidate without rivals."""

_MISSES = ("miss_noun", "miss_name", "far_noun", "time_unknown", "time_conflict", "kind_conflict")
"""What tells more where few articles are: among many, the better match would have been found."""


def _value(finding: Finding) -> tuple[object, str]:
    quantity = finding.figure.quantity
    return quantity.value, quantity.unit


_FAR = 700.0
"""Log-odds beyond which a float has no chance to tell from none."""


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-max(x, -_FAR)))
