"""How fast POST /api/ask answers the seed's questions over a real socket, for many clients at once.

    PYTHONPATH=tests/support python tests/bench/bench_api.py [--clients 20] [--seconds 10]

Server and clients are two processes; every client asks its next question as soon as it has its answer.
"""

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import uvicorn
from baseline import latency, seed_pairs
from sites import close, make_site

from bot.app import whole_app
from knowledge.build import open_wenshu
from knowledge.settings import Settings

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


class Told(uvicorn.Server):
    """A server that says on which port it is."""

    def __init__(self, config: uvicorn.Config, pipe: "Connection") -> None:
        super().__init__(config)
        self._pipe = pipe

    async def startup(self, sockets: list[object] | None = None) -> None:
        await super().startup(sockets)  # type: ignore[arg-type]
        self._pipe.send(self.servers[0].sockets[0].getsockname()[1])


def serve(pipe: "Connection") -> None:
    with tempfile.TemporaryDirectory() as folder:
        wenshu = open_wenshu(Settings(home=Path(folder)))
        wenshu.ingest_bundled()
        site = make_site(wenshu, Path(folder))
        config = uvicorn.Config(
            whole_app(site), port=0, log_level="warning", access_log=False, lifespan="off"
        )
        Told(config, pipe).run()
        close(site)
        wenshu.close()


async def drive(url: str, n_clients: int, seconds: float) -> list[float]:
    """Milliseconds by answer."""
    questions = cycle([pair["question"] for pair in seed_pairs()])
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def client() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as line:
            while time.perf_counter() < end:
                started = time.perf_counter()
                (await line.post("/api/ask", json={"question": next(questions)})).raise_for_status()
                took.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(client() for _ in range(n_clients)))
    return took


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
    server.start()
    url = f"http://127.0.0.1:{here.recv()}"
    try:
        asyncio.run(drive(url, 1, 2))  # warms what is opened when first needed
        print(f"{'clients':>7s} {'n':>6s} {'req/s':>7s} {'p50 ms':>8s} {'p95 ms':>8s}")
        for n_clients in (1, options.clients):
            started = time.perf_counter()
            took = asyncio.run(drive(url, n_clients, options.seconds))
            p50, p95 = latency(took)
            rate = len(took) / (time.perf_counter() - started)
            print(f"{n_clients:7d} {len(took):6d} {rate:7.1f} {p50:8.1f} {p95:8.1f}")
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
