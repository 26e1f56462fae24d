"""Who is let in, and that whoever is not gets nothing."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sites import HOST, TOKEN, Got, close, make_site, n_kept, n_refused, send
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.app import ProblemPages, make_app
from bot.channels.web import guarding, sessions, words
from bot.channels.web.website import Site

JSON = ("content-type", "application/json")
FORM = ("content-type", "application/x-www-form-urlencoded")
FILE = ("content-type", "multipart/form-data; boundary=b")
OPEN = ("/healthz", "/readyz", "/login", "/static/a.css", "/telegram/webhook")
CLOSED = (
    "/",
    "/check",
    "/articles",
    "/api/ask",
    "/api/queue",
    "/openapi.json",
    "/metrics",
    "/nowhere",
    "/loginx",
    "/login/",
    "/static",
    "/healthz/x",
    "/telegram/webhook/x",
    "//login",
    "/LOGIN",
)


ASKED = "the question was 机密"


class Empty:
    """A shelf that nothing may be asked of."""

    fingerprint = "none"

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"reached the shelf: {name}")


async def _ok(request: Request) -> Response:
    return PlainTextResponse(f"{request.url.path} {len(await request.body())}")


async def _own_policy(_: Request) -> Response:
    return PlainTextResponse("fine", headers={"Content-Security-Policy": "default-src 'self'"})


async def _visit(request: Request) -> Response:
    return PlainTextResponse(sessions.speaker_of(request).user)


async def _broken(_: Request) -> Response:
    raise RuntimeError(ASKED)  # a trace quotes lines of code, so the word stands elsewhere


Make = Callable[..., tuple[ASGIApp, Site]]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    sites: list[Site] = []

    def made(**over: Any) -> tuple[ASGIApp, Site]:
        pages = over.pop("problem_pages", None)
        site = make_site(Empty(), tmp_path / str(len(sites)), **over)
        sites.append(site)
        sign_in = sessions.sign_in(site)

        async def signed(request: Request) -> Response:
            response = RedirectResponse("/", 303)
            sign_in(request, response)
            return response

        paths = ("/", "/check", "/articles", "/static/a.css")
        extra = [Route(path, _ok, methods=["GET", "POST"]) for path in paths]
        extra += [Route("/login", _ok), Route("/login", signed, methods=["POST"])]
        extra += [Route("/own", _own_policy), Route("/visit", _visit), Route("/broken", _broken)]
        extra += [Route("/api/broken", _broken)]
        webhooks = [Route("/telegram/webhook", _ok, methods=["GET", "POST"])]
        return make_app(site, seen=extra, webhooks=webhooks, problem_pages=pages), site

    yield made
    for site in sites:
        close(site)


# -- whose name


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "localhost:1", "[::1]:8080", "[::1]"])
async def test_the_names_of_the_site_are_let_in(make: Make, host: str):
    app, _ = make(hosts=("localhost", "::1"))
    assert (await send(app, "GET", "/api/queue", headers=[("host", host)])).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "localhost:x",
        "evil@localhost",
        "127.0.0.1",
        "[localhost]",
        "[::1",
        "localhost:",
    ],
)
async def test_another_name_is_not(make: Make, host: str):
    app, site = make(hosts=("localhost", "::1"))
    got = await send(app, "GET", "/api/queue", headers=[("host", host)])
    assert (got.status, got.code) == (421, "foreign_host")
    assert n_refused(site) == {("api", "foreign_host"): 1}


async def test_a_platform_may_call_us_by_the_name_of_a_proxy(make: Make):
    """Its calls are signed; one who has not set WENSHU_PUBLIC_URL would only see that the address is not accepted."""
    app, _ = make(hosts=("localhost",))
    host = [("host", "wenshu.example.org")]
    assert (await send(app, "POST", "/telegram/webhook", headers=host)).status == 200
    assert (await send(app, "GET", "/api/queue", headers=host)).status == 421


@pytest.mark.parametrize("hosts", [["a", "localhost"], [""], [" "]])
async def test_no_name_or_two_are_none(make: Make, hosts: list[str]):
    app, _ = make()
    got = await send(app, "GET", "/api/queue", headers=[("host", host) for host in hosts])
    assert (got.status, got.code) == (400, "bad_host")


async def test_a_probe_may_call_us_by_address(make: Make):
    app, _ = make(hosts=("localhost",))
    assert (await send(app, "GET", "/healthz", headers=[("host", "10.0.0.7:8080")])).status == 200


# -- how large


def _sized(path: str, kind: tuple[str, str], n_bytes: int, claimed: int | None = None) -> dict[str, Any]:
    piece = 64 * 1024
    sizes = [piece] * (n_bytes // piece) + [n_bytes % piece]
    headers = [kind] if claimed is None else [kind, ("content-length", str(claimed))]
    return {"method": "POST", "target": path, "headers": headers, "chunks": [b"x" * size for size in sizes]}


MB = 1024 * 1024


@pytest.mark.parametrize(
    "case",
    [
        ("/check", FORM, MB, 200),
        ("/check", FORM, MB + 1, 413),
        ("/check", FILE, 20 * MB, 200),
        ("/check", FILE, 20 * MB + 1, 413),
        ("/", FILE, MB + 1, 413),
        ("/telegram/webhook", JSON, MB + 1, 413),
    ],
)
@pytest.mark.parametrize("claim", ["none", "true", "lie"])
async def test_a_body_has_a_size(make: Make, case: tuple[str, tuple[str, str], int, int], claim: str):
    app, site = make()
    path, kind, n_bytes, status = case
    claimed = {"none": None, "true": n_bytes, "lie": 10}[claim]
    got = await send(app, **_sized(path, kind, n_bytes, claimed))
    assert got.status == status
    assert n_refused(site) == ({} if status == 200 else {("web", "too_large"): 1})
    if status == 413:
        assert got.body.decode() == words.REFUSED["too_large"] + "\n"


async def test_no_more_is_read_than_may_be(make: Make):
    app, _ = make()
    n_read = 0

    async def receive() -> dict[str, Any]:
        nonlocal n_read
        n_read += 1
        assert n_read <= 18, "goes on reading"
        return {"type": "http.request", "body": b"[" * (64 * 1024), "more_body": True}

    sent = []

    async def collect(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/ask", "raw_path": b"/api/ask"}
    scope |= {
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"a"), (b"content-type", b"application/json")],
    }
    await app(scope, receive, collect)
    assert sent[0]["status"] == 413


@pytest.mark.parametrize("claimed", ["-1", "1e3", "", "１２", "0x10", "10, 10"])
async def test_a_length_is_a_number(make: Make, claimed: str):
    app, _ = make()
    got = await send(app, "POST", "/api/ask", headers=[JSON, ("content-length", claimed)])
    assert (got.status, got.code) == (400, "bad_length")


async def test_a_length_beyond_all_numbers_is_too_large(make: Make):
    app, _ = make()
    got = await send(app, "POST", "/api/ask", headers=[JSON, ("content-length", "9" * 10_000)])
    assert (got.status, got.code) == (413, "too_large")


# -- how many


async def test_an_address_has_its_rate(make: Make):
    app, site = make(address_per_minute=3)
    assert [(await send(app, "GET", "/api/queue")).status for _ in range(5)] == [200, 200, 200, 429, 429]
    got = await send(app, "GET", "/api/queue")
    assert got.code == "too_fast"
    assert 58 <= int(got.headers["retry-after"]) <= 60
    assert (await send(app, "GET", "/healthz")).status == 200
    assert (await send(app, "GET", "/api/queue", address="10.0.0.2")).status == 200
    assert n_refused(site) == {("api", "too_fast"): 3}


async def test_wrong_tokens_count_too(make: Make):
    app, _ = make(address_per_minute=2, token=TOKEN)
    wrong = [("authorization", "Bearer wrong-wrong-wrong")]
    statuses = [(await send(app, "GET", "/api/queue", headers=wrong)).status for _ in range(3)]
    assert statuses == [401, 401, 429]
    right = [("authorization", f"Bearer {TOKEN}")]
    assert (await send(app, "GET", "/api/queue", headers=right)).status == 429


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("10.0.0.1", 5), "10.0.0.1"),
        (("2001:db8:1:2:3:4:5:6", 5), "2001:db8:1:2::"),
        (("2001:db8:1:2:ffff::9", 5), "2001:db8:1:2::"),
        (("fe80::1%eth0", 5), "fe80::"),
        (("::ffff:10.0.0.1", 5), "10.0.0.1"),
        (("a-socket", 0), "a-socket"),
        (None, "?"),
    ],
)
def test_an_address(client: object, address: str):
    assert guarding.address_of({"client": client}) == address


# -- who


@pytest.mark.parametrize("path", CLOSED)
async def test_the_unsigned_get_nothing(make: Make, path: str):
    app, site = make(token=TOKEN)
    got = await send(app, "GET", path)
    if path.startswith("/api") or path in {"/openapi.json", "/metrics"}:
        assert (got.status, got.code) == (401, "unsigned")
        assert got.headers["www-authenticate"] == 'Bearer realm="wenshu"'
    else:
        assert got.status == 303
        assert got.body == b""
        assert got.headers["location"].startswith("/login?next=%2F")
    assert sum(n_refused(site).values()) == 1
    assert set(n_kept(site).values()) == {0}


@pytest.mark.parametrize("path", OPEN)
async def test_what_is_open_is_open(make: Make, path: str):
    app, _ = make(token=TOKEN)
    assert (await send(app, "GET", path)).status == 200


@pytest.mark.parametrize("shown", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN} "])
async def test_the_token_opens(make: Make, shown: str):
    app, _ = make(token=TOKEN)
    assert (await send(app, "GET", "/api/queue", headers=[("authorization", shown)])).status == 200


@pytest.mark.parametrize(
    "shown",
    [
        *("", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"),
        *(f"Bearer {TOKEN.upper()}", "Bearer 令牌令牌令牌令牌令牌令牌", f"Bearer {TOKEN} {TOKEN}"),
    ],
)
async def test_another_token_does_not(make: Make, shown: str):
    app, _ = make(token=TOKEN)
    assert (await send(app, "GET", "/api/queue", headers=[("authorization", shown)])).status == 401


async def test_two_tokens_are_none(make: Make):
    app, _ = make(token=TOKEN)
    both = [("authorization", f"Bearer {TOKEN}")] * 2
    assert (await send(app, "GET", "/api/queue", headers=both)).status == 401


async def test_a_token_may_be_chinese(make: Make):
    token = "令牌" * 10
    app, _ = make(token=token)
    assert (
        await send(app, "GET", "/api/queue", headers=[("authorization", f"Bearer {token}")])
    ).status == 200


async def test_one_who_has_logged_in_is_known(make: Make):
    app, _ = make(token=TOKEN, public_url="https://wenshu.example")
    (cookie,) = (await send(app, "POST", "/login")).cookies
    assert {"HttpOnly", "Secure", "SameSite=lax"} <= set(cookie.split("; "))
    assert TOKEN not in cookie
    pair = cookie.partition(";")[0]
    assert (await send(app, "GET", "/", headers=[("cookie", pair)])).status == 200
    for forged in (
        pair[:-1] + ("0" if pair[-1] != "0" else "1"),
        pair.replace("=", "=9", 1),
        "wenshu_session=",
    ):
        assert (await send(app, "GET", "/", headers=[("cookie", forged)])).status == 303


def test_a_signature_is_of_one_token_and_time():
    value = sessions.sign(TOKEN, now=1000.0)
    end = 1000 + sessions.SESSION_SECONDS
    assert sessions.is_signed(value, TOKEN, now=end - 1.0)
    assert not sessions.is_signed(value, TOKEN, now=float(end))
    assert not sessions.is_signed(value, TOKEN + "x", now=1000.0)
    assert not sessions.is_signed(value.replace(str(end), str(end + 9)), TOKEN, now=1000.0)
    assert sessions.sign(TOKEN, now=1000.0) != value


@pytest.mark.parametrize(
    ("target", "onward"),
    [
        ("/articles", "/articles"),
        ("/articles/a%2Fb?start=1&end=2", "/articles/a/b?start=1&end=2"),
        ("//evil.example/x", "/evil.example/x"),
        ("/%5Cevil.example", "/%5Cevil.example"),
        ("/a%0D%0ASet-Cookie:x=1", "/a%0D%0ASet-Cookie%3Ax%3D1"),
        ("/?q=%E7%A7%91&x=%0A", "/?q=%E7%A7%91&x=%0A"),
    ],
)
async def test_after_the_door_comes_what_was_asked_for(make: Make, target: str, onward: str):
    from urllib.parse import parse_qs, urlsplit

    app, _ = make(token=TOKEN)
    where = urlsplit((await send(app, "GET", target)).headers["location"])
    assert (where.scheme, where.netloc, where.path) == ("", "", "/login")
    assert parse_qs(where.query) == {"next": [onward]}


async def test_a_form_of_an_unknown_leads_to_the_door_alone(make: Make):
    app, _ = make(token=TOKEN)
    assert (await send(app, "POST", "/?q=x", headers=[FORM])).headers["location"] == "/login"


# -- whose page


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": f"http://{HOST}"}, 200),
        ({"origin": f"https://{HOST}"}, 200),
        ({"origin": "https://wenshu.example"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://localhost:9"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "origin": f"http://{HOST}"}, 403),
        ({"sec-fetch-site": "odd"}, 403),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_form_comes_from_our_own_page(make: Make, headers: dict[str, str], status: int, method: str):
    app, site = make(public_url="https://wenshu.example/")
    got = await send(app, method, "/", headers=[FORM, *headers.items()])
    assert got.status == (405 if method == "PUT" and status == 200 else status)
    assert n_refused(site) == ({} if status == 200 else {("web", "foreign_origin"): 1})


async def test_without_a_public_address_no_empty_origin_is_ours(make: Make):
    app, _ = make()
    assert (await send(app, "POST", "/", headers=[FORM, ("origin", "")])).status == 403


async def test_a_link_from_elsewhere_may_be_followed(make: Make):
    app, _ = make()
    assert (await send(app, "GET", "/", headers=[("sec-fetch-site", "cross-site")])).status == 200


# -- what every response says


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/static/a.css", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/broken", 500),
        ("GET", "/api/broken", 500),
        ("PATCH", "/api/ask", 405),
        ("GET", "/api/nowhere", 404),
        ("GET", "/healthz", 200),
    ],
)
async def test_every_response_has_its_headers(make: Make, method: str, target: str, status: int):
    app, _ = make()
    got = await send(app, method, target)
    assert got.status == status
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in got.headers["content-security-policy"]
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["referrer-policy"] == "same-origin"
    assert got.headers.get("cache-control") == (None if target.startswith("/static/") else "no-store")


async def test_those_turned_away_have_them_too(make: Make):
    app, _ = make(hosts=("other",))
    assert "content-security-policy" in (await send(app, "GET", "/")).headers


async def test_a_response_keeps_its_own_policy(make: Make):
    app, _ = make()
    assert (await send(app, "GET", "/own")).headers["content-security-policy"] == "default-src 'self'"


@pytest.mark.parametrize("path", ["/broken", "/api/broken"])
async def test_what_nobody_foresaw_is_told_without_details(
    make: Make, path: str, caplog: pytest.LogCaptureFixture
):
    app, _ = make()
    got = await send(app, "GET", path)
    assert got.status == 500
    assert "机密" not in got.body.decode()
    assert "Error" not in got.body.decode()
    assert "RuntimeError" in caplog.text
    assert "_broken" in caplog.text
    assert "机密" not in caplog.text


async def test_pages_have_their_own_problem_pages(make: Make):
    def page(name: str) -> Callable[[Request, Exception], Response]:
        return lambda _, __: PlainTextResponse(name, 418)

    app, _ = make(problem_pages=ProblemPages(page("refused"), page("mended"), page("failed")))
    assert (await send(app, "GET", "/nowhere")).body == b"refused"
    assert (await send(app, "GET", "/broken")).body == b"failed"
    assert (await send(app, "GET", "/api/nowhere")).code == "not_found"
    assert (await send(app, "GET", "/api/broken")).code == "unforeseen"


async def test_a_socket_is_closed(make: Make):
    app, _ = make()
    sent = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def collect(message: Any) -> None:
        sent.append(message)

    await app({"type": "websocket", "path": "/", "headers": []}, receive, collect)
    assert sent == [{"type": "websocket.close", "code": 1008}]


async def test_one_who_leaves_early_is_no_error(make: Make, caplog: pytest.LogCaptureFixture):
    app, _ = make()

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    sent = []

    async def collect(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/ask", "raw_path": b"/api/ask"}
    scope |= {
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"a"), (b"content-type", b"application/json")],
    }
    await app(scope, receive, collect)
    assert sent == []
    assert caplog.text == ""


# -- visitors


async def test_a_browser_is_told_its_name_once(make: Make):
    app, _ = make()
    first: Got = await send(app, "GET", "/visit")
    (cookie,) = first.cookies
    assert {"HttpOnly", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert cookie.startswith(f"wenshu_visitor={first.body.decode()};")
    again = await send(app, "GET", "/visit", headers=[("cookie", cookie.partition(";")[0])])
    assert (again.body, again.cookies) == (first.body, [])
    assert (await send(app, "GET", "/")).cookies == [], "nobody asked who it is"


@pytest.mark.parametrize(
    "value", ["", "x", "A" * 32, "a" * 31, "a" * 33, "../../etc", "ａ" * 32, '"' + "a" * 32]
)
async def test_a_malformed_name_is_replaced(make: Make, value: str):
    app, _ = make(public_url="https://wenshu.example")
    got = await send(app, "GET", "/visit", headers=[("cookie", f"wenshu_visitor={value}")])
    (cookie,) = got.cookies
    assert "Secure" in cookie
    assert got.body.decode() != value
    assert len(got.body) == 32


async def test_many_at_once_are_told_apart(make: Make):
    app, _ = make()
    came = await asyncio.gather(*(send(app, "GET", "/visit") for _ in range(50)))
    assert len({got.body for got in came}) == 50


# -- with a real server


@pytest.fixture
def server(make: Make) -> Iterator[int]:
    """The port of a server of ours."""
    app, _ = make()
    running = uvicorn.Server(uvicorn.Config(app, port=0, ws="none", log_level="warning", lifespan="off"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield running.servers[0].sockets[0].getsockname()[1]
    running.should_exit = True
    thread.join()


def over_the_wire(port: int, *pieces: bytes) -> bytes:
    """What a server answers to pieces sent one after the other, until it hangs up."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        with contextlib.suppress(ConnectionError):  # it may hang up while we still send
            for piece in pieces:
                wire.sendall(piece)
        with contextlib.suppress(ConnectionError):
            while piece := wire.recv(65_536):
                got += piece
    return got


def test_a_body_in_chunks_is_cut_off(server: int):
    head = b"POST /api/ask HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"[" * 0x10000 + b"\r\n"
    got = over_the_wire(server, head, *[chunk] * 17)
    assert got.startswith(b"HTTP/1.1 413 ")
    assert b'"too_large"' in got


def test_a_claimed_length_is_enough_to_be_turned_away(server: int):
    head = b"POST /api/ask HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n"
    got = over_the_wire(server, head, b"{")
    assert got.startswith(b"HTTP/1.1 413 ")


def test_what_is_no_http_is_turned_away(server: int):
    for rubbish in (
        b"\x00\x01\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ):
        got = over_the_wire(server, rubbish)
        assert got == b"" or got.startswith(b"HTTP/1.1 400 ")
