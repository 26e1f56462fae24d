"""Every code has its sentence, and a sentence says what it should."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot import mending, wording
from knowledge.check import LONGEST
from knowledge.errors import (
    ArticleError,
    BackendError,
    HomeBusyError,
    IndexStateError,
    SettingError,
    StorageError,
    UsageError,
    WenshuError,
)
from knowledge.schema import Answer, Finding, Period
from knowledge.verdict import Checked, Label, Reason, Verdict

Find = Callable[..., Finding]
YEAR_END = Period(date(2021, 12, 31), date(2021, 12, 31), "截至2021年底", 0, 8, cutoff=True)

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for package in ("bot", "knowledge") for path in (ROOT / package).rglob("*.py"))
HANZI = re.compile("[\u4e00-\u9fff]")


def calls(name: str) -> Iterator[ast.Call]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(
                node.func, "id", getattr(node.func, "attr", "")
            ).endswith(name):
                yield node


def constants(call: ast.Call, keyword: str) -> Iterator[str]:
    for each in call.keywords:
        if each.arg == keyword:
            yield from (
                n.value
                for n in ast.walk(each.value)
                if isinstance(n, ast.Constant) and isinstance(n.value, str)
            )


def test_every_code_of_an_error_has_a_sentence():
    used = {code for call in calls("Error") for code in constants(call, "code")}
    assert used
    assert used <= mending.codes()


def test_every_reason_to_abstain_has_a_sentence():
    used = {reason for call in calls("replace") for reason in constants(call, "reason")}
    used |= {reason for call in calls("Answer") for reason in constants(call, "reason")}
    used |= {
        call.args[0].value
        for call in calls("_abstained")
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    used |= {
        "no_passage",
        "no_figure",
        "unsure",
        "other_time",
        "other_entity",
        "other_measure",
        "not_a_question",
    }
    used |= {"injection"}
    assert used - {""} <= wording.reasons()


@pytest.mark.parametrize(
    "kind",
    [
        WenshuError,
        UsageError,
        SettingError,
        ArticleError,
        IndexStateError,
        HomeBusyError,
        StorageError,
        BackendError,
    ],
)
@pytest.mark.parametrize("code", ["", "a_code_of_tomorrow"])
def test_an_error_names_its_item_and_a_mend(kind: type[WenshuError], code: str):
    said = mending.error(kind("in English", item="articles/甲.md", code=code))
    assert "articles/甲.md" in said
    assert "English" not in said
    assert len(re.findall("[。：]", said)) >= 2, "what is wrong, then the mend"


@pytest.mark.parametrize("code", sorted(mending.codes()))
@pytest.mark.parametrize("kind", [UsageError, ArticleError, BackendError, StorageError, IndexStateError])
def test_no_sentence_stumbles_over_its_item(kind: type[WenshuError], code: str):
    said = mending.error(kind("", item="{x} \x1b[31m\n", code=code))
    assert HANZI.search(said)
    assert "\x1b" not in said
    assert "\n" not in said
    assert "{item}" not in said


def test_the_limit_of_a_draft_is_told_as_it_is():
    assert LONGEST % 10_000 == 0
    said = mending.error(UsageError("", item="20001", code="draft_too_long"))
    assert f"一次最多 {LONGEST // 10_000} 万字" in said


def test_disk_full_and_no_rights():
    assert "磁盘已满「/home」" in mending.os_error(28, "/home")
    assert "没有权限读写「/home」" in mending.os_error(13, "/home")


def test_other_time_names_both_years(abstained: Callable[..., Answer], find: Find):
    found = find("23.26亿元", "2326000000")
    answer = abstained("other_time", "2020年科创投累计投资多少", candidates=(found,))
    assert wording.abstention(answer) == "文章里有2021年的数，没有2020年的。"
    answer = abstained("other_time", "上个月科创投累计投资多少", candidates=(found,))
    assert wording.abstention(answer) == "文章里有2021年的数，没有您问的时间的。"
    answer = abstained("other_time", "2020年科创投累计投资多少")
    assert wording.abstention(answer) == "文章里没有这个时间的数字。"


def test_other_entity_names_what_there_is(abstained: Callable[..., Answer], find: Find):
    said = wording.abstention(abstained("other_entity", candidates=(find("23.26亿元", "2326000000"),)))
    assert said.startswith("文章里有类似的数字，但说的不是您问的对象。")
    assert "科创投 · 累计投资金额" in said


def test_small_talk_is_told_what_we_do(abstained: Callable[..., Answer]):
    assert "只回答文章里写明的数字" in wording.abstention(abstained("not_a_question", "你好"))


def test_an_unknown_reason_gets_the_general_sentence(abstained: Callable[..., Answer]):
    assert wording.abstention(abstained("of_tomorrow")) == "文章里没有找到答案。"


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (YEAR_END, "截至2021年底"),
        (Period(date(2021, 9, 1), date(2021, 9, 30), "去年9月", 0, 4), "去年9月，即2021-09-01至2021-09-30"),
        (Period(date(2022, 2, 21), date(2022, 2, 21), "昨天", 0, 2), "昨天，即2022-02-21"),
        (Period(date(1900, 9, 1), date(1900, 9, 30), "9月", 0, 2, resolved=False), "9月"),
        (None, ""),
    ],
)
def test_as_of_spells_out_what_the_text_leaves_open(when: Period | None, expected: str):
    assert wording.as_of(when) == expected


@pytest.mark.parametrize(
    ("subject", "statistic", "measure", "expected"),
    [
        ("科创投", "累计", "累计投资金额", "科创投 · 累计投资金额"),
        ("成都", "同比", "营业收入", "成都 · 同比 · 营业收入"),
        ("", "", "科创投累计投资", "科创投累计投资"),
        ("科创投", "", "科创投累计投资", "科创投累计投资"),
        ("成都", "", "成都", "成都"),
        ("", "", "", ""),
    ],
)
def test_measured_says_each_part_once(subject: str, statistic: str, measure: str, expected: str, find: Find):
    figure = find("23.26亿元", "1", subject=subject, statistic=statistic, measure=measure).figure
    assert wording.measured(figure) == expected


@pytest.mark.parametrize(
    ("measure", "expected"),
    [("科创投”累计投资", "科创投累计投资"), ("“科创投”累计", "“科创投”累计"), ("“科创投累计", "科创投累计")],
)
def test_half_a_pair_of_quotation_marks_is_left_out(measure: str, expected: str, find: Find):
    assert (
        wording.measured(find("23.26亿元", "1", subject="", statistic="", measure=measure).figure) == expected
    )


def test_the_verdict_comes_first(answered: Answer):
    assert wording.told(answered) == "23.26亿元（截至2021年底）"
    assert wording.told(replace(answered, yes_no=True)) == "是，23.26亿元（截至2021年底）"
    assert wording.told(replace(answered, yes_no=False, text="")) == "否"


# --- verdicts -------------------------------------------------------------------------------------------


def test_every_verdict_and_every_reason_has_its_words():
    assert set(wording.VERDICTS) == set(wording.CONFIRMED) == set(Label)
    assert set(wording.VERDICT_REASONS) == set(Reason) - {Reason.NONE}


@pytest.mark.parametrize(
    ("label", "reason", "article", "expected"),
    [
        (Label.SUPPORTED, Reason.NONE, "", "支持"),
        (Label.SUPPORTED, Reason.ROUNDED, "23.26亿元", "支持：文章里是“23.26亿元”（比文章粗略）"),
        (Label.REFUTED, Reason.VALUE, "23.26亿元", "不符：文章里是“23.26亿元”（数值不同）"),
        (
            Label.REFUTED,
            Reason.HEDGE,
            "力争1300亿元",
            "不符：文章里是“力争1300亿元”（把预计或目标当作已完成）",
        ),
        (Label.REFUTED, Reason.SUBJECT, "", "不符（对象不同）"),
        (Label.NOT_ENOUGH_INFO, Reason.NONE, "", "查无依据"),
        (Label.NOT_ENOUGH_INFO, Reason.FINER, "近1.2亿元", "查无依据：文章里是“近1.2亿元”（比文章更细）"),
    ],
)
def test_a_verdict_says_what_the_article_says_and_why(
    label: Label, reason: Reason, article: str, expected: str
):
    assert wording.verdict(Verdict(0, 7, "23.62亿元", label, reason, article)) == expected


@pytest.mark.parametrize(
    ("indexes", "expected"),
    [
        (range(5), "共 5 处数字：支持 2，不符 1，查无依据 2。"),
        ((0, 2), "共 2 处数字：支持 2。"),
        ((1,), "共 1 处数字：不符 1。"),
        ((), "这段文字里没有数字可核对。"),
    ],
)
def test_a_check_is_summed_up(checked: Checked, indexes: Iterable[int], expected: str):
    verdicts = tuple(checked.verdicts[index] for index in indexes)
    assert wording.checked(replace(checked, verdicts=verdicts)) == expected
