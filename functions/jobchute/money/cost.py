"""What a job may cost at most, and what it has cost, from quantities and prices. Pure.

Where one price of a job is unknown, its bound is unknown: a sum of the others would look like one.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from jobchute.money.amounts import micro_of, shown
from jobchute.money.prices import VOLUME, Prices
from jobchute.providers.charges import Charges, Instances

FIXED, COUNT, MIXED = "fixed", "count", "mixed"
"""Members of rates: dollars that a job is billed for beside the rest, its instances at most, and the price of a
second of instances of several types.
"""

SMALLEST = Decimal("1E-20")
NO_PRICES = "no prices are loaded; run: jobchute prices update"


class Cost(NamedTuple):
    """What a job may cost. bound: at most, in millionths of a dollar; None where it is unknown, and why.

    beyond: what is billed in addition, without a limit. priced: the date of the prices.
    rates: what an estimate after the end needs: dollars of an instance-second by instance type, of a token by
    `inputTokens` and `outputTokens`, FIXED, COUNT and MIXED, as decimal text.
    """

    bound: int | None
    unknown: str = ""
    beyond: str = ""
    priced: str = ""
    rates: Mapping[str, str] = {}

    @property
    def limit(self) -> int | None:
        """The bound of everything that the job is billed for; None where there is none."""
        return None if self.beyond else self.bound

    @property
    def why_unknown(self) -> str:
        """Empty where `limit` is known."""
        if self.bound is None:
            return self.unknown
        return f"{shown(self.bound)} plus {self.beyond}, which nothing limits" if self.beyond else ""

    def as_attribute(self) -> dict[str, Any]:
        """As the row of a job keeps it, without the rates."""
        said = {"bound": self.bound, "unknown": self.unknown, "beyond": self.beyond, "priced": self.priced}
        return {name: value for name, value in said.items() if value not in (None, "")}


def cost_of(charges: Charges, prices: Prices | None) -> Cost:
    """prices: None where none are loaded."""
    if prices is None:
        return Cost(None, unknown=charges.unknown or NO_PRICES)
    priced = prices.date
    if charges.unknown:
        return Cost(None, unknown=charges.unknown, priced=priced)
    missing = sorted({name for name in _names_in(charges) if prices.find(name) is None})
    if missing:
        unknown = f"no price is known of {', '.join(missing)}"[:300]
        return Cost(None, unknown=unknown, beyond=charges.beyond, priced=priced)
    run = max((_sum_of(group, prices) for group in charges.alternatives), default=Decimal(0)) * charges.seconds
    total = run + _fixed(charges, prices) + _reported(charges, prices)
    rates = _rates(charges, prices)
    return Cost(micro_of(total), beyond=charges.beyond, priced=priced, rates=rates)


def estimate_of(rates: Mapping[str, str], result: Mapping[str, Any]) -> int | None:
    """What an ended job has cost, by its provider's account of the end; None where that does not say it.

    result: the job's `result`. Without instance type, the dearest counts. A job that never started is free.
    """
    known = {name: Decimal(value) for name, value in rates.items()}
    fixed = known.pop(FIXED, Decimal(0))
    count = known.pop(COUNT, Decimal(0))
    if "inputTokens" in known:
        return _estimate_of_tokens(known, result)
    if not known:
        return None
    seconds = _instance_seconds(result, count)
    if seconds is None:
        return None
    kind = (result.get("instances") or {}).get("type")
    rate = known.get(str(kind), max(known.values()))
    return micro_of(seconds * rate + (fixed if seconds else 0))


def _names_in(charges: Charges) -> Iterable[str]:
    for each in (*(one for group in charges.alternatives for one in group), *charges.beside):
        yield f"{each.kind}/{each.type}"
        if each.volume_gb:
            yield f"{each.kind}/{VOLUME}"
    yield from (amount.price for amount in charges.amounts)


def _sum_of(group: Iterable[Instances], prices: Prices) -> Decimal:
    """Of a second of instances that run together, with their volumes."""
    return Decimal(sum(each.number * _rate(each, prices) for each in group))


def _kept(charges: Charges, prices: Prices) -> Decimal:
    """The instances after the job, by the dearest alternative; their volumes are not kept."""
    groups = charges.alternatives if charges.keep_alive else ()
    sums = (sum(each.number * _bare(each, prices) for each in group) for group in groups)
    return Decimal(max(sums, default=0)) * charges.keep_alive


def _fixed(charges: Charges, prices: Prices) -> Decimal:
    """What the provider does not report at the end: instances kept after the job or running beside it, and
    amounts.
    """
    beside = _sum_of(charges.beside, prices) * charges.seconds
    amounts = (each.amount * _price(each.price, prices) for each in charges.amounts if not each.is_reported)
    return _kept(charges, prices) + beside + Decimal(sum(amounts))


def _reported(charges: Charges, prices: Prices) -> Decimal:
    amounts = (each.amount * _price(each.price, prices) for each in charges.amounts if each.is_reported)
    return Decimal(sum(amounts))


def _rates(charges: Charges, prices: Prices) -> dict[str, str]:
    if not charges.is_told:
        return {}
    found: dict[str, Decimal] = {}
    for group in charges.alternatives:
        # Instances of several types run for the same time: an instance-second has their average price.
        name = group[0].type if len({each.type for each in group}) == 1 else MIXED
        average = _sum_of(group, prices) / sum(each.number for each in group)
        found[name] = max(average, found.get(name, Decimal(0)))
    for amount in charges.amounts:
        if amount.is_reported:
            found[amount.measure] = _price(amount.price, prices)
    if charges.alternatives:
        found[FIXED] = _fixed(charges, prices)
        found[COUNT] = Decimal(max(sum(one.number for one in group) for group in charges.alternatives))
    return {name: _text(value) for name, value in found.items() if value}


def _text(value: Decimal) -> str:
    """With as many digits as a billion seconds need, and no exponent."""
    return f"{value.quantize(SMALLEST):f}".rstrip("0").rstrip(".")


def _rate(instances: Instances, prices: Prices) -> Decimal:
    """Of a second of one instance, with its volume."""
    volume = instances.volume_gb * _price(f"{instances.kind}/{VOLUME}", prices) if instances.volume_gb else 0
    return _bare(instances, prices) + volume


def _bare(instances: Instances, prices: Prices) -> Decimal:
    return _price(f"{instances.kind}/{instances.type}", prices)


def _price(name: str, prices: Prices) -> Decimal:
    """Raises KeyError for an unknown price."""
    found = prices.find(name)
    if found is None:
        raise KeyError(name)
    return found.of_one


def _instance_seconds(result: Mapping[str, Any], count: Decimal) -> Decimal | None:
    billable = result.get("billableSeconds")
    if billable is not None:
        return Decimal(str(billable))
    started, ended = result.get("startedAt"), result.get("endedAt")
    if started is None:
        return Decimal(0) if ended is not None else None
    if ended is None:
        return None
    from datetime import datetime

    ran = datetime.fromisoformat(ended) - datetime.fromisoformat(started)
    return Decimal(str(max(ran.total_seconds(), 0))) * max(count, Decimal(1))


def _estimate_of_tokens(rates: Mapping[str, Decimal], result: Mapping[str, Any]) -> int | None:
    tokens = result.get("tokens") or {}
    if not {"input", "output"} <= tokens.keys():
        return None
    read, written = (Decimal(str(tokens[name])) for name in ("input", "output"))
    return micro_of(read * rates.get("inputTokens", 0) + written * rates.get("outputTokens", 0))
