"""The command line's JSON: a public interface, one plain object for every answer and every figure."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bot import wording
from knowledge.generation import Generation
from knowledge.schema import Answer, Article, Citation, Figure, Finding, Hit, Kind, Period, Quantity
from knowledge.verdict import Checked, Label, Verdict

Json = dict[str, Any]


def answer_view(answer: Answer, *, trace: bool = False) -> Json:
    """The object that `wenshu ask --json` prints.

    Args:
        answer: What the pipeline returned.
        trace: Add the passages found and the features of every candidate.

    Returns:
        A JSON-ready object with the keys of the command line's contract, in their order.
    """
    view: Json = {
        "question": answer.question,
        "status": answer.status.value,
        "text": wording.told(answer),
        "confidence": round(answer.confidence, 4),
        "figures": [_finding_view(finding, trace=trace) for finding in answer.figures],
        "citations": [_citation_view(citation) for citation in answer.citations],
        "candidates": [_finding_view(finding, trace=trace) for finding in answer.candidates],
        "alternatives": [_finding_view(finding, trace=trace) for finding in answer.alternatives],
        "reason": answer.reason,
        "timings_ms": _rounded(answer.timings_ms),
        "statements": [{"text": s.text, "citations": list(s.labels)} for s in answer.statements],
        "generation": _generation_view(answer.generation),
    }
    if trace:
        view["passages"] = [_hit_view(hit) for hit in answer.hits]
    return view


def _generation_view(generation: Generation | None) -> Json | None:
    """What a language model had to do with it; None without one."""
    if generation is None:
        return None
    usage = generation.usage
    return {
        "model": generation.model,
        "outcome": generation.outcome.value,
        "statements": generation.n_statements,
        "removed": generation.n_removed,
        "calls": usage.calls,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "estimated": usage.estimated,
        "first_ms": generation.first_ms,
        "model_ms": generation.model_ms,
        "error": generation.error,
    }


def figure_view(figure: Figure) -> Json:
    """The fields of one figure, without where it stands."""
    quantity = figure.quantity
    return _quantity_view(quantity) | {
        "surface": quantity.surface,
        "modifier": quantity.modifier.value,
        "hedge": quantity.hedge,
        "measure": figure.measure,
        "subject": figure.subject,
        "statistic": figure.statistic,
        "direction": None if figure.direction is None else figure.direction.value,
        "as_of": None if figure.as_of and figure.as_of.told else _period_view(figure.as_of),
    }


def ledger_view(article: Article, figure: Figure) -> Json:
    """One line of `wenshu figures --json`; offsets count code points in the article's text."""
    return figure_view(figure) | {
        "article_id": article.id,
        "start": figure.quantity.start,
        "end": figure.quantity.end,
        "sentence": article.text[figure.sentence.start : figure.sentence.end],
    }


def checked_view(checked: Checked) -> Json:
    """The object that `wenshu check --json` prints; offsets count code points in the draft as given."""
    return {
        "text": checked.text,
        "figures": [_verdict_view(verdict) for verdict in checked.verdicts],
        **{label.value: checked.count(label) for label in Label},
        "timings_ms": _rounded(checked.timings_ms),
    }


def _verdict_view(verdict: Verdict) -> Json:
    return {
        "surface": verdict.surface,
        "start": verdict.start,
        "end": verdict.end,
        **_stated_view(verdict),
        "verdict": verdict.label.value,
        "expected": verdict.expected,
        "reason": verdict.reason.value,
        "citations": [_citation_view(citation) for citation in verdict.citations],
    }


def _stated_view(verdict: Verdict) -> Json:
    """What a draft states: a date by its days, a numbered token that is no number by its kind alone."""
    if verdict.period is not None:
        days = {"lo": verdict.period.lo.isoformat(), "hi": verdict.period.hi.isoformat()}
        return days | {"unit": "", "kind": "date"}
    if verdict.quantity is None:
        return {"value": None, "high": None, "unit": "", "kind": Kind.IDENTIFIER.value}
    return _quantity_view(verdict.quantity)


def _quantity_view(quantity: Quantity) -> Json:
    return {
        "value": plain(quantity.value),
        "high": None if quantity.high is None else plain(quantity.high),
        "unit": quantity.unit,
        "kind": quantity.kind.value,
    }


def plain(value: Decimal) -> str:
    """A decimal without exponent, trailing zeros or negative zero.

    >>> plain(Decimal("23.26") * 10**8), plain(Decimal("1E+3")), plain(Decimal("-0.30"))
    ('2326000000', '1000', '-0.3')
    """
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _finding_view(finding: Finding, *, trace: bool) -> Json:
    view = figure_view(finding.figure) | {"citation": finding.citation or None}
    if not trace:
        return view
    return view | {
        "article_id": finding.article_id,
        "start": finding.figure.quantity.start,
        "end": finding.figure.quantity.end,
        "probability": round(finding.probability, 4),
        "features": _rounded(finding.features),
    }


def _citation_view(citation: Citation) -> Json:
    return {
        "label": citation.label,
        "article_id": citation.article_id,
        "title": citation.title,
        "source": citation.source,
        "published": citation.published,
        "url": citation.url,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
    }


def _period_view(period: Period | None) -> Json | None:
    if period is None:
        return None
    if not period.resolved and period.lo.year == date.min.year:
        return {"lo": None, "hi": None, "surface": period.surface}  # 7月6日 in an article of no known year
    return {"lo": period.lo.isoformat(), "hi": period.hi.isoformat(), "surface": period.surface}


def _hit_view(hit: Hit) -> Json:
    scores = {"fused": hit.score, "lexical": hit.lexical, "dense": hit.dense}
    return {
        "article_id": hit.passage.article_id,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "rank": hit.rank,
        "scores": _rounded({name: score for name, score in scores.items() if score is not None}),
    }


def _rounded(numbers: Mapping[str, float]) -> Json:
    return {name: round(number, 4) for name, number in numbers.items()}


def dumps(view: Json) -> str:
    """One line of JSON, Chinese kept readable."""
    return json.dumps(view, ensure_ascii=False)
