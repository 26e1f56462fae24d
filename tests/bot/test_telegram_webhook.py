"""Telegram brings its updates: 200 once they are written down, nothing for whoever doesn't know the secret."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sites import close, make_site
from stand_ins import Shelf
from telegram.error import NetworkError
from telegram_line import TOKEN, Boundless, Line, failed

from bot import chats, mending, operating, serving
from bot.app import make_app
from bot.channels import telegram_webhook
from bot.channels.telegram_account import Account
from bot.channels.telegram_chat import TelegramChat
from bot.state import State
from knowledge.errors import SettingError, StorageError
from knowledge.schema import Answer
from knowledge.settings import Settings

ACCOUNT = Account(TOKEN, webhook="https://wenshu.example.org/telegram/webhook")
SECRET = {telegram_webhook.SECRET_HEADER: ACCOUNT.secret}
Ask = Callable[[str], Answer]


def update(number: int = 1, text: str = "科创投累计投资多少") -> dict[str, Any]:
    chat = {"id": 99, "type": "private"}
    sender = {"id": 99, "is_bot": False, "first_name": "用户"}
    return {
        "update_id": number,
        "message": {"message_id": number, "date": 1, "chat": chat, "from": sender, "text": text},
    }


@asynccontextmanager
async def brought(shelf: Shelf, home: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Line, State]]:
    """An application that Telegram brings updates to, what it sends, and what it keeps."""
    line, site = Line(), make_site(shelf, home)
    chat = TelegramChat(site.reception, ACCOUNT, request=line)
    chat._application.bot.rate_limiter._rates = Boundless()
    await chat.start()
    metrics = site.reception.metrics
    app = make_app(site, webhooks=[telegram_webhook.route(chat, ACCOUNT.secret, metrics)])
    transport = httpx.ASGITransport(app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client, line, site.reception.service.state
    finally:
        await chat.stop()
        close(site)


async def until_sent(line: Line, n: int) -> None:
    async with asyncio.timeout(10):
        while len(line.sent) < n:
            line.sending.clear()
            await line.sending.wait()


async def test_an_update_with_the_secret_is_answered(shelf: Shelf, tmp_path: Path):
    async with brought(shelf, tmp_path) as (client, line, _):
        got = await client.post(telegram_webhook.PATH, json=update(), headers=SECRET)
        await until_sent(line, 1)
    assert (got.status_code, got.content) == (200, b"")
    assert line.sent[0]["text"].startswith("23.26亿元")


@pytest.mark.parametrize(
    "headers", [{}, {telegram_webhook.SECRET_HEADER: ""}, {telegram_webhook.SECRET_HEADER: "é"}]
)
async def test_without_the_secret_there_is_nothing_there(
    shelf: Shelf, tmp_path: Path, headers: dict[str, str]
):
    async with brought(shelf, tmp_path) as (client, line, state):
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        got = await client.post(telegram_webhook.PATH, json=update(), headers=raw)
        nothing = await client.post("/nowhere", json=update())
        assert state.message("telegram", "7:1") is None
    assert got.status_code == nothing.status_code == 404
    assert got.content == b""
    assert not line.sent


async def test_the_webhook_answers_before_the_question_is_answered(
    shelf: Shelf, answered: Answer, tmp_path: Path
):
    free = threading.Event()

    def ask(_: str) -> Answer:
        assert free.wait(10)
        return answered

    shelf._ask = ask
    async with brought(shelf, tmp_path) as (client, line, state):
        got = await asyncio.wait_for(client.post(telegram_webhook.PATH, json=update(), headers=SECRET), 5)
        assert got.status_code == 200
        assert state.message("telegram", "7:1") is not None, "it is written down"
        assert not line.sent
        free.set()
        await until_sent(line, 1)


async def test_an_update_brought_again_is_answered_once(shelf: Shelf, tmp_path: Path):
    async with brought(shelf, tmp_path) as (client, line, _):
        sends = (client.post(telegram_webhook.PATH, json=update(), headers=SECRET) for _ in range(3))
        got = await asyncio.gather(*sends)
        await client.post(telegram_webhook.PATH, json=update(2), headers=SECRET)
        await until_sent(line, 2)
    assert [each.status_code for each in got] == [200, 200, 200]
    assert len(line.sent) == 2


async def test_what_cannot_be_written_down_is_to_be_brought_again(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object, **__: object) -> bool:
        raise StorageError("disk full", item="state")

    async with brought(shelf, tmp_path) as (client, line, _):
        monkeypatch.setattr(State, "take", full)
        got = await client.post(telegram_webhook.PATH, json=update(), headers=SECRET)
        monkeypatch.undo()
        again = await client.post(telegram_webhook.PATH, json=update(), headers=SECRET)
        await until_sent(line, 1)
    assert (got.status_code, again.status_code) == (503, 200)


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"7", b"{}", b"null", b'{"update_id": "x"}', b'{"update_id": 1, "message": 3}',
     b'{"update_id": 1, "message": {"message_id": 1, "date": "x", "chat": 5}}', b"[" * 100_000, b"\xff\xfe",
     b'{"update_id": 1, "message": {"message_id": 1, "date": 99999999999999999999, "chat": {"id": 1, "type": "x"}}}'],
)  # fmt: skip
async def test_what_is_no_update_is_refused(shelf: Shelf, tmp_path: Path, body: bytes):
    async with brought(shelf, tmp_path) as (client, line, _):
        got = await client.post(telegram_webhook.PATH, content=body, headers=SECRET)
        assert got.status_code == 400
        assert got.content == b""
        await client.post(telegram_webhook.PATH, json=update(5), headers=SECRET)
        await until_sent(line, 1)


async def test_an_update_that_comes_before_the_bot_knows_who_it_is_is_to_be_brought_again(
    shelf: Shelf, tmp_path: Path
):
    line, site = Line(), make_site(shelf, tmp_path)
    chat = TelegramChat(site.reception, ACCOUNT, request=line)
    chat._application.bot.rate_limiter._rates = Boundless()
    app = make_app(site, webhooks=[telegram_webhook.route(chat, ACCOUNT.secret, site.reception.metrics)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        early = await client.post(telegram_webhook.PATH, json=update(), headers=SECRET)
        await chat.start()
        again = await client.post(telegram_webhook.PATH, json=update(), headers=SECRET)
        await until_sent(line, 1)
    await chat.stop()
    close(site)
    assert (early.status_code, again.status_code) == (503, 200)
    assert int(early.headers["retry-after"]) > 0
    assert len(line.sent) == 1


async def test_an_update_too_large_is_refused(shelf: Shelf, tmp_path: Path):
    async with brought(shelf, tmp_path) as (client, line, _):
        got = await client.post(telegram_webhook.PATH, json=update(text="科" * 400_000), headers=SECRET)
    assert got.status_code == 413
    assert not line.sent


# --- an address that Telegram won't have ------------------------------------------------------------------


def settings_of(home: Path, **given: str) -> Settings:
    return Settings(_env_file=None, home=home, telegram_token=TOKEN, **given)  # type: ignore[call-arg, arg-type]


def test_an_address_without_https_is_refused_at_the_start_with_the_mend(shelf: Shelf, tmp_path: Path):
    settings = settings_of(tmp_path, public_url="http://wenshu.example.org")
    with pytest.raises(SettingError) as caught:
        serving.run(settings, shelf, pytest.fail, prepare=lambda: pytest.fail("begun"))  # type: ignore[arg-type]
    assert "WENSHU_PUBLIC_URL" in mending.error(caught.value)
    assert "https" in mending.error(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "webhook"),
    [
        ({}, ""),
        ({"public_url": "https://wenshu.example.org"}, "https://wenshu.example.org/telegram/webhook"),
        (
            {"public_url": "http://10.0.0.2:8080", "telegram_base_url": "http://10.0.0.3:8081"},
            "http://10.0.0.2:8080/telegram/webhook",
        ),
    ],
)
def test_where_updates_are_brought(tmp_path: Path, given: dict[str, str], webhook: str):
    account = chats.telegram_account(settings_of(tmp_path, **given))
    assert account is not None
    assert account.webhook == webhook


def test_a_page_without_a_chat_needs_no_https(tmp_path: Path):
    settings = Settings(_env_file=None, home=tmp_path, public_url="http://wenshu.example.org")  # type: ignore[call-arg]
    assert chats.telegram_account(settings) is None


@pytest.mark.parametrize(
    "problem",
    [
        failed(400, "Bad Request: bad webhook: failed to resolve host"),
        failed(404, "Not Found"),
        failed(429, "Too Many Requests", retry_after=1),
        NetworkError("httpx.ConnectError: "),
    ],
    ids=["refused", "unknown", "too often", "unreachable"],
)
async def test_a_webhook_that_cannot_be_set_is_said_and_tried_again(
    shelf: Shelf, tmp_path: Path, problem: Any, monkeypatch: pytest.MonkeyPatch
):
    site, line, said = make_site(shelf, tmp_path), Line(), []
    monkeypatch.setattr(serving, "RETRY_SECONDS", 0.0)
    answer, answers = line._answer, [problem, problem]

    def respond(name: str, fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if name != "setWebhook" or not answers:
            return answer(name, fields)
        told = answers.pop()
        if isinstance(told, Exception):
            raise told
        return told

    monkeypatch.setattr(line, "_answer", respond)
    state = site.reception.service.state
    running = serving._Running(settings_of(tmp_path), shelf, state, said.append)  # type: ignore[arg-type]
    chat = TelegramChat(site.reception, ACCOUNT, request=line)
    telegram = chats.telegram(chat, ACCOUNT, site.reception.metrics)
    task = asyncio.create_task(serving._answer_in(telegram, running))
    async with asyncio.timeout(10):
        while len(said) < 3:
            assert not task.done(), task.result()
            await asyncio.sleep(0)
    assert ["WENSHU_PUBLIC_URL" in each and operating.TRYING_AGAIN in each for each in said] == [
        True,
        True,
        False,
    ]
    assert "@wenshu_bot" in said[2]
    assert running.unreached == set()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    close(site)
