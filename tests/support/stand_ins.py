"""What stands in for the articles where a test is about something else, and a service over it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import time

import pytest

from bot.desk import Desk
from bot.guard import Allowed, Guard
from bot.inbound import Inbound, Speaker
from bot.metrics import Metrics
from bot.reception import Reception
from bot.service import Policy, Service
from bot.state import State
from knowledge.errors import UsageError
from knowledge.ingest import Report
from knowledge.schema import Answer, Article
from knowledge.verdict import Checked

OPEN: list[State] = []
"""States that a test opened; closed after it."""

ANYONE = Allowed(frozenset(), frozenset())
SOMEONE = Speaker("telegram", "1", "99")


def unasked(question: str) -> Answer:
    pytest.fail(f"asked: {question}")


def unchecked(text: str) -> Checked:
    pytest.fail(f"checked: {text}")


OnAnswer = Callable[[Answer], None]


class Shelf:
    """Articles that answer as told."""

    fingerprint = "0+test"
    writes = False

    def __init__(
        self,
        ask: Callable[[str], Answer] = unasked,
        check: Callable[[str], Checked] = unchecked,
        articles: Iterable[Article] = (),
    ) -> None:
        self._ask = ask
        self._check = check
        self.held = {article.id: article for article in articles}
        self.ingested: list[Path] = []

    def ask(self, question: str, *, plain: bool = False, on_draft: OnAnswer | None = None) -> Answer:
        return self._ask(question)

    def made_whole(self, question: str, before: str) -> tuple[str, None]:
        return "", None

    def check(self, text: str) -> Checked:
        return self._check(text)

    def article(self, article_id: str) -> Article:
        if article_id not in self.held:
            raise UsageError(f"article {article_id!r}", item=article_id, code="no_article")
        return self.held[article_id]

    def heads(self, words: str = "", *, most: int = 20, skip: int = 0) -> tuple[list[Article], int]:
        found = [article for article in self.held.values() if words in article.title]
        return found[skip : skip + most], len(found)

    def ingest(self, paths: Sequence[Path]) -> Report:
        self.ingested += paths
        return Report(added=len(paths))


def a_policy(*admins: str, public_url: str = "", uploads: Path = Path("uploads")) -> Policy:
    return Policy(1800, frozenset(admins), public_url, uploads)


def a_state(path: Path = Path(":memory:")) -> State:
    opened = State(path)
    OPEN.append(opened)
    return opened


def a_service(
    shelf: Shelf,
    *,
    policy: Policy | None = None,
    state: State | None = None,
    clock: Callable[[], float] = time,
) -> Service:
    return Service(shelf, state or a_state(), policy or a_policy(), clock)


def a_reception(served: Service, *, allowed: Allowed = ANYONE, per_minute: int = 1000) -> Reception:
    metrics = Metrics()
    guard = Guard(allowed, user_per_minute=per_minute, address_per_minute=100_000)
    return Reception(served, Desk(metrics, max_running=4, max_waiting=1000), guard, metrics)


def saying(text: str, speaker: Speaker = SOMEONE, **fields: object) -> Inbound:
    return Inbound(speaker, text, **fields)  # type: ignore[arg-type]
