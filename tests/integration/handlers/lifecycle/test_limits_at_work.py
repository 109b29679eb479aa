"""Pauses and limits that operators set, as the handlers go by them: what is read for it, and how soon."""

import copy
from collections import Counter
from typing import Any

import pytest

from jobchute.job import Api, State, job_id_for_key
from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.ledger.pools import PoolRows
from jobchute.pools.limits import Limits
from jobchute.pools.pauses import ALL, paused, resumed
from tests.apis import REQUESTS
from tests.integration.handlers.world import World

TRAINING = str(Api.TRAINING_JOB)


@pytest.fixture
def rows(world: World) -> PoolRows:
    return world.parts.pool_rows


@pytest.fixture
def settings(rows: PoolRows) -> PoolSettingsRow:
    return PoolSettingsRow(rows.client, rows.table)


def submit(world: World, instance_type: str) -> str:
    request: dict[str, Any] = copy.deepcopy(dict(REQUESTS[Api.TRAINING_JOB]))
    request["ResourceConfig"]["InstanceType"] = instance_type
    document = {"api": TRAINING, "request": request, "idempotencyKey": instance_type}
    assert world.receive(document) == []
    return job_id_for_key(instance_type)


@pytest.mark.parametrize("target", [TRAINING, ALL])
def test_a_new_pool_is_paused_with_its_api_until_a_reconcile(
    world: World, rows: PoolRows, settings: PoolSettingsRow, target: str
) -> None:
    settings.put_pauses(paused({}, target))
    world.restart()
    job_ids = sorted(submit(world, name) for name in ("ml.m5.large", "ml.p3.2xlarge"))
    world.sweep(after=60)
    assert world.executions() == []
    assert {world.job(job_id).pool for job_id in job_ids} == {row.pool for row in rows.all()}
    settings.put_pauses(resumed(settings.get().pauses, target))
    world.restart()
    world.sweep(after=60)
    assert world.executions() == job_ids


def test_an_api_s_limit_holds_for_waiting_jobs_until_it_ends(world: World, settings: PoolSettingsRow) -> None:
    """Before, the default of 20 for each instance type held whatever was set for the API."""
    settings.put_pauses({TRAINING: True})
    world.restart()
    job_id = submit(world, "ml.m5.large")
    settings.put_overrides({TRAINING: Limits(limit=0)})
    settings.put_pauses({})
    world.restart()
    world.sweep(after=60)
    assert world.executions() == []
    assert world.job(job_id).state is State.QUEUED
    settings.put_overrides({})
    world.restart()
    world.sweep(after=60)
    assert world.executions() == [job_id]


def test_rules_and_pauses_are_one_read_in_half_a_minute(
    world: World, settings: PoolSettingsRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: Counter[str] = Counter()
    client = world.aws["dynamodb"]
    get_item = client.get_item

    def counted(**request: Any) -> Any:
        reads[request["Key"]["pk"]["S"]] += 1
        return get_item(**request)

    monkeypatch.setattr(client, "get_item", counted)
    settings.put_pauses({"braket:CreateJob": True})
    settings.put_overrides({TRAINING: Limits(limit=5)})
    world.restart()
    for name in ("ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge"):
        submit(world, name)
    assert reads["POOLS"] == 1
