"""What WeCom knows us by, out of the settings."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.channels import platform_api
from bot.channels.platform_api import incomplete
from knowledge.errors import SettingError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from knowledge.settings import Settings

CHANNEL = "wecom"


@dataclass(frozen=True, slots=True)
class AppAccount:
    """An app of ours (自建应用).

    Attributes:
        corp_id: Of the company.
        agent_id: Of the app.
        secret: Of the app.
        token: Of its callback.
        aes_key: Of its callback.
        api_url: Address of WeCom's interface.
        format: How messages are written: markdown or text.
    """

    corp_id: str
    agent_id: int
    secret: "SecretStr" = field(repr=False)
    token: "SecretStr" = field(repr=False)
    aes_key: "SecretStr" = field(repr=False)
    api_url: str
    format: str

    @property
    def for_tokens(self) -> platform_api.Account:
        """How access tokens are asked for."""
        fields = {"corpid": self.corp_id, "corpsecret": self.secret.get_secret_value()}
        return platform_api.Account("wecom", self.api_url, "/cgi-bin/gettoken", "GET", fields)


@dataclass(frozen=True, slots=True)
class BotAccount:
    """A bot of ours (智能机器人) that we connect to.

    Attributes:
        bot_id: Its ID.
        secret: Of the connection.
        url: Where the connection leads.
    """

    bot_id: str
    secret: "SecretStr" = field(repr=False)
    url: str


@dataclass(frozen=True, slots=True)
class CalledBot:
    """A bot of ours that WeCom calls us for.

    Attributes:
        token: Of its callback.
        aes_key: Of its callback.
    """

    token: "SecretStr" = field(repr=False)
    aes_key: "SecretStr" = field(repr=False)


def app_account(settings: "Settings") -> AppAccount | None:
    """The app that the settings name, if they do.

    Raises:
        SettingError: They name a part of it.
    """
    names = ("wecom_corp_id", "wecom_agent_id", "wecom_secret", "wecom_token", "wecom_aes_key")
    given = _whole(settings, *names)
    if given is None:
        return None
    corp_id, agent_id, secret, token, aes_key = given
    url = settings.wecom_api_url.rstrip("/")
    return AppAccount(corp_id, agent_id, secret, token, aes_key, url, settings.wecom_format)


def bot_account(settings: "Settings") -> BotAccount | CalledBot | None:
    """The bot that the settings name, if they do.

    Raises:
        SettingError: They name a part of it, or two ways to reach it.
    """
    connected = _whole(settings, "wecom_bot_id", "wecom_bot_secret")
    called = _whole(settings, "wecom_bot_token", "wecom_bot_aes_key")
    if connected and called:
        message = "WENSHU_WECOM_BOT_TOKEN: a bot is reached one way; remove it, or WENSHU_WECOM_BOT_ID"
        raise SettingError(message, item="WENSHU_WECOM_BOT_TOKEN", code="wecom_bot_both")
    if connected:
        bot_id, secret = connected
        return BotAccount(bot_id, secret, settings.wecom_bot_url)
    if called:
        token, aes_key = called
        return CalledBot(token, aes_key)
    return None


def _whole(settings: "Settings", *names: str) -> tuple[Any, ...] | None:
    """All of some settings; None if none of them is given.

    Raises:
        SettingError: Some are missing.
    """
    given = tuple(getattr(settings, name) for name in names)
    missing = [f"WENSHU_{name.upper()}" for name, value in zip(names, given, strict=True) if not value]
    if len(missing) == len(names):
        return None
    if missing:
        raise incomplete(missing[0])
    return given
