"""What an app sends: no faster than WeCom shows it, again only if it can't have arrived, in parts that WeCom takes."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest
import tencent_server
from stand_ins import Shelf
from tencent_server import SEND, Cuts, Refuses, Says, Stalls, Status, Tencent
from wecom_office import MEMBER, Echo, Held, Time, long_answer, up

from bot import phrases
from bot.channels import deliveries
from bot.channels.platform_api import MARGIN_SECONDS
from bot.channels.wecom import app_delivery
from bot.channels.wecom.markdown import APP
from knowledge.schema import Answer

QUESTION = "科创投累计投资多少"


# --- thirty a minute --------------------------------------------------------------------------------------


async def test_thirty_a_minute_are_queued(echoing: Shelf, tmp_path: Path):
    """What is over thirty a minute WeCom drops without a word; so it waits, and nothing is lost."""
    time, said = Time(), [f"{QUESTION}{n}" for n in range(40)]
    async with (
        tencent_server.serving(per_minute=30, clock=time) as server,
        up(echoing, tmp_path, server, clock=time) as office,
    ):
        for text in said:
            await office.write(text)
        await office.settled()
        assert not office.under_way()
        assert office.n_parts() == {"sent": 40}
    assert not server.dropped
    assert [text in shown for text, shown in zip(said, server.texts(), strict=True)] == [True] * 40
    assert sum(time.slept) >= 60


async def test_one_who_must_wait_holds_up_nobody_else(echoing: Shelf, tmp_path: Path):
    time, go = Time(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        await go.wait()
        await time.sleep(seconds)

    async with (
        tencent_server.serving(per_minute=30, clock=time) as server,
        up(echoing, tmp_path, server, clock=time) as office,
    ):
        office.chat._members._sleep = sleep
        for n in range(31):
            await office.write(f"{QUESTION}{n}")
        await server.until_sent(30)
        await office.write(QUESTION, "lisi")
        await server.until(lambda: bool(server.texts("lisi")))
        assert len(server.texts(MEMBER)) == 30
        go.set()
        await office.settled()
    assert len(server.texts(MEMBER)) == 31
    assert not server.dropped


async def test_a_word_of_the_queue_never_takes_the_last_place_of_the_minute(
    shelf: Shelf, server: Tencent, tmp_path: Path
):
    async with up(shelf, tmp_path, server) as office:
        members = office.chat._members
        for n in range(28):
            await members.send(MEMBER, app_delivery._message("text", f"答{n}"))
        await members.mention(MEMBER, "排队中")
        await members.mention(MEMBER, "排队中")
        assert server.texts()[28:] == ["排队中"]
        await office.write(QUESTION)
        await office.settled()
        assert not office.time.slept, "the answer had a place"
    assert len(server.messages) == 30


async def test_one_who_waits_for_a_turn_is_told(
    held: Held, server: Tencent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.desk.WAITING_AFTER", 0.0)
    async with up(Shelf(held), tmp_path, server, max_running=1) as office:
        await office.write(QUESTION)
        assert await asyncio.to_thread(held.reached.wait, 60)
        await office.write(QUESTION, "lisi")
        await server.until(lambda: bool(server.texts("lisi")))
        assert server.texts("lisi") == [phrases.WAITING.format(n=1)]
        held.free.set()
        await office.settled()
    assert len(server.texts("lisi")) == 2


async def test_a_word_of_the_queue_that_cannot_be_sent_harms_nothing(
    held: Held, server: Tencent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.desk.WAITING_AFTER", 0.0)
    server.fail(SEND, Refuses(45009))
    async with up(Shelf(held), tmp_path, server, max_running=1) as office:
        await office.write(QUESTION)
        assert await asyncio.to_thread(held.reached.wait, 60)
        await office.write(QUESTION, "lisi")
        await server.until(lambda: bool(server.of(SEND)))
        held.free.set()
        await office.settled()
    assert len(server.texts("lisi")) == 1
    assert len(server.texts(MEMBER)) == 1


# --- what WeCom says --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [42001, 40014, 40001])
async def test_a_token_that_is_no_good_is_renewed(code: int, shelf: Shelf, server: Tencent, tmp_path: Path):
    async with up(shelf, tmp_path, server) as office:
        server.fail(SEND, Refuses(code))
        await office.write(QUESTION)
        await office.settled()
        assert office.n_parts() == {"sent": 1}
    assert len(server.messages) == 1
    assert server.n_tokens == 2


async def test_a_token_that_expires_under_many_messages_is_renewed_once(
    echoing: Shelf, server: Tencent, tmp_path: Path
):
    async with up(echoing, tmp_path, server) as office:
        server.expire()
        for n in range(50):
            await office.write(QUESTION, f"user-{n}")
        await office.settled()
        assert office.n_parts() == {"sent": 50}
    assert len({sent["touser"] for sent in server.messages}) == 50
    assert server.n_tokens == 2


async def test_a_token_is_renewed_before_it_ends(shelf: Shelf, server: Tencent, tmp_path: Path):
    time = Time()
    async with up(shelf, tmp_path, server) as office:
        office.chat._api._clock = time
        office.chat._api._good_until = 7_200 - MARGIN_SECONDS
        for at, n_tokens in ((6_899.0, 1), (6_900.0, 2)):
            time.now = at
            await office.write(QUESTION)
            await office.settled()
            assert server.n_tokens == n_tokens


@pytest.mark.parametrize("fault", [Refuses(-1), Status(502), Status(503), Status(504)], ids=str)
async def test_what_was_turned_away_is_sent_again(
    fault: tencent_server.Fault, shelf: Shelf, server: Tencent, tmp_path: Path
):
    async with up(shelf, tmp_path, server) as office:
        server.fail(SEND, fault, fault)
        await office.write(QUESTION)
        await office.settled()
        assert office.n_parts() == {"sent": 1}
    assert len(server.messages) == 1


@pytest.mark.parametrize(
    "faults", [[Refuses(45009)], [Refuses(45033)], [Refuses(60020)], [Refuses(-1)] * 3], ids=str
)
async def test_what_is_refused_for_now_is_tried_again_later(
    faults: list[tencent_server.Fault], echo: Echo, echoing: Shelf, server: Tencent, tmp_path: Path
):
    async with up(echoing, tmp_path, server) as office:
        server.fail(SEND, *faults)
        await office.write(QUESTION)
        await office.settled()
        assert not server.messages
        assert len(office.under_way()) == 1
        assert office.chat._deliveries.restore() == 1
        await office.settled()
        assert not office.under_way()
    assert len(server.messages) == 1
    assert echo.asked == [QUESTION], "it is not answered anew"


async def test_an_interface_that_is_not_there_is_waited_for(
    shelf: Shelf, server: Tencent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deliveries, "RETRY_SECONDS", 0.01)
    async with up(shelf, tmp_path, server) as office:
        account = office.chat._api._account
        office.chat._api._account = replace(account, base_url="http://127.0.0.1:1")
        await office.write(QUESTION)
        await office.settled()
        assert len(office.under_way()) == 1
        office.chat._api._account = account
        await server.until_sent(1)
        await office.settled()
        assert not office.under_way()
    assert len(server.messages) == 1


@pytest.mark.parametrize(
    "fault",
    [Cuts(), Cuts(is_done=False), Stalls(), Status(500), Says("<html>"), Says("[]")],
    ids=["cut", "cut before", "slow", "broken", "a page", "no object"],
)
async def test_what_may_have_arrived_in_wecom_is_not_sent_again(
    fault: tencent_server.Fault, shelf: Shelf, server: Tencent, tmp_path: Path
):
    async with up(shelf, tmp_path, server, timeout=0.5) as office:
        server.fail(SEND, fault)
        await office.write(QUESTION)
        await office.settled()
        assert not office.under_way()
        assert office.n_parts() == {"lost": 1}
        assert office.chat._deliveries.restore() == 0
    assert len(server.of(SEND)) == 1
    assert len(server.messages) <= 1


@pytest.mark.parametrize(
    "fault",
    [
        Says({"errcode": 0, "errmsg": "ok", "invaliduser": MEMBER}, is_done=False),
        Says({"errcode": 0, "errmsg": "ok", "invaliduser": "", "unlicenseduser": MEMBER}, is_done=False),
        Refuses(81013),
        Refuses(60111),
    ],
    ids=["invaliduser", "unlicenseduser", "81013", "60111"],
)
async def test_a_member_out_of_reach_is_given_up(
    fault: tencent_server.Fault,
    answered: Answer,
    server: Tencent,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.INFO)
    async with up(Shelf(lambda _: long_answer(answered)), tmp_path, server) as office:
        server.fail(SEND, fault)
        await office.write(QUESTION)
        await office.settled()
        assert not office.under_way()
        assert office.n_parts() == {"unreachable": 1}, "the rest of the reply is given up with it"
        assert not server.messages
        await office.write("/help")
        await office.settled()
    assert f"{MEMBER} is out of reach" in caplog.text
    assert len(server.messages) == 1, "another message is another try"


async def test_a_message_that_is_no_good_holds_up_nothing(answered: Answer, server: Tencent, tmp_path: Path):
    async with up(Shelf(lambda _: long_answer(answered)), tmp_path, server) as office:
        server.fail(SEND, Refuses(40033))
        await office.write(QUESTION)
        await office.settled()
        assert not office.under_way()
        assert office.n_parts()["refused"] == 1
    assert len(server.messages) > 2


# --- parts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["markdown", "text"])
async def test_a_long_answer_is_messages_that_wecom_takes(
    format: str,  # noqa: A002 -- as the account calls it
    answered: Answer,
    server: Tencent,
    tmp_path: Path,
):
    """The server refuses what is over 2,048 bytes; each part explains the [1] it uses."""
    answer = long_answer(answered)
    async with up(Shelf(lambda _: answer), tmp_path, server, format=format) as office:
        await office.write(QUESTION)
        await office.settled()
        assert office.n_parts() == {"sent": len(server.messages)}
    texts = server.texts()
    assert len(texts) > 3
    assert all(0 < len(text.encode()) <= APP.max_length for text in texts)
    assert all("[1]" in text and "《搭平台" in text for text in texts)
    said = "".join(texts)
    assert said.count("累计投资金额") == 150
