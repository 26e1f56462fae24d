"""Lines that say where an article came from: facts about it, not part of it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from knowledge.articles.canon import canonicalise
from knowledge.articles.record import Draft

_NAME = r"[^，。；！？：:（）()\n]{1,30}?"
_SOURCE = rf"(?:文章|稿件|信息|新闻|本文|原文)?(?:来源|来自|稿源|转自|转载自)于?\s*[：:]\s*《?(?P<source>{_NAME})》?"
_STAFF = rf"(?:责任编辑|责编|编辑|主编|审核|校对|排版|监制|值班编委|文字编辑)\s*[：:]\s*{_NAME}"
_DATE = r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?(?:\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?)?"
_AUTHOR = rf"(?:作者|记者)\s*[：:]\s*{_NAME}"
_GAP = r"[\s|｜/，,；;丨]*"

_PUBLISHED = re.compile(rf"(?:(?:发布|发表|更新)?(?:时间|日期)\s*[：:]\s*)?(?P<date>{_DATE})")
_FIELD = re.compile(rf"{_SOURCE}|{_STAFF}|{_AUTHOR}")
_BETWEEN_FIELDS = re.compile(r"\s*[|｜丨]\s*|\s+(?=\S{2,6}[：:])|\s+$|^\s+")
_CLOSING_LINE = re.compile(rf"[（(【\[]?\s*(?:{_SOURCE})?{_GAP}(?:{_STAFF}{_GAP})*[）)】\]]?")
_CLOSING_ASIDE = re.compile(rf"\s*[（(【\[]\s*{_SOURCE}\s*[）)】\]]$")
_LAST = 3
"""Paragraphs at the end in which credit is looked for."""
_FIRST = 3
"""Paragraphs at the start in which a byline is looked for."""
_LONGEST_BYLINE = 80


def without_credit(draft: Draft) -> Draft:
    """Returns the draft with the credit lines taken out of its text and into its fields.

    Looked at are the last paragraphs (（文章来源：科技日报）, 责任编辑：张三) and the first (2022-02-21 16:58
    来源：科技日报); a field that is already known stays as it is.
    """
    paragraphs = canonicalise(draft.text).split("\n")
    draft, paragraphs = _closed(draft, paragraphs)
    draft, paragraphs = _opened(draft, paragraphs)
    return replace(draft, text="\n".join(paragraphs))


def _closed(draft: Draft, paragraphs: Sequence[str]) -> tuple[Draft, list[str]]:
    """Takes the credit from the last paragraphs; one that is the whole text stays whatever it says."""
    first = max(0, len(paragraphs) - _LAST)
    kept = list(paragraphs[:first])
    for paragraph in paragraphs[first:]:
        line = _CLOSING_LINE.fullmatch(paragraph) if kept else None
        aside = _CLOSING_ASIDE.search(paragraph)
        found = line or aside
        if found and not draft.source:
            draft = replace(draft, source=(found["source"] or "").strip())
        if line is None:
            kept.append(paragraph[: aside.start()] if aside and aside.start() else paragraph)
    return draft, kept


def _opened(draft: Draft, paragraphs: Sequence[str]) -> tuple[Draft, list[str]]:
    """Takes the byline from the first paragraphs, if there is text below it."""
    for at, paragraph in enumerate(paragraphs[: min(_FIRST, len(paragraphs) - 1)]):
        byline = _byline(paragraph)
        if byline is not None:
            source, published = byline
            draft = replace(draft, source=draft.source or source, published=draft.published or published)
            return draft, [*paragraphs[:at], *paragraphs[at + 1 :]]
    return draft, list(paragraphs)


def _byline(paragraph: str) -> tuple[str, str] | None:
    """Returns source and date of a paragraph that holds nothing but such fields, else None."""
    if len(paragraph) > _LONGEST_BYLINE:
        return None
    dated = _PUBLISHED.search(paragraph)
    rest = paragraph[: dated.start()] + " " + paragraph[dated.end() :] if dated else paragraph
    source = ""
    for part in filter(None, _BETWEEN_FIELDS.split(rest.strip(" \u3000（）()"))):
        field = _FIELD.fullmatch(part)
        if field is None:
            return None
        source = source or field["source"] or ""
    return (source, dated["date"] if dated else "") if source or dated else None
