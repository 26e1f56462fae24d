"""What the user reads when a command can't do its work: one message, one exit status, no traceback."""

import logging
import traceback
from typing import Final

import typer

from bot import logs, mending, usage
from knowledge.errors import WenshuError

BAD_INPUT: Final = 2
"""Exit status of usage, configuration and input errors, and of everything unforeseen."""

_log = logging.getLogger(__name__)


def report(problem: Exception, *, debug: bool) -> int:
    """Say on standard error what went wrong and how to mend it.

    Args:
        problem: Whatever ended the command.
        debug: Show the traceback too.

    Returns:
        The exit status.
    """
    if debug:
        traceback.print_exception(problem)
    if message := _message(problem):
        typer.echo(message, err=True)
    return BAD_INPUT


def _message(problem: Exception) -> str:
    if isinstance(problem, usage.UsageProblem):
        return usage.message(problem)
    if isinstance(problem, WenshuError):
        return mending.error(problem)
    if isinstance(problem, OSError) and problem.errno in mending.REFUSALS:
        return mending.os_error(problem.errno, str(problem.filename or ""))
    path = logs.location()
    if path is not None:
        _log.error("unforeseen %s", type(problem).__name__, exc_info=problem)
    return mending.unforeseen(type(problem).__name__, str(path) if path is not None and path.exists() else "")
