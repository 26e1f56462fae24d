"""The API over the seed article: the command line's objects, conversations, articles; and what goes wrong."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest
from sites import Got, close, make_site, n_kept, n_refused, send
from starlette.types import ASGIApp

from bot.app import make_app
from bot.channels.web import openapi
from bot.channels.web.website import Site
from bot.jsonview import answer_view, checked_view, ledger_view
from knowledge.build import Wenshu, bundled, open_wenshu
from knowledge.errors import (
    BackendError,
    HomeBusyError,
    IndexStateError,
    StorageError,
    UsageError,
    WenshuError,
)
from knowledge.schema import Answer, Article, Figure
from knowledge.settings import Settings
from knowledge.verdict import Checked, Source

QUESTION = "科创投累计投资多少"
WRONG = "截至2021年底，科创投累计投资金额23.62亿元。"
ODD = "a/b #1?x=%20&北京/figures"
"""An id that a path has to escape."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wenshu]:
    """The seed article, and one with an awkward id."""
    folder = tmp_path_factory.mktemp("library")
    lines = folder / "odd.jsonl"
    lines.write_text(json.dumps({"id": ODD, "title": "百分之百%_", "text": "北京有37家工厂。"}), "utf-8")
    wenshu = open_wenshu(Settings(home=folder / "home"))
    wenshu.ingest([bundled("seeds"), lines], dense="none")
    yield wenshu
    wenshu.close()


@pytest.fixture
def site(library: Wenshu, tmp_path: Path) -> Iterator[Site]:
    made = make_site(library, tmp_path)
    yield made
    close(made)


@pytest.fixture
def app(site: Site) -> ASGIApp:
    return make_app(site)


def timeless(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name != "timings_ms"}


async def post(app: ASGIApp, target: str, **view: Any) -> Got:
    return await send(app, "POST", target, view=view)


# -- figures


async def test_an_answer_is_that_of_the_command_line(app: ASGIApp, library: Wenshu):
    got = await post(app, "/api/ask", question=QUESTION, nobody="knows")
    assert got.status == 200
    assert timeless(got.json()) == timeless(answer_view(library.ask(QUESTION)))
    assert got.json()["figures"][0]["value"] == "2326000000"
    assert "23.26亿元" in got.json()["citations"][0]["quote"]


async def test_an_abstention_is_an_answer(app: ASGIApp):
    got = await post(app, "/api/ask", question="火星上有多少人口")
    assert (got.status, got.json()["status"], got.json()["figures"]) == (200, "abstained", [])


async def test_questions_are_recorded_but_hold_no_conversation(app: ASGIApp, site: Site):
    first = await post(app, "/api/ask", question=QUESTION)
    second = await post(app, "/api/ask", question="那科创贷呢")
    numbers = [int(got.headers["wenshu-answer"]) for got in (first, second)]
    state = site.reception.service.state
    records = [state.answer(number) for number in numbers]
    assert [record.question for record in records] == [QUESTION, "那科创贷呢"]
    assert [record.understood for record in records] == [QUESTION, "那科创贷呢"]
    assert {(record.speaker.channel, record.speaker.user) for record in records} == {("api", "127.0.0.1")}
    assert json.loads(records[0].figures)[0]["value"] == "2326000000"
    assert list(json.loads(records[0].versions).values()) == [
        site.shelf.article(records_id(records[0])).sha256
    ]


def records_id(record: Any) -> str:
    return next(iter(json.loads(record.versions)))


async def test_a_check_is_that_of_the_command_line(app: ASGIApp, library: Wenshu, site: Site):
    got = await post(app, "/api/check", text=WRONG)
    assert timeless(got.json()) == timeless(checked_view(library.check(WRONG)))
    (refuted,) = (figure for figure in got.json()["figures"] if figure["verdict"] == "refuted")
    assert refuted["expected"] == "23.26亿元"
    record = site.reception.service.state.answer(int(got.headers["wenshu-answer"]))
    assert (record.question, record.want, record.status) == (WRONG, "check", "checked")


@pytest.mark.parametrize(
    "source",
    [
        "工厂有37家。",
        {"text": "工厂有37家。"},
        {"title": "工厂", "text": "有37家。", "published": "2024-01-01"},
    ],
)
async def test_a_check_against_given_texts(app: ASGIApp, site: Site, source: Any):
    got = await post(app, "/api/check", text="工厂有38家。", sources=[source], published="2024-05-01")
    assert [figure["verdict"] for figure in got.json()["figures"]] == ["refuted"]
    assert got.json()["figures"][0]["citations"][0]["article_id"] == "source-1"
    assert n_kept(site)["answers"] == 1


async def test_no_texts_at_all_hold_nothing(app: ASGIApp):
    got = await post(app, "/api/check", text="工厂有38家。", sources=[])
    assert got.json()["not_enough_info"] == 1


# -- what the document says


SAID = "截至2021年底，科创投累计投资金额23.62亿元，同比增长16.3%，共办第3届大会，编号G4719次。"

ANSWERED = (
    ("ask", "POST", "/api/ask", {"question": QUESTION}),
    ("ask", "POST", "/api/ask", {"question": "科创贷累计放款总额是多少"}),
    ("ask", "POST", "/api/ask", {"question": "火星上有多少人口"}),
    ("check", "POST", "/api/check", {"text": SAID}),
    ("check", "POST", "/api/check", {"text": "工厂有38家。", "sources": ["工厂有37家。"]}),
    ("chat", "POST", "/api/chat", {"conversation": "a", "text": QUESTION}),
    ("chat", "POST", "/api/chat", {"conversation": "b", "text": SAID}),
    ("press", "POST", "/api/press", {"conversation": "a", "order": "/context 1 1"}),
    ("articles", "GET", "/api/articles", None),
    ("article", "GET", "/api/articles/" + quote(ODD, safe=""), None),
    ("figures", "GET", "/api/articles/" + quote(ODD, safe="") + "/figures", None),
    ("queue", "GET", "/api/queue", None),
)


@pytest.mark.parametrize(("name", "method", "target", "view"), ANSWERED)
async def test_answers_are_as_the_document_says(
    app: ASGIApp, name: str, method: str, target: str, view: dict[str, Any] | None
):
    (operation,) = (
        each
        for operations in openapi.document()["paths"].values()
        for each in operations.values()
        if each["operationId"] == name
    )
    got = await send(app, method, target, view=view)
    assert got.status == 200
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    validator = jsonschema_rs.validator_for({**schema, "components": openapi.document()["components"]})
    assert [error.message for error in validator.iter_errors(got.json())] == []
    first = next(iter(got.json()))
    assert not validator.is_valid({key: value for key, value in got.json().items() if key != first})
    assert not validator.is_valid(got.json() | {"more": 1})


async def test_the_document_knows_figures_dates_and_tokens(app: ASGIApp):
    figures = (await post(app, "/api/check", text=SAID)).json()["figures"]
    assert {"date", "money", "percent", "identifier"} <= {figure["kind"] for figure in figures}
    assert {name for name, *_ in ANSWERED} | {"feedback"} == {each.name for each in openapi.OPERATIONS}


# -- conversations


async def test_a_conversation_gets_a_reply_document(app: ASGIApp):
    got = await post(app, "/api/chat", conversation="a-1", text=QUESTION)
    view = got.json()
    assert list(view) == ["number", "status", "text", "blocks", "citations", "buttons"]
    assert (view["status"], view["number"]) == ("answered", 1)
    assert view["text"].startswith("23.26亿元（截至2021年底）[1]")
    assert {label for block in view["blocks"] for label in block["labels"]} <= {
        c["label"] for c in view["citations"]
    }
    citation = view["citations"][0]
    (start, end) = citation["marks"][0]
    assert citation["quote"][start - citation["start"] : end - citation["start"]] == "23.26亿元"


async def test_a_draft_in_a_conversation_is_checked(app: ASGIApp):
    got = await post(app, "/api/chat", conversation="a-1", text="核对：" + WRONG)
    assert got.json()["status"] == "checked"
    assert "23.26亿元" in got.json()["text"]


async def test_commands_and_buttons(app: ASGIApp):
    await post(app, "/api/chat", conversation="a", text=QUESTION)
    said = (await post(app, "/api/chat", conversation="a", text="/sources")).json()
    assert said["citations"]
    view = (await post(app, "/api/press", conversation="a", order="/context 1 1")).json()
    assert "23.26亿元" in view["citations"][0]["quote"]
    for order in ("/context 1 1", "/context 2 1", "rubbish", "/context １ 1"):
        other = (await post(app, "/api/press", conversation="b", order=order)).json()
        assert (other["status"], other["citations"]) == ("notice", [])


# -- what is said of answers


async def test_feedback_is_noted(app: ASGIApp, site: Site):
    number = int((await post(app, "/api/ask", question=QUESTION)).headers["wenshu-answer"])
    got = await post(app, "/api/feedback", answer=number, useful=False, said=" 单位不对 ")
    assert (got.status, got.json()) == (200, {"recorded": True})
    (told,) = site.reception.service.state.feedback()
    assert (told.question, told.useful, told.said, told.member) == (
        QUESTION,
        False,
        "单位不对",
        "api:127.0.0.1",
    )
    await post(app, "/api/feedback", answer=number, useful=True)
    (told,) = site.reception.service.state.feedback()
    assert told.useful


async def test_feedback_without_words_leaves_the_next_message_alone(app: ASGIApp):
    number = (await post(app, "/api/chat", conversation="a", text=QUESTION)).json()["number"]
    assert (await post(app, "/api/feedback", answer=number, useful=False, conversation="a")).status == 200
    got = await post(app, "/api/chat", conversation="a", text="/help")
    assert "核对" in got.json()["text"]
    got = await post(app, "/api/chat", conversation="a", text="工厂数目")
    assert got.json()["status"] in {"abstained", "answered", "error"}, "was taken for what is right"


@pytest.mark.parametrize("over", [{"answer": 99}, {"conversation": "b"}, {"answer": 2**63 - 1}])
async def test_no_feedback_on_what_was_not_answered_to_one(app: ASGIApp, site: Site, over: dict[str, Any]):
    await post(app, "/api/chat", conversation="a", text=QUESTION)
    view = {"answer": 1, "useful": True, "conversation": "a"} | over
    got = await post(app, "/api/feedback", **view)
    assert (got.status, got.code) == (404, "no_answer")
    got = await send(app, "POST", "/api/feedback", view={"answer": 1, "useful": True}, address="10.0.0.9")
    assert got.status == 404
    assert n_kept(site)["feedback"] == 0


# -- articles


async def test_articles_are_listed(app: ASGIApp):
    view = (await send(app, "GET", "/api/articles")).json()
    assert view["total"] == 2
    assert [list(head) for head in view["articles"]] == [["id", "title", "source", "published", "url"]] * 2
    assert view["articles"][0]["published"].startswith("2022-02-21")


@pytest.mark.parametrize(
    ("query", "total", "n_listed"),
    [
        ("q=" + quote("成都"), 1, 1),
        ("q=%25", 1, 1),
        ("q=_", 1, 1),
        ("q=nowhere", 0, 0),
        ("limit=1", 2, 1),
        ("limit=1&offset=1", 2, 1),
        ("offset=5", 2, 0),
        ("offset=1000000000", 2, 0),
        ("q=%ED%A0%80", 0, 0),
        ("nobody=knows&limit=100", 2, 2),
    ],
)
async def test_articles_are_searched_and_paged(app: ASGIApp, query: str, total: int, n_listed: int):
    view = (await send(app, "GET", f"/api/articles?{query}")).json()
    assert (view["total"], len(view["articles"])) == (total, n_listed)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *(("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("limit=", "limit")),
        *(("limit=1.5", "limit"), ("offset=-1", "offset"), ("offset=" + "9" * 5000, "offset")),
        *(("q=%00", "q"), ("q=" + "x" * 201, "q")),
    ],
)
async def test_a_bad_parameter_is_named(app: ASGIApp, query: str, field: str):
    got = await send(app, "GET", f"/api/articles?{query}")
    assert (got.status, got.code, got.json()["error"]["field"]) == (400, "invalid", field)


async def test_every_article_can_be_read(app: ASGIApp, library: Wenshu):
    heads = (await send(app, "GET", "/api/articles")).json()["articles"]
    assert ODD in {head["id"] for head in heads}
    for head in heads:
        path = f"/api/articles/{quote(head['id'], safe='')}"
        article = (await send(app, "GET", path)).json()
        kept = library.article(head["id"])
        assert article == {**head, "text": kept.text, "sha256": kept.sha256}
        figures = (await send(app, "GET", path + "/figures")).json()["figures"]
        assert figures == [ledger_view(*each) for each in library.ledger(head["id"])]
        assert figures


async def test_a_slash_need_not_be_escaped(app: ASGIApp):
    view = (await send(app, "GET", "/api/articles/" + quote(ODD, safe="/") + "/figures")).json()
    assert [figure["value"] for figure in view["figures"]] == ["37"]


@pytest.mark.parametrize("path", ["nowhere", "nowhere/figures", "", "%00", "..%2F..%2Fetc%2Fpasswd", "%FF"])
async def test_there_is_no_such_article(app: ASGIApp, path: str):
    got = await send(app, "GET", f"/api/articles/{path}")
    assert (got.status, got.code) == (404, "no_article")
    assert "api/articles" in got.json()["error"]["message"].lower()


@pytest.mark.parametrize("target", ["/api/articles", "/api/queue", "/openapi.json", "/metrics", "/healthz"])
async def test_the_head_of_what_can_be_read(app: ASGIApp, target: str):
    assert (await send(app, "HEAD", target)).status == 200


# -- requests that are none


@pytest.mark.parametrize(
    ("target", "view", "field"),
    [
        ("/api/ask", {}, "question"),
        ("/api/ask", {"question": 5}, "question"),
        ("/api/ask", {"question": None}, "question"),
        ("/api/ask", {"question": ""}, "question"),
        ("/api/ask", {"question": " \n\u3000"}, "question"),
        ("/api/ask", {"question": "x" * 2001}, "question"),
        ("/api/chat", {"text": "x"}, "conversation"),
        ("/api/chat", {"text": "x", "conversation": "a b"}, "conversation"),
        ("/api/chat", {"text": "x", "conversation": "a\n"}, "conversation"),
        ("/api/chat", {"text": "x", "conversation": "a" * 65}, "conversation"),
        ("/api/chat", {"text": "x", "conversation": "127.0.0.1"}, "conversation"),
        ("/api/press", {"conversation": "a", "order": "x" * 65}, "order"),
        ("/api/check", {"text": " "}, "text"),
        ("/api/check", {"text": "x" * 20_001}, "text"),
        ("/api/check", {"text": "x", "sources": "x"}, "sources"),
        ("/api/check", {"text": "x", "sources": [5]}, "sources.0"),
        ("/api/check", {"text": "x", "sources": [{"title": "x"}]}, "sources.0.text"),
        ("/api/check", {"text": "x", "sources": ["x", ""]}, "sources.1.text"),
        ("/api/check", {"text": "x", "sources": [" "]}, "sources"),
        ("/api/check", {"text": "x", "sources": ["x"] * 101}, "sources"),
        ("/api/check", {"text": "x", "published": "yesterday"}, "published"),
        ("/api/check", {"text": "x", "published": "2024-13-45"}, "published"),
        ("/api/feedback", {"answer": "1", "useful": True}, "answer"),
        ("/api/feedback", {"answer": 1.0, "useful": True}, "answer"),
        ("/api/feedback", {"answer": True, "useful": True}, "answer"),
        ("/api/feedback", {"answer": 0, "useful": True}, "answer"),
        ("/api/feedback", {"answer": 2**63, "useful": True}, "answer"),
        ("/api/feedback", {"answer": 10**400, "useful": True}, "answer"),
        ("/api/feedback", {"answer": 1, "useful": 1}, "useful"),
        ("/api/feedback", {"answer": 1, "useful": True, "said": "x" * 2001}, "said"),
    ],
)
async def test_a_bad_field_is_named(app: ASGIApp, site: Site, target: str, view: Any, field: str):
    got = await send(app, "POST", target, view=view)
    assert got.status == 400
    assert got.json()["error"]["field"] == field
    assert "wenshu " not in got.json()["error"]["message"], "sends a program to the command line"
    assert set(n_kept(site).values()) == {0}


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"{",
            b"\xff\xfe",
            b'{"question": "\\ud800"}',
            b'{"question": "\xed\xa0\x80"}',
            b"[" * 100_000,
        ),
        *(b'{"question": "x"} y', b"\xef\xbb\xbf{}", b'{"question": ' + b'{"a":' * 5_000, b"'x'"),
    ],
)
async def test_what_is_no_json_is_said_to_be_none(app: ASGIApp, body: bytes):
    got = await send(app, "POST", "/api/ask", headers=[("content-type", "application/json")], chunks=[body])
    assert (got.status, got.code) == (400, "bad_json")


@pytest.mark.parametrize("body", [b"[]", b"5", b"null", b'"x"', b"NaN", b"-Infinity"])
async def test_json_has_to_be_an_object(app: ASGIApp, body: bytes):
    got = await send(app, "POST", "/api/ask", headers=[("content-type", "application/json")], chunks=[body])
    assert (got.status, got.code) == (400, "invalid")


@pytest.mark.parametrize(
    "headers", [[], [("content-type", "text/plain")], [("content-type", "application/x-www-form-urlencoded")]]
)
async def test_a_form_is_no_json(app: ASGIApp, headers: list[tuple[str, str]]):
    got = await send(app, "POST", "/api/ask", headers=headers, chunks=[b'{"question": "x"}'])
    assert (got.status, got.code) == (415, "not_json")


async def test_a_type_may_have_a_charset(app: ASGIApp):
    headers = [("content-type", "Application/JSON; charset=utf-8")]
    body = json.dumps({"question": QUESTION}).encode()
    assert (await send(app, "POST", "/api/ask", headers=headers, chunks=[body[:5], body[5:]])).status == 200


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/api", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/ask/", 404),
        ("POST", "/api/ask/", 404),
        ("GET", "/api/ask", 405),
        ("DELETE", "/api/articles", 405),
        ("OPTIONS", "/api/ask", 405),
        ("BREW", "/api/queue", 405),
        ("POST", "/api/nowhere", 404),
    ],
)
async def test_no_such_address_or_method(app: ASGIApp, method: str, target: str, status: int):
    got = await send(app, method, target)
    assert (got.status, got.code) == (status, {404: "not_found", 405: "wrong_method"}[status])
    assert ("allow" in got.headers) == (status == 405)


# -- a shelf that fails


class Shelf:
    """Answers as it is told to."""

    fingerprint = "none"
    writes = False

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act = act

    def ask(self, question: str, *, plain: bool = False, on_draft: object = None) -> Answer:
        return self.act() or question  # type: ignore[return-value]

    def check(
        self, text: str, *, sources: list[Source] | None = None, published: str | None = None
    ) -> Checked:
        return self.act() or (text, sources, published)  # type: ignore[return-value]

    def article(self, article_id: str) -> Article:
        return self.act() or article_id  # type: ignore[return-value]

    def heads(self, words: str = "", *, most: int = 20, skip: int = 0) -> tuple[list[Article], int]:
        return self.act() or (words, most, skip)  # type: ignore[return-value]

    def ledger(self, article_id: str | None = None) -> Iterator[tuple[Article, Figure]]:
        self.act()
        yield article_id  # type: ignore[misc]


REQUESTS = (
    ("POST", "/api/ask", {"question": "x"}),
    ("POST", "/api/check", {"text": "x"}),
    ("GET", "/api/articles", None),
    ("GET", "/api/articles/x", None),
    ("GET", "/api/articles/x/figures", None),
)


@pytest.fixture
def over(tmp_path: Path) -> Iterator[Callable[..., tuple[ASGIApp, Site]]]:
    sites: list[Site] = []

    def make(act: Callable[[], Any], **limits: int) -> tuple[ASGIApp, Site]:
        sites.append(make_site(Shelf(act), tmp_path / str(len(sites)), **limits))
        return make_app(sites[-1]), sites[-1]

    yield make
    for site in sites:
        close(site)


def failing(problem: Exception) -> Callable[[], Any]:
    def act() -> Any:
        raise problem

    return act


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize(
    "problem",
    [
        IndexStateError("/srv/secret/x", item="/srv/secret/x", code="catalog"),
        StorageError("/srv/secret/x", item="/srv/secret/x", code="storage"),
        HomeBusyError("/srv/secret/x", item="/srv/secret/x", code="home_busy"),
        BackendError("http://inside:1", item="http://inside:1/secret", code="chroma"),
        WenshuError("/srv/secret", item="/srv/secret"),
    ],
)
async def test_what_its_keeper_has_to_mend_is_not_told(over: Any, request_: Any, problem: WenshuError):
    app, _ = over(failing(problem))
    method, target, view = request_
    got = await send(app, method, target, view=view)
    assert (got.status, got.code) == (503, "unavailable")
    assert got.headers["retry-after"] == "10"
    assert "secret" not in got.body.decode()


@pytest.mark.parametrize("request_", REQUESTS)
async def test_what_nobody_foresaw(over: Any, request_: Any, caplog: pytest.LogCaptureFixture):
    app, site = over(failing(ValueError("机密 /srv/secret")))
    method, target, view = request_
    got = await send(app, method, target, view=view)
    assert (got.status, got.code) == (500, "unforeseen")
    assert "secret" not in got.body.decode()
    assert "ValueError" in caplog.text
    assert "机密" not in caplog.text
    assert set(n_kept(site).values()) == {0}


async def test_what_the_caller_has_to_mend_is_told(over: Any):
    app, _ = over(failing(UsageError("long", item="2001", code="question_too_long")))
    got = await post(app, "/api/ask", question="x")
    assert got.status == 400
    assert got.json()["error"] == {
        "code": "question_too_long",
        "message": "问题太长（2001 字）。请压缩成一句话再问。",
        "field": "question",
    }


async def test_when_too_many_wait_one_is_sent_away(over: Any):
    held = threading.Event()
    app, site = over(lambda: held.wait(10) and None, max_running=1, max_waiting=1)

    async def press(target: str, **view: str) -> Got:
        return await send(app, "POST", target, view=view)

    first = [asyncio.create_task(post(app, "/api/ask", question="x")) for _ in range(2)]
    await asyncio.sleep(0.05)
    assert (await send(app, "GET", "/api/queue")).json() == {"running": 1, "waiting": 1}
    try:
        for target, view in (
            ("/api/ask", {"question": "x"}),
            ("/api/check", {"text": "x"}),
            ("/api/chat", {"conversation": "a", "text": "x"}),
            ("/api/press", {"conversation": "a", "order": "/useful 1"}),
        ):
            got = await press(target, **view)
            assert (got.status, got.code, got.headers["retry-after"]) == (503, "crowded", "10")
        got = await send(app, "GET", "/api/articles/x/figures")
        assert (got.status, got.code) == (503, "crowded")
        assert n_refused(site) == {("api", "crowded"): 5}
    finally:
        held.set()
        await asyncio.gather(*first)
