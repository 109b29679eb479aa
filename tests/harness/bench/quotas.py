"""Which AWS quotas bind at 10 to 1,000,000 jobs an hour: counted calls against token buckets, simulated.

    python -m tests.harness.bench.quotas

Jobs arrive by chance (a Poisson process, by a seed) through one hour, each makes its counted calls, and every
quota lets calls through as AWS describes: a bucket of so many, refilled at a rate. What is told is the part of
a quota that is used on average, and the longest that a call waited. Quotas are the documented defaults of an
account in us-east-1 (Service Quotas, November 2026); elsewhere some are a tenth.

All jobs are of one API and in one pool, which is the worst case for the parts that a pool has.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from infra.function import QUEUE_CONCURRENCY, STREAM_READERS
from jobchute.cli.commands.cost import HAPPY, Counts
from jobchute.job import Api
from jobchute.ledger import table
from jobchute.ledger.pool_items import LANE
from tests.harness.bench.counted import AWS_SECONDS

JOBS_AN_HOUR = (10, 1_000, 100_000, 1_000_000)
HOUR = 3600
SEED = 7
MAX_USED = 0.5
"""Of a default quota, in an hour of jobs at an even rate."""

PARTITION_UNITS = 1000
"""Write units a second of one partition, and so of one item (DynamoDB developer guide, "Partitions")."""
POOL_IN_FLIGHT = 200
LEASE_BYTES = 160
"""Of a pool with its own create rate. The leases of one lane are written with each other."""

NEW_PARTITIONS = 4
"""Of a new on-demand table, which takes 4,000 units a second. It is ready for twice its highest traffic so far;
each partition is a shard of the stream ("On-demand capacity mode", "Change data capture").
"""


@dataclass(frozen=True, slots=True)
class Quota:
    """rate: calls (or units) a second; bucket: as many at once. per_job: what one job takes of it.

    ask: what to ask AWS or the provider for, where more than MAX_USED of the default may be used.
    """

    name: str
    rate: float
    bucket: float
    per_job: float
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """used: 1 is all of the quota. wait: the longest, in seconds; it grows without end where used exceeds 1."""

    quota: Quota
    jobs_an_hour: int
    used: float
    wait: float

    @property
    def binds(self) -> bool:
        return self.used > 1 or self.wait > 1


def quotas(counts: Mapping[str, Any], jobs_an_hour: int) -> list[Quota]:
    """By the counts of one job on the happy path."""
    return [*_of_services(counts), *_of_functions(counts, jobs_an_hour), *_of_the_table(counts)]


def _of_services(counts: Mapping[str, Any]) -> Iterator[Quota]:
    yield Quota("provider: create calls of one SageMaker API", 1, 1, 1, "the provider's create rate")
    start = "StartExecution throttle token refill rate per second, and bucket size"
    yield Quota("Step Functions: StartExecution", 300, 1300, 1, start)
    answer = "SendTaskSuccess throttle token refill rate per second"
    yield Quota("Step Functions: SendTaskSuccess", 500, 3000, 1, answer)
    yield Quota("Step Functions: state transitions", 5000, 5000, counts["transitions"])
    yield Quota("EventBridge: PutEvents, if each event took a call", 10_000, 10_000, counts["events_told"])
    yield Quota("S3: puts below one prefix", 3500, 3500, counts["s3_puts"])


def _of_functions(counts: Mapping[str, Any], jobs_an_hour: int) -> Iterator[Quota]:
    seconds = {name: spent / 1000 for name, spent in counts["milliseconds_of"].items()}
    yield Quota("Lambda: functions at once", 1000, 1000, sum(seconds.values()))
    for name in ("validate", "observe"):
        at_once = QUEUE_CONCURRENCY
        yield Quota(f"Lambda: {name} by its queue, at once", at_once, at_once, seconds.get(name, 0))
    units = counts["write_units"] * jobs_an_hour / HOUR
    partitions = max(NEW_PARTITIONS, math.ceil(2 * units / PARTITION_UNITS))
    readers = partitions * STREAM_READERS
    yield Quota("Lambda: announce by the stream, at once", readers, readers, seconds_of_announce(counts))


def seconds_of_announce(counts: Mapping[str, Any]) -> float:
    """Of one job among many, whose events are told ten at once."""
    documents: int = counts["s3_puts"]
    events: int = counts["events_told"]
    of_documents = documents * (AWS_SECONDS["s3"] + AWS_SECONDS["dynamodb"])
    of_answer = AWS_SECONDS["dynamodb"] + AWS_SECONDS["states"]
    return of_documents + events * AWS_SECONDS["events"] / 10 + of_answer


def _of_the_table(counts: Mapping[str, Any]) -> Iterator[Quota]:
    def partition(name: str, units: float) -> Quota:
        return Quota(f"DynamoDB: {name}", PARTITION_UNITS, PARTITION_UNITS, units)

    index: Mapping[str, int] = counts["index_units"]
    yield partition("a partition of byDue", index[table.BY_DUE] / table.DUE_SHARDS)
    yield partition("a partition of byState, an open state", 2 / table.STATE_SHARDS)
    yield partition("a partition of byState, a final state", 1)
    yield partition("a pool's partition of byQueue, if all jobs wait", 2)
    yield partition("a pool's item, for the create rate", 1)
    lanes = math.ceil(POOL_IN_FLIGHT / LANE)
    yield partition("a lane of a pool's leases", 2 * math.ceil(LANE * LEASE_BYTES / 1024) / lanes)
    yield partition("the items of one label", 1)
    units = counts["write_units"] + sum(index.values())
    yield Quota("DynamoDB: an on-demand table", 40_000, 40_000, counts["write_units"])
    new = NEW_PARTITIONS * PARTITION_UNITS
    yield Quota(
        "DynamoDB: an on-demand table's first day", new, new * 300, units, "a warm throughput of the table"
    )


def loads(counts: Mapping[str, Any], rates: tuple[int, ...] = JOBS_AN_HOUR) -> Iterator[Load]:
    """Quota by quota, each at all rates."""
    by_rate = [[simulate(quota, jobs) for quota in quotas(counts, jobs)] for jobs in rates]
    for of_quota in zip(*by_rate, strict=True):
        yield from of_quota


def simulate(quota: Quota, jobs_an_hour: int) -> Load:
    """One hour of arrivals through the quota's bucket."""
    gaps = gaps_of(jobs_an_hour)
    # What is missing in the bucket grows with each job and is refilled in the gaps between them.
    changes = np.concatenate(([0.0], np.full(len(gaps) - 1, quota.per_job))) - gaps * quota.rate
    level = np.cumsum(changes)
    missing = level - np.minimum(0, np.minimum.accumulate(level)) + quota.per_job
    wait = max(float(missing.max()) - quota.bucket, 0) / quota.rate
    return Load(quota, jobs_an_hour, jobs_an_hour / HOUR * quota.per_job / quota.rate, wait)


def gaps_of(jobs_an_hour: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Seconds before each arrival of an hour."""
    count = jobs_an_hour + 10 * math.ceil(math.sqrt(jobs_an_hour))
    gaps = np.random.default_rng(SEED).exponential(HOUR / jobs_an_hour, size=count)
    return gaps[np.cumsum(gaps) < HOUR]


def happy_counts() -> dict[str, Any]:
    """The training job's, whose provider sends the most events."""
    return next(row for row in Counts.read().jobs if row["case"] == HAPPY and row["api"] == Api.TRAINING_JOB)


def main() -> None:
    for text in report(list(loads(happy_counts()))):
        print(text)


def report(found: list[Load]) -> Iterator[str]:
    columns = "".join(f"{jobs:>17,}/h" for jobs in JOBS_AN_HOUR)
    yield f"{'part of the quota used, longest wait':58}{columns}"
    for start in range(0, len(found), len(JOBS_AN_HOUR)):
        row = found[start : start + len(JOBS_AN_HOUR)]
        cells = "".join(f"{load.used:10.2%} {load.wait:6.0f} s" for load in row)
        ask = row[0].quota.ask if any(load.used > MAX_USED or load.binds for load in row) else ""
        yield f"{row[0].quota.name:58}{cells}  {ask}".rstrip()


if __name__ == "__main__":
    main()
