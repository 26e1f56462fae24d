"""What was answered, and what users said of it, for other programs: CSV of the one, regression pairs of the other."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO

import yaml

from bot import stored
from bot.kept import Feedback, Record
from bot.state import State
from knowledge.schema import Modifier

AUDIT_COLUMNS = (
    *("number", "time", "channel", "chat", "user", "question", "understood", "kind", "status"),
    *("figures", "answer", "citations", "article_versions", "engine"),
)


def audit(home: Path, out: TextIO, *, since: date | None) -> int:
    """Writes every answer as a line of CSV; returns how many.

    Args:
        home: The data folder.
        out: Where to; opened with newline="".
        since: The first day (UTC) to write, or None for all.
    """
    begin = 0.0 if since is None else datetime(since.year, since.month, since.day, tzinfo=UTC).timestamp()
    lines = csv.writer(out)
    lines.writerow(AUDIT_COLUMNS)
    n_answers = 0
    with closing(State(home / "state.sqlite3")) as state:
        for record in state.answers(since=begin):
            lines.writerow([_harmless(cell) for cell in _row(record)])
            n_answers += 1
    return n_answers


def feedback(home: Path, out: TextIO) -> int:
    """Writes the answers called wrong as regression pairs, to be put right by hand; returns how many."""
    with closing(State(home / "state.sqlite3")) as state:
        wrong = [told for told in state.feedback() if not told.useful and told.question]
    out.write(
        f"# {len(wrong)} answers that users called wrong.  Put each right, then add it to your pairs.\n"
    )
    out.write("pairs: []\n" if not wrong else "pairs:\n")
    out.writelines("".join(_entry(told)) for told in wrong)
    return len(wrong)


def _row(record: Record) -> tuple[str, ...]:
    reply, figures = stored.loads(record.reply), json.loads(record.figures)
    cited = (f"{c.article_id}[{c.start}:{c.end}] {c.quote}" for c in reply.citations)
    who = (record.speaker.channel, record.speaker.chat, record.speaker.user)
    return (
        *(str(record.id), _time(record.at), *who, record.question, record.understood),
        *(record.want, record.status, "; ".join(figure["surface"] for figure in figures)),
        *("\n".join(block.text for block in reply.blocks), "\n".join(cited), record.versions, record.engine),
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _entry(told: Feedback) -> Iterator[str]:
    """A pair as YAML, with what was answered and said above it as a remark."""
    yield from _remarks("answered", told.answered)
    yield from _remarks(f"{told.member} says", told.said or "wrong")
    pair = {
        "id": f"feedback-{told.id}",
        "question": told.question,
        "status": "answered",
        **_wanted(told.said),
    }
    text = yaml.safe_dump([pair], allow_unicode=True, sort_keys=False, width=1000)
    yield "".join(f"  {line}\n" for line in text.splitlines())


def _remarks(head: str, text: str) -> Iterable[str]:
    return (f"  # {head}: {line}\n" for line in text.splitlines() if line.strip())


_IS_NOT = re.compile(
    r"(?:而|并)?(?:不是|并非|不应是|不应为).*?(?=而是|应[该当]?[是为]|[，,；;。\n]|$)", re.DOTALL
)
_IS = re.compile(r"(?:而是|应[该当]?[是为]|正确的?(?:说法|答案|数字)?[是为]|(?:^|[，,；;。\s])是)", re.DOTALL)
_AROUND = " \t\n，,；;。！!：:"


def _right(said: str) -> str:
    """What is right in the words of one who may also say what is not.

    >>> [_right(said) for said in ("不是23.26亿元，是23.27亿元", "单位应为亿元", "应为3位，不是2位", "没有说到")]
    ['23.27亿元', '亿元', '3位', '没有说到']
    """
    rest = _IS_NOT.sub("", said)
    found = _IS.search(rest)
    right = (rest[found.end() :] if found else rest).strip(_AROUND)
    return right if right and (found or rest != said) else said


def _wanted(said: str) -> dict[str, Any]:
    """What the pair shall demand: the one figure that the user calls right, else their words."""
    from bot.jsonview import plain
    from knowledge.figures import scan
    from knowledge.words import fold

    right = _right(said)
    found = scan(fold(right)).quantities
    if len(found) != 1:
        return {"contains": [right]} if right else {}
    (quantity,) = found
    modifier = {} if quantity.modifier is Modifier.EXACT else {"modifier": quantity.modifier.value}
    return {"value": plain(quantity.value), "unit": quantity.unit, **modifier}
