"""The progress bar: on a terminal, and nowhere else."""

import io
import sys

import pytest

from bot import progress


class Terminal(io.StringIO):
    """Says that someone watches."""

    def isatty(self) -> bool:
        return True


def work() -> None:
    with progress.bar() as advance:
        advance(0, None, "reading")
        advance(1, 2, "reading")
        advance(2, 2, "indexing")
        advance(1, 1, "of_tomorrow")


def test_a_pipe_sees_nothing(monkeypatch: pytest.MonkeyPatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    work()
    assert stream.getvalue() == ""


def test_a_terminal_sees_every_stage(monkeypatch: pytest.MonkeyPatch):
    stream = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    work()
    for stage in ("读取文章", "建词索引", "of_tomorrow"):
        assert stage in stream.getvalue()
