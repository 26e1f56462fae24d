"""Names that begin as a name of the question does and are another's: 甲氏物流 and 甲氏健康 for 甲氏."""

import re
from collections import Counter
from collections.abc import Sequence

from knowledge.places import is_place
from knowledge.schema import Token
from knowledge.terms import Tokenize

Namesakes = tuple[tuple[str, tuple[str, ...]], ...]
"""Names of the question, each with the longer ones that are not asked for."""

_NAMES = frozenset({"ns", "nr", "nt", "nz", "nrt", "nrfg", "j"})
_GOES_ON = frozenset({"n", "nz", "nt", "an", "a", "j"})
_SAME = frozenset(
    """
    集团 公司 股份 控股 有限 方面 官方 总部 品牌 总裁 董事 董事长 创始人 总经理 负责人 发言人 先生 女士 总统 总理 主席
    书记 教授 博士 老师 球员 队员 自己 本人 中国 景区 市场 政府 国家
    """.split()
)
"""What may follow a name without naming another."""

_ASIDE = frozenset("tmxpfrcdu")
"""First letters of the tags of what may stand before the subject."""

_OFTEN = 2
"""Times that a longer name must stand in the passages to be one."""


def namesakes(text: str, tokenize: Tokenize, beside: str) -> Namesakes:
    """The names of a question with the longer names that the passages have for others.

    A longer name counts only if the passages know the shorter one without it: else it may be the name's full form.

    Args:
        text: Folded question.
        tokenize: Word segmentation with part-of-speech tags.
        beside: Folded text of the passages that were found.
    """
    name = _subject(tokenize(text))
    others = _longer(name, beside, tokenize) if name else ()
    others = tuple(other for other in others if other not in text)
    return ((name, others),) if others else ()


def _subject(tokens: Sequence[Token]) -> str:
    """The name that a question opens with, its times and courtesies aside; empty if it opens with none."""
    opening = next((t for t in tokens if t.tag[:1] not in _ASIDE), None)
    named = opening is not None and opening.tag in _NAMES and len(opening.text) > 1
    return opening.text if opening and named and not is_place(opening.text) else ""


def _longer(name: str, beside: str, tokenize: Tokenize) -> tuple[str, ...]:
    """What the passages often call by the name and a noun, in different surroundings, and not all that they call so."""
    met = re.findall(rf"{re.escape(name)}([一-鿿]{{2}})(.?)", beside)
    times = Counter(end for end, _ in met)
    followed = {end: {after for e, after in met if e == end} for end in times}
    n_met = beside.count(name)
    return tuple(
        name + end
        for end, n in times.items()
        if _OFTEN <= n < n_met and len(followed[end]) > 1 and _goes_on(name, end, tokenize)
    )


def _goes_on(name: str, end: str, tokenize: Tokenize) -> bool:
    """Whether what follows a name is a noun that makes it another's."""
    last = tokenize(name + end)[-1]
    return last.text == end and last.tag in _GOES_ON and end not in _SAME
