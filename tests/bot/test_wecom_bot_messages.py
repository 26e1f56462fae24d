"""What a message or an event of a WeCom bot says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wecom.bot_messages import Came, File, MessageError, Refresh, read, without_mentions
from bot.inbound import Speaker

DRAFT = "截至2021年底，科创投累计投资23.62亿元。"


def body(**over: Any) -> dict[str, Any]:
    return {
        "msgid": "CAIQ16HMjQYY/NGagIOAgAMgq4KM0AI=",
        "aibotid": "bot-1",
        "chattype": "single",
        "from": {"userid": "zhang"},
        "msgtype": "text",
        "text": {"content": "投资多少"},
    } | over


def in_group(text: str, **over: Any) -> dict[str, Any]:
    return body(chattype="group", chatid="wr1", text={"content": text}, **over)


def came(told: dict[str, Any]) -> Came:
    read_as = read(told)
    assert isinstance(read_as, Came)
    return read_as


def test_a_text_of_a_single_chat():
    said = came(body())
    assert (said.key, said.text, said.kind) == ("CAIQ16HMjQYY/NGagIOAgAMgq4KM0AI=", "投资多少", "")
    assert said.speaker == Speaker("wecom", "zhang", "zhang")


def test_a_text_of_a_group_without_the_name():
    said = came(in_group("@问数 投资多少"))
    assert said.text == "投资多少"
    assert said.speaker == Speaker("wecom", "wr1", "zhang", group=True)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@问数 投资多少", "投资多少"),
        ("@问数\u2005投资多少", "投资多少"),
        ("投资多少@问数", "投资多少"),
        ("投资多少 @问数", "投资多少"),
        ("请问@问数 投资多少", "请问投资多少"),
        ("@问数\n投资多少", "投资多少"),
        ("@问数 @李四 投资多少", "投资多少"),
        ("@GPT-4.5 投资多少", "投资多少"),
        ("@问数", ""),
        ("发给 zhang@example.com 的是多少", "发给 zhang@example.com 的是多少"),
        ("发给张三@example.com 的是多少", "发给张三@example.com 的是多少"),
        ("zhang@example.com", "zhang@example.com"),
        ("@问数，投资多少", "@问数，投资多少"),
        ("投资多少", "投资多少"),
        ("核对：\n一\n\n二  三 @问数", "核对：\n一\n\n二  三"),
    ],
)
def test_only_names_are_taken_out_of_a_text(text: str, left: str):
    assert without_mentions(text) == left


def test_a_single_chat_keeps_every_name():
    assert came(body(text={"content": "@问数 投资多少"})).text == "@问数 投资多少"


@given(st.text())
def test_no_text_is_too_odd_to_take_names_out(text: str):
    left = without_mentions(text)
    assert len(left) <= len(text)
    assert "@" in text or left == text.strip()


def test_a_mixed_message_is_its_words():
    items = [
        {"msgtype": "text", "text": {"content": "@问数 核对："}},
        {"msgtype": "image", "image": {"url": "https://example.org/1", "aeskey": "k"}},
        {"msgtype": "text", "text": {"content": DRAFT}},
    ]
    told = {"chattype": "group", "chatid": "wr1", "msgtype": "mixed", "mixed": {"msg_item": items}}
    assert came(body(**told, text=None)).text == f"核对：\n{DRAFT}"


def test_a_mixed_message_of_images_has_no_words():
    items = [{"msgtype": "image", "image": {"url": "https://example.org/1"}}]
    assert came(body(msgtype="mixed", mixed={"msg_item": items}, text=None)).kind == "image"


def test_a_voice_is_its_transcript():
    assert came(body(msgtype="voice", voice={"content": "投资多少"}, text=None)).text == "投资多少"
    assert came(body(msgtype="voice", voice={"content": ""}, text=None)).kind == "voice"


def test_a_file_is_to_be_fetched():
    told = body(msgtype="file", file={"url": "https://example.org/f", "aeskey": "k"}, text=None)
    assert came(told).file == File("https://example.org/f", "k")
    assert came(body(msgtype="file", file={}, text=None)).kind == "file"


@pytest.mark.parametrize("kind", ["image", "video", "location"])
def test_others_are_called_by_their_kind(kind: str):
    said = came(body(msgtype=kind, text=None))
    assert (said.text, said.kind) == ("", kind)


def test_an_empty_text_has_neither_words_nor_kind():
    said = came(in_group("@问数"))
    assert (said.text, said.kind) == ("", "")


# -- quotes


@pytest.mark.parametrize("order", ["核对", "@问数 核对一下", "/check", "请帮我核对这段话"])
def test_a_bare_order_is_about_what_it_quotes(order: str):
    quote = {"msgtype": "text", "text": {"content": DRAFT}}
    assert came(in_group(order, quote=quote)).text == f"/check\n{DRAFT}"


def test_a_quote_of_pieces_is_quoted_in_words():
    quote = {"msgtype": "mixed", "mixed": {"msg_item": [{"msgtype": "text", "text": {"content": DRAFT}}]}}
    assert came(in_group("核对", quote=quote)).text == f"/check\n{DRAFT}"


@pytest.mark.parametrize("text", ["投资多少", "核对：科创贷超157亿元。"])
def test_any_other_text_stands_for_itself(text: str):
    assert (
        came(body(text={"content": text}, quote={"msgtype": "text", "text": {"content": DRAFT}})).text == text
    )


def test_a_bare_order_about_a_picture_stays_one():
    assert came(body(text={"content": "核对"}, quote={"msgtype": "image"})).text == "核对"


# -- events and refreshes


def test_whoever_opens_the_chat_is_greeted():
    told = body(msgtype="event", event={"eventtype": "enter_chat"}, text=None)
    said = came(told)
    assert (said.text, said.greets) == ("/start", True)
    del told["msgid"]
    assert came(told | {"create_time": 7}).key == came(told | {"create_time": 7}).key != came(told).key


@pytest.mark.parametrize("kind", ["feedback_event", "template_card_event", "disconnected_event", ""])
def test_other_events_need_no_reply(kind: str):
    assert read(body(msgtype="event", event={"eventtype": kind}, text=None)) is None
    assert read({"msgtype": "event", "event": {"eventtype": kind}}) is None


def test_a_refresh_names_its_stream():
    assert read({"msgtype": "stream", "stream": {"id": "s"}, "msgid": "m"}) == Refresh("s")


# -- what is none


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"msgtype": "text"},
        {name: value for name, value in body().items() if name != "from"},
        {name: value for name, value in body().items() if name != "msgid"},
        body(msgid=7),
        body(msgid=""),
        body(msgid="x" * 501),
        body(text="投资多少"),
        body(chattype="channel"),
        body(chattype="group"),
        body(**{"from": {}}),
        {"msgtype": "stream", "stream": {}},
    ],
)
def test_what_is_no_message_is_told_without_its_words(wrong: dict[str, Any]):
    with pytest.raises(MessageError) as told:
        read(wrong)
    assert "投资" not in str(told.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from([*body(), "quote", "event", "mixed", "file", "stream"]), JSON))
def test_whatever_comes_is_read_or_refused(told: dict[str, Any]):
    try:
        read_as = read(body() | told)
    except MessageError:
        return
    if isinstance(read_as, Came):
        assert Came.loads(read_as.dumps()) == read_as


def test_what_is_kept_is_what_came():
    told = body(msgtype="file", file={"url": "https://example.org/f", "aeskey": "k"}, text=None)
    said = came(told | {"response_url": "https://example.org/r?code=1"})
    assert Came.loads(said.dumps()) == said
    assert json.loads(said.dumps())["response_url"].endswith("code=1")


def test_no_address_is_shown():
    told = body(msgtype="file", file={"url": "https://example.org/f", "aeskey": "k"}, text=None)
    assert "example.org" not in repr(came(told | {"response_url": "https://example.org/r"}))
