"""What a follow-up says, without courtesies, particles and words of correction: 谢谢，那科创贷呢？ says 科创贷."""

import re
from dataclasses import dataclass

from knowledge.frame import ANCHOR
from knowledge.question import Ask, analyse
from knowledge.terms import Tokenize
from knowledge.timing import WORDS

_LONGEST = 40
"""Characters of a follow-up; longer texts say all they mean."""

_LEAD = re.compile(
    r"(?:请问|麻烦|好的|谢谢|多谢|嗯+|哦+|噢|喔|啊|对了|那么|另外|然后|顺便|再?(?:帮我|给我)?(?:问|查|看)(?:一下|下|问|看)"
    r"|我?想(?:再)?(?:问|知道|看看|了解)(?:一下|下)?(?!的是)|不好意思|抱歉|哎|诶|欸|ok|OK"
    r"|那(?![个些家位场次篇份年天种款座项条时里边么]))[\s,，、。!！:：]*"
)
_CORRECTION = re.compile(
    r"(?:(?:不是|不对|不|错了|搞错了|说错了)[,，、。!！\s]+是?|(?:我(?:是)?(?:想)?(?:问|说|指|要)的?是|我(?:是)?(?:问|说)的?|换成|换|改成|改为|改|要是|如果是|还有|以及|再看看|应该是)[:：,，]?)"
)
_TAIL = re.compile(r"(?:[\s?？。!！~…,，]|谢谢(?:你|您|啦|了)?|多谢|啊|呀|哦|哈|嘛|呐|哪$)+$")
_NE = re.compile(
    r"(?:的)?(?:话|情况|数据|数字)?(?:是?(?:怎么样|怎样|如何|咋样))?呢$|的?(?:情况|数据)?(?:怎么样|怎样|如何|咋样)$"
)
_NEVER = re.compile(
    r"为什么|为啥|为何|怎么(?!样)|原因|意思|什么是|含义|帮我|写|总结|翻译|你|解释|介绍|详细|继续|取消|退出|帮助|^/|原来|明白|知道了|好吧|ok$"
)
_PRONOUN = re.compile(
    r"(?:它们?|他们?|她们?|其(?!中|他|它|余|实|次)|该(?:公司|机构|企业|集团|单位|医院|市|省|县|校|行|院|国|活动|项目|产品|基金|平台|地区|队)"
    r"|(?:这|那)(?:家|个|些|项|场|次|座|支)(?:公司|机构|企业|集团|单位|医院|城市|省|学校|银行|活动|项目|产品|基金|平台|地区|球队|国家)|公司(?=的))(?:自己)?的?"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A follow-up without courtesies.

    Attributes:
        text: What it says, without time.
        time: The time it names; empty if none.
        open: True if it only names something (…呢, 换成…, 我问的是…).
        pronoun: True if 它, 该公司 led it.
        doubts: True if it ended with a question mark.
    """

    text: str
    time: str
    open: bool
    pronoun: bool
    doubts: bool


def said(text: str, tokenize: Tokenize) -> Said | None:
    """What a text says, or None if it says nothing that could follow a question."""
    if not 0 < len(text) <= _LONGEST:
        return None
    doubts = re.search(r"[?？]\W*$", text) is not None
    core, corrected = _unled(_TAIL.sub("", text))
    bare = _NE.sub("", core)
    opened = bare != core or corrected
    if not bare or _NEVER.search(core) or (_is_idle(core, tokenize) and not doubts):
        return None
    pronoun = _PRONOUN.match(bare)
    bare = bare[pronoun.end() :] if pronoun else bare
    if opened:
        bare = re.sub(r"的$", "", bare)
    time, bare = _timed(bare, tokenize)
    return Said(bare, time, opened, pronoun is not None, doubts)


def _is_idle(text: str, tokenize: Tokenize) -> bool:
    """Whether a text is small talk, an order or a statement."""
    return analyse(text, tokenize=tokenize).ask is Ask.NOTHING


def _unled(text: str) -> tuple[str, bool]:
    """The text without courtesies and words of correction in front, and whether there were any of correction."""
    corrected = False
    while True:
        correction = _CORRECTION.match(text)
        match = correction or _LEAD.match(text)
        if match is None or match.end() in {0, len(text)}:
            return text, corrected
        corrected = corrected or correction is not None
        text = text[match.end() :]


def _timed(text: str, tokenize: Tokenize) -> tuple[str, str]:
    """The time that a text names, and the rest of it."""
    periods = analyse(text, tokenize=tokenize, anchor=ANCHOR).periods
    spans = [(p.start, p.end) for p in periods]
    word = WORDS.search(text)
    if word and (not spans or word.start() < spans[0][0]):
        spans = [word.span()]
    if len(spans) != 1:
        return "", text
    start, end = spans[0]
    rest = (text[:start] + re.sub(r"^的", "", text[end:])).strip()
    return text[start:end], re.sub(r"的$", "", rest) if not text[end:].strip("的") else rest
