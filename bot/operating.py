"""What an operator is told: by the doctor, and while `wenshu serve` runs."""

from typing import TYPE_CHECKING

from bot import consoles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.kept import Spent
    from knowledge.build import Diagnosis

PARTS = {
    "home": "数据目录",
    "catalog": "文章",
    "lexical": "词索引",
    "embedder": "向量模型",
    "vectors": "向量索引",
    "model": "语言模型",
    "telegram": "Telegram",
}
"""What the doctor looks at."""

FACTS = {
    "path": "位置",
    "articles": "篇数",
    "passages": "段数",
    "of": "共",
    "encoding": "切分表",
    "embedder": "模型",
    "dimension": "维数",
    "server": "服务器",
    "output": "输出",
    "took_ms": "应答毫秒",
}
"""What the doctor finds, by name."""

CHATS = {
    "telegram": "Telegram",
    "wechat": "公众号",
    "wecom_app": "企业微信应用",
    "wecom_bot": "企业微信智能机器人（长连接）",
    "wecom_called_bot": "企业微信智能机器人（URL 回调）",
}
"""The chat platforms, as the operator knows them."""


def diagnosis(found: "Diagnosis") -> str:
    """The state of one part in a line."""
    facts = "，".join(
        f"{FACTS.get(name, name)} {value}" for name, value in found.facts.items() if value != ""
    )
    state = facts or ("正常" if found.ok else "有问题")
    return f"{PARTS.get(found.part, found.part)}：{state}"


def record(n_answers: int) -> str:
    """The record of answers can be read."""
    return f"答案记录：{n_answers} 条"


NO_MODEL = "语言模型：没有配置，用文章原文回答。要它来组织文字，请设 WENSHU_MODEL"


def spent(models: "Iterable[Spent]") -> str:
    """What language models took this month.

    >>> spent([])
    '语言模型本月用量：无'
    """
    told = [
        f"{each.model} {each.calls:,} 次（{each.failed:,} 个问题出错），送出 {each.sent:,}、收到 {each.received:,} 词元"
        + (f"，约合 {each.cost:,.2f}" if each.cost else "")
        for each in models
    ]
    return f"语言模型本月用量：{'；'.join(told) or '无'}"


def page(host: str, port: int, *, has_token: bool) -> str:
    """Where the page is served, and whether it asks for a token."""
    return f"网页：{host}:{port}，{'设有口令' if has_token else '没有设口令'}"


def telegram_name(name: str) -> str:
    """The bot that the token is for."""
    return f"Telegram：{name}"


def serving(name: str, *, sees_all: bool) -> str:
    """The bot is up.

    Args:
        name: Of the bot.
        sees_all: Whether groups show it every message.
    """
    told = f"已连接 Telegram：{name}。"
    return told if sees_all else f"{told}\n{GROUP_PRIVACY}"


def not_yet(code: str) -> str:
    """A platform is not there yet; empty for an error of another kind."""
    return f"连不上{_UNREACHED[code]}，{TRYING_AGAIN}" if code in _UNREACHED else ""


def not_configured(chat: str) -> str:
    """A chat platform is not in use."""
    first = next(iter(consoles.CONSOLES[chat].pages))
    return f"{CHATS[chat]}：没有配置。要接入，从 WENSHU_{first.upper()} 设起"


def called_at(public_url: str, path: str) -> str:
    """The address that a platform is to call us at."""
    return f"{public_url.rstrip('/') or 'https://您的域名'}{path}"


def wechat(*, is_verified: bool, is_sealed: bool, address: str) -> str:
    """The Official Account, and where WeChat is to call us."""
    kind = "已认证，答得慢时稍后再发" if is_verified else "未认证，答得慢时请用户回复“继续”"
    mode = "安全模式" if is_sealed else "明文模式"
    return f"公众号：{kind}；{mode}。\n{entered(address, 'wechat')}"


def wecom_app(name: str, address: str) -> str:
    """The app is known, and where WeCom is to call us."""
    return f"企业微信应用：{name}。\n{entered(address, 'wecom_app')}"


def wecom_bot(bot_id: str) -> str:
    """The bot is connected."""
    return f"已连接企业微信智能机器人：{bot_id}。"


def wecom_bot_reached(bot_id: str, url: str) -> str:
    """The doctor has seen WeCom's server, without showing it the secret."""
    return f"企业微信智能机器人：{bot_id}，能连到 {url}；Secret 由 wenshu serve 启动时核对"


def wecom_called_bot(address: str) -> str:
    """The bot waits for WeCom's calls."""
    return f"企业微信智能机器人：等企业微信来调用。\n{entered(address, 'wecom_called_bot')}"


def entered(address: str, chat: str) -> str:
    """The address that a platform calls us at, and where it is entered."""
    return f"服务器地址（URL）填 {address} ，在“{consoles.CONSOLES[chat].calls}”"


def serving_page(address: str) -> str:
    """The web page is up."""
    return f"网页：{address} （按 Ctrl-C 停止）"


GROUP_PRIVACY = "在群里 @它或回复它即可提问；若群里没有反应，请在 @BotFather 用 /setprivacy 关闭隐私模式。"
OPEN_TO_ALL = (
    "注意：网页没有设口令，能连到这台机器的人都能用。要加口令，请设 WENSHU_WEB_TOKEN（至少 16 个字符）。"
)
SERVING_CHATS = "正在连接聊天渠道……"
NO_CHATS = """还没有连接聊天渠道。
要在企业微信里使用：在管理后台建一个智能机器人（长连接），设 WENSHU_WECOM_BOT_ID 和 WENSHU_WECOM_BOT_SECRET。
要在公众号里使用：设 WENSHU_WECHAT_TOKEN，在微信开发者平台的消息推送配置里填同一个 Token。
要在 Telegram 里使用：向 @BotFather 发 /newbot 取得令牌，设为 WENSHU_TELEGRAM_TOKEN。
设好后再运行 wenshu serve；各平台的步骤见 docs/connecting.zh-CN.md。"""
TRYING_AGAIN = "稍后再试；网页照常可用。"
_UNREACHED = {
    "telegram_unreachable": "Telegram",
    "wechat_unreachable": "微信服务器",
    "wecom_unreachable": "企业微信服务器",
}
STOPPED = "已停止。"
