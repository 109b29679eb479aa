"""The jobs of a file are counted until all have ended, and one event tells of that."""

import json
from typing import ClassVar

import pytest

from jobchute.aws.objects import Objects
from jobchute.job import State, iso
from jobchute.ledger.file_counts import FileCountRows
from jobchute.lifecycle.bus import FILE_DETAIL_TYPE
from tests.integration.handlers.files.counted import (
    MINUTE,
    STATUS,
    drop,
    end,
    ends,
    hurried,
    open_jobs,
    seen,
)
from tests.integration.handlers.files.many import BODY, deliver, lines
from tests.integration.handlers.world import BUCKET, World, keyed

pytestmark = pytest.mark.usefixtures("jobs_stand_still")


class TestCounts:
    def test_the_status_document_counts_jobs_until_all_have_ended(self, world: World) -> None:
        drop(world, lines(4, bad=(1,)))
        assert "states" not in world.status(STATUS)
        world.sweep(after=MINUTE)
        status = world.status(STATUS)
        assert status["states"] == {"QUEUED": 3, "REJECTED": 1}
        assert status["countedAt"] == iso(world.now)
        assert "endedAt" not in status
        assert len(status["documents"]) == 4
        assert status["progress"]["finished"] is True
        first, *others = open_jobs(world)
        end(world, first, state=State.FAILED)
        world.sweep(after=MINUTE)
        assert world.status(STATUS)["states"] == {"QUEUED": 2, "FAILED": 1, "REJECTED": 1}
        end(world, *others)
        world.sweep(after=MINUTE)
        status = world.status(STATUS)
        assert status["states"] == {"SUCCEEDED": 2, "FAILED": 1, "REJECTED": 1}
        assert status["endedAt"] == max(job.updated_at for job in world.jobs())
        assert len(status["documents"]) == 4

    def test_the_jobs_of_a_message_and_of_a_matrix_are_counted(self, world: World) -> None:
        assert world.receive("\n".join(json.dumps(keyed(key)) for key in "ab")) == []
        sweep = {**BODY, "request": {**BODY["request"], "HyperParameters": {}}, "idempotencyKey": "sweep"}
        drop(world, json.dumps({**sweep, "matrix": {"HyperParameters.a": ["1", "2", "3"]}}).encode())
        world.sweep(after=MINUTE)
        assert world.status("status-messages/m0.json")["states"] == {"QUEUED": 2}
        status = world.status(STATUS)
        assert (status["states"], len(status["jobs"])) == ({"QUEUED": 3}, 3)

    def test_the_jobs_of_an_object_without_versions_are_counted(self, world: World) -> None:
        world.aws["s3"].create_bucket(Bucket="plain")
        for data in (lines(2), lines(3, key="new")):
            world.aws["s3"].put_object(Bucket="plain", Key="many.jsonl", Body=data)
            record = world.drop("requests/ignored.json", {})
            record["s3"] = {"bucket": {"name": "plain"}, "object": {"key": "many.jsonl"}}
            assert deliver(world, {"Records": [record]}) == []
        world.sweep(after=MINUTE)
        assert world.status("status-buckets/plain/many.jsonl.json")["states"] == {"QUEUED": 3}

    def test_a_job_that_another_file_brought_first_is_that_file_s(self, world: World) -> None:
        drop(world, lines(2), "requests/first.jsonl")
        drop(world, lines(3))
        world.sweep(after=MINUTE)
        assert world.status("first.jsonl.json")["states"] == {"QUEUED": 2}
        assert world.status(STATUS)["states"] == {"QUEUED": 1}

    def test_each_version_counts_its_own_and_the_newest_is_shown(self, world: World) -> None:
        drop(world, lines(2))
        world.pass_time(3600)
        drop(world, lines(3, key="new"))
        end(world, *open_jobs(world))
        details = ends(world)
        assert [detail["states"] for detail in details] == [{"SUCCEEDED": 2}, {"SUCCEEDED": 3}]
        assert len({detail["source"]["version"] for detail in details}) == 2
        assert world.status(STATUS)["states"] == {"SUCCEEDED": 3}

    def test_a_file_is_counted_once_a_minute_and_less_when_unchanged(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(2))
        counts = seen(monkeypatch, "next_page")
        for _ in range(60):
            world.sweep(after=20)
        assert 10 <= len(counts) <= 20
        counts.clear()
        for _ in range(60):
            world.sweep(after=MINUTE)
        assert 12 <= len(counts) <= 20

    def test_an_unchanged_count_writes_no_status_document(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(2))
        world.sweep(after=MINUTE)
        written: list[object] = []
        monkeypatch.setattr(Objects, "write", lambda *call: written.append(call))
        for _ in range(3):
            world.sweep(after=MINUTE)
        assert written == []


def test_messages_of_anyone_s_end_or_reset_no_file(world: World) -> None:
    drop(world, lines(3))
    end(world, *open_jobs(world)[1:])
    world.sweep(after=MINUTE)
    uri = f"s3://{BUCKET}/requests/many.jsonl"
    forged = [
        {"endedAt": iso(world.now), "states": {"SUCCEEDED": 3}, "source": {"uri": uri}},
        {"detail-type": FILE_DETAIL_TYPE, "source": "jobchute", "detail": {"source": {"uri": uri}}},
        {
            "Records": [
                world.drop("requests/other.json", {})
                | {
                    "s3": {
                        "bucket": {"name": BUCKET},
                        "object": {"key": "requests/many.jsonl", "versionId": "never-was"},
                    }
                }
            ]
        },
    ]
    for body in forged:
        deliver(world, body)
    assert ends(world) == []
    assert world.status(STATUS)["states"] == {"QUEUED": 1, "SUCCEEDED": 2}
    assert "endedAt" not in world.status(STATUS)


class TestBest:
    """Of a file whose documents give an objective."""

    OBJECTIVE: ClassVar = {"metric": "loss", "goal": "minimize"}

    @pytest.fixture(autouse=True)
    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(FileCountRows, "max_page_rows", 2)

    def drop(self, world: World) -> None:
        documents = [keyed(f"job-{number}", objective=self.OBJECTIVE) for number in range(5)]
        drop(world, "\n".join(map(json.dumps, documents)).encode())

    def test_the_status_document_and_the_event_name_it(self, world: World) -> None:
        self.drop(world)
        world.sweep(after=MINUTE)
        status = world.status(STATUS)
        assert "best" not in status
        assert status["sweep"] == f"jobchute sweep s3://{BUCKET}/requests/many.jsonl"
        jobs = {job.source.index: job for job in open_jobs(world)}
        assert jobs[0].objective == self.OBJECTIVE
        for index, value in ((3, 0.5), (1, 0.25)):
            end(world, jobs[index], result={"version": 1, "metrics": {"loss": value}})
            world.sweep(after=MINUTE)
            best = {"jobId": jobs[index].job_id, "value": value, "document": index}
            assert world.status(STATUS)["best"] == {**self.OBJECTIVE, **best}
        end(world, *open_jobs(world))
        (detail,) = ends(world)
        assert detail["best"] == world.status(STATUS)["best"]

    def test_a_count_that_is_gone_on_with_keeps_it(self, world: World) -> None:
        self.drop(world)
        jobs = {job.source.index: job for job in open_jobs(world)}
        end(world, jobs[0], result={"version": 1, "metrics": {"loss": 0.125}})
        world.pass_time(MINUTE)
        for _ in range(3):
            hurried(world)
        assert world.status(STATUS)["best"]["value"] == 0.125
