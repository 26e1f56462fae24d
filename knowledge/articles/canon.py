"""The one canonical form of text: given once, on reading, before hashing and never after."""

import re
import unicodedata

_INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls that break no line
    "\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"  # of no width
    "\ud800-\udfff"  # half a character: what a broken \u escape in JSON leaves
)
_BREAK = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACE = re.compile("[\t\x1f\xa0\u1680\u2000-\u200a\u202f\u205f]")
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
_AROUND_BREAK = re.compile(r"[ \u3000]*\n[ \u3000\n]*")


def canonicalise(text: str) -> str:
    r"""Returns the text as every offset counts it: paragraphs joined by single newlines, NFC.

    Removed are what can't be seen (controls, zero-width characters, byte order marks), space at either end
    of a line and empty lines; every other kind of space becomes a plain one, save the ideographic.  Full
    width digits, traditional characters and all that can be read stay as written.

    >>> canonicalise("\ufeff　　增长５%。\r\n\r\n\u3000完\u200b了 ")
    '增长５%。\n完了'
    """
    text = _BREAK.sub("\n", text)
    text = _SPACE.sub(" ", _UNSEEN.sub("", text))
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return _AROUND_BREAK.sub("\n", text).strip(" \u3000\n")


def one_line(text: str) -> str:
    """Returns the canonical text on one line, runs of space as one: the form of titles and names."""
    return " ".join(canonicalise(text).split())
