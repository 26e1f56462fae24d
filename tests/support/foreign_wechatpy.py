"""wechatpy at the other end of a pipe; its folder is the argument.  Started by foreign.py."""

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

ACCOUNT, APP = "account", "app"


def crypto_of(kind: str) -> Any:
    """The module of crypto for an Official Account or for WeCom, whose name changed between versions."""
    from importlib import import_module

    if kind == ACCOUNT:
        return import_module("wechatpy.crypto")
    try:
        return import_module("wechatpy.work.crypto")
    except ImportError:
        return import_module("wechatpy.enterprise.crypto")


def seal(*, kind: str, key: str, receiver: str, message: str, random: str = "") -> str:
    crypto = crypto_of(kind)
    prp = crypto.PrpCrypto(crypto.WeChatCrypto("", key, receiver).key)
    if random:
        prp.get_random_string = lambda: random
    return prp.encrypt(message, receiver).decode("ascii")


def unseal(*, kind: str, key: str, receiver: str, sealed: str) -> str:
    crypto = crypto_of(kind)
    return crypto.PrpCrypto(crypto.WeChatCrypto("", key, receiver).key).decrypt(sealed, receiver)


def sign(*, token: str, timestamp: str, nonce: str, sealed: str) -> str:
    from wechatpy.crypto import _get_signature

    return _get_signature(token, timestamp, nonce, sealed)


def check(*, token: str, signature: str, timestamp: str, nonce: str) -> str:
    from wechatpy.utils import check_signature

    check_signature(token, signature, timestamp, nonce)
    return "signed"


def echo(  # noqa: PLR0913 -- as theirs
    *, token: str, key: str, receiver: str, signature: str, timestamp: str, nonce: str, sealed: str
) -> str:
    crypto = crypto_of(APP).WeChatCrypto(token, key, receiver)
    return crypto.check_signature(signature, timestamp, nonce, sealed)


def write(*, kind: str, token: str, key: str, receiver: str, timestamp: str, nonce: str, message: str) -> str:  # noqa: PLR0913 -- as theirs
    return crypto_of(kind).WeChatCrypto(token, key, receiver).encrypt_message(message, nonce, timestamp)


def read(  # noqa: PLR0913 -- as theirs
    *, kind: str, token: str, key: str, receiver: str, signature: str, timestamp: str, nonce: str, body: str
) -> str:
    crypto = crypto_of(kind).WeChatCrypto(token, key, receiver)
    return crypto.decrypt_message(body, signature, timestamp, nonce)


DOES: dict[str, Callable[..., str]] = {
    "seal": seal,
    "open": unseal,
    "sign": sign,
    "check": check,
    "echo": echo,
    "write": write,
    "read": read,
}


def answers(lines: Iterable[str]) -> Iterable[dict[str, str]]:
    for line in lines:
        asked = json.loads(line)
        try:
            yield {"gave": DOES[asked.pop("do")](**asked)}
        except Exception as problem:  # noqa: BLE001 -- whatever it is, the test is told
            yield {"raised": type(problem).__name__}


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    for answer in answers(sys.stdin):
        print(json.dumps(answer), flush=True)  # noqa: T201 -- this is how it answers
