"""What holds the words of a question is found; what is taken out, is not."""

import subprocess
import sys
from pathlib import Path

import pytest

from knowledge import words
from knowledge.errors import IndexStateError, StorageError
from knowledge.lexical import LexicalIndex, Texts
from knowledge.schema import Article, Passage

TEXTS = Texts(words.terms, words.plain)

SEED = (
    "2021年，成都高新技术企业数预计达7800家。",
    "截至2021年底，“科创投”累计投资金额23.26亿元，“科创贷”累计放款总额超157.38亿元。",
    "成都市科技局举办了9场“企业家进校园”云对接活动。",
)


def article(article_id: str, *, title: str = "", text: str = "", published: str | None = None) -> Article:
    return Article(article_id, title, "", published, "", text, "")


def cut(one: Article, *texts: str, heading: str = "") -> tuple[Article, list[Passage]]:
    passages, at = [], 0
    for text in texts:
        end = at + len(text)
        passages.append(Passage(f"{one.id}#{at}-{end}", one.id, at, end, text, len(text), heading))
        at = end
    return one, passages


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    return LexicalIndex(tmp_path / "lexical", TEXTS)


def fill(index: LexicalIndex, *articles: tuple[Article, list[Passage]]) -> None:
    index.replace(articles)
    index.commit()


def ask(index: LexicalIndex, question: str, k: int = 10) -> list[str]:
    return [passage_id for passage_id, _ in index.search(words.question_terms(question), k)]


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("科创投累计投资多少", len(SEED[0])),
        ("科創投累計投資多少", len(SEED[0])),
        ("科 创 贷 放款", len(SEED[0])),
        ("高新技術企業有多少家？", 0),
        ("２０２１年高新企业", 0),
        ("云对接办了几场", len(SEED[0]) + len(SEED[1])),
    ],
)
def test_finds_the_passage(index: LexicalIndex, question: str, start: int):
    fill(index, cut(article("seed"), *SEED), cut(article("other"), "暴雨造成道路中断。", "票房突破十亿。"))
    assert ask(index, question)[0].startswith(f"seed#{start}-")


def test_a_name_cut_otherwise_in_the_text_is_found(index: LexicalIndex):
    fill(index, cut(article("a"), "华为云码道发布。"), cut(article("b"), "码头上的云与道路。"))
    assert ask(index, "云码道")[0].startswith("a#")


def test_scores_fall(index: LexicalIndex):
    fill(index, *(cut(article(f"a{i}"), "投资" + "增长" * (i % 3) + "其他" * i) for i in range(20)))
    scores = [score for _, score in index.search(words.question_terms("投资增长"), 20)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 20


def test_no_more_than_asked_for(index: LexicalIndex):
    fill(index, *(cut(article(f"a{i}"), "累计投资") for i in range(9)))
    assert len(ask(index, "投资", 4)) == 4
    assert ask(index, "投资", 0) == []
    assert index.search({}, 5) == []
    assert ask(index, "沙漠骆驼") == []


def test_nothing_is_seen_before_the_commit(index: LexicalIndex):
    index.replace([cut(article("a"), "累计投资")])
    assert ask(index, "投资") == []
    index.commit()
    assert ask(index, "投资") == ["a#0-4"]
    index.delete(["a"])
    assert ask(index, "投资") == ["a#0-4"]
    index.commit()
    assert ask(index, "投资") == []
    assert index.n_passages == 0


def test_what_was_not_committed_is_dropped(index: LexicalIndex):
    index.replace([cut(article("a"), "累计投资")])
    index.close()
    index.commit()
    assert index.n_passages == 0


def test_replacing_leaves_nothing_of_the_old(index: LexicalIndex):
    fill(index, cut(article("a"), "累计投资", "放款总额"), cut(article("ab"), "放款总额"))
    fill(index, cut(article("a"), "票房收入"))
    assert ask(index, "投资") == []
    assert ask(index, "放款") == ["ab#0-4"]
    assert ask(index, "票房") == ["a#0-4"]
    assert index.n_passages == 2


def test_replacing_again_with_the_same_is_no_double(index: LexicalIndex):
    for _ in range(3):
        fill(index, cut(article("a"), "累计投资"))
    assert index.n_passages == 1


def test_title_heading_and_date_help(index: LexicalIndex):
    fill(
        index,
        cut(article("plain"), "增长了三成。"),
        cut(article("titled", title="重庆火锅产业"), "增长了三成。"),
        cut(article("headed"), "增长了三成。", heading="四川泡菜出口"),
        cut(article("dated", published="2019-05-06"), "增长了三成。"),
    )
    assert ask(index, "重庆火锅增长多少")[0].startswith("titled#")
    assert ask(index, "泡菜增长多少")[0].startswith("headed#")
    assert ask(index, "2019年增长多少")[0].startswith("dated#")


def test_the_rest_of_the_article_helps(index: LexicalIndex):
    fill(
        index,
        cut(article("a"), "营业收入增长一成。", "净利润持平。"),
        cut(article("b"), "营业收入增长一成。", "长虹电器发布年报。"),
    )
    assert ask(index, "长虹营业收入增长多少")[:2] == ["b#9-18", "b#0-9"] or ask(
        index, "长虹营业收入增长多少"
    )[0].startswith("b#")
    assert ask(index, "长虹营业收入增长").index("b#0-9") < ask(index, "长虹营业收入增长").index("a#0-9")


def test_a_word_said_often_is_no_better_than_once(index: LexicalIndex):
    fill(
        index,
        cut(article("often"), "投资投资投资投资投资投资的趋势和走向"),
        cut(article("once"), "累计投资了二十三亿元的项目若干个之多"),
    )
    assert ask(index, "累计投资")[0].startswith("once#")


def test_document_frequency(index: LexicalIndex):
    fill(index, cut(article("a"), "累计投资", "投资GDP", "电视剧集"), cut(article("b"), "创投增长"))
    assert index.document_frequency("投资") == 2
    assert index.document_frequency("GDP") == 1
    assert index.document_frequency("创投") == 1
    assert index.document_frequency("累计投资") == 1  # no word of the index: at most its rarest pair
    assert index.document_frequency("骆驼") == 0
    assert index.document_frequency("") == 0


def test_it_lasts(tmp_path: Path):
    first = LexicalIndex(tmp_path, TEXTS)
    fill(first, cut(article("a"), "累计投资"))
    first.close()
    assert ask(LexicalIndex(tmp_path, TEXTS), "投资") == ["a#0-4"]


def test_what_another_process_commits_is_seen(tmp_path: Path, root: Path):
    index = LexicalIndex(tmp_path / "lexical", TEXTS)
    fill(index, cut(article("a"), "累计投资"))
    index.close()
    script = f"""
import sys; sys.path[:0] = [{str(root)!r}, {str(root / "tests")!r}]
from pathlib import Path
from test_lexical import *
other = LexicalIndex(Path({str(tmp_path / "lexical")!r}), TEXTS)
fill(other, cut(article("b"), "累计投资"))
other.delete(["a"]); other.commit(); other.close()
"""
    subprocess.run([sys.executable, "-c", script], check=True)
    assert ask(index, "投资") == ["b#0-4"]


def test_odd_text_is_taken(index: LexicalIndex):
    odd = ["\ud800", "a\0b", "👍🏽", "長" * 70_000, " \n\t", "𠮷野家开店三家", "ü" * 300]
    fill(index, cut(article("odd"), *odd))
    assert index.n_passages == len(odd)
    assert ask(index, "𠮷野家开店") != []


@pytest.mark.parametrize("damage", ["meta", "segment", "missing", "foreign"])
def test_a_damaged_index_names_the_mend(tmp_path: Path, damage: str):
    first = LexicalIndex(tmp_path, TEXTS)
    fill(first, *(cut(article(f"a{i}"), "累计投资") for i in range(50)))
    first.close()
    if damage == "meta":
        (tmp_path / "meta.json").write_text('{"segments": [')
    elif damage == "missing":
        (tmp_path / "meta.json").unlink()
    elif damage == "segment":
        for path in tmp_path.glob("*.idx"):
            path.unlink()
    else:
        import tantivy

        for path in tmp_path.iterdir():
            path.unlink()
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("body")
        tantivy.Index(builder.build(), str(tmp_path)).writer(15_000_000).commit()
    with pytest.raises(IndexStateError, match="wenshu ingest --rebuild"):
        ask(LexicalIndex(tmp_path, TEXTS), "投资")


def test_a_folder_that_is_a_file(tmp_path: Path):
    (tmp_path / "lexical").write_text("")
    with pytest.raises(StorageError):
        LexicalIndex(tmp_path / "lexical", TEXTS)
