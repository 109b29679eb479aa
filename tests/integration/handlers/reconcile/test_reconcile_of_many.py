"""The sweep, where there are several jobs: what goes wrong with one, and what each takes."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from jobchute.job import Api, Job, State
from jobchute.ledger import job_queries, jobs
from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.ledger.pools import PoolRows
from jobchute.lifecycle.expire import Expirer
from jobchute.lifecycle.poll import Poller
from jobchute.lifecycle.pool_upkeep import Pools, PoolUpkeep, UpkeepResult, lacks_lease
from jobchute.pools.limits import Limits
from jobchute.runtime.shared import SECRET_IS_FRESH_SECONDS
from jobchute.settings import FireworksSettings
from tests.integration.handlers.world import LEASE, RUN, SETTLE, World, provider_calls


class KilledError(BaseException):
    """The process is gone: nothing catches it."""


def raised(error: Exception) -> None:
    raise error


def moving_not_to(state: State) -> Callable[..., tuple[Job, bool]]:
    """Ledger.move, of a process that dies before it writes that a job is in one state."""
    move = jobs.Ledger.move

    def move_or_die(self: jobs.Ledger, job_id: str, to: State, now: float, **more: Any) -> tuple[Job, bool]:
        if to is state:
            raise KilledError
        return move(self, job_id, to, now, **more)

    return move_or_die


def test_one_broken_job_keeps_no_other_from_its_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = world.submit(Api.TRAINING_JOB), world.submit(Api.BRAKET_JOB)
    key = {"pk": {"S": broken}, "sk": {"S": "REQUEST"}}
    world.aws["dynamodb"].delete_item(TableName="ledger", Key=key)
    monkeypatch.setattr("jobchute.aws.executions.Executions.start", lambda *_: False)
    assert world.sweep(after=LEASE + 1) == 2
    assert world.job(sound).state is State.SUBMITTED


def test_a_job_that_kills_the_reconciler_blocks_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    killer, *others = (world.submit(Api.BRAKET_JOB, simulate="never-event") for _ in range(3))
    for job_id in (killer, *others):
        world.dispatch(job_id)
    world.pass_time(3600)
    check = Expirer.check

    def kill(expirer: Expirer, job: Job) -> Job:
        if job.job_id == killer:
            raise KilledError
        return check(expirer, job)

    monkeypatch.setattr(Expirer, "check", kill)
    for _ in range(30):
        with contextlib.suppress(KilledError):
            world.sweep()
    assert [world.job(job_id).state for job_id in others] == [State.SUCCEEDED, State.SUCCEEDED]


def test_one_that_kills_the_reconciler_is_not_always_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The killer is the only job that is known to be at its provider, and the other may be there."""
    killer, other = (world.submit(Api.BRAKET_JOB, simulate="never-event") for _ in range(2))
    world.dispatch(killer)
    with monkeypatch.context() as crashing:
        crashing.setattr(jobs.Ledger, "move", moving_not_to(State.SUBMITTED))
        with pytest.raises(KilledError):
            world.dispatch(other)

    def kill(*_: object) -> None:
        raise KilledError

    world.now = world.job(killer).deadline + 1
    monkeypatch.setattr(Expirer, "check", kill)
    for _ in range(20):
        with contextlib.suppress(KilledError):
            world.sweep()
    assert world.job(other).state is not State.SUBMITTING


@pytest.mark.parametrize(("owner", "method"), [(PoolRows, "all"), (PoolUpkeep, "run")])
def test_a_killed_reconciler_keeps_no_job_beyond_its_deadline(
    world: World, monkeypatch: pytest.MonkeyPatch, owner: type, method: str
) -> None:
    def kill(*_: object, **__: object) -> None:
        raise KilledError

    job_id = world.submit(Api.BRAKET_JOB, simulate="slow")
    world.dispatch(job_id)
    world.now = world.job(job_id).deadline + 1
    monkeypatch.setattr(owner, method, kill)
    with pytest.raises(KilledError):
        world.sweep()
    assert world.job(job_id).state is State.CANCELLING


def test_a_killed_reconciler_leaves_no_job_of_unknown_submission(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: object, **__: object) -> None:
        raise KilledError

    job_id = world.submit(Api.BRAKET_JOB)
    with monkeypatch.context() as crashing:
        crashing.setattr(jobs.Ledger, "move", moving_not_to(State.SUBMITTED))
        with pytest.raises(KilledError):
            world.dispatch(job_id)
    assert world.job(job_id).state is State.SUBMITTING
    monkeypatch.setattr(PoolUpkeep, "run", kill)
    with pytest.raises(KilledError):
        world.sweep(after=LEASE + SETTLE + 1)
    assert world.job(job_id).state is State.SUBMITTED
    assert len(world.there()) == 1


def test_a_lease_is_restored_by_the_newest_row(world: World) -> None:
    """The row was read before the job ended, and the pool after that."""
    job_id = world.submit(Api.BRAKET_JOB, simulate="never-event")
    world.dispatch(job_id)
    old = world.job(job_id)
    world.pass_time(3600)
    world.sweep()
    assert (old.state, world.job(job_id).state) == (State.SUBMITTED, State.SUCCEEDED)
    pools = Pools({row.pool: row for row in world.parts.pool_rows.all(on_error=raised)})
    assert lacks_lease(old, pools)
    world.parts.reconciler.advancer.restore(old, pools)
    assert job_id not in world.parts.pool_rows.find(str(old.pool)).leases


def test_a_late_job_has_its_lease_back_when_it_was_stopped(world: World) -> None:
    job_id = world.submit(Api.BRAKET_JOB, simulate="slow")
    world.dispatch(job_id)
    job, leases = world.job(job_id), world.parts.pool_rows.leases
    leases.give_back(str(job.pool), job_id)
    world.now = job.deadline + 1
    world.sweep()
    assert world.job(job_id).state is State.CANCELLING
    assert job_id in world.parts.pool_rows.find(str(job.pool)).leases


def test_late_jobs_take_half_of_the_time_before_the_pools(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [world.submit(Api.BRAKET_JOB, simulate="slow") for _ in range(3)]
    for job_id in jobs:
        world.dispatch(job_id)
    world.now = max(world.job(job_id).deadline for job_id in jobs) + 1
    time_left, done = [90.0], []

    def check(_: Expirer, job: Job) -> Job:
        time_left[0] -= 25
        done.append("check")
        return job

    monkeypatch.setattr(Expirer, "check", check)

    def sweep(*_: object, **__: object) -> UpkeepResult:
        done.append("pools")
        return UpkeepResult([])

    monkeypatch.setattr(PoolUpkeep, "run", sweep)
    assert world.parts.reconciler.reconcile("attempt", time_left=lambda: time_left[0]) == 3
    assert done == ["check", "check", "pools", "check"]


def test_an_unavailable_provider_keeps_no_other_from_its_turn(world: World) -> None:
    first, second = world.submit(Api.FIREWORKS_JOB), world.submit(Api.BRAKET_JOB)
    for job_id in (first, second):
        world.dispatch(job_id)
    secret = FireworksSettings.from_environment().fireworks_secret_arn
    world.aws["secretsmanager"].put_secret_value(SecretId=secret, SecretString="not JSON")
    world.restart()
    world.sweep(after=3600)
    assert world.job(second).state is State.SUCCEEDED
    assert world.job(first).state is State.SUBMITTED


def test_an_unfinished_poll_is_repeated_by_the_next_reconcile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBCHUTE_LOOK_SECONDS", "60")
    world.restart()
    job_id = world.submit(Api.BRAKET_JOB, simulate="never-event")
    world.dispatch(job_id)
    world.sweep()
    with monkeypatch.context() as broken:
        broken.setattr(Expirer, "check", lambda *_: 1 / 0)
        world.sweep(after=2 * RUN + 100)
    assert not world.job(job_id).state.is_final
    world.sweep(after=60)
    assert world.job(job_id).state is State.SUCCEEDED


def test_a_job_that_waits_in_line_takes_no_call_and_no_write(world: World) -> None:
    rows = world.parts.pool_rows
    PoolSettingsRow(rows.client, rows.table).put_overrides({str(Api.BRAKET_JOB): Limits(limit=1)})
    world.restart()
    first, second = (world.submit(Api.BRAKET_JOB, simulate="slow") for _ in range(2))
    world.dispatch(first)
    world.sweep(after=1.5 * RUN)
    assert [world.job(job_id).state for job_id in (first, second)] == [State.RUNNING, State.QUEUED]
    world.changes()
    before = provider_calls(world)
    for _ in range(10):
        world.sweep(after=60)
    # That is the look at the other one.
    assert provider_calls(world) - before == {"braket:SearchJobs": 10}
    assert not {record["dynamodb"]["Keys"]["pk"]["S"] for record in world.changes()} & {first, second}
    assert world.executions() == [first]


def test_unreadable_rows_keep_no_waiting_job_from_its_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = world.submit(Api.BRAKET_JOB)
    monkeypatch.setattr(job_queries.JobQueries, "by_state", lambda *_, **__: 1 / 0)
    monkeypatch.setattr("jobchute.aws.executions.Executions.start", lambda *_: False)
    world.sweep(after=LEASE + 1)
    assert world.job(job_id).state is State.SUBMITTED


def test_a_new_key_of_fireworks_is_used_within_five_minutes(world: World) -> None:
    settings = FireworksSettings.from_environment()
    account = {"accountId": "acme", "apiKey": "a-new-key"}
    before = world.parts.account().api_key
    world.aws["secretsmanager"].put_secret_value(
        SecretId=settings.fireworks_secret_arn, SecretString=json.dumps(account)
    )
    assert before != "a-new-key"
    world.pass_time(SECRET_IS_FRESH_SECONDS)
    assert world.parts.account().api_key == "a-new-key"
    assert SECRET_IS_FRESH_SECONDS <= 300


def test_providers_without_events_are_polled_by_every_reconcile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBCHUTE_LOOK_SECONDS", "60")
    # So that the jobs, which run for 2,000 s, run still when they are no longer young.
    monkeypatch.setattr(Poller, "young_seconds", 600)
    world.restart()
    for api in (Api.BRAKET_JOB, Api.FIREWORKS_JOB):
        world.dispatch(world.submit(api, simulate="slow"))
    world.sweep()
    before = provider_calls(world)
    for _ in range(5):
        world.sweep(after=60)
    asked = provider_calls(world) - before
    assert (asked["braket:SearchJobs"], asked["fireworks:ListBatchJobs"]) == (1, 5)
    world.pass_time(Poller.young_seconds)
    before = provider_calls(world)
    for _ in range(5):
        world.sweep(after=60)
    asked = provider_calls(world) - before
    assert (asked["braket:SearchJobs"], asked["fireworks:ListBatchJobs"]) == (1, 1)
