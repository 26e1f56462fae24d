"""How fast the seed's questions are answered in one warm process, beside plain LangChain + Chroma top-4: a table.

    python tests/bench/bench_ask.py [--home HOME] [--questions FILE.jsonl]

Without a home the seed article is taken in; the plain pipeline embeds the same passages with the same embedder and
returns its four nearest, with no reading at all.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from baseline import latency, plain, read_rows, seed_pairs

from knowledge.build import open_wenshu
from knowledge.settings import Settings


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
    p50, p95 = latency(took)
    return f"{name:34s} {len(took):5d} {p50:9.1f} {p95:9.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path)
    parser.add_argument("--questions", type=Path)
    options = parser.parse_args()
    if options.questions:
        questions = [row["question"] for row in read_rows(options.questions)]
    else:
        questions = [pair["question"] for pair in seed_pairs()]
    with tempfile.TemporaryDirectory() as folder:
        wenshu = open_wenshu(Settings(home=options.home or Path(folder)))
        if wenshu.is_empty:
            wenshu.ingest_bundled()
        print(f"{'pipeline':34s} {'n':>5s} {'p50 ms':>9s} {'p95 ms':>9s}")
        print(row("wenshu: answer with citation", timed(wenshu.ask, questions)))
        if options.home is None:
            store = plain(wenshu, "plain")
            print(
                row(
                    "plain LangChain + Chroma: top 4",
                    timed(lambda q: store.similarity_search(q, k=4), questions),
                )
            )
        wenshu.close()


if __name__ == "__main__":
    main()
