"""Articles and passages as rows of a table, and back."""

import json
from collections.abc import Sequence
from typing import Any

from knowledge.schema import Article, Passage

FIELDS = "id, title, source, published, url, tags, sha256, text"
"""The columns of an article, in the order of `row` and `article`."""


def row(article: Article) -> tuple[object, ...]:
    """The values of `FIELDS`."""
    tags = json.dumps(article.tags, ensure_ascii=False)
    head = (article.id, article.title, article.source, article.published, article.url)
    return (*head, tags, article.sha256, article.text)


def article(values: Sequence[Any]) -> Article:
    """The article of such values."""
    *fields, tags, sha256, text = values
    article_id, title, source, published, url = fields
    return Article(article_id, title, source, published, url, text, sha256, tuple(json.loads(tags)))


def passage(values: Sequence[Any]) -> Passage:
    """The passage of article id, start, end, text, length in tokens and heading."""
    article_id, start, end = values[:3]
    return Passage(f"{article_id}#{start}-{end}", *values)


def key(passage_id: str) -> tuple[str, int, int] | None:
    """Article, start and end of a passage's id; None if it is none of ours."""
    article_id, _, span = passage_id.rpartition("#")
    start, _, end = span.partition("-")
    return (article_id, int(start), int(end)) if start.isdecimal() and end.isdecimal() else None
