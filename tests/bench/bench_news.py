"""How well and how fast many articles are read without a model, beside plain LangChain + Chroma top-4: tables.

    python tests/bench/bench_news.py --news news.jsonl.xz --questions qa_dev.jsonl [--home HOME] [--plain 2000]

The corpus and the seed are taken in (lexical and figures only) and timed, unless HOME holds them already.  A question
is right if the first figure's value and unit are the reference's; retrieval is right at k if a passage of a gold
article among the first k holds the reference as a whole number.  `--plain N` also asks both pipelines over the seed
and over N articles, those of the questions and others, the plain one with the same embedder and passages.
"""

import argparse
import json
import re
import resource
import tempfile
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from baseline import ROOT, latency, plain, read_rows, seed_pairs

from knowledge.build import Wenshu, open_wenshu
from knowledge.figures import scan
from knowledge.schema import Answer, Status
from knowledge.settings import Settings

KS = (1, 4, 5, 10)


class Asked(NamedTuple):
    """What came of one question."""

    rank: int | None
    exact: bool
    given: bool
    right: bool
    confidence: float
    took: float


def holds(passage: str, answer: str) -> bool:
    """Whether a passage holds the reference answer as a whole number."""
    number = re.search(r"\d[\d.,]*", answer)
    said = number.group() if number else answer
    return re.search(rf"(?<![\d.,]){re.escape(said)}(?![\d]|[.,]\d)", passage) is not None


def is_right(answer: Answer, reference: str) -> bool:
    """Value and unit of the first figure against the reference's; a range needs both ends."""
    if not answer.figures:
        return False
    want, got = scan(reference).quantities[0], answer.figures[0].figure.quantity
    return (abs(got.value), got.high, got.unit) == (abs(want.value), want.high, want.unit)


def ask(wenshu: Wenshu, row: Mapping) -> Asked:
    started = time.perf_counter()
    answer = wenshu.ask(row["question"])
    took = (time.perf_counter() - started) * 1000
    given = answer.status is Status.ANSWERED
    forced = answer if given else wenshu.ask(row["question"], abstain=False)
    ranks = (
        hit.rank
        for hit in forced.hits
        if hit.passage.article_id in row["gold_articles"] and holds(hit.passage.text, row["answer"])
    )
    exact = is_right(forced, row["answer"])
    return Asked(next(ranks, None), exact, given, given and exact, answer.confidence, took)


def table(name: str, asked: Sequence[Asked]) -> str:
    """The marks of one pipeline on one set of questions."""
    n = len(asked)
    found = " / ".join(f"{sum(a.rank is not None and a.rank <= k for a in asked) / n:.3f}" for k in KS)
    given, right = sum(a.given for a in asked), sum(a.right for a in asked)
    p50, p95 = latency([a.took for a in asked])
    return "\n".join(
        (
            f"{name}, {n} questions",
            f"  passage recall@{' / @'.join(map(str, KS))}   {found}",
            f"  figure-exact@1, no abstaining     {sum(a.exact for a in asked) / n:.3f}",
            f"  with abstaining                   coverage {given / n:.3f}, precision {right / (given or 1):.3f}",
            f"  milliseconds p50 / p95            {p50:.0f} / {p95:.0f}",
        )
    )


def reliability(given: Sequence[tuple[float, bool]]) -> str:
    """A table and a curve of text: how often answers of each confidence are right."""
    lines = ["confidence    n   right"]
    for step in range(10):
        low, high = step / 10, (step + 1) / 10 if step < 9 else 1.01
        inside = [right for sure, right in given if low <= sure < high]
        if inside:
            share = sum(inside) / len(inside)
            lines.append(
                f"{low:.1f}-{low + 0.1:.1f}   {len(inside):5d}   {share:.2f}  {'█' * round(share * 40)}"
            )
    return "\n".join(lines)


def seed_rows() -> list[dict]:
    """The seed's pairs whose answer is a figure, as questions of the corpus are written."""
    seed = next((ROOT / "seeds").glob("*.md")).stem
    stated = [p for p in seed_pairs() if "value" in p and re.search(r"\d", p.get("sentence", ""))]
    return [
        {"question": p["question"], "answer": _as_said(p), "gold_articles": [seed]}
        for p in stated
        if _as_said(p)
    ]


def _as_said(pair: Mapping) -> str:
    """The answer as the article writes it."""
    found = scan(pair["sentence"]).quantities
    return next(
        (q.surface for q in found if q.value == Decimal(pair["value"]) and q.unit == pair["unit"]), ""
    )


def recalled(wenshu: Wenshu, rows: Sequence[Mapping], name: str) -> str:
    """Share of questions whose answer stands in plain top-4, of a gold article, and milliseconds."""
    store = plain(wenshu, name)
    hits, took = 0, []
    for row in rows:
        started = time.perf_counter()
        documents = store.similarity_search(row["question"], k=4)
        took.append((time.perf_counter() - started) * 1000)
        hits += any(
            d.metadata["article"] in row["gold_articles"] and holds(d.page_content, row["answer"])
            for d in documents
        )
    p50, p95 = latency(took)
    return (
        f"  plain LangChain + Chroma          recall@4 {hits / len(rows):.3f}; no figure, no abstaining; "
        f"{p50:.0f} / {p95:.0f} ms"
    )


def beside_plain(news: Wenshu, rows: Sequence[Mapping], n_articles: int) -> None:
    """Both pipelines over the seed, and over `n_articles` of the corpus."""
    gold = list(dict.fromkeys(i for row in rows for i in row["gold_articles"]))
    others = (a.id for a in islice(news.articles(), n_articles))
    chosen = [*gold, *(i for i in others if i not in gold)][:n_articles]
    with tempfile.TemporaryDirectory() as folder:
        few = open_wenshu(Settings(home=Path(folder) / "seed"))
        few.ingest_bundled()
        print(table("\nwenshu, the seed alone", [ask(few, row) for row in seed_rows()]))
        print(recalled(few, seed_rows(), "seed"))
        few.close()
        file = Path(folder) / "some.jsonl"
        with file.open("w", encoding="utf-8") as out:
            for article in map(news.article, chosen):
                record = {"id": article.id, "published": article.published, "text": article.text}
                out.write(json.dumps(record, ensure_ascii=False) + "\n")
        some = open_wenshu(Settings(home=Path(folder) / "some"))
        some.ingest([file], dense="none")
        print(table(f"\nwenshu, {len(chosen)} articles", [ask(some, row) for row in rows]))
        print(recalled(some, rows, "some"))
        some.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--news", type=Path, help="the corpus; not needed with --home")
    parser.add_argument("--home", type=Path, help="a home that holds the corpus and the seed")
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--plain", type=int, default=0, metavar="N")
    options = parser.parse_args()
    if not (options.home or options.news):
        parser.error("name the corpus (--news) or a home that holds it (--home)")
    rows = read_rows(options.questions)
    with tempfile.TemporaryDirectory() as folder:
        wenshu = open_wenshu(Settings(home=options.home or Path(folder)))
        if options.home is None:
            started = time.perf_counter()
            done = wenshu.ingest([options.news, ROOT / "seeds"], dense="none")
            took = time.perf_counter() - started
            print(f"{done.added} articles in {took:.0f} s: {done.added / took:.0f} a second")
        for row in rows[:10]:
            wenshu.ask(row["question"])
        asked = [ask(wenshu, row) for row in rows]
        print(table("wenshu, all articles", asked))
        print(table("wenshu, the seed's figures beside them", [ask(wenshu, row) for row in seed_rows()]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
        print(f"peak resident memory {peak:.2f} GB\n")
        print(reliability([(a.confidence, a.exact) for a in asked]))
        if options.plain:
            beside_plain(wenshu, rows, options.plain)
        wenshu.close()


if __name__ == "__main__":
    main()
