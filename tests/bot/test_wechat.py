"""An unverified Official Account: what is said within the calls that bring a message, and what 继续 fetches."""

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sites import n_refused
from stand_ins import ANYONE, Shelf
from wechat_house import FASTER, House, Stalled, fast_clock, up
from wechat_platform import Shown
from wechat_process import fetched

from bot import phrases
from bot.channels.wechat import messages
from bot.channels.wechat.chat import Patience
from bot.guard import Allowed, Guard
from knowledge.schema import Answer, Article

QUESTION = "科创投累计投资多少"


def in_time(shown: Shown) -> bool:
    """Whether every answer came within 4.5 s of WeChat's time."""
    return all(
        seconds * FASTER < 4.8 or answer is None
        for answer, seconds in zip(shown.answers, shown.seconds, strict=True)
    )


# -- the three modes


@pytest.mark.parametrize(
    "mode", [{}, {"sealed": True}, {"compatible": True}], ids=["plain", "sealed", "compatible"]
)
async def test_a_question_is_answered_in_the_call_with_its_sentence(shelf: Shelf, tmp_path: Path, mode: dict):
    async with up(shelf, tmp_path, **mode) as house:
        assert (await house.platform.verify("echo+ /=")).text == "echo+ /="
        shown = await house.platform.say(QUESTION)
    assert shown.text is not None
    assert "23.26亿元（截至2021年底）[1]" in shown.text
    assert "【23.26亿元】" in shown.text
    assert "[1]《搭平台促转化 成都给科技成果“做媒”有实招》 科技日报 2022-02-21" in shown.text
    assert shown.text.endswith("回复 1 看原文；也可回复：上下文、有用、有误")
    assert len(shown.answers) == 1


async def test_1_opens_the_article_and_wrong_is_noted(shelf: Shelf, tmp_path: Path):
    async with up(shelf, tmp_path) as house:
        await house.platform.say(QUESTION)
        opened = await house.platform.say("1")
        await house.platform.say("有误：应为23.62亿元")
        said = [each.said for each in house.state.feedback()]
    assert "蓉城军团" in (opened.text or "")
    assert said == ["应为23.62亿元"]


async def test_with_a_key_what_comes_in_plain_is_turned_away(shelf: Shelf, tmp_path: Path):
    async with up(shelf, tmp_path, sealed=True) as house:
        house.platform.is_sealed = False
        response = await house.platform.send(house.platform.message(MsgType="text", Content=QUESTION))
        refused = n_refused(house.site)
    assert (response.status_code, response.text) == (403, "")
    assert refused == {("wechat", "unsealed"): 1}


# -- events and what has no words


async def test_who_follows_is_greeted(shelf: Shelf, tmp_path: Path):
    async with up(shelf, tmp_path) as house:
        shown = await house.platform.bring(
            house.platform.message(MsgType="event", Event="subscribe", EventKey="")
        )
    assert shown.text is not None
    assert shown.text.startswith(phrases.START)
    assert "文件" not in shown.text  # WeChat brings none
    assert "群里" not in shown.text


async def test_the_menu_gives_commands_and_other_events_get_no_answer(shelf: Shelf, tmp_path: Path):
    async with up(shelf, tmp_path) as house:
        event = house.platform.message(MsgType="event", Event="CLICK", EventKey="/sources")
        pressed = await house.platform.bring(event)
        others = [
            await house.platform.bring(house.platform.message(MsgType="event", Event=name, EventKey="x"))
            for name in ("unsubscribe", "VIEW", "LOCATION", "CLICK", "TEMPLATESENDJOBFINISH")
        ]
    assert pressed.text == phrases.NO_LAST_ANSWER
    assert [(each.text, each.is_fault, len(each.answers)) for each in others] == [(None, False, 1)] * 5


@pytest.mark.parametrize("kind", ["image", "voice", "video", "shortvideo", "location", "link", "sticker"])
async def test_what_has_no_words_gets_a_polite_word(shelf: Shelf, tmp_path: Path, kind: str):
    async with up(shelf, tmp_path) as house:
        shown = await house.platform.bring(house.platform.message(MsgType=kind, MediaId="m"))
    expected = phrases.NOT_WORDS.get("video" if kind == "shortvideo" else kind, phrases.ONLY_WORDS)
    assert shown.text == expected


async def test_voice_that_wechat_has_heard_is_asked(shelf: Shelf, tmp_path: Path):
    async with up(shelf, tmp_path) as house:
        fields = house.platform.message(MsgType="voice", MediaId="m", Recognition=QUESTION)
        assert "23.26亿元" in ((await house.platform.bring(fields)).text or "")


# -- the same message again


async def test_a_message_brought_three_times_at_once_runs_once(slow: Shelf, stalled: Stalled, tmp_path: Path):
    async with up(slow, tmp_path) as house:
        fields = house.platform.message(MsgType="text", Content=QUESTION)
        calls = [asyncio.create_task(house.platform.send(fields)) for _ in range(3)]
        await asyncio.sleep(0.1)
        stalled.go()
        texts = {house.platform.text_of((await call).text) for call in calls}
    assert len(texts) == 1
    assert "23.26亿元" in (texts.pop() or "")
    assert stalled.asked == [QUESTION]


async def test_an_answer_that_did_not_arrive_is_given_again(shelf: Shelf, tmp_path: Path):
    """WeChat brings a message again although we answered: the answer was lost on the way."""
    async with up(shelf, tmp_path) as house:
        fields = house.platform.message(MsgType="text", Content=QUESTION)
        first, second = [await house.platform.call(fields) for _ in range(2)]
        kept = house.state.n_answers
    assert first is not None
    assert second is not None
    assert house.platform.text_of(first[1]) == house.platform.text_of(second[1])
    assert kept == 1


async def test_an_event_that_comes_again_is_the_same_one(shelf: Shelf, tmp_path: Path):
    """Events have no number; who did what when is one."""
    async with up(shelf, tmp_path) as house:
        click = house.platform.message(MsgType="event", Event="CLICK", EventKey="/help")
        await house.platform.call(click)
        await house.platform.call(click)
        await house.platform.call(click | {"EventKey": "/new"})
        kept = house.state.under_way("wechat")
    assert len(kept) == 2


async def test_the_very_same_call_again_is_somebody_else_s(shelf: Shelf, tmp_path: Path):
    async with up(shelf, tmp_path) as house:
        fields = house.platform.message(MsgType="text", Content=QUESTION)
        over = {"nonce": "17", "timestamp": str(int(fast_clock()))}
        over["signature"] = _signature(over)
        first, replay = [await house.platform.send(fields, **over) for _ in range(2)]
        redelivery = await house.platform.send(fields)
        refused = n_refused(house.site)
    assert (first.status_code, replay.status_code, redelivery.status_code) == (200, 403, 200)
    assert house.platform.text_of(first.text) == house.platform.text_of(redelivery.text)
    assert replay.text == ""
    assert refused == {("wechat", "replayed"): 1}


@pytest.mark.parametrize(
    "over", [{"signature": "0" * 40}, {"signature": ""}, {"timestamp": "1"}, {"nonce": "2"}]
)
async def test_what_is_not_signed_learns_nothing(shelf: Shelf, tmp_path: Path, over: dict[str, str]):
    async with up(shelf, tmp_path) as house:
        fields = house.platform.message(MsgType="text", Content=QUESTION)
        call, verify = await house.platform.send(fields, **over), await house.platform.verify(**over)
    assert (call.status_code, call.text, verify.status_code, verify.text) == (403, "", 403, "")


async def test_a_call_of_another_time_is_turned_away(shelf: Shelf, tmp_path: Path):
    async with up(shelf, tmp_path) as house:
        for away, status in ((-400, 403), (400, 403), (-200, 200), (200, 200)):
            over = {"nonce": str(away), "timestamp": str(int(fast_clock()) + away)}
            over["signature"] = _signature(over)
            fields = house.platform.message(MsgType="text", Content=QUESTION)
            assert (await house.platform.send(fields, **over)).status_code == status, away


# -- an engine that takes long


async def test_a_stalled_engine_is_answered_by_the_third_call_and_fetched_with_more(
    slow: Shelf, stalled: Stalled, tmp_path: Path
):
    """The first two calls are held until WeChat lets go; the third says how to fetch the answer; 继续 does."""
    async with up(slow, tmp_path) as house:
        shown = await house.platform.say(QUESTION)
        stalled.go()
        fetched = await house.platform.say("继续")
        again = await house.platform.say("继续")
    assert [answer is None for answer in shown.answers] == [True, True, False]
    assert in_time(shown)
    assert shown.text == phrases.STILL_WORKING
    assert "23.26亿元" in (fetched.text or "")
    assert again.text == phrases.NO_MORE
    assert stalled.asked == [QUESTION]


async def test_an_answer_that_comes_between_the_calls_is_given_in_the_next(
    slow: Shelf, stalled: Stalled, tmp_path: Path
):
    async with up(slow, tmp_path) as house:
        asking = asyncio.create_task(house.platform.say(QUESTION))
        await asyncio.sleep(7 / FASTER)
        stalled.go()
        shown = await asking
    assert [answer is None for answer in shown.answers] == [True, False]
    assert "23.26亿元" in (shown.text or "")


async def test_more_waits_for_what_is_still_worked_on(slow: Shelf, stalled: Stalled, tmp_path: Path):
    async with up(slow, tmp_path) as house:
        await house.platform.say(QUESTION)
        fetching = asyncio.create_task(house.platform.say("继续"))
        await asyncio.sleep(7 / FASTER)
        stalled.go()
        fetched = await fetching
    assert "23.26亿元" in (fetched.text or "")
    assert len(fetched.answers) == 2


async def test_an_answer_that_comes_as_the_user_is_told_to_wait_is_not_taken_for_given(
    slow: Shelf, stalled: Stalled, tmp_path: Path
):
    async with up(slow, tmp_path) as house:
        came = messages.read(house.platform.message(MsgType="text", Content=QUESTION))
        assert came is not None
        house.chat._patience = Patience(0.05, 0.1)
        assert await house.chat.bring(came, asyncio.Event().wait) == phrases.STILL_WORKING
        stalled.go()
        await house.settled()
        await house.chat.left(came)
        fetched_ = await house.platform.say("继续")
    assert "23.26亿元" in (fetched_.text or "")


async def test_more_that_comes_too_late_itself_is_fetched_by_the_next(
    slow: Shelf, stalled: Stalled, tmp_path: Path
):
    async with up(slow, tmp_path) as house:
        said = [await house.platform.say(QUESTION), await house.platform.say("继续")]
        stalled.go()
        fetched = await house.platform.say("继续")
        again = await house.platform.say("继续")
    assert [each.text for each in said] == [phrases.STILL_WORKING] * 2
    assert "23.26亿元" in (fetched.text or "")
    assert again.text == phrases.NO_MORE


async def test_a_restart_between_the_calls_loses_nothing(
    slow: Shelf, stalled: Stalled, shelf: Shelf, tmp_path: Path
):
    async with up(slow, tmp_path) as house:
        fields = house.platform.message(MsgType="text", Content=QUESTION)
        assert await house.platform.call(fields) is None
        house.die()
        stalled.go()  # its thread must end; what it brings is of no use any more
    async with up(shelf, tmp_path) as house:
        shown = await house.platform.bring(fields, calls=1)
    assert "23.26亿元" in (shown.text or "")


async def test_the_third_call_is_known_after_a_restart_that_missed_the_second(
    slow: Shelf, stalled: Stalled, tmp_path: Path
):
    async with up(slow, tmp_path) as house:
        fields = house.platform.message(MsgType="text", Content=QUESTION)
        assert await house.platform.call(fields) is None
        house.die()
        stalled.go()
    again = Stalled(stalled(QUESTION))
    await asyncio.sleep(5 / FASTER)
    async with up(Shelf(ask=again), tmp_path) as house:
        house.platform.seconds *= 4
        shown = await house.platform.bring(fields, calls=1)
        again.go()
        fetched = await house.platform.say("继续")
    assert shown.text == phrases.STILL_WORKING
    assert "23.26亿元" in (fetched.text or "")


async def test_an_error_ends_in_an_apology(tmp_path: Path):
    def fail(question: str) -> Answer:
        raise RuntimeError(question)

    async with up(Shelf(ask=fail), tmp_path) as house:
        shown = await house.platform.say(QUESTION)
    assert (shown.text, shown.is_fault) == (phrases.APOLOGY, False)


async def test_what_cannot_be_written_down_ends_in_an_apology(shelf: Shelf, tmp_path: Path):
    async with up(shelf, tmp_path) as house:
        house.state.close()
        shown = await house.platform.say(QUESTION)
    assert (shown.text, shown.is_fault) == (phrases.APOLOGY, False)


# -- long replies


async def test_a_long_reply_is_fetched_piece_by_piece(answered: Answer, article: Article, tmp_path: Path):
    long = replace(article, text=article.text * 60)
    async with up(Shelf(ask=lambda _: answered, articles=[long]), tmp_path) as house:
        await house.platform.say(QUESTION)
        first = await house.platform.say("原文 1")
        pieces = [first.text or ""]
        while "回复“继续”查看" in pieces[-1]:
            pieces.append((await house.platform.say("继续")).text or "")
    assert len(pieces) > 1
    assert all(len(piece.encode()) <= 2_047 for piece in pieces)
    assert all(piece.count("（还有") <= 2 for piece in pieces)


async def test_more_said_twice_at_once_fetches_two_pieces(answered: Answer, tmp_path: Path):
    cited = answered.citations[0]
    long = replace(cited, quote=cited.quote * 40, end=cited.start + 40 * len(cited.quote))
    shelf = Shelf(ask=lambda _: replace(answered, citations=(long,)))
    async with up(shelf, tmp_path) as house:
        first = await house.platform.say(QUESTION)
        shown = await asyncio.gather(*(house.platform.say("继续") for _ in range(2)))
        rest = []
        while "回复“继续”查看" in (rest or shown)[-1].text[-20:] or not rest:
            rest.append(await house.platform.say("继续"))
    texts = [each.text or "" for each in (first, *shown, *rest)]
    assert sum(text.count("实现科创板上市“蓉城军团”全覆盖。") for text in texts) == 40
    assert texts[-1] == phrases.NO_MORE or "回复“继续”" not in texts[-1][-20:]


async def test_more_of_two_replies_gives_the_newer_first(answered: Answer, article: Article, tmp_path: Path):
    """Both were told to wait; each is fetched once."""
    stalled = Stalled(answered)

    def ask(question: str) -> Answer:
        (cited,) = stalled(question).citations
        return replace(answered, citations=(replace(cited, title=question),))

    async with up(Shelf(ask=ask, articles=[article]), tmp_path) as house:
        for text in (f"{QUESTION}一", f"{QUESTION}二"):
            await house.platform.say(text)
        stalled.go()
        texts = [(await house.platform.say("继续")).text or "" for _ in range(3)]
    assert [f"《{QUESTION}二》" in texts[0], f"《{QUESTION}一》" in texts[1]] == [True, True]
    assert texts[2] == phrases.NO_MORE


async def test_what_a_call_waits_for_is_not_fetched_besides(slow: Shelf, stalled: Stalled, tmp_path: Path):
    async with up(slow, tmp_path) as house:
        asking = asyncio.create_task(house.platform.say(QUESTION))
        await asyncio.sleep(1 / FASTER)
        fetching = asyncio.create_task(house.platform.say("继续"))
        await asyncio.sleep(1 / FASTER)
        stalled.go()
        asked, fetched_ = await asking, await fetching
    assert "23.26亿元" in (asked.text or "")
    assert fetched_.text == phrases.NO_MORE


@pytest.mark.parametrize("name", ["a\nb", "a b\x00", "x" * 300, "\u2028"])
async def test_a_name_that_would_break_a_line_of_the_log_is_none(shelf: Shelf, tmp_path: Path, name: str):
    async with up(shelf, tmp_path) as house:
        fields = house.platform.message(name, MsgType="text", Content=QUESTION)
        response = await house.platform.send(fields)
    assert response.status_code == 400


# -- who is let in


async def test_whoever_is_not_on_the_list_gets_nothing(shelf: Shelf, tmp_path: Path):
    allowed = Allowed(frozenset({"wechat:friend"}), frozenset())
    guard = Guard(allowed, user_per_minute=100, address_per_minute=100)
    async with up(shelf, tmp_path, guard=guard) as house:
        foreign = await house.platform.say(QUESTION, user="stranger")
        friend = await house.platform.say(QUESTION, user="friend")
        kept = house.state.n_answers
    assert (foreign.text, foreign.is_fault, kept) == (None, False, 1)
    assert "23.26亿元" in (friend.text or "")


async def test_who_asks_too_fast_is_told_once(shelf: Shelf, tmp_path: Path):
    guard = Guard(ANYONE, user_per_minute=2, address_per_minute=100)
    async with up(shelf, tmp_path, guard=guard, clock=fast_clock) as house:
        await asyncio.sleep(1.1 / FASTER)  # what was written before the start is no rush
        shown = [await house.platform.say(QUESTION) for _ in range(4)]
    assert "23.26亿元" in (shown[1].text or "")
    assert (shown[2].text or "").startswith("您问得有点快")
    assert shown[3].text is None
    assert not shown[3].is_fault


# -- many at once


async def test_a_hundred_users_at_once_each_get_their_answer_once(answered: Answer, tmp_path: Path):
    async def ask(house: House, number: int) -> str:
        shown = await house.platform.say(f"{QUESTION}{number}", user=f"user-{number}")
        return await fetched(house.platform, shown, f"user-{number}")

    shelf = Shelf(ask=lambda question: replace(answered, question=question, text=question))
    async with up(shelf, tmp_path) as house:
        house.platform.seconds *= 40  # it is about what is lost or doubled, not about haste
        texts = await asyncio.gather(*(ask(house, number) for number in range(100)))
        kept = house.state.n_answers
    assert [text for text in texts if "23.26亿元" not in text] == []
    assert kept == 100


async def test_the_messages_of_one_user_are_answered_in_their_order(
    slow: Shelf, stalled: Stalled, tmp_path: Path
):
    async with up(slow, tmp_path) as house:
        first = asyncio.create_task(house.platform.say(f"{QUESTION}一"))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(house.platform.say(f"{QUESTION}二"))
        await asyncio.sleep(0.05)
        asked = list(stalled.asked)
        stalled.go()
        await asyncio.gather(first, second)
    assert asked == [f"{QUESTION}一"]
    assert stalled.asked == [f"{QUESTION}一", f"{QUESTION}二"]


def _signature(over: dict[str, str]) -> str:
    from wechat_platform import signature

    return signature(over["timestamp"], over["nonce"])


async def test_no_log_holds_what_was_asked(shelf: Shelf, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    async with up(shelf, tmp_path, sealed=True) as house:
        await house.platform.say(QUESTION)
        await house.platform.client.post("/wechat/webhook", content=b"<xml>")
    ours = [each.getMessage() for each in caplog.records if each.name.startswith(("bot", "knowledge"))]
    assert not any(QUESTION in each for each in ours)


async def test_bad_bodies_are_refused(shelf: Shelf, tmp_path: Path):
    async with up(shelf, tmp_path) as house:
        bodies = (b"", b"<xml>", b"{}", b"<!DOCTYPE x [<!ENTITY a 'b'>]><xml>&a;</xml>", b"\xff\xfe", b"<a/>")
        over = {"nonce": "9", "timestamp": str(int(fast_clock()))}
        over["signature"] = _signature(over)
        answers = [
            await house.platform.client.post("/wechat/webhook", params=over, content=b) for b in bodies
        ]
        large = await house.platform.client.post(
            "/wechat/webhook", params=over, content=b"<xml>" + b"x" * 70_000
        )
        put = await house.platform.client.put("/wechat/webhook", params=over)
    assert [(each.status_code, each.content) for each in answers] == [(400, b"")] * len(bodies)
    assert large.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert put.status_code == httpx.codes.METHOD_NOT_ALLOWED
