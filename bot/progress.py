"""A progress bar on standard error, and nothing where no one watches."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot import wording

Advance = Callable[[int, int | None, str], None]
"""Takes how many are done, how many there are (None while that is not known), and the stage."""


@contextmanager
def bar() -> Iterator[Advance]:
    """Show a bar for every stage while the block runs; in a pipe, show nothing."""
    if not sys.stderr.isatty():
        yield lambda _done, _total, _stage: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def advance(done: int, total: int | None, stage: str) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(wording.STAGES.get(stage, stage), total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield advance
