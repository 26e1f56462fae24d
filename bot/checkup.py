"""What the doctor finds: the articles and their indexes, the record of answers, the page, the chats."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bot import consoles, mending, operating
from knowledge.errors import WenshuError

if TYPE_CHECKING:
    from bot.channels import platform_api
    from knowledge.build import Wenshu
    from knowledge.settings import Settings


Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one part.

    Attributes:
        ok: True if nothing is to be done.
        lines: What there is, then how to mend it.
    """

    ok: bool
    lines: tuple[str, ...]


def findings(settings: "Settings", wenshu: "Wenshu") -> Iterator[Finding]:
    """What is configured, reachable and indexed, part by part, each looked at by itself."""
    for found in wenshu.diagnose():
        mend = (mending.error(found.problem),) if found.problem else ()
        yield Finding(found.ok, (operating.diagnosis(found), *mend))
    for look in (_record, _model, _page):
        yield _looked(partial(look, settings))
    for name, look_at in _CHATS.items():
        yield _chat(name, look_at, settings)


def _looked(look: Callable[[], str]) -> Finding:
    try:
        return Finding(ok=True, lines=tuple(look().splitlines()))
    except WenshuError as problem:
        return Finding(ok=False, lines=(mending.error(problem),))


def _chat(name: str, look: Callable[["Settings"], str], settings: "Settings") -> Finding:
    """The state of a platform; of one that is configured, where each setting is found too."""
    if not any(getattr(settings, each) for each in consoles.CONSOLES[name].pages):
        return Finding(ok=True, lines=(operating.not_configured(name),))
    found = _looked(partial(look, settings))
    return Finding(
        found.ok, (*found.lines, *consoles.where(name, lambda each: bool(getattr(settings, each))))
    )


def _record(settings: "Settings") -> str:
    from bot.state import State

    with contextlib.closing(State(settings.home / "state.sqlite3")) as state:
        return operating.record(state.n_answers)


def _model(settings: "Settings") -> str:
    """What the language model took this month; whether it answers has been asked with the articles' parts."""
    from bot.state import State

    if not settings.model:
        return operating.NO_MODEL
    since = datetime.now(UTC).date().replace(day=1).isoformat()  # as the days are kept
    with contextlib.closing(State(settings.home / "state.sqlite3")) as state:
        return operating.spent(state.spent(since=since))


def _page(settings: "Settings") -> str:
    return operating.page(settings.web_host, settings.web_port, has_token=settings.web_token is not None)


# -- chats


def _telegram(settings: "Settings") -> str:
    from bot import chats
    from bot.channels import telegram_chat

    account = chats.telegram_account(settings)
    assert account is not None  # noqa: S101 -- it is configured
    return operating.telegram_name(asyncio.run(telegram_chat.name_of_bot(account)))


def _wechat(settings: "Settings") -> str:
    from bot.channels.wechat import account, customer, webhook

    given = account.account(settings)
    assert given is not None  # noqa: S101 -- it is configured
    if given.for_tokens is not None:
        asyncio.run(_with_api(given.for_tokens, customer.check))
    address = operating.called_at(settings.public_url, webhook.PATH)
    return operating.wechat(
        is_verified=given.is_verified, is_sealed=given.aes_key is not None, address=address
    )


def _wecom_app(settings: "Settings") -> str:
    from bot.channels.wecom import accounts, app_chat, app_webhook

    account = accounts.app_account(settings)
    assert account is not None  # noqa: S101 -- it is configured
    name = asyncio.run(_with_api(account.for_tokens, lambda api: app_chat.name_of(api, account)))
    return operating.wecom_app(name, operating.called_at(settings.public_url, app_webhook.PATH))


def _wecom_bot(settings: "Settings") -> str:
    """Whether WeCom is there.  To show the secret would throw out whoever is connected as the bot."""
    from bot.channels.wecom import accounts, bot_socket

    account = accounts.bot_account(settings)
    assert isinstance(account, accounts.BotAccount)  # noqa: S101 -- it is configured
    asyncio.run(bot_socket.reach(account.url))
    return operating.wecom_bot_reached(account.bot_id, account.url)


def _wecom_called_bot(settings: "Settings") -> str:
    from bot.channels.wecom import accounts, bot_webhook

    accounts.bot_account(settings)
    return operating.wecom_called_bot(operating.called_at(settings.public_url, bot_webhook.PATH))


async def _with_api(
    account: "platform_api.Account", look: Callable[["platform_api.Api"], Awaitable[Told]]
) -> Told:
    """Ask a platform's interface something."""
    from bot.channels.platform_api import Api

    api = Api(account)
    try:
        return await look(api)
    finally:
        await api.close()


_CHATS: Mapping[str, Callable[["Settings"], str]] = {
    "telegram": _telegram,
    "wechat": _wechat,
    "wecom_app": _wecom_app,
    "wecom_bot": _wecom_bot,
    "wecom_called_bot": _wecom_called_bot,
}
