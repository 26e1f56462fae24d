"""Regression pairs: what counts as right, what is told of the rest."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot import evaluation_report, pairs
from bot.evaluate import Pair, Summary, compare, run, summary_view
from knowledge.errors import UsageError
from knowledge.schema import Answer, Status

PAIR = """
pairs:
  - id: one
    question: 科创投累计投资多少
    status: answered
    value: "2326000000"
    unit: 元
    modifier: exact
    sentence: “科创投”累计投资金额23.26亿元
    contains: [科创贷]
    tags: [formal]
"""


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    path = tmp_path / "qa.yaml"
    path.write_text(PAIR, encoding="utf-8")
    (only,) = pairs.read(path)
    return only


def fields(pair: Pair, answer: Answer) -> list[str]:
    return [miss.field for miss in compare(pair, answer)]


def test_what_meets_every_demand_is_right(pair: Pair, answered: Answer):
    assert fields(pair, answered) == []


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"value": 2326000001}, "value"),
        ({"unit": "美元"}, "unit"),
        ({"modifier": "over"}, "modifier"),
        ({"sentence": "不在引文里"}, "sentence"),
        ({"contains": ("不在引文里",)}, "contains"),
        ({"yes_no": "yes"}, "yes_no"),
        ({"status": Status.ABSTAINED}, "status"),
    ],
)
def test_every_demand_can_be_missed(pair: Pair, answered: Answer, change: dict[str, object], missed: str):
    assert missed in fields(replace(pair, **change), answered)  # type: ignore[arg-type]


def test_an_abstention_where_an_answer_was_due_is_a_miss_but_no_wrong_answer(
    pair: Pair, abstained: Callable[..., Answer]
):
    (outcome,) = run([pair], lambda _: abstained("unsure"))
    assert not outcome.right
    assert not outcome.wrong_answer
    assert outcome.misses[0].got == "abstained unsure"


def test_an_answer_without_figure_misses_the_value(pair: Pair, answered: Answer):
    assert fields(pair, replace(answered, figures=())) == ["value"]


def test_a_pair_without_sentence_looks_into_the_text(pair: Pair, answered: Answer):
    metadata = replace(pair, value=None, unit=None, modifier="", sentence="", contains=("科技日报",))
    assert fields(metadata, replace(answered, figures=(), text="科技日报")) == []
    assert fields(metadata, replace(answered, figures=(), text="人民日报")) == ["contains"]


def test_yes_and_no(pair: Pair, answered: Answer):
    demand = replace(pair, yes_no="yes")
    assert fields(demand, replace(answered, yes_no=True)) == []
    assert fields(demand, replace(answered, yes_no=False)) == ["yes_no"]


@pytest.fixture
def summary(pair: Pair, answered: Answer) -> Summary:
    wrong = replace(pair, id="two<script>", unit="美元", tags=("formal", "spoken"))
    return Summary(tuple(run([pair, wrong], lambda _: answered)))


def test_totals(summary: Summary):
    assert (summary.n_right, summary.n_wrong_answers, summary.accuracy) == (1, 1, 0.5)
    assert list(summary.by_tag()) == [("formal", 1, 2), ("spoken", 0, 1)]
    assert Summary(()).accuracy == 1.0


def test_the_report_names_what_was_expected_and_what_came(summary: Summary):
    text = "\n".join(evaluation_report.text_lines(summary, {"one": False, "two<script>": True}))
    assert "单位：应为 美元，得到 元" in text
    assert "共 2 条，正确 1 条（50.0%），给出错误答案 1 条" in text
    assert "新错 1 条（two<script>），新对 1 条（one）" in text
    assert "基线" not in "\n".join(evaluation_report.text_lines(summary, {}))


def test_the_page_needs_nothing_else_and_escapes(summary: Summary):
    page = evaluation_report.page(summary)
    assert "two&lt;script&gt;" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=", page)
    assert "$" not in page


def test_the_json_is_a_baseline(summary: Summary, tmp_path: Path):
    path = tmp_path / "base.json"
    path.write_text(json.dumps(summary_view(summary)), encoding="utf-8")
    assert pairs.read_baseline(path) == {"one": True, "two<script>": False}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pairs: []",
        "pairs: {a: 1}",
        "[1, 2]",
        "pairs: [1]",
        "pairs: [{id: a}]",
        "pairs: [{id: a, question: b, status: maybe}]",
        'pairs: [{id: a, question: b, status: answered, value: "2 0"}]',
        "pairs: [{id: a, question: b, status: answered, modifier: nearly}]",
        "pairs: [{id: a, question: b, status: answered, contains: 科创投}]",
        "pairs: [{id: a, question: b, status: abstained}, {id: a, question: c, status: abstained}]",
        "a: [",
        "!!python/object/apply:os.system [echo]",
    ],
)
def test_what_are_no_pairs_is_refused_by_name(text: str, tmp_path: Path):
    path = tmp_path / "坏.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        pairs.read(path)
    assert "坏.yaml" in caught.value.item


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"outcomes": [1]}', "{"])
def test_what_is_no_baseline_is_refused(text: str, tmp_path: Path):
    path = tmp_path / "base.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="eval --json"):
        pairs.read_baseline(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        pairs.read(tmp_path / "none.yaml")
    assert caught.value.code == "file_unreadable"


def test_the_bundled_pairs_are_read():
    found = pairs.read(pairs.bundled())
    assert len(found) >= 120
    assert sum(each.status is Status.ABSTAINED for each in found) >= 25
