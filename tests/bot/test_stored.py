"""Replies as they are kept."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_ins import SOMEONE

from bot import jsonview, reply, stored, verdict_reply
from bot.kept import Record
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


def kept(checked: Checked, shown: Reply) -> Checked:
    figures = json.dumps(jsonview.checked_view(checked)["figures"])
    fields = (checked.text, checked.text, "check", "checked", stored.dumps(shown), figures, "{}", "1")
    return stored.checked(Record(SOMEONE, *fields))


def test_a_check_comes_back_with_all_that_is_shown_of_it(checked: Checked):
    back = kept(checked, verdict_reply.from_checked(checked))
    assert back.text == checked.text
    assert back.verdicts == tuple(replace(each, quantity=None, period=None) for each in checked.verdicts)


def test_a_sentence_that_the_reply_did_not_show_is_marked_where_the_figure_stands(checked: Checked):
    back = kept(checked, reply.notice("many figures, all right"))
    assert [each.surface for each in back.verdicts] == [each.surface for each in checked.verdicts]
    marked = [citation.quote[slice(*mark)] for citation in back.citations for mark in citation.marks]
    assert marked == ["截至2021年底", "23.26亿元", "超157.38亿元"]
