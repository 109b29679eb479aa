"""Which AWS quotas bind at 10, 1,000 and 100,000 jobs an hour: counted calls against token buckets, simulated.

    python -m tests.harness.bench.quotas

Jobs arrive by chance (a Poisson process, by a seed) through one hour, each makes its counted calls, and every
quota lets calls through as AWS describes: a bucket of so many, refilled at a rate. What is told is the part of
a quota that is used on average, and the longest that a call waited. Quotas are the documented defaults of an
account in us-east-1 (Service Quotas, November 2026); elsewhere some are a tenth.
"""

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobchute.cli.commands.cost import HAPPY, Counts
from jobchute.job import Api
from jobchute.ledger.table import BY_DUE

JOBS_AN_HOUR = (10, 1_000, 100_000)
HOUR = 3600
SEED = 7
POOL_IN_FLIGHT = 200
LEASE_BYTES = 90
"""jobchute.ledger.pools: a pool's leases are one item, whose every write costs its whole size."""

# A new on-demand table's 4,000 units a second are four partitions, each a shard of the stream; infra/stack.py
# gives every shard four readers; a record takes two or three calls.
PARTITIONS, READERS, SECONDS_PER_RECORD = 4, 4, 0.1


@dataclass(frozen=True, slots=True)
class Quota:
    """rate: calls (or units) a second; bucket: as many at once. per_job: what one job takes of it.

    share: the part of all jobs that meets in one place (a table's partition, one API of a provider).
    """

    name: str
    rate: float
    bucket: float
    per_job: float
    remedy: str
    share: float = 1.0


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


def quotas(counts: Mapping[str, Any]) -> list[Quota]:
    """By the counts of one job on the happy path."""
    functions: Mapping[str, int] = counts["functions"]
    seconds = counts["milliseconds"] / 1000
    index: Mapping[str, int] = counts["index_units"]
    moves = functions["announce"]
    lease_units = math.ceil(POOL_IN_FLIGHT * LEASE_BYTES / 1024)
    return [
        Quota("provider: create calls of one SageMaker API", 1, 1, 1, "ask the provider; spread over accounts"),
        Quota("Lambda: functions at once", 1000 / seconds, 1000, 1, "raise concurrency (new accounts have 10)"),
        Quota("Step Functions: StartExecution", 300, 1300, 1, "raise"),
        Quota("Step Functions: state transitions", 5000, 5000, counts["transitions"], "raise"),
        Quota("EventBridge: PutEvents", 10_000, 10_000, counts["events_told"], "raise"),
        Quota("S3: puts below one prefix", 3500, 3500, counts["s3_puts"], "none needed: prefixes split"),
        Quota(
            "DynamoDB: one partition key of byDue, all open jobs",
            1000,
            1000,
            index[BY_DUE],
            "shard the key, project keys only",
        ),
        Quota(
            f"DynamoDB: the item of one pool, {POOL_IN_FLIGHT} in flight",
            1000,
            1000,
            3 * lease_units,
            "an item a lease, or more pools",
        ),
        Quota(
            "DynamoDB: an on-demand table's first day",
            4000,
            4000 * 300,
            counts["write_units"] + sum(index.values()),
            "pre-warm (warm throughput)",
        ),
        Quota(
            "Lambda: records that announce reads from the stream",
            PARTITIONS * READERS / SECONDS_PER_RECORD,
            PARTITIONS * READERS * 100,
            moves,
            "warm the table up: a shard for each of its partitions",
        ),
    ]


def loads(counts: Mapping[str, Any]) -> Iterator[Load]:
    for quota in quotas(counts):
        for jobs in JOBS_AN_HOUR:
            yield simulate(quota, jobs)


def simulate(quota: Quota, jobs_an_hour: int) -> Load:
    """One hour of arrivals through the quota's bucket."""
    chance = random.Random(SEED)
    level, at, wait = quota.bucket, 0.0, 0.0
    arrivals = jobs_an_hour * quota.share / HOUR
    while (at := (then := at) + chance.expovariate(arrivals)) < HOUR:
        level = min(quota.bucket, level + (at - then) * quota.rate) - quota.per_job
        wait = max(wait, -level / quota.rate)
    return Load(quota, jobs_an_hour, arrivals * quota.per_job / quota.rate, wait)


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
        remedy = f"  {row[-1].quota.remedy}" if any(load.binds for load in row) else ""
        yield f"{row[0].quota.name:58}{cells}{remedy}"


if __name__ == "__main__":
    main()
