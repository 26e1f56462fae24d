"""Messages as WeChat and WeCom seal and sign them.  Sole importer of cryptography.

    key     the 43 characters of EncodingAESKey and "=", base64; its first 16 bytes are the IV
    sealed  AES-256-CBC of: 16 random bytes, length (4 bytes, big-endian), message, receiver; padded to 32 bytes
    signed  SHA-1 of token, timestamp, nonce and what is sealed, sorted and joined

Source: 回调和回复的加解密方案, developer.work.weixin.qq.com/document/path/90968.
"""

import base64
import binascii
import hashlib
import os
from hmac import compare_digest

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

KEY_LENGTH = 43
"""Characters of an EncodingAESKey."""

_KEY_BYTES = 32
_IV_BYTES = 16
_BLOCK_BITS = 256
_RANDOM_BYTES = 16
_HEAD_BYTES = _RANDOM_BYTES + 4


class SealError(ValueError):
    """What is sealed can't be opened, or is for somebody else; which of them is not told."""


class Seal:
    """Seals and opens the messages of one account."""

    def __init__(self, key: str, receiver: str) -> None:
        """Set up.

        Args:
            key: The account's EncodingAESKey.
            receiver: Whose messages: AppID or CorpID; empty for a WeCom bot.

        Raises:
            ValueError: It is no such key.
        """
        self._key = key_bytes(key)
        self._receiver = receiver.encode("utf-8")

    def seal(self, message: str, *, random: bytes | None = None) -> str:
        """The message sealed, base64.

        Args:
            message: Any text; halves of surrogate pairs become `?`.
            random: 16 bytes; by default new ones.
        """
        said = message.encode("utf-8", "replace")
        head = (random or os.urandom(_RANDOM_BYTES)) + len(said).to_bytes(4, "big")
        return base64.b64encode(encrypted(head + said + self._receiver, self._key)).decode("ascii")

    def open(self, sealed: str) -> str:
        """The message that was sealed.

        Raises:
            SealError: It is not of this account, or damaged.

        >>> seal = Seal("a" * 43, "wx1")
        >>> seal.open(seal.seal("投资23.26亿元"))
        '投资23.26亿元'
        """
        try:
            plain = decrypted(base64.b64decode(sealed, validate=True), self._key)
            size = int.from_bytes(plain[_RANDOM_BYTES:_HEAD_BYTES], "big")
            end = _HEAD_BYTES + size
            if len(plain) < end or not compare_digest(plain[end:], self._receiver):
                raise SealError("sealed: not for this account")
            return plain[_HEAD_BYTES:end].decode("utf-8")
        except (ValueError, binascii.Error) as problem:
            raise SealError("sealed: can't be opened") from problem


def sign(token: str, timestamp: str, nonce: str, sealed: str = "") -> str:
    """The signature of a request, 40 hex digits.

    >>> sign("token", "1", "2")
    '6d7149e287208afb17c14861c125053fd80c0f86'
    """
    parts = (token, timestamp, nonce, sealed) if sealed else (token, timestamp, nonce)
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "replace")).hexdigest()  # noqa: S324 -- theirs


def is_signed(signature: str, token: str, timestamp: str, nonce: str, sealed: str = "") -> bool:
    """Whether a request bears the signature; tells in the same time wherever it differs."""
    expected = sign(token, timestamp, nonce, sealed)
    return compare_digest(signature.encode("utf-8", "replace"), expected.encode("ascii"))


def key_bytes(key: str) -> bytes:
    """The 32 bytes of a key that is written in base64, with or without its padding.

    Raises:
        ValueError: It is no such key.
    """
    try:
        raw = base64.b64decode(key + "=" * (-len(key) % 4), validate=True)
    except (ValueError, binascii.Error) as problem:
        raise ValueError("key: expected base64") from problem
    if len(raw) != _KEY_BYTES:
        raise ValueError(f"key: expected {KEY_LENGTH} characters of base64, got {len(key)}")
    return raw


def encrypted(plain: bytes, key: bytes) -> bytes:
    """AES-256-CBC with the IV and the padding of these platforms."""
    padder = padding.PKCS7(_BLOCK_BITS).padder()
    encryptor = Cipher(AES(key), CBC(key[:_IV_BYTES])).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def decrypted(sealed: bytes, key: bytes) -> bytes:
    """What `encrypted` made.

    Raises:
        ValueError: It is damaged, or of another key.
    """
    decryptor = Cipher(AES(key), CBC(key[:_IV_BYTES])).decryptor()
    unpadder = padding.PKCS7(_BLOCK_BITS).unpadder()
    return unpadder.update(decryptor.update(sealed) + decryptor.finalize()) + unpadder.finalize()
