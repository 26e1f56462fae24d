"""`wenshu serve` as a process: the page and Telegram, by polling and by webhook; signals, ports, load and kills."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from loads import over_http, queued_while_down
from processes import PATIENCE, serve, start
from telegram_server import TOKEN, entities, serving

from bot import operating, phrases, wording
from bot.channels.telegram_limits import OVERALL

SOAK_USERS, SOAK_EVERY, SOAK_SECONDS = 50, 5.0, 120.0
QUESTION = "科创投累计投资多少"


@pytest.fixture
def soak() -> bool:
    """Whether the full counts are wanted."""
    return os.environ.get("WENSHU_SOAK") == "1"


async def test_the_page_is_up_with_nothing_configured_and_stops_when_told(tmp_path: Path):
    """From an empty home: seeds, page, API, how to connect a chat; SIGTERM ends it with 0."""
    served = await start(tmp_path / "home")
    await served.until_up()
    async with httpx.AsyncClient(base_url=served.address) as client:
        assert (await client.get("/healthz")).text.strip() == "ok"
        assert (await client.get("/readyz")).status_code == 200
        assert "23.26亿元" in (await client.get("/", params={"q": QUESTION})).text
        answer = (await client.post("/api/ask", json={"question": QUESTION})).json()
        assert answer["figures"][0]["value"] == "2326000000"
        metrics = (await client.get("/metrics")).text
    assert await served.stop() == 0
    said = "\n".join(served.said)
    assert served.address.startswith("http://127.0.0.1:")
    assert "WENSHU_TELEGRAM_TOKEN" in said
    assert operating.STOPPED in said
    assert 'wenshu_replies_total{channel="web",status="answered"} 1.0' in metrics
    assert QUESTION not in said + _log(tmp_path / "home")


async def test_ctrl_c_ends_it_as_shells_expect(home: Path):
    served = await start(home)
    await served.until_up()
    assert await served.stop(signal.SIGINT) == 130


ENDLESS = """
import asyncio, threading
from bot import serving

async def main():
    stopped = serving._until_signal()
    print("up", flush=True)
    print("stopping", await stopped, flush=True)
    threading.Event().wait()  # as one waits for a thread that does not end

asyncio.run(main())
"""


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_a_ctrl_c_while_it_is_stopping_ends_it_at_once(root: Path, first: signal.Signals):
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "up\n"
            process.send_signal(first)
            assert process.stdout.readline().startswith("stopping")
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130
        finally:
            process.kill()


async def test_a_port_that_is_taken_is_named_with_the_mend(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        served = await start(tmp_path / "home", web_port=str(port))
        assert await served.ended() == 2
    said = "\n".join(served.said)
    assert f"127.0.0.1:{port}" in said
    assert "WENSHU_WEB_PORT" in said
    assert "Traceback" not in said


async def test_telegram_by_polling(tmp_path: Path, home: Path):
    """A question, an abstention, a verdict, a follow-up's new topic, twenty chats at once."""
    async with serving(tmp_path / "journal") as server:
        settings = {"telegram_token": TOKEN, "telegram_base_url": server.address, "log_level": "DEBUG"}
        async with serve(home, **settings) as served:
            await server.write(QUESTION)
            await server.write("上海的科创投累计投资多少")
            await server.write("科创投投了23.62亿对吗？")
            answer, abstention, verdict = await server.until(3)
            await server.write("/ask 科创投累计投资多少")
            await server.write("那科创贷呢？")
            await server.write("新话题")
            _, followed, anew = (await server.until(6))[3:]
            for number in range(20):
                await server.write(QUESTION, chat={"id": 1000 + number, "type": "private"})
            others = (await server.until(26))[6:]
    assert answer["text"].startswith("23.26亿元（截至2021年底）[1]")
    assert "“科创投”累计投资金额23.26亿元" in entities(answer)["expandable_blockquote"]
    assert wording.NEAREST in abstention["text"]
    assert followed["text"].startswith("您问的是：科创贷累计投资多少\n")
    assert "超157.38亿元" in followed["text"]
    assert anew["text"] == phrases.NEW_TOPIC
    assert verdict["text"].startswith("不对：您说的“23.62亿”，文章里是“23.26亿元”（数值不同）[1]\n")
    assert sorted(int(each["chat_id"]) for each in others) == list(range(1000, 1020))
    assert {each["text"] for each in others} == {answer["text"]}
    said = "\n".join(served.said)
    assert "已连接 Telegram：Fixture" in said
    assert "/setprivacy" in said, "the emulator's bot doesn't see all of a group"
    written = said + _log(home)
    assert TOKEN.partition(":")[2] not in written
    assert QUESTION not in written


async def test_telegram_by_webhook(tmp_path: Path, home: Path):
    """With a public address Telegram brings its updates; whoever doesn't know the secret is told nothing."""
    port = _free_port()
    async with serving(tmp_path / "journal") as server:
        settings = {
            "telegram_token": TOKEN,
            "telegram_base_url": server.address,
            "public_url": f"http://127.0.0.1:{port}",
            "web_port": str(port),
        }
        async with serve(home, **settings) as served:
            await server.until(1, "setWebhook")
            await server.write(QUESTION)
            (answer,) = await server.until(1)
            async with httpx.AsyncClient(base_url=served.address) as client:
                update = {"update_id": 900, "message": {"message_id": 1}}
                forged = await client.post("/telegram/webhook", json=update)
                wrong = await client.post(
                    "/telegram/webhook", json=update, headers={"X-Telegram-Bot-Api-Secret-Token": "x"}
                )
    assert answer["text"].startswith("23.26亿元")
    assert not server.calls("getUpdates")
    assert [forged.status_code, wrong.status_code] == [404, 404]
    assert forged.text == wrong.text == ""
    keys = answer["reply_markup"]
    assert f"http://127.0.0.1:{port}/articles/" in keys, "看原文 opens our own page at the sentence"


async def test_a_platform_that_is_not_there_is_waited_for(home: Path):
    port = _free_port()
    settings = {"telegram_token": TOKEN, "telegram_base_url": f"http://127.0.0.1:{port}"}
    async with (
        serve(home, **settings) as served,
        httpx.AsyncClient(base_url=served.address) as client,
    ):
        ready = await client.get("/readyz")
        page = await client.get("/", params={"q": QUESTION})
    assert (ready.status_code, ready.json()["missing"]) == (503, ["telegram"])
    assert "23.26亿元" in page.text
    assert operating.not_yet("telegram_unreachable") in "\n".join(served.said)


async def test_a_token_nobody_knows_ends_it_with_the_mend(home: Path):
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", refuse)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        served = await start(home, telegram_token=TOKEN, telegram_base_url=address)
        assert await served.ended() == 2
    finally:
        await runner.cleanup()
    said = "\n".join(served.said)
    assert "WENSHU_TELEGRAM_TOKEN" in said
    assert "Traceback" not in said
    assert TOKEN not in said


async def test_foreign_users_get_nothing_and_are_named_in_the_log(tmp_path: Path, home: Path):
    async with serving(tmp_path / "journal") as server:
        settings = {"telegram_token": TOKEN, "telegram_base_url": server.address, "users": "telegram:99"}
        async with serve(home, **settings):
            stranger = {"id": 5, "is_bot": False, "first_name": "外人"}
            await server.write(QUESTION, **{"from": stranger, "chat": {"id": 5, "type": "private"}})
            await server.write(QUESTION)
            (answer,) = await server.until(1)
            await asyncio.sleep(1)
    assert [sent["chat_id"] for sent in server.messages()] == ["99"]
    assert answer["text"].startswith("23.26亿元")
    assert "turned away: telegram:5" in _log(home)


async def test_one_who_asks_too_fast_is_told_so_once(tmp_path: Path, home: Path):
    now = int(asyncio.get_running_loop().time()) + 10**10
    async with serving(tmp_path / "journal") as server:
        settings = {"telegram_token": TOKEN, "telegram_base_url": server.address, "user_per_minute": "2"}
        async with serve(home, **settings):
            await server.until(1, "getUpdates")
            for _ in range(5):
                await server.write(QUESTION, date=now)
            sent = await server.until(3)
            await asyncio.sleep(1.5)
    told = [each["text"] for each in server.messages()]
    assert [text.startswith("23.26亿元") for text in told] == [True, True, False]
    assert told[2].startswith(phrases.TOO_FAST.partition("{")[0])
    assert len(sent) == 3


# --- many at once, and kills: `make soak` does the full counts -------------------------------------------------


async def test_users_at_once_lose_nothing(home: Path, soak: bool):  # noqa: FBT001 -- a fixture
    n_users, every, lasting = (SOAK_USERS, SOAK_EVERY, SOAK_SECONDS) if soak else (20, 1.0, 3.0)
    async with serve(home) as served:
        load = await over_http(served, n_users=n_users, every=every, lasting=lasting)
    assert load.n_answered == load.n_asked == n_users * round(lasting / every)
    assert load.grown < 50_000_000


async def test_what_was_queued_while_it_was_down_is_answered_once(tmp_path: Path, home: Path, soak: bool):  # noqa: FBT001
    async with serving(tmp_path / "journal") as server:
        came = await queued_while_down(server, home, n_chats=1000 if soak else 60)
    assert (came.lost, came.doubled) == (0, 0)


async def test_kill_9_in_the_middle_loses_nothing(tmp_path: Path, home: Path, soak: bool):  # noqa: FBT001 -- a fixture
    """A message on its way at the kill may come twice; no more of them than are on their way at a time."""
    kills = 5 if soak else 1
    async with serving(tmp_path / "journal") as server:
        came = await queued_while_down(server, home, n_chats=200 if soak else 40, kills=kills)
    assert came.lost == 0
    assert came.doubled <= kills * OVERALL


async def test_a_signal_in_the_middle_leaves_the_rest_for_the_next_start(tmp_path: Path, home: Path):
    """What is being sent is sent to its end, what is not begun waits; nothing comes twice."""
    async with serving(tmp_path / "journal") as server:
        came = await queued_while_down(server, home, n_chats=60, kills=1, number=signal.SIGTERM)
    assert (came.lost, came.doubled) == (0, 0)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _log(home: Path) -> str:
    path = home / "wenshu.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""
