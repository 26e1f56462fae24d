"""The catalog keeps articles whole, and always says what the indexes have yet to do."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from knowledge.catalog import EMBEDDER, Catalog, Entry, Known
from knowledge.errors import IndexStateError, StorageError
from knowledge.schema import Article, Passage

TEXT = "累计投资23.26亿元。放款总额超157.38亿元。"
CUTS = ((0, 13), (13, len(TEXT)))


def entry(
    article_id: str, text: str = TEXT, cuts: tuple[tuple[int, int], ...] = CUTS, sha: str = "1"
) -> Entry:
    article = Article(article_id, "题", "科技日报", "2022-02-21", "http://x", text, sha, ("甲", "乙"))
    passages = tuple(
        Passage(f"{article_id}#{a}-{b}", article_id, a, b, text[a:b], b - a, "小标题") for a, b in cuts
    )
    return Entry(article, f"/files/{article_id}.md", passages)


@pytest.fixture
def catalog(tmp_path: Path):
    opened = Catalog(tmp_path / "catalog.sqlite3")
    yield opened
    opened.close()


def ids(passages: list[Passage]) -> list[str]:
    return [p.id for p in passages]


def test_starts_empty(catalog: Catalog):
    assert catalog.is_empty
    assert (catalog.n_articles, catalog.n_passages, catalog.n_embedded, catalog.n_unindexed) == (0, 0, 0, 0)
    assert catalog.article("a") is None
    assert catalog.known() == {}


@pytest.mark.parametrize("article_id", ["a", "2022/成都#3-5", "a'b\"c", "x" * 300, "#", "𠮷"])
def test_gives_back_what_was_put_in(catalog: Catalog, article_id: str):
    put = entry(article_id, "𠮷野家。" + TEXT, ((0, 4), (4, 40)))
    catalog.put([put])
    assert catalog.article(article_id) == put.article
    assert list(catalog.articles()) == [put.article]
    assert catalog.entries([article_id]) == [put]
    assert list(catalog.unindexed()) == [put]
    assert catalog.passages(ids(list(put.passages))) == {p.id: p for p in put.passages}
    assert catalog.to_embed(5) == list(put.passages)
    assert catalog.known() == {article_id: Known("1", put.origin)}


def test_passages_come_in_the_order_asked_and_unknown_ones_not_at_all(catalog: Catalog):
    catalog.put([entry("a"), entry("b")])
    asked = ["no such", "b#13-14", "a#0-13", "a#0-12", "b#x-y", "#-", "a#0-13extra"]
    assert list(catalog.passages([f"b#13-{len(TEXT)}", *asked])) == [f"b#13-{len(TEXT)}", "a#0-13"]


def test_many_articles_are_walked_through_in_order(catalog: Catalog):
    catalog.put([entry(f"a{i}", "短文", ((0, 2),)) for i in range(1203)])
    assert [a.id for a in catalog.articles()] == [f"a{i}" for i in range(1203)]
    assert len(catalog.entries([f"a{i}" for i in range(1203)])) == 1203
    catalog.remove([f"a{i}" for i in range(1, 1203)])
    assert catalog.n_articles == catalog.n_passages == 1


def test_an_index_is_behind_until_it_is_noted(catalog: Catalog):
    catalog.put([entry("a"), entry("b")])
    assert catalog.n_unindexed == 2
    catalog.indexed([("a", "1"), ("b", "another digest")])
    assert [e.article.id for e in catalog.unindexed()] == ["b"]
    a = catalog.entries(["a"])[0]
    catalog.embedded([a.passages[1]])
    assert ids(catalog.to_embed(9)) == ["a#0-13", "b#0-13", f"b#13-{len(TEXT)}"]
    assert catalog.bare(["a#0-13", f"a#13-{len(TEXT)}", "no#0-1"]) == {"a#0-13"}
    assert catalog.n_embedded == 1


def test_a_change_or_removal_is_to_be_followed_by_both_indexes(catalog: Catalog):
    catalog.put([entry("a"), entry("b"), entry("c")])
    catalog.note(EMBEDDER, "m")
    catalog.indexed([("a", "1"), ("b", "1"), ("c", "1")])
    assert catalog.stale("lexical") == []
    catalog.put([entry("a", sha="2")])
    catalog.remove(["b"])
    assert catalog.stale("lexical") == catalog.stale("dense") == ["a", "b"]
    assert [e.article.sha256 for e in catalog.unindexed()] == ["2"]
    catalog.cleaned("lexical", ["a", "b"])
    assert catalog.stale("lexical") == []
    assert catalog.stale("dense") == ["a", "b"]
    catalog.cleaned("dense", ["a"])
    assert catalog.stale("dense") == ["b"]


def test_without_an_embedder_nothing_is_to_be_taken_out_of_the_vectors(catalog: Catalog):
    catalog.put([entry("a")])
    catalog.remove(["a"])
    assert catalog.stale("dense") == []


def test_restarting_an_index_puts_everything_before_it(catalog: Catalog):
    catalog.put([entry("a"), entry("b")])
    catalog.note(EMBEDDER, "m")
    catalog.indexed([("a", "1")])
    catalog.embedded(list(catalog.entries(["a"])[0].passages))
    catalog.remove(["b"])
    catalog.restart("lexical")
    catalog.restart("dense")
    assert (catalog.n_unindexed, catalog.n_embedded) == (1, 0)
    assert catalog.stale("lexical") == catalog.stale("dense") == []


def test_a_batch_is_written_whole_or_not_at_all(catalog: Catalog):
    catalog.put([entry("a")])
    twice = entry("b", cuts=((0, 13), (0, 13)))
    with pytest.raises(IndexStateError):
        catalog.put([entry("a", sha="2"), twice])
    assert catalog.known() == {"a": Known("1", "/files/a.md")}
    assert catalog.n_passages == 2


def test_every_change_is_seen_in_the_state(tmp_path: Path, catalog: Catalog):
    states = [catalog.state]
    catalog.put([entry("a")])
    states.append(catalog.state)
    other = Catalog(tmp_path / "catalog.sqlite3")
    assert other.article("a") is not None
    other.put([entry("b")])
    other.close()
    states.append(catalog.state)
    assert len(set(states)) == 3
    assert catalog.state == states[-1]


def test_threads_share_it(catalog: Catalog):
    problems: list[Exception] = []

    def work(name: int) -> None:
        try:
            for i in range(20):
                catalog.put([entry(f"{name}-{i}")])
                assert catalog.article(f"{name}-{i}") is not None
        except Exception as e:  # noqa: BLE001 -- handed to the test's own thread
            problems.append(e)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert catalog.n_articles == 80


def test_it_lasts_and_keeps_facts(tmp_path: Path):
    first = Catalog(tmp_path / "c")
    first.put([entry("a")])
    first.note("cut", "x")
    first.note("cut", "y")
    first.close()
    again = Catalog(tmp_path / "c")
    assert again.fact("cut") == "y"
    assert again.fact("nothing") == ""
    assert not again.is_empty
    again.check()
    again.close()


def test_moving_changes_the_origin_alone(catalog: Catalog):
    catalog.put([entry("a")])
    catalog.move([("a", "/elsewhere")])
    assert catalog.known() == {"a": Known("1", "/elsewhere")}
    assert catalog.article("a") == entry("a").article


def test_what_is_no_catalog_names_the_mend(tmp_path: Path):
    path = tmp_path / "c"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(IndexStateError, match="wenshu ingest --rebuild") as caught:
        Catalog(path)
    assert caught.value.item == str(path)


def test_another_version_names_the_mend(tmp_path: Path):
    Catalog(tmp_path / "c").close()
    base = sqlite3.connect(tmp_path / "c")
    base.execute("UPDATE meta SET value = '99' WHERE name = 'version'")
    base.commit()
    base.close()
    with pytest.raises(IndexStateError, match="expected version 1, got '99'"):
        Catalog(tmp_path / "c")


def test_damage_in_the_middle_is_found_by_a_check(tmp_path: Path):
    path = tmp_path / "c"
    first = Catalog(path)
    first.put([entry(f"a{i}", TEXT * 20) for i in range(200)])
    first.close()
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 3 : len(whole) // 2] = os.urandom(len(whole) // 2 - len(whole) // 3)
    path.write_bytes(whole)
    with pytest.raises(IndexStateError, match="--rebuild"):
        Catalog(path).check()


def test_no_folder_no_rights(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        Catalog(tmp_path / "file" / "c")


READ_ONLY = """
import os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from knowledge.catalog import Catalog
from knowledge.errors import StorageError
if os.geteuid() == 0:  # whom no rights bind
    os.setgid(65534); os.setuid(65534)
catalog = Catalog(Path({path!r}))
assert catalog.article("a").title == "题"
try:
    catalog.remove(["a"])
except StorageError as e:
    print("refused", e.item)
"""


def test_a_folder_that_can_only_be_read_is_read(tmp_path: Path, root: Path):
    home = tmp_path / "home"
    first = Catalog(home / "c")
    first.put([entry("a")])
    first.close()
    (home / "c").chmod(0o444)
    for folder in (home, *home.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    home.chmod(0o555)
    script = READ_ONLY.format(root=str(root), path=str(home / "c"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    home.chmod(0o755)
    assert done.stdout.strip() == f"refused {home / 'c'}", done.stderr
