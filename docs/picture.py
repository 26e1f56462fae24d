"""Draw README's picture: a real question put to `wenshu ask`, and what the terminal shows.

Run from the checkout:

    .venv/bin/python docs/picture.py
"""

import html
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

QUESTION = "科创投累计投资多少"
WIDTH = 84
"""Columns: what `wenshu` takes in a pipe, and a margin."""

PICTURE = Path(__file__).with_name("answer.svg")
# No font is fetched: the reader's own fixed-width font is used.
FORMAT = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<style>
.{unique_id}-matrix {{ font-family: "Sarasa Mono SC", "Noto Sans Mono CJK SC", Menlo, Consolas, \
"PingFang SC", "Microsoft YaHei", monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; }}
{styles}
</style>
<defs>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
_TEXT = re.compile(r'textLength="([\d.]+)"([^>]*)>([^<]*)<')


def ask(question: str) -> str:
    """What `wenshu ask` prints in a fresh home, with its colours."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "WENSHU_HOME": home, "FORCE_COLOR": "1", "TERM": "xterm-256color"}
        environment.pop("NO_COLOR", None)
        command = [str(Path(sys.executable).with_name("wenshu")), "ask", question]
        return subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True
        ).stdout


def draw(question: str, output: str) -> str:
    """The terminal as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"$ wenshu ask {question}"))
    console.print(Text.from_ansi(output.rstrip("\n")))
    picture = console.export_svg(title="问数", code_format=FORMAT, unique_id="wenshu", font_aspect_ratio=0.5)
    return "\n".join(line.rstrip() for line in _TEXT.sub(_widen, picture).splitlines()) + "\n"


def _widen(text: re.Match[str]) -> str:
    """Give a run the room of its columns: rich counts characters, and a Chinese one takes two columns."""
    content = html.unescape(text[3])
    length = float(text[1]) * cell_len(content) / len(content)
    return f'textLength="{length:g}"{text[2]}>{text[3]}<'


if __name__ == "__main__":
    PICTURE.write_text(draw(QUESTION, ask(QUESTION)), encoding="utf-8")
