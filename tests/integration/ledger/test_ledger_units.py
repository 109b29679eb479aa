"""What a job takes of the table and its indexes: write units, and bytes of its row."""

import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from jobchute import attempts as tries
from jobchute.attempts import Policy, next_name
from jobchute.errors import QuotaError
from jobchute.job import OPEN_STATES, Api, Job, State, iso, sha256
from jobchute.ledger.items import item_of, job_of
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.refusals import MAX_CODE, MAX_REFUSALS, MAX_WORDS, refused
from jobchute.ledger.table import BY_DUE, BY_PROVIDER_ID, BY_SOURCE, BY_STATE, BY_WORD
from jobchute.outcomes import MAX_BYTES, Cause, Result
from jobchute.outcomes import size_of as size_of_json
from jobchute.providers.registry import SPECS
from tests.apis import REQUESTS
from tests.aws import TABLE, create_table
from tests.builders import NOW, a_job
from tests.fakes.dynamodb import FakeDynamoDB
from tests.harness.bench.units import Units, size_of, write_units

MAX_ROW_BYTES = 2048
STATES = (State.QUEUED, State.SUBMITTING, State.SUBMITTED, State.RUNNING, State.SUCCEEDED)


def test_a_job_that_succeeds_takes_21_units_of_the_indexes() -> None:
    written: list[Units] = []
    fake = FakeDynamoDB()
    create_table(fake)
    fake.listen(TABLE, lambda change: written.append(write_units(change.old, change.new)))
    ledger = Ledger(cast("Any", fake), TABLE, 1)
    job = a_job(pool="p", create_at=NOW * 1000, pending_limit=60, time_limit=60)
    ledger.requests.keep(job.job_id, job.digest, {}, job.created_at, name=job.name)
    ledger.add(job)
    ledger.claim(job.job_id, attempt_id="a", until=NOW + 180, now=NOW, due=NOW + 180)
    ledger.move(job.job_id, State.SUBMITTED, NOW + 1, provider_id="arn", due=NOW + 999, attempt_id=None)
    ledger.move(job.job_id, State.RUNNING, NOW + 2, due=NOW + 888, native_status="RUNNING", logs="logs")
    ledger.move(job.job_id, State.SUCCEEDED, NOW + 3, native_status="COMPLETED", output="s3://b/k")
    units = sum(map(Counter, (each.by_index for each in written)), Counter[str]())
    assert units == {BY_STATE: 9, BY_DUE: 8, BY_SOURCE: 1, BY_PROVIDER_ID: 1, BY_WORD: 2}


@pytest.mark.parametrize("api", Api)
def test_a_row_has_at_most_2_kb_with_the_most_refusals(api: Api) -> None:
    job = ended(api)
    for number in range(2 * MAX_REFUSALS):
        error = QuotaError("", code="C" * (MAX_CODE - 1) + str(number % 10))
        for _ in range(2):  # the second is counted in the entry of the first
            job = replace(job, **refused(job, error, "w" * MAX_WORDS, NOW))
    assert len(job.refused) == MAX_REFUSALS
    assert size_of(item_of(job)) <= MAX_ROW_BYTES


@pytest.mark.parametrize("api", Api)
def test_a_row_with_the_largest_result_has_at_most_2_kb(api: Api) -> None:
    """A failed job has its cause as well, and a reason that may be longer than both."""
    numbers = dict.fromkeys(("total", "processed", "succeeded", "failed"), 10**9)
    at = datetime.fromtimestamp(NOW, tz=UTC)
    cluster = {"type": "ml.p4de.24xlarge", "count": 99}
    metrics = {f"validation:metric-{number}": number / 3 for number in range(40)}
    result = Result(
        at, at, at, 10**9, cluster, numbers, metrics=metrics, output="s" * 200, exit_message="m" * 999
    ).document()
    assert result is not None
    assert MAX_BYTES - 1 <= size_of_json(result) <= MAX_BYTES
    job = replace(ended(api), result=result, cause=Cause.INTERRUPTED)
    assert size_of(item_of(job)) <= MAX_ROW_BYTES


def test_a_result_is_read_as_it_was_written() -> None:
    fake = FakeDynamoDB()
    create_table(fake)
    ledger = Ledger(cast("Any", fake), TABLE, 1)
    result = {"version": 1, "metrics": {"é": 0.25, "b": 1.0}, "instances": {"type": "ml.a", "count": 2}}
    ledger.add(a_job())
    moved, _ = ledger.move(a_job().job_id, State.FAILED, NOW, cause=Cause.CODE, result=result)
    assert moved == ledger.get(moved.job_id)
    assert (moved.result, moved.cause) == (result, Cause.CODE)
    assert list(moved.result or {}) == list(result)
    assert job_of(item_of(moved)) == moved


def test_a_repeated_move_is_once_in_the_history() -> None:
    fake = FakeDynamoDB()
    create_table(fake)
    ledger = Ledger(cast("Any", fake), TABLE, 1)
    job = a_job()
    ledger.add(job)
    for state in (*OPEN_STATES, State.FAILED, *State):
        for _ in range(3):
            ledger.move(job.job_id, state, NOW, reason="why")
    history = [entry["state"] for entry in ledger.get(job.job_id).history]
    assert history == [*OPEN_STATES, State.FAILED]


IDS = {"braket": "job/{hex}", "bedrock": "model-invocation-job/{hex:.12}", "fireworks": "{hex:.10}"}
"""Of providers whose ids are not made of names."""


@pytest.mark.parametrize("api", Api)
def test_a_row_with_ten_attempts_has_at_most_2_kb(api: Api) -> None:
    policy = Policy(10, ("CAPACITY", "INTERRUPTED", "INTERNAL"), alternatives=9, digest="d" * 10, plan="p" * 16)
    job = replace(ended(api), retry=policy.as_attribute(), alternative=9)
    at = float(NOW)
    for number in range(1, 10):
        seed = sha256(f"{api} {number}")
        moves = [{"state": str(state), "at": iso(at + int(seed[:4], 16) * n)} for n, state in enumerate(STATES)]
        name = next_name(replace(job, attempt=number))
        last = IDS.get(api.partition(":")[0], f"training-job/{name}").format(hex=str(uuid.UUID(seed[:32])))
        tried = replace(
            job,
            name=name,
            provider_id=f"arn:aws:service:us-east-1:123456789012:{last}",
            history=tuple(moves[:4]),
            alternative=number,
        )
        at += 5 * 65536
        kept = tries.ended(tried, State.FAILED, Cause.CAPACITY, REASONS[number % 2], at=iso(at))
        job = replace(job, attempt=number + 1, past=(*job.past, kept), retry_at=int(at))
    assert size_of(item_of(job)) <= MAX_ROW_BYTES
    assert job_of(item_of(job)).past == job.past


REASONS = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry later.",
    "InternalServerError: We encountered an internal error. Please try again.",
)


def ended(api: Api) -> Job:
    """A sample's job at its end, with names as long as those of a deployment."""
    own = SPECS[api].name
    name = str(REQUESTS[api].get(own.member, "n" * min(own.max_length, 43)))
    kind = api.partition(":")[2]
    return a_job(
        api=api,
        state=State.SUCCEEDED,
        name=name,
        idempotency_key=f"{name}-2026-11-27",
        labels={"team": "growth", "env": "production"},
        pool=f"{api}/ml.m5.2xlarge",
        share="growth",
        create_at=NOW * 1000,
        time_limit=86400,
        pending_limit=604800,
        deadline=NOW + 604800,
        attempt_until=NOW,
        attempts=2 * MAX_REFUSALS,
        refusals=2 * MAX_REFUSALS,
        provider_id=f"arn:aws:service:us-east-1:123456789012:{kind}/{'0' * 36}",
        native_status="COMPLETED",
        output=f"s3://example-results/{name}/output/model.tar.gz",
        logs=f"/aws/service/{kind}:{name}/",
        history=tuple({"state": str(state), "at": iso(NOW)} for state in STATES),
        moves=len(STATES),
    )
