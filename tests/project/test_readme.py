"""Every command of the READMEs runs, and prints what the page shows.

A `sh` block holds commands, run in order by bash in one fresh home, as a reader would.  A `text` or `json`
block right after one shows its output, `…` standing for any run of characters.  Lines that can't run here
are named in READ_ONLY with the reason, and are only checked to be what the reason says.
"""

import re
import shlex
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "README.zh-CN.md")
READ_ONLY = {
    r"make (test|check|bench|soak|serve)": "runs in .ci/run or for long; make -n must know the target",
    r"git clone ": "needs the network",
    r"(export )?WENSHU_TELEGRAM_TOKEN=": "needs a bot token of the reader's own",
    r"wenshu serve": "runs until stopped",
    r"curl ": "needs a running wenshu serve",
    r"docker |chroma run": "needs a server of the reader's own",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str


def blocks(page: str) -> list[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2])
        for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def commands(block: Block) -> list[str]:
    joined = block.text.replace("\\\n", "")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def reason_not_to_run(command: str) -> str:
    return next((reason for pattern, reason in READ_ONLY.items() if re.match(pattern, command)), "")


def as_run_here(command: str) -> str:
    """`make ask` uses this environment and sets nothing up."""
    if not command.startswith("make "):
        return command
    options = ["-C", str(ROOT), "-o", f"{sys.prefix}/.ready", f"VENV={sys.prefix}", "--no-print-directory"]
    return command.replace("make ", f"make {shlex.join(options)} ", 1)


def run(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "HOME": str(home),
        "WENSHU_HOME": str(home / "wenshu"),
        "PATH": f"{sysconfig.get_path('scripts')}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }
    shell = ["bash", "-euo", "pipefail", "-c", as_run_here(command)]
    return subprocess.run(
        shell, cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def pattern_of(shown: str) -> str:
    """A regular expression for what a page shows; `…` is anything, blanks at line ends are nothing."""
    lines = [line.rstrip() for line in shown.strip().splitlines()]
    return "(?s)" + re.escape("\n".join(lines)).replace("…", ".*?")


def commands_of(page: str) -> list[str]:
    return [command for block in blocks(page) if block.language == "sh" for command in commands(block)]


COMMANDS = [command for command in commands_of(PAGES[0]) if not reason_not_to_run(command)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, subprocess.CompletedProcess[str]]:
    """What came of every command, all run once, in order."""
    home = tmp_path_factory.mktemp("reader")
    (home / "articles").mkdir()
    for seed in (ROOT / "seeds").glob("*.md"):
        (home / "articles" / seed.name).write_bytes(seed.read_bytes())
    return {command: run(command, home) for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_runs(command: str, results: dict[str, subprocess.CompletedProcess[str]]):
    result = results[command]
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_is_printed(page: str, results: dict[str, subprocess.CompletedProcess[str]]):
    for block, shown in pairwise(blocks(page)):
        if block.language == "sh" and shown.language in {"text", "json"}:
            output = "".join(results[command].stdout for command in commands(block))
            output = "\n".join(line.rstrip() for line in output.strip().splitlines())
            assert re.fullmatch(pattern_of(shown.text), output), (
                f"{page}:{shown.line} shows other than:\n{output}"
            )


@pytest.mark.parametrize("page", PAGES)
def test_the_page_shows_output_and_runs_commands(page: str):
    languages = [block.language for block in blocks(page)]
    assert "" not in languages, "a block names its language"
    assert 'make ask Q="科创投累计投资多少"' in commands_of(page)
    assert any(block.language == "text" for block in blocks(page))
    assert any(block.language == "json" for block in blocks(page))


@pytest.mark.parametrize("page", PAGES)
def test_targets_of_make_exist(page: str):
    targets = set(re.findall(r"\bmake ([a-z]\w*(?:-\w+)*)", (ROOT / page).read_text(encoding="utf-8")))
    for target in targets:
        result = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text)
    assert links
    for link in links:
        assert re.match(r"https://|mailto:", link) or (ROOT / link).exists(), link


def test_both_pages_show_the_same_commands():
    english, chinese = map(commands_of, PAGES)
    assert english == chinese
