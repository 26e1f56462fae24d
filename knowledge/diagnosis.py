"""What the doctor finds: the state of every part, each looked at by itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from knowledge.errors import IndexStateError, WenshuError
from knowledge.parts import Parts


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The state of one part.

    Attributes:
        part: home, catalog, lexical, embedder, vectors or model.
        ok: True if nothing is to be done.
        facts: What there is, by name.
        problem: What is wrong and how to mend it, or None.
    """

    part: str
    ok: bool
    facts: dict[str, str | int] = field(default_factory=dict)
    problem: WenshuError | None = None


def diagnose(parts: Parts) -> tuple[Diagnosis, ...]:
    """What is configured, reachable and indexed, part by part, and how to mend what is not."""
    return tuple(_examined(part, look) for part, look in _looks(parts))


_Facts = dict[str, str | int]


def _looks(parts: Parts) -> tuple[tuple[str, Callable[[], _Facts]], ...]:
    """What to look at, each by itself: one broken part hides no other."""
    return (
        ("home", lambda: _home_facts(parts)),
        ("catalog", lambda: _catalog_facts(parts)),
        ("lexical", lambda: _lexical_facts(parts)),
        ("embedder", lambda: _embedder_facts(parts)),
        ("vectors", lambda: _vector_facts(parts)),
        *((("model", lambda: _model_facts(parts)),) if parts.writes else ()),
    )


def _examined(part: str, look: Callable[[], _Facts]) -> Diagnosis:
    try:
        return Diagnosis(part, ok=True, facts=look())
    except WenshuError as e:
        return Diagnosis(part, ok=False, problem=e)


def _home_facts(parts: Parts) -> _Facts:
    with parts.home.writing():
        return {"path": str(parts.home.path)}


def _catalog_facts(parts: Parts) -> _Facts:
    catalog = parts.catalog
    catalog.check()
    parts.cutter()
    if catalog.n_unindexed or catalog.stale("lexical"):
        message = f"{parts.home.path}: an earlier ingest was cut short; run `wenshu ingest` on any path to finish it"
        raise IndexStateError(message, item=str(parts.home.path), code="unfinished")
    return {
        "articles": catalog.n_articles,
        "passages": catalog.n_passages,
        "encoding": parts.settings.encoding,
    }


def _lexical_facts(parts: Parts) -> _Facts:
    got, expected = parts.lexical.n_passages, parts.catalog.n_passages
    if got != expected and not parts.catalog.n_unindexed and not parts.catalog.stale("lexical"):
        raise _differs("lexical", str(parts.home.lexical), expected, got)
    return {"passages": got}


def _embedder_facts(parts: Parts) -> _Facts:
    parts.check_embedder()
    return {"embedder": parts.settings.embedder, "dimension": len(parts.embedder.question("问数"))}


def _vector_facts(parts: Parts) -> _Facts:
    url, expected = parts.settings.chroma_url, parts.catalog.n_embedded
    got = parts.vectors.n_passages
    if got < expected:
        raise _differs("vectors", url or str(parts.home.vectors), expected, got)
    return {"passages": expected, "of": parts.catalog.n_passages, "server": url}


def _model_facts(parts: Parts) -> _Facts:
    """Asks the model for a word: only that shows that key, name and address are right."""
    from knowledge.bundle import bundled
    from knowledge.prompts import Prompts

    model, started = parts.chat_model, perf_counter()
    assert model is not None  # noqa: S101 -- there is one
    model.text(Prompts(bundled("prompts")).get("ping").messages())
    took = round((perf_counter() - started) * 1000)
    return {
        "embedder": model.name,
        "server": parts.settings.model_url,
        "output": "structured" if model.is_structured else "text",
        "took_ms": took,
    }


def _differs(index: str, item: str, expected: int, got: int) -> IndexStateError:
    message = f"{item}: expected {expected} passages, got {got}; mend it with `wenshu ingest --rebuild`"
    return IndexStateError(message, item=item, code=index)
