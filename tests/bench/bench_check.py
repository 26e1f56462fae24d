"""How well and how fast drafts are checked, beside a check that only looks whether the number occurs: tables.

    python tests/bench/bench_check.py [--drafts claims_dev.jsonl] [--news news.jsonl.xz --articles 400] [--home HOME]

Without options: the claims over the seed article (`data/seed_claims.jsonl`), every corruption of every sentence of it,
and the time of a draft.  `--drafts` adds drafts with human verdicts, each against its own article; `--news` sentences
of so many articles, as they stand and with one thing wrong, each against its article; `--home` the time against all
articles of a home that holds a library.
"""

import argparse
import contextlib
import json
import lzma
import random
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from baseline import ROOT, read_rows
from corruptions import Subject, corruptions, subjects

from knowledge import words
from knowledge.articles import make_article
from knowledge.build import Wenshu, open_wenshu
from knowledge.chunking import sentences
from knowledge.errors import ArticleError
from knowledge.schema import Article
from knowledge.settings import Settings
from knowledge.verdict import Checked, Label, Source, Verdict

CLAIMS = Path(__file__).parent / "data" / "seed_claims.jsonl"
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_DRAFT = 3_000
"""Characters of the draft that is timed."""

Check = Callable[[str], Checked]


def occurs(surface: str, text: str) -> bool:
    """The plain alternative: whether every number of a surface occurs in the text as a whole number."""
    numbers = _NUMBER.findall(surface)
    return bool(numbers) and all(re.search(rf"(?<![\d.]){re.escape(n)}(?!\d|\.\d)", text) for n in numbers)


def over(checked: Checked, surface: str) -> list[Verdict]:
    """The verdicts on a surface, wherever it stands in the draft."""
    spans = [m.span() for m in re.finditer(re.escape(surface), checked.text)]
    met = [v for v in checked.verdicts if any(v.start < end and start < v.end for start, end in spans)]
    return [v for v in met if re.search(r"\d", v.surface)] or met


def claims_over_the_seed(check: Check, text: str) -> str:
    """Share of the claims judged as a careful reader judges them, by the set they belong to and in all."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    passed = plain_passed = wrong = 0
    for row in read_rows(CLAIMS):
        verdicts = over(check(row["text"]), row["surface"])
        label = verdicts[0].label.value if verdicts else ""
        total[row["set"]] += 1
        right[row["set"]] += label == row["verdict"]
        if row["verdict"] != Label.SUPPORTED.value:
            wrong += 1
            passed += label == Label.SUPPORTED.value
            plain_passed += occurs(row["surface"], text)
    parts = ", ".join(f"{name} {right[name]}/{total[name]}" for name in sorted(total))
    return (
        f"claims over the seed: right {sum(right.values()) / sum(total.values()):.3f} of {sum(total.values())}"
        f" ({parts}); unsupported ones passed {passed}/{wrong}, by mere occurrence {plain_passed}/{wrong}"
    )


def drafts(wenshu: Wenshu, rows: Sequence[Mapping]) -> dict[str, dict[str, list[bool]]]:
    """What was flagged of the wrong figures and of the right ones, each draft against its own article."""
    flagged: dict[str, dict[str, list[bool]]] = {
        name: {"wrong": [], "right": []} for name in ("checked", "occurs")
    }
    for row in rows:
        source = Source(row["title"], row["source"])
        checked = wenshu.check(row["draft"], sources=[source], published=row["published"])
        for figure in row["figures"]:
            which = "right" if figure["supported"] else "wrong"
            verdicts = over(checked, figure["surface"])
            supported = bool(verdicts) and all(v.label is Label.SUPPORTED for v in verdicts)
            flagged["checked"][which].append(not supported)
            flagged["occurs"][which].append(not occurs(figure["surface"], row["title"] + row["source"]))
    return flagged


def _share(marks: Sequence[bool]) -> str:
    return f"{sum(marks) / len(marks):.3f} of {len(marks)}"


def metamorphic(pairs: Iterable[tuple[Subject, Check]]) -> str:
    """Share of sentences that stand, and of their corruptions that turn the verdict, by kind."""
    rng = random.Random(7)
    marks: defaultdict[str, list[bool]] = defaultdict(list)
    for subject, check in pairs:
        q = subject.quantity
        stands = is_supported(check(subject.text), q.start, q.end)
        marks["as it stands"].append(stands)
        if stands:
            for kind, (text, start, end) in corruptions(subject, rng):
                marks[kind].append(not is_supported(check(text), start, end))
    return "\n".join(f"  {kind}: {sum(m)}/{len(m)} = {sum(m) / len(m):.3f}" for kind, m in marks.items())


def is_supported(checked: Checked, start: int, end: int) -> bool:
    met = [v for v in checked.verdicts if v.start < end and start < v.end]
    return bool(met) and all(v.label is Label.SUPPORTED for v in met)


def of_article(wenshu: Wenshu, article: Article, most: int) -> Iterable[tuple[Subject, Check]]:
    """Some figures of an article, each with a check against it alone."""

    def check(text: str) -> Checked:
        source = Source(article.title, article.text)
        return wenshu.check(text, sources=[source], published=article.published)

    found = subjects(words.fold(article.text), article.day)
    for subject in random.Random(7).sample(found, min(most, len(found))):
        yield subject, check


def read_news(file: Path, most: int) -> list[Article]:
    """So many of the articles that can be read, spread over the file."""
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    articles = []
    for row in random.Random(7).sample(rows, min(len(rows), 2 * most)):
        with contextlib.suppress(ArticleError):
            articles.append(make_article(row["id"], row["text"], published=row.get("published") or ""))
    return articles[:most]


def timed(name: str, check: Check, draft: str) -> str:
    check(draft)
    took = []
    for _ in range(5):
        started = time.perf_counter()
        checked = check(draft)
        took.append((time.perf_counter() - started) * 1000)
    return (
        f"{name}: {len(draft)} characters, {len(checked.verdicts)} figures, median {sorted(took)[2]:.0f} ms"
    )


def draft_of(articles: Iterable[Article]) -> str:
    """A draft of so many characters: one sentence with figures from each article."""
    draft = ""
    for article in articles:
        cut = (article.text[s.start : s.end].strip() for s in sentences(article.text))
        one = next((s for s in cut if _NUMBER.search(s)), "")
        draft += f"{one[:150]}\n" if one else ""
        if len(draft) >= _DRAFT:
            break
    return draft[:_DRAFT]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--drafts", type=Path)
    parser.add_argument("--news", type=Path)
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wenshu = open_wenshu(Settings(home=Path(folder)))
        wenshu.ingest([ROOT / "seeds"], dense="none")
        seed = next(iter(wenshu.articles()))
        print(claims_over_the_seed(wenshu.check, seed.text))
        whole = subjects(words.fold(seed.text), seed.day)
        print("sentences of the seed, and with one thing wrong:")
        print(metamorphic((subject, wenshu.check) for subject in whole))
        print(timed("against the seed", wenshu.check, (seed.text * 2)[:_DRAFT]))
        if options.drafts:
            for name, marks in drafts(wenshu, read_rows(options.drafts)).items():
                caught, flagged = _share(marks["wrong"]), _share(marks["right"])
                print(f"drafts, {name}: wrong caught {caught}, right flagged {flagged}")
        news = read_news(options.news, options.articles) if options.news else []
        if news:
            print(f"sentences of {len(news)} news articles, and with one thing wrong:")
            print(metamorphic(pair for article in news for pair in of_article(wenshu, article, 3)))
        wenshu.close()
    if options.home and news:
        library = open_wenshu(Settings(home=options.home))
        print(timed("against the library", library.check, draft_of(news)))
        library.close()


if __name__ == "__main__":
    main()
