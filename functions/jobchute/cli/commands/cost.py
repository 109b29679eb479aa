"""jobchute cost"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from jobchute.cli.errors import CannotAskError
from jobchute.cli.output import print_json, say

if TYPE_CHECKING:
    from jobchute.cli.idle_cost import Item
    from jobchute.cli.job_cost import Prices

DATA = Path(__file__).parents[1]
PRICES, COUNTS = DATA / "prices.yaml", DATA / "counts.json"
"""Counts are written by tools/counts.py."""
IDLE_COUNTS = DATA / "idle_counts.json"
"""Written by tools/idle.py."""
HAPPY = "succeeds"
MAX_NAMED = 5
"""The number of wrong members of a file that a message names."""
PER = 1000

Table = dict[str, dict[str, float]]


class Counts(NamedTuple):
    """What jobs take, by API and case.

    source: what they were counted on. date: of the count. version: of Jobchute.
    """

    source: str
    date: str
    version: str
    jobs: list[dict[str, Any]]

    def told(self) -> dict[str, str]:
        """Where they are from."""
        return {"source": self.source, "date": self.date, "version": self.version}

    @classmethod
    def read(cls) -> "Counts":
        return cls(**json.loads(COUNTS.read_text()))


PricesFile = Annotated[
    Path | None,
    typer.Option("--prices", metavar="FILE", help="A file of other prices, in the format of prices.yaml."),
]
Idle = Annotated[bool, typer.Option("--idle", help="Show what a deployment costs per month without jobs.")]
Template = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="With --idle: your own template, as `cdk synth` writes it to cdk.out.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def cost(
    prices_file: PricesFile = None, idle: Idle = False, template: Template = None, as_json: AsJson = False
) -> None:
    """Show what 1,000 jobs cost on AWS, beside polling loops and .sync. Providers' prices are not included."""
    prices = read_prices(prices_file or PRICES)
    if idle or template is not None:
        _print_idle(_idle_items(prices, template), prices, as_json)
        return
    counts = Counts.read()
    tracked, compared = _by_case(counts.jobs, prices), _by_duration(counts.jobs, prices)
    if as_json:
        answer = {"prices": str(prices.date), "counts": counts.told(), "per": PER}
        print_json({**answer, "jobs": tracked, "compared": compared})
        return
    say(f"US$ per {PER:,} jobs, {prices.region}, prices of {prices.date}")
    say(f"Counts of {counts.date}, version {counts.version}: one job alone; {counts.source}.")
    typer.echo()
    _print(tracked)
    typer.echo("\nThe same job by duration, compared with other ways to track it:\n")
    _print(compared)
    typer.echo("\nNot included for Jobchute: the rows that the sweep reads, 0.01 for each day that jobs run.")
    typer.echo("A loop of 30 s writes 25,000 history events in 23 h; Step Functions then ends its execution.")


def _idle_items(prices: "Prices", template: Path | None) -> "list[Item]":
    from jobchute.cli.idle_cost import IdleCounts, IdlePrices, counts_of, items_of

    if prices.idle is None:
        raise CannotAskError("the prices have no section `idle`; copy it from prices.yaml of the package")
    if template is None:
        counts = IdleCounts(**json.loads(IDLE_COUNTS.read_text()))
    else:
        try:
            counts = counts_of(json.loads(template.read_text()))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise CannotAskError(f"{template} is not a CloudFormation template: {error}") from error
    return items_of(counts, prices, IdlePrices.model_validate(prices.idle))


def _print_idle(items: "list[Item]", prices: "Prices", as_json: bool) -> None:
    total = sum(item.dollars for item in items)
    beyond = sum(item.dollars_beyond_free for item in items)
    if as_json:
        lines = [
            {
                "what": item.what,
                "quantity": item.quantity,
                "dollars": item.dollars,
                "dollarsBeyondFree": item.dollars_beyond_free,
            }
            for item in items
        ]
        answer = {"prices": str(prices.date), "items": lines, "dollars": total, "dollarsBeyondFree": beyond}
        print_json(answer)
        return
    say(f"US$ per month without jobs, {prices.region}, prices of {prices.date}")
    say()
    say(f"{'':36}{'quantity':>14}{'list price':>14}{'beyond free':>14}")
    for item in items:
        say(f"{item.what:36}{item.quantity:14,.6g}{item.dollars:14.2f}{item.dollars_beyond_free:14.2f}")
    say(f"{'together':36}{'':14}{total:14.2f}{beyond:14.2f}")
    typer.echo("\nThe free amounts apply once per account. Not included: storage, and what jobs add.")


def read_prices(path: Path) -> "Prices":
    import yaml
    from pydantic import ValidationError

    from jobchute.cli.job_cost import Prices

    try:
        return Prices.model_validate(yaml.safe_load(path.read_text()))
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, each["loc"])) for each in error.errors()[:MAX_NAMED])
        raise CannotAskError(f"{path} is not in the format of prices.yaml; check: {wrong}") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CannotAskError(f"{path}: {' '.join(str(error).split())}") from error


def _by_case(counts: Sequence[dict[str, Any]], prices: "Prices") -> Table:
    """US$ by API and case."""
    from jobchute.cli.job_cost import Usage
    from jobchute.cli.job_cost import cost as cost_of

    table: Table = {}
    for row in counts:
        table.setdefault(row["api"], {})[row["case"]] = PER * cost_of(Usage.of_counts(row), prices)
    return table


def _by_duration(counts: Sequence[dict[str, Any]], prices: "Prices") -> Table:
    """US$ by way to track a job, and duration. For Jobchute: the most expensive API."""
    from jobchute.cli.job_cost import DURATIONS, Usage, polling, sync
    from jobchute.cli.job_cost import cost as cost_of

    ours = max(cost_of(Usage.of_counts(row), prices) for row in counts if row["case"] == HAPPY)
    table: Table = {"Jobchute": dict.fromkeys(DURATIONS, PER * ours)}
    for every, by_function in ((30, True), (60, False)):
        name = f"poll every {every} s, {'by a function' if by_function else 'directly'}"
        table[name] = {
            duration: PER * cost_of(polling(seconds, every=every, by_function=by_function), prices)
            for duration, seconds in DURATIONS.items()
        }
    table[".sync (SageMaker)"] = dict.fromkeys(DURATIONS, PER * cost_of(sync(), prices))
    return table


def _print(table: Table) -> None:
    columns = list(next(iter(table.values())))
    say(f"{'':36}" + "".join(f"{column:>14}" for column in columns))
    for name, values in table.items():
        say(f"{name:36}" + "".join(f"{values[column]:14.3f}" for column in columns))
