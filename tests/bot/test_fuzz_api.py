"""Requests that nobody means well: made from our own OpenAPI document, and out of thin air.

Whatever comes, the answer is JSON, tells nothing of this machine, is no failure of ours; and a request that is
turned away leaves nothing behind.
"""

import asyncio
import dataclasses
import gc
import itertools
import json
import os
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as of_openapi
from sites import TOKEN, Got, close, make_site, n_kept, send
from starlette.types import ASGIApp

from bot.app import make_app, whole_app
from bot.channels.web import openapi
from bot.channels.web.website import Site
from knowledge.build import Wenshu, bundled, open_wenshu
from knowledge.settings import Settings

SOAK = os.environ.get("WENSHU_SOAK") == "1"
ROOT = str(Path(__file__).resolve().parents[2])
OPERATIONS = [operation.name for operation in openapi.OPERATIONS]
TELL_TALES = ("Traceback", 'File "', ".py", "site-packages", ROOT, "/home/", "/tmp/")  # noqa: S108 -- looked for

N_PER_OPERATION = 700 if SOAK else 12
"""Of each mode; nine operations, two modes."""

N_GARBAGE = 10_000 if SOAK else 200


def examples(most: int) -> settings:
    """So many, the same ones on every quick run."""
    return settings(
        max_examples=most,
        deadline=None,
        database=None,
        derandomize=not SOAK,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wenshu]:
    wenshu = open_wenshu(Settings(home=tmp_path_factory.mktemp("library")))
    wenshu.ingest([bundled("seeds")], dense="none")
    yield wenshu
    wenshu.close()


@pytest.fixture
def site(library: Wenshu, tmp_path: Path) -> Iterator[Site]:
    made = make_site(library, tmp_path)
    yield made
    close(made)


@pytest.fixture
def app(site: Site) -> ASGIApp:
    return make_app(site)


def n_failed(site: Site) -> int:
    """How many conversations ended in an apology, which is no failure to HTTP."""
    samples = (each for metric in site.reception.metrics.replies.collect() for each in metric.samples)
    return int(
        sum(
            each.value
            for each in samples
            if each.labels["status"] == "failed" and each.name.endswith("_total")
        )
    )


# -- from the document


CHECKS = [
    checks.not_a_server_error,
    *(
        of_openapi.status_code_conformance,
        of_openapi.content_type_conformance,
    ),
    of_openapi.response_schema_conformance,
    *(
        of_openapi.response_headers_conformance,
        of_openapi.negative_data_rejection,
    ),
    of_openapi.positive_data_acceptance,
]
LENIENT = [check for check in CHECKS if check is not of_openapi.positive_data_acceptance]
"""JSON Schema calls 1.0 an integer and a blank a text; we don't."""


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("name", OPERATIONS)
def test_requests_made_from_the_document(app: ASGIApp, site: Site, name: str, mode: GenerationMode):
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    (operation,) = (
        each.ok() for each in schema.get_all_operations() if each.ok().definition.raw["operationId"] == name
    )
    statuses: Counter[int] = Counter()

    @examples(N_PER_OPERATION)
    @given(operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        before = n_kept(site)
        response = case.call()
        statuses[response.status_code] += 1
        case.validate_response(response, checks=LENIENT if name in {"feedback", "check", "ask"} else CHECKS)
        assert not [each for each in TELL_TALES if each in response.text]
        if response.status_code >= 400:
            assert n_kept(site) == before

    try:
        one()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE
        assert name in {"article", "figures", "queue"}, "any text is an id, and a queue has no parameters"
        return
    assert statuses, "nothing was sent"
    assert {"positive": 200, "negative": 400}[mode.value] in statuses or name in {
        "article",
        "figures",
        "feedback",
    }
    assert n_failed(site) == 0


# -- out of thin air


SOME_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, 10**400, -(10**400), 2**63, 2**64])
    | st.floats()
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("question", "conversation", "text", "order", "sources", "published", "answer", "useful", "said")
NEAR = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(["a", "x", "科创投累计投资多少", "/context 1 1", 1, True]) | SOME_JSON
        for name in NAMES
    },
)


def nested(n: int, opening: bytes, closing: bytes) -> bytes:
    return b'{"question": ' + opening * n + b"1" + closing * n + b"}"


# As a client may write it: NaN, halves of surrogate pairs escaped and all.
WRITTEN = (NEAR | SOME_JSON).map(lambda view: json.dumps(view).encode())
BODIES = (
    WRITTEN
    | WRITTEN.flatmap(lambda body: st.integers(0, len(body)).map(lambda cut: body[:cut]))
    | st.binary(max_size=64)
    | st.text(max_size=64).map(lambda text: text.encode("utf-16"))
    | st.sampled_from(
        [
            *(nested(100_000, b"[", b"]"), nested(50_000, b'{"a":', b"}"), b"[" * 900_000),
            *(
                b'{"question": "\\ud800", "text": "\\udc00"}',
                b'{"question": "a\x00b"}',
                b'{"question": "a\\u0000b"}',
            ),
            *(
                b'{"text": "\xed\xa0\x80"}',
                b'{"answer": ' + b"9" * 5_000 + b', "useful": true}',
                b"\xef\xbb\xbf{}",
            ),
            *(b'{"answer": 1e999, "useful": true}', b'{"question": "' + b"x" * 1_048_576 + b'"}'),
            b'{"conversation": "a", "text": "/article \xef\xbc\x91\xef\xbc\x92", "order": "/more 1"}',
        ]
    )
)
PATHS = st.sampled_from([each.path.replace("{id}", "x") for each in openapi.OPERATIONS]) | st.sampled_from(
    [
        "/api/articles/%2e%2e%2f%2e%2e",
        "/api/articles/%00",
        "/api//ask",
        "/api/ask/",
        "/api/%61sk",
        "/api",
    ]
)
TARGETS = st.builds(
    lambda path, more, query: path + more + query,
    PATHS,
    st.just("") | st.binary(max_size=8).map(lambda tail: "/" + quote_from_bytes(tail)),
    st.just("")
    | st.binary(max_size=12).map(lambda tail: "?" + quote_from_bytes(tail, safe="&=%+;"))
    | st.sampled_from(
        ["?limit=-1", "?limit=1e9", "?offset=" + "9" * 400, "?q=%ED%A0%80", "?q=%00", "?limit=%D9%A3"]
    ),
)
METHODS = st.sampled_from(
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "B"]
)
JSON = st.just("application/json")
TYPES = (
    JSON
    | JSON
    | JSON
    | st.sampled_from(
        [
            "",
            "text/plain",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "application/json;;;",
            "a/b",
            "\xff",
        ]
    )
)
ODD_HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "cookie",
                "authorization",
                "origin",
                "x-forwarded-for",
                "range",
                "accept",
                "expect",
                "content-encoding",
            ]
        ),
        st.binary(max_size=24)
        | st.sampled_from([b"wenshu_visitor=", b"wenshu_session=1.a.b", b"Bearer \xff", b"null"]),
    ),
    max_size=3,
)


AIMED = st.sampled_from(
    [(each.method.upper(), each.path.replace("{id}", "x")) for each in openapi.OPERATIONS]
)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    body = draw(BODIES)
    cut = draw(st.integers(0, len(body)))
    # `Latin-1`, as no header is anything else on the wire.
    headers = [("content-type", draw(TYPES).encode("latin-1")), *draw(ODD_HEADERS)]
    method, target = draw(AIMED | AIMED | AIMED | st.tuples(METHODS, TARGETS))
    return {
        "method": method,
        "target": target,
        "headers": headers,
        "chunks": [body[:cut], body[cut:]],
    }


def is_sound(got: Got) -> None:
    assert got.status < 500 or (got.status == 503 and got.headers["retry-after"].isdecimal()), got
    told = got.json()
    assert isinstance(told, dict)
    if got.status >= 400:
        assert set(told) == {"error"}
        assert {"code", "message"} <= set(told["error"]) <= {"code", "message", "field"}
    text = got.body.decode()
    assert not [each for each in TELL_TALES if each in text]
    assert "content-security-policy" in got.headers


def test_garbage(app: ASGIApp, site: Site):
    statuses: Counter[int] = Counter()
    with asyncio.Runner() as runner:

        @examples(N_GARBAGE)
        @given(requests())
        def one(request: dict[str, Any]) -> None:
            before = n_kept(site)
            got = runner.run(send(app, **request))
            statuses[got.status] += 1
            is_sound(got)
            if got.status >= 400:
                assert n_kept(site) == before

        one()
    assert {200, 400, 403, 404, 405, 415} <= set(statuses), statuses
    assert n_failed(site) == 0


def test_garbage_without_the_token_gets_nothing(library: Wenshu, tmp_path: Path):
    site = make_site(library, tmp_path, token=TOKEN)
    app = make_app(site)
    with asyncio.Runner() as runner:

        @examples(N_GARBAGE // 4)
        @given(requests())
        def one(request: dict[str, Any]) -> None:
            got = runner.run(send(app, **request))
            assert (got.status, got.code) == (401, "unsigned")

        one()
    assert set(n_kept(site).values()) == {0}
    close(site)


PAGES = st.sampled_from(
    [
        *(("GET", "/"), ("POST", "/"), ("POST", "/press"), ("GET", "/check"), ("POST", "/check")),
        *(
            ("GET", "/articles"),
            ("GET", "/articles/x"),
            ("GET", "/login"),
            ("POST", "/login"),
            ("GET", "/readyz"),
        ),
    ]
)
FIELDS = st.dictionaries(
    st.sampled_from(
        ["q", "order", "said", "token", "next", "text", "file", "answer", "page", "start", "end", "pressed"]
    ),
    st.text(max_size=20)
    | st.sampled_from(
        ["/context 1 1", "/wrong 1", "9" * 400, "-1", "\0", "//evil.example", "核对：投资23.62亿元", "\u0661"]
    ),
    max_size=4,
).map(lambda fields: urlencode(fields).encode())
PARTS = st.builds(
    lambda name, file, content: (
        b'--b\r\nContent-Disposition: form-data; name="'
        + name
        + b'"; filename="'
        + file
        + b'"\r\n\r\n'
        + content
        + b"\r\n--b--\r\n"
    ),
    st.sampled_from([b"file", b"text", b"q", b"x"]),
    st.sampled_from(
        [b"a.docx", b"a.pdf", b"../../a.txt", b"", b"a.exe", b"\xff.txt", b"a.txt.xz", b"a\x00.txt"]
    ),
    st.binary(max_size=64) | st.sampled_from([b"PK\x03\x04", b"%PDF-1.4", "投资23.62亿元。".encode("gbk")]),
)
FORMS = (
    st.tuples(st.just("application/x-www-form-urlencoded"), FIELDS)
    | st.tuples(st.just("multipart/form-data; boundary=b"), PARTS | st.binary(max_size=64))
    | st.tuples(TYPES, BODIES)
)


def test_garbage_to_the_pages(library: Wenshu, tmp_path: Path):
    site = make_site(library, tmp_path)
    app = whole_app(site)
    statuses: Counter[int] = Counter()
    with asyncio.Runner() as runner:

        @examples(N_GARBAGE)
        @given(
            PAGES, FIELDS | st.binary(max_size=12).map(quote_from_bytes).map(str.encode), FORMS, ODD_HEADERS
        )
        def one(page: tuple[str, str], query: bytes, form: tuple[str, bytes], more: list[Any]) -> None:
            method, path = page
            headers = [("content-type", form[0].encode("latin-1")), *more]
            target = path + "?" + query.decode()
            got = runner.run(send(app, method, target, headers=headers, chunks=[form[1]]))
            statuses[got.status] += 1
            assert got.status < 500, (got.status, got.body.decode())
            assert not [each for each in TELL_TALES if each in got.body.decode()]
            assert "evil.example" not in got.headers.get("location", "")

        one()
    assert {200, 303, 400, 403} <= set(statuses), statuses
    assert n_failed(site) == 0
    close(site)


# -- and leave nothing behind


REFUSED = (
    {
        "method": "POST",
        "target": "/api/ask",
        "headers": [("content-type", "application/json")],
        "chunks": [b"{"],
    },
    {"method": "POST", "target": "/api/ask", "headers": [], "chunks": [b"x" * 2_000_000]},
    {"method": "POST", "target": "/api/check", "view": {"text": "x", "sources": [5]}},
    {"method": "POST", "target": "/api/feedback", "view": {"answer": 99, "useful": True}},
    {"method": "POST", "target": "/api/chat", "view": {"conversation": "a b", "text": "x"}},
    {"method": "PUT", "target": "/api/ask"},
    {"method": "GET", "target": "/api/articles?limit=x"},
    {"method": "GET", "target": "/api/articles/nowhere"},
    {"method": "GET", "target": "/nowhere", "headers": [("cookie", "wenshu_visitor=x")]},
    {"method": "POST", "target": "/", "headers": [("origin", "https://evil.example")]},
    {"method": "GET", "target": "/", "headers": [("host", "")]},
)


class Open:
    """Lets everybody in: what a guard counts is bounded by its own limits, and here would drown what is looked for."""

    def admit_address(self, _: str) -> int:
        return 0


def test_refused_requests_take_no_memory(site: Site):
    n_requests, bound = (20_000, 64_000) if SOAK else (600, 64_000)
    site = dataclasses.replace(site, reception=dataclasses.replace(site.reception, guard=Open()))
    app = make_app(site)

    async def many(most: int) -> None:
        for number, request in zip(range(most), itertools.cycle(REFUSED), strict=False):
            got = await send(app, **request, address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
            assert 400 <= got.status < 500

    with asyncio.Runner() as runner:
        runner.run(many(300))
        tracemalloc.start()
        try:
            runner.run(many(100))
            gc.collect()
            before, _ = tracemalloc.get_traced_memory()
            runner.run(many(n_requests))
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert after - before < bound, f"{after - before} bytes more after {n_requests} requests"
    assert set(n_kept(site).values()) == {0}
