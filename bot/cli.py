"""The command `wenshu`: options in, exit status out.  What each command does lives in `bot.commands`."""

import os
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot import commands, failure, usage
from bot.commands import Options

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


class Dense(StrEnum):
    """How much of the corpus gets vectors at once."""

    AUTO = "auto"
    ALL = "all"
    NONE = "none"


class Exported(StrEnum):
    """What can be taken out."""

    AUDIT = "audit"
    FEEDBACK = "feedback"


app = typer.Typer(
    cls=usage.Group,
    options_metavar="[选项]",
    subcommand_metavar="命令 …",
    help="问数：回答文章里的数字，核对稿子里的数字，并给出数字所在的原句。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

JsonFlag = Annotated[bool, typer.Option("--json", metavar="", help="标准输出只有 JSON，每行一个对象。")]


@app.callback()
def configure(
    context: typer.Context,
    *,
    home: Annotated[
        Path | None, typer.Option("--home", help="数据目录，所有状态都在里面。", metavar="目录")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", metavar="", help="意外出错时显示完整的调用栈。")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", help="显示版本。", callback=commands.show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Keep what holds for every command."""
    del version, debug  # the one acts by itself, the other is for `run`
    context.obj = Options(home=home)


@app.command(cls=usage.Command, options_metavar="[选项]", help="提一个问题，得到数字和它所在的原句。")
def ask(  # noqa: PLR0913 -- a parameter for every option
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(help="问题，一整句。", metavar="问题")] = None,
    *,
    batch: Annotated[
        str | None, typer.Option("--batch", help="一行一个问题的文件，- 为标准输入。", metavar="文件")
    ] = None,
    as_json: JsonFlag = False,
    top: Annotated[
        int | None, typer.Option("--top", help="最多再给几个候选数字。", min=1, metavar="个数")
    ] = None,
    no_abstain: Annotated[
        bool, typer.Option("--no-abstain", metavar="", help="总是给出最可能的答案。")
    ] = False,
    trace: Annotated[bool, typer.Option("--trace", metavar="", help="连同检索到的段落和打分依据。")] = False,
) -> None:
    """Answer a question, or one a line."""
    asking = commands.Asking(as_json=as_json, top=top, abstain=not no_abstain, trace=trace)
    if batch is not None:
        raise typer.Exit(commands.ask_batch(context.obj, batch, asking))
    raise typer.Exit(commands.ask(context.obj, question or "", asking))


@app.command(
    cls=usage.Command,
    options_metavar="[选项]",
    help="核对一份稿子里的每一个数字：支持、不符，还是查无依据。",
)
def check(  # noqa: PLR0913 -- a parameter for every option
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(help="稿子：.txt .md .html .docx .pdf，- 为标准输入。", metavar="文件"),
    ] = None,
    *,
    text: Annotated[str | None, typer.Option("--text", help="稿子本身，一段文字。", metavar="文字")] = None,
    batch: Annotated[
        str | None, typer.Option("--batch", help="一行一份稿子的文件，- 为标准输入。", metavar="文件")
    ] = None,
    as_json: JsonFlag = False,
    html: Annotated[Path | None, typer.Option("--html", help="另写一份网页报告。", metavar="文件")] = None,
) -> None:
    """Check the figures of a draft, or of one a line."""
    checking = commands.Checking(file=file, text=text, batch=batch, as_json=as_json, html=html)
    raise typer.Exit(commands.check(context.obj, checking))


@app.command(
    cls=usage.Command,
    options_metavar="[选项]",
    help="收录文章：.md .html .txt .docx .pdf .jsonl，以及各自的 .xz .gz 压缩。",
)
def ingest(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(help="文章文件或文件夹。", metavar="路径")] = None,
    *,
    prune: Annotated[
        bool, typer.Option("--prune", metavar="", help="不在这些路径里的文章从库里移除。")
    ] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", metavar="", help="丢弃索引，全部重建。")] = False,
    dense: Annotated[
        Dense, typer.Option("--dense", metavar="多少", help="当场算多少向量：auto、all 或 none。")
    ] = Dense.AUTO,
) -> None:
    """Take articles in."""
    status = commands.ingest(context.obj, paths or [], prune=prune, rebuild=rebuild, dense=dense.value)
    raise typer.Exit(status)


@app.command(
    cls=usage.Command, options_metavar="[选项]", help="列出文章里的每一个数字：值、单位、说的是什么、何时。"
)
def figures(
    context: typer.Context,
    article: Annotated[
        str | None, typer.Argument(help="文章的编号；不写则列出全部。", metavar="文章")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Print the ledger."""
    raise typer.Exit(commands.figures(context.obj, article, as_json=as_json))


@app.command(
    name="eval",
    cls=usage.Command,
    options_metavar="[选项]",
    help="用问答对检验：逐条核对值、单位、原句和状态。",
)
def evaluate(  # noqa: PLR0913 -- a parameter for every option
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(help="问答对文件；不写则用自带的 qa.yaml。", metavar="文件")
    ] = None,
    *,
    as_json: JsonFlag = False,
    html: Annotated[Path | None, typer.Option("--html", help="另写一份网页报告。", metavar="文件")] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="与此前 --json 的输出比较。", metavar="文件")
    ] = None,
    at_least: Annotated[
        float, typer.Option("--at-least", help="正确率不低于此数才算通过。", min=0, max=1, metavar="比例")
    ] = 1.0,
) -> None:
    """Run regression pairs."""
    report = commands.Reporting(as_json=as_json, html=html, baseline=baseline, at_least=at_least)
    raise typer.Exit(commands.evaluate(context.obj, files or [], report))


@app.command(cls=usage.Command, options_metavar="[选项]", help="启动网页和所有已配置的聊天渠道。")
def serve(context: typer.Context) -> None:
    """Run the web page and the channels."""
    raise typer.Exit(commands.serve(context.obj))


@app.command(
    cls=usage.Command, options_metavar="[选项]", help="导出答案记录（CSV），或用户指为有误的问答（YAML）。"
)
def export(
    context: typer.Context,
    what: Annotated[Exported, typer.Argument(help="audit 答案记录，feedback 用户反馈。", metavar="内容")],
    *,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="只要这一天起的记录。", metavar="日期"),
    ] = None,
) -> None:
    """Print what was answered, or what users called wrong."""
    day = None if since is None else since.date()
    raise typer.Exit(commands.export(context.obj, what.value, since=day))


@app.command(cls=usage.Command, options_metavar="[选项]", help="检查配置、连接和索引，并说明怎样补救。")
def doctor(context: typer.Context) -> None:
    """Say what is in order and what is not."""
    raise typer.Exit(commands.doctor(context.obj))


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command.

    Args:
        arguments: What stands after the program's name.

    Returns:
        The exit status: 0 done, 1 abstained or below a threshold, 2 a usage, configuration or input error,
        130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if usage.wants_help(arguments):
        usage.localise()
    try:
        status = app(arguments, prog_name="wenshu", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone (`| head`), and wants no more.
        status = 0
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as problem:  # noqa: BLE001 -- the one place that turns anything unforeseen into words
        status = failure.report(problem, debug=_wants_trace(arguments))
    _let_go_of_output()
    return status if isinstance(status, int) else 0


def _wants_trace(arguments: list[str]) -> bool:
    return "--debug" in arguments or os.environ.get("WENSHU_DEBUG", "0") not in {"", "0"}


def _let_go_of_output() -> None:
    """Leave nothing unsaid that Python would say at exit, where a failure would change the exit status."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
