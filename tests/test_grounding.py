"""Whether a sentence is borne out by the passages it cites: table and turns of one that is."""

import json
import re
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import words
from knowledge.articles import make_article
from knowledge.check import among
from knowledge.chunking import chunk
from knowledge.generation import Statement
from knowledge.grounding import Grounded, Grounding, adds_nothing
from knowledge.ranking import Model
from knowledge.schema import Hit

TEXT = (
    "截至2021年底，“绿投”累计投资金额23.26亿元，“绿贷”累计放款总额超157.38亿元，惠及企业近300家。\n"
    "全年出口同比增长8.5%，占全省的三成，其中电子产品出口120亿元。市科技局局长李明说：“我们还要努力。”\n"
    "港城市举办对接活动9场，由港城大学承办，促成签约11项；12月5日的首场吸引了200多人。\n"
    "到2025年，江城市力争高新技术企业达到7800家。"
)
ARTICLE = make_article("a", TEXT, title="江城做媒", source="江城日报", published="2022-02-21")
MODEL = Model.from_json(
    json.loads(resources.files("knowledge").joinpath("reading_model.json").read_text("utf-8"))
)
PASSAGES = chunk(ARTICLE, count_tokens=len, max_tokens=80)
SHOWN = [Hit(passage, 1.0, rank) for rank, passage in enumerate(PASSAGES, 1)]
LABELS = {line[:6]: next(h.rank for h in SHOWN if line[:20] in h.passage.text) for line in TEXT.split("\n")}
FIRST, SECOND, THIRD, FOURTH = LABELS.values()


def ground(text: str, *labels: int) -> Grounded | None:
    checker = among([ARTICLE], fold=words.fold, tokenize=words.tokenize, model=MODEL)
    return Grounding(checker, SHOWN).ground(Statement(text, labels))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("截至2021年底，绿投累计投资金额23.26亿元。", FIRST),
        ("到2021年底，“绿投”累计投资了23.26亿元。", FIRST),
        ("绿贷累计放款总额超157.38亿元。", FIRST),
        ("绿投累计投资23.26亿元，绿贷累计放款超157.38亿元。", FIRST),
        ("全年出口同比增长8.5%。", SECOND),
        ("电子产品出口120亿元。", SECOND),
        ("港城市举办了9场对接活动。", THIRD),
        ("对接活动由港城大学承办。", THIRD),
        ("江城市力争到2025年高新技术企业达到7800家。", FOURTH),
    ],
)
def test_what_is_borne_out(text: str, label: int):
    grounded = ground(text, label)
    assert grounded is not None
    for citation in grounded.citations:
        assert TEXT[citation.start : citation.end] == citation.quote
        passage = SHOWN[label - 1].passage
        assert citation.start < passage.end
        assert passage.start < citation.end
    shown = "".join(c.quote for c in grounded.citations)
    assert all(number in shown for number in re.findall(r"\d+\.?\d*", text))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("截至2021年底，绿投累计投资金额23.62亿元。", FIRST),
        ("截至2021年底，绿投累计投资金额23.26万元。", FIRST),
        ("截至2021年底，绿投累计投资金额23.26亿美元。", FIRST),
        ("截至2021年底，绿投累计投资金额约23亿元。", FIRST),
        ("截至2020年底，绿投累计投资金额23.26亿元。", FIRST),
        ("截至2021年底，绿贷累计放款总额23.26亿元。", FIRST),
        ("截至2021年底，蓝投累计投资金额23.26亿元。", FIRST),
        ("绿投累计投资157.38亿元，绿贷累计放款23.26亿元。", FIRST),
        ("截至2021年底，绿投累计投资金额23.26亿元。", SECOND),
        ("截至2021年底，绿投累计投资金额二十三亿元。", FIRST),
        ("截至2021年底，绿投累计投资金额㉓亿元。", FIRST),
        ("全年出口同比下降8.5%。", SECOND),
        ("全年出口环比增长8.5%。", SECOND),
        ("全年出口同比增长8.5个百分点。", SECOND),
        ("全年出口同比增长8.5%，占全省的一半。", SECOND),
        ("全年出口同比增长8.5%，较五年前翻番。", SECOND),
        ("李明说：“我们已经成功。”", SECOND),
        ("港城市举办了9场对接活动，见www.a.cn。", THIRD),
        ("港城市举办了9场ABC活动。", THIRD),
        ("对接活动由江城大学承办。", THIRD),
        ("天气很好。", THIRD),
    ],
)
def test_what_is_not(text: str, label: int):
    assert ground(text, label) is None


@pytest.mark.parametrize(
    "sentence", [s for line in TEXT.split("\n") for s in re.findall(r"[^。]+。”?", line)]
)
def test_a_sentence_as_it_stands_bears_itself_out(sentence: str):
    (label,) = [hit.rank for hit in SHOWN if sentence in hit.passage.text][:1]
    grounded = ground(sentence.rstrip("。"), label)
    assert grounded is not None
    assert [c.quote.strip() for c in grounded.citations] == [sentence]
    assert ground(sentence, len(SHOWN) - label + 1 if 2 * label != len(SHOWN) + 1 else label + 1) is None


def test_labels_that_are_none():
    right = "截至2021年底，绿投累计投资金额23.26亿元。"
    assert ground(right) is None
    assert ground(right, 0) is None
    assert ground(right, 99) is None
    assert ground(right, FIRST, 99) is None
    assert ground(right, FIRST, SECOND) is not None


def test_a_sentence_without_end_is_none():
    assert ground("绿投累计投资金额23.26亿元，" * 40, FIRST) is None


@pytest.mark.parametrize("digit", "0123456789")
def test_no_other_digit_will_do(digit: str):
    for at in (0, 1, 3, 4):
        turned = "23.26"[:at] + digit + "23.26"[at + 1 :]
        if turned != "23.26":
            assert ground(f"截至2021年底，绿投累计投资金额{turned}亿元。", FIRST) is None


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("绿贷累计放款多少", True),
        ("2021年绿贷累计放款多少", True),
        ("2023年绿贷累计放款多少", False),
        ("绿贷放款157亿元吗", False),
        ("蓝贷累计放款多少", False),
        ("绿贷累计放款多少 http://a.cn", False),
    ],
)
def test_what_a_question_made_whole_may_say(text: str, *, fits: bool):
    told = words.fold("2021年绿投和绿贷累计投资、放款多少\n另一个呢")
    assert adds_nothing(words.fold(text), told, words.tokenize) is fits


PIECES = [
    *re.findall(r"[^，。；：“”\n]+", TEXT),
    *"绿投 绿贷 港城市 累计投资 23.26亿元 157.38亿元 8.5% 9场 约 下降".split(),
]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("，".join),
    st.lists(st.integers(0, len(SHOWN) + 1), max_size=2),
)
def test_whatever_is_borne_out_stands_where_it_says(text: str, labels: list[int]):
    grounded = ground(f"{text}。", *labels)
    if grounded is None:
        return
    assert labels
    assert all(0 < n <= len(SHOWN) for n in labels)
    shown = "".join(c.quote for c in grounded.citations)
    assert all(number in shown for number in re.findall(r"\d+\.?\d*", text))
    assert all(ARTICLE.text[c.start : c.end] == c.quote for c in grounded.citations)
