"""Libraries that nobody here wrote and ours are compared with, each in a process of its own.

They are installed apart, by `make setup-dev`: two are versions of one, and none is to be imported by us.
A process takes a request a line and gives a line back, both JSON.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WECHATPY = ("wechatpy-1.8.18", "wechatpy-2.0.0a26")
WECOM_CRYPTO = "@wecom/crypto"
NAMES = (*WECHATPY, WECOM_CRYPTO)

_HERE = Path(__file__).parent
_INSTALLED = Path(sys.prefix) / "oracles"


class RefusedError(Exception):
    """The library raised something; its name."""


class Foreign:
    """A library that is up."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, do: str, **given: str) -> str:
        """What it gives for a request.

        Raises:
            RefusedError: It raised something.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "it has ended"
        told = json.loads(line)
        if "raised" in told:
            raise RefusedError(told["raised"])
        return told["gave"]


@contextmanager
def started(name: str) -> Iterator[Foreign]:
    """The library of a name, up while the block runs."""
    with subprocess.Popen(
        _command(name),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        bufsize=1,
    ) as process:
        try:
            yield Foreign(process)
        finally:
            process.kill()


def _command(name: str) -> list[str]:
    if name != WECOM_CRYPTO:
        folder = _INSTALLED / name
        assert (folder / "wechatpy").is_dir(), f"{name} is not installed: run make setup-dev"
        return [sys.executable, str(_HERE / "foreign_wechatpy.py"), str(folder)]
    node, folder = shutil.which("node"), _INSTALLED / "npm" / "node_modules" / name
    if node is None or not folder.is_dir():
        pytest.skip(f"needs {name}: install node and npm, then run make setup-dev")
    return [node, str(_HERE / "foreign_wecom.cjs"), str(folder)]
