"""One text in, one reply out."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from stand_ins import SOMEONE, Shelf, a_service, saying, unasked, unchecked

from bot import phrases, stored, wording
from bot.kept import Record
from bot.reply import MAX_ALTERNATIVES, Block, Reply, ReplyStatus, Role, Run, candidates, from_answer
from knowledge.errors import (
    BackendError,
    HomeBusyError,
    IndexStateError,
    StorageError,
    UsageError,
    WenshuError,
)
from knowledge.schema import Answer, Article, Citation, Finding, Span, Status
from knowledge.verdict import Checked

Find = Callable[..., Finding]
Ask = Callable[[str], Answer]
Check = Callable[[str], Checked]


def said(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


class Talk:
    """A conversation with a service over one article."""

    def __init__(self, ask: Ask = unasked, check: Check = unchecked, article: Article | None = None) -> None:
        self.service = a_service(Shelf(ask, check, [article] if article else []))

    def reply(self, text: str) -> Reply:
        return self.service.reply(saying(text))


@pytest.fixture
def asks(article: Article) -> Callable[[Answer], tuple[Talk, list[str]]]:
    """A conversation in which every question gets one answer, and the questions."""

    def make(answer: Answer) -> tuple[Talk, list[str]]:
        asked: list[str] = []

        def ask(question: str) -> Answer:
            asked.append(question)
            return answer

        return Talk(ask, article=article), asked

    return make


@pytest.fixture
def checks(article: Article) -> Callable[..., tuple[Talk, list[str]]]:
    """A conversation in which every draft gets one verdict, and the drafts."""

    def make(checked: Checked, ask: Ask = unasked) -> tuple[Talk, list[str]]:
        given: list[str] = []

        def check(draft: str) -> Checked:
            given.append(draft)
            return checked

        return Talk(ask, check, article), given

    return make


Asks = Callable[[Answer], tuple[Talk, list[str]]]
Checks = Callable[..., tuple[Talk, list[str]]]


def test_a_question_is_asked_once_and_answered(answered: Answer, asks: Asks):
    service, asked = asks(answered)
    reply = service.reply("  科创投累计投资多少\n")
    assert asked == ["科创投累计投资多少"]
    assert reply.status is ReplyStatus.ANSWERED
    assert said(reply).startswith("23.26亿元（截至2021年底）")
    assert reply.citations == answered.citations


def test_half_a_surrogate_pair_does_not_reach_the_engine(answered: Answer, asks: Asks):
    service, asked = asks(answered)
    service.reply("投资\ud800多少")
    assert asked == ["投资?多少"]


@pytest.mark.parametrize("text", ["", "   ", "\n\u3000"])
def test_nothing_gets_an_invitation(text: str, answered: Answer, asks: Asks):
    service, asked = asks(answered)
    assert said(service.reply(text)) == phrases.EMPTY
    assert asked == []


@pytest.mark.parametrize("text", ["/help", "帮助", "/HELP", "/help 我", "/帮助"])
def test_help(text: str, answered: Answer, asks: Asks):
    service, asked = asks(answered)
    assert said(service.reply(text)) == phrases.help_on("telegram")
    assert asked == []


def test_start_greets_and_explains(answered: Answer, asks: Asks):
    assert said(asks(answered)[0].reply("/start")).startswith(phrases.START)


def test_an_unknown_command_is_no_question(answered: Answer, asks: Asks):
    service, asked = asks(answered)
    assert said(service.reply("/rm -rf")) == phrases.UNKNOWN_COMMAND
    assert asked == []


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (
            UsageError("long", item="2001", code="question_too_long"),
            "问题太长（2001 字）。请压缩成一句话再问。",
        ),
        (IndexStateError("corrupt", item="/srv/lexical"), phrases.OUT_OF_ORDER),
        (StorageError("full", item="/srv/catalog"), phrases.OUT_OF_ORDER),
        (BackendError("down", item="http://chroma:8000"), phrases.OUT_OF_ORDER),
        (HomeBusyError("busy", item="/srv"), phrases.BUSY),
    ],
)
def test_an_error_becomes_a_reply_and_what_only_the_operator_can_mend_a_log_entry(
    problem: WenshuError, told: str, caplog: pytest.LogCaptureFixture
):
    def ask(_: str) -> Answer:
        raise problem

    reply = Talk(ask).reply("科创投累计投资多少")
    assert (reply.status, said(reply)) == (ReplyStatus.ERROR, told)
    logged = [] if isinstance(problem, UsageError) else [f"{type(problem).__name__}: {problem}"]
    assert [record.getMessage() for record in caplog.records] == logged


def test_a_pasted_draft_is_checked_and_not_asked(checked: Checked, checks: Checks):
    service, given = checks(checked)
    reply = service.reply(f"\n{checked.text} ")
    assert given == [checked.text]
    assert reply.status is ReplyStatus.CHECKED
    assert said(reply).startswith("共 5 处数字：支持 2，不符 1，查无依据 2。")


@pytest.mark.parametrize("order", ["/check ", "核对：", "核对 "])
def test_an_order_to_check_checks_what_follows(order: str, checked: Checked, checks: Checks):
    service, given = checks(checked)
    assert service.reply(order + "科创投").status is ReplyStatus.CHECKED
    assert given == ["科创投"]


@pytest.mark.parametrize("order", ["/check", "核对", "核对："])
def test_an_order_to_check_nothing_is_told_how(order: str, checked: Checked, checks: Checks):
    service, given = checks(checked)
    assert said(service.reply(order)).splitlines() == phrases.how_to_check_on("telegram").splitlines()
    assert given == []


def test_a_figure_of_the_asker_s_own_is_confirmed(checked: Checked, checks: Checks):
    wrong = replace(checked, verdicts=checked.verdicts[1:2])
    service, given = checks(wrong)
    reply = service.reply("科创投投了23.62亿元对吗？")
    assert given == ["科创投投了23.62亿元"]
    assert said(reply) == "不对：您说的“23.62亿元”，文章里是“23.26亿元”（数值不同）"


def test_what_a_check_sees_no_figure_in_is_asked(checked: Checked, answered: Answer, checks: Checks):
    service, given = checks(
        replace(checked, verdicts=()), lambda question: replace(answered, question=question)
    )
    assert service.reply("科创投投了23.62亿元对吗？").status is ReplyStatus.ANSWERED
    assert given == ["科创投投了23.62亿元"]


@pytest.mark.parametrize("question", ["科创贷放款有没有超过150亿？", "成果达到1000项了吗"])
def test_whether_a_figure_is_reached_is_asked(question: str, answered: Answer, asks: Asks):
    service, asked = asks(answered)
    assert service.reply(question).status is ReplyStatus.ANSWERED
    assert asked == [question]


def test_a_draft_too_long_is_told_the_limit():
    def check(draft: str) -> Checked:
        raise UsageError("long", item=str(len(draft)), code="draft_too_long")

    reply = Talk(unasked, check).reply("科创投累计投资23.26亿元。" * 2000)
    assert reply.status is ReplyStatus.ERROR
    assert said(reply) == "文字太长（30000 字），一次最多 2 万字。请分成几段，再分别核对。"


# -- what is recorded, and follow-ups


def whole(*readings: str) -> Callable[..., tuple[str, ...]]:
    """Stands for the reader of follow-ups: what opens with 那 has these readings."""

    def read(text: str, before: str, *, tokenize: object, fold: object) -> tuple[str, ...]:
        assert before
        assert callable(tokenize)
        assert callable(fold)
        return readings if text.startswith("那") else ()

    return read


class Told:
    """A conversation in which each question has its own answer."""

    def __init__(self, article: Article, answers: dict[str, Answer], checked: Checked | None = None) -> None:
        self.asked: list[str] = []
        self.checks: list[str] = []
        self._answers, self._checked = answers, checked
        self.service = a_service(Shelf(self._ask, self._check, [article]), clock=lambda: 5_000.0)

    def _ask(self, question: str) -> Answer:
        self.asked.append(question)
        return replace(self._answers[question], question=question)

    def _check(self, draft: str) -> Checked:
        self.checks.append(draft)
        assert self._checked is not None
        return self._checked

    def reply(self, text: str, **fields: object) -> Reply:
        return self.service.reply(saying(text, **fields))

    @property
    def record(self) -> Record:
        """What was recorded last."""
        return self.service.state.answers_to(SOMEONE, since=0.0, most=1)[0]


@pytest.fixture
def follows(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def make(*readings: str) -> None:
        monkeypatch.setattr("knowledge.follow_up.readings", whole(*readings))

    return make


FIRST = "科创投累计投资多少"


def test_an_answer_is_recorded_with_all_that_it_rests_on(answered: Answer, article: Article):
    talk = Told(article, {FIRST: answered})
    reply = talk.reply(f" {FIRST}\n")
    kept = talk.record
    assert (kept.id, kept.at) == (reply.number, 5_000.0)
    assert kept.speaker == SOMEONE
    assert (kept.question, kept.understood, kept.want, kept.status) == (FIRST, FIRST, "ask", "answered")
    assert [figure["surface"] for figure in json.loads(kept.figures)] == ["23.26亿元"]
    assert json.loads(kept.figures)[0]["value"] == "2326000000"
    assert json.loads(kept.versions) == {article.id: article.sha256}
    assert kept.engine == "0+test"
    assert stored.loads(kept.reply).citations == answered.citations


def test_a_check_is_recorded_with_its_verdicts(checked: Checked, article: Article):
    talk = Told(article, {}, checked)
    talk.reply(checked.text)
    kept = talk.record
    assert (kept.question, kept.understood, kept.want, kept.status) == (
        checked.text,
        checked.text,
        "check",
        "checked",
    )
    assert [figure["verdict"] for figure in json.loads(kept.figures)].count("refuted") == 1
    assert json.loads(kept.versions) == {article.id: article.sha256}


def test_an_abstention_is_recorded_and_a_notice_is_not(abstained: Callable[..., Answer], article: Article):
    talk = Told(article, {FIRST: abstained("unsure")})
    assert talk.reply("帮助").number == 0
    assert talk.reply(FIRST).number > 0
    assert (talk.record.status, json.loads(talk.record.figures)) == ("abstained", [])


def test_a_follow_up_is_made_whole_and_says_how_it_was_read(
    answered: Answer, article: Article, follows: Callable[..., None]
):
    follows("科创贷累计投资多少", "科创投累计放款多少")
    talk = Told(article, {FIRST: answered, "科创贷累计投资多少": answered})
    assert "您问的是" not in said(talk.reply(FIRST))
    reply = talk.reply("那科创贷呢")
    assert said(reply).splitlines()[0] == "您问的是：科创贷累计投资多少"
    assert talk.asked == [FIRST, "科创贷累计投资多少"], "what is answered is asked no further"
    assert (talk.record.question, talk.record.understood) == ("那科创贷呢", "科创贷累计投资多少")


def test_the_next_follow_up_stands_on_what_was_understood(
    answered: Answer, article: Article, monkeypatch: pytest.MonkeyPatch
):
    before: list[str] = []

    def read(text: str, said_before: str, *, tokenize: object, fold: object) -> tuple[str, ...]:  # noqa: ARG001 -- its signature
        before.append(said_before)
        return (f"{said_before}{text}",) if text.startswith("那") else ()

    monkeypatch.setattr("knowledge.follow_up.readings", read)
    talk = Told(article, dict.fromkeys([FIRST, f"{FIRST}那甲", f"{FIRST}那甲那乙"], answered))
    for text in (FIRST, "那甲", "那乙"):
        talk.reply(text)
    assert before == [FIRST, f"{FIRST}那甲"]
    assert talk.record.understood == f"{FIRST}那甲那乙"


def test_the_first_reading_that_is_answered_wins(
    answered: Answer, abstained: Callable[..., Answer], article: Article, follows: Callable[..., None]
):
    follows("甲多少", "乙多少", "丙多少")
    no = abstained("unsure")
    talk = Told(article, {FIRST: answered, "甲多少": no, "乙多少": answered, "丙多少": answered})
    talk.reply(FIRST)
    reply = talk.reply("那呢")
    assert (reply.status, said(reply).splitlines()[0]) == (ReplyStatus.ANSWERED, "您问的是：乙多少")
    assert talk.asked == [FIRST, "甲多少", "乙多少"]


def test_if_no_reading_is_answered_the_likeliest_one_s_abstention_is_told(
    answered: Answer, abstained: Callable[..., Answer], article: Article, follows: Callable[..., None]
):
    names = "甲乙丙"
    follows(*(f"{name}多少" for name in names))
    noes = {f"{name}多少": abstained("other_time" if name == "甲" else "no_passage") for name in names}
    talk = Told(article, {FIRST: answered, **noes})
    talk.reply(FIRST)
    reply = talk.reply("那呢")
    assert reply.status is ReplyStatus.ABSTAINED
    assert said(reply).splitlines()[:2] == ["您问的是：甲多少", "文章里没有这个时间的数字。"]
    assert len(talk.asked) == 1 + len(names)
    assert talk.record.understood == "甲多少"


def test_a_follow_up_of_a_figure_is_confirmed(
    answered: Answer, checked: Checked, article: Article, follows: Callable[..., None]
):
    follows("科创投投了23.62亿元对吗")
    talk = Told(article, {FIRST: answered}, replace(checked, verdicts=checked.verdicts[1:2]))
    talk.reply(FIRST)
    reply = talk.reply("那是23.62亿元吧")
    assert talk.checks == ["科创投投了23.62亿元"]
    assert reply.status is ReplyStatus.CHECKED
    assert said(reply).startswith("您问的是：科创投投了23.62亿元对吗\n不对：")
    assert talk.record.want == "confirm"


@pytest.mark.parametrize("between", ["新话题", "核对：科创投投了23.62亿元。"])
def test_there_is_no_follow_up_on_what_was_let_go_of(
    between: str, answered: Answer, checked: Checked, article: Article, follows: Callable[..., None]
):
    follows("科创贷累计投资多少")
    talk = Told(article, {FIRST: answered, "那科创贷呢": answered}, checked)
    talk.reply(FIRST)
    talk.reply(between)
    talk.reply("那科创贷呢")
    assert talk.asked == [FIRST, "那科创贷呢"]


def test_what_others_wrote_is_checked_if_it_has_figures_and_is_no_follow_up(
    answered: Answer, checked: Checked, article: Article, follows: Callable[..., None]
):
    follows("科创贷累计投资多少")
    talk = Told(article, {FIRST: answered}, checked)
    talk.reply(FIRST)
    forwarded = "那科创投投了23.62亿元"
    assert talk.reply(forwarded, forwarded=True).status is ReplyStatus.CHECKED
    assert (talk.asked, talk.checks) == ([FIRST], [forwarded])


def test_the_unforeseen_is_the_caller_s():
    def ask(_: str) -> Answer:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Talk(ask).reply("科创投累计投资多少")


@pytest.mark.parametrize(("verdict", "word"), [(True, "是"), (False, "否")])
def test_a_yes_no_question_has_its_verdict_first(answered: Answer, verdict: bool, word: str):  # noqa: FBT001 -- a case
    reply = from_answer(replace(answered, yes_no=verdict))
    assert said(reply).startswith(f"{word}，23.26亿元（截至2021年底）")


def test_a_hedged_figure_says_so(answered: Answer):
    figure = answered.figures[0].figure
    hedged = replace(
        answered.figures[0], figure=replace(figure, quantity=replace(figure.quantity, hedge="力争"))
    )
    assert "力争" in said(from_answer(replace(answered, figures=(hedged,))))


def test_words_that_are_the_quote_are_not_said_twice(answered: Answer):
    quote = answered.citations[0].quote
    reply = from_answer(replace(answered, figures=(), text=quote))
    assert quote not in said(reply)
    assert reply.blocks[0].labels == (1,)
    part = from_answer(replace(answered, figures=(), text="成都生产力促进中心"))
    assert said(part).startswith("成都生产力促进中心")


def test_alternatives_are_shown_with_their_sentence_or_not_at_all(answered: Answer, find: Find):
    second = replace(answered.citations[0], label=2)
    quoted, bare = find("23.26亿元", "1", label=2), find("超157.38亿元", "2", label=0)
    reply = from_answer(
        replace(answered, alternatives=(bare, *[quoted] * 9), citations=(*answered.citations, second))
    )
    assert "超157.38亿元" not in said(reply)
    assert said(reply).count("· 23.26亿元") == MAX_ALTERNATIVES
    assert [citation.label for citation in reply.citations] == [1, 2]


def test_an_abstention_shows_the_nearest_passages(abstained: Callable[..., Answer]):
    reply = from_answer(abstained("unsure"))
    assert reply.status is ReplyStatus.ABSTAINED
    assert wording.NEAREST in said(reply)
    assert [citation.label for citation in reply.citations] == [1]
    assert not reply.blocks[-1].call, "our own words don't lean on a source"


def test_candidates_are_shown_with_their_sentence(answered: Answer):
    text = answered.citations[0].quote
    article = Article("seed", "题", "报", "2022-02-21", "", text, "")
    reply = candidates(answered, lambda _: article)
    assert "超157.38亿元" in said(reply)
    (citation,) = reply.citations
    assert citation.label == 2
    (mark,) = citation.marks
    assert text[mark.start : mark.end] == "超157.38亿元"


def test_a_block_carries_few_labels():
    with pytest.raises(ValueError, match="at most"):
        Block(Role.EXTRA, (Run("x"),), (1, 2, 3, 4, 5))


def test_a_label_without_citation_is_refused():
    with pytest.raises(KeyError):
        Reply(ReplyStatus.ANSWERED, ()).citation(1)


def test_sections_keep_details_with_their_block():
    blocks = (
        Block(Role.HEADLINE, (Run("a"),), (1,)),
        Block(Role.DETAIL, (Run("b"),)),
        Block(Role.EXTRA, (Run("c"),), (1, 2)),
    )
    sections = list(Reply(ReplyStatus.ANSWERED, blocks).sections())
    assert [[block.text for block in section.blocks] for section in sections] == [["a", "b"], ["c"]]
    assert [section.labels for section in sections] == [(1,), (2,)]


def test_an_answer_of_nothing_but_metadata():
    citation = Citation(1, "seed", "题", "报", None, "", "首句。", 0, 3, (Span(0, 0),))
    reply = from_answer(Answer("题目", Status.ANSWERED, text="题", citations=(citation,)))
    assert said(reply) == "题"
