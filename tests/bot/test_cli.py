"""The command line as its users meet it: a process, its two streams and its exit status."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path

import docx
import pytest

from bot import cli
from knowledge.errors import UsageError
from knowledge.verdict import Checked, Label, Reason, Source, Verdict

WENSHU = Path(sysconfig.get_path("scripts")) / "wenshu"
QUESTION = "科创投累计投资多少"
SEED = "2022-02-21-chengdu-keji-chengguo-zhuanhua"
ROOT = Path(__file__).resolve().parents[2]

Ran = subprocess.CompletedProcess[str]
Wenshu = Callable[..., Ran]


def start(*arguments: str | Path, home: Path, **environment: str) -> Ran:
    """Run the command as a process of its own; slow, so only where a process is what the test is about."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "WENSHU_HOME": str(home)}
    return subprocess.run(
        [WENSHU, *arguments], env=kept | environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def wenshu(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Wenshu:
    """Run the command in this process, from its arguments to its exit status."""

    def run(*arguments: str | Path, home: Path, given: str = "", **environment: str) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        with monkeypatch.context() as patch:
            for name, value in ({"WENSHU_HOME": str(home)} | environment).items():
                patch.setenv(name, value)
            capfd.readouterr()
            status = cli.run([str(each) for each in arguments])
        out, err = capfd.readouterr()
        return Ran(arguments, status, out, err)

    return run


def refused(ran: Ran, *said: str) -> None:
    """It ended with status 2 and one message that says all that, and nothing else."""
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    for words in said:
        assert words in ran.stderr
    assert len(ran.stderr.splitlines()) <= 2, ran.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the bundled article in."""
    path = tmp_path_factory.mktemp("cli") / "home"
    ran = start("ingest", ROOT / "seeds", home=path)
    assert ran.returncode == 0, ran.stderr
    return path


@pytest.fixture
def own(home: Path, tmp_path: Path) -> Path:
    """A copy of that home, to be broken."""
    return Path(shutil.copytree(home, tmp_path / "home"))


# --- ask ------------------------------------------------------------------------------------------------


def test_the_first_question_takes_in_the_seeds_and_says_so(tmp_path: Path):
    ran = start("ask", QUESTION, home=tmp_path / "home")
    assert ran.returncode == 0, ran.stderr
    assert "先收录自带的示例文章" in ran.stderr
    first, *rest = ran.stdout.splitlines()
    assert first == "23.26亿元（截至2021年底） [1]"
    assert any("【23.26亿元】" in line for line in rest)
    assert "《搭平台促转化 成都给科技成果“做媒”有实招》  科技日报  2022-02-21" in ran.stdout
    assert "http://finews.zning.xyz/" in ran.stdout
    again = start("ask", QUESTION, home=tmp_path / "home")
    assert (again.stdout, again.stderr) == (ran.stdout, "")


def test_json_alone_on_standard_output(home: Path):
    ran = start("ask", QUESTION, "--json", home=home)
    (line,) = ran.stdout.splitlines()
    answer = json.loads(line)
    assert ran.returncode == 0
    assert answer["status"] == "answered"
    assert answer["figures"][0]["value"] == "2326000000"
    assert answer["figures"][0]["unit"] == "元"
    label = answer["figures"][0]["citation"]
    (quote,) = [each["quote"] for each in answer["citations"] if each["label"] == label]
    assert "“科创投”累计投资金额23.26亿元" in quote


def test_an_abstention_is_status_1_and_shows_what_is_near(wenshu: Wenshu, home: Path):
    ran = wenshu("ask", "上海的科创投累计投资多少", home=home)
    assert ran.returncode == 1, ran.stderr
    assert "最接近的原文：" in ran.stdout
    assert "│ " in ran.stdout


def test_no_abstain_always_answers(wenshu: Wenshu, home: Path):
    ran = wenshu("ask", "上海的科创投累计投资多少", "--no-abstain", "--json", home=home)
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["status"] == "answered"


def test_yes_or_no_comes_first(wenshu: Wenshu, home: Path):
    assert wenshu("ask", "科创贷放款有没有超过150亿", home=home).stdout.startswith("是，超157.38亿元")
    answer = json.loads(wenshu("ask", "科创贷放款有没有超过160亿", "--json", home=home).stdout)
    assert "160" not in answer["text"], "the asker's own figure is not told as ours"


def test_top_and_trace(wenshu: Wenshu, home: Path):
    answer = json.loads(wenshu("ask", QUESTION, "--json", "--top", "2", "--trace", home=home).stdout)
    assert len(answer["candidates"]) <= 2
    assert answer["passages"][0]["rank"] == 1
    assert {"article_id", "start", "end", "rank", "scores"} == set(answer["passages"][0])
    assert all(candidate["features"] for candidate in answer["candidates"])
    shown = wenshu("ask", QUESTION, "--top", "2", "--trace", home=home).stdout
    assert "其他候选：" in shown
    assert f"{SEED} " in shown


def test_a_batch_has_a_line_for_every_line(wenshu: Wenshu, home: Path):
    lines = [
        QUESTION,
        '{"question": "在蓉两院院士有多少位", "id": 7}',
        "",
        "{broken",
        "长" * 2001,
        '{"question": "\\ud800投资多少"}',
    ]
    ran = wenshu("ask", "--batch", "-", "--json", home=home, given="\n".join(lines))
    views = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [set(view) == {"error"} for view in views] == [False, False, True, True, True, False]
    assert [view.get("status") for view in views[:2]] == ["answered", "answered"]
    assert views[1]["figures"][0]["value"] == "33"
    assert "2001" in views[4]["error"]
    assert ran.returncode == 1


def test_a_batch_from_a_file_that_is_all_answered_is_status_0(wenshu: Wenshu, home: Path, tmp_path: Path):
    path = tmp_path / "questions.txt"
    path.write_text(f"{QUESTION}\n", encoding="utf-8")
    ran = wenshu("ask", "--batch", path, home=home)
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["question"] == QUESTION


def test_a_batch_that_is_empty_says_nothing(wenshu: Wenshu, home: Path):
    ran = wenshu("ask", "--batch", "-", "--json", home=home)
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.parametrize(
    ("question", "said"), [("", "问题是空的"), (" \n", "问题是空的"), ("长" * 10_000, "问题太长（10000 字）")]
)
def test_a_question_that_is_none(wenshu: Wenshu, home: Path, question: str, said: str):
    refused(wenshu("ask", question, home=home), said)
    refused(wenshu("ask", question, "--json", home=home), said)


def test_any_bytes_are_a_question_or_an_error(home: Path):
    environment = {"PATH": os.environ["PATH"], "WENSHU_HOME": str(home), "LANG": "C.UTF-8"}
    words = b"\xff\xfe\xed\xa0\x80" + "\x1b[2J\u202e🙂投资多少亿元".encode()
    for options in ([], [b"--json"]):
        ran = subprocess.run(
            [WENSHU, b"ask", words, *options], env=environment, capture_output=True, check=False
        )
        assert ran.returncode in {0, 1}
        assert ran.stderr == b""
        assert b"\x1b" not in ran.stdout
        assert ran.stdout.decode()


# --- check ----------------------------------------------------------------------------------------------

WRONG, RIGHT = "23.62亿元", "23.26亿元"
Given = tuple[str, Sequence[Source] | None, str | None]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[Given]:
    """A check that knows two figures, in place of the real one: what it is given, in order."""
    given: list[Given] = []

    def check(
        _: object, text: str, *, sources: Sequence[Source] | None = None, published: str | None = None
    ) -> Checked:
        given.append((text, sources, published))
        if not text.strip():
            raise UsageError("draft: got nothing", code="empty_draft")
        if published == "去年":
            raise UsageError("published: no day", item=published, code="bad_day")
        found = ((RIGHT, Label.SUPPORTED, ""), (WRONG, Label.REFUTED, RIGHT))
        verdicts = [
            Verdict(
                at, at + len(surface), surface, label, Reason.VALUE if expected else Reason.NONE, expected
            )
            for surface, label, expected in found
            if (at := text.find(surface)) >= 0
        ]
        return Checked(text, tuple(verdicts), {"total": 1.0})

    monkeypatch.setattr("knowledge.build.Wenshu.check", check, raising=False)
    return given


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (f"科创投累计投资{RIGHT}。", 0, "共 1 处数字：支持 1。"),
        (f"科创投累计投资{WRONG}。", 1, "共 1 处数字：不符 1。"),
        (f"科创投累计投资{WRONG}，不，{RIGHT}。", 1, "共 2 处数字：支持 1，不符 1。"),
        ("没有数字", 0, "这段文字里没有数字可核对。"),
    ],
)
def test_a_check_is_status_0_if_every_figure_is_supported(  # noqa: PLR0913 -- a case
    *, wenshu: Wenshu, checks: list[Given], home: Path, text: str, status: int, said: str
):
    ran = wenshu("check", "--text", text, home=home)
    assert (ran.returncode, ran.stderr) == (status, "")
    assert ran.stdout.splitlines()[0] == said
    assert checks == [(text, None, None)]
    as_json = wenshu("check", "--text", text, "--json", home=home)
    assert as_json.returncode == status
    (line,) = as_json.stdout.splitlines()
    view = json.loads(line)
    assert view["text"] == text
    assert view["supported"] + view["refuted"] == len(view["figures"])
    assert all(text[each["start"] : each["end"]] == each["surface"] for each in view["figures"])


def test_a_check_of_an_empty_home_takes_in_the_seeds(wenshu: Wenshu, checks: list[Given], tmp_path: Path):
    ran = wenshu("check", "--text", RIGHT, home=tmp_path / "home")
    assert ran.returncode == 0
    assert "先收录自带的示例文章" in ran.stderr
    assert len(checks) == 1
    assert "23.26亿元" in wenshu("figures", home=tmp_path / "home").stdout


def test_a_draft_from_a_file_from_word_or_from_standard_input(
    wenshu: Wenshu, checks: list[Given], home: Path, tmp_path: Path
):
    (tmp_path / "稿子.md").write_bytes(f"# 题\r\n\r\n投资{WRONG}".encode())
    document = docx.Document()
    document.add_paragraph(f"科创投累计投资{WRONG}。")
    document.save(str(tmp_path / "稿子.docx"))
    for name, given in ((tmp_path / "稿子.md", ""), (tmp_path / "稿子.docx", ""), ("-", f"投资{WRONG}\n")):
        assert wenshu("check", name, home=home, given=given).returncode == 1
    assert [text for text, *_ in checks] == [
        f"# 题\r\n\r\n投资{WRONG}",
        f"科创投累计投资{WRONG}。",
        f"投资{WRONG}\n",
    ]


def test_half_a_surrogate_pair_is_replaced_in_a_draft_too(wenshu: Wenshu, checks: list[Given], home: Path):
    assert wenshu("check", "--text", f"\udcff{RIGHT}", home=home).returncode == 0
    assert checks == [(f"?{RIGHT}", None, None)]


def test_a_page_is_written_beside_the_json(wenshu: Wenshu, checks: list[Given], home: Path, tmp_path: Path):
    page = tmp_path / "page.html"
    ran = wenshu("check", "--text", WRONG, "--json", "--html", page, home=home)
    assert json.loads(ran.stdout)["refuted"] == len(checks) == 1
    assert WRONG in page.read_text(encoding="utf-8")
    refused(wenshu("check", "--text", WRONG, "--html", tmp_path / "no" / "a.html", home=home), "写不了")


@pytest.mark.parametrize("text", ["", " \n\u3000"])
def test_a_draft_that_is_none(wenshu: Wenshu, checks: list[Given], home: Path, text: str):
    refused(wenshu("check", "--text", text, home=home), "要核对的文字是空的")
    refused(wenshu("check", "-", home=home, given=text), "要核对的文字是空的")
    assert len(checks) == 2


def test_a_batch_of_drafts_has_a_line_for_every_line(wenshu: Wenshu, checks: list[Given], home: Path):
    lines = [
        f"科创投累计投资{RIGHT}",
        json.dumps(
            {
                "text": WRONG,
                "sources": ["甲", {"title": "题", "text": "乙"}],
                "published": "2022-02-21",
                "id": 7,
            }
        ),
        "",
        "{broken",
        json.dumps({"text": RIGHT, "published": "去年"}),
        json.dumps({"text": RIGHT, "sources": "甲"}),
        "没有数字",
    ]
    ran = wenshu("check", "--batch", "-", "--json", home=home, given="\n".join(lines))
    assert (ran.returncode, ran.stderr) == (1, "")
    views = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [set(view) == {"error"} for view in views] == [False, False, True, True, True, True, False]
    assert [view.get("refuted") for view in views] == [0, 1, None, None, None, None, 0]
    assert "「去年」" in views[4]["error"]
    assert checks[:2] == [
        (f"科创投累计投资{RIGHT}", None, None),
        (WRONG, (Source("", "甲"), Source("题", "乙")), "2022-02-21"),
    ]


def test_a_batch_of_drafts_that_are_all_supported_is_status_0(
    wenshu: Wenshu, checks: list[Given], home: Path, tmp_path: Path
):
    path = tmp_path / "drafts.jsonl"
    path.write_text(f"{RIGHT}\n没有数字\n", encoding="utf-8")
    ran = wenshu("check", "--batch", path, home=home)
    assert (ran.returncode, len(ran.stdout.splitlines()), len(checks)) == (0, 2, 2)


def test_a_wrong_figure_is_shown_with_the_article_s_sentence(home: Path):
    ran = start("check", "--text", "截至2021年底，“科创投”累计投资金额23.62亿元。", home=home)
    assert (ran.returncode, ran.stderr) == (1, "")
    lines = ran.stdout.splitlines()
    assert lines[0] == "共 2 处数字：支持 1，不符 1。"
    assert "您写的“累计投资金额23.62亿元”" in lines
    assert "不符：文章里是“23.26亿元”（数值不同） [1]" in lines
    assert "累计投资金额【23.26亿元】" in ran.stdout
    assert "《搭平台促转化 成都给科技成果“做媒”有实招》  科技日报  2022-02-21" in ran.stdout


def test_the_article_itself_is_supported(wenshu: Wenshu, home: Path):
    ran = wenshu("check", "--text", "截至2021年底，“科创投”累计投资金额23.26亿元。", "--json", home=home)
    view = json.loads(ran.stdout)
    assert ran.returncode == 0
    assert [each["verdict"] for each in view["figures"]] == ["supported", "supported"]
    figure = view["figures"][1]
    assert (figure["value"], figure["unit"], figure["kind"]) == ("2326000000", "元", "money")
    assert "累计投资金额23.26亿元" in figure["citations"][0]["quote"]


def test_a_draft_is_held_against_its_own_sources_alone(wenshu: Wenshu, home: Path):
    lines = [
        {"text": "甲公司营收25亿元。", "sources": [{"title": "年报", "text": "2023年，甲公司营收24亿元。"}]},
        {"text": "“科创投”累计投资金额23.26亿元。", "sources": ["2023年，甲公司营收24亿元。"]},
        {"text": "甲公司营收24亿元。", "sources": [" "]},
        {"text": "甲公司营收24亿元。", "published": "2022-02-31"},
    ]
    given = "\n".join(json.dumps(line) for line in lines)
    views = [
        json.loads(line)
        for line in wenshu("check", "--batch", "-", home=home, given=given).stdout.splitlines()
    ]
    (refuted,), (unknown,) = (view["figures"] for view in views[:2])
    assert (refuted["verdict"], refuted["expected"]) == ("refuted", "24亿元")
    assert refuted["citations"][0]["title"] == "年报"
    assert (unknown["verdict"], unknown["citations"]) == ("not_enough_info", [])
    assert "原文是空的" in views[2]["error"]
    assert "「2022-02-31」" in views[3]["error"]


def test_a_draft_over_the_limit_is_refused(wenshu: Wenshu, home: Path):
    refused(wenshu("check", "--text", "字" * 20_001, home=home), "文字太长（20001 字），一次最多 2 万字")


# --- ingest, figures, doctor ----------------------------------------------------------------------------


def test_ingest_is_incremental(wenshu: Wenshu, own: Path):
    ran = wenshu("ingest", ROOT / "seeds", home=own)
    assert ran.returncode == 0
    assert "未变 1 篇" in ran.stdout


def test_ingest_names_what_it_cannot_read_and_goes_on(wenshu: Wenshu, tmp_path: Path):
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "好.txt").write_text("2021年，成都新增院士3位。", encoding="utf-8")
    (folder / "空.txt").write_text("", encoding="utf-8")
    (folder / "坏.docx").write_bytes(b"PK no zip")
    ran = wenshu("ingest", folder, home=tmp_path / "home")
    assert ran.returncode == 0
    assert "空.txt」是空的" in ran.stderr
    assert "坏.docx" in ran.stderr
    assert "新增 1 篇" in ran.stdout
    assert "未能读取 2 篇" in ran.stdout


def test_ingest_of_nothing_readable_is_an_error(wenshu: Wenshu, tmp_path: Path):
    ran = wenshu("ingest", tmp_path / "没有.md", home=tmp_path / "home")
    assert ran.returncode == 2
    assert "没有.md" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_ingest_of_what_holds_no_article_is_an_error(wenshu: Wenshu, own: Path, tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "qa.yaml").write_text("pairs: []", encoding="utf-8")
    ran = wenshu("ingest", folder, home=own)
    assert ran.returncode == 2
    assert "没有读到文章" in ran.stderr
    assert "qa.yaml" not in ran.stderr
    assert wenshu("ingest", "--rebuild", "--dense", "none", home=own).returncode == 0


def test_prune_takes_out_what_is_gone(wenshu: Wenshu, own: Path, tmp_path: Path):
    article = tmp_path / "articles" / "a.txt"
    article.parent.mkdir()
    article.write_text("2021年，甲市新增院士3位。", encoding="utf-8")
    wenshu("ingest", article.parent, "--dense", "none", home=own)
    article.unlink()
    ran = wenshu("ingest", article.parent, "--prune", home=own)
    assert ran.returncode == 0
    assert "移除 1 篇" in ran.stdout


def test_figures_prints_a_line_a_figure(wenshu: Wenshu, home: Path):
    ran = wenshu("figures", home=home)
    assert ran.returncode == 0
    assert sum("23.26亿元" in line for line in ran.stdout.splitlines()) == 1
    rows = [json.loads(line) for line in wenshu("figures", SEED, "--json", home=home).stdout.splitlines()]
    assert len(rows) == len(ran.stdout.splitlines())
    (row,) = [row for row in rows if row["surface"] == "23.26亿元"]
    assert row["value"] == "2326000000"
    assert row["sentence"][row["sentence"].index("23.26") :].startswith("23.26亿元")
    assert row["article_id"] == SEED


def test_figures_of_an_article_that_is_not_there(wenshu: Wenshu, home: Path):
    refused(wenshu("figures", "没有这篇", home=home), "没有编号为「没有这篇」的文章")


def test_a_reader_that_leaves_early_breaks_nothing(home: Path):
    command = f"{WENSHU} figures --json | head -1"
    environment = {"PATH": os.environ["PATH"], "WENSHU_HOME": str(home)}
    ran = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert len(ran.stdout.splitlines()) == 1
    assert ran.stderr == ""


def test_doctor_finds_all_in_order(wenshu: Wenshu, home: Path):
    ran = wenshu("doctor", home=home)
    assert ran.returncode == 0, ran.stdout
    assert str(home) in ran.stdout
    assert "✗" not in ran.stdout
    assert "WENSHU_TELEGRAM_TOKEN" in ran.stdout, "how to get into chat"


# --- what can be wrong with a home ----------------------------------------------------------------------


def test_a_corrupt_catalog_is_named_with_its_mend_and_mended(wenshu: Wenshu, own: Path):
    (own / "catalog.sqlite3").write_bytes(b"no database" * 1000)
    refused(wenshu("ask", QUESTION, home=own), "catalog.sqlite3", "--rebuild")
    doctor = wenshu("doctor", home=own)
    assert doctor.returncode == 2
    assert "✗" in doctor.stdout
    assert "--rebuild" in doctor.stdout
    mended = wenshu("ingest", "--rebuild", home=own)
    assert mended.returncode == 0, mended.stderr
    assert "另存为" in mended.stdout
    assert wenshu("ask", QUESTION, home=own).returncode == 0


@pytest.mark.parametrize("index", ["lexical", "vectors"])
def test_a_lost_index_is_named_with_its_mend_and_mended(wenshu: Wenshu, own: Path, index: str):
    for path in sorted((own / index).rglob("*")):
        if path.is_file():
            path.write_bytes(b"torn")
    ran = wenshu("ask", QUESTION, home=own)
    assert "Traceback" not in ran.stderr
    refused(ran, index, "--rebuild")
    assert wenshu("ingest", "--rebuild", ROOT / "seeds", home=own).returncode == 0
    assert wenshu("ask", QUESTION, home=own).returncode == 0


def test_a_home_another_process_writes_to(wenshu: Wenshu, tmp_path: Path):
    home = tmp_path / "home"
    code = f"""
import sys
from pathlib import Path
from knowledge.home import Home
with Home(Path({str(home)!r})).writing():
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        refused(wenshu("ingest", ROOT / "seeds", home=home), "另一个进程", str(home), "--home")
        holder.communicate("")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_the_output(home: Path):
    with Path("/dev/full").open("wb") as full:
        environment = {"PATH": os.environ["PATH"], "WENSHU_HOME": str(home), "LANG": "C.UTF-8"}
        ran = subprocess.run(
            [WENSHU, "figures"], env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode == 2
    assert "磁盘已满" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_home_that_is_a_file(wenshu: Wenshu, tmp_path: Path):
    (tmp_path / "home").write_text("", encoding="utf-8")
    refused(wenshu("ask", QUESTION, home=tmp_path / "home"), str(tmp_path / "home"))


# --- settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WENSHU_TOPK", "5"),
        ("WENSHU_TOP_K", "many"),
        ("WENSHU_LOG_LEVEL", "LOUD"),
        ("WENSHU_EMBEDDER", "none"),
    ],
)
def test_a_wrong_setting_is_named(wenshu: Wenshu, tmp_path: Path, name: str, value: str):
    refused(wenshu("ask", QUESTION, home=tmp_path / "home", **{name: value}), name)


def test_home_on_the_command_line_goes_before_the_environment(wenshu: Wenshu, tmp_path: Path, home: Path):
    ran = wenshu("--home", home, "figures", home=tmp_path / "other")
    assert ran.returncode == 0
    assert ran.stderr == ""
    assert not (tmp_path / "other").exists()


# --- the unforeseen -------------------------------------------------------------------------------------

BROKEN = """
import sys
from bot import cli, commands
def broken(*_, **__):
    raise ZeroDivisionError("nobody thought of it")
commands.figures = broken
sys.exit(cli.run(sys.argv[1:]))
"""


def broken(home: Path, *arguments: str, **environment: str) -> Ran:
    settings = f"from pathlib import Path; from bot import logs; logs.start(Path({str(home)!r}), 'INFO');"
    return subprocess.run(
        [sys.executable, "-c", settings + BROKEN, *arguments],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | environment,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


def test_the_unforeseen_is_one_message_and_a_log(tmp_path: Path):
    ran = broken(tmp_path, "figures")
    refused(ran, "意外出错（ZeroDivisionError）", str(tmp_path / "wenshu.log"))
    log = (tmp_path / "wenshu.log").read_text(encoding="utf-8")
    assert "Traceback" in log
    assert "nobody thought of it" in log


@pytest.mark.parametrize(("arguments", "environment"), [(["--debug"], {}), ([], {"WENSHU_DEBUG": "1"})])
def test_debug_shows_the_trace(tmp_path: Path, arguments: list[str], environment: dict[str, str]):
    ran = broken(tmp_path, *arguments, "figures", **environment)
    assert ran.returncode == 2
    assert "nobody thought of it" in ran.stderr


def test_ctrl_c_is_quiet(home: Path):
    environment = {"PATH": os.environ["PATH"], "WENSHU_HOME": str(home), "LANG": "C.UTF-8"}
    with subprocess.Popen(
        [WENSHU, "ask", "--batch", "-"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{QUESTION}\n".encode())
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdin.close()
        assert process.wait(30) == 130
        assert process.stderr is not None
        assert process.stderr.read() == b""


# --- eval -----------------------------------------------------------------------------------------------

PAIRS = """
pairs:
  - {id: right, question: 科创投累计投资多少, status: answered, value: "2326000000", unit: 元, tags: [formal]}
  - {id: wrong, question: 科创投累计投资多少, status: answered, value: "1", unit: 元, tags: [formal]}
"""


def test_eval_fails_below_its_threshold(wenshu: Wenshu, home: Path, tmp_path: Path):
    path = tmp_path / "qa.yaml"
    path.write_text(PAIRS, encoding="utf-8")
    ran = wenshu("eval", path, home=home)
    assert ran.returncode == 1
    assert "✗ wrong" in ran.stdout
    assert "值：应为 1，得到 2326000000" in ran.stdout
    assert "formal  1/2" in ran.stdout
    assert "给出错误答案 1 条" in ran.stdout
    assert wenshu("eval", path, "--at-least", ".5", home=home).returncode == 0


def test_eval_writes_json_a_page_and_compares(wenshu: Wenshu, home: Path, tmp_path: Path):
    path, page, base = tmp_path / "qa.yaml", tmp_path / "page.html", tmp_path / "base.json"
    path.write_text(PAIRS, encoding="utf-8")
    ran = wenshu("eval", path, "--json", "--html", page, home=home)
    (line,) = ran.stdout.splitlines()
    assert json.loads(line)["right"] == 1
    assert "<table>" in page.read_text(encoding="utf-8")
    base.write_text(line.replace('"right": false', '"right": true'), encoding="utf-8")
    assert "新错 1 条（wrong）" in wenshu("eval", path, "--baseline", base, home=home).stdout


# --- speed: how long it takes is measured in tests/bench; here, what it must not load -------------------------

SERVING_ONLY = {"starlette", "telegram", "jinja2", "limits", "python_multipart"}
"""Libraries that no command but `serve` has a use for."""


def test_an_answer_loads_nothing_that_only_serving_needs(home: Path):
    code = (
        "import sys; from bot.cli import run; status = run(sys.argv[1:]);"
        " print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr); sys.exit(status)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, "--home", str(home), "ask", QUESTION],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(ran.stderr.splitlines()[-1].split())
    assert "chromadb" in loaded, "the list is that of an answer"
    assert loaded.isdisjoint(SERVING_ONLY)
