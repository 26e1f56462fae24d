"""What the benchmarks share: the files of questions, the plain pipeline they compare with, how times are told."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path

import yaml
from langchain_chroma import Chroma

from knowledge.build import Wenshu
from knowledge.chunking import chunk
from knowledge.embeddings import open_embedder
from knowledge.settings import Settings
from knowledge.tokens import counter

ROOT = Path(__file__).parents[2]


def read_rows(file: Path) -> list[dict]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def read_pairs(file: Path) -> list[dict]:
    """The pairs of a file like seeds/qa.yaml."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))["pairs"]


def seed_pairs() -> list[dict]:
    return read_pairs(ROOT / "seeds" / "qa.yaml")


def plain(wenshu: Wenshu, name: str) -> Chroma:
    """The same passages with the same embedder in a Chroma collection of their own, and nothing else."""
    settings = Settings()
    count = counter(settings.encoding)
    store = Chroma(name, embedding_function=open_embedder(settings.embedder).model)
    for article in wenshu.articles():
        passages = chunk(article, count_tokens=count, max_tokens=settings.max_tokens)
        metadata = [{"article": article.id} for _ in passages]
        store.add_texts([p.text for p in passages], metadata, ids=[p.id for p in passages])
    return store


def latency(took: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(took), sorted(took)[int(0.95 * (len(took) - 1))]
