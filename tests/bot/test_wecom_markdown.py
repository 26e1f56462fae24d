"""WeCom's Markdown, read back by a parser that nobody here wrote: the words are what they were, some of them styled."""

import re
from collections.abc import Sequence
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot import phrases
from bot.channels.wecom import markdown
from bot.channels.wecom.markdown import APP, BOT, PLAIN_APP, written
from bot.render import Capabilities, Entity, Part, Style, render
from bot.reply import Block, Button, Reply, ReplyStatus, Role, Run, from_answer, notice
from knowledge.schema import Answer, Citation, Span

PARSERS = (MarkdownIt("commonmark"), MarkdownIt("commonmark").enable(["table", "strikethrough"]))
STYLES = {"paragraph_open", "paragraph_close", "inline"}
MARKUP = "`*_~<>[]()#+-=.!|\\&;:1 \t\n"

# What no chat accepts never gets as far as this.
SENT = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\n\t")
TRICKS = st.lists(
    st.one_of(
        st.sampled_from(MARKUP),
        st.sampled_from(
            ["&amp;", "&#35;", "](", "]:", "![", "\n\n", "```", "~~", "---", "===", "|-|", "1.", "<b>"]
        ),
        st.sampled_from(["科创投", "23.26亿元", "%", "“", "”", "，", "　", "http://a.b/c_d"]),
        SENT,
    ),
    max_size=40,
).map("".join)


def blocks(text: str) -> list[list[Token]]:
    """What each parser sees in a text."""
    return [parser.parse(text) for parser in PARSERS]


def shown(tokens: Sequence[Token]) -> list[str]:
    """The lines that are shown, without blank ones and without blanks at their ends."""
    lines: list[str] = []
    for token in tokens:
        if token.type == "inline":
            lines += "".join(said(child) for child in token.children or ()).split("\n")
    return [line.strip() for line in lines if line.strip()]


def said(token: Token) -> str:
    return "\n" if token.type in {"softbreak", "hardbreak"} else token.content


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def kinds(tokens: Sequence[Token]) -> set[str]:
    """The kinds of markup that are seen."""
    inner = chain.from_iterable(token.children or () for token in tokens)
    return {token.type for token in tokens} | {token.type for token in inner}


def styled(tokens: Sequence[Token], kind: str) -> list[str]:
    """The runs of a style, in order."""
    runs: list[str] = []
    is_open = False
    for token in chain.from_iterable(token.children or () for token in tokens):
        if token.type == f"{kind}_open":
            is_open = True
            runs.append("")
        elif token.type == f"{kind}_close":
            is_open = False
        elif is_open:
            runs[-1] += said(token)
    return runs


def quoted(tokens: Sequence[Token]) -> list[str]:
    """The lines that stand in quotes."""
    depth, inside = 0, []
    for token in tokens:
        depth += (token.type == "blockquote_open") - (token.type == "blockquote_close")
        if depth:
            inside.append(token)
    return shown(inside)


# --- words are words ------------------------------------------------------------------------------------


@given(TRICKS)
@example("    四个空格")
@example("标题\n=")
@example("标题\n-")
@example("&amp;&nbsp;&#35;")
@example("[1]: http://a.b")
@example("[a [b] c](d)")
@example("|a|b|\n|-|-|\n|1|2|")
@example("#\n-\n+\n1.\n>")
@example("<!-- a -->")
@example("行末的反斜杠\\\n下一行")
def test_nothing_in_a_text_is_taken_for_markup(text: str):
    for tokens in blocks(written(Part(text))):
        assert shown(tokens) == lines_of(text)
        assert kinds(tokens) <= STYLES | {"text", "softbreak", "hardbreak", "text_special"}


@pytest.mark.parametrize(
    "text",
    ["累计投资金额23.26亿元，同比增长4.5%。", "2019~2021年", "3-5%，即-5%", "a+b=c", "#1 项目", "《题》[1]（见下）",
     "<3%", "A&B公司", "https://example.com/a?b=1&c=2", "1.5亿元", "—— 摘自"],
)  # fmt: skip
def test_an_ordinary_text_gets_no_backslash(text: str):
    assert written(Part(text)) == text


@given(TRICKS.filter(str.strip), TRICKS)
def test_a_quote_holds_its_words_and_no_others(quote: str, rest: str):
    text = f"前\n{quote}\n{rest}"
    part = Part(text, (Entity(Style.QUOTE, 2, 2 + len(quote)),))
    for tokens in blocks(written(part)):
        assert shown(tokens) == lines_of(text)
        assert quoted(tokens) == lines_of(quote)


@st.composite
def parts(draw: st.DrawFn) -> Part:
    """Any text with any entities that a renderer can make: of one style, none overlap."""
    text = draw(TRICKS)
    entities: list[Entity] = []
    for style in Style:
        places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
        url = "http://a.b/c" if style is Style.LINK else ""
        spans = zip(places[::2], places[1::2], strict=False)
        entities += [Entity(style, start, end, url) for start, end in spans]
    return Part(text, tuple(sorted(entities, key=lambda each: (each.start, -each.end))))


@given(parts())
def test_whatever_is_styled_says_what_it_said(part: Part):
    for tokens in blocks(written(part)):
        assert shown(tokens) == lines_of(part.text)
        wanted = {"strong", "link"} if part.entities else set()
        allowed = {f"{kind}_{end}" for kind in wanted | {"blockquote"} for end in ("open", "close")}
        assert kinds(tokens) <= STYLES | allowed | {"text", "softbreak", "hardbreak", "text_special"}


def bare(text: str) -> str:
    """A text without the signs at its ends."""
    return re.sub(r"^\W+|\W+$", "", text)


@given(parts())
def test_bold_is_what_was_to_be_bold(part: Part):
    """Less what can't be: signs at its ends; and in pieces, where a link begins or ends within."""
    wanted = [part.text[e.start : e.end] for e in part.entities if e.style is Style.STRONG]
    whole = letters("".join(wanted))
    for tokens in blocks(written(part)):
        assert letters("".join(styled(tokens, "strong"))) == whole


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


@pytest.mark.parametrize(
    ("before", "strong", "after", "bold"),
    [
        ("达", "23.26亿元", "，", "23.26亿元"),
        ("增长", "4.5%", "的项目", "4.5"),
        ("增长", "4.5%", "，", "4.5%"),
        ("", "4.5%", "", "4.5%"),
        ("的", "“科创投”", "累计", "科创投"),
        ("：", "“科创投”", "，", "“科创投”"),
        ("达", "$5", "万", "5"),
        ("达 ", "-5%", " 左右", "-5%"),
        ("约", "3*5", "家", "3*5"),
    ],
)
def test_figures_are_bold_whatever_stands_around_them(before: str, strong: str, after: str, bold: str):
    text = before + strong + after
    part = Part(text, (Entity(Style.STRONG, len(before), len(before + strong)),))
    for tokens in blocks(written(part)):
        assert styled(tokens, "strong") == [bold]
        assert shown(tokens) == [text]


def test_two_bold_runs_that_touch_are_one():
    part = Part("3家5家", (Entity(Style.STRONG, 0, 2), Entity(Style.STRONG, 2, 4)))
    assert written(part) == "**3家5家**"


@given(
    st.text(SENT.filter(lambda c: c not in "\n\t"), min_size=1).filter(bare),
    TRICKS.filter(lambda t: "\n" not in t),
)
def test_a_title_is_a_link_with_all_its_words(title: str, before: str):
    before = before.lstrip()
    title = bare(title)
    part = Part(before + title, (Entity(Style.LINK, len(before), len(before + title), "https://a.b/c"),))
    for tokens in blocks(written(part)):
        assert styled(tokens, "link") == [title]


@pytest.mark.parametrize(
    ("url", "leads_to"),
    [
        ("https://a.b/c?d=1&e=2", "https://a.b/c?d=1&e=2"),
        ("https://a.b/c_(d)", "https://a.b/c_%28d%29"),
        ("https://a.b/c d", "https://a.b/c%20d"),
        ("https://a.b/<c>", "https://a.b/%3Cc%3E"),
        ("https://a.b/c\\*d", "https://a.b/c%5C*d"),
        ("https://a.b/?c&lt;d", "https://a.b/?c&lt%3Bd"),
        ("https://a.b/_c_*d*`e`", "https://a.b/_c_*d*%60e%60"),
    ],
)
def test_a_link_leads_where_it_should(url: str, leads_to: str):
    part = Part("见《题[一]》!", (Entity(Style.LINK, 1, 7, url),))
    for tokens in blocks(written(part)):
        (link,) = [each for token in tokens for each in token.children or () if each.type == "link_open"]
        assert link.attrs["href"] == leads_to
        assert styled(tokens, "link") == ["《题[一]》"]


# --- replies --------------------------------------------------------------------------------------------


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    n_citations = draw(st.integers(0, 4))
    labels = st.lists(st.integers(1, max(n_citations, 1)), max_size=3 if n_citations else 0, unique=True)
    runs = st.builds(Run, TRICKS, st.booleans())
    said = st.builds(
        Block, st.sampled_from(Role), st.lists(runs, min_size=1, max_size=3).map(tuple), labels.map(tuple)
    )
    return Reply(
        ReplyStatus.ANSWERED,
        tuple(draw(st.lists(said, max_size=5))),
        tuple(draw(citations(label)) for label in range(1, n_citations + 1)),
        (Button("看原文", order="/article 7 1"), Button("有用", order="/useful 7")),
    )


@st.composite
def citations(draw: st.DrawFn, label: int) -> Citation:
    quote = draw(TRICKS.filter(str.strip)) * draw(st.integers(1, 60))
    places = sorted(draw(st.lists(st.integers(0, len(quote)), max_size=6)))
    marks = tuple(Span(start, end) for start, end in zip(places[::2], places[1::2], strict=False))
    url = draw(st.sampled_from(["", "https://example.com/a_(b)", "https://example.com/" + "a" * 300]))
    title, article = draw(st.text(max_size=60)), draw(st.sampled_from("ab"))
    return Citation(label, article, title, "科技日报", "2022-02-21", url, quote, 0, len(quote), marks)


@given(replies(), st.sampled_from([APP, PLAIN_APP, BOT]))
def test_no_part_is_over_the_limit_once_written(reply: Reply, limits: Capabilities):
    for part in render(reply, limits):
        content = limits.write(part)
        assert 0 < len(content.encode()) <= limits.max_length
        assert limits.max_length in {2_048, 20_480}


@given(replies(), st.sampled_from([APP, BOT]))
def test_every_part_shows_its_text(reply: Reply, limits: Capabilities):
    for part in render(reply, limits):
        for tokens in blocks(written(part)):
            assert shown(tokens) == lines_of(part.text)


@given(replies(), st.sampled_from([APP, PLAIN_APP, BOT]))
def test_every_label_is_explained_in_the_written_part_that_uses_it(reply: Reply, limits: Capabilities):
    """A call stands behind its claim; the explanation opens with the label and names the title."""
    calls = {block.call: block.labels for block in reply.blocks if block.call}
    for part in render(reply, limits):
        for line in shown(PARSERS[0].parse(limits.write(part))) if limits.entities else lines_of(part.text):
            for label in chain.from_iterable(labels for call, labels in calls.items() if line.endswith(call)):
                assert re.search(rf"\[{label}\](\[\d\])*《", part.text)


def test_an_answer_in_wecom(answered: Answer):
    (part,) = render(from_answer(answered), APP)
    content = written(part)
    (source,) = answered.citations
    for tokens in blocks(content):
        assert styled(tokens, "strong") == ["23.26亿元", "23.26亿元"]
        assert styled(tokens, "link") == [f"《{source.title}》"]
        assert quoted(tokens) == [source.quote]
    assert content.startswith("**23.26亿元**（截至2021年底）[1]")
    assert f"[1][《{source.title}》]({source.url}) 科技日报 2022-02-21" in content


@pytest.mark.parametrize(
    "said", [phrases.help_on("wecom"), phrases.how_to_check_on("wecom"), *phrases.NOT_WORDS.values()]
)
@pytest.mark.parametrize("limits", [APP, PLAIN_APP, BOT])
def test_what_we_say_ourselves_needs_no_backslash(said: str, limits: Capabilities):
    (part,) = render(notice(said), limits)
    assert lines_of(limits.write(part)) == lines_of(said)


def test_a_label_behind_a_figure_is_no_link():
    text = "23.26亿元[1](截至2021年底)"
    for tokens in blocks(written(Part(text))):
        assert shown(tokens) == [text]
        assert "link_open" not in kinds(tokens)


def test_the_limits_are_wecom_s():
    assert [each.max_length for each in (markdown.APP, markdown.PLAIN_APP, markdown.BOT)] == [
        2_048,
        2_048,
        20_480,
    ]
    assert [each.write for each in (APP, BOT)] == [written, written]
