"""Telegram against lo-bot-api-emulator, a Bot API contract that nobody here wrote."""

import asyncio
import json
import os
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator
from lo_bot_api_emulator.journal import verdict

from bot import phrases, wording
from bot.channels.telegram_chat import TelegramChat
from bot.service import Service
from knowledge.schema import Answer
from knowledge.verdict import Checked

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"  # noqa: S105 -- made up
BOT_ID = 7
QUIRKS = {
    "sendMessage:400",  # it refuses link_preview_options and message_thread_id, which Telegram takes
    "getUpdates:409",  # it is slow to see that the long poll before has hung up
}
"""What the emulator may refuse; the tests show that the answer comes all the same."""

QUESTION = "科创投累计投资多少"
PATIENCE = 60


class Server(LoBotApiEmulator):
    """The emulator, with what it accepted kept whole for the tests to read."""

    def __init__(self, journal: Path) -> None:
        super().__init__(journal=journal, enable_control=True)
        self.accepted: list[tuple[str, dict[str, Any]]] = []
        self.more = asyncio.Event()

    def validate(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> object:
        kept = dict(fields)
        result = super().validate(method, fields, uploads)
        self.accepted.append((method, kept))
        self.more.set()
        return result

    def messages(self) -> list[dict[str, Any]]:
        return [fields for method, fields in self.accepted if method == "sendMessage"]


def unchecked(text: str) -> Checked:
    raise AssertionError(f"checked: {text}")


@asynccontextmanager
async def serving(journal: Path) -> AsyncIterator[tuple[Server, str]]:
    server = Server(journal)
    runner = web.AppRunner(server.app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield server, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def chatting(address: str, service: Service) -> AsyncIterator[TelegramChat]:
    chat = TelegramChat(service, token=TOKEN, base_url=address)
    await chat.start()
    try:
        yield chat
    finally:
        await chat.stop()


async def write(address: str, text: str, **fields: object) -> None:
    message = {
        "message_id": 5,
        "date": 1,
        "chat": {"id": 99, "type": "private"},
        "from": {"id": 99, "is_bot": False, "first_name": "用户"},
        "text": text,
    }
    async with httpx.AsyncClient() as client:
        body = {"token": TOKEN, "update": {"message": message | fields}}
        (await client.post(f"{address}/__fixture/updates", json=body)).raise_for_status()


async def until(server: Server, n_messages: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE):
        while len(server.messages()) < n_messages:
            server.more.clear()
            await server.more.wait()
    return server.messages()


def entities(sent: dict[str, Any]) -> dict[str, str]:
    text = sent["text"].encode("utf-16-le")
    return {
        entity["type"]: text[entity["offset"] * 2 :][: entity["length"] * 2].decode("utf-16-le")
        for entity in json.loads(sent["entities"])
    }


GROUP = {"chat": {"id": -100, "type": "supergroup", "title": "群"}}
FROM_BOT = {
    "message_id": 4,
    "date": 1,
    **GROUP,
    "from": {"id": BOT_ID, "is_bot": True, "first_name": "Fixture"},
    "text": "答",
}


async def test_a_question_is_answered_with_its_sentence_as_an_expandable_quote(
    tmp_path: Path, answered: Answer
):
    async with (
        serving(tmp_path / "journal") as (server, address),
        chatting(address, Service(lambda _: answered, unchecked)),
    ):
        await write(address, QUESTION)
        (sent,) = await until(server, 1)
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


async def test_every_update_is_answered_once_and_in_order(tmp_path: Path, answered: Answer):
    """Those that came while the bot was down included."""
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        return answered

    async with serving(tmp_path / "journal") as (server, address):
        for number in range(30):
            await write(address, f"问题{number}")
        async with chatting(address, Service(ask, unchecked)):
            await until(server, 30)
            await write(address, "最后一问")
            await until(server, 31)
    assert asked == [*(f"问题{number}" for number in range(30)), "最后一问"]
    assert len(server.messages()) == 31


async def test_commands(tmp_path: Path, answered: Answer):
    async with (
        serving(tmp_path / "journal") as (server, address),
        chatting(address, Service(lambda _: answered, unchecked)),
    ):
        await write(address, "/start")
        await write(address, "/help")
        start, help_page = await until(server, 2)
    assert phrases.START in start["text"]
    assert "直接提问" in help_page["text"]
    menu = next(fields for method, fields in server.accepted if method == "setMyCommands")
    assert [command["command"] for command in json.loads(menu["commands"])] == ["start", "check", "help"]


async def test_in_a_group_only_what_is_meant_for_the_bot(tmp_path: Path, answered: Answer):
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        return answered

    topic = {"message_thread_id": 3, "is_topic_message": True}
    async with serving(tmp_path / "journal") as (server, address), chatting(address, Service(ask, unchecked)):
        await write(address, "别人的话", **GROUP)
        await write(address, "那科创贷呢", **GROUP, reply_to_message=FROM_BOT, message_id=8)
        mention = {"type": "text_mention", "offset": 0, "length": 2, "user": FROM_BOT["from"]}
        await write(address, "问数 科创投呢", **GROUP, **topic, entities=[mention], message_id=9)
        first, second = await until(server, 2)
    assert asked == ["那科创贷呢", "科创投呢"]
    assert json.loads(first["reply_parameters"])["message_id"] == 8
    assert json.loads(second["reply_parameters"])["message_id"] == 9
    assert first["chat_id"] == second["chat_id"] == "-100"


async def test_a_long_reply_passes_the_server_s_limit(tmp_path: Path, answered: Answer):
    long = Answer(answered.question, answered.status, text="𠮷" * 5000)
    async with (
        serving(tmp_path / "journal") as (server, address),
        chatting(address, Service(lambda _: long, unchecked)),
    ):
        await write(address, QUESTION)
        parts = await until(server, 3)
    assert "".join(part["text"] for part in parts) == "𠮷" * 5000


async def test_the_process_answers_and_stops_when_told(tmp_path: Path):
    """`wenshu serve` from an empty home: seeds, a question, an abstention, a verdict, twenty chats at once, SIGTERM."""
    async with serving(tmp_path / "journal") as (server, address):
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "WENSHU_HOME": str(tmp_path / "home"),
            "WENSHU_TELEGRAM_TOKEN": TOKEN,
            "WENSHU_TELEGRAM_BASE_URL": address,
            "WENSHU_LOG_LEVEL": "DEBUG",
        }
        process = await asyncio.create_subprocess_exec(
            Path(sysconfig.get_path("scripts")) / "wenshu",
            "serve",
            env=environment,
            stderr=asyncio.subprocess.PIPE,
        )
        await write(address, QUESTION)
        await write(address, "上海的科创投累计投资多少")
        await write(address, "科创投投了23.62亿对吗？")
        answer, abstention, verdict = await until(server, 3)
        for number in range(20):
            await write(address, QUESTION, chat={"id": 1000 + number, "type": "private"})
        others = (await until(server, 23))[3:]
        process.terminate()
        _, said = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
    assert answer["text"].startswith("23.26亿元（截至2021年底）[1]")
    assert "“科创投”累计投资金额23.26亿元" in entities(answer)["expandable_blockquote"]
    assert wording.NEAREST in abstention["text"]
    assert verdict["text"].startswith("不对：您说的“23.62亿”，文章里是“23.26亿元”（数值不同）[1]\n")
    assert sorted(int(each["chat_id"]) for each in others) == list(range(1000, 1020))
    assert {each["text"] for each in others} == {answer["text"]}
    assert "已连接 Telegram：Fixture" in said.decode()
    assert "已停止" in said.decode()
    assert "/setprivacy" in said.decode(), "the emulator's bot doesn't see all of a group"
    log = tmp_path / "home" / "wenshu.log"
    written = await asyncio.to_thread(log.read_text, encoding="utf-8") if log.exists() else ""
    assert TOKEN.partition(":")[2] not in written + said.decode()
    assert QUESTION not in written + said.decode()
