"""JSON Lines: one article a line, read as a stream."""

import io
import json
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from knowledge.articles.record import from_record
from knowledge.articles.source import Limits, Utf16Lines, encoding_of, opened, packing
from knowledge.errors import ArticleError
from knowledge.schema import Article

_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def read_records(path: Path, limits: Limits) -> Iterator[Article | ArticleError]:
    """Yields the articles of a file, and an error (item `path:line`) for every line that holds none.

    Blank lines are passed over; of two lines with one id the first is kept.

    Raises:
        ArticleError: The file itself can't be read, or unpacks to more than `limits.stream`.
    """
    seen: set[str] = set()
    codec = ""
    for item, line in _lines(path, limits):
        if isinstance(line, ArticleError):
            yield line
            continue
        try:
            codec = codec or _codec(line, item)
            article = from_record(_parsed(line, codec or "utf-8", item), item=item)
        except ArticleError as e:
            yield e
            continue
        if article.id in seen:
            message = f"{item}: the id {article.id!r} stands on an earlier line; give every article its own"
            yield ArticleError(message, item=item, code="duplicate_id")
            continue
        seen.add(article.id)
        yield article


def _lines(path: Path, limits: Limits) -> Iterator[tuple[str, bytes | ArticleError]]:
    """Yields `path:line` and the line, or the error that it is too long; blank lines are left out."""
    with opened(path) as raw:
        stream = _after_bom(raw, path)
        left = limits.stream if packing(path) else sys.maxsize
        for number in count(1):
            line = stream.readline(limits.line + 1)
            if not line:
                return
            item = f"{path}:{number}"
            left -= len(line)
            if len(line) > limits.line:
                left -= _skip_line(line, stream, left)
                message = (
                    f"{item}: expected a line of at most {limits.line} bytes, got more; split the article"
                )
                yield item, ArticleError(message, item=item, code="too_large")
            elif not line.isspace():
                yield item, line
            if left < 0:
                message = (
                    f"{path}: expected at most {limits.stream} bytes unpacked, got more; unpack it first"
                )
                raise ArticleError(message, item=str(path), code="too_large")


def _after_bom(stream: io.BufferedReader, path: Path) -> io.BufferedIOBase:
    """Returns the stream behind its byte order mark, as UTF-8 if the mark says UTF-16."""
    head = stream.peek(len(_BOM))
    if head.startswith(_BOM):
        stream.read(len(_BOM))
    return Utf16Lines(stream, item=str(path)) if head.startswith(_UTF16_BOMS) else stream


def _skip_line(line: bytes, stream: io.BufferedIOBase, limit: int) -> int:
    """Reads to the end of a line, or past a limit, without keeping it; returns the bytes passed over."""
    n_bytes = 0
    while line and not line.endswith(b"\n") and n_bytes <= limit:
        line = stream.readline(1 << 20)
        n_bytes += len(line)
    return n_bytes


def _codec(line: bytes, item: str) -> str:
    """Returns the codec a line shows the file to be in, or nothing while all is ASCII.

    Raises:
        ArticleError: Code `encoding`.
    """
    if line.isascii():
        return ""
    codec = encoding_of(line)
    if codec is None:
        raise _undecodable(item)
    return codec


def _parsed(line: bytes, codec: str, item: str) -> dict[str, object]:
    """Returns the object on a line.

    Raises:
        ArticleError: Code `encoding` or `bad_json`.
    """
    try:
        record = json.loads(line.decode(codec))
    except UnicodeDecodeError as e:
        raise _undecodable(item) from e
    except (ValueError, RecursionError) as e:
        message = f"{item}: expected one JSON object, got {line[:60]!r} ({e}); mend or remove the line"
        raise ArticleError(message, item=item, code="bad_json") from e
    if not isinstance(record, dict):
        message = (
            f"{item}: expected a JSON object, got {type(record).__name__} {line[:60]!r}; put it in {{…}}"
        )
        raise ArticleError(message, item=item, code="bad_json")
    return record


def _undecodable(item: str) -> ArticleError:
    return ArticleError(
        f"{item}: the line is not in the file's encoding; save the file as UTF-8", item=item, code="encoding"
    )
