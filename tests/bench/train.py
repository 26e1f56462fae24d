"""Learns the weights of reading, cross-validated by question, and writes knowledge/reading_model.json.

    python tests/bench/train.py --news HOME --questions qa_dev.jsonl [--write]

HOME is a home that holds the news corpus and the seed (`wenshu --home HOME ingest news.jsonl.xz seeds --dense none`).
The pairs of seeds/qa.yaml and of data/seed_dev.yaml are asked over the seed alone and beside the news;
data/news_questions.jsonl asks the whole corpus, data/news_dev.yaml 16 of its articles, each alone in a home.
Learned from are questions with their answer, questions whose articles were taken out of the hits, and questions
that the articles can't answer.

Needs scikit-learn, which the product does not.
"""

import argparse
import json
import pickle
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from baseline import ROOT, read_pairs, read_rows, seed_pairs
from bench_news import reliability
from scipy.optimize import minimize
from sklearn.ensemble import GradientBoostingClassifier

from knowledge.build import Wenshu, open_wenshu
from knowledge.figures import scan
from knowledge.matching import weigh
from knowledge.question import Ask
from knowledge.ranking import Model, confidence_features
from knowledge.reading import candidates, objection
from knowledge.retrieval import to_hit
from knowledge.schema import Finding
from knowledge.settings import Settings

DATA = Path(__file__).parent / "data"
MODEL = ROOT / "knowledge" / "reading_model.json"
N_FOLDS = 10
RIDGE = 0.0005
"""L2 penalty of the ranker: .0003 to .003 give the same accuracy within half a point, more costs two points."""
BOOSTING = {
    "n_estimators": 120,
    "max_depth": 3,
    "learning_rate": 0.06,
    "subsample": 0.6,
    "min_samples_leaf": 15,
    "max_features": 0.3,
    "random_state": 0,
}
"""Of the confidence.  At half coverage .925 of the answers over the news are right, with a logistic one .906."""


@dataclass(frozen=True)
class Example:
    """One question with its candidates; `right[i]` tells whether candidate i is the answer."""

    group: str
    question: str
    found: tuple[Finding, ...]
    right: tuple[bool, ...]
    answerable: bool
    n_passages: int


def example(
    wenshu: Wenshu,
    group: str,
    text: str,
    gold: tuple[Decimal, str] | None,
    without: frozenset[str] = frozenset(),
) -> Example | None:
    """The candidates of one question as the product sees them; None if it wants no figure."""
    reader = wenshu._reader
    k = wenshu.retriever.k
    documents = wenshu.retriever.invoke(text, k=k * (3 if without else 1))
    hits = [to_hit(d) for d in documents if d.metadata["article_id"] not in without][:k]
    question = reader.analyse(text, hits)
    if question.ask not in {Ask.FIGURE, Ask.YES_NO}:
        return None
    terms = weigh(question.terms, reader.document_frequency, reader.n_passages())
    found = candidates(question, terms, hits, reader.evidence, reader.n_passages())
    right = tuple(gold == (f.figure.quantity.value, f.figure.quantity.unit) for f in found)
    return Example(group, text, found, right, gold is not None, reader.n_passages())


def from_news(wenshu: Wenshu, rows: Iterable[Mapping], group: str) -> list[Example]:
    out = []
    for row in rows:
        answer = next(iter(scan(row["answer"]).quantities), None)
        if answer is None:
            continue
        gold = (answer.value, answer.unit)
        out.append(example(wenshu, group, row["question"], gold))
        out.append(example(wenshu, "taken out", row["question"], None, frozenset(row["gold_articles"])))
    return [e for e in out if e and e.found]


def from_pairs(wenshu: Wenshu, pairs: Iterable[Mapping], group: str = "seed") -> list[Example]:
    out = []
    for pair in pairs:
        if pair["status"] == "answered" and "value" not in pair:
            continue
        gold = (Decimal(pair["value"]), pair["unit"]) if "value" in pair else None
        out.append(example(wenshu, group, pair["question"], gold))
    return [e for e in out if e and e.found]


def from_articles(news: Wenshu, pairs: Sequence[Mapping]) -> list[Example]:
    """Questions over one article each, that article being all there is."""
    out = []
    for article_id in dict.fromkeys(pair["article"] for pair in pairs):
        article = news.article(article_id)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "one.jsonl"
            record = {"id": article.id, "published": article.published, "text": article.text}
            file.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
            alone = open_wenshu(Settings(home=Path(folder) / "home"))
            alone.ingest([file], dense="none")
            out += from_pairs(alone, [p for p in pairs if p["article"] == article_id], "alone")
            alone.close()
    return out


def matrix(found: Sequence[Finding], names: Sequence[str]) -> np.ndarray:
    return np.array([[f.features.get(n, 0.0) for n in names] for f in found])


def fit_ranker(examples: Sequence[Example], names: Sequence[str]) -> np.ndarray:
    """Weights that give the right candidates of each question the most of a softmax over all its candidates."""
    useful = [e for e in examples if any(e.right) and not all(e.right)]
    stacked = np.vstack([matrix(e.found, names) for e in useful])
    right = np.concatenate([np.array(e.right, float) for e in useful])
    sizes = [len(e.found) for e in useful]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    owner = np.repeat(np.arange(len(useful)), sizes)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = stacked @ weights
        top = np.maximum.reduceat(scores, starts)
        mass = np.exp(scores - top[owner])
        total, good = np.add.reduceat(mass, starts), np.add.reduceat(mass * right, starts)
        value = -np.log(good / total).mean() + RIDGE * weights @ weights
        pull = stacked.T @ (mass / total[owner] - mass * right / good[owner]) / len(useful)
        return value, pull + 2 * RIDGE * weights

    return minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B").x


def as_model(names: Sequence[str], weights: np.ndarray, trees: tuple[float, list] = (0.0, [])) -> Model:
    kept = {name: round(float(w), 3) for name, w in zip(names, weights, strict=True)}
    data = {
        "weights": kept,
        "prior": trees[0],
        "trees": trees[1],
        "threshold": 0.5,
        "sentence_threshold": 0.6,
    }
    return Model.from_json(data)


def confidence_rows(
    model: Model, examples: Sequence[Example]
) -> tuple[list[dict[str, float]], list[bool], list[str]]:
    """Features of the confidence for the best candidate of each example, whether it is right, and what forbids it."""
    rows, right, forbidden = [], [], []
    for e in examples:
        truth = {id(f.figure): r for f, r in zip(e.found, e.right, strict=True)}
        ranked = model.rank(e.found)
        rows.append(confidence_features(ranked, model, e.n_passages))
        right.append(truth[id(ranked[0].figure)])
        forbidden.append(objection(ranked[0].features, e.n_passages))
    return rows, right, forbidden


def fit_confidence(
    rows: Sequence[Mapping[str, float]], right: Sequence[bool], heft: Sequence[float]
) -> tuple[float, list]:
    """Log-odds before any tree, and boosted trees over the features, as nested lists."""
    names = sorted({name for row in rows for name in row})
    values = np.array([[row.get(n, 0.0) for n in names] for row in rows])
    fitted = GradientBoostingClassifier(**BOOSTING).fit(values, right, sample_weight=heft)
    prior = float(fitted.init_.class_prior_[1])
    trees = [nested(stage[0].tree_, names) for stage in fitted.estimators_]
    return round(float(np.log(prior / (1 - prior))), 4), trees


def nested(tree: object, names: Sequence[str], at: int = 0) -> float | list:
    """One fitted tree as [feature, threshold, up to it, above it], leaves scaled by the learning rate."""
    low, high = int(tree.children_left[at]), int(tree.children_right[at])
    if low == high:
        return round(float(tree.value[at][0][0]) * BOOSTING["learning_rate"], 4)
    threshold = round(float(tree.threshold[at]), 4)
    return [names[tree.feature[at]], threshold, nested(tree, names, low), nested(tree, names, high)]


def learn(examples: Sequence[Example], names: Sequence[str]) -> tuple[np.ndarray, tuple[float, list]]:
    """Ranker on all answerable examples; confidence on out-of-fold scores of those that nothing forbids."""
    rows, right, heft = [], [], []
    for fold in range(N_FOLDS):
        inner = as_model(names, fit_ranker([e for e in examples if fold_of(e) != fold], names))
        held = [e for e in examples if fold_of(e) == fold]
        for row, good, no, e in zip(*confidence_rows(inner, held), held, strict=True):
            if not no:
                rows.append(row)
                right.append(good)
                heft.append(0.5 if e.group == "taken out" else 1.0)
    return fit_ranker(examples, names), fit_confidence(rows, right, heft)


_FOLDS: dict[str, int] = {}


def fold_of(e: Example) -> int:
    """The fold of a question: the same whatever its example's kind."""
    return _FOLDS.setdefault(e.question, len(_FOLDS) * 7 % N_FOLDS)


def report(examples: Sequence[Example], names: Sequence[str], threshold: float) -> None:
    """Nested cross-validation: every figure printed is of questions that neither ranker nor confidence saw."""
    tally: dict[str, list[tuple[float, bool, str, bool]]] = {}
    for fold in range(N_FOLDS):
        model = as_model(names, *learn([e for e in examples if fold_of(e) != fold], names))
        held = [e for e in examples if fold_of(e) == fold]
        for e, good, no in zip(held, *confidence_rows(model, held)[1:], strict=True):
            sure = model.confidence(model.rank(e.found), e.n_passages)
            tally.setdefault(e.group, []).append((0.0 if no else sure, good, no, e.answerable))
    print(
        f"{'group':10s} {'n':>4s} {'exact@1':>8s} {'coverage':>9s} {'precision':>9s} {'coverage at precision .92':>26s}"
    )
    for group, rows in tally.items():
        given = [r for r in rows if r[0] >= threshold]
        ordered = sorted(rows, key=lambda r: -r[0])
        reach = max(
            (k for k in range(1, len(rows) + 1) if sum(r[1] for r in ordered[:k]) >= 0.92 * k), default=0
        )
        exact = sum(r[1] for r in rows) / len(rows)
        precision = sum(r[1] for r in given) / (len(given) or 1)
        print(
            f"{group:10s} {len(rows):4d} {exact:8.3f} {len(given) / len(rows):9.3f} "
            f"{precision:9.3f} {reach / len(rows):26.3f}"
        )
    print("\nobjection               right  wrong  (best candidates it forbids)")
    stopped = Counter((r[2], r[1]) for rows in tally.values() for r in rows if r[2])
    for name in sorted({reason for reason, _ in stopped}):
        print(f"  {name:20s} {stopped[name, True]:6d} {stopped[name, False]:6d}")
    everything = [r for rows in tally.values() for r in rows if not r[2]]
    print("\nreliability (all groups)\n" + reliability([(r[0], r[1]) for r in everything]))


def written(data: Mapping) -> str:
    """The model as JSON that can be read: a line a weight, a line a tree."""
    weights = ",\n".join(f"  {json.dumps(n)}: {w}" for n, w in sorted(data["weights"].items()))
    trees = ",\n".join(f"  {json.dumps(tree)}" for tree in data["trees"])
    head = "".join(f' "{n}": {data[n]},\n' for n in ("threshold", "sentence_threshold", "prior"))
    return f'{{\n{head} "weights": {{\n{weights}\n }},\n "trees": [\n{trees}\n ]\n}}\n'


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--news", type=Path, required=True, help="home that holds the news corpus")
    parser.add_argument("--questions", type=Path, required=True, help="qa_dev.jsonl")
    parser.add_argument("--threshold", type=float, default=0.68)
    parser.add_argument("--sentence-threshold", type=float, default=0.6)
    parser.add_argument("--write", action="store_true", help="write knowledge/reading_model.json")
    parser.add_argument("--keep", type=Path, help="also pickle the examples here")
    parser.add_argument("--no-report", action="store_true")
    options = parser.parse_args()
    rows = read_rows(options.questions)
    pairs = seed_pairs() + read_pairs(DATA / "seed_dev.yaml")
    news = open_wenshu(Settings(home=options.news))
    with tempfile.TemporaryDirectory() as home:
        seed = open_wenshu(Settings(home=Path(home)))
        seed.ingest_bundled()
        examples = from_pairs(seed, pairs) + from_news(news, rows, "news")
        seed.close()
    examples += from_pairs(news, pairs, "seed among news")
    examples += from_news(news, read_rows(DATA / "news_questions.jsonl"), "more news")
    examples += from_articles(news, read_pairs(DATA / "news_dev.yaml"))
    if options.keep:
        options.keep.write_bytes(pickle.dumps(examples))
    names = sorted({name for e in examples for f in e.found for name in f.features})
    if not options.no_report:
        report(examples, names, options.threshold)
    if options.write:
        weights, (prior, trees) = learn(examples, names)
        data = {
            "threshold": options.threshold,
            "sentence_threshold": options.sentence_threshold,
            "weights": as_model(names, weights).weights,
            "prior": prior,
            "trees": trees,
        }
        MODEL.write_text(written(data), encoding="utf-8")
        print(f"wrote {MODEL.name}")


if __name__ == "__main__":
    main()
