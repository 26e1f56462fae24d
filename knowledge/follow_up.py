"""An elliptical follow-up in a chat (那科创贷呢？ 去年呢？ 多少家？) made a whole question, without a language model.

The question before is taken into slots (`frame`); what the follow-up says goes into the slot it fits, the rest stays.
Nothing is guessed: what does not fit a slot gives no reading, and what is whole by itself is left alone.
"""

import re
from collections.abc import Callable, Iterable

from knowledge import utterance
from knowledge.frame import CHANGE, MODE, Atom, Frame, framed
from knowledge.question import Ask, Question, analyse, asked
from knowledge.slots import fitted
from knowledge.statistic import DOWN, UP, statistic_of
from knowledge.terms import Tokenize
from knowledge.timing import retimed
from knowledge.utterance import Said

_MOST = 3
"""Readings worth trying."""

_NUMBER = r"(?:(?:这|那|该|上面|刚才)(?:个|些)?(?:的)?)?(?:话|数据?|数字|结果|金额|消息|信息|说法)?"
_ABOUT = (
    (
        "的数统计到什么时候",
        rf"{_NUMBER}是?(?:统计|截至|截止)?(?:到|至|于)?(?:哪一?年|什么时候|何时|哪个?时候|哪天|几月|什么时间|啥时候)(?:为止)?(?:的)?(?:数据?|数字|统计)?(?:的)?",
    ),
    (
        "的数是谁说的",
        rf"{_NUMBER}是?(?:谁|哪位|什么人|哪个人)(?:说|讲|披露|公布|透露|发布|提|介绍)(?:出来)?的",
    ),
    (
        "的报道来源是什么",
        (
            rf"{_NUMBER}的?是?有?(?:什么)?(?:出自|来自|来源|出处|依据|原文|从?哪里?来|哪儿来|在?哪里?(?:看到|说|写|登)"
            r"|哪篇|哪家媒体|哪个媒体|哪份报)的?是?于?(?:在?哪里|哪儿|哪|哪篇(?:文章|报道)?|什么|文章|报道)?的?吗?"
        ),
    ),
)
"""What is asked about the figure just given, by what is to stand behind the question's topic."""
_ABOUT_ASKED = re.compile("(?:" + "|".join(end for end, _ in _ABOUT) + ")$")

_MODES = {"累计", "新增", "日均", "月均", "年均", "人均", "平均"}
_ASK_ONLY = re.compile(
    r"(?:大概|大约|具体|到底|究竟|一共|总共|合计|累计|共|总计|平均每.|每.|是|有|到|达到?|又)*(?:多少|几|百分之[几多]|多[大高长远重久快])"
)


def readings(text: str, before: str, *, tokenize: Tokenize, fold: Callable[[str], str]) -> tuple[str, ...]:
    """The whole questions that a text may mean right after another one.

    Args:
        text: What was typed.
        before: The question before it, whole (if that was a follow-up itself: as it was read).
        tokenize: Word segmentation with part-of-speech tags.
        fold: To simplified characters and half-width digits, as `words.fold`.

    Returns:
        Folded questions, likeliest first, at most three; empty if the text stands on its own or fits no slot.

    >>> from knowledge.words import fold, tokenize
    >>> readings("那科创贷呢？", "科创投累计投资多少", tokenize=tokenize, fold=fold)
    ('科创贷累计投资多少',)
    """
    folded, earlier = fold(text).strip(), fold(before).strip()
    said = utterance.said(folded, tokenize) if earlier else None
    if said is None:
        return ()
    frame = framed(_ABOUT_ASKED.sub("是多少", earlier), tokenize=tokenize)
    found = dict.fromkeys(_tidied(reading) for reading in _readings(said, frame, tokenize))
    return tuple(
        r
        for r in found
        if r not in {frame.text, folded} and analyse(r, tokenize=tokenize).ask is not Ask.NOTHING
    )[:_MOST]


def _readings(said: Said, frame: Frame, tokenize: Tokenize) -> Iterable[str]:
    """Readings of what was said, of its time if it names one."""
    if not said.text:
        return retimed(frame, said.time) if said.time else ()
    about = next((end for end, words in _ABOUT if re.fullmatch(words, said.text)), "")
    if about and not said.time:
        return (_topic(frame) + about,) if frame.stem else ()
    whole = _asking(said, frame, tokenize)
    if not said.time:
        return whole
    return [r for w in whole for r in retimed(framed(w, tokenize=tokenize), said.time)]


def _topic(frame: Frame) -> str:
    """What the question before is about, as a noun phrase."""
    return re.sub(r"(?:的|了|有|是)+$", "", frame.stem) + (
        "" if frame.question.ask is Ask.YES_NO else frame.tail
    )


def _asking(said: Said, frame: Frame, tokenize: Tokenize) -> Iterable[str]:
    core = framed(said.text, tokenize=tokenize)
    question = core.question
    if question.ask is Ask.METADATA:
        return ()
    if question.quantities and (question.ask is not Ask.FIGURE or said.doubts or said.open):
        return _doubting(said, core, frame)
    if statistic := _statistic_alone(said.text):
        return _of_statistic(statistic, frame)
    if said.open or not _asks(said.text):
        bare = not said.open and not said.doubts and not said.pronoun
        if bare and (said.time or re.search(r"\s", said.text) or len(core.atoms) > _MOST):
            return ()
        return fitted(core, frame, only_alike=bare, tokenize=tokenize) if core.atoms else ()
    if said.text.startswith("其中"):
        return (_topic(frame) + said.text,)
    if not said.pronoun and (_is_whole(core) or not frame.stem):
        return ()
    return _completed(said, core, frame)


def _asks(text: str) -> bool:
    return asked(text) in {Ask.FIGURE, Ask.TIME, Ask.SENTENCE, Ask.YES_NO}


def _is_whole(core: Frame) -> bool:
    """Whether a question names what it is about."""
    question, words = core.question, core.atoms
    things = [
        t for t in question.terms if t.noun and not MODE.fullmatch(t.text) and not CHANGE.search(t.text)
    ]
    if any(t.name or t.place or t.coined for t in things):
        return True
    if question.ask is not Ask.FIGURE:
        return sum(len(t.text) for t in things) > _WORD
    nouns = [w for w in words if w.kind in {"noun", "name", "place"} and not CHANGE.search(w.text)]
    return (
        _is_led(core) or any(w.kind != "noun" for w in nouns) or sum(len(w.text) for w in nouns) > 2 * _WORD
    )


def _is_led(core: Frame) -> bool:
    """Whether a noun goes before what is said of it: a verb, a measure, or 了, whatever the segmenter made of it."""
    head = [w for w in core.atoms if w.end <= core.ask.start and w.kind != "mode"]
    if not head or head[0].kind != "noun":
        return False
    said = any(w.kind in {"verb", "measure"} for w in head)
    return said or core.text.startswith("了", core.ask.start) or head[-1].end < core.ask.start


_WORD = 2
"""Characters of a plain noun."""


def _statistic_alone(text: str) -> str:
    return (
        text
        if re.fullmatch(r"同比|环比|增速|增幅|涨幅|降幅|跌幅|占比|比重|累计|新增|[日月年人场户]均|平均", text)
        else ""
    )


def _of_statistic(word: str, frame: Frame) -> Iterable[str]:
    """The same measure by another statistic (同比呢, 人均呢)."""
    topic = frame.topic
    if word in {"同比", "环比"}:
        change = CHANGE.search(frame.stem)
        way = re.sub("同比|环比", "", change[0]) if change else ""
        return (f"{topic}{word}{way or '增长'}多少",)
    if word[-1] in "速幅比重":
        return (f"{topic}{word}是多少",)
    if mode := MODE.search(frame.text):
        return (frame.text[: mode.start()] + word + frame.text[mode.end() :],)
    at = frame.measure.start if frame.measure else frame.n_kept
    return (frame.text[:at] + word + frame.text[at:],)


def _doubting(said: Said, core: Frame, frame: Frame) -> Iterable[str]:
    """Readings of 是23.62亿吗, 超过150亿了吗, 200亿呢."""
    own = core.question.quantities[0]
    old = frame.question.quantities
    if said.open and said.text == own.surface:
        if len(old) != 1:
            return ()
        start = old[0].start + (_number_at(old[0].surface) if not _number_at(own.surface) else 0)
        return (frame.text[:start] + own.surface + frame.text[old[0].end :],)
    rest = [w for w in core.atoms if not (own.start < w.end and w.start < own.end)]
    if any(w.kind != "verb" for w in rest) or not frame.stem:
        return ()
    doubt = re.sub(r"^(?:真的|确定)?不是", "是", said.text)
    return (_topic(frame) + (f"是{doubt}吗" if doubt == own.surface else doubt),)


def _number_at(surface: str) -> int:
    """Where the number begins behind words like 超过."""
    found = re.search(r"[\d零〇一二两三四五六七八九十百千万亿半]", surface)
    return found.start() if found else 0


def _completed(said: Said, core: Frame, frame: Frame) -> Iterable[str]:
    """Readings of a question without a subject: 多少家, 增长了多少, 净利润是多少, 转移了多少群众."""
    text, words, question = said.text, core.atoms, core.question
    if _is_change(question):
        return (frame.topic + text,)
    rest = [w for w in words if w.kind != "mode"]
    if rest and all(any(w.text == a.text for a in frame.atoms) for w in rest):
        return (_asked_anew(text, rest, frame),)
    if _ASK_ONLY.match(text):
        stem = frame.topic if question.unit or question.kinds else frame.stem
        return (_without_mode(text, stem) + text,)
    if said.pronoun and question.ask is Ask.SENTENCE:
        return (_topic(frame) + text,)
    if frame.tail and words and all(w.kind == "noun" for w in words):
        return (frame.stem + text,)
    link = "的" if said.pronoun and words and words[0].kind == "measure" else ""
    per = frame.per if words and words[0].kind == "measure" else ""
    return (frame.subject + link + per + text,) if frame.subject else ()


def _is_change(question: Question) -> bool:
    words = rf"{UP}|{DOWN}|[同环]比|占|[一-鿿]均"
    return question.changed or re.search(words, question.text) is not None


def _without_mode(text: str, stem: str) -> str:
    """The stem without 新增, 累计 if the text has its own (一共有几位)."""
    return MODE.sub("", stem) if statistic_of(text) in _MODES else stem


def _asked_anew(text: str, words: list[Atom], frame: Frame) -> str:
    """What is already in the question asked another way: 新增了几位 after 新增院士多少人."""
    ask = re.sub("|".join(re.escape(w.text) for w in words), "", text)
    return frame.stem + frame.tail + re.sub(r"^[的了]+", "", ask)


def _tidied(text: str) -> str:
    return re.sub(r"的的", "的", text).strip()
