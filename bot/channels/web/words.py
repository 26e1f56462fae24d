"""What the web says in its own name: why a request was not served, and what the API is for."""

from collections.abc import Mapping
from typing import Any

from bot import phrases

REFUSED: Mapping[str, str] = {
    "bad_host": "请求的主机名写得不对。",
    "foreign_host": "这里不认这个主机名。",
    "too_fast": "请求太快，请稍后再试。",
    "unsigned": "请先登录，或带上访问令牌。",
    "foreign_origin": "不接受别的网站发来的请求。",
    "bad_length": "请求的长度写得不对。",
    "too_large": "请求太大。",
    "not_found": "没有这个地址。",
    "wrong_method": "这个地址不接受这种请求方法。",
    "bad_request": "请求写得不对。",
    "not_json": "请求应为 JSON：请把 Content-Type 设为 application/json。",
    "bad_json": "请求不是完整的 JSON。",
    "no_answer": "没有这个编号的答案，或它不是答给您的。",
    "crowded": phrases.CROWDED,
    "unavailable": "问数暂时不能回答，请稍后再试；管理员可运行 wenshu doctor 查看原因。",
    "unforeseen": "意外出错，已记入日志。请稍后再试。",
}
"""By code."""

USAGE: Mapping[str, str] = {
    "empty_question": "问题是空的。请写一个问题，例如：科创投累计投资多少",
    "empty_draft": "要核对的文字是空的。",
    "no_article": "没有这个编号的文章。GET /api/articles 可列出各篇的 id。",
}
"""By code, where the command line's own words would send a program to the command line."""

NOT_AN_OBJECT = "请求应为一个 JSON 对象。"

_INVALID: Mapping[str, str] = {
    "missing": "不能缺少",
    "string_type": "应为文字",
    "string_unicode": "不是完整的文字",
    "string_too_short": "不能为空",
    "string_too_long": "最多 {max_length} 字",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "数太大",
    "int_from_float": "应为整数",
    "bool_type": "应为 true 或 false",
    "greater_than_equal": "至少为 {ge}",
    "less_than_equal": "至多为 {le}",
    "list_type": "应为数组",
    "too_long": "最多 {max_length} 项",
    "model_type": "应为对象",
}


def invalid(field: str, kind: str, bounds: Mapping[str, Any]) -> str:
    """What is wrong with a field.

    >>> invalid("question", "string_too_long", {"max_length": 2000}), invalid("sources.0", "odd", {})
    ('question 最多 2000 字。', 'sources.0 写法不对。')
    """
    return f"{field} {_INVALID.get(kind, '写法不对').format(**bounds)}。"


API_TITLE = "问数"
API_ABOUT = (
    "回答文章里写明的数字，并给出数字所在的原句；核对稿子里的每一处数字。"
    "出错时一律返回 error：code 稳定，message 给人看，field 指明哪一项。"
)
TOKEN_ABOUT = "设了 WENSHU_WEB_TOKEN 时必需。"  # noqa: S105 -- a name, not the token

SUMMARIES: Mapping[str, str] = {
    "ask": "回答一个问题（不记上文）",
    "chat": "对话：可接着问、贴稿子、发命令",
    "press": "按下回复里的一个按钮",
    "check": "核对一段文字里的数字",
    "feedback": "说一个答案有用或有误",
    "articles": "按标题或来源列出文章，新的在前",
    "article": "一篇文章的全文",
    "figures": "一篇文章里的所有数字",
    "queue": "正在回答和排队的各有多少",
}
"""By the name of an operation."""

ANSWER_NUMBER = "答案的编号，反馈时用"
ARTICLE_ID = "文章的 id；其中的 / # ? % 等须按百分号编码"
ERRORS: Mapping[int, str] = {
    400: "请求写得不对",
    401: "没有令牌，或令牌不对",
    403: "来自别的网站",
    404: "没有",
    413: "请求太大",
    415: "不是 JSON",
    421: "不认这个主机名",
    429: "太快",
    500: "意外出错",
    503: "人太多，或暂时不能回答",
}
"""By status."""
