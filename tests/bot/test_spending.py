"""What a language model took: kept by day and model, added up, told to Prometheus and by the doctor."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_server import USAGE, ModelServer, Refuses, Says, serving
from prometheus_client.parser import text_string_to_metric_families
from stand_ins import SOMEONE, a_state
from writers import KEPT as SAID
from writers import NOW, QUESTION, REPLACED, Writing

from bot import checkup, cli, operating, wording
from bot.kept import Record, Spent
from bot.metrics import Metrics
from bot.spending import Prices, Spending
from bot.state import VERSION, State
from knowledge.generation import Generation, Outcome, Usage
from knowledge.settings import Settings

DAY = 86_400.0
TOOK = Generation("openai:m", Outcome.KEPT, 3, 1, Usage(2, 1_000, 250), model_ms=1_500.0)
PRICES = Prices(2.0, 8.0)
COST = (1_000 * 2 + 250 * 8) / 1_000_000


# --- the file -------------------------------------------------------------------------------------------

OF_VERSION_1 = """
CREATE TABLE messages (channel TEXT NOT NULL, id TEXT NOT NULL, at REAL NOT NULL, payload TEXT NOT NULL,
    parts TEXT, n_sent INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0, sent TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (channel, id)) WITHOUT ROWID;
CREATE TABLE answers (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL,
    channel TEXT NOT NULL, chat TEXT NOT NULL, user TEXT NOT NULL,
    question TEXT NOT NULL, understood TEXT NOT NULL, want TEXT NOT NULL, status TEXT NOT NULL,
    reply TEXT NOT NULL, figures TEXT NOT NULL, versions TEXT NOT NULL, engine TEXT NOT NULL);
CREATE TABLE feedback (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, member TEXT NOT NULL,
    answer INTEGER, question TEXT NOT NULL, answered TEXT NOT NULL, useful INTEGER NOT NULL, said TEXT NOT NULL);
CREATE UNIQUE INDEX feedback_of ON feedback (answer, member) WHERE answer IS NOT NULL;
CREATE TABLE notes (channel TEXT NOT NULL, chat TEXT NOT NULL, user TEXT NOT NULL, name TEXT NOT NULL,
    at REAL NOT NULL, value TEXT NOT NULL, PRIMARY KEY (channel, chat, user, name)) WITHOUT ROWID;
INSERT INTO messages (channel, id, at, payload) VALUES ('telegram', '7', 1.0, 'words');
INSERT INTO answers (at, channel, chat, user, question, understood, want, status, reply, figures, versions, engine)
    VALUES (5.0, 'telegram', '1', '99', 'q', 'u', 'ask', 'answered', '{}', '[]', '{}', '0');
INSERT INTO feedback (at, member, answer, question, answered, useful, said)
    VALUES (6.0, 'telegram:99', 1, 'q', 'a', 1, '');
INSERT INTO notes VALUES ('telegram', '1', '99', 'n', 5.0, 'v');
PRAGMA user_version = 1;
"""


@pytest.fixture
def of_version_1(tmp_path: Path) -> Path:
    """A file as the version before kept it."""
    path = tmp_path / "state.sqlite3"
    base = sqlite3.connect(path)
    base.executescript(OF_VERSION_1)
    base.close()
    return path


def test_a_file_of_version_1_keeps_all_it_has_and_counts_from_now_on(of_version_1: Path):
    state = a_state(of_version_1)
    assert state.answer(1) == Record(
        SOMEONE, "q", "u", "ask", "answered", "{}", "[]", "{}", "0", id=1, at=5.0
    )
    assert [each.payload for each in state.under_way("telegram")] == ["words"]
    assert [each.useful for each in state.feedback()] == [True]
    assert state.noted(SOMEONE, "n", since=0.0) == "v"
    assert state.spent(since="2000-01-01") == []
    state.spend(Spent("2022-01-01", "m", 1, 0, 10, 5, 0.5))
    state.close()
    again = a_state(of_version_1)
    assert again.spent(since="2022-01-01") == [Spent("2022-01-01", "m", 1, 0, 10, 5, 0.5)]
    assert again.n_answers == 1


def test_a_file_that_is_opened_has_the_newest_version(of_version_1: Path):
    a_state(of_version_1).close()
    base = sqlite3.connect(of_version_1)
    assert base.execute("PRAGMA user_version").fetchone() == (VERSION,)
    base.close()


# --- sums -------------------------------------------------------------------------------------------------


def test_a_day_s_answers_are_added_up_by_model():
    state = a_state()
    for spent in (
        Spent("2022-01-01", "a", 1, 0, 10, 5, 0.5),
        Spent("2022-01-01", "b", 3, 1, 7, 1, 0.0),
        Spent("2022-01-01", "a", 2, 1, 20, 6, 0.25),
    ):
        state.spend(spent)
    assert state.spent(since="2022-01-01") == [
        Spent("2022-01-01", "a", 3, 1, 30, 11, 0.75),
        Spent("2022-01-01", "b", 3, 1, 7, 1, 0.0),
    ]


def test_only_what_was_taken_since_a_day_is_added_up():
    state = a_state()
    for day in ("2021-12-31", "2022-01-01", "2022-01-02"):
        state.spend(Spent(day, "a", 1, 0, 10, 5, 1.0))
    assert [each.calls for each in state.spent(since="2021-01-01")] == [3]
    assert state.spent(since="2022-01-01") == [Spent("2022-01-01", "a", 2, 0, 20, 10, 2.0)]
    assert state.spent(since="2022-01-03") == []


COUNTS = st.tuples(st.dates(), st.sampled_from("ab"), *[st.integers(0, 10**9)] * 4)


@given(st.lists(COUNTS, max_size=12), st.dates())
def test_sums_are_those_of_all_there_is(taken: list[tuple], since: object):
    state = State(Path(":memory:"))
    for day, *counts in taken:
        state.spend(Spent(str(day), *counts, 0.0))
    for found in state.spent(since=str(since)):
        own = [counts for day, model, *counts in taken if model == found.model and day >= since]
        assert found[2:6] == tuple(map(sum, zip(*own, strict=True)))
    state.close()


def test_a_sweep_leaves_what_was_spent():
    state = a_state()
    state.spend(Spent("2022-01-01", "a", 1, 0, 10, 5, 1.0))
    state.sweep(now=NOW + 10_000 * DAY, answers_seconds=1.0)
    assert state.spent(since="2022-01-01")


# --- what is noted ------------------------------------------------------------------------------------------


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_an_answer_s_tokens_are_priced_and_kept_under_its_day():
    state = a_state()
    spending = Spending(state, PRICES)
    spending.note(TOOK, at=NOW - 1.0)
    spending.note(TOOK, at=NOW)
    assert state.spent(since="2022-01-01") == [
        Spent("2022-01-01", "openai:m", 2, 0, 1_000, 250, pytest.approx(COST))
    ]
    assert state.spent(since="2021-12-31")[0].cost == pytest.approx(2 * COST)


def test_no_model_is_no_spending():
    state, metrics = a_state(), Metrics()
    Spending(state, PRICES, metrics).note(None, at=NOW)
    assert state.spent(since="2000-01-01") == []
    assert not [name for name in samples(metrics) if name[0].startswith("wenshu_generations_total")]


def test_what_is_not_priced_costs_nothing():
    assert Prices().cost(TOOK.usage) == 0.0
    assert Prices.of(Settings(model_price_in=2, model_price_out=8)) == PRICES


def test_prometheus_is_told():
    metrics = Metrics()
    spending = Spending(a_state(), PRICES, metrics)
    spending.note(TOOK, at=NOW)
    spending.note(replace(TOOK, outcome=Outcome.FAILED, error="model_slow", usage=Usage()), at=NOW)
    found = samples(metrics)
    assert found["wenshu_generations_total", "openai:m", "kept"] == 1
    assert found["wenshu_generations_total", "openai:m", "failed"] == 1
    assert found["wenshu_statements_total", "removed"] == 2
    assert found["wenshu_statements_total", "borne_out"] == 4
    assert found["wenshu_model_tokens_total", "openai:m", "sent"] == 1_000
    assert found["wenshu_model_tokens_total", "openai:m", "received"] == 250
    assert found["wenshu_model_cost_total", "openai:m"] == pytest.approx(COST)
    assert found["wenshu_model_seconds_count", "openai:m"] == 2
    assert found["wenshu_model_seconds_sum", "openai:m"] == 3.0


def test_every_answer_of_a_service_is_told_with_what_became_of_it(writer: Writing):
    writer.reply(QUESTION)
    writer.script(REPLACED)
    writer.reply(QUESTION)
    found = samples(writer.metrics)
    assert found["wenshu_generations_total", "ScriptedModel", "kept"] == 1
    assert found["wenshu_generations_total", "ScriptedModel", "replaced"] == 1
    assert found["wenshu_statements_total", "removed"] == 1
    assert QUESTION not in writer.metrics.text().decode()


# --- the doctor ----------------------------------------------------------------------------------------------


@pytest.fixture
def own(seeded: Path, tmp_path: Path) -> Path:
    """A copy of the home with the bundled article in, to be written to."""
    return Path(shutil.copytree(seeded, tmp_path / "home"))


Doctor = Callable[..., tuple[int, str]]


@pytest.fixture
def run(own: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Doctor:
    """Run a command over the bundled article: its status, and all that it and its log say."""

    def made(*arguments: str, **settings: str) -> tuple[int, str]:
        with monkeypatch.context() as patch:
            for name, value in ({"home": str(own), "log_level": "DEBUG"} | settings).items():
                patch.setenv(f"WENSHU_{name.upper()}", value)
            patch.setenv("COLUMNS", "200")
            capfd.readouterr()
            status = cli.run(list(arguments))
        out, err = capfd.readouterr()
        return status, out + err

    return made


def test_without_a_model_the_doctor_says_how_to_get_one(run: Doctor):
    status, told = run("doctor")
    assert status == 0
    assert operating.NO_MODEL in told
    assert f"{operating.PARTS['model']}：" in told
    assert "本月用量" not in told


@pytest.fixture
def openai() -> Iterator[ModelServer]:
    with serving(Says("好")) as made:
        yield made


def test_with_a_model_the_doctor_asks_it_and_says_what_it_took(run: Doctor, openai: ModelServer):
    settings = {"model": "openai:small", "model_url": openai.url, "model_key": "sk-right"}
    status, told = run("doctor", **settings)
    assert status == 0, told
    assert "模型 openai:small" in told
    assert openai.url in told
    assert operating.NO_MODEL not in told
    assert len(openai.bodies) == 1, "one word is asked for"
    openai.play(Says(SAID))
    run("ask", QUESTION, model_price_in="2", model_price_out="8", **settings)
    _, told = run("doctor", **settings)
    assert (
        f"openai:small 1 次（0 个问题出错），送出 {USAGE['prompt_tokens']}、收到 {USAGE['completion_tokens']} 词元"
        in told
    )


def test_a_wrong_key_is_named_and_not_shown(run: Doctor, openai: ModelServer, own: Path):
    openai.play(Refuses(401))
    settings = {"model": "openai:small", "model_url": openai.url, "model_key": "sk-wrong"}
    status, told = run("doctor", **settings)
    assert status == 2
    assert "✗" in told
    assert "WENSHU_MODEL_KEY" in told
    assert "✓ 文章" in told, "one broken part hides no other"
    assert "sk-wrong" not in told + (own / "wenshu.log").read_text(encoding="utf-8")


def test_who_asks_with_a_wrong_key_is_answered_by_the_articles(run: Doctor, openai: ModelServer, own: Path):
    openai.play(Refuses(401))
    settings = {"model": "openai:small", "model_url": openai.url, "model_key": "sk-wrong"}
    status, told = run("ask", QUESTION, **settings)
    assert status == 0
    assert "23.26亿元（截至2021年底）" in told
    assert "sk-wrong" not in told + (own / "wenshu.log").read_text(encoding="utf-8")


def test_a_model_of_one_s_own_is_examined_and_counted(run: Doctor):
    status, told = run("doctor", model="writers:Ready")
    assert status == 0, told
    assert "模型 writers:Ready" in told
    assert "输出 text" in told
    assert operating.spent([]) in told
    _, told = run("ask", QUESTION, model="writers:Ready")
    assert wording.WRITTEN_BY_A_MODEL in told
    _, told = run("doctor", model="writers:Ready")
    assert f"writers:Ready 1 次（0 个问题出错），送出 100、收到 {len(SAID)} 词元" in told


def test_a_model_that_there_is_not_is_named(run: Doctor):
    status, told = run("doctor", model="no.such.module:Model")
    assert status == 2
    assert "✓ 文章" in told
    assert "WENSHU_MODEL" in told


def test_an_answer_is_given_though_it_can_t_be_counted(run: Doctor, own: Path):
    (own / "state.sqlite3").write_bytes(b"no database" * 1000)
    status, told = run("ask", QUESTION, model="writers:Ready")
    assert status == 0, told
    assert wording.WRITTEN_BY_A_MODEL in told
    assert "can't be used" in (own / "wenshu.log").read_text(encoding="utf-8")


def test_the_month_begins_for_all_at_once(own: Path, monkeypatch: pytest.MonkeyPatch):
    """Days are kept in UTC: on the first of a month, before eight in Beijing, they are still those of the last."""
    state = a_state(own / "state.sqlite3")
    for day in ("2021-11-30", "2021-12-01", "2021-12-31"):
        state.spend(Spent(day, "m", 1, 0, 10, 5, 0.0))
    state.close()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime(2022, 1, 1, 2, tzinfo=timezone(timedelta(hours=8))).astimezone(tz)

    monkeypatch.setattr(checkup, "datetime", Clock)
    assert "m 2 次" in checkup._model(Settings(home=own, model="writers:Ready"))


@pytest.mark.parametrize("model", ["openai:small", "no.such.module:Model", "writers:Writing"])
def test_a_model_that_can_t_be_started_is_known_before_anyone_asks(
    run: Doctor, monkeypatch: pytest.MonkeyPatch, model: str
):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr("bot.serving._run", lambda *_: pytest.fail("served"))
    status, told = run("serve", model=model, web_port="0")
    assert status == 2, told
    assert "WENSHU_MODEL" in told
    assert "Traceback" not in told
