"""A reply that grows on the page: what is sent line by line, to whom, and what is kept of it if nobody reads on."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from scripted import Stalls
from selectolax.lexbor import LexborHTMLParser
from sites import HOST, Got, close, make_site
from starlette.types import ASGIApp, Message
from writers import FIGURE, KEPT, QUESTION, SENTENCE, Writing, site_of, writing

from bot import phrases
from bot.app import whole_app
from bot.channels.web import look, streaming
from bot.channels.web.website import Site
from bot.desk import CrowdedError, Desk
from knowledge.build import open_wenshu
from knowledge.errors import StorageError
from knowledge.settings import Settings

PATIENCE = 30
FORM = [("content-type", "application/x-www-form-urlencoded"), ("origin", f"http://{HOST}")]
SCRIPT = [*FORM, look.FRAGMENT]
GROWING = [*SCRIPT, ("accept", f"{streaming.MEDIA_TYPE}, text/html")]

Serve = Callable[..., tuple[ASGIApp, Site]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """The whole application over a service with a model."""
    sites: list[Site] = []

    def made(writer: Writing, *, per_minute: int = 1000) -> tuple[ASGIApp, Site]:
        sites.append(site_of(writer, tmp_path / str(len(sites)), per_minute=per_minute))
        return whole_app(sites[-1]), sites[-1]

    yield made
    for site in sites:
        site.reception.desk.close()


class Reading:
    """One who reads a reply as it comes, and may go away.

    Attributes:
        start: Status and headers.
        came: The pieces of the body so far.
        leaves: Set it, and the reader is gone.
    """

    def __init__(self, words: str) -> None:
        self.start: Message = {}
        self.came: list[bytes] = []
        self.leaves = asyncio.Event()
        self._body = [urlencode({"q": words}).encode()]
        self._more = asyncio.Condition()

    async def until(self, words: str) -> None:
        async with asyncio.timeout(PATIENCE), self._more:
            await self._more.wait_for(lambda: words in self.text)

    @property
    def text(self) -> str:
        return b"".join(self.came).decode()

    async def receive(self) -> Message:
        if self._body:
            return {"type": "http.request", "body": self._body.pop(), "more_body": False}
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        async with self._more:
            self.start = self.start or message
            self.came.append(message.get("body", b""))
            self._more.notify_all()


@asynccontextmanager
async def reading(
    app: ASGIApp, words: str = QUESTION, headers: list[tuple[str, str]] = GROWING
) -> AsyncIterator[tuple[Reading, "asyncio.Task[None]"]]:
    """A request whose sender stays until the block ends."""
    reader = Reading(words)
    sent = [(name.lower().encode(), value.encode()) for name, value in [*headers, ("host", HOST)]]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": sent,
        "client": ("127.0.0.1", 40_000),
        "server": ("127.0.0.1", 8080),
    }
    task = asyncio.create_task(app(scope, reader.receive, reader.send))  # type: ignore[arg-type]
    try:
        yield reader, task
    finally:
        reader.leaves.set()
        await asyncio.gather(task, return_exceptions=True)


async def post(app: ASGIApp, words: str = QUESTION, headers: list[tuple[str, str]] = GROWING) -> Got:
    """What comes back, read to its end."""
    async with reading(app, words, headers) as (reader, task):
        await asyncio.wait_for(task, PATIENCE)
    pairs = [(name.decode(), value.decode()) for name, value in reader.start["headers"]]
    cookies = [value for name, value in pairs if name == "set-cookie"]
    return Got(reader.start["status"], dict(pairs), b"".join(reader.came), cookies)


def lines(got: Got) -> list[dict[str, str]]:
    assert got.headers["content-type"].startswith(streaming.MEDIA_TYPE)
    assert got.body.endswith(b"\n")
    return [json.loads(line) for line in got.body.decode().splitlines()]


def fragment(line: dict[str, str]) -> LexborHTMLParser:
    (html,) = line.values()
    return LexborHTMLParser(html)


def n_answers(site: Site) -> int:
    return site.reception.service.state.n_answers


# --- what is sent ------------------------------------------------------------------------------------------


async def test_drafts_come_first_and_the_whole_reply_last(writer: Writing, serve: Serve):
    app, site = serve(writer)
    got = await post(app)
    *drafts, last = lines(got)
    assert got.status == 200
    assert drafts
    assert all(list(draft) == ["html"] for draft in drafts)
    assert list(last) == ["final"]
    (headline,) = fragment(last).css(".headline")
    assert headline.text().strip().startswith(SENTENCE)
    assert headline.css_first("strong").text() == FIGURE
    assert [each.attributes["id"] for each in fragment(last).css("article")] == ["a1"]
    assert n_answers(site) == 1


async def test_every_line_explains_what_it_cites(writer: Writing, serve: Serve):
    app, _ = serve(writer)
    for line in lines(await post(app)):
        tree = fragment(line)
        assert [each.text().strip() for each in tree.css(".asked")] == [QUESTION]
        quotes = {f"#{each.attributes['id']}" for each in tree.css(".quotes > li")}
        calls = {each.attributes["href"] for each in tree.css(".call")}
        assert calls
        assert calls <= quotes


async def test_only_the_whole_reply_has_buttons(writer: Writing, serve: Serve):
    app, _ = serve(writer)
    *drafts, last = lines(await post(app))
    assert {each.attributes["value"] for each in fragment(last).css("button[name=order]")} >= {
        "/useful 1",
        "/wrong 1",
    }
    for draft in drafts:
        assert not fragment(draft).css("button, form, .told")


@pytest.mark.parametrize("words", ["新话题", "火星基地投了多少钱", "", "<b>帮助"])
async def test_what_has_no_drafts_is_one_line(writer: Writing, serve: Serve, words: str):
    writer.script("资料中没有。\n")
    app, _ = serve(writer)
    (last,) = lines(await post(app, words))
    assert list(last) == ["final"]
    assert "<b>" not in last["final"]


async def test_it_is_counted_and_guarded_like_any_page(writer: Writing, serve: Serve):
    app, site = serve(writer)
    got = await post(app)
    plain = await post(app, headers=SCRIPT)
    for name in ("content-security-policy", "x-content-type-options", "cache-control"):
        assert got.headers.get(name) == plain.headers.get(name)
    assert got.headers["x-accel-buffering"] == "no"
    assert got.cookies, "a visitor has a name from the first answer on"
    assert site.reception.metrics.replies.labels("web", "answered")._value.get() == 2


# --- to whom ------------------------------------------------------------------------------------------------


async def test_who_does_not_ask_for_lines_gets_none(writer: Writing, serve: Serve):
    app, _ = serve(writer)
    got = await post(app, headers=SCRIPT)
    assert got.headers["content-type"].startswith("text/html")
    assert SENTENCE in LexborHTMLParser(got.body.decode()).css_first(".headline").text()


async def test_a_form_without_a_script_is_sent_on_to_its_answer(writer: Writing, serve: Serve):
    app, _ = serve(writer)
    got = await post(app, headers=[*FORM, ("accept", streaming.MEDIA_TYPE)])
    assert (got.status, got.headers["location"]) == (303, "/#a1")


async def test_without_a_model_the_answer_is_there_at_once(seeded: Path, tmp_path: Path):
    library = open_wenshu(Settings(home=seeded))
    site = make_site(library, tmp_path)
    got = await post(whole_app(site))
    assert got.headers["content-type"].startswith("text/html")
    assert LexborHTMLParser(got.body.decode()).css_first(".headline strong").text() == FIGURE
    close(site)
    library.close()


async def test_who_asks_too_fast_is_told_so(writer: Writing, serve: Serve):
    app, _ = serve(writer, per_minute=1)
    cookies = [each.partition(";")[0] for each in (await post(app)).cookies]
    got = await post(app, headers=[*GROWING, ("cookie", "; ".join(cookies))])
    assert got.status == 429
    assert int(got.headers["retry-after"]) >= 1
    assert got.headers["content-type"].startswith("text/html")
    assert "您问得有点快" in got.body.decode()


async def test_where_too_many_wait_one_is_turned_away(
    writer: Writing, serve: Serve, monkeypatch: pytest.MonkeyPatch
):
    async def crowded(*_: object, **__: object) -> None:
        raise CrowdedError

    app, site = serve(writer)
    monkeypatch.setattr(Desk, "run", crowded)
    got = await post(app)
    assert got.status == 503
    assert got.headers["content-type"].startswith("text/html")
    assert phrases.CROWDED in got.body.decode()
    assert n_answers(site) == 0


# --- line by line ---------------------------------------------------------------------------------------------


@pytest.fixture
def stalling(seeded: Path) -> Iterator[tuple[Writing, threading.Event]]:
    """A model that says its sentence, and ends only when it is let."""
    may_end = threading.Event()
    with writing(seeded, Stalls(may_end, KEPT + "\n")) as made:
        yield made, may_end
        may_end.set()


Stalling = tuple[Writing, threading.Event]


async def test_a_line_is_there_as_soon_as_it_is_known(stalling: Stalling, serve: Serve):
    writer, may_end = stalling
    app, site = serve(writer)
    async with reading(app) as (reader, task):
        await reader.until(SENTENCE.removesuffix(f"{FIGURE}。"))
        assert '"final"' not in reader.text
        assert n_answers(site) == 0
        may_end.set()
        await asyncio.wait_for(task, PATIENCE)
        assert list(json.loads(reader.text.splitlines()[-1])) == ["final"]


async def test_the_answer_is_recorded_though_its_reader_goes_away(stalling: Stalling, serve: Serve):
    writer, may_end = stalling
    app, site = serve(writer)
    async with reading(app) as (reader, task):
        await reader.until('"html"')
        reader.leaves.set()
        await asyncio.wait_for(task, PATIENCE)
        assert n_answers(site) == 0
        (making,) = streaming._under_way
        may_end.set()
        made = await asyncio.wait_for(making, PATIENCE)
    assert n_answers(site) == 1
    assert made.number == 1
    assert not streaming._under_way
    assert '"final"' not in reader.text


async def test_a_reply_that_cannot_be_shown_is_cut_off_and_not_taken_for_a_whole_one(
    writer: Writing, serve: Serve, monkeypatch: pytest.MonkeyPatch
):
    def lost(*_: object) -> None:
        raise StorageError("disk gone", item="state", code="storage")

    app, site = serve(writer)
    monkeypatch.setattr(type(site.reception.service.state), "answer", lost)
    async with reading(app) as (reader, task):
        with pytest.raises(RuntimeError, match="already started"):
            await asyncio.wait_for(task, PATIENCE)
        assert '"html"' in reader.text
        assert '"final"' not in reader.text


async def test_a_failure_while_it_grows_ends_in_an_apology(
    writer: Writing, serve: Serve, monkeypatch: pytest.MonkeyPatch
):
    def lost(*_: object, **__: object) -> int:
        raise RuntimeError("secret")

    app, site = serve(writer)
    monkeypatch.setattr(type(site.reception.service.state), "record", lost)
    *drafts, last = lines(await post(app))
    assert drafts
    assert phrases.APOLOGY in fragment(last).css_first(".reply.error").text()
    assert "secret" not in last["final"]
    assert FIGURE not in last["final"]


async def test_drafts_that_newer_ones_have_overtaken_are_left_out():
    drafts: asyncio.Queue[Any] = asyncio.Queue()
    for draft in ("一", "二", "三"):
        drafts.put_nowait(draft)
    assert await streaming._newest(drafts) == "三"
    for draft in ("四", None):
        drafts.put_nowait(draft)
    assert await streaming._newest(drafts) is None
