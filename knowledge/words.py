"""Words of a text: folding of scripts and widths, segmentation, and the search terms made of them.

Sole importer of opencc (script) and rjieba (segmentation).  `fold` keeps every offset, so that what is found
in folded text is cut from the text as written.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

from knowledge.schema import Token
from knowledge.synonyms import SYNONYMS

_WIDE = re.compile(
    r"[\u3000\uff03-\uff06\uff0a\uff0b\uff0d-\uff19\uff1d\uff20-\uff3a\uff3f\uff41-\uff5a\uff5e]"
)
"""What is halved: letters, digits and the marks of figures.

The marks of Chinese prose （，。：；？！） stay wide: between digits a halved comma would read as that of thousands.
"""

_HALF = re.compile(r"[\ud800-\udfff]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_HAN_PAIR = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]{2}")
_HAN_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"\w")
_NUMBER = re.compile(r"\d[\d.]*")
_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=\w)|(?<=\w)\s+(?=[\u3400-\u9fff])")

_ASIDE = frozenset(
    """
    的 了 着 过 是 吗 呢 吧 啊 嘛 请 请问 问 问一下 想 想问 想知道 知道 告诉 告诉我 说说 查查 查一下 帮 帮我 麻烦 一下
    多少 几 几个 多少个 多大 多高 多长 多久 多远 多重 多快 哪 哪个 哪些 哪里 哪儿 谁 什么 甚么 啥 怎么 怎样 怎么样
    如何 为什么 为何 何时 何地 是否 有没有 是不是 能否 可否 可以 能 会
    在 有 和 与 及 以及 或 或者 被 把 将 对 对于 关于 为 以 由 从 到 于 等 也 都 就 而 并 且 但 又 还 再 则 若 如果
    之 其 该 这 那 这个 那个 这些 那些 我 你 您 他 她 它 我们 你们 他们 咱们
    个 年 月 日 上 中 下 内 里 约 大约 大概 达 达到 分别 共 共有 一共 总共 相比 当时 目前 现在 according to the of is
    """.split()
)
"""Words of asking and of grammar: they say how is asked, not about what."""

_HOW_MANY = re.compile("几[个家位人名次天年月日项件种台套只条辆架场所座倍成分元亿万千百]|多少.+")

_PAIR = 0.35
_NUMERAL = 0.5
_SYNONYM = 0.3
"""Weights beside 1 for a word: of a pair of characters inside a word or across two, a bare number, a synonym.

Measured over the 211 development questions on 63,668 articles: pairs at .2 to .5 and numbers at 0 to 1 move
recall@5 by less than .01; no pairs at all lose .03; synonyms at .2 to .5 win .01.
"""


@lru_cache(maxsize=1)
def _converter() -> Any:
    """The converter from traditional to simplified characters; 10 ms to load."""
    from opencc import OpenCC

    return OpenCC("t2s")


@lru_cache(maxsize=1)
def _jieba() -> Any:
    """The segmenter with its dictionary; 90 ms to load."""
    import rjieba

    return rjieba


@lru_cache(maxsize=4096)
def _simplified(character: str) -> str:
    """The simplified form of one character, or itself if that is not one character."""
    simple: str = _converter().convert(character)
    return simple if len(simple) == 1 else character


def fold(text: str) -> str:
    """The text in simplified characters with half-width letters, digits and figure marks, same length.

    >>> fold("臺灣ＧＤＰ成長３．５％，")
    '台湾GDP成长3.5%，'
    """
    halved = _WIDE.sub(_halve, _whole(text))
    simple: str = _converter().convert(halved)
    if len(simple) == len(text):
        return simple
    return "".join(map(_simplified, halved))


def _whole(text: str) -> str:
    """The text with U+FFFD for halves of characters, which the libraries can't take."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


def _halve(match: re.Match[str]) -> str:
    wide = match[0]
    return " " if wide == "\u3000" else chr(ord(wide) - 0xFEE0)


def tokenize(text: str) -> tuple[Token, ...]:
    """The words of a text with their offsets in it and jieba's part-of-speech tags.

    >>> [(t.text, t.tag) for t in tokenize("累计投资23.26亿元")]
    [('累计', 'v'), ('投资', 'vn'), ('23.26', 'm'), ('亿元', 'm')]
    """
    tokens, at = [], 0
    for word, tag in _jieba().tag(_whole(text)):
        end = at + len(word)
        tokens.append(Token(text[at:end], at, end, tag))
        at = end
    return tuple(tokens)


def plain(text: str) -> str:
    """The text as it is searched: folded, lower case, without the gaps some papers set around figures.

    >>> plain("IT之家 8 月 16 日消息")
    'it之家8月16日消息'
    """
    return _GAP.sub("", fold(text).casefold())


def terms(text: str) -> list[str]:
    """The words under which a text is found, in order; a number also with the word behind it.

    >>> terms("2021年，“科创投”累计")
    ['2021', '年', '2021年', '科', '创投', '累计']
    """
    found: list[str] = []
    number = ""
    for word in _jieba().cut(plain(text)):
        kind = _kind(word)
        if not kind:
            number = ""
            continue
        found.append(word)
        if number:
            found.append(number + word)
        number = word if kind == "number" else ""
    return found


@lru_cache(maxsize=1 << 16)
def _kind(word: str) -> Literal["", "word", "number"]:
    """What a token is; empty for a mark or space."""
    if not _WORD.search(word):
        return ""
    return "number" if _NUMBER.fullmatch(word) else "word"


def question_terms(text: str) -> dict[str, float]:
    """What to search for, with weights in (0, 1]: words that carry content, their character pairs and synonyms.

    Pairs make up for words that are cut differently here and there; those that cross a word of asking or
    grammar are noise and left out.

    >>> question_terms("科创投募资多少")
    {'科': 1.0, '创投': 1.0, '科创': 0.35, '募资': 1.0, '投募': 0.35}
    >>> question_terms("死亡几人")
    {'死亡': 1.0, '丧生': 0.3, '去世': 0.3, '身亡': 0.3, '遇难': 0.3}
    """
    searched = plain(text)
    weights: dict[str, float] = {}
    for term, weight in _weighted(searched):
        weights[term] = max(weight, weights.get(term, 0.0))
    for term, weight in _said_otherwise(searched, tuple(weights)):
        weights.setdefault(term, weight)
    return weights


def _said_otherwise(text: str, words: Sequence[str]) -> Iterator[tuple[str, float]]:
    """The words of synonyms; those of one that is cut into several share its weight."""
    synonyms = _synonyms()
    long = (said for said in synonyms if len(said) > 3 and said in text)  # noqa: PLR2004 -- cut into several words
    for said in dict.fromkeys((*words, *long)):
        for other in synonyms.get(said, ()):
            for word in terms(other):
                if len(word) > 1:
                    yield word, _SYNONYM * len(word) / max(len(word), len(other))


@lru_cache(maxsize=1)
def _synonyms() -> dict[str, tuple[str, ...]]:
    """Synonyms by word, in the form in which texts are searched."""
    return {plain(word): tuple(sorted(map(plain, others))) for word, others in SYNONYMS.items()}


def _weighted(text: str) -> Iterator[tuple[str, float]]:
    before = number = ""
    for word in _jieba().cut(text):
        if number and _HAN.match(word):
            yield number + word, 1.0
        number = word if _NUMBER.fullmatch(word) else ""
        if word in _ASIDE or _HOW_MANY.fullmatch(word) or not _WORD.search(word):
            before = ""
            continue
        yield word, _NUMERAL if number else 1.0
        if len(word) > 2:  # noqa: PLR2004 -- a word of two characters is its own pair
            for run in _HAN_RUN.findall(word):
                yield from ((run[i : i + 2], _PAIR) for i in range(len(run) - 1))
        if before and _HAN_PAIR.fullmatch(before[-1] + word[0]):
            yield before[-1] + word[0], _PAIR
        before = word
