"""A server on this machine that speaks OpenAI's chat completions, and fails where it is told to."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PIECE = 4
"""Characters of a chunk."""

PATIENCE = 60
"""Seconds a stalled reply is held at most, so that a broken test ends."""

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}

SECRET = "sk-secret-of-the-provider"  # noqa: S105 -- made up
"""Stands in every error message: providers quote the key they refuse."""


@dataclass(frozen=True)
class Says:
    """A whole reply.

    Attributes:
        text: What it says; may be empty.
        counts: Whether it tells its tokens to who asks for them.
    """

    text: str
    counts: bool = True


@dataclass(frozen=True)
class Refuses:
    """An error status.

    Attributes:
        status: The HTTP status.
        schema_only: Whether only who asks for a schema is refused; others are told `text`.
        text: What those are told.
    """

    status: int
    schema_only: bool = False
    text: str = ""


@dataclass(frozen=True)
class Cuts:
    """Some words, then the connection is cut."""

    text: str


class Stalls:
    """Some words, then nothing until `released` is set.

    Attributes:
        text: The words.
        reached: Set once nothing more comes.
        released: Lets it end.
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.reached = threading.Event()
        self.released = threading.Event()


Script = Says | Refuses | Cuts | Stalls


class ModelServer(ThreadingHTTPServer):
    """Plays scripts in turn, one a request; the last one again and again.

    Attributes:
        bodies: What it was sent, in order.
        headers: With which headers, names in small letters.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, *scripts: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._scripts = deque(scripts)
        self._lock = threading.Lock()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def play(self, *scripts: Script) -> None:
        """Go on with other scripts."""
        with self._lock:
            self._scripts = deque(scripts)

    def taken(self, body: dict[str, Any], headers: dict[str, str]) -> Script:
        """The script for a request, which is recorded."""
        with self._lock:
            self.bodies.append(body)
            self.headers.append(headers)
            return self._scripts.popleft() if len(self._scripts) > 1 else self._scripts[0]

    def release(self) -> None:
        """End the stall that is played."""
        for script in self._scripts:
            if isinstance(script, Stalls):
                script.released.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ModelServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        script = self.server.taken(body, {name.lower(): value for name, value in self.headers.items()})
        if not self.path.endswith("/chat/completions"):
            script = Refuses(404)
        if isinstance(script, Refuses):
            asks_schema = body.get("response_format", {}).get("type") == "json_schema"
            if asks_schema or not script.schema_only:
                self._refuse(script.status)
                return
            script = Says(script.text)
        self._stream(script, asks_usage=body.get("stream_options", {}).get("include_usage", False))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Say nothing."""

    def _refuse(self, status: int) -> None:
        said = json.dumps({"error": {"message": f"no good: {SECRET}", "type": "error", "code": str(status)}})
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def _stream(self, script: Says | Cuts | Stalls, *, asks_usage: bool) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for at in range(0, len(script.text), PIECE):
            self._choice({"content": script.text[at : at + PIECE]})
        if isinstance(script, Cuts):
            self.close_connection = True
            return
        if isinstance(script, Stalls):
            script.reached.set()
            script.released.wait(PATIENCE)
            self.close_connection = True
            return
        self._choice({}, "stop")
        if script.counts and asks_usage:
            self._event(json.dumps(_chunk([]) | {"usage": USAGE}))
        self._event("[DONE]")
        self._write(b"")

    def _choice(self, delta: dict[str, str], finished: str | None = None) -> None:
        choice = {"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": finished}
        self._event(json.dumps(_chunk([choice])))

    def _event(self, said: str) -> None:
        self._write(f"data: {said}\n\n".encode())

    def _write(self, said: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(said), said))
        self.wfile.flush()


def _chunk(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "scripted",
        "choices": choices,
    }


@contextmanager
def serving(*scripts: Script) -> Iterator[ModelServer]:
    """A server on a port of its own while the block runs."""
    server = ModelServer(*scripts)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.release()
        server.shutdown()
        server.server_close()
        thread.join()
