"""How well figures are found in unseen news, and how fast: prints a table.

    python tests/bench/bench_figures.py [--shared DIR] [--news news.jsonl[.xz]] [--verbose]

tests/data/news_labels.jsonl holds 100 sentences of the corpus by article id and offsets, labelled by hand before any
output was looked at; DIR (by default ../shared/data) holds the corpus, seed_figures.jsonl and hard_figures.jsonl.
What is not there is skipped, and said so.
"""

import argparse
import json
import lzma
import time
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from knowledge.figures import scan
from knowledge.schema import Kind, Quantity

LABELS = Path(__file__).parents[1] / "data" / "news_labels.jsonl"
ASIDE = {Kind.ORDINAL, Kind.IDENTIFIER, Kind.RATIO}
N_TIMED = 5_000_000


def lines(path: Path) -> Iterator[dict]:
    read = lzma.open if path.suffix == ".xz" else open
    with read(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def agrees(found: Quantity, label: Mapping) -> bool:
    """Whether a found quantity is the labelled one: the spans meet, value, unit and modifier are equal."""
    return (
        found.start < label["end"]
        and label["start"] < found.end
        and found.value == Decimal(label["value"])
        and str(found.high or "") == str(Decimal(label["high"]) if label.get("high") else "")
        and found.unit == label["unit"]
        and found.modifier == label["modifier"]
    )


def on_news(articles: Mapping[str, dict], labels: list[dict], *, verbose: bool) -> None:
    right = n_found = n_labelled = days_met = days = 0
    for label in labels:
        article = articles[label["id"]]
        published = article["published"]
        sentence = article["text"][label["start"] : label["end"]]
        found = scan(sentence, anchor=date.fromisoformat(published[:10]) if published else None)
        quantities = [q for q in found.quantities if q.kind not in ASIDE]
        good = [want for want in label["quantities"] if any(agrees(q, want) for q in quantities)]
        right, n_labelled, n_found = (
            right + len(good),
            n_labelled + len(label["quantities"]),
            n_found + len(quantities),
        )
        met = [
            d for d in label["dates"] if any(p.start < d["end"] and d["start"] < p.end for p in found.periods)
        ]
        days_met, days = days_met + len(met), days + len(label["dates"])
        if verbose:
            for q in quantities:
                if not any(agrees(q, want) for want in label["quantities"]):
                    print(
                        f"  found but not labelled so: {label['id']} {q.surface!r} {q.value} {q.unit!r} {q.modifier}"
                    )
            for want in label["quantities"]:
                if want not in good:
                    said = sentence[want["start"] : want["end"]]
                    print(f"  missed: {label['id']} {said!r} {want['unit']!r} {want['modifier']}")
    print(
        f"unseen news   {len(labels)} sentences, {n_labelled} quantities: precision {right / n_found:.3f}, "
        f"recall {right / n_labelled:.3f}; {days_met} of {days} dates"
    )


def on_seed(shared: Path) -> None:
    rows = list(lines(shared / "seed_figures.jsonl"))
    wanted = [r for r in rows if r["kind"] == "quantity"]
    n = 0
    for row in wanted:
        found = scan(row["sentence"]).quantities
        core = [q for q in found if q.value == Decimal(str(row["value"])) and q.unit == row["unit"]]
        n += any(q.modifier == row["modifier"] and q.surface in row["surface"] for q in core)
    days = [r for r in rows if r["kind"] == "date"]
    m = 0
    for row in days:
        found = scan(row["sentence"], anchor=date(2022, 2, 21)).periods
        m += any((p.lo.isoformat(), p.hi.isoformat()) == (row["lo"], row["hi"]) for p in found)
    print(f"seed article  {n} of {len(wanted)} quantities, {m} of {len(days)} dates")
    n = total = 0
    for row in lines(shared / "hard_figures.jsonl"):
        found = [q for q in scan(row["t"]).quantities if q.kind not in ASIDE]
        total += 1
        n += [(q.value, q.unit, q.modifier) for q in found] == [
            (Decimal(str(v)), u, m) for v, u, m in row["q"]
        ]
    print(f"hard strings  {n} of {total}")


def speed(articles: Mapping[str, dict]) -> None:
    texts, size = [], 0
    for article in articles.values():
        texts.append(article["text"])
        size += len(article["text"])
        if size >= N_TIMED:
            break
    started = time.perf_counter()
    for text in texts:
        scan(text)
    print(
        f"speed         {size / (time.perf_counter() - started):,.0f} characters/s over {size:,} characters"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    parser.add_argument("--news", type=Path)
    parser.add_argument("--verbose", action="store_true", help="list what differs")
    options = parser.parse_args()
    if options.shared.is_dir():
        on_seed(options.shared)
    news = options.news or options.shared / "news.jsonl.xz"
    if not news.exists():
        print(f"skipped: the corpus is not here ({news.name}); name it with --news")
        return
    articles = {article["id"]: article for article in lines(news)}
    on_news(articles, list(lines(LABELS)), verbose=options.verbose)
    speed(articles)


if __name__ == "__main__":
    main()
