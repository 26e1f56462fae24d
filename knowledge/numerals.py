"""Numerals as Chinese texts write them → `Decimal`.

Arabic (4,500万), full-width (３.５亿), Chinese (三千二百万, 二〇二一), traditional (萬, 億, 點), financial (壹拾贰)
and mixed (4.5千万, 1亿2000万) numerals, and the fractions that are words: 百分之十六点三, 三成半, 一半.

A numeral that can be read two ways (三五: 35, or three to five) is refused, never guessed.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple


class NumeralError(ValueError):
    """The text is no numeral, or can be read in two ways."""


class Numeral(NamedTuple):
    """A numeral that was read.

    Attributes:
        value: Its value as a plain number (百分之三 → 0.03).
        digits: Significant digits as written, before the last 万 or 亿 (3.2万亿 → 2, 4500万 → 4, 四千五百万 → 4).
    """

    value: Decimal
    digits: int


_SIMPLIFIED = str.maketrans(
    "萬億兆點兩○餘約過達個隻條輛項噸號歲時間場戶畝頃種張臺棟層屆週鐘雙對隊頭顆塊幣鎊韓盧歐"
    "倉滿於於從將預計劃擬後農業產無發開體國區縣鄉鎮處學員團組類線",
    "万亿兆点两〇余约过达个只条辆项吨号岁时间场户亩顷种张台栋层届周钟双对队头颗块币镑韩卢欧"
    "仓满于于从将预计划拟后农业产无发开体国区县乡镇处学员团组类线",
)
"""One code point for one, so that offsets hold; only what numerals, units and modifiers are made of."""

_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F) if chr(wide) not in "，；！？（）"}
"""Full-width ASCII → ASCII; the marks that end a clause stay what they are."""

_MARKS = str.maketrans(
    "−–﹣〜∽∶﹪・　\u2010\u223c\ufe30\xa0\u2009\u202f",
    "---~~:%· -~:   ",
)

FOLD: dict[int, int | str | None] = {**_SIMPLIFIED, **_WIDTH, **_MARKS}

_DIGITS = {c: i % 10 for i, c in enumerate("零一二三四五六七八九〇")} | {"两": 2}
_FINANCIAL = str.maketrans("壹贰貳叁參肆伍陆陸柒捌玖拾佰仟", "一二二三三四五六六七八九十百千")
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10_000, "亿": 100_000_000}

ARABIC = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
HAN = "零〇一二两三四五六七八九十百千万亿"
ZEROS = "零〇"
HAN_DECIMALS = r"(?:点[零〇一二三四五六七八九]+)?"
"""What other modules build their expressions of: an Arabic numeral, the Chinese ones, their zeros, 点二六."""

_TOKEN = re.compile(
    rf"(?P<arabic>{ARABIC})"
    r"|(?P<point>点[零〇一二三四五六七八九]+)"
    r"|(?P<digit>[零〇一二两三四五六七八九])"
    r"|(?P<small>[十百千])"
    r"|(?P<large>[万亿])"
    r"|(?P<space> )"
)
_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_POSITIONAL = re.compile(
    r"[零〇一二三四五六七八九]{3,}|[一二三四五六七八九][零〇]|[零〇][一二三四五六七八九]"
)
_PARTS = {"百": Decimal(100), "千": Decimal(1000), "万": Decimal(10_000)}
_MOST_DIGITS = 28
"""What `Decimal` holds exactly in its default context, and more than any figure is written with."""
_LONGEST = 2 * _MOST_DIGITS
_HALF = Decimal("0.5")


def fold(text: str) -> str:
    """`text` with full-width forms and traditional characters replaced one for one: the offsets stay.

    >>> fold("３.５億")
    '3.5亿'
    """
    return text.translate(FOLD)


def parse(text: str) -> Decimal:
    """The number that `text` writes.

    Args:
        text: The numeral alone, without unit or modifier; a sign (负, -) is allowed.

    Raises:
        NumeralError: If it is no numeral or could be read in two ways.

    >>> parse("三千二百万"), parse("1亿2000万"), parse("百分之十六点三"), parse("三成半")
    (Decimal('32000000'), Decimal('120000000'), Decimal('0.163'), Decimal('0.35'))
    """
    return read(text).value


@lru_cache(maxsize=1 << 14)
def read(text: str) -> Numeral:
    """The number that `text` writes and the significant digits it is written with.

    Raises:
        NumeralError: As `parse`.
    """
    if len(text) > _LONGEST or sum(c.isdigit() or c in _DIGITS for c in text) > _MOST_DIGITS:
        raise NumeralError(f"numeral {text[:_LONGEST]!r}: expected at most {_MOST_DIGITS} digits")
    plain = fold(text).strip().translate(_FINANCIAL)
    if plain[:1] in ("负", "-", "+"):
        found = _unsigned(plain[1:].lstrip(), text)
        return found if plain[0] == "+" else Numeral(-found.value, found.digits)
    return _unsigned(plain, text)


def _unsigned(plain: str, text: str) -> Numeral:
    if _PLAIN.fullmatch(plain):
        return Numeral(shortest(Decimal(plain)), _significant(plain))
    if _POSITIONAL.fullmatch(plain):
        return Numeral(Decimal("".join(str(_DIGITS[c]) for c in plain)), len(plain.lstrip("零〇")) or 1)
    if "分之" in plain:
        return _fraction(plain, text)
    if "成" in plain:
        return _tenths(plain, text)
    if plain in ("半", "一半"):
        return Numeral(_HALF, 1)
    return _Reader(text).read(plain)


def shortest(value: Decimal) -> Decimal:
    """`value` without the zeros that multiplying left behind, and without an exponent: 2326000000.00 → 2326000000."""
    whole = value.to_integral_value()
    return Decimal(int(whole)) if whole == value else value.normalize()


def _significant(arabic: str) -> int:
    return len(arabic.replace(",", "").replace(".", "").lstrip("0")) or 1


def _fraction(plain: str, text: str) -> Numeral:
    """百分之十六点三 → 0.163; 四分之三 → 0.75."""
    below, above = plain.split("分之", 1)
    whole = _PARTS.get(below) or read(below).value
    part = read(above)
    if not whole:
        raise NumeralError(f"numeral {text!r}: a fraction of zero parts")
    return Numeral(part.value / whole, part.digits)


def _tenths(plain: str, text: str) -> Numeral:
    """三成 → 0.3; 三成半 → 0.35; 七成五 → 0.75."""
    tenths, rest = plain.split("成", 1)
    whole = read(tenths)
    if not rest:
        return Numeral(whole.value / 10, whole.digits)
    if rest != "半" and rest not in _DIGITS:
        raise NumeralError(f"numeral {text!r}: expected 半 or one digit after 成, got {rest!r}")
    extra = _HALF if rest == "半" else Decimal(_DIGITS[rest]) / 10
    return Numeral((whole.value + extra) / 10, whole.digits + 1)


class _Reader:
    """Reads one numeral from left to right, 十 百 千 within sections that 万 and 亿 close."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.total = Decimal(0)
        self.section = Decimal(0)
        self.number: Decimal | None = None
        self.digits = 0
        self.last = 0
        """The multiplier read last, 0 after a zero: 三万五 is 35,000 but 三万零五 is 30,005."""
        self.ceiling = 10_000
        """What the next 十 百 千 of the section must stay below."""

    def read(self, plain: str) -> Numeral:
        pos = 0
        while pos < len(plain):
            token = _TOKEN.match(plain, pos)
            if token is None or token.lastgroup is None:
                raise self._refuse(f"{plain[pos]!r} is no part of one")
            getattr(self, f"_{token.lastgroup}")(token.group())
            pos = token.end()
        if not pos:
            raise self._refuse("it is empty")
        return self._finish()

    def _refuse(self, why: str) -> NumeralError:
        return NumeralError(f"numeral {self.text!r}: {why}")

    def _space(self, _: str) -> None:
        """A space inside (2879 亿) says nothing."""

    def _arabic(self, word: str) -> None:
        if self.number is not None:
            raise self._refuse("two numbers stand side by side")
        self.number = Decimal(word.replace(",", ""))
        self.digits = 0 if self.total else _significant(word)
        self.last = 0

    def _digit(self, word: str) -> None:
        if self.number:
            raise self._refuse("two digits stand side by side")
        self.number = Decimal(_DIGITS[word])
        if not self.number:
            self.last = 0

    def _point(self, word: str) -> None:
        if self.number is None and not self.section and not self.total:
            raise self._refuse("nothing stands before 点")
        fraction = "".join(str(_DIGITS[c]) for c in word[1:])
        self.number = self.section + (self.number or 0) + Decimal(f"0.{fraction}")
        self.section = Decimal(0)
        self.digits = len(str(int(self.total + self.number)).lstrip("0")) + len(fraction)
        self.last = 0

    def _small(self, word: str) -> None:
        size = _SMALL[word]
        if size >= self.ceiling:
            raise self._refuse(f"{word} stands where a smaller multiplier was expected")
        if (self.number == 0 and not self.digits) or (
            self.number is None and self.section + self.total and word != "十"
        ):
            raise self._refuse(f"nothing stands before {word}")
        self.section += (Decimal(1) if self.number is None else self.number) * size
        self.number, self.last, self.ceiling = None, size, size

    def _large(self, word: str) -> None:
        size = _LARGE[word]
        part = self.section + (self.number or 0)
        if self.number is None and not part and not self.total and not self.last:
            part = Decimal(1)
        if self.last >= size and not part:
            raise self._refuse(f"{word} is repeated")
        if part and self.total >= size:  # 一亿二千万 adds, 一万二千亿 and 万亿 multiply
            self.total += part * size
        else:
            self.total = (self.total + part) * size
        self.section, self.number, self.last, self.ceiling = Decimal(0), None, size, 10_000

    def _finish(self) -> Numeral:
        number = self.number or Decimal(0)
        if number and self.last and number < 10 and number == int(number):  # noqa: PLR2004 - one digit: 三万五
            number = number * self.last / 10
        value = self.total + self.section + number
        return Numeral(shortest(value), self.digits or self._written(value))

    def _written(self, value: Decimal) -> int:
        """Digits of a Chinese numeral before its last 万 or 亿."""
        if self.number is None and not self.section and self.last >= _LARGE["万"]:
            while value and value % 10_000 == 0:
                value /= 10_000
        return len(str(int(value)))
