import pytest

from knowledge.consensus import elsewhere, with_agreement, with_rivals
from knowledge.linking import link
from knowledge.schema import Finding

MERITS = ("time_same", "unit_same", "statistic_same", "direction_same", "told_same", "extreme_same")
FAIR = {"cover_sentence": 0.6, "cover_near": 0.2, "forbidden": 0.0, **dict.fromkeys(MERITS, 0.0)}


def finding(text, article="a", *, probability=0.5, **features):
    (figure,) = link(text)
    return Finding(figure, article, probability, features={**FAIR, **features})


def agreed(*found):
    return [f.features for f in with_agreement(found)]


def test_a_value_that_another_article_rounds_is_echoed():
    rough, fine = agreed(
        finding("全县产值为5307亿元。", "a", cover_sentence=0.5),
        finding("全县产值为5307.19亿元。", "b", cover_sentence=0.7),
    )
    assert (rough["echoed_elsewhere"], fine["echoed_elsewhere"]) == (0.7, 0.5)
    assert rough["n_elsewhere"] == fine["n_elsewhere"] == pytest.approx(1 / 5)
    assert (rough["is_rounder"], fine["is_rounder"]) == (1, 0)


def test_nearly_six_tenths_agrees_with_the_exact_share():
    rough, fine = agreed(finding("女性占近六成。", "a"), finding("女性占58.1%。", "b"))
    assert rough["echoed_elsewhere"] == fine["echoed_elsewhere"] == FAIR["cover_sentence"]
    assert (rough["is_rounder"], fine["is_rounder"]) == (1, 0)


def test_a_finer_value_of_something_else_makes_none_rounder():
    rough, _ = agreed(
        finding("全县产值为5307亿元。", "a", cover_sentence=0.9),
        finding("乙市债务为5307.19亿元。", "b", cover_sentence=0.1),
    )
    assert rough["is_rounder"] == 0


def test_an_article_does_not_echo_itself():
    one, other = agreed(finding("全县产值为5307亿元。"), finding("全县产值为5307.19亿元。"))
    assert one["n_elsewhere"] == other["n_elsewhere"] == one["echoed_elsewhere"] == 0
    assert one["is_rounder"] == 1


def test_articles_are_counted_once_each():
    first, *_ = agreed(*(finding("入园企业30家。", name) for name in "abbc"))
    assert first["n_elsewhere"] == pytest.approx(2 / 5)


def test_a_number_is_barer_than_the_same_with_a_unit():
    bare, full = agreed(finding("总人口为1.4亿。", "a"), finding("总人口为1.4亿人。", "b"))
    assert (bare["is_barer"], full["is_barer"]) == (1, 0)


@pytest.mark.parametrize("text", ["入园企业31家。", "入园专家30位。", "入园企业占30%。"])
def test_another_value_or_unit_agrees_with_nothing(text):
    one, other = agreed(finding("入园企业30家。", "a"), finding(text, "b"))
    assert one["n_elsewhere"] == other["n_elsewhere"] == 0


@pytest.mark.parametrize("merit", MERITS)
def test_what_lacks_a_merit_is_beaten_by_what_has_it(merit):
    have, lack = with_rivals([finding("甲为5元。", **{merit: 1.0}), finding("乙为6元。")])
    assert (have.features[f"beaten_{merit}"], lack.features[f"beaten_{merit}"]) == (0, 1)
    assert all(lack.features[f"beaten_{other}"] == 0 for other in MERITS if other != merit)


def test_what_covers_much_less_beats_nothing():
    _, lack = with_rivals([finding("甲为5元。", time_same=1.0, cover_sentence=0.1), finding("乙为6元。")])
    assert lack.features["beaten_time_same"] == 0


def test_a_forbidden_candidate_is_beaten_by_a_clean_one():
    bad, good = with_rivals([finding("甲为5元。", forbidden=1.0), finding("乙为6元。")])
    assert (bad.features["beaten_forbidden"], good.features["beaten_forbidden"]) == (1, 0)
    (alone,) = with_rivals([finding("甲为5元。", forbidden=1.0)])
    assert alone.features["beaten_forbidden"] == 0


def test_another_article_that_states_another_value_is_shown():
    best, other = finding("门票80元。", "a"), finding("门票60元。", "b")
    assert elsewhere([best, other]) == (other,)
    assert elsewhere([best]) == ()


def test_a_value_is_shown_once():
    best, *others = (
        finding(text, name) for text, name in zip(["门票80元。", *["门票60元。"] * 2], "abc", strict=True)
    )
    assert elsewhere([best, *others]) == (others[0],)


@pytest.mark.parametrize(
    "other",
    [
        finding("门票60元。", "a"),
        finding("门票80元。", "b"),
        finding("门票约80元。", "b"),
        finding("门票60张。", "b"),
        finding("门票60元。", "b", forbidden=1.0),
        finding("门票60元。", "b", cover_sentence=0.1),
        finding("门票60元。", "b", probability=0.05),
    ],
    ids=[
        "same article",
        "same value",
        "rounded",
        "other unit",
        "forbidden",
        "elsewhere spoken of",
        "unlikely",
    ],
)
def test_what_is_not_shown_beside_the_answer(other):
    assert elsewhere([finding("门票80元。", "a"), other]) == ()
