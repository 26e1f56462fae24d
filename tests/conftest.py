"""What every test shares: no network, no state of the developer's, and data that may be absent.

Switches (environment):
    WENSHU_SHARED: Folder of the optional development data; by default `../shared` beside the checkout.
    WENSHU_SOAK: 1 for many more property examples, drawn afresh each time.
"""

import asyncio
import ipaddress
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("WENSHU_SHARED") or ROOT.parent / "shared")
SOAK = os.environ.get("WENSHU_SOAK") == "1"
KEPT_VARIABLES = {"WENSHU_SHARED", "WENSHU_SOAK"}
MAKE_VARIABLES = {"MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"}
"""What `make test` would hand on to a make that a test starts."""

# Examples are the same on every quick run, so that a red run is the change's fault; soak draws new ones.
settings.register_profile("quick", max_examples=100, derandomize=True, database=None, deadline=None)
settings.register_profile(
    "soak",
    max_examples=5_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("soak" if SOAK else "quick")

REFUSED: list[str] = []
"""Hosts outside this machine that something tried to reach; emptied after each test."""


class ForeignHostError(RuntimeError):
    """Something tried to reach a host outside loopback."""


def _is_here(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_foreign_hosts(event: str, args: tuple[object, ...]) -> None:
    """Audit hook: sees every connection and name look-up of this process, whichever library makes it."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        if not isinstance(address, tuple) or _is_here(address[0]):
            return
        host = address[0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
        if _is_here(host):
            return
    else:
        return
    REFUSED.append(str(host))
    msg = f"tests stay on this machine, and {event} was called for {host!r}"
    raise ForeignHostError(msg)


def pytest_configure() -> None:
    sys.addaudithook(_refuse_foreign_hosts)
    for name in list(os.environ):
        if name in MAKE_VARIABLES or (name.startswith("WENSHU_") and name not in KEPT_VARIABLES):
            del os.environ[name]


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """Fail a test that tried to leave this machine, even if a library swallowed the refusal."""
    REFUSED.clear()
    yield
    hosts = list(REFUSED)
    REFUSED.clear()
    if hosts:
        pytest.fail(f"tried to reach {', '.join(hosts)}")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a test, and the programs it starts, off the developer's own home and `.env`."""
    elsewhere = tmp_path_factory.getbasetemp() / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("WENSHU_HOME", str(elsewhere / "home"))


@pytest.fixture
def refused() -> list[str]:
    """Hosts this test tried to reach; a test that means to be refused clears it."""
    return REFUSED


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The optional development data."""
    if not SHARED.is_dir():
        pytest.skip("needs the development data: ../shared is not there and WENSHU_SHARED names no folder")
    return SHARED


BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""What the machine's browser may be called."""

# The hosts are barred here, too: the audit hook does not see into another process.
BROWSER_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """The machine's browser, headless, with a profile of its own.

    It lasts a module, not the session: its event loop must be gone before an asynchronous test runs its own.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"needs a browser: install chromium (looked for {', '.join(BROWSERS)})")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make time.sleep and asyncio.sleep return at once; the seconds they were asked for, in order."""
    slept: list[float] = []
    really_sleep = asyncio.sleep

    async def pass_turn(delay: float, result: object = None) -> object:
        slept.append(delay)
        await really_sleep(0)
        return result

    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(asyncio, "sleep", pass_turn)
    return slept
