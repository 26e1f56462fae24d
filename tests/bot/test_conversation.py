"""What was said lately, and when it is forgotten."""

from dataclasses import replace

import pytest
from stand_ins import SOMEONE, a_state

from bot.conversation import AWAITING, PAGE, UPLOAD, Conversation
from bot.inbound import Speaker
from bot.kept import Record
from bot.state import State

KEPT = 1_800.0


def at(now: float, state: State, speaker: Speaker = SOMEONE) -> Conversation:
    return Conversation(state, speaker, now, now - KEPT)


def answered(talk: Conversation, understood: str, want: str = "ask") -> None:
    record = Record(talk.speaker, "呢", understood, want, "answered", "{}", "[]", "{}", "0+test")
    talk.state.record(record, at=talk.now)


def test_nothing_was_said_at_first():
    talk = at(0.0, a_state())
    assert (talk.last, talk.question, talk.answers(9), talk.noted(PAGE)) == (None, "", [], "")


@pytest.mark.parametrize(("later", "known"), [(0.0, True), (KEPT, True), (KEPT + 1, False)])
def test_what_was_said_is_forgotten_after_the_set_time(later: float, known: bool):  # noqa: FBT001 -- a case
    state = a_state()
    first = at(5_000.0, state)
    answered(first, "科创投累计投资多少")
    for name in (PAGE, UPLOAD, AWAITING):
        first.note(name, "1")
    then = at(5_000.0 + later, state)
    assert bool(then.question) is known
    assert [bool(then.noted(name)) for name in (PAGE, UPLOAD, AWAITING)] == [known] * 3


@pytest.mark.parametrize(("want", "question"), [("ask", "甲"), ("confirm", "甲"), ("check", "")])
def test_a_follow_up_refers_to_the_last_question_unless_a_draft_came_since(want: str, question: str):
    talk = at(5_000.0, a_state())
    answered(talk, "乙")
    answered(talk, "甲", want)
    assert talk.question == question
    assert talk.last is not None, "an order refers to the check all the same"


def test_a_new_topic_forgets_all_at_once():
    state = a_state()
    talk = at(5_000.0, state)
    answered(talk, "甲")
    for name in (PAGE, UPLOAD, AWAITING):
        talk.note(name, "1")
    talk.begin_anew()
    assert (talk.last, talk.question) == (None, "")
    assert [talk.noted(name) for name in (PAGE, UPLOAD, AWAITING)] == [""] * 3


@pytest.mark.parametrize("tick", [-60.0, 0.0, 60.0], ids=["the clock set back", "in one tick", "later"])
def test_a_new_topic_knows_what_is_said_after_it(tick: float):
    state = a_state()
    before = at(5_000.0, state)
    answered(before, "甲")
    before.begin_anew()
    after = at(5_000.0 + tick, state)
    assert after.question == ""
    answered(after, "乙")
    assert (after.question, [each.understood for each in after.answers(9)]) == ("乙", ["乙"])


def test_a_new_topic_twice_over():
    state = a_state()
    talk = at(5_000.0, state)
    for question in "甲乙":
        answered(talk, question)
        talk.begin_anew()
    talk.begin_anew()
    assert talk.answers(9) == []


def test_a_new_topic_of_one_is_not_that_of_another():
    state = a_state()
    others = [replace(SOMEONE, user="2"), replace(SOMEONE, chat="2"), replace(SOMEONE, channel="web")]
    talks = [at(5_000.0, state, speaker) for speaker in (SOMEONE, *others)]
    for talk in talks:
        answered(talk, "甲")
    talks[0].begin_anew()
    assert [talk.question for talk in talks] == ["", "甲", "甲", "甲"]


def test_answers_are_newest_first_and_no_more_than_asked():
    talk = at(5_000.0, a_state())
    for question in "甲乙丙":
        answered(talk, question)
    assert [each.understood for each in talk.answers(2)] == ["丙", "乙"]
