"""Drafts in the forms people paste them: tables, lists, captions, and two items told the wrong way round."""

from pathlib import Path

import pytest

from knowledge.build import Wenshu, open_wenshu
from knowledge.settings import Settings

ROOT = Path(__file__).parents[1]

TABLE = """\
2021年成都市科技局对接活动一览

| 活动 | 场次 | 签约（项） | 签约金额（万元） |
|---|---|---|---|
| “企业家进校园”云对接 | 9 | 11 | 近4500 |
| “校企双进”精准对接 | 21 | 22 | 近4500 |
"""
LIST = """\
成都市科技局2021年工作亮点：
1）云对接活动：9场；征集成果：749项；签约：11项；签约金额：近4500万元
2）精准对接：21场；参与：约600人；签约：22项；签约金额：近4000万元
"""
CAPTIONS = "两院院士，33位。科创板上市及过会企业，15家。云对接签约金额近四千五百万。“科创投”累计投资：二十三点六二亿。"
SWAPPED = (
    "云对接活动中15个项目进行了线上路演，43个重点实验室进行了云展示。双创系列活动发布技术需求47项、路演成果167项。"
    "云对接活动签约金额近4000万元，精准对接签约金额近4500万元。发达国家科技成果转化率为10%，我国为40%。"
)


@pytest.fixture(scope="module")
def wenshu(tmp_path_factory: pytest.TempPathFactory):
    opened = open_wenshu(Settings(home=tmp_path_factory.mktemp("home")))
    opened.ingest([ROOT / "seeds"], dense="none")
    yield opened
    opened.close()


def verdicts(wenshu: Wenshu, draft: str) -> list[tuple[str, str]]:
    return [(v.surface, v.label.value) for v in wenshu.check(draft).verdicts]


def test_a_number_in_a_table_has_the_unit_of_its_column_and_the_subject_of_its_row(wenshu: Wenshu):
    found = verdicts(wenshu, TABLE)
    assert found[-6:] == [
        ("9", "supported"),
        ("11", "supported"),
        ("近4500", "supported"),
        ("21", "supported"),
        ("22", "supported"),
        ("近4500", "refuted"),
    ]


def test_the_number_of_a_line_is_no_claim(wenshu: Wenshu):
    found = verdicts(wenshu, LIST)
    assert len(found) == 9
    assert {label for _, label in found} == {"supported"}


def test_captions_and_chinese_numerals(wenshu: Wenshu):
    assert verdicts(wenshu, CAPTIONS) == [
        ("33位", "supported"),
        ("15家", "supported"),
        ("近四千五百万", "supported"),
        ("二十三点六二亿", "refuted"),
    ]


def test_two_items_told_the_wrong_way_round(wenshu: Wenshu):
    found = dict(verdicts(wenshu, SWAPPED))
    wrong = ("15个", "43个", "47项", "167项", "近4000万元", "近4500万元", "10%")
    assert {surface: found[surface] for surface in wrong} == dict.fromkeys(wrong, "refuted")
