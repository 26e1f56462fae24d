"""Services whose answers a scripted language model writes, over the bundled article."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripted import Script, ScriptedModel
from sites import make_site
from stand_ins import a_policy, saying

from bot.channels.web.website import Site
from bot.guard import Allowed, Guard
from bot.metrics import Metrics
from bot.reception import Reception
from bot.reply import Reply
from bot.service import OnDraft, Service
from bot.spending import Prices, Spending
from bot.state import State
from knowledge.build import Wenshu, open_wenshu
from knowledge.settings import Settings

QUESTION = "科创投累计投资多少"
FIGURE = "23.26亿元"
SENTENCE = "截至2021年底，科创投累计投资金额23.26亿元。"
KEPT = f"{SENTENCE}[1]\n"
"""Borne out by the article."""

REPLACED = KEPT.replace("23.26", "23.62")
"""Borne out by nothing."""

LOANS = "“科创贷”累计放款总额超157.38亿元。[1]\n"
NAME = "ScriptedModel"
"""What the model is called where something is counted."""

PRICES = Prices(sent=2.0, received=8.0)
NOW = 1_640_995_200.0
"""2022-01-01, UTC."""


class Ready(ScriptedModel):
    """A model that a setting can name: `writers:Ready`."""

    def __init__(self) -> None:
        super().__init__(KEPT)


@dataclass
class Writing:
    """A service and the model that writes for it."""

    model: ScriptedModel
    library: Wenshu
    service: Service
    metrics: Metrics

    def script(self, *scripts: Script) -> None:
        """What the model says from now on; what it was asked before is forgotten."""
        self.model.scripts.clear()
        self.model.scripts.extend(scripts)
        self.model.seen.clear()

    def reply(self, text: str, on_draft: OnDraft | None = None) -> Reply:
        return self.service.reply(saying(text), on_draft=on_draft)

    @property
    def asked(self) -> list[str]:
        """What the model was asked, prompt by prompt."""
        return ["\n".join(message.text for message in messages) for messages in self.model.seen]


@contextmanager
def writing(home: Path, *scripts: Script, clock: Callable[[], float] = lambda: NOW) -> Iterator[Writing]:
    """A service over a home with articles in; its state is its own."""
    model, state, metrics = ScriptedModel(*scripts), State(Path(":memory:")), Metrics()
    library = open_wenshu(Settings(home=home), model=model)
    spending = Spending(state, PRICES, metrics)
    try:
        yield Writing(model, library, Service(library, state, a_policy(), clock, spending), metrics)
    finally:
        library.close()
        state.close()


def site_of(writer: Writing, folder: Path, *, per_minute: int = 1000) -> Site:
    """A site where a service answers; its state is the service's."""
    parts = make_site(writer.library, folder).reception
    parts.service.state.close()
    guard = Guard(Allowed(frozenset(), frozenset()), user_per_minute=per_minute, address_per_minute=10**6)
    reception = Reception(writer.service, parts.desk, guard, writer.metrics)
    return Site(reception, writer.library, None, (), "", tuple)


def said(reply: Reply) -> str:
    """The words of a reply, a block a line."""
    return "\n".join(block.text for block in reply.blocks)
