"""Prices for every sample: those of the simulator's list, and a file for what is not in it."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import boto3

from jobchute.job import Api
from jobchute.ledger.price_rows import PriceRow
from jobchute.money.prices import KINDS, VOLUME
from jobchute.providers.charges import Charges, charges_of
from tests.e2e.tool import said
from tests.paths import EXAMPLES

TOKENS = {"inputTokens": 1_000_000, "outputTokens": 500_000}
"""What a document of the samples says that its batch uses at most."""
VALID = sorted(EXAMPLES.glob("valid/*/*.json"))


def load_prices(table: str, folder: Path) -> None:
    said("prices", "update")
    listed = PriceRow(boto3.client("dynamodb"), table).get()
    assert listed is not None
    missing = sorted(name for name in _names_in_samples() if listed.find(name) is None)
    file = folder / "prices.json"
    file.write_text(json.dumps({"prices": [_entry(name) for name in missing]}))
    said("prices", "update", str(file))


def usage_of(api: str, request: Mapping[str, Any]) -> Mapping[str, int]:
    """Of what is billed by tokens."""
    is_by_usage = (
        charges_of(Api(api), request, {}).unknown and not charges_of(Api(api), request, TOKENS).unknown
    )
    return TOKENS if is_by_usage else {}


def _names_in_samples() -> set[str]:
    examples = (json.loads(path.read_text()) for path in VALID)
    charges = (
        charges_of(each["api"], each["request"], usage_of(each["api"], each["request"])) for each in examples
    )
    return {name for each in charges for name in _names_in(each)}


def _names_in(charges: Charges) -> Iterable[str]:
    for each in (*(one for group in charges.alternatives for one in group), *charges.beside):
        yield f"{each.kind}/{each.type}"
        yield f"{each.kind}/{VOLUME}"
    yield from (amount.price for amount in charges.amounts)


def _entry(name: str) -> dict[str, Any]:
    kind, _, what = name.partition("/")
    return {"name": name, "usd": 2, "per": "GB-month" if what == VOLUME else KINDS[kind][0]}
