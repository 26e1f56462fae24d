"""Folding keeps every offset, words slice to their surface, and terms meet between question and text."""

# ruff: noqa: RUF001 -- full-width letters are what is tested

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.words import fold, plain, question_terms, terms, tokenize

MIXED = st.text(
    st.one_of(
        st.sampled_from(
            "臺灣國産業發髮乾坤乾燥藉著後台里裡麵面範范亿億萬万，。：％．０１９ＡＺａｚ～　\n\t 𠮷👍é"
        ),
        st.characters(),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("臺灣經濟成長率", "台湾经济成长率"),
        ("在蓉兩院院士達33位", "在蓉两院院士达33位"),
        ("頭髮與發展，皇后與後來", "头发与发展，皇后与后来"),
        ("２０２１年增长１６．３％", "2021年增长16.3%"),
        ("３～５％", "3~5%"),
        ("Ａ股　ＧＤＰ", "A股 GDP"),
        ("，。：；？！（）“”", "，。：；？！（）“”"),
        ("已是简体", "已是简体"),
        ("\udce6多少", "\ufffd多少"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str):
    assert fold(text) == folded


def test_fold_leaves_a_comma_between_figures_wide():
    assert fold("分别为３，５００") == "分别为3，500"


@given(MIXED)
def test_fold_keeps_length_and_is_stable(text: str):
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded


@given(MIXED)
def test_tokens_slice_to_their_text_and_cover_it(text: str):
    tokens = tokenize(text)
    assert [text[t.start : t.end] for t in tokens] == [t.text for t in tokens]
    assert "".join(t.text for t in tokens) == text


def test_tags_tell_names_and_numbers():
    tags = {t.text: t.tag for t in tokenize("成都2021年投资23.26亿元")}
    assert tags["成都"] == "ns"
    assert tags["23.26"] == "m"


def test_plain_closes_the_gaps_around_figures_only():
    assert plain("IT 之家 8 月 16 日消息，Windows 11 与 GDP 增长") == "it之家8月16日消息，windows 11与gdp增长"


def test_terms_drop_marks_and_join_a_number_to_what_it_counts():
    assert terms("截至2021年，“科创投”！") == ["截至", "2021", "年", "2021年", "科", "创投"]
    assert terms("，。！ \n") == []


@given(MIXED)
def test_terms_hold_no_space_and_a_word_each(text: str):
    for term in terms(text):
        assert term.split() == [term]
        assert term == term.casefold()


@pytest.mark.parametrize(
    ("asked", "otherwise"),
    [
        ("臺灣的經濟成長率是多少？", "台湾的经济成长率是多少？"),
        ("２０２１年ＧＤＰ多少", "2021年gdp多少"),
        ("8 月 16 日 消息", "8月16日消息"),
        ("请问科创投累计投资了多少呢", "科创投累计投资多少"),
    ],
)
def test_the_same_question_otherwise_written_searches_the_same(asked: str, otherwise: str):
    words = {t for t, weight in question_terms(asked).items() if weight == 1.0}
    assert words == {t for t, weight in question_terms(otherwise).items() if weight == 1.0}


@pytest.mark.parametrize("asked", ["请问是多少呢？", "有几家", "这个呢", "？！", ""])
def test_words_of_asking_alone_search_nothing(asked: str):
    assert question_terms(asked) == {}


def test_a_name_cut_in_two_is_searched_by_its_pairs_too():
    found = question_terms("科创投多少")
    assert found["科创"] < found["创投"] == 1.0


def test_synonyms_count_less_than_what_was_said():
    found = question_terms("上半年GDP多少")
    assert found["gdp"] == 1.0
    assert 0 < found["生产总值"] < 0.5


@given(MIXED)
def test_weights_are_in_their_range(text: str):
    assert all(0 < weight <= 1 for weight in question_terms(text).values())
