"""The buttons below a chat of WeChat or WeCom: put there unless somebody else's are; a failure stops nobody."""

import logging
from typing import Any

import pytest
import tencent_server
from pydantic import SecretStr
from tencent_server import CORP_ID, MENU_CREATE, MENU_GET, SECRET, Cuts, Refuses, Status, Tencent

from bot import phrases
from bot.channels import menu
from bot.channels.platform_api import Api
from bot.channels.wecom.accounts import AppAccount
from bot.routing import COMMANDS

AGENT = {"agentid": "1000002"}


def api_of(server: Tencent) -> Api:
    secret = SecretStr(SECRET)
    account = AppAccount(CORP_ID, 1000002, secret, secret, secret, server.address, "markdown")
    return Api(account.for_tokens, pause=0.0)


def test_the_buttons_are_commands_with_short_names():
    assert 1 <= len(phrases.MENU) <= 3
    for name, order in phrases.MENU:
        assert order in COMMANDS
        assert len(name.encode()) <= 16


@pytest.mark.parametrize("query", [AGENT, None], ids=["wecom", "wechat"])
async def test_a_menu_is_made_once(query: dict[str, str] | None):
    async with tencent_server.serving() as server:
        api = api_of(server)
        assert [await menu.offer(api, query=query) for _ in range(2)] == [True, True]
        await api.close()
    assert server.menu == menu.buttons()
    (made,) = server.of(MENU_CREATE)
    assert made.query.get("agentid") == (query or {}).get("agentid")
    assert {call.query.get("agentid") for call in server.of(MENU_GET)} == {made.query.get("agentid")}


@pytest.mark.parametrize("query", [AGENT, None], ids=["wecom", "wechat"])
@pytest.mark.parametrize(
    ("there", "becomes_ours"),
    [
        ([{"type": "click", "name": "老名字", "key": "/help"}], True),
        ([{"type": "click", "name": "怎么提问", "key": "/help", "sub_button": []}], True),
        ([{"type": "view", "name": "官网", "url": "https://example.org"}], False),
        ([{"name": "更多", "sub_button": [{"type": "click", "name": "帮助", "key": "/help"}]}], False),
        ([*menu.buttons()[:1], {"type": "click", "name": "考勤", "key": "V1001"}], False),
    ],
    ids=["an older one of ours", "a part of ours", "an address", "a menu of menus", "ours and another's"],
)
async def test_somebody_else_s_menu_stays(
    query: dict[str, str] | None, there: list[Any], *, becomes_ours: bool
):
    async with tencent_server.serving(menu=there) as server:
        api = api_of(server)
        assert await menu.offer(api, query=query) is becomes_ours
        await api.close()
    assert server.menu == (menu.buttons() if becomes_ours else there)


async def test_a_menu_of_ours_with_what_the_platform_adds_is_left():
    there = [{**each, "sub_button": []} for each in menu.buttons()]
    async with tencent_server.serving(menu=there) as server:
        api = api_of(server)
        assert await menu.offer(api)
        await api.close()
    assert not server.of(MENU_CREATE)


@pytest.mark.parametrize(
    "fault",
    [Refuses(48001), Refuses(301002), Cuts(is_done=False), Status(500), Status(502)],
    ids=["unauthorised", "no right", "cut", "broken", "turned away"],
)
@pytest.mark.parametrize("path", [MENU_GET, MENU_CREATE])
async def test_a_failure_is_logged_without_the_token(
    fault: tencent_server.Fault, path: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG, "bot")
    async with tencent_server.serving() as server:
        server.fail(path, fault, fault, fault)
        api = api_of(server)
        assert await menu.offer(api) is False
        await api.close()
    assert "menu not made" in caplog.text
    assert SECRET not in caplog.text
    assert "access-token" not in caplog.text
