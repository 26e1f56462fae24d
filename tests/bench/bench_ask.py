"""How fast the seed's questions are answered in one warm process, beside plain LangChain + Chroma top-4: a table.

    python tests/bench/bench_ask.py [--home HOME] [--questions FILE.jsonl]

Without a home the seed article is taken in; the plain pipeline embeds the same passages with the same embedder and
returns its four nearest, with no reading at all.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml
from langchain_chroma import Chroma

from knowledge.build import Wenshu, open_wenshu
from knowledge.chunking import chunk
from knowledge.embeddings import open_embedder
from knowledge.settings import Settings
from knowledge.tokens import counter

ROOT = Path(__file__).parents[2]


def timed(ask: Callable[[str], object], questions: Sequence[str]) -> list[float]:
    """Milliseconds by question, after one round that warms every cache but the answer's."""
    for question in questions[:10]:
        ask(question)
    out = []
    for question in questions:
        started = time.perf_counter()
        ask(question)
        out.append((time.perf_counter() - started) * 1000)
    return out


def row(name: str, took: Sequence[float]) -> str:
    ordered = sorted(took)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    return f"{name:34s} {len(took):5d} {statistics.median(took):9.1f} {p95:9.1f}"


def plain(wenshu: Wenshu) -> Chroma:
    """The same passages in a Chroma collection of their own."""
    settings = Settings()
    count = counter(settings.encoding)
    store = Chroma("plain", embedding_function=open_embedder(settings.embedder).model)
    for article in wenshu.articles():
        passages = chunk(article, count_tokens=count, max_tokens=settings.max_tokens)
        store.add_texts([p.text for p in passages], ids=[p.id for p in passages])
    return store


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path)
    parser.add_argument("--questions", type=Path)
    options = parser.parse_args()
    if options.questions:
        lines = options.questions.read_text(encoding="utf-8").splitlines()
        questions = [json.loads(line)["question"] for line in lines]
    else:
        pairs = yaml.safe_load((ROOT / "seeds" / "qa.yaml").read_text(encoding="utf-8"))["pairs"]
        questions = [pair["question"] for pair in pairs]
    with tempfile.TemporaryDirectory() as folder:
        wenshu = open_wenshu(Settings(home=options.home or Path(folder)))
        if wenshu.is_empty:
            wenshu.ingest_bundled()
        print(f"{'pipeline':34s} {'n':>5s} {'p50 ms':>9s} {'p95 ms':>9s}")
        print(row("wenshu: answer with citation", timed(wenshu.ask, questions)))
        if options.home is None:
            store = plain(wenshu)
            print(
                row(
                    "plain LangChain + Chroma: top 4",
                    timed(lambda q: store.similarity_search(q, k=4), questions),
                )
            )
        wenshu.close()


if __name__ == "__main__":
    main()
