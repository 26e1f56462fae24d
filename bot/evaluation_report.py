"""What an evaluation came to: a table for the terminal, a page for the browser."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from string import Template

from bot import wording
from bot.channels.console import aligned
from bot.evaluate import Outcome, Summary


def text_lines(summary: Summary, before: Mapping[str, bool]) -> Iterator[str]:
    """The misses with what was expected and what came, the tags, what changed, and the totals.

    Args:
        summary: The run.
        before: Which pairs were right in an earlier run, by id; empty if there is none to compare with.
    """
    for outcome in summary.misses:
        yield f"✗ {outcome.pair.id}  {outcome.pair.question}"
        for miss in outcome.misses:
            field = wording.FIELDS.get(miss.field, miss.field)
            yield f"    {field}：应为 {miss.expected or '（空）'}，得到 {miss.got or '（空）'}"
    if summary.misses:
        yield ""
    tags = [(tag, f"{right}/{total}", f"{right / total:.1%}") for tag, right, total in summary.by_tag()]
    if tags:
        yield from aligned(tags)
        yield ""
    yield from _changes(summary, before)
    yield wording.evaluated(summary.n_right, len(summary.outcomes), summary.accuracy, summary.n_wrong_answers)


def _changes(summary: Summary, before: Mapping[str, bool]) -> Iterator[str]:
    if not before:
        return
    broken = [o.pair.id for o in summary.outcomes if before.get(o.pair.id) is True and not o.right]
    mended = [o.pair.id for o in summary.outcomes if before.get(o.pair.id) is False and o.right]
    yield f"与基线相比：新错 {len(broken)} 条{_listed(broken)}，新对 {len(mended)} 条{_listed(mended)}"


def _listed(ids: list[str]) -> str:
    return f"（{'、'.join(ids)}）" if ids else ""


_PAGE = Template("""<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>问数 · 问答检验</title>
<style>
:root { color-scheme: light dark; --line: #8884; --bad: #c0392b; --good: #1e8449; }
body { font: 16px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; margin: 2rem auto;
       max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; }
.bad { color: var(--bad); } .good { color: var(--good); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font-size: .9em; }
</style>
<h1>问答检验</h1>
<p>$total</p>
<h2>分类</h2>
<table><thead><tr><th>标签<th>正确<th>总数<th>比例</thead><tbody>
$tags
</tbody></table>
<h2>全部</h2>
<table><thead><tr><th>结果<th>编号<th>问题<th>回答<th>不符之处</thead><tbody>
$outcomes
</tbody></table>
</html>
""")


def page(summary: Summary) -> str:
    """The whole run as one HTML page that needs nothing else."""
    tags = (
        _row(tag, str(right), str(total), f"{right / total:.1%}") for tag, right, total in summary.by_tag()
    )
    ordered = sorted(summary.outcomes, key=lambda outcome: outcome.right)
    return _PAGE.substitute(
        total=escape(
            wording.evaluated(
                summary.n_right, len(summary.outcomes), summary.accuracy, summary.n_wrong_answers
            )
        ),
        tags="\n".join(tags),
        outcomes="\n".join(map(_outcome_row, ordered)),
    )


def _outcome_row(outcome: Outcome) -> str:
    mark = '<span class="good">对</span>' if outcome.right else '<span class="bad">错</span>'
    misses = "<br>".join(
        f"{escape(wording.FIELDS.get(miss.field, miss.field))}：应为 {escape(miss.expected)}，得到 {escape(miss.got)}"
        for miss in outcome.misses
    )
    cells = (mark, *_escaped((outcome.pair.id, outcome.pair.question, outcome.shown)), misses)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _row(tag: str, *numbers: str) -> str:
    cells = "".join(f'<td class="number">{number}</td>' for number in _escaped(numbers))
    return f"<tr><td>{escape(tag)}</td>{cells}</tr>"


def _escaped(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(escape, texts))
