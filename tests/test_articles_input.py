"""JSON Lines, packed files, folders and ids, every kind of bad input, dates, and the canonical form."""

import gzip
import json
import lzma
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.articles import Limits, canonicalise, discover, from_record, make_article, read
from knowledge.articles.dates import iso
from knowledge.errors import ArticleError
from knowledge.schema import Article

PROSE = "截至2021年底，成都的科创投累计投资金额23.26亿元，同比增长16.3%。"
PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}


def outcome(path: Path, content: str | bytes, *, limits: Limits | None = None) -> list[tuple[str, str]]:
    """For each item its id and text, or the error's code and what follows the path in its item."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [
        (found.id, found.text)
        if isinstance(found, Article)
        else (found.code, found.item.removeprefix(str(path)))
        for found in read(path, limits=limits)
    ]


def record(**fields: object) -> str:
    return json.dumps({"id": "1", "text": PROSE} | fields, ensure_ascii=False)


# ---------------------------------------------------------------- JSON Lines


def test_every_field_of_a_record_is_read() -> None:
    fields = {
        "title": "甲",
        "source": "乙报",
        "published": "2022-02-21",
        "url": "http://a.cn",
        "tags": ["丙"],
        "x": 1,
    }
    article = from_record({"id": 7, "text": PROSE} | fields, item="a")
    assert (article.id, article.title, article.source, article.text) == ("7", "甲", "乙报", PROSE)
    assert (article.published, article.url, article.tags) == ("2022-02-21", "http://a.cn", ("丙",))


def test_a_record_may_leave_out_or_void_what_it_does_not_know() -> None:
    article = from_record(
        {"id": "1", "text": PROSE, "title": None, "published": None, "tags": None}, item="a"
    )
    assert (article.title, article.source, article.published, article.tags) == ("", "", None, ())


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("not json", "bad_json"),
        ('{"id": "1", "text": "断', "bad_json"),
        ("[1]", "bad_json"),
        ('"text"', "bad_json"),
        ("[" * 100_000, "bad_json"),
        ('{"id": "1"}', "field"),
        ('{"text": "甲"}', "field"),
        (record(text=5), "field"),
        (record(id=True), "field"),
        (record(id=1.5), "field"),
        (record(title=["甲"]), "field"),
        (record(tags=[1]), "field"),
        (record(published=20220221), "field"),
        (record(published="昨天"), "date"),
        (record(published="2022-02-30"), "date"),
        (record(text=" \u3000\u200b\n"), "empty"),
        (record(id=" "), "empty"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(tmp_path: Path, line: str, code: str) -> None:
    lines = f"{record(id='a')}\n\n{line}\n{record(id='b')}"
    assert outcome(tmp_path / "a.jsonl", lines) == [("a", PROSE), (code, ":3"), ("b", PROSE)]


def test_of_two_lines_with_one_id_the_first_is_kept(tmp_path: Path) -> None:
    lines = f"{record()}\n{record(text='另一篇。')}\n{record(id=1)}\n"
    assert outcome(tmp_path / "a.jsonl", lines) == [
        ("1", PROSE),
        ("duplicate_id", ":2"),
        ("duplicate_id", ":3"),
    ]


def test_half_a_character_is_dropped(tmp_path: Path) -> None:
    assert outcome(tmp_path / "a.jsonl", '{"id": "1", "text": "增\\ud83d长。"}') == [("1", "增长。")]


def test_a_line_in_another_encoding_is_refused(tmp_path: Path) -> None:
    lines = b"\n".join([record(id="a").encode(), record(id="b").encode("gb18030"), record(id="c").encode()])
    assert outcome(tmp_path / "a.jsonl", lines) == [("a", PROSE), ("encoding", ":2"), ("c", PROSE)]


def test_a_broken_utf16_stream_is_refused(tmp_path: Path) -> None:
    content = f"{record()}\n".encode("utf-16") + b"\x00\xd8\x00\xd8\x00"
    assert outcome(tmp_path / "a.jsonl", content)[-1] == ("encoding", "")


def test_a_line_over_the_limit_is_passed_over(tmp_path: Path) -> None:
    lines = f"{record(id='a')}\n{record(text='零' * 9_000)}\n{record(id='b')}\n"
    found = outcome(tmp_path / "a.jsonl", lines, limits=Limits(line=1_000))
    assert found == [("a", PROSE), ("too_large", ":2"), ("b", PROSE)]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_a_line_of_200_megabytes_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b'{"id": "1", "text": "')
        for _ in range(200):
            file.write(b"7" * 1_000_000)
        file.write(f'"}}\n{record(id="b")}\n'.encode())
    program = (
        "import re, sys; from pathlib import Path; from knowledge.articles import read\n"
        "print([getattr(x, 'code', x) if isinstance(x, Exception) else x.id for x in read(Path(sys.argv[1]))])\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run([sys.executable, "-c", program, path], check=True, capture_output=True, text=True)
    found, kilobytes = done.stdout.splitlines()
    assert found == "['too_large', 'b']"
    assert int(kilobytes) < 120_000


# ---------------------------------------------------------------- packed files and limits


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("name", ["a.md", "a.html", "a.txt", "a.jsonl", "A.MD"])
def test_packed_files_read_as_unpacked_ones(tmp_path: Path, name: str, suffix: str) -> None:
    content = record(id=name[0]) if name.endswith("jsonl") else PROSE
    packed = PACKERS[suffix](content.encode())
    assert outcome(tmp_path / f"{name}{suffix}", packed) == [(name[0], PROSE)]


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
@pytest.mark.parametrize("kind", ["md", "jsonl"])
def test_damaged_packing_is_refused(tmp_path: Path, suffix: str, kind: str) -> None:
    path = tmp_path / f"a.{kind}{suffix}"
    packed = PACKERS[suffix](record(text=PROSE * 1_000).encode())
    assert outcome(path, b"junk")[0][0] == "damaged"
    assert outcome(path, packed[: len(packed) // 2])[-1][0] == "damaged"


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_document_over_the_limit_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.txt{suffix}"
    assert outcome(path, PACKERS[suffix](b"7" * 1_001), limits=Limits(document=1_000)) == [("too_large", "")]
    assert outcome(path, PACKERS[suffix](b"7" * 1_000), limits=Limits(document=1_000)) == [("a", "7" * 1_000)]


def test_a_packed_stream_over_the_limit_is_refused(tmp_path: Path) -> None:
    lines = "".join(f"{record(id=n)}\n" for n in range(100)).encode()
    limits = Limits(stream=1_000)
    packed = outcome(tmp_path / "a.jsonl.xz", lzma.compress(lines), limits=limits)
    assert packed[-1] == ("too_large", "")
    assert len(packed) < 20
    assert len(outcome(tmp_path / "a.jsonl", lines, limits=limits)) == 100


def test_a_packed_line_without_end_is_given_up(tmp_path: Path) -> None:
    bomb = gzip.compress(b"7" * 50_000_000)
    found = outcome(tmp_path / "a.jsonl.gz", bomb, limits=Limits(line=1_000, stream=1_000_000))
    assert found == [("too_large", ":1"), ("too_large", "")]


# ---------------------------------------------------------------- paths


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *((name, "missing") for name in ("none.md", "none.jsonl", "none.xyz")),
        *((name, "unknown_type") for name in ("a.xyz", "a", "a.doc", "a.json", "a.tar.gz")),
        *((name, "empty") for name in ("empty.md", "empty.docx", "rule.md")),
        ("folder.md", "unreadable"),
    ],
)
def test_what_is_no_article_is_refused_by_name(tmp_path: Path, name: str, code: str) -> None:
    for present in ("a.xyz", "a", "a.doc", "a.json", "a.tar.gz"):
        (tmp_path / present).write_text("x")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "empty.md").touch()
    (tmp_path / "empty.docx").touch()
    (tmp_path / "rule.md").write_text("---\ntitle: 甲\n---\n\n")
    (error,) = read(tmp_path / name)
    assert isinstance(error, ArticleError)
    assert (error.code, error.item) == (code, str(tmp_path / name))


def test_an_empty_stream_holds_nothing(tmp_path: Path) -> None:
    assert outcome(tmp_path / "a.jsonl", "") == []


def test_folders_are_walked_in_order_without_what_is_no_article(tmp_path: Path) -> None:
    names = ["b.md", "a.txt.gz", "sub/c.HTML", "sub/sub/d.jsonl.xz", "e.docx", "f.pdf"]
    others = [
        "qa.yaml",
        "README.md",
        "image.png",
        ".hidden.md",
        ".git/x.md",
        "~$e.docx",
        "x.gz",
        "LICENSE.txt",
    ]
    for name in names + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "pipe.md")
    found = [path.relative_to(tmp_path).as_posix() for path in discover([tmp_path])]
    assert found == ["a.txt.gz", "b.md", "e.docx", "f.pdf", "sub/c.HTML", "sub/sub/d.jsonl.xz"]


def test_a_file_is_found_once_and_one_that_is_given_always(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(PROSE)
    given_paths = [tmp_path / "README.md", tmp_path / "a.md", tmp_path, tmp_path / "none.xyz"]
    assert list(discover(given_paths)) == [tmp_path / "README.md", tmp_path / "a.md", tmp_path / "none.xyz"]


def test_ids_are_paths_without_suffixes(tmp_path: Path) -> None:
    path = tmp_path / "2022" / "chengdu.v2.md.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(PROSE.encode()))
    ids = {
        root: [a.id for a in read(path, root=root) if isinstance(a, Article)]
        for root in (None, tmp_path, Path("/x"))
    }
    assert ids == {None: ["chengdu.v2"], tmp_path: ["2022/chengdu.v2"], Path("/x"): ["chengdu.v2"]}


def test_a_name_that_is_no_unicode_is_made_so(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path / "a") + b"\xff.md"))
    path.write_text(PROSE)
    (article,) = read(path)
    assert isinstance(article, Article)
    assert article.id == "a\ufffd"


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", None),
        ("2022-02-21", "2022-02-21"),
        ("2022/2/21", "2022-02-21"),
        ("2022.02.21", "2022-02-21"),
        ("20220221", "2022-02-21"),
        ("2022年2月21日", "2022-02-21"),
        ("２０２２年２月２１日", "2022-02-21"),
        ("2022年2月21日 星期一 16:58", "2022-02-21T16:58:00"),
        ("2022年02月21日16时58分52秒", "2022-02-21T16:58:52"),
        ("2022-02-21 16:58:52 +0800", "2022-02-21T16:58:52+08:00"),
        ("2022-02-21T16:58:52.123+08:00", "2022-02-21T16:58:52+08:00"),
        ("2022-02-21T20:58:52Z", "2022-02-22T04:58:52+08:00"),
        ("2022-02-21 16:58:52 -0500", "2022-02-21T16:58:52-05:00"),
        ("Mon, 21 Feb 2022 16:58:52 +0800", "2022-02-21T16:58:52+08:00"),
    ],
)
def test_usual_dates_are_read(written: str, expected: str | None) -> None:
    assert iso(written, item="a") == expected
    article = make_article("a", PROSE, published=written)
    assert str(article.day or "") == (expected or "")[:10]


@pytest.mark.parametrize(
    "written",
    [
        *(
            "昨天",
            "2022",
            "2022-02",
            "2022-13-01",
            "2022-02-30",
            "21/02/2022",
            "2022-02-21 25:00",
            "0000-01-01",
        ),
        *(
            "2022-02-21 x",
            "2022-02-21T16:58+99:00",
            "Mon, 31 Feb 2022 16:58:52 +0800",
            "9999-12-31T23:00Z",
            "1e9",
        ),
    ],
)
def test_other_dates_are_refused_by_value(written: str) -> None:
    with pytest.raises(ArticleError, match="can't read the date") as caught:
        iso(written, item="x.md")
    assert (caught.value.code, caught.value.item) == ("date", "x.md")
    assert repr(written) in str(caught.value)


@given(st.dates())
def test_every_day_is_read_in_every_form(day) -> None:
    for form in ("{0:04}-{1:02}-{2:02}", "{0:04}年{1}月{2}日", "{0:04}/{1}/{2}", "{0:04}{1:02}{2:02}"):
        assert iso(form.format(day.year, day.month, day.day), item="a") == day.isoformat()


# ---------------------------------------------------------------- the canonical form


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("\ufeff甲。\r\n\r\n\r\n乙。\r丙。", "甲。\n乙。\n丙。"),
        ("\u3000\u3000甲\u200b乙 \n\xa0\xa0丙\u3000\t\n\n", "甲乙\n丙"),
        ("甲\u3000乙\xa0丙\t丁", "甲\u3000乙 丙 丁"),
        ("甲\x00\x1b\x7f乙\u2028丙\f丁", "甲乙\n丙\n丁"),
        ("１２３％，後面", "１２３％，後面"),
        ("e\u0301", "\xe9"),
        ("e\u200b\u0301", "\xe9"),
        (" \n\u3000\n", ""),
    ],
)
def test_canonical_form(written: str, expected: str) -> None:
    assert canonicalise(written) == expected


any_text = st.text(st.characters(), max_size=60) | st.text(
    st.sampled_from("甲1 \n\r\t\u3000\xa0\u200b\ufeffe\u0301\u0338\u2028\x85\ud800\uac00\u11a8\u2000<"),
    max_size=40,
)


@given(any_text)
def test_canonicalising_twice_changes_nothing(text: str) -> None:
    once = canonicalise(text)
    assert canonicalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode()


@given(any_text)
def test_canonical_lines_are_trimmed_and_not_empty(text: str) -> None:
    for line in filter(None, [canonicalise(text)]):
        assert all(part and part == part.strip(" \u3000") for part in line.split("\n"))
        assert not any(
            unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") for char in line.replace("\n", "")
        )


@given(any_text)
def test_whatever_a_file_holds_an_article_or_an_error_comes_of_it(tmp_path_factory, text: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("a.md", "a.html", "a.txt", "a.jsonl"):
        (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        for found in read(folder / name):
            assert isinstance(found, Article | ArticleError)


def test_the_digest_tells_every_field() -> None:
    fields = {"title": "甲", "source": "乙", "published": "2022-02-21", "url": "丙", "tags": ("丁",)}
    base = make_article("a", PROSE, **fields)
    others = [make_article("a", PROSE, **(fields | {key: ""})) for key in fields]
    others += [make_article("b", PROSE, **fields), make_article("a", PROSE + "。", **fields)]
    assert len({article.sha256 for article in (base, *others)}) == 8
    assert make_article("a", f"\u3000{PROSE}\r\n", **fields) == base


def test_reading_needs_no_library_it_does_not_use(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(record())
    program = (
        "import sys; from pathlib import Path; from knowledge.articles import read\n"
        "list(read(Path(sys.argv[1])))\n"
        "print(sorted({'yaml', 'docx', 'pypdf', 'markdown_it', 'selectolax', 'lxml'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "a.jsonl"], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"
