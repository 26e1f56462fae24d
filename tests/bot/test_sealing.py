"""Messages are sealed, opened and signed; what is damaged or for somebody else is not opened, and not told apart."""

import base64
import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.sealing import (
    KEY_LENGTH,
    Seal,
    SealError,
    decrypted,
    encrypted,
    is_signed,
    key_bytes,
    sign,
)

KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
OURS, OTHERS = "wx5823bf96d3bd56c7", "wx5823bf96d3bd56c8"
SEALED = Seal(KEY, OURS).seal("科创投累计投资23.26亿元", random=b"0123456789abcdef")
ERROR = "sealed: can't be opened"

texts = st.text()
receivers = st.sampled_from(["", OURS, "ww1436e0e65a779aee", "微"])
keys = st.text(string.ascii_letters + string.digits + "+/", min_size=KEY_LENGTH, max_size=KEY_LENGTH)


def refusal(sealed: str, seal: Seal | None = None) -> str:
    """In what words it is not opened; in none if it is."""
    try:
        (seal or Seal(KEY, OURS)).open(sealed)
    except SealError as problem:
        return str(problem)
    return ""


@given(texts, keys, receivers)
def test_what_is_sealed_is_opened(text: str, key: str, receiver: str):
    seal = Seal(key, receiver)
    sealed = seal.seal(text)
    assert seal.open(sealed) == text.encode("utf-8", "replace").decode("utf-8")
    assert sealed.isascii()
    assert len(base64.b64decode(sealed, validate=True)) % 32 == 0


def test_halves_of_pairs_become_question_marks():
    seal = Seal(KEY, OURS)
    assert seal.open(seal.seal("a\ud83db")) == "a?b"


def test_nothing_is_sealed_the_same_way_twice():
    assert len({Seal(KEY, OURS).seal("一") for _ in range(100)}) == 100


def test_the_layout_is_as_documented():
    sealed = base64.b64decode(Seal(KEY, OURS).seal("亿", random=b"0123456789abcdef"))
    assert decrypted(sealed, key_bytes(KEY)) == b"0123456789abcdef\0\0\0\x03\xe4\xba\xbf" + OURS.encode()


@given(st.integers(0, 200))
def test_padding_is_of_1_to_32_bytes(size: int):
    sealed = encrypted(b"x" * size, key_bytes(KEY))
    assert 1 <= len(sealed) - size <= 32
    assert len(sealed) % 32 == 0
    assert decrypted(sealed, key_bytes(KEY)) == b"x" * size


@given(st.integers(0, len(base64.b64decode(SEALED)) - 1), st.integers(1, 255))
def test_a_changed_byte_is_nothing_but_a_seal_error(at: int, change: int):
    """AES-CBC tells of no change itself: bytes of the text may turn, and the signature is there for that."""
    raw = bytearray(base64.b64decode(SEALED))
    raw[at] ^= change
    assert refusal(base64.b64encode(raw).decode("ascii")) in {"", ERROR}


@given(st.integers(0, len(SEALED) - 1))
def test_what_is_cut_off_is_not_opened(end: int):
    assert refusal(SEALED[:end]) == ERROR


@given(st.text() | st.text(string.ascii_letters + string.digits + "+/=") | st.binary().map(repr))
def test_no_text_is_opened(text: str):
    assert refusal(text) == ERROR


@given(st.binary(max_size=200))
def test_no_bytes_are_opened(raw: bytes):
    assert refusal(base64.b64encode(raw).decode("ascii")) == ERROR


@given(st.binary(max_size=100))
def test_whatever_lies_below_a_good_padding_is_nothing_but_a_seal_error(plain: bytes):
    """Sealed with the key, but of no form: too short, of a false length, no UTF-8."""
    assert refusal(base64.b64encode(encrypted(plain, key_bytes(KEY))).decode("ascii")) in {"", ERROR}


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"r" * 15,
        b"r" * 16,
        b"r" * 16 + b"\0\0\0",
        b"r" * 16 + b"\0\0\0\0",
        b"r" * 16 + b"\0\0\0\x05text" + OURS.encode(),
        b"r" * 16 + b"\0\0\0\x03text" + OURS.encode(),
        b"r" * 16 + b"\xff\xff\xff\xfftext" + OURS.encode(),
        b"r" * 16 + b"\0\0\0\x04te\xfft" + OURS.encode(),
        b"r" * 16 + b"\0\0\0\x04text" + OTHERS.encode(),
        b"r" * 16 + b"\0\0\0\x04text" + OURS.encode() + b"\0",
        b"r" * 16 + b"\0\0\0\x04text",
    ],
)
def test_what_is_of_no_form_is_not_opened(plain: bytes):
    assert refusal(base64.b64encode(encrypted(plain, key_bytes(KEY))).decode("ascii")) == ERROR


def test_what_says_it_is_longer_than_it_is_is_not_opened_for_a_bot_either():
    """With nobody named behind it, nothing else tells."""
    sealed = base64.b64encode(encrypted(b"r" * 16 + b"\0\0\0\x05text", key_bytes(KEY))).decode("ascii")
    assert refusal(sealed, Seal(KEY, "")) == ERROR


@pytest.mark.parametrize("change", [str.lower, lambda text: text + "\n", " ".join])
def test_base64_is_taken_at_its_word(change):
    assert refusal(change(SEALED)) == ERROR


def test_what_is_sealed_for_others_is_not_opened():
    assert refusal(SEALED) == ""
    assert refusal(SEALED, Seal(KEY, OTHERS)) == ERROR
    assert refusal(SEALED, Seal(KEY, "")) == ERROR
    assert refusal(SEALED, Seal(KEY, OURS[:-1])) == ERROR
    assert refusal(SEALED, Seal(KEY[::-1], OURS)) == ERROR
    assert refusal(Seal(KEY, "").seal("一")) == ERROR


@pytest.mark.parametrize(
    "key", ["", "a", "a" * 42, "a" * 44, "a" * 86, "é" * 43, "a" * 42 + "-", "a b" * 14 + "a"]
)
def test_what_is_no_key_is_named_but_not_shown(key: str):
    with pytest.raises(ValueError, match=r"^key: expected") as caught:
        Seal(key, OURS)
    assert len(key) < 5 or key not in str(caught.value)


def test_a_key_may_bring_its_padding():
    assert key_bytes(KEY + "=") == key_bytes(KEY)
    assert len(key_bytes(KEY)) == 32


@given(texts, texts, texts, texts)
def test_anything_can_be_signed(token: str, timestamp: str, nonce: str, sealed: str):
    signature = sign(token, timestamp, nonce, sealed)
    assert len(signature) == 40
    assert set(signature) <= set(string.hexdigits.lower())
    assert is_signed(signature, token, timestamp, nonce, sealed)
    assert not is_signed(signature[:-1], token, timestamp, nonce, sealed)
    assert not is_signed(signature.upper() + " ", token, timestamp, nonce, sealed)


def test_a_signature_is_over_the_sorted_parts():
    for parts in (("b", "a", "c", ""), ("d", "c", "b", "a")):
        expected = hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 -- theirs
        assert sign(*parts) == expected


@given(st.text())
def test_no_other_signature_will_do(signature: str):
    assert not is_signed(signature, "token", "1", "2")
    assert not is_signed(signature, "token", "1", "2", SEALED)


@pytest.mark.parametrize("at", range(4))
def test_a_change_in_any_part_is_seen(at: int):
    parts = ["token", "1409659813", "1372623149", SEALED]
    signature = sign(*parts)
    parts[at] += "0"
    assert not is_signed(signature, *parts)


def test_neither_key_nor_receiver_is_told():
    assert KEY not in repr(Seal(KEY, OURS)) + str(Seal(KEY, OURS))
    assert repr(key_bytes(KEY)) not in repr(Seal(KEY, OURS))
