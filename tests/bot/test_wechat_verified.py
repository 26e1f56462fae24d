"""A verified Official Account: `success` in time, the answer of our own accord, and the ledger of what a user takes."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import tencent_server
from stand_ins import Shelf
from tencent_server import (
    CUSTOM_SEND,
    MENU_CREATE,
    SECRET,
    STABLE_TOKEN,
    Cuts,
    Refuses,
    Stalls,
    Status,
)
from wechat_house import FASTER, Stalled, an_api, fast_clock, up, verified

from bot import phrases
from bot.channels.wechat import messages
from bot.channels.wechat.chat import Patience
from knowledge.errors import BackendError, SettingError, StorageError
from knowledge.schema import Answer, Article

QUESTION = "科创投累计投资多少"
USER = "openid-1"


async def test_a_quick_answer_is_given_in_the_call_and_costs_no_slot(shelf: Shelf, tmp_path: Path):
    async with verified(shelf, tmp_path) as (house, server):
        shown = await house.platform.say(QUESTION)
        slots = house.state.slots("wechat", USER, at=fast_clock())
    assert "23.26亿元" in (shown.text or "")
    assert server.of(CUSTOM_SEND) == []
    assert slots == 5


async def test_whatever_the_engine_does_success_comes_in_time_and_the_answer_after(
    slow: Shelf, stalled: Stalled, tmp_path: Path
):
    async with verified(slow, tmp_path) as (house, server):
        shown = await house.platform.say(QUESTION)
        assert server.texts() == []
        stalled.go()
        (answer,) = await server.until_sent(1)
        await house.settled()
        slots = house.state.slots("wechat", USER, at=fast_clock())
    assert [answer and answer[1] for answer in shown.answers] == ["success"]
    assert shown.seconds[0] * FASTER < 4.8
    assert "23.26亿元（截至2021年底）[1]" in answer
    assert server.messages[0]["touser"] == USER
    assert slots == 4


async def test_an_exception_after_the_call_is_apologised_for(tmp_path: Path, stalled: Stalled):
    def fail(question: str) -> Answer:
        stalled(question)
        raise RuntimeError(question)

    async with verified(Shelf(ask=fail), tmp_path) as (house, server):
        shown = await house.platform.say(QUESTION)
        stalled.go()
        texts = await server.until_sent(1)
    assert [answer and answer[1] for answer in shown.answers] == ["success"]
    assert texts == [phrases.APOLOGY]


async def test_five_messages_and_the_last_tells_of_the_rest(
    tmp_path: Path, answered: Answer, article: Article
):
    """A user takes five; the fifth says how to get on, and 继续 opens the account for five more."""
    cited = answered.citations[0]
    quote = cited.quote * 90
    long = replace(cited, quote=quote, end=cited.start + len(quote))
    shelf = Shelf(ask=lambda _: replace(answered, citations=(long,)), articles=[article])
    async with verified(shelf, tmp_path) as (house, server):
        shown = await house.platform.say(QUESTION)
        first = await server.until_sent(5)
        await house.settled()
        n_kept = len(house.state.under_way("wechat"))
        await house.platform.say("继续")
        await house.settled()
        texts = server.texts()
    assert shown.text is None
    assert len(first) == 5
    assert n_kept == 1
    assert first[4].rstrip().endswith("回复“继续”查看）")
    assert all("条，回复“继续”查看" not in text for text in first[:4])
    assert len(texts) > 5
    assert all("[1]" in text for text in texts)
    assert all(len(text.encode()) <= 2_047 for text in texts)


async def test_a_window_that_is_closed_keeps_the_answer_for_the_next_contact(
    slow: Shelf, stalled: Stalled, tmp_path: Path
):
    async with verified(slow, tmp_path) as (house, server):
        server.fail(CUSTOM_SEND, Refuses(45015))
        await house.platform.say(QUESTION)
        stalled.go()
        await server.until(lambda: len(server.of(CUSTOM_SEND)) == 1)
        await house.settled()
        assert house.state.slots("wechat", USER, at=fast_clock()) == 0
        shown = await house.platform.say("你好")
        texts = await server.until_sent(1)
    assert "23.26亿元" in texts[0]
    assert shown.text is not None


async def test_more_is_what_was_kept_and_nothing_else(slow: Shelf, stalled: Stalled, tmp_path: Path):
    async with verified(slow, tmp_path) as (house, server):
        server.fail(CUSTOM_SEND, Refuses(45047))
        await house.platform.say(QUESTION)
        stalled.go()
        await server.until(lambda: len(server.of(CUSTOM_SEND)) == 1)
        await house.settled()
        shown = await house.platform.say("继续")
        texts = await server.until_sent(1)
        await house.settled()
        remembered = len(house.chat._caught_up)
    assert (shown.text, shown.is_fault) == (None, False)
    assert len(texts) == 1
    assert remembered == 0


async def test_the_last_slot_is_kept_for_the_answer(slow: Shelf, stalled: Stalled, tmp_path: Path):
    async with verified(slow, tmp_path) as (house, server):
        customers = house.chat._customers
        assert customers is not None
        house.state.open_window("wechat", USER, "message", until=fast_clock() + 1e6, slots=2)
        await customers.mention(USER, "排队中")
        await customers.mention(USER, "排队中")
        slots = house.state.slots("wechat", USER, at=fast_clock())
        stalled.go()
    assert server.texts() == ["排队中"]
    assert slots == 1


async def test_a_press_of_the_menu_lets_us_send_for_a_minute(shelf: Shelf, tmp_path: Path):
    async with verified(shelf, tmp_path) as (house, _):
        await house.platform.bring(house.platform.message(MsgType="event", Event="CLICK", EventKey="/help"))
        now = fast_clock()
        slots = [house.state.slots("wechat", USER, at=now + after) for after in (0, 70)]
    assert slots == [3, 0]


async def test_a_token_that_ends_is_renewed_and_nothing_lost(slow: Shelf, stalled: Stalled, tmp_path: Path):
    stalled.go()
    async with verified(slow, tmp_path) as (house, server):
        server.expire()
        house.state.open_window("wechat", USER, "message", until=fast_clock() + 1e6, slots=5)
        customers = house.chat._customers
        assert customers is not None
        await asyncio.gather(*(customers.mention(USER, str(number)) for number in range(4)))
    assert sorted(server.texts()) == ["0", "1", "2", "3"]
    assert server.n_tokens == 2


@pytest.mark.parametrize("fault", [Refuses(-1), Status(502), Status(503)], ids=["busy", "502", "503"])
async def test_a_busy_platform_is_asked_again(slow: Shelf, stalled: Stalled, tmp_path: Path, fault):
    async with verified(slow, tmp_path) as (house, server):
        server.fail(CUSTOM_SEND, fault)
        await house.platform.say(QUESTION)
        stalled.go()
        texts = await server.until_sent(1)
    assert len(texts) == 1
    assert len(server.of(CUSTOM_SEND)) == 2


async def test_too_often_is_tried_again_later(slow: Shelf, stalled: Stalled, tmp_path: Path):
    async with verified(slow, tmp_path) as (house, server):
        server.fail(CUSTOM_SEND, Refuses(45009))
        await house.platform.say(QUESTION)
        stalled.go()
        await server.until(lambda: len(server.of(CUSTOM_SEND)) == 1)
        await house.settled()
        slots = house.state.slots("wechat", USER, at=fast_clock())
        house.chat._deliveries.restore()
        texts = await server.until_sent(1)
    assert slots == 5  # what failed has cost nothing
    assert len(texts) == 1


@pytest.mark.parametrize("fault", [Cuts(is_done=True), Cuts(is_done=False)], ids=["arrived", "lost"])
async def test_what_may_have_arrived_is_not_sent_again(
    slow: Shelf, stalled: Stalled, tmp_path: Path, fault: Cuts
):
    async with verified(slow, tmp_path) as (house, server):
        server.fail(CUSTOM_SEND, fault)
        await house.platform.say(QUESTION)
        stalled.go()
        await server.until(lambda: len(server.of(CUSTOM_SEND)) == 1)
        await house.settled()
        house.chat._deliveries.restore()
        await house.settled()
        under_way = house.state.under_way("wechat")
    assert len(server.of(CUSTOM_SEND)) == 1
    assert under_way == []


async def test_a_ledger_that_cannot_be_written_sends_nothing_twice(
    slow: Shelf, stalled: Stalled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object, **__: object) -> None:
        raise StorageError("full", item="state", code="storage")

    async with verified(slow, tmp_path) as (house, server):
        monkeypatch.setattr(house.state, "use_slot", refuse, raising=True)
        await house.platform.say(QUESTION)
        stalled.go()
        await server.until_sent(1)
        await house.settled()
        house.chat._deliveries.restore()
        await house.settled()
    assert len(server.texts()) == 1


async def test_who_follows_us_no_more_gets_nothing_more(slow: Shelf, stalled: Stalled, tmp_path: Path):
    async with verified(slow, tmp_path) as (house, server):
        server.gone.add(USER)
        await house.platform.say(QUESTION)
        stalled.go()
        await server.until(lambda: len(server.of(CUSTOM_SEND)) == 1)
        await house.settled()
        under_way = house.state.under_way("wechat")
    assert under_way == []


async def test_the_menu_is_offered(shelf: Shelf, tmp_path: Path):
    async with verified(shelf, tmp_path) as (_, server):
        assert [each["key"] for each in server.menu or ()] == [order for _, order in phrases.MENU]
    assert len(server.of(MENU_CREATE)) == 1


async def test_a_restart_sends_what_was_left(slow: Shelf, stalled: Stalled, shelf: Shelf, tmp_path: Path):
    async with verified(slow, tmp_path) as (house, server):
        server.judge = lambda call: Stalls(is_done=False) if call.path == CUSTOM_SEND else None
        await house.platform.say(QUESTION)
        left = [message.id for message in house.state.under_way("wechat")]
        stalled.go()  # its thread must end before the house can fall
    async with verified(shelf, tmp_path) as (house, server):
        texts = [] if not house.state.under_way("wechat") and not left else await server.until_sent(1)
    assert len(left) == 1
    assert len(texts) == 1


async def test_a_hundred_users_of_a_slow_engine_each_get_their_answer_once(answered: Answer, tmp_path: Path):
    stalled = Stalled(answered)
    async with verified(Shelf(ask=stalled), tmp_path) as (house, server):
        house.platform.seconds *= 40  # it is about what is lost or doubled, not about haste
        asking = [
            asyncio.create_task(house.platform.say(f"{QUESTION}{number}", user=f"user-{number}"))
            for number in range(100)
        ]
        shown = await asyncio.gather(*asking)
        stalled.go()
        await server.until_sent(100)
        await house.settled()
    assert [(each.text, each.is_fault) for each in shown] == [(None, False)] * 100
    assert sorted(each["touser"] for each in server.messages) == sorted(f"user-{n}" for n in range(100))
    assert server.n_tokens == 1


async def test_two_calls_under_way_at_once_get_one_answer(slow: Shelf, stalled: Stalled, tmp_path: Path):
    """The second call comes before we have let go of the first, and finds the answer that the first can't wait for."""
    async with verified(slow, tmp_path) as (house, server):
        fields = house.platform.message(MsgType="text", Content=QUESTION)
        first = asyncio.create_task(house.platform.send(fields))
        await asyncio.sleep(0.3)
        second = asyncio.create_task(house.platform.send(fields))
        assert (await first).text == "success"
        stalled.go()
        assert (await second).text == "success"
        await house.settled()
    assert len(server.texts()) == 1


async def test_what_a_call_has_got_is_not_sent_besides(slow: Shelf, stalled: Stalled, tmp_path: Path):
    """The answer comes as the one call gives up on it and the other, which came later, does not."""
    async with verified(slow, tmp_path) as (house, server):
        came = messages.read(house.platform.message(MsgType="text", Content=QUESTION))
        assert came is not None
        house.chat._patience = Patience(0.2, 0.3)
        first = asyncio.create_task(house.chat.bring(came, asyncio.Event().wait))
        await asyncio.sleep(0.1)
        stalled.go()
        second = await house.chat.bring(came, asyncio.Event().wait)
        said = {await first, second}
        assert house.chat._sent_after(came) == ""
        await house.settled()
    assert len(said) == 1
    assert server.texts() == []


async def test_what_is_answered_while_we_still_start_is_not_sent_again(
    slow: Shelf, stalled: Stalled, tmp_path: Path
):
    """We listen before WeChat has let us in: a call that comes meanwhile is not what an earlier run left over."""
    async with verified(slow, tmp_path) as (house, server):
        asking = asyncio.create_task(house.platform.say(QUESTION))
        await asyncio.sleep(0.05)
        await house.chat.start()
        stalled.go()
        shown = await asking
        await house.settled()
    assert "23.26亿元" in (shown.text or "")
    assert server.texts() == []


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (40013, "invalid appid", ("wechat_refused", "WENSHU_WECHAT_APP_ID")),
        (40125, "invalid appsecret", ("wechat_refused", "WENSHU_WECHAT_APP_SECRET")),
    ],
)
async def test_an_account_that_is_refused_is_said_with_its_setting(
    shelf: Shelf, tmp_path: Path, code: int, said: str, expected: tuple[str, str]
):
    async with tencent_server.serving() as server:
        server.fail(STABLE_TOKEN, Refuses(code, said))
        with pytest.raises(SettingError) as caught:
            async with up(shelf, tmp_path, api=an_api(server)):
                pass
    assert (caught.value.code, caught.value.item) == expected
    assert SECRET not in str(caught.value)


async def test_an_address_that_is_not_let_in_is_said_and_may_be_let_in_later(shelf: Shelf, tmp_path: Path):
    async with tencent_server.serving() as server:
        server.fail(
            STABLE_TOKEN, Refuses(40164, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist")
        )
        with pytest.raises(BackendError) as caught:
            async with up(shelf, tmp_path, api=an_api(server)):
                pass
    assert (caught.value.code, caught.value.item) == ("wechat_address", "203.0.113.7")


async def test_a_platform_that_is_not_there_is_an_error_that_may_pass(shelf: Shelf, tmp_path: Path):
    async with tencent_server.serving() as server:
        api = an_api(server)
    with pytest.raises(BackendError) as caught:
        async with up(shelf, tmp_path, api=api):
            pass
    assert caught.value.code == "wechat_unreachable"
