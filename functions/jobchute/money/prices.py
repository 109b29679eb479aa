"""The prices of a deployment: its table of rates, with the date of each source. Pure.

A price has a name: `KIND/WHAT`, as `sagemaker:training/ml.m5.large`. Names that people and price lists write
in several ways (devices, models) are compared by `key_of`. A price that is not in the table is unknown.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, Self

UNITS: Mapping[str, int] = {
    "hour": 3600,
    "minute": 60,
    "second": 1,
    "GB-month": 730 * 3600,
    "1K tokens": 1000,
    "1M tokens": 1_000_000,
    "task": 1,
    "shot": 1,
}
"""How many of what is counted (seconds, gigabyte-seconds, tokens) one unit of a price has."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "sagemaker:training": ("hour", "minute", "second"),
    "sagemaker:processing": ("hour", "minute", "second"),
    "sagemaker:transform": ("hour", "minute", "second"),
    "braket:job": ("hour", "minute", "second"),
    "braket:task": ("task",),
    "braket:shot": ("shot",),
    "braket:simulator": ("hour", "minute", "second"),
    "bedrock:input": ("1K tokens", "1M tokens"),
    "bedrock:output": ("1K tokens", "1M tokens"),
    "fireworks:rank": ("hour", "minute", "second"),
    "fireworks:input": ("1K tokens", "1M tokens"),
    "fireworks:output": ("1K tokens", "1M tokens"),
}
"""The kinds of prices, and the units that a price of each may be in."""

VOLUME = "volume"
BY_SLUG = ("braket:task", "braket:shot", "braket:simulator", "bedrock:input", "bedrock:output")
AREAS = re.compile(r"(us|eu|apac|global|us-gov|jp|au|ca)\.")
VERSION = re.compile(r"(-[0-9]{8})?(-v[01]|-1(?=:))?(:[0-9a-z]+)*$")
LATER_VERSION = re.compile(r"(-[0-9]{8})?-(v[0-9]+)(:[0-9a-z]+)*$")


class Price(NamedTuple):
    """dollars: of one unit. source: where it is from: a SKU of AWS's price list, or the name of a file.

    date: of the source, as `2026-11-27`.
    """

    dollars: Decimal
    per: str
    source: str = ""
    date: str = ""

    @property
    def of_one(self) -> Decimal:
        """The price of one second, gigabyte-second, token, task or shot."""
        return self.dollars / UNITS[self.per]


class Prices(NamedTuple):
    """table: by the keys of names. date: when the table was loaded, as `2026-11-27`. region: whose prices."""

    table: Mapping[str, Price]
    date: str
    region: str = ""

    def find(self, name: str) -> Price | None:
        """None for an unknown price."""
        return self.table.get(key_of(name))

    def to_json(self) -> str:
        rows = {name: [str(each.dollars), *each[1:]] for name, each in sorted(self.table.items())}
        return json.dumps([self.date, self.region, rows], separators=(",", ":"))

    @classmethod
    def of_json(cls, text: str) -> Self:
        date, region, rows = json.loads(text)
        table = {name: Price(Decimal(dollars), *rest) for name, (dollars, *rest) in rows.items()}
        return cls(table, date, region)


def key_of(name: str) -> str:
    """The name by which a price is kept: `bedrock:input/Nova Pro` is that of `amazon.nova-pro-v1:0` too."""
    kind, _, what = name.partition("/")
    if kind not in BY_SLUG:
        return name
    what = what.rpartition("/")[2]
    return f"{kind}/{_slug(model_name(what) if kind.startswith('bedrock:') else what)}"


def model_name(model_id: str) -> str:
    """A model's id without its area, provider, date and first version: `nova-pro` of `us.amazon.nova-pro-v1:0`.

    A later version stays, as price lists write it: `claude-3-5-sonnet-v2`.
    """
    name = AREAS.sub("", model_id, count=1) if AREAS.match(model_id) else model_id
    provider, dot, rest = name.partition(".")
    name = rest if dot and provider.isalnum() and " " not in rest else name
    later = LATER_VERSION.search(name)
    if later is not None and later[2] not in ("v0", "v1"):
        return f"{name[: later.start()]}-{later[2]}"
    return VERSION.sub("", name)


def problem_with(name: str, dollars: object, per: object) -> str | None:
    """What is wrong with a price that a person wrote; None if nothing is."""
    kind, slash, what = name.partition("/")
    if kind not in KINDS or not slash or not what:
        return f"{name!r} is not the name of a price: KIND/NAME with one of {', '.join(KINDS)}"
    units = ("GB-month",) if what == VOLUME else KINDS[kind]
    if per not in units:
        return f"{name}: `per` must be {' or '.join(units)}, not {per!r}"
    amount = decimal_of(dollars)
    if amount is None or amount <= 0:
        return f"{name}: `usd` must be a number above 0, not {dollars!r}; leave out a price that is not known"
    return None


def decimal_of(value: object) -> Decimal | None:
    """None for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
