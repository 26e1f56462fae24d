"""The guards of conftest.py hold: a test can neither leave this machine nor reach the developer's home."""

import asyncio
import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest


@pytest.mark.parametrize("reach", ["connect", "connect_ex", "sendto", "getaddrinfo", "create_connection"])
def test_foreign_hosts_are_refused(reach: str, refused: list[str]):
    tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
    calls = {
        "connect": lambda: tcp.connect(("192.0.2.1", 80)),
        "connect_ex": lambda: tcp.connect_ex(("192.0.2.1", 80)),
        "sendto": lambda: udp.sendto(b"", ("192.0.2.1", 53)),
        "getaddrinfo": lambda: socket.getaddrinfo("example.org", 443),
        "create_connection": lambda: socket.create_connection(("2001:db8::1", 80), timeout=1),
    }
    with tcp, udp, pytest.raises(RuntimeError, match="stay on this machine"):
        calls[reach]()
    assert refused
    refused.clear()


def test_loopback_and_unix_sockets_work(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
        server.accept()[0].close()
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


def test_a_swallowed_refusal_is_still_seen(refused: list[str]):
    def telemetry() -> None:
        with suppress(RuntimeError):
            socket.getaddrinfo("telemetry.example.org", 443)

    thread = threading.Thread(target=telemetry)
    thread.start()
    thread.join()
    assert refused == ["telemetry.example.org"]
    refused.clear()


def test_the_home_is_nobodys():
    assert Path(os.environ["WENSHU_HOME"]).parent == Path.cwd()
    assert not Path(".env").exists()
    assert not {n for n in os.environ if n.startswith("WENSHU_")} - {
        "WENSHU_HOME",
        "WENSHU_SHARED",
        "WENSHU_SOAK",
    }


async def test_no_waiting_records_and_returns(no_waiting: list[float]):
    began = time.monotonic()
    time.sleep(30)  # noqa: ASYNC251 - the fixture stands in for it
    assert await asyncio.sleep(60, "done") == "done"
    assert no_waiting == [30, 60]
    assert time.monotonic() - began < 1
