"""On which page of a platform's console each setting is found; checked against the platforms' guides in 2026."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

_MP = "微信开发者平台 developers.weixin.qq.com/platform → 我的业务 → 公众号（或服务号）"
_WORK = "企业微信管理后台 work.weixin.qq.com/wework_admin"
_PUSH = "基础信息 → 域名与消息推送配置 → 消息推送配置"
_APP = "应用管理 → 自建 → 该应用"
_RECEIVING = f"{_APP} → 接收消息 → 设置API接收"
_BOT = "安全与管理 → 管理工具 → 智能机器人 → 该机器人 → API 模式"


@dataclass(frozen=True, slots=True)
class Console:
    """Where the settings of a platform are found.

    Attributes:
        name: The console and how to get to it.
        pages: Setting → page.
        calls: Page on which the address that the platform calls us at is entered; empty if it calls nobody.
        addresses: Page on which this machine's address must be entered; empty if none must.
    """

    name: str
    pages: Mapping[str, str]
    calls: str = ""
    addresses: str = ""


CONSOLES: Mapping[str, Console] = {
    "telegram": Console("Telegram", {"telegram_token": "向 @BotFather 发 /newbot"}),
    "wechat": Console(
        _MP,
        {
            "wechat_token": f"{_PUSH} → Token（自己定，3 到 32 个字母和数字）",
            "wechat_aes_key": f"{_PUSH} → EncodingAESKey（安全模式、兼容模式要设）",
            "wechat_app_id": "基础信息 → AppID（有 EncodingAESKey 或已认证的要设）",
            "wechat_app_secret": "基础信息 → 开发密钥 → AppSecret（已认证的要设）",
            "wechat_verified": "基础信息 → 认证状态（已认证的设为 true）",
        },
        calls=_PUSH,
        addresses="基础信息 → 开发密钥 → API IP 白名单",
    ),
    "wecom_app": Console(
        _WORK,
        {
            "wecom_corp_id": "我的企业 → 企业信息 → 企业ID",
            "wecom_agent_id": f"{_APP} → AgentId",
            "wecom_secret": f"{_APP} → Secret",
            "wecom_token": f"{_RECEIVING} → Token",
            "wecom_aes_key": f"{_RECEIVING} → EncodingAESKey",
        },
        calls=_RECEIVING,
        addresses=f"{_APP} → 企业可信IP",
    ),
    "wecom_bot": Console(
        _WORK,
        {
            "wecom_bot_id": f"{_BOT} → 使用长连接 → Bot ID",
            "wecom_bot_secret": f"{_BOT} → 使用长连接 → Secret",
        },
    ),
    "wecom_called_bot": Console(
        _WORK,
        {
            "wecom_bot_token": f"{_BOT} → 使用URL回调 → Token",
            "wecom_bot_aes_key": f"{_BOT} → 使用URL回调 → EncodingAESKey",
        },
        calls=f"{_BOT} → 使用URL回调",
    ),
}
"""By platform."""


def where(platform: str, is_set: Callable[[str], bool]) -> list[str]:
    """A line for the console of a platform, and one for every setting.

    Args:
        platform: One of `CONSOLES`.
        is_set: Whether a setting has a value.

    >>> where("telegram", lambda name: True)
    ['各项设置，在Telegram：', '已设 WENSHU_TELEGRAM_TOKEN：向 @BotFather 发 /newbot']
    """
    console = CONSOLES[platform]
    lines = [
        f"{'已设' if is_set(name) else '未设'} WENSHU_{name.upper()}：{page}"
        for name, page in console.pages.items()
    ]
    return [f"各项设置，在{console.name}：", *lines]


def found(setting: str) -> str:
    """Console and page of one setting.

    >>> found("telegram_token")
    'Telegram → 向 @BotFather 发 /newbot'
    """
    for console in CONSOLES.values():
        if setting in console.pages:
            return f"{console.name} → {console.pages[setting]}"
    raise KeyError(setting)
