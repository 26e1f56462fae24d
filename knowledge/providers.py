"""A language model by setting: any chat model that LangChain can start.  Sole importer of langchain."""

from collections.abc import Mapping
from importlib import import_module
from inspect import isabstract
from typing import Any

from langchain_core.language_models import BaseChatModel

from knowledge.errors import SettingError


def start(name: str, *, url: str, key: str, seconds: float, answer_tokens: int) -> BaseChatModel:
    """The chat model of a setting; nothing is sent.

    Args:
        name: `PROVIDER:MODEL` as LangChain names them, or `module:Class` of any LangChain chat model.
        url: Address of the server; empty for the provider's own.
        key: Its key; empty for what the provider's own environment variable holds.
        seconds: How long a call may take.
        answer_tokens: Tokens of a reply at most.

    Raises:
        SettingError: The name is of neither form, its package is not installed, or the key is missing.
    """
    provider, _, model = name.partition(":")
    if not provider or not model:
        raise _wrong(name)
    given: dict[str, Any] = {
        "timeout": seconds,
        "max_retries": 0,  # tries are ours: one policy for all providers, within one deadline
        "max_tokens": answer_tokens,
        "temperature": 0,
        "stream_usage": True,
        **({"base_url": url} if url else {}),
        # OpenAI's newer name for the same is sent of itself; servers that only speak like it know the older one.
        **({"extra_body": {"max_tokens": answer_tokens}} if url and provider == "openai" else {}),
        **({"api_key": key} if key else {}),
    }
    made = _started(name, provider, model, given)
    if (made.profile or {}).get("temperature") is False:
        given.pop("temperature")
        made = _started(name, provider, model, given)
    return made


def _started(name: str, provider: str, model: str, given: Mapping[str, Any]) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        made: BaseChatModel = init_chat_model(model, model_provider=provider, **given)
    except ImportError as e:
        package = f"langchain-{provider.replace('_', '-')}"
        message = (
            f"model: expected the package of {provider!r}, got none ({e}); install it: pip install {package}"
        )
        raise SettingError(message, item="WENSHU_MODEL", code="model_not_installed") from e
    except ValueError as e:
        if "rovider" not in str(e):
            raise _no_key(name) from e
        return _of_class(name, provider, model)
    except Exception as e:
        raise _no_key(name) from e
    return made


def _of_class(name: str, module: str, cls: str) -> BaseChatModel:
    try:
        found = getattr(import_module(module), cls, None)
    except Exception as e:
        raise _wrong(name) from e
    if not (isinstance(found, type) and issubclass(found, BaseChatModel)) or isabstract(found):
        raise _wrong(name)
    try:
        return found()
    except Exception as e:
        message = (
            f"model {name}: expected a class that is made without arguments, got {type(e).__name__}; "
            f"give it what it needs in its own environment variables"
        )
        raise SettingError(message, item="WENSHU_MODEL", code="model_unstartable") from e


def _no_key(name: str) -> SettingError:
    message = (
        f"model {name}: can't be started; set WENSHU_MODEL_KEY, and for a server of your own WENSHU_MODEL_URL"
    )
    return SettingError(message, item="WENSHU_MODEL", code="model_unstartable")


def _wrong(name: str) -> SettingError:
    message = (
        f"model: expected PROVIDER:MODEL (openai:deepseek-chat, ollama:qwen3) or module:Class of a LangChain "
        f"chat model, got {name!r}; change the setting"
    )
    return SettingError(message, item="WENSHU_MODEL", code="model_wrong")
