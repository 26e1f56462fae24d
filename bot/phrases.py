"""What is said in a conversation besides answers: commands, feedback, limits.  Beside `bot.wording`."""

from collections.abc import Iterable, Sequence

from knowledge.schema import Article, Citation

START = "您好，我是问数。"

_HELP = """我只回答文章里写明的数字，并给出数字所在的原句。
直接提问即可，例如：科创投累计投资多少？
可以接着问：那科创贷呢？去年呢？发“新话题”就不再接着上文。
也可以问是非题：科创贷放款有没有超过150亿元？
文章里没有的，我会直说没有，并给出最接近的原文。
把稿子贴给我，或写“核对：……”，我会逐个核对里面的数字：支持、不符，还是查无依据。{files}
答案下面可看原文、上下文；没有按钮时回复数字（如 1）看原文，回复“上下文”“有用”“有误”。
{groups}"""
_FILES = ".docx .pdf .txt 文件也可以直接发来。"
_GROUPS = "群里请 @我，或回复我的消息再问。"
_PRIVATE_ONLY = frozenset({"wechat"})
"""Platforms that bring neither files nor groups."""


def help_on(channel: str) -> str:
    """What can be done on a platform.

    >>> "文件" in help_on("telegram"), "文件" in help_on("wechat"), "群里" in help_on("wechat")
    (True, False, False)
    """
    is_private = channel in _PRIVATE_ONLY
    return _HELP.format(files="" if is_private else _FILES, groups="" if is_private else _GROUPS).strip()


EMPTY = "请提一个问题，例如：科创投累计投资多少？"
HOW_TO_ASK = "请把问题写在后面，例如：/ask 科创投累计投资多少"
UNKNOWN_COMMAND = "没有这个命令。发 /help 看看我能做什么。"
APOLOGY = "抱歉，这次没能答出来，出错的原因已记入日志。请稍后再试。"

OUT_OF_ORDER = "现在暂时答不了，原因已记入日志，请告诉管理员。稍后可以再试。"
BUSY = "正在收录别的文章，请过一会儿再发“入库”。"

_HOW_TO_CHECK = """请把要核对的文字写在后面，例如：
核对：截至2021年底，科创投累计投资23.62亿元。
也可以把整段稿子直接贴给我{files}。"""


def how_to_check_on(channel: str) -> str:
    """What is said to who orders a check of nothing."""
    return _HOW_TO_CHECK.format(files="" if channel in _PRIVATE_ONLY else "，或发来 .docx .pdf .txt 文件")


COMMANDS = (
    ("start", "开始使用"),
    ("help", "我能做什么"),
    ("ask", "提一个问题"),
    ("check", "核对一段文字里的数字"),
    ("sources", "上一个答案的出处"),
    ("article", "看原文"),
    ("new", "换个话题"),
    ("feedback", "反馈意见"),
)
"""The menu of a chat."""

MENU = (
    ("怎么提问", "/help"),
    ("看出处", "/sources"),
    ("换话题", "/new"),
)
"""The buttons below a chat with WeChat or WeCom, and what each orders; at most three, of at most 16 bytes."""

OPEN_ARTICLE = "看原文"
CONTEXT = "上下文"
USEFUL = "👍 有用"
WRONG = "👎 有误"

NO_LAST_ANSWER = "前面还没有答案。请先提一个问题。"
NO_CITATION = "这个答案没有引用原文。"
NO_MORE = "后面没有了。"
ARTICLE_GONE = "这篇文章已不在库里，看不到原文了。"
ARTICLE_CHANGED = "这篇文章刚有更新，从头看起："
SENTENCE_GONE = "文章已有更新，引用的那句话不在里面了。现在的全文："
SENTENCE_GONE_ASK = "文章已有更新，引用的那句话不在里面了。请重新提问。"
STALE = "这条答案已经失效，请重新提问。"
NEW_TOPIC = "好的，换个新话题。请提问。"
NOTHING_FOUND = "没有找到标题里有“{words}”的文章。"
NEWEST = "库里共 {n} 篇文章，最新的是："
FOUND = "标题里有“{words}”的文章共 {n} 篇："
HOW_TO_OPEN = "发“原文 标题里的几个字”可打开其中一篇。"

THANKS = "已记下，谢谢。"
THANKS_FOR_SAYING = "已记下您说的，谢谢。我们会用它来改进。"
WHAT_IS_RIGHT = "已记下，谢谢。正确的应该是什么？直接回复一句即可；不想说也可以接着提问。"
HOW_TO_FEEDBACK = "请把意见写在后面，例如：反馈：单位应为亿元"

TOO_FAST = "您问得有点快，请 {seconds} 秒后再试。"
CROWDED = "现在问的人太多，请稍后再试。"
WAITING = "排队中：前面还有 {n} 条，轮到就答，不用重发。"

NOT_ADMIN = "只有管理员可以收录文章。"
NO_UPLOAD = "没有等待收录的文件。请先把文件发来，再发“入库”。"
CAN_INGEST = "要把这个文件收录为文章，请发“入库”。"
FILE_TOO_LARGE = "文件太大（超过 {megabytes} MB），请拆成几份再发。"
FILE_KIND = "看不了“{suffix}”这种文件。可发 .docx .pdf .txt .md .html，或直接贴文字。"
NO_FILE_SUFFIX = "这个文件没有后缀，不知道是哪种文件。可发 .docx .pdf .txt .md .html，或直接贴文字。"
FILE_LOST = "没能从聊天平台取到这个文件，请再发一次。"
NOT_TEXT = "我只看得懂文字和文件（.docx .pdf .txt）。请把问题打出来。"
NOT_WORDS = {
    "image": "收到您的图片了，可惜我只看得懂文字。请把问题打出来。",
    "voice": "收到您的语音了，可惜我只看得懂文字。请把问题打出来。",
    "video": "收到您的视频了，可惜我只看得懂文字。请把问题打出来。",
    "location": "收到您的位置了，可惜我只看得懂文字。请把问题打出来。",
    "link": "收到您的链接了，可惜我打不开它。请把要核对的文字贴过来，或把问题打出来。",
    "file": "收到您的文件了，可惜这里打不开它。请把要核对的文字贴过来，或在网页上核对。",
}
"""What is said to messages without words, by the platform's kind; to any other, `ONLY_WORDS`."""
ONLY_WORDS = "可惜我只看得懂文字。请把问题打出来。"
STILL_WORKING = "还在查，请过几秒回复“继续”查看答案。"
LOOKING_UP = "正在查……"
WILL_FOLLOW = "还在查，查到了就发给您。"
NO_CARD = "文章里没有找到答案，点这里看怎么提问"


def understood(question: str) -> str:
    """How a follow-up was read."""
    return f"您问的是：{question}"


def checked(draft: str) -> str:
    """Which draft was checked."""
    return f"您核对的是：{draft}"


def no_such_citation(label: int | None, labels: Sequence[int]) -> str:
    """The number that was given is no citation's; those that are."""
    return f"没有编号为 [{label}] 的引文，可看 {'、'.join(f'[{each}]' for each in labels)}。"


def more(n_left: int) -> str:
    """There is more of an article."""
    return f"（还有 {n_left} 字，回复“继续”往下看）"


_REPLIES = {"/context": "上下文", "/useful": "有用", "/wrong": "有误"}


def replies(labels: Sequence[int], orders: Iterable[str]) -> str:
    """What may be replied where there are no buttons.

    >>> replies([1, 2], ["/context 7 1", "/useful 7"])
    '回复 1、2 看原文；也可回复：上下文、有用'
    """
    shown = f"回复 {'、'.join(map(str, labels))} 看原文" if labels else ""
    words = [_REPLIES[name] for order in orders if (name := order.partition(" ")[0]) in _REPLIES]
    others = f"{'也' if labels else ''}可回复：{'、'.join(words)}" if words else ""
    return "；".join(filter(None, (shown, others)))


def more_parts(n_left: int) -> str:
    """There is more of a reply that is given out a piece at a time."""
    return f"（还有 {n_left} 条，回复“继续”查看）"


def with_more(text: str, n_left: int) -> str:
    """A piece of such a reply, with word of those that 继续 brings."""
    return f"{text}\n\n{more_parts(n_left)}" if n_left else text


def head(article: Article | Citation, day: str, untitled: str) -> str:
    """An article in a line: title, paper, day."""
    return " ".join(part for part in (f"《{article.title or untitled}》", article.source, day) if part)
