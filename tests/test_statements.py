"""What a model wrote, in whatever shape, as statements with labels."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.generation import Statement
from knowledge.statements import of_claims, read

ONE = Statement("甲投资23亿元。", (1,))


@pytest.mark.parametrize(
    "said",
    [
        "甲投资23亿元。[1]",
        "甲投资23亿元[1]。",
        "甲投资23亿元。【1】",
        "甲投资23亿元。［1］",
        "甲投资23亿元。[段落1]",
        "甲投资23亿元。（来源：1）",
        "- 甲投资23亿元。[1]",
        "1. **甲**投资23亿元。[1]",
        "1）甲投资`23亿元`。[1]",
        "[1] 甲投资23亿元。",
        "<think>嗯，资料[2]说24亿元[2]。</think>甲投资23亿元。[1]",
        "```\n甲投资23亿元。[1]\n```",
        '{"claims": [{"text": "甲投资23亿元。", "labels": [1]}]}',
        '```json\n[{"text": "甲投资23亿元。", "labels": [1]}]\n```',
        '{"claims": [{"text": "甲投资23亿元。[1]", "labels": []}]}',
        '{"text": "甲投资23亿元。", "labels": [1]}\n{"text": "乙投',
        "甲投资\u200b23亿元。[1]",
    ],
)
def test_one_sentence_in_many_shapes(said: str):
    assert read(said, whole=True) == (ONE,)


@pytest.mark.parametrize(
    ("said", "statements"),
    [
        ("甲投资23亿元。[1][3]", [("甲投资23亿元。", (1, 3))]),
        ("甲投资23亿元。[1, 3、4]", [("甲投资23亿元。", (1, 3, 4))]),
        ("甲投资23亿元[1]，乙投资5亿元[2]。", [("甲投资23亿元", (1,)), ("乙投资5亿元。", (2,))]),
        ("甲投资23亿元。乙投资5亿元。[2]", [("甲投资23亿元。", (2,)), ("乙投资5亿元。", (2,))]),
        ("甲（2021）投资23亿元。[1]", [("甲（2021）投资23亿元。", (1,))]),
        ("资料中没有。", [("资料中没有。", ())]),
        ('好的，如下：\n{"claims": [{"text": "甲。", "labels": [1]}', [("好的，如下：", ()), ("甲。", (1,))]),
        ("请看 http://a.cn 甲投资23亿元。[1]", [("请看 http://a.cn 甲投资23亿元。", (1,))]),
        ("[1]", []),
        ("。。。[1]", []),
        ("", []),
        ('{"claims": 3}', []),
        ('{"claims": [{"text": 3, "labels": [1]}, 5, null]}', []),
        ('{"text": "甲。", "labels": "1"}', [("甲。", ())]),
        ('{"text": "甲。", "labels": [true, 2, 3.0]}', [("甲。", (2,))]),
    ],
)
def test_what_is_read(said: str, statements: list[tuple[str, tuple[int, ...]]]):
    assert [(s.text, s.labels) for s in read(said, whole=True)] == statements


def test_a_sentence_that_may_go_on_is_left_out():
    assert read("甲投资23亿元。[1]", whole=False) == ()
    assert read("甲投资23亿元。[1]\n", whole=False) == (ONE,)
    assert read("甲投资23亿元。[1]乙", whole=False) == (ONE,)


def test_thoughts_that_have_no_end_say_nothing():
    assert read("<think>甲投资23亿元。[1]\n", whole=True) == ()


PIECES = st.sampled_from(
    ["甲投资23亿元", "。", "[1]", "[2]", "【3】", "\n", " ", "，", "1. ", "- ", "**", "（2021）", "<think>", "</think>",
     "```", '{"claims": [', '{"text": "乙5亿元。", "labels": [1]}', ",", "]}", "[", "{", "。[1]\n"]
)  # fmt: skip


@settings(max_examples=500)
@given(st.lists(PIECES, max_size=14).map("".join), st.data())
@example("[1]甲[2]乙[3]", None)
@example("甲。[1]\n{", None)
@example("甲。[1][22]", None)
@example("甲。[1] 【22", None)
def test_what_has_been_read_stays(said: str, data: st.DataObject | None):
    at = data.draw(st.integers(0, len(said))) if data is not None else len(said) - 3
    so_far, whole = read(said[:at], whole=False), read(said, whole=True)
    assert whole[: len(so_far)] == so_far


def test_a_structure_that_grows():
    claims = {"claims": [{"text": "甲投资23亿元。", "labels": [1]}, {"text": "乙投", "labels": []}]}
    assert of_claims(claims, whole=False) == (ONE,)
    assert [s.text for s in of_claims(claims, whole=True)] == ["甲投资23亿元。", "乙投"]


@pytest.mark.parametrize(
    "said", [None, 3, [], {}, {"claims": None}, {"claims": "甲"}, {"claims": {"text": "甲"}}]
)
def test_a_structure_of_another_shape_says_nothing(said: object):
    assert of_claims(said, whole=True) == ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["text", "labels", "claims"]), x),
    )
)
def test_any_json_is_read_or_passed_over(value: object):
    of_claims(value, whole=True)
    read(json.dumps(value), whole=True)
