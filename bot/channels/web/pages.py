"""The pages: the chat, the check of a draft, the articles, and the door."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from hmac import compare_digest
from math import ceil
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot import buttons, phrases, reply, stored
from bot.channels.web import article_page, draft_page, exchange, look, streaming, words_of_pages
from bot.channels.web.exchange import Exchange, Told
from bot.channels.web.website import Site
from bot.conversation import AWAITING
from bot.desk import CrowdedError
from bot.guard import Admitted
from bot.inbound import Inbound, Speaker, sayable
from bot.kept import Record
from bot.reply import Reply, ReplyStatus
from knowledge.errors import UsageError
from knowledge.verdict import Checked

MAX_EXCHANGES = 20
"""Answers of the past that the chat shows."""

MAX_NEWEST = 3
"""Articles that the first screen names when it can't name questions."""

_MAX_FIELD = 4 * 1024 * 1024
"""Bytes of a typed draft; one that is longer still gets the page that says so."""

_RETRY_SECONDS = 10
"""When to come back if too many are waiting."""

SpeakerOf = Callable[[Request], Speaker]
SignIn = Callable[[Request, Response], None]


def routes(site: Site, *, speaker_of: SpeakerOf, sign_in: SignIn) -> list[BaseRoute]:
    """The pages of a site.

    Args:
        site: What they stand on.
        speaker_of: Whose request it is.
        sign_in: Puts into a response that its receiver has shown the token.
    """
    pages = _Pages(site, speaker_of, sign_in)
    return [
        Route("/", pages.chat, methods=["GET"]),
        Route("/", pages.asked, methods=["POST"]),
        Route("/press", pages.press, methods=["POST"]),
        Route("/check", pages.draft, methods=["GET"]),
        Route("/check", pages.check, methods=["POST"]),
        Route("/articles", pages.articles, methods=["GET"]),
        Route("/articles/{article_id:path}", pages.article, methods=["GET"]),
        Route("/login", pages.door, methods=["GET"]),
        Route("/login", pages.login, methods=["POST"]),
        *look.files(),
    ]


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a message is not let in, and the status that says the same to a program."""

    status: int
    told: str
    headers: dict[str, str] | None = None


_CROWDED = _Refusal(503, phrases.CROWDED, {"Retry-After": str(_RETRY_SECONDS)})


@dataclass(frozen=True, slots=True)
class _Pages:
    """What answers the requests."""

    site: Site
    speaker_of: SpeakerOf
    sign_in: SignIn

    # -- the chat

    async def chat(self, request: Request) -> Response:
        words = sayable(request.query_params.get("q", ""))
        if "q" in request.query_params:
            if not _may_ask(request):
                return await self._chat(request, typed=words)
            return await self._asked(request, words)
        pressed = buttons.parse(request.query_params.get("pressed", ""))
        told = None
        if pressed is not None:
            told = await self._told_again(request, pressed)
        return await self._chat(request, told=(pressed.number, told) if pressed and told else None)

    async def asked(self, request: Request) -> Response:
        async with request.form(max_part_size=_MAX_FIELD) as form:
            words = draft_page.words(form, "q")
        return await self._asked(request, words)

    async def _asked(self, request: Request, words: str) -> Response:
        """The reply to a message: alone for our script, after a stored answer by way of its place in the chat."""
        speaker = self.speaker_of(request)
        refusal = self._refusal(speaker)
        answer: Reply | None = None
        if refusal is None:
            reception, inbound = self.site.reception, Inbound(speaker, words)
            try:
                if streaming.is_wanted(request, reception):
                    return await streaming.streamed(request, reception, inbound, self._made(words))
                answer = await reception.reply(inbound)
            except CrowdedError:
                refusal = _CROWDED
        if answer is None or refusal is not None:
            return await self._unasked(request, words, refusal or _CROWDED)
        if request.method == "POST" and answer.number and not look.wants_fragment(request):
            return RedirectResponse(f"/#a{answer.number}", 303)
        return await self._chat(request, await self._made(words)(answer))

    def _made(self, words: str) -> Callable[[Reply], Awaitable[Exchange]]:
        """What the page shows of the reply to a message."""

        async def made(answer: Reply) -> Exchange:
            record = await run_in_threadpool(self._state_answer, answer.number)
            want = record.want if record is not None else ""
            return Exchange(words.strip(), answer, answer.number, want, is_new=True)

        return made

    async def _unasked(self, request: Request, words: str, refusal: _Refusal) -> Response:
        """The chat with the reason why nothing was asked, and what was typed still in the field."""
        said = reply.notice(refusal.told, status=ReplyStatus.ERROR)
        made = Exchange(words.strip(), said, is_new=True)
        return await self._chat(request, made, refusal=refusal, typed=words)

    async def _chat(
        self,
        request: Request,
        made: Exchange | None = None,
        *,
        refusal: _Refusal | None = None,
        typed: str = "",
        told: tuple[int, Told] | None = None,
    ) -> Response:
        status, headers = (refusal.status, refusal.headers) if refusal else (200, None)
        if made is not None and look.wants_fragment(request):
            return look.render(request, "exchange.html", status, headers, exchanges=[made])
        exchanges = await run_in_threadpool(self._past, self.speaker_of(request), told)
        if made is not None:
            exchanges = [*(each for each in exchanges if each.id != made.id), made]
        values = await run_in_threadpool(self._invitation)
        return look.render(request, "chat.html", status, headers, exchanges=exchanges, typed=typed, **values)

    def _past(self, speaker: Speaker, told: tuple[int, Told] | None) -> list[Exchange]:
        state = self.site.reception.service.state
        records = state.answers_to(speaker, since=0.0, most=MAX_EXCHANGES)
        number, said = told or (0, None)
        return [
            exchange.of_record(record, told=said if record.id == number else None)
            for record in reversed(records)
        ]

    def _invitation(self) -> dict[str, object]:
        """What the first screen offers: questions if the articles are known to answer them, else the newest ones."""
        seeds, n_seeds = self.site.shelf.heads(words_of_pages.ABOUT_THE_SEED, most=1)
        newest, n_articles = self.site.shelf.heads(most=MAX_NEWEST)
        examples = words_of_pages.EXAMPLES if n_seeds and seeds else ()
        return {"examples": examples, "newest": newest, "n_articles": n_articles}

    # -- buttons

    async def press(self, request: Request) -> Response:
        async with request.form() as form:
            order, said = draft_page.words(form, "order"), draft_page.words(form, "said").strip()
        pressed = buttons.parse(order)
        if pressed is None or pressed.command not in exchange.OFFERED:
            raise HTTPException(400)
        speaker = self.speaker_of(request)
        if said and pressed.command == exchange.WRONG:
            pressed = replace(pressed, command=exchange.CORRECTED)
            told = Told(await run_in_threadpool(self._correct, speaker, pressed.number, said))
        else:
            try:
                told = await self._pressed(speaker, pressed, order)
            except CrowdedError:
                told = Told(reply.notice(phrases.CROWDED, status=ReplyStatus.ERROR))
        if look.wants_fragment(request):
            return look.render(request, "told.html", told=told, mark=f"a{pressed.number}")
        again = buttons.order(pressed.command, pressed.number)
        if pressed.argument:
            again = f"{again} {pressed.argument}"
        return RedirectResponse(f"/?{urlencode({'pressed': again})}#a{pressed.number}", 303)

    async def _pressed(self, speaker: Speaker, pressed: buttons.Pressed, order: str) -> Told:
        answer = await self.site.reception.press(speaker, order)
        if (
            pressed.command == exchange.WRONG
        ):  # what is right goes into its own field, not into the next message
            await run_in_threadpool(self._await_nothing, speaker)
        return exchange.after_press(pressed, answer)

    def _await_nothing(self, speaker: Speaker) -> None:
        self.site.reception.service.conversation(speaker).note(AWAITING, "")

    def _correct(self, speaker: Speaker, number: int, said: str) -> Reply:
        service = self.site.reception.service
        record = self._own(speaker, number)
        if record is None:
            return reply.notice(phrases.STALE)
        return exchange.correct(service.conversation(speaker), service.library, record, said)

    async def _told_again(self, request: Request, pressed: buttons.Pressed) -> Told | None:
        """What a button pressed without a script has to show; what surrounds a sentence is looked up again."""
        if pressed.command == exchange.CONTEXT:
            label = int(pressed.argument) if pressed.argument else None
            order = buttons.order(pressed.command, pressed.number, label)
            try:
                return Told(await self.site.reception.press(self.speaker_of(request), order))
            except CrowdedError:
                return Told(reply.notice(phrases.CROWDED, status=ReplyStatus.ERROR))
        return exchange.remembered(pressed)

    # -- the check of a draft

    async def draft(self, request: Request) -> Response:
        number = article_page.number(request.query_params.get("answer"))
        if number is None:
            return self._check_page(request, draft_page.Draft(""))
        record = await run_in_threadpool(self._own, self.speaker_of(request), number)
        if record is None:
            return self._check_page(request, draft_page.Draft("", phrases.STALE), 404)
        checked = stored.checked(record) if record.want == "check" else None
        return self._check_page(request, draft_page.Draft(record.understood), checked=checked)

    async def check(self, request: Request) -> Response:
        async with request.form(max_files=1, max_part_size=_MAX_FIELD) as form:
            sent = await draft_page.sent(form)
        return await self._checked(request, sent)

    async def _checked(self, request: Request, sent: draft_page.Sent) -> Response:
        reception, speaker = self.site.reception, self.speaker_of(request)
        refusal = self._refusal(speaker)
        if refusal is None:
            try:
                draft, checked = await reception.desk.run(lambda: self._read_and_checked(speaker, sent))
            except CrowdedError:
                refusal = _CROWDED
            else:
                if checked is None:
                    return self._check_page(request, draft, 422)
                reception.metrics.replies.labels("web", ReplyStatus.CHECKED).inc()
                return self._check_page(request, draft, checked=checked)
        draft = draft_page.Draft(sent.typed, refusal.told)
        return self._check_page(request, draft, refusal.status, headers=refusal.headers)

    def _read_and_checked(
        self, speaker: Speaker, sent: draft_page.Sent
    ) -> tuple[draft_page.Draft, Checked | None]:
        """What was sent, and the verdicts on it if it can be checked.  Reads files, which may take as long."""
        draft = sent.draft()
        if draft.problem:
            return draft, None
        if not draft.text.strip():
            return replace(draft, problem=words_of_pages.EMPTY_DRAFT), None
        try:
            checked, _ = self.site.reception.service.check(speaker, draft.text)
        except UsageError as problem:
            return replace(draft, problem=draft_page.problem(problem, draft.text)), None
        return draft, checked

    def _check_page(
        self,
        request: Request,
        draft: draft_page.Draft,
        status: int = 200,
        *,
        headers: dict[str, str] | None = None,
        checked: Checked | None = None,
    ) -> Response:
        pieces = None if checked is None else draft_page.pieces(checked)
        return look.render(request, "check.html", status, headers, draft=draft, pieces=pieces)

    # -- the articles

    def articles(self, request: Request) -> Response:
        words = sayable(request.query_params.get("q", "")).strip()[: article_page.MAX_WORDS]
        per_page = article_page.PER_PAGE
        wanted = max(article_page.number(request.query_params.get("page")) or 1, 1)
        _, n_articles = self.site.shelf.heads(words, most=1)
        n_pages = max(ceil(n_articles / per_page), 1)
        page = min(wanted, n_pages)
        found, _ = self.site.shelf.heads(words, most=per_page, skip=(page - 1) * per_page)
        listed = article_page.Shelved(words, page, n_pages, n_articles, article_page.by_day(found))
        return look.render(request, "articles.html", shelved=listed)

    def article(self, request: Request) -> Response:
        asked = request.query_params
        try:
            article = self.site.shelf.article(request.path_params["article_id"])
        except UsageError as problem:
            raise HTTPException(404) from problem
        quote = article_page.span(article, asked.get("start"), asked.get("end"))
        of, changed = asked.get("of"), False
        if quote is not None and of is not None:
            changed = buttons.digest(article.text[slice(*quote)]) != of
            quote = None if changed else quote
        figures = []
        if asked.get("figures"):
            figures = [figure for _, figure in self.site.shelf.ledger(article.id)]
        values: dict[str, Any] = {
            "article": article,
            "changed": changed,
            "quote": quote,
            "paragraphs": article_page.paragraphs(article, quote, figures),
            "figures": article_page.listed(figures),
            "lists_figures": bool(asked.get("figures")),
        }
        name = "article_part.html" if look.wants_fragment(request) else "article.html"
        return look.render(request, name, **values)

    # -- the door

    def door(self, request: Request) -> Response:
        onward = _local(request.query_params.get("next", ""))
        if self.site.token is None:
            return RedirectResponse(onward, 303)
        return look.render(request, "login.html", onward=onward, problem="")

    async def login(self, request: Request) -> Response:
        async with request.form() as form:
            token, onward = draft_page.words(form, "token").strip(), _local(draft_page.words(form, "next"))
        if self.site.token is not None and not compare_digest(token.encode(), self.site.token.encode()):
            self.site.reception.metrics.refused.labels("web", "unsigned").inc()
            return look.render(request, "login.html", 403, onward=onward, problem=words_of_pages.NOT_IT)
        response = RedirectResponse(onward, 303)
        self.sign_in(request, response)
        return response

    # -- who asks

    def _refusal(self, speaker: Speaker) -> _Refusal | None:
        """Why a message of a speaker is not let in; None if it is."""
        guard = self.site.reception.guard
        admission = guard.admit(speaker)
        if admission.admitted is Admitted.YES:
            return None
        self.site.reception.metrics.refused.labels("web", admission.admitted.value).inc()
        told = phrases.TOO_FAST.format(seconds=admission.seconds)
        return _Refusal(429, told, {"Retry-After": str(admission.seconds)})

    def _own(self, speaker: Speaker, number: int) -> Record | None:
        """An answer that was given to a speaker; None if it is another's, or there is none."""
        record = self._state_answer(number)
        return record if record is not None and record.speaker.room == speaker.room else None

    def _state_answer(self, number: int) -> Record | None:
        return self.site.reception.service.state.answer(number) if number > 0 else None


def _may_ask(request: Request) -> bool:
    """Whether a question in an address is asked: not if nobody sees the answer, nor where another site leads here.

    A link elsewhere may lead here with a question in the field; what is asked and kept, our visitor decides.
    """
    fetched = request.headers.get("sec-fetch-site", "none")  # no browser of the last years leaves it out
    return request.method == "GET" and fetched in {"none", "same-origin"}


def _local(path: str) -> str:
    r"""An address within this site; its first page for any other.

    >>> _local("/check?answer=1"), _local("//example.org/"), _local("/\\example.org"), _local("https://a")
    ('/check?answer=1', '/', '/', '/')
    """
    is_local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_local else "/"
