"""Whether a language model's sentence is borne out by the passages it cites: the rules of `check`, and some more.

Every figure, date and numbered token gets the verdict that a draft's would, against the cited passages alone, and
must be supported as it stands: no rounder, no finer, in no other unit.  What `check` doesn't look at is held to the
letter: what stands in quotation marks, numbers in letters of any sort, Latin words and addresses must stand in the
cited passages, and so must most of the other words, and every name.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from knowledge.answer import restated
from knowledge.check import Checker
from knowledge.drafts import ADDRESS
from knowledge.features import Evidence
from knowledge.fidelity import Fidelity
from knowledge.figures import scan
from knowledge.generation import Statement
from knowledge.instructions import orders
from knowledge.matching import presence
from knowledge.restating import Proof
from knowledge.schema import Article, Citation, Figure, Hit, Span, Token
from knowledge.terms import Tokenize, content_terms
from knowledge.verdict import Checked, Label, Reason, Verdict

LONGEST = 300
"""Characters of a statement; a longer one is no sentence."""

_SAID = 0.65
"""Presence from which a name is said: the bound of reading (`reading.objection`)."""

_MEANT = 0.5
"""Presence from which another word is: itself, a synonym, an abbreviation, most of its characters."""

_MOST = 0.75
"""Share of the words, by weight, that must be said in the cited passages if a figure is claimed."""

_NEARLY_ALL = 0.85
"""The same of a sentence without a figure: nothing but its words bears it out."""

_QUOTED = re.compile(r"[“「『]([^”」』]{1,80})[”」』]|《([^》]{1,80})》")
_LATIN = re.compile(r"[A-Za-zÀ-ɏͰ-ϿЀ-ӿ][A-Za-z0-9À-ɏͰ-ϿЀ-ӿ&.\-]*")
_NUMERALS = re.compile(
    r"[〇零一二两三四五六七八九十百千万亿]{2,}|[一二两三四五六七八九十]?半|翻[一二两三四五六七八九十]?番|[一二三四五六七八九]成|数[十百千万亿]"
)
"""Numbers in words; a single numeral is part of too many words (一些、统一)."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """A statement that is borne out.

    Attributes:
        text: What it says.
        citations: The sentences that bear it out, unlabelled (0), each once, within the cited passages.
        figures: The figures of the articles that it repeats, in its order, each with its article's id.
    """

    text: str
    citations: tuple[Citation, ...]
    figures: tuple[tuple[str, Figure], ...] = ()


@dataclass(frozen=True)
class Grounding:
    """Holds statements against the passages they cite.

    Attributes:
        checker: Of the whole library: what it searches is replaced by the cited passages.
        shown: The passages by label, from 1.
    """

    checker: Checker
    shown: Sequence[Hit]

    def ground(self, statement: Statement) -> Grounded | None:
        """The statement with what bears it out; None if anything of it is not."""
        cited = [self.shown[n - 1] for n in statement.labels if 0 < n <= len(self.shown)]
        # A label that does not exist is an invented source, even beside one that does.
        if not cited or len(cited) < len(statement.labels) or len(statement.text) > LONGEST:
            return None
        folded = self.checker.reader.fold(statement.text)
        if (taken_over := self._verbatim(statement.text, folded, cited)) is not None:
            return taken_over
        text = self._cited_text(cited)
        if not _to_the_letter(folded, text) or ADDRESS.search(statement.text):
            return None
        checked = self._checked(statement.text, cited)
        if not _all_supported(checked) or not _all_seen(folded, checked, text):
            return None
        if not checked.verdicts:
            return self._ground_words(statement.text, folded, cited)
        if not self._words_said(folded, text, enough=_MOST):
            return None
        found = tuple(_citations(checked, cited))
        if not found or not restated(statement.text, [citation.quote for citation in found]):
            return None
        if not self._is_faithful(folded, text, checked, found):
            return None
        return Grounded(statement.text, found, tuple(self._figures(checked)))

    def _verbatim(self, text: str, folded: str, cited: Sequence[Hit]) -> Grounded | None:
        """A statement that is a whole sentence of a cited passage bears itself out; an order states nothing."""
        said = folded.strip(_MARKS)
        for hit in cited if said else ():
            source = self.checker.reader.evidence(hit.passage.article_id)
            for sentence in source.sentences:
                inside = hit.passage.start <= sentence.start and sentence.end <= hit.passage.end
                if inside and source.text[slice(*sentence)].strip(_MARKS) == said:
                    return self._taken_over(text, source, sentence)
        return None

    def _taken_over(self, text: str, source: Evidence, sentence: Span) -> Grounded | None:
        if any(start < sentence.end and sentence.start < end for start, end in orders(source.text)):
            return None
        figures = [f for f in source.figures if f.sentence == sentence]
        marks = tuple(Span(f.quantity.start, f.quantity.end) for f in figures)
        citation = Citation.of(source.article, sentence, label=0, marks=marks)
        return Grounded(text, (citation,), tuple((source.article.id, f) for f in figures))

    def _is_faithful(self, folded: str, text: str, checked: Checked, shown: Sequence[Citation]) -> bool:
        """Whether the statement keeps to the sentences shown with it, clause by clause."""
        fold, tokenize = self.checker.reader.fold, self.checker.reader.tokenize
        fidelity = Fidelity(tokenize, text)
        return fidelity.keeps(folded, list(self._proofs(checked)), [fold(c.quote) for c in shown])

    def _proofs(self, checked: Checked) -> Iterator[Proof]:
        """The statement's figures, where they stand in it, with those that bear them out."""
        for verdict, article_id, figure in self._pairs(checked):
            if verdict.quantity is not None:
                claimed = replace(verdict.quantity, start=verdict.start, end=verdict.end)
                source = self.checker.reader.evidence(article_id)
                yield Proof(claimed, figure, source.text, source.title)

    def _checked(self, text: str, cited: Sequence[Hit]) -> Checked:
        day = self.checker.reader.articles(cited[0].passage.article_id).day
        return Checker(self.checker.reader, lambda _: cited, is_about=False).check(text, anchor=day)

    def _cited_text(self, cited: Sequence[Hit]) -> str:
        """All that the cited passages say, with what is known of their articles; folded."""
        said = []
        for hit in cited:
            article = self.checker.reader.articles(hit.passage.article_id)
            said += [hit.passage.heading, hit.passage.text, article.title, article.source]
        return self.checker.reader.fold("\n".join(said))

    def _words_said(self, folded: str, text: str, *, enough: float) -> bool:
        """Whether the cited passages say every name and most other words of the statement."""
        found = scan(folded)
        taken = [(q.start, q.end) for q in found.quantities] + [(p.start, p.end) for p in found.periods]
        terms = content_terms(folded, self.checker.reader.tokenize, taken=taken, told=[], beside=text)
        said = {term: presence(term.text, text) for term in terms}
        if any((term.name or term.coined) and known < _SAID for term, known in said.items()):
            return False
        total = sum(term.weight for term in said)
        return not total or sum(t.weight for t, known in said.items() if known >= _MEANT) >= enough * total

    def _ground_words(self, text: str, folded: str, cited: Sequence[Hit]) -> Grounded | None:
        """A statement without a figure: one sentence, with the one before it, must say nearly all of it.

        Names are held to it run together: 江城大学 is not said by 江城 and 港城大学.
        """
        found = self._most_alike(folded, cited)
        if not found:
            return None
        source = self.checker.reader.evidence(found[0].article_id)
        before, sentence = source.around(found[0].start)
        said = f"{source.text[before.start : sentence.end]}\n{source.title}"
        named = all(run in said for run in _named_runs(folded, self.checker.reader.tokenize))
        if not named or not self._words_said(folded, said, enough=_NEARLY_ALL):
            return None
        fidelity = Fidelity(self.checker.reader.tokenize, self._cited_text(cited))
        return Grounded(text, found) if fidelity.keeps(folded, (), [source.text[slice(*sentence)]]) else None

    def _most_alike(self, folded: str, cited: Sequence[Hit]) -> tuple[Citation, ...]:
        """For a statement without a figure: the sentence of the cited passages that says most of its words."""
        terms = content_terms(folded, self.checker.reader.tokenize, taken=[], told=[])
        best: tuple[float, Article, Span] | None = None
        for hit in cited:
            source = self.checker.reader.evidence(hit.passage.article_id)
            for sentence in source.sentences:
                if hit.passage.start <= sentence.start < hit.passage.end:
                    said = source.text[slice(*sentence)]
                    score = sum(t.weight * presence(t.text, said) for t in terms)
                    if best is None or score > best[0]:
                        best = (score, source.article, sentence)
        return () if best is None else (Citation.of(best[1], best[2], label=0),)

    def _figures(self, checked: Checked) -> Iterator[tuple[str, Figure]]:
        """The figures that bear out the statement's own."""
        return ((article_id, figure) for _, article_id, figure in self._pairs(checked))

    def _pairs(self, checked: Checked) -> Iterator[tuple[Verdict, str, Figure]]:
        for verdict in checked.verdicts:
            if verdict.quantity is None or not verdict.citations:
                continue
            citation = verdict.citations[0]
            source = self.checker.reader.evidence(citation.article_id)
            marked = {mark.end for mark in citation.marks}
            yield from (
                (verdict, citation.article_id, figure)
                for figure in source.figures
                if figure.quantity.end in marked and figure.quantity.value == verdict.quantity.value
            )


def _named_runs(text: str, tokenize: Tokenize) -> Iterator[str]:
    """Nouns that follow each other without a gap, if one of them is a name."""
    run: list[Token] = []
    for token in (*tokenize(text), None):
        if token is not None and token.tag[:1] in "nj" and (not run or run[-1].end == token.start):
            run.append(token)
            continue
        if any(each.tag in _NAMES for each in run):
            yield "".join(each.text for each in run)
        run = [token] if token is not None and token.tag[:1] in "nj" else []


_NAMES = frozenset({"ns", "nr", "nt", "nz", "nrt", "nrfg", "j"})
"""Tags of names in jieba's set."""


def _all_supported(checked: Checked) -> bool:
    return all(v.label is Label.SUPPORTED and v.reason is Reason.NONE for v in checked.verdicts)


def _to_the_letter(statement: str, cited: str) -> bool:
    """Whether everything in quotation marks, and every Latin word, stands in the cited text."""
    quoted = (a or b for a, b in _QUOTED.findall(statement))
    known = cited.casefold()
    return all(q.strip(_MARKS) in cited for q in quoted) and all(
        word.casefold().strip(".-") in known or presence(word, cited) >= _SAID
        for word in _LATIN.findall(statement)
    )


_MARKS = "，。；：、！？ \n"


def _all_seen(statement: str, checked: Checked, cited: str) -> bool:
    """Whether what looks like a number and got no verdict stands in the cited text as it is."""
    seen = {at for verdict in checked.verdicts for at in range(verdict.start, verdict.end)}
    strange = (c for at, c in enumerate(statement) if at not in seen and c.isnumeric() and not _is_han(c))
    if any(strange):
        return False
    words = (m for m in _NUMERALS.finditer(statement) if not seen.issuperset(range(*m.span())))
    return all(match[0] in cited for match in words)


def _is_han(character: str) -> bool:
    return "一" <= character <= "鿿" or character == "〇"


def _citations(checked: Checked, cited: Sequence[Hit]) -> Iterator[Citation]:
    """The sentences that decide, each once, with all that is marked in it; only those of the cited passages."""
    by_span: dict[tuple[str, int, int], set[Span]] = {}
    first: dict[tuple[str, int, int], Citation] = {}
    for verdict in checked.verdicts:
        citation = _inside(verdict, cited)
        if citation is not None:
            key = (citation.article_id, citation.start, citation.end)
            by_span.setdefault(key, set()).update(citation.marks)
            first.setdefault(key, citation)
    for key, citation in first.items():
        yield _marked(citation, by_span[key])


def _inside(verdict: Verdict, cited: Sequence[Hit]) -> Citation | None:
    """What bears a verdict out, if it stands in a cited passage."""
    for citation in verdict.citations[:1]:
        for hit in cited:
            passage = hit.passage
            same = passage.article_id == citation.article_id
            if same and citation.start < passage.end and passage.start < citation.end:
                return citation
    return None


def _marked(citation: Citation, marks: set[Span]) -> Citation:
    return replace(citation, label=0, marks=tuple(sorted(marks)))


def adds_nothing(text: str, told: str, tokenize: Tokenize) -> bool:
    """Whether a question made whole says no figure, time or name that what it was made of doesn't.

    Args:
        text: The question made whole, folded.
        told: All that it may be made of, folded.
        tokenize: Words of a folded text with part-of-speech tags.
    """
    found = scan(text)
    numbers = [q.surface for q in found.quantities] + [p.surface for p in found.periods]
    terms = content_terms(text, tokenize, taken=[], told=[], beside=told)
    named = [term.text for term in terms if term.name or term.noun or term.coined]
    return (
        all(number in told for number in numbers)
        and all(presence(name, told) >= _SAID for name in named)
        and _to_the_letter(text, told)
        and not ADDRESS.search(text)
    )
