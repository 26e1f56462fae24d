"""How well and how fast the news corpus is read, without a model: a table.

    python tests/bench/bench_news.py --home HOME --questions qa_dev.jsonl [--plain N]

HOME holds the corpus (`wenshu --home HOME ingest news.jsonl.xz --dense none`).  A question is right if the first
figure's value and unit are the reference's; retrieval is right at k if a passage of a gold article among the first k
holds the reference as a whole number.  `--plain N` also asks plain LangChain + Chroma top-4 over the gold articles and
others, N in all, with the same embedder.
"""

import argparse
import json
import re
import resource
import statistics
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path

from langchain_chroma import Chroma

from knowledge.build import Wenshu, open_wenshu
from knowledge.chunking import chunk
from knowledge.embeddings import open_embedder
from knowledge.figures import scan
from knowledge.schema import Answer, Status
from knowledge.settings import Settings
from knowledge.tokens import counter

KS = (1, 5, 10)


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


def recall(wenshu: Wenshu, rows: Sequence[Mapping]) -> dict[int, float]:
    found = dict.fromkeys(KS, 0)
    for row in rows:
        documents = wenshu.retriever.invoke(row["question"], k=max(KS))
        ranks = [
            rank
            for rank, document in enumerate(documents, 1)
            if document.metadata["article_id"] in row["gold_articles"]
            and holds(document.page_content, row["answer"])
        ]
        for k in KS:
            found[k] += bool(ranks) and ranks[0] <= k
    return {k: n / len(rows) for k, n in found.items()}


def plain_recall(wenshu: Wenshu, rows: Sequence[Mapping], n_articles: int) -> tuple[float, float]:
    """Share of questions whose answer stands in plain top-4, and median milliseconds."""
    settings = Settings()
    gold = {article_id for row in rows for article_id in row["gold_articles"][:1]}
    others = (a.id for a in islice(wenshu.articles(), n_articles))
    chosen = [*gold, *(i for i in others if i not in gold)][:n_articles]
    store = Chroma("plain", embedding_function=open_embedder(settings.embedder).model)
    count = counter(settings.encoding)
    for article_id in chosen:
        passages = chunk(wenshu.article(article_id), count_tokens=count, max_tokens=settings.max_tokens)
        store.add_texts([p.text for p in passages], ids=[p.id for p in passages])
    hits, took = 0, []
    for row in rows:
        started = time.perf_counter()
        documents = store.similarity_search(row["question"], k=4)
        took.append((time.perf_counter() - started) * 1000)
        hits += any(holds(document.page_content, row["answer"]) for document in documents)
    return hits / len(rows), statistics.median(took)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--plain", type=int, default=0)
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.questions.read_text(encoding="utf-8").splitlines()]
    wenshu = open_wenshu(Settings(home=options.home))
    for row in rows[:10]:
        wenshu.ask(row["question"])
    took, given, exact, good = [], 0, 0, 0
    for row in rows:
        started = time.perf_counter()
        answer = wenshu.ask(row["question"])
        took.append((time.perf_counter() - started) * 1000)
        forced = answer if answer.status is Status.ANSWERED else wenshu.ask(row["question"], abstain=False)
        exact += is_right(forced, row["answer"])
        given += answer.status is Status.ANSWERED
        good += answer.status is Status.ANSWERED and is_right(answer, row["answer"])
    found = recall(wenshu, rows)
    peak = Decimal(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024 / 1024
    print(f"questions                      {len(rows)}")
    print("passage recall@1 / @5 / @10    " + " / ".join(f"{found[k]:.3f}" for k in KS))
    print(f"figure-exact@1, no abstaining  {exact / len(rows):.3f}")
    print(
        f"with abstaining                coverage {given / len(rows):.3f}, precision {good / (given or 1):.3f}"
    )
    ordered = sorted(took)
    print(
        f"milliseconds p50 / p95         {statistics.median(took):.0f} / {ordered[int(0.95 * (len(took) - 1))]:.0f}"
    )
    print(f"peak resident memory           {peak:.2f} GB")
    if options.plain:
        share, median = plain_recall(wenshu, rows, options.plain)
        print(f"plain top 4, {options.plain} articles     answer among them {share:.3f}, {median:.0f} ms")
    wenshu.close()


if __name__ == "__main__":
    main()
