"""Files of many requests: resumed after a crash, with nothing lost or double."""

from typing import Any

import pytest

from jobchute.job import Api
from jobchute.providers.pool_defaults import DEFAULTS
from tests.integration.handlers.files.many import (
    Killed,
    breaking_at,
    deliver,
    failing,
    go_on,
    lines,
    row_of,
    waiting,
)
from tests.integration.handlers.world import BUCKET, World


@pytest.mark.usefixtures("small_steps")
class TestCrashes:
    def test_what_cannot_be_handled_now_comes_first_next_time(
        self, world: World, accepted: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = world.drop("requests/many.jsonl", lines(15))
        with monkeypatch.context() as broken:
            breaking_at(broken, "k13", failing(TimeoutError("no answer")))
            assert deliver(world, {"Records": [record]}) == ["m0"]
        assert row_of(world).reading.position.index == 13
        assert deliver(world, {"Records": [record]}) == []
        assert accepted == [f"k{number}" for number in range(15)]
        assert row_of(world).reading.finished

    def test_after_a_crash_the_rest_is_repeated_without_doubles(
        self, world: World, accepted: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = world.drop("requests/many.jsonl", lines(25))
        with monkeypatch.context() as dying:
            breaking_at(dying, "k23", failing(Killed()))
            with pytest.raises(Killed):
                deliver(world, {"Records": [record]})
        assert row_of(world).reading.position.index == 20
        assert deliver(world, {"Records": [record]}) == []
        assert accepted == [f"k{n}" for n in range(23)] + [f"k{n}" for n in range(20, 25)]
        assert len(world.jobs()) == 25
        # As many as their pool lets in at once: each has one execution.
        assert len(world.executions()) == DEFAULTS[f"{Api.TRAINING_JOB}/*"].limit
        status = world.status("many.jsonl.json")
        assert (status["accepted"], status["duplicate"]) == (25, 0)

    def test_a_delivery_after_the_end_does_nothing(self, world: World, accepted: list[str]) -> None:
        record = world.drop("requests/few.jsonl", lines(3))
        for _ in range(2):
            assert deliver(world, {"Records": [record]}) == []
        assert len(accepted) == 3
        assert [each["document"] for each in world.status("few.jsonl.json")["documents"]] == [0, 1, 2]

    def test_of_two_deliveries_at_once_the_slower_one_stops(
        self, world: World, accepted: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = world.drop("requests/many.jsonl", lines(25))
        rivals: list[list[str]] = []

        def rival() -> None:
            if not rivals:
                rivals.append(["running"])
                rivals[0] = deliver(world, {"Records": [record]})

        breaking_at(monkeypatch, "k5", rival)
        assert deliver(world, {"Records": [record]}) == []
        assert rivals == [[]]
        assert len(accepted) == 25 + 10
        assert len(world.jobs()) == 25
        assert (row_of(world).reading.accepted, waiting(world)) == (25, [])
        assert world.status("many.jsonl.json")["progress"]["finished"] is True

    def test_a_checkpoint_whose_answer_was_lost_is_known_as_its_own(
        self, world: World, accepted: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The client sends the write again, and the second one meets what the first has written."""
        client = world.parts.file_rows.client
        update_item = client.update_item

        def repeating(**request: Any) -> Any:
            update_item(**request)
            return update_item(**request)

        monkeypatch.setattr(client, "update_item", repeating)
        assert deliver(world, {"Records": [world.drop("requests/many.jsonl", lines(25))]}) == []
        assert len(accepted) == 25
        assert row_of(world).reading.finished

    def test_an_object_that_goes_away_in_between_is_told(self, world: World) -> None:
        record = world.drop("requests/many.jsonl", lines(30, size=20_000))
        deliver(world, {"Records": [record]}, looks=10)
        version = record["s3"]["object"]["versionId"]
        world.aws["s3"].delete_object(Bucket=BUCKET, Key="requests/many.jsonl", VersionId=version)
        go_on(world)
        world.announce()
        status = world.status("many.jsonl.json")
        assert "deleted or replaced before all of it was read" in status["note"]
        assert (status["accepted"], status["progress"]["finished"]) == (10, True)

    def test_an_unversioned_object_replaced_meanwhile_is_reported(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.aws["s3"].create_bucket(Bucket="plain")
        world.aws["s3"].put_object(Bucket="plain", Key="many.jsonl", Body=lines(30, size=20_000))
        record = world.drop("requests/x", b"")
        record["s3"] |= {"bucket": {"name": "plain"}}
        record["s3"]["object"] = {"key": "many.jsonl", "size": 1, "sequencer": "0A"}

        def replace_it() -> None:
            world.aws["s3"].put_object(Bucket="plain", Key="many.jsonl", Body=b"{}")

        breaking_at(monkeypatch, "k2", replace_it)
        assert deliver(world, {"Records": [record]}) == []
        status = world.status("status-buckets/plain/many.jsonl.json")
        assert "replaced before all of it was read" in status["note"]
        assert status["progress"]["finished"] is True
        assert status["progress"]["done"] < 30
