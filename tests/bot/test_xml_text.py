"""XML of these platforms: whatever is said can be written, and what is no message of theirs is refused as such."""

import re
import xml.etree.ElementTree as ET

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import xml_text
from bot.channels.callbacks import MAX_BODY_BYTES
from bot.channels.xml_text import XmlError

ANYTHING = st.text(st.characters(codec=None), max_size=200) | st.text(
    "]>[<![CDATA&;\r\n\t\0\x0b\ud800\udfff\ufffe"
)
"""Halves of surrogate pairs and control characters included."""

FIELDS = {
    "ToUserName": "gh_1",
    "FromUserName": "o1",
    "CreateTime": "1409659813",
    "MsgType": "text",
    "Content": "多少",
}
BODY = "".join(f"<{name}>{value}</{name}>" for name, value in FIELDS.items())
GOOD = f"<xml>{BODY}</xml>".encode()


def readable(text: str) -> str:
    """As XML gives a text back: what can't be written replaced, lines ended by a line feed."""
    kept = (
        each if each in "\t\n\r" or each.isprintable() or is_written(ord(each)) else "\ufffd" for each in text
    )
    return re.sub("\r\n?", "\n", "".join(kept))


def is_written(point: int) -> bool:
    return 0x20 <= point < 0xD800 or 0xE000 <= point <= 0xFFFD or point > 0xFFFF


@given(ANYTHING)
def test_xml_out_survives_anything(text: str):
    """Read by the standard parser, by another and by our own."""
    body = xml_text.written({"Content": text, "CreateTime": 7})
    root = ET.fromstring(body)  # noqa: S314 -- our own
    assert [(each.tag, each.text or "") for each in root] == [
        ("Content", readable(text)),
        ("CreateTime", "7"),
    ]
    assert xml_text.read(body.encode("utf-8")) == {"Content": readable(text), "CreateTime": "7"}
    assert (xmltodict.parse(body, strip_whitespace=False)["xml"]["Content"] or "") == readable(text)


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("", ""),
        ("]]>", "]]>"),
        ("]]]]>>", "]]]]>>"),
        ("]]>]]>", "]]>]]>"),
        ("<![CDATA[一]]>", "<![CDATA[一]]>"),
        ("<a href='x'>&amp;&#1;</a>", "<a href='x'>&amp;&#1;</a>"),
        ("</Content><Content>", "</Content><Content>"),
        ("\0\x08\x0b\x1f", "\ufffd" * 4),
        ("\ud83d\ude00", "\ufffd\ufffd"),
        ("]]\ud800>", "]]\ufffd>"),
        ("]]\0>", "]]\ufffd>"),
        ("\ufffe\uffff", "\ufffd\ufffd"),
        ("\x7f\x85\u2028\ufeff", "\x7f\x85\u2028\ufeff"),
        ("𠮷👩‍👩‍👧‍👦", "𠮷👩‍👩‍👧‍👦"),
        ("\t一\n\n二 ", "\t一\n\n二 "),
        ("一\r\n二\r三", "一\n二\n三"),
    ],
)
def test_what_is_written_is_read_back(text: str, back: str):
    assert xml_text.read(xml_text.written({"Content": text}).encode("utf-8")) == {"Content": back}


def test_numbers_stand_bare_and_fields_in_order():
    assert xml_text.written({"B": 1, "A": "x"}) == "<xml><B>1</B><A><![CDATA[x]]></A></xml>"
    assert xml_text.written({}) == "<xml></xml>"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (GOOD, FIELDS),
        (b"<xml/>", {}),
        (b"<?xml version='1.0' encoding='UTF-8'?>\n<xml>\n<A>1</A>\n</xml>\n", {"A": "1"}),
        (b"\xef\xbb\xbf<xml><A>1</A></xml>", {"A": "1"}),
        (b"<xml><A/><B></B><C><![CDATA[]]></C></xml>", {"A": "", "B": "", "C": ""}),
        (b"<xml><A>a<!-- b -->c</A><!-- d --></xml>", {"A": "ac"}),
        (b"<xml><A>&lt;&#20159;&#x4ebf;</A></xml>", {"A": "<亿亿"}),
        (b"<xml><A> a <![CDATA[ b ]]> </A></xml>", {"A": " a  b  "}),
        (b"<xml><SendLocationInfo><Scale>1</Scale></SendLocationInfo><A>1</A></xml>", {"A": "1"}),
        (b"<xml a='1'><A b='2'>1</A></xml>", {"A": "1"}),
    ],
)
def test_fields_are_read(body: bytes, fields: dict[str, str]):
    assert xml_text.read(body) == fields


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
REFUSED = {
    "nothing": b"",
    "blank": b" \n ",
    "no XML": "科创投累计投资多少".encode(),
    "JSON": b'{"Content": "1"}',
    "a form": b"Content=1&MsgId=7",
    "billion laughs": f'<!DOCTYPE xml [<!ENTITY l0 "ha">{LAUGHS}]><xml><A>&l9;</A></xml>'.encode(),
    "quadratic": f'<!DOCTYPE xml [<!ENTITY a "{"x" * 9_000}">]><xml><A>{"&a;" * 9_000}</A></xml>'.encode(),
    "a document type": b"<!DOCTYPE xml>" + GOOD,
    "a foreign document type": b'<!DOCTYPE xml SYSTEM "http://192.0.2.1/x.dtd">' + GOOD,
    "a file": b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:/etc/passwd">]><xml><A>&a;</A></xml>',
    "an address": b'<!DOCTYPE xml [<!ENTITY a SYSTEM "http://192.0.2.1/">]><xml><A>&a;</A></xml>',
    "a parameter entity": b'<!DOCTYPE xml [<!ENTITY % a SYSTEM "http://192.0.2.1/"> %a;]><xml/>',
    "an unknown entity": b"<xml><A>&nbsp;</A></xml>",
    "a field twice": b"<xml><A>1</A><A>1</A></xml>",
    "a field twice, empty": b"<xml><A/><A>1</A></xml>",
    "another root": f"<html>{BODY}</html>".encode(),
    "a root in capitals": f"<XML>{BODY}</XML>".encode(),
    "a root of a namespace": f'<xml xmlns="urn:x">{BODY}</xml>'.encode(),
    "two roots": GOOD + GOOD,
    "something behind": GOOD + b"x",
    "something before": b"x" + GOOD,
    "crossed": b"<xml><A><B></A></B></xml>",
    "a control character": b"<xml><A>\x01</A></xml>",
    "a control character by number": b"<xml><A>&#1;</A></xml>",
    "half a pair": b"<xml><A>\xed\xa0\x80</A></xml>",
    "half a pair by number": b"<xml><A>&#xD800;</A></xml>",
    "no UTF-8": "<xml><A>亿</A></xml>".encode("gb18030"),
    "said to be GBK, and so": '<?xml version="1.0" encoding="gbk"?><xml><A>亿</A></xml>'.encode("gbk"),
    "UTF-16": "<xml><A>亿</A></xml>".encode("utf-16"),
    "UTF-32": "<xml><A>亿</A></xml>".encode("utf-32"),
    "UTF-7": "<xml><A>亿</A></xml>".encode("utf-7").replace(b"<", b"+ADw-"),
    "open nests": b"<xml>" + b"<a>" * (MAX_BODY_BYTES // 3 - 5),
    "an endless name": b"<xml><" + b"a" * (MAX_BODY_BYTES - 10),
    "an endless text": b"<xml><A>" + b"a" * (MAX_BODY_BYTES - 10),
    "zeros": b"\0" * MAX_BODY_BYTES,
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_xml_in_is_refused_never_a_traceback(body: bytes):
    with pytest.raises(XmlError, match=r"^body: ") as caught:
        xml_text.read(body)
    assert len(str(caught.value)) < 60, "nothing of it is quoted"


def read_or_refused(body: bytes) -> dict[str, str] | None:
    try:
        return xml_text.read(body)
    except XmlError:
        return None


@given(st.integers(0, len(GOOD) - 1))
def test_what_is_cut_off_is_refused(end: int):
    assert read_or_refused(GOOD[:end]) is None


@given(st.binary())
def test_bytes_are_refused(body: bytes):
    assert read_or_refused(body) is None


@given(st.integers(0, len(GOOD)), st.integers(0, 20), st.binary(max_size=20))
def test_whatever_is_changed_is_read_or_refused(start: int, size: int, new: bytes):
    read_or_refused(GOOD[:start] + new + GOOD[start + size :])


PIECES = [
    *(
        "<xml>",
        "</xml>",
        "<A>",
        "</A>",
        "<A/>",
        "<B b='",
        "'>",
        "<![CDATA[",
        "]]>",
        "]]",
        ">",
        "&#",
        "1;",
        "&lt;",
    ),
    *(
        "<?xml version='1.0'",
        " encoding='utf-8'",
        "?>",
        "<!DOCTYPE xml [",
        "]>",
        "<!ENTITY a 'b'>",
        "&a;",
        "<!--",
    ),
    *("-->", "<?a ?>", " xmlns='urn:x'", "x:", "\n", "亿", "𠮷", "\0", "\ufeff"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_whatever_is_put_together_is_read_or_refused(text: str):
    for body in (text, f"<xml>{text}</xml>", f"<xml><A>{text}</A></xml>"):
        fields = read_or_refused(body.encode("utf-8"))
        assert fields is None or all(isinstance(value, str) for value in fields.values())


@pytest.mark.parametrize(
    "name",
    [
        *(
            "utf-8",
            "UTF-16",
            "utf-16-le",
            "utf-32",
            "utf-7",
            "latin-1",
            "gbk",
            "gb18030",
            "big5",
            "shift_jis",
        ),
        *("base64", "rot13", "zlib", "hex", "idna", "punycode", "unicode_escape", "raw_unicode_escape"),
        *("undefined", "mbcs", "nonsense", "", "x" * 1_000),
    ],
)
def test_there_is_one_encoding_whatever_a_body_says(name: str):
    body = f'<?xml version="1.0" encoding="{name}"?><xml><A>\\亿</A></xml>'
    assert read_or_refused(body.encode("utf-8")) in ({"A": "\\亿"}, None)


@pytest.mark.parametrize(
    "body",
    [
        b"<xml>" + b"<a>" * 9_000 + b"</a>" * 9_000 + b"</xml>",
        b"<xml " + b" ".join(b"a%d=''" % number for number in range(6_000)) + b"/>",
        b"<xml>" + b"<!---->" * 9_000 + b"</xml>",
    ],
    ids=["nested", "attributes", "comments"],
)
def test_what_is_large_and_holds_nothing_brings_nothing(body: bytes):
    assert len(body) <= MAX_BODY_BYTES + 1_000
    assert xml_text.read(body) == {}


def test_a_message_as_large_as_may_be_is_read():
    text = "亿" * ((MAX_BODY_BYTES - 100) // 3)
    assert xml_text.read(xml_text.written({"Content": text}).encode("utf-8")) == {"Content": text}
