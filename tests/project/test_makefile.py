"""make hands the question on as typed, and is quiet about an abstention."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def make_ask(tmp_path: Path, question: str, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `make ask` in an environment that is ready and holds a wenshu that prints its arguments."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    program = tmp_path / "bin" / "wenshu"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@"\nexit {exit_code}\n', encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / ".ready").touch()
    arguments = ["make", "ask", f"VENV={tmp_path}", f"Q={question}"]
    return subprocess.run(arguments, cwd=ROOT, env=alone(), capture_output=True, text=True, check=False)


def alone() -> dict[str, str]:
    """The environment of a user's make, which is not under another, as that of `make test` would be."""
    return {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    }


@pytest.mark.parametrize(
    "question",
    ["科创投累计投资多少", "占 5% 吗？", "$HOME $(pwd) `id` \"a\" 'b' #c; d", "--json", "投资 $$ 多少"],
)
def test_the_question_arrives_as_typed(tmp_path: Path, question: str):
    result = make_ask(tmp_path, question)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"ask|--|{question}|", "")


@pytest.mark.parametrize(("exit_code", "expected"), [(0, 0), (1, 0), (2, 2)])
def test_an_abstention_is_no_failure_of_make(tmp_path: Path, exit_code: int, expected: int):
    result = make_ask(tmp_path, "今天天气怎么样", exit_code)
    assert result.returncode == expected
    assert bool(result.stderr) == bool(expected)


def test_a_machine_without_node_is_told_what_is_skipped(tmp_path: Path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    make = shutil.which("make")
    assert make is not None
    arguments = [make, f"VENV={tmp_path}", f"{tmp_path}/oracles/npm/.ready"]
    environment = {**alone(), "PATH": str(tmp_path)}
    result = subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")
    assert "tests against @wecom/crypto are skipped" in result.stderr


def test_every_target_is_listed_by_help():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = (line.partition(":")[2].split() for line in text.splitlines() if line.startswith(".PHONY"))
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in phony:
        assert f"make {target} " in listed, target
