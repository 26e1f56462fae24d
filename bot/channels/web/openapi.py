"""The API's own description: an OpenAPI 3.1 document, made from the models of what it is sent and what it answers."""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.web import api, bodies, shapes, words
from bot.jsonview import Json

_ALWAYS = (400, 401, 421, 429, 500, 503)
"""What any request may be answered with: a bad name of ours, no token …"""

_POST = (403, 413, 415)


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to ask of the API.

    Attributes:
        name: Its route's.
        method: In lower case.
        path: As the document writes it.
        answer: What it answers.
        body: What it is sent, or None if nothing.
        query: Its parameters, or None if it has none.
        has_number: True if a header has the number of the answer.
        errors: Statuses besides those of every operation.
    """

    name: str
    method: Literal["get", "post"]
    path: str
    answer: type[BaseModel]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    has_number: bool = False
    errors: tuple[int, ...] = ()


OPERATIONS = (
    Operation("ask", "post", "/api/ask", shapes.Answer, bodies.AskBody, has_number=True),
    Operation("chat", "post", "/api/chat", shapes.Reply, bodies.ChatBody),
    Operation("press", "post", "/api/press", shapes.Reply, bodies.PressBody),
    Operation("check", "post", "/api/check", shapes.Checked, bodies.CheckBody, has_number=True),
    Operation("feedback", "post", "/api/feedback", shapes.Recorded, bodies.FeedbackBody, errors=(404,)),
    Operation("articles", "get", "/api/articles", shapes.Articles, query=bodies.ArticlesQuery),
    Operation("article", "get", "/api/articles/{id}", shapes.Article, errors=(404,)),
    Operation("figures", "get", "/api/articles/{id}/figures", shapes.Figures, errors=(404,)),
    Operation("queue", "get", "/api/queue", shapes.Queue),
)


def routes() -> list[BaseRoute]:
    """Where the document is."""
    return [Route("/openapi.json", _send, name="openapi")]


async def _send(_: Request) -> Response:
    return JSONResponse(document())


@cache
def document() -> Json:
    """The document."""
    schemas = _schemas()
    paths: dict[str, Json] = {}
    for each in OPERATIONS:
        paths.setdefault(each.path, {})[each.method] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": words.API_TITLE, "version": version("wenshu"), "description": words.API_ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {str(status): _error(status) for status in words.ERRORS},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": words.TOKEN_ABOUT}
            },
        },
        "security": [{"token": []}, {}],
    }


def _schemas() -> Json:
    sent = {each.body for each in OPERATIONS if each.body is not None}
    answered = {each.answer for each in OPERATIONS} | {shapes.Error}
    models: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
        *((model, "validation") for model in sorted(sent, key=lambda model: model.__name__)),
        *((model, "serialization") for model in sorted(answered, key=lambda model: model.__name__)),
    ]
    _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")
    schemas: Json = definitions["$defs"]
    return schemas


def _operation(each: Operation) -> Json:
    answer: Json = {"description": "OK", "content": _content(each.answer)}
    if each.has_number:
        number = {"type": "integer", "minimum": 1}
        answer["headers"] = {
            api.NUMBER: {"description": words.ANSWER_NUMBER, "required": True, "schema": number}
        }
    statuses = sorted({*_ALWAYS, *(_POST if each.method == "post" else ()), *each.errors})
    told: Json = {
        "operationId": each.name,
        "summary": words.SUMMARIES[each.name],
        "responses": {"200": answer}
        | {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses},
    }
    if each.body is not None:
        told["requestBody"] = {"required": True, "content": _content(each.body)}
    if parameters := [*_path_parameters(each), *_query_parameters(each)]:
        told["parameters"] = parameters
    return told


def _path_parameters(each: Operation) -> list[Json]:
    if "{id}" not in each.path:
        return []
    schema = {"type": "string", "minLength": 1}
    told = {"name": "id", "in": "path", "required": True, "schema": schema}
    return [told | {"description": words.ARTICLE_ID}]


def _query_parameters(each: Operation) -> list[Json]:
    if each.query is None:
        return []
    fields: dict[str, Any] = each.query.model_json_schema()["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in fields.items()]


def _content(model: type[BaseModel]) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def _error(status: int) -> Json:
    told: Json = {"description": words.ERRORS[status], "content": _content(shapes.Error)}
    if status in {429, 503}:
        told["headers"] = {"Retry-After": {"required": True, "schema": {"type": "integer"}}}
    return told
