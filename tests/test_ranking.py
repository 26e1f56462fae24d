import json
from importlib import resources

import pytest

from knowledge.linking import link
from knowledge.ranking import Model
from knowledge.schema import Finding

MODEL = Model(
    weights={"cover_own": 2.0},
    bias=-1.0,
    calibration={"one": -1.0, "lead": 1.0},
    threshold=0.5,
    sentence_threshold=0.6,
)


def findings(*covers):
    figures = link("甲为1元，乙为2元，丙为3元。")
    return [Finding(f, "a", 0.0, features={"cover_own": c}) for f, c in zip(figures, covers, strict=True)]


def test_the_best_covered_comes_first_and_ties_keep_their_order():
    ranked = MODEL.rank(findings(0.1, 0.9, 0.1))
    assert [f.figure.quantity.surface for f in ranked] == ["2元", "1元", "3元"]
    assert all(0 < f.probability < 1 for f in ranked)


def test_confidence_grows_with_the_lead():
    close = MODEL.confidence(MODEL.rank(findings(0.9, 0.8, 0.1)), 10)
    clear = MODEL.confidence(MODEL.rank(findings(0.9, 0.1, 0.1)), 10)
    assert close < clear


def test_the_shipped_model_is_whole_and_small():
    file = resources.files("knowledge").joinpath("reading_model.json")
    text = file.read_text(encoding="utf-8")
    model = Model.from_json(json.loads(text))
    assert len(text) < 20_000
    assert 0 < model.threshold < 1
    assert model.weights["cover_sentence"] > 0 > model.weights["miss_noun"]


@pytest.mark.parametrize("score", [-1e6, 1e6])
def test_no_score_is_too_far(score):
    extreme = Model({}, score, {}, 0.5, 0.5)
    assert 0 <= extreme.rank(findings(0, 0, 0))[0].probability <= 1
