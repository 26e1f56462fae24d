"""One line in, one object out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import batch
from bot.batch import MAX_LINE_BYTES, question_of
from bot.jsonview import dumps
from knowledge.errors import UsageError
from knowledge.schema import Answer, Status


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
