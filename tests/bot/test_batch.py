"""One line in, one object out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import batch
from bot.batch import MAX_DRAFT_BYTES, MAX_LINE_BYTES, Draft, draft_of, question_of
from bot.jsonview import dumps
from knowledge.errors import UsageError
from knowledge.schema import Answer, Status
from knowledge.verdict import Checked, Source


def ask(question: str) -> Answer:
    if "太长" in question:
        raise UsageError("too long", item="太长", code="question_too_long")
    return Answer(question, Status.ABSTAINED, reason="unsure")


def test_a_bad_line_has_an_error_in_its_place():
    lines = [
        "科创投累计投资多少\n".encode(),
        '{"question": "科创贷呢", "id": 7}\n'.encode(),
        b"\n",
        b"{broken\n",
        b'{"a":' * 100_000,
        b'{"q": 1}\n',
        b'{"question": 1}\n',
        b"\xff\xfe\n",
        b'{"question": "  "}\n',
        "太长\n".encode(),
        b"[1]\n",
        "最后".encode(),
    ]
    views = list(batch.answer(lines, ask))
    assert ["question" in view for view in views] == [True, True, *[False] * 8, True, True]
    assert all(set(view) == {"error"} for view in views[2:10])
    assert views[1]["question"] == "科创贷呢"
    assert views[-1]["question"] == "最后"


def test_a_byte_order_mark_is_no_part_of_the_question():
    assert question_of("\ufeff科创投".encode()) == "科创投"


def test_a_line_too_long_is_refused_unread():
    with pytest.raises(UsageError, match="bytes"):
        question_of(b"x" * (MAX_LINE_BYTES + 1))


@given(st.lists(st.binary(max_size=60)))
def test_any_bytes_give_a_line_each(lines: list[bytes]):
    views = list(batch.answer(lines, ask))
    assert len(views) == len(lines)
    for view in views:
        assert json.loads(dumps(view)) == view


# --- drafts ---------------------------------------------------------------------------------------------


def check(draft: Draft) -> Checked:
    if not draft.text.strip():
        raise UsageError("empty", code="empty_draft")
    if any(not source.text for source in draft.sources or ()):
        raise UsageError("empty", code="empty_source")
    return Checked(draft.text, ())


def test_a_bad_draft_has_an_error_in_its_place():
    lines = [
        "“科创投”累计投资23.62亿元\n".encode(),
        '{"text": " 科创贷 ", "sources": ["原文"], "published": "2022-02-21", "id": 7}'.encode(),
        b"\n",
        b"{broken\n",
        b'{"question": 1}\n',
        b'{"text": 1}\n',
        b'{"text": "x", "sources": "y"}\n',
        b'{"text": "x", "sources": [1]}\n',
        b'{"text": "x", "sources": [{"title": "y"}]}\n',
        b'{"text": "x", "sources": [{"title": 1, "text": "y"}]}\n',
        b'{"text": "x", "sources": [""]}\n',
        b'{"text": "x", "published": 2022}\n',
        b'{"text": " "}\n',
        b"\xff\xfe\n",
        b'["a bare line"]\n',
        "最后".encode(),
    ]
    views = list(batch.check(lines, check))
    assert ["text" in view for view in views] == [True, True, *[False] * 12, True, True]
    assert all(set(view) == {"error"} for view in views[2:14])
    assert views[1]["text"] == " 科创贷 ", "offsets are those of the text as given"
    assert views[-1]["text"] == "最后"
    said = [view["error"] for view in views[2:14]]
    assert "没有 text" in said[2]
    assert "text 应为文字" in said[3]
    assert "sources 写得不对：y" in said[4]
    assert "title 应为文字" in said[7]
    assert "published 应为文字" in said[9]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("\ufeff科创投\r\n", Draft("科创投")),
        ('{"text": "a"}', Draft("a")),
        ('{"text": "a", "sources": null, "published": null}', Draft("a")),
        ('{"text": "a", "sources": []}', Draft("a", ())),
        (
            '{"text": "a", "sources": ["b", {"text": "c", "x": 1}, {"title": "d", "text": "e"}]}',
            Draft("a", (Source("", "b"), Source("", "c"), Source("d", "e"))),
        ),
        ('{"text": "a\\ud800", "sources": ["\\udc00"]}', Draft("a?", (Source("", "?"),))),
        ('{"text": "a", "sources": [{"title": null, "text": "b"}]}', Draft("a", (Source("", "b"),))),
        ('{"text": "a", "published": "2022-02-21"}', Draft("a", published="2022-02-21")),
    ],
)
def test_a_draft_of_a_line(line: str, expected: Draft):
    assert draft_of(line.encode()) == expected


def test_a_draft_with_its_sources_may_be_long():
    assert len(draft_of(b"x" * (MAX_LINE_BYTES + 1)).text) == MAX_LINE_BYTES + 1
    with pytest.raises(UsageError, match="bytes"):
        draft_of(b"x" * (MAX_DRAFT_BYTES + 1))


@given(st.lists(st.binary(max_size=60)))
def test_any_bytes_give_a_check_or_an_error_each(lines: list[bytes]):
    views = list(batch.check(lines, check))
    assert len(views) == len(lines)
    for view in views:
        assert json.loads(dumps(view)) == view
