"""docs/channels.md names the tests of the 25 behaviours: each there is, and each behaviour has one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| (\d+) \| (.+?) \| (.+?) \|$",
    (ROOT / "docs" / "channels.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def defined() -> set[str]:
    """The names of all tests."""
    return {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_all_25_are_there():
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 26))


@pytest.mark.parametrize(("number", "told"), [(number, told) for number, _, told in ROWS])
def test_every_behaviour_names_tests_that_exist(number: str, told: str):
    named = re.findall(r"`(\w+)`", told)
    assert named, number
    assert set(named) <= defined()
