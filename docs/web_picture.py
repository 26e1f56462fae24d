"""Take README's picture of the web page: a question, its answer, and the article open at the sentence.

Run from the checkout, with Debian's chromium or another one on the path:

    .venv/bin/python docs/web_picture.py
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import sync_playwright

from bot.app import whole_app
from bot.channels.web.website import Site
from bot.desk import Desk
from bot.guard import Allowed, Guard
from bot.metrics import Metrics
from bot.reception import Reception
from bot.service import Policy, Service
from bot.state import State
from knowledge.build import open_wenshu
from knowledge.settings import Settings

QUESTION = "科创投累计投资多少"
PICTURE = Path(__file__).with_name("web.png")
SIZE = {"width": 1200, "height": 640}
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The address of the pages over the bundled article, for as long as the block runs."""
    wenshu, metrics, state = open_wenshu(Settings(home=home)), Metrics(), State(home / "state.sqlite3")
    wenshu.ingest_bundled()
    service = Service(wenshu, state, Policy(1800, frozenset(), "", home / "uploads"))
    guard = Guard(Allowed(frozenset(), frozenset()), user_per_minute=100, address_per_minute=1000)
    desk = Desk(metrics, max_running=1, max_waiting=9)
    site = Site(Reception(service, desk, guard, metrics), wenshu, None, (), "", lambda: ())
    config = uvicorn.Config(whole_app(site), port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join()
    desk.close()
    state.close()
    wenshu.close()


def main() -> None:
    """Draw the picture."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=browser_path, args=OPTIONS)
        page = browser.new_page(viewport=SIZE, reduced_motion="reduce")
        page.goto(address)
        page.locator("#q").fill(QUESTION)
        page.locator("#q").press("Enter")
        page.get_by_role("link", name="看原文").click()
        page.locator("#panel mark").wait_for()
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
