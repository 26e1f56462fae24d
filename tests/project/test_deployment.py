"""Dockerfile, compose.yaml and the systemd unit fit this project.

No container engine and no systemd runs here: the files are parsed, not brought up, and so are the commands of
docs/deploying.md.  Run for real are the health checks, against servers of the test and Chroma's own; the Dockerfile's
line that builds the wheel, in a folder that holds what its COPY lines and .dockerignore let in; and the unit under
`systemd-analyze`, where there is one.
"""

import configparser
import contextlib
import http.server
import json
import os
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import threading
import time
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
import yaml
from typer.main import get_command

from bot.cli import app
from knowledge.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
UNIT = ROOT / "docs" / "wenshu.service"
WENSHU = "/opt/wenshu/bin/wenshu"
COMMANDS = set(get_command(app).commands)


# -- the Dockerfile


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction of a Dockerfile, its lines joined."""

    stage: int
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Its arguments: a JSON list, or words as a shell parts them; options and the instruction left out."""
        if self.text.startswith("["):
            return json.loads(self.text)
        return [word for word in shlex.split(self.text) if not word.startswith("--")]

    @property
    def is_from_context(self) -> bool:
        """Whether it copies from the checkout, not from another stage."""
        return self.name in {"COPY", "ADD"} and "--from=" not in self.text


def steps(text: str) -> list[Step]:
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    found: list[Step] = []
    for line in filter(str.strip, joined.splitlines()):
        name, _, rest = line.strip().partition(" ")
        stage = sum(step.name == "FROM" for step in found) - (name != "FROM")
        found.append(Step(stage, name.upper(), rest.strip()))
    return found


STEPS = steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))
LAST = [step for step in STEPS if step.stage == STEPS[-1].stage]


def last(name: str) -> Step:
    """The instruction of the last stage that counts."""
    return [step for step in LAST if step.name == name][-1]


def environment() -> dict[str, str]:
    return dict(word.split("=", 1) for step in LAST if step.name == "ENV" for word in step.words)


def is_ignored(path: str, rules: list[str]) -> bool:
    """Docker's rule: the last line that matches the path or a folder above it decides."""
    above = [path, *(str(parent) for parent in PurePosixPath(path).parents if str(parent) != ".")]
    ignored = False
    for rule in rules:
        pattern = rule.removeprefix("!").strip("/")
        as_regex = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        if any(re.fullmatch(as_regex, each) for each in above):
            ignored = not rule.startswith("!")
    return ignored


IGNORE = [
    line
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("bot/cli.py", False),
        ("bot/channels/console.py", False),
        ("bot/__pycache__/cli.cpython-312.pyc", True),
        ("requirements.lock", False),
        ("requirements-dev.lock", True),
        (".env", True),
        (".git/config", True),
        (".venv/bin/python", True),
        ("tests/conftest.py", True),
        ("articles/secret.docx", True),
        ("seeds/qa.yaml", False),
    ],
)
def test_the_builder_sees_only_what_it_needs(path: str, *, expected: bool):
    assert is_ignored(path, IGNORE) is expected


def test_every_copied_source_is_there_and_not_ignored():
    sources = [source for step in STEPS if step.is_from_context for source in step.words[:-1]]
    assert {"requirements.lock", "bot/", "knowledge/"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists(), source
        assert (ROOT / source).is_dir() == source.endswith("/"), f"{source}: a folder ends in a slash"
        assert not is_ignored(source.rstrip("/"), IGNORE), source


def test_copies_from_stages_name_what_a_stage_makes():
    stages = {
        match[1] for step in STEPS if step.name == "FROM" and (match := re.search(r" AS (\w+)", step.text))
    }
    copies = [step for step in LAST if step.name == "COPY"]
    assert copies
    made = " ".join(step.text for step in STEPS if step.name == "RUN" and step.stage == 0)
    for step in copies:
        assert re.search(r"--from=(\w+)", step.text)[1] in stages
        assert step.words[0] in made


def test_packages_are_hashed_and_ours_comes_with_no_others():
    installs = re.findall(r" install (.+?)(?: && |$)", " && ".join(s.text for s in STEPS if s.name == "RUN"))
    with_pip = [line for line in installs if not line.startswith("--directory")]
    locks = [line for line in with_pip if "-r " in line]
    assert len(with_pip) == 2
    assert len(locks) == 1
    assert "--require-hashes" in locks[0]
    assert (ROOT / Path(locks[0].split("-r ")[1].strip()).name).is_file()
    assert any(re.search(r" wheel .*--no-build-isolation ", s.text) for s in STEPS if s.name == "RUN")
    (ours,) = set(with_pip) - set(locks)
    assert "--no-deps" in ours
    assert ours.split()[-1] == f"/dist/{PROJECT['name']}-*.whl"


def test_both_stages_stand_on_one_python_that_the_project_names():
    images = {step.words[0] for step in STEPS if step.name == "FROM"}
    (image,) = images
    version = re.fullmatch(r"python:(3\.\d+)-slim", image)
    assert version, f"{image}: no registry, a minor version, slim"
    assert f"Programming Language :: Python :: {version[1]}" in PROJECT["classifiers"]


def test_the_last_stage_brings_no_tools_and_is_not_root():
    assert not [step for step in LAST if re.search(r"\bapt|\bpip\b|\bgcc\b", step.text)]
    user = last("USER").text
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), "a number: Kubernetes and volumes know no names"
    assert f"--uid {user.split(':')[0]} " in " ".join(step.text for step in LAST if step.name == "RUN")
    order = [step.name for step in LAST]
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert "RUN" not in order[order.index("USER") :]


def test_the_image_starts_the_installed_command():
    (program,) = last("ENTRYPOINT").words
    (command,) = last("CMD").words
    assert last("ENTRYPOINT").text.startswith("["), "a shell in between would keep SIGTERM to itself"
    assert last("CMD").text.startswith("[")
    assert program in PROJECT["scripts"]
    assert command in COMMANDS
    assert last("STOPSIGNAL").text == "SIGTERM"


def test_the_image_keeps_its_state_in_the_volume():
    given = environment()
    assert {name for name in given if name.startswith(PREFIX)} <= SETTINGS
    assert given["WENSHU_HOME"] == last("VOLUME").text
    assert given["WENSHU_WEB_HOST"] == "0.0.0.0"  # noqa: S104 - inside the container
    assert given["PATH"].split(":")[0] == str(Path(WENSHU).parent)
    # chromadb asks for the home directory, and a user that no passwd knows has none.
    assert given["HOME"] == given["WENSHU_HOME"]
    assert last("EXPOSE").text == str(Settings.model_fields["web_port"].default)


# -- the Dockerfile's own line, run


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lies in the build stage after its COPY lines."""
    folder = tmp_path_factory.mktemp("src")
    for source in (source for step in STEPS if step.is_from_context for source in step.words[:-1]):
        files = (ROOT / source).rglob("*") if source.endswith("/") else [ROOT / source]
        for path in filter(Path.is_file, files):
            name = path.relative_to(ROOT).as_posix()
            if not is_ignored(name, IGNORE):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, folder / name)
    return folder


def test_the_wheel_builds_from_what_is_copied(context: Path, tmp_path: Path):
    (run,) = (step.text for step in STEPS if step.name == "RUN" and " wheel " in step.text)
    line = (
        run.split(" && ")[0].replace("/opt/wenshu/bin/python", sys.executable).replace("/dist", str(tmp_path))
    )
    line = line.replace("python -m pip", f"{shlex.quote(sys.executable)} -m pip -qq", 1)
    subprocess.run(["bash", "-euc", line], cwd=context, check=True)
    (built,) = tmp_path.glob("wenshu-*.whl")
    names = {name for name in zipfile.ZipFile(built).namelist() if ".dist-info/" not in name}
    assert names == {
        re.sub(r"^(prompts|seeds)/", r"knowledge/_bundled/\1/", path.relative_to(ROOT).as_posix())
        for folder in ("bot", "knowledge", "prompts", "seeds")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


# -- health checks, run


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def answering() -> Iterator[tuple[http.server.HTTPServer, list[str]]]:
    """A server that answers as told (`server.status`), and the paths it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server, asked
        server.shutdown()


def web_check(port: int, **more: str) -> int:
    """The exit status of the Dockerfile's HEALTHCHECK."""
    _, command = last("HEALTHCHECK").text.split("CMD ", 1)
    program, *arguments = json.loads(command)
    assert program == "python"
    given = {"PATH": os.environ["PATH"], "WENSHU_WEB_PORT": str(port), **more}
    return subprocess.run(
        [sys.executable, *arguments], env=given, capture_output=True, timeout=30, check=False
    ).returncode


def vectors_check(port: int) -> int:
    """The exit status of compose.yaml's health check of Chroma."""
    kind, *command = COMPOSE["services"]["chroma"]["healthcheck"]["test"]
    assert kind == "CMD"
    assert command[0] == "timeout", "coreutils and bash are what the image has"
    here = [word.replace("$$", "$").replace("127.0.0.1/8000", f"127.0.0.1/{port}") for word in command]
    assert here != command
    return subprocess.run(here, capture_output=True, timeout=30, check=False).returncode


@pytest.mark.parametrize(("status", "expected"), [(200, 0), (503, 1), (404, 1), (302, 1)])
def test_the_image_is_healthy_when_the_page_is(answering, status: int, expected: int):
    server, asked = answering
    server.status = status
    assert web_check(server.server_port) == expected
    assert asked == ["/healthz"]


def test_the_image_is_not_healthy_when_nothing_listens():
    assert web_check(free_port()) == 1


def test_a_proxy_of_the_environment_is_not_asked(answering):
    server, _ = answering
    server.status = 200
    assert web_check(server.server_port, http_proxy=f"http://127.0.0.1:{free_port()}") == 0


@pytest.mark.parametrize(("status", "expected"), [(200, 0), (503, 1), (404, 1)])
def test_chroma_is_healthy_when_it_answers(answering, status: int, expected: int):
    server, asked = answering
    server.status = status
    assert vectors_check(server.server_port) == expected
    assert asked == ["/api/v2/heartbeat"]


def test_a_real_chroma_becomes_healthy_with_the_file_that_the_image_has(tmp_path: Path):
    port = free_port()
    assert vectors_check(port) != 0
    (tmp_path / "config.yaml").write_text(
        f'persist_path: "{tmp_path}/data"\nport: {port}\n', encoding="utf-8"
    )
    command = [Path(sysconfig.get_path("scripts")) / "chroma", "run", "config.yaml"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=tmp_path, **quiet) as process:
        try:
            deadline = time.monotonic() + 30
            while vectors_check(port) != 0:
                assert process.poll() is None, "chroma run ended"
                assert time.monotonic() < deadline, "not healthy after 30 s"
                time.sleep(0.2)
        finally:
            process.terminate()
    assert (tmp_path / "data" / "chroma.sqlite3").is_file()


# -- compose.yaml


def test_every_setting_of_compose_is_one():
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"WENSHU_[A-Z_]*[A-Z]", text))
    assert {"WENSHU_WEB_TOKEN", "WENSHU_CHROMA_URL"} <= named <= SETTINGS


def test_compose_gives_values_that_the_settings_take():
    given = COMPOSE["services"]["wenshu"]["environment"]
    token = given.pop("WENSHU_WEB_TOKEN")
    assert re.match(r"\$\{WENSHU_WEB_TOKEN:\?.+\}$", token), "refused at once where there is none"
    settings = Settings(**{name.removeprefix(PREFIX).lower(): value for name, value in given.items()})
    assert str(settings.home) == environment()["WENSHU_HOME"]
    assert settings.web_host == environment()["WENSHU_WEB_HOST"]
    host, port = settings.chroma_url.removeprefix("http://").split(":")
    assert host in COMPOSE["services"]
    assert f"/dev/tcp/127.0.0.1/{port}" in COMPOSE["services"][host]["healthcheck"]["test"][-1]


def test_chroma_is_the_version_that_is_locked():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    version = re.search(r"^chromadb==(\S+)", lock, re.MULTILINE)[1]
    assert COMPOSE["services"]["chroma"]["image"] == f"chromadb/chroma:{version}"


def test_the_port_is_the_settings_and_open_to_this_machine_alone():
    (port,) = COMPOSE["services"]["wenshu"]["ports"]
    default = Settings.model_fields["web_port"].default
    assert port == f"127.0.0.1:{default}:{default}"
    assert COMPOSE["services"]["wenshu"]["environment"]["WENSHU_WEB_PORT"] == str(default)
    assert "ports" not in COMPOSE["services"]["chroma"]


def test_volumes_and_networks_are_declared_and_used():
    mounted = {name: service["volumes"] for name, service in COMPOSE["services"].items()}
    # https://github.com/chroma-core/chroma, rust/frontend/sample_configs/docker_single_node.yaml: persist_path /data
    assert mounted == {"wenshu": [f"home:{last('VOLUME').text}"], "chroma": ["vectors:/data"]}
    assert set(COMPOSE["volumes"]) == {"home", "vectors"}
    joined = {network for service in COMPOSE["services"].values() for network in service["networks"]}
    assert joined - {"default"} == set(COMPOSE["networks"])
    assert COMPOSE["networks"]["vectors"]["internal"]
    assert COMPOSE["services"]["chroma"]["networks"] == ["vectors"]


@pytest.mark.parametrize("name", ["wenshu", "chroma"])
def test_a_service_may_do_little(name: str):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["restart"] == "unless-stopped"
    # SQLite keeps temporary files there; Chroma does not start without.
    assert [place.split(":")[0] for place in service["tmpfs"]] == ["/tmp"]  # noqa: S108 - in the container


def test_wenshu_waits_for_chroma_and_has_time_to_end():
    service = COMPOSE["services"]["wenshu"]
    assert service["build"] == "."
    assert service["depends_on"] == {"chroma": {"condition": "service_healthy"}}
    assert "healthcheck" in COMPOSE["services"]["chroma"]
    assert service["env_file"] == [{"path": ".env", "required": False}]
    assert service["stop_grace_period"] == unit()["Service"]["TimeoutStopSec"][0]


# -- the systemd unit


class Repeated(dict):
    """Keeps every value of a key that stands more than once; configparser hands values over as lists."""

    def __setitem__(self, key: str, value: object) -> None:
        if isinstance(value, list) and isinstance(known := self.get(key), list):
            known.extend(value)
        else:
            super().__setitem__(key, value)


def unit() -> dict[str, dict[str, list[str]]]:
    """Section → key → its values, in order."""
    parser = configparser.RawConfigParser(strict=False, dict_type=Repeated, delimiters=("=",))
    parser.optionxform = str
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    return {name: {key: value.split("\n") for key, value in parser.items(name)} for name in parser.sections()}


def test_the_unit_starts_a_command_that_there_is():
    (line,) = unit()["Service"]["ExecStart"]
    program, command = line.split()
    assert program == WENSHU
    assert Path(program).name in PROJECT["scripts"]
    assert command in COMMANDS


def test_the_unit_sets_settings_alone():
    service = unit()["Service"]
    given = dict(pair.split("=", 1) for line in service["Environment"] for pair in shlex.split(line))
    assert len(service["Environment"]) > 1, "the parser keeps each of them"
    assert {name for name in given if name.startswith("WENSHU")} <= SETTINGS
    (state,) = service["StateDirectory"]
    assert given["WENSHU_HOME"] == f"/var/lib/{state}"
    assert service["WorkingDirectory"] == [given["WENSHU_HOME"]]
    assert service["EnvironmentFile"] == ["-/etc/wenshu/env"]


def test_the_unit_may_write_its_home_alone():
    service = unit()["Service"]
    assert service["User"] != ["root"]
    assert service["ProtectSystem"] == ["strict"]
    assert service["NoNewPrivileges"] == ["yes"]
    assert service["CapabilityBoundingSet"] == [""]
    assert service["KillSignal"] == [last("STOPSIGNAL").text]
    assert service["Restart"] == ["on-failure"]
    assert "ReadWritePaths" not in service


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze: the unit is parsed only")
    command = ["systemd-analyze", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def verify(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """What systemd says of the unit, its program replaced by the one of this environment."""
    here = text.replace(WENSHU, str(Path(sysconfig.get_path("scripts")) / "wenshu"))
    assert here != text
    (folder / UNIT.name).write_text(here, encoding="utf-8")
    return analyze("verify", "--man=no", "--recursive-errors=yes", folder / UNIT.name)


def test_systemd_takes_the_unit(tmp_path: Path):
    result = verify(tmp_path, UNIT.read_text(encoding="utf-8"))
    assert UNIT.name not in result.stderr, result.stderr
    assert result.returncode == 0, result.stderr


def test_systemd_would_see_a_slip(tmp_path: Path):
    slip = UNIT.read_text(encoding="utf-8").replace("NoNewPrivileges", "NoNewPrivilege")
    assert "NoNewPrivilege" in verify(tmp_path, slip).stderr


def test_systemd_counts_the_unit_among_the_safe():
    result = analyze("security", "--offline=true", "--no-pager", "--threshold=20", UNIT)
    if "unrecognized option" in result.stderr or "Failed to" in result.stderr:
        pytest.skip(f"this systemd-analyze can't rate a file: {result.stderr.strip()}")
    assert result.returncode == 0, result.stdout[-200:]


# -- docs/deploying.md


def page_commands() -> list[str]:
    return [
        line
        for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]


def test_the_page_names_settings_that_there_are():
    named = set(re.findall(r"WENSHU_[A-Z_]*[A-Z]", PAGE))
    assert {"WENSHU_PUBLIC_URL", "WENSHU_WEB_TOKEN"} <= named <= SETTINGS


def test_the_page_s_commands_are_read_by_a_shell_and_are_ours():
    lines = page_commands()
    assert len(lines) > 10
    for line in lines:
        subprocess.run(["bash", "-nc", line], check=True)
    called = re.findall(rf"(?:{WENSHU}|\bwenshu wenshu|/articles:ro\" wenshu|`wenshu) (\w+)", PAGE)
    assert {"ingest", "doctor", "serve"} <= set(called) <= COMMANDS


def test_the_page_s_compose_commands_name_our_services():
    for line in page_commands():
        words = shlex.split(line)
        if words[:2] == ["docker", "compose"] and words[2] in {"run", "exec", "stop", "start"}:
            assert set(words[3:]) & set(COMPOSE["services"]), line


def test_the_page_s_files_and_links_are_there():
    for link in re.findall(r"\]\(([^)#\s]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
    for name in ("requirements.lock", ".env.example", "docs/wenshu.service"):
        assert name in PAGE
        assert (ROOT / name).is_file()


def test_the_page_s_proxies_lead_to_the_port():
    default = Settings.model_fields["web_port"].default
    targets = re.findall(r"(?:reverse_proxy |proxy_pass http://)(\S+?);?$", PAGE, re.MULTILINE)
    assert targets == [f"127.0.0.1:{default}"] * 2
    assert "X-Forwarded-Proto $scheme" in PAGE


def test_a_backup_of_a_database_in_use_is_whole(tmp_path: Path):
    """The page's loop over a home of our own; Python before 3.12 lacks `-m sqlite3`, so a stand-in plays it."""
    (line,) = (line for line in page_commands() if "VACUUM INTO" in line)
    script = shlex.split(line)[-1].replace("/data", str(tmp_path / "home"))
    stand_in = tmp_path / "python"
    body = "import sqlite3, sys\nassert sys.argv[1:3] == ['-m', 'sqlite3']\n"
    body += "with sqlite3.connect(sys.argv[3]) as opened:\n    opened.execute(sys.argv[4])\n"
    stand_in.write_text(f"#!{sys.executable}\n{body}", encoding="utf-8")
    stand_in.chmod(0o755)
    (tmp_path / "home").mkdir()
    with contextlib.closing(sqlite3.connect(tmp_path / "home" / "catalog.sqlite3")) as used:
        used.execute("PRAGMA journal_mode=WAL")
        used.execute("CREATE TABLE t (x)")
        used.execute("INSERT INTO t VALUES (1)")
        used.commit()
        subprocess.run(["sh", "-euc", script], check=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    with contextlib.closing(sqlite3.connect(tmp_path / "home" / "backup" / "catalog.sqlite3")) as copy:
        assert copy.execute("SELECT x FROM t").fetchall() == [(1,)]
