"""Word and PDF files, made here, read back."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import docx
import docx.document
import pytest
from docx.oxml.ns import qn

from knowledge.articles import Limits, read
from knowledge.errors import ArticleError
from knowledge.schema import Article

PROSE = "截至2021年底，成都的科创投累计投资金额23.26亿元，同比增长16.3%。"


def article_of(path: Path, content: bytes | None = None) -> Article:
    if content is not None:
        path.write_bytes(content)
    (found,) = read(path)
    assert isinstance(found, Article), found
    return found


def code_of(path: Path, content: bytes | None = None, limits: Limits | None = None) -> str:
    if content is not None:
        path.write_bytes(content)
    (found,) = read(path, limits=limits)
    assert isinstance(found, ArticleError), found
    assert found.item == str(path)
    return found.code


# ---------------------------------------------------------------- Word


def word(path: Path, build: Callable[[docx.document.Document], None]) -> Path:
    document = docx.Document()
    build(document)
    document.save(str(path))
    return path


def test_word_is_read_in_document_order(tmp_path: Path) -> None:
    def build(document: docx.document.Document) -> None:
        document.core_properties.title = "成都账本"
        document.core_properties.created = datetime(2022, 2, 21, 18, 0, tzinfo=UTC)
        document.core_properties.keywords = "科技,成都"
        document.add_heading("成都账本", level=1)
        paragraph = document.add_paragraph("累计投资23.26亿元，10")
        paragraph.add_run("8").font.superscript = True
        paragraph.add_run("元。")
        inserted = paragraph.add_run("新增5项。")._r
        tracked = paragraph._p.makeelement(qn("w:ins"), {})
        inserted.addprevious(tracked)
        tracked.append(inserted)
        table = document.add_table(rows=2, cols=2)
        for cell, text in zip(table._cells, ["指标", "值", "营收", "5亿元"], strict=True):
            cell.text = text
        document.add_paragraph("后文。")

    article = article_of(word(tmp_path / "a.docx", build))
    assert article.text.split("\n") == [
        "累计投资23.26亿元，10⁸元。新增5项。",
        "指标 | 值",
        "营收 | 5亿元",
        "后文。",
    ]
    assert (article.title, article.tags) == ("成都账本", ("科技", "成都"))
    assert article.published == "2022-02-22T02:00:00+08:00"


def test_a_word_template_gives_neither_title_nor_date(tmp_path: Path) -> None:
    article = article_of(word(tmp_path / "a.docx", lambda document: document.add_paragraph(PROSE)))
    assert (article.title, article.published, article.text) == ("a", None, PROSE)


# ---------------------------------------------------------------- PDF


ORDERING = "<< /Registry (Adobe) /Ordering (GB1) /Supplement 2 >>"


def pdf(pages: list[list[str]], info: str = "") -> bytes:
    """A PDF whose text is set in a predefined Chinese font, a line an element."""
    kids = " ".join(f"{6 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [4 0 R] >>",
        f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo {ORDERING} >>",
        "<< >>",
    ]
    for n, lines in enumerate(pages):
        shown = " ".join(f"<{line.encode('utf-16-be').hex()}> Tj T*" for line in lines)
        stream = f"BT /F1 12 Tf 50 800 Td 18 TL {shown} ET"
        resources = "<< /Font << /F1 3 0 R >> >>"
        place = f"/MediaBox [0 0 595 842] /Resources {resources} /Contents {7 + 2 * n} 0 R"
        objects.append(f"<< /Type /Page /Parent 2 0 R {place} >>")
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects.append(f"<< {info} >>")
    content, starts = b"%PDF-1.4\n", []
    for n, body in enumerate(objects, 1):
        starts.append(len(content))
        content += f"{n} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>"
    xref = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}\nstartxref\n{len(content)}\n%%EOF\n"
    return content + xref.encode()


def test_lines_of_a_pdf_are_rejoined(tmp_path: Path) -> None:
    lines = [
        "成都账本",
        "截至2021年底，科创投累计投资金额23.26亿元，科创贷累计放",
        "款总额超157.38亿元，同比增长16.3%。",
        "后文。",
    ]
    info = "/CreationDate (D:20220221165852+08'00')"
    article = article_of(tmp_path / "a.pdf", pdf([lines], info))
    assert article.title == "成都账本"
    assert article.text == f"{lines[1]}{lines[2]}\n后文。"
    assert article.published == "2022-02-21T16:58:52+08:00"


def test_running_heads_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    pages = [
        ["科技日报 2022年2月", f"第{n}段正文，投资{n}亿元。", f"本页第{n}句完。", f"— {n} —"]
        for n in range(1, 5)
    ]
    article = article_of(tmp_path / "a.pdf", pdf(pages))
    assert article.text.split("\n") == [line for page in pages for line in page[1:3]]


def test_a_scanned_pdf_is_refused(tmp_path: Path) -> None:
    assert code_of(tmp_path / "a.pdf", pdf([[], []])) == "no_text"


def test_a_pdf_whose_fonts_name_no_characters_is_refused(tmp_path: Path) -> None:
    assert code_of(tmp_path / "a.pdf", pdf([["\ue123\ue456\ue789"]])) == "no_text"


# ---------------------------------------------------------------- bad files


@pytest.mark.parametrize("name", ["a.docx", "a.pdf"])
@pytest.mark.parametrize("content", [b"junk", b"PK\x03\x04junk", b"%PDF-1.4 junk"])
def test_damaged_documents_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    assert code_of(tmp_path / name, content) == "damaged"


def test_a_truncated_pdf_is_refused_or_read(tmp_path: Path) -> None:
    whole = pdf([["成都账本", PROSE]])
    for n_bytes in range(10, len(whole), 97):
        path = tmp_path / "a.pdf"
        path.write_bytes(whole[:n_bytes])
        (found,) = read(path)
        assert isinstance(found, Article) or found.code in ("damaged", "no_text")


def test_another_zip_is_no_word_document(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.docx", "w") as package:
        package.writestr("x.txt", "x")
    assert code_of(tmp_path / "a.docx") == "damaged"


def test_a_word_bomb_is_refused_unopened(tmp_path: Path) -> None:
    word(tmp_path / "a.docx", lambda document: document.add_paragraph("零" * 100_000))
    assert code_of(tmp_path / "a.docx", limits=Limits(stream=100_000)) == "too_large"


def test_a_pdf_with_too_much_text_is_refused(tmp_path: Path) -> None:
    assert code_of(tmp_path / "a.pdf", pdf([[PROSE] * 9] * 9), limits=Limits(stream=1_000)) == "too_large"


def test_a_locked_pdf_is_refused(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    (tmp_path / "b.pdf").write_bytes(pdf([[PROSE]]))
    writer = PdfWriter(clone_from=PdfReader(tmp_path / "b.pdf"))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "a.pdf")
    assert code_of(tmp_path / "a.pdf") == "encrypted"
