"""What a Prometheus server is told.  No name of a user, no word of a message."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counters of one process.

    Attributes:
        replies: Replies by channel and status (answered, abstained, checked, notice, error, failed).
        refused: Messages and requests that got none, by channel and why (foreign, too_fast, crowded, unsigned …).
        parts: Messages sent to a platform, by channel and outcome (sent, in_call, plain, lost, refused, unreachable).
        seconds: How long an answer was worked on.
        waited: How long a request took from its arrival, the wait for a turn included, by channel.
        running: Answers being worked on.
        waiting: Answers that wait for a turn.
        generations: Answers that a language model was asked for, by model and outcome (kept, replaced …).
        statements: Its sentences, by whether they were borne out or removed.
        tokens: By model, sent and received.
        cost: By model, in the operator's currency.
        model_seconds: The model's own time for an answer.
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

        self._count_a_model()

    def _count_a_model(self) -> None:
        registry = self._registry
        self.generations = Counter(
            "wenshu_generations", "Answers a model was asked for", ("model", "outcome"), registry=registry
        )
        self.statements = Counter("wenshu_statements", "Sentences of a model", ("what",), registry=registry)
        self.tokens = Counter("wenshu_model_tokens", "Tokens", ("model", "way"), registry=registry)
        self.cost = Counter("wenshu_model_cost", "Cost of tokens", ("model",), registry=registry)
        self.model_seconds = Histogram(
            "wenshu_model_seconds", "The model's own time", ("model",), buckets=_SECONDS, registry=registry
        )

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)
