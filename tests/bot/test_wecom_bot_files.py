"""Files sent to a WeCom bot are fetched, opened and checked; what is of no use is told."""

import asyncio
import base64
from collections.abc import Callable

import httpx
import pytest

from bot import phrases
from bot.channels.sealing import encrypted
from bot.channels.wecom.bot_files import MAX_BYTES, Files, name_of
from bot.channels.wecom.bot_messages import File
from bot.inbound import Upload
from bot.reply import Reply

KEY = bytes(range(32))
WRITTEN = base64.b64encode(KEY).decode("ascii")
DRAFT = "截至2021年底，科创投累计投资23.26亿元。".encode()
NAMED = {"Content-Disposition": "attachment; filename*=UTF-8''%E7%A8%BF%E5%AD%90.txt"}
ADDRESS = "https://files.example.org/secret-path?sig=secret"

Answer = Callable[[httpx.Request], httpx.Response]


async def fetched(answer: Answer, file: File, *, seconds: float = 60.0) -> Upload | Reply:
    files = Files(httpx.AsyncClient(transport=httpx.MockTransport(answer)), seconds=seconds)
    try:
        return await files.fetch(file)
    finally:
        await files.close()


def giving(content: bytes, headers: dict[str, str] = NAMED, status: int = 200) -> Answer:
    return lambda _: httpx.Response(status, content=content, headers=headers)


def said(answer: Upload | Reply) -> str:
    assert isinstance(answer, Reply)
    return "\n".join(block.text for block in answer.blocks)


@pytest.mark.parametrize("key", [WRITTEN, WRITTEN.rstrip("=")])
async def test_a_sealed_file_is_opened(key: str):
    assert await fetched(giving(encrypted(DRAFT, KEY)), File(ADDRESS, key)) == Upload("稿子.txt", DRAFT)


async def test_a_file_without_a_key_is_as_it_is():
    assert await fetched(giving(DRAFT), File(ADDRESS, "")) == Upload("稿子.txt", DRAFT)


async def test_a_file_of_the_greatest_size_is_taken():
    content = bytes(MAX_BYTES)
    got = await fetched(giving(encrypted(content, KEY)), File(ADDRESS, WRITTEN))
    assert isinstance(got, Upload)
    assert len(got.content) == MAX_BYTES


async def test_a_larger_one_is_not_read_to_its_end():
    n_read = 0

    async def endless():
        nonlocal n_read
        while True:
            n_read += 1
            yield bytes(1_000_000)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless(), headers=NAMED)

    assert said(await fetched(answer, File(ADDRESS, WRITTEN))) == phrases.FILE_TOO_LARGE.format(megabytes=20)
    assert n_read <= 22


async def test_what_is_no_draft_is_not_read():
    async def unread():
        pytest.fail("it was read")
        yield b""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, content=unread(), headers={"Content-Disposition": "attachment; filename=a.xlsx"}
        )

    assert said(await fetched(answer, File(ADDRESS, WRITTEN))) == phrases.FILE_KIND.format(suffix=".xlsx")


async def test_a_file_without_a_name_is_of_no_kind():
    assert said(await fetched(giving(DRAFT, {}), File(ADDRESS, WRITTEN))) == phrases.NO_FILE_SUFFIX


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_a_file_that_is_not_there_is_told(status: int):
    assert said(await fetched(giving(b"", status=status), File(ADDRESS, WRITTEN))) == phrases.FILE_LOST


@pytest.mark.parametrize("content", [b"", b"7 bytes", encrypted(DRAFT, bytes(32))])
async def test_a_damaged_file_is_told(content: bytes):
    assert said(await fetched(giving(content), File(ADDRESS, WRITTEN))) == phrases.FILE_LOST


@pytest.mark.parametrize("key", ["short", "*" * 43])
async def test_a_key_that_is_none_is_told(key: str):
    assert said(await fetched(giving(encrypted(DRAFT, KEY)), File(ADDRESS, key))) == phrases.FILE_LOST


@pytest.mark.parametrize(
    "url", ["http://files.example.org/f", "ftp://x", "", "https://\n"]
)
async def test_only_https_is_fetched(url: str):
    def answer(_: httpx.Request) -> httpx.Response:
        pytest.fail("it was asked for")

    assert said(await fetched(answer, File(url, WRITTEN))) == phrases.FILE_LOST


async def test_a_file_that_does_not_come_is_not_waited_for(caplog: pytest.LogCaptureFixture):
    async def slow():
        await asyncio.sleep(1_000)
        yield b""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=slow(), headers=NAMED)

    assert said(await fetched(answer, File(ADDRESS, WRITTEN), seconds=0.01)) == phrases.FILE_LOST
    assert "secret" not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("bot"))


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename*=UTF-8''%E7%A8%BF%20%E5%AD%90.docx", "稿 子.docx"),
        ("attachment; filename=\"%E7%A8%BF.docx\"; filename*=UTF-8''%E7%A8%BF.docx", "稿.docx"),
        ('attachment; filename="a b.txt"', "a b.txt"),
        ("attachment; filename=%E7%A8%BF.md", "稿.md"),
        ("attachment", ""),
        ("", ""),
        ("attachment; filename*=NOPE''%FF.txt", "ÿ.txt"),
    ],
)
def test_the_name_is_what_the_header_says(header: str, name: str):
    assert name_of(header) == name
