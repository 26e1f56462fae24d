"""A WeChat account on a bad day: a disk that refuses, a stop, a row of another version, a late refusal."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sites import n_refused
from stand_ins import Shelf
from tencent_server import CUSTOM_SEND, Refuses, Stalls
from wechat_house import FASTER, Stalled, fast_clock, up, verified

from bot import desk, phrases
from bot.channels.wechat import chat, messages
from bot.channels.wechat.customer import Piece
from bot.guard import Allowed, Guard
from bot.state import State
from knowledge.errors import StorageError
from knowledge.schema import Answer

QUESTION = "科创投累计投资多少"
USER = "openid-1"


@pytest.fixture
def long(answered: Answer) -> Shelf:
    """An answer of several messages."""
    cited = answered.citations[0]
    quoting = replace(cited, quote=cited.quote * 40, end=cited.start + 40 * len(cited.quote))
    return Shelf(ask=lambda _: replace(answered, citations=(quoting,)))


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[..., asyncio.Event]:
    """Has one thing that the state does refused; what it returns is set when it has been."""

    def make(state: State, name: str, times: int = 1) -> asyncio.Event:
        real, left, has_been = getattr(state, name), [times], asyncio.Event()

        def refused(*args: object, **named: object) -> object:
            if left[0]:
                left[0] -= 1
                if not left[0]:
                    has_been.set()
                raise StorageError("full", item="state", code="storage")
            return real(*args, **named)

        monkeypatch.setattr(state, name, refused)
        return has_been

    return make


# -- a disk that refuses


async def test_a_reply_that_cannot_be_kept_is_apologised_for(
    shelf: Shelf, tmp_path: Path, refuse: Callable[..., asyncio.Event]
):
    """To say 继续 would be of no use: there is nothing to be fetched."""
    async with up(shelf, tmp_path) as house:
        refuse(house.state, "ready")
        shown = await house.platform.say(QUESTION)
        more = await house.platform.say("继续")
        again = await house.platform.say(QUESTION)
    assert shown.text == phrases.APOLOGY
    assert more.text == phrases.NO_MORE
    assert "23.26亿元" in (again.text or "")


async def test_a_reply_that_cannot_be_kept_yet_is_sent_a_minute_later(
    shelf: Shelf, tmp_path: Path, refuse: Callable[..., asyncio.Event]
):
    async with verified(shelf, tmp_path) as (house, server):
        refuse(house.state, "ready")
        shown = await house.platform.say(QUESTION)
        house.chat._deliveries.restore()
        texts = await server.until_sent(1)
    assert (shown.text, shown.is_fault) == (None, False)
    assert "23.26亿元" in texts[0]


async def test_a_ledger_that_cannot_be_opened_keeps_no_answer_back(
    shelf: Shelf, tmp_path: Path, refuse: Callable[..., asyncio.Event]
):
    async with verified(shelf, tmp_path) as (house, server):
        refuse(house.state, "open_window")
        shown = await house.platform.say(QUESTION)
        house.chat._deliveries.restore()
        await house.settled()
    assert "23.26亿元" in (shown.text or "")
    assert server.texts() == []


async def test_an_answer_given_in_the_call_is_not_sent_besides_though_that_could_not_be_noted(
    shelf: Shelf, tmp_path: Path, refuse: Callable[..., asyncio.Event]
):
    async with verified(shelf, tmp_path) as (house, server):
        has_been_refused = refuse(house.state, "sent")
        shown = await house.platform.say(QUESTION)
        await asyncio.wait_for(has_been_refused.wait(), 30)  # it is noted once the answer has gone
        house.chat._deliveries.restore()
        await house.settled()
        kept = house.state.under_way("wechat")
    assert "23.26亿元" in (shown.text or "")
    assert server.texts() == []
    assert kept == []


@pytest.mark.parametrize("times", [1, 2, 100])
async def test_every_piece_is_fetched_once_though_that_could_not_be_noted(
    long: Shelf, tmp_path: Path, refuse: Callable[..., asyncio.Event], times: int
):
    async with up(long, tmp_path) as house:
        refuse(house.state, "sent", times)
        texts = [(await house.platform.say(QUESTION)).text or ""]
        while "条，回复“继续”查看" in texts[-1]:
            texts.append((await house.platform.say("继续")).text or "")
    assert len(texts) > 3
    assert len(set(texts)) == len(texts)
    assert sum(text.count("实现科创板上市“蓉城军团”全覆盖。") for text in texts) == 40


# -- a stop, and a start


async def test_a_stop_lets_an_answer_that_is_nearly_there_be_given(
    slow: Shelf, stalled: Stalled, tmp_path: Path
):
    async with up(slow, tmp_path) as house:
        asking = asyncio.create_task(house.platform.say(QUESTION))
        await asyncio.sleep(1 / FASTER)
        stopping = asyncio.create_task(house.chat.stop())
        await asyncio.sleep(0)
        stalled.go()
        shown = await asking
        await stopping
    assert "23.26亿元" in (shown.text or "")


async def test_a_stop_begins_nothing_that_waits_for_its_turn(slow: Shelf, stalled: Stalled, tmp_path: Path):
    async with up(slow, tmp_path, max_running=1) as house:
        asking = []
        for user in ("one", "two"):
            asking.append(asyncio.create_task(house.platform.say(f"{QUESTION}{user}", user=user)))
            await asyncio.sleep(1 / FASTER)
        stopping = asyncio.create_task(house.chat.stop())
        await asyncio.sleep(0)
        stalled.go()
        one, two = await asyncio.gather(*asking)
        await stopping
        kept = [message.parts is None for message in house.state.under_way("wechat")]
    assert "23.26亿元" in (one.text or "")
    assert two.text == phrases.STILL_WORKING
    assert stalled.asked == [f"{QUESTION}one"]
    assert kept == [False, True]


@pytest.mark.parametrize("payload", ["{}", "", "[]", '{"key": "1", "colour": 2}'])
async def test_a_row_of_another_version_stops_nobody(long: Shelf, tmp_path: Path, payload: str):
    async with up(long, tmp_path) as house:
        house.state.take("wechat", "old", payload, at=fast_clock())
        house.state.ready("wechat", "old", ["part"])
    async with up(long, tmp_path) as house:
        first = await house.platform.say(QUESTION)
        second = await house.platform.say("继续")
    assert "条，回复“继续”查看" in (first.text or "")
    assert "条，回复“继续”查看" in (second.text or "")
    assert second.text != first.text


# -- what is let go of


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    """Seconds that a test may add to, while what is done every minute is done at once."""
    monkeypatch.setattr(chat, "RETRY_SECONDS", 0.02)
    return Clock()


class Clock:
    """Seconds since 1970."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return fast_clock() + self.ahead


async def test_what_was_given_whole_is_let_go_of_after_a_minute_and_the_rest_after_a_day(
    long: Shelf, tmp_path: Path, clock: Clock
):
    async with up(long, tmp_path, clock=clock) as house:
        await house.platform.say("帮助")
        await house.platform.say(QUESTION)
        kept = {0.0: len(house.state.under_way("wechat"))}
        for ahead in (100.0, 80_000.0, 90_000.0):
            clock.ahead = ahead
            await asyncio.sleep(0.2)
            kept[ahead] = len(house.state.under_way("wechat"))
    assert kept == {0.0: 2, 100.0: 1, 80_000.0: 1, 90_000.0: 0}


async def test_a_long_reply_that_is_brought_again_goes_on_with_its_second_piece(long: Shelf, tmp_path: Path):
    """The first answer was lost on the way, so it is given once more; that is one piece all the same."""
    async with up(long, tmp_path) as house:
        fields = house.platform.message(MsgType="text", Content=QUESTION)
        first, again = [await house.platform.bring(fields, calls=1) for _ in range(2)]
        texts = [first.text or ""]
        while "条，回复“继续”查看" in texts[-1]:
            texts.append((await house.platform.say("继续")).text or "")
    assert again.text == first.text
    assert sum(text.count("实现科创板上市“蓉城军团”全覆盖。") for text in texts) == 40


async def test_another_user_s_reply_is_not_fetched(long: Shelf, tmp_path: Path):
    async with up(long, tmp_path) as house:
        first = await house.platform.say(QUESTION, user="one")
        shown = await house.platform.say("继续", user="two")
    assert "条，回复“继续”查看" in (first.text or "")
    assert shown.text == phrases.NO_MORE


async def test_the_same_button_pressed_again_later_is_pressed_again(
    shelf: Shelf, tmp_path: Path, clock: Clock
):
    async with up(shelf, tmp_path, clock=clock) as house:
        shown = []
        for clock.ahead in (0.0, 5.0):
            click = house.platform.message(MsgType="event", Event="CLICK", EventKey="/new")
            shown.append((await house.platform.bring(click)).text)
        kept = [message.id for message in house.state.under_way("wechat")]
    assert shown == [phrases.NEW_TOPIC] * 2
    assert len(kept) == 2


async def test_whoever_is_turned_away_is_named_in_the_log_and_nothing_is_kept(
    shelf: Shelf, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO", logger="bot")
    guard = Guard(Allowed(frozenset({"wechat:friend"}), frozenset()), user_per_minute=9, address_per_minute=9)
    async with up(shelf, tmp_path, guard=guard) as house:
        await house.platform.say(QUESTION, user="stranger")
        kept = house.state.under_way("wechat")
        refused = n_refused(house.site)
    assert "turned away: wechat:stranger" in caplog.text
    assert kept == []
    assert refused == {("wechat", "foreign"): 1}


# -- how much a user takes


async def test_who_waits_for_a_turn_is_told_how_many_stand_before(
    slow: Shelf, stalled: Stalled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(desk, "WAITING_AFTER", 0.05)
    async with verified(slow, tmp_path, max_running=1) as (house, server):
        await house.platform.say(QUESTION, user="one")
        await house.platform.say(QUESTION, user="two")
        await server.until_sent(1)
        told = server.texts("two")
        stalled.go()
        await server.until_sent(3)
    assert told == [phrases.WAITING.format(n=1)]


@pytest.mark.parametrize(
    ("fields", "hours", "slots"),
    [
        ({"MsgType": "text", "Content": "帮助"}, 47.9, 5),
        ({"MsgType": "text", "Content": "帮助"}, 48.1, 0),
        ({"MsgType": "event", "Event": "subscribe", "EventKey": ""}, 0.016, 3),
        ({"MsgType": "event", "Event": "subscribe", "EventKey": ""}, 0.017, 0),
    ],
)
async def test_what_a_user_takes_ends_with_the_time_that_wechat_gives(
    shelf: Shelf, tmp_path: Path, fields: dict[str, str], hours: float, slots: int
):
    at = fast_clock()
    async with verified(shelf, tmp_path, clock=lambda: at) as (house, _):
        await house.platform.bring(house.platform.message(**fields))
        assert house.state.slots("wechat", USER, at=at + hours * 3_600) == slots


async def test_a_press_within_the_two_days_takes_nothing_from_them(shelf: Shelf, tmp_path: Path):
    """What is sent after it is of the three that the press opened, which end first."""
    at = fast_clock()
    async with verified(shelf, tmp_path, clock=lambda: at) as (house, _):
        await house.platform.say("帮助")
        click = house.platform.message(MsgType="event", Event="CLICK", EventKey="/help")
        await house.platform.bring(click)
        customers = house.chat._customers
        assert customers is not None
        for number in range(4):
            await customers.send(USER, Piece(str(number), 0))
        slots = [house.state.slots("wechat", USER, at=at + after) for after in (0, 61)]
    assert slots == [4, 4]


@pytest.mark.parametrize("code", [40003, 43004])
async def test_no_such_user_is_no_reason_to_try_again(
    slow: Shelf, stalled: Stalled, tmp_path: Path, code: int
):
    async with verified(slow, tmp_path) as (house, server):
        server.fail(CUSTOM_SEND, Refuses(code))
        await house.platform.say(QUESTION)
        stalled.go()
        await server.until(lambda: len(server.of(CUSTOM_SEND)) == 1)
        await house.settled()
        kept = house.state.under_way("wechat")
    assert kept == []


# -- what WeChat refuses


async def test_the_log_names_the_code_that_a_message_is_refused_with(
    slow: Shelf, stalled: Stalled, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """As of an account that is not verified though the settings say so."""
    async with verified(slow, tmp_path) as (house, server):
        server.fail(CUSTOM_SEND, Refuses(48001, "api unauthorized"))
        await house.platform.say(QUESTION)
        stalled.go()
        await server.until(lambda: len(server.of(CUSTOM_SEND)) == 1)
        await house.settled()
    assert "48001: api unauthorized" in caplog.text


async def test_a_refusal_that_comes_as_the_user_writes_closes_nothing(
    slow: Shelf, stalled: Stalled, tmp_path: Path
):
    async with verified(slow, tmp_path) as (house, server):
        written: list[str] = []

        def judge(call: object) -> Refuses | None:
            if getattr(call, "path", "") != CUSTOM_SEND or written:
                return None
            written.append("meanwhile")
            house.state.open_window("wechat", USER, "message", until=fast_clock() + 1e6, slots=5)
            return Refuses(45047)

        await house.platform.say(QUESTION)
        for _ in range(3):
            house.state.use_slot("wechat", USER, at=fast_clock())
        server.judge = judge
        stalled.go()
        await server.until(lambda: bool(written))
        await house.settled()
        slots = house.state.slots("wechat", USER, at=fast_clock())
        house.chat._deliveries.restore()
        texts = await server.until_sent(1)
    assert slots == 5
    assert "23.26亿元" in texts[0]


async def test_a_word_that_is_called_off_on_its_way_counts(slow: Shelf, stalled: Stalled, tmp_path: Path):
    """The turn has come while WeChat is told that it has not: the word may be there all the same."""
    async with verified(slow, tmp_path) as (house, server):
        customers = house.chat._customers
        assert customers is not None
        house.state.open_window("wechat", USER, "message", until=fast_clock() + 1e6, slots=5)
        server.fail(CUSTOM_SEND, Stalls())
        telling = asyncio.create_task(customers.mention(USER, "排队中"))
        await server.until(lambda: len(server.of(CUSTOM_SEND)) == 1)
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        slots = house.state.slots("wechat", USER, at=fast_clock())
        stalled.go()
    assert slots == 4


@pytest.mark.parametrize("key", ["a\nb", "a\u2028b", "a\x85b"])
def test_the_name_of_an_event_stands_on_one_line_of_the_log(key: str):
    fields = {"ToUserName": "gh", "FromUserName": USER, "CreateTime": "1", "MsgType": "event"}
    came = messages.read(fields | {"Event": "subscribe", "EventKey": key})
    assert came is not None
    assert came.key.isprintable()


async def test_what_a_call_got_is_noted_in_the_loop_before_the_next_is_read(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A note made in another thread would come too late for a 继续 that comes at once."""
    async with up(shelf, tmp_path) as house:
        threads: list[int] = []
        monkeypatch.setattr(house.state, "sent", lambda *_: threads.append(threading.get_ident()))
        await house.platform.say(QUESTION)
        await house.platform.say("继续")
    assert set(threads) == {threading.get_ident()}


def test_the_longest_piece_with_word_of_many_more_is_no_longer_than_wechat_takes():
    longest = Piece("x" * messages.CAPABILITIES.max_length, 9_999).telling_of_more
    assert len(longest.encode()) <= 2_047


@pytest.mark.parametrize("number", ["²", "１２", "-1", "1.0", "1e3", "9" * 21, ""])
async def test_what_is_no_number_of_a_message_is_refused(shelf: Shelf, tmp_path: Path, number: str):
    async with up(shelf, tmp_path) as house:
        fields = house.platform.message(MsgType="text", Content=QUESTION)
        answers = [await house.platform.send(fields | {name: number}) for name in ("MsgId", "CreateTime")]
    assert [(each.status_code, each.content) for each in answers] == [(400, b"")] * 2


@pytest.mark.parametrize(
    "over", [{"msg_signature": "0" * 40}, {"msg_signature": ""}, {"timestamp": "1"}, {"nonce": "2"}]
)
async def test_what_is_sealed_but_not_signed_learns_nothing(
    shelf: Shelf, tmp_path: Path, over: dict[str, str]
):
    """Whoever has seen a sealed message could bring it again for ever, were its signature not looked at."""
    async with up(shelf, tmp_path, sealed=True) as house:
        fields = house.platform.message(MsgType="text", Content=QUESTION)
        call = await house.platform.send(fields, **over)
        kept = house.state.under_way("wechat")
    assert (call.status_code, call.text, kept) == (403, "", [])


async def test_a_sealed_call_of_another_time_is_turned_away(shelf: Shelf, tmp_path: Path, clock: Clock):
    async with up(shelf, tmp_path, sealed=True, clock=clock) as house:
        fields = house.platform.message(MsgType="text", Content=QUESTION)
        house.platform.clock = lambda: clock() - 400
        late = await house.platform.send(fields)
        house.platform.clock = lambda: clock() - 200
        in_time = await house.platform.send(fields)
    assert (late.status_code, in_time.status_code) == (403, 200)
