"""The command line's own words in Chinese: help headings and usage errors.

typer speaks English.  Its errors are told apart by the names of their classes, which are the same whether
it carries its own copy of click (0.20 and later) or imports it.
"""

import re
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

UsageProblem: type[Exception] = typer.BadParameter.__mro__[2]
"""Base of everything typer says about a wrong call (click's `ClickException`)."""

EXPECTED: dict[str, str] = {
    "top": "1 以上的整数",
    "dense": "auto、all 或 none",
    "at_least": "0 到 1 之间的小数",
}
"""What an option's value should be, by parameter name."""

_QUOTE_QUESTION = "问题里有空格时，请给整句加上引号。"
_QUOTING = {"check": "一次核对一份稿子；路径或文字里有空格时，请加上引号。"}
"""What is said to a word too many, by command."""

_QUOTED = re.compile(r"'([^']*)'")
_EXTRA = re.compile(r"unexpected extra argument\S* \((.*)\)", re.DOTALL)


class Command(TyperCommand):
    """A command with a Chinese help page."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help, in Chinese."""
        return _explained(super().get_help_option(ctx))

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the line that shows how to call it."""
        _write_usage(self, ctx, formatter)


class Group(TyperGroup):
    """The command of commands with a Chinese help page."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help, in Chinese."""
        return _explained(super().get_help_option(ctx))

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the line that shows how to call it."""
        _write_usage(self, ctx, formatter)


def _explained(option: Any) -> Any:
    if option is not None:
        option.help = "显示这段说明。"
        option.metavar = ""
    return option


def _write_usage(command: Any, ctx: Any, formatter: Any) -> None:
    pieces = " ".join(command.collect_usage_pieces(ctx))
    formatter.write_usage(ctx.command_path, pieces, prefix="用法：")


def localise() -> None:
    """Put typer's help headings into Chinese; call it once, before the first help page."""
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.DEFAULT_STRING = "[默认：{}]"
    rich_utils.ENVVAR_STRING = "[环境变量：{}]"
    rich_utils.REQUIRED_LONG_STRING = "[必填]"


def wants_help(arguments: list[str]) -> bool:
    """Whether a call will end in a help page (loading rich takes 0.1 s, so only then)."""
    return not arguments or "--help" in arguments or "-h" in arguments


def message(problem: Exception) -> str:
    """What is wrong with the call, and where the help is; empty if the help page has just been shown.

    Args:
        problem: A `UsageProblem`.
    """
    if type(problem).__name__ == "NoArgsIsHelpError":
        return ""
    context = getattr(problem, "ctx", None)
    command = context.command_path if context is not None else "wenshu"
    return f"{_wrong(problem)}\n用法见 {command} --help"


def _wrong(problem: Any) -> str:
    text = str(getattr(problem, "message", "") or problem)
    match type(problem).__name__:
        case "NoSuchOption":
            return f"没有「{problem.option_name}」这个选项。{_suggestion(problem.possibilities)}"
        case "NoSuchCommand" | "UsageError" if text.startswith("No such command"):
            return f"没有「{_first_quoted(text)}」这个命令。"
        case "UsageError" if found := _EXTRA.search(text):
            return f"多出了「{found[1]}」。{_QUOTING.get(_command_name(problem), _QUOTE_QUESTION)}"
        case "UsageError" if text.startswith("Missing command"):
            return "少了命令。"
        case "MissingParameter":
            return f"缺少{_parameter_name(problem)}。"
        case "BadOptionUsage":
            ending = "不带值。" if "does not take" in text else "后面要跟一个值。"
            return f"选项「{problem.option_name}」{ending}"
        case "BadParameter":
            return _bad_value(problem, text)
    return text


def _command_name(problem: Any) -> str:
    context = getattr(problem, "ctx", None)
    return str(context.info_name) if context is not None else ""


def _bad_value(problem: Any, text: str) -> str:
    name = _parameter_name(problem)
    expected = EXPECTED.get(getattr(problem.param, "name", None) or "")
    if expected is None:
        return f"{name}不对：{text}"
    return f"{name}不对：应为 {expected}。"


def _parameter_name(problem: Any) -> str:
    param = problem.param
    if param is None:
        return "参数"
    if getattr(param, "param_type_name", "") == "argument":
        return f"参数 {str(param.name or '').upper()}"
    return f"选项 {' / '.join(param.opts)} 的值"


def _suggestion(possibilities: Any) -> str:
    return f"是不是 {'、'.join(sorted(possibilities))}？" if possibilities else ""


def _first_quoted(text: str) -> str:
    found = _QUOTED.search(text)
    return found[1] if found else ""
