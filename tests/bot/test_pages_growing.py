"""A reply that grows, in a real browser: it appears, grows to its final form, and what is cut off is not lost."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from scripted import Stalls
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from writers import FIGURE, KEPT, LOANS, QUESTION, SENTENCE, Writing, site_of, writing

from bot import wording
from bot.app import whole_app

WIDE = {"width": 1280, "height": 800}


class BrokenError(Exception):
    """The connection is to be cut."""


@dataclass
class Growing:
    """A site whose replies grow.

    Attributes:
        address: Where.
        writer: What answers.
        cut: Before the last line of a reply: "" to go on, "broken" to break off, "ended" to end as if that were all.
    """

    address: str
    writer: Writing
    cut: str = ""

    def app(self, app: ASGIApp) -> ASGIApp:
        """The application, whose replies can be cut."""

        async def cutting(scope: Scope, receive: Receive, send: Send) -> None:
            async def sent(message: Message) -> None:
                is_last = b'{"final"' in message.get("body", b"")
                if is_last and self.cut == "broken":
                    raise BrokenError
                await send(message | {"body": b""} if is_last and self.cut else message)

            await app(scope, receive, sent)

        return cutting


@pytest.fixture(scope="module")
def growing(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Growing]:
    with writing(seeded, KEPT) as writer:
        of = site_of(writer, tmp_path_factory.mktemp("site"))
        site = Growing("", writer)
        app = site.app(whole_app(of))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        site.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield site
        server.should_exit = True
        thread.join()
        of.reception.desk.close()


@pytest.fixture
def may_end(growing: Growing) -> Iterator[threading.Event]:
    """The model says its sentence, and ends only when it is let."""
    event = threading.Event()
    growing.cut = ""
    growing.writer.script(Stalls(event, f"{KEPT}\n"))
    yield event
    event.set()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, growing: Growing) -> Iterator[Visit]:
    contexts, complaints = [], []

    def opened(*, complains: bool = False, **options: object) -> Page:
        context = browser.new_context(**{"viewport": WIDE, **options})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        if not complains:
            page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(growing.address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def ask(page: Page, words: str = QUESTION) -> None:
    page.locator("#q").fill(words)
    page.locator("#q").press("Enter")


def test_an_answer_appears_and_grows_to_its_final_form(visit: Visit, may_end: threading.Event):
    page = visit()
    page.evaluate("window.kept = true")
    ask(page)
    draft = page.locator(".exchange.growing")
    expect(draft.locator(".headline")).to_contain_text(SENTENCE)
    expect(draft.locator(".headline strong")).to_have_text(FIGURE)
    expect(draft.locator("blockquote")).to_contain_text(FIGURE)
    expect(draft.locator("button")).to_have_count(0)
    expect(page.locator(".exchange")).to_have_count(1)
    expect(page.locator(".doing")).to_have_count(0)
    may_end.set()
    made = page.locator(".exchange:not(.growing)")
    expect(made.locator(".headline")).to_contain_text(SENTENCE)
    expect(made.get_by_role("button", name="有用")).to_be_visible()
    expect(page.locator(".exchange")).to_have_count(1)
    expect(page.locator(".growing")).to_have_count(0)
    expect(page.get_by_text(wording.WRITTEN_BY_A_MODEL)).to_have_count(1)
    assert page.evaluate("window.kept") is True
    grown = made.locator(".reply").inner_text()
    page.reload()
    assert page.locator(".exchange .reply").inner_text() == grown


def test_who_cannot_see_is_read_the_final_form_alone(visit: Visit, may_end: threading.Event):
    page = visit()
    ask(page)
    expect(page.locator(".exchange.growing .headline")).to_contain_text(SENTENCE)
    expect(page.locator(".exchange.growing")).to_have_attribute("aria-busy", "true")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))
    may_end.set()
    expect(page.locator(".exchange:not(.growing) .headline")).to_contain_text(SENTENCE)
    expect(page.locator("[aria-busy]")).to_have_count(0)
    expect(page.locator("#q")).to_be_focused()


def test_what_is_typed_meanwhile_is_the_next_question(
    visit: Visit, growing: Growing, may_end: threading.Event
):
    page = visit()
    ask(page)
    expect(page.locator(".exchange.growing .headline")).to_contain_text(SENTENCE)
    page.locator("#q").fill("那科创贷呢？")
    may_end.set()
    expect(page.locator(".exchange .below button").first).to_be_visible()
    expect(page.locator("#q")).to_have_value("那科创贷呢？")
    growing.writer.script(LOANS)
    page.locator("#q").press("Enter")
    expect(page.locator(".exchange .headline").nth(1)).to_contain_text(LOANS.removesuffix("[1]\n"))
    expect(page.locator(".exchange .headline").nth(0)).to_contain_text(SENTENCE)


@pytest.mark.parametrize("how", ["broken", "ended"])
def test_a_reply_that_is_cut_off_is_called_lost_and_what_was_typed_is_not(
    visit: Visit, growing: Growing, may_end: threading.Event, how: str
):
    page = visit(complains=True)
    growing.cut = how
    ask(page)
    expect(page.locator(".exchange.growing .headline")).to_contain_text(FIGURE)
    may_end.set()
    expect(page.locator(".doing.problem")).to_contain_text("没有连上")
    expect(page.locator("#q")).to_have_value(QUESTION)
    expect(page.locator(".exchange")).to_have_count(1)
    expect(page.locator(".growing, .headline")).to_have_count(0)
    growing.cut = ""
    growing.writer.script(KEPT)
    page.locator("#q").press("Enter")
    expect(page.locator(".exchange .headline")).to_contain_text(SENTENCE)
    expect(page.locator("#q")).to_have_value("")


def test_newer_words_are_not_written_over_by_what_was_cut_off(
    visit: Visit, growing: Growing, may_end: threading.Event
):
    page = visit(complains=True)
    growing.cut = "broken"
    ask(page)
    expect(page.locator(".exchange.growing")).to_have_count(1)
    page.locator("#q").fill("新的问题")
    may_end.set()
    expect(page.locator(".doing.problem")).to_contain_text("没有连上")
    expect(page.locator("#q")).to_have_value("新的问题")


def test_without_scripts_the_answer_comes_whole(visit: Visit, growing: Growing):
    growing.writer.script(KEPT)
    page = visit(java_script_enabled=False)
    page.locator("#q").fill(QUESTION)
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".headline")).to_contain_text(SENTENCE)
