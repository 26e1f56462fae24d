"""What a process behind a WeChat account is set to, and WeChat before it, in WeChat's own time."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import model_server
import tencent_server
from wechat_platform import AES_KEY, APP_ID, TOKEN, Platform, Shown

from bot import phrases


def settings_of(port: int, **over: str) -> dict[str, str]:
    return {
        "wechat_token": TOKEN,
        "wechat_aes_key": AES_KEY,
        "wechat_app_id": APP_ID,
        "web_port": str(port),
        "user_per_minute": "1000",
        **over,
    }


def verified_by(server: tencent_server.Tencent) -> dict[str, str]:
    return {
        "wechat_app_secret": tencent_server.SECRET,
        "wechat_verified": "true",
        "wechat_api_url": server.address,
    }


def stalling_by(server: model_server.ModelServer, *, seconds: int) -> dict[str, str]:
    """A language model that writes nothing for some seconds, so that every answer takes that long."""
    return {
        "model": "openai:stalls",
        "model_url": server.url,
        "model_key": "sk-made-up",
        "model_seconds": str(seconds),
    }


@asynccontextmanager
async def platform_at(port: int) -> AsyncIterator[Platform]:
    limits = httpx.Limits(max_connections=1_000)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=60) as client:
        yield Platform(client, sealed=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def fetched(platform: Platform, shown: Shown, user: str) -> str:
    """What a user gets, who says 继续 as long as they are told to."""
    while shown.text == phrases.STILL_WORKING:
        shown = await platform.say("继续", user=user)
    assert not shown.is_fault, shown
    return shown.text or ""
