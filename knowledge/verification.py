"""Whether the articles bear out one claim: the rules that turn ranked candidates into a verdict.

A claim is read as the question that its own words ask, its number masked; the candidates are the figures that reading
finds for it.  A figure that agrees bears the claim out only if it speaks of the same thing: no other item's, year's or
statistic's figure does, however equal the number.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from knowledge.agreement import same_unit
from knowledge.conflicts import conflicts, day, newest_first, same_elsewhere
from knowledge.faults import fault, with_direction
from knowledge.features import governed
from knowledge.following import follows, is_same
from knowledge.likeness import likeness
from knowledge.matching import presence
from knowledge.ruling import UNKNOWN, Asked, Candidate, Ruling
from knowledge.schema import Figure, Finding, Modifier
from knowledge.verdict import Label, Reason

IsSure = Callable[[Sequence[Finding]], bool]


# Learned from claims and drafts with known verdicts (`bench_check.py`).

_SLACK = 1.5
"""How much worse than the best candidate an agreeing one may fit and still be what the claim speaks of."""

_SLACK_SAME = 2.5
"""The same if it is the very number, with its modifier, and no round one: few numbers meet by chance."""

_BESIDE = 0.75
"""The same within one sentence, where the right item stands next to the wrong one."""

_NAMED_SLACK = 6
"""The same for a figure that counts what the claim counts, beside one that counts something else."""

_HALF, _SAID = 0.5, 0.9
"""Presence below which a word is hardly there, and from which it is: itself or a synonym."""

_BY, _AWAY = 0.35, 0.7
"""Gap of the noun that is farthest from a figure, up to which all are by it, and from which one is away."""

_NAME_REACH = 160
"""Characters before a sentence in which a name may stand that it speaks of."""

_VERBATIM = 0.9
"""Likeness from which two figures are governed by the same words."""

_LEAST = 0.1
"""Cover of the claim's words by a figure's sentence, from which it may speak of the claim's thing."""

_MOST = 0.5
"""Cover from which the same number in another unit is the claim's, and not some number like it."""

_TELLING = 2
"""Digits from which a number is not just any."""

_REWORDED = 0.65
"""Cover from which a measure that no article names may be one told in other words."""

_ENOUGH = 0.3
"""Cover from which it may though it doesn't say what is counted."""

NEAR = 0.35
"""Cover from which it does, so that another number contradicts the claim."""


def rule_figure(
    asked: Asked, found: Sequence[Candidate], others: Sequence[Candidate], is_sure: IsSure
) -> Ruling:
    """The verdict on a figure.

    Args:
        asked: The claim.
        found: The figures of the passages in a unit that can be compared with the claim's, best first.
        others: Those of the same number in a unit that means something else, best first.
        is_sure: Whether the reader, asked what the claim's words ask, would answer with the first of some figures.
    """
    agreed = [c for c in found if follows(asked.claimed, c.quantity) and _may_be_meant(asked, c)]
    sound = next((c for c in agreed if not fault(asked, c)), None)
    if sound and agreed[0].score > sound.score + _SLACK:
        sound = None
    clean = [c for c in found if not fault(asked, c)]
    nothing = replace(UNKNOWN, reason=asked.unspoken)
    if asked.unspoken is Reason.SUBJECT:
        return nothing
    if sound and (ruling := _rule_agreed(asked, sound, clean)):
        return ruling
    if not sound and (faulted := _faulted(asked, found)):
        return faulted
    meant = [c for c in found if fault(asked, c) in {Reason.NONE, Reason.HEDGE}]
    if asked.unspoken is not Reason.TIME and (refuted := _against(asked, meant, others, is_sure)):
        return refuted
    return nothing


def _rule_agreed(asked: Asked, sound: Candidate, clean: Sequence[Candidate]) -> Ruling | None:
    """The verdict where a number agrees and nothing speaks against it but whose it is; None if another is meant."""
    if ruling := _of_another_measure(asked, sound, clean):
        return ruling
    if not asked.unspoken and _is_anothers(asked, sound):
        return Ruling(Label.REFUTED, Reason.SUBJECT, (sound.basis,))
    if owner := _owner_beside(asked, sound, clean):
        return Ruling(Label.REFUTED, Reason.SUBJECT, (owner.basis,))
    if not _outdone(asked, sound, clean[0]):
        return _told(asked, sound, clean)
    beside = _item_beside(sound, clean)
    return Ruling(Label.REFUTED, Reason.SUBJECT, (beside.basis,)) if beside else None


def _told(asked: Asked, sound: Candidate, clean: Sequence[Candidate]) -> Ruling:
    """The verdict where the claim speaks of the figure whose number agrees: support, if it is spoken of at all."""
    if asked.unspoken is Reason.TIME and sound.figure.as_of:
        return Ruling(Label.REFUTED, Reason.TIME, (sound.basis,))
    if not asked.unspoken or (asked.unspoken is Reason.MEASURE and sound.cover >= _REWORDED):
        return _supported(asked, sound, clean)
    return replace(UNKNOWN, reason=asked.unspoken)


def _may_be_meant(asked: Asked, candidate: Candidate) -> bool:
    """Whether the sentence says enough of the claim's words, or at least what is counted."""
    if candidate.cover >= _ENOUGH or not asked.counted:
        return candidate.cover >= _LEAST
    return candidate.cover >= _LEAST and any(
        presence(noun, candidate.sentence) >= _HALF for noun in asked.counted
    )


def _faulted(asked: Asked, found: Sequence[Candidate]) -> Ruling | None:
    """The number stands there, but of another time, direction or statistic, or as a target."""
    same = (c for c in found if follows(asked.claimed, c.quantity) or is_same(asked.claimed, c.quantity))
    best = next(same, None)
    reason = fault(asked, best) if best and best.cover >= NEAR else Reason.NONE
    if best is None or not reason:
        return None
    basis = with_direction(best) if reason is Reason.DIRECTION else best.basis
    return Ruling(Label.REFUTED, reason, (basis,))


def _of_another_measure(asked: Asked, sound: Candidate, clean: Sequence[Candidate]) -> Ruling | None:
    """The verdict if the figure whose number agrees counts something else than the claim; None if it does not."""
    if named := _named_elsewhere(asked, sound, clean):
        return Ruling(Label.REFUTED, Reason.MEASURE, (named.basis,))
    if not _counts_elsewhere(asked, sound):
        return None
    rival = next((c for c in clean if c.cover >= sound.cover and not _lacks(asked, c)), None)
    if rival is None:
        return replace(UNKNOWN, reason=Reason.MEASURE)
    return Ruling(Label.REFUTED, Reason.MEASURE, (rival.basis,))


def _named_elsewhere(asked: Asked, sound: Candidate, clean: Sequence[Candidate]) -> Candidate | None:
    """Another figure that counts what the claim counts, if the one whose number agrees counts something else."""
    run = governed(sound.source.text, sound.figure)
    taken_over = likeness(asked.run, run) >= _VERBATIM or not (asked.run.strip() or run.strip())
    if not asked.counted or taken_over or _counts(sound, asked.counted) >= _HALF:
        return None
    inside = (
        c for c in clean if _counts(c, asked.counted) >= _SAID and not follows(asked.claimed, c.quantity)
    )
    return next((c for c in inside if c.score >= sound.score - _NAMED_SLACK), None)


def _counts_elsewhere(asked: Asked, sound: Candidate) -> bool:
    """Whether the article speaks of what the claim counts, but not in the sentence whose number agrees."""
    whole = sound.source.squeezed
    return _lacks(asked, sound) and all(presence(noun, whole) >= _SAID for noun in asked.counted)


def _lacks(asked: Asked, candidate: Candidate) -> bool:
    """Whether a sentence says nothing of what the claim counts."""
    said = f"{candidate.sentence}\u3000{candidate.figure.measure}"
    return bool(asked.counted) and all(presence(noun, said) < _HALF for noun in asked.counted)


def _counts(candidate: Candidate, nouns: Sequence[str]) -> float:
    """How far the words that govern a figure say all of some nouns."""
    said = f"{candidate.figure.measure}\u3000{governed(candidate.source.text, candidate.figure)}"
    return min(presence(noun, said) for noun in nouns)


def _outdone(asked: Asked, sound: Candidate, best: Candidate) -> bool:
    """Whether the claim speaks of the best candidate rather than of the one whose number agrees."""
    if sound.figure.sentence == best.figure.sentence and sound.source is best.source:
        return sound.score < best.score - _BESIDE and not _goes_on(sound.figure, best.figure)
    if sound.score < best.score and _names_more(best, sound):
        return True
    claimed, stated = asked.claimed, sound.quantity
    same = is_same(claimed, stated) and claimed.modifier is stated.modifier and claimed.digits >= _TELLING
    return sound.score < best.score - (_SLACK_SAME if same else _SLACK)


def _names_more(best: Candidate, sound: Candidate) -> bool:
    """Whether a noun or name of the claim that stands nowhere near the one stands near the other."""
    told = [max(c.finding.features[far] for far in ("far_noun", "far_name")) for c in (best, sound)]
    return told[0] <= _BY < _AWAY <= told[1]


def _owner_beside(asked: Asked, sound: Candidate, clean: Sequence[Candidate]) -> Candidate | None:
    """The figure of the same sentence whose subject the claim names, if the one whose number agrees is another's."""
    if sound.figure.subject and sound.figure.subject in asked.run:
        return None
    named = (c for c in _inside(sound, clean) if c.figure.subject and c.figure.subject in asked.run)
    return next((c for c in named if not follows(asked.claimed, c.quantity)), None)


def _is_anothers(asked: Asked, sound: Candidate) -> bool:
    """Whether a made-up name of the claim's clause (“人才贷”) stands nowhere near the figure."""
    start, end = sound.figure.sentence
    text = sound.source.text
    paragraph = text.rfind("\n", 0, start) + 1
    near = text[max(paragraph, start - _NAME_REACH) : end] + sound.source.title
    return any(name not in near for name in asked.names)


def _inside(sound: Candidate, clean: Sequence[Candidate]) -> Iterator[Candidate]:
    """Those that stand in the same sentence."""
    return (c for c in clean if c.source is sound.source and c.figure.sentence == sound.figure.sentence)


def _item_beside(sound: Candidate, clean: Sequence[Candidate]) -> Candidate | None:
    """The figure of the same sentence that the claim speaks of, if the one whose number agrees is of another item."""
    return next((c for c in _inside(sound, clean) if c.score > sound.score), None)


def _goes_on(one: Figure, other: Figure) -> bool:
    """Whether a figure states the measure of one before it at another time: 2020年为1.77万亿元，2021年达到1.99万亿元.

    A claim without a time is borne out by either.
    """
    later = other.quantity.start < one.quantity.start and one.as_of != other.as_of
    same = one.inherited and one.measure != "" and one.measure == other.measure
    return later and same and same_unit(one.quantity, other.quantity)


def _supported(asked: Asked, by: Candidate, clean: Sequence[Candidate]) -> Ruling:
    """Support, unless a later article states otherwise; all that disagree are shown, the newest first."""
    others = conflicts(asked, by, clean)
    told = newest_first([by, *others])
    basis = tuple(candidate.basis for candidate in told)
    if others and told[0] is not by and day(told[0]) > day(by):
        return Ruling(Label.REFUTED, Reason.OUTDATED, basis)
    return Ruling(
        Label.SUPPORTED,
        _less_exact(asked, by),
        (by.basis, *(c.basis for c in told if c is not by)),
    )


def _less_exact(asked: Asked, by: Candidate) -> Reason:
    """What a claim leaves out of the figure that bears it out: digits, or that it is 近4500万元; NONE if nothing."""
    if not is_same(asked.claimed, by.quantity):
        return Reason.ROUNDED
    plain = asked.claimed.modifier is Modifier.EXACT
    return Reason.MODIFIER if plain and by.quantity.modifier is not Modifier.EXACT else Reason.NONE


def _against(
    asked: Asked, clean: Sequence[Candidate], elsewise: Sequence[Candidate], is_sure: IsSure
) -> Ruling | None:
    """The verdict where no number agrees: the same in another unit, another number, or None for nothing of the kind."""
    claimed = asked.claimed
    other_unit = next((c for c in elsewise if c.cover >= _MOST), None) if claimed.digits >= _TELLING else None
    if other_unit and (not clean or other_unit.score >= clean[0].score - _SLACK):
        return Ruling(Label.REFUTED, Reason.UNIT, (other_unit.basis,))
    if not clean:
        return None
    best = clean[0]
    history = same_elsewhere(best, clean)
    if not is_sure([c.finding for c in clean if c not in history]):
        return None
    told = follows(claimed, best.quantity)
    if told:
        return None if fault(asked, best) else _supported(asked, best, clean)
    if told is None:
        return Ruling(Label.NOT_ENOUGH_INFO, Reason.FINER, (best.basis,))
    reason = Reason.MODIFIER if is_same(claimed, best.quantity) else Reason.VALUE
    told_by = newest_first([best, *conflicts(asked, best, clean)])
    return Ruling(Label.REFUTED, reason, tuple(candidate.basis for candidate in told_by))
