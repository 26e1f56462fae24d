"""docs/channels.md names the tests of the 25 behaviours: each there is, and each behaviour has one or says when."""

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
LATER = {number for number, _, told in ROWS if re.fullmatch(r"with (?:WeChat|WeCom)", told)}
"""Behaviours of channels that are not there yet."""


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


def test_what_concerns_telegram_and_all_channels_is_tested():
    assert LATER.isdisjoint({"1", "2", "3", "6", "7", "11", *map(str, range(18, 26))})


@pytest.mark.parametrize(
    ("number", "told"), [(number, told) for number, _, told in ROWS if number not in LATER]
)
def test_every_behaviour_names_tests_that_exist(number: str, told: str):
    named = re.findall(r"`(\w+)`", told)
    assert named, number
    assert set(named) <= defined()
