"""Replies as they are kept."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import reply, stored, verdict_reply
from bot.reply import MAX_LABELS, Block, Button, Reply, ReplyStatus, Role, Run
from knowledge.schema import Answer, Citation, Span
from knowledge.verdict import Checked

WORDS = st.text(max_size=30)
SPANS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(lambda pair: Span(*sorted(pair)))
BLOCKS = st.builds(
    Block,
    st.sampled_from(Role),
    st.lists(st.builds(Run, WORDS, st.booleans()), max_size=3).map(tuple),
    st.lists(st.integers(1, 99), max_size=MAX_LABELS).map(tuple),
)
CITATIONS = st.builds(
    Citation,
    *(st.integers(1, 99), WORDS, WORDS, WORDS, st.none() | WORDS, WORDS, WORDS),
    *(st.integers(0, 10**6), st.integers(0, 10**6), st.lists(SPANS, max_size=3).map(tuple)),
)
REPLIES = st.builds(
    Reply,
    st.sampled_from(ReplyStatus),
    st.lists(BLOCKS, max_size=4).map(tuple),
    st.lists(CITATIONS, max_size=3).map(tuple),
    st.lists(st.builds(Button, WORDS, WORDS, WORDS), max_size=3).map(tuple),
    st.integers(0, 10**9),
)


@given(REPLIES)
def test_a_reply_comes_back_as_it_was(given_reply: Reply):
    back = stored.loads(stored.dumps(given_reply))
    assert back == given_reply
    for citation in back.citations:
        assert all(isinstance(mark, Span) for mark in citation.marks)
    assert all(isinstance(block.role, Role) for block in back.blocks)


def test_real_replies_come_back(answered: Answer, checked: Checked, abstained: Callable[[str], Answer]):
    for made in (
        reply.from_answer(answered),
        reply.from_answer(abstained("unsure")),
        verdict_reply.from_checked(checked),
        verdict_reply.confirmed(checked),
        reply.notice("一句\n两句"),
    ):
        assert stored.loads(stored.dumps(made)) == made


def test_what_is_kept_is_json_that_others_can_read(answered: Answer):
    kept = json.loads(stored.dumps(reply.from_answer(answered)))
    assert kept["status"] == "answered"
    assert kept["blocks"][0]["runs"][0] == {"text": "23.26亿元", "strong": True}
    assert kept["citations"][0]["quote"] == answered.citations[0].quote


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"status": "maybe", "blocks": []}'])
def test_what_is_no_reply_is_refused(text: str):
    with pytest.raises(ValueError, match="validation error"):
        stored.loads(text)
