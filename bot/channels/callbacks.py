"""What every call of WeChat or WeCom passes before it is read: a signature, a time, and no call twice.

A message that the platform brings again comes with a nonce of its own; the very same call is somebody else's.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import Response

from bot.channels.sealing import is_signed

if TYPE_CHECKING:
    from pydantic import SecretStr
    from starlette.datastructures import QueryParams
    from starlette.requests import Request

    from bot.metrics import Metrics

WINDOW_SECONDS = 300
"""How far a call's time may be from ours."""

MAX_BODY_BYTES = 64 * 1024
"""Of a call; the longest message is a tenth of it."""


class CallError(Exception):
    """A call is turned away.

    Attributes:
        status: What it is answered with.
        why: As it is counted.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a call bears in its address.

    Attributes:
        timestamp: Seconds since 1970, as written.
        nonce: Chosen by the platform for this call.
        signature: Over the two and our token.
        msg_signature: Over what is sealed too; empty if nothing is.
    """

    timestamp: str
    nonce: str
    signature: str
    msg_signature: str

    @classmethod
    def of(cls, query: "QueryParams") -> "Stamp":
        """Of the query of an address."""
        names = ("timestamp", "nonce", "signature", "msg_signature")
        return cls(*(query.get(name, "") for name in names))


@dataclass(slots=True)
class Gate:
    """Tells the platform's calls from others'.  To be used from one thread.

    Attributes:
        token: Known to the platform and to us.
        clock: Seconds since 1970.
    """

    token: "SecretStr"
    clock: Callable[[], float]
    _seen: dict[tuple[str, str], float] = field(default_factory=dict)  # oldest first

    def check(self, stamp: Stamp, sealed: str = "") -> None:
        """Look at a call; `sealed` is what it bears beside its address, if that is sealed.

        Raises:
            CallError: It is not the platform's, or not of now.
        """
        signature = stamp.msg_signature if sealed else stamp.signature
        token = self.token.get_secret_value()
        if not is_signed(signature, token, stamp.timestamp, stamp.nonce, sealed):
            raise CallError(403, "unsigned")
        said = stamp.timestamp
        if not (said.isascii() and said.isdigit() and len(said) < len("1" * 12)):
            raise CallError(403, "stale")
        if abs(self.clock() - int(said)) > WINDOW_SECONDS:
            raise CallError(403, "stale")

    def admit(self, stamp: Stamp, message_id: str) -> None:
        """Let a call with a message in, once.

        Raises:
            CallError: It is the same call again.
        """
        now = self.clock()
        while self._seen and self._seen[oldest := next(iter(self._seen))] < now:
            del self._seen[oldest]
        call = (stamp.nonce, message_id)
        if call in self._seen:
            raise CallError(403, "replayed")
        # A call's time may lie ahead of ours; twice the window later it is turned away for its age.
        self._seen[call] = now + 2 * WINDOW_SECONDS


def call_of(
    channel: str, metrics: "Metrics", answer: Callable[["Request"], Awaitable["Response"]]
) -> Callable[["Request"], Awaitable["Response"]]:
    """What a platform's address does: a call that is turned away learns nothing, and is counted.

    Args:
        channel: The platform.
        metrics: Count.
        answer: Answers a call, or raises a `CallError`.
    """

    async def call(request: "Request") -> "Response":
        try:
            return await answer(request)
        except CallError as problem:
            metrics.refused.labels(channel, problem.why).inc()
            return Response(status_code=problem.status)

    return call


async def body_of(request: "Request") -> bytes:
    """The body of a call.

    Raises:
        CallError: It is too large.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise CallError(413, "too_large")
    return body
