"""The pages in a real browser, over the bundled article: without scripts, by keyboard, on a phone, in the dark."""

import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, Locator, Page, expect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot import buttons, phrases
from bot.app import whole_app
from bot.channels.web import words_of_pages
from bot.channels.web.website import Site
from bot.desk import Desk
from bot.guard import Allowed, Guard
from bot.metrics import Metrics
from bot.reception import Reception
from bot.service import Policy, Service
from bot.state import State
from knowledge.build import Wenshu, open_wenshu
from knowledge.schema import Article, Citation
from knowledge.settings import Settings

QUESTION = "科创投累计投资多少"
FIGURE = "23.26亿元"
SENTENCE = "截至2021年底，“科创投”累计投资金额23.26亿元"
DRAFT = "截至2021年底，“科创投”累计投资23.62亿元，办了9场“企业家进校园”云对接活动。\n全市专利授权量8万件。\n"
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass
class Running:
    """A site that is being served.

    Attributes:
        address: Where.
        state: What it remembers.
        waiting: How many it says are waiting.
        slow: Seconds before it answers.
    """

    address: str
    state: State
    waiting: int = 0
    slow: float = 0.0


class Guarded:
    """Sends the policy that the site is served under."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", POLICY.encode())]
            await send(message)

        await self._app(scope, receive, sending)


ODD = ("a%2Fb", "a/b #1?c", "中文+ &=", "../x")
"""Names of articles that an address might take apart."""

ODD_TEXT = "没有数字。"


class Slow:
    """The articles, which can be made to take their time, and some of odd names."""

    def __init__(self, wenshu: Wenshu, running: Running) -> None:
        self._wenshu, self._running = wenshu, running

    def __getattr__(self, name: str) -> object:
        time.sleep(self._running.slow if name == "ask" else 0)
        return getattr(self._wenshu, name)

    def article(self, article_id: str) -> Article:
        if article_id in ODD:
            return Article(article_id, article_id, "", None, "", ODD_TEXT, "d")
        return self._wenshu.article(article_id)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("home")
    wenshu = open_wenshu(Settings(home=home))
    wenshu.ingest_bundled()
    state, metrics = State(home / "state.sqlite3"), Metrics()
    running = Running("", state)
    shelf = Slow(wenshu, running)
    service = Service(shelf, state, Policy(1800, frozenset(), "", home / "uploads"))  # type: ignore[arg-type]
    guard = Guard(Allowed(frozenset(), frozenset()), user_per_minute=1000, address_per_minute=10_000)
    desk = Desk(metrics, max_running=2, max_waiting=100)
    of = Site(Reception(service, desk, guard, metrics), shelf, None, (), "", lambda: ())  # type: ignore[arg-type]

    whole = whole_app(of)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/api/queue":
            await JSONResponse({"running": 1, "waiting": running.waiting})(scope, receive, send)
        else:
            await whole(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    running.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield running
    server.should_exit = True
    thread.join()
    desk.close()
    state.close()
    wenshu.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: Running) -> Iterator[Visit]:
    """Opens a page as a visitor of one's own; at the end nothing may have been complained of or asked of others."""
    contexts, complaints = [], []
    site.slow, site.waiting = 0.0, 0

    def opened(path: str = "/", *, complains: bool = False, **options: object) -> Page:
        context = browser.new_context(**{"viewport": DESKTOP, **options})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        if not complains:
            page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        host = urlsplit(site.address).netloc
        page.on("request", lambda sent: urlsplit(sent.url).netloc == host or complaints.append(sent.url))
        page.goto(site.address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def ask(page: Page, words: str = QUESTION) -> Locator:
    """Types a question and waits for its answer."""
    n_before = page.locator(".exchange").count()
    page.locator("#q").fill(words)
    page.locator("#q").press("Enter")
    made = page.locator(".exchange:not(.pending)").nth(n_before)
    expect(made.locator(".reply")).to_be_visible()
    return made


# --- asking -----------------------------------------------------------------------------------------


def test_an_answer_is_added_without_a_reload_and_stays(visit: Visit):
    page = visit()
    page.evaluate("window.kept = true")
    ask(page, "高新技术产业营业收入同比增长多少？")
    made = ask(page)
    expect(made.locator(".headline strong")).to_have_text(FIGURE)
    expect(made.locator("blockquote")).to_contain_text(SENTENCE)
    expect(made).to_be_in_viewport()
    expect(page.locator("#q")).to_have_value("")
    assert page.evaluate("window.kept") is True
    page.reload()
    expect(page.locator(".exchange .headline strong")).to_have_text(["16.3%", FIGURE])


def test_shift_enter_makes_a_line_and_an_input_method_keeps_its_enter(visit: Visit):
    page = visit()
    field = page.locator("#q")
    field.fill("甲")
    field.press("Shift+Enter")
    assert field.input_value() == "甲\n"
    field.evaluate(
        "each => each.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    field.press("Shift+Enter")
    assert page.locator(".exchange").count() == 0


def test_one_who_waits_is_told_so_and_how_many_stand_before(visit: Visit, site: Running):
    page = visit()
    site.slow, site.waiting = 3.0, 7
    page.locator("#q").fill(QUESTION)
    page.locator("#q").press("Enter")
    expect(page.locator(".pending .asked")).to_have_text(QUESTION)
    expect(page.locator(".doing")).to_have_text("正在查……")
    expect(page.locator(".doing")).to_have_text(phrases.WAITING.format(n=7))
    expect(page.locator(".headline strong")).to_have_text(FIGURE)
    expect(page.locator(".doing")).to_have_count(0)


def test_what_was_typed_is_not_lost_with_the_connection(visit: Visit):
    page = visit(complains=True)
    page.context.set_offline(True)
    page.locator("#q").fill(QUESTION)
    page.locator("#q").press("Enter")
    expect(page.locator(".doing.problem")).to_contain_text("没有连上")
    expect(page.locator("#q")).to_have_value(QUESTION)


def test_an_example_is_asked_by_a_click(visit: Visit):
    for number, question in enumerate(words_of_pages.EXAMPLES):
        page = visit()
        page.locator(".examples a").nth(number).click()
        expect(page.locator(".exchange .reply.answered")).to_have_count(1)
        expect(page.locator(".asked")).to_have_text(question)
        expect(page.locator(".examples")).to_be_hidden()


def test_a_follow_up_is_made_whole(visit: Visit):
    page = visit()
    ask(page)
    expect(ask(page, "那科创贷呢？")).to_contain_text("157.38亿元")


def test_without_scripts_a_question_is_answered_and_judged(visit: Visit, site: Running):
    page = visit(java_script_enabled=False)
    page.locator("#q").fill(QUESTION)
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".headline strong")).to_have_text(FIGURE)
    page.get_by_role("button", name="有误").click()
    page.get_by_label("正确的应是").fill("应为24亿元")
    page.get_by_role("button", name="记下").click()
    expect(page.locator(".told")).to_contain_text(phrases.THANKS_FOR_SAYING)
    assert site.state.feedback()[-1].said == "应为24亿元"
    page.get_by_role("link", name="看原文").click()
    expect(page.locator("mark#quote")).to_contain_text(SENTENCE)
    expect(page.locator("mark#quote")).to_be_in_viewport()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_address_with_a_question_opens_at_its_answer(visit: Visit, scripts: bool):  # noqa: FBT001
    page = visit(java_script_enabled=scripts)
    for number in range(6):
        page.goto(f"{page.url.partition('?')[0]}?q={quote(QUESTION + '？' * number)}")
    expect(page.locator(".exchange").last.locator(".headline")).to_be_in_viewport()


# --- the article beside the answer ------------------------------------------------------------------


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_citation_opens_its_article_at_the_sentence(visit: Visit, viewport: dict[str, int]):
    page = visit(viewport=viewport)
    made = ask(page)
    link = made.get_by_role("link", name="看原文")
    link.click()
    panel, mark = page.locator("#panel"), page.locator("#panel mark#quote")
    expect(mark).to_contain_text(SENTENCE)
    expect(mark).to_be_in_viewport()
    expect(panel).to_be_focused()
    box, seen = panel.bounding_box(), mark.bounding_box()
    assert box
    assert seen
    assert box["y"] < seen["y"] < box["y"] + box["height"]
    answer = made.locator(".headline").bounding_box()
    assert answer
    if viewport == DESKTOP:
        assert answer["x"] + answer["width"] <= box["x"]
        expect(made.locator(".headline")).to_be_in_viewport()
    else:
        assert (box["x"], box["width"]) == (0, PHONE["width"])
        assert box["y"] > 100
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()


def test_a_new_window_is_still_the_readers_to_open(visit: Visit):
    page = visit()
    made = ask(page)
    with page.context.expect_page() as other:
        made.get_by_role("link", name="看原文").click(modifiers=["ControlOrMeta"])
    expect(other.value.locator("mark#quote")).to_be_in_viewport()
    expect(page.locator("#panel")).to_be_hidden()


def test_a_call_leads_to_its_quote(visit: Visit):
    page = visit()
    made = ask(page)
    made.locator(".call").first.click()
    expect(made.locator(".quotes li:target")).to_have_count(1)


# --- judging ----------------------------------------------------------------------------------------


def test_an_answer_is_judged_in_place(visit: Visit, site: Running):
    page = visit()
    page.evaluate("window.kept = true")
    made = ask(page)
    made.get_by_role("button", name="有用").click()
    expect(made.locator(".told")).to_have_text(phrases.THANKS)
    expect(made.get_by_role("button", name="有用")).to_have_attribute("aria-pressed", "true")
    assert site.state.feedback()[-1].useful
    made.get_by_role("button", name="有误").click()
    field = made.get_by_label("正确的应是")
    expect(field).to_be_focused()
    expect(made.get_by_role("button", name="有用")).to_have_attribute("aria-pressed", "false")
    field.fill("应为24亿元")
    field.press("Enter")
    expect(made.locator(".told")).to_have_text(phrases.THANKS_FOR_SAYING)
    told = site.state.feedback()[-1]
    assert (told.useful, told.said) == (False, "应为24亿元")
    made.get_by_role("button", name="上下文").click()
    expect(made.locator(".told mark")).to_contain_text(SENTENCE)
    assert page.evaluate("window.kept") is True


# --- checking ---------------------------------------------------------------------------------------


def check(page: Page) -> None:
    page.locator("#text").fill(DRAFT)
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.locator(".draft .figure.refuted")).to_have_text("23.62亿元")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_draft_is_checked_and_a_figure_leads_to_its_sentence(visit: Visit, scripts: bool):  # noqa: FBT001
    page = visit("/check", java_script_enabled=scripts)
    check(page)
    figure = page.locator(".draft .figure.refuted")
    figure.click()
    expect(page.locator(".right li:target mark", has_text=FIGURE)).to_be_in_viewport()
    expect(figure).to_be_in_viewport()
    page.locator(".right li:target a.tone.refuted").click()
    expect(page.locator(".draft .figure.refuted:target")).to_be_in_viewport()
    page.get_by_text("改稿子，再核对").click()
    expect(page.locator("#text")).to_have_value(DRAFT)
    page.locator("#text").fill(DRAFT.replace("23.62", "23.26"))
    page.get_by_role("button", name="再核对").click()
    expect(page.locator(".draft .figure.refuted")).to_have_count(0)
    expect(page.locator(".draft .figure.supported", has_text=FIGURE)).to_have_count(1)


def test_pointing_at_a_figure_lights_up_what_decides(visit: Visit):
    page = visit("/check")
    check(page)
    page.locator(".draft .figure.refuted").hover()
    expect(page.locator(".right li.lit")).to_have_count(1)


def test_a_file_is_chosen_or_dropped(visit: Visit, tmp_path: Path):
    file = tmp_path / "稿子.txt"
    file.write_text(DRAFT, encoding="utf-8")
    page = visit("/check")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.locator(".draft .figure.refuted")).to_have_text("23.62亿元")
    page.goto(page.url)
    carried = page.evaluate_handle(
        """text => { const data = new DataTransfer();
        data.items.add(new File([text], "稿子.txt", {type: "text/plain"})); return data; }""",
        DRAFT,
    )
    for kind in ("dragover", "drop"):
        page.locator("#text").dispatch_event(kind, {"dataTransfer": carried})
    assert page.locator("#file").evaluate("each => each.files[0].name") == "稿子.txt"


# --- for everyone -----------------------------------------------------------------------------------

PAGES = [
    "/",
    "/check",
    "/articles",
    "/articles/2022-02-21-chengdu-keji-chengguo-zhuanhua?start=0&end=40&figures=1",
]


def full(visit: Visit, name: str, **options: object) -> Page:
    """A page with all that it can show."""
    if name == "checked":
        page = visit("/check", **options)
        check(page)
        page.get_by_text("改稿子，再核对").click()
        return page
    page = visit(name, **options)
    if name == "/":
        ask(page, f"{QUESTION}{'x' * 300}")
        ask(page, DRAFT * 3)
        made = ask(page)
        made.get_by_role("button", name="有误").click()
        expect(made.get_by_label("正确的应是")).to_be_visible()
    return page


SMALL = """() =>
  [...document.querySelectorAll("button, input:not([type=hidden]), textarea, summary, .button, nav a, .brand")]
  .filter(each => each.checkVisibility())
  .map(each => [each.outerHTML, each.getBoundingClientRect()])
  .filter(([, box]) => box.height < 44 || box.width < 44).map(([html]) => html)"""


@pytest.mark.parametrize("name", [*PAGES, "checked", "/none"])
def test_a_phone_need_not_scroll_sideways_and_hits_every_button(visit: Visit, name: str):
    page = full(visit, name, viewport=PHONE, is_mobile=True, has_touch=True, complains=name == "/none")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.evaluate("innerWidth") == PHONE["width"]
    assert page.evaluate(SMALL) == []


COLOURS = """() => [...document.querySelectorAll("body *:not(script, template, option)")]
  .filter(each => each.checkVisibility() && [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .map(each => {
    let behind = each;
    while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    return [each.outerHTML.slice(0, 200), getComputedStyle(each).color, getComputedStyle(behind).backgroundColor];
  })"""


def luminance(colour: str) -> float:
    """Relative luminance in [0, 1], by WCAG 2."""
    assert colour.startswith("rgb("), colour
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", colour))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue))
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*PAGES, "checked"])
def test_every_word_stands_out_from_its_ground(visit: Visit, name: str, scheme: str):
    page = full(visit, name, color_scheme=scheme)
    if name == "/":
        page.get_by_role("link", name="看原文").last.click()
        expect(page.locator("#panel")).to_be_visible()
    found = page.evaluate(COLOURS)
    assert len(found) > 5
    for element, colour, ground in found:
        darker, lighter = sorted((luminance(colour), luminance(ground)))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (element, colour, ground)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (luminance(ground) < 0.5) == (scheme == "dark")


NAMELESS = """() => [...document.querySelectorAll("button, input:not([type=hidden]), textarea, a, nav, aside, summary")]
  .filter(each => !(each.labels?.[0]?.textContent.trim() || each.getAttribute("aria-label") ||
    (!each.matches("nav, aside, input, textarea") && each.textContent.trim()))).map(each => each.outerHTML)"""
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4")].filter(each => each.checkVisibility())
  .map(each => Number(each.tagName[1]))"""
REFERENCES = """() => ["for", "aria-labelledby", "aria-describedby", "data-into"].flatMap(name =>
  [...document.querySelectorAll(`[${name}]`)].map(each => each.getAttribute(name)))
  .filter(id => !document.getElementById(id))"""


@pytest.mark.parametrize("name", [*PAGES, "checked"])
def test_who_cannot_see_is_told_what_everything_is(visit: Visit, name: str):
    page = full(visit, name)
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(REFERENCES) == []
    levels = page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))
    for landmark in ("banner", "navigation", "main"):
        expect(page.get_by_role(landmark).first).to_be_attached()  # type: ignore[arg-type]
    assert page.title()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id"))


def test_all_of_it_can_be_done_by_keyboard(visit: Visit):
    page = visit()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    for _ in range(12):
        if focused(page) == "q":
            break
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", focused(page)
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".headline strong")).to_have_text(FIGURE)
    for _ in range(8):
        if focused(page) == "看原文":
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#panel mark#quote")).to_be_in_viewport()
    page.keyboard.press("Tab")
    assert focused(page) == "关闭"
    page.keyboard.press("Enter")
    assert focused(page) == "看原文"


def test_who_wants_no_motion_gets_none(visit: Visit, site: Running):
    site.slow = 1.0
    for wish, name in (("reduce", "none"), ("no-preference", "breathe")):
        page = visit(reduced_motion=wish)
        page.locator("#q").fill(QUESTION)
        page.locator("#q").press("Enter")
        expect(page.locator(".doing")).to_have_css("animation-name", name)
        expect(page.locator(".headline strong")).to_have_text(FIGURE)


def test_on_paper_only_what_can_be_read_is_left(visit: Visit):
    page = full(visit, "/")
    page.emulate_media(media="print")
    expect(page.locator("#composer")).to_be_hidden()
    expect(page.locator(".top")).to_be_hidden()
    assert page.locator(".acts:visible, .below:visible").count() == 0
    expect(page.locator(".headline strong").last).to_be_visible()


@pytest.mark.parametrize("article_id", ODD)
def test_a_name_with_signs_that_mean_something_reaches_the_server_whole(visit: Visit, article_id: str):
    page = visit(buttons.page_of(Citation(1, article_id, "", "", None, "", ODD_TEXT[:3], 0, 3)))
    expect(page.locator("mark#quote")).to_have_text(ODD_TEXT[:3])
    expect(page.locator("h1")).to_have_text(article_id)


def test_the_policy_holds_against_what_slips_in(visit: Visit):
    page = visit(complains=True)
    page.evaluate(
        """() => { const script = document.createElement("script");
        script.textContent = "window.slipped = true"; document.body.append(script); }"""
    )
    assert page.evaluate("window.slipped") is None
