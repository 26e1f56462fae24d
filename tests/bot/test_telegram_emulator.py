"""Telegram against lo-bot-api-emulator, a Bot API contract that nobody here wrote."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from lo_bot_api_emulator.journal import verdict
from stand_ins import Shelf, a_policy, a_reception, a_service, a_state
from telegram_server import FROM_BOT, GROUP, TOKEN, Server, entities, orders, serving

from bot import phrases
from bot.channels.telegram_account import Account
from bot.channels.telegram_chat import TelegramChat
from bot.service import Service
from bot.state import State
from knowledge.schema import Answer, Article
from knowledge.verdict import Checked

QUIRKS = {
    "sendMessage:400",  # it refuses link_preview_options and message_thread_id, which Telegram takes
    "editMessageText:400",  # likewise
    "getUpdates:409",  # it is slow to see that the long poll before has hung up
}
"""What the emulator may refuse; the tests show that the answer comes all the same."""

QUESTION = "科创投累计投资多少"


@pytest.fixture
def shelf(article: Article, answered: Answer, checked: Checked) -> Shelf:
    """One article, one answer to all questions, one verdict on all drafts."""
    return Shelf(lambda _: answered, lambda _: checked, [article])


@asynccontextmanager
async def chatting(server: Server, service: Service) -> AsyncIterator[TelegramChat]:
    chat = TelegramChat(a_reception(service), Account(TOKEN, server.address))
    await chat.start()
    try:
        yield chat
    finally:
        await chat.stop()


async def test_a_question_is_answered_with_its_sentence_as_an_expandable_quote(
    tmp_path: Path, shelf: Shelf, answered: Answer
):
    async with serving(tmp_path / "journal") as server, chatting(server, a_service(shelf)):
        await server.write(QUESTION)
        (sent,) = await server.until(1)
    assert sent["text"].startswith("23.26亿元")
    assert entities(sent)["expandable_blockquote"] == answered.citations[0].quote
    assert sent["chat_id"] == "99"
    result = verdict(
        tmp_path / "journal",
        require_response=True,
        require_methods=("setMyCommands", "getUpdates", "sendMessage"),
        allowed_refusals=QUIRKS,
    )
    assert result["ok"], result


async def test_every_update_is_answered_once_and_in_order(tmp_path: Path, shelf: Shelf, answered: Answer):
    """Those that came while the bot was down included, of one chat in their order."""
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        return answered

    shelf._ask = ask
    async with serving(tmp_path / "journal") as server:
        for number in range(30):
            await server.write(
                f"第{number % 3}次的问题{number}", chat={"id": 1 + number // 3, "type": "private"}
            )
        async with chatting(server, a_service(shelf)):
            await server.until(30)
            await server.write("最后一问")
            await server.until(31)
    assert sorted(asked[:-1]) == sorted(f"第{number % 3}次的问题{number}" for number in range(30))
    for chat in range(10):
        of_chat = [question for question in asked[:-1] if int(question[6:]) // 3 == chat]
        assert [question[1] for question in of_chat] == ["0", "1", "2"]
    assert len(server.messages()) == 31


async def test_an_update_that_comes_again_is_not_answered_again(tmp_path: Path, shelf: Shelf):
    """The server forgets what it was told, as after a crash before the confirmation; the home does not."""
    state = a_state(tmp_path / "state.sqlite3")
    async with serving(tmp_path / "journal") as server:
        async with chatting(server, a_service(shelf, state=state)):
            await server.send(update_id=500, message=_message("第一问"))
            await server.until(1)
        again = State(tmp_path / "state.sqlite3")
        async with chatting(server, a_service(shelf, state=again)):
            await server.send(update_id=501, message=_message("第二问"))
            await server.until(2)
            chat_queue = again.take("telegram", f"{7}:500", "{}", at=0.0)
            assert not chat_queue, "the first one is still known"
        again.close()
    assert len(server.messages()) == 2


def _message(text: str) -> dict[str, Any]:
    return {
        "message_id": 3,
        "date": 1,
        "chat": {"id": 99, "type": "private"},
        "from": {"id": 99, "is_bot": False, "first_name": "用户"},
        "text": text,
    }


async def test_commands(tmp_path: Path, shelf: Shelf):
    async with serving(tmp_path / "journal") as server, chatting(server, a_service(shelf)):
        await server.write("/start")
        await server.write("/help")
        start, help_page = await server.until(2)
    assert phrases.START in start["text"]
    assert "直接提问" in help_page["text"]
    (menu,) = server.calls("setMyCommands")
    assert [each["command"] for each in json.loads(menu["commands"])] == [
        name for name, _ in phrases.COMMANDS
    ]


async def test_in_a_group_only_what_is_meant_for_the_bot(tmp_path: Path, shelf: Shelf, answered: Answer):
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        return answered

    shelf._ask = ask
    topic = {"message_thread_id": 3, "is_topic_message": True}
    async with serving(tmp_path / "journal") as server, chatting(server, a_service(shelf)):
        await server.write("别人的话", **GROUP)
        await server.write("科创贷放款多少", **GROUP, reply_to_message=FROM_BOT, message_id=8)
        mention = {"type": "text_mention", "offset": 0, "length": 2, "user": FROM_BOT["from"]}
        await server.write("问数 科创投投了多少", **GROUP, **topic, entities=[mention], message_id=9)
        first, second = await server.until(2)
    assert asked == ["科创贷放款多少", "科创投投了多少"]
    assert json.loads(first["reply_parameters"])["message_id"] == 8
    assert json.loads(second["reply_parameters"])["message_id"] == 9
    assert first["chat_id"] == second["chat_id"] == "-100"


async def test_a_long_reply_passes_the_server_s_limit(tmp_path: Path, shelf: Shelf, answered: Answer):
    long = Answer(answered.question, answered.status, text="𠮷" * 5000)
    shelf._ask = lambda _: long
    async with serving(tmp_path / "journal") as server, chatting(server, a_service(shelf)):
        await server.write(QUESTION)
        parts = await server.until(3)
    assert "".join(part["text"] for part in parts) == "𠮷" * 5000


async def test_the_buttons_below_an_answer_work(tmp_path: Path, shelf: Shelf, answered: Answer):
    service = a_service(shelf)
    async with serving(tmp_path / "journal") as server, chatting(server, service):
        await server.write(QUESTION)
        (sent,) = await server.until(1)
        pressed = orders(sent)
        assert set(pressed) == {phrases.CONTEXT, phrases.USEFUL, phrases.WRONG}
        assert all(len(order.encode()) <= 64 for order in pressed.values())
        await server.press(pressed[phrases.CONTEXT])
        context = (await server.until(2))[1]
        await server.press(pressed[phrases.USEFUL])
        await server.until(2, "answerCallbackQuery")
        await server.press(pressed[phrases.WRONG])
        asked_back = (await server.until(3))[2]
        await server.write("应为23.27亿元")
        thanks = (await server.until(4))[3]
        await server.press("/context 999 1")
        toasts = await server.until(4, "answerCallbackQuery")
    assert answered.citations[0].quote in context["text"]
    assert asked_back["text"].split() == [phrases.understood(QUESTION), phrases.WHAT_IS_RIGHT]
    assert thanks["text"] == phrases.THANKS_FOR_SAYING
    assert [toast.get("text") for toast in toasts] == [None, phrases.THANKS, None, phrases.STALE]
    (said,) = service.state.feedback()
    assert (said.useful, said.said, said.question) == (False, "应为23.27亿元", QUESTION)


async def test_a_button_of_another_chat_is_stale(tmp_path: Path, shelf: Shelf):
    async with serving(tmp_path / "journal") as server, chatting(server, a_service(shelf)):
        await server.write(QUESTION)
        (sent,) = await server.until(1)
        elsewhere = FROM_BOT | {"chat": {"id": 5, "type": "private"}}
        await server.press(orders(sent)[phrases.CONTEXT], message=elsewhere)
        (toast,) = await server.until(1, "answerCallbackQuery")
    assert toast["text"] == phrases.STALE
    assert len(server.messages()) == 1


async def test_an_edited_question_edits_its_answer(tmp_path: Path, shelf: Shelf, answered: Answer):
    answers = {"科创投投了多少": answered, "科创投投资几何": Answer("", answered.status, text="另一个答案")}
    shelf._ask = lambda question: answers[question]
    async with serving(tmp_path / "journal") as server, chatting(server, a_service(shelf)) as chat:
        await server.write("科创投投了多少", message_id=60)
        await server.until(1)
        edited = _message("科创投投资几何") | {"message_id": 60, "edit_date": 2}
        await chat.bring({"update_id": 900, "edited_message": edited})  # the emulator lets none come in
        (edit,) = await server.until(1, "editMessageText")
    assert edit["text"] == "另一个答案"
    assert len(server.messages()) == 1, "no second answer"


async def test_inline_offers_the_answer_as_a_card(tmp_path: Path, shelf: Shelf, answered: Answer):
    async with serving(tmp_path / "journal") as server, chatting(server, a_service(shelf)):
        writer = {"id": 99, "is_bot": False, "first_name": "用户"}
        for number, text in enumerate(("科创投", "科创投累计", QUESTION)):
            await server.send(inline_query={"id": str(number), "from": writer, "query": text, "offset": ""})
        (offered,) = await server.until(1, "answerInlineQuery")
    (card,) = json.loads(offered["results"])
    assert offered["inline_query_id"] == "2", "only the question that was written to its end"
    assert card["title"].startswith("23.26亿元")
    assert answered.citations[0].quote in card["input_message_content"]["message_text"]
    assert card["input_message_content"]["entities"]


async def test_a_file_is_checked_and_an_admin_may_take_it_in(tmp_path: Path, shelf: Shelf):
    service = a_service(shelf, policy=a_policy("telegram:99", uploads=tmp_path / "uploads"))
    async with serving(tmp_path / "journal") as server, chatting(server, service):
        server.assets["draft"] = {"data": "科创投投了23.62亿元".encode()}
        document = {"file_id": "draft", "file_unique_id": "d", "file_name": "稿子.txt", "file_size": 20}
        await server.write("", document=document)
        (sent,) = await server.until(1)
        await server.write("入库")
        taken = (await server.until(2))[1]
    assert "核对" in sent["text"] or "处数字" in sent["text"]
    assert phrases.CAN_INGEST in sent["text"]
    assert "新增 1 篇" in taken["text"]
    assert [path.name for path in shelf.ingested] == ["稿子.txt"]
