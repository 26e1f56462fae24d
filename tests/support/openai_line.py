"""A server that speaks as OpenAI's does: it knows one key, and says one thing."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-right"
SENT, RECEIVED = 11, 2
"""Tokens that it counts, a call."""


@dataclass
class Provider:
    """A running server.

    Attributes:
        address: For WENSHU_MODEL_URL.
        says: What it replies.
        asked: The requests that had the key.
    """

    address: str = ""
    says: str = "好"
    asked: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def provider() -> Iterator[Provider]:
    """A server on a port of its own while the block runs."""
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["Authorization"] != f"Bearer {KEY}":
                # As the real one does: it quotes the key.
                _answer(
                    self,
                    401,
                    "application/json",
                    _told(f"Incorrect API key: {self.headers['Authorization']}"),
                )
                return
            made.asked.append(body)
            _answer(self, 200, "text/event-stream", _events(made.says))

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(handler: BaseHTTPRequestHandler, status: int, kind: str, body: str) -> None:
    sent = body.encode()
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(sent)))
    handler.end_headers()
    handler.wfile.write(sent)


def _told(problem: str) -> str:
    return json.dumps(
        {"error": {"message": problem, "type": "invalid_request_error", "code": "invalid_api_key"}}
    )


def _events(says: str) -> str:
    """The reply piece by piece, then what it took."""
    total = {"prompt_tokens": SENT, "completion_tokens": RECEIVED, "total_tokens": SENT + RECEIVED}
    pieces = [says[at : at + 3] for at in range(0, len(says), 3)]
    chunks: list[dict[str, Any]] = [_chunk({"content": piece}) for piece in pieces]
    chunks += [_chunk({}, "stop"), _chunk(None) | {"usage": total}]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"


def _chunk(delta: dict[str, str] | None, finish: str | None = None) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "small", "choices": choices}
