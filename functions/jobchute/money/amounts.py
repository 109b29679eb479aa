"""Amounts of money: whole millionths of a US dollar, so that sums are exact and the ledger can compare them."""

from decimal import ROUND_CEILING, Decimal

MICRO = 1_000_000
EXACT = Decimal("1E-9")
"""Of a dollar: so exact is a sum of rates that were divided, as an hour's price is for a second."""


def micro_of(dollars: Decimal) -> int:
    """Rounded up: an amount never stands for less than it is."""
    return int((dollars.quantize(EXACT) * MICRO).to_integral_value(ROUND_CEILING))


def micro_of_number(value: float) -> int:
    """Of a number as a person wrote it in JSON or YAML: 0.1 is 100,000."""
    return micro_of(Decimal(str(value)))


def dollars_of(micro: int) -> float:
    """For JSON: at most six decimals."""
    return micro / MICRO


def shown(micro: int) -> str:
    """For people: `$12.50`; with more decimals if the amount is below a cent or has a part of one."""
    text = f"{Decimal(micro) / MICRO:,.6f}"
    whole, _, part = text.partition(".")
    return f"${whole}.{part.rstrip('0').ljust(2, '0')}"
