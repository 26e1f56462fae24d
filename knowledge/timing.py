"""A question asked of another time: 去年呢, 上半年呢, 截至2022年底呢, told from the time it named before.

After a question that names a year, 去年, 前年 and 明年 are told from that year and written out (2021年 … 去年呢 is
2020年): left as a word it would be told from the day of the article, which may well be the very year just asked for.
The reading shows the year, so who meant another sees it.  今年 and 昨天 are always left as they are.
"""

import re

from knowledge.frame import Frame
from knowledge.numerals import read
from knowledge.relative import RELATIVE_YEARS

_STEPS = {
    **{word: step for word, step in RELATIVE_YEARS.items() if step},
    "前一年": -1,
    "头一年": -1,
    "上一年": -1,
    "下一年": 1,
    "第二年": 1,
    "后一年": 1,
    "当年": 0,
    "同年": 0,
}
_TOLD = {-3: "大前年", -2: "前年", -1: "去年", 0: "今年", 1: "明年", 2: "后年"}
_TO_PRIOR = frozenset(
    [
        "上年度",
        "上一年度",
        "上一年",
        "上年",
        "前一年",
        "头一年",
        "下一年",
        "第二年",
        "后一年",
        "次年",
        "翌年",
        "当年",
        "同年",
    ]
)
_YEAR = r"(?:(?:19|20)\d\d|[一二][〇零一二三四五六七八九]{3}|\d\d(?=年))年?度?|" + "|".join(
    sorted({*_STEPS, "今年", "本年"}, key=len, reverse=True)
)
_CUTOFF = r"截至?止?(?:到|至)?"
_SHAPE = re.compile(rf"(?P<cutoff>{_CUTOFF})?(?P<year>{_YEAR})?(?P<rest>.*)")
WORDS = re.compile(rf"(?:{_CUTOFF})?(?:前一年|头一年|第二年|下一年|后一年|全年)(?:同期)?")
"""Times that only tell something after another one."""

_WHOLE_YEAR = "全年"


def retimed(frame: Frame, said: str) -> tuple[str, ...]:
    """The question of another time, likeliest first; empty if it can't be told which of its times is meant.

    Args:
        frame: The question.
        said: The time, folded, without anything else.
    """
    times = frame.question.periods
    if len(times) > 1:
        return ()
    if not times:
        return (said + frame.text,) if not WORDS.fullmatch(said) or said == _WHOLE_YEAR else ()
    start, end = times[0].start, times[0].end
    return tuple(
        frame.text[:start] + time + frame.text[end:] for time in told_from(said, frame.text[start:end])
    )


def told_from(said: str, before: str) -> tuple[str, ...]:
    """The times that one may mean after another, likeliest first.

    >>> told_from("去年", "2021年上半年"), told_from("下半年", "2021年上半年"), told_from("2020年", "截至2021年底")
    (('2020年上半年', '2020年'), ('2021年下半年',), ('截至2020年底',))
    """
    new, old = _SHAPE.fullmatch(said), _SHAPE.fullmatch(before)
    if new is None or old is None:
        return ()
    cutoff = new["cutoff"] or (old["cutoff"] if not new["cutoff"] else "") or ""
    year = _year(new["year"], old["year"] or "")
    rest, kept = new["rest"], old["rest"]
    if rest == "同期":
        return (cutoff + (year or _year("上年", old["year"] or "")) + kept,)
    if not rest and kept and kept != _WHOLE_YEAR:
        return (cutoff + year + kept,) if cutoff else (year + kept, year)
    if new["year"]:
        return (cutoff + year + rest,)
    if re.fullmatch(r"[昨今明前后]天|[昨今明]日|[上本下这].*[周月]|目前|现在|上周.*", rest):
        return (said,)
    month = re.match(r"\d{1,2}月", kept)
    day = re.match(r"\d{1,2}[日号]", rest)
    return (cutoff + (old["year"] or "") + (month[0] if month and day else "") + rest,)


def _year(new: str | None, old: str) -> str:
    """The year said, told from the year before it if there is one."""
    if new is None or new not in _STEPS:
        return new or ""
    step = _STEPS[new]
    number = re.match(r"\d{4}|[一二][〇零一二三四五六七八九]{3}", old)
    if number:
        year = (
            int(number[0])
            if number[0].isdigit() and number[0].isascii()
            else int(read(number[0].replace("零", "〇")).value)
        )
        return f"{year + step}年"
    if new in _TO_PRIOR and old in RELATIVE_YEARS:
        return _TOLD.get(RELATIVE_YEARS[old] + step, "")
    return new
