"""What a model says, what it took and what is told of its failures, behind the real client."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from model_calls import (
    ASKED,
    KEY,
    NAME,
    TEXT,
    behind,
    characters,
    failure,
    refused_url,
    wrapped,
)
from model_server import SECRET, USAGE, ModelServer, Refuses, Says, Stalls, serving
from scripted import Fails, ScriptedModel

from knowledge.generation import Usage

SCHEMA = {
    "title": "answer",
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}
STRUCTURED = '{"text": "科创投累计投资23.26亿元"}'


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving(Says(TEXT)) as running:
        yield running


# -- what comes


def test_text_grows_piece_by_piece(server: ModelServer) -> None:
    pieces = list(behind(server.url).stream(ASKED))
    said = [str(piece.said) for piece in pieces]
    assert said[-1] == TEXT
    assert len(set(said)) > 3
    assert all(after.startswith(before) for before, after in pairwise(said))
    assert [piece.usage is None for piece in pieces] == [True] * (len(pieces) - 1) + [False]


def test_a_piece_comes_before_the_reply_has_ended() -> None:
    stall = Stalls("科创投累")
    with serving(stall) as server:
        pieces = behind(server.url).stream(ASKED)
        said = next(piece.said for piece in pieces if piece.said)
        assert not stall.released.is_set()
        pieces.close()
    assert said == "科创投累"


def test_usage_is_what_the_server_counted(server: ModelServer) -> None:
    said, usage = behind(server.url).text(ASKED)
    assert said == TEXT
    assert usage == Usage(1, USAGE["prompt_tokens"], USAGE["completion_tokens"])


@pytest.mark.parametrize("counts", [True, False])
def test_usage_is_estimated_only_if_the_model_does_not_count(*, counts: bool) -> None:
    said, usage = wrapped(ScriptedModel(TEXT, counts=counts)).text(ASKED)
    assert said == TEXT
    estimated = Usage(1, characters(ASKED[0].text), characters(TEXT), estimated=True)
    assert usage == (Usage(1, 100, len(TEXT)) if counts else estimated)


def test_usage_is_estimated_if_the_server_does_not_count() -> None:
    with serving(Says(TEXT, counts=False)) as server:
        _, usage = behind(server.url).text(ASKED)
    assert usage == Usage(1, characters(ASKED[0].text), characters(TEXT), estimated=True)


def test_an_empty_reply_is_empty_and_no_failure() -> None:
    with serving(Says("")) as server:
        model = behind(server.url)
        for _ in range(4):
            assert model.text(ASKED)[0] == ""
        assert not model.is_resting
        assert len(server.bodies) == 4


def test_a_request_says_what_the_settings_say(server: ModelServer) -> None:
    behind(server.url).text(ASKED)
    body, headers = server.bodies[0], server.headers[0]
    assert body["messages"] == [{"role": "user", "content": ASKED[0].text}]
    assert (body["model"], body["temperature"], body["stream"]) == ("scripted", 0, True)
    assert body["max_tokens"] == 200
    assert headers["authorization"] == f"Bearer {KEY}"


def test_several_threads_do_not_mix_their_replies() -> None:
    def echoed(messages: Any) -> str:
        return f"问的是{messages[0].text}。"

    model = wrapped(ScriptedModel(echoed))
    questions = [f"第{n}个问题" for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda q: model.text([HumanMessage(q)])[0], questions))
    assert said == [f"问的是{question}。" for question in questions]


def test_several_threads_share_a_server(server: ModelServer) -> None:
    model = behind(server.url)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: model.text(ASKED), range(16)))
    expected = Usage(1, USAGE["prompt_tokens"], USAGE["completion_tokens"])
    assert replies == [(TEXT, expected)] * 16
    assert len(server.bodies) == 16


# -- what is told of failures


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "model_refused"),
        (401, "model_key"),
        (404, "model_unknown"),
        (429, "model_busy"),
        (500, "model_failed"),
        (503, "model_failed"),
    ],
)
def test_a_status_has_its_code(status: int, code: str) -> None:
    with serving(Refuses(status)) as server:
        problem = failure(behind(server.url))
    assert (problem.code, problem.item) == (code, NAME)


def test_a_refused_connection_has_its_code() -> None:
    assert failure(behind(refused_url())).code == "model_unreachable"


def test_what_nobody_foresaw_is_a_failure_of_the_model() -> None:
    problem = failure(wrapped(ScriptedModel(Fails(ZeroDivisionError(SECRET)))))
    assert problem.code == "model_failed"
    assert SECRET not in str(problem)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_no_key_and_no_word_of_the_provider_is_told(status: int, caplog: pytest.LogCaptureFixture) -> None:
    with serving(Refuses(status)) as server, caplog.at_level(logging.INFO):
        model = behind(server.url)
        problem = failure(model)
        assert KEY in server.headers[0]["authorization"]
    told = "\n".join([caplog.text, str(problem), repr(problem), repr(model), repr(model._model)])
    assert NAME in caplog.text
    for secret in (KEY, SECRET, "no good"):
        assert secret not in told


# -- structured replies


def test_a_structured_reply_grows() -> None:
    with serving(Says(STRUCTURED)) as server:
        pieces = list(behind(server.url, structured=True).stream(ASKED, schema=SCHEMA))
        assert server.bodies[0]["response_format"]["type"] == "json_schema"
    assert pieces[-1].said == {"text": "科创投累计投资23.26亿元"}
    texts = [piece.said["text"] for piece in pieces if isinstance(piece.said, dict) and "text" in piece.said]
    assert len(set(texts)) > 2
    assert pieces[-1].usage == Usage(1, USAGE["prompt_tokens"], USAGE["completion_tokens"])


def test_no_schema_is_sent_to_a_model_that_does_not_offer_it(server: ModelServer) -> None:
    model = behind(server.url)
    assert not model.is_structured
    assert list(model.stream(ASKED, schema=SCHEMA))[-1].said == TEXT
    assert "response_format" not in server.bodies[0]


@pytest.mark.parametrize("status", [400, 500])
def test_a_refused_structure_is_not_asked_for_again(status: int) -> None:
    with serving(Refuses(status, schema_only=True, text=TEXT)) as server:
        model = behind(server.url, structured=True)
        assert model.is_structured
        failure(model, SCHEMA)
        assert not model.is_structured
        assert list(model.stream(ASKED, schema=SCHEMA))[-1].said == TEXT
        assert "response_format" not in server.bodies[-1]


@pytest.mark.parametrize("status", [401, 404, 429, 503])
def test_other_failures_leave_structure_on(status: int) -> None:
    with serving(Refuses(status)) as server:
        model = behind(server.url, structured=True)
        failure(model, SCHEMA)
        assert model.is_structured


def test_a_refused_text_leaves_structure_on() -> None:
    with serving(Refuses(400)) as server:
        model = behind(server.url, structured=True)
        failure(model)
        assert model.is_structured
