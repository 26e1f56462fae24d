"""What a check is told as: short, in order, a user's figure marked as theirs, an article's beside its sentence."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot import phrases
from bot.channels.telegram_delivery import CAPABILITIES as TELEGRAM
from bot.render import MIN_LENGTH, Capabilities, Unit, length, render
from bot.reply import MAX_LABELS, Reply, ReplyStatus, Role
from bot.verdict_reply import confirmed, from_checked
from knowledge.schema import Citation
from knowledge.verdict import Checked, Label, Reason, Verdict

Judge = Callable[..., Verdict]

CHANNELS = {
    "telegram": TELEGRAM,
    "wechat": Capabilities(Unit.BYTES, 2047, entities=False),
    "smallest": Capabilities(Unit.UTF16, MIN_LENGTH, entities=True, max_entities=30, buttons=True),
    "plain": Capabilities(Unit.CODE_POINTS, 4096, entities=False),
}


def said(reply: Reply) -> list[str]:
    return [block.text for block in reply.blocks]


def test_what_is_not_supported_comes_first_then_the_rest_in_short(checked: Checked):
    reply = from_checked(checked)
    assert reply.status is ReplyStatus.CHECKED
    assert said(reply) == [
        "共 5 处数字：支持 2，不符 1，查无依据 2。",
        "您写的“累计投资金额23.62亿元”\n不符：文章里是“23.26亿元”（数值不同）",
        "您写的“办了9场”\n查无依据",
        "您写的“签约1.234亿元”\n查无依据：文章里是“近1.2亿元”（比文章更细）",
        "支持：您写的“截至2021年底”、“超157.38亿元”",
    ]
    assert [block.labels for block in reply.blocks] == [(), (2,), (), (4,), (1, 3)]
    assert [citation.label for citation in reply.citations] == [1, 2, 3, 4]
    assert [button.text for button in reply.buttons] == [phrases.OPEN_ARTICLE]


def test_a_figure_of_an_article_has_its_sentence_beside_it(checked: Checked):
    for block in from_checked(checked).blocks:
        assert "文章里是" not in block.text or block.labels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“科创投”累计投资23.62亿元", "累计投资"),
        ("23.62亿元", ""),
        ("达到33场，23.62亿元", ""),
        ("成都市科技局去年一年里总共累计投资了23.62亿元", "…去年一年里总共累计投资了"),
        ("成都的科创投共累计投资了23.62亿元", "成都的科创投共累计投资了"),
        ("第一行\n  投资23.62亿元", "投资"),
    ],
)
def test_a_few_words_before_a_figure_tell_which_it_is(text: str, expected: str, judge: Judge):
    verdict = judge(text, "23.62亿元", Label.NOT_ENOUGH_INFO)
    assert said(from_checked(Checked(text, (verdict,))))[1].startswith(f"您写的“{expected}23.62亿元”\n")


def test_the_words_before_a_figure_hold_no_other(judge: Judge):
    text = "共有33场9项"
    verdicts = tuple(judge(text, surface, Label.NOT_ENOUGH_INFO) for surface in ("33场", "9项"))
    assert said(from_checked(Checked(text, verdicts)))[1:] == [
        "您写的“共有33场”\n查无依据",
        "您写的“9项”\n查无依据",
    ]


def test_a_draft_without_figures():
    reply = from_checked(Checked("没有数字", ()))
    assert said(reply) == ["这段文字里没有数字可核对。"]
    assert reply.citations == ()
    assert reply.buttons == ()


def test_many_sentences_in_support_are_not_shown(checked: Checked, judge: Judge):
    verdicts = tuple(
        judge(checked.text, "9场", Label.SUPPORTED, labels=(label,)) for label in range(1, MAX_LABELS + 2)
    )
    few, many = (
        from_checked(replace(checked, verdicts=verdicts[1:])),
        from_checked(replace(checked, verdicts=verdicts)),
    )
    assert [citation.label for citation in few.citations] == [2, 3, 4, 5]
    assert many.citations == ()


def test_a_coarser_figure_is_supported_and_says_so(checked: Checked, judge: Judge):
    rounded = judge(
        checked.text, "1.234亿元", Label.SUPPORTED, Reason.ROUNDED, expected="近1.2亿元", labels=(1,)
    )
    assert (
        said(from_checked(replace(checked, verdicts=(rounded,))))[1]
        == "支持：您写的“1.234亿元”（比文章粗略）"
    )


def test_a_figure_without_its_bound_is_supported_and_the_bound_is_shown(checked: Checked, judge: Judge):
    bare = judge(
        checked.text, "1.234亿元", Label.SUPPORTED, Reason.MODIFIER, expected="近1.234亿元", labels=(1,)
    )
    assert (
        said(from_checked(replace(checked, verdicts=(bare,))))[1]
        == "支持：您写的“1.234亿元”（文章里是“近1.234亿元”）"
    )


def test_a_sentence_is_marked_by_every_verdict_shown_beside_it_and_by_no_other(judge: Judge):
    text = "科创投23.26亿元，科创贷超157.38亿元，截至2021年底"
    found = [
        judge(text, surface, Label.REFUTED, Reason.VALUE, expected=surface, labels=(1,))
        for surface in ("超157.38亿元", "23.26亿元")
    ]
    other = judge(text, "截至2021年底", Label.SUPPORTED, labels=(1,))
    many = [judge(text, "截至2021年底", Label.SUPPORTED, labels=(label,)) for label in range(2, 7)]
    (citation, *_) = from_checked(Checked(text, (*found, other, *many))).citations
    quoted = [citation.quote[mark.start : mark.end] for mark in citation.marks]
    assert quoted == ["23.26亿元", "超157.38亿元"]


def test_a_block_carries_no_more_labels_than_it_may(checked: Checked, judge: Judge):
    wrong = judge(
        checked.text, "9场", Label.REFUTED, Reason.VALUE, expected="33场", labels=tuple(range(1, 10))
    )
    for reply in (
        from_checked(replace(checked, verdicts=(wrong,))),
        confirmed(replace(checked, verdicts=(wrong,))),
    ):
        assert [citation.label for citation in reply.citations] == [1, 2, 3, 4]


# --- yes or no ------------------------------------------------------------------------------------------


def only(checked: Checked, *indexes: int) -> Checked:
    return replace(checked, verdicts=tuple(checked.verdicts[index] for index in indexes))


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (1, "不对：您说的“23.62亿元”，文章里是“23.26亿元”（数值不同）"),
        (2, "对：您说的“超157.38亿元”，文章里是“超157.38亿元”"),
        (3, "查无依据：您说的“9场”，文章里没有说到"),
        (4, "查无依据：您说的“1.234亿元”，文章里是“近1.2亿元”（比文章更细）"),
    ],
)
def test_the_answer_to_is_it_so_comes_first(checked: Checked, index: int, expected: str):
    reply = confirmed(only(checked, index))
    assert reply.status is ReplyStatus.CHECKED
    assert reply.blocks[0].role is Role.HEADLINE
    assert said(reply) == [expected]
    assert ("文章里是" in expected) == bool(reply.citations)


def test_a_right_figure_whose_sentence_marks_nothing(checked: Checked, judge: Judge):
    right = judge(checked.text, "9场", Label.SUPPORTED, labels=(1,))
    assert said(confirmed(replace(checked, verdicts=(right,)))) == ["对：您说的“9场”，文章里也这样说"]


@pytest.mark.parametrize(
    ("indexes", "opening"),
    [
        ((0, 1, 3), "不对：您说的“23.62亿元”"),
        ((0, 3), "查无依据：您说的“9场”"),
        ((0, 2), "对：您说的“超157.38亿元”"),
    ],
)
def test_one_wrong_figure_makes_it_wrong(checked: Checked, indexes: tuple[int, ...], opening: str):
    first, *others = said(confirmed(only(checked, *indexes)))
    assert first.startswith(opening)
    assert len(others) == len(indexes) - 1
    assert all("您说的" in other for other in others)


# --- a long draft on every channel -----------------------------------------------------------------------


@pytest.fixture
def long_draft() -> Checked:
    """60 figures: a third wrong, a third in no article, a third supported; the wrong ones by up to two articles."""
    surfaces = [f"{number}.5亿元" for number in range(100, 160)]
    text = "".join(f"第几项的金额达到{surface}，" for surface in surfaces)
    labels = [Label.REFUTED, Label.NOT_ENOUGH_INFO, Label.SUPPORTED]
    verdicts = []
    for index, surface in enumerate(surfaces):
        label, start = labels[index % 3], text.index(surface)
        cited = () if label is Label.NOT_ENOUGH_INFO else (_article(2 * index + 1), _article(2 * index + 2))
        expected = f"{index}.7亿元" if label is Label.REFUTED else ""
        reason = Reason.VALUE if expected else Reason.NONE
        verdicts.append(
            Verdict(start, start + len(surface), surface, label, reason, expected, citations=cited)
        )
    return Checked(text, tuple(verdicts))


def _article(label: int) -> Citation:
    quote = f"据统计，截至当时，这一项的金额已经达到{label}.7亿元，比上年同期有所增长，增速保持在较高水平。"
    day = f"20{30 - label % 20}-02-21"
    return Citation(
        label, f"a{label}", f"第{label}篇报道", "日报", day, "https://example.com/a", quote, 0, len(quote)
    )


@pytest.mark.parametrize("capabilities", CHANNELS.values(), ids=CHANNELS)
@pytest.mark.parametrize("make", [from_checked, confirmed])
def test_a_long_draft_is_told_whole_and_every_label_explained_where_it_is_used(
    long_draft: Checked, make: Callable[[Checked], Reply], capabilities: Capabilities
):
    reply = make(long_draft)
    parts = render(reply, capabilities)
    assert len(parts) > 1
    for part in parts:
        assert length(part.text, capabilities.unit) <= capabilities.max_length
        called = set(re.findall(r"\[(\d+)\](?!\[|《)", part.text)) | set(
            re.findall(r"\[(\d+)\](?=\[\d+\]\n)", part.text)
        )
        explained = set(re.findall(r"\[(\d+)\](?:\[\d+\])*《", part.text))
        assert called <= explained
    whole = "".join(part.own for part in parts)
    for verdict in long_draft.verdicts:
        assert verdict.surface in whole
        if verdict.label is Label.REFUTED:
            assert all((citation.published or "-") in whole for citation in verdict.citations), (
                "both days are told"
            )


def test_a_long_draft_s_figures_are_all_marked_as_the_writer_s(long_draft: Checked):
    for block in from_checked(long_draft).blocks[1:]:
        assert "您写的“" in block.text
