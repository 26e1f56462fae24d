"""What every message goes through."""

import asyncio
import logging
from collections.abc import AsyncIterator
from threading import Event

import pytest
from prometheus_client.parser import text_string_to_metric_families
from stand_ins import ANYONE, SOMEONE, Shelf, a_reception, a_service, saying

from bot import phrases
from bot.desk import CrowdedError, Desk
from bot.guard import Guard
from bot.metrics import Metrics
from bot.reception import Reception
from bot.reply import Reply, ReplyStatus
from knowledge.errors import UsageError
from knowledge.schema import Answer, Article

QUESTION = "机密的科创投累计投资多少"


def said(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


def counted(reception: Reception, name: str) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(reception.metrics.text().decode())
    return {
        tuple(sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def fails(question: str) -> Answer:
    raise ZeroDivisionError(f"unforeseen in {question}")


@pytest.fixture
async def broken() -> AsyncIterator[Reception]:
    made = a_reception(a_service(Shelf(fails)))
    yield made
    made.desk.close()


async def test_the_unforeseen_becomes_an_apology(broken: Reception):
    reply = await broken.reply(saying(QUESTION))
    assert (reply.status, said(reply)) == (ReplyStatus.ERROR, phrases.APOLOGY)
    assert counted(broken, "wenshu_replies_total") == {("telegram", "failed"): 1}


async def test_the_log_says_where_it_failed_and_not_what_was_asked(
    broken: Reception, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.DEBUG):
        await broken.reply(saying(QUESTION))
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    written = logging.Formatter().format(record)
    assert "telegram: ZeroDivisionError" in written
    assert "in fails" in written, "the line is named"
    assert "机密" not in caplog.text
    assert "机密" not in written


async def test_a_button_that_fails_gets_an_apology_too(broken: Reception, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> Reply:
        raise ZeroDivisionError

    monkeypatch.setattr("bot.service.Service.press", fail)
    assert said(await broken.press(SOMEONE, "/useful 1")) == phrases.APOLOGY


async def test_the_next_message_is_answered_as_ever(broken: Reception):
    for _ in range(20):
        await broken.reply(saying(QUESTION))
    assert said(await broken.reply(saying("帮助"))).startswith("我只回答")
    assert counted(broken, "wenshu_replies_total") == {("telegram", "failed"): 20, ("telegram", "notice"): 1}


async def test_replies_are_counted_by_what_they_are(answered: Answer, article: Article):
    def ask(question: str) -> Answer:
        if "长" in question:
            raise UsageError("long", item="9999", code="question_too_long")
        return answered

    reception = a_reception(a_service(Shelf(ask, articles=[article])))
    for words in ("科创投累计投资多少", "长多少", "来源"):
        await reception.reply(saying(words))
    assert counted(reception, "wenshu_replies_total") == {
        ("telegram", "answered"): 1,
        ("telegram", "error"): 1,
        ("telegram", "notice"): 1,
    }
    assert counted(reception, "wenshu_reply_seconds_count") == {("telegram",): 3}
    reception.desk.close()


async def test_one_too_many_is_turned_away_and_counted(answered: Answer, article: Article):
    free = Event()

    def ask(_: str) -> Answer:
        assert free.wait(10)
        return answered

    metrics = Metrics()
    guard = Guard(ANYONE, user_per_minute=99, address_per_minute=99)
    desk = Desk(metrics, max_running=1, max_waiting=1)
    reception = Reception(a_service(Shelf(ask, articles=[article])), desk, guard, metrics)
    tasks = [asyncio.create_task(reception.reply(saying("科创投累计投资多少"))) for _ in range(2)]
    for _ in range(20):
        await asyncio.sleep(0)
    with pytest.raises(CrowdedError):
        await reception.reply(saying("科创投累计投资多少"))
    with pytest.raises(CrowdedError):
        await reception.press(SOMEONE, "/useful 1")
    patient = asyncio.create_task(reception.reply(saying("科创投累计投资多少"), patient=True))
    await asyncio.sleep(0)
    free.set()
    replies = await asyncio.gather(*tasks, patient)
    assert [reply.status for reply in replies] == [ReplyStatus.ANSWERED] * 3
    assert counted(reception, "wenshu_refused_total") == {("telegram", "crowded"): 2}
    assert counted(reception, "wenshu_replies_total") == {("telegram", "answered"): 3}
    desk.close()
