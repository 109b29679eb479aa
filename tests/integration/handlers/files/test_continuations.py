"""What a call leaves to the next one: in the ledger, so that no message can name what is not its sender's."""

import json
import secrets
from typing import Any

import pytest

from jobchute.errors import NoProgressError
from jobchute.job import Source
from jobchute.ledger.continuations import MAX_IDLE_HOPS, ContinuationRows, Work
from tests.aws import TABLE
from tests.integration.handlers.files.many import Killed, deliver, go_on, lines, row_of, waiting
from tests.integration.handlers.world import BUCKET, World, keyed, sqs_record

SOURCE = Source(uri="sqs://m1", status_key="status-messages/m1.json", combination=3)
NOW = 1_795_000_000


def with_attribute(body: object, source: dict[str, Any]) -> dict[str, Any]:
    """A message as versions before this one left it to themselves, or as anyone may send it."""
    attribute = {"stringValue": json.dumps(source), "dataType": "String"}
    return {**sqs_record("forged", body), "messageAttributes": {"jobchuteSource": attribute}}


class TestForged:
    def test_a_source_in_a_message_ends_nobody_s_file(self, world: World, accepted: list[str]) -> None:
        deliver(world, {"Records": [world.drop("requests/theirs.jsonl", lines(30))]}, looks=12)
        theirs = row_of(world).source
        source = {"uri": theirs.uri, "version": theirs.version, "status_key": "status/theirs.jsonl.json"}
        assert world.receive_records([with_attribute("{}\n{}", source)]) == []
        assert world.status("theirs.jsonl.json")["progress"]["done"] == 12
        go_on(world)
        assert world.status("theirs.jsonl.json")["accepted"] == 30
        assert accepted == [f"k{number}" for number in range(30)]

    @pytest.mark.parametrize(
        "source",
        [
            {"uri": "s3://drop/requests/a.json", "status_key": "requests/dry-run.json"},
            {"uri": "sqs://x", "status_key": "status/theirs.json", "index": "a", "combination": [1]},
        ],
    )
    def test_a_source_in_a_message_names_no_place_and_no_types(
        self, world: World, source: dict[str, Any]
    ) -> None:
        """A dry run was written below `requests/`; a wrong type stopped the ledger's stream."""
        before = world.drop("requests/dry-run.json", {})
        records = [with_attribute(keyed("dry", dryRun=True), source), with_attribute({}, source)]
        assert world.receive_records(records) == []
        assert world.announce() == []
        assert world.statuses() == ["status-messages/forged.json"]
        (row,) = world.jobs()
        assert row.source == Source(uri="sqs://forged", status_key=row.source.status_key)
        there = world.aws["s3"].head_object(Bucket=BUCKET, Key="requests/dry-run.json")
        assert there["VersionId"] == before["s3"]["object"]["versionId"]

    def test_an_older_version_s_message_makes_nothing_twice(self, world: World, accepted: list[str]) -> None:
        record = world.drop("requests/many.jsonl", lines(15))
        deliver(world, {"Records": [record]}, looks=5)
        waiting(world)
        source = {"uri": f"s3://{BUCKET}/requests/many.jsonl", "status_key": "status/many.jsonl.json"}
        assert world.receive_records([with_attribute({"Records": [record]}, source)]) == []
        assert accepted == [f"k{number}" for number in range(15)]
        assert world.status("many.jsonl.json")["progress"]["finished"] is True

    @pytest.mark.parametrize("copies", [1, 4])
    def test_a_continuation_of_anyone_s_only_helps(
        self, world: World, accepted: list[str], copies: int
    ) -> None:
        deliver(world, {"Records": [world.drop("requests/many.jsonl", lines(20))]}, looks=12)
        (left,) = waiting(world)
        forged = [sqs_record(f"forged-{number}", left["Body"]) for number in range(copies)]
        assert world.receive_records(forged) == []
        assert deliver(world, json.loads(left["Body"])) == []
        assert accepted == [f"k{number}" for number in range(20)]
        assert waiting(world) == []

    @pytest.mark.parametrize("work_id", ["0" * 64, "ab" * 32])
    def test_an_unknown_continuation_is_dropped(self, world: World, work_id: str) -> None:
        assert world.receive({"continue": work_id}) == []
        world.announce()
        assert (world.jobs(), world.statuses()) == ([], [])

    @pytest.mark.parametrize("body", [{"continue": "x"}, {"continue": 7}, {"continue": "0" * 64, "api": "x"}])
    def test_what_only_looks_like_a_continuation_is_a_document(self, world: World, body: object) -> None:
        assert world.receive(body) == []
        (row,) = world.jobs()
        assert row.problems[0]["code"] == "UNKNOWN_KEY"


class TestHops:
    def test_work_that_does_not_advance_comes_back_in_the_end(self, world: World, accepted: list[str]) -> None:
        deliver(world, {"Records": [world.drop("requests/many.jsonl", lines(3))]}, looks=0)
        for _ in range(MAX_IDLE_HOPS):
            (message,) = waiting(world)
            assert deliver(world, message["Body"], looks=0) == []
        (message,) = waiting(world)
        # From here on SQS counts its deliveries; the dead-letter queue is known to the ledger.
        assert deliver(world, message["Body"], looks=0) == ["m0"]
        assert waiting(world) == []
        assert deliver(world, message["Body"]) == []
        assert accepted == ["k0", "k1", "k2"]

    def test_work_that_advances_is_handed_on_as_often_as_it_takes(
        self, world: World, accepted: list[str]
    ) -> None:
        deliver(world, {"Records": [world.drop("requests/many.jsonl", lines(12))]}, looks=1)
        assert go_on(world, looks=1) == 12
        assert len(accepted) == 12

    def test_a_call_that_dies_before_sending_has_not_answered(
        self, world: World, accepted: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = world.drop("requests/many.jsonl", lines(6))

        def die(**_: Any) -> None:
            raise Killed

        with monkeypatch.context() as dying:
            dying.setattr(world.parts.continuations.client, "send_message", die)
            with pytest.raises(Killed):
                deliver(world, {"Records": [record]}, looks=2)
        assert deliver(world, {"Records": [record]}, looks=2) == []
        go_on(world)
        assert accepted == [f"k{number}" for number in range(6)]


class TestRows:
    @pytest.fixture
    def rows(self, world: World) -> ContinuationRows:
        return ContinuationRows(world.aws["dynamodb"], TABLE)

    @pytest.mark.parametrize("size", [0, 10, 1024 * 1024])
    def test_a_message_of_any_size_is_kept_whole(self, rows: ContinuationRows, size: int) -> None:
        """As hexadecimal digits, the largest message hardly becomes smaller than 512 KiB."""
        work = Work(SOURCE, secrets.token_hex(size // 2))
        assert rows.find(rows.leave(work, (0,), NOW)) == work
        assert rows.source(work.work_id) == SOURCE

    def test_the_same_work_has_one_id_and_other_work_another(self) -> None:
        work = Work(SOURCE, "body")
        others = [Work(SOURCE, "other"), Work(Source(uri="sqs://m2", status_key=SOURCE.status_key), "body")]
        assert len({each.work_id for each in (work, work, *others)}) == 3

    def test_less_progress_than_before_counts_as_none(self, rows: ContinuationRows) -> None:
        work = Work(SOURCE, "body")
        for progress in ((5, 0), (4, 9), (5, 0), (0, 0)):
            rows.leave(work, progress, NOW)
        with pytest.raises(NoProgressError, match="sqs://m1"):
            rows.leave(work, (4, 10), NOW)
        rows.leave(work, (5, 1), NOW)
        rows.leave(work, (5, 1), NOW)

    def test_there_is_a_bound_on_all_hops(self, rows: ContinuationRows) -> None:
        rows = rows._replace(max_hops=5)
        work = Work(SOURCE, "body")
        for hop in range(6):
            rows.leave(work, (hop,), NOW)
        with pytest.raises(NoProgressError):
            rows.leave(work, (6,), NOW)

    def test_of_two_calls_that_leave_it_at_once_one_counts(
        self, rows: ContinuationRows, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        work = Work(SOURCE, "body")
        rows.leave(work, (0,), NOW)
        seen = rows._row(work.work_id)
        rows.leave(work, (7,), NOW)
        monkeypatch.setattr(ContinuationRows, "_row", lambda *_: seen)
        rows.leave(work, (3,), NOW)
        monkeypatch.undo()
        row = rows._row(work.work_id)
        assert row is not None
        assert (row.progress, row.hops) == ((7,), 1)
