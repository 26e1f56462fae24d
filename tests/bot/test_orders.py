"""What a user may order besides an answer, written or pressed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from stand_ins import SOMEONE, Shelf, a_policy, a_service, a_state, saying

from bot import buttons, phrases, reading, stored, wording
from bot.inbound import Speaker
from bot.kept import Record
from bot.orders import MAX_SAID, MAX_TITLES
from bot.reply import MAX_LABELS, Reply, ReplyStatus
from bot.service import Service
from knowledge.schema import Answer, Article, Citation, Span, Status
from knowledge.verdict import Checked

PARAGRAPHS = [
    f"第{number}段说，科创投累计投资{number}.26亿元。" + "别的话也要说。" * 40 for number in range(1, 21)
]
LONG = "\n".join(PARAGRAPHS)
TARGET = LONG.index("科创投累计投资12.26亿元")
LONG_ARTICLE = Article("long", "长文", "科技日报", "2022-02-21", "", LONG, "1" * 64)
QUESTION = "科创投累计投资多少"


def said(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


def cites(article: Article, *spans: Span, first: int = 1) -> tuple[Citation, ...]:
    return tuple(Citation.of(article, span, label=label) for label, span in enumerate(spans, first))


def an_answer(*citations: Citation, text: str = "有这么多") -> Answer:
    return Answer(QUESTION, Status.ANSWERED, text=text, citations=citations)


class Talk:
    """A user who asks about what is on a shelf, and a clock."""

    def __init__(
        self, answer: Answer, articles: Sequence[Article], *, checked: Checked | None = None
    ) -> None:
        self.now = 10_000.0
        self.asked: list[str] = []
        self.checks: list[str] = []
        self.answer, self.checked = answer, checked
        self.shelf = Shelf(self._ask, self._check, articles)
        self.service: Service = a_service(
            self.shelf, policy=a_policy("telegram:99"), state=a_state(), clock=lambda: self.now
        )

    def _ask(self, question: str) -> Answer:
        self.asked.append(question)
        return replace(self.answer, question=question)

    def _check(self, draft: str) -> Checked:
        self.checks.append(draft)
        assert self.checked is not None
        return self.checked

    def says(self, text: str, speaker: Speaker = SOMEONE, **fields: object) -> Reply:
        return self.service.reply(saying(text, speaker, **fields))

    def presses(self, order: str, speaker: Speaker = SOMEONE) -> Reply:
        return self.service.press(speaker, order)

    @property
    def feedback(self) -> list[tuple[str, bool, str]]:
        return [(each.question, each.useful, each.said) for each in self.service.state.feedback()]


SENTENCE_12 = Span(TARGET, LONG.index("。", TARGET) + 1)


@pytest.fixture
def talk() -> Talk:
    """A long article; an answer cites two of its sentences."""
    return Talk(an_answer(*cites(LONG_ARTICLE, SENTENCE_12, Span(0, LONG.index("。") + 1))), [LONG_ARTICLE])


NAMES = {
    "/help": ["/help", "/HELP", "帮助", "幫助", "/帮助", "帮助。"],
    "/sources": ["/sources", "来源", "來源", "出处", "出處", "/出处"],
    "/article": ["/article", "原文", "看原文", "1", "[1]", "１", "原文1", "原文 1", "/article 1"],
    "/context": ["/context", "上下文", "/context 1", "上下文1"],
    "/new": ["/new", "新话题", "新話題", "新话题！"],
    "/useful": ["/useful", "有用", "/有用"],
    "/wrong": ["/wrong", "有误", "有誤", "有误。"],
    "/feedback": ["/feedback 太慢", "反馈：太慢", "反饋 太慢"],
    "/more": ["/more", "继续", "繼續", "继续。"],
}


@pytest.mark.parametrize("words", [words for several in NAMES.values() for words in several])
def test_a_command_is_never_asked_or_checked(talk: Talk, words: str):
    talk.says(QUESTION)
    talk.says(words)
    assert (talk.asked, talk.checks) == ([QUESTION], [])


@pytest.mark.parametrize("several", NAMES.values(), ids=NAMES)
def test_all_names_of_a_command_are_answered_alike(several: list[str], talk: Talk):
    heard = set()
    for words in several:
        talk.says("新话题")
        talk.says(QUESTION)
        talk.says("原文")
        heard.add(said(talk.says(words)))
    assert len(heard) == 1


@pytest.mark.parametrize(
    "command", ["/sources", "/context", "/useful", "/wrong", "/article 1", "来源", "1", "有误"]
)
def test_before_any_answer_there_is_nothing_to_refer_to(talk: Talk, command: str):
    assert said(talk.says(command)) == phrases.NO_LAST_ANSWER
    assert talk.feedback == []


@pytest.mark.parametrize("command", ["/sources", "/article 1", "/context", "上下文2"])
def test_an_answer_without_citation_says_so(command: str):
    talk = Talk(an_answer(), [])
    talk.says(QUESTION)
    assert said(talk.says(command)) == phrases.NO_CITATION


@pytest.mark.parametrize(
    "command", ["3", "0", "原文 3", "/article 99999999999999999999", "上下文 0", "/context 42"]
)
def test_a_number_that_is_no_citation_s_is_told_which_are(talk: Talk, command: str):
    talk.says(QUESTION)
    heard = said(talk.says(command))
    assert heard.endswith("可看 [1]、[2]。")
    assert heard != phrases.NO_CITATION


def test_a_command_refers_to_the_last_answer(talk: Talk):
    talk.says(QUESTION)
    talk.answer = an_answer(*cites(LONG_ARTICLE, Span(0, 10)))
    talk.says("科创贷呢")
    assert talk.says("来源").citations == talk.answer.citations


# -- what stands behind an answer


def test_sources_explain_every_citation_once_below_its_article(talk: Talk):
    other = replace(LONG_ARTICLE, id="other", title="别的")
    spans = [Span(at, at + 5) for at in range(0, 35, 5)]
    talk.shelf.held["other"] = other
    citations = (*cites(LONG_ARTICLE, *spans), *cites(other, Span(0, 5), Span(5, 9), first=8))
    answered = stored.dumps(Reply(ReplyStatus.ANSWERED, (), citations))
    record = Record(SOMEONE, QUESTION, QUESTION, "ask", "answered", answered, "[]", "{}", "0+test")
    talk.service.state.record(record, at=talk.now)
    heard = talk.says("来源")
    explained = [label for section in heard.sections() for label in section.labels]
    assert explained == list(range(1, 10))
    assert all(len(block.labels) <= MAX_LABELS for block in heard.blocks)
    assert all(
        len({heard.citation(label).article_id for label in block.labels}) <= 1 for block in heard.blocks
    )
    assert said(heard).startswith(phrases.understood(QUESTION))


def test_sources_of_a_long_draft_do_not_repeat_it(checked: Checked, article: Article):
    talk = Talk(an_answer(), [article], checked=checked)
    talk.says(f"核对：{checked.text * 20}")
    heard = said(talk.says("来源"))
    assert heard.startswith("您核对的是：截至2021年底")
    assert len(heard) < 200


def test_an_article_opens_at_the_cited_sentence_with_the_sentence_marked(talk: Talk):
    talk.says(QUESTION)
    heard = talk.says("原文1")
    head, first, *_ = heard.blocks
    assert head.text == "《长文》 科技日报 2022-02-21"
    assert first.text == PARAGRAPHS[11]
    marked = [run.text for block in heard.blocks[1:] for run in block.runs if run.strong]
    assert marked == [LONG[slice(*SENTENCE_12)]]


def test_an_article_continues_to_its_very_end(talk: Talk):
    talk.says(QUESTION)
    pages = [talk.says("原文2")]
    while "继续" in pages[-1].blocks[-1].text:
        pages.append(talk.says("继续"))
    body = [block.text for page in pages for block in page.blocks[1:] if not block.text.startswith("（还有")]
    assert "".join(body) == LONG.replace("\n", "")
    assert len(pages) > 3
    assert said(talk.says("继续")) == phrases.NO_MORE


def test_the_words_left_are_counted_right(talk: Talk):
    talk.says(QUESTION)
    first = talk.says("原文2")
    shown = reading.page(LONG_ARTICLE, 0, ())
    assert first.blocks[-1].text == phrases.more(len(LONG) - shown.end)


def test_context_is_quoted_with_the_sentence_marked(talk: Talk):
    talk.says(QUESTION)
    (citation,) = talk.says("上下文1").citations
    assert citation.quote == LONG[citation.start : citation.end]
    assert citation.start < SENTENCE_12.start
    assert citation.end > SENTENCE_12.end
    assert citation.marks == (SENTENCE_12,)


@pytest.mark.parametrize("command", ["原文", "上下文", "原文 2"])
def test_an_article_taken_out_since_is_told_without_a_word_on_command_lines(talk: Talk, command: str):
    talk.says(QUESTION)
    talk.shelf.held.clear()
    assert said(talk.says(command)) == phrases.ARTICLE_GONE


def test_an_article_taken_out_while_it_is_read(talk: Talk):
    talk.says(QUESTION)
    talk.says("原文")
    talk.shelf.held.clear()
    assert said(talk.says("继续")) == phrases.ARTICLE_GONE


def test_a_sentence_that_moved_is_found_where_it_is_now(talk: Talk):
    talk.says(QUESTION)
    talk.shelf.held["long"] = replace(LONG_ARTICLE, text="新的开头。\n" + LONG, sha256="2" * 64)
    (citation,) = talk.says("上下文").citations
    assert "科创投累计投资12.26亿元" in citation.quote
    heard = talk.says("原文")
    assert heard.blocks[1].text == PARAGRAPHS[11]


def test_a_sentence_that_is_no_more_is_not_passed_off(talk: Talk):
    talk.says(QUESTION)
    talk.shelf.held["long"] = replace(LONG_ARTICLE, text="全都改了。", sha256="2" * 64)
    assert said(talk.says("上下文")) == phrases.SENTENCE_GONE_ASK
    heard = talk.says("原文")
    assert heard.blocks[0].text == phrases.SENTENCE_GONE
    assert heard.blocks[-1].text == "全都改了。"


def test_an_article_that_changes_while_it_is_read_is_begun_again(talk: Talk):
    talk.says(QUESTION)
    talk.says("原文")
    talk.shelf.held["long"] = replace(LONG_ARTICLE, text="改短了。", sha256="2" * 64)
    heard = talk.says("继续")
    assert [block.text for block in heard.blocks][::2] == [phrases.ARTICLE_CHANGED, "改短了。"]
    assert said(talk.says("继续")) == phrases.NO_MORE


def test_an_article_is_opened_by_words_of_its_title(talk: Talk):
    assert said(talk.says("原文 长")).startswith("《长文》")
    assert "继续" in talk.says("原文：长文").blocks[-1].text
    assert said(talk.says("继续")).startswith("《长文》")


def test_words_of_several_titles_list_them(talk: Talk):
    for number in range(MAX_TITLES + 5):
        held = replace(LONG_ARTICLE, id=str(number), title=f"长文之{number}")
        talk.shelf.held[held.id] = held
    heard = said(talk.says("原文 长文")).splitlines()
    assert heard[0] == phrases.FOUND.format(words="长文", n=MAX_TITLES + 6)
    assert len([line for line in heard if line.startswith("·")]) == MAX_TITLES
    assert heard[-1] == phrases.HOW_TO_OPEN


def test_words_of_no_title_say_so(talk: Talk):
    assert said(talk.says("原文 火星{0}")) == phrases.NOTHING_FOUND.format(words="火星{0}")


def test_the_newest_articles_are_named_where_there_is_no_answer(talk: Talk):
    assert said(talk.says("原文")).splitlines()[:2] == [
        phrases.NEWEST.format(n=1),
        "· 《长文》 科技日报 2022-02-21",
    ]


def test_an_article_without_title_paper_or_day_still_has_a_name(talk: Talk):
    talk.shelf.held["long"] = replace(LONG_ARTICLE, title="", source="", published=None)
    assert said(talk.says("原文")).splitlines()[1] == f"· 《{wording.UNTITLED}》"


# -- buttons


@pytest.fixture
def pressed(talk: Talk) -> Callable[..., Reply]:
    """Presses a button below the first of two answers."""
    number = talk.says(QUESTION).number
    talk.answer = an_answer()
    talk.says("科创贷放款多少")

    def press(command: str, label: int | None = None, speaker: Speaker = SOMEONE) -> Reply:
        return talk.presses(buttons.order(command, number, label), speaker)

    return press


def test_a_button_refers_to_its_own_answer_not_the_last(talk: Talk, pressed: Callable[..., Reply]):
    assert pressed("/context", 2).citations[0].start == 0
    assert said(pressed("/article", 1)).startswith("《长文》")
    pressed("/useful")
    assert talk.feedback == [(QUESTION, True, "")]


def test_every_button_below_an_answer_does_something(talk: Talk):
    heard = talk.says(QUESTION)
    ordered = [button.order for button in heard.buttons]
    assert len(ordered) == 4
    for order in ordered:
        assert said(talk.presses(order)) not in {
            phrases.STALE,
            phrases.UNKNOWN_COMMAND,
            phrases.NO_LAST_ANSWER,
        }


@pytest.mark.parametrize(
    "order",
    ["/useful 999", "/useful", "", "hello", "/useful -1", "/useful 1 2 3", f"/useful {'9' * 40}", "/有用 1"],
)
def test_what_is_no_button_of_ours_is_stale(talk: Talk, order: str):
    talk.says(QUESTION)
    assert said(talk.presses(order)) == phrases.STALE
    assert talk.feedback == []


@pytest.mark.parametrize("speaker", [replace(SOMEONE, chat="2"), replace(SOMEONE, channel="web")])
def test_a_press_from_another_room_is_stale(talk: Talk, pressed: Callable[..., Reply], speaker: Speaker):
    assert said(pressed("/context", 1, speaker)) == phrases.STALE
    assert said(pressed("/wrong", None, speaker)) == phrases.STALE
    assert talk.feedback == []


def test_another_member_of_the_room_may_press_and_is_heard_for_themself(
    talk: Talk, pressed: Callable[..., Reply]
):
    other = replace(SOMEONE, user="100")
    assert phrases.WHAT_IS_RIGHT in said(pressed("/wrong", None, other))
    talk.says("是13.26亿元", other)
    assert [(each.member, each.said) for each in talk.service.state.feedback()] == [
        (other.member, "是13.26亿元")
    ]
    assert said(pressed("/useful")) == phrases.THANKS
    assert len(talk.feedback) == 2


# -- what is said of it


def test_wrong_then_what_is_right_is_stored_with_the_question_and_what_we_said(talk: Talk):
    talk.says(QUESTION)
    talk.now += 5
    assert said(talk.says("有误")) == f"{phrases.understood(QUESTION)}\n{phrases.WHAT_IS_RIGHT}"
    talk.now += 5
    assert said(talk.says("应该是12.62亿元。")) == phrases.THANKS_FOR_SAYING
    (kept,) = talk.service.state.feedback()
    assert (kept.at, kept.member, kept.question, kept.answered) == (
        10_010.0,
        "telegram:99",
        QUESTION,
        "有这么多",
    )
    assert (kept.useful, kept.said) == (False, "应该是12.62亿元。")
    assert talk.checks == [], "it is no draft"


def test_wrong_says_which_answer_it_is_about_in_short(talk: Talk, pressed: Callable[..., Reply]):
    first = said(pressed("/wrong"))
    talk.says("科创贷累计放款总额" + "很" * 200 + "多少")
    later = said(talk.says("有误"))
    assert QUESTION in first
    assert "科创贷累计放款总额" in later
    assert len(later) < 120


@pytest.mark.parametrize(
    "words", ["有误：是12.62亿元", "/wrong 是12.62亿元", "有误 是12.62亿元", "有误\n是12.62亿元"]
)
def test_wrong_with_what_is_right_asks_no_more(talk: Talk, words: str):
    talk.says(QUESTION)
    assert said(talk.says(words)) == f"{phrases.understood(QUESTION)}\n{phrases.THANKS_FOR_SAYING}"
    talk.says("科创贷 放款")
    assert talk.feedback == [(QUESTION, False, "是12.62亿元")]
    assert talk.asked == [QUESTION, "科创贷 放款"]


def test_only_the_first_words_after_wrong_are_a_correction(talk: Talk):
    talk.says(QUESTION)
    talk.says("有误")
    talk.says("是12.62亿元")
    talk.says("科创贷 放款")
    assert talk.asked == [QUESTION, "科创贷 放款"]


def test_a_question_after_wrong_is_answered_and_ends_the_waiting(talk: Talk):
    talk.says(QUESTION)
    talk.says("有误")
    talk.says("科创贷放款多少？")
    talk.says("科创贷 放款")
    assert talk.asked == [QUESTION, "科创贷放款多少？", "科创贷 放款"]
    assert talk.feedback == [(QUESTION, False, "")]


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("核对：截至2021年底，科创投投了23.62亿元。", {}),
        ("/check 科创投投了23.62亿元", {}),
        ("科创投投了23.62亿元", {"forwarded": True}),
        ("截至2021年底，“科创投”累计投资金额23.62亿元，“科创贷”累计放款总额超157.38亿元。" * 3, {}),
    ],
)
def test_a_draft_after_wrong_is_checked(
    words: str, fields: dict[str, object], checked: Checked, article: Article, talk: Talk
):
    talk.checked = checked
    talk.shelf.held[article.id] = article
    talk.says(QUESTION)
    talk.says("有误")
    assert talk.says(words, **fields).status is ReplyStatus.CHECKED
    assert talk.feedback == [(QUESTION, False, "")]


def test_reading_on_after_wrong_keeps_waiting_for_what_is_right(talk: Talk):
    talk.says(QUESTION)
    talk.says("有误")
    talk.says("原文")
    talk.says("是12.62亿元")
    assert talk.feedback == [(QUESTION, False, "是12.62亿元")]


def test_what_is_right_is_about_the_answer_that_was_called_wrong(talk: Talk, pressed: Callable[..., Reply]):
    pressed("/wrong")
    talk.says("是12.62亿元")
    assert talk.feedback == [(QUESTION, False, "是12.62亿元")]


def test_of_two_judgements_of_one_user_the_last_counts(talk: Talk):
    talk.says(QUESTION)
    talk.says("有用")
    talk.says("有误：是12.62亿元")
    assert talk.feedback == [(QUESTION, False, "是12.62亿元")]


@pytest.mark.parametrize("words", ["反馈：单位应为亿元", "/feedback 单位应为亿元"])
@pytest.mark.parametrize("after_an_answer", [True, False])
def test_feedback_needs_no_answer(talk: Talk, words: str, after_an_answer: bool):  # noqa: FBT001 -- a case
    if after_an_answer:
        talk.says(QUESTION)
    assert said(talk.says(words)) == phrases.THANKS_FOR_SAYING
    assert talk.feedback == [(QUESTION if after_an_answer else "", False, "单位应为亿元")]


@pytest.mark.parametrize("words", ["反馈", "/feedback", "反馈："])
def test_feedback_of_nothing_is_told_how(talk: Talk, words: str):
    talk.says(QUESTION)
    assert said(talk.says(words)) == phrases.HOW_TO_FEEDBACK
    assert talk.feedback == []


def test_what_is_said_is_cut_at_a_length(talk: Talk):
    talk.says(QUESTION)
    talk.says("反馈：" + "长" * (MAX_SAID + 500))
    assert [len(words) for _, _, words in talk.feedback] == [MAX_SAID]


def test_the_answer_called_wrong_may_be_gone_when_it_is_put_right(talk: Talk):
    talk.says(QUESTION)
    talk.says("有误")
    talk.service.state._write("DELETE FROM answers", ())
    assert said(talk.says("是12.62亿元")) == phrases.THANKS_FOR_SAYING
    assert talk.feedback[-1] == ("", False, "是12.62亿元")


@pytest.mark.parametrize("command", ["/rm", "/", "/wenshu 1", "/../etc"])
def test_an_unknown_command_says_so(talk: Talk, command: str):
    assert said(talk.says(command)) == phrases.UNKNOWN_COMMAND


@pytest.fixture(autouse=True)
def _no_reply_is_empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever is ordered, something is said, and every label has its citation."""
    heard: list[Reply] = []
    for name in ("reply", "press"):
        whole = getattr(Service, name)

        def keep(*args: object, _whole: Callable[..., Reply] = whole) -> Reply:
            heard.append(_whole(*args))
            return heard[-1]

        monkeypatch.setattr(Service, name, keep)
    yield
    for reply in heard:
        assert said(reply).strip()
        for block in reply.blocks:
            for label in block.labels:
                reply.citation(label)
