"""The record of answers as CSV, and what users called wrong as pairs that `wenshu eval` reads."""

import csv
import io
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from processes import WENSHU
from stand_ins import Shelf, a_service, a_state, saying

from bot import exports, pairs
from bot.service import Service
from bot.state import State
from knowledge.schema import Answer, Article

DAY = 86_400.0


@pytest.fixture
def talked(tmp_path: Path, article: Article, answered: Answer, abstained: Callable[..., Answer]) -> Service:
    """A home in which one question was answered, and one not."""
    state = a_state(tmp_path / "state.sqlite3")
    answers = {"科创投累计投资多少": answered, "=1+1多少钱": abstained("unsure")}
    service = a_service(Shelf(answers.__getitem__, articles=[article]), state=state, clock=lambda: 100 * DAY)
    for question in answers:
        service.reply(saying(question))
    return service


def rows(home: Path, since: date | None = None) -> list[dict[str, str]]:
    out = io.StringIO(newline="")
    n_answers = exports.audit(home, out, since=since)
    found = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert len(found) == n_answers
    return found


def test_the_record_says_who_asked_what_and_what_the_answer_rests_on(talked: Service, tmp_path: Path):
    first, second = rows(tmp_path)
    assert (first["channel"], first["chat"], first["user"]) == ("telegram", "1", "99")
    assert first["time"] == "1970-04-11T00:00:00+00:00"
    assert first["question"] == first["understood"] == "科创投累计投资多少"
    assert (first["kind"], first["status"], first["figures"]) == ("ask", "answered", "23.26亿元")
    assert first["citations"].startswith("seed[0:")
    assert "“科创投”累计投资金额23.26亿元" in first["citations"]
    assert first["article_versions"] == f'{{"seed": "{"0" * 64}"}}'
    assert first["engine"] == talked.library.fingerprint
    assert second["status"] == "abstained"


def test_no_cell_is_a_formula(talked: Service, tmp_path: Path):
    assert talked.state is not None
    assert rows(tmp_path)[1]["question"] == "'=1+1多少钱"


def test_a_first_day_leaves_out_what_came_before(talked: Service, tmp_path: Path):
    assert talked.state is not None
    assert len(rows(tmp_path, since=date(1970, 4, 11))) == 2
    assert rows(tmp_path, since=date(1970, 4, 12)) == []


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("应为超23.27亿元", {"value": "2327000000", "unit": "元", "modifier": "over"}),
        ("是23.27亿元", {"value": "2327000000", "unit": "元", "modifier": ""}),
        ("应该是科创贷：有\n“引号”", {"contains": ("科创贷：有\n“引号”",)}),
        ("不是23.26亿元，是23.27亿元", {"value": "2327000000", "unit": "元", "modifier": ""}),
        ("不是23.26亿元而是23.27亿元", {"value": "2327000000", "unit": "元", "modifier": ""}),
        ("不是23.26亿元，应为23.27亿元。", {"value": "2327000000", "unit": "元", "modifier": ""}),
        ("应为23.27亿元，而不是23.26亿元", {"value": "2327000000", "unit": "元", "modifier": ""}),
        ("不是23.26亿元，23.27亿元才对", {"value": "2327000000", "unit": "元", "modifier": ""}),
        ("是科创贷，不是科创投", {"contains": ("科创贷",)}),
        ("单位应为亿元", {"contains": ("亿元",)}),
        ("不是这个", {"contains": ("不是这个",)}),
        ("文章里没有说到", {"contains": ("文章里没有说到",)}),
        ("", {}),
    ],
)
def test_what_users_call_wrong_becomes_a_pair(
    talked: Service, tmp_path: Path, said: str, wanted: dict[str, object]
):
    talked.reply(saying("科创投累计投资多少"))
    talked.reply(saying(f"有误：{said}" if said else "有误"))
    out = io.StringIO()
    assert exports.feedback(tmp_path, out) == 1
    assert "# answered: 23.26亿元" in out.getvalue()
    (tmp_path / "pairs.yaml").write_text(out.getvalue(), encoding="utf-8")
    (pair,) = pairs.read(tmp_path / "pairs.yaml")
    assert pair.question == "科创投累计投资多少"
    for name, value in wanted.items():
        got = getattr(pair, name)
        assert (str(got) if name == "value" else got) == value


def test_what_users_call_useful_is_no_pair(talked: Service, tmp_path: Path):
    talked.reply(saying("科创投累计投资多少"))
    talked.reply(saying("有用"))
    out = io.StringIO()
    assert exports.feedback(tmp_path, out) == 0
    assert out.getvalue().endswith("pairs: []\n")


def test_the_command_prints_them(talked: Service, tmp_path: Path):
    talked.state.close()
    run = [WENSHU, "--home", str(tmp_path), "export"]
    audit = subprocess.run([*run, "audit"], capture_output=True, check=True)
    assert audit.stdout.decode().splitlines()[0] == ",".join(exports.AUDIT_COLUMNS)
    assert len(list(csv.reader(io.StringIO(audit.stdout.decode(), newline="")))) == 3
    late = subprocess.run([*run, "audit", "--since", "2026-01-01"], capture_output=True, check=True)
    assert len(late.stdout.splitlines()) == 1
    wrong = subprocess.run([*run, "audit", "--since", "昨天"], capture_output=True, check=False)
    assert wrong.returncode == 2
    assert b"Traceback" not in wrong.stderr
    other = subprocess.run([*run, "everything"], capture_output=True, check=False)
    assert other.returncode == 2
    State(tmp_path / "state.sqlite3").close()


def test_a_home_without_a_record_has_none(tmp_path: Path):
    assert rows(tmp_path) == []
