import pytest

from knowledge.articles import make_article
from knowledge.features import Evidence
from knowledge.linking import link
from knowledge.ruling import UNKNOWN, Basis, Candidate, Ruling
from knowledge.schema import Finding, Span
from knowledge.verdict import Label, Reason


def candidate(text: str, surface: str, **features: float) -> Candidate:
    article = make_article("a", text, published="2022-02-21")
    source = Evidence(article, text, "", link(text, anchor=article.day))
    (figure,) = (f for f in source.figures if f.quantity.surface == surface)
    return Candidate(Finding(figure, article.id, 0.0, features=features), 0.0, source)


@pytest.mark.parametrize(
    ("text", "surface", "decides", "also"),
    [
        ("截至2021年底，科创投投资23.26亿元。", "23.26亿元", "23.26亿元", ["截至2021年底"]),
        ("科创投投资23.26亿元。", "23.26亿元", "23.26亿元", []),
        ("2021年成立。科创投投资23.26亿元。", "23.26亿元", "23.26亿元", []),
        ("企业数预计达7800家。", "7800家", "预计达7800家", []),
        ("力争到明年使全市各区县的高新技术企业数达7800家。", "7800家", "7800家", ["明年"]),
        ("2021年企业数预计达7800家。", "7800家", "预计达7800家", ["2021年"]),
    ],
    ids=["time", "no time", "time elsewhere", "hedge", "hedge far off", "both"],
)
def test_a_figure_is_shown_with_what_makes_it_no_fact_yet_and_its_time(text, surface, decides, also):
    found = candidate(text, surface)
    assert found.basis.surface == decides
    assert [text[slice(*span)] for span in found.basis.also] == also
    assert text[slice(*found.basis.sentence)] == found.sentence


def test_what_a_candidate_tells_of_itself():
    text = "会上介绍。科创投投资23.26亿元，签约11项。"
    found = candidate(text, "11项", cover_sentence=0.75)
    assert found.quantity.surface == "11项"
    assert found.sentence == "科创投投资23.26亿元，签约11项。"
    assert found.cover == 0.75


def test_what_is_expected_is_in_the_articles_own_characters():
    article = make_article("a", "科創投投資２３．２６億元。")
    source = Evidence(article, "科创投投资23.26亿元。", "", ())
    basis = Basis(source, Span(0, 14), Span(5, 12))
    assert basis.surface == article.text[5:12] == "２３．２６億元"
    assert Ruling(Label.REFUTED, Reason.VALUE, (basis,)).expected == "２３．２６億元"


def test_the_first_of_several_is_expected_and_nothing_where_the_claim_stands():
    text = "科创投投资23.26亿元，签约11项。"
    one, two = (candidate(text, surface).basis for surface in ("11项", "23.26亿元"))
    assert Ruling(Label.REFUTED, Reason.VALUE, (one, two)).expected == "11项"
    assert Ruling(Label.SUPPORTED, Reason.ROUNDED, (two,)).expected == "23.26亿元"
    assert Ruling(Label.SUPPORTED, basis=(one,)).expected == ""
    assert Ruling(Label.NOT_ENOUGH_INFO, Reason.MEASURE).expected == ""
    assert (UNKNOWN.label, UNKNOWN.reason, UNKNOWN.basis) == (Label.NOT_ENOUGH_INFO, Reason.NONE, ())
