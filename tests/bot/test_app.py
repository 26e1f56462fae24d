"""The whole application: pages, API and guard as they are served."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sites import HOST, TOKEN, Got, close, make_site, n_kept, send
from starlette.types import ASGIApp

from bot.app import whole_app
from bot.channels.web.website import Site
from knowledge.build import Wenshu, bundled, open_wenshu
from knowledge.errors import StorageError
from knowledge.settings import Settings

QUESTION = "科创投累计投资多少"
FORM = ("content-type", "application/x-www-form-urlencoded")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wenshu]:
    wenshu = open_wenshu(Settings(home=tmp_path_factory.mktemp("library")))
    wenshu.ingest([bundled("seeds")], dense="none")
    yield wenshu
    wenshu.close()


@pytest.fixture
def make(library: Wenshu, tmp_path: Path) -> Iterator[Callable[..., tuple[ASGIApp, Site]]]:
    sites: list[Site] = []

    def made(**over: Any) -> tuple[ASGIApp, Site]:
        shelf = over.pop("shelf", library)
        sites.append(make_site(shelf, tmp_path / str(len(sites)), **over))
        return whole_app(sites[-1]), sites[-1]

    yield made
    for site in sites:
        close(site)


async def submit(app: ASGIApp, target: str, *cookies: str, **fields: str) -> Got:
    headers = [FORM, ("origin", f"http://{HOST}"), ("cookie", "; ".join(cookies))]
    return await send(app, "POST", target, headers=headers, chunks=[urlencode(fields).encode()])


def pair(cookie: str) -> str:
    return cookie.partition(";")[0]


async def test_a_visitor_s_conversation_is_their_own(make: Any):
    app, _ = make()
    got = await submit(app, "/", q=QUESTION)
    assert got.status == 303
    (visitor,) = map(pair, got.cookies)
    mine = await send(app, "GET", "/", headers=[("cookie", visitor)])
    assert "23.26亿元" in mine.body.decode()
    assert "23.26亿元" not in (await send(app, "GET", "/")).body.decode()


async def test_through_the_door(make: Any):
    app, site = make(token=TOKEN)
    got = await send(app, "GET", "/articles?q=x")
    assert got.status == 303
    door = await send(app, "GET", got.headers["location"])
    assert door.status == 200
    assert 'value="/articles?q=x"' in door.body.decode()
    wrong = await submit(app, "/login", token=TOKEN + "x", next="/articles")
    assert (wrong.status, wrong.cookies) == (403, [])
    assert set(n_kept(site).values()) == {0}
    right = await submit(app, "/login", token=TOKEN, next="//evil.example")
    assert (right.status, right.headers["location"]) == (303, "/")
    (session,) = map(pair, right.cookies)
    assert (await send(app, "GET", "/articles", headers=[("cookie", session)])).status == 200
    assert (await send(app, "GET", "/api/queue", headers=[("cookie", session)])).status == 200
    assert (await send(app, "GET", "/articles")).status == 303


async def test_the_door_needs_nothing_from_behind_it(make: Any):
    app, _ = make(token=TOKEN)
    page = (await send(app, "GET", "/login")).body.decode()
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert files
    for file in files:
        assert (await send(app, "GET", file)).status == 200


@pytest.mark.parametrize("target", ["/", "/check", "/articles", "/login", "/nowhere"])
async def test_pages_hold_nothing_that_their_policy_bars(make: Any, target: str):
    app, _ = make(token=None if target != "/login" else TOKEN)
    got = await send(app, "GET", target)
    assert got.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    page = got.body.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)", page)


@pytest.mark.parametrize(
    ("target", "status"), [("/nowhere", 404), ("/articles/nowhere", 404), ("/press", 405)]
)
async def test_a_browser_gets_a_page_and_a_program_json(make: Any, target: str, status: int):
    app, _ = make()
    got = await send(app, "GET", target)
    assert got.status == status
    assert got.headers["content-type"].startswith("text/html")
    assert (await send(app, "GET", "/api" + target)).code in {"not_found", "no_article", "wrong_method"}


class Full:
    """Articles on a full disk."""

    fingerprint = "none"

    def __getattr__(self, _: str) -> Any:
        def refuse(*_: Any, **__: Any) -> None:
            raise StorageError("/secret/place: no room", item="/secret/place", code="storage")

        return refuse


@pytest.mark.parametrize("target", ["/", "/articles", "/articles/x", "/api/articles"])
async def test_a_visitor_is_not_told_where_files_are(make: Any, target: str):
    app, _ = make(shelf=Full())
    got = await send(app, "GET", target)
    assert got.status == 503
    assert got.headers["retry-after"].isdecimal()
    assert "secret" not in got.body.decode()
