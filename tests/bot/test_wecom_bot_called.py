"""A WeCom bot that WeCom calls us for: it is told how far a reply is until there is an end."""

import asyncio
import json
import logging
import random
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stand_ins import Shelf, a_reception, a_service, a_state
from wecom_caller import KEY, NOW, SEAL, TOKEN, WeComCaller, caller, sealed, stamped

from bot import phrases
from bot.channels import callbacks, deliveries
from bot.channels.sealing import Seal
from bot.channels.wecom import bot_chat, bot_webhook
from bot.channels.wecom.bot_called import CallbackBot
from bot.channels.wecom.bot_chat import OUTBOX
from bot.channels.wecom.bot_streams import Patience
from bot.guard import Allowed
from bot.outbox import Outbox
from bot.reception import Reception
from knowledge.errors import StorageError
from knowledge.schema import Answer
from knowledge.verdict import Checked

ASKED = "科创投累计投资多少"
PATIENCE = 30
AT_ONCE = Patience(first=20, between=0)
"""A reply that is made soon is waited for."""

EAGER = Patience(first=0, between=0)


@dataclass
class Addresses:
    """The addresses that come with messages: each takes one reply.

    Attributes:
        sent: What was sent: the address's code and the text.
        status: Next answers: a status, a code, or a failure.
    """

    sent: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[int, int] | Exception] = field(default_factory=list)

    def take(self, request: httpx.Request) -> httpx.Response:
        code = request.url.params["response_code"]
        answer = self.answers.pop(0) if self.answers else (200, 0)
        if isinstance(answer, Exception):
            raise answer
        if code in {each for each, _ in self.sent}:
            answer = (200, 60140)
        if answer == (200, 0):
            body = json.loads(request.content)
            assert body["msgtype"] == "markdown"
            self.sent.append((code, body["markdown"]["content"]))
        return httpx.Response(answer[0], json={"errcode": answer[1], "errmsg": ""})

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.sent]


@dataclass
class Run:
    """A bot that runs, and those around it."""

    bot: CallbackBot
    wecom: WeComCaller
    addresses: Addresses
    reception: Reception

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_so():  # noqa: ASYNC110 -- of what is waited for, much is not ours
                await asyncio.sleep(0.002)

    async def until_done(self) -> None:
        await self.until(lambda: not self.reception.service.state.under_way(OUTBOX))

    @property
    def refused(self) -> dict[str, int]:
        return {
            sample.labels["why"]: int(sample.value)
            for metric in self.reception.metrics.refused.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        }


@asynccontextmanager
async def called(reception: Reception, addresses: Addresses | None = None, **over: Any) -> AsyncIterator[Run]:
    addresses = addresses or Addresses()
    http = httpx.AsyncClient(transport=httpx.MockTransport(addresses.take))
    bot = CallbackBot(reception, client=http, **({"patience": AT_ONCE, "fetch": 20.0} | over))
    assert await bot.start() == ""
    wecom = caller(bot, reception.metrics)
    try:
        yield Run(bot, wecom, addresses, reception)
    finally:
        await bot.stop()
        await wecom.http.aclose()


@pytest.fixture
def reception(shelf: Shelf) -> Reception:
    return a_reception(a_service(shelf))


InParts = Callable[[int], None]


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> InParts:
    """Has the next replies fill some messages."""

    def fill(n: int) -> None:
        monkeypatch.setattr(bot_chat, "written", lambda *_: [f"第{at}份" for at in range(1, n + 1)])

    return fill


# -- the address is verified


@pytest.mark.parametrize("escaped", [True, False], ids=["%2B", "+"])
async def test_the_echo_is_exact_and_a_plus_sign_survives(reception: Reception, *, escaped: bool):
    words = "2347862348 中文"
    text = next(each for n in range(1_000) if "+" in (each := SEAL.seal(words, random=bytes([n % 256] * 16))))
    async with called(reception) as run:
        echo = quote(text, safe="" if escaped else "+")
        assert ("%2B" in echo, "+" in echo) == (escaped, not escaped)
        got = await run.wecom.get(f"{urlencode(stamped(text))}&echostr={echo}")
    assert (got.status_code, got.content) == (200, words.encode())
    assert got.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (stamped("x", known="another") | {"echostr": "x"}, 403),
        (stamped("x", at=NOW - 301) | {"echostr": "x"}, 403),
        (stamped("x") | {"echostr": ""}, 403),
        (stamped(""), 403),
        (stamped("x") | {"echostr": "x"}, 400),
        ({}, 403),
    ],
)
async def test_an_echo_that_is_not_wecom_s_is_turned_away(
    reception: Reception, query: dict[str, str], status: int
):
    async with called(reception) as run:
        got = await run.wecom.get(urlencode(query))
        assert (got.status_code, got.content) == (status, b"")
        assert sum(run.refused.values()) == 1


# -- an answer


async def test_a_question_is_answered_in_the_call(reception: Reception):
    async with called(reception) as run:
        shown = await run.wecom.ask("u1", ASKED)
        await run.until_done()
    assert len(shown) == 1
    assert shown[0].startswith("**23.26亿元**")
    assert run.addresses.sent == []


async def test_what_takes_longer_is_asked_for_until_it_is_there(shelf: Shelf, answered: Answer):
    may = threading.Event()
    shelf._ask = lambda _: answered if may.wait(PATIENCE) else None  # type: ignore[return-value,assignment]
    async with called(a_reception(a_service(shelf)), patience=EAGER) as run:
        told = await run.wecom.call(message := run.wecom.message("u1", ASKED))
        assert told == {
            "msgtype": "stream",
            "stream": {"id": message["msgid"], "finish": False, "content": phrases.LOOKING_UP},
        }
        assert (await run.wecom.refresh(message["msgid"]))["finish"] is False
        may.set()
        shown = await run.wecom.until_over(told["stream"])
        assert "23.26" in shown[-1]
        assert (await run.wecom.refresh(message["msgid"]))["content"] == shown[-1], "told again"


async def test_a_message_brought_again_is_answered_once(shelf: Shelf, answered: Answer):
    n_asked = 0

    def ask(_: str) -> Answer:
        nonlocal n_asked
        n_asked += 1
        return answered

    shelf._ask = ask
    async with called(a_reception(a_service(shelf))) as run:
        message = run.wecom.message("u1", ASKED)
        told = await asyncio.gather(*(run.wecom.call(message) for _ in range(3)))
        await run.until_done()
        again = await run.wecom.call(message)
    assert n_asked == 1
    assert all(each == again for each in told)
    assert run.addresses.sent == []


async def test_whoever_opens_the_chat_is_greeted(reception: Reception):
    async with called(reception) as run:
        told = await run.wecom.call(
            run.wecom.message("u1", msgtype="event", event={"eventtype": "enter_chat"})
        )
        nothing = await run.wecom.call(
            run.wecom.message("u1", msgtype="event", event={"eventtype": "feedback_event"})
        )
    assert told is not None
    assert told["msgtype"] == "text"
    assert told["text"]["content"].startswith(phrases.START)
    assert nothing is None


async def test_foreigners_get_nothing(shelf: Shelf):
    allowed = Allowed(frozenset({"wecom:u1"}), frozenset())
    async with called(a_reception(a_service(shelf), allowed=allowed)) as run:
        assert await run.wecom.call(run.wecom.message("u2", ASKED)) is None
        assert "23.26" in (await run.wecom.ask("u1", ASKED))[-1]
        assert run.refused == {"foreign": 1}


async def test_whoever_is_too_fast_is_told_once(shelf: Shelf):
    async with called(a_reception(a_service(shelf), per_minute=1)) as run:
        first, second = await run.wecom.ask("u1", ASKED), await run.wecom.ask("u1", ASKED)
        assert await run.wecom.call(run.wecom.message("u1", ASKED)) is None
    assert "23.26" in first[-1]
    assert second[-1].startswith(phrases.TOO_FAST[:6])


async def test_in_a_group_the_name_is_taken_out(shelf: Shelf, answered: Answer):
    asked: list[str] = []
    shelf._ask = lambda text: asked.append(text) or answered  # type: ignore[func-returns-value]
    async with called(a_reception(a_service(shelf))) as run:
        await run.wecom.ask("u1", f"@问数 {ASKED}", group="wr1")
    assert asked == [ASKED]


async def test_an_unforeseen_error_is_an_apology(
    shelf: Shelf, reception: Reception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail(question: str) -> Answer:
        raise RuntimeError(question)

    def refuse(*_: object) -> bool:
        raise StorageError("disk", item="disk", code="storage")

    shelf._ask = fail
    async with called(reception) as run:
        assert await run.wecom.ask("u1", ASKED) == [phrases.APOLOGY]
        with monkeypatch.context() as patch:
            patch.setattr(Outbox, "take", refuse)
            assert await run.wecom.ask("u1", ASKED) == [phrases.APOLOGY]
    assert ASKED not in caplog.text


# -- what does not fit, or comes later


async def test_the_second_part_goes_to_the_message_s_address(in_parts: InParts, reception: Reception):
    in_parts(2)
    async with called(reception) as run:
        shown = await run.wecom.ask("u1", ASKED)
        await run.until_done()
    assert shown[-1] == "第1份"
    assert run.addresses.sent == [("1", "第2份")]


async def test_parts_after_that_are_fetched(in_parts: InParts, reception: Reception):
    in_parts(4)
    async with called(reception) as run:
        first = await run.wecom.ask("u1", ASKED)
        await run.until(lambda: bool(run.addresses.sent))
        third = await run.wecom.ask("u1", "继续")
        fourth = await run.wecom.ask("u1", "继续")
        await run.until_done()
        in_parts(1)
        assert await run.wecom.ask("u1", "继续") == ["第1份"], "nothing waits any more"
    told = [first[-1], *run.addresses.texts, third[-1], fourth[-1]]
    more = phrases.more_parts
    assert told == ["第1份", f"第2份\n\n{more(2)}", f"第3份\n\n{more(1)}", "第4份"]


async def test_what_waits_is_the_chat_s_own(in_parts: InParts, reception: Reception):
    in_parts(3)
    async with called(reception) as run:
        await run.wecom.ask("u1", ASKED)
        await run.until(lambda: bool(run.addresses.sent))
        in_parts(1)
        assert await run.wecom.ask("u2", "继续") == ["第1份"]
        assert await run.wecom.ask("u1", "继续", group="wr1") == ["第1份"]
        assert await run.wecom.ask("u1", "继续") == ["第3份"]


async def test_what_waits_is_fetched_after_a_restart_too(in_parts: InParts, shelf: Shelf, tmp_path: Path):
    in_parts(3)
    path, addresses = tmp_path / "state.sqlite3", Addresses()
    async with called(a_reception(a_service(shelf, state=a_state(path))), addresses) as run:
        await run.wecom.ask("u1", ASKED)
        await run.until(lambda: bool(addresses.sent))
    async with called(a_reception(a_service(shelf, state=a_state(path))), addresses, fetch=0.01) as run:
        run.wecom.numbers = count(100)
        assert await run.wecom.ask("u1", "继续") == ["第3份"]
        await run.until_done()
    assert len(addresses.sent) == 1


async def test_a_message_of_a_called_bot_has_room_for_the_words_that_tell_of_more(
    shelf: Shelf, answered: Answer, reception: Reception
):
    one = replace(answered.citations[0], quote="长" * 40_000, marks=())
    shelf._ask = lambda _: replace(answered, citations=(one,))
    async with called(reception) as run:
        shown = await run.wecom.ask("u1", ASKED)
        await run.until(lambda: bool(run.addresses.sent))
        third = await run.wecom.ask("u1", "继续")
    parts = [shown[-1], *run.addresses.texts, third[-1]]
    assert phrases.more_parts(4)[:5] in parts[1]
    assert all(20_000 < len(part.encode()) <= 20_480 for part in parts)


async def test_after_some_minutes_the_answer_is_promised_and_follows(shelf: Shelf, answered: Answer):
    may = threading.Event()
    shelf._ask = lambda _: answered if may.wait(PATIENCE) else None  # type: ignore[return-value,assignment]
    patience = Patience(first=0, between=0, most=0.01)
    async with called(a_reception(a_service(shelf)), patience=patience) as run:
        shown = await run.wecom.ask("u1", ASKED)
        assert shown[-1] == phrases.WILL_FOLLOW
        may.set()
        await run.until_done()
    assert len(run.addresses.sent) == 1
    assert "23.26" in run.addresses.texts[0]


async def test_an_answer_that_nobody_asks_for_follows(reception: Reception):
    async with called(reception, patience=EAGER, fetch=0.01) as run:
        told = await run.wecom.call(message := run.wecom.message("u1", ASKED))
        assert told is not None
        await run.until_done()
        assert "23.26" in run.addresses.texts[0]
        late = await run.wecom.refresh(message["msgid"])
    assert (late["content"], late["finish"]) == (phrases.WILL_FOLLOW, True)


@pytest.mark.parametrize("url", ["", "http://wecom.example.org/r", "ftp://x"])
async def test_only_an_https_address_is_sent_to(in_parts: InParts, reception: Reception, url: str):
    in_parts(2)
    async with called(reception) as run:
        await run.wecom.ask("u1", ASKED, response_url=url)
        second = await run.wecom.ask("u1", "继续")
        await run.until_done()
    assert second == ["第2份"]
    assert run.addresses.sent == []


@pytest.mark.parametrize("answer", [(200, 60140), (400, 0), (500, 0)])
async def test_what_an_address_does_not_take_is_fetched(
    in_parts: InParts, reception: Reception, answer: tuple[int, int]
):
    in_parts(2)
    async with called(reception, Addresses(answers=[answer])) as run:
        await run.wecom.ask("u1", ASKED)
        second = await run.wecom.ask("u1", "继续")
        await run.until_done()
    assert second == ["第2份"]


@pytest.mark.parametrize("failed", [(503, 0), httpx.ConnectError("x"), httpx.ConnectTimeout("x")])
async def test_what_never_left_is_sent_later(
    in_parts: InParts,
    reception: Reception,
    monkeypatch: pytest.MonkeyPatch,
    failed: tuple[int, int] | Exception,
):
    monkeypatch.setattr(deliveries, "RETRY_SECONDS", 0.02)
    in_parts(2)
    async with called(reception, Addresses(answers=[failed]), fetch=0.02) as run:
        await run.wecom.ask("u1", ASKED)
        await run.until_done()
    assert len(run.addresses.sent) == 1


async def test_what_may_have_arrived_is_not_sent_again(
    in_parts: InParts, reception: Reception, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG, "bot")
    in_parts(2)
    async with called(reception, Addresses(answers=[httpx.ReadTimeout("x")])) as run:
        await run.wecom.ask("u1", ASKED)
        await run.until_done()
    assert run.addresses.sent == []
    assert "may be lost" in caplog.text
    logged = "".join(record.getMessage() for record in caplog.records if record.name.startswith("bot"))
    assert not any(word in logged for word in ("response_code", "wecom.example.org", "第2份", TOKEN, KEY))


# -- stopping and starting again


async def test_a_refresh_after_a_restart_finds_its_message(
    shelf: Shelf, answered: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deliveries, "STOP_SECONDS", 0.02)
    monkeypatch.setattr(bot_chat, "STOP_SECONDS", 0.02)
    path, may = tmp_path / "state.sqlite3", threading.Event()
    slow = Shelf(lambda _: answered if may.wait(PATIENCE) else None)  # type: ignore[return-value,arg-type]
    async with called(a_reception(a_service(slow, state=a_state(path))), patience=EAGER) as run:
        message = run.wecom.message("u1", ASKED)
        await run.wecom.call(message)
    may.set()
    async with called(a_reception(a_service(shelf, state=a_state(path))), patience=EAGER) as run:
        shown = await run.wecom.until_over(await run.wecom.refresh(message["msgid"]))
        await run.until_done()
        assert "23.26" in shown[-1]
        assert await run.wecom.call(message) is not None
    assert run.addresses.sent == []


async def test_what_nobody_asks_for_after_a_restart_follows(
    shelf: Shelf, answered: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deliveries, "STOP_SECONDS", 0.02)
    monkeypatch.setattr(bot_chat, "STOP_SECONDS", 0.02)
    path, may = tmp_path / "state.sqlite3", threading.Event()
    slow = Shelf(lambda _: answered if may.wait(PATIENCE) else None)  # type: ignore[return-value,arg-type]
    async with called(a_reception(a_service(slow, state=a_state(path))), patience=EAGER, fetch=0.02) as run:
        await run.wecom.call(message := run.wecom.message("u1", ASKED))
    may.set()
    async with called(a_reception(a_service(shelf, state=a_state(path))), fetch=0.02) as run:
        await run.until_done()
        assert len(run.addresses.sent) == 1
        assert "23.26" in run.addresses.texts[0]
        assert (await run.wecom.refresh(message["msgid"]))["finish"] is True


async def test_a_stream_that_nobody_knows_ends(reception: Reception):
    async with called(reception) as run:
        told = await run.wecom.refresh("of another home")
    assert told == {"id": "of another home", "finish": True, "content": phrases.STALE}


async def test_streams_are_forgotten_after_a_while(reception: Reception, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.channels.wecom.bot_called._KEPT_SECONDS", 0)
    async with called(reception) as run:
        for n in range(5):
            await run.wecom.ask(f"u{n}", ASKED)
        assert len(run.bot._shown) <= 2


@pytest.mark.parametrize("seed", range(3))
async def test_every_stream_ends_for_100_users_at_once(shelf: Shelf, answered: Answer, seed: int):
    draw = random.Random(seed)

    def ask(_: str) -> Answer:
        if draw.random() < 0.2:
            raise RuntimeError("unforeseen")
        return answered

    shelf._ask = ask
    patience = Patience(first=0, between=0, most=draw.choice([0.01, 330]))
    async with called(a_reception(a_service(shelf)), patience=patience) as run:
        shown = await asyncio.gather(*(run.wecom.ask(f"u{n}", ASKED) for n in range(100)))
        await run.until_done()
    ends = [each[-1] for each in shown] + run.addresses.texts
    said = [text for text in ends if text != phrases.WILL_FOLLOW]
    assert len(said) == 100
    assert all("23.26" in text or text == phrases.APOLOGY for text in said)


# -- who is turned away


@pytest.mark.parametrize(
    ("body", "over", "status"),
    [
        ({"msgtype": "text"}, {}, 400),
        ("no json", {}, 400),
        ("[]", {}, 400),
        ("[" * 10_000, {}, 400),
        ({"msgtype": "stream", "stream": {}}, {}, 400),
        ({"msgtype": "text"}, {"known": "another"}, 403),
        ({"msgtype": "text"}, {"at": NOW + 301}, 403),
    ],
)
async def test_what_is_no_message_of_wecom_s_is_turned_away(
    reception: Reception, body: Any, over: dict[str, Any], status: int
):
    async with called(reception) as run:
        got = await run.wecom.post(*sealed(body, **over))
        assert (got.status_code, got.content) == (status, b"")
        assert sum(run.refused.values()) == 1


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"{}", b'{"encrypt":7}', b"\xff", b"[" * 9_999]
)
async def test_a_body_that_is_not_sealed_is_turned_away(reception: Reception, content: bytes):
    async with called(reception) as run:
        got = await run.wecom.post(content, urlencode(stamped("")))
        assert got.status_code in {400, 403}
        assert got.content == b""
        plain = json.dumps(run.wecom.message("u1", ASKED)).encode()
        assert (await run.wecom.post(plain, urlencode(stamped("")))).status_code == 403


async def test_a_message_sealed_for_somebody_else_is_turned_away(reception: Reception):
    text = Seal(KEY, "ww-corp").seal(json.dumps({"msgtype": "text"}))
    async with called(reception) as run:
        got = await run.wecom.post(json.dumps({"encrypt": text}).encode(), urlencode(stamped(text)))
        assert (got.status_code, got.content) == (400, b"")


async def test_the_same_call_again_is_turned_away(reception: Reception):
    async with called(reception) as run:
        content, query = sealed(run.wecom.message("u1", ASKED))
        assert (await run.wecom.post(content, query)).status_code == 200
        assert (await run.wecom.post(content, query)).status_code == 403
        assert run.refused == {"replayed": 1}


async def test_a_body_has_a_size(reception: Reception):
    async with called(reception) as run:
        got = await run.wecom.post(b" " * (callbacks.MAX_BODY_BYTES + 1), urlencode(stamped("")))
        assert (got.status_code, got.content) == (413, b"")


async def test_other_methods_are_not_there(reception: Reception):
    async with called(reception) as run:
        assert (await run.wecom.http.put(bot_webhook.PATH)).status_code == 405


NAMES = st.sampled_from(
    "msgid msgtype chattype chatid from userid text content stream id event eventtype quote mixed msg_item "
    "file url response_url voice create_time".split()
)
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["text", "u1", "event", "group"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)


VALID = {
    "msgid": "m",
    "from": {"userid": "u1"},
    "msgtype": "text",
    "text": {"content": ASKED},
    "response_url": "https://wecom.example.org/r?response_code=1",
}


@settings(
    max_examples=max(300, settings.default.max_examples),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    body=st.dictionaries(NAMES, BODIES, max_size=3).map(lambda over: VALID | over) | BODIES,
    raw=st.none() | st.binary(max_size=200),
    query=st.none() | st.text(max_size=60),
)
def test_whatever_comes_is_answered_or_turned_away(
    shelf: Shelf, checked: Checked, body: Any, raw: bytes | None, query: str | None
):
    """No call brings a traceback, whether it is well sealed or not."""

    async def go() -> None:
        reception = a_reception(a_service(shelf))
        shelf._check = lambda _: checked
        async with called(reception, fetch=0, patience=EAGER) as run:
            content, signed = sealed(json.dumps(body))
            got = await run.wecom.post(
                content if raw is None else raw, signed if query is None else quote(query, safe="=&+%")
            )
            assert got.status_code in {200, 400, 403, 413}
            assert got.status_code == 200 or got.content == b""
            echoed = await run.wecom.get(signed if query is None else quote(query, safe="=&+%"))
            assert (echoed.status_code, echoed.content) == (403, b"")

    asyncio.run(go())
