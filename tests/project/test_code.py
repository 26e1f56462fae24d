"""The house style, as far as a program can see it: sizes, names, and a core apart from the world."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for package in ("bot", "knowledge") for path in (ROOT / package).rglob("*.py"))
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
LONG_FILES: dict[str, str] = {}
"""Path → why it may be longer."""
LONG_FUNCTIONS: dict[str, str] = {}
"""Path:function → why it may be longer."""
VAGUE = {"utils", "util", "helper", "helpers", "manager", "data", "common", "misc"}
# What reaches the disk, the network, other processes or the clock.
WORLDLY = {
    *(
        "asyncio",
        "datetime.datetime",
        "glob",
        "http",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
    ),
    *(
        "select",
        "shutil",
        "signal",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib",
    ),
}
HARMLESS = {"time.perf_counter"}
"""A stopwatch: `Answer.timings_ms` holds what it shows, and no answer depends on it."""
WORLDLY_CALLS = {"open", "print", "input", "today", "now", "utcnow", "exec", "eval"}


def core_modules() -> list[Path]:
    """The lowest layer of the import contract: one list, in pyproject.toml."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == ["knowledge"])
    names = re.findall(r"\w+", layers[-1])
    return [path for name in names if (path := ROOT / "knowledge" / f"{name}.py").exists()]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", core_modules(), ids=name_of)
def test_the_core_is_standard_library_without_the_world(path: Path):
    for name in imports(path):
        top = name.partition(".")[0]
        assert top == "knowledge" or top in sys.stdlib_module_names, (
            f"{name}: no third-party import in the core"
        )
        worldly = {top, name} & WORLDLY and name not in HARMLESS
        assert not worldly, f"{name}: the core does no input or output and has no clock"
    called = {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }
    assert called.isdisjoint(WORLDLY_CALLS)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_are_short(path: Path):
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= MAX_FILE_LINES or name_of(path) in LONG_FILES, f"{n_lines} lines"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_functions_are_short(path: Path):
    long = {
        f"{name_of(path)}:{node.name}": n_lines
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (n_lines := n_code_lines(node)) > MAX_FUNCTION_LINES
    }
    assert {name: n_lines for name, n_lines in long.items() if name not in LONG_FUNCTIONS} == {}


def n_code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, less the docstring."""
    first = node.body[0]
    has_docstring = ast.get_docstring(node, clean=False) is not None and first.end_lineno is not None
    n_docstring = first.end_lineno - first.lineno + 1 if has_docstring else 0
    return node.end_lineno - node.lineno + 1 - n_docstring


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_modules_are_named_for_what_they_hold(path: Path):
    if path.stem != "__init__":
        assert path.stem not in VAGUE
        assert path.stem not in sys.stdlib_module_names


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_exports_exist_and_are_documented(path: Path):
    tree = tree_of(path)
    assert ast.get_docstring(tree), "a module says what it holds"
    defined = {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    }
    undocumented = [
        name for name, node in defined.items() if not name.startswith("_") and not ast.get_docstring(node)
    ]
    assert undocumented == []
    exported = exports(tree)
    assert exported == sorted(set(exported), key=exported.index), "a name stands twice in __all__"


def exports(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
        ):
            return ast.literal_eval(node.value)
    return []


def test_no_exemption_has_outlived_its_reason():
    for name in LONG_FILES:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > MAX_FILE_LINES
    for name in LONG_FUNCTIONS:
        path, function = name.split(":")
        assert any(
            n_code_lines(node) > MAX_FUNCTION_LINES
            for node in ast.walk(tree_of(ROOT / path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
        )
