"""Vectors are kept, found and taken out: in a folder and in a Chroma server of its own process alike."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.errors import BackendError, IndexStateError, SettingError, StorageError
from knowledge.schema import Passage
from knowledge.vectors import VectorIndex

CHROMA = Path(sys.executable).with_name("chroma")


def passage(article: str, start: int = 0, text: str = "一二三") -> Passage:
    end = start + len(text)
    return Passage(f"{article}#{start}-{end}", article, start, end, text, 3, "标题")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running Chroma server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("chroma-server")
    command = [CHROMA, "run", "--host", "127.0.0.1", "--port", str(port), "--path", folder]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
    ) as process:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "chroma run ended"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, object]:
    """Where to keep vectors, as arguments of `VectorIndex`."""
    url = request.getfixturevalue("server") if request.param == "server" else ""
    return {"path": tmp_path / "vectors", "url": url, "collection": f"c{abs(hash(request.node.name))}"}


@pytest.fixture
def index(place: dict[str, object]) -> Iterator[VectorIndex]:
    opened = VectorIndex(**place)  # type: ignore[arg-type] -- as the fixture made them
    yield opened
    opened.close()


def test_the_nearest_come_first_with_their_cosine(index: VectorIndex):
    index.add([passage("a"), passage("b"), passage("c")], [[1, 0], [0.6, 0.8], [-1, 0]])
    found = index.search([2.0, 0.0], 3)
    assert [i for i, _ in found] == ["a#0-3", "b#0-3", "c#0-3"]
    assert [s for _, s in found] == pytest.approx([1.0, 0.6, -1.0], abs=1e-5)
    assert index.n_passages == 3


def test_asking_for_more_than_there_is_gives_what_there_is(index: VectorIndex):
    assert index.search([1, 0], 5) == []
    index.add([passage("a")], [[1, 0]])
    assert [i for i, _ in index.search([1, 0], 50)] == ["a#0-3"]
    assert index.search([1, 0], 0) == []


def test_adding_again_replaces(index: VectorIndex):
    index.add([passage("a", text="一二三")], [[1, 0]])
    index.add([passage("a", text="四五六")], [[0, 1]])
    assert index.n_passages == 1
    assert index.search([0, 1], 1)[0][1] == pytest.approx(1.0, abs=1e-5)


def test_deleting_takes_out_all_of_an_article_and_no_more(index: VectorIndex):
    index.add([passage("a"), passage("a", 3), passage("ab")], [[1, 0], [1, 0.1], [0, 1]])
    index.delete(["a", "no such"])
    assert index.present(["a#0-3", "a#3-6", "ab#0-3"]) == {"ab#0-3"}
    index.delete([])
    assert index.n_passages == 1


def test_many_at_once(index: VectorIndex):
    passages = [passage(f"a{i}") for i in range(1500)]
    index.add(passages, [[1.0, i / 1500] for i in range(1500)])
    index.delete([f"a{i}" for i in range(1, 1500)])
    assert index.present([p.id for p in passages]) == {"a0#0-3"}


def test_documents_carry_text_and_place(index: VectorIndex):
    index.add([passage("a", 5, "累计投资")], [[1, 0]])
    (document,) = index.store.similarity_search_by_vector([1.0, 0.0], k=1)
    assert document.page_content == "累计投资"
    assert document.metadata == {"article_id": "a", "start": 5, "end": 9, "heading": "标题"}


def test_clearing_makes_room_for_another_dimension(index: VectorIndex):
    index.add([passage("a")], [[1, 0]])
    index.clear()
    assert index.n_passages == 0
    index.add([passage("a")], [[1, 0, 0]])
    assert index.search([1, 0, 0], 1)[0][0] == "a#0-3"


def test_what_is_added_lasts(place: dict[str, object]):
    for _ in range(2):
        opened = VectorIndex(**place)  # type: ignore[arg-type] -- as the fixture made them
        opened.add([passage("a")], [[1, 0]])
        opened.close()
    again = VectorIndex(**place)  # type: ignore[arg-type] -- as the fixture made them
    assert again.search([1, 0], 3)[0][0] == "a#0-3"
    again.close()


def test_the_server_keeps_nothing_in_the_folder(server: str, tmp_path: Path):
    VectorIndex(tmp_path / "vectors", url=server).close()
    assert not (tmp_path / "vectors").exists()


def test_no_server_there(tmp_path: Path):
    with pytest.raises(BackendError, match=r"http://127.0.0.1:9: the Chroma server failed") as caught:
        VectorIndex(tmp_path, url="http://127.0.0.1:9")
    assert caught.value.item == "http://127.0.0.1:9"


def test_no_address(tmp_path: Path):
    with pytest.raises(SettingError, match="chroma_url: expected http://HOST:PORT, got 'localhost:8000'"):
        VectorIndex(tmp_path, url="localhost:8000")


@pytest.fixture
def emptied(tmp_path: Path) -> Path:
    """A local database that held a passage and was closed."""
    first = VectorIndex(tmp_path / "v")
    first.add([passage("a")], [[1, 0]])
    first.close()
    return tmp_path / "v" / "chroma.sqlite3"


def test_a_damaged_database_names_the_mend(emptied: Path):
    emptied.write_bytes(b"no database at all, but long enough to be one" * 100)
    with pytest.raises(IndexStateError, match="wenshu ingest --rebuild"):
        VectorIndex(emptied.parent)


def test_an_emptied_database_holds_nothing(emptied: Path):
    emptied.write_bytes(b"")
    again = VectorIndex(emptied.parent)
    assert again.n_passages == 0
    again.close()


def test_a_folder_that_is_a_file(tmp_path: Path):
    (tmp_path / "v").write_text("")
    with pytest.raises(StorageError):
        VectorIndex(tmp_path / "v")
