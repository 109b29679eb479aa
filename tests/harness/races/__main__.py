"""python -m tests.harness.races: documents that name each other, sent at once in any order, many times.

Three and ten documents a round, as files, as messages, and by the tool in both ways. Exits 1 if one was
rejected, lost, or ran before a job that it was to run after, or if the tool printed an id that never exists.
"""

import tempfile
import time
from pathlib import Path
from random import Random
from typing import Annotated

import boto3
import typer

from infra.local import embedded
from jobchute.job import Api, State
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.pools.limits import Limits
from tests.harness.at_once import feed_many_at_once
from tests.harness.queue_run.stage import RULES_ARE_READ_WITHIN
from tests.harness.races.rounds import WAYS, Round, has_ended, round_of, seen_of

SIZES = (3, 10)
ROOMY = Limits(limit=1000, rate=1000)


def main(
    *,
    times: Annotated[int, typer.Option(help="rounds of each size and way")] = 50,
    at_once: Annotated[int, typer.Option(help="so many times at once")] = 5,
    patience: Annotated[float, typer.Option(help="seconds for what is sent at once")] = 400,
    seed: Annotated[int, typer.Option(help="of all chance")] = 19,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        try:
            deployment = embedded.up(state)
            deployment.enter()
            feed_many_at_once(boto3.client("lambda"))
            PoolSettingsRow(boto3.client("dynamodb"), deployment.table).put_overrides(
                {str(api): ROOMY for api in Api}
            )
            time.sleep(RULES_ARE_READ_WITHIN)
            raise typer.Exit(_run(deployment, state, times, at_once, patience, Random(seed)))
        finally:
            embedded.down(state)


def _run(
    deployment: embedded.Deployment, folder: Path, times: int, at_once: int, patience: float, chance: Random
) -> bool:
    ledger = Ledger(boto3.client("dynamodb"), deployment.table, 0)
    rounds: list[Round] = []
    wrong: list[str] = []
    for first in range(0, times, at_once):
        turn = [
            round_of(way, f"{way.replace(' ', '')}-{size}-{number}", size, chance)
            for number in range(first, min(first + at_once, times))
            for size in SIZES
            for way in WAYS
        ]
        begun = time.monotonic()
        for made in turn:
            wrong += WAYS[made.way](deployment, made, folder)
        while time.monotonic() < begun + patience and not all(has_ended(ledger, made) for made in turn):
            time.sleep(1)
        rounds += turn
        typer.echo(f"{first + at_once} times, {time.monotonic() - begun:.0f} s for the last {at_once}")
    return _report(ledger, rounds, wrong)


def _report(ledger: Ledger, rounds: list[Round], wrong: list[str]) -> bool:
    rejected = [job.reason for job in ledger.queries.by_state(State.REJECTED)]
    wrong += [f"rejected: {reason}" for reason in rejected]
    for way in WAYS:
        for size in SIZES:
            seen = [seen_of(ledger, made) for made in rounds if (made.way, len(made.documents)) == (way, size)]
            wrong += [what for each in seen for what in each.wrong]
            waited, late = sum(each.waited for each in seen), max(each.late for each in seen)
            typer.echo(
                f"{way:11} {size:2} documents  {len(seen)} times, {waited} jobs waited for names, "
                f"{sum(map(bool, (each.wrong for each in seen)))} rounds wrong, latest start {late:.0f} s late"
            )
    typer.echo(f"{sum(len(made.documents) for made in rounds)} documents, {len(rejected)} rejected")
    for what in wrong[:20]:
        typer.echo(what)
    return bool(wrong)


if __name__ == "__main__":
    typer.run(main)
