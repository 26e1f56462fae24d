"""What the doctor finds: the articles and their indexes, the record of answers, the page, the chats."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot import mending, operating
from knowledge.errors import WenshuError

if TYPE_CHECKING:
    from knowledge.build import Wenshu
    from knowledge.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one part.

    Attributes:
        ok: True if nothing is to be done.
        lines: What there is, then how to mend it.
    """

    ok: bool
    lines: tuple[str, ...]


def findings(settings: "Settings", wenshu: "Wenshu") -> Iterator[Finding]:
    """What is configured, reachable and indexed, part by part, each looked at by itself."""
    for found in wenshu.diagnose():
        mend = (mending.error(found.problem),) if found.problem else ()
        yield Finding(found.ok, (operating.diagnosis(found), *mend))
    for look in (_record, _model, _page, _telegram):
        yield _looked(look, settings)


def _looked(look: Callable[["Settings"], str], settings: "Settings") -> Finding:
    try:
        return Finding(ok=True, lines=(look(settings),))
    except WenshuError as problem:
        return Finding(ok=False, lines=(mending.error(problem),))


def _record(settings: "Settings") -> str:
    from bot.state import State

    with contextlib.closing(State(settings.home / "state.sqlite3")) as state:
        return operating.record(state.n_answers)


def _model(settings: "Settings") -> str:
    """What the language model took this month; whether it answers has been asked with the articles' parts."""
    from bot.state import State

    if not settings.model:
        return operating.NO_MODEL
    since = datetime.now(UTC).date().replace(day=1).isoformat()  # as the days are kept
    with contextlib.closing(State(settings.home / "state.sqlite3")) as state:
        return operating.spent(state.spent(since=since))


def _page(settings: "Settings") -> str:
    return operating.page(settings.web_host, settings.web_port, has_token=settings.web_token is not None)


def _telegram(settings: "Settings") -> str:
    if settings.telegram_token is None:
        return operating.NO_TELEGRAM
    from bot import chats
    from bot.channels import telegram_chat

    account = chats.telegram_account(settings)
    assert account is not None  # noqa: S101 -- there is a token
    return operating.telegram_name(asyncio.run(telegram_chat.name_of_bot(account)))
