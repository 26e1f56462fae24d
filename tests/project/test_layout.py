"""What the repository may hold, and that its locks are whole."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TOP_LEVEL = {
    *(
        "pyproject.toml",
        "README.md",
        "Makefile",
        "CHANGELOG.md",
        "requirements.lock",
        "requirements-dev.lock",
    ),
    *("seeds", "prompts", "knowledge", "bot", "tests"),
    *("README.zh-CN.md", "LICENSE", "docs", ".ci", ".env.example", "Dockerfile", "compose.yaml"),
    *(".gitignore", ".dockerignore", ".pre-commit-config.yaml"),
}
MEBIBYTE = 1 << 20
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/\w")
# Put together here, so that this file does not find itself.
REGISTRY = re.compile(r"--(?:extra-)?index[-]url|--find[-]links|file:[/]{3}|python[h]osted")


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    return [path for name in listing.split("\0") if name and (path := ROOT / name).is_file()]


def test_the_top_level_is_as_designed():
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= TOP_LEVEL


def test_no_file_is_large():
    assert {str(path): size for path in tracked() if (size := path.stat().st_size) > MEBIBYTE} == {}


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_file_names_a_machine_or_registry(pattern: re.Pattern[str]):
    found = {}
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if match := pattern.search(text):
            found[str(path.relative_to(ROOT))] = match.group()
    assert found == {}


def locked(name: str) -> dict[str, str]:
    """Requirement line → its block of hashes."""
    blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8"))
    return {block.split(" \\\n")[0]: block for block in blocks if not block.startswith("#")}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_is_pinned_and_hashed(name: str):
    for line, block in locked(name).items():
        assert re.match(r"[\w.-]+==[\w.!+]+( ; .+)?$", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), line


def test_what_is_installed_beside_the_locks_is_pinned_and_hashed_too():
    oracles = ROOT / "tests" / "oracles"
    for path in oracles.glob("*.txt"):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        assert lines
        for line in lines:
            assert re.fullmatch(r"[\w.-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}", line), line
    packages = json.loads((oracles / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = json.loads((oracles / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert packages.pop("") == {"dependencies": wanted}
    assert {name.removeprefix("node_modules/") for name in packages} >= set(wanted)
    for package in packages.values():
        assert set(package) == {"version", "integrity"}, "no address: npm knows where to ask"
        assert package["integrity"].startswith("sha512-")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"]),
        ("requirements-dev.lock", PROJECT["dependency-groups"]["dev"]),
    ],
)
def test_the_lock_meets_the_project_file(name: str, wanted: list[str]):
    pins: dict[str, list[str]] = {}
    for line in locked(name):
        package, _, version = line.split(" ; ")[0].partition("==")
        pins.setdefault(canonicalize_name(package), []).append(version)
    for requirement in map(Requirement, wanted):
        versions = pins.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement} is not locked: run make lock"
        assert all(map(requirement.specifier.contains, versions)), f"{requirement}: {versions}: run make lock"


def test_the_dev_lock_agrees_with_the_runtime_lock():
    runtime, dev = (
        {line.split(" ; ")[0] for line in locked(name)}
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    names = {line.partition("==")[0] for line in runtime}
    assert {line for line in dev if line.partition("==")[0] in names} <= runtime
