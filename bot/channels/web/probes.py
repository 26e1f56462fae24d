"""Whether we run, whether we can answer, and how it goes: for the machines that watch over us."""

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.web.website import Site
from bot.metrics import CONTENT_TYPE

_RETRY_SECONDS = "5"


def routes(site: Site) -> list[BaseRoute]:
    """The probes of a site."""
    probes = _Probes(site)
    return [
        Route("/healthz", probes.healthz),
        Route("/readyz", probes.readyz),
        Route("/metrics", probes.metrics),
    ]


@dataclass(frozen=True, slots=True)
class _Probes:
    site: Site

    async def healthz(self, _: Request) -> Response:
        """Fine as long as the loop comes round to say so."""
        return PlainTextResponse("ok\n")

    async def readyz(self, _: Request) -> Response:
        """Fine if nothing is missing, else the names of what is."""
        missing = list(await run_in_threadpool(self.site.not_ready))
        if missing:
            headers = {"Retry-After": _RETRY_SECONDS}
            return JSONResponse({"ready": False, "missing": missing}, 503, headers)
        return JSONResponse({"ready": True, "missing": []})

    async def metrics(self, _: Request) -> Response:
        """The counters, in Prometheus' text format."""
        return Response(self.site.reception.metrics.text(), headers={"Content-Type": CONTENT_TYPE})
