"""Take README's picture of a check: a draft over the seed article, held against it, in headless Chromium.

Run from the checkout, with Debian's chromium or another one on the path:

    .venv/bin/python docs/check_picture.py
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

DRAFT = """\
截至2021年底，“科创投”累计投资23.62亿元，“科创贷”累计放款超150亿元。
2021年，成都市科技局举办9场“企业家进校园”云对接活动，发布科技成果749项，签约11项，签约金额超4500万元。
高新技术产业营业收入1.19万亿元，同比增长16.3%；高新技术企业已达7800家。全市专利授权量8万件。"""

PICTURE = Path(__file__).with_name("check.png")
SIZE = {"width": 1200, "height": 640}
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def check(page: Path) -> None:
    """Writes the page of the check, in a fresh home; exit status 1 says that not every figure is supported."""
    command = [str(Path(sys.executable).with_name("wenshu")), "--home", str(page.parent / "home")]
    subprocess.run(
        [*command, "check", "--html", str(page), "--text", DRAFT], check=False, capture_output=True
    )


def main() -> None:
    """Draw the picture."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "check.html"
        check(page_file)
        browser = playwright.chromium.launch(executable_path=browser_path, args=OPTIONS)
        page = browser.new_page(viewport=SIZE)
        page.goto(page_file.as_uri())
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
