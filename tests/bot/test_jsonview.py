"""The JSON of the command line: exactly the keys of its contract, values without exponent."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jsonview import answer_view, checked_view, dumps, ledger_view, plain
from knowledge.schema import Answer, Article, Hit, Passage
from knowledge.verdict import Checked

ANSWER = ["question", "status", "text", "confidence", "figures", "citations", "candidates", "alternatives"]
ANSWER += ["reason", "timings_ms", "statements", "generation"]
FIGURE = ["value", "high", "unit", "kind", "surface", "modifier", "hedge", "measure", "subject", "statistic"]
FIGURE += ["direction", "as_of"]
CITATION = ["label", "article_id", "title", "source", "published", "url", "quote", "start", "end"]


def test_an_answer_has_the_contract_s_keys(answered: Answer):
    view = json.loads(dumps(answer_view(answered)))
    assert list(view) == ANSWER
    assert list(view["figures"][0]) == [*FIGURE, "citation"]
    assert list(view["citations"][0]) == CITATION
    assert view["figures"][0] | {"as_of": None} == {
        "value": "2326000000",
        "high": None,
        "unit": "元",
        "kind": "money",
        "surface": "23.26亿元",
        "modifier": "exact",
        "hedge": "",
        "measure": "累计投资金额",
        "subject": "科创投",
        "statistic": "累计",
        "direction": None,
        "as_of": None,
        "citation": 1,
    }
    assert view["figures"][0]["as_of"] == {"lo": "2021-12-31", "hi": "2021-12-31", "surface": "截至2021年底"}
    assert view["candidates"][0]["citation"] is None
    assert view["confidence"] == 0.9346


def test_a_trace_adds_passages_and_features(answered: Answer):
    passage = Passage("seed#0-4", "seed", 0, 4, "截至20", 3)
    view = answer_view(replace(answered, hits=(Hit(passage, 0.5, 1, lexical=7.25),)), trace=True)
    assert list(view) == [*ANSWER, "passages"]
    assert view["passages"] == [
        {"article_id": "seed", "start": 0, "end": 4, "rank": 1, "scores": {"fused": 0.5, "lexical": 7.25}}
    ]
    assert view["candidates"][0]["features"] == {"near": 0.5}


def test_a_verdict_is_in_the_text(answered: Answer):
    assert answer_view(replace(answered, yes_no=False))["text"] == "否，23.26亿元（截至2021年底）"


def test_a_ledger_line_says_where(answered: Answer):
    text = answered.citations[0].quote
    article = Article("seed", "", "", None, "", text, "")
    view = ledger_view(article, answered.figures[0].figure)
    assert list(view) == [*FIGURE, "article_id", "start", "end", "sentence"]
    assert text[view["start"] : view["end"]] == view["surface"]
    assert view["sentence"] == text


CHECKED = ["text", "figures", "supported", "refuted", "not_enough_info", "timings_ms"]
STATED = ["surface", "start", "end", "value", "high", "unit", "kind"]
JUDGED = ["verdict", "expected", "reason", "citations"]


def test_a_check_has_the_contract_s_keys(checked: Checked):
    view = json.loads(dumps(checked_view(checked)))
    assert list(view) == CHECKED
    date, wrong, *_ = view["figures"]
    assert list(wrong) == [*STATED, *JUDGED]
    assert list(wrong["citations"][0]) == CITATION
    assert wrong | {"citations": []} == {
        "surface": "23.62亿元",
        "start": 20,
        "end": 27,
        "value": "2362000000",
        "high": None,
        "unit": "元",
        "kind": "money",
        "verdict": "refuted",
        "expected": "23.26亿元",
        "reason": "value",
        "citations": [],
    }
    assert view["text"][wrong["start"] : wrong["end"]] == wrong["surface"]
    assert list(date) == ["surface", "start", "end", "lo", "hi", "unit", "kind", *JUDGED]
    assert (date["kind"], date["lo"], date["hi"]) == ("date", "2021-12-31", "2021-12-31")
    assert [view["supported"], view["refuted"], view["not_enough_info"]] == [2, 1, 2]
    assert view["timings_ms"] == {"total": 12.3457}


def test_a_token_that_is_no_number_is_an_identifier(checked: Checked):
    bare = replace(checked.verdicts[3], quantity=None)
    (figure,) = checked_view(replace(checked, verdicts=(bare,)))["figures"]
    assert list(figure) == [*STATED, *JUDGED]
    assert (figure["kind"], figure["value"], figure["high"], figure["unit"]) == ("identifier", None, None, "")
    assert (figure["reason"], figure["expected"], figure["citations"]) == ("", "", [])


def test_a_range_has_its_upper_end(checked: Checked):
    (verdict, *_) = checked.verdicts[1:]
    assert verdict.quantity is not None
    ranged = replace(verdict, quantity=replace(verdict.quantity, high=Decimal("2.40E+9")))
    (figure,) = checked_view(replace(checked, verdicts=(ranged,)))["figures"]
    assert (figure["value"], figure["high"]) == ("2362000000", "2400000000")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2326000000.00", "2326000000"),
        ("1E+3", "1000"),
        ("-0.30", "-0.3"),
        ("0E-5", "0"),
        ("-0.0", "0"),
        ("100", "100"),
    ],
)
def test_plain(value: str, expected: str):
    assert plain(Decimal(value)) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.decimals(-(10**12), 10**12))
def test_plain_keeps_the_value(value: Decimal):
    text = plain(value)
    assert Decimal(text) == value
    assert "E" not in text


def test_a_line_of_json_is_one_line(answered: Answer):
    line = dumps(answer_view(replace(answered, text="一\n二\u2028")))
    assert "\n" not in line
    assert "科创投" in line
