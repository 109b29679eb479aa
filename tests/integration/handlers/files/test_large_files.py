"""Files of many requests: taken in steps, and told of."""

from typing import Any

import pytest

from jobchute.aws.objects import Objects
from jobchute.aws.s3_notifications import ObjectCreated
from jobchute.job import State
from jobchute.ledger.files import MAX_REJECTIONS
from jobchute.parsing.text import MAX_DOCUMENTS
from tests.integration.handlers.files.many import SWEEP, deliver, go_on, lines, row_of, waiting
from tests.integration.handlers.world import BUCKET, World, sqs_record

pytestmark = pytest.mark.slow


class TestLargeFiles:
    def test_many_requests_are_taken_in_calls_of_little_time(self, world: World, accepted: list[str]) -> None:
        data = lines(120, bad=(7, 90), size=200)
        record = world.drop("requests/many.jsonl", data)
        assert deliver(world, {"Records": [record]}, looks=30) == []
        status = world.status("many.jsonl.json")
        assert status["progress"] == {"documents": 120, "done": 30, "finished": False, "cancelled": False}
        assert (status["accepted"], status["rejected"]) == (29, 1)
        assert "documents" not in status
        assert go_on(world, looks=30) == 4  # the last one finds that there is no more
        status = world.status("many.jsonl.json")
        assert status["progress"] == {"documents": 120, "done": 120, "finished": True, "cancelled": False}
        assert (status["accepted"], status["duplicate"], status["rejected"]) == (118, 0, 2)
        assert status["rejectedDocuments"] == [
            {"document": number, "status": f"status-documents/requests/many.jsonl/{number}.json"}
            for number in (7, 90)
        ]
        assert accepted == [f"k{number}" for number in range(120) if number not in (7, 90)]
        states = [job.state for job in world.jobs()]
        assert (states.count(State.QUEUED), states.count(State.REJECTED)) == (118, 2)
        world.announce(world.changes()[-10:])
        assert world.status("status-documents/requests/many.jsonl/119.json")["idempotencyKey"] == "k119"

    def test_a_call_without_time_leaves_all_to_the_next(self, world: World, accepted: list[str]) -> None:
        record = world.drop("requests/many.jsonl", lines(3))
        assert deliver(world, {"Records": [record]}, looks=0) == []
        assert accepted == []
        assert go_on(world) == 1
        assert accepted == ["k0", "k1", "k2"]

    def test_each_call_reads_from_where_the_last_one_stopped(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = lines(100, size=8000)
        record = world.drop("requests/many.jsonl", data)
        deliver(world, {"Records": [record]}, looks=51)  # one of them when the second chunk is read
        at = row_of(world).reading.position
        assert (at.index, at.line, at.offset > 2**18) == (50, 50, True)
        assert data[at.offset :].lstrip().startswith(b'{"api"')
        ranges: list[str] = []
        client = world.parts.own_objects.client
        get = client.get_object

        def recording(**request: Any) -> Any:
            ranges.append(request.get("Range", ""))
            return get(**request)

        monkeypatch.setattr(client, "get_object", recording)
        go_on(world)
        end = at.offset + 2**18 - 1
        # The head tells what the file is, and its first two documents whether it is one of several.
        assert ranges == ["", f"bytes={at.offset}-{end}", f"bytes={end + 1}-{end + 2**18}"]
        assert row_of(world).reading.accepted == 100

    def test_a_server_that_ignores_ranges_is_understood(self, world: World) -> None:
        class Whole:
            def __getattr__(self, name: str) -> Any:
                return getattr(world.aws["s3"], name)

            def get_object(self, **request: Any) -> Any:
                request.pop("Range", None)
                return world.aws["s3"].get_object(**request)

        data = lines(200, size=4000)
        created = ObjectCreated(BUCKET, "requests/many.jsonl")
        world.drop(created.key, data)
        objects = Objects(Whole(), BUCKET)  # type: ignore[arg-type]
        opened = objects.open(created, head_bytes=1000)
        for start in (0, 1000, 1001, 2**18, 600_000, len(data) - 1):
            assert b"".join(objects.chunks(opened, start)) == data[start:]
            assert b"".join(Objects(world.aws["s3"], BUCKET).chunks(opened, start)) == data[start:]

    def test_a_file_of_too_many_documents_is_rejected_as_a_whole(self, world: World) -> None:
        record = world.drop("requests/many.jsonl", b"{}\n" * (MAX_DOCUMENTS + 1))
        assert deliver(world, {"Records": [record]}) == []
        (job,) = world.jobs()
        assert [problem["code"] for problem in job.problems] == ["TOO_MANY_DOCUMENTS"]

    def test_only_the_first_rejections_are_listed(self, world: World) -> None:
        deliver(world, {"Records": [world.drop("requests/bad.jsonl", b"{\n" * (MAX_REJECTIONS + 2))]})
        status = world.status("bad.jsonl.json")
        assert [each["document"] for each in status["rejectedDocuments"]] == [*range(MAX_REJECTIONS)]
        assert status["rejected"] == MAX_REJECTIONS + 2

    def test_a_yaml_stream_and_a_message_are_resumed_too(self, world: World, accepted: list[str]) -> None:
        stream = lines(5, key="y").replace(b"\n", b"\n---\n")
        deliver(world, {"Records": [world.drop("requests/a.yaml", stream)]}, looks=3)
        assert go_on(world, looks=3) == 1
        assert deliver(world, lines(5).decode(), looks=3) == []
        (message,) = waiting(world)
        world.receive_records([sqs_record("m9", message["Body"])])
        assert accepted == ["y0", "y1", "y2", "y3", "y4", "k0", "k1", "k2", "k3", "k4"]
        assert world.status("status-messages/m0.json")["progress"]["finished"] is True
        assert not any(name.startswith("status-messages/m9") for name in world.statuses())

    def test_a_sweep_is_resumed_at_its_combination(self, world: World, accepted: list[str]) -> None:
        matrix = {"HyperParameters.a": [str(number) for number in range(10)]}
        deliver(world, {"Records": [world.drop("requests/a.json", {**SWEEP, "matrix": matrix})]}, looks=4)
        assert row_of(world).reading.combination == 4
        assert go_on(world, looks=4) == 2
        status = world.status("a.json.json")
        assert (status["accepted"], status["progress"]["done"], len(status["jobs"])) == (10, 1, 10)
        assert len(accepted) == len(set(accepted)) == 10
