"""The cost of a job as status documents, events and `--json` say it: in dollars. Pure."""

from collections.abc import Mapping
from typing import Any

from jobchute.money.amounts import dollars_of


def told(cost: Mapping[str, Any], estimate: int | None) -> dict[str, Any]:
    """cost: the attribute of a row."""
    amounts = {"bound": cost.get("bound"), "estimate": estimate}
    found: dict[str, Any] = {name: dollars_of(value) for name, value in amounts.items() if value is not None}
    rest = {name: cost[name] for name in ("unknown", "beyond", "priced") if name in cost}
    return {**found, "currency": "USD", **rest}
