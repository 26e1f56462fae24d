"""Reading regression pairs (YAML) and the results of an earlier run (JSON)."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from bot.evaluate import Pair
from knowledge.errors import UsageError
from knowledge.schema import Modifier, Status

MAX_FILE_BYTES = 20_000_000
"""A larger file is no list of pairs."""

_VERDICTS = {"yes": "yes", "no": "no", "True": "yes", "False": "no", "": ""}
"""YAML reads a bare yes as true."""


def bundled() -> Path:
    """The pairs over the bundled seeds.

    Raises:
        UsageError: They were not installed.
    """
    from knowledge.build import bundled as bundled_folder

    return bundled_folder("seeds") / "qa.yaml"


def read(path: Path) -> tuple[Pair, ...]:
    """The pairs of a file, each id once.

    Raises:
        UsageError: The file can't be read, is no YAML, or holds something else than pairs.
    """
    entries = _document(path).get("pairs")
    if not isinstance(entries, list) or not entries:
        raise _invalid(path, "expected a list under 'pairs'")
    pairs = tuple(_pair(entry, path, number) for number, entry in enumerate(entries, 1))
    if len({pair.id for pair in pairs}) < len(pairs):
        raise _invalid(path, "expected every id once")
    return pairs


def read_baseline(path: Path) -> Mapping[str, bool]:
    """Which pairs were right in an earlier run, by id.

    Raises:
        UsageError: The file is not what `wenshu eval --json` prints.
    """
    try:
        outcomes = json.loads(_text(path))["outcomes"]
        return {str(outcome["id"]): bool(outcome["right"]) for outcome in outcomes}
    except (ValueError, KeyError, TypeError) as problem:
        message = f"{path}: expected what `wenshu eval --json` prints"
        raise UsageError(message, item=str(path), code="baseline_invalid") from problem


def _document(path: Path) -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(_text(path), Loader=loader)  # noqa: S506 -- both are safe loaders
    except yaml.YAMLError as problem:
        raise _invalid(path, "expected YAML") from problem
    if not isinstance(document, dict):
        raise _invalid(path, "expected a mapping")
    return document


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _invalid(path, f"expected at most {MAX_FILE_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path}: can't be read", item=str(path), code="file_unreadable") from problem


def _pair(entry: Any, path: Path, number: int) -> Pair:
    try:
        value = entry.get("value")
        return Pair(
            id=str(entry["id"]),
            question=str(entry["question"]),
            status=Status(entry["status"]),
            value=None if value is None else Decimal(str(value)),
            unit=None if entry.get("unit") is None else str(entry["unit"]),
            modifier=Modifier(entry["modifier"]).value if entry.get("modifier") else "",
            sentence=str(entry.get("sentence") or ""),
            contains=_strings(entry.get("contains")),
            yes_no=_VERDICTS[str(entry.get("yes_no", ""))],
            tags=_strings(entry.get("tags")),
        )
    except (AttributeError, KeyError, ValueError, TypeError, InvalidOperation) as problem:
        raise _invalid(path, f"pair {number}: {problem}") from problem


def _strings(values: Any) -> tuple[str, ...]:
    if values is None:
        return ()
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise TypeError(f"expected a list, got {values!r}")
    return tuple(str(value) for value in values)


def _invalid(path: Path, expected: str) -> UsageError:
    return UsageError(f"{path}: {expected}", item=f"{path}（{expected}）", code="pairs_invalid")
