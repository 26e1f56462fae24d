"""Words for time that need another day to be resolved: 昨日, 上周五, 本月, 去年同期, 十四五, 20世纪90年代, 三年前."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from knowledge.numerals import NumeralError, read
from knowledge.schema import Period

RELATIVE_YEARS = {
    "大前年": -3,
    "前年": -2,
    "去年": -1,
    "上年度": -1,
    "上一年度": -1,
    "上一年": -1,
    "上年": -1,
    "今年": 0,
    "本年度": 0,
    "本年": 0,
    "当年": 0,
    "同年": 0,
    "明年": 1,
    "次年": 1,
    "翌年": 1,
    "后年": 2,
}
TO_PRIOR = frozenset({"当年", "同年", "次年", "翌年"})
"""Years that are told from the period named last, not from the day of the article."""

_HAN = "一二两三四五六七八九十百"
WORD = re.compile(
    r"(?P<day>[昨今明](?:日|天|晚|晨|早)(?![报说之星亮后朗俄股]|头条|资本|生活)|大?前天|后天)"
    r"|(?P<same_day>当日|当天|同日|当晚)"
    r"|(?P<week>上上周|上周|本周|这周|下周|上个?星期|本星期|这个?星期|下个?星期)"
    r"(?P<weekday>[一二三四五六日天末](?![次场个家轮部]))?"
    r"|(?P<bare_weekday>(?<![每一])(?:周|星期|礼拜)[一二三四五六日天](?![岁年刊转期体开报围到起个场]))"
    r"|(?P<month>上个?月|本月|当月|下个?月|同月|次月|这个月)(?![球])"
    r"|(?P<quarter>上个?季度|本季度|下个?季度|当季|上一季度|下一季度)"
    r"|(?P<same_period>(?:去年|上年|前年)同期|(?<!合)同期)(?!声)"
    r"|(?P<now>(?<=截至)(?:目前|现在|当前|今天|今日|今(?!年)|发稿时?|记者发稿时?)|(?<=截止)(?:目前|到?目前|发稿时?))"
    r"|(?P<plan>(?:“?十[一二三四]五”?)(?=规划|计划|时期|期间|开局|收官|末|初|”|以来|[，。、的]|前))"
    r"|(?:(?P<century>\d\d|二十一?|十[五六七八九])|(?P<this_century>[上本]))个?世纪"
    r"(?P<decade>\d0|[一二三四五六七八九]十)?(?(decade)年?代?)(?P<third>初|末|中叶)?"
    r"|(?P<bare_decade>[1-9]0|[二三四五六七八九]十)年代(?P<decade_third>初|末|中期|后期)?"
    rf"|(?P<ago>\d{{1,3}}|[{_HAN}]{{1,4}}|半)[多余]? ?(?P<ago_unit>年|个月|天|周|个?星期|日)(?:多|半)?"
    r"(?:之前|以前|前)(?![三二十五景沿往后提半\d])"
    r"|(?P<edge>年[底末初]|(?<!个)月[底末初])(?![中级步])",
)
_WEEKDAYS = {c: i for i, c in enumerate("一二三四五六日")} | {"天": 6}
_DAY_WORDS = {"昨": -1, "今": 0, "明": 1, "前": -2, "大": -3, "后": 2}
Days = tuple[date, date]


def resolve_word(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    """First and last day of what `WORD` matched, or None if nothing tells.

    Args:
        match: A match of `WORD`.
        anchor: The day of the article.
        last: The nearest resolved period before it.
    """
    kind = next(name for name in _RESOLVERS if match[name])
    return _RESOLVERS[kind](match, anchor, last)


def month(year: int, number: int) -> Days:
    """First and last day of a month; `number` may run over the year's end (13 is next January)."""
    year, index = year + (number - 1) // 12, (number - 1) % 12 + 1
    return date(year, index, 1), date(year, index, monthrange(year, index)[1])


def year_before(day: date) -> date:
    """The same day a year before; 29 February becomes the 28th."""
    return day.replace(year=day.year - 1, day=min(day.day, monthrange(day.year - 1, day.month)[1]))


def _day(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    del last
    if anchor is None:
        return None
    day = anchor + timedelta(days=_DAY_WORDS[match["day"][0]])
    return day, day


def _same_day(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    del match, anchor
    return (last.lo, last.hi) if last and last.lo == last.hi else None


def _week(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    del last
    if anchor is None:
        return None
    weeks = {"上上": -2, "上": -1, "下": 1}.get(match["week"].rstrip("个星期周"), 0)
    monday = anchor - timedelta(days=anchor.weekday()) + timedelta(weeks=weeks)
    weekday = match["weekday"]
    if weekday is None:
        return monday, monday + timedelta(days=6)
    if weekday == "末":
        return monday + timedelta(days=5), monday + timedelta(days=6)
    day = monday + timedelta(days=_WEEKDAYS[weekday])
    return day, day


def _bare_weekday(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    """News that says 周五 means the last one, or the day itself."""
    del last
    if anchor is None:
        return None
    back = (anchor.weekday() - _WEEKDAYS[match["bare_weekday"][-1]]) % 7
    day = anchor - timedelta(days=back)
    return day, day


def _month(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    word = match["month"]
    if word in ("当月", "同月", "次月") and last is not None:
        return month(last.lo.year, last.lo.month + (word == "次月"))
    if anchor is None:
        return None
    step = {"上": -1, "下": 1, "次": 1}.get(word[0], 0)
    return month(anchor.year, anchor.month + step)


def _quarter(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    del last
    if anchor is None:
        return None
    step = {"上": -1, "下": 1}.get(match["quarter"][0], 0)
    first = (anchor.month - 1) // 3 * 3 + 1 + 3 * step
    return month(anchor.year, first)[0], month(anchor.year, first + 2)[1]


def _same_period(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    if last is not None:
        lo, hi = last.lo, last.hi
    elif anchor is not None:
        lo, hi = date(anchor.year, 1, 1), anchor
    else:
        return None
    if min(lo.year, hi.year) <= date.min.year:
        return None
    before = match.string[max(0, match.start() - 1) : match.start()]
    if match["same_period"] == "同期" and last is not None and before not in tuple("比较与和跟"):
        return lo, hi
    if match["same_period"].startswith("前年"):
        lo, hi = year_before(lo), year_before(hi)
    return year_before(lo), year_before(hi)


def _now(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    del match, last
    return (anchor, anchor) if anchor else None


def _plan(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    """The n-th five-year plan; the tenth began in 2001."""
    del anchor, last
    first = 2001 + 5 * "一二三四".index(match["plan"].strip("“”")[1]) + 5
    return date(first, 1, 1), date(first + 4, 12, 31)


def _century(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    del last
    if match["century"]:
        number = int(read(match["century"]).value)
    elif anchor:
        number = (anchor.year - 1) // 100 + (match["this_century"] == "本")
    else:
        return None
    first = 100 * (number - 1)
    if match["decade"]:
        return _ten_years(first + int(read(match["decade"]).value), match["third"])
    span = {"初": (1, 20), "末": (81, 100), "中叶": (41, 60), None: (1, 100)}[match["third"]]
    return date(first + span[0], 1, 1), date(first + span[1], 12, 31)


def _bare_decade(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    del anchor, last
    return _ten_years(1900 + int(read(match["bare_decade"]).value), match["decade_third"])


def _ten_years(first: int, third: str | None) -> Days:
    lo, hi = {"初": (0, 3), "末": (7, 9), "后期": (6, 9), "中期": (3, 6)}.get(third or "", (0, 9))
    return date(first + lo, 1, 1), date(first + hi, 12, 31)


def _ago(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    """三年前 is a year, 两个月前 a month, 10天前 a day: as coarse as it was said."""
    del last
    try:
        count = int(read(match["ago"]).value)
    except NumeralError:
        return None
    if anchor is None:
        return None
    unit = match["ago_unit"]
    if unit == "年":
        year = anchor.year - count
        return (date(year, 1, 1), date(year, 12, 31)) if count and year > date.min.year else None
    if unit == "个月":
        return month(anchor.year, anchor.month - count)
    day = anchor - timedelta(days=count * (7 if unit[-1] in "周期" else 1))
    return day, day


def _edge(match: re.Match[str], anchor: date | None, last: Period | None) -> Days | None:
    """年底, 月初 without a year or month before it."""
    base = last.lo if last is not None else anchor
    if anchor is not None and (last is None or match["edge"][0] == "年"):
        base = anchor
    if base is None:
        return None
    if match["edge"][0] == "月":
        lo, hi = month(base.year, base.month)
        return (lo, lo.replace(day=10)) if match["edge"][1] == "初" else (lo.replace(day=21), hi)
    number = 1 if match["edge"][1] == "初" else 12
    return month(base.year, number)


_RESOLVERS: dict[str, Callable[[re.Match[str], date | None, Period | None], Days | None]] = {
    "day": _day,
    "same_day": _same_day,
    "week": _week,
    "bare_weekday": _bare_weekday,
    "month": _month,
    "quarter": _quarter,
    "same_period": _same_period,
    "now": _now,
    "plan": _plan,
    "century": _century,
    "this_century": _century,
    "bare_decade": _bare_decade,
    "ago": _ago,
    "edge": _edge,
}
