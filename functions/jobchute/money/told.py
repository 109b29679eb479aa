"""The cost of a job as status documents, events and `--json` say it: in dollars. Pure."""

from collections.abc import Mapping
from typing import Any

from jobchute.money.amounts import dollars_of, micro_of_number, shown


def told(cost: Mapping[str, Any], estimate: int | None) -> dict[str, Any]:
    """cost: the attribute of a row."""
    amounts = {"bound": cost.get("bound"), "estimate": estimate}
    found: dict[str, Any] = {name: dollars_of(value) for name, value in amounts.items() if value is not None}
    rest = {name: cost[name] for name in ("unknown", "beyond", "priced") if name in cost}
    return {**found, "currency": "USD", **rest}


def words_of(cost: Mapping[str, Any]) -> str:
    """For people. cost: as `told` says it."""
    if "estimate" in cost:
        return f"about {_shown(cost['estimate'])}"
    if "bound" not in cost:
        return f"unknown cost: {cost['unknown']}"
    beyond = f" plus {cost['beyond']}" if "beyond" in cost else ""
    return f"at most {_shown(cost['bound'])}{beyond}"


def _shown(dollars: float) -> str:
    return shown(micro_of_number(dollars))
