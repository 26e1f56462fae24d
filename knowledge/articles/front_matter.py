"""YAML front matter: the block between two lines of --- that tells title, date and source of a post."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from knowledge.errors import ArticleError

_BLOCK = re.compile(r"---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_BEGUN = re.compile(r"---[ \t]*\n[A-Za-z_][\w-]*[ \t]*:")
_POST_NAME = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})-")
_NOTHING = frozenset(["", "~", "null", "Null", "NULL"])
_LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a block says, each empty if it says nothing.

    Attributes:
        title: Headline.
        published: As written.
        source: Paper or body.
        url: Where it can be read.
        tags: Its tags, then its categories.
    """

    title: str = ""
    published: str = ""
    source: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()


def split(text: str, *, item: str) -> tuple[FrontMatter, str]:
    """Returns the front matter of a text and the body below it; a text without one is all body.

    Raises:
        ArticleError: Code `front_matter`: never closed, no YAML, or no mapping; the item names the line.
    """
    block = _BLOCK.match(text)
    if block is None:
        if _BEGUN.match(text):
            message = f"{item}:1: the front matter is never closed; add a line --- below its last key"
            raise ArticleError(message, item=f"{item}:1", code="front_matter")
        return FrontMatter(), text
    fields = _fields(block["yaml"], item)
    return _front_matter(fields, item), text[block.end() :]


def day_in_name(path: PurePath) -> str:
    """Returns the day that begins a Jekyll post's file name, or nothing."""
    found = _POST_NAME.match(path.name)
    return found[1] if found else ""


def _fields(block: str, item: str) -> Mapping[str, object]:
    """Returns the mapping of a block, every scalar as the string that is written there.

    Raises:
        ArticleError: Code `front_matter`.
    """
    import yaml

    if len(block) > _LONGEST:
        message = (
            f"{item}:1: expected front matter of at most {_LONGEST} characters, got {len(block)}; shorten it"
        )
        raise ArticleError(message, item=f"{item}:1", code="front_matter")
    try:
        fields = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506 -- it builds strings, lists and dicts only
    except yaml.MarkedYAMLError as e:
        line = f"{item}:{e.problem_mark.line + 2 if e.problem_mark else 1}"
        message = (
            f"{line}: the front matter is no YAML: {e.problem}; put a value with : or quotes in it in '…'"
        )
        raise ArticleError(message, item=line, code="front_matter") from e
    except (yaml.YAMLError, RecursionError, ValueError) as e:
        message = f"{item}:1: the front matter is no YAML: {e}; write it as lines of key: value"
        raise ArticleError(message, item=f"{item}:1", code="front_matter") from e
    if fields is not None and not isinstance(fields, dict):
        message = f"{item}:2: expected the front matter to be key: value lines, got {block[:60]!r}; mend it"
        raise ArticleError(message, item=f"{item}:2", code="front_matter")
    return {str(key).lower(): value for key, value in (fields or {}).items()}


def _front_matter(fields: Mapping[str, object], item: str) -> FrontMatter:
    tags = (
        *_words(fields, ("tags", "tag", "keywords"), item),
        *_words(fields, ("categories", "category"), item),
    )
    return FrontMatter(
        title=_value(fields, ("title",), item),
        published=_value(fields, ("date", "published", "pubdate"), item),
        source=_value(fields, ("source",), item),
        url=_value(fields, ("url", "link", "original_url", "canonical_url"), item),
        tags=tags,
    )


def _value(fields: Mapping[str, object], keys: tuple[str, ...], item: str) -> str:
    """Returns the first of some keys that says something.

    Raises:
        ArticleError: Code `front_matter`: it holds a list or mapping.
    """
    for key in keys:
        value = fields.get(key, "")
        if not isinstance(value, str):
            message = (
                f"{item}: expected {key} in the front matter to be one value, got {value!r:.80}; mend it"
            )
            raise ArticleError(message, item=item, code="front_matter")
        # Jekyll's own `published: true` says that it is shown, not when.
        if value not in _NOTHING and value.lower() not in ("true", "false"):
            return value
    return ""


def _words(fields: Mapping[str, object], keys: tuple[str, ...], item: str) -> tuple[str, ...]:
    """Returns a list of words; written as one string, they stand apart by space or comma, as in Jekyll."""
    for key in keys:
        value = fields.get(key, "")
        if isinstance(value, str) and value not in _NOTHING:
            return tuple(filter(None, re.split(r"[\s,，、]+", value)))
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return tuple(value)
        if not isinstance(value, str):
            message = f"{item}: expected {key} in the front matter to be words, got {value!r:.80}; mend it"
            raise ArticleError(message, item=item, code="front_matter")
    return ()
