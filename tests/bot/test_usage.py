"""A wrong call gets one Chinese message and exit status 2, before anything heavy is loaded."""

import resource
import subprocess
import sys

import pytest

from bot import cli

HEAVY = ("rich", "telegram", "pydantic_settings", "chromadb", "langchain_core", "tantivy", "knowledge.build")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = cli.run(list(arguments))
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "--top", "多", "问题"], "选项 --top 的值不对：应为 1 以上的整数。"),
        (["ask", "--top", "0", "问题"], "选项 --top 的值不对：应为 1 以上的整数。"),
        (["ask", "科创投", "累计", "投资"], "多出了「累计 投资」。问题里有空格时，请给整句加上引号。"),
        (["ask", "--tip", "问题"], "没有「--tip」这个选项。是不是 --top？"),
        (["ask", "--json=1", "问题"], "选项「--json」不带值。"),
        (["ask", "--batch"], "选项「--batch」后面要跟一个值。"),
        (
            ["check", "a.txt", "b.txt"],
            "多出了「b.txt」。一次核对一份稿子；路径或文字里有空格时，请加上引号。",
        ),
        (["check"], "没有给出要核对的文字。"),
        (["check", "--json"], "没有给出要核对的文字。"),
        (["check", "a.txt", "--text", "b"], "FILE + --text 不能一起用。请只留一个。"),
        (["check", "--batch", "-", "--text", "b"], "--text + --batch 不能一起用。请只留一个。"),
        (["check", "a.txt", "--batch", "-"], "FILE + --batch 不能一起用。请只留一个。"),
        (["check", "--batch", "-", "--html", "a.html"], "--batch + --html 不能一起用。请只留一个。"),
        (
            ["check", "没有这个文件"],
            "没有「没有这个文件」这个文件。检查路径；要核对的若是一段文字，请用 --text。",
        ),
        (["check", "--batch", "没有这个文件"], "打不开「没有这个文件」。"),
        (["check", "--text"], "选项「--text」后面要跟一个值。"),
        (["asq", "问题"], "没有「asq」这个命令。"),
        (["ingest", "--dense", "some", "x.md"], "选项 --dense 的值不对：应为 auto、all 或 none。"),
        (["eval", "--at-least", "97"], "选项 --at-least 的值不对：应为 0 到 1 之间的小数。"),
        (["ingest"], "没有给出要收录的文件。"),
        (["ask"], "问题是空的。"),
        (["ask", " \u3000"], "问题是空的。"),
        (["ask", "--batch", "没有这个文件", "--json"], "打不开「没有这个文件」。"),
        (["eval", "没有这个文件"], "打不开「没有这个文件」。"),
    ],
)
def test_a_wrong_call(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str):
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "command", ["", "ask", "check", "ingest", "figures", "eval", "serve", "export", "doctor"]
)
def test_help_is_chinese(capsys: pytest.CaptureFixture[str], command: str):
    status, out, _ = run(capsys, *filter(None, [command, "--help"]))
    assert status == 0
    assert "用法：" in out
    assert not {"Usage", "Options", "Arguments", "Commands", "Show this"} & set(out.replace(":", " ").split())
    assert run(capsys, *filter(None, [command, "-h"]))[1] == out


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]):
    status, out, err = run(capsys)
    assert status == 2
    assert "ingest" in out + err
    assert (out + err).rstrip().endswith("╯"), "nothing after the page"


def test_version(capsys: pytest.CaptureFixture[str]):
    from importlib.metadata import version

    assert run(capsys, "--version")[:2] == (0, f"wenshu {version('wenshu')}\n")


def test_it_starts_fast_and_light():
    code = "import sys, bot.cli; print(*[name for name in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not set(HEAVY) & set(loaded)
    used = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "bot", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(used) < 0.3, "seconds of processor time; measured: 0.15"
