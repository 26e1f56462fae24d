"""A service with a language model: follow-ups settled before it writes, what it may make whole, what is counted."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from langchain_core.messages import BaseMessage
from scripted import Fails, Script, StatusError
from sites import send
from stand_ins import SOMEONE, a_policy, a_state, saying
from writers import FIGURE, KEPT, LOANS, NAME, QUESTION, REPLACED, SENTENCE, Writing, said, site_of

from bot import phrases, stored, wording
from bot.app import whole_app
from bot.kept import Record, Spent
from bot.reply import Reply, ReplyStatus
from bot.service import Service
from knowledge.build import open_wenshu
from knowledge.settings import Settings

ELLIPTIC = "换成贷款的那个产品"
"""What only a model can make whole: the articles answer none of its readings."""

WHOLE = "科创贷累计放款多少"
SENT = 100
"""Tokens that the scripted model says it got, a call."""


NOTHING = "资料中没有。\n"


def condensing(whole: str) -> Script:
    """A model that makes a follow-up whole in these words, knows the loans and no other words for anything."""

    def say(messages: Sequence[BaseMessage]) -> str:
        asked = messages[-1].text
        if "<追问>" in asked:
            return whole
        return LOANS if f"<问题>{WHOLE}</问题>" in asked else NOTHING if "<资料>" in asked else ""

    return say


def last(writer: Writing) -> Record:
    """What was recorded last."""
    return writer.service.state.answers_to(SOMEONE, since=0.0, most=1)[0]


def spent(writer: Writing) -> Spent:
    """All that was counted."""
    (found,) = writer.service.state.spent(since="2000-01-01")
    return found


# --- what is said -------------------------------------------------------------------------------------


def test_what_is_borne_out_is_said_in_the_model_s_words_and_recorded_so(writer: Writing):
    reply = writer.reply(QUESTION)
    assert said(reply).splitlines()[0] == SENTENCE
    assert len(writer.model.seen) == 1
    record = last(writer)
    assert stored.loads(record.reply).blocks == reply.blocks
    assert json.loads(record.figures)[0]["surface"] == FIGURE


@pytest.mark.parametrize("script", [REPLACED, Fails(StatusError(401)), NOTHING, ""])
def test_what_is_not_borne_out_is_said_in_the_articles_words(writer: Writing, script: Script):
    writer.script(script)
    reply = writer.reply(QUESTION)
    assert said(reply) == f"{FIGURE}（截至2021年底）"
    assert "23.62" not in last(writer).reply


def test_drafts_grow_to_the_reply(writer: Writing):
    writer.script(KEPT + LOANS)
    drafts: list[Reply] = []
    reply = writer.reply(QUESTION, drafts.append)
    assert said(drafts[0]) == f"{FIGURE}（截至2021年底）", "the articles' own words are there at once"
    assert said(drafts[-1]) == said(reply)
    for draft in drafts:
        assert draft.number == 0
        for block in draft.blocks:
            assert all(draft.citation(label).quote for label in block.labels)


def test_no_draft_holds_what_is_not_borne_out(writer: Writing):
    writer.script(REPLACED + KEPT)
    drafts: list[Reply] = []
    reply = writer.reply(QUESTION, drafts.append)
    assert said(reply).splitlines()[0] == SENTENCE
    assert all("23.62" not in said(draft) for draft in drafts)


# --- follow-ups ---------------------------------------------------------------------------------------


def test_a_follow_up_is_settled_by_the_articles_and_written_once(writer: Writing):
    writer.reply(QUESTION)
    writer.script(LOANS)
    reply = writer.reply("那科创贷呢？")
    assert len(writer.asked) == 1, "readings are tried without the model"
    assert "<问题>科创贷累计投资" in writer.asked[0] or "<问题>科创贷累计" in writer.asked[0]
    echo, first, *_ = said(reply).splitlines()
    assert echo == phrases.understood(last(writer).understood)
    assert first == LOANS.removesuffix("[1]\n")


def test_the_next_follow_up_stands_on_what_was_understood(writer: Writing):
    writer.reply(QUESTION)
    writer.script(LOANS)
    writer.reply("那科创贷呢？")
    writer.script(KEPT)
    reply = writer.reply("那科创投呢？")
    assert len(writer.asked) == 1
    assert said(reply).splitlines()[1] == SENTENCE


def test_a_follow_up_that_only_the_model_makes_whole(writer: Writing):
    writer.reply(QUESTION)
    writer.script(condensing(WHOLE))
    reply = writer.reply(ELLIPTIC)
    (asked,) = (each for each in writer.asked if "<追问>" in each)
    assert f"<追问>{ELLIPTIC}</追问>" in asked
    assert f"<上一个问题>{QUESTION}</上一个问题>" in asked
    assert said(reply).splitlines()[:2] == [phrases.understood(WHOLE), LOANS.removesuffix("[1]\n")]
    assert (last(writer).question, last(writer).understood) == (ELLIPTIC, WHOLE)


REFUSED = {
    "figure": "科创贷累计放款500亿元了吗",
    "year": "2019年科创贷累计放款多少",
    "name": "阿里巴巴科创贷累计放款多少",
    "the same": ELLIPTIC,
    "the one before": QUESTION,
    "the one before, asked politely": f"“{QUESTION}？”",
    "nothing": "",
    "two lines": f"{WHOLE}\n再说一句",
    "an address": "见 http://example.org 科创贷累计放款多少",
}


@pytest.mark.parametrize("whole", REFUSED.values(), ids=REFUSED)
def test_what_a_condensed_question_adds_is_refused(writer: Writing, whole: str):
    writer.reply(QUESTION)
    writer.script(condensing(whole))
    reply = writer.reply(ELLIPTIC)
    assert any("<追问>" in asked for asked in writer.asked)
    assert reply.status is ReplyStatus.ABSTAINED
    assert last(writer).understood != whole
    assert FIGURE not in said(reply)


def test_thanks_are_no_follow_up(writer: Writing):
    writer.reply(QUESTION)
    writer.script(condensing(QUESTION))
    reply = writer.reply("谢谢")
    assert reply.status is not ReplyStatus.ANSWERED
    assert FIGURE not in said(reply)


def test_without_a_question_before_nothing_is_made_whole(writer: Writing):
    writer.script(condensing(WHOLE))
    reply = writer.reply(ELLIPTIC)
    assert reply.status is ReplyStatus.ABSTAINED
    assert all("<追问>" not in asked for asked in writer.asked)


def test_a_check_asks_no_model(writer: Writing):
    writer.script(Fails(AssertionError("asked")))
    reply = writer.reply("核对 截至2021年底，“科创投”累计投资金额23.62亿元。")
    assert reply.status is ReplyStatus.CHECKED
    assert writer.asked == []
    assert writer.service.state.spent(since="2000-01-01") == []


# --- without a model -----------------------------------------------------------------------------------


@pytest.fixture
def plain(seeded: Path) -> Callable[..., Service]:
    """A service without a model over the same home."""

    def make() -> Service:
        return Service(open_wenshu(Settings(home=seeded)), a_state(), a_policy())

    return make


def test_without_a_model_nothing_changes(plain: Callable[..., Service], monkeypatch: pytest.MonkeyPatch):
    service = plain()
    monkeypatch.setattr("knowledge.chain.ModelChain.__init__", lambda *_, **__: pytest.fail("a model"))
    drafts: list[Reply] = []
    for text in (QUESTION, "那科创贷呢？", ELLIPTIC, "谢谢"):
        reply = service.reply(saying(text), on_draft=drafts.append)
        assert wording.WRITTEN_BY_A_MODEL not in said(reply)
    assert drafts == []
    assert service.library.made_whole(ELLIPTIC, QUESTION) == ("", None)
    assert service.state.spent(since="2000-01-01") == []
    service.library.close()  # type: ignore[attr-defined]


# --- what the model took ----------------------------------------------------------------------------------


def test_what_the_model_took_is_recorded(writer: Writing):
    writer.reply(QUESTION)
    cost = (SENT * 2.0 + len(KEPT) * 8.0) / 1_000_000
    assert spent(writer) == Spent("2000-01-01", NAME, 1, 0, SENT, len(KEPT), pytest.approx(cost))


def test_it_is_recorded_though_its_words_were_replaced(writer: Writing):
    writer.script(REPLACED)
    writer.reply(QUESTION)
    assert (spent(writer).calls, spent(writer).failed, spent(writer).received) == (1, 0, len(REPLACED))


def test_it_is_recorded_though_it_failed(writer: Writing):
    writer.script(Fails(StatusError(401)))
    writer.reply(QUESTION)
    assert (spent(writer).calls, spent(writer).failed) == (0, 1)
    writer.script(KEPT)
    writer.reply(QUESTION)
    assert (spent(writer).calls, spent(writer).failed, spent(writer).sent) == (1, 1, SENT)


def test_what_it_took_to_make_a_follow_up_whole_is_recorded(writer: Writing):
    writer.reply(QUESTION)
    before = spent(writer)
    writer.script(condensing(WHOLE))
    writer.reply(ELLIPTIC)
    n_calls = len(writer.model.seen)
    assert n_calls >= 3
    assert spent(writer).calls - before.calls == n_calls
    assert spent(writer).sent - before.sent == n_calls * SENT


def test_it_is_recorded_though_the_condensed_question_is_refused(writer: Writing):
    writer.reply(QUESTION)
    before = spent(writer)
    writer.script(condensing(REFUSED["name"]))
    writer.reply(ELLIPTIC)
    assert spent(writer).calls - before.calls == len(writer.model.seen)


def test_a_question_of_a_program_is_counted_too(writer: Writing):
    answer, number = writer.service.ask(SOMEONE, QUESTION)
    assert answer.generation is not None
    assert number == 1
    assert spent(writer).calls == 1
    assert spent(writer).received == len(KEPT)


async def test_a_program_s_question_and_message_are_counted_too(writer: Writing, tmp_path: Path):
    site = site_of(writer, tmp_path)
    app = whole_app(site)
    got = await send(app, "POST", "/api/ask", view={"question": QUESTION})
    assert got.json()["generation"]["outcome"] == "kept"
    assert spent(writer).calls == 1
    got = await send(app, "POST", "/api/chat", view={"conversation": "a1", "text": QUESTION})
    assert got.status == 200, got.body
    assert spent(writer).calls == 2
    site.reception.desk.close()
