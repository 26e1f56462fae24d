"""What is new or changed goes in, what is gone goes out, and the indexes follow the catalog step by step."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from knowledge import ingest
from knowledge.catalog import EMBEDDER, Catalog
from knowledge.errors import ArticleError
from knowledge.ingest import Found, Report
from knowledge.schema import Article, Passage


class Shelf:
    """Stands for both indexes: keeps passages by article, seen after a commit."""

    def __init__(self) -> None:
        self.held: dict[str, list[str]] = {}
        self.n_commits = 0
        self.vectors: dict[str, list[float]] = {}

    def replace(self, articles: Iterable[tuple[Article, Sequence[Passage]]]) -> None:
        for article, passages in articles:
            self.held[article.id] = [p.text for p in passages]

    def delete(self, article_ids: Iterable[str]) -> None:
        for article_id in article_ids:
            self.held.pop(article_id, None)
            self.vectors = {i: v for i, v in self.vectors.items() if not i.startswith(f"{article_id}#")}

    def commit(self) -> None:
        self.n_commits += 1

    def add(self, passages: Sequence[Passage], vectors: Sequence[Sequence[float]]) -> None:
        self.vectors.update({p.id: list(v) for p, v in zip(passages, vectors, strict=True)})


def article(article_id: str, text: str = "累计投资。", sha: str = "") -> Article:
    return Article(article_id, "", "", None, "", text, sha or text)


def cut(one: Article) -> tuple[Passage, ...]:
    half = len(one.text) // 2
    spans = [(0, half), (half, len(one.text))]
    return tuple(Passage(f"{one.id}#{a}-{b}", one.id, a, b, one.text[a:b], b - a) for a, b in spans)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog(tmp_path / "catalog.sqlite3")
    yield opened
    opened.close()


def take(catalog: Catalog, *found: tuple[object, str], prune: Sequence[str] = ()) -> Report:
    items = [Found(item, origin) for item, origin in found]  # type: ignore[arg-type] -- articles and errors
    return ingest.take_in(items, catalog=catalog, cut=cut, prune=[Path(p) for p in prune])


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.removed


def test_new_changed_and_unchanged(catalog: Catalog):
    assert counts(take(catalog, (article("a"), "/a"), (article("b"), "/b"))) == (2, 0, 0, 0)
    assert counts(
        take(catalog, (article("a"), "/a"), (article("b", "变了。"), "/b"), (article("c"), "/c"))
    ) == (
        1,
        1,
        1,
        0,
    )
    assert catalog.article("b") == article("b", "变了。")


def test_the_same_again_writes_nothing(catalog: Catalog):
    take(catalog, (article("a"), "/a"))
    before = catalog.state
    assert counts(take(catalog, (article("a"), "/a"), prune=["/"])) == (0, 0, 1, 0)
    assert catalog.state == before


def test_what_is_gone_stays_unless_pruned(catalog: Catalog):
    take(catalog, (article("a"), "/f/a"), (article("b"), "/f/b"), (article("c"), "/fg/c"))
    assert counts(take(catalog, (article("a"), "/f/a"))) == (0, 0, 1, 0)
    assert counts(take(catalog, (article("a"), "/f/a"), prune=["/f"])) == (0, 0, 1, 1)
    assert set(catalog.known()) == {"a", "c"}


def test_a_line_gone_from_a_file_of_many_is_pruned(catalog: Catalog):
    take(catalog, (article("a"), "/f.jsonl"), (article("b"), "/f.jsonl"))
    assert take(catalog, (article("a"), "/f.jsonl"), prune=["/f.jsonl"]).removed == 1


@pytest.mark.parametrize("broken", ["/f/b", "/f"])
def test_what_can_not_be_read_is_not_taken_for_gone(catalog: Catalog, broken: str):
    take(catalog, (article("a"), "/f/a"), (article("b"), "/f/b"))
    problem = ArticleError("no", item=broken)
    report = take(catalog, (article("a"), "/f/a"), (problem, broken), prune=["/f"])
    assert report.failed == (problem,)
    assert set(catalog.known()) == {"a", "b"}


def test_two_files_with_one_id_the_first_is_kept_and_the_second_named(catalog: Catalog):
    report = take(catalog, (article("a", "甲甲。"), "/1/a"), (article("a", "乙乙。"), "/2/a"))
    assert counts(report) == (1, 0, 0, 0)
    assert [(e.item, e.code) for e in report.failed] == [("/2/a", "duplicate_id")]
    assert catalog.article("a") == article("a", "甲甲。")


def test_an_id_is_not_taken_from_a_file_that_is_still_there(catalog: Catalog, tmp_path: Path):
    old = tmp_path / "a.md"
    old.write_text("")
    take(catalog, (article("a", "甲甲。"), str(old)))
    assert take(catalog, (article("a", "乙乙。"), "/new/a.md")).failed[0].code == "duplicate_id"
    old.unlink()
    assert counts(take(catalog, (article("a", "乙乙。"), "/new/a.md"))) == (0, 1, 0, 0)


def test_the_same_article_in_two_files_is_one(catalog: Catalog):
    report = take(catalog, (article("a"), "/1/a"), (article("a"), "/2/a"))
    assert counts(report) == (1, 0, 1, 0)
    assert report.failed == ()


def test_a_file_that_moved_is_remembered_where_it_is(catalog: Catalog):
    take(catalog, (article("a"), "/old/a"))
    assert counts(take(catalog, (article("a"), "/new/a"))) == (0, 0, 1, 0)
    assert catalog.known()["a"].origin == "/new/a"
    assert take(catalog, prune=["/old"]).removed == 0


def test_a_file_whose_article_goes_by_another_id_has_one_article(catalog: Catalog):
    take(catalog, (article("x/a"), "/x/a.md"))
    assert counts(take(catalog, (article("a"), "/x/a.md"))) == (1, 0, 0, 1)
    assert set(catalog.known()) == {"a"}


def test_batches_do_not_matter(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ingest, "_ARTICLES", 2)
    told: list[tuple[int, int | None, str]] = []
    found = [Found(article(f"a{i}"), f"/{i}") for i in range(5)]
    report = ingest.take_in(found, catalog=catalog, cut=cut, progress=lambda *t: told.append(t))
    assert report.added == 5
    assert told == [(2, None, "reading"), (4, None, "reading"), (5, None, "reading")]


def test_the_lexical_index_follows(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ingest, "_INDEXED", 2)
    shelf = Shelf()
    take(catalog, *((article(f"a{i}"), f"/{i}") for i in range(5)))
    assert ingest.index(catalog, shelf) == 5
    assert set(shelf.held) == {f"a{i}" for i in range(5)}
    assert catalog.n_unindexed == 0
    take(catalog, (article("a0", "变了。"), "/0"), prune=["/"])
    ingest.index(catalog, shelf)
    assert shelf.held == {"a0": ["变", "了。"]}
    assert catalog.stale("lexical") == []


def test_cut_short_between_commits_nothing_is_taken_out_twice(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ingest, "_INDEXED", 2)
    shelf = Shelf()
    take(catalog, *((article(f"a{i}"), f"/{i}") for i in range(5)))
    ingest.index(catalog, shelf)
    take(catalog, *((article(f"a{i}", "变了。"), f"/{i}") for i in range(4)), prune=["/"])

    def cut_short(done: int, total: int | None, stage: str) -> None:
        if done > 2:
            raise KeyboardInterrupt(stage, total)

    with pytest.raises(KeyboardInterrupt):
        ingest.index(catalog, shelf, progress=cut_short)
    assert ingest.index(catalog, shelf) == 2
    assert shelf.held == {f"a{i}": ["变", "了。"] for i in range(4)}


def test_nothing_to_do_is_no_commit(catalog: Catalog):
    shelf = Shelf()
    take(catalog, (article("a"), "/a"))
    ingest.index(catalog, shelf)
    n_commits = shelf.n_commits
    take(catalog, (article("a"), "/a"))
    assert ingest.index(catalog, shelf) == 0
    assert shelf.n_commits == n_commits


def lengths(texts: Sequence[str]) -> list[list[float]]:
    return [[float(len(text))] for text in texts]


def test_the_dense_index_follows_up_to_a_limit(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ingest, "_EMBEDDED", 2)
    shelf = Shelf()
    take(catalog, *((article(f"a{i}"), f"/{i}") for i in range(4)))
    told: list[tuple[int, int | None, str]] = []
    assert ingest.embed(catalog, shelf, lengths, limit=3, progress=lambda *t: told.append(t)) == 3
    assert told == [(2, 3, "embedding"), (3, 3, "embedding")]
    assert catalog.n_embedded == len(shelf.vectors) == 3
    assert ingest.embed(catalog, shelf, lengths) == 5
    assert set(shelf.vectors) == {p.id for i in range(4) for p in cut(article(f"a{i}"))}
    assert ingest.embed(catalog, shelf, lengths) == 0


def test_embedding_ends_when_told(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ingest, "_EMBEDDED", 1)
    take(catalog, (article("a"), "/a"), (article("b"), "/b"))
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 2

    assert ingest.embed(catalog, Shelf(), lengths, stop=stop) == 2


def test_vectors_of_changed_and_removed_articles_go(catalog: Catalog):
    shelf = Shelf()
    take(catalog, (article("a"), "/a"), (article("b"), "/b"))
    catalog.note(EMBEDDER, "m")
    ingest.embed(catalog, shelf, lengths)
    take(catalog, (article("a", "另外一个更长的说法。"), "/a"), prune=["/"])
    ingest.clean(catalog, shelf)
    assert shelf.vectors == {}
    assert ingest.embed(catalog, shelf, lengths) == 2
    assert set(shelf.vectors) == {p.id for p in cut(article("a", "另外一个更长的说法。"))}


def test_a_failing_embedder_keeps_what_was_done(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ingest, "_EMBEDDED", 1)
    shelf = Shelf()
    take(catalog, (article("a"), "/a"))
    calls: list[int] = []

    def failing(texts: Sequence[str]) -> list[list[float]]:
        calls.append(1)
        if len(calls) > 1:
            raise OSError("gone")
        return lengths(texts)

    with pytest.raises(OSError, match="gone"):
        ingest.embed(catalog, shelf, failing)
    assert catalog.n_embedded == 1
    assert ingest.embed(catalog, shelf, lengths) == 1
