"""An app's start: who we are, what to mend if WeCom won't have us, the menu, and what was left over."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import tencent_server
from pydantic import SecretStr
from stand_ins import Shelf, a_reception, a_service
from tencent_server import (
    AGENT_GET,
    GETTOKEN,
    MENU_CREATE,
    MENU_GET,
    SECRET,
    SEND,
    Cuts,
    Refuses,
    Says,
    Stalls,
    Status,
    Tencent,
)
from wecom_office import AGENT_ID, an_account, an_api, up

from bot import chats, operating, serving
from bot.channels import menu
from bot.channels.wecom.app_chat import AppChat
from knowledge.errors import BackendError, SettingError
from knowledge.schema import Answer
from knowledge.settings import Settings

NOT_FROM_HERE = "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info at https://x"


@pytest.fixture
async def chat(server: Tencent) -> AsyncIterator[AppChat]:
    account = an_account(server.address)
    made = AppChat(a_reception(a_service(Shelf())), account, api=an_api(account, timeout=0.5))
    yield made
    await made.stop()
    made._reception.desk.close()


async def test_it_tells_its_name_and_offers_the_menu(chat: AppChat, server: Tencent):
    assert await chat.start() == "问数"
    assert server.menu == menu.buttons()
    assert {call.query.get("agentid") for call in server.calls if "menu" in call.path} == {str(AGENT_ID)}
    assert server.n_tokens == 1


@pytest.mark.parametrize("fault", [Cuts(), Stalls(), Says({"errcode": 0}), Status(500)], ids=str)
async def test_without_a_name_it_has_its_number(fault: tencent_server.Fault, chat: AppChat, server: Tencent):
    server.fail(AGENT_GET, fault)
    assert await chat.start() == str(AGENT_ID)


@pytest.mark.parametrize("path", [MENU_GET, MENU_CREATE])
async def test_without_a_menu_it_answers_as_well(path: str, chat: AppChat, server: Tencent):
    server.fail(path, Refuses(301002))
    assert await chat.start() == "问数"
    assert server.menu is None


@pytest.mark.parametrize("code", [40001, 40013, 40091, 41002, 41004])
async def test_who_wecom_does_not_know_is_told_what_to_mend(code: int, chat: AppChat, server: Tencent):
    server.fail(GETTOKEN, Refuses(code))
    with pytest.raises(SettingError) as caught:
        await chat.start()
    assert (caught.value.code, caught.value.item) == ("wecom_refused", "WENSHU_WECOM_SECRET")
    assert SECRET not in str(caught.value)
    assert await chat.start() == "问数", "another call may do"


@pytest.mark.parametrize(
    "over", [{"secret": SecretStr("wrong-secret")}, {"corp_id": "ww-wrong"}], ids=["secret", "id"]
)
async def test_a_wrong_secret_is_refused(over: dict[str, object], server: Tencent):
    account = an_account(server.address, **over)
    chat = AppChat(a_reception(a_service(Shelf())), account, api=an_api(account))
    with pytest.raises(SettingError) as caught:
        await chat.start()
    assert caught.value.code == "wecom_refused"
    assert "wrong-secret" not in str(caught.value)
    await chat.stop()
    chat._reception.desk.close()


@pytest.mark.parametrize("code", [40056, 301002])
async def test_another_app_s_secret_is_refused(code: int, chat: AppChat, server: Tencent):
    server.fail(AGENT_GET, Refuses(code))
    with pytest.raises(SettingError) as caught:
        await chat.start()
    assert (caught.value.code, caught.value.item) == ("wecom_refused", "WENSHU_WECOM_AGENT_ID")


@pytest.mark.parametrize("path", [GETTOKEN, AGENT_GET])
async def test_an_address_that_the_company_does_not_trust_is_named(path: str, chat: AppChat, server: Tencent):
    server.fail(path, Refuses(60020, NOT_FROM_HERE))
    with pytest.raises(BackendError) as caught:
        await chat.start()
    assert (caught.value.code, caught.value.item) == ("wecom_address", "203.0.113.7")
    assert await chat.start() == "问数", "another call may do, once it is trusted"


async def test_an_address_that_wecom_does_not_name_is_no_other_error(chat: AppChat, server: Tencent):
    server.fail(AGENT_GET, Refuses(60020, "not allow"))
    with pytest.raises(BackendError) as caught:
        await chat.start()
    assert (caught.value.code, caught.value.item) == ("wecom_address", "")


@pytest.mark.parametrize(
    ("path", "faults"),
    [
        (GETTOKEN, [Status(502)] * 3),
        (GETTOKEN, [Refuses(-1)] * 3),
        (GETTOKEN, [Refuses(45009)]),
        (GETTOKEN, [Cuts()]),
        (GETTOKEN, [Stalls()]),
        (GETTOKEN, [Says({"errcode": 0})]),
        (AGENT_GET, [Status(503)] * 3),
        (AGENT_GET, [Refuses(45009)]),
    ],
    ids=str,
)
async def test_wecom_out_of_reach_is_to_be_tried_again(
    path: str, faults: list[tencent_server.Fault], chat: AppChat, server: Tencent
):
    server.fail(path, *faults)
    with pytest.raises(BackendError) as caught:
        await chat.start()
    assert (caught.value.code, caught.value.item) == ("wecom_unreachable", server.address)
    assert not re.search(f"{SECRET}|access-token", str(caught.value))
    assert await chat.start() == "问数"


async def test_nobody_there_is_to_be_tried_again():
    account = an_account("http://127.0.0.1:1")
    chat = AppChat(a_reception(a_service(Shelf())), account, api=an_api(account))
    with pytest.raises(BackendError) as caught:
        await chat.start()
    assert caught.value.code == "wecom_unreachable"
    await chat.stop()
    chat._reception.desk.close()


async def test_what_comes_before_the_start_is_answered_once_all_is_well(
    answered: Answer, server: Tencent, tmp_path: Path
):
    """The address has to be entered in WeCom before the company can trust ours: calls come first."""
    server.judge = lambda call: Refuses(60020, NOT_FROM_HERE) if call.path in {AGENT_GET, SEND} else None
    async with up(Shelf(lambda _: answered), tmp_path, server, begins=False) as office:
        with pytest.raises(BackendError):
            await office.chat.start()
        assert (await office.write("科创投累计投资多少")).status == 200
        await office.settled()
        assert not server.messages
        server.judge = None
        assert await office.chat.start() == "问数"
        await office.settled()
    assert len(server.messages) == 1


async def test_it_lets_go_of_its_connections(server: Tencent):
    account = an_account(server.address)
    chat = AppChat(a_reception(a_service(Shelf())), account)
    await chat.start()
    client = chat._api._client
    await chat.stop()
    chat._reception.desk.close()
    assert client.is_closed


async def test_an_address_that_is_not_trusted_yet_ends_nothing(
    server: Tencent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Else nobody could set an app up: it takes trusted addresses only once it has called ours."""
    monkeypatch.setattr(serving, "RETRY_SECONDS", 0.0)
    server.fail(AGENT_GET, *[Refuses(60020, NOT_FROM_HERE)] * 2)
    said: list[str] = []
    async with up(Shelf(), tmp_path, server, begins=False) as office:
        running = serving._Running(
            Settings(_env_file=None, home=tmp_path), Shelf(), office.state, said.append
        )  # type: ignore[arg-type, call-arg]
        app = chats.Chat("wecom_app", office.chat.start, office.chat.stop)
        task = asyncio.create_task(serving._answer_in(app, running))
        async with asyncio.timeout(60):
            while len(said) < 3:
                assert not task.done(), task.result()
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert said[0] == said[1]
    assert all(words in said[0] for words in ("203.0.113.7", "企业可信IP", operating.TRYING_AGAIN))
    assert said[2] == "问数"
