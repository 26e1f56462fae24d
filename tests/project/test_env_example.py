""".env.example is the table of all settings: each one, once, with its default."""

import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from knowledge.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / ".env.example").read_text(encoding="utf-8")
LINES = re.findall(r"^#?(WENSHU_\w+)=(.*)$", TEXT, re.MULTILINE)
ELSEWHERE = {"WENSHU_DEBUG"}
"""Read by the command line itself, before there are settings."""


def defaults() -> dict[str, str]:
    """Name → default as written in the file; a default that is worked out at run time is left empty."""
    fixed = {name: field.default for name, field in Settings.model_fields.items()}
    return {
        f"WENSHU_{name.upper()}": "" if value in (None, (), PydanticUndefined) else str(value)
        for name, value in fixed.items()
    }


def test_every_setting_stands_once_with_its_default():
    names = [name for name, _ in LINES]
    assert sorted(names) == sorted(set(names))
    assert {name: value for name, value in LINES if name not in ELSEWHERE} == defaults()


def test_every_setting_is_explained():
    for block in re.split(r"\n\n", TEXT):
        if "WENSHU_" in block:
            assert re.match(r"# \S", block), block


def test_a_copy_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = Settings()
    (tmp_path / ".env").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert Settings() == before


def test_lines_take_effect_when_uncommented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("WENSHU_HOME")
    uncommented = re.sub(r"^#(WENSHU_\w+=.+)$", r"\1", TEXT, flags=re.MULTILINE)
    (tmp_path / ".env").write_text(uncommented.replace("WENSHU_TOP_K=30", "WENSHU_TOP_K=7"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert Settings().top_k == 7
