"""An app of WeCom: what members write is answered once and in order, whatever happens to us in between."""

import asyncio
import logging
from pathlib import Path

import pytest
from sites import n_kept, n_refused
from stand_ins import Shelf
from tencent_server import SECRET, SEND, Cuts, Refuses, Status, Tencent
from wechat_platform import AES_KEY, TOKEN
from wecom_office import AGENT_ID, MEMBER, Echo, Held, Time, event, long_answer, message, up

from bot import logs, phrases
from bot.channels import deliveries
from bot.guard import Allowed, Guard
from bot.rates import Rates
from bot.state import State
from knowledge.errors import StorageError
from knowledge.schema import Answer

QUESTION = "科创投累计投资多少"


# --- answers ----------------------------------------------------------------------------------------------


async def test_a_question_is_answered_with_the_sentence(shelf: Shelf, server: Tencent, tmp_path: Path):
    async with up(shelf, tmp_path, server) as office:
        got = await office.write(QUESTION)
        await office.settled()
        assert (got.status, got.body) == (200, b"")
        assert not office.under_way()
        assert office.n_parts() == {"sent": 1}
    (sent,) = server.messages
    assert {name: sent[name] for name in sent if name != "markdown"} == {
        "touser": MEMBER,
        "msgtype": "markdown",
        "agentid": AGENT_ID,
        "enable_duplicate_check": 0,
    }
    (content,) = server.texts()
    assert content.startswith("**23.26亿元**（截至2021年底）[1]\n")
    assert "[1][《搭平台" in content
    assert "\n> 截至2021年底，“科创投”累计投资金额**23.26亿元**，" in content
    assert content.endswith("回复 1 看原文；也可回复：上下文、有用、有误")


async def test_as_text_there_is_no_markup(shelf: Shelf, server: Tencent, tmp_path: Path):
    async with up(shelf, tmp_path, server, format="text") as office:
        await office.write(QUESTION)
        await office.settled()
    (sent,) = server.messages
    assert sent["msgtype"] == "text"
    assert "markdown" not in sent
    assert "累计投资金额【23.26亿元】，" in sent["text"]["content"]
    assert "**" not in sent["text"]["content"]


async def test_a_number_shows_where_the_answer_stands(shelf: Shelf, server: Tencent, tmp_path: Path):
    async with up(shelf, tmp_path, server) as office:
        for said in (QUESTION, "1", "有用"):
            await office.write(said)
        await office.settled()
    assert "“科创贷”累计放款总额超157.38亿元" in server.texts()[1]
    assert server.texts()[2] == phrases.THANKS


async def test_the_call_is_answered_before_the_question(held: Held, server: Tencent, tmp_path: Path):
    async with up(Shelf(held), tmp_path, server) as office:
        got = await asyncio.wait_for(office.write(QUESTION), 60)
        assert (got.status, got.body) == (200, b"")
        assert len(office.under_way()) == 1, "it is written down"
        assert not server.messages
        held.free.set()
        await office.settled()
    assert len(server.messages) == 1


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("image", phrases.NOT_WORDS["image"]),
        ("voice", phrases.NOT_WORDS["voice"]),
        ("video", phrases.NOT_WORDS["video"]),
        ("shortvideo", phrases.NOT_WORDS["video"]),
        ("location", phrases.NOT_WORDS["location"]),
        ("link", phrases.NOT_WORDS["link"]),
        ("miniprogram", phrases.ONLY_WORDS),
    ],
)
async def test_what_has_no_words_gets_a_word(kind: str, said: str, server: Tencent, tmp_path: Path):
    async with up(Shelf(), tmp_path, server) as office:
        await office.bring(message(MsgType=kind, PicUrl="http://a.b/c", MediaId="m"))
        await office.settled()
    assert server.texts() == [said]


async def test_events_that_ask_for_something_are_answered(server: Tencent, tmp_path: Path):
    async with up(Shelf(), tmp_path, server) as office:
        await office.bring(event("subscribe", EventKey=""))
        await office.bring(event("click", EventKey="/help"))
        await office.bring(event("click", EventKey="/new"))
        await office.settled()
    first, second, third = server.texts()
    assert first.startswith(phrases.START)
    assert "我只回答文章里写明的数字" in second
    assert third == phrases.NEW_TOPIC


@pytest.mark.parametrize(
    "fields",
    [
        event("enter_agent", EventKey=""),
        event("view", EventKey="http://a.b"),
        event("LOCATION", Latitude="1", Longitude="2"),
        event("unsubscribe"),
        event("click", EventKey="V1001"),
        event("click", EventKey="科创投累计投资多少"),
        event("batch_job_result"),
    ],
    ids=lambda fields: fields["Event"],
)
async def test_other_events_get_nothing(fields: dict[str, str], server: Tencent, tmp_path: Path):
    async with up(Shelf(), tmp_path, server) as office:
        got = await office.bring(fields)
        assert (got.status, got.body) == (200, b"")
        assert n_kept(office.site)["messages"] == 0, "it is not even written down"
        await office.settled()
    assert not server.messages


# --- once -------------------------------------------------------------------------------------------------


async def test_a_message_wecom_brings_three_times_is_answered_once(
    echo: Echo, echoing: Shelf, server: Tencent, tmp_path: Path
):
    fields = message(MsgType="text", Content=QUESTION)
    async with up(echoing, tmp_path, server) as office:
        got = await asyncio.gather(*(office.bring(fields) for _ in range(3)))
        await office.settled()
        got.append(await office.bring(fields))
        await office.settled()
    assert [(each.status, each.body) for each in got] == [(200, b"")] * 4
    assert echo.asked == [QUESTION]
    assert len(server.messages) == 1


async def test_wecom_s_events_are_deduped(server: Tencent, tmp_path: Path):
    """An event has no number; who did what, and when, is its name."""
    first = event("click", EventKey="/help", CreateTime="1700000000")
    others = [
        event("click", EventKey="/help", CreateTime="1700000001"),
        event("click", EventKey="/new", CreateTime="1700000000"),
        event("click", "lisi", EventKey="/help", CreateTime="1700000000"),
        event("subscribe", CreateTime="1700000000"),
    ]
    async with up(Shelf(), tmp_path, server) as office:
        for fields in (first, first, first, *others, *others):
            assert (await office.bring(fields)).status == 200
        await office.settled()
    assert len(server.messages) == 1 + len(others)


async def test_what_wecom_brings_again_is_known_after_a_restart(
    echo: Echo, echoing: Shelf, server: Tencent, tmp_path: Path
):
    fields, pressed = message(MsgType="text", Content=QUESTION), event("subscribe")
    for _ in range(3):
        async with up(echoing, tmp_path, server) as office:
            await office.bring(fields)
            await office.bring(pressed)
            await office.settled()
    assert echo.asked == [QUESTION]
    assert len(server.messages) == 2


async def test_killed_before_the_answer_it_is_answered_after_the_restart(
    held: Held, shelf: Shelf, server: Tencent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deliveries, "STOP_SECONDS", 0.0)
    fields = message(MsgType="text", Content=QUESTION)
    async with up(Shelf(held), tmp_path, server) as office:
        await office.bring(fields)
        assert await asyncio.to_thread(held.reached.wait, 60)
        stopping = asyncio.create_task(office.chat.stop())
        await asyncio.sleep(0)
        held.free.set()
        await stopping
    assert not server.messages
    async with up(shelf, tmp_path, server) as office:
        await office.bring(fields)
        await office.settled()
        assert not office.under_way()
    assert len(server.messages) == 1


async def test_killed_between_two_parts_the_rest_is_sent_after_the_restart(
    answered: Answer, server: Tencent, tmp_path: Path
):
    answer = long_answer(answered)
    async with up(Shelf(lambda _: answer), tmp_path / "whole", server) as office:
        await office.write(QUESTION)
        await office.settled()
    whole = server.texts()
    server.messages.clear()
    server.judge = lambda call: Refuses(45009) if call.path == SEND and len(server.messages) == 2 else None
    async with up(Shelf(lambda _: answer), tmp_path / "cut", server) as office:
        await office.write(QUESTION)
        await office.settled()
        assert len(server.messages) == 2
    server.judge = None
    async with up(Shelf(), tmp_path / "cut", server) as office:
        await office.settled()
        assert not office.under_way()
    assert server.texts() == whole
    assert len(whole) > 3


async def test_a_disk_that_refuses_lets_wecom_bring_it_again(
    shelf: Shelf, server: Tencent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object, **__: object) -> bool:
        raise StorageError("disk full", item="state")

    fields = message(MsgType="text", Content=QUESTION)
    async with up(shelf, tmp_path, server) as office:
        with monkeypatch.context() as patched:
            patched.setattr(State, "take", full)
            refused = await office.bring(fields)
        again = await office.bring(fields)
        await office.settled()
    assert (refused.status, refused.body, again.status) == (503, b"", 200)
    assert int(refused.headers["retry-after"]) > 0
    assert len(server.messages) == 1


async def test_what_comes_while_we_stop_is_kept(shelf: Shelf, server: Tencent, tmp_path: Path):
    async with up(shelf, tmp_path, server) as office:
        await office.chat.stop()
        assert (await office.write(QUESTION)).status == 200
        assert not office.chat._deliveries._tasks, "nothing is begun"
        assert len(office.under_way()) == 1
    assert not server.messages
    async with up(shelf, tmp_path, server) as office:
        await office.settled()
    assert len(server.messages) == 1


async def test_a_hundred_members_at_once_each_get_their_answer_once(
    echo: Echo, echoing: Shelf, server: Tencent, tmp_path: Path
):
    said = {f"user-{n}": f"{QUESTION}{n}" for n in range(100)}
    brought = [message(user, MsgType="text", Content=text) for user, text in said.items()] * 3
    async with up(echoing, tmp_path, server) as office:
        got = await asyncio.gather(*(office.bring(fields) for fields in brought))
        await office.settled()
        assert not office.under_way()
    assert {each.status for each in got} == {200}
    for user, text in said.items():
        (shown,) = server.texts(user)
        assert shown.startswith(f"**答{text}**\n")
    assert len(server.messages) == 100
    assert sorted(echo.asked) == sorted(said.values())
    assert server.n_tokens == 1


async def test_what_one_member_writes_is_answered_in_order(
    echo: Echo, echoing: Shelf, server: Tencent, tmp_path: Path
):
    said = [f"{QUESTION}{n}" for n in range(20)]
    async with up(echoing, tmp_path, server) as office:
        for text in said:
            await office.write(text)
        await office.settled()
    assert echo.asked == said
    assert [text in shown for text, shown in zip(said, server.texts(), strict=True)] == [True] * 20


# --- what goes wrong with us ------------------------------------------------------------------------------


async def test_an_exception_gives_wecom_200_and_the_member_an_apology(
    server: Tencent, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    def ask(question: str) -> Answer:
        raise RuntimeError(question)

    async with up(Shelf(ask), tmp_path, server) as office:
        got = await office.write(QUESTION)
        await office.settled()
        assert (got.status, got.body) == (200, b"")
        assert not office.under_way()
    assert server.texts() == [phrases.APOLOGY]
    assert "RuntimeError" in caplog.text
    assert QUESTION not in caplog.text


async def test_what_fails_before_the_service_is_asked_ends_in_an_apology_too(
    shelf: Shelf, server: Tencent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def admit(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Guard, "admit", admit)
    async with up(shelf, tmp_path, server) as office:
        await office.write(QUESTION)
        await office.settled()
        assert not office.under_way()
    assert server.texts() == [phrases.APOLOGY]


async def test_no_word_and_no_secret_is_logged(answered: Answer, server: Tencent, tmp_path: Path):
    answers = [answered]

    def ask(question: str) -> Answer:
        if not answers:
            raise RuntimeError(question)
        return answers.pop()

    logs.start(tmp_path, "DEBUG")
    faults = [Refuses(40014), Refuses(-1), Status(502), Refuses(45009), Cuts(is_done=False)]
    async with up(Shelf(ask), tmp_path, server) as office:
        server.fail(SEND, *faults)
        await office.write(QUESTION)
        await office.settled()
        office.chat._deliveries.restore()
        await office.settled()
        server.gone.add(MEMBER)
        await office.write("科创贷放款多少")
        await office.bring(message(MsgType="text", Content="秘密", MsgId="x"))
        await office.call("x" * 40)
        await office.settled()
    log = (tmp_path / "wenshu.log").read_text(encoding="utf-8")
    assert "45009" in log
    assert "out of reach" in log
    for secret in (SECRET, TOKEN, AES_KEY, "access-token", QUESTION, "科创贷", "秘密", "23.26"):
        assert secret not in log, secret


# --- who may write ----------------------------------------------------------------------------------------


async def test_a_member_who_is_not_on_the_list_gets_nothing(
    shelf: Shelf, server: Tencent, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    allowed = Allowed(frozenset({"wecom:lisi"}), frozenset())
    guard = Guard(allowed, user_per_minute=100, address_per_minute=100)
    async with up(shelf, tmp_path, server, guard=guard) as office:
        got = await office.write(QUESTION)
        await office.write(QUESTION, "lisi")
        await office.settled()
        assert (got.status, got.body) == (200, b"")
        assert n_refused(office.site)["wecom", "foreign"] == 1
    assert [sent["touser"] for sent in server.messages] == ["lisi"]
    assert f"turned away: wecom:{MEMBER}" in caplog.text


async def test_who_writes_too_fast_is_told_once(echo: Echo, echoing: Shelf, server: Tencent, tmp_path: Path):
    time = Time()
    guard = Guard(
        Allowed(frozenset(), frozenset()), user_per_minute=2, address_per_minute=100, rates=Rates(time)
    )
    async with up(echoing, tmp_path, server, guard=guard) as office:
        for n in range(5):
            await office.write(f"{QUESTION}{n}")
        await office.settled()
        assert n_refused(office.site)["wecom", "still_too_fast"] == 2
    assert len(echo.asked) == 2
    assert server.texts()[2:] == [phrases.TOO_FAST.format(seconds=60)]


async def test_what_gathered_while_we_were_away_is_no_rush(
    echo: Echo, echoing: Shelf, server: Tencent, tmp_path: Path
):
    guard = Guard(Allowed(frozenset(), frozenset()), user_per_minute=1, address_per_minute=100)
    async with up(echoing, tmp_path, server, guard=guard) as office:
        for n in range(3):
            await office.write(f"{QUESTION}{n}", CreateTime="1700000000")
        await office.settled()
    assert len(echo.asked) == 3
