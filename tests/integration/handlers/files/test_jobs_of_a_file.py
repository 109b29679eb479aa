"""How many jobs one file may ask for."""

import json

import pytest

from tests.integration.handlers.files.many import SWEEP, deliver, go_on, lines
from tests.integration.handlers.world import World

ROLES = ["arn:aws:iam::*"]


def sweep(key: str, values: int) -> str:
    matrix = {"HyperParameters.n": [str(number) for number in range(values)]}
    return json.dumps({**SWEEP, "idempotencyKey": key, "matrix": matrix})


@pytest.fixture
def at_most_ten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rails = {"roles": ROLES, "max_jobs_per_file": 10}
    monkeypatch.setenv("JOBCHUTE_GUARD_RAILS", json.dumps(rails))


@pytest.mark.usefixtures("at_most_ten")
class TestJobsOfAFile:
    def test_the_document_beyond_the_limit_is_rejected_alone(self, world: World) -> None:
        data = "\n".join([sweep("a", 6), sweep("b", 5), sweep("c", 3)]).encode()
        assert deliver(world, {"Records": [world.drop("requests/many.jsonl", data)]}) == []
        status = world.status("many.jsonl.json")
        assert (status["accepted"], status["rejected"]) == (9, 1)
        world.announce(world.changes())
        (error,) = world.status("status-documents/requests/many.jsonl/1.json")["errors"]
        assert (error["path"], error["code"]) == ("matrix", "TOO_MANY_JOBS")
        assert "asks for 11 jobs; this deployment allows 10" in error["message"]

    def test_interruptions_do_not_change_what_is_rejected(self, world: World) -> None:
        data = "\n".join([sweep("a", 6), sweep("b", 5), sweep("c", 3)]).encode()
        deliver(world, {"Records": [world.drop("requests/many.jsonl", data)]}, looks=4)
        assert go_on(world, looks=3) > 2
        status = world.status("many.jsonl.json")
        assert (status["accepted"], status["duplicate"], status["rejected"]) == (9, 0, 1)

    def test_a_file_of_one_document_is_rejected_as_a_whole(self, world: World) -> None:
        deliver(world, {"Records": [world.drop("requests/one.json", sweep("a", 11).encode())]})
        (job,) = world.jobs()
        assert [problem["code"] for problem in job.problems] == ["TOO_MANY_JOBS"]

    def test_documents_without_a_matrix_count_too(self, world: World) -> None:
        deliver(world, {"Records": [world.drop("requests/many.jsonl", lines(12))]})
        status = world.status("many.jsonl.json")
        assert (status["accepted"], status["rejected"]) == (10, 2)
