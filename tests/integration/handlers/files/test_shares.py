"""A batch of messages shares the time of its call: no neighbour delays another."""

from typing import Any

import pytest

import validate
from jobchute.aws.objects import Objects
from jobchute.intake.invocation import MIN_SECONDS
from jobchute.ledger.continuations import MAX_IDLE_HOPS
from jobchute.lifecycle.accept import Acceptor
from jobchute.parsing.text import MAX_DOCUMENT_BYTES
from jobchute.runtime import use
from tests.integration.handlers.files.many import deliver, go_on, lines, waiting
from tests.integration.handlers.world import Context, World, keyed, sqs_record

TIMEOUT = 90.0


class Clock:
    """Every request that is accepted takes a second."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.left = TIMEOUT
        self.at: dict[str, float] = {}
        accept = Acceptor.accept

        def slow(acceptor: Acceptor, submission: Any, source: Any) -> Any:
            self.left -= 1
            self.at[submission.idempotency_key] = TIMEOUT - self.left
            return accept(acceptor, submission, source)

        monkeypatch.setattr(Acceptor, "accept", slow)

    def deliver(self, *bodies: object) -> list[str]:
        clock = self

        class Timed(Context):
            def get_remaining_time_in_millis(self) -> int:
                return int(clock.left * 1000)

        records = [sqs_record(f"m{number}", body) for number, body in enumerate(bodies)]
        with use(self.world.parts):
            answer = validate.handler({"Records": records}, Timed("batch"))  # type: ignore[arg-type]
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(world, monkeypatch)


def test_nine_messages_beside_a_large_file_are_taken_at_once(world: World, clock: Clock) -> None:
    """Before, the file took 75 of the 90 seconds, and what did not fit behind it came again in ten minutes."""
    file = {"Records": [world.drop("requests/many.jsonl", lines(100))]}
    assert clock.deliver(file, *(keyed(f"innocent-{number}") for number in range(9))) == []
    innocents = [at for key, at in clock.at.items() if key.startswith("innocent")]
    assert (len(innocents), max(innocents) <= 8 + 9) == (9, True)
    assert len(waiting(world)) == 1


def test_two_large_files_share(world: World, clock: Clock) -> None:
    files = [{"Records": [world.drop(f"requests/{name}.jsonl", lines(100, key=name))]} for name in "ab"]
    assert clock.deliver(*files) == []
    taken = {name: sum(key.startswith(name) for key in clock.at) for name in "ab"}
    assert taken["a"] == pytest.approx(taken["b"], abs=2)


def test_a_message_for_which_no_time_is_left_comes_again_at_once(world: World, clock: Clock) -> None:
    clock.left = MIN_SECONDS - 1
    assert clock.deliver(keyed("late"), {"Records": [world.drop("requests/a.json", keyed("file"))]}) == []
    assert clock.at == {}
    assert go_on(world) == 2
    assert clock.at.keys() == {"late", "file"}
    world.announce()
    assert world.status("status-messages/m0.json")["idempotencyKey"] == "late"


def test_a_continuation_without_time_goes_back_to_its_queue(world: World, clock: Clock) -> None:
    clock.left = MIN_SECONDS - 1
    clock.deliver(keyed("late"))
    for _ in range(MAX_IDLE_HOPS):
        (message,) = waiting(world)
        assert clock.deliver(message["Body"]) == []
    (message,) = waiting(world)
    assert clock.deliver(message["Body"]) == ["m0"]


def test_a_count_that_takes_too_long_is_left_to_another_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is looked at between the chunks of a file that is counted."""
    monkeypatch.setattr(Objects, "stream_chunk_bytes", 1000)
    record = world.drop("requests/many.jsonl", lines(3, size=MAX_DOCUMENT_BYTES // 2))
    assert deliver(world, {"Records": [record]}, looks=5) == []
    assert world.jobs() == []
    assert len(waiting(world)) == 1
    assert deliver(world, {"Records": [record]}) == []
    assert len(world.jobs()) == 3


def test_blank_lines_without_end_are_read_in_several_calls(
    world: World, accepted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """64 MB of them are 256 calls of S3, some ten seconds, in which the clock was not looked at before."""
    monkeypatch.setattr(Objects, "chunk_bytes", 10_000)
    data = lines(2).replace(b"\n", b" \n" * MAX_DOCUMENT_BYTES)
    assert deliver(world, {"Records": [world.drop("requests/many.jsonl", data)]}, looks=5) == []
    assert accepted == []
    assert len(messages := waiting(world)) == 1
    assert deliver(world, messages[0]["Body"]) == []
    assert accepted == ["k0", "k1"]


def test_a_file_is_counted_by_one_call_of_s3(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    record = world.drop("requests/many.jsonl", lines(40, size=100_000))
    asked: list[Any] = []
    client = world.parts.own_objects.client
    get = client.get_object

    def recording(**request: Any) -> Any:
        asked.append(request)
        return get(**request)

    monkeypatch.setattr(client, "get_object", recording)
    deliver(world, {"Records": [record]}, looks=4)
    to_open_and_to_count = [request for request in asked if "Range" not in request]
    assert to_open_and_to_count == asked[:2]
