"""Numbers that name rather than count: train and model numbers, versions, telephone numbers, clock times, scores.

They are found so that a draft can be checked for them, and so that none is ever taken for an amount.
"""

import re
from decimal import Decimal

from knowledge.numerals import ARABIC
from knowledge.schema import Kind
from knowledge.units import CURRENCY, NAMED, Core, unit_at

_NUM = r"\d+(?:\.\d+)?"
_PHONE = r"1[3-9]\d{9}(?!\d)|400-?\d{3}-?\d{4}(?!\d)|0\d{2,3}-\d{7,8}(?:[-/、]\d{3,8})*(?!\d)|\d{3}-\d{4}-\d{4}(?!\d)"
_CODE = re.compile(
    "|".join(
        [
            r"\d{15,}[.\d]*",  # a serial number
            r"\d+(?:\.\d+){2,}[A-Za-z]?",  # a version
            _PHONE,
            # a resolution or rhythm (1920×1080, 7×24小时); before a unit of length each number counts for itself
            rf"{_NUM}(?: ?[x×X*✕] ?{_NUM})+(?![\d.])(?! ?(?:mm|cm|m|毫米|厘米|米))(?: ?(?:小时|像素))?",
            r"\d+(?:\+\d+)+(?![\d.]|[A-Za-z]*B)",  # 5+5+1, but not 8GB+256GB
            r"\d+(?:-\d+){2,}(?!\d)",
            r"\d+(?: ?: ?\d+){2,}(?:\.\d+)?",  # 10:30:00, 2:1:0
        ],
    ),
)
_DIGITS = re.compile(ARABIC)
_HH = r"(?:[01]?\d|2[0-4])"
_OCLOCK = r"时(?![速代间长候差段期机尚政效装钟])"
_CLOCK = re.compile(
    rf"\d{{1,2}} ?[-~至到] ?{_HH}{_OCLOCK}"
    rf"|(?P<colon>{_HH}:[0-5]\d(?!\d|:))"
    rf"|{_HH} ?{_OCLOCK}(?: ?[0-5]?\d ?分?(?!之))?许?"
    rf"|{_HH}点(?:[0-5]?\d分?(?![\d%之.])|半|整|钟|许|多钟?|(?=[前后至到~—起开左-]))",
)
_HOUR = re.compile(rf"{_HH}点(?![\d位])")
_DAYTIME = re.compile(r"(?:[早晚晨夜午间天日号]|上午|下午|晚上|早上|凌晨|中午|每天|傍晚|清晨|深夜) ?$")
_DAYTIME_WIDTH = 4
_SCORE = re.compile(r"(?P<a>\d{1,4}(?:\.\d+)?) ?[:比] ?(?P<b>\d{1,4}(?:\.\d+)?)(?![\d:]|[百千万亿年月日元%])")
_DASHED = re.compile(r"(?P<a>\d{1,3})-(?P<b>\d{1,3})(?![\d.%A-Za-z-])")
_MATCH_BEFORE = re.compile(r"(?:比分|大胜|战胜|击败|不敌|总分).{0,4}$|[胜负以]$")
_MATCH_AFTER = ("战胜", "击败", "不敌", "的比分", "险胜", "大胜", "负于", "领先", "落后", "横扫", "逆转")

_LEFT_MARKS = frozenset("-_./#@№·")
_LEFT = re.compile(r"(?:[A-Za-z][A-Za-z0-9.&_/]*[-_.·/]?|[#№@]|[Nn][Oo]\. ?)$")
_LEFT_WIDTH = 16
_RIGHT = re.compile(r"[A-Za-z0-9]*(?:[-._+/][A-Za-z0-9]+)*\+?")
_AMOUNT_AHEAD = re.compile(r"[\d,.]+ ?(?:%|个百分点|[百千]?[万亿]|倍|元|美元)")

_LONG = 7
"""A whole number of so many digits without unit or 万 is a telephone, account or serial number."""
_VALUE_BEFORE = re.compile(r"(?:[为达至到是于报约近超逾破过共仅得有数量率值=了足]|[A-Z]{3,}) ?$")
_CHAIN = re.compile(r"(?:[、和及与]\d+)+")
_POSITION = re.compile(r" ?(?:附近|左右|上下|以上|以下|关口|点位|一线|区间|上方|下方)")
_AFTER_NAME = re.compile(r"(?:[A-Za-z] ?/? ?|(?:蓝牙|系统|版本) ?|[vV]\.?)$")
_BEFORE_VERSION = re.compile(r" ?(?:时代|版|系统|标准|协议|接口|系列)")
_STATED = re.compile(r"\d+\.\d+$|,\d{3}|[万亿千百多余]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_HAN = re.compile(r"[一-龥]")
_LOOK_BACK = 8


def named_at(text: str, start: int, floor: int) -> Core | None:
    """The name or score that the Arabic numeral at `start` of the folded text belongs to, or None.

    It may begin before `start`, but not before `floor`.

    >>> named_at("乘坐G4719次列车", 3, 0).start
    2
    """
    if (code := _CODE.match(text, start)) is not None:
        return _name(text, start, code.end())
    return _lettered(text, start, floor) or _clock(text, start) or _score(text, start)


def _name(text: str, start: int, end: int) -> Core:
    digits = re.search(r"\d+", text[start:end])
    return Core(start, end, Decimal(digits.group()) if digits else Decimal(0), "", Kind.IDENTIFIER)


def _lettered(text: str, start: int, floor: int) -> Core | None:
    """A model, train or virus: letters touch the number on either side and are no unit."""
    digits = _DIGITS.match(text, start)
    end = digits.end() if digits else start
    begin = _letters_before(text, start, floor)
    if begin == start and not _letters_after(text, start, end):
        return None
    tail = _RIGHT.match(text, end)
    return _name(text, begin, tail.end() if tail else end)


def _letters_before(text: str, start: int, floor: int) -> int:
    """Where the letters begin that the number is part of; `start` if there are none."""
    before = text[start - 1] if start > floor else ""
    if not before or not (before in _LEFT_MARKS or (before.isascii() and before.isalpha())):
        return start
    match = _LEFT.search(text, max(floor, start - _LEFT_WIDTH), start)
    return start if match is None or _is_word(match.group(), text, start) else match.start()


def _is_word(letters: str, text: str, start: int) -> bool:
    """Whether letters before an amount are a word of their own: GDP3.2万亿元, but not G4719次."""
    return letters in CURRENCY or (
        len(letters) > 1 and letters.isalpha() and _AMOUNT_AHEAD.match(text, start) is not None
    )


def _letters_after(text: str, start: int, end: int) -> bool:
    """Whether letters at `end` make the number a name; 2G to 9G are networks, never grams."""
    after = text[end : end + 1]
    if not (after.isascii() and after.isalpha()):
        return False
    unit = unit_at(text, end)
    return unit is None or (unit.written == "G" and end - start == 1)


def _clock(text: str, start: int) -> Core | None:
    match = _CLOCK.match(text, start)
    if match is None:
        hour = _HOUR.match(text, start)
        spoken = hour and _DAYTIME.search(text, max(0, start - _DAYTIME_WIDTH), start)
        return _name(text, start, hour.end()) if hour and spoken else None
    if match["colon"] and _in_a_match(text, match):
        return None
    return _name(text, start, match.end())


def _in_a_match(text: str, match: re.Match[str]) -> bool:
    """Whether 21:15 is the score of a game."""
    before = _MATCH_BEFORE.search(text, max(0, match.start() - _LOOK_BACK), match.start())
    return before is not None or text.startswith(_MATCH_AFTER, match.end())


def _score(text: str, start: int) -> Core | None:
    match = _SCORE.match(text, start)
    return _ratio(match) if match else None


def split_score(text: str, start: int) -> Core | None:
    """The score 95-79, for a caller who has made sure that no unit follows."""
    match = _DASHED.match(text, start)
    return _ratio(match) if match else None


def _ratio(match: re.Match[str]) -> Core:
    return Core(match.start(), match.end(), Decimal(match["a"]), ":", Kind.RATIO, 0, Decimal(match["b"]))


def suffix_names(text: str, end: int) -> bool:
    """Whether what follows a number makes it a name: 3号线, 90后, 500强 (but 16线程 counts threads)."""
    pos = end + text.startswith(" ", end)
    if not text.startswith(NAMED, pos):
        return False
    unit = unit_at(text, pos)
    return unit is None or any(text.startswith(name, pos) for name in NAMED if len(name) >= len(unit.written))


def states_value(text: str, start: int, end: int) -> bool:
    """Whether an Arabic number without unit states a value (PMI为50.2) rather than names something."""
    chain = _CHAIN.match(text, end)
    if suffix_names(text, chain.end() if chain else end):
        return False
    if _POSITION.match(text, end):
        return True
    written = text[start:end]
    look_back = max(0, start - _LOOK_BACK)
    if _AFTER_NAME.search(text, look_back, start) or _BEFORE_VERSION.match(text, end):
        return False
    told = _VALUE_BEFORE.search(text, look_back, start) is not None
    if _STATED.search(written):
        return told or not written.endswith(".0")
    if len(written) >= _LONG or _YEAR.fullmatch(written):
        return False
    return told and not _HAN.match(text, end)
