"""The jobs of a file are counted until all have ended, and one event tells of that."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from jobchute.aws.objects import Objects
from jobchute.job import Job, State, iso
from jobchute.ledger import file_counts
from jobchute.ledger.file_counts import FileCountRows
from jobchute.lifecycle.announce import FILE_DETAIL_TYPE, Bus
from jobchute.lifecycle.count_files import SETTLED_SECONDS
from tests.aws import TABLE
from tests.integration.handlers.files.many import BODY, deliver, go_on, lines, row_of
from tests.integration.handlers.world import BUCKET, World, keyed

MINUTE = 60
STATUS = "many.jsonl.json"


@pytest.fixture(autouse=True)
def nobody_else_is_looked_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs move as these tests move them."""
    monkeypatch.setattr("jobchute.lifecycle.reconcile.Reconciler.reconcile", lambda *_, **__: 0)


def drop(world: World, data: bytes, name: str = "requests/many.jsonl", *, looks: int = 10**6) -> None:
    assert deliver(world, {"Records": [world.drop(name, data)]}, looks=looks) == []


def end(world: World, *jobs: Job, state: State = State.SUCCEEDED) -> None:
    for job in jobs:
        world.ledger().move(job.job_id, state, world.now)


def open_jobs(world: World) -> list[Job]:
    return [job for job in world.jobs() if not job.state.is_final]


def told(world: World) -> list[dict[str, Any]]:
    """The events that files have ended, since the last look."""
    return [event["detail"] for event in world.heard() if event["detail-type"] == FILE_DETAIL_TYPE]


def ends(world: World, *, within: int = 5) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(within):
        world.sweep(after=MINUTE)
        found += told(world)
    return found


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


class TestEnd:
    def test_one_event_tells_that_a_file_has_ended(self, world: World) -> None:
        drop(world, lines(3, bad=(2,)))
        end(world, *open_jobs(world))
        (detail,) = ends(world)
        status = world.status(STATUS)
        assert detail["id"].startswith("file-")
        assert detail["id"].endswith(":ended")
        assert detail["status"] == f"status/{STATUS}"
        assert detail["version"] == "1"
        assert (detail["states"], detail["endedAt"]) == (status["states"], status["endedAt"])
        assert (detail["source"], detail["progress"]) == (status["source"], status["progress"])
        assert ends(world, within=10) == []

    def test_a_file_without_a_job_of_its_own_ends_too(self, world: World) -> None:
        drop(world, b"{\n{\n")
        (detail,) = ends(world)
        assert detail["states"] == {"REJECTED": 2}
        drop(
            world, "\n".join(json.dumps(keyed(key, dryRun=True)) for key in "ab").encode(), "requests/dry.jsonl"
        )
        (detail,) = ends(world)
        assert (detail["states"], detail["answered"]) == ({}, 2)

    def test_none_ends_before_it_is_read_to_its_end(self, world: World) -> None:
        drop(world, lines(6), looks=3)
        end(world, *open_jobs(world))
        assert ends(world) == []
        assert world.status(STATUS)["states"] == {"SUCCEEDED": 3}
        go_on(world)
        end(world, *open_jobs(world))
        (detail,) = ends(world)
        assert detail["states"] == {"SUCCEEDED": 6}

    def test_none_ends_while_the_index_does_not_show_all_jobs(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(3))
        end(world, *open_jobs(world))
        lag: list[int] = [1]
        page = FileCountRows.next_page

        def behind(*call: Any) -> Any:
            count = page(*call)
            return count._replace(states={"SUCCEEDED": count.states["SUCCEEDED"] - sum(lag)})

        monkeypatch.setattr(FileCountRows, "next_page", behind)
        assert ends(world) == []
        lag.clear()
        assert len(ends(world)) == 1

    def test_an_event_that_is_told_again_has_the_same_id(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The sweep dies between the event and the row."""
        drop(world, lines(2))
        end(world, *open_jobs(world))
        with monkeypatch.context() as dying:
            dying.setattr(FileCountRows, "save", failing)
            details = ends(world, within=3)
        details += ends(world)
        assert len(details) >= 2
        assert len({detail["id"] for detail in details}) == 1
        assert len({detail["endedAt"] for detail in details}) == 1

    def test_an_event_that_the_bus_refuses_comes_later(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(2))
        end(world, *open_jobs(world))
        with monkeypatch.context() as refusing:
            refusing.setattr(Bus, "publish_file", failing)
            assert ends(world) == []
            assert "endedAt" not in world.status(STATUS)
        assert len(ends(world)) == 1

    def test_an_older_answer_written_after_the_end_is_put_right(self, world: World) -> None:
        drop(world, lines(2))
        stale = world.status(STATUS)
        end(world, *open_jobs(world))
        assert len(ends(world, within=3)) == 1
        objects = world.parts.file_counts.answers.objects
        objects.write(f"status/{STATUS}", stale)
        for _ in range(3):
            world.sweep(after=MINUTE)
        assert world.status(STATUS)["endedAt"]
        assert row_of(world).due is None

    def test_what_no_file_is_open_for_costs_one_query_of_an_index(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(2))
        end(world, *open_jobs(world))
        ends(world)
        calls = [seen(monkeypatch, name) for name in ("claim", "next_page", "keep", "save", "close")]
        world.sweep(after=3600)
        assert calls == [[], [], [], [], []]


class TestCancelled:
    def cancel(self, world: World, target: str = "requests/many.jsonl") -> None:
        assert deliver(world, {"cancel": target}) == []

    def test_a_cancelled_file_says_what_was_cancelled(self, world: World) -> None:
        drop(world, lines(10), looks=4)
        end(world, world.jobs()[0])
        self.cancel(world)
        world.sweep(after=1)
        status = world.status(STATUS)
        assert status["states"] == {"SUCCEEDED": 1, "CANCELLED": 3}
        cancelled_at = iso(int(world.now - 1))
        assert status["cancellation"] == {"at": cancelled_at, "jobs": 3, "unreadDocuments": 6}
        assert (status["progress"]["cancelled"], status["progress"]["finished"]) == (True, False)
        assert "endedAt" not in status
        world.now += SETTLED_SECONDS
        go_on(world)
        (detail,) = ends(world)
        assert detail["cancellation"] == status["cancellation"]

    def test_a_cancel_after_the_end_is_shown_and_told_no_second_time(self, world: World) -> None:
        drop(world, lines(2))
        end(world, *open_jobs(world))
        assert len(ends(world)) == 1
        before = world.status(STATUS)
        self.cancel(world)
        assert ends(world) == []
        status = world.status(STATUS)
        assert status["cancellation"]["jobs"] == 0
        assert (status["states"], status["endedAt"]) == (before["states"], before["endedAt"])
        assert row_of(world).due is None

    def test_a_cancel_while_its_jobs_are_counted_is_not_lost(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(2))
        page = FileCountRows.next_page

        def meanwhile(*call: Any) -> Any:
            monkeypatch.setattr(FileCountRows, "next_page", page)
            count = page(*call)
            self.cancel(world)
            return count

        monkeypatch.setattr(FileCountRows, "next_page", meanwhile)
        world.sweep(after=MINUTE)
        world.sweep(after=1)
        assert world.status(STATUS)["cancellation"]["jobs"] == 2


class TestShares:
    """Of the time that a sweep has for files."""

    @pytest.fixture(autouse=True)
    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(file_counts, "MAX_PAGE_ROWS", 2)

    def test_a_count_that_one_sweep_has_no_time_for_is_gone_on_with(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(7))
        world.pass_time(MINUTE)
        pages = seen(monkeypatch, "next_page")
        for number in range(1, 4):
            hurried(world)
            assert len(pages) == number
            assert "states" not in world.status(STATUS)
        hurried(world)
        assert world.status(STATUS)["states"] == {"QUEUED": 7}

    def test_a_large_file_keeps_no_small_one_waiting(self, world: World) -> None:
        drop(world, lines(9), "requests/large.jsonl")
        world.pass_time(1)
        drop(world, lines(1, key="small") + b"\n{", "requests/small.jsonl")
        world.pass_time(MINUTE)
        world.parts.file_counts.count_due(time_left=ticking(2))
        assert world.status("small.jsonl.json")["states"] == {"QUEUED": 1, "REJECTED": 1}
        assert "states" not in world.status("large.jsonl.json")

    def test_one_that_cannot_be_counted_keeps_no_other_from_it(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drop(world, lines(2), "requests/bad.jsonl")
        world.pass_time(1)
        drop(world, lines(2, key="good"), "requests/good.jsonl")
        page = FileCountRows.next_page

        def broken(self: FileCountRows, row: Any, count: Any) -> Any:
            if "bad" in row.source.uri:
                raise RuntimeError
            return page(self, row, count)

        monkeypatch.setattr(FileCountRows, "next_page", broken)
        world.sweep(after=MINUTE)
        assert world.status("good.jsonl.json")["states"] == {"QUEUED": 2}
        assert "states" not in world.status("bad.jsonl.json")

    def test_of_two_sweeps_at_once_one_counts(self, world: World) -> None:
        drop(world, lines(2))
        world.pass_time(MINUTE)
        rows = world.parts.file_counts.rows
        (row,) = rows.due(world.now)
        assert rows.claim(row, due=int(world.now) + MINUTE) is not None
        assert rows.claim(row, due=int(world.now) + MINUTE) is None


class TestReadOn:
    def test_checkpoints_let_a_count_under_way_go_on(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A large file is read in hundreds of checkpoints, one every few seconds."""
        drop(world, lines(6), looks=2)
        page = FileCountRows.next_page

        def meanwhile(*call: Any) -> Any:
            monkeypatch.setattr(FileCountRows, "next_page", page)
            count = page(*call)
            further = before.reading._replace(combination=1)
            rows = world.parts.file_rows
            assert rows.advance(before, further, reader="a call that began before", now=world.now)[1]
            return count

        before = row_of(world)
        monkeypatch.setattr(FileCountRows, "next_page", meanwhile)
        world.sweep(after=MINUTE)
        assert row_of(world).states == {"QUEUED": 2}

    def test_one_whose_reading_stood_still_is_counted_soon(self, world: World) -> None:
        drop(world, lines(6), looks=2)
        for _ in range(100):
            world.sweep(after=5 * MINUTE)
        assert (row_of(world).due or 0) > world.now + 5 * MINUTE
        go_on(world)
        assert (row_of(world).due or 0) <= world.now + MINUTE


class TestEarlierVersions:
    """Rows that the version before has written."""

    def forget(self, world: World) -> None:
        key = {name: {"S": value} for name, value in self.key(world).items()}
        world.aws["dynamodb"].update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="REMOVE #open, due",
            ExpressionAttributeNames={"#open": "open"},
        )

    def key(self, world: World) -> dict[str, str]:
        return {name: value["S"] for name, value in row_of(world).key.items()}

    def test_one_that_was_read_stays_as_it_is(self, world: World) -> None:
        drop(world, lines(2))
        self.forget(world)
        before = world.status(STATUS)
        end(world, *open_jobs(world))
        assert ends(world) == []
        assert world.status(STATUS) == before

    def test_one_that_is_read_on_is_counted(self, world: World) -> None:
        drop(world, lines(5), looks=2)
        self.forget(world)
        go_on(world)
        end(world, *open_jobs(world))
        (detail,) = ends(world)
        assert detail["states"] == {"SUCCEEDED": 5}


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


def failing(*_: object, **__: object) -> Any:
    raise RuntimeError("as if the process had died here")


def seen(monkeypatch: pytest.MonkeyPatch, name: str) -> list[object]:
    calls: list[object] = []
    method = getattr(FileCountRows, name)

    def recorded(*call: Any, **options: Any) -> Any:
        calls.append(call)
        return method(*call, **options)

    monkeypatch.setattr(FileCountRows, name, recorded)
    return calls


def hurried(world: World) -> None:
    """A sweep with time for one page."""
    world.pass_time(1)
    world.parts.file_counts.count_due(time_left=ticking(8))


def ticking(seconds: float) -> Callable[[], float]:
    """A clock of which every look takes so many seconds."""
    left = [100.0]

    def time_left() -> float:
        left[0] -= seconds
        return left[0]

    return time_left
