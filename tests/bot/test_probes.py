"""Whether we run, whether we can answer, how it goes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sites import TOKEN, close, make_site, send
from starlette.types import ASGIApp

from bot.app import make_app

Make = Callable[..., ASGIApp]
SIGNED = [("authorization", f"Bearer {TOKEN}")]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    sites = []

    def made(**over: Any) -> ASGIApp:
        sites.append(make_site(None, tmp_path / str(len(sites)), **over))  # type: ignore[arg-type]
        return make_app(sites[-1])

    yield made
    for site in sites:
        close(site)


def broken() -> tuple[str, ...]:
    raise OSError("/srv/secret")


async def test_it_runs(make: Make):
    got = await send(make(not_ready=broken), "GET", "/healthz")
    assert (got.status, got.body) == (200, b"ok\n")


async def test_it_can_answer(make: Make):
    got = await send(make(), "GET", "/readyz")
    assert (got.status, got.json()) == (200, {"ready": True, "missing": []})


async def test_what_is_missing_is_named(make: Make):
    got = await send(make(token=TOKEN, not_ready=lambda: ["catalog", "state"]), "GET", "/readyz")
    assert (got.status, got.json()) == (503, {"ready": False, "missing": ["catalog", "state"]})
    assert got.headers["retry-after"] == "5"


async def test_one_who_can_t_tell_is_not_ready(make: Make):
    got = await send(make(not_ready=broken), "GET", "/readyz")
    assert got.status == 500
    assert "secret" not in got.body.decode()


async def test_the_counters_are_for_those_with_the_token(make: Make):
    app = make(token=TOKEN)
    assert (await send(app, "GET", "/metrics")).status == 401
    got = await send(app, "GET", "/metrics", headers=SIGNED)
    assert got.status == 200
    assert got.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b'wenshu_refused_total{channel="api",why="unsigned"} 1.0' in got.body
    assert (await send(make(), "GET", "/metrics")).status == 200
