"""From features to a calibrated probability: the learned part of reading, as plain arithmetic.

The model file is JSON that a person can read: a list of trees or weights over named features, and the curve
that turns the best score and its lead into the chance of being right.  `tests/bench/train.py` writes it.
"""

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
        """Candidates with their probability, most probable first; ties keep the hits' order."""
        scored = [replace(f, probability=_sigmoid(self.score(f.features))) for f in found]
        return tuple(sorted(scored, key=lambda f: -f.probability))

    def confidence(self, ranked: Sequence[Finding], n_passages: int) -> float:
        """Chance in [0, 1] that the first of the ranked candidates answers the question."""
        found = confidence_features(ranked, self, n_passages)
        return _sigmoid(sum(self.calibration.get(name, 0.0) * value for name, value in found.items()))


def confidence_features(ranked: Sequence[Finding], model: Model, n_passages: int) -> dict[str, float]:
    """What the confidence is computed from.

    The score of the best candidate, its lead over the next one of *another* value, its features, and the crowd:
    among more passages a near miss is more likely (log10 of their number, over 5).
    """
    best = ranked[0]
    value = (best.figure.quantity.value, best.figure.quantity.unit)
    score = model.score(best.features)
    rival = next((f for f in ranked[1:] if (f.figure.quantity.value, f.figure.quantity.unit) != value), None)
    lead = score - model.score(rival.features) if rival else 4.0
    crowd = log10(max(n_passages, 1)) / 5
    return {"one": 1.0, "score": score, "lead": min(lead, 4.0), "crowd": crowd, **best.features}


_FAR = 700.0
"""Log-odds beyond which a float has no chance to tell from none."""


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-max(x, -_FAR)))
