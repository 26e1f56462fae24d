"""An article and answers over it, built by hand: what bot/ is given when it is given the truth."""

import logging
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import stand_ins
import tencent_server
from stand_ins import Shelf
from wechat_house import Stalled
from wecom_office import Echo, Held
from writers import KEPT, Writing, writing

from knowledge.build import open_wenshu
from knowledge.schema import (
    Answer,
    Article,
    Citation,
    Figure,
    Finding,
    Kind,
    Modifier,
    Period,
    Quantity,
    Span,
    Status,
)
from knowledge.settings import Settings
from knowledge.verdict import Checked, Label, Reason, Verdict


@pytest.fixture(autouse=True)
def _closed_states() -> Iterator[None]:
    yield
    while stand_ins.OPEN:
        stand_ins.OPEN.pop().close()


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Each test's commands log into their own home."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in [each for each in root.handlers if each not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


SENTENCE = (
    "截至2021年底，“科创投”累计投资金额23.26亿元，"
    "“科创贷”累计放款总额超157.38亿元，实现科创板上市“蓉城军团”全覆盖。"
)
TITLE = "搭平台促转化 成都给科技成果“做媒”有实招"
URL = "http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202202212283308291"
YEAR_END = Period(date(2021, 12, 31), date(2021, 12, 31), "截至2021年底", 0, 8, cutoff=True)


Find = Callable[..., Finding]


@pytest.fixture
def find() -> Find:
    """Makes a finding of the sentence."""
    return finding


def finding(surface: str, value: str, *, label: int = 1, **over: object) -> Finding:
    start = SENTENCE.index(surface)
    quantity = Quantity(
        Decimal(value), None, "元", Kind.MONEY, surface, start, start + len(surface), Modifier.EXACT
    )
    whole = Span(0, len(SENTENCE))
    fields: dict[str, object] = {
        "quantity": quantity,
        "measure": "累计投资金额",
        "subject": "科创投",
        "statistic": "累计",
        "direction": None,
        "as_of": YEAR_END,
        "sentence": whole,
        "clause": whole,
        "reach": whole,
    }
    return Finding(Figure(**(fields | over)), "seed", 0.9, label, {"near": 0.5})  # type: ignore[arg-type]


def citation(label: int = 1, *marks: Span, quote: str = SENTENCE, start: int = 0) -> Citation:
    return Citation(
        label,
        "seed",
        TITLE,
        "科技日报",
        "2022-02-21T16:58:52+08:00",
        URL,
        quote,
        start,
        start + len(quote),
        marks,
    )


@pytest.fixture
def article() -> Article:
    """The article that the answers cite."""
    return Article("seed", TITLE, "科技日报", "2022-02-21T16:58:52+08:00", URL, SENTENCE, "0" * 64)


@pytest.fixture
def answered() -> Answer:
    """23.26亿元 with its sentence."""
    found = finding("23.26亿元", "2326000000.00")
    quantity = found.figure.quantity
    return Answer(
        question="科创投累计投资多少",
        status=Status.ANSWERED,
        text="23.26亿元（截至2021年底）",
        figures=(found,),
        citations=(citation(1, Span(quantity.start, quantity.end)),),
        confidence=0.93456,
        candidates=(
            finding("超157.38亿元", "15738000000", label=0, subject="科创贷", measure="累计放款总额"),
        ),
        timings_ms={"read": 3.14159},
    )


DRAFT = "截至2021年底，“科创投”累计投资金额23.62亿元，“科创贷”累计放款总额超157.38亿元，办了9场路演，签约1.234亿元。"
"""The second figure is wrong, the last two are not in the sentence."""

Judge = Callable[..., Verdict]


@pytest.fixture
def judge() -> Judge:
    """Makes a verdict on a figure of a text."""
    return judged


def judged(  # noqa: PLR0913 -- a test names what it is about
    text: str,
    surface: str,
    label: Label,
    reason: Reason = Reason.NONE,
    *,
    expected: str = "",
    labels: tuple[int, ...] = (),
    period: Period | None = None,
    kind: Kind | None = Kind.MONEY,
    value: str = "1",
) -> Verdict:
    start = text.index(surface)
    end = start + len(surface)
    quantity = None
    if kind is not None and period is None:
        quantity = Quantity(Decimal(value), None, "元", kind, surface, start, end)
    mark = SENTENCE.find(expected or surface)
    marks = (Span(mark, mark + len(expected or surface)),) if mark >= 0 else ()
    citations = tuple(citation(number, *marks) for number in labels)
    return Verdict(start, end, surface, label, reason, expected, quantity, period, citations)


@pytest.fixture
def checked() -> Checked:
    """A draft of five figures: two supported, one refuted, one finer than the article, one in no article."""
    refuted = {"expected": "23.26亿元", "labels": (2,), "value": "2362000000.0"}
    verdicts = (
        judged(DRAFT, "截至2021年底", Label.SUPPORTED, labels=(1,), period=YEAR_END),
        judged(DRAFT, "23.62亿元", Label.REFUTED, Reason.VALUE, **refuted),  # type: ignore[arg-type]
        judged(DRAFT, "超157.38亿元", Label.SUPPORTED, labels=(3,), value="15738000000"),
        judged(DRAFT, "9场", Label.NOT_ENOUGH_INFO, kind=Kind.COUNT, value="9"),
        judged(DRAFT, "1.234亿元", Label.NOT_ENOUGH_INFO, Reason.FINER, expected="近1.2亿元", labels=(4,)),
    )
    return Checked(DRAFT, verdicts, {"total": 12.34567})


@pytest.fixture
def abstained() -> Callable[[str], Answer]:
    """An abstention for a reason, with the nearest sentence."""

    def make(reason: str, question: str = "2020年科创投累计投资多少", **fields: object) -> Answer:
        return Answer(question, Status.ABSTAINED, citations=(citation(1),), reason=reason, **fields)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the bundled article in, to be read only."""
    home = tmp_path_factory.mktemp("seeded") / "home"
    wenshu = open_wenshu(Settings(home=home))
    wenshu.ingest_bundled()
    wenshu.close()
    return home


@pytest.fixture
def home(seeded: Path, tmp_path: Path) -> Path:
    """A home of a test's own with the bundled article in."""
    return Path(shutil.copytree(seeded, tmp_path / "home"))


@pytest.fixture
def writer(seeded: Path) -> Iterator[Writing]:
    """A service over the bundled article whose model repeats a sentence that is borne out."""
    with writing(seeded, KEPT) as made:
        yield made


@pytest.fixture
async def server() -> AsyncIterator[tencent_server.Tencent]:
    """WeChat's and WeCom's interfaces."""
    async with tencent_server.serving() as running:
        yield running


@pytest.fixture
def shelf(article: Article, answered: Answer) -> Shelf:
    """Articles that answer every question with the sentence."""
    return Shelf(lambda _: answered, articles=[article])


@pytest.fixture
def echo(answered: Answer) -> Echo:
    """Answers each question with itself."""
    return Echo(answered)


@pytest.fixture
def echoing(echo: Echo) -> Shelf:
    """Articles that do."""
    return Shelf(echo)


@pytest.fixture
def stalled(answered: Answer) -> Stalled:
    """An engine that answers when it is let."""
    return Stalled(answered)


@pytest.fixture
def slow(article: Article, stalled: Stalled) -> Shelf:
    """Articles that are answered from by it."""
    return Shelf(ask=stalled, articles=[article])


@pytest.fixture
def held(answered: Answer) -> Iterator[Held]:
    """Answers when it is let."""
    made = Held(answered)
    yield made
    made.free.set()
