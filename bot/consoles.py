"""On which page of a platform's console each setting is found; checked against the platforms' guides in 2026."""

from collections.abc import Mapping

_MP = "微信开发者平台 developers.weixin.qq.com/platform → 我的业务 → 公众号（或服务号）→ 基础信息"
_PUSH = f"{_MP} → 域名与消息推送配置 → 消息推送配置"
_WORK = "企业微信管理后台 work.weixin.qq.com/wework_admin"
_APP = f"{_WORK} → 应用管理 → 自建 → 该应用"
_BOT = f"{_WORK} → 安全与管理 → 管理工具 → 智能机器人 → 该机器人 → API 模式"

WECHAT_ADDRESSES = f"{_MP} → 开发密钥 → API IP 白名单"
WECOM_ADDRESSES = f"{_APP} → 企业可信IP"

PAGES: Mapping[str, Mapping[str, str]] = {
    "telegram": {"telegram_token": "在 Telegram 里向 @BotFather 发 /newbot"},
    "wechat": {
        "wechat_token": f"{_PUSH} → Token（自己定，两边相同）",
        "wechat_aes_key": f"{_PUSH} → EncodingAESKey（明文模式不用设）",
        "wechat_app_id": f"{_MP} → AppID",
        "wechat_app_secret": f"{_MP} → 开发密钥 → AppSecret（未认证的不用设）",
        "wechat_verified": f"{_MP} → 认证状态：已认证则设为 true",
    },
    "wecom_app": {
        "wecom_corp_id": f"{_WORK} → 我的企业 → 企业信息 → 企业ID",
        "wecom_agent_id": f"{_APP} → AgentId",
        "wecom_secret": f"{_APP} → Secret",
        "wecom_token": f"{_APP} → 接收消息 → 设置API接收 → Token",
        "wecom_aes_key": f"{_APP} → 接收消息 → 设置API接收 → EncodingAESKey",
    },
    "wecom_bot": {
        "wecom_bot_id": f"{_BOT} → 使用长连接 → Bot ID",
        "wecom_bot_secret": f"{_BOT} → 使用长连接 → Secret",
    },
    "wecom_called_bot": {
        "wecom_bot_token": f"{_BOT} → 使用URL回调 → Token",
        "wecom_bot_aes_key": f"{_BOT} → 使用URL回调 → EncodingAESKey",
    },
}
"""By platform: setting → where its value is found, or entered."""


def where(platform: str) -> list[str]:
    """A line for every setting of a platform.

    >>> where("telegram")
    ['WENSHU_TELEGRAM_TOKEN：在 Telegram 里向 @BotFather 发 /newbot']
    """
    return [f"WENSHU_{name.upper()}：{page}" for name, page in PAGES[platform].items()]


def entered(address: str, platform: str) -> str:
    """The address that a platform calls us at, and where it is entered."""
    page = {
        "wechat": _PUSH,
        "wecom_app": f"{_APP} → 接收消息 → 设置API接收",
        "wecom_called_bot": f"{_BOT} → 使用URL回调",
    }
    return f"服务器地址（URL）{address} 填在：{page[platform]}"
