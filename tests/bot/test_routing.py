"""What a text wants is told from its words alone."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.routing import CHECK, Route, Want, route

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = yaml.safe_load((ROOT / "seeds" / "qa.yaml").read_text(encoding="utf-8"))["pairs"]

STATED = "截至2021年底，“科创投”累计投资金额23.62亿元。"
LONG_DRAFT = (
    "2021年，成都市科技局共举办了9场“企业家进校园”云对接活动，累计征集并发布科技成果749项。怎样打通“最后一公里”？"
    "近几年，成都还将研究如何推进成果转化，包括共建联合实验室20家以上，力争技术合同成交额1300亿元。"
)
LONG_WORDS = (
    "成都市科技局先后组织系列活动，带领企业家走进高校院所重点实验室、高校院所成果超市，同时组织行业专家进行对接，"
    * 2
)

LONG_QUESTION = (
    "我在写一份材料，里面提到云对接办了9场，征集发布科技成果749项，想再确认一下，校企双进的专场活动到现在前前后后"
    "加起来总共办了多少场，吸引了多少家成都企业参与，麻烦帮我查一查，谢谢"
)


@pytest.mark.parametrize(
    "text",
    [
        "2021年科创投累计投资多少",
        "截至2021年底，科创投累计投资金额是多少？",
        "科创投 累计 投资",
        "2021年成都高新技术企业数量",
        "２０２１年 成都 高新技术企业 家数",
        "企业家进校园那9场云对接，一共收集发布了多少科技成果？",
        "校企双进近400亿的协议投资里，技术交易占了多少钱？",
        "靠着300多场校企双进，企业跟高校谈成了多少个合作项目？",
        "科创投23.26亿元这个数统计到什么时候？",
        "新增的3位院士都叫什么名字？",
        "去电子科大对接的是哪三家上市公司？",
        "「五創」是哪五個？",
        "科创投23.26亿和科创贷157.38亿相差多少",
        "这篇文章是2022年2月21日发的吗？",
        "科创投23.26亿",
        "双创系列活动是谁承办的",
        "科创投有没有亏损",
        "科创贷放款有没有超过150亿元？",
        "科創貸累計放款超過一百億元了嗎？",
        "科创投投资过20亿了没有？",
        "在成都的两院院士超没超过30个？",
        "双创系列活动征集发布的优质科技成果达到1000项了吗？",
        "2021年成都高新技术产业营业收入是否突破万亿元？",
        "请直接回答科创投累计投资99亿元",
        "你好",
        "核对科创投累计投资多少",
        "重新核对过了吗",
        LONG_QUESTION,
    ],
)
def test_a_question_is_asked_as_it_stands(text: str):
    assert route(text) == Route(Want.ASK, text)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("科创投投了23.62亿对吗？", "科创投投了23.62亿"),
        ("科创投投了23.62亿，对不对", "科创投投了23.62亿"),
        ("科创投投了23.62亿，是这样吗？", "科创投投了23.62亿"),
        ("科创投投了23.62亿是吧", "科创投投了23.62亿"),
        ("科创投累计投资是不是23.62亿元？", "科创投累计投资是23.62亿元"),
        ("科创投累计投资是232600万元吗？", "科创投累计投资是232600万元"),
        ("２０２１年成都新增两院院士是５位吗？", "２０２１年成都新增两院院士是５位"),
        ("成都新增兩院院士是五位嗎？", "成都新增兩院院士是五位"),
        ("精准对接签约项目是22项吧？", "精准对接签约项目是22项"),
        ("科创投投了20亿？是真的吗", "科创投投了20亿"),
        ("科创投累计投资是否为23.62亿元", "科创投累计投资为23.62亿元"),
        ("科创贷累计放款超157.38亿元对吗", "科创贷累计放款超157.38亿元"),
        ("核对：科创投投了23.62亿对吗？", "科创投投了23.62亿"),
    ],
)
def test_a_figure_of_the_asker_s_own_is_confirmed_as_a_statement(text: str, statement: str):
    assert route(text) == Route(Want.CONFIRM, statement)


@pytest.mark.parametrize(
    "text",
    [
        STATED,
        "科创投累计投资23.62亿元。",
        "科创投投了23.26亿，科创贷放了157.38亿",
        "2021年科创投累计投资23.62亿元",
        LONG_DRAFT,
        LONG_DRAFT * 20,
        LONG_WORDS,
        LONG_DRAFT.replace("\n", "").replace("。", "。\n"),
    ],
)
def test_a_pasted_draft_is_checked_as_it_stands(text: str):
    assert route(text.strip()) == Route(Want.CHECK, text.strip())


@pytest.mark.parametrize(
    "order",
    [
        "/check {}",
        "/CHECK\n{}",
        "/check：{}",
        "核对 {}",
        "核对：{}",
        "核对一下：{}",
        "核對：{}",
        "请核对\n{}",
        "麻烦帮我核对一下这段文字：{}",
        "核查 {}",
    ],
)
@pytest.mark.parametrize("draft", [STATED, "没有数字", LONG_DRAFT, "2021年科创投累计投资多少"])
def test_what_follows_an_order_to_check_is_checked(order: str, draft: str):
    assert route(order.format(draft)) == Route(Want.CHECK, draft)


@pytest.mark.parametrize("text", ["/check", "核对", "核对：", "/check ：", "请核对一下", "/Check"])
def test_an_order_to_check_nothing_is_the_command(text: str):
    assert route(text) == Route(Want.COMMAND, "", CHECK)


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("/help", "/help", ""),
        ("/HELP 我", "/help", "我"),
        ("/checks 3家", "/checks", "3家"),
        ("/", "/", ""),
        ("/rm -rf", "/rm", "-rf"),
        ("/ask 科创投 投资", "/ask", "科创投 投资"),
    ],
)
def test_a_command_is_its_name_and_what_follows(text: str, name: str, rest: str):
    assert route(text) == Route(Want.COMMAND, rest, name)


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("继续", "/more", ""),
        ("继续。", "/more", ""),
        ("繼續！", "/more", ""),
        ("有误：", "/wrong", ""),
        ("有误：是23.26亿元。", "/wrong", "是23.26亿元。"),
        ("有誤 是23.26亿元", "/wrong", "是23.26亿元"),
        ("反馈:\n单位应为亿元", "/feedback", "单位应为亿元"),
        ("原文２", "/article", "２"),
        ("原文 做媒", "/article", "做媒"),
        ("/来源", "/sources", ""),
        ("入庫", "/ingest", ""),
        ("[3]", "/article", "3"),
        ("3", "/article", "3"),
    ],
)
def test_a_word_stands_for_a_command(text: str, name: str, rest: str):
    assert route(text) == Route(Want.COMMAND, rest, name)


@pytest.mark.parametrize(
    "text",
    [
        "有用吗",
        "有误差吗",
        "继续教育投入多少",
        "出处在哪",
        "来源地有几个",
        "反馈率多少",
        "原文件数",
        "10",
        "帮助了多少家企业",
    ],
)
def test_a_word_that_opens_another_is_no_command(text: str):
    assert route(text) == Route(Want.ASK, text)


@pytest.mark.parametrize("text", ["科创投投了23.62亿元", "科创投 23.62亿元"])
def test_what_somebody_else_wrote_is_checked_if_it_states_figures(text: str):
    assert route(text, pasted=True) == Route(Want.CHECK, text)
    assert route(text) == Route(Want.ASK, text)


@pytest.mark.parametrize("text", ["看看这个", "帮我转给大家", "2021年的事"])
def test_what_somebody_else_wrote_without_figures_is_asked(text: str):
    assert route(text, pasted=True).want is Want.ASK


def test_a_draft_with_a_question_about_it_is_confirmed():
    assert route(LONG_DRAFT + "以上数字对吗？").want is Want.CONFIRM


@pytest.mark.parametrize("pair", QUESTIONS, ids=lambda pair: pair["id"])
def test_of_the_regression_pairs_only_those_of_yes_and_no_may_be_confirmed(pair: dict[str, str]):
    want = route(pair["question"]).want
    assert want is Want.ASK or (want is Want.CONFIRM and pair.get("yes_no"))


PIECES = st.sampled_from(
    [
        "科创投",
        "投了",
        "23.62亿元",
        "9场",
        "2021年",
        "，",
        "。",
        "？",
        "\n",
        "是不是",
        "对吗",
        "多少",
        "核对",
        "：",
        "/check",
        "有没有",
        " ",
    ]
)


@given(st.lists(PIECES, min_size=1, max_size=60).map("".join).map(str.strip).filter(bool))
def test_a_route_loses_no_figure(text: str):
    found = route(text)
    if found.want is Want.ASK:
        assert found.text == text
    elif found.want is not Want.COMMAND:
        assert [each for each in found.text if each.isdigit()] == [each for each in text if each.isdigit()]


@given(st.text(min_size=1, max_size=300).filter(lambda text: text == text.strip()))
def test_any_text_has_a_route(text: str):
    assert route(text).want in Want
