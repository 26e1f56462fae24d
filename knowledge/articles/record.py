"""One article from its fields, checked, canonicalised and hashed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.articles.canon import canonicalise, one_line
from knowledge.articles.dates import iso
from knowledge.errors import ArticleError
from knowledge.schema import Article


@dataclass(frozen=True, slots=True)
class Draft:
    """What a file format yields before it is checked.

    Attributes:
        text: Paragraphs joined by newlines, not yet canonical.
        title: Empty if the file gives none.
        source: Empty if the file gives none.
        published: As written; empty if the file gives none.
        url: Empty if the file gives none.
        tags: Keywords.
    """

    text: str
    title: str = ""
    source: str = ""
    published: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()


def make_article(  # noqa: PLR0913 -- an article has as many fields, all by name
    article_id: str,
    text: str,
    *,
    title: str = "",
    source: str = "",
    published: str = "",
    url: str = "",
    tags: Sequence[str] = (),
    item: str = "",
) -> Article:
    """Returns the article: text canonical, date in ISO 8601, digest over all fields.

    Args:
        article_id: Unique in a home.
        text: As read.
        title: Headline.
        source: Paper or body it came from.
        published: Date in any usual form; empty if unknown.
        url: Where it can be read.
        tags: Keywords.
        item: What errors name; the id by default.

    Raises:
        ArticleError: Code `empty` (no text or no id) or `date`.
    """
    item = item or article_id
    article_id, text = one_line(article_id), canonicalise(text)
    if not article_id:
        raise ArticleError(f"{item}: the id is empty; give every article an id", item=item, code="empty")
    if not text:
        raise ArticleError(f"{item}: holds no text; add text or leave it out", item=item, code="empty")
    day = iso(one_line(published), item=item)
    title, source, url = one_line(title), one_line(source), one_line(url)
    keywords = tuple(dict.fromkeys(filter(None, map(one_line, tags))))
    fields = [article_id, title, source, day, url, text, keywords]
    digest = hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()
    return Article(article_id, title, source, day, url, text, digest, keywords)


def from_draft(draft: Draft, article_id: str, *, item: str) -> Article:
    """Returns the article of what a file format yielded.

    Raises:
        ArticleError: As `make_article`.
    """
    return make_article(
        article_id,
        draft.text,
        title=draft.title,
        source=draft.source,
        published=draft.published,
        url=draft.url,
        tags=draft.tags,
        item=item,
    )


def from_record(record: Mapping[str, object], *, item: str) -> Article:
    """Returns the article of one JSON object; keys not known are passed over.

    Args:
        record: `id` (string or whole number), `text`, and if known `title`, `source`, `published`, `url`,
            `tags`; null is the same as absent.
        item: What errors name.

    Raises:
        ArticleError: Code `field` (absent or of another type), `empty` or `date`.
    """
    number = record.get("id")
    whole = isinstance(number, int) and not isinstance(number, bool)
    return make_article(
        str(number) if whole else _string(record, "id", item, needed=True),
        _string(record, "text", item, needed=True),
        title=_string(record, "title", item),
        source=_string(record, "source", item),
        published=_string(record, "published", item),
        url=_string(record, "url", item),
        tags=_strings(record, "tags", item),
        item=item,
    )


def _string(record: Mapping[str, object], key: str, item: str, *, needed: bool = False) -> str:
    """Returns a field that must be a string; empty if it is absent and not needed."""
    value = record.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str):
        raise _mistyped(key, "a string", value, item)
    return value


def _strings(record: Mapping[str, object], key: str, item: str) -> tuple[str, ...]:
    """Returns a field that must be a list of strings or one string."""
    value = record.get(key)
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _mistyped(key, "a list of strings", value, item)
    return tuple(value)


def _mistyped(key: str, expected: str, value: object, item: str) -> ArticleError:
    got = "nothing" if value is None else repr(value)[:80]
    return ArticleError(
        f'{item}: expected "{key}" to be {expected}, got {got}; mend that field', item=item, code="field"
    )
