"""A site to send requests to, and a way to send them that no client library tidies up."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from bot.channels.web.website import Shelf, Site
from bot.desk import Desk
from bot.guard import Allowed, Guard
from bot.metrics import Metrics
from bot.reception import Reception
from bot.service import Policy, Service
from bot.state import State

HOST = "localhost:8080"
TOKEN = "wenshu" * 4


def make_site(shelf: Shelf, home: Path, **over: Any) -> Site:
    """A site over a shelf whose state is in a folder; `over` changes fields of it and limits of its parts."""
    metrics = Metrics()
    limits = {"max_running": 2, "max_waiting": 100, "address_per_minute": 10**6} | {
        name: over.pop(name) for name in list(over) if name.startswith(("max_", "address_"))
    }
    service = Service(
        library=shelf,
        state=State(home / "state.db"),
        policy=Policy(1_800.0, frozenset(), "", home / "uploads"),
    )
    desk = Desk(metrics, max_running=limits["max_running"], max_waiting=limits["max_waiting"])
    guard = Guard(
        Allowed(frozenset(), frozenset()),
        user_per_minute=10**6,
        address_per_minute=limits["address_per_minute"],
    )
    fields: dict[str, Any] = {
        "reception": Reception(service, desk, guard, metrics),
        "shelf": shelf,
        "token": None,
        "hosts": (),
        "public_url": "",
        "not_ready": tuple,
    }
    return Site(**(fields | over))


def close(site: Site) -> None:
    """Lets go of threads and files."""
    site.reception.desk.close()
    site.reception.service.state.close()


def n_kept(site: Site) -> dict[str, int]:
    """How many rows each table of the state holds."""
    base = site.reception.service.state._base
    names = ("messages", "answers", "feedback", "notes")
    return {name: base.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # noqa: S608 -- ours


def n_refused(site: Site) -> dict[tuple[str, str], int]:
    """How many requests were turned away, by channel and why."""
    return {
        (sample.labels["channel"], sample.labels["why"]): int(sample.value)
        for metric in site.reception.metrics.refused.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


@dataclass(frozen=True, slots=True)
class Got:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: Sequence[str] = field(default=())

    def json(self) -> Any:
        """The body as JSON, which has to be what the header calls it."""
        assert self.headers["content-type"] == "application/json", self.headers
        return json.loads(self.body, parse_constant=_no_json)

    @property
    def code(self) -> str:
        """Why there is no answer."""
        return self.json()["error"]["code"]


def _no_json(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


async def send(  # noqa: PLR0913 -- whatever a request can be made of
    app: ASGIApp,
    method: str,
    target: str,
    *,
    headers: Iterable[tuple[str | bytes, str | bytes]] = (),
    view: Any = None,
    chunks: Sequence[bytes] = (),
    address: str = "127.0.0.1",
) -> Got:
    """Sends a request as a server hands it on.

    Args:
        app: Where to.
        method: As sent.
        target: Path and query, percent-encoded.
        headers: Besides `Host`, unless there is one among them.
        view: Sent as JSON.
        chunks: The body in pieces, with no length given.
        address: Whose request it is.
    """
    given = [(_bytes(name).lower(), _bytes(value)) for name, value in headers]
    if view is not None:
        chunks = (json.dumps(view, ensure_ascii=False).encode(),)
        given.append((b"content-type", b"application/json"))
    if all(name != b"host" for name, _ in given):
        given.insert(0, (b"host", HOST.encode()))
    raw, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw),
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": given,
        "client": (address, 40_000),
        "server": ("127.0.0.1", 8080),
    }
    return await _exchange(app, scope, chunks)


async def _exchange(app: ASGIApp, scope: dict[str, Any], chunks: Sequence[bytes]) -> Got:
    came: list[Message] = []
    waiting = _messages(chunks)

    async def receive() -> Message:
        return next(waiting, {"type": "http.disconnect"})

    async def sent(message: Message) -> None:
        came.append(message)

    await app(scope, receive, sent)
    start, *rest = came
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    body = b"".join(message.get("body", b"") for message in rest)
    cookies = [value for name, value in pairs if name == "set-cookie"]
    return Got(start["status"], dict(pairs), body, cookies)


def _messages(chunks: Sequence[bytes]) -> Iterator[Message]:
    for chunk in chunks:
        yield {"type": "http.request", "body": chunk, "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
