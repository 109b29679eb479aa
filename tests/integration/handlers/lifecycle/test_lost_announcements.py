"""What the sweep finds that was not told: executions without an answer, status documents behind their rows."""

import json
from functools import partial
from typing import Any

import pytest

from jobchute.job import Api, State, job_id_for_key
from jobchute.ledger.lost_announcements import DueCheck, RetellingRows
from jobchute.lifecycle.lost_announcements import SECONDS_BETWEEN_CHECKS, SETTLED_SECONDS
from jobchute.lifecycle.postponed import PUT_ASIDE
from jobchute.lifecycle.status_documents import MAX_RETOLD, SAMPLES, StatusDocuments
from tests.apis import REQUESTS
from tests.aws import TABLE
from tests.integration.handlers.world import BUCKET, World, keyed, sqs_record

BODY = REQUESTS[Api.TRAINING_JOB]
LATER = SETTLED_SECONDS + SECONDS_BETWEEN_CHECKS


@pytest.fixture(autouse=True)
def queues(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    url = world.aws["sqs"].create_queue(QueueName="dead")["QueueUrl"]
    for name in ("DEAD_LETTER", "EVENTS_DEAD_LETTER"):
        monkeypatch.setenv(f"JOBCHUTE_{name}_QUEUE_URL", url)


@pytest.fixture
def machine(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Step Functions without any execution: only status documents tell then."""
    monkeypatch.setattr("jobchute.aws.executions.Executions.running", lambda *_: ([], None))


def ended(world: World, *keys: str) -> list[str]:
    """Jobs that have ended, of which nothing was told."""
    for key in keys:
        document = keyed(key, request={**BODY, "TrainingJobName": f"job-{key}"}, labels={"simulate": "succeed"})
        world.receive_records([sqs_record(f"message-{key}", document)])
    job_ids = [*map(job_id_for_key, keys)]
    for job_id in job_ids:
        world.dispatch(job_id)
    world.sweep(after=3600)
    assert {world.job(job_id).state for job_id in job_ids} == {"SUCCEEDED"}
    return job_ids


def retold(world: World, job_ids: list[str]) -> list[int]:
    return [world.job(job_id).retold for job_id in job_ids]


class TestExecutions:
    def test_one_that_runs_although_its_job_has_ended_is_answered(self, world: World) -> None:
        job_ids = ended(world, "a", "b")
        world.changes()
        world.sweep(after=LATER)
        assert retold(world, job_ids) == [1, 1]
        world.announce()
        assert len(world.heard()) == 8

    def test_a_job_that_ended_just_now_is_left_to_the_stream(self, world: World) -> None:
        job_ids = ended(world, "a")
        world.sweep(after=SETTLED_SECONDS - 60)
        assert retold(world, job_ids) == [0]

    def test_an_open_job_is_not_told_again(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB, simulate="slow")
        world.dispatch(job_id)
        world.parts.lost_announcements.repeat_lost(time_left=lambda: 90.0)
        assert retold(world, [job_id]) == [0]

    def test_a_job_is_told_again_an_hour_later_at_the_soonest(self, world: World) -> None:
        job_ids = ended(world, "a")
        world.sweep(after=LATER)
        world.sweep(after=SECONDS_BETWEEN_CHECKS + 1)
        assert retold(world, job_ids) == [1]
        world.sweep(after=SECONDS_BETWEEN_CHECKS + 1)
        assert retold(world, job_ids) == [2]

    def test_a_job_with_a_dead_letter_is_an_operator_s(self, world: World) -> None:
        job_ids = ended(world, "a", "b")
        record = {"jobId": job_ids[0], "changedAt": "2026-11-21", "errors": ["KeyTooLongError"]}
        url = world.aws["sqs"].get_queue_url(QueueName="stream-failures")["QueueUrl"]
        world.aws["sqs"].send_message(QueueUrl=url, MessageBody=json.dumps({PUT_ASIDE: record}))
        world.sweep(after=LATER)
        assert retold(world, job_ids) == [0, 1]

    def test_a_look_without_time_goes_on_at_its_page(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_ids = ended(world, "a", "b")
        pages = {None: ([job_ids[0]], "second"), "second": ([job_ids[1]], None)}
        monkeypatch.setattr("jobchute.aws.executions.Executions.running", lambda _, page: pages[page])
        monkeypatch.setattr(StatusDocuments, "check", lambda _, look, *__, **___: (look, 0))
        world.pass_time(LATER)
        times = iter([90.0, 80.0, 1.0])
        world.parts.lost_announcements.repeat_lost(time_left=lambda: next(times))
        assert retold(world, job_ids) == [1, 0]
        assert RetellingRows(world.aws["dynamodb"], TABLE).get().page == "second"
        world.parts.lost_announcements.repeat_lost(time_left=lambda: 90.0)
        assert retold(world, job_ids) == [1, 1]

    def test_trouble_with_executions_keeps_documents_from_nothing(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> Any:
            raise TimeoutError

        monkeypatch.setattr("jobchute.aws.executions.Executions.running", refuse)
        job_ids = ended(world, "a")
        world.sweep(after=LATER)
        assert retold(world, job_ids) == [1]


@pytest.mark.usefixtures("machine")
class TestStatusDocuments:
    def test_where_all_were_announced_the_window_moves_on(self, world: World) -> None:
        job_ids = ended(world, "a", "b")
        world.announce()
        world.sweep(after=LATER)
        assert retold(world, job_ids) == [0, 0]
        assert (
            str(RetellingRows(world.aws["dynamodb"], TABLE).get().told_until) > world.job(job_ids[0]).updated_at
        )

    def test_one_that_is_missing_is_made_up_for(self, world: World) -> None:
        job_ids = ended(world, "a")
        world.changes()
        world.sweep(after=LATER)
        world.announce()
        assert [world.status(path)["state"] for path in world.statuses()] == ["SUCCEEDED"]
        assert retold(world, job_ids) == [1]

    def test_one_that_is_older_than_its_row_is_made_up_for(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        world.announce()
        world.dispatch(job_id)
        world.sweep(after=3600)
        world.changes()
        world.sweep(after=LATER)
        assert retold(world, [job_id]) == [1]

    def test_one_that_its_reader_has_deleted_is_not_missing(self, world: World) -> None:
        job_ids = ended(world, "a")
        world.announce()
        for path in world.statuses():
            world.aws["s3"].delete_object(Bucket=BUCKET, Key=f"status/{path}")
        world.sweep(after=LATER)
        assert retold(world, job_ids) == [0]

    def test_all_are_checked_where_one_of_the_sample_is_behind(self, world: World) -> None:
        job_ids = ended(world, *map(str, range(2 * SAMPLES)))
        changes = world.changes()
        kept = [each for each in changes if each["dynamodb"]["Keys"]["pk"]["S"] in job_ids[1::2]]
        world.announce(kept)
        world.sweep(after=LATER)
        assert retold(world, job_ids) == [1, 0] * SAMPLES

    def test_a_walk_without_time_goes_on_where_it_stopped(self, world: World) -> None:
        job_ids = [job_id for key in ("a", "b", "c") for job_id in ended(world, key)]
        for job_id in job_ids:
            world.ledger().note(job_id, only_in=tuple(State), retold=0, retold_at=None)
        documents, look = world.parts.lost_announcements.documents, DueCheck()
        now = world.now + LATER
        counts = []
        for _ in range(4):
            has_time = partial(next, iter([True, True]), False)
            look, count = documents.check(look, now, until=now - SETTLED_SECONDS, has_time=has_time)
            counts.append(count)
        assert (sum(counts), max(counts)) == (3, 2)
        assert look.walk_until is None
        assert look.told_until == world.job(job_ids[0]).updated_at

    def test_a_document_that_stays_behind_alone_is_given_up(self, world: World) -> None:
        (first,) = ended(world, "a")
        world.changes()
        (second,) = ended(world, "b")
        told = [each for each in world.changes() if each["dynamodb"]["Keys"]["pk"]["S"] == second]
        world.announce(told)
        for _ in range(10):
            world.sweep(after=SECONDS_BETWEEN_CHECKS + 1)
            world.changes()
        assert world.job(first).retold == MAX_RETOLD
