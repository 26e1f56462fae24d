"""One inbound message in, one reply document out: the same for every channel.

A command goes to `orders`; a question, a follow-up made whole first, is asked; a draft is checked; a figure of the
asker's own is checked, or asked about if a check sees none.  What was answered is recorded, and the buttons below it
refer to that record; a button that is pressed goes to `orders` too.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot import buttons, jsonview, mending, orders, phrases, reply, stored, uploads, verdict_reply
from bot.conversation import AWAITING, UPLOAD, Conversation
from bot.inbound import Inbound, Speaker, Upload, sayable
from bot.kept import Record
from bot.reply import Block, Reply, ReplyStatus, Role, Run
from bot.state import State
from knowledge.errors import ArticleError, HomeBusyError, UsageError, WenshuError
from knowledge.schema import Answer, Article
from knowledge.verdict import Checked

if TYPE_CHECKING:
    from bot.routing import Route
    from bot.spending import Spending
    from knowledge.generation import Generation
    from knowledge.ingest import Report
    from knowledge.verdict import Source

_log = logging.getLogger(__name__)


class Library(Protocol):
    """The articles, as `knowledge.build.Wenshu` offers them.  Methods may take a second and raise a `WenshuError`."""

    def ask(
        self, question: str, *, plain: bool = False, on_draft: "Callable[[Answer], None] | None" = None
    ) -> Answer:
        """Answers one question; unless `plain`, a language model may write, and tells how far it is."""

    def made_whole(self, question: str, before: str) -> "tuple[str, Generation | None]":
        """A follow-up as a question that stands by itself, empty if no language model can say; and what that took."""

    @property
    def writes(self) -> bool:
        """Whether there is a language model."""

    def check(
        self, text: str, *, sources: "Sequence[Source] | None" = None, published: str | None = None
    ) -> Checked:
        """Checks the figures of one draft, against given sources if there are any."""

    def article(self, article_id: str) -> Article:
        """The article of an id."""

    def heads(self, words: str = "", *, most: int = 20, skip: int = 0) -> tuple[list[Article], int]:
        """Articles by title, without their text, and how many there are."""

    def ingest(self, paths: Sequence[Path]) -> "Report":
        """Takes articles in."""

    @property
    def fingerprint(self) -> str:
        """What answers depend on besides the articles."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How conversations are held.

    Attributes:
        conversation_seconds: How long what was said before counts.
        admins: Members who may take articles in.
        public_url: Where the web page is reached from outside; empty if it is not.
        uploads: Folder for the files that are taken in.
    """

    conversation_seconds: float
    admins: frozenset[str]
    public_url: str
    uploads: Path


OnDraft = Callable[[Reply], None]
"""Told what is borne out so far, while a language model writes; called from the thread that answers."""


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of one question or draft."""

    understood: str
    want: str
    reply: Reply
    figures: Sequence[object]


@dataclass(frozen=True, slots=True)
class Service:
    """Answers what users write.  Safe to use from several threads.

    Attributes:
        library: The articles.
        state: What was said before.
        policy: How conversations are held.
        clock: Seconds since 1970.
        spending: Counts what a language model takes, or None without one.
    """

    library: Library
    state: State
    policy: Policy
    clock: Callable[[], float] = time.time
    spending: "Spending | None" = None

    def reply(self, inbound: Inbound, *, on_draft: OnDraft | None = None) -> Reply:
        """The reply to one message: to a command, a question, a draft, a file, or to nothing.

        Args:
            inbound: The message.
            on_draft: Told what is borne out so far, while a language model writes.

        Returns:
            A whole reply.  An error becomes one too: what the writer can mend (too long a question) is named,
            what only the operator can (an index out of order) is logged; the unforeseen is the caller's to catch.
        """
        inbound = replace(inbound, text=sayable(inbound.text).strip())
        talk = self.conversation(inbound.speaker)
        try:
            if inbound.upload is not None:
                return self._received(inbound.upload, inbound.text, talk)
            return self._routed(inbound, talk, on_draft) if inbound.text else reply.notice(phrases.EMPTY)
        except WenshuError as problem:
            return _refused(problem)

    def press(self, speaker: Speaker, order: str) -> Reply:
        """The reply to a button of ours, whose order comes back as it was sent."""
        try:
            return self._pressed(speaker, buttons.parse(order))
        except WenshuError as problem:
            return _refused(problem)

    def _pressed(self, speaker: Speaker, pressed: buttons.Pressed | None) -> Reply:
        record = None if pressed is None else self.state.answer(pressed.number)
        if pressed is None or record is None or record.speaker.room != speaker.room:
            return reply.notice(phrases.STALE)
        asked = orders.Order(self.conversation(speaker), self.library, record, pressed.argument)
        return orders.obey(pressed.command, asked)

    def ask(self, speaker: Speaker, question: str) -> tuple[Answer, int]:
        """The answer to one question, whatever was said before, and the number it is recorded under.

        Raises:
            WenshuError: The question is none, or an index can't be used.
        """
        from bot.routing import Want

        answer = self.library.ask(question)
        self._spend(answer.generation)
        done = _asked(question, Want.ASK, answer)
        return answer, self._kept(question, done, speaker, at=self.clock())

    def check(
        self,
        speaker: Speaker,
        text: str,
        *,
        sources: "Sequence[Source] | None" = None,
        published: str | None = None,
    ) -> tuple[Checked, int]:
        """The verdicts on a draft, and the number they are recorded under.

        Args:
            speaker: Whose draft it is.
            text: The draft.
            sources: Hold it against these texts alone, not against the articles.
            published: ISO day that the times of draft and sources are counted from.

        Raises:
            WenshuError: Draft, sources or day are none, or an index can't be used.
        """
        from bot.routing import Want

        checked = self.library.check(text, sources=sources, published=published)
        figures = jsonview.checked_view(checked)["figures"]
        done = _Done(text, Want.CHECK, verdict_reply.from_checked(checked), figures)
        number = self._kept(text, done, speaker, at=self.clock(), of_articles=sources is None)
        return checked, number

    def conversation(self, speaker: Speaker) -> Conversation:
        """What a speaker and we have said lately."""
        now = self.clock()
        return Conversation(self.state, speaker, now, now - self.policy.conversation_seconds)

    # -- texts

    def _routed(self, inbound: Inbound, talk: Conversation, on_draft: OnDraft | None) -> Reply:
        from bot import routing  # knows the grammar of questions, which no command but serve needs

        route = routing.route(inbound.text, pasted=inbound.forwarded)
        if route.want is routing.Want.COMMAND:
            return self._command(route, talk, on_draft)
        if talk.noted(AWAITING) and _puts_right(inbound, route):
            return orders.corrected(orders.Order(talk, self.library, None, inbound.text))
        return self._answered(inbound.text, route, talk, on_draft)

    def _command(self, route: "Route", talk: Conversation, on_draft: OnDraft | None) -> Reply:
        from bot import routing

        if route.command == "/ask":
            if not route.text:
                return reply.notice(phrases.HOW_TO_ASK)
            asked = routing.Route(routing.Want.ASK, route.text)
            return self._answered(route.text, asked, talk, on_draft)
        if route.command == "/ingest":
            return self._ingested(talk)
        return orders.obey(route.command, orders.Order(talk, self.library, talk.last, route.text))

    def _answered(self, words: str, route: "Route", talk: Conversation, on_draft: OnDraft | None) -> Reply:
        """Answer or check; a follow-up as the first of its readings that the articles answer."""
        from bot import routing

        if route.want is routing.Want.CHECK:
            return self._recorded(words, self._done(words, route), talk, echo=False)
        readings = _readings(words, talk.question)
        echo = bool(readings)
        done = self._read(readings, on_draft) if readings else self._done(words, route, on_draft)
        if _is_none(done) and (whole := self._whole(words, talk.question)):
            again = self._done(whole, routing.route(whole), on_draft)
            done, echo = (again, True) if not _is_none(again) else (done, echo)
        return self._recorded(words, done, talk, echo=echo)

    def _read(self, readings: Sequence[str], on_draft: OnDraft | None) -> _Done:
        """The first of the readings of a follow-up that the articles answer, else the first.

        Which one it is, is settled in the articles' own words; a language model then writes for that one alone.
        """
        from bot import routing

        tried: list[_Done] = []
        for text in readings:
            tried.append(self._done(text, routing.route(text), plain=True))
            if not _is_none(tried[-1]):
                break
        best = tried[-1] if not _is_none(tried[-1]) else tried[0]
        if best.want != routing.Want.ASK or not self.library.writes:
            return best
        return self._done(best.understood, routing.route(best.understood), on_draft)

    def _whole(self, words: str, before: str) -> str:
        """A message that nothing answers, made whole by a language model from what was asked before."""
        if not before or not self.library.writes:
            return ""
        whole, generation = self.library.made_whole(words, before)
        self._spend(generation)
        return whole

    def _done(
        self, words: str, route: "Route", on_draft: OnDraft | None = None, *, plain: bool = False
    ) -> _Done:
        """Check or ask; what is to be confirmed but has no figure that a check can see is asked."""
        from bot.routing import Want

        if route.want in {Want.CHECK, Want.CONFIRM}:
            checked = self.library.check(route.text)
            figures = jsonview.checked_view(checked)["figures"]
            if route.want is Want.CHECK:
                return _Done(route.text, route.want, verdict_reply.from_checked(checked), figures)
            if checked.verdicts:
                return _Done(words, route.want, verdict_reply.confirmed(checked), figures)
        answer = self.library.ask(words, plain=plain, on_draft=_drafting(on_draft))
        self._spend(answer.generation)
        return _asked(words, Want.ASK, answer)

    def _spend(self, generation: "Generation | None") -> None:
        if self.spending is not None:
            self.spending.note(generation, at=self.clock())

    def _recorded(self, words: str, done: _Done, talk: Conversation, *, echo: bool) -> Reply:
        """The reply, stored, with the buttons that refer to it."""
        answer = done.reply
        if echo:
            said = Block(Role.TEXT, (Run(phrases.understood(done.understood)),))
            answer = replace(answer, blocks=(said, *answer.blocks))
        number = self._kept(words, replace(done, reply=answer), talk.speaker, at=talk.now)
        if talk.noted(AWAITING):
            talk.note(AWAITING, "")  # what comes next would be about this answer
        offered = buttons.below(answer, number, public_url=self.policy.public_url)
        return replace(answer, number=number, buttons=offered)

    def _kept(self, words: str, done: _Done, speaker: Speaker, *, at: float, of_articles: bool = True) -> int:
        """Records an answer.

        Args:
            words: As written.
            done: What came of them.
            speaker: Whom it is given to.
            at: When.
            of_articles: False if it cites texts that came with the question; those are no articles of ours.
        """
        cited = {citation.article_id for citation in done.reply.citations} if of_articles else set()
        record = Record(
            speaker=speaker,
            question=words,
            understood=done.understood,
            want=done.want,
            status=done.reply.status,
            reply=stored.dumps(done.reply),
            figures=json.dumps(done.figures, ensure_ascii=False),
            versions=json.dumps(self._versions(cited), ensure_ascii=False),
            engine=self.library.fingerprint,
        )
        return self.state.record(record, at=at)

    def _versions(self, article_ids: Iterable[str]) -> dict[str, str]:
        """The digest of every article; empty for one that has been taken out meanwhile."""
        digests = {}
        for article_id in sorted(article_ids):
            try:
                digests[article_id] = self.library.article(article_id).sha256
            except UsageError:
                digests[article_id] = ""
        return digests

    # -- files

    def _received(self, upload: Upload, words: str, talk: Conversation) -> Reply:
        """Check a file; keep it a while for an admin, who may take it in."""
        from bot import routing

        wanted = routing.route(words).command if words else ""
        is_admin = talk.speaker.member in self.policy.admins
        if is_admin:
            talk.note(UPLOAD, str(uploads.keep(self.policy.uploads, upload)))
        if wanted == "/ingest":
            return self._ingested(talk)
        text = uploads.text_of(upload)
        done = self._done(text, routing.Route(routing.Want.CHECK, text))
        answer = self._recorded(text, done, talk, echo=False)
        if not is_admin:
            return answer
        offer = Block(Role.TEXT, (Run(phrases.CAN_INGEST),))
        return replace(answer, blocks=(*answer.blocks, offer))

    def _ingested(self, talk: Conversation) -> Reply:
        if talk.speaker.member not in self.policy.admins:
            return reply.notice(phrases.NOT_ADMIN)
        path = talk.noted(UPLOAD)
        if not path or not Path(path).is_file():
            return reply.notice(phrases.NO_UPLOAD)
        admitted = uploads.admit(Path(path))
        talk.note(UPLOAD, str(admitted))
        report = self.library.ingest([admitted])
        talk.note(UPLOAD, "")  # not before: if another process is writing, 入库 is to be said again
        return uploads.taken_in(report)


def _asked(words: str, want: str, answer: Answer) -> _Done:
    figures = jsonview.answer_view(answer)["figures"]
    return _Done(words, want, reply.from_answer(answer), figures)


def _is_none(done: _Done) -> bool:
    return done.reply.status not in {ReplyStatus.ANSWERED, ReplyStatus.CHECKED}


def _drafting(on_draft: OnDraft | None) -> "Callable[[Answer], None] | None":
    return None if on_draft is None else lambda answer: on_draft(reply.from_answer(answer))


def _refused(problem: WenshuError) -> Reply:
    """What is said of an error: its mend to who wrote; paths and command lines are the operator's alone."""
    if isinstance(problem, UsageError | ArticleError):
        return reply.notice(mending.error(problem), status=ReplyStatus.ERROR)
    _log.error("%s: %s", type(problem).__name__, problem)
    busy = isinstance(problem, HomeBusyError)
    return reply.notice(phrases.BUSY if busy else phrases.OUT_OF_ORDER, status=ReplyStatus.ERROR)


def _puts_right(inbound: Inbound, route: "Route") -> bool:
    """Whether a text says what is right, after we asked; a question or a draft to be checked does not."""
    from bot import routing

    ordered = route.want is routing.Want.CHECK and route.text != inbound.text
    is_draft = inbound.forwarded or ordered or len(inbound.text) > routing.LONG
    return not is_draft and not routing.asks(inbound.text)


def _readings(words: str, before: str) -> tuple[str, ...]:
    if not before:
        return ()
    from knowledge import follow_up
    from knowledge.words import fold, tokenize

    return follow_up.readings(words, before, tokenize=tokenize, fold=fold)
