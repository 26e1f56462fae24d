import pytest

from knowledge.articles import make_article
from knowledge.schema import Citation, Span
from knowledge.verdict import Checked, Label, Verdict

ARTICLE = make_article("a", "科创投投了23.26亿元。科创贷放了157.38亿元。签约11项。", published="2022-02-21")
DRAFT = "投了23.26亿，放了157亿，签了12项，共3家"


def cited(label: int) -> Citation:
    spans = [Span(0, 13), Span(13, 27), Span(27, 33)]
    return Citation.of(ARTICLE, spans[label - 1], label=label)


def verdict(surface: str, label: Label, *labels: int) -> Verdict:
    at = DRAFT.index(surface)
    return Verdict(at, at + len(surface), surface, label, citations=tuple(map(cited, labels)))


CHECKED = Checked(
    DRAFT,
    (
        verdict("23.26亿", Label.SUPPORTED, 2, 1),
        verdict("157亿", Label.SUPPORTED, 2),
        verdict("12项", Label.REFUTED, 3),
        verdict("3家", Label.NOT_ENOUGH_INFO),
    ),
)


@pytest.mark.parametrize(
    ("label", "n"), [(Label.SUPPORTED, 2), (Label.REFUTED, 1), (Label.NOT_ENOUGH_INFO, 1)]
)
def test_how_many_verdicts_have_a_label(label, n):
    assert CHECKED.count(label) == n


def test_a_draft_without_a_number_has_none():
    assert [Checked("你好", ()).count(label) for label in Label] == [0, 0, 0]
    assert Checked("你好", ()).citations == ()


def test_the_citations_of_all_verdicts_each_once_by_label():
    assert [c.label for c in CHECKED.citations] == [1, 2, 3]
    assert [c.quote for c in CHECKED.citations] == [
        "科创投投了23.26亿元。",
        "科创贷放了157.38亿元。",
        "签约11项。",
    ]


def test_labels_are_words_of_the_json():
    assert [label.value for label in Label] == ["supported", "refuted", "not_enough_info"]
