"""An Official Account of ours, out of the settings."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.channels import platform_api
from bot.channels.platform_api import incomplete

if TYPE_CHECKING:
    from pydantic import SecretStr

    from knowledge.settings import Settings

CHANNEL = "wechat"


@dataclass(frozen=True, slots=True)
class Account:
    """An Official Account.

    Attributes:
        token: Of its server settings.
        aes_key: Of them, or None if messages come in plain.
        app_id: AppID; may be empty for an account that is neither sealed nor verified.
        app_secret: AppSecret, or None.
        is_verified: Whether we may send of our own accord.
        api_url: Address of WeChat's interface.
    """

    token: "SecretStr" = field(repr=False)
    aes_key: "SecretStr | None" = field(repr=False)
    app_id: str
    app_secret: "SecretStr | None" = field(repr=False)
    is_verified: bool
    api_url: str

    @property
    def for_tokens(self) -> platform_api.Account | None:
        """How access tokens are asked for; None without a secret."""
        if self.app_secret is None:
            return None
        fields = {
            "grant_type": "client_credential",
            "appid": self.app_id,
            "secret": self.app_secret.get_secret_value(),
        }
        return platform_api.Account(
            "wechat", self.api_url, "/cgi-bin/stable_token", "POST", fields, {"force_refresh": True}
        )


def account(settings: "Settings") -> Account | None:
    """The account that the settings name, if they do.

    Raises:
        SettingError: They name a part of it.
    """
    given = (settings.wechat_aes_key, settings.wechat_app_id, settings.wechat_app_secret)
    if settings.wechat_token is None:
        if any(given) or settings.wechat_verified:
            raise incomplete("WENSHU_WECHAT_TOKEN")
        return None
    if not settings.wechat_app_id and (settings.wechat_aes_key or settings.wechat_verified):
        raise incomplete("WENSHU_WECHAT_APP_ID")
    if settings.wechat_app_secret is None and settings.wechat_verified:
        raise incomplete("WENSHU_WECHAT_APP_SECRET")
    return Account(
        settings.wechat_token,
        settings.wechat_aes_key,
        settings.wechat_app_id,
        settings.wechat_app_secret,
        settings.wechat_verified,
        settings.wechat_api_url.rstrip("/"),
    )
