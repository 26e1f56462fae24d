"""The commands of a chat: what stands behind an answer, what is said of it, a new topic.

A command refers to an answer: written, to the last one of the conversation; pressed, to the one it stands below.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot import phrases, reading, reply, stored, wording
from bot.conversation import AWAITING, PAGE, Conversation
from bot.kept import Feedback, Record
from bot.reply import Block, Reply, ReplyStatus, Role, Run
from knowledge.errors import UsageError
from knowledge.schema import Citation

if TYPE_CHECKING:
    from bot.service import Library

MAX_TITLES = 10
"""Articles named in one list."""

MAX_SHOWN = 60
"""Code points shown of a question or draft, to tell which it was."""

MAX_SAID = 2_000
"""Code points kept of what a user says of an answer."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command on its way.

    Attributes:
        talk: The conversation it belongs to.
        library: The articles.
        record: The answer it is about, or None if there is none.
        argument: What follows it.
    """

    talk: Conversation
    library: "Library"
    record: Record | None
    argument: str

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The citations of the answer it is about."""
        return () if self.record is None else stored.loads(self.record.reply).citations


def obey(command: str, order: Order) -> Reply:
    """The reply to a command; of an unknown one, or an article that is no more, it says so."""
    try:
        return _OBEYED.get(command, _unknown)(order)
    except UsageError as problem:
        if problem.code != "no_article":
            raise
        return reply.notice(phrases.ARTICLE_GONE)


def corrected(order: Order) -> Reply:
    """The reply to one who says what is right, after we asked."""
    talk = order.talk
    record = talk.state.answer(int(talk.noted(AWAITING)))
    talk.note(AWAITING, "")
    _judge(talk, record, useful=False, said=order.argument)
    return reply.notice(phrases.THANKS_FOR_SAYING)


# -- what stands behind an answer


def _sources(order: Order) -> Reply:
    if order.record is None:
        return reply.notice(phrases.NO_LAST_ANSWER)
    citations = order.citations
    if not citations:
        return reply.notice(phrases.NO_CITATION)
    about = Block(Role.TEXT, (Run(_about(order.record)),))
    blocks = (Block(Role.EXTRA, (Run(wording.ARTICLE_SAYS),), labels) for labels in _by_article(citations))
    return Reply(ReplyStatus.NOTICE, (about, *blocks), citations)


def _about(record: Record) -> str:
    """What was asked, or the opening of the draft that was checked."""
    said = " ".join(record.understood.split())
    shown = said if len(said) <= MAX_SHOWN else f"{said[:MAX_SHOWN]}…"
    return phrases.checked(shown) if record.want == "check" else phrases.understood(shown)


def _by_article(citations: tuple[Citation, ...]) -> Iterator[tuple[int, ...]]:
    """The labels of one article, as many as a block may carry, so that each is explained below its own name."""
    grouped: dict[str, list[int]] = {}
    for citation in citations:
        grouped.setdefault(citation.article_id, []).append(citation.label)
    for labels in grouped.values():
        for at in range(0, len(labels), reply.MAX_LABELS):
            yield tuple(labels[at : at + reply.MAX_LABELS])


def _article(order: Order) -> Reply:
    """An article from the cited sentence on; by number, by words of its title, or the newest ones' names."""
    if order.argument and not order.argument.isdecimal():
        return _named(order)
    if order.record is None and not order.argument:
        return _titles(order, "")
    citation = _cited(order)
    if isinstance(citation, Reply):
        return citation
    article = order.library.article(citation.article_id)
    where = reading.found(article, citation)
    if where is None:
        return _headed(phrases.SENTENCE_GONE, _page(order, reading.page(article, 0, ())))
    return _page(order, reading.page(article, reading.paragraph_at(article, where.start), (where,)))


def _context(order: Order) -> Reply:
    citation = _cited(order)
    if isinstance(citation, Reply):
        return citation
    article = order.library.article(citation.article_id)
    where = reading.found(article, citation)
    if where is None:
        return reply.notice(phrases.SENTENCE_GONE_ASK)
    around = Citation.of(article, reading.around(article, where), label=1, marks=(where,))
    block = Block(Role.TEXT, (Run(phrases.CONTEXT + "："),), (1,))
    return Reply(ReplyStatus.NOTICE, (block,), (around,))


def _cited(order: Order) -> Citation | Reply:
    """The citation of the number that follows the command, else the first; or why there is none."""
    if order.record is None:
        return reply.notice(phrases.NO_LAST_ANSWER)
    citations = order.citations
    label = int(order.argument[:6]) if order.argument.isdecimal() else None
    found = [citation for citation in citations if label in (None, citation.label)]
    if citations and not found:
        return reply.notice(phrases.no_such_citation(label, [citation.label for citation in citations]))
    return found[0] if found else reply.notice(phrases.NO_CITATION)


def _named(order: Order) -> Reply:
    heads, n_articles = order.library.heads(order.argument, most=2)
    if n_articles != 1:
        return _titles(order, order.argument)
    article = order.library.article(heads[0].id)
    return _page(order, reading.page(article, 0, ()))


def _titles(order: Order, words: str) -> Reply:
    heads, n_articles = order.library.heads(words, most=MAX_TITLES)
    if not heads:
        return reply.notice(phrases.NOTHING_FOUND.format(words=words))
    lead = (phrases.FOUND if words else phrases.NEWEST).format(words=words, n=n_articles)
    lines = [f"· {phrases.head(head, wording.day(head.published), wording.UNTITLED)}" for head in heads]
    return reply.notice("\n".join([lead, *lines, phrases.HOW_TO_OPEN]))


def _more(order: Order) -> Reply:
    if not order.talk.noted(PAGE):
        return reply.notice(phrases.NO_MORE)
    start, version, article_id = order.talk.noted(PAGE).split(" ", 2)
    article = order.library.article(article_id)
    if article.sha256 != version:
        return _headed(phrases.ARTICLE_CHANGED, _page(order, reading.page(article, 0, ())))
    return _page(order, reading.page(article, int(start), ()))


def _page(order: Order, page: reading.Page) -> Reply:
    article = page.article
    order.talk.note(PAGE, f"{page.end} {article.sha256} {article.id}" if page.n_left else "")
    return page.reply()


def _headed(words: str, page: Reply) -> Reply:
    return replace(page, blocks=(Block(Role.TEXT, (Run(words),)), *page.blocks))


# -- what is said of it


def _useful(order: Order) -> Reply:
    if order.record is None:
        return reply.notice(phrases.NO_LAST_ANSWER)
    _judge(order.talk, order.record, useful=True, said=order.argument)
    return reply.notice(phrases.THANKS)


def _wrong(order: Order) -> Reply:
    if order.record is None:
        return reply.notice(phrases.NO_LAST_ANSWER)
    _judge(order.talk, order.record, useful=False, said=order.argument)
    if not order.argument:
        order.talk.note(AWAITING, str(order.record.id))
    said = phrases.THANKS_FOR_SAYING if order.argument else phrases.WHAT_IS_RIGHT
    return reply.notice(f"{_about(order.record)}\n{said}")  # it may not be the answer they meant


def _feedback(order: Order) -> Reply:
    if not order.argument:
        return reply.notice(phrases.HOW_TO_FEEDBACK)
    _judge(order.talk, order.record, useful=False, said=order.argument)
    return reply.notice(phrases.THANKS_FOR_SAYING)


def _judge(talk: Conversation, record: Record | None, *, useful: bool, said: str) -> None:
    question, answered = (
        ("", "") if record is None else (record.understood, _told(stored.loads(record.reply)))
    )
    told = Feedback(talk.now, talk.speaker.member, question, answered, useful, said[:MAX_SAID])
    talk.state.judge(record, told)


def _told(answer: Reply) -> str:
    """What an answer came to, in its own words."""
    return "\n".join(block.text for block in answer.blocks if block.role is not Role.EXTRA)


# -- the rest


def _start(order: Order) -> Reply:
    return reply.notice(f"{phrases.START}\n{phrases.help_on(order.talk.speaker.channel)}")


def _help(order: Order) -> Reply:
    return reply.notice(phrases.help_on(order.talk.speaker.channel))


def _check(order: Order) -> Reply:
    return reply.notice(phrases.how_to_check_on(order.talk.speaker.channel))


def _new(order: Order) -> Reply:
    order.talk.begin_anew()
    return reply.notice(phrases.NEW_TOPIC)


def _unknown(_: Order) -> Reply:
    return reply.notice(phrases.UNKNOWN_COMMAND)


_OBEYED: Mapping[str, Callable[[Order], Reply]] = {
    "/start": _start,
    "/help": _help,
    "/check": _check,
    "/sources": _sources,
    "/article": _article,
    "/context": _context,
    "/more": _more,
    "/new": _new,
    "/useful": _useful,
    "/wrong": _wrong,
    "/feedback": _feedback,
}
