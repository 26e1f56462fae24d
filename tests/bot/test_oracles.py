"""What we seal, sign and write is what libraries that nobody here wrote open, check and read, and the other way round.

wechatpy stands for WeChat and for WeCom's apps, @wecom/crypto for WeCom's apps and bots.
"""

import os
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import foreign
import pytest
import xmltodict
from foreign import Foreign, RefusedError
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels import xml_text
from bot.channels.sealing import Seal, SealError, is_signed, sign

MANY = settings(max_examples=300 if os.environ.get("WENSHU_SOAK") == "1" else 30)
TOKEN, TIMESTAMP, NONCE = "QDG6eK", "1409659813", "1372623149"
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


@dataclass(frozen=True, slots=True)
class Party:
    """Whom messages are for.

    Attributes:
        kind: As foreign libraries part them.
        receiver: What is sealed beside each message.
    """

    kind: str
    receiver: str


ACCOUNT, APP, BOT = (
    Party("account", "wx5823bf96d3bd56c7"),
    Party("app", "ww1436e0e65a779aee"),
    Party("app", ""),
)
PARTIES = {"account": ACCOUNT, "app": APP, "bot": BOT}

TEXTS = {
    "empty": "",
    "a character": "?",
    "words": "科创投累计投资多少？",
    "end of CDATA": "a]]>b]]]]>>c",
    "emoji": "👩‍👩‍👧‍👦 🇨🇳 ☺️",
    "beyond the basic plane": "𠮷野家",
    "lines": "一\n二\r\n三\r\n\n",
    "controls": "\x00\x01\x7f\u2028\ufeff",
    "like what is sealed": "wx5823bf96d3bd56c7",
    "long": "投" * 20_000,
    "long, of four bytes": "𠮷" * 20_000,
    **{
        f"{size} bytes": "x" * size for size in range(27, 46)
    },  # every size of padding, and a block of nothing else
}

texts = st.one_of(st.text(max_size=200), st.text(alphabet="]>𠮷\n👍投", min_size=1_000, max_size=2_000))
keys = st.text(alphabet=string.ascii_letters + string.digits, min_size=43, max_size=43)
words = st.text(alphabet=string.ascii_letters + string.digits, min_size=1, max_size=32)
times = st.integers(0, 10**11).map(str)
randoms = st.text(alphabet=string.ascii_letters + string.digits, min_size=16, max_size=16)
parties = st.sampled_from(list(PARTIES.values()))

of_each_party = pytest.mark.parametrize("party", PARTIES.values(), ids=PARTIES)
of_each_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


@pytest.fixture(scope="session", params=foreign.NAMES)
def theirs(request: pytest.FixtureRequest) -> Iterator[Foreign]:
    """Each of the libraries."""
    with foreign.started(request.param) as library:
        yield library


@pytest.fixture(scope="session", params=foreign.WECHATPY)
def wechatpy(request: pytest.FixtureRequest) -> Iterator[Foreign]:
    """Each of those that know whole callbacks."""
    with foreign.started(request.param) as library:
        yield library


def theirs_opens(theirs: Foreign, party: Party, sealed: str, key: str = KEY) -> str:
    return theirs.ask("open", kind=party.kind, key=key, receiver=party.receiver, sealed=sealed)


def theirs_seals(theirs: Foreign, party: Party, text: str, key: str = KEY, **more: str) -> str:
    return theirs.ask("seal", kind=party.kind, key=key, receiver=party.receiver, message=text, **more)


@of_each_party
@of_each_text
def test_what_they_seal_we_open(theirs: Foreign, party: Party, text: str):
    assert Seal(KEY, party.receiver).open(theirs_seals(theirs, party, text)) == text


@of_each_party
@of_each_text
def test_what_we_seal_they_open(theirs: Foreign, party: Party, text: str):
    assert theirs_opens(theirs, party, Seal(KEY, party.receiver).seal(text)) == text


@given(texts, keys, parties, randoms)
@MANY
def test_out_of_the_same_chance_comes_the_same_seal(
    theirs: Foreign, text: str, key: str, party: Party, random: str
):
    """Any text under any key; so that each opens the other's."""
    ours = Seal(key, party.receiver)
    sealed = ours.seal(text, random=random.encode("ascii"))
    assert theirs_seals(theirs, party, text, key, random=random) == sealed
    assert theirs_opens(theirs, party, sealed, key) == text == ours.open(sealed)


@given(words, times, words, texts)
@MANY
def test_they_sign_as_we_do(theirs: Foreign, token: str, timestamp: str, nonce: str, sealed: str):
    asked = {"token": token, "timestamp": timestamp, "nonce": nonce, "sealed": sealed}
    signature = theirs.ask("sign", **asked)
    assert signature == sign(token, timestamp, nonce, sealed)
    assert is_signed(signature, token, timestamp, nonce, sealed)


@given(texts)
@MANY
def test_what_is_for_somebody_else_is_opened_by_neither(theirs: Foreign, text: str):
    for mine, other in ((ACCOUNT, APP), (APP, ACCOUNT), (APP, BOT), (BOT, APP)):
        with pytest.raises(SealError):
            Seal(KEY, mine.receiver).open(theirs_seals(theirs, other, text))
        with pytest.raises(RefusedError):
            theirs_opens(theirs, mine, Seal(KEY, other.receiver).seal(text))


@given(words, times, words)
@MANY
def test_a_call_without_a_body_is_signed_as_they_expect(
    wechatpy: Foreign, token: str, timestamp: str, nonce: str
):
    """As WeChat's first call is, and every call that is not sealed."""
    asked = {"token": token, "timestamp": timestamp, "nonce": nonce}
    signature = sign(token, timestamp, nonce)
    assert wechatpy.ask("check", **asked, signature=signature) == "signed"
    with pytest.raises(RefusedError, match="InvalidSignature"):
        wechatpy.ask("check", **asked, signature=signature[:-1] + ("0" if signature[-1] != "0" else "1"))


@given(st.text(string.digits, min_size=1, max_size=20))
@MANY
def test_wecom_s_first_call_is_sealed_as_they_expect(wechatpy: Foreign, echo: str):
    sealed = Seal(KEY, APP.receiver).seal(echo)
    asked = {"token": TOKEN, "timestamp": TIMESTAMP, "nonce": NONCE, "sealed": sealed}
    signature = sign(**asked)
    assert wechatpy.ask("echo", **asked, key=KEY, receiver=APP.receiver, signature=signature) == echo


def callback(text: str, party: Party) -> dict[str, str]:
    """The fields of a message with a text, as xml can hold it."""
    fields = {"ToUserName": party.receiver, "FromUserName": "o1", "MsgType": "text", "MsgId": "7"}
    return {**fields, "Content": text}


@of_each_party
@pytest.mark.parametrize("text", [text for name, text in TEXTS.items() if name not in {"lines", "controls"}])
def test_their_callbacks_are_read(wechatpy: Foreign, party: Party, text: str):
    fields = callback(text, party)
    asked = {"token": TOKEN, "timestamp": TIMESTAMP, "nonce": NONCE}
    body = wechatpy.ask(
        "write", **asked, kind=party.kind, key=KEY, receiver=party.receiver, message=xml_text.written(fields)
    )
    came = xml_text.read(body.encode("utf-8"))
    assert (came["TimeStamp"], came["Nonce"]) == (TIMESTAMP, NONCE)
    assert is_signed(came["MsgSignature"], TOKEN, TIMESTAMP, NONCE, came["Encrypt"])
    assert xml_text.read(Seal(KEY, party.receiver).open(came["Encrypt"]).encode("utf-8")) == fields


def reply(text: str, party: Party) -> tuple[str, str]:
    """What we say in a call, and its signature."""
    sealed = Seal(KEY, party.receiver).seal(text)
    signature = sign(TOKEN, TIMESTAMP, NONCE, sealed)
    fields = {"Encrypt": sealed, "MsgSignature": signature, "TimeStamp": int(TIMESTAMP), "Nonce": NONCE}
    return xml_text.written(fields), signature


@of_each_party
@of_each_text
def test_our_replies_are_accepted(wechatpy: Foreign, party: Party, text: str):
    body, signature = reply(text, party)
    asked = {"token": TOKEN, "timestamp": TIMESTAMP, "nonce": NONCE, "kind": party.kind, "key": KEY}
    assert wechatpy.ask("read", **asked, receiver=party.receiver, signature=signature, body=body) == text
    assert foreign_fields(body)["MsgSignature"] == signature


def foreign_fields(body: str) -> dict[str, str]:
    """As a parser tells them that is not ours."""
    return xmltodict.parse(body)["xml"]


def test_a_reply_that_was_changed_is_accepted_by_nobody(wechatpy: Foreign):
    body, signature = reply("23.26亿元", ACCOUNT)
    changed = body.replace(NONCE, NONCE[::-1])
    asked = {"token": TOKEN, "timestamp": TIMESTAMP, "kind": "account", "key": KEY, "body": changed}
    with pytest.raises(RefusedError, match="InvalidSignature"):
        wechatpy.ask("read", **asked, receiver=ACCOUNT.receiver, signature=signature, nonce=NONCE[::-1])
    assert not is_signed(signature, TOKEN, TIMESTAMP, NONCE[::-1], xml_text.read(changed.encode())["Encrypt"])


def test_none_of_them_is_imported_here():
    assert not any(name.partition(".")[0] == "wechatpy" for name in sys.modules)
