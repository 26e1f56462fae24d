"""What an inbound text wants: an answer, a check of its figures, or a command."""

import re
from dataclasses import dataclass
from enum import StrEnum

from knowledge.figures import scan
from knowledge.question import Ask, asked
from knowledge.schema import Kind
from knowledge.words import fold

CHECK = "/check"
"""The command, and what 核对 stands for."""

COMMANDS = (
    *("/start", "/help", "/ask", CHECK, "/sources", "/article", "/context", "/more", "/new"),
    *("/feedback", "/useful", "/wrong", "/ingest"),
)
"""All commands; what a user may write for one is in `_WORDS`."""

_WORDS = {
    "帮助": "/help",
    "来源": "/sources",
    "出处": "/sources",
    "原文": "/article",
    "看原文": "/article",
    "上下文": "/context",
    "继续": "/more",
    "新话题": "/new",
    "反馈": "/feedback",
    "有用": "/useful",
    "有误": "/wrong",
    "入库": "/ingest",
}  # fmt: skip
"""What a user writes in place of a command, alone or before a colon, a blank or a number."""

LONG = 80
"""Characters: a longer text that asks nothing is no key words but a draft."""

SEVERAL = 2
"""Figures that make a text which asks nothing a draft."""


class Want(StrEnum):
    """What is to be done with a text."""

    ASK = "ask"
    """Answer it."""

    CHECK = "check"
    """Check the figures of a draft."""

    CONFIRM = "confirm"
    """Say whether the asker's own figure is right."""

    COMMAND = "command"
    """Obey it."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a text goes.

    Attributes:
        want: What is to be done.
        text: The question; the draft; what is to be confirmed, put as a statement; or what follows the command.
        command: Of COMMAND, its name: one of `COMMANDS`, or another that opens with `/`.
    """

    want: Want
    text: str
    command: str = ""


_ORDER = re.compile(
    r"(?:/check|(?:[请您你]|麻烦|帮我|帮忙)*核[对查](?:一下|下)?(?:这段|这篇|以下|下面|如下)?(?:文字|话|稿子|内容|数字)?)"
    r"(?:[\s:：，,]+|$)",
    re.IGNORECASE,
)
"""What opens an order to check."""

_ASKS_LAST = re.compile(
    r"[?？][”’」』）)\s]*$|(?:[吗呢么吧]|没有?|属实)[。!！\s]*$|多少|对不对|是不是|有没有"
)
"""How a long text shows, in its last sentence, that it asks; 几, 如何 and 包括 stand in any draft."""

_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")

_REACHED = re.compile(
    r"有没有|([超过到达够])没\1|够不够|不到[?？!！。\s]*$|是否(?:已经?)?(?:超|过|突?破|达|到)|(?:了[吗么]|没有?)[?？!！。\s]*$"
)
"""What asks how a figure compares with the asker's (达到1000项了吗), not whether that one is right: 1093 is a yes."""

_ASKING = re.compile(
    r"是否|([一-鿿])不(?=\1)"
    r"|[，,。？?\s]*(?:对不对|是不是|(?:[对是]|属实|没错|准确|正确)?(?:这样|真|对)?的?[吗吧么呢]|属实|真的假的)?[\s?？!！。啊呀]*$"
)
"""The words that make a question of a statement; without them 23亿对吗 counts no pairs."""

_NAMES = frozenset({Kind.ORDINAL, Kind.IDENTIFIER})


_WORD = re.compile(
    rf"/?({'|'.join(sorted(_WORDS, key=len, reverse=True))})(?:[\s:：，,]+(.+)|\s*(\d{{1,2}}))?[\s:：，,。.！!]*",
    re.DOTALL,
)

_NUMBER = re.compile(r"\[?(\d)\]?")
"""A citation's number, alone: show where it stands."""


def route(text: str, *, pasted: bool = False) -> Route:
    """Where a text goes.

    Args:
        text: What the user wrote, without blanks around it; not empty.
        pasted: True if it is somebody else's words: what states figures is a draft.

    >>> route("2021年科创投累计投资多少").want.value, route("科创投投了23.62亿对吗？")
    ('ask', Route(want=<Want.CONFIRM: 'confirm'>, text='科创投投了23.62亿', command=''))
    >>> route("核对：科创投投了23.62亿。").text
    '科创投投了23.62亿。'
    >>> route("原文2"), route("有误：是23.26亿元").command
    (Route(want=<Want.COMMAND: 'command'>, text='2', command='/article'), '/wrong')
    """
    folded = fold(text)
    if order := _ORDER.match(folded):
        draft = text[order.end() :]
        return _checked(draft) if draft else Route(Want.COMMAND, "", CHECK)
    if command := _command(text, folded):
        return command
    if pasted and _n_figures(folded):
        return Route(Want.CHECK, text)
    return _checked(text) if _is_draft(folded) or _doubts(folded) else Route(Want.ASK, text)


def asks(text: str) -> bool:
    """Whether a text asks anything.

    >>> asks("那科创贷呢？"), asks("应该是23.26亿元")
    (True, False)
    """
    folded = fold(text)
    return asked(folded) is not Ask.NOTHING or _ASKS_LAST.search(folded) is not None


def _command(text: str, folded: str) -> Route | None:
    """The command that a text is, with what follows it; None if it is none."""
    if named := _WORD.fullmatch(folded):
        rest = next((text[slice(*named.span(group))] for group in (2, 3) if named.group(group)), "")
        return Route(Want.COMMAND, rest.strip(), _WORDS[named.group(1)])
    if number := _NUMBER.fullmatch(folded):
        return Route(Want.COMMAND, number.group(1), "/article")
    if text.startswith("/"):
        words = text.split(maxsplit=1)
        return Route(Want.COMMAND, "".join(words[1:]), words[0].lower())
    return None


def _checked(text: str) -> Route:
    folded = fold(text)
    return Route(Want.CONFIRM, _statement(text, folded)) if _doubts(folded) else Route(Want.CHECK, text)


def _doubts(folded: str) -> bool:
    """Whether a text asks if a figure of its own is right."""
    return asked(folded) is Ask.YES_NO and not _REACHED.search(folded) and not _is_pasted(folded)


def _is_draft(folded: str) -> bool:
    """Whether a text states figures and asks nothing."""
    if _is_pasted(folded):
        return True
    n_figures = _n_figures(folded)
    finished = n_figures > 0 and folded.endswith(("。", "！", "!"))
    return (finished or n_figures >= SEVERAL or len(folded) > LONG) and asked(folded) is Ask.NOTHING


def _is_pasted(folded: str) -> bool:
    """Whether a text is a draft whatever words of asking stand in it: long, with figures, and no question last."""
    sentences = _SENTENCE.findall(folded)
    asks = bool(sentences) and _ASKS_LAST.search(sentences[-1]) is not None
    return len(folded) > LONG and not asks and _n_figures(folded) >= SEVERAL


def _n_figures(folded: str) -> int:
    """How many figures a text states; dates count beside a figure, for a question names one too."""
    found = scan(folded)
    n_quantities = sum(quantity.kind not in _NAMES for quantity in found.quantities)
    return n_quantities + len(found.periods) if n_quantities else 0


def _statement(text: str, folded: str) -> str:
    """A question of yes or no put as a statement: what only asks is left out."""
    kept, at = "", 0
    for asking in _ASKING.finditer(folded):
        kept, at = kept + text[at : asking.start()], asking.end()
    return kept + text[at:]
