"""Files that are sent to be checked, or taken in."""

import io
import os
import random
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_ins import SOMEONE, Shelf, a_policy, a_service, a_state, saying

from bot import phrases, uploads
from bot.inbound import Speaker, Upload
from bot.reply import Reply, ReplyStatus
from bot.service import Policy, Service
from knowledge.build import Wenshu, open_wenshu
from knowledge.errors import ArticleError, HomeBusyError, StorageError, WenshuError
from knowledge.ingest import Report
from knowledge.settings import Settings
from knowledge.verdict import Checked

WORDS = "截至2021年底，“科创投”累计投资金额23.26亿元。"
ADMIN = Speaker("telegram", "1", "7")
OTHER_ADMIN = Speaker("telegram", "2", "8")


def said(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


def a_docx(*paragraphs: str) -> bytes:
    document, content = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(content)
    return content.getvalue()


HOSTILE = [
    "../../etc/passwd",
    "..\\..\\windows\\system32\\cmd.txt",
    "/etc/passwd",
    "C:\\x.y\\a.txt",
    "CON",
    "",
    ".",
    "..",
    "...",
    ".txt",
    "a\0b.txt",
    "a\nb.txt",
    "-rf.txt",
    "稿" * 300 + ".txt",
    "x." + "长" * 300,
    "\ud800.txt",
    "a/../../../b.docx",
    "a.txt/",
    "~/x.md",
    "$(rm).txt",
    "稿子（终稿） 2.docx",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: Path):
    kept = uploads.keep(tmp_path / "uploads", Upload(name, b"words"))
    assert kept.read_bytes() == b"words"
    assert kept.resolve().is_relative_to((tmp_path / "uploads" / "waiting").resolve())
    admitted = uploads.admit(kept)
    assert admitted.parent == tmp_path / "uploads"
    assert admitted.read_bytes() == b"words"
    assert not kept.parent.exists()


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_name_becomes_one_of_a_file(name: str):
    made = uploads._name(Upload(name, b""))
    assert made not in {"", ".", ".."}
    assert not made.startswith((".", "-"))
    assert not {"/", "\\", "\0", "\n"} & set(made)
    assert len(made.encode()) <= 255


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("稿子.docx", "稿子.docx"),
        ("A B.TXT", "A_B.txt"),
        ("2022-02-21.md", "2022-02-21.md"),
        (".docx", "docx"),
    ],
)
def test_a_decent_name_stays_recognisable(name: str, kept: str):
    assert uploads._name(Upload(name, b"")) == kept


def test_files_of_one_name_do_not_overwrite_each_other_while_they_wait(tmp_path: Path):
    one, other = (uploads.keep(tmp_path, Upload("稿.txt", content)) for content in (b"one", b"other"))
    assert (one.read_bytes(), other.read_bytes()) == (b"one", b"other")


def test_a_disk_that_refuses_is_our_error(tmp_path: Path):
    (tmp_path / "uploads").write_text("a file where the folder should be")
    with pytest.raises(StorageError):
        uploads.keep(tmp_path / "uploads", Upload("a.txt", b""))
    with pytest.raises(StorageError):
        uploads.admit(tmp_path / "waiting" / "0" / "gone.txt")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", WORDS.encode()),
        ("a.TXT", WORDS.encode("gb18030")),
        ("a.md", WORDS.encode()),
        ("no suffix", WORDS.encode()),
        ("a.docx", a_docx(WORDS)),
        ("a.html", f"<html><body><p>{WORDS}</p></body></html>".encode()),
        ("../../a.txt", WORDS.encode()),
    ],
)
def test_the_text_of_a_file_is_read_whatever_its_kind(name: str, content: bytes):
    assert WORDS in uploads.text_of(Upload(name, content))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", b"garbage" * 100),
        ("a.docx", b""),
        ("a.txt", b""),
        ("a.txt", b" \n"),
        ("a.docx", b"PK\x03\x04" + b"\0" * 100),
        ("a.pdf", b"%PDF-1.7 garbage"),
        ("a.exe", b"MZ"),
        ("a.xlsx", b"PK"),
        ("a.txt", bytes(range(256)) * 4),
    ],
)
def test_a_file_that_holds_no_text_becomes_a_reply(name: str, content: bytes, tmp_path: Path):
    with pytest.raises(WenshuError):
        uploads.text_of(Upload(name, content))
    service = a_service(Shelf(), policy=a_policy(uploads=tmp_path))
    reply = service.reply(saying("", upload=Upload(name, content)))
    assert reply.status is ReplyStatus.ERROR
    assert said(reply)
    assert "/" not in said(reply), "where it was put is no concern of the sender"
    assert "wenshu" not in said(reply), "nor is a command line"
    assert "--" not in said(reply)


def unpacking_to(n_bytes: int, document: bytes) -> bytes:
    """A Word document of a few kilobytes whose text unpacks to as many bytes."""
    source, made = zipfile.ZipFile(io.BytesIO(document)), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/document.xml":
                content = content.replace(b"<w:body>", b"<w:body>" + b"<w:p/>" * (n_bytes // 6))
            package.writestr(name, content)
    return made.getvalue()


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bomb = Upload("稿.docx", unpacking_to(uploads.MAX_GROWN, a_docx(WORDS)))
    assert len(bomb.content) < 100_000
    monkeypatch.setattr(docx, "Document", lambda _: pytest.fail("unpacked"))
    with pytest.raises(ArticleError) as caught:
        uploads.text_of(bomb)
    assert caught.value.code == "too_large"
    reply = a_service(Shelf(), policy=a_policy(uploads=tmp_path)).reply(saying("", upload=bomb))
    assert "「稿.docx」里的内容太多" in said(reply)


def test_a_long_draft_with_a_picture_is_no_such_file():
    picture = random.Random(7).randbytes(3 * uploads.MAX_GROWN // 2)
    made = io.BytesIO(unpacking_to(uploads.MAX_GROWN // 2, a_docx(WORDS)))
    with zipfile.ZipFile(made, "a") as package:
        package.writestr("word/media/image1.png", picture)
    assert WORDS in uploads.text_of(Upload("稿.docx", made.getvalue()))


# -- who may what


def sends(
    service: Service, speaker: Speaker, name: str = "稿.txt", text: str = "", words: str = WORDS
) -> Reply:
    return service.reply(saying(text, speaker, upload=Upload(name, words.encode())))


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return a_policy(ADMIN.member, OTHER_ADMIN.member, uploads=tmp_path / "uploads")


def no_figures(draft: str) -> Checked:
    return Checked(draft, (), {})


def test_a_file_of_anybody_is_checked_and_not_kept(policy: Policy):
    drafts = []

    def check(draft: str) -> Checked:
        drafts.append(draft)
        return no_figures(draft)

    reply = sends(a_service(Shelf(check=check), policy=policy), SOMEONE)
    assert (reply.status, drafts) == (ReplyStatus.CHECKED, [WORDS])
    assert phrases.CAN_INGEST not in said(reply)
    assert not policy.uploads.exists()


@pytest.mark.parametrize("text", ["入库", "/ingest", "入庫"])
def test_only_an_admin_takes_articles_in(policy: Policy, text: str):
    shelf = Shelf()
    service = a_service(shelf, policy=policy)
    assert said(sends(service, SOMEONE, text=text)) == phrases.NOT_ADMIN
    assert said(service.reply(saying(text))) == phrases.NOT_ADMIN
    assert (shelf.ingested, policy.uploads.exists()) == ([], False)


def test_a_user_of_that_number_elsewhere_is_no_admin(policy: Policy):
    service = a_service(Shelf(), policy=policy)
    assert said(sends(service, Speaker("web", "1", "7"), text="入库")) == phrases.NOT_ADMIN


def test_a_file_of_an_admin_is_checked_offered_and_taken_in_when_told(policy: Policy):
    shelf = Shelf(check=no_figures)
    service = a_service(shelf, policy=policy)
    reply = sends(service, ADMIN)
    assert said(reply).endswith(phrases.CAN_INGEST)
    assert shelf.ingested == []
    assert "新增 1 篇" in said(service.reply(saying("入库", ADMIN)))
    assert shelf.ingested == [policy.uploads / "稿.txt"]
    assert said(service.reply(saying("入库", ADMIN))) == phrases.NO_UPLOAD


def test_a_file_below_which_the_admin_says_so_is_taken_in_at_once(policy: Policy):
    shelf = Shelf()
    sends(a_service(shelf, policy=policy), ADMIN, text="入库")
    assert [path.read_text() for path in shelf.ingested] == [WORDS]


def test_each_admin_takes_in_their_own_file(policy: Policy):
    shelf = Shelf(check=no_figures)
    service = a_service(shelf, policy=policy)
    sends(service, ADMIN, words="甲的。")
    sends(service, OTHER_ADMIN, words="乙的。")
    service.reply(saying("入库", ADMIN))
    assert [path.read_text() for path in shelf.ingested] == ["甲的。"]


@pytest.mark.parametrize("between", ["新话题", "an hour"])
def test_a_file_sent_too_long_ago_is_not_taken_in(policy: Policy, between: str):
    now = [10_000.0]
    shelf = Shelf(check=no_figures)
    service = a_service(shelf, policy=policy, clock=lambda: now[0])
    sends(service, ADMIN)
    if between == "an hour":
        now[0] += 3_600
    else:
        service.reply(saying(between, ADMIN))
    assert said(service.reply(saying("入库", ADMIN))) == phrases.NO_UPLOAD
    assert shelf.ingested == []


def test_while_another_process_is_writing_the_file_waits(policy: Policy):
    class Busy(Shelf):
        busy = True

        def ingest(self, paths):  # type: ignore[no-untyped-def]
            if self.busy:
                raise HomeBusyError("busy", item="home", code="home_busy")
            return super().ingest(paths)

    shelf = Busy()
    service = a_service(shelf, policy=policy)
    assert sends(service, ADMIN, text="入库").status is ReplyStatus.ERROR
    assert service.reply(saying("入库", ADMIN)).status is ReplyStatus.ERROR
    shelf.busy = False
    assert "新增 1 篇" in said(service.reply(saying("入库", ADMIN)))
    assert [path.read_text() for path in shelf.ingested] == [WORDS]


def test_what_could_not_be_read_is_said():
    from knowledge.errors import ArticleError

    report = Report(failed=(ArticleError("x", item="稿.pdf", code="no_text"),))
    reply = uploads.taken_in(report)
    assert reply.status is ReplyStatus.ERROR
    assert "「稿.pdf」里没有文字" in said(reply)


# -- end to end


@pytest.fixture
def wenshu(tmp_path: Path) -> Iterator[Wenshu]:
    opened = open_wenshu(Settings(_env_file=None, home=tmp_path / "home", dense_limit=0))  # type: ignore[call-arg]
    yield opened
    opened.close()


def test_a_file_taken_in_answers_at_once_and_anew_when_it_is_sent_again(wenshu: Wenshu, policy: Policy):
    service = Service(wenshu, a_state(), policy)
    front = "---\ntitle: 成都科创投\ndate: 2022-02-21\n---\n\n"
    assert "新增 1 篇" in said(sends(service, ADMIN, "稿.md", "入库", front + WORDS))
    reply = service.reply(saying("科创投累计投资金额多少"))
    assert said(reply).startswith("23.26亿元")
    assert [citation.quote for citation in reply.citations] == [WORDS]
    assert said(service.reply(saying("原文"))).splitlines()[-1] == WORDS

    changed = WORDS.replace("23.26", "24.26")
    assert "更新 1 篇" in said(sends(service, ADMIN, "稿.md", "入库", front + changed))
    assert said(service.reply(saying("科创投累计投资金额多少"))).startswith("24.26亿元")
    assert "未变 1 篇" in said(sends(service, ADMIN, "稿.md", "入库", front + changed))


def test_a_broken_file_taken_in_is_named_by_its_name(wenshu: Wenshu, policy: Policy):
    reply = sends(Service(wenshu, a_state(), policy), ADMIN, "稿.docx", "入库", "garbage")
    assert reply.status is ReplyStatus.ERROR
    assert "「稿.docx」已损坏" in said(reply)


def test_a_file_that_nobody_speaks_of_for_a_day_is_deleted(tmp_path: Path):
    old, young = (uploads.keep(tmp_path, Upload(f"{name}.txt", name.encode())) for name in ("old", "young"))
    yesterday = time.time() - 100_000
    os.utime(old, (yesterday, yesterday))
    uploads.keep(tmp_path, Upload("new.txt", b"new"))
    assert (old.exists(), young.exists()) == (False, True)
