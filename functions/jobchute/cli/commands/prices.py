"""jobchute prices: what providers charge, as this deployment knows it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, Stack
from jobchute.cli.output import counted, print_json, say

if TYPE_CHECKING:
    from jobchute.ledger.price_rows import PriceRow
    from jobchute.money.prices import Price

app = typer.Typer(help="The prices from which the costs of jobs are computed.", no_args_is_help=True)

PriceFiles = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE",
        help="Files of prices (YAML, JSON or CSV), which take the place of listed ones.",
        show_default=False,
    ),
]
Region = Annotated[
    str | None, typer.Option(help="The region whose prices are read. Default: the stack's.", show_default=False)
]
FilesOnly = Annotated[bool, typer.Option("--files-only", help="Do not read AWS's price list.")]
Word = Annotated[
    str | None,
    typer.Argument(metavar="WORD", help="Only prices whose name has this word.", show_default=False),
]


@app.command("update", short_help="Load prices into the deployment.")
def update(
    files: PriceFiles = None,
    region: Region = None,
    files_only: FilesOnly = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Read AWS's price list and files of other prices into the deployment, in place of all that were loaded.

    It takes your permission for pricing:GetProducts, and to write to the table. Functions use the prices within
    half a minute; jobs that were accepted before keep theirs.
    """
    from jobchute.cli.price_sources import in_file, listed
    from jobchute.job import iso
    from jobchute.money.prices import Prices
    from jobchute.runtime import current

    if files_only and not files:
        raise typer.BadParameter("with --files-only, give at least one file")
    given = [in_file(file) for file in files or ()]
    region = region or _region_of(stack)
    table: dict[str, Price] = {} if files_only else listed(region)
    for prices in given:
        table |= prices
    if not table:
        raise AnswerIsNoError(f"the price list has no prices for {region}; nothing was changed")
    now = iso(current().clock.now())
    _row(stack).put(Prices(table, date=now[:10], region=region), loaded_at=now)
    if as_json:
        print_json({"region": region, "date": now[:10], "prices": len(table)})
    else:
        say(f"{counted(len(table), 'price')} of {region} loaded, dated {now[:10]}; see: jobchute prices list")


@app.command("list", short_help="List the prices in force.")
def list_prices(word: Word = None, stack: Stack = None, as_json: AsJson = False) -> None:
    """List the prices that are loaded. A price that is not in the list is unknown."""
    prices = _row(stack).get()
    if prices is None:
        raise AnswerIsNoError("no prices are loaded; run: jobchute prices update")
    wanted = (word or "").lower()
    rows = [(name, price) for name, price in sorted(prices.table.items()) if wanted in name.lower()]
    if as_json:
        for name, price in rows:
            print_json({"name": name, "usd": float(price.dollars), **_said(price), "loaded": prices.date})
        return
    if sys.stdout.isatty():
        say(f"prices of {prices.region}, loaded {prices.date}")
    _print(rows)


def _print(rows: "list[tuple[str, Price]]") -> None:
    from jobchute.cli.columns import Column, cut_middle
    from jobchute.cli.tables import print_lines

    columns = (
        Column("PRICE", 30, cut=cut_middle),
        Column("USD", len("0.00007500"), rank=1),
        Column("PER", len("1K tokens"), rank=2),
        Column("DATE", len("2026-11-27"), rank=3),
        Column("SOURCE", 16, rank=4),
    )
    lines = [(name, f"{price.dollars:f}", price.per, price.date, price.source) for name, price in rows]
    print_lines(columns, lines)


def _said(price: "Price") -> dict[str, str]:
    said = {"per": price.per, "source": price.source, "date": price.date}
    return {name: value for name, value in said.items() if value}


def _row(stack: str | None) -> "PriceRow":
    from jobchute.cli.deployment import deployment_of
    from jobchute.ledger.price_rows import PriceRow
    from jobchute.runtime import client

    return PriceRow(client("dynamodb"), deployment_of(stack).table)


def _region_of(stack: str | None) -> str:
    """Of the deployment: its state machine's ARN names it."""
    from jobchute.cli.deployment import deployment_of

    return deployment_of(stack).state_machine_arn.split(":")[3]
