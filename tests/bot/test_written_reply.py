"""What a language model wrote, as a reply: its sentences with their labels, the figure in bold, and whose words."""

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from writers import FIGURE, LOANS, SENTENCE, Writing

from bot import jsonview, stored, wording
from bot.channels import console
from bot.channels.telegram_delivery import CAPABILITIES, entities_of
from bot.render import render
from bot.reply import MAX_LABELS, Reply, ReplyStatus, Role, from_answer
from knowledge.generation import Generation, Outcome, Statement, Usage
from knowledge.schema import Answer, Finding

FIRST = Statement(SENTENCE, (1,))
SECOND = Statement("科创贷累计放款总额超157.38亿元。", (2, 1))

Write = Callable[..., Answer]
Find = Callable[..., Finding]


@pytest.fixture
def written(answered: Answer) -> Write:
    """Makes an answer of statements, over two sentences of two articles."""
    first = answered.citations[0]
    citations = (first, replace(first, label=2, article_id="other", title="另一篇", source="报"))

    def make(*statements: Statement, **over: object) -> Answer:
        text = "".join(statement.text for statement in statements)
        fields = {"citations": citations, "statements": statements, "text": text} | over
        return replace(answered, **fields)  # type: ignore[arg-type]

    return make


def bold(reply: Reply) -> list[str]:
    return [run.text for block in reply.blocks for run in block.runs if run.strong]


def test_the_first_sentence_is_the_headline_and_each_keeps_its_labels(written: Write):
    reply = from_answer(written(FIRST, SECOND))
    assert reply.status is ReplyStatus.ANSWERED
    assert [(block.role, block.text, block.labels) for block in reply.blocks] == [
        (Role.HEADLINE, FIRST.text, (1,)),
        (Role.DETAIL, SECOND.text, (2, 1)),
        (Role.DETAIL, wording.WRITTEN_BY_A_MODEL, ()),
    ]
    assert [citation.label for citation in reply.citations] == [1, 2]


def test_only_the_figure_that_answers_is_bold(written: Write):
    assert bold(from_answer(written(FIRST, SECOND))) == [FIGURE]
    assert bold(from_answer(written(replace(FIRST, text="投资23亿多元。"), SECOND))) == []


def test_what_the_articles_say_is_not_called_a_model_s(answered: Answer):
    told = from_answer(answered)
    assert wording.WRITTEN_BY_A_MODEL not in [block.text for block in told.blocks]


@pytest.mark.parametrize(("yes", "word"), [(True, "是。"), (False, "否。")])
def test_the_verdict_comes_first_and_is_bold(written: Write, yes: bool, word: str):  # noqa: FBT001 -- a case
    reply = from_answer(written(FIRST, yes_no=yes))
    assert reply.blocks[0].text == f"{word}{FIRST.text}"
    assert bold(reply) == [word, FIGURE]


@pytest.mark.parametrize(
    "opening", ["是的，", "是，", "对，", "没错，", "没有，", "不是。", "否，", "不，", "不对，"]
)
@pytest.mark.parametrize("yes", [True, False])
def test_a_verdict_of_the_model_s_own_gives_way_to_ours(written: Write, opening: str, yes: bool):  # noqa: FBT001 -- a case
    answer = written(replace(FIRST, text=opening + FIRST.text), yes_no=yes)
    word = wording.yes_no(said_yes=yes)
    assert from_answer(answer).blocks[0].text == f"{word}。{FIRST.text}"
    assert wording.told(answer) == f"{word}，{FIRST.text}"


@pytest.mark.parametrize(
    "text", ["是全市最高的23.26亿元。", "不到23.26亿元。", "没有超过23.26亿元。", "是的。"]
)
def test_a_word_that_is_no_verdict_stays(written: Write, text: str):
    assert from_answer(written(replace(FIRST, text=text), yes_no=True)).blocks[0].text == f"是。{text}"
    assert from_answer(written(replace(FIRST, text=f"是的，{text}"))).blocks[0].text == f"是的，{text}"


def test_a_hedge_that_the_sentence_leaves_out_is_told(written: Write, find: Find):
    found = find(FIGURE, "2326000000.00")
    quantity = replace(found.figure.quantity, hedge="预计")
    found = replace(found, figure=replace(found.figure, quantity=quantity))
    told = from_answer(written(FIRST, SECOND, figures=(found,)))
    assert told.blocks[1].text == wording.hedged("预计")
    hedged = replace(FIRST, text=f"预计{FIRST.text}")
    told = from_answer(written(hedged, SECOND, figures=(found,)))
    assert [block.text for block in told.blocks[:2]] == [hedged.text, SECOND.text]


def test_an_answer_that_is_no_figure_is_plain(written: Write):
    assert bold(from_answer(written(FIRST, figures=()))) == []


def test_a_sentence_of_many_labels_keeps_as_many_as_fit(written: Write, answered: Answer):
    first = answered.citations[0]
    citations = tuple(replace(first, label=label, article_id=f"a{label}") for label in range(1, 8))
    labels = tuple(range(1, 8))
    reply = from_answer(written(replace(FIRST, labels=labels), citations=citations))
    assert reply.blocks[0].labels == labels[:MAX_LABELS]
    assert [citation.label for citation in reply.citations] == list(labels[:MAX_LABELS])


# --- on its way -------------------------------------------------------------------------------------


def explained(text: str) -> set[str]:
    """The labels that a text explains: those that stand before a title."""
    return {label for group in re.findall(r"((?:\[\d+\])+) ?《", text) for label in re.findall(r"\d+", group)}


def called(text: str) -> set[str]:
    return set(re.findall(r"\[(\d+)\]", text))


def test_in_telegram_every_label_is_explained_in_its_part(written: Write):
    (part,) = render(from_answer(written(FIRST, SECOND)), CAPABILITIES)
    assert part.text.startswith(f"{FIRST.text}[1]\n{SECOND.text}[2][1]\n{wording.WRITTEN_BY_A_MODEL}")
    assert explained(part.text) == called(part.text) == {"1", "2"}
    bolds = [part.text[each.start : each.end] for each in part.entities if each.style.value == "strong"]
    assert bolds[0] == FIGURE
    assert len(entities_of(part)) == len(part.entities)


def test_in_many_parts_too(written: Write):
    long = tuple(replace(SECOND, text=f"{'第' * 900}{number}句。", labels=(2, 1)) for number in range(6))
    parts = render(from_answer(written(FIRST, *long)), CAPABILITIES)
    assert len(parts) > 1
    for part in parts:
        assert explained(part.text) >= called(part.text)


def test_in_a_terminal_every_label_is_explained(written: Write):
    out = io.StringIO()
    console.show(from_answer(written(FIRST, SECOND)), console.open_console(out))
    text = out.getvalue()
    assert text.splitlines()[0].startswith(FIRST.text)
    assert wording.WRITTEN_BY_A_MODEL in text
    assert explained(text) == called(text) == {"1", "2"}


# --- kept, and as JSON --------------------------------------------------------------------------------


def test_it_comes_back_as_it_was(written: Write):
    for over in ({}, {"yes_no": True}, {"figures": ()}):
        made = from_answer(written(FIRST, SECOND, **over))
        assert stored.loads(stored.dumps(made)) == made


GENERATION = {
    "model": "openai:m",
    "outcome": "kept",
    "statements": 3,
    "removed": 1,
    "calls": 2,
    "prompt_tokens": 120,
    "completion_tokens": 30,
    "estimated": True,
    "first_ms": 1.5,
    "model_ms": 20.25,
    "error": "",
}


def test_its_json_says_what_the_model_did(written: Write):
    took = Usage(2, 120, 30, estimated=True)
    done = Generation("openai:m", Outcome.KEPT, 3, 1, took, first_ms=1.5, model_ms=20.25)
    view = jsonview.answer_view(written(FIRST, SECOND, generation=done))
    assert view["generation"] == GENERATION
    assert view["statements"] == [
        {"text": FIRST.text, "citations": [1]},
        {"text": SECOND.text, "citations": [2, 1]},
    ]
    assert view["text"] == FIRST.text + SECOND.text


def test_without_a_model_the_json_says_so(answered: Answer):
    view = jsonview.answer_view(answered)
    assert (view["statements"], view["generation"]) == ([], None)


# --- a real one --------------------------------------------------------------------------------------


def test_over_the_article_each_sentence_cites_what_bears_it_out(writer: Writing):
    writer.script(f"{SENTENCE}[1]\n{LOANS}")
    answer = writer.library.ask("科创投累计投资多少？科创贷累计放款多少？")
    reply = from_answer(answer)
    assert bold(reply)
    for statement in answer.statements:
        quotes = "".join(reply.citation(label).quote for label in statement.labels)
        assert all(number in quotes for number in re.findall(r"\d+\.\d+亿元", statement.text))


def test_over_the_article_the_reader_s_verdict_stands(writer: Writing):
    told = {
        "是的": "是。截至2021年底科创投累计投资金额23.26亿元。",
        "没有": "是，23.26亿元（截至2021年底）",  # it denies what the article says, and is not shown
    }
    for opening, expected in told.items():
        writer.script(f"{opening}，截至2021年底科创投累计投资金额23.26亿元。[1]\n")
        assert writer.reply("科创投累计投资有没有超过20亿元").blocks[0].text == expected
