"""Many users over HTTP, messages that came while nobody was there, and kills: prints the figures of the README.

python tests/bench/bench_chat.py [--users 50] [--every 5] [--seconds 120] [--queued 1000] [--pending 200] [--kills 5]
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from loads import Answered, Load, over_http, queued_while_down
from processes import WENSHU, serve
from telegram_server import serving


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between the questions of one user")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--queued", type=int, default=1000, help="chats that asked while nobody was there")
    parser.add_argument("--pending", type=int, default=200, help="chats that wait when the process is killed")
    parser.add_argument("--kills", type=int, default=5)
    return parser.parse_args()


def show_load(load: Load, given: argparse.Namespace) -> None:
    print(f"{given.users} users over HTTP, each every {given.every:g} s, for {given.seconds:g} s")
    print(f"  asked {load.n_asked}, rightly answered {load.n_answered}")
    times = ", ".join(
        f"p{share:.0%}".rstrip("%") + f" {load.percentile(share):.3f} s" for share in (0.5, 0.95, 0.99)
    )
    print(f"  {times}; memory grew by {load.grown / 1e6:.1f} MB after the first quarter")


def show_answered(what: str, came: Answered) -> None:
    print(
        f"{what}: {came.n_chats} chats, lost {came.lost}, twice {came.doubled}, all within {came.seconds:.0f} s"
    )


async def measure(folder: Path, given: argparse.Namespace) -> None:
    for name in ("load", "queued", "killed"):
        subprocess.run([WENSHU, "--home", folder / name, "figures"], check=True, capture_output=True)  # noqa: ASYNC221
    async with serve(folder / "load") as served:
        show_load(
            await over_http(served, n_users=given.users, every=given.every, lasting=given.seconds), given
        )
    async with serving(folder / "journal-1") as server:
        came = await queued_while_down(server, folder / "queued", n_chats=given.queued)
    show_answered("Telegram messages there before the process", came)
    async with serving(folder / "journal-2") as server:
        came = await queued_while_down(server, folder / "killed", n_chats=given.pending, kills=given.kills)
    show_answered(f"the same, killed {given.kills} times on the way", came)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), options()))


if __name__ == "__main__":
    main()
