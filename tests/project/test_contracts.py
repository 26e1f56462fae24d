"""The import contracts hold, and would break if someone crossed them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

CROSSINGS = {
    "knowledge imports bot": ("knowledge/errors.py", "import bot", "knowledge.errors -> bot"),
    "the core imports an edge": (
        "knowledge/schema.py",
        "import knowledge.catalog",
        "knowledge.schema -> knowledge.catalog",
    ),
    "an edge imports an edge": (
        "knowledge/catalog.py",
        "import knowledge.lexical",
        "knowledge.catalog -> knowledge.lexical",
    ),
    "an edge imports build": (
        "knowledge/lexical.py",
        "import knowledge.build",
        "knowledge.lexical -> knowledge.build",
    ),
    "a second importer of a library": (
        "knowledge/catalog.py",
        "import tantivy",
        "knowledge.catalog -> tantivy",
    ),
    "a module with no place": ("knowledge/astray.py", '"""Lost."""', "- knowledge.astray"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_contracts_hold():
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("file", "line", "complaint"), CROSSINGS.values(), ids=CROSSINGS)
def test_a_crossing_is_seen(tmp_path: Path, file: str, line: str, complaint: str):
    for name in ("bot", "knowledge"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert complaint in result.stdout
