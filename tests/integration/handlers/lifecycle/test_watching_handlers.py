"""The handlers that follow a submitted job: its provider's events, and the sweep."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobchute.job import Api, State
from jobchute.ledger import jobs
from jobchute.providers.registry import SPECS
from tests.apis import REQUESTS
from tests.integration.handlers.world import LEASE, RUN, World, provider_calls
from tests.paths import EVENTS

pytestmark = pytest.mark.sampled

WITH_EVENTS = [api for api, spec in SPECS.items() if spec.events]


def renamed(api: Api, number: int) -> dict[str, Any]:
    request, name = REQUESTS[api], SPECS[api].told_apart_by
    return {**request, name: f"{request.get(name, 'token')}-{number}"}


@pytest.mark.parametrize("api", WITH_EVENTS)
class TestObserve:
    def test_an_event_is_a_nudge_and_the_truth_is_read(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        assert world.observe(world.event(job_id)) == []
        assert not world.job(job_id).state.is_final
        world.pass_time(2 * RUN)
        assert world.observe(world.event(job_id)) == []
        assert world.job(job_id).state is State.SUCCEEDED

    def test_a_late_or_repeated_event_changes_nothing(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="fail")
        world.dispatch(job_id)
        world.pass_time(2 * RUN)
        world.observe(world.event(job_id))
        ended = world.job(job_id)
        for _ in range(2):
            world.observe(world.event(job_id))
        assert world.job(job_id) == ended
        assert (ended.state, ended.reason) == (State.FAILED, world.there()[0]["reason"])

    def test_an_event_of_a_foreign_job_is_nothing_to_do(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        event = world.event(job_id)
        for arn in ("arn:aws:other", "", None):
            field = next(iter(event["detail"]))
            assert world.observe({**event, "detail": {**event["detail"], field: arn}}) == []
        assert world.observe({**event, "detail": {}}) == []

    def test_an_event_that_cannot_be_looked_into_comes_back(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        event = world.event(job_id)
        monkeypatch.setattr(type(world.parts.adapters[api]), "observe", lambda *_: 1 / 0)
        assert world.observe(event) == ["e1"]


class TestSampleEvents:
    @pytest.mark.parametrize("path", sorted((EVENTS / "provider").glob("*.json")), ids=lambda path: path.stem)
    def test_the_documented_events_are_understood(self, world: World, path: Path) -> None:
        event = json.loads(path.read_text())
        assert world.observe(event) == []
        kinds = {spec.events.detail_type: spec.events for spec in SPECS.values() if spec.events}
        source = kinds[event["detail-type"]]
        assert event["source"] == source.source
        assert event["detail"][source.arn_field].startswith("arn:aws:")


@pytest.mark.parametrize("api", Api)
class TestReconcile:
    def test_without_any_event_every_job_is_seen_to_its_end(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="never-event")
        world.dispatch(job_id)
        world.sweep(after=3600)
        job = world.job(job_id)
        assert job.state is State.SUCCEEDED
        assert world.sweep(after=10_000) == 0

    def test_a_job_whose_execution_never_began_gets_one(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr("jobchute.aws.executions.Executions.start", lambda *_: True)
            job_id = world.submit(api)
        assert world.executions() == []
        assert world.sweep(after=LEASE + 1) == 1
        assert world.executions() == [job_id]

    def test_a_job_whose_execution_is_gone_is_submitted_all_the_same(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        monkeypatch.setattr("jobchute.aws.executions.Executions.start", lambda *_: False)
        world.sweep(after=LEASE + 1)
        assert world.job(job_id).state is State.SUBMITTED

    def test_a_job_past_its_deadline_is_stopped_and_ends_timed_out(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="slow")
        world.dispatch(job_id)
        world.now = world.job(job_id).deadline + 1
        world.sweep()
        assert world.job(job_id).state is State.CANCELLING
        world.sweep(after=3600)
        assert world.job(job_id).state is State.TIMED_OUT

    def test_an_unwritten_stop_is_retried_by_the_next_reconcile(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api, simulate="slow")
        world.dispatch(job_id)
        world.now = world.job(job_id).deadline + 1
        with monkeypatch.context() as broken:
            broken.setattr(jobs.Ledger, "move", lambda *_, **__: 1 / 0)
            world.sweep()
        world.sweep(after=60)
        assert world.job(job_id).state is State.CANCELLING

    def test_a_job_that_waited_too_long_is_never_submitted(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.sweep(after=15 * 24 * 3600)
        assert world.job(job_id).state is State.TIMED_OUT
        assert world.there() == []

    def test_a_stop_that_a_crash_left_on_the_row_is_carried_out(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="slow")
        world.dispatch(job_id)
        world.ledger().note(job_id, stop_cause=State.CANCELLED)
        world.sweep(after=2 * RUN + 200)
        assert world.job(job_id).state is State.CANCELLING
        world.sweep(after=3600)
        assert world.job(job_id).state is State.CANCELLED

    def test_a_sweep_that_runs_short_of_time_leaves_the_rest_due(self, world: World, api: Api) -> None:
        for _ in range(3):
            world.dispatch(world.submit(api, request=renamed(api, next(world.numbers))))
        assert world.sweep(after=3600, remaining_ms=5_000) == 0
        assert world.sweep() == 3

    def test_jobs_that_run_take_one_list_call_and_nothing_is_written(self, world: World, api: Api) -> None:
        job_ids = [world.submit(api, request=renamed(api, next(world.numbers))) for _ in range(5)]
        for job_id in job_ids:
            world.dispatch(job_id)
        world.sweep(after=1.5 * RUN)
        world.changes()
        before = provider_calls(world)
        assert [world.sweep() for _ in range(3)] == [0, 0, 0]
        assert [*(provider_calls(world) - before).values()] == [3]
        assert not [record for record in world.changes() if record["dynamodb"]["Keys"]["pk"]["S"] in job_ids]

    def test_where_the_list_is_refused_jobs_are_looked_up_one_by_one(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api, simulate="never-event")
        world.dispatch(job_id)
        adapter = type(world.parts.adapters[api])
        monkeypatch.setattr(adapter, "list_states", lambda *_: 1 / 0)
        world.sweep(after=3600)
        assert world.job(job_id).state is State.SUCCEEDED

    def test_a_job_of_an_earlier_release_is_looked_after_once(self, world: World, api: Api) -> None:
        """Its row has the date of its next look; now there is a look at all of them."""
        job_id = world.submit(api, simulate="slow")
        world.dispatch(job_id)
        world.sweep(after=1.5 * RUN)
        world.ledger().note(job_id, due=int(world.now))
        assert [world.sweep() for _ in range(2)] == [1, 0]
        assert world.job(job_id).due == world.job(job_id).deadline + 1

    def test_a_job_in_flight_without_a_lease_gets_it_back(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="slow")
        world.dispatch(job_id)
        pools, pool = world.parts.pool_rows, str(world.job(job_id).pool)
        pools.leases.give_back(pool, job_id)
        world.sweep()
        assert [*pools.get(pool).leases] == [job_id]
