"""The wheel alone, in an environment and home of its own and with no network, answers a question.

Its dependencies are lent by the environment of the tests; .ci/run installs them anew from the lock.
"""

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pip(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "pip", "-qq", *map(str, arguments)], check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("wenshu-*.whl")
    return built


@pytest.fixture(scope="module")
def wenshu(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed command."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    pip("--python", folder / "bin" / "python", "install", "--no-deps", "--no-index", wheel)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    # The .pth files of a lent folder are not read, so the checkout's own modules stay out of sight.
    (site_packages / "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder / "bin" / "wenshu"


def without_network() -> list[str]:
    """A command that runs another with no network at all, not even loopback."""
    for isolated in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if (
            shutil.which("unshare")
            and subprocess.run([*isolated, "true"], capture_output=True, check=False).returncode == 0
        ):
            return isolated
    return []


def ask(wenshu: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    command = [*without_network(), wenshu, "ask", *arguments]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def test_it_carries_code_prompts_and_seeds_alone(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    bundled = {
        name.removeprefix("knowledge/_bundled/") for name in names if name.startswith("knowledge/_bundled/")
    }
    expected = {
        path.relative_to(ROOT).as_posix()
        for folder in ("prompts", "seeds")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    assert bundled == expected
    assert "seeds/qa.yaml" in bundled
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"bot", "knowledge"}
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_it_answers_from_an_empty_home(wenshu: Path, tmp_path: Path):
    result = ask(wenshu, tmp_path, "科创投累计投资多少", "--json")
    assert result.returncode == 0, result.stderr
    (line,) = result.stdout.splitlines()
    answer = json.loads(line)
    figure = answer["figures"][0]
    citation = next(each for each in answer["citations"] if each["label"] == figure["citation"])
    assert answer["status"] == "answered"
    assert (figure["value"], figure["unit"]) == ("2326000000", "元")
    assert "23.26亿元" in answer["text"]
    assert "23.26亿元" in citation["quote"]
    assert all(citation[field] for field in ("title", "published", "url"))


def test_it_abstains_with_exit_code_1(wenshu: Path, tmp_path: Path):
    result = ask(wenshu, tmp_path, "上海的科创投累计投资多少", "--json")
    assert result.returncode == 1, result.stdout + result.stderr
    assert json.loads(result.stdout)["status"] == "abstained"
