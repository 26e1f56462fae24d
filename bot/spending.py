"""What the language model takes and costs: counted for the log's readers, for Prometheus, and for the doctor.

A day's calls, tokens and cost are kept; nothing of what was asked.
"""

import logging
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING

from bot.kept import Spent
from bot.state import State
from knowledge.errors import WenshuError
from knowledge.generation import Generation, Usage

if TYPE_CHECKING:
    from bot.metrics import Metrics
    from knowledge.settings import Settings

_MILLION = 1_000_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in whatever currency the operator counts.

    Attributes:
        sent: A million tokens of prompts.
        received: A million tokens of replies.
    """

    sent: float = 0.0
    received: float = 0.0

    @classmethod
    def of(cls, settings: "Settings") -> "Prices":
        """Those of the settings."""
        return cls(settings.model_price_in, settings.model_price_out)

    def cost(self, usage: Usage) -> float:
        """What some calls cost.

        >>> Prices(2.0, 8.0).cost(Usage(1, 500_000, 250_000))
        3.0
        """
        return (usage.prompt_tokens * self.sent + usage.completion_tokens * self.received) / _MILLION


@dataclass(frozen=True, slots=True)
class Spending:
    """Counts what answers took.

    Attributes:
        state: Where the days are kept.
        prices: What tokens cost.
        metrics: Told too, if there are any.
    """

    state: State
    prices: Prices
    metrics: "Metrics | None" = None

    def note(self, generation: Generation | None, *, at: float) -> None:
        """Counts one answer; nothing, if no model was asked for it."""
        if generation is None:
            return
        usage, cost = generation.usage, self.prices.cost(generation.usage)
        day = datetime.fromtimestamp(at, UTC).date().isoformat()
        failed = int(bool(generation.error))
        self.state.spend(
            Spent(
                day, generation.model, usage.calls, failed, usage.prompt_tokens, usage.completion_tokens, cost
            )
        )
        if self.metrics is None:
            return
        self.metrics.generations.labels(generation.model, generation.outcome.value).inc()
        self.metrics.model_seconds.labels(generation.model).observe(generation.model_ms / 1000)
        self.metrics.statements.labels("removed").inc(generation.n_removed)
        self.metrics.statements.labels("borne_out").inc(generation.n_statements - generation.n_removed)
        self.metrics.tokens.labels(generation.model, "sent").inc(usage.prompt_tokens)
        self.metrics.tokens.labels(generation.model, "received").inc(usage.completion_tokens)
        self.metrics.cost.labels(generation.model).inc(cost)


def note_at_home(settings: "Settings", generation: Generation) -> None:
    """Counts an answer where no service runs; one that can't be counted is logged: it is there, and paid for."""
    try:
        with closing(State(settings.home / "state.sqlite3")) as state:
            Spending(state, Prices.of(settings)).note(generation, at=time())
    except WenshuError as problem:
        _log.warning("not counted: %s", problem)
