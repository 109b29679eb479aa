"""Where prices come from: AWS's price list, and files of prices that are not in it."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jobchute.cli.errors import CannotAskError
from jobchute.money.price_list import Query, prices_in, queries_for
from jobchute.money.prices import Price, decimal_of, key_of, problem_with
from jobchute.runtime import client

PAGE = 100
COLUMNS = ("name", "usd", "per")
FORMAT = "a list `prices` of entries with name, usd and per, and a `date`; or CSV with the header name,usd,per"


def listed(region: str) -> dict[str, Price]:
    """The prices of a region in AWS's price list."""
    found: dict[str, Price] = {}
    pricing = client("pricing")
    for query in queries_for(region):
        found |= prices_in(_products(pricing, query), region)
    return found


def in_file(path: Path) -> dict[str, Price]:
    """The prices in a file: YAML, JSON or CSV. Raises CannotAskError."""
    try:
        text = path.read_bytes().decode()
        said = _of_csv(text) if path.suffix.lower() == ".csv" else _of_yaml(text)
    except (OSError, ValueError) as error:
        raise CannotAskError(f"{path}: {' '.join(str(error).split())}") from error
    entries, date = said.get("prices"), str(said.get("date") or "")
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise CannotAskError(f"{path} is no file of prices: {FORMAT}")
    found: dict[str, Price] = {}
    for number, entry in enumerate(entries, start=1):
        name, price = _entry(f"{path}, price {number}", entry, date)
        if name in found:
            raise CannotAskError(f"{path}, price {number}: {entry['name']} has a price already")
        found[name] = price._replace(source=path.name)
    return found


def _entry(place: str, entry: Mapping[str, Any], date: str) -> tuple[str, Price]:
    unknown = [str(key) for key in entry if key not in COLUMNS]
    if unknown:
        raise CannotAskError(f"{place}: unknown {', '.join(unknown)}; an entry has {', '.join(COLUMNS)}")
    name, dollars, per = str(entry.get("name") or ""), entry.get("usd"), entry.get("per")
    problem = problem_with(name, dollars, per)
    amount = decimal_of(dollars)
    if problem is not None or amount is None:
        raise CannotAskError(f"{place}: {problem}")
    return key_of(name), Price(amount, str(per), date=date)


def _of_yaml(text: str) -> dict[str, Any]:
    """JSON is YAML."""
    import yaml

    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(error) from error
    return said if isinstance(said, dict) else {}


def _of_csv(text: str) -> dict[str, Any]:
    rows = csv.DictReader(io.StringIO(text))
    if rows.fieldnames is None or tuple(rows.fieldnames) != COLUMNS:
        raise ValueError(f"the first line must be {','.join(COLUMNS)}")
    return {"prices": [*rows]}


def _products(pricing: Any, query: Query) -> Iterator[str]:
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in query.filters.items()]
    pages = pricing.get_paginator("get_products").paginate(
        ServiceCode=query.service, Filters=filters, FormatVersion="aws_v1", PaginationConfig={"PageSize": PAGE}
    )
    for page in pages:
        yield from (str(text) for text in page["PriceList"])
