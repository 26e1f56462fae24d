"""The API: what the command line's `--json` prints, by HTTP, and conversations as reply documents."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot import orders
from bot.channels.web import bodies
from bot.channels.web.bodies import RefusedError, body_of, query_of
from bot.channels.web.guarding import address_of
from bot.channels.web.refusals import Refusal
from bot.channels.web.website import Site
from bot.conversation import AWAITING
from bot.desk import CrowdedError
from bot.inbound import Inbound, Speaker
from bot.jsonview import Json, answer_view, checked_view, ledger_view
from bot.reply import Reply, ReplyStatus
from knowledge.errors import WenshuError
from knowledge.schema import Article

CHANNEL = "api"

NUMBER = "Wenshu-Answer"
"""Header: the number of an answer, whose object is the command line's and has no place for it."""

_FIGURES = "/figures"

Result = TypeVar("Result")


def routes(site: Site) -> list[BaseRoute]:
    """The API of a site; the name of a route is that of its operation."""
    api = _Api(site)
    return [
        Route("/api/ask", api.ask, methods=["POST"], name="ask"),
        Route("/api/chat", api.chat, methods=["POST"], name="chat"),
        Route("/api/press", api.press, methods=["POST"], name="press"),
        Route("/api/check", api.check, methods=["POST"], name="check"),
        Route("/api/feedback", api.feedback, methods=["POST"], name="feedback"),
        Route("/api/articles", api.articles, name="articles"),
        Route("/api/articles/{id:path}/figures", api.figures, name="figures"),
        Route("/api/articles/{id:path}", api.article, name="article"),
        Route("/api/queue", api.queue, name="queue"),
    ]


def reply_view(reply: Reply) -> Json:
    """A reply document as JSON; `text` has all of its words, `labels` and `[1]` refer to the citations."""
    return {
        "number": reply.number,
        "status": reply.status.value,
        "text": "\n".join(block.text + block.call for block in reply.blocks),
        "blocks": [
            {
                "role": block.role.value,
                "text": block.text,
                "runs": [dataclasses.asdict(run) for run in block.runs],
                "labels": list(block.labels),
            }
            for block in reply.blocks
        ],
        "citations": [dataclasses.asdict(citation) for citation in reply.citations],
        "buttons": [dataclasses.asdict(button) for button in reply.buttons],
    }


@dataclass(frozen=True, slots=True)
class _Api:
    """What answers the requests."""

    site: Site

    # -- figures

    async def ask(self, request: Request) -> Response:
        """The answer to one question, whatever was asked before."""
        body = await body_of(request, bodies.AskBody)
        service, speaker = self.site.reception.service, _caller(request)
        answer, number = await self._served(
            lambda: service.ask(speaker, body.question), lambda done: done[0].status.value
        )
        return JSONResponse(answer_view(answer), headers={NUMBER: str(number)})

    async def check(self, request: Request) -> Response:
        """The verdicts on a draft."""
        body = await body_of(request, bodies.CheckBody)
        service, speaker = self.site.reception.service, _caller(request)
        checked, number = await self._served(
            lambda: service.check(speaker, body.text, sources=body.given(), published=body.published),
            lambda _: ReplyStatus.CHECKED.value,
        )
        return JSONResponse(checked_view(checked), headers={NUMBER: str(number)})

    async def _served(self, work: Callable[[], Result], status: Callable[[Result], str]) -> Result:
        """What comes of work at the desk, counted like the replies of a chat."""
        metrics = self.site.reception.metrics
        started, came = perf_counter(), "failed"
        try:
            done = await self._at_desk(work)
            came = status(done)
        except CrowdedError:
            came = ""  # no reply, and counted as refused
            raise
        except WenshuError:
            came = ReplyStatus.ERROR.value
            raise
        finally:
            if came:
                metrics.replies.labels(CHANNEL, came).inc()
                metrics.waited.labels(CHANNEL).observe(perf_counter() - started)
        return done

    async def _at_desk(self, work: Callable[[], Result]) -> Result:
        reception = self.site.reception
        try:
            return await reception.desk.run(work)
        except CrowdedError:
            reception.metrics.refused.labels(CHANNEL, "crowded").inc()
            raise

    # -- conversations

    async def chat(self, request: Request) -> Response:
        """The reply to a message: to a question, a follow-up, a draft, a command."""
        body = await body_of(request, bodies.ChatBody)
        reply = await self.site.reception.reply(Inbound(_of(body.conversation), body.text))
        return JSONResponse(reply_view(reply))

    async def press(self, request: Request) -> Response:
        """The reply to a button of a reply."""
        body = await body_of(request, bodies.PressBody)
        reply = await self.site.reception.press(_of(body.conversation), body.order)
        return JSONResponse(reply_view(reply))

    async def feedback(self, request: Request) -> Response:
        """Notes what is said of an answer."""
        body = await body_of(request, bodies.FeedbackBody)
        speaker = _caller(request) if body.conversation is None else _of(body.conversation)
        if not await run_in_threadpool(self._judged, speaker, body):
            raise RefusedError(Refusal(404, "no_answer", field="answer"))
        return JSONResponse({"recorded": True})

    def _judged(self, speaker: Speaker, body: bodies.FeedbackBody) -> bool:
        """Whether the answer was given to the speaker; then what they say of it is noted."""
        service = self.site.reception.service
        record = service.state.answer(body.answer)
        if record is None or record.speaker.room != speaker.room:
            return False
        talk = service.conversation(speaker)
        said = body.said.strip()
        orders.obey("/useful" if body.useful else "/wrong", orders.Order(talk, service.library, record, said))
        if not (body.useful or said):
            talk.note(AWAITING, "")  # what is right comes in a field of its own, not as the next message
        return True

    # -- articles

    async def articles(self, request: Request) -> Response:
        """Articles by title or source, newest first."""
        query = query_of(request, bodies.ArticlesQuery)
        heads, total = await run_in_threadpool(
            self.site.shelf.heads, query.q, most=query.limit, skip=query.offset
        )
        return JSONResponse({"total": total, "articles": [_head_view(head) for head in heads]})

    async def article(self, request: Request) -> Response:
        """One article with its text."""
        article = await run_in_threadpool(self.site.shelf.article, request.path_params["id"])
        return JSONResponse(_head_view(article) | {"text": article.text, "sha256": article.sha256})

    async def figures(self, request: Request) -> Response:
        """Every figure of an article, in the order of its text."""
        article_id: str = request.path_params["id"]
        raw: bytes = request.scope.get("raw_path") or b""
        if raw and not raw.partition(b"?")[0].endswith(_FIGURES.encode()):
            request.path_params["id"] = article_id + _FIGURES  # the slash is escaped: it belongs to the id
            return await self.article(request)
        ledger = await self._at_desk(lambda: list(self.site.shelf.ledger(article_id)))
        return JSONResponse({"figures": [ledger_view(article, figure) for article, figure in ledger]})

    # -- the desk

    async def queue(self, _: Request) -> Response:
        """How many answers are being worked on, and how many wait."""
        desk = self.site.reception.desk
        return JSONResponse({"running": desk.n_running, "waiting": desk.n_waiting})


def _caller(request: Request) -> Speaker:
    """One who holds no conversation, by address; none of them can be the name of a conversation."""
    address = address_of(request.scope)
    return Speaker(CHANNEL, address, address)


def _of(conversation: str) -> Speaker:
    return Speaker(CHANNEL, conversation, conversation)


def _head_view(article: Article) -> Json:
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "published": article.published,
        "url": article.url,
    }
