"""The XML that WeChat and WeCom speak: one element with a field a child.  Sole importer of defusedxml."""

import re
from collections.abc import Mapping
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

LONGEST_NAME = 256
"""Characters of a field that names something: an OpenID has 28, a member's name 64, the key of a button 128."""

MOST_DIGITS = 20
"""Of a number: those of 64 bits."""

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


class XmlError(ValueError):
    """A body is no message of these platforms."""


class MessageError(ValueError):
    """The fields are no message to us."""


def read(body: bytes) -> dict[str, str]:
    """The fields of a message; those that hold further elements are left out.

    Raises:
        XmlError: It is no XML, brings definitions of its own, or names a field twice.

    >>> read("<xml><Content><![CDATA[投资多少]]></Content><MsgId>1</MsgId></xml>".encode())
    {'Content': '投资多少', 'MsgId': '1'}
    """
    try:
        # They write UTF-8; a text is taken as it is, whatever encoding it names: any of Python's could be.
        root = fromstring(body.decode("utf-8"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as problem:
        raise XmlError(f"body: no XML ({type(problem).__name__})") from problem
    if root.tag != "xml":
        raise XmlError("body: expected an element xml")
    fields: dict[str, str] = {}
    for child in root:
        if child.tag in fields:
            raise XmlError("body: a field stands twice")
        if len(child) == 0:
            fields[str(child.tag)] = child.text or ""
    return fields


def name_in(fields: Mapping[str, str], name: str) -> str:
    """The value of a field that names something; it may be logged, on one line.

    Raises:
        MessageError: There is none, or it is no name.
    """
    value = fields.get(name, "").strip()
    if not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
        raise MessageError(f"{name}: expected 1 to {LONGEST_NAME} printable characters, got {len(value)}")
    return value


def number_in(fields: Mapping[str, str], name: str) -> int:
    """The value of a field that holds a number.

    Raises:
        MessageError: It holds none.
    """
    value = fields.get(name, "").strip()
    if not (value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS):
        raise MessageError(f"{name}: expected a number")
    return int(value)


def event_in(fields: Mapping[str, str]) -> str:
    """What an event is known by, which has no number: who, when, what, and which button, whose name others choose.

    Raises:
        MessageError: It is no event.
    """
    button = "".join(filter(str.isprintable, fields.get("EventKey", "")))[:LONGEST_NAME]
    created = number_in(fields, "CreateTime")
    return f"{name_in(fields, 'FromUserName')} {created} {name_in(fields, 'Event')} {button}"


def written(fields: Mapping[str, str | int]) -> str:
    """The message of some fields, whatever stands in them.

    >>> written({"Content": "a]]>b", "CreateTime": 7})
    '<xml><Content><![CDATA[a]]]]><![CDATA[>b]]></Content><CreateTime>7</CreateTime></xml>'
    """
    return f"<xml>{''.join(_element(name, value) for name, value in fields.items())}</xml>"


def _element(name: str, value: str | int) -> str:
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    said = _NO_XML.sub("\ufffd", value).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{said}]]></{name}>"
