"""What `jobchute jobs list` reads of a ledger with many ended jobs: the newest 50.

    python -m tests.harness.bench.listing [JOBS ...]

The rows are copies of one that the functions wrote, under other ids and times.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jobchute.cli.job_filters import Wanted, found
from jobchute.job import Api, iso
from jobchute.ledger.items import JOB
from jobchute.runtime import compose
from tests.aws import TABLE, create_table
from tests.fakes.clients import GivenClients
from tests.fakes.dynamodb import FakeDynamoDB, Item
from tests.fakes.settings import GivenSettings
from tests.fakes.wire import Io
from tests.harness.bench.counted_world import CountedWorld
from tests.harness.bench.samples import document_of
from tests.harness.faults.functions import borrowed
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.world import BEGIN

JOBS = (2_000, 20_000, 100_000)
SHOWN = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listed:
    """calls: by operation, of one list of the newest jobs among so many."""

    jobs: int
    calls: Counter[str] = field(default_factory=Counter)


def measure(sizes: Sequence[int] = JOBS) -> Iterator[Listed]:
    row = ended_row()
    for jobs in sizes:
        listed = Listed(jobs)
        dynamodb = FakeDynamoDB(io=_counter(listed.calls))
        create_table(dynamodb)
        for number in range(jobs):
            dynamodb.put_item(TableName=TABLE, Item=copy_of(row, number))
        listed.calls.clear()
        ledger = compose(GivenClients({"dynamodb": dynamodb}), GivenSettings(table=TABLE)).ledger
        newest = [job.updated_at for job in found(ledger, Wanted(), SHOWN + 1)]
        if newest != [iso(BEGIN + number) for number in reversed(range(jobs - SHOWN - 1, jobs))]:
            raise RuntimeError(f"these are not the newest: {newest}")
        yield listed


def _counter(calls: Counter[str]) -> Io:
    def io(operation: str, effect: Callable[[], T]) -> T:
        calls[operation] += 1
        return effect()

    return io


def ended_row() -> Item:
    """The row of a job that has succeeded."""
    with borrowed():
        world = CountedWorld()
        world.upload("requests/listed.json", document_of(Api.TRAINING_JOB, "listed"), Sent(Kind.JOB))
        world.rest()
    ((pk, sk),) = (key for key in world.rows.items if key[1] == JOB)
    return world.rows.items[pk, sk]


def copy_of(row: Item, number: int) -> dict[str, Any]:
    """The row of another job, that ended so many seconds after the first."""
    job_id = row["pk"]["S"]
    other = json.loads(json.dumps(row).replace(job_id, f"jc-{number:032x}"))
    return {**other, "updatedAt": {"S": iso(BEGIN + number)}}


def line(listed: Listed) -> str:
    calls = ", ".join(f"{name} {count}" for name, count in sorted(listed.calls.items()))
    return f"the newest {SHOWN} of {listed.jobs:,} ended jobs: {listed.calls.total()} calls ({calls})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("jobs", type=int, nargs="*", default=JOBS)
    for listed in measure(parser.parse_args().jobs):
        print(line(listed), flush=True)


if __name__ == "__main__":
    main()
