"""Bytes of a file, unpacked and decoded, never more than a limit."""

import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from knowledge.errors import ArticleError

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes above which a file is refused: what is read by mistake or made to fill the memory.

    Attributes:
        document: Bytes of one document, unpacked.
        line: Bytes of one line of JSON Lines, unpacked.
        stream: Bytes that a packed JSON Lines file may unpack to.
    """

    document: int = 64 * MB
    line: int = 16 * MB
    stream: int = 512 * MB


_OPENERS: dict[str, Callable[[Path], io.BufferedIOBase]] = {
    "": lambda path: path.open("rb"),
    ".gz": gzip.GzipFile,
    ".xz": lzma.LZMAFile,
}
_BROKEN = (gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.IGNORECASE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_CHINESE = re.compile(r"[\u2014-\u2026\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
"""What Chinese text is made of besides ASCII: three bytes each in UTF-8."""
_PRIVATE = re.compile(r"[\ue000-\uf8ff\ufffd]")
# The hundred commonest characters of written Chinese with their traditional forms and marks: some two in
# five of any real text, next to none of a text read in the wrong encoding.
_COMMON = re.compile(
    "[，。、：“”的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
    "说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现實這為個國時來們對會發動過"
    "說產種後學經進電裡現加量都日月本市业業新公司元亿億万萬]"
)
_LEAST_COMMON = 0.08
_JUDGED = 20
"""Characters below which a share says nothing."""


def packing(path: Path) -> str:
    """Returns `.gz` or `.xz` if the file is packed, else nothing."""
    suffix = path.suffix.lower()
    return suffix if suffix in _OPENERS else ""


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Opens a file for reading its unpacked bytes.

    Raises:
        ArticleError: Code `missing`, `unreadable` or `damaged`; also for what goes wrong while it is open.
    """
    item = str(path)
    try:
        with _OPENERS[packing(path)](path) as stream:
            yield cast("io.BufferedReader", stream)  # what is packed has its methods too
    except FileNotFoundError as e:
        raise ArticleError(f"{item}: no such file; check the path", item=item, code="missing") from e
    except _BROKEN as e:
        message = f"{item}: the {packing(path)} data is damaged ({e}); copy or pack it again"
        raise ArticleError(message, item=item, code="damaged") from e
    except OSError as e:
        message = f"{item}: can't be read ({e.strerror or e}); check its kind and your rights"
        raise ArticleError(message, item=item, code="unreadable") from e


def read_bytes(path: Path, limit: int) -> bytes:
    """Returns the unpacked bytes of a file.

    Raises:
        ArticleError: Code `missing`, `unreadable`, `damaged`, `empty` or `too_large`.
    """
    item = str(path)
    with opened(path) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        message = f"{item}: expected at most {limit} bytes unpacked, got more; split it or leave it out"
        raise ArticleError(message, item=item, code="too_large")
    if not content:
        raise ArticleError(f"{item}: the file is empty; fill it or leave it out", item=item, code="empty")
    return content


def read_text(path: Path, limit: int) -> str:
    r"""Returns the text of a file, whatever its encoding, newlines as `\n`.

    Raises:
        ArticleError: As `read_bytes`, and code `encoding`.
    """
    text = decode(read_bytes(path, limit), item=str(path))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode(content: bytes, *, item: str) -> str:
    """Returns the text of bytes in UTF-8, UTF-16, GB18030 (with GBK and GB2312) or Big5.

    Raises:
        ArticleError: Code `encoding`: it is in none of these, or damaged.
    """
    encoding = encoding_of(content)
    if encoding is None:
        message = f"{item}: expected UTF-8, UTF-16, GB18030 or Big5 text, got {_complaint(content)}; save it as UTF-8"
        raise ArticleError(message, item=item, code="encoding")
    return content.decode(encoding)


def encoding_of(content: bytes) -> str | None:
    """Returns the codec that decodes the bytes into plausible text, or None if none does."""
    marked = next((codec for bom, codec in _BOMS if content.startswith(bom)), None)
    if marked:
        return marked if _decoded(content, marked) is not None else None
    if b"\0" in content[:4096]:
        return _wide(content)
    if _decoded(content, "utf-8") is not None:
        return "utf-8"
    if _is_damaged_utf8(content):
        return None
    declared = _CHARSET.search(content[:4096])
    names = (
        ("big5hkscs", "gb18030") if declared and b"big5" in declared[1].lower() else ("gb18030", "big5hkscs")
    )
    texts = {name: text for name in names if (text := _decoded(content, name)) is not None}
    best = max(texts, key=lambda name: _plausibility(texts[name]), default=None)
    return best if best and _plausibility(texts[best]) >= _LEAST_COMMON else None


def _is_damaged_utf8(content: bytes) -> bool:
    """Returns whether most bytes above ASCII are UTF-8 after all: another codec would turn them into rubbish.

    Only Chinese ones count: bytes of GB18030 often make a character of two bytes by chance.
    """
    n_high = sum(byte > 0x7F for byte in content)  # noqa: PLR2004 -- the last of ASCII
    kept = content.decode("utf-8", "ignore")
    return 3 * len(_CHINESE.findall(kept)) > n_high / 2


def _wide(content: bytes) -> str | None:
    """Returns which UTF-16 bytes without a mark are in: the zeros of ASCII stand on one side."""
    head = content[:4096]
    if len(content) % 2:
        return None
    codec = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    text = _decoded(content, codec)
    return codec if text is not None and "\0" not in text else None


def _decoded(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        return None


def _plausibility(text: str) -> float:
    """Returns the share of common characters among the Chinese ones of a text, in [0, 1]."""
    sample = text[:20_000]
    n_han, n_private = len(_HAN.findall(sample)), len(_PRIVATE.findall(sample))
    if n_han + n_private < _JUDGED:
        return 1.0 if n_han and not n_private else 0.0
    return min(1.0, len(_COMMON.findall(sample)) / (n_han + 10 * n_private))


def _complaint(content: bytes) -> str:
    """Returns what keeps the bytes from being UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as e:
        return f"byte 0x{content[e.start]:02x} at {e.start}"
    return "zero bytes (is it a binary file?)"


class Utf16Lines(io.BufferedIOBase):
    """A UTF-16 stream read line by line as UTF-8: in the raw bytes 0x0a ends no line."""

    def __init__(self, stream: io.BufferedReader, *, item: str) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-16", newline="\n")
        self._item = item

    def readline(self, size: int | None = -1, /) -> bytes:
        """Returns the next line, or as many characters of it as `size`.

        Raises:
            ArticleError: Code `encoding`: the stream is no UTF-16 from here on.
        """
        try:
            return self._text.readline(-1 if size is None else size).encode("utf-8", "replace")
        except UnicodeDecodeError as e:
            message = (
                f"{self._item}: expected UTF-16 as its first bytes say, got {e.reason}; save it as UTF-8"
            )
            raise ArticleError(message, item=self._item, code="encoding") from e
