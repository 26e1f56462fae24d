"""CHANGELOG.md keeps the form of Keep a Changelog and knows the version."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_releases_are_dated_and_fall():
    headings = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    releases = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}", heading) for heading in headings[1:]]
    assert all(releases)
    versions = [Version(release[1]) for release in releases]
    assert all(newer > older for newer, older in pairwise(versions))


def test_sections_are_the_known_ones_and_hold_entries():
    for title, body in re.findall(r"^### (.+)\n((?:(?!^#).*\n?)*)", TEXT, re.MULTILINE):
        assert title in SECTIONS
        assert re.search(r"^- \S", body, re.MULTILINE), f"{title} is empty"


def test_the_version_is_not_behind_the_changelog():
    version = Version(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    )
    released = [Version(found) for found in re.findall(r"^## \[(\d[\d.]+)\]", TEXT, re.MULTILINE)]
    assert all(version >= each for each in released)
