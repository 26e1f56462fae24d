"""What a Prometheus server is told.  No name of a user, no word of a message."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counters of one process.

    Attributes:
        replies: Replies by channel and status (answered, abstained, checked, notice, error, failed).
        refused: Messages and requests that got none, by channel and why (foreign, too_fast, crowded, unsigned …).
        parts: Messages sent to a platform, by channel and outcome (sent, lost, plain, unreachable).
        seconds: How long an answer was worked on.
        waited: How long a request took from its arrival, the wait for a turn included, by channel.
        running: Answers being worked on.
        waiting: Answers that wait for a turn.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.replies = Counter("wenshu_replies", "Replies", ("channel", "status"), registry=self._registry)
        self.refused = Counter(
            "wenshu_refused", "Messages and requests turned away", ("channel", "why"), registry=self._registry
        )
        self.parts = Counter(
            "wenshu_parts", "Messages sent to a platform", ("channel", "outcome"), registry=self._registry
        )
        self.seconds = Histogram(
            "wenshu_answer_seconds", "Time an answer was worked on", buckets=_SECONDS, registry=self._registry
        )
        self.waited = Histogram(
            "wenshu_reply_seconds",
            "Time from a message's arrival to its reply",
            ("channel",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.running = Gauge("wenshu_running", "Answers being worked on", registry=self._registry)
        self.waiting = Gauge("wenshu_waiting", "Answers that wait for a turn", registry=self._registry)

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)
