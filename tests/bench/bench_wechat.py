"""Users of a WeChat account who all write at once: what each is shown, and how long WeChat waits for its answers.

Beside it the plain way, in the same run: ask within the call and answer when the answer is there.

python tests/bench/bench_wechat.py [--users 100] [--stalled-users 50] [--stall 20]
"""

import argparse
import asyncio
import contextlib
import logging
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import httpx
import model_server
import tencent_server
from processes import WENSHU, Served, serve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wechat_platform import ACCOUNT, PATH, Platform, Shown
from wechat_process import fetched, free_port, platform_at, settings_of, stalling_by, verified_by

from bot import serving
from bot.channels import xml_text
from bot.state import State

QUESTION = "科创投累计投资多少"
RIGHT = "23.26亿元"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100, help="who write at once")
    parser.add_argument("--stalled-users", type=int, default=50, help="the same while the engine stalls")
    parser.add_argument("--stall", type=int, default=20, help="seconds for which it does")
    return parser.parse_args()


def show(what: str, shown: list[Shown], texts: list[str], *, asked: int) -> None:
    waits = sorted(
        seconds
        for each in shown
        for answer, seconds in zip(each.answers, each.seconds, strict=True)
        if answer is not None
    )
    n_faults = sum(each.is_fault for each in shown)
    n_right = sum(RIGHT in text for text in texts)
    times = f"p50 {waits[len(waits) // 2]:.2f} s, longest {waits[-1]:.2f} s" if waits else "none"
    print(
        f"{what}: {len(shown)} users, {n_right} got the answer, {n_faults} were shown a fault;"
        f" the engine was asked {asked} times; calls answered: {len(waits)} ({times})",
        flush=True,
    )


def n_answers(home: Path) -> int:
    with contextlib.closing(State(home / "state.sqlite3")) as state:
        return state.n_answers


async def all_say(platform: Platform, users: list[str]) -> list[Shown]:
    return list(await asyncio.gather(*(platform.say(QUESTION, user=user) for user in users)))


async def unverified(home: Path, users: list[str], settings: dict[str, str], what: str) -> None:
    port = free_port()
    async with serve(home, **settings_of(port), **settings), platform_at(port) as platform:
        shown = await all_say(platform, users)
        pairs = zip(shown, users, strict=True)
        texts = list(await asyncio.gather(*(fetched(platform, *each) for each in pairs)))
    show(what, shown, texts, asked=n_answers(home))


async def verified(home: Path, users: list[str], settings: dict[str, str], what: str) -> None:
    port = free_port()
    async with (
        tencent_server.serving() as server,
        serve(home, **settings_of(port), **settings, **verified_by(server)),
        platform_at(port) as platform,
    ):
        shown = await all_say(platform, users)
        late = [each for each in shown if not each.text]
        # Who waits long is told so besides.
        await server.until(lambda: sum(RIGHT in text for text in server.texts()) >= len(late))
        texts = [each.text for each in shown if each.text] + server.texts()
    show(what, shown, texts, asked=n_answers(home))


@contextlib.asynccontextmanager
async def plainly(served: Served) -> AsyncIterator[Platform]:
    """An account whose server asks within the call."""
    async with httpx.AsyncClient(base_url=served.address, timeout=120) as engine:

        async def answer(request: Request) -> Response:
            fields = xml_text.read(await request.body())
            got = await engine.post("/api/ask", json={"question": fields["Content"]})
            text = got.json().get("text", "") if got.status_code == httpx.codes.OK else ""
            reply = {
                "ToUserName": fields["FromUserName"],
                "FromUserName": ACCOUNT,
                "CreateTime": 1,
                "MsgType": "text",
                "Content": text,
            }
            return Response(xml_text.written(reply), media_type="application/xml")

        app = Starlette(routes=[Route(PATH, answer, methods=["POST"])])
        with socket.create_server(("127.0.0.1", 0), backlog=2_048) as listener:
            port = listener.getsockname()[1]
            async with serving._web(app, listener), platform_at(port) as platform:
                platform.is_sealed = False
                yield platform


async def plain(home: Path, users: list[str], settings: dict[str, str], what: str) -> None:
    async with serve(home, **settings, user_per_minute="1000") as served, plainly(served) as platform:
        shown = await all_say(platform, users)
    show(what, shown, [each.text or "" for each in shown], asked=n_answers(home))


async def measure(folder: Path, given: argparse.Namespace) -> None:
    users = [f"user-{number}" for number in range(given.users)]
    stalled_users = users[: given.stalled_users]
    ways = {"unverified": unverified, "verified": verified, "plain": plain}
    for name in [*ways, *(f"{way}-stalled" for way in ways)]:
        subprocess.run([WENSHU, "--home", folder / name, "figures"], check=True, capture_output=True)  # noqa: ASYNC221
    for name, way in ways.items():
        await way(folder / name, users, {}, f"{name}, at once")
    for name, way in ways.items():
        with model_server.serving(model_server.Stalls()) as model:
            settings = stalling_by(model, seconds=given.stall) | {"max_running": "64"}
            what = f"{name}, the engine stalls for {given.stall} s"
            await way(folder / f"{name}-stalled", stalled_users, settings, what)


def main() -> None:
    logging.disable(logging.CRITICAL)  # of the plain way, whose calls WeChat lets go of
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), options()))


if __name__ == "__main__":
    main()
