"""The pages as HTML: what they hold, what they must not hold, and that all of it works without a script."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote as encoded

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

import bot.service
from bot import buttons, phrases, uploads, wording
from bot.channels.web import article_page, draft_page, exchange, look, pages, problem_pages, words_of_pages
from bot.channels.web.website import Site
from bot.desk import CrowdedError, Desk
from bot.guard import Allowed, Guard
from bot.inbound import Speaker, Upload, sayable
from bot.metrics import Metrics
from bot.reception import Reception
from bot.reply import Block, Reply, ReplyStatus, Role, Run
from bot.service import Policy, Service
from bot.state import State
from knowledge.errors import UsageError
from knowledge.ingest import Report
from knowledge.schema import Answer, Article, Citation, Figure, Finding, Span
from knowledge.verdict import Checked, Label, Source, Verdict

FIRST = "成都新增三位院士\U0001f389。"
SENTENCE = (
    "截至2021年底，“科创投”累计投资金额23.26亿元，"
    "“科创贷”累计放款总额超157.38亿元，实现科创板上市“蓉城军团”全覆盖。"
)
TEXT = f"{FIRST}\n{SENTENCE}\n完。"
AT = len(FIRST) + 1
QUESTION = "科创投累计投资多少"
DRAFT = "截至2021年底，“科创投”累计投资金额23.62亿元，办了9场路演。"
TOKEN = "0123456789abcdef"  # noqa: S105 -- of no site but the tests'
HOSTILE = (
    "</textarea></title></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`&lt;{{7*7}}<!--"
)
TURNED = "\x00\x1b\u202e\u2066"
FRAGMENT = dict([look.FRAGMENT])


def article(article_id: str = "a", **over: object) -> Article:
    whole = Article(
        article_id,
        "搭平台促转化",
        "科技日报",
        "2022-02-21T16:58:52+08:00",
        "https://example.org/1",
        TEXT,
        "d",
    )
    return replace(whole, **over)  # type: ignore[arg-type]


@dataclass
class Shelf:
    """Articles, and what is answered whatever is asked."""

    answer: Answer
    checked: Checked | None = None
    held: dict[str, Article] = field(default_factory=lambda: {"seed": article("seed")})
    figures: Sequence[Finding] = ()
    asked: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    problem: Exception | None = None
    fingerprint: str = "f"
    writes: bool = False

    def ask(self, question: str, *, plain: bool = False, on_draft: object = None) -> Answer:
        self.asked.append(question)
        if self.problem is not None:
            raise self.problem
        return self.answer

    def check(
        self, text: str, *, sources: Sequence[Source] | None = None, published: str | None = None
    ) -> Checked:
        assert sources is published is None
        self.drafts.append(text)
        if self.problem is not None:
            raise self.problem
        return self.checked or Checked(text, ())

    def article(self, article_id: str) -> Article:
        if article_id not in self.held:
            raise UsageError("none", item=article_id, code="no_article")
        return self.held[article_id]

    def heads(self, words: str = "", *, most: int = 20, skip: int = 0) -> tuple[list[Article], int]:
        found = [each for each in self.held.values() if words in each.title or words in each.source]
        return [replace(each, text="") for each in found[skip : skip + most]], len(found)

    def ledger(self, article_id: str | None = None) -> Iterator[tuple[Article, Figure]]:
        for found in self.figures:
            yield self.held[article_id or "seed"], found.figure

    def ingest(self, paths: Sequence[Path]) -> Report:
        raise AssertionError(paths)


@dataclass
class Visit:
    """A visitor with a browser that runs nothing."""

    client: TestClient
    shelf: Shelf
    state: State
    site: Site

    def get(self, address: str, status: int = 200, **options: object) -> LexborHTMLParser:
        response = self.client.get(address, **options)  # type: ignore[arg-type]
        assert response.status_code == status, response.text
        return LexborHTMLParser(response.text)

    def post(self, address: str, status: int = 200, **options: object) -> LexborHTMLParser:
        response = self.client.post(address, **options)  # type: ignore[arg-type]
        assert response.status_code == status, response.text
        return LexborHTMLParser(response.text)


Visiting = Callable[..., Visit]


def by_cookie(request: Request) -> Speaker:
    name = request.cookies.get("visitor", "one")
    return Speaker("web", name, name)


def signed(_: Request, response: Response) -> None:
    response.set_cookie("signed", "yes")


@pytest.fixture
def visit(tmp_path: Path, answered: Answer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visiting]:
    """Opens a site over a shelf."""
    monkeypatch.setattr(bot.service, "_readings", lambda *_: ())
    opened: list[Visit] = []

    def make(*, token: str | None = None, per_minute: int = 1000, **of: object):
        metrics, state = Metrics(), State(tmp_path / f"state{len(opened)}.sqlite3")
        shelf = Shelf(**{"answer": answered, **of})  # type: ignore[arg-type]
        service = Service(shelf, state, Policy(1800, frozenset(), "", tmp_path / "uploads"))
        guard = Guard(
            Allowed(frozenset(), frozenset()), user_per_minute=per_minute, address_per_minute=10_000
        )
        reception = Reception(service, Desk(metrics, max_running=2, max_waiting=9), guard, metrics)
        site = Site(reception, shelf, token, (), "", lambda: ())
        app = Starlette(
            routes=pages.routes(site, speaker_of=by_cookie, sign_in=signed),
            exception_handlers={
                400: problem_pages.refused,
                404: problem_pages.refused,
                405: problem_pages.refused,
                500: problem_pages.failed,
            },
        )
        client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
        opened.append(Visit(client, shelf, state, site))
        return opened[-1]

    yield make
    for each in opened:
        each.site.reception.desk.close()
        each.state.close()
        each.client.close()


def one(tree: LexborHTMLParser, selector: str) -> LexborNode:
    (found,) = tree.css(selector)
    return found


def texts(tree: LexborHTMLParser, selector: str) -> list[str]:
    return [node.text().strip() for node in tree.css(selector)]


# --- the chat ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("send", ["address", "form"])
def test_a_question_is_answered_with_its_sentence(visit: Visiting, send: str):
    here = visit()
    tree = here.get(f"/?q={QUESTION}") if send == "address" else here.post("/", data={"q": QUESTION})
    assert here.shelf.asked == [QUESTION]
    assert texts(tree, ".asked") == [QUESTION]
    assert one(tree, ".headline strong").text() == "23.26亿元"
    call, cited = one(tree, ".headline .call"), one(tree, ".quotes > li")
    assert call.attributes["href"] == f"#{cited.attributes['id']}"
    assert one(tree, ".quotes mark").text() == "23.26亿元"
    assert one(tree, ".quotes blockquote").text() == "1" + SENTENCE
    source = one(tree, ".quotes .source").text()
    assert all(part in source for part in ("成都给科技成果“做媒”有实招", "科技日报", "2022-02-21"))


def test_a_form_that_was_sent_is_not_sent_again_by_a_reload(visit: Visiting):
    here = visit()
    response = here.client.post("/", data={"q": QUESTION}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/#a1")
    here.get("/")
    assert here.shelf.asked == [QUESTION]


def test_what_was_answered_before_is_shown_oldest_first_and_to_nobody_else(visit: Visiting):
    here = visit()
    for number in range(25):
        here.post("/", data={"q": f"问题{number}"})
    assert texts(here.get("/"), ".asked") == [f"问题{number}" for number in range(5, 25)]
    tree = here.get("/?q=又问")
    assert texts(tree, ".asked")[-2:] == ["问题24", "又问"]
    assert len(texts(tree, ".asked")) == len(set(texts(tree, ".asked"))) == 20
    assert texts(here.get("/", headers={"cookie": "visitor=two"}), ".asked") == []


def test_a_script_gets_the_exchange_alone(visit: Visiting):
    here = visit()
    here.post("/", data={"q": "先问"})
    response = here.client.post("/", data={"q": QUESTION}, headers=FRAGMENT)
    assert response.text.lstrip().startswith("<article")
    assert texts(LexborHTMLParser(response.text), ".asked") == [QUESTION]


def test_a_command_is_obeyed(visit: Visiting):
    here = visit()
    tree = here.post("/", data={"q": "新话题"})
    assert texts(tree, ".reply.notice") == [phrases.NEW_TOPIC]
    assert not tree.css(".below")
    assert here.shelf.asked == []


def test_nothing_gets_an_invitation(visit: Visiting):
    assert phrases.EMPTY in texts(visit().get("/?q=%20"), ".reply")[0]


def test_a_draft_is_told_in_short_and_leads_to_the_coloured_one(visit: Visiting, checked: Checked):
    here = visit(checked=checked)
    tree = here.post("/", data={"q": f"核对：{checked.text}"})
    assert "不符：文章里是“23.26亿元”" in one(tree, ".reply").text()
    (link,) = [each for each in tree.css(".below a") if "/check" in (each.attributes["href"] or "")]
    for _ in range(2):
        tree = here.get(str(link.attributes["href"]))
    assert here.shelf.drafts == [checked.text], "what is kept is shown, and not found out and kept again"
    assert here.state.n_answers == 1
    assert len(tree.css(".draft .figure")) == len(checked.verdicts)
    here.get(str(link.attributes["href"]), 404, headers={"cookie": "visitor=two"})


def test_a_check_that_was_kept_looks_as_when_it_was_made(visit: Visiting, checked: Checked):
    here = visit(checked=checked)
    made = here.post("/check", data={"text": checked.text})
    assert made.html == here.get("/check?answer=1").html


def test_an_answer_that_is_no_check_lies_ready_to_be_checked(visit: Visiting):
    here = visit()
    here.post("/", data={"q": QUESTION})
    tree = here.get("/check?answer=1")
    assert one(tree, "#text").text().strip() == QUESTION
    assert here.shelf.drafts == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_elsewhere_asks_nothing_but_fills_the_field(visit: Visiting, site: str):
    here = visit()
    tree = here.get(f"/?q={QUESTION}", headers={"sec-fetch-site": site})
    assert one(tree, "#q").text().strip() == QUESTION
    assert here.shelf.asked == []
    assert here.state.n_answers == 0


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_link_of_ours_or_an_address_that_was_typed_asks(visit: Visiting, site: str):
    here = visit()
    here.get(f"/?q={QUESTION}", headers={"sec-fetch-site": site})
    assert here.shelf.asked == [QUESTION]


def test_who_wants_no_answer_asks_nothing(visit: Visiting):
    here = visit()
    assert here.client.head(f"/?q={QUESTION}").status_code == 200
    assert here.shelf.asked == []


def test_a_long_message_is_shown_short_and_can_be_unfolded(visit: Visiting):
    words = "问" * 500
    tree = visit().post("/", data={"q": words})
    assert len(texts(tree, ".asked")[0]) < 110
    assert one(tree, ".whole p").text() == words


def test_the_first_screen_asks_only_what_can_be_answered(visit: Visiting):
    strange = visit()
    tree = strange.get("/")
    assert texts(tree, ".examples a") == ["《搭平台促转化》"]
    tree = visit(held={"s": article("s", title=words_of_pages.ABOUT_THE_SEED)}).get("/")
    assert texts(tree, ".examples a") == list(words_of_pages.EXAMPLES)
    empty = visit(held={}).get("/")
    assert not empty.css(".examples")
    assert "还没有文章" in one(empty, ".welcome").text()


def test_an_unforeseen_failure_is_an_apology(visit: Visiting):
    tree = visit(problem=RuntimeError("secret")).post("/", data={"q": QUESTION})
    assert texts(tree, ".reply.error") == [phrases.APOLOGY]
    assert "secret" not in tree.html


# --- limits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_who_asks_too_fast_is_told_and_loses_nothing(visit: Visiting, headers: dict[str, str]):
    here = visit(per_minute=1)
    here.post("/", data={"q": QUESTION})
    for _ in range(2):
        response = here.client.post("/", data={"q": "又问"}, headers=headers)
        assert response.status_code == 429
        assert 1 <= int(response.headers["retry-after"]) <= 60
        assert "您问得有点快" in response.text
        if not headers:
            assert one(LexborHTMLParser(response.text), "#q").text().strip() == "又问"
    tree = here.post("/check", 429, data={"text": DRAFT})
    assert "您问得有点快" in one(tree, "#problem").text()
    assert one(tree, "#text").text().strip() == DRAFT
    assert here.shelf.asked == [QUESTION]
    assert here.shelf.drafts == []


def test_where_too_many_wait_one_is_turned_away(visit: Visiting, monkeypatch: pytest.MonkeyPatch):
    async def crowded(*_: object, **__: object) -> None:
        raise CrowdedError

    here = visit()
    monkeypatch.setattr(Desk, "run", crowded)
    for path, name in (("/", "q"), ("/check", "text")):
        response = here.client.post(path, data={name: DRAFT})
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) > 0
        assert phrases.CROWDED in response.text
        assert DRAFT in one(LexborHTMLParser(response.text), "textarea").text()


# --- buttons ----------------------------------------------------------------------------------------


def order(tree: LexborHTMLParser, name: str) -> str:
    (value,) = {node.attributes["value"] for node in tree.css("button") if node.text().strip() == name}
    return str(value)


def test_useful_is_noted(visit: Visiting):
    here = visit()
    tree = here.post("/", data={"q": QUESTION})
    response = here.client.post("/press", data={"order": order(tree, "有用")}, follow_redirects=False)
    assert response.status_code == 303
    tree = here.get(response.headers["location"])
    assert texts(tree, "#a1 .told .reply") == [phrases.THANKS]
    here.get(response.headers["location"])
    assert [(told.useful, told.question) for told in here.state.feedback()] == [(True, QUESTION)]


def test_wrong_is_noted_with_what_is_right(visit: Visiting):
    here = visit()
    tree = here.post("/", data={"q": QUESTION})
    tree = here.post("/press", data={"order": order(tree, "有误")})
    (form,) = tree.css("#a1 form.fix")
    assert words_of_pages.CORRECT in one(tree, "#a1 .told").text()
    sent = {
        str(each.attributes["name"]): each.attributes.get("value") or "应为24亿元"
        for each in form.css("input")
    }
    tree = here.post("/press", data=sent)
    assert texts(tree, "#a1 .told .reply") == [phrases.THANKS_FOR_SAYING]
    assert [(told.useful, told.said) for told in here.state.feedback()] == [(False, "应为24亿元")]
    # The field took it: what is written next is a question again.
    here.post("/", data={"q": "科创贷放款"})
    assert here.shelf.asked[-1] == "科创贷放款"


def test_what_is_written_after_wrong_is_no_correction(visit: Visiting):
    here = visit()
    here.post("/", data={"q": QUESTION})
    here.post("/press", data={"order": "/wrong 1"})
    here.post("/", data={"q": "科创贷放款"})
    assert here.shelf.asked == [QUESTION, "科创贷放款"]
    assert [told.said for told in here.state.feedback()] == [""]


def test_the_surroundings_of_a_sentence_are_shown(visit: Visiting, answered: Answer):
    cited = replace(answered.citations[0], start=AT, end=AT + len(SENTENCE), marks=())
    here = visit(answer=replace(answered, citations=(cited,)))
    tree = here.post("/", data={"q": QUESTION})
    pressed = {"order": order(tree, "上下文")}
    for headers in ({}, FRAGMENT):
        told = here.post("/press", data=pressed, headers=headers)
        assert TEXT in one(told, ".said-back blockquote").text()
        assert one(told, ".said-back mark").text() == SENTENCE


@pytest.mark.parametrize("sent", ["", "/rm 1", "/useful", "x", "/useful 1 1 1"])
def test_an_order_that_is_none_of_ours_is_refused(visit: Visiting, sent: str):
    visit().post("/press", 400, data={"order": sent})


def test_nobody_judges_the_answer_of_another(visit: Visiting):
    here = visit()
    here.post("/", data={"q": QUESTION})
    for said in ("", "应为1元"):
        tree = here.post(
            "/press", data={"order": "/wrong 1", "said": said}, headers=FRAGMENT | {"cookie": "visitor=two"}
        )
        if said:
            assert phrases.STALE in one(tree, ".reply").text()
    assert here.state.feedback() == []


# --- the check --------------------------------------------------------------------------------------


def test_a_draft_is_coloured_beside_what_decides_and_can_be_edited(visit: Visiting, checked: Checked):
    here = visit(checked=checked)
    tree = here.post("/check", data={"text": checked.text.replace("，", "，\r\n", 1)})
    assert here.shelf.drafts == [checked.text.replace("，", "，\n", 1)]
    assert [(node.attributes["class"] or "").split()[1] for node in tree.css(".draft .figure")] == [
        verdict.label.value for verdict in checked.verdicts
    ]
    assert wording.checked(checked) in one(tree, ".verdict").text()
    ids = [node.attributes["id"] for node in tree.css("[id]")]
    assert len(ids) == len(set(ids))
    inner = [node.attributes["href"] or "" for node in tree.css("main a[href^='#']")]
    assert inner
    assert {each.removeprefix("#") for each in inner} <= set(ids)
    assert "23.62亿元" in one(tree, "#text").text()
    assert all(
        (node.attributes["href"] or "").startswith("/articles/seed?") for node in tree.css(".right .source a")
    )
    assert tree.css(".right .source a")


def test_a_file_is_checked(visit: Visiting):
    here = visit()
    tree = here.post("/check", data={"text": ""}, files={"file": ("稿子.txt", DRAFT.encode(), "text/plain")})
    assert here.shelf.drafts == [DRAFT]
    assert one(tree, "#text").text().strip() == DRAFT


def test_a_file_is_read_at_the_desk_and_only_of_one_who_is_let_in(
    visit: Visiting, monkeypatch: pytest.MonkeyPatch
):
    read: list[str] = []

    def text_of(_: Upload) -> str:
        read.append(threading.current_thread().name)
        return DRAFT

    monkeypatch.setattr(uploads, "text_of", text_of)
    here = visit(per_minute=1)
    sent = {"data": {"text": "写的"}, "files": {"file": ("稿子.docx", b"PK")}}
    here.post("/check", **sent)
    tree = here.post("/check", 429, **sent)
    assert [name.startswith("answer") for name in read] == [True]
    assert one(tree, "#text").text().strip() == "写的"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("表.xlsx", b"PK", "看不了「.xlsx」这种文件"),
        ("坏.docx", b"not a zip", "「坏.docx」已损坏"),
        ("空.txt", b" ", "「空.txt」是空的。"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_lost(
    visit: Visiting, name: str, content: bytes, said: str
):
    here = visit()
    tree = here.post(
        "/check", 422, data={"text": "" if "空" in name else DRAFT}, files={"file": (name, content)}
    )
    assert said in one(tree, "#problem").text()
    assert "wenshu check" not in tree.html
    if "空" not in name:
        assert one(tree, "#text").text().strip() == DRAFT
    assert one(tree, "#text").attributes["aria-describedby"] == "problem"
    assert here.shelf.drafts == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("draft_too_long", words_of_pages.DRAFT_TOO_LONG.format(n=len(DRAFT))),
        ("empty_draft", words_of_pages.EMPTY_DRAFT),
    ],
)
def test_a_draft_that_is_refused_stays_in_its_field(visit: Visiting, code: str, said: str):
    here = visit(problem=UsageError("no", code=code))
    tree = here.post("/check", 422, data={"text": DRAFT})
    assert said in one(tree, "#problem").text()
    assert one(tree, "#text").text().strip() == DRAFT


def test_a_draft_keeps_its_empty_first_lines(visit: Visiting):
    draft = f"\n\n{DRAFT}"
    assert f">\n{draft}</textarea>" in visit().client.post("/check", data={"text": draft}).text


# --- the articles -----------------------------------------------------------------------------------


def marked(tree: LexborHTMLParser) -> list[str]:
    return texts(tree, "mark")


@pytest.mark.parametrize(
    ("span", "found"),
    [
        (f"start={AT}&end={AT + 7}", [SENTENCE[:7]]),
        (f"start=0&end={len(FIRST)}", [FIRST]),
        (f"start=-5&end={len(FIRST)}", [FIRST]),
        (f"start={len(TEXT) - 2}&end=99999", ["完。"]),
        (f"start={AT - 3}&end={AT + 2}", [FIRST[-2:], SENTENCE[:2]]),
        ("start=5&end=5", []),
        ("start=9&end=5", []),
        ("start=x&end=5", []),
        (f"start={'9' * 5000}&end={'9' * 5000}", []),
        ("start=5", []),
        ("", []),
    ],
)
def test_the_very_sentence_is_marked(visit: Visiting, span: str, found: list[str]):
    tree = visit().get(f"/articles/seed?{span}")
    assert marked(tree) == found
    assert len(tree.css("#quote")) == bool(found)
    assert [node.text() for node in tree.css(".text > p:not(.source)")] == TEXT.split("\n")


@given(
    st.integers(-3, len(TEXT) + 3),
    st.integers(-3, len(TEXT) + 3),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9))),
)
def test_any_marks_leave_the_text_as_it_is(start: int, end: int, spans: list[tuple[int, int]]):
    found = article_page.span(article(), str(start), str(end))
    figures = [_figure(at, at + length) for at, length in spans]
    made = article_page.paragraphs(article(), found, figures)
    tree = LexborHTMLParser("".join(f"<p>{each}</p>" for each in made))
    assert "\n".join(node.text() for node in tree.css("p")) == TEXT
    inside = "".join(node.text() for node in tree.css("mark"))
    assert inside == TEXT[max(start, 0) : max(end, 0)].replace("\n", "")
    ids = [node.attributes["id"] for node in tree.css("[id]")]
    assert len(ids) == len(set(ids))


def _figure(start: int, end: int) -> Figure:
    from decimal import Decimal

    from knowledge.schema import Kind, Quantity

    quantity = Quantity(Decimal(1), None, "", Kind.NUMBER, TEXT[start:end], start, end)
    whole = Span(0, 1)
    return Figure(quantity, "", "", "", None, None, whole, whole, whole)


@pytest.mark.parametrize("article_id", ["a/b/c", "a#b", "100%", "中文 空格", "a?b", "../x", "\"'<b>"])
def test_any_name_of_an_article_leads_to_it(visit: Visiting, article_id: str):
    here = visit(held={article_id: article(article_id)})
    (link,) = here.get("/articles").css(".shelf a")
    assert texts(here.get(str(link.attributes["href"])), "h1") == ["搭平台促转化"]
    cited = Citation.of(here.shelf.held[article_id], Span(AT, AT + 7), label=1)
    assert marked(here.get(buttons.page_of(cited))) == [SENTENCE[:7]]


def test_a_sentence_that_is_no_longer_there_is_not_marked(visit: Visiting):
    here = visit()
    place = buttons.page_of(Citation.of(article("seed"), Span(AT, AT + 7), label=1))
    here.shelf.held["seed"] = article("seed", text="改" * 99)
    tree = here.get(place)
    assert marked(tree) == []
    assert words_of_pages.CHANGED in one(tree, ".problem").text()


def test_an_article_that_is_none_is_a_page_that_says_so(visit: Visiting):
    tree = visit().get("/articles/none", 404)
    assert words_of_pages.NO_SUCH_PAGE in one(tree, "main").text()
    assert tree.css("nav a[href='/articles']")


@pytest.mark.parametrize(
    ("url", "is_link"), [("https://example.org/1", True), ("javascript:alert(1)", False)]
)
def test_only_what_a_browser_may_follow_is_a_link(visit: Visiting, url: str, is_link: bool):  # noqa: FBT001
    tree = visit(held={"seed": article("seed", url=url)}).get("/articles/seed")
    assert [node.attributes["href"] for node in tree.css(".text .source a")] == [url] * is_link


def test_the_figures_of_an_article_are_listed_with_where_they_stand(
    visit: Visiting, find: Callable[..., Finding]
):
    found = find("23.26亿元", "2326000000")
    here = visit(held={"seed": article("seed", text=SENTENCE)}, figures=[found])
    assert not here.get("/articles/seed").css("#figures")
    tree = here.get(f"/articles/seed?start=0&end={len(SENTENCE)}&figures=1")
    (row,) = tree.css("#figures li")
    assert "科创投" in row.text()
    assert one(tree, (row.css("a")[0].attributes["href"] or "")).text() == "23.26亿元"
    assert "".join(marked(tree)) == SENTENCE


def library(n_articles: int) -> dict[str, Article]:
    return {
        f"a{number}": article(
            f"a{number}", title=f"标题{number}", published=f"2022-02-{28 - number // 50:02}"
        )
        for number in range(n_articles)
    }


def test_articles_are_listed_by_day_page_by_page(visit: Visiting):
    here = visit(held=library(120))
    tree = here.get("/articles")
    assert len(tree.css(".shelf a")) == 50
    assert texts(tree, ".day") == ["2022-02-28"]
    seen = texts(tree, ".shelf a")
    while following := tree.css("a[rel=next]"):
        tree = here.get(str(following[0].attributes["href"]))
        seen += texts(tree, ".shelf a")
    assert seen == [f"标题{number}" for number in range(120)]
    assert not tree.css("a[rel=next]")
    for page in ("99", "-1", "x", "9" * 400):
        assert here.get(f"/articles?page={page}").css(".shelf a")


def test_titles_are_searched_and_the_words_kept_from_page_to_page(visit: Visiting):
    here = visit(held=library(120) | {"b": article("b", title="别的&x")})
    tree = here.get(f"/articles?q={encoded('别的&x')}")
    assert texts(tree, ".shelf a") == ["别的&x"]
    assert one(tree, "#words").attributes["value"] == "别的&x"
    tree = here.get("/articles?q=标题")
    assert "q=" + encoded("标题") in str(one(tree, "a[rel=next]").attributes["href"])
    assert not here.get("/articles?q=没有").css(".shelf")
    here.get("/articles?q=" + "长" * 2000)


# --- the door ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("onward", "place"),
    [
        ("/check?answer=1", "/check?answer=1"),
        ("//evil.example/", "/"),
        ("https://evil.example", "/"),
        ("/\\evil", "/"),
    ],
)
def test_the_token_opens_the_door_and_leads_on_within_the_house(visit: Visiting, onward: str, place: str):
    here = visit(token=TOKEN)
    assert one(here.get(f"/login?next={encoded(onward)}"), "[name=next]").attributes["value"] == place
    tree = here.post("/login", 403, data={"token": "错", "next": onward})
    assert words_of_pages.NOT_IT in one(tree, "#problem").text()
    assert "signed" not in here.client.cookies
    sent = {"token": TOKEN, "next": onward}
    response = here.client.post("/login", data=sent, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, place)
    assert here.client.cookies["signed"] == "yes"


# --- what no page may hold --------------------------------------------------------------------------

PARTS = st.text(
    st.sampled_from([*"<>\"'&`=/{}%$\\\n\t 数1", "\u202e", "\u2066", "\x00", "\x1b", "\ud800", "\U0001f389"]),
    max_size=12,
)
WORDS = st.builds(
    "{}{}{}".format, PARTS, st.sampled_from(["", HOSTILE, TURNED, "<script>alert(1)</script>"]), PARTS
)


def rendered(name: str, **values: object) -> str:
    request = Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": [],
            "query_string": b"",
            "server": ("x", 80),
        }
    )
    return look.render(request, name, **values).body.decode()  # type: ignore[arg-type,union-attr]


def skeleton(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of a page with the names of their attributes: what foreign words must not change."""
    return [(node.tag, tuple(node.attributes)) for node in LexborHTMLParser(page).css("*")]


def chat_of(words: str) -> str:
    cited = Citation(
        1,
        sayable(words),
        words,
        words,
        words or "x",
        words,
        words,
        0,
        len(words),
        (Span(0, 3), Span(2, len(words))),
    )
    block = Block(Role.HEADLINE, (Run(words, strong=True), Run(words)), (1,))
    answer = Reply(ReplyStatus.ANSWERED, (block, Block(Role.TEXT, (Run(words),))), (cited,))
    made = exchange.Exchange(words, answer, 3, "check", exchange.Told(answer, corrects=3), is_new=True)
    newest = [article(sayable(words), title=words)]
    return rendered("chat.html", exchanges=[made], typed=words, examples=(), newest=newest, n_articles=1)


def check_of(words: str) -> str:
    cited = Citation(1, sayable(words), words, words, words, words, words, 0, len(words))
    verdict = Verdict(0, len(words), words, Label.REFUTED, expected=words, citations=(cited,))
    return rendered(
        "check.html",
        draft=draft_page.Draft(words, words),
        pieces=draft_page.pieces(Checked(words, (verdict,))),
    )


def article_of(words: str) -> str:
    made = article(words or "x", title=words, source=words, published=words, url=words, text=words)
    return rendered(
        "article.html",
        article=made,
        quote=None,
        changed=True,
        paragraphs=article_page.paragraphs(made, Span(0, len(words)), []),
        figures=[(0, words, words, words)],
        lists_figures=True,
    )


def articles_of(words: str) -> str:
    said = sayable(words)  # as names of articles and what comes in an address are
    found = [(words, [article(said, title=words, source=words)])]
    return rendered("articles.html", shelved=article_page.Shelved(said, 2, 3, 9, found))


def door_of(words: str) -> str:
    return rendered("login.html", onward=words, problem=words) + rendered("problem.html", told=words)


MAKERS = [chat_of, check_of, article_of, articles_of, door_of]
SEEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.mark.parametrize("make", MAKERS)
@given(words=WORDS)
def test_no_words_become_markup_in_any_field(make: Callable[[str], str], words: str):
    page = make(words)
    assert not SEEN.search(page)
    tags = {node.tag for node in LexborHTMLParser(page).css("*")}
    assert not tags & {"img", "b", "iframe", "style"}
    for script in LexborHTMLParser(page).css("script"):
        assert not script.text()
        assert (script.attributes["src"] or "").startswith("/static/")
    names = {name for node in LexborHTMLParser(page).css("*") for name in node.attributes}
    assert not {name for name in names if name.startswith("on") or name in {"style", "src=x"}}
    for node in LexborHTMLParser(page).css("[href]"):
        assert re.match(r"(/|#|\?|https?:)", node.attributes["href"] or "")


@pytest.mark.parametrize("make", MAKERS)
def test_hostile_words_leave_the_page_built_as_plain_ones_do(make: Callable[[str], str]):
    hostile = HOSTILE * 3  # as long as what is shown short
    assert skeleton(make(hostile)) == skeleton(make("字" * len(hostile)))
    assert "49" not in texts(LexborHTMLParser(make("{{7*7}}")), "*")


def test_a_question_is_shown_as_it_was_typed(visit: Visiting):
    tree = visit().post("/", data={"q": HOSTILE})
    assert one(tree, ".asked").text() == HOSTILE


def test_every_page_needs_only_what_is_its_own(visit: Visiting, checked: Checked):
    here = visit(checked=checked, token=TOKEN)
    here.post("/", data={"q": QUESTION})
    trees = [
        *(here.get(path) for path in ("/", "/check", "/articles", "/articles/seed?figures=1", "/login")),
        here.post("/check", data={"text": DRAFT}),
        here.get("/none", 404),
    ]
    for tree in trees:
        assert not tree.css("style, [style], script:not([src])")
        assert one(tree, "html").attributes["lang"] == "zh-CN"
        assert len(tree.css("h1")) == len(tree.css("main")) == 1
        for node in tree.css("link[href], script[src]"):
            address = str(node.attributes.get("href") or node.attributes.get("src"))
            response = here.client.get(address)
            assert response.status_code == 200
            kind = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
            assert response.headers["content-type"].startswith(
                kind[address.split("?", 1)[0].rsplit(".", 1)[-1]]
            )


def test_a_page_that_fails_says_sorry_and_no_more(visit: Visiting, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    here = visit()
    monkeypatch.setattr(here.shelf, "heads", broken)
    tree = here.get("/articles", 500)
    assert words_of_pages.APOLOGY in one(tree, "main").text()
    assert "secret" not in tree.html
