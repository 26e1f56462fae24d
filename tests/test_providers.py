"""A model by its setting: what it is made of, and what is wrong with a setting that makes none."""

import logging
import sys
from collections.abc import Callable
from types import ModuleType

import pytest
from langchain_core.language_models import BaseChatModel, FakeListChatModel
from langchain_openai import ChatOpenAI

from knowledge import providers
from knowledge.errors import SettingError

KEY = "sk-key-of-the-user"
URL = "http://127.0.0.1:9/v1"


def started(name: str, *, url: str = "", key: str = KEY) -> BaseChatModel:
    return providers.start(name, url=url, key=key, seconds=12.5, answer_tokens=345)


def wrong(name: str, **given: str) -> SettingError:
    """What is wrong with a setting; it always names the setting and never the key."""
    with pytest.raises(SettingError) as raised:
        started(name, **given)
    problem = raised.value
    assert problem.item == "WENSHU_MODEL"
    assert KEY not in f"{problem} {problem!r}"
    return problem


@pytest.fixture(autouse=True)
def _no_key_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_API_BASE",
        "OPENAI_ORG_ID",
        "ANTHROPIC_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)


def test_a_provider_and_a_model_make_its_client() -> None:
    made = started("openai:gpt-4o-mini")
    assert isinstance(made, ChatOpenAI)
    assert made.model_name == "gpt-4o-mini"
    assert (made.request_timeout, made.max_tokens, made.max_retries) == (12.5, 345, 0)
    assert (made.temperature, made.stream_usage) == (0, True)
    assert made.openai_api_key is not None
    assert made.openai_api_key.get_secret_value() == KEY


def test_a_model_may_have_colons_in_its_name() -> None:
    made = started("openai:qwen3:8b", url=URL)
    assert isinstance(made, ChatOpenAI)
    assert made.model_name == "qwen3:8b"


def test_a_server_of_ones_own_is_told_the_length_in_the_older_words_too() -> None:
    own, theirs = started("openai:deepseek-chat", url=URL), started("openai:gpt-4o-mini")
    assert isinstance(own, ChatOpenAI)
    assert isinstance(theirs, ChatOpenAI)
    assert (own.openai_api_base, own.extra_body) == (URL, {"max_tokens": 345})
    assert theirs.extra_body is None


def test_a_model_that_takes_no_temperature_is_told_none() -> None:
    made = started("openai:gpt-5-mini")
    assert (made.profile or {}).get("temperature") is False, "its profile changed: name another"
    assert isinstance(made, ChatOpenAI)
    assert made.temperature is None


def test_the_key_may_stand_in_the_providers_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    made = started("openai:gpt-4o-mini", key="")
    assert isinstance(made, ChatOpenAI)
    assert made.openai_api_key is not None
    assert made.openai_api_key.get_secret_value() == "sk-from-the-environment"


def test_no_key_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        problem = wrong("openai:gpt-4o-mini", key="")
    assert problem.code == "model_unstartable"
    assert "WENSHU_MODEL_KEY" in str(problem)


def test_the_key_is_not_in_what_a_model_shows() -> None:
    assert KEY not in repr(started("openai:gpt-4o-mini", url=URL))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_anthropic", None)
    problem = wrong("anthropic:claude-sonnet-4-5")
    assert problem.code == "model_not_installed"
    assert "pip install langchain-anthropic" in str(problem)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "openai",
        "openai:",
        ":gpt-4o-mini",
        "nobody:model",
        "no.such.module:Model",
        "knowledge.errors:SettingError",
        "knowledge.errors:Nothing",
        "knowledge.errors:WenshuError",
        "json:JSONDecoder",
        ".relative:Model",
        "json.:JSONDecoder",
        "langchain_core.language_models:BaseChatModel",
    ],
)
def test_a_name_of_neither_form_is_wrong(name: str) -> None:
    problem = wrong(name)
    assert problem.code == "model_wrong"
    assert repr(name) in str(problem)


# -- classes of one's own


class Own(FakeListChatModel):
    def __init__(self) -> None:
        super().__init__(responses=["好"])


def raising(problem: Exception) -> type[BaseChatModel]:
    class Raising(Own):
        def __init__(self) -> None:
            raise problem

    return Raising


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Callable[[type], str]:
    """Puts a class into a module that can be imported; the setting that names it."""

    def hold(cls: type) -> str:
        module = ModuleType("models_of_ones_own")
        module.Model = cls  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "models_of_ones_own", module)
        return "models_of_ones_own:Model"

    return hold


def test_a_class_of_ones_own_is_made(held: Callable[[type], str]) -> None:
    assert isinstance(started(held(Own)), Own)


def test_a_class_that_is_no_chat_model_is_wrong(held: Callable[[type], str]) -> None:
    assert wrong(held(dict)).code == "model_wrong"


@pytest.mark.parametrize("problem", [ValueError(KEY), TypeError(KEY), RuntimeError(KEY)])
def test_a_class_that_cannot_be_made_is_said(held: Callable[[type], str], problem: Exception) -> None:
    assert wrong(held(raising(problem))).code == "model_unstartable"


def test_a_class_of_a_provider_wants_its_key_too() -> None:
    assert wrong("langchain_openai:ChatOpenAI").code == "model_unstartable"
