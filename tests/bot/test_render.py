"""Parts: nothing lost, nothing over the limit, no entity astray, every [n] explained where it is used."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render import MAX_TITLE, MIN_LENGTH, Capabilities, Part, Style, Unit, length, render
from bot.reply import Block, Button, Reply, ReplyStatus, Role, Run, from_answer, notice
from knowledge.schema import Answer, Citation, Span

TELEGRAM = Capabilities(Unit.UTF16, 4096, entities=True, max_entities=100, buttons=True)
WECHAT = Capabilities(Unit.BYTES, 2047, entities=False)
BOUNDLESS = Capabilities(Unit.CODE_POINTS, 10**9, entities=True, max_entities=10**9)

WORDS = st.text(
    st.one_of(
        st.sampled_from("科创投累计金额，。；！\n 0123456789.亿元%[]"),
        st.characters(codec="utf-16"),
        st.just("𠮷"),
    ),
    max_size=400,
)


@st.composite
def citations(draw: st.DrawFn, label: int) -> Citation:
    quote = draw(WORDS.filter(str.strip)) * draw(st.integers(1, 12))
    start = draw(st.integers(0, 1000))
    offsets = sorted(draw(st.lists(st.integers(0, len(quote)), max_size=6)))
    marks = tuple(Span(start + a, start + b) for a, b in zip(offsets[::2], offsets[1::2], strict=False))
    title, source = draw(st.text(max_size=60)), draw(st.text(max_size=40))
    url = draw(st.sampled_from(["", "https://example.com/a", "https://example.com/" + "a" * 400]))
    article = draw(st.sampled_from("ab"))
    return Citation(label, article, title, source, "2022-02-21", url, quote, start, start + len(quote), marks)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    n_citations = draw(st.integers(0, 5))
    labels = st.lists(st.integers(1, max(n_citations, 1)), max_size=4 if n_citations else 0, unique=True)
    runs = st.builds(Run, WORDS, st.booleans())
    blocks = st.builds(
        Block, st.sampled_from(Role), st.lists(runs, min_size=1, max_size=4).map(tuple), labels.map(tuple)
    )
    return Reply(
        ReplyStatus.ANSWERED,
        tuple(draw(st.lists(blocks, max_size=6))),
        tuple(draw(citations(label)) for label in range(1, n_citations + 1)),
        (Button("看原文", "https://example.com/a"),),
    )


LIMITS = st.builds(
    Capabilities,
    st.sampled_from(Unit),
    st.integers(MIN_LENGTH, 5000),
    st.booleans(),
    st.integers(30, 120),
    st.booleans(),
)


def packed(text: str) -> str:
    return re.sub(r"\s", "", text)


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def whole(reply: Reply, *, entities: bool) -> str:
    limits = Capabilities(Unit.CODE_POINTS, 10**9, entities=entities, max_entities=10**9)
    return "".join(part.own for part in render(reply, limits))


@given(replies(), LIMITS)
def test_parts_rejoin_to_the_whole(reply: Reply, limits: Capabilities):
    parts = render(reply, limits)
    assert packed("".join(part.own for part in parts)) == packed(whole(reply, entities=limits.entities))


@given(replies(), LIMITS)
def test_everything_said_is_in_the_parts(reply: Reply, limits: Capabilities):
    said = letters("".join(part.own for part in render(reply, limits)))
    for block in reply.blocks:
        assert letters(block.text) in said
    for section in reply.sections():
        assert all(letters(reply.citation(label).quote) in said for label in section.labels)


@given(replies(), LIMITS)
def test_no_part_is_over_the_limit(reply: Reply, limits: Capabilities):
    for part in render(reply, limits):
        assert 0 < length(part.text, limits.unit) <= limits.max_length
        assert len(part.entities) <= limits.max_entities
        assert part.text == part.text.strip()


@given(replies(), LIMITS)
def test_entities_are_inside_the_text(reply: Reply, limits: Capabilities):
    for part in render(reply, limits):
        for entity in part.entities:
            assert 0 <= entity.start < entity.end <= len(part.text)
        for style in Style:
            spans = [(e.start, e.end) for e in part.entities if e.style is style]
            assert all(a_end <= b_start for (_, a_end), (b_start, _) in pairwise(spans))
        assert limits.entities or not part.entities


@given(replies(), LIMITS)
def test_every_label_is_explained_in_the_part_that_uses_it(reply: Reply, limits: Capabilities):
    blocks = [block for block in reply.blocks if block.call]
    for part in render(reply, limits):
        for label in {label for block in blocks for label in block.labels}:
            if any(
                line.endswith(block.call)
                for block in blocks
                if label in block.labels
                for line in part.text.split("\n")
            ):
                assert re.search(rf"\[{label}\](\[\d\])*《", part.text)


@given(replies())
def test_what_fits_one_message_is_one_message(reply: Reply):
    assert len(render(reply, BOUNDLESS)) <= 1


def texts(part: Part, style: Style) -> list[str]:
    return [part.text[entity.start : entity.end] for entity in part.entities if entity.style is style]


def test_an_answer_in_telegram(answered: Answer):
    (part,) = render(from_answer(answered), TELEGRAM)
    assert part.text.startswith("23.26亿元（截至2021年底）[1]\n")
    assert texts(part, Style.STRONG) == ["23.26亿元", "23.26亿元"]
    assert texts(part, Style.QUOTE) == [answered.citations[0].quote]
    assert texts(part, Style.LINK) == ["《搭平台促转化 成都给科技成果“做媒”有实招》"]
    assert "科技日报 2022-02-21" in part.text
    assert [button.url for button in part.buttons] == [answered.citations[0].url]


def test_an_answer_without_entities_spells_them_out(answered: Answer):
    (part,) = render(from_answer(answered), WECHAT)
    assert "累计投资金额【23.26亿元】，" in part.text
    assert answered.citations[0].url in part.text
    assert not part.entities
    assert not part.buttons


def test_a_long_quote_goes_on_with_its_label():
    quote = "截至2021年底，科创投累计投资金额23.26亿元。" * 60
    source = Citation(
        1, "a", "题", "报", "2022-02-21", "https://example.com", quote, 0, len(quote), (Span(8, 20),)
    )
    reply = Reply(
        ReplyStatus.ANSWERED, (Block(Role.HEADLINE, (Run("23.26亿元", strong=True),), (1,)),), (source,)
    )
    parts = render(reply, WECHAT)
    assert len(parts) > 1
    assert all("[1]《题》" in part.text for part in parts)
    assert all(part.own.rstrip().endswith("。") for part in parts), "cut behind a sentence"


def test_a_cut_falls_into_no_number_and_no_mark():
    quote = ("长" * 41 + "1234567890.12亿元") * 40
    marks = tuple(Span(at + 41, at + 56) for at in range(0, len(quote), 56))[:20]
    source = Citation(1, "a", "题", "报", None, "", quote, 0, len(quote), marks)
    reply = Reply(ReplyStatus.ANSWERED, (Block(Role.HEADLINE, (Run("答"),), (1,)),), (source,))
    for part in render(reply, Capabilities(Unit.UTF16, MIN_LENGTH, entities=True)):
        assert all(text == "1234567890.12亿元" for text in texts(part, Style.STRONG))


def test_sentences_of_one_article_share_its_line():
    first, second = (Citation(n, "a", "题", "报", "2022-02-21", "", f"第{n}句。", 0, 4) for n in (1, 2))
    other = Citation(3, "b", "另", "", None, "", "第3句。", 0, 4)
    reply = Reply(
        ReplyStatus.ABSTAINED, (Block(Role.TEXT, (Run("最接近："),), (1, 2, 3)),), (first, second, other)
    )
    (part,) = render(reply, TELEGRAM)
    assert part.text == "最接近：\n\n[1][2]《题》 报 2022-02-21\n第1句。\n第2句。\n\n[3]《另》\n第3句。"
    assert texts(part, Style.QUOTE) == ["第1句。", "第2句。", "第3句。"]


def test_a_long_title_is_clipped():
    source = Citation(1, "a", "题" * 500, "报" * 500, None, "", "引文", 0, 2)
    (part,) = render(
        Reply(ReplyStatus.ANSWERED, (Block(Role.HEADLINE, (Run("答"),), (1,)),), (source,)), WECHAT
    )
    assert "题" * (MAX_TITLE - 1) + "…》" in part.text
    assert len(part.text) < 150


def test_what_no_chat_accepts_is_replaced():
    (part,) = render(notice("答\ud800案\x00"), TELEGRAM)
    assert part.text == "答\ufffd案\ufffd"


def test_nothing_to_say_makes_no_part():
    assert render(notice(""), TELEGRAM) == ()


def test_a_limit_too_small_for_an_explanation_is_refused():
    with pytest.raises(ValueError, match="at least"):
        Capabilities(Unit.BYTES, MIN_LENGTH - 1, entities=False)


@pytest.mark.parametrize(("unit", "expected"), [(Unit.CODE_POINTS, 2), (Unit.UTF16, 3), (Unit.BYTES, 7)])
def test_length_counts_in_the_channel_s_unit(unit: Unit, expected: int):
    assert length("亿𠮷", unit) == expected
