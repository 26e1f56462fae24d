"""The reply document of a check: first what it came to, then what is not supported, then the rest in short.

A figure of the user's own is repeated only marked as theirs; a figure of an article only beside its sentence.
"""

from collections.abc import Iterable, Iterator, Sequence

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
    return _reply(checked, (summary, *_blocks(checked, wording.YOU_WROTE)))


def confirmed(checked: Checked) -> Reply:
    """The reply to one who asks whether a figure is right: yes, no or not known, and what the articles say.

    Args:
        checked: The question put as a statement; it has a verdict at least.
    """
    labels = {verdict.label for verdict in checked.verdicts}
    label = next(label for label in _GRAVEST_FIRST if label in labels)
    first = next(verdict for verdict in checked.verdicts if verdict.label is label)
    runs = (Run(wording.CONFIRMED[label], strong=True), Run(wording.confirmed(first, _told(first))))
    headline = Block(Role.HEADLINE, runs, _labels(first.citations)[:MAX_LABELS])
    return _reply(checked, (headline, *_blocks(checked, wording.YOU_SAID, told=first)))


_GRAVEST_FIRST = (Label.REFUTED, Label.NOT_ENOUGH_INFO, Label.SUPPORTED)
"""One wrong figure makes a statement wrong, and all must be supported to make it right."""


def _reply(checked: Checked, blocks: Sequence[Block]) -> Reply:
    return with_citations(ReplyStatus.CHECKED, blocks, checked.citations)


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
            yield Block(Role.EXTRA, runs, _labels(verdict.citations)[:MAX_LABELS])
    if right:
        yield _supported(right, whose)


def _supported(verdicts: Sequence[Verdict], whose: str) -> Block:
    """The supported figures in a list, with the sentences if they are few: the user's own need none."""
    labels = _labels(citation for verdict in verdicts for citation in verdict.citations)
    shown = labels if len(labels) <= MAX_LABELS else ()
    return Block(Role.EXTRA, (Run(wording.supported(verdicts, whose)),), shown)


def _labels(citations: Iterable[Citation]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(citation.label for citation in citations))


def _lead(text: str, floor: int, start: int) -> str:
    """The words right before a figure, within its clause and after the figure before it."""
    at = start
    while at > floor and text[at - 1] not in _BREAKS:
        at -= 1
    lead = text[at:start].lstrip()
    return lead if len(lead) <= MAX_LEAD else f"…{lead[-MAX_LEAD:]}"
