"""A batch of changes that is announced together."""

import json
from typing import Any

import pytest

from jobchute.aws.objects import Objects
from jobchute.job import Api, Job, job_id_for_key
from jobchute.ledger.versions import VersionRows
from jobchute.lifecycle.bus import MAX_ENTRIES, Bus, Entry, Refused
from tests.integration.handlers.lifecycle.announced import KEY_TOO_LONG, put_aside, rows_made
from tests.integration.handlers.world import World, keyed


class TestBatches:
    def test_the_next_delivery_begins_at_the_first_failed_record(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.receive(keyed("a"), keyed("b"), keyed("c"))
        records = rows_made(world.changes())
        put = Bus.put

        def put_all_but_one(bus: Bus, entries: Any) -> Refused | None:
            keys = [json.loads(entry["Detail"])["idempotencyKey"] for entry in entries]
            if "b" in keys:
                put(bus, entries[: keys.index("b")])
                return Refused(keys.index("b"), TimeoutError())
            return put(bus, entries)

        with monkeypatch.context() as broken:
            broken.setattr(Bus, "put", put_all_but_one)
            assert world.announce(records) == [records[1]["dynamodb"]["SequenceNumber"]]
        assert world.announce(records[1:]) == []
        assert [event["detail"]["idempotencyKey"] for event in world.heard()] == ["a", "b", "c"]

    def test_the_clock_is_looked_at_between_two_groups(self, world: World) -> None:
        world.receive(*(keyed(str(number)) for number in range(MAX_ENTRIES + 2)))
        records = rows_made(world.changes())
        answer = world.invoke("announce", {"Records": records}, ms=10_000)
        number = records[MAX_ENTRIES]["dynamodb"]["SequenceNumber"]
        assert answer == {"batchItemFailures": [{"itemIdentifier": number}]}
        assert len(world.heard()) == MAX_ENTRIES

    def test_moves_of_a_batch_share_documents_and_requests(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written: list[tuple[str, str]] = []
        sent: list[int] = []
        put = Bus.put
        monkeypatch.setattr(Objects, "write", lambda _, key, each: written.append((key, each["state"])))

        def counted(bus: Bus, entries: Any) -> Refused | None:
            sent.append(len(entries))
            return put(bus, entries)

        monkeypatch.setattr(Bus, "put", counted)
        world.dispatch(world.submit(Api.TRAINING_JOB))
        assert world.announce() == []
        assert [state for _, state in written] == ["SUBMITTED"]
        assert sent == [3]
        assert [each["detail"]["state"] for each in world.heard()] == ["QUEUED", "SUBMITTING", "SUBMITTED"]

    def test_the_version_of_an_object_is_read_once_for_its_jobs(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = b"\n".join(json.dumps(keyed(key)).encode() for key in "abc")
        world.receive({"Records": [world.drop("requests/a.jsonl", lines)]})
        read: list[str] = []
        newest = VersionRows._newest

        def noted(rows: VersionRows, uri: str) -> Any:
            read.append(uri)
            return newest(rows, uri)

        monkeypatch.setattr(VersionRows, "_newest", noted)
        world.announce()
        assert read == ["s3://drop/requests/a.jsonl"]
        assert len(world.heard()) == 3

    def test_one_event_that_is_refused_for_good_keeps_no_other_back(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.receive(keyed("a"), keyed("b"), keyed("c"))
        records = world.changes()
        put = Bus.put

        def put_good(bus: Bus, entries: Any) -> Refused | None:
            if any('"idempotencyKey": "b"' in entry["Detail"] for entry in entries):
                raise KEY_TOO_LONG
            return put(bus, entries)

        monkeypatch.setattr(Bus, "put", put_good)
        assert world.announce(records) == []
        assert [event["detail"]["idempotencyKey"] for event in world.heard()] == ["a", "c"]
        assert [record["jobId"] for record in put_aside(world)] == [job_id_for_key("b")]

    def test_one_row_that_makes_no_event_keeps_no_other_back(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.receive(keyed("a"), keyed("b"), keyed("c"))
        records = world.changes()
        event_of = Bus.event_of

        def of_the_others(bus: Bus, job: Job) -> Entry:
            if job.idempotency_key == "b":
                raise KeyError("state")
            return event_of(bus, job)

        monkeypatch.setattr(Bus, "event_of", of_the_others)
        assert world.announce(records) == []
        assert [event["detail"]["idempotencyKey"] for event in world.heard()] == ["a", "c"]
        assert [record["jobId"] for record in put_aside(world)] == [job_id_for_key("b")]
