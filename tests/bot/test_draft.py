"""Drafts from files: their very characters where they are text, what they look like where they are not."""

import io
import sys
from pathlib import Path

import docx
import pytest

from bot import draft, mending
from knowledge.errors import ArticleError, UsageError

TEXT = "---\r\ntitle: x\r\n---\r\n  “科创投”<b>累计</b>投资２３.62亿元。\n\n"


@pytest.mark.parametrize("name", ["稿子.txt", "稿子", "稿子.md", "稿子.MARKDOWN"])
def test_text_is_read_as_it_is(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(TEXT.encode())
    assert draft.read(str(path)) == TEXT


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path):
    (tmp_path / "a.txt").write_bytes("\ufeff科创投".encode())
    assert draft.read(str(tmp_path / "a.txt")) == "科创投"


def test_text_in_gb18030_is_read_too(tmp_path: Path):
    text = "截至2021年底，科创投的累计投资金额是23.62亿元，这是一个国家的大事。"
    (tmp_path / "a.txt").write_bytes(text.encode("gb18030"))
    assert draft.read(str(tmp_path / "a.txt")) == text


def test_a_word_document_and_a_page_are_read_as_articles(tmp_path: Path):
    document = docx.Document()
    document.add_paragraph("截至2021年底，“科创投”累计投资金额23.62亿元。")
    document.add_paragraph("双创系列活动达到33场。")
    document.save(str(tmp_path / "稿子.docx"))
    text = "截至2021年底，“科创投”累计投资金额23.62亿元。\n双创系列活动达到33场。"
    assert draft.read(str(tmp_path / "稿子.docx")) == text
    page = "<title>题</title><script>var x = 99;</script><p>科创投累计投资<b>23.62</b>亿元，增长16.3%。</p>"
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    assert draft.read(str(tmp_path / "a.html")) == "题\n科创投累计投资23.62亿元，增长16.3%。"


def test_standard_input(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert draft.read("-") == TEXT


@pytest.mark.parametrize(
    ("name", "content", "kind", "said"),
    [
        (
            "没有.txt",
            None,
            UsageError,
            "没有「没有.txt」这个文件。检查路径；要核对的若是一段文字，请用 --text。",
        ),
        ("科创投累计投资23.62亿元" * 100, None, UsageError, "请用 --text"),
        ("a\0b", None, UsageError, "请用 --text"),
        ("a.xlsx", b"PK", UsageError, "核对不了「a.xlsx」这种文件。"),
        ("a.jsonl", b"{}", UsageError, "核对不了「a.jsonl」这种文件。"),
        ("a.txt", b"", ArticleError, "「a.txt」是空的。"),
        ("a.txt", b"\xff\xfe\xfd", ArticleError, "认不出「a.txt」的文字编码。"),
        ("a.docx", b"PK no zip", ArticleError, "「a.docx」已损坏。"),
        (".", None, ArticleError, "打不开「.」。"),
    ],
)
def test_what_is_no_draft(  # noqa: PLR0913 -- a case
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes | None,
    kind: type[UsageError | ArticleError],
    said: str,
):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path(name).write_bytes(content)
    with pytest.raises(kind) as caught:
        draft.read(name)
    assert said in mending.error(caught.value)


def test_the_headline_of_a_document_is_part_of_the_draft(tmp_path: Path):
    page = tmp_path / "稿子.html"
    page.write_text("<h1>在蓉两院院士达99位</h1><p>高新技术企业数预计达7800家。</p>", encoding="utf-8")
    assert draft.read(str(page)) == "在蓉两院院士达99位\n高新技术企业数预计达7800家。"
