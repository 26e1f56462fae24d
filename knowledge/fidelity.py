"""Whether a sentence says of its figures, names and deeds what the sentences shown with it say, clause by clause.

`check` asks whether a number is stated of what a draft speaks of; what is shown as an answer must also keep to the
very clause it was taken from: who did it, whether it was denied, how the number is bounded and for how long it was
counted.  Every rule looks at one clause of the statement beside one clause of the article.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from knowledge.figures import scan
from knowledge.matching import presence
from knowledge.restating import Proof, is_anothers_change, keeps_number, spans, time_of
from knowledge.schema import Kind, Quantity, Span, Token
from knowledge.terms import Term, Tokenize, content_terms

_SAID = 0.65
"""Presence from which a word stands in a clause."""

_UNHEARD = 0.35
"""Presence below which nothing of a word is said."""

_REFERS = frozenset(
    "公司 企业 集团 单位 机构 全市 全省 全区 全县 全国 我市 我省 活动 大会 会议 项目 平台".split()
)
"""What stands for something named before."""

_HALF = 0.5
"""Presence from which a verb is said in other words."""

_SEVERAL = 2

_PALE = frozenset(
    """
    金额 总额 规模 数额 总量 数量 资金 总数 数据 水平 情况 总数量 总金额 总规模 数目 人数 成果 项目 活动 领域 方面
    整体 总体 比例 比率 占比 幅度 增幅 降幅 增速 合作 参与 预期 目标 本市 当地 全年 年度 期间 共计 总共 合计 余额
    数值 公司 企业 机构
    """.split()
)
"""Words that say how things are counted rather than what."""

_DENIES = re.compile(
    r"没(?!收)|未(?![来满成]|必)|并非|而非|尚无|无[法缘望需须一]|毫无"
    r"|不(?![断少仅但过同久足到超低高多下得已如只论管妨禁管锈动锈良])|不止|不再|从不"
)
"""不断、不少、不足、未来 deny nothing."""

_GRAVE = re.compile(
    r"目前|现在|如今|最新|每[年月日天周]|[人户日月年场]均|平均|新增|净增|恰好|正好|整整|大部分|大多数|多数|绝大|半数|唯一"
    r"|全[国省市球]|首[个次家批届创]|最[高低大小多少佳强快慢好早新]|[国省市县区州]家?级"
    r"|停止|停办|叫停|取消|全部|一律|其中|居首|领先|落后|高于|低于|多于|少于|接近|线[上下]|到账|到位|实际|超额|终止|暂停|中止|拒绝|放弃|否认|退出|撤[销回]|失败|亏损|建成|建好|落成|投产|竣工|累积"
)
"""Words that turn what is said into something else: none that the article doesn't say."""

_LIGHT = frozenset({"进行", "实现", "完成"})
"""Verbs that only bring another: 进行了交流."""

_FEEBLE = frozenset(
    """
    达到 实现 完成 超过 突破 增长 下降 增加 减少 上升 提高 成为 进行 开展 举行 举办 参加 参与 没有 预计 计划 力争
    """.split()
)
"""Verbs that anybody may do: whoever stands before them stands before what follows too."""


@dataclass(frozen=True)
class _Clause:
    """A clause with its words, cut at its verbs.

    Attributes:
        text: Folded.
        tokenize: Words with part-of-speech tags.
        beside: Text that knows the names.
    """

    text: str
    tokenize: Tokenize
    beside: str

    def nouns(self, start: int, end: int) -> tuple[str, ...]:
        """Names and nouns between two places."""
        return _nouns(self.text[start:end], self.tokenize, self.beside)

    @cached_property
    def verbs(self) -> tuple[tuple[str, int, int], ...]:
        """What is done, with where it stands."""
        found = self.tokenize(self.text)
        return tuple(
            (t.text, t.start, t.end)
            for t in found
            if (t.tag == "v" or t.text[1:] == "办") and len(t.text) > 1 and t.text not in _FEEBLE
        )

    @cached_property
    def breaks(self) -> tuple[Span, ...]:
        """Verbs and figures."""
        figures = (Span(q.start, q.end) for q in _figures(self.text))
        return (*(Span(start, end) for _, start, end in self.verbs), *figures)

    def doers(self, at: int) -> tuple[str, ...]:
        """Nouns before a place, back to the verb or figure before it."""
        return self.nouns(max((end for _, end in self.breaks if end <= at), default=0), at)

    def done(self, at: int) -> tuple[str, ...]:
        """Nouns behind a place, up to the next verb or figure."""
        return self.nouns(at, min((start for start, _ in self.breaks if start >= at), default=len(self.text)))

    def told(self) -> tuple[str, ...]:
        """Words up to the first verb, with it."""
        verbs = (
            t for t in self.tokenize(self.text) if t.tag == "v" and len(t.text) > 1 and t.text not in _LIGHT
        )
        first = next(verbs, Token("", len(self.text), len(self.text), ""))
        return (
            *self.nouns(0, first.end),
            *((first.text,) if first.text and first.text not in _FEEBLE else ()),
        )


def _nouns(text: str, tokenize: Tokenize, beside: str) -> tuple[str, ...]:
    """Names and nouns, and what may be the name of a place."""
    terms = [t.text for t in _terms(text, tokenize, beside) if t.noun or t.name or t.coined]
    places = [t.text for t in tokenize(text) if t.tag == "ns" and not any(t.text in term for term in terms)]
    return tuple(word for word in terms + places if len(word) > 1 and word not in _FEEBLE)


def _terms(text: str, tokenize: Tokenize, beside: str) -> tuple[Term, ...]:
    found = scan(text)
    taken = [(q.start, q.end) for q in found.quantities] + [(p.start, p.end) for p in found.periods]
    return content_terms(text, tokenize, taken=taken, told=[], beside=beside)


@dataclass(frozen=True)
class Fidelity:
    """Holds statements against sentences.

    Attributes:
        tokenize: Words of a folded text with part-of-speech tags.
        cited: All that the cited passages say, folded.
    """

    tokenize: Tokenize
    cited: str

    def keeps(self, statement: str, proofs: Sequence[Proof], quotes: Sequence[str]) -> bool:
        """Whether a statement keeps to what it was taken from.

        Args:
            statement: Folded.
            proofs: Its figures with the article's.
            quotes: The sentences shown with it, folded.
        """
        if not all(keeps_number(statement, proof) for proof in proofs):
            return False
        if any(is_anothers_change(proofs[:at], proof) for at, proof in enumerate(proofs)):
            return False
        if not self._keeps_names(statement, proofs):
            return False
        shown = [clause for quote in quotes for clause in _clauses(quote)]
        for start, end in spans(statement):
            own = [p for p in proofs if start <= p.claimed.start < end]
            text = statement[start:end]
            beside = [p.text[slice(*p.figure.clause)] for p in own] or self._most_alike(text, shown)
            if not self._keeps_clause(text, beside, has_figure=bool(own), quotes="".join(quotes)):
                return False
            if not all(self._keeps_owner(statement, Span(start, end), proof) for proof in own):
                return False
        return True

    def _most_alike(self, text: str, shown: Sequence[str]) -> list[str]:
        """The clauses that say most of one: more than one if they say as much."""
        terms = content_terms(text, self.tokenize, taken=[], told=[])
        scores = [sum(t.weight * presence(t.text, clause) for t in terms) for clause in shown]
        best = max(scores, default=0.0)
        return [clause for clause, score in zip(shown, scores, strict=True) if best and score >= best - 0.01]

    def _keeps_clause(self, text: str, beside: Sequence[str], *, has_figure: bool, quotes: str) -> bool:
        """Whether a clause says yes or no as those beside it do, nothing graver, and of the same who does what."""
        if not beside:
            return not is_denied(text) and all(word in quotes for word in _GRAVE.findall(text))
        if all(is_denied(text) != is_denied(other) for other in beside):
            return False
        said = quotes if not has_figure else "".join(beside)
        grave = {word for word in _GRAVE.findall(text) if word not in quotes or _is_scope(word)}
        if any(word not in "".join(beside) for word in grave):
            return False
        others = beside if has_figure else list(_clauses(said))
        return self._keeps_deeds(text, others)

    def _keeps_deeds(self, text: str, others: Sequence[str]) -> bool:
        """Whether everything done in a clause is done by and to whom one of the others says."""
        clause = _Clause(text, self.tokenize, self.cited)
        beside = [_Clause(other, self.tokenize, self.cited) for other in others]
        return all(self._keeps_deed(clause, deed, beside) for deed in clause.verbs)

    def _keeps_deed(self, clause: _Clause, deed: tuple[str, int, int], beside: Sequence[_Clause]) -> bool:
        verb, start, end = deed
        doers, done = clause.doers(start), clause.done(end)
        same = [(other, at) for other in beside if (at := other.text.find(verb)) >= 0]
        if not same:
            return not any(_is_other_deed(clause, deed, other) for other in beside)
        return any(
            not self._swaps(doers, other.doers(at), clause.text, other.text)
            and not self._swaps(done, other.done(at + len(verb)), clause.text, other.text)
            for other, at in same
        )

    def _keeps_owner(self, statement: str, span: Span, proof: Proof) -> bool:
        """Whether the words that lead up to a figure lead up to it in the article too."""
        ours = _run(statement, span, proof.claimed)
        own = proof.figure.clause
        theirs = _run(proof.text, own, proof.figure.quantity)
        mine, its = (_Clause(run[0], self.tokenize, self.cited) for run in (ours, theirs))
        leading, clause = mine.doers(len(mine.text)), proof.text[slice(*own)]
        if self._swaps(leading, its.doers(len(its.text)), mine.text, clause):
            return False
        if _is_other_ordinal(mine.text, its.text):
            return False
        so_far = f"{proof.title}\n{proof.text[: own.end]}"
        if any(
            presence(word, so_far) < _SAID <= presence(word, self.cited)
            for word in mine.nouns(0, len(mine.text))
        ):
            return False  # nobody did it who is only named later, or in another article
        behind, stated = (_Clause(run[1], self.tokenize, self.cited).told() for run in (ours, theirs))
        return not self._swaps(behind, stated, "".join(ours), "".join(theirs))

    def _keeps_names(self, statement: str, proofs: Sequence[Proof]) -> bool:
        """Of figures from several paragraphs: whether each is told of a name that its paragraph has."""
        paragraphs = [_paragraph(proof) for proof in proofs]
        if len(set(paragraphs)) < _SEVERAL:
            return True
        times = {p.figure.as_of.hi for p in proofs if p.figure.as_of}
        if len(times) >= _SEVERAL and any(time_of(statement, p.claimed, None) is None for p in proofs):
            return False  # figures of several times, told of none
        for proof, paragraph in zip(proofs, paragraphs, strict=True):
            before = (statement[s.start : s.end] for s in spans(statement) if s.start <= proof.claimed.start)
            named = [names for clause in before if (names := self._names(clause))]
            if named and any(presence(name, paragraph) < _SAID for name in named[-1]):
                return False
        return True

    def _names(self, clause: str) -> list[str]:
        places = [t.text for t in self.tokenize(clause) if t.tag == "ns" and len(t.text) > 1]
        terms = _terms(clause, self.tokenize, self.cited)
        return [t.text for t in terms if t.name or t.coined] + places

    def _swaps(self, ours: Sequence[str], theirs: Sequence[str], text: str, other: str) -> bool:
        """Whether something else stands in the place of what the article names here."""
        strange = (w for w in ours if presence(w, other) < _SAID and self._is_foreign(w))
        left_out = any(presence(w, text) < _SAID for w in theirs if w not in _REFERS)
        named = all(w in text for w in _REFERS.intersection(theirs))
        return any(left_out or (named and _is_joined(w, text)) for w in strange)

    def _is_foreign(self, word: str) -> bool:
        """Whether the passages name it elsewhere, or don't know it and it says more than 规模 or 金额."""
        known = presence(word, self.cited)
        return known >= _SAID or (known < _UNHEARD and word not in _PALE)


def _is_other_deed(clause: _Clause, deed: tuple[str, int, int], other: _Clause) -> bool:
    """Whether the same do something else to the same: 成果走出论文 for 成果停留在论文."""
    verb, start, end = deed
    doers, done = set(clause.doers(start)), set(clause.done(end))
    if not (doers and done) or presence(verb, other.text) >= _HALF:
        return False
    return any(set(other.doers(s)) == doers and set(other.done(e)) == done for _, s, e in other.verbs)


def _paragraph(proof: Proof) -> str:
    start = proof.text.rfind("\n", 0, proof.figure.quantity.start) + 1
    end = proof.text.find("\n", start)
    return proof.text[start : end if end >= 0 else len(proof.text)]


def _is_joined(word: str, text: str) -> bool:
    """Whether somebody is named beside another: 甲和乙."""
    name = re.escape(word)
    return re.search(rf"{name}[^，。；、]{{0,4}}[和与及]|[和与及]{name}", text) is not None


_ORDINAL = re.compile(r"第[\d一二三四五六七八九十百]+.")


def _is_other_ordinal(text: str, other: str) -> bool:
    """Whether one speaks of 第二产业 and the other of 第三产业."""
    ours, theirs = set(_ORDINAL.findall(text)), set(_ORDINAL.findall(other))
    return bool(ours and theirs) and not ours & theirs


def _is_scope(word: str) -> bool:
    """Words that are said of one thing, and not of the next."""
    return word[0] in "全首最新净人户日月年场平每国省市县区州"


def is_denied(text: str) -> bool:
    """Whether a clause denies what it speaks of; 有没有 only asks.

    >>> is_denied("没有获得补贴"), is_denied("有没有获得补贴"), is_denied("不断增长")
    (True, False, False)
    """
    return _DENIES.search(_ASKS.sub("", text)) is not None


_ASKS = re.compile(r"有没有|是不是|能不能|会不会|有无|是否|(?:了|过)没有?(?=[？?。\s]|$)")


def _clauses(text: str) -> Iterator[str]:
    return (text[slice(*span)] for span in spans(text))


def _run(text: str, span: Span, own: Quantity) -> tuple[str, str]:
    """What stands in a clause before and behind a figure, up to the figures next to it."""
    found = _figures(text[slice(*span)])
    ends = [span.start + q.end for q in found if span.start + q.end <= own.start]
    starts = [span.start + q.start for q in found if span.start + q.start >= own.end]
    start, end = max(ends, default=span.start), min(starts, default=span.end)
    return _COPULA.sub("", text[start : own.start]), text[own.end : end]


_COPULA = re.compile(r"[为是达到有共约的]+$")
_UNCOUNTED = frozenset({Kind.ORDINAL, Kind.IDENTIFIER})


def _figures(text: str) -> list[Quantity]:
    return [q for q in scan(text).quantities if q.kind not in _UNCOUNTED]
