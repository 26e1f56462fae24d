import json
from importlib import resources

import pytest

from knowledge.linking import link
from knowledge.ranking import Model
from knowledge.schema import Finding

MODEL = Model(
    weights={"cover_own": 2.0},
    prior=-1.0,
    trees=(("lead", 0.5, -0.5, 1.5),),
    threshold=0.5,
    sentence_threshold=0.6,
)


def findings(*covers):
    figures = link("甲为1元，乙为2元，丙为3元。")
    rest = {"cover_sentence": 0.0, "cover_near": 0.0, "forbidden": 0.0}
    return [
        Finding(f, "a", 0.0, features={**rest, "cover_own": c}) for f, c in zip(figures, covers, strict=True)
    ]


def test_the_best_covered_comes_first_and_ties_keep_their_order():
    ranked = MODEL.rank(findings(0.1, 0.9, 0.1))
    assert [f.figure.quantity.surface for f in ranked] == ["2元", "1元", "3元"]
    assert all(0 < f.probability < 1 for f in ranked)


def valued(text, *covers):
    return [
        Finding(f, f"a{i}", 0.0, features={"cover_own": cover})
        for i, (f, cover) in enumerate(zip(link(text), covers, strict=True))
    ]


def test_three_middling_statements_of_a_value_outweigh_one_good_one_of_another():
    ranked = MODEL.rank(valued("甲为7元，乙为5元，丙为5元，丁为5元。", 0.9, 0.5, 0.7, 0.6))
    assert [f.figure.quantity.surface for f in ranked] == ["5元", "5元", "5元", "7元"]
    assert [f.article_id for f in ranked] == ["a2", "a3", "a1", "a0"]
    assert len({f.probability for f in ranked[:3]}) == 1
    assert ranked[0].probability + ranked[3].probability == pytest.approx(1)


def test_one_clear_statement_outweighs_two_poor_ones_of_another_value():
    ranked = MODEL.rank(valued("甲为7元，乙为5元，丙为5元。", 0.9, 0.1, 0.1))
    assert ranked[0].figure.quantity.surface == "7元"


def test_the_same_number_in_another_unit_is_another_value():
    ranked = MODEL.rank(valued("甲为5元，乙有5家。", 0.5, 0.5))
    assert [f.probability for f in ranked] == pytest.approx([0.5, 0.5])


def test_nothing_found_is_nothing_ranked():
    assert MODEL.rank([]) == ()


def test_confidence_grows_with_the_lead():
    close = MODEL.confidence(MODEL.rank(findings(0.9, 0.8, 0.1)), 10)
    clear = MODEL.confidence(MODEL.rank(findings(0.9, 0.1, 0.1)), 10)
    assert close < clear


def test_the_shipped_model_is_whole_and_small():
    file = resources.files("knowledge").joinpath("reading_model.json")
    text = file.read_text(encoding="utf-8")
    model = Model.from_json(json.loads(text))
    assert len(text) < 60_000
    assert 0 < model.threshold < 1
    assert model.weights["cover_sentence"] > 0 > model.weights["miss_noun"]


@pytest.mark.parametrize("score", [-1e6, 1e6])
def test_no_score_is_too_far(score):
    extreme = Model({"cover_own": score}, score, (), 0.5, 0.5)
    ranked = extreme.rank(findings(0, 1, 0))
    assert all(0 <= finding.probability <= 1 for finding in ranked)
    assert 0 <= extreme.confidence(ranked, 10) <= 1
