"""The chat platforms that the settings name: how each is started and stopped, and where it calls us."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import operating
from bot.channels import telegram_webhook
from bot.channels.platform_api import Api
from bot.channels.telegram_account import Account as TelegramAccount
from bot.channels.telegram_chat import TelegramChat
from bot.channels.wechat import webhook as wechat_webhook
from bot.channels.wechat.account import account as wechat_account
from bot.channels.wechat.chat import WeChatChat
from bot.channels.wechat.customer import Customers
from bot.channels.wecom import app_webhook, bot_webhook
from bot.channels.wecom.accounts import BotAccount, app_account, bot_account
from bot.channels.wecom.app_chat import AppChat
from bot.channels.wecom.bot_called import CallbackBot
from bot.channels.wecom.bot_connected import SocketBot
from knowledge.errors import SettingError

if TYPE_CHECKING:
    from starlette.routing import Route

    from bot.metrics import Metrics
    from bot.reception import Reception
    from knowledge.settings import Settings


@dataclass(frozen=True, slots=True)
class Chat:
    """A platform to answer on.

    Attributes:
        name: As probes, metrics and settings call it.
        start: Begins to answer; returns what to tell the operator.  A `BackendError` says that another call may do.
        stop: Ends; what is under way is kept.
        routes: Where the platform calls us.
    """

    name: str
    start: Callable[[], Awaitable[str]]
    stop: Callable[[], Awaitable[None]]
    routes: tuple["Route", ...] = ()


def chats(settings: "Settings", reception: "Reception") -> list[Chat]:
    """The platforms that the settings name.

    Raises:
        SettingError: They name a part of one, or an address that it won't call.
    """
    found = (each(settings, reception) for each in (_telegram, _wechat, _wecom_app, _wecom_bot))
    return [chat for chat in found if chat is not None]


def check(settings: "Settings") -> None:
    """See that every platform's settings are whole, before anything is begun.

    Raises:
        SettingError: They are not.
    """
    telegram_account(settings)
    wechat_account(settings)
    app_account(settings)
    bot_account(settings)


def telegram_account(settings: "Settings") -> TelegramAccount | None:
    """The bot that the settings name, if they do.

    Raises:
        SettingError: Telegram is to bring updates to an address that it won't: one without https.
    """
    if settings.telegram_token is None:
        return None
    public = settings.public_url.rstrip("/")
    is_own_server = bool(settings.telegram_base_url)  # those that stand beside us take http too
    if public and not is_own_server and not public.lower().startswith("https:"):
        message = (
            f"WENSHU_PUBLIC_URL: expected an https address, got {public!r}; change it, or remove it to poll"
        )
        raise SettingError(message, item="WENSHU_PUBLIC_URL", code="public_url_not_https")
    return TelegramAccount(
        settings.telegram_token.get_secret_value(),
        settings.telegram_base_url or "",
        f"{public}{telegram_webhook.PATH}" if public else "",
    )


def _telegram(settings: "Settings", reception: "Reception") -> Chat | None:
    account = telegram_account(settings)
    if account is None:
        return None
    return telegram(TelegramChat(reception, account), account, reception.metrics)


def telegram(chat: TelegramChat, account: TelegramAccount, metrics: "Metrics") -> Chat:
    """Telegram as one of the platforms."""

    async def start() -> str:
        name = await chat.start()
        return operating.serving(name, sees_all=chat.sees_all)

    return Chat("telegram", start, chat.stop, (telegram_webhook.route(chat, account.secret, metrics),))


def _wechat(settings: "Settings", reception: "Reception") -> Chat | None:
    account = wechat_account(settings)
    if account is None:
        return None
    api = Api(account.for_tokens) if account.is_verified and account.for_tokens else None
    metrics, state = reception.metrics, reception.service.state
    customers = None if api is None else Customers(api, state, metrics, clock=time.time)
    chat = WeChatChat(reception, customers=customers)
    webhook = wechat_webhook.route(chat, account, metrics, clock=time.time)

    async def start() -> str:
        await chat.start()
        address = operating.called_at(settings.public_url, wechat_webhook.PATH)
        sealed = account.aes_key is not None
        return operating.wechat(is_verified=account.is_verified, is_sealed=sealed, address=address)

    return Chat("wechat", start, chat.stop, (webhook,))


def _wecom_app(settings: "Settings", reception: "Reception") -> Chat | None:
    account = app_account(settings)
    if account is None:
        return None
    chat = AppChat(reception, account)
    webhook = app_webhook.route(chat, account, reception.metrics, time.time)

    async def start() -> str:
        return operating.wecom_app(
            await chat.start(), operating.called_at(settings.public_url, app_webhook.PATH)
        )

    return Chat("wecom_app", start, chat.stop, (webhook,))


def _wecom_bot(settings: "Settings", reception: "Reception") -> Chat | None:
    account = bot_account(settings)
    if account is None:
        return None
    if isinstance(account, BotAccount):
        return _connected_bot(SocketBot(reception, account))
    chat = CallbackBot(reception)
    webhook = bot_webhook.route(chat, account, reception.metrics)

    async def start() -> str:
        await chat.start()
        return operating.wecom_called_bot(operating.called_at(settings.public_url, bot_webhook.PATH))

    return Chat("wecom_called_bot", start, chat.stop, (webhook,))


def _connected_bot(chat: SocketBot) -> Chat:
    async def start() -> str:
        return operating.wecom_bot(await chat.start())

    return Chat("wecom_bot", start, chat.stop)
