"""What each command of the command line does.  Every function returns the exit status."""

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import typer

from bot import jsonview, logs, mending, wording
from bot.inbound import sayable
from knowledge.errors import UsageError
from knowledge.schema import Answer, Article, Figure, Status
from knowledge.verdict import Checked, Label

if TYPE_CHECKING:
    from bot.batch import Draft
    from knowledge.build import Wenshu
    from knowledge.settings import Settings

DONE = 0
NOT_ALL = 1
BAD_INPUT = 2


@dataclass(frozen=True, slots=True)
class Options:
    """What holds for every command.

    Attributes:
        home: The data folder, or None for the one of the settings.
    """

    home: Path | None


@dataclass(frozen=True, slots=True)
class Asking:
    """How to ask and what to show.

    Attributes:
        as_json: Objects instead of text.
        top: How many further candidates to show, or None for the usual.
        abstain: False to answer at any probability.
        trace: Show what was found and how it was scored.
    """

    as_json: bool
    top: int | None
    abstain: bool
    trace: bool


@dataclass(frozen=True, slots=True)
class Checking:
    """What to check and how to tell what came of it; one of the first three is given.

    Attributes:
        file: A file, `-` being standard input, or None.
        text: The draft itself, or None.
        batch: A file of drafts, one a line, `-` being standard input, or None.
        as_json: An object instead of text.
        html: Where to write a page, or None.
    """

    file: str | None
    text: str | None
    batch: str | None
    as_json: bool
    html: Path | None


@dataclass(frozen=True, slots=True)
class Reporting:
    """What to tell of an evaluation.

    Attributes:
        as_json: One object instead of a table.
        html: Where to write a page, or None.
        baseline: An earlier `--json` output to compare with, or None.
        at_least: The share of right pairs, in [0, 1], below which the evaluation fails.
    """

    as_json: bool
    html: Path | None
    baseline: Path | None
    at_least: float


def show_version(wanted: bool) -> None:  # noqa: FBT001 -- typer calls it with the option's value
    """Print the version and leave, if asked."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"wenshu {version('wenshu')}")
        raise typer.Exit


def ask(options: Options, question: str, asking: Asking) -> int:
    """Answer one question."""
    if not question.strip():
        raise UsageError("question: expected a sentence, got nothing; pass one", code="empty_question")
    with _opened(options) as wenshu:
        _fill_if_empty(wenshu)
        answer = _ask(wenshu, question, asking)
        if asking.as_json:
            _print_json(jsonview.answer_view(answer, trace=asking.trace))
        else:
            _show_answer(wenshu, answer, asking)
    return DONE if answer.status is Status.ANSWERED else NOT_ALL


def ask_batch(options: Options, name: str, asking: Asking) -> int:
    """Answer every line of a file, `-` being standard input; one JSON object a line, in order."""
    from bot import batch

    status = DONE
    with _reading(name) as lines, _opened(options) as wenshu:
        _fill_if_empty(wenshu)
        for view in batch.answer(lines, lambda line: _ask(wenshu, line, asking), trace=asking.trace):
            _print_json(view)
            status = status if view.get("status") == Status.ANSWERED.value else NOT_ALL
    return status


def check(options: Options, checking: Checking) -> int:
    """Check every figure of a draft, or of every line of a file."""
    _only_one_draft(checking)
    if checking.batch is not None:
        return _check_batch(options, checking.batch)
    from bot import draft

    text = draft.read(checking.file) if checking.file is not None else checking.text or ""
    with _opened(options) as wenshu:
        _fill_if_empty(wenshu)
        checked = wenshu.check(sayable(text))
    if checking.html is not None:
        from bot import check_page

        _write(checking.html, check_page.page(checked))
    if checking.as_json:
        _print_json(jsonview.checked_view(checked))
    else:
        from bot import verdict_reply
        from bot.channels import console
        from bot.reply import MAX_LABELS

        console.show(verdict_reply.from_checked(checked), console.open_console())
        if len(checked.citations) > MAX_LABELS and checking.html is None:
            _say(wording.SEE_THE_QUOTES)
    return DONE if checked.count(Label.SUPPORTED) == len(checked.verdicts) else NOT_ALL


def _only_one_draft(checking: Checking) -> None:
    """Raises a UsageError unless one draft is given, or one batch of drafts and no page to write."""
    given = {
        "FILE": checking.file,
        "--text": checking.text,
        "--batch": checking.batch,
        "--html": checking.html if checking.batch is not None else None,
    }
    names = [name for name, value in given.items() if value is not None]
    if not names:
        raise UsageError("draft: expected a file, --text or --batch, got none", code="no_draft")
    if len(names) > 1:
        raise UsageError(f"{', '.join(names)}: expected one", item=" + ".join(names), code="two_drafts")


def _check_batch(options: Options, name: str) -> int:
    from bot import batch

    status = DONE
    with _reading(name) as lines, _opened(options) as wenshu:
        _fill_if_empty(wenshu)
        for view in batch.check(lines, lambda draft: _check(wenshu, draft)):
            _print_json(view)
            supported = "error" not in view and view[Label.SUPPORTED] == len(view["figures"])
            status = status if supported else NOT_ALL
    return status


def ingest(
    options: Options,
    paths: Sequence[Path],
    *,
    prune: bool,
    rebuild: bool,
    dense: Literal["auto", "all", "none"],
) -> int:
    """Take articles in; those that can't be read are named and left out."""
    from bot import progress

    if not paths and not rebuild:
        raise UsageError("paths: expected files or folders, got none", code="no_paths")
    with _opened(options) as wenshu, progress.bar() as advance:
        report = wenshu.ingest(paths, prune=prune, rebuild=rebuild, dense=dense, progress=advance)
    for problem in report.failed:
        _say(mending.error(problem))
    typer.echo(wording.ingested(report))
    n_done = report.added + report.changed + report.unchanged + report.removed
    if n_done or not paths:
        return DONE
    _say(wording.NOTHING_READ)
    return BAD_INPUT


def figures(options: Options, article_id: str | None, *, as_json: bool) -> int:
    """Print the ledger, a figure a line."""
    with _opened(options) as wenshu:
        _fill_if_empty(wenshu)
        ledger = wenshu.ledger(article_id)
        if as_json:
            for article, figure in ledger:
                _print_json(jsonview.ledger_view(article, figure))
        else:
            _show_ledger(ledger)
    return DONE


def doctor(options: Options) -> int:
    """Say what is configured, reachable and indexed, and how to mend what is not."""
    from bot import checkup
    from bot.channels import console

    settings, terminal, status = _settings(options), console.open_console(), DONE
    with _opened_with(settings) as wenshu:
        for found in checkup.findings(settings, wenshu):
            console.show_diagnosis(found.lines, terminal, ok=found.ok)
            status = status if found.ok else BAD_INPUT
    return status


def evaluate(options: Options, files: Sequence[Path], reporting: Reporting) -> int:
    """Run regression pairs."""
    from bot import evaluate as evaluation
    from bot import evaluation_report, pairs, progress

    before = pairs.read_baseline(reporting.baseline) if reporting.baseline else {}
    wanted = [pair for path in files or [pairs.bundled()] for pair in pairs.read(path)]
    with _opened(options) as wenshu:
        _fill_if_empty(wenshu)
        outcomes: list[evaluation.Outcome] = []
        with progress.bar() as advance:
            for outcome in evaluation.run(wanted, wenshu.ask):
                outcomes.append(outcome)
                advance(len(outcomes), len(wanted), "asking")
    summary = evaluation.Summary(tuple(outcomes))
    if reporting.html is not None:
        _write(reporting.html, evaluation_report.page(summary))
    if reporting.as_json:
        _print_json(evaluation.summary_view(summary))
    else:
        for line in evaluation_report.text_lines(summary, before):
            typer.echo(line)
    return DONE if summary.accuracy >= reporting.at_least else NOT_ALL


def serve(options: Options) -> int:
    """Run the web page and every configured channel until told to stop."""
    settings = _settings(options)
    from bot import serving

    with _opened_with(settings) as wenshu:

        def prepare() -> None:
            wenshu.start_model()  # what is set wrong is to be known now, not at every question
            _fill_if_empty(wenshu)

        return serving.run(settings, wenshu, _say, prepare=prepare)


def export(options: Options, what: str, *, since: date | None) -> int:
    """Print what was answered, or what users called wrong, to standard output."""
    from bot import exports

    home = _settings(options).home
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(newline="")  # CSV brings its own line ends
    if what == "audit":
        exports.audit(home, sys.stdout, since=since)
    else:
        exports.feedback(home, sys.stdout)
    return DONE


@contextmanager
def _opened(options: Options) -> Iterator["Wenshu"]:
    with _opened_with(_settings(options)) as wenshu:
        yield wenshu


@contextmanager
def _opened_with(settings: "Settings") -> Iterator["Wenshu"]:
    from knowledge.build import open_wenshu

    wenshu = open_wenshu(settings)
    try:
        yield wenshu
    finally:
        wenshu.close()


def _settings(options: Options) -> "Settings":
    from knowledge.settings import Settings

    settings = Settings() if options.home is None else Settings(home=options.home)
    logs.start(settings.home, settings.log_level)
    return settings


def _fill_if_empty(wenshu: "Wenshu") -> None:
    from bot import progress

    if wenshu.is_empty:
        _say(wording.INGESTING_SEEDS)
        with progress.bar() as advance:
            wenshu.ingest_bundled(progress=advance)


def _ask(wenshu: "Wenshu", question: str, asking: Asking) -> Answer:
    answer = wenshu.ask(sayable(question), abstain=asking.abstain)
    if answer.generation is not None:
        from bot import spending

        spending.note_at_home(wenshu.settings, answer.generation)
        if answer.generation.error:
            _say(mending.model(answer.generation))
    if asking.top is None:
        return answer
    return replace(answer, candidates=answer.candidates[: asking.top])


def _check(wenshu: "Wenshu", draft: "Draft") -> Checked:
    return wenshu.check(draft.text, sources=draft.sources, published=draft.published)


def _show_answer(wenshu: "Wenshu", answer: Answer, asking: Asking) -> None:
    from bot import reply
    from bot.channels import console

    terminal = console.open_console()
    console.show(reply.from_answer(answer), terminal)
    if asking.top and answer.candidates:
        terminal.print()
        console.show(reply.candidates(answer, wenshu.article), terminal)
    if asking.trace:
        terminal.print()
        for line in console.aligned([wording.HIT_COLUMNS, *map(wording.hit_row, answer.hits)]):
            typer.echo(line)


def _show_ledger(ledger: Iterable[tuple[Article, Figure]]) -> None:
    from bot.channels import console

    rows = [wording.ledger_row(figure) for _, figure in ledger]
    for line in console.aligned(rows):
        typer.echo(line)


@contextmanager
def _reading(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as lines:
            yield lines
    except OSError as problem:
        raise UsageError(f"{name}: can't be read: {problem}", item=name, code="file_unreadable") from problem


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"{path}: can't be written", item=str(path), code="file_unwritable") from problem


def _print_json(view: jsonview.Json) -> None:
    sys.stdout.buffer.write(jsonview.dumps(view).encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def _say(text: str) -> None:
    typer.echo(text, err=True)
