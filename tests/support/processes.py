"""`wenshu serve` as a process of its own, started, asked, killed and started again."""

import asyncio
import os
import re
import signal
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

WENSHU = Path(sysconfig.get_path("scripts")) / "wenshu"
PATIENCE = 60
"""Seconds a process may take to be up."""

_PAGE = re.compile(r"网页：(http://\S+)")


class Served:
    """A running process.

    Attributes:
        address: Of its page.
        said: What it wrote to standard error, line by line.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._up: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read())
        self.said: list[str] = []
        self.address = ""

    async def until_up(self) -> None:
        self.address = await asyncio.wait_for(self._up, PATIENCE)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; the exit status."""
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        """The exit status, once it has ended by itself."""
        status = await asyncio.wait_for(self._process.wait(), PATIENCE)
        await self._reading
        return status

    def resident(self) -> int:
        """Bytes of memory it holds; 0 where the system doesn't tell."""
        path = Path(f"/proc/{self._process.pid}/statm")
        return int(path.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if path.exists() else 0

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.said.append(line.decode().rstrip())
            if (found := _PAGE.search(self.said[-1])) and not self._up.done():
                self._up.set_result(found[1])
        if not self._up.done():
            self._up.set_exception(RuntimeError("\n".join(self.said)))
            self._up.exception()  # whoever waits for the end alone need not fetch it


async def start(home: Path, **settings: str) -> Served:
    """Start a process on a port of its own; it need not be up yet."""
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "WENSHU_HOME": str(home),
        "WENSHU_WEB_PORT": "0",
        **{f"WENSHU_{name.upper()}": value for name, value in settings.items()},
    }
    process = await asyncio.create_subprocess_exec(
        WENSHU, "serve", env=environment, stderr=asyncio.subprocess.PIPE, cwd=home.parent
    )
    return Served(process)


@asynccontextmanager
async def serve(home: Path, **settings: str) -> AsyncIterator[Served]:
    """A process that is up while the block runs, and is told to stop after it."""
    served = await start(home, **settings)
    try:
        await served.until_up()
        yield served
    finally:
        await served.stop()
