"""`wenshu serve` as a process in WeCom: an app and a bot at once, and a kill; and what the doctor says of platforms."""

import asyncio
import os
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import tencent_server
from processes import WENSHU, serve, start
from tencent_server import CORP_ID, Refuses, Tencent
from wechat_platform import AES_KEY, TOKEN
from wechat_process import free_port, settings_of, verified_by
from wecom_office import AGENT_ID, message, sealed_body, stamp
from wecom_socket import BOT_ID, SECRET, Fate, wecom_server

QUESTION = "科创投累计投资多少"


def app_by(server: Tencent) -> dict[str, str]:
    return {
        "wecom_corp_id": CORP_ID,
        "wecom_agent_id": str(AGENT_ID),
        "wecom_secret": tencent_server.SECRET,
        "wecom_token": TOKEN,
        "wecom_aes_key": AES_KEY,
        "wecom_api_url": server.address,
    }


def bot_at(url: str) -> dict[str, str]:
    return {"wecom_bot_id": BOT_ID, "wecom_bot_secret": SECRET, "wecom_bot_url": url}


async def test_an_app_and_a_bot_answer_side_by_side(home: Path):
    async with tencent_server.serving() as server, wecom_server() as bots:
        settings = app_by(server) | bot_at(bots.url)
        async with (
            serve(home, **settings) as served,
            httpx.AsyncClient(base_url=served.address) as client,
        ):
            await bots.until(lambda: bots.n_subscribed == 1)
            await server.until(lambda: server.menu is not None)
            name = await bots.say("lisi", QUESTION)
            body = sealed_body(message(MsgType="text", Content=QUESTION))
            whole = f"<xml><Encrypt>{body}</Encrypt></xml>"
            got = await client.post(f"/wecom/app?{urlencode(stamp(body))}", content=whole)
            (text,) = await server.until_sent(1)
            await bots.until(lambda: bots.streams[name].is_finished)
            ready = await client.get("/readyz")
        said = "\n".join(served.said)
    assert (got.status_code, got.text) == (200, "")
    assert "**23.26亿元**" in text
    assert "\n> 截至2021年底" in text
    assert "**23.26亿元**" in bots.streams[name].texts[-1]
    assert ready.status_code == 200
    assert "/wecom/app" in said
    assert BOT_ID in said
    assert SECRET not in said
    assert not bots.wrong


async def test_a_bot_that_is_killed_answers_after_the_next_start(home: Path):
    """What was written down and not yet answered at the kill comes as a message of its own."""
    async with wecom_server() as bots:
        bots.fate = lambda frame: Fate.SWALLOWED if frame["cmd"] == "aibot_respond_msg" else Fate.TAKEN
        served = await start(home, **bot_at(bots.url))
        await served.until_up()
        await bots.until(lambda: bots.n_subscribed == 1)
        await bots.say("lisi", QUESTION)
        await asyncio.sleep(1.5)  # it is written down, and its answer under way into nothing
        await served.stop(signal.SIGKILL)
        bots.fate = lambda _: Fate.TAKEN
        async with serve(home, **bot_at(bots.url)):
            await bots.until(lambda: bool(bots.pushed))
    ((chat, text),) = bots.pushed
    assert chat == "lisi"
    assert "**23.26亿元**" in text


# -- the doctor


def doctor(home: Path, **settings: str) -> tuple[int, str]:
    """Exit status and words of the doctor, on one line."""
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "WENSHU_HOME": str(home)}
    environment |= {f"WENSHU_{name.upper()}": value for name, value in settings.items()}
    ran = subprocess.run(
        [WENSHU, "doctor"], env=environment, capture_output=True, text=True, check=False, cwd=home.parent
    )
    return ran.returncode, "".join(line.strip() for line in ran.stdout.splitlines())


def test_without_platforms_the_doctor_says_where_to_begin(home: Path):
    status, said = doctor(home)
    assert status == 0
    for name in ("TELEGRAM_TOKEN", "WECHAT_TOKEN", "WECOM_CORP_ID", "WECOM_BOT_ID", "WECOM_BOT_TOKEN"):
        assert f"从 WENSHU_{name} 设起" in said, name


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"wechat_app_id": "wx1"}, "WENSHU_WECHAT_TOKEN"),
        ({"wechat_token": "t", "wechat_aes_key": AES_KEY}, "WENSHU_WECHAT_APP_ID"),
        ({"wechat_token": "t", "wechat_verified": "true", "wechat_app_id": "wx1"}, "WENSHU_WECHAT_APP_SECRET"),
        (
            {"wecom_corp_id": "ww1", "wecom_agent_id": "2", "wecom_token": "t", "wecom_aes_key": AES_KEY},
            "WENSHU_WECOM_SECRET",
        ),
        ({"wecom_bot_id": "b"}, "WENSHU_WECOM_BOT_SECRET"),
        ({"wecom_bot_token": "t"}, "WENSHU_WECOM_BOT_AES_KEY"),
    ],
)  # fmt: skip
async def test_what_is_missing_is_named_with_its_page(home: Path, settings: dict[str, str], missing: str):
    status, said = await asyncio.to_thread(doctor, home, **settings)
    assert status == 2
    assert f"少了设置「{missing}」" in said
    assert f"未设 {missing}：" in said
    assert "→" in said.partition(f"未设 {missing}：")[2]
    served = await start(home, **settings)
    assert await served.ended() == 2
    assert missing in "\n".join(served.said)


async def test_all_that_is_well_is_said_with_its_address(home: Path):
    async with tencent_server.serving() as server, wecom_server() as bots:
        settings = settings_of(free_port()) | verified_by(server) | app_by(server) | bot_at(bots.url)
        settings["public_url"] = "https://wenshu.example.org"
        status, said = await asyncio.to_thread(doctor, home, **settings)
    assert status == 0, said
    assert "公众号：已认证" in said
    assert "https://wenshu.example.org/wechat/webhook" in said
    assert "https://wenshu.example.org/wecom/app" in said
    assert f"能连到 {bots.url}" in said
    assert "企业可信IP" not in said
    assert bots.n_subscribed == 0  # whoever is connected as the bot is not thrown out
    for secret in (tencent_server.SECRET, SECRET, AES_KEY):
        assert secret not in said


async def test_a_secret_and_an_address_that_are_refused_are_said_with_their_page(home: Path):
    async with tencent_server.serving() as server:
        server.judge = lambda call: (
            Refuses(40164, "invalid ip 203.0.113.7, not in whitelist")
            if call.path == tencent_server.STABLE_TOKEN
            else Refuses(40001, "invalid credential")
            if call.path == tencent_server.GETTOKEN
            else None
        )
        settings = settings_of(free_port()) | verified_by(server) | app_by(server)
        status, said = await asyncio.to_thread(doctor, home, **settings)
    assert status == 2
    assert "203.0.113.7" in said
    assert "API IP 白名单" in said
    assert "「WENSHU_WECOM_SECRET」不对" in said


async def test_a_bot_s_server_that_is_not_there_is_said(home: Path):
    settings = bot_at(f"ws://127.0.0.1:{free_port()}")
    status, said = await asyncio.to_thread(doctor, home, **settings)
    assert status == 2
    assert "连不上企业微信服务器" in said
