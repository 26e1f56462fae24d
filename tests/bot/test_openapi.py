"""The API's document says of every route what it is sent and what it answers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sites import TOKEN, close, make_site, send
from starlette.routing import Route

from bot.app import make_app
from bot.channels.web import api, bodies, openapi, words
from bot.channels.web.website import Site

DOCUMENT = openapi.document()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = make_site(None, tmp_path, token=TOKEN)  # type: ignore[arg-type]
    yield made
    close(made)


async def test_it_is_served_to_those_with_the_token(site: Site):
    app = make_app(site)
    assert (await send(app, "GET", "/openapi.json")).status == 401
    got = await send(app, "GET", "/openapi.json", headers=[("authorization", f"Bearer {TOKEN}")])
    assert got.json() == DOCUMENT


def test_every_route_is_in_it(site: Site):
    routed = {
        (re.sub(r":\w+}", "}", route.path), method.lower(), route.name)
        for route in make_app(site).routes
        if isinstance(route, Route) and route.path.startswith("/api")
        for method in route.methods - {"HEAD"}
    }
    written = {
        (path, method, operation["operationId"])
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
    }
    assert routed == written
    assert len(routed) == len(api.routes(site))
    assert {name for _, _, name in written} == set(words.SUMMARIES)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_what_it_refers_to_is_there():
    for reference in set(references(DOCUMENT)):
        found: Any = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]


def test_it_is_openapi_with_schemas_that_are_some():
    assert DOCUMENT["openapi"] == "3.1.0"
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema.get("description") or "enum" in schema, name
        jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]})


def validates(name: str, instance: Any) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return jsonschema_rs.validator_for(schema).is_valid(instance)


def test_limits_are_those_of_the_models():
    assert validates("AskBody", {"question": "x" * bodies.MAX_QUESTION, "more": 1})
    assert not validates("AskBody", {"question": "x" * (bodies.MAX_QUESTION + 1)})
    assert not validates("AskBody", {})
    assert validates("CheckBody", {"text": "x", "sources": ["x", {"text": "x"}], "published": None})
    assert not validates("CheckBody", {"text": "x", "sources": [{"title": "x"}]})
    assert not validates("Error", {"error": {"code": "x", "message": "x"}, "trace": "x"})


def test_the_engine_has_the_same_limits():
    from knowledge import build, check

    assert (bodies.MAX_QUESTION, bodies.MAX_DRAFT) == (build._LONGEST, check.LONGEST)


def test_a_token_is_asked_for_but_need_not_be_set():
    assert DOCUMENT["security"] == [{"token": []}, {}]
    assert DOCUMENT["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
