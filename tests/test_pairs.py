"""Every pair of seeds/qa.yaml, asked of a real home that holds the seed article."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from knowledge.build import open_wenshu
from knowledge.schema import Status
from knowledge.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PAIRS = yaml.safe_load((ROOT / "seeds" / "qa.yaml").read_text(encoding="utf-8"))["pairs"]


@pytest.fixture(scope="module")
def wenshu(tmp_path_factory):
    service = open_wenshu(Settings(home=tmp_path_factory.mktemp("home")))
    service.ingest_bundled()
    yield service
    service.close()


@pytest.mark.parametrize("pair", PAIRS, ids=[pair["id"] for pair in PAIRS])
def test_pair(wenshu, pair):
    answer = wenshu.ask(pair["question"])
    assert answer.status == pair["status"], answer.reason
    if answer.status is Status.ABSTAINED:
        assert answer.text == ""
        assert answer.figures == ()
        return
    if "value" in pair:
        quantity = answer.figures[0].figure.quantity
        assert (quantity.value, quantity.unit) == (Decimal(pair["value"]), pair["unit"])
        assert quantity.modifier == pair.get("modifier", quantity.modifier)
    quotes = [citation.quote for citation in answer.citations]
    if "sentence" in pair:
        assert any(pair["sentence"] in quote for quote in quotes)
    for wanted in pair.get("contains", ()):
        assert any(wanted in text for text in (answer.text, *quotes))
    if "yes_no" in pair:
        assert answer.yes_no is (pair["yes_no"] == "yes")


def test_there_are_enough_pairs_of_both_kinds():
    assert len(PAIRS) >= 120
    assert sum(pair["status"] == "abstained" for pair in PAIRS) >= 25
