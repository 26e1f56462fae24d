"""Numbers that name rather than count: train and model numbers, versions, telephone numbers, clock times, scores.

They are found so that a draft can be checked for them, and so that none is ever taken for an amount.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from knowledge.schema import Kind
from knowledge.units import NAMED, unit_at


class Named(NamedTuple):
    """A number that is a name, a place in an order or a score; offsets in the folded text.

    For a ratio, `value` to `high` is the ratio (3:1 → 3 and 1); for an identifier, `value` is its first number.
    """

    start: int
    end: int
    value: Decimal
    kind: Kind
    high: Decimal | None = None
    unit: str = ""


_NUM = r"\d+(?:\.\d+)?"
_WHOLE: tuple[str, ...] = (
    r"\d+(?:\.\d+){2,}[A-Za-z]?",  # version
    r"1[3-9]\d{9}(?!\d)|400-?\d{3}-?\d{4}(?!\d)|0\d{2,3}-\d{7,8}(?:[-/、]\d{3,8})*(?!\d)|\d{3}-\d{4}-\d{4}(?!\d)",
    rf"{_NUM}(?: ?[x×X*✕] ?{_NUM})+(?: ?(?:mm|cm|m|毫米|厘米|米|小时|像素))?",  # 1920×1080, 7×24小时
    r"\d+(?:\+\d+)+(?![\d.]|[A-Za-z]*B)",  # 5+5+1
    r"\d+(?:-\d+){2,}(?!\d)",
    r"\d{1,2}:\d{2}:\d{2}(?:\.\d+)?",
    r"[A-Fa-f0-9]*\d[A-Fa-f0-9]*(?:-[A-Fa-f0-9]{4}){2,}",
)
_WHOLE_RE = re.compile("|".join(_WHOLE))
_CLOCK = re.compile(
    r"(?P<colon>(?:[01]?\d|2[0-4]):[0-5]\d(?!\d|:))"
    r"|(?:[01]?\d|2[0-4])(?: ?时(?![速代间长候差段期机尚政效装钟])(?: ?[0-5]?\d ?分?(?![之]))?许?"
    r"|点(?:[0-5]?\d分?(?!\d|[%之.])|半|整|钟|许|多钟?)|点(?=[前后至到~—起开左-]))"
)
_DAYTIME = re.compile(r"(?:[早晚晨夜午间天日号]|上午|下午|晚上|早上|凌晨|中午|时间|每天|傍晚|清晨|深夜) ?$")
_SCORE = re.compile(
    r"(?P<a>\d{1,4}(?:\.\d+)?)(?:[:比]| ?比 ?)(?P<b>\d{1,4}(?:\.\d+)?)(?![\d:]|[百千万亿年月日元%])"
)
_SPLIT = re.compile(r"\d{1,3}(?:[-:]\d{1,3})+(?![\d.])")
_LATIN_LEFT = re.compile(r"[A-Za-z][A-Za-z0-9.&_/]*[-_.·/]?$|[#№@＃]$|[Nn][Oo]\. ?$")
_TAIL = re.compile(r"[A-Za-z0-9]*(?:[-._+/][A-Za-z0-9]+)*\+?")
_MONEY_AHEAD = re.compile(r"[\d,.]+ ?(?:%|个百分点|[百千]?[万亿]+ ?|倍|元|美元|万)")
_LONG = 7
"""A whole number of so many digits without unit or 万 is a telephone, account or serial number."""


def named_at(text: str, start: int, end: int, floor: int) -> Named | None:
    """The name or score that the Arabic numeral `text[start:end]` of the folded text belongs to, or None.

    >>> text = "乘坐G4719次列车"
    >>> named_at(text, 3, 7, 0).start
    2
    """
    if (match := _WHOLE_RE.match(text, start)) is not None:
        return _name(text, start, match.end())
    return _latin(text, start, end, floor) or _clock(text, start) or _score(text, start)


def _name(text: str, start: int, end: int) -> Named:
    digits = re.search(r"\d+", text[start:end])
    return Named(start, end, Decimal(digits.group()) if digits else Decimal(0), Kind.IDENTIFIER)


def _latin(text: str, start: int, end: int, floor: int) -> Named | None:
    """A model, train or virus: letters touch the number on either side and are no unit."""
    left = text[start - 1] if start > floor else ""
    if left and (left.isascii() and (left.isalpha() or left in "-_./#@")) or left in ("№", "·") and left:
        match = _LATIN_LEFT.search(text, max(floor, start - 16), start)
        if match is not None and not (_states_amount(match.group(), text, start)):
            tail = _TAIL.match(text, end)
            return _name(text, match.start(), tail.end() if tail else end)
    right = text[end : end + 1]
    if right.isascii() and right.isalpha() and not _latin_unit(text, start, end):
        tail = _TAIL.match(text, end)
        return _name(text, start, tail.end() if tail else end)
    return None


def _states_amount(letters: str, text: str, start: int) -> bool:
    """Whether letters before an amount are a word of their own: GDP3.2万亿元, but not G4719次."""
    if letters in ("US", "HK", "RMB", "USD", "A", "C", "S") and text[start - 1] == "$":
        return True
    return len(letters) > 1 and letters.isalpha() and _MONEY_AHEAD.match(text, start) is not None


def _latin_unit(text: str, start: int, end: int) -> bool:
    """Whether the letters at `end` are a unit of the number before them; 2G to 6G are networks, never grams."""
    unit = unit_at(text, end)
    if unit is None:
        return False
    return not (unit.written in ("G", "T") and len(text[start:end]) == 1)


def _clock(text: str, start: int) -> Named | None:
    match = _CLOCK.match(text, start)
    if match is None:
        return None
    if match["colon"] and _is_score(text, match.start(), match.end()):
        return None
    return _name(text, start, match.end())


def _is_score(text: str, start: int, end: int) -> bool:
    """Whether 21:15 stands among the words of a match."""
    return re.search(
        r"比分|大胜|战胜|击败|不敌|胜$|负$|以$|总分", text[max(0, start - 8) : start]
    ) is not None or (
        text.startswith(
            ("战胜", "击败", "不敌", "的比分", "险胜", "大胜", "负于", "领先", "落后", "横扫", "逆转"), end
        )
    )


def _score(text: str, start: int) -> Named | None:
    match = _SCORE.match(text, start)
    if match is None:
        return None
    return Named(start, match.end(), Decimal(match["a"]), Kind.RATIO, Decimal(match["b"]), ":")


def suffix_names(text: str, end: int) -> bool:
    """Whether what follows a number makes it a name: 3号线, 90后, 500强."""
    pos = end + 1 if text.startswith(" ", end) else end
    return text.startswith(NAMED, pos)


def is_clock_hour(text: str, start: int, end: int) -> bool:
    """Whether a number before 点 is an hour: 早上8点."""
    return len(text[start:end]) <= 2 and _DAYTIME.search(text, max(0, start - 4), start) is not None  # noqa: PLR2004


_VALUE_BEFORE = re.compile(
    r"(?:为|达|达到|至|到|是|于|报|约|近|超|逾|破|过|共|仅|得|有|数|量|率|值|=|了|足|[A-Z]{3,}) ?$"
)
_STATED = re.compile(r"\d+\.\d+$|,\d{3}|[万亿千百多余]")


def states_value(text: str, start: int, end: int) -> bool:
    """Whether an Arabic number without unit states a value (PMI为50.2) rather than names something."""
    if suffix_names(text, end):
        return False
    written = text[start:end]
    left = text[max(0, start - 8) : start]
    if re.search(r"[A-Za-z] $", left):
        return False
    if _STATED.search(written):
        return True
    if len(written) >= _LONG or re.fullmatch(r"(?:19|20)\d\d", written):
        return False
    return _VALUE_BEFORE.search(left) is not None and not re.match(r"[一-龥]", text[end : end + 1])
