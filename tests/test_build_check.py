"""Checking as a service: over the seed, over a library, over given sources, and after articles changed."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from langchain_core.embeddings import Embeddings

from knowledge.build import _FEW, Wenshu, open_wenshu
from knowledge.check import LONGEST
from knowledge.errors import UsageError
from knowledge.settings import Settings
from knowledge.verdict import Checked, Label, Reason, Source

ROOT = Path(__file__).parents[1]
SUPPORTED, REFUTED, UNTOLD = Label.SUPPORTED, Label.REFUTED, Label.NOT_ENOUGH_INFO
DRAFT = (
    "科创投累计投资金额**23.62亿元**，科创贷累计放款总额超150亿元。\n"
    "成都科技局2021年办了九场“企业家进校园”云对接，签约金额近4500万元。\n"
    "重庆市专利授权量3000件。"
)

Open = Callable[[], Wenshu]


class Unasked(Embeddings):
    """Gives every passage the same vector; notes what else it is asked for."""

    asked: ClassVar[list[str]] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, 0.0, 0.0] for _ in texts]

    def embed_query(self, text: str) -> list[float]:
        self.asked.append(text)
        return [1.0, 0.0, 0.0]


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wenshu]:
    """A service over the articles that come with it."""
    service = open_wenshu(Settings(home=tmp_path_factory.mktemp("home")))
    service.ingest([ROOT / "seeds"], dense="none")
    yield service
    service.close()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens services over one empty home, and closes them."""
    services: list[Wenshu] = []

    def make() -> Wenshu:
        services.append(open_wenshu(Settings(home=tmp_path / "home")))
        return services[-1]

    yield make
    for service in services:
        service.close()


def write(folder: Path, name: str, text: str, day: str = "2022-02-21") -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.md").write_text(f"---\ntitle: {name}\ndate: {day}\n---\n\n{text}\n", encoding="utf-8")


def labels(checked: Checked) -> dict[str, Label]:
    return {v.surface: v.label for v in checked.verdicts}


def test_a_draft_over_the_seed(seed: Wenshu):
    checked = seed.check(DRAFT)
    assert labels(checked) == {
        "23.62亿元": REFUTED,
        "超150亿元": SUPPORTED,
        "2021年": SUPPORTED,
        "九场": SUPPORTED,
        "近4500万元": SUPPORTED,
        "3000件": UNTOLD,
    }
    assert checked.text == DRAFT
    assert checked.verdicts[0].expected == "23.26亿元"
    assert [checked.count(label) for label in (SUPPORTED, REFUTED, UNTOLD)] == [4, 1, 1]
    assert [c.label for c in checked.citations] == list(range(1, len(checked.citations) + 1))


def test_a_draft_is_about_the_only_article_there_is(seed: Wenshu, library: Wenshu):
    assert seed._checker.is_about
    assert labels(seed.check("2021年，成都的诗人在海边朗诵长诗。")) == {"2021年": SUPPORTED}
    assert not library._checker.is_about


def test_what_is_cited_stands_in_the_article(seed: Wenshu):
    cited = seed.check(DRAFT).citations
    assert len(cited) >= 2
    for citation in cited:
        article = seed.article(citation.article_id)
        assert citation.quote == article.text[citation.start : citation.end]
        assert (citation.title, citation.source, citation.url) == (article.title, article.source, article.url)
        assert citation.published == article.published == "2022-02-21T16:58:52+08:00"


def test_every_sentence_of_the_article_stands(seed: Wenshu):
    (article,) = seed.articles()
    checked = seed.check(article.text)
    assert len(checked.verdicts) >= 45
    assert checked.count(REFUTED) == 0
    assert checked.count(SUPPORTED) >= 0.97 * len(checked.verdicts)


@pytest.mark.parametrize(
    ("text", "published", "sources", "code"),
    [
        ("", None, None, "empty_draft"),
        (" \n　", None, None, "empty_draft"),
        ("", None, [Source("", "签约11项。")], "empty_draft"),
        ("字" * (LONGEST + 1), None, None, "draft_too_long"),
        ("签约11项。", "上周", None, "bad_day"),
        ("签约11项。", "2022-13-01", [Source("", "签约11项。")], "bad_day"),
        ("签约11项。", None, [Source("题", "签约11项。"), Source("题", " \n")], "empty_source"),
    ],
)
def test_what_can_not_be_checked(seed: Wenshu, text, published, sources, code):
    with pytest.raises(UsageError) as raised:
        seed.check(text, sources=sources, published=published)
    assert raised.value.code == code


def test_the_source_that_is_empty_is_named(seed: Wenshu):
    with pytest.raises(UsageError, match="source 2") as raised:
        seed.check("签约11项。", sources=[Source("", "签约11项。"), Source("", "")])
    assert raised.value.item == "2"


def test_given_sources_alone_are_looked_at(seed: Wenshu):
    sources = [Source("", "成都地铁里程558公里。"), Source("", "科创投累计投资金额30亿元。")]
    checked = seed.check("科创投累计投资金额23.26亿元，签约11项，地铁里程558公里。", sources=sources)
    assert labels(checked) == {"23.26亿元": REFUTED, "11项": UNTOLD, "558公里": SUPPORTED}
    assert [c.article_id for c in checked.citations] == ["source-2", "source-1"]
    assert checked.verdicts[0].expected == "30亿元"


def test_no_source_holds_nothing(seed: Wenshu):
    checked = seed.check("科创投累计投资金额23.26亿元。", sources=[])
    assert labels(checked) == {"23.26亿元": UNTOLD}


def test_the_headline_of_a_source_states_figures_too(seed: Wenshu):
    source = Source("科创投投了23.26亿元", "会上介绍了情况。")
    verdict = seed.check("科创投投了23.26亿元。", sources=[source]).verdicts[0]
    assert verdict.label is SUPPORTED
    assert verdict.citations[0].title == source.title


@pytest.mark.parametrize(("published", "label"), [("2022-02-21", SUPPORTED), ("2021-02-21", REFUTED)])
@pytest.mark.parametrize(
    ("draft", "text"),
    [
        ("去年成都签约11项。", "2021年，成都签约11项。\n2020年，成都签约5项。"),
        ("2021年成都签约11项。", "去年，成都签约11项。"),
    ],
    ids=["draft", "source"],
)
def test_times_of_draft_and_sources_are_counted_from_the_day_given(seed, draft, text, published, label):
    checked = seed.check(draft, sources=[Source("", text)], published=published)
    assert labels(checked)["11项"] is label


def test_of_sources_the_one_of_a_later_day_decides(seed: Wenshu):
    told = "科创投累计投资金额{}亿元。"
    sources = [
        Source("", told.format("23.26"), "2022-02-21"),
        Source("", told.format("25.5"), "2022-03-21"),
    ]
    for given in (sources, sources[::-1]):
        verdict = seed.check(told.format("23.26"), sources=given).verdicts[0]
        assert (verdict.label, verdict.reason, verdict.expected) == (REFUTED, Reason.OUTDATED, "25.5亿元")
        assert [c.published for c in verdict.citations] == ["2022-03-21", "2022-02-21"]


def test_an_empty_home_knows_nothing(opened: Open):
    assert labels(opened().check("签约11项。")) == {"11项": UNTOLD}


CITIES = [f"{a}{b}市" for a in "东西南北中上下前后左" for b in "河山江湖海岭原川"]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wenshu]:
    """A service over more articles than are all looked at."""
    folder = tmp_path_factory.mktemp("articles")
    for number, city in enumerate(CITIES):
        text = f"2021年，{city}新建公园{number + 20}座，{city}财政收入{number + 100}.5亿元。"
        write(folder, f"city-{number}", text, f"2022-02-{number % 28 + 1:02}")
    write(folder, "later", f"{CITIES[3]}2021年财政收入核定为111.5亿元，{CITIES[3]}发布公告。", "2023-01-01")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent))
        home = tmp_path_factory.mktemp("home")
        service = open_wenshu(Settings(home=home, embedder="test_build_check:Unasked"))
        service.ingest([folder], dense="all")
        yield service
        service.close()


def test_in_a_library_the_articles_that_speak_of_a_claim_are_found(library: Wenshu):
    assert library._parts.catalog.n_passages > _FEW
    for number in (0, 40, len(CITIES) - 1):
        city = CITIES[number]
        stands = f"{city}新建公园{number + 20}座，财政收入{number + 100}.5亿元。"
        checked = library.check(stands)
        assert set(labels(checked).values()) == {SUPPORTED}
        assert {c.article_id for c in checked.citations} == {f"city-{number}"}


def test_in_a_library_the_figure_of_another_article_is_no_support(library: Wenshu):
    here, there = CITIES[10], 50
    verdict = library.check(f"{here}财政收入{there + 100}.5亿元。").verdicts[0]
    assert verdict.label is REFUTED
    assert verdict.expected == "110.5亿元"
    assert verdict.citations[0].article_id == "city-10"


def test_in_a_library_a_date_that_stands_somewhere_is_no_support(library: Wenshu):
    draft = "2021年，诗人在海外朗诵长诗，听众鼓掌。"
    assert labels(library.check(draft)) == {"2021年": UNTOLD}
    assert labels(library.check(f"2021年，{CITIES[5]}新建公园。")) == {"2021年": SUPPORTED}


def test_only_so_many_passages_are_looked_at_and_no_vector(library: Wenshu):
    assert library._parts.catalog.n_embedded == library._parts.catalog.n_passages
    found = library._checker.search(f"{CITIES[0]}新建公园")
    assert 0 < len(found) <= 10
    assert found[0].passage.article_id == "city-0"
    assert all(hit.dense is None for hit in found)
    assert sys.modules["test_build_check"].Unasked.asked == []


@pytest.mark.parametrize(("n_articles", "all_of_them"), [(_FEW, True), (_FEW + 1, False)])
def test_up_to_so_many_passages_all_are_looked_at(opened: Open, tmp_path: Path, n_articles, all_of_them):
    for number in range(n_articles):
        write(tmp_path / "articles", f"a{number:02}", f"第{number}号门店营业额{number + 30}万元。")
    service = opened()
    service.ingest([tmp_path / "articles"], dense="none")
    assert service._parts.catalog.n_passages == n_articles
    assert (len(service._checker.search("门店")) == n_articles) is all_of_them


def test_what_changed_is_what_the_next_check_is_held_against(opened: Open, tmp_path: Path):
    folder, draft = tmp_path / "articles", "科创投累计投资金额23.26亿元。"
    write(folder, "one", "科创投累计投资金额23.26亿元。")
    service = opened()
    service.ingest([folder], dense="none")
    assert labels(service.check(draft)) == {"23.26亿元": SUPPORTED}
    write(folder, "one", "科创投累计投资金额25.5亿元。")
    assert labels(service.check(draft)) == {"23.26亿元": SUPPORTED}
    service.ingest([folder], dense="none")
    verdict = service.check(draft).verdicts[0]
    assert (verdict.label, verdict.expected) == (REFUTED, "25.5亿元")
    write(folder, "two", "成都地铁里程558公里。")
    service.ingest([folder], dense="none")
    assert labels(service.check("成都地铁里程558公里。")) == {"558公里": SUPPORTED}
    (folder / "one.md").unlink()
    service.ingest([folder], dense="none", prune=True)
    assert labels(service.check(draft)) == {"23.26亿元": UNTOLD}
