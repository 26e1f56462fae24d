"""What only the web pages say; what all channels say is in `bot.phrases` and `bot.wording`."""

USEFUL = "有用"
WRONG = "有误"

CORRECT = "已记下，谢谢。若方便，请写下正确的说法。"
"""Above the field for what is right."""

NO_SUCH_PAGE = "没有这一页。地址可能写错了，或文章已不在库里。"
APOLOGY = "抱歉，这一页没能打开，问题已记录。请稍后再试。"
NOT_UNDERSTOOD = "这个请求看不懂。请退回上一页再试。"

EMPTY_DRAFT = "请贴上要核对的文字，或选一个文件。"
DRAFT_TOO_LONG = "文字太长（{n:,} 字），一次最多 2 万字。请分成几段，再分别核对。"

NOT_IT = "口令不对，请再试一次。"

UNDATED = "日期不详"

CHANGED = "这篇文章后来改过，引用的句子已不在原处。"

EXAMPLES = (
    "科创投累计投资多少？",
    "高新技术产业营业收入同比增长多少？",
    "“校企双进”精准对接办了多少场？",
)
"""Questions that the bundled article answers."""

ABOUT_THE_SEED = "搭平台促转化 成都给科技成果“做媒”有实招"
"""Title of the bundled article."""
