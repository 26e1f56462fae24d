"""The reply document of a check: first what it came to, then what is not supported, then the rest in short.

A figure of the user's own is repeated only marked as theirs; a figure of an article only beside its sentence.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bot import wording
from bot.reply import MAX_LABELS, Block, Reply, ReplyStatus, Role, Run, with_citations
from knowledge.schema import Citation
from knowledge.verdict import Checked, Label, Verdict

MAX_LEAD = 12
"""Code points of the draft shown before a figure, so that one of many is found again."""

_BREAKS = frozenset("。！？；：，、,;:!?\n\r\t“”‘’「」『』（）()《》【】…—|")
"""What the words that lead up to a figure do not reach across."""


def from_checked(checked: Checked) -> Reply:
    """The reply that tells what came of checking a draft."""
    summary = Block(Role.TEXT, (Run(wording.checked(checked), strong=True),))
    return _reply((summary, *_blocks(checked, wording.YOU_WROTE)), _shown(checked.verdicts))


def confirmed(checked: Checked) -> Reply:
    """The reply to one who asks whether a figure is right: yes, no or not known, and what the articles say.

    Args:
        checked: The question put as a statement; it has a verdict at least.
    """
    # What is asked about is rather the figure than the date it holds for.
    first = min(
        checked.verdicts, key=lambda each: (_GRAVEST_FIRST.index(each.label), each.period is not None)
    )
    runs = (Run(wording.CONFIRMED[first.label], strong=True), Run(wording.confirmed(first, _told(first))))
    headline = Block(Role.HEADLINE, runs, _labels_of([first])[:MAX_LABELS])
    others = [verdict for verdict in checked.verdicts if verdict is not first]
    return _reply((headline, *_blocks(checked, wording.YOU_SAID, told=first)), [first, *_shown(others)])


_GRAVEST_FIRST = (Label.REFUTED, Label.NOT_ENOUGH_INFO, Label.SUPPORTED)
"""One wrong figure makes a statement wrong, and all must be supported to make it right."""


def _reply(blocks: Sequence[Block], shown: Iterable[Verdict]) -> Reply:
    """The reply of blocks; a sentence that several verdicts cite has the marks of those that are shown."""
    by_label: dict[int, list[Citation]] = {}
    for citation in (citation for verdict in shown for citation in verdict.citations):
        by_label.setdefault(citation.label, []).append(citation)
    return with_citations(
        ReplyStatus.CHECKED, blocks, [_merged(by_label[label]) for label in sorted(by_label)]
    )


def _merged(same: Sequence[Citation]) -> Citation:
    """Citations of one sentence as one."""
    return replace(same[0], marks=tuple(sorted({mark for citation in same for mark in citation.marks})))


def _shown(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts whose sentences are shown: the supported ones', too, if they are few."""
    right = [verdict for verdict in verdicts if verdict.label is Label.SUPPORTED]
    few = len(_labels_of(right)) <= MAX_LABELS
    return [verdict for verdict in verdicts if few or verdict.label is not Label.SUPPORTED]


def _told(verdict: Verdict) -> str:
    """What the articles say: instead of the figure, or, marked in the quote, in support of it."""
    if verdict.expected or verdict.label is not Label.SUPPORTED:
        return verdict.expected
    marked = (
        c.quote[mark.start - c.start : mark.end - c.start] for c in verdict.citations for mark in c.marks
    )
    return next(marked, "")


def _blocks(checked: Checked, whose: str, *, told: Verdict | None = None) -> Iterator[Block]:
    """A block for every figure that is not supported, then the supported ones, but not what is told already."""
    right, end = [], 0
    for verdict in checked.verdicts:
        lead, end = _lead(checked.text, end, verdict.start), verdict.end
        if verdict is told:
            continue
        if verdict.label is Label.SUPPORTED:
            right.append(verdict)
        else:
            runs = (
                Run(f"{whose}“{lead}"),
                Run(verdict.surface, strong=True),
                Run(f"”\n{wording.verdict(verdict)}"),
            )
            yield Block(Role.EXTRA, runs, _labels_of([verdict])[:MAX_LABELS])
    if right:
        yield Block(Role.EXTRA, (Run(wording.supported(right, whose)),), _labels_of(_shown(right)))


def _labels_of(verdicts: Iterable[Verdict]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(citation.label for verdict in verdicts for citation in verdict.citations))


def _lead(text: str, floor: int, start: int) -> str:
    """The words right before a figure, within its clause and after the figure before it."""
    at = start
    while at > floor and text[at - 1] not in _BREAKS:
        at -= 1
    lead = text[at:start].lstrip()
    return lead if len(lead) <= MAX_LEAD else f"…{lead[-MAX_LEAD:]}"
