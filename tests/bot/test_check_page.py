"""The page of a check: nothing foreign runs in it, every figure leads to its sentence and back, in a real browser."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import urldefrag

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect
from selectolax.lexbor import LexborHTMLParser

from bot import check_page, wording
from knowledge.schema import Citation, Span
from knowledge.verdict import Checked, Label, Reason, Verdict

SENTENCE = "截至2021年底，“科创投”累计投资金额23.26亿元，“科创贷”累计放款总额超157.38亿元。"
NEWER = "截至2022年2月底，“科创投”累计投资金额24.1亿元。"
TITLE = "搭平台促转化 成都给科技成果“做媒”有实招"
URL = "http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202202212283308291&a=b"
DRAFT = "“科创投”累计投资24.26亿元，\n“科创贷”放款超157.38亿元，\n\n服务企业1.2万家。\n"
HOSTILE = "</script></style></title><script>alert(1)</script><img src=x onerror=alert(1)>\"'`&lt;$x${y}<!--"
SCHEMES = ("light", "dark")
PHONE = {"width": 390, "height": 844}


def cite(label: int, *marked: str, quote: str = SENTENCE, **over: object) -> Citation:
    """A sentence that stands at 1,000 of its article."""
    starts = [1000 + quote.index(each) for each in marked]
    marks = tuple(Span(start, start + len(each)) for start, each in zip(starts, marked, strict=True))
    whole = Citation(
        label, "a", TITLE, "科技日报", "2022-02-21T16:58:52+08:00", URL, quote, 1000, 1000 + len(quote), marks
    )
    return replace(whole, **over)  # type: ignore[arg-type]


def judge(surface: str, label: Label, *citations: Citation, draft: str = DRAFT, **over: object) -> Verdict:
    start = draft.index(surface)
    return Verdict(start, start + len(surface), surface, label, citations=citations, **over)  # type: ignore[arg-type]


def newer() -> Citation:
    return cite(1, "24.1亿元", quote=NEWER, article_id="b", title="再升级", published="2022-03-02")


def three() -> Checked:
    """A refuted figure with two quotes, a supported one that shares the second, and one that rests on nothing."""
    return Checked(
        DRAFT,
        (
            judge(
                "24.26亿元",
                Label.REFUTED,
                newer(),
                cite(2, "23.26亿元"),
                reason=Reason.VALUE,
                expected="24.1亿元",
            ),
            judge("超157.38亿元", Label.SUPPORTED, cite(2, "超157.38亿元")),
            judge("1.2万家", Label.NOT_ENOUGH_INFO),
        ),
    )


def long() -> Checked:
    """20,000 characters with a figure in every twenty, each with a sentence of its own."""
    sentence = "一二三四五六七八九十一二投资99万元。\U0001f389\n"
    n_sentences = 20_000 // len(sentence)
    draft = sentence * n_sentences
    starts = [at * len(sentence) + sentence.index("99万元") for at in range(n_sentences)]
    return Checked(
        draft,
        tuple(
            Verdict(start, start + 4, "99万元", list(Label)[label % 3], citations=(cite(label, "23.26亿元"),))
            for label, start in enumerate(starts, 1)
        ),
    )


def parsed(checked: Checked) -> LexborHTMLParser:
    return LexborHTMLParser(check_page.page(checked))


def texts(tree: LexborHTMLParser, selector: str) -> list[str]:
    return [node.text() for node in tree.css(selector)]


def values(tree: LexborHTMLParser, attribute: str) -> list[str]:
    return [node.attributes[attribute] or "" for node in tree.css(f"[{attribute}]")]


def drafted(tree: LexborHTMLParser) -> str:
    """The draft as the page shows it, without the symbols and numbers set into it."""
    for node in tree.css(".draft sup"):
        node.decompose()
    (draft,) = texts(tree, ".draft")
    return draft


# --- what it holds ----------------------------------------------------------------------------------


def test_the_draft_is_whole_and_in_order():
    tree = parsed(three())
    assert texts(tree, ".figure") == ["24.26亿元", "超157.38亿元", "1.2万家"]
    assert [node.attributes["class"] for node in tree.css(".figure")] == [
        "figure refuted",
        "figure supported",
        "figure not_enough_info",
    ]
    assert drafted(tree) == DRAFT


@given(st.text(), st.lists(st.integers(0, 60)))
def test_any_draft_is_shown_as_it_is(draft: str, cuts: list[int]):
    cuts = sorted({cut for cut in cuts if cut <= len(draft)})
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    verdicts = tuple(Verdict(a, b, draft[a:b], Label.NOT_ENOUGH_INFO) for a, b in spans)
    tree = parsed(Checked(draft, verdicts))
    # A browser reads each of the breaks of a line as one and the same.
    shown = "".join(map(str, drafted(tree))).replace("\r\n", "\n").replace("\r", "\n")
    unsafe = r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]"
    legible = re.sub("[\x0b\x0c\x85\u2028\u2029]", "\n", re.sub(unsafe, "\ufffd", draft))
    assert shown == legible.replace("\r\n", "\n").replace("\r", "\n")
    assert len(tree.css(".figure")) == len(spans)


def test_every_figure_leads_to_its_quotes_and_every_quote_back():
    tree = parsed(three())
    for number, verdict in enumerate(three().verdicts, 1):
        (figure,) = tree.css(f"#f{number}")
        partners = (figure.attributes["data-with"] or "").split()
        assert partners == ([f"q{c.label}" for c in verdict.citations] or [f"n{number}"])
        assert figure.attributes["href"] == f"#{partners[0]}"
        calls = [f"#{partner}" for partner in partners] if verdict.citations else []
        assert [a.attributes["href"] for a in tree.css(f"#f{number} + sup a")] == calls
        for partner in partners:
            assert len(tree.css(f'#{partner}[data-with~="f{number}"] a[href="#f{number}"]')) == 1


def test_every_verdict_is_told_in_words_and_by_a_symbol():
    tree = parsed(three())
    for number, (verdict, symbol) in enumerate(zip(three().verdicts, "✗✓?", strict=True), 1):
        told = wording.verdict(verdict)
        assert told
        assert tree.css(f"#f{number}")[0].attributes["title"] == told
        assert symbol in tree.css(f"#f{number} + sup")[0].text()
        lines = [a.parent.text() for a in tree.css(f'aside a[href="#f{number}"]') if a.parent]
        assert lines == [f"{symbol} {verdict.surface} {told}"] * max(len(verdict.citations), 1)


def test_what_the_article_says_instead_stands_at_the_top_too():
    tree = parsed(three())
    assert wording.checked(three()) in texts(tree, "header p")
    assert texts(tree, "dt") == ["✓ 支持 1", "✗ 不符 1", "? 查无依据 1"]
    assert texts(tree, "dd") == ["", "24.26亿元（文章：24.1亿元）", "1.2万家"]
    assert tree.css("dd a")[0].attributes["href"] == "#f1"


def test_a_shared_sentence_stands_once_with_the_marks_of_all():
    tree = parsed(three())
    assert texts(tree, "blockquote") == ["1" + NEWER, "2" + SENTENCE]
    assert texts(tree, "#q2 mark") == ["23.26亿元", "超157.38亿元"]
    assert texts(tree, "#q2 li a") == ["✗ 24.26亿元", "✓ 超157.38亿元"]


def test_sentences_of_one_article_stand_together():
    first, second, third = cite(1), newer(), cite(3, quote="成都科创板上市及过会企业15家。")
    verdict = judge("1.2万家", Label.SUPPORTED, first, replace(second, label=2), third)
    tree = parsed(Checked(DRAFT, (verdict,)))
    assert texts(tree, "h2") == [f"《{TITLE}》", "《再升级》"]
    assert texts(tree, ".source") == ["科技日报 · 2022-02-21 · 看原文", "科技日报 · 2022-03-02 · 看原文"]
    assert [len(section.css("blockquote")) for section in tree.css("section")] == [2, 1]


@pytest.mark.parametrize(
    ("marks", "shown"),
    [
        ([(1000, 1002), (1002, 1004)], ["甲乙", "丙丁"]),
        ([(1001, 1004), (1000, 1002)], ["甲乙", "丙丁"]),
        ([(1000, 1006), (1001, 1002)], ["甲乙丙丁戊己"]),
        ([(990, 1001), (1005, 1010)], ["甲", "己"]),
        ([(0, 2), (1006, 1008), (1003, 1003)], []),
    ],
)
def test_marks_count_from_the_start_of_the_article_and_never_overlap(
    marks: list[tuple[int, int]], shown: list[str]
):
    citation = cite(1, quote="甲乙丙丁戊己", marks=tuple(Span(*mark) for mark in marks))
    tree = parsed(Checked(DRAFT, (judge("1.2万家", Label.SUPPORTED, citation),)))
    assert texts(tree, "mark") == shown
    assert texts(tree, "blockquote") == ["1甲乙丙丁戊己"]


def test_a_draft_without_figures_is_shown():
    tree = parsed(Checked("没有数字。", ()))
    assert drafted(tree) == "没有数字。"
    assert not tree.css("dt, aside section")


def test_an_article_without_metadata_is_shown():
    bare = cite(1, title="", source="", published=None, url="")
    tree = parsed(Checked(DRAFT, (judge("1.2万家", Label.SUPPORTED, bare),)))
    assert texts(tree, "h2") == [f"《{wording.UNTITLED}》"]
    assert texts(tree, ".source") == [""]


# --- what it must not hold --------------------------------------------------------------------------


def hostile() -> Checked:
    """What it should not run, in every place that a draft or an article fills."""
    citation = cite(
        1,
        article_id=HOSTILE,
        title=HOSTILE,
        source=HOSTILE,
        published=HOSTILE,
        url=f"https://example.org/{HOSTILE}",
        quote=HOSTILE,
        marks=(Span(1003, 1020),),
    )
    draft = f"{HOSTILE}1.2万家{HOSTILE}"
    figure = judge(HOSTILE, Label.REFUTED, citation, draft=draft, reason=Reason.VALUE, expected=HOSTILE)
    return Checked(draft, (figure, judge("1.2万家", Label.NOT_ENOUGH_INFO, draft=draft)))


def test_nothing_foreign_is_markup():
    tree, plain = parsed(hostile()), parsed(three())
    assert {node.tag for node in tree.css("*")} <= {node.tag for node in plain.css("*")}
    assert len(tree.css("script")) == len(tree.css("style")) == len(tree.css("title")) == 1
    assert {name for node in tree.css("*") for name in node.attributes} <= {
        name for node in plain.css("*") for name in node.attributes
    }
    assert drafted(tree) == hostile().text
    assert texts(tree, "blockquote") == ["1" + HOSTILE]
    assert texts(tree, "h2")[1] == f"《{HOSTILE}》"
    assert tree.css(".source a")[0].attributes["href"] == f"https://example.org/{HOSTILE}"
    assert HOSTILE in (tree.css("#f1")[0].attributes["title"] or "")


def test_what_turns_or_breaks_a_text_is_shown_as_a_mark_of_its_own():
    tricks = "\x00\x1b\x7f\x9f\u202a\u202e\u2066\u2069\ud800"
    draft = f"甲{tricks}\r\n乙\u2028丙\t丁"
    page = check_page.page(Checked(draft, ()))
    assert page.encode()
    assert not set(tricks) & set(page)
    assert f"甲{'�' * len(tricks)}\r\n乙\n丙\t丁" in page


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//example.org/a", " https://a", "a"]
)
def test_what_a_browser_should_not_follow_is_no_link(url: str):
    tree = parsed(Checked(DRAFT, (judge("1.2万家", Label.SUPPORTED, cite(1, url=url)),)))
    assert not tree.css(".source a")
    assert url in texts(tree, ".source")[0]


@pytest.mark.parametrize("checked", [three, hostile, long])
def test_ids_are_unique_and_every_inner_link_has_an_end(checked: Callable[[], Checked]):
    tree = parsed(checked())
    ids = values(tree, "id")
    assert len(ids) == len(set(ids)) > 0
    inner = {href.removeprefix("#") for href in values(tree, "href") if href.startswith("#")}
    assert inner <= set(ids)
    assert {each for tied in values(tree, "data-with") for each in tied.split()} <= set(ids)


def test_it_needs_nothing_else():
    page = check_page.page(three())
    tree = LexborHTMLParser(page)
    assert {href for href in values(tree, "href") if not href.startswith("#")} == {URL}
    assert not tree.css("[src], [style], link, iframe, object, embed, base, form")
    assert not re.search(r"url\(|@import|\$", page)


def test_the_policy_lets_only_what_is_inline_run():
    tree = parsed(three())
    (policy,) = (node.attributes["content"] for node in tree.css("[http-equiv=Content-Security-Policy]"))
    style, script = (
        b64encode(sha256(tree.css(tag)[0].text().encode()).digest()).decode() for tag in ("style", "script")
    )
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "base-uri 'none'; form-action 'none'"
    )


# --- in a browser -----------------------------------------------------------------------------------

Show = Callable[..., Page]


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said and what the page asked for; a test that means it clears it."""
    return []


@pytest.fixture
def show(browser: Browser, tmp_path: Path, complaints: list[str]) -> Iterator[Show]:
    """Opens the page of a check in a window of its own."""
    contexts = []

    def opened(checked: Checked, **options: object) -> Page:
        path = tmp_path / "核对.html"
        path.write_text(check_page.page(checked), encoding="utf-8")
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: complaints.append(request.url))
        page.goto(path.as_uri())
        assert complaints.pop(0) == path.as_uri(), "the page itself is the one thing asked for"
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def fragment(page: Page) -> str:
    return urldefrag(page.url).fragment


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 720}, PHONE], ids=["desktop", "phone"])
def test_a_figure_goes_to_its_quote_and_back(
    show: Show, viewport: dict[str, int], options: dict[str, object]
):
    page = show(long(), viewport=viewport, **options)
    figure, quote = page.locator("#f40"), page.locator("#q40")
    expect(quote).not_to_be_in_viewport()
    figure.click()
    assert fragment(page) == "q40"
    expect(quote).to_be_in_viewport()
    expect(page.locator("#q40:target")).to_have_css("outline-style", "solid")
    page.go_back()
    assert fragment(page) == ""
    expect(figure).to_be_in_viewport()
    page.go_forward()
    quote.locator("a").click()
    assert fragment(page) == "f40"
    expect(figure).to_be_in_viewport()


def test_on_a_wide_screen_the_draft_stays_beside_the_quote(show: Show):
    page = show(long(), viewport={"width": 1280, "height": 720})
    page.locator("#f300").click()
    expect(page.locator("#q300")).to_be_in_viewport()
    expect(page.locator("#f300")).to_be_in_viewport()
    draft, sources = (page.locator(column).bounding_box() for column in ("main", "aside"))
    assert draft
    assert sources
    assert draft["x"] + draft["width"] <= sources["x"]


def test_what_is_pointed_at_or_focused_lights_up_its_partners(show: Show):
    page = show(three())
    page.locator("#f1").hover()
    expect(page.locator(".lit")).to_have_count(2)
    expect(page.locator("#q1.lit, #q2.lit")).to_have_count(2)
    page.locator("#q2 blockquote").hover()
    expect(page.locator("#f1.lit, #f2.lit")).to_have_count(2)
    page.locator("h1").hover()
    expect(page.locator(".lit")).to_have_count(0)
    page.locator("#f3").focus()
    expect(page.locator("#n3.lit")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/*#n3")


def test_a_phone_need_not_scroll_sideways(show: Show):
    wide = "x" * 500
    citation = cite(1, title=wide, source=wide, url=f"ftp://{wide}", quote=wide, marks=(Span(1000, 1500),))
    draft = f"{DRAFT}{wide}"
    crowded = Checked(
        draft,
        (
            *three().verdicts,
            judge(wide, Label.REFUTED, replace(citation, label=3), draft=draft, expected=wide),
        ),
    )
    for checked in (three(), crowded, hostile()):
        page = show(checked, viewport=PHONE, is_mobile=True, has_touch=True)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        draft_box, sources_box = (page.locator(column).bounding_box() for column in ("main", "aside"))
        assert draft_box
        assert sources_box
        assert draft_box["y"] + draft_box["height"] <= sources_box["y"]


COLOURS = """() => [...document.querySelectorAll("body :not(script)")]
  .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .map(each => {
    let behind = each;
    while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    return [each.outerHTML, getComputedStyle(each).color, getComputedStyle(behind).backgroundColor];
  })"""


def luminance(colour: str) -> float:
    """Relative luminance in [0, 1], by WCAG 2."""
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", colour))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue))
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_word_stands_out_from_its_ground(show: Show, scheme: str):
    page = show(three(), color_scheme=scheme)
    found = page.evaluate(COLOURS)
    assert len(found) > 20
    for element, colour, ground in found:
        darker, lighter = sorted((luminance(colour), luminance(ground)))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, element
    assert (luminance(found[0][2]) < 0.5) == (scheme == "dark")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_verdicts_differ_in_colour_and_line(show: Show, scheme: str):
    page = show(three(), color_scheme=scheme)
    for of_style in ("color", "backgroundColor", "textDecorationStyle"):
        read = f"each => getComputedStyle(each).{of_style}"
        assert len({page.locator(f"#f{number}").evaluate(read) for number in (1, 2, 3)}) == 3, of_style


def test_nothing_foreign_runs(show: Show):
    page = show(hostile())
    expect(page.locator("script")).to_have_count(1)
    expect(page.locator("img")).to_have_count(0)
    assert page.locator(".draft").inner_text().startswith(HOSTILE)


def test_the_policy_holds_against_what_slips_in(show: Show, complaints: list[str]):
    page = show(three())
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.slipped = true";
          const image = document.createElement("img");
          image.src = "https://example.org/x.png";
          document.body.append(script, image);
        }"""
    )
    assert page.evaluate("window.slipped") is None
    page.wait_for_function("() => document.querySelector('img').complete")
    assert sum("Content Security Policy" in complaint for complaint in complaints) == 2
    complaints.clear()


def test_a_long_draft_is_whole(show: Show):
    page = show(long(), viewport=PHONE)
    assert page.locator(".figure").count() == len(long().verdicts) > 700
    page.locator(".figure").last.click()
    expect(page.locator(f"#q{len(long().verdicts)}")).to_be_in_viewport()
    page.evaluate("for (const sup of document.querySelectorAll('sup')) sup.remove()")
    assert page.locator(".draft").text_content() == long().text


def test_line_breaks_are_seen(show: Show):
    page = show(Checked("甲\r\n乙\n\n丙", ()))
    assert page.locator(".draft").inner_text() == "甲\n乙\n\n丙"


def test_on_paper_nothing_is_cut_off(show: Show):
    page = show(long())
    page.emulate_media(media="print")
    bottom, height = page.evaluate(
        """() => [document.querySelector("section:last-child").getBoundingClientRect().bottom,
                  document.documentElement.scrollHeight]"""
    )
    assert 720 < bottom <= height
    address = page.locator(".source a").evaluate("each => getComputedStyle(each, '::after').content")
    assert "：" in address
