"""Find dates and spans of days in Chinese text and resolve them to calendar days.

A relative period (去年9月, 昨日) is resolved against the anchor, the article's day.  A bare month or day takes its
year from the nearest period before it in the same sentence, else from the anchor.  Without either it is placed in
year 1 (`UNKNOWN_YEAR`) and marked unresolved: never guessed.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date
from typing import NamedTuple

from knowledge.numerals import HAN, ZEROS, read
from knowledge.relative import RELATIVE_YEARS, TO_PRIOR, WORD, resolve_word
from knowledge.schema import Period, Span

UNKNOWN_YEAR = date.min.year

_HAN12 = r"(?:十[一二]?|[一二三四五六七八九])"
_HAN31 = r"(?:三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|[一二三四五六七八九])"
_HAN31_LONG = r"(?:三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九])"
"""What a bare Chinese day must be: 一日 and 五日 are parts of words."""
_MM = rf"(?:1[0-2]|0?[1-9]|{_HAN12})"
_DD = rf"(?:3[01]|[12]\d|0?[1-9]|{_HAN31})"
_TO = r" ?(?:[-~—]{1,2}|至|到) ?"
_YYYY = rf"(?:1[0-9]|20|21)\d\d|[一二][{ZEROS}0一二三四五六七八九]{{3}}"
_INITIAL = r"初(?![中级步三二一高小选审夏秋冬春始次赛衷心创])"
_DURATION = r"(?:多|余|来的?(?=历史)|的?历史|以上|间的?历史|一遇)"
"""What shows that a round 1000年 or 2000年 lasts and is no date."""

_TELLS_YEAR = r"(?:[上下]半年|前[二三]季|第?[一二三四]季|Q[1-4]|[底末初]|全年|\d{1,2}月)"
"""Before these 23年 is 2023; elsewhere it lasts 23 years."""

_YEAR = re.compile(
    rf"(?P<from>(?:19|20)\d\d)(?: ?年)?{_TO}(?P<to>(?:19|20)?\d\d) ?年(?:度|间)?(?! ?\d{{1,2}} ?月)"
    rf"|(?P<y>{_YYYY}) ?年(?:度(?!假))?(?!{_DURATION})"
    rf"|(?P<short>0\d(?= ?年)|[129]\d(?= ?年{_TELLS_YEAR})) ?年"
    "|(?P<rel>" + "|".join(sorted(RELATIVE_YEARS, key=len, reverse=True)) + ")(?!同期|轻|级)",
)
_PART = re.compile(
    r" ?(?:(?P<half>[上下])半年(?P<half_end>[末底])?"
    r"|(?:第 ?)?(?P<quarter>[一二三四1-4]) ?(?:季度|季(?=[,，。、末底的]))(?P<quarter_end>[末底])?"
    r"|(?P<q>Q[1-4]|[1-4]Q)(?![A-Za-z\d])|(?P<firstq>首季度?)"
    r"|前 ?(?P<quarters>[二两三123]) ?个?季度"
    r"|(?P<report>第?一季报|[第首]季报|半年度?报|中期?报|第?三季报|年度?报(?=[,，。、显披数]))(?:告)?"
    rf"|前 ?(?P<months>1[01]|[1-9]|十一?|[一二两三四五六七八九]) ?个?月"
    rf"|(?P<m1>{_MM})(?: ?月份?)?{_TO}(?P<m2>{_MM}) ?月份?(?! ?\d{{1,2}} ?[日号至-])"
    rf"|(?P<m>{_MM}) ?月份?(?:(?P<third>[上中下])旬|(?P<end>底|末)|(?P<begin>{_INITIAL})"
    rf"| ?(?P<da>{_DD})(?: ?日)?{_TO}(?P<db>{_DD}) ?日"
    rf"|、?(?P<d> ?{_DD}) ?(?:日|号(?![线楼院文])))?"
    rf"|(?P<yearend>年?[底末](?!端))|(?P<yearbegin>年?{_INITIAL})|(?P<whole>全年))",
)
_DAY = re.compile(
    rf"(?P<da>{_DD})(?: ?日)?{_TO}(?P<db>{_DD}) ?日"
    rf"|(?P<d>\d\d?|{_HAN31_LONG}) ?日(?!元|圆(?!满)|[内均产活供线照语系媒方落]|出(?![发席现台口院动])"
    r"|本(?![报台社网刊]))",
)
_LASTS = re.compile(
    r"(?:拘留|为期|历时|连续|持续|长达|超过?|近|约|仅|满|不足|未来|过去|[前后第每逾]|至少|最多|不到|间隔|停牌) ?$"
)
"""Before 3日 these tell that three days are counted."""
_ISO = re.compile(
    r"(?P<y>(?:19|20)\d\d)(?P<sep>[-/.])(?P<m>1[0-2]|0?[1-9])(?P=sep)(?P<d>3[01]|[12]\d|0?[1-9])(?![\d.]|-\d)"
    r"|(?P<m2>1[0-2]|0?[1-9])-(?P<d2>3[01]|[012]?\d)(?= \d{1,2}:\d\d)",
)
_RANGE = re.compile(rf"(?: ?\d{{1,2}} ?[时点](?:\d{{1,2}} ?分)?)?{_TO}")
"""What joins two dates; hours between them (7月29日8时至30日) tell nothing more here."""
_COMPARED = re.compile(r"(?:[比较自从]|相较于)$")
_CONTRACT = re.compile(
    r"(?:份)?(?:交割的?)?(?:纽约|伦敦|[A-Za-z]+)?(?:黄金|白银|铂金|原油|铜|天然气|大豆|玉米|小麦)?(?:期货|合约|期油|期金)"
)
"""12月黄金期货 is a thing that is traded, not a time."""
_CUTOFF = re.compile(r"(?:截至?到?|截止(?:至|到|时间为?)?) ?$")
_REPEATS = re.compile(r"(?:期间)?的?")
"""1991-2020年期间同期 names the same years again."""
_SENTENCE = re.compile(r"[。！？!?；;\n]")
_FUTURE = re.compile(r"将|拟|预计|计划|有望|力争|即将|届时")
_LEAD = re.compile(
    r"(?<![\d.])(?<!\d,)\d"
    rf"|(?<![{HAN}第个几数])[一二三四五六七八九十][{ZEROS}0一二三四五六七八九十]{{0,3}}(?=[年月日季至到])"
    r"|第 ?[一二三四1-4] ?季|[上下]半年|前[二两三123] ?个?季度|前 ?[一二两三四五六七八九十\d]{1,2} ?个?月|首季|Q[1-4]"
    r"|[去今明前后上本当同次翌][一年]|大前年|年[底末初]|" + WORD.pattern,
)


class _Days(NamedTuple):
    """A span within a year; a last day past the end of its month means the month's last."""

    first_month: int | None
    first_day: int
    last_month: int | None
    last_day: int


class _Date(NamedTuple):
    """A date as it is written, before it is resolved."""

    end: int
    year: int | None
    last_year: int | None
    relative: str
    days: _Days


@dataclass(frozen=True, slots=True)
class Context:
    """What a period may be resolved against.

    Attributes:
        anchor: The article's day, if known.
        last: The nearest resolved period before this one.
        near: Whether `last` stands in the same sentence.
        future: Whether the clause speaks of what is to come.
    """

    anchor: date | None
    last: Period | None
    near: bool
    future: bool


_REPORTS = {"一": 3, "首": 3, "季": 3, "半": 6, "中": 6, "三": 9, "年": 12}
"""The last month that a report of a listed company covers, by its first character: 一季报, 中报, 三季报, 年报."""
_LONGEST_MONTH = 31
_YEAR_LONG = _Days(1, 1, 12, 31)


def find(text: str, source: str, anchor: date | None) -> tuple[Period, ...]:
    """The periods of the folded `text`, sorted; `source` is the text as given, for the surfaces."""
    found: list[Period] = []
    pos = 0
    while (lead := _LEAD.search(text, pos)) is not None:
        period = _read(text, source, lead.start(), anchor, found)
        pos = period.end if period else lead.end()
        if period:
            found.append(period)
    return tuple(found)


def _read(text: str, source: str, start: int, anchor: date | None, found: list[Period]) -> Period | None:
    context = _context(text, start, anchor, found)
    written = _dated(text, start)
    if written is None:
        word = WORD.match(text, start)
        if word is None or (
            word.group() == "同期" and found and _REPEATS.fullmatch(text, found[-1].end, start)
        ):
            return None
        days, end = resolve_word(word, anchor, context.last), word.end()
        if days is None and word["same_day"]:
            return None
    else:
        days, end = _resolve(written, context), written.end
        if written.days is _YEAR_LONG and text.startswith("同期", end):
            days, end = _same_period(days, context), end + 2
    if _CONTRACT.match(text, end):
        return None
    floor = found[-1].end if found else 0
    return _period(text, source, Span(start, end), floor, days)


def _same_period(year: tuple[date, date] | None, context: Context) -> tuple[date, date] | None:
    """2019年同期: the days of the period before it, in that year; the whole year if there is none."""
    if year is None or context.last is None:
        return year
    last, number = context.last, year[0].year
    return _day(number, last.lo.month, last.lo.day), _day(number, last.hi.month, last.hi.day)


def _context(text: str, start: int, anchor: date | None, found: list[Period]) -> Context:
    last = next((p for p in reversed(found) if p.resolved and not _is_aside(text, p)), None)
    near = last is not None and _SENTENCE.search(text, last.end, start) is None
    return Context(anchor, last, near, _FUTURE.search(text, max(0, start - 12), start) is not None)


def _is_aside(text: str, period: Period) -> bool:
    """Whether a time only serves to compare (较2019年增长) or says when something ends (2024年到期)."""
    compared = _COMPARED.search(text, max(0, period.start - 3), period.start)
    return compared is not None or text.startswith(("到期", "相比", "以来"), period.end)


def _period(text: str, source: str, span: Span, floor: int, days: tuple[date, date] | None) -> Period:
    start, end = span
    cutoff = _CUTOFF.search(text, max(floor, start - 6), start)
    if cutoff:
        start = cutoff.start()
    lo, hi = days or (date.min, date.min)
    if cutoff:
        lo = hi
    resolved = days is not None and lo.year != UNKNOWN_YEAR
    return Period(lo, hi, source[start:end], start, end, cutoff=cutoff is not None, resolved=resolved)


def _dated(text: str, start: int) -> _Date | None:
    """The date that begins at `start`, with 至 and a second one if they follow."""
    iso = _ISO.match(text, start)
    if iso:
        year = int(iso["y"]) if iso["y"] else None
        month, day = int(iso["m"] or iso["m2"]), int(iso["d"] or iso["d2"])
        return _Date(iso.end(), year, year, "", _Days(month, day, month, day))
    first = _single(text, start)
    if first is None:
        return None
    link = _RANGE.match(text, first.end)
    second = _single(text, link.end()) if link else None
    return first if second is None else _joined(first, second)


def _joined(first: _Date, second: _Date) -> _Date:
    """2020年1月至2021年11月, 7月26日至28日; two that can't be a span stay apart."""
    lo, hi = first.days, second.days
    last_month = hi.last_month if hi.last_month is not None else lo.first_month
    days = _Days(lo.first_month, lo.first_day, last_month, hi.last_day)
    last_year = second.last_year if second.last_year is not None else first.last_year
    wraps = lo.first_month is not None and last_month is not None and last_month < lo.first_month
    if wraps and second.last_year is None and last_year is not None:
        last_year += 1
    return _Date(second.end, first.year, last_year, first.relative, days)


def _single(text: str, start: int) -> _Date | None:
    head = _YEAR.match(text, start)
    if head is None:
        return _within(text, start, None, "")
    if head["from"]:
        first = int(head["from"])
        last = int(head["to"]) if len(head["to"]) == 4 else first // 100 * 100 + int(head["to"])  # noqa: PLR2004 - yyyy
        return _Date(head.end(), first, last, "", _YEAR_LONG) if last > first else None
    year = _year_number(head)
    relative = head["rel"] or ""
    rest = _within(text, head.end(), year, relative)
    return rest or _Date(head.end(), year, year, relative, _YEAR_LONG)


def _year_number(head: re.Match[str]) -> int | None:
    if head["rel"]:
        return None
    if head["short"]:
        short = int(head["short"])
        return short + (1900 if short >= 90 else 2000)  # noqa: PLR2004 - the pattern lets no other through
    written = head["y"]
    return (
        int(written)
        if written.isdigit() and written.isascii()
        else int(read(written.replace("0", ZEROS[0])).value)
    )


def _within(text: str, start: int, year: int | None, relative: str) -> _Date | None:
    """The part of a year that begins at `start`, or a bare day if no year went before."""
    headed = year is not None or bool(relative)
    part = _PART.match(text, start)
    if part and (headed or not (part["yearend"] or part["yearbegin"] or part["whole"])):
        return _Date(part.end(), year, year, relative, _part_days(part))
    if headed:
        return None
    day = _DAY.match(text, start)
    if day is None or _LASTS.search(text, max(0, start - 4), start):
        return None
    first, last = _number(day["da"] or day["d"]), _number(day["db"] or day["d"])
    if not 1 <= first <= last <= _LONGEST_MONTH:
        return None
    return _Date(day.end(), None, None, "", _Days(None, first, None, last))


def _number(written: str) -> int:
    return int(read(written).value)


def _part_days(part: re.Match[str]) -> _Days:
    if part["m"]:
        return _month_days(part)
    first, last = _months(part)
    if part["half_end"] or part["quarter_end"]:
        return _Days(last, _LONGEST_MONTH, last, _LONGEST_MONTH)
    return _Days(first, 1, last, _LONGEST_MONTH)


def _months(part: re.Match[str]) -> tuple[int, int]:
    """First and last month of a part of a year that is made of months."""
    if part["half"]:
        return (1, 6) if part["half"] == "上" else (7, 12)
    if part["report"]:
        return 1, _REPORTS[part["report"].lstrip("第").replace("度", "")[0]]
    if part["m1"]:
        return _number(part["m1"]), _number(part["m2"])
    if part["quarters"] or part["months"]:
        return 1, 3 * _number(part["quarters"]) if part["quarters"] else _number(part["months"])
    if quarter := "1" if part["firstq"] else part["quarter"] or (part["q"] or "").strip("Q"):
        return 3 * _number(quarter) - 2, 3 * _number(quarter)
    return (12, 12) if part["yearend"] else (1, 12 if part["whole"] else 1)


def _month_days(part: re.Match[str]) -> _Days:
    """初 is the 1st to the 10th, 下旬 the 21st on, as is 底."""
    month = _number(part["m"])
    first, last = 1, 31
    if part["third"]:
        first, last = {"上": (1, 10), "中": (11, 20), "下": (21, 31)}[part["third"]]
    elif part["begin"]:
        first, last = 1, 10
    elif part["end"]:
        first, last = 21, 31
    elif part["da"]:
        first, last = _number(part["da"]), _number(part["db"])
    elif part["d"]:
        first = last = _number(part["d"])
    return _Days(month, first, month, last)


def _resolve(written: _Date, context: Context) -> tuple[date, date] | None:
    """First and last day, or None if they are no days of a calendar."""
    days = written.days
    year, month = _place(written, context)
    last_year = written.last_year
    if last_year is None:
        wraps = (
            days.first_month is not None
            and days.last_month is not None
            and days.last_month < days.first_month
        )
        last_year = year + 1 if wraps else year
    if not MINYEAR <= min(year, last_year) <= max(year, last_year) <= MAXYEAR:
        return None
    lo = _day(year, days.first_month or month, days.first_day)
    hi = _day(last_year, days.last_month or days.first_month or month, days.last_day)
    return (lo, hi) if lo <= hi else None


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _place(written: _Date, context: Context) -> tuple[int, int]:
    """The year, and the month for a bare day, of where a date begins."""
    anchor, last = context.anchor, context.last
    if written.year is not None:
        return written.year, 1
    if written.relative:
        base = last.lo if last and written.relative in TO_PRIOR else anchor
        return (base.year + RELATIVE_YEARS[written.relative] if base else UNKNOWN_YEAR), 1
    if last is not None and (context.near or anchor is None):
        return last.hi.year, last.hi.month
    if anchor is None:
        return UNKNOWN_YEAR, 1
    return _near_anchor(written.days, anchor, future=context.future)


def _near_anchor(days: _Days, anchor: date, *, future: bool) -> tuple[int, int]:
    """News looks back: a month or day well after the article's own is last year's or last month's."""
    if days.first_month is not None:
        since_january = days.first_month == 1 and days.last_month != 12  # noqa: PLR2004 - 前三季度, but not 全年
        told = days.last_month if since_january and days.last_month else days.first_month
        return anchor.year - (told > anchor.month + 1 and not future), 1
    if days.first_day > anchor.day + 1 and not future:
        before = max(date(anchor.year, anchor.month, 1).toordinal() - 1, 1)
        return date.fromordinal(before).year, date.fromordinal(before).month
    return anchor.year, anchor.month
