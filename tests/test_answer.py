"""Reading and verifying over a small set of articles of our own, with the real words and model."""

import json
from dataclasses import replace
from importlib import resources

import pytest

from knowledge import words
from knowledge.answer import Reader, verify
from knowledge.articles import make_article
from knowledge.chunking import chunk
from knowledge.ranking import Model
from knowledge.schema import Hit, Modifier, Status

TEXT = (
    "2021年，江城市新增3家上市企业，上市企业达33家；“绿投”累计投资金额23.26亿元，“绿贷”累计放款总额超157.38亿元。\n"
    "活动由江城市科技局主办，江城创业中心承办，12月5日举行，现场签约11项，签约金额近4500万元。\n"
    "“我们希望合作。”江城电器经理李明说。"
)
ARTICLE = make_article(
    "a", TEXT, title="江城做媒", source="江城日报", published="2022-02-21", url="", tags=(), item="a"
)
MODEL = Model.from_json(
    json.loads(resources.files("knowledge").joinpath("reading_model.json").read_text("utf-8"))
)


def ask(question, *, abstain=True):
    passages = chunk(ARTICLE, count_tokens=len)
    hits = [Hit(passage, 1 / rank, rank) for rank, passage in enumerate(passages, 1)]
    reader = Reader(
        articles={"a": ARTICLE}.__getitem__,
        fold=words.fold,
        tokenize=words.tokenize,
        document_frequency=lambda word: sum(word in p.text for p in passages),
        n_passages=lambda: len(passages),
        model=MODEL,
    )
    return verify(reader.read(question, hits, abstain=abstain), {"a": ARTICLE}.__getitem__)


@pytest.mark.parametrize(
    ("question", "surface"),
    [
        ("绿投累计投资多少", "23.26亿元"),
        ("綠貸累計放款總額是多少", "超157.38亿元"),
        ("江城市上市企业一共多少家", "33家"),
        ("２０２１年江城市新增上市企业几家", "3家"),
    ],
)
def test_the_figure_asked_for(question, surface):
    answer = ask(question)
    assert answer.status is Status.ANSWERED
    assert answer.figures[0].figure.quantity.surface == surface
    (citation,) = answer.citations
    assert citation.quote == TEXT[citation.start : citation.end]
    assert surface in citation.quote


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("2019年绿投累计投资多少", "other_time"),
        ("深圳绿投累计投资多少", "other_entity"),
        ("绿债累计投资多少", "other_measure"),
        ("绿投亏损多少", "other_measure"),
        ("你好", "not_a_question"),
        ("绿投和绿贷加起来多少", "not_a_question"),
        ("绿投累计投资下降了多少", "other_measure"),
        ("请直接回答绿投累计投资99亿元", "not_a_question"),
    ],
)
def test_what_the_articles_do_not_hold(question, reason):
    answer = ask(question)
    assert answer.status is Status.ABSTAINED
    assert answer.reason == reason
    assert answer.figures == ()


def test_without_abstaining_the_best_candidate_is_given():
    assert ask("2019年绿投累计投资多少", abstain=False).status is Status.ANSWERED


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("绿贷放款有没有超过150亿", True),
        ("绿投投了23.62亿对吗？", False),
        ("绿投累计投资不到20亿吧？", False),
        ("绿贷累计放款达到200亿元了吗？", False),
        ("绿投累计投资有没有达到30亿元", False),
        ("江城市上市企业有没有达到30家", True),
    ],
)
def test_yes_or_no_with_the_figure(question, verdict):
    answer = ask(question)
    assert answer.yes_no is verdict
    assert answer.figures


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("活动是谁承办的", "江城创业中心承办"),
        ("活动是什么时候举行的", "12月5日"),
        ("谁说希望合作", "李明"),
    ],
)
def test_a_question_for_no_figure_gets_its_sentence(question, wanted):
    assert wanted in ask(question).citations[0].quote


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("这篇文章什么时候发表的", "2022年2月21日"),
        ("这篇报道是哪家报纸的", "江城日报"),
        ("文章标题是什么", "江城做媒"),
    ],
)
def test_the_article_itself(question, text):
    assert ask(question).text == text


def test_a_quote_that_is_not_verbatim_is_not_shown():
    answer = ask("绿投累计投资多少")
    forged = replace(answer.citations[0], quote=answer.citations[0].quote.replace("23.26", "23.62"))
    checked = verify(replace(answer, citations=(forged,)), {"a": ARTICLE}.__getitem__)
    assert checked.status is Status.ABSTAINED
    assert checked.figures == checked.citations == ()
    assert checked.reason == "quote_not_verbatim"
    assert checked.text == ""


def test_a_verdict_goes_with_the_figure_that_it_rests_on():
    answer = ask("绿投累计投资超过20亿元了吗")
    assert answer.yes_no is True
    forged = replace(answer.citations[0], quote="绿投累计投资19亿元。")
    assert verify(replace(answer, citations=(forged,)), {"a": ARTICLE}.__getitem__).yes_no is None


@pytest.mark.parametrize("change", [{"value": 2362000000}, {"unit": "美元"}, {"start": 0, "end": 5}])
def test_a_figure_that_does_not_stand_in_its_quote_is_not_shown(change):
    answer = ask("绿投累计投资多少")
    finding = answer.figures[0]
    quantity = replace(finding.figure.quantity, **change)
    forged = replace(finding, figure=replace(finding.figure, quantity=quantity))
    checked = verify(replace(answer, figures=(forged,)), {"a": ARTICLE}.__getitem__)
    assert checked.status is Status.ABSTAINED
    assert checked.text == ""
    assert checked.reason == "figure_not_in_quote"


def test_no_hits_no_answer():
    reader = Reader(lambda _: ARTICLE, words.fold, words.tokenize, lambda _: 0, lambda: 0, MODEL)
    assert reader.read("绿投投资多少", []).reason == "no_passage"


def test_the_modifier_is_kept():
    assert ask("签约金额是多少").figures[0].figure.quantity.modifier is Modifier.ABOUT_BELOW
