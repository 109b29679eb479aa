"""Files of many requests: taken in steps, resumed, told of, cancelled."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from jobchute import files, runtime
from jobchute.calls import Continuations
from jobchute.cancelling import SECOND_LOOK_SECONDS
from jobchute.file_rows import FileRow, FileRows
from jobchute.job import Api, State
from jobchute.lifecycle import Lifecycle
from jobchute.objects import Objects
from jobchute.pools import DEFAULTS
from jobchute.requests.notification import ObjectCreated
from jobchute.requests.text import MAX_DOCUMENTS
from tests.integration.core.conftest import BUCKET, World, sqs_record
from tests.integration.providers.conftest import REQUESTS

BODY = {"api": Api.TRAINING_JOB, "request": REQUESTS[Api.TRAINING_JOB]}
SPARE = 15
SWEEP = {**BODY, "request": {**BODY["request"], "HyperParameters": {}}, "idempotencyKey": "sweep"}


class Killed(BaseException):
    """The end of a process, which nothing catches."""


@dataclass
class Hurried:
    """A Lambda context whose time is over after so many looks at it, one a document."""

    looks: int
    aws_request_id: str = "hurried"
    function_name: str = "validate"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:validate"

    def get_remaining_time_in_millis(self) -> int:
        self.looks -= 1
        return 1000 * (SPARE + max(self.looks, -1))


def deliver(world: World, body: object, *, looks: int = 10**6, attributes: Any = None) -> list[str]:
    """Hand one message to validate; the ids of those that come back."""
    import validate

    record = {**sqs_record("m0", body), "messageAttributes": attributes or {}}
    context = Hurried(looks, aws_request_id=f"call-{next(world.numbers)}")
    answer = validate.handler(json.loads(json.dumps({"Records": [record]})), context)  # type: ignore[arg-type]
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def waiting(world: World) -> list[dict[str, Any]]:
    """Take the messages that the function has left for itself."""
    sqs, found = world.aws["sqs"], list[dict[str, Any]]()
    url = sqs.get_queue_url(QueueName="intake")["QueueUrl"]
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            found.append(message)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def go_on(world: World, *, looks: int = 10**6) -> int:
    """Deliver what is left until nothing is; how many calls that took."""
    calls = 0
    while messages := waiting(world):
        for message in messages:
            named = message.get("MessageAttributes", {}).items()
            attributes = {
                name: {"stringValue": each["StringValue"], "dataType": each["DataType"]} for name, each in named
            }
            assert deliver(world, json.loads(message["Body"]), looks=looks, attributes=attributes) == []
            calls += 1
    return calls


def lines(count: int, *, bad: tuple[int, ...] = (), size: int = 0, key: str = "k") -> bytes:
    """size: of the white space after each document, in bytes."""
    texts = (json.dumps({**BODY, "idempotencyKey": f"{key}{number}"}) for number in range(count))
    return "\n".join("{" if n in bad else text + " " * size for n, text in enumerate(texts)).encode()


def row_of(world: World) -> FileRow:
    items = world.aws["dynamodb"].scan(TableName="ledger")["Items"]
    (pk,) = {item["pk"]["S"] for item in items if item["pk"]["S"].startswith("FILE#")}
    (row,) = FileRows(world.aws["dynamodb"], "ledger")._versions(pk.removeprefix("FILE#"))
    return row


@pytest.fixture(autouse=True)
def delays(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The delays of the messages that the function has left for itself: here they come at once."""
    seen: list[int] = []
    send = Continuations.send

    def at_once(self: Continuations, body: object, source: Any, *, delay: int = 0) -> None:
        seen.append(delay)
        send(self, body, source)

    monkeypatch.setattr(Continuations, "send", at_once)
    return seen


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHECKPOINT_EVERY", 10)


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the requests that were accepted, in their order and as often as they were."""
    seen: list[str] = []
    accept = Lifecycle.accept

    def recorded(self: Lifecycle, submission: Any, source: Any) -> Any:
        seen.append(submission.idempotency_key)
        return accept(self, submission, source)

    monkeypatch.setattr(Lifecycle, "accept", recorded)
    return seen


def breaking_at(monkeypatch: pytest.MonkeyPatch, key: str, what: Callable[[], object]) -> None:
    accept = Lifecycle.accept

    def broken(self: Lifecycle, submission: Any, source: Any) -> Any:
        if submission.idempotency_key == key:
            what()
        return accept(self, submission, source)

    monkeypatch.setattr(Lifecycle, "accept", broken)


def failing(error: BaseException) -> Callable[[], object]:
    def fail() -> object:
        raise error

    return fail


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
            {"document": number, "status": f"status/many.jsonl/{number}.json"} for number in (7, 90)
        ]
        assert accepted == [f"k{number}" for number in range(120) if number not in (7, 90)]
        states = [job.state for job in world.jobs()]
        assert (states.count(State.QUEUED), states.count(State.REJECTED)) == (118, 2)
        world.announce(world.changes()[-10:])
        assert world.status("many.jsonl/119.json")["idempotencyKey"] == "k119"

    def test_a_call_without_time_leaves_all_to_the_next(self, world: World, accepted: list[str]) -> None:
        record = world.drop("requests/many.jsonl", lines(3))
        assert deliver(world, {"Records": [record]}, looks=0) == []
        assert accepted == []
        assert go_on(world) == 1
        assert accepted == ["k0", "k1", "k2"]

    def test_each_call_reads_from_where_the_last_one_stopped(self, world: World) -> None:
        data = lines(100, size=8000)
        record = world.drop("requests/many.jsonl", data)
        deliver(world, {"Records": [record]}, looks=50)
        at = row_of(world).reading.position
        assert (at.index, at.line, at.offset > 2**18) == (50, 50, True)
        assert data[at.offset :].lstrip().startswith(b'{"api"')
        ranges: list[str] = []
        get = world.aws["s3"].get_object

        class Recording:
            def __getattr__(self, name: str) -> Any:
                return getattr(world.aws["s3"], name)

            def get_object(self, **request: Any) -> Any:
                ranges.append(request.get("Range", ""))
                return get(**request)

        objects = runtime.intake().objects
        object.__setattr__(objects, "client", Recording())
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
        created = ObjectCreated(BUCKET, "requests/many.jsonl", None, None, None)
        world.drop(created.key, data)
        objects = Objects(Whole(), BUCKET)  # type: ignore[arg-type]
        opened = objects.open(created, largest=len(data), head_bytes=1000)
        for start in (0, 1000, 1001, 2**18, 600_000, len(data) - 1):
            assert b"".join(objects.chunks(opened, start)) == data[start:]
            assert b"".join(Objects(world.aws["s3"], BUCKET).chunks(opened, start)) == data[start:]

    def test_a_file_of_more_documents_than_allowed_is_rejected_as_a_whole(self, world: World) -> None:
        record = world.drop("requests/many.jsonl", b"{}\n" * (MAX_DOCUMENTS + 1))
        assert deliver(world, {"Records": [record]}) == []
        (job,) = world.jobs()
        assert [problem["code"] for problem in job.problems] == ["TOO_MANY_DOCUMENTS"]

    def test_only_the_first_rejections_are_listed(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files, "MOST_REJECTIONS", 3)
        deliver(world, {"Records": [world.drop("requests/bad.jsonl", b"{\n" * 5)]})
        status = world.status("bad.jsonl.json")
        assert [each["document"] for each in status["rejectedDocuments"]] == [0, 1, 2]
        assert status["rejected"] == 5

    def test_a_yaml_stream_and_a_message_are_resumed_too(self, world: World, accepted: list[str]) -> None:
        stream = lines(5, key="y").replace(b"\n", b"\n---\n")
        deliver(world, {"Records": [world.drop("requests/a.yaml", stream)]}, looks=3)
        assert go_on(world, looks=3) == 1
        assert deliver(world, lines(5).decode(), looks=3) == []
        messages = waiting(world)
        assert [json.loads(each["Body"].splitlines()[4])["idempotencyKey"] for each in messages] == ["k4"]
        source = messages[0]["MessageAttributes"]["jobchuteSource"]["StringValue"]
        attributes = {"jobchuteSource": {"stringValue": source, "dataType": "String"}}
        record = {**sqs_record("m9", messages[0]["Body"]), "messageAttributes": attributes}
        world.receive_records([record])
        assert accepted == ["y0", "y1", "y2", "y3", "y4", "k0", "k1", "k2", "k3", "k4"]
        assert world.status("sqs/m0.json")["progress"]["finished"] is True
        assert not any(name.startswith("sqs/m9") for name in world.statuses())

    def test_a_sweep_is_resumed_at_its_combination(self, world: World, accepted: list[str]) -> None:
        matrix = {"HyperParameters.a": [str(number) for number in range(10)]}
        deliver(world, {"Records": [world.drop("requests/a.json", {**SWEEP, "matrix": matrix})]}, looks=4)
        assert row_of(world).reading.combination == 4
        assert go_on(world, looks=4) == 2
        status = world.status("a.json.json")
        assert (status["accepted"], status["progress"]["done"], len(status["jobs"])) == (10, 1, 10)
        assert len(accepted) == len(set(accepted)) == 10


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

    def test_after_a_death_what_follows_the_last_checkpoint_is_repeated_and_nothing_is_double(
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
        self, world: World, accepted: list[str]
    ) -> None:
        """The client sends the write again, and the second one meets what the first has written."""
        client = world.aws["dynamodb"]

        class Repeating:
            def __getattr__(self, name: str) -> Any:
                return getattr(client, name)

            def update_item(self, **request: Any) -> Any:
                client.update_item(**request)
                return client.update_item(**request)

        taker = runtime.intake().files
        object.__setattr__(taker, "rows", FileRows(Repeating(), "ledger"))  # type: ignore[arg-type]
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
        assert world.status("many.jsonl.json")["errors"][0]["code"] == "OBJECT_GONE"

    def test_an_object_without_versions_that_is_replaced_while_it_is_read_is_told(
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
        status = world.status("plain/many.jsonl.json")
        assert "replaced before all of it was read" in status["note"]
        assert status["progress"]["finished"] is True
        assert status["progress"]["done"] < 30


@pytest.mark.usefixtures("small_steps")
class TestCancelFile:
    def cancel(self, world: World, target: str) -> Any:
        record = world.drop("requests/cancel.json", {"cancel": target})
        assert deliver(world, {"Records": [record]}) == []
        world.announce()
        return world.status("cancel.json.json")

    @pytest.mark.parametrize("target", [f"s3://{BUCKET}/requests/many.jsonl", "requests/many.jsonl"])
    def test_its_jobs_are_cancelled_and_the_rest_is_never_read(
        self, world: World, accepted: list[str], target: str
    ) -> None:
        deliver(world, {"Records": [world.drop("requests/many.jsonl", lines(30))]}, looks=12)
        (left,) = waiting(world)
        answer = self.cancel(world, target)
        assert (answer["jobs"], answer["finished"]) == ({"CANCELLED": 12}, False)
        assert deliver(world, json.loads(left["Body"])) == []
        assert len(accepted) == 12
        assert {job.state for job in world.jobs()} == {State.CANCELLED}
        status = world.status("many.jsonl.json")
        assert status["progress"] == {"documents": 30, "done": 12, "finished": False, "cancelled": True}

    def test_what_a_reader_accepts_meanwhile_is_found_by_the_second_look(
        self, world: World, accepted: list[str], delays: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers: list[Any] = []

        def cancel() -> None:
            answers.append(self.cancel(world, "requests/many.jsonl"))

        with monkeypatch.context() as meanwhile:
            breaking_at(meanwhile, "k15", cancel)
            deliver(world, {"Records": [world.drop("requests/many.jsonl", lines(30))]})
        assert answers[0]["jobs"] == {"CANCELLED": 15}
        assert len(accepted) == 20
        assert [job.state for job in world.jobs()].count(State.QUEUED) == 5
        assert delays == [SECOND_LOOK_SECONDS]
        world.now += SECOND_LOOK_SECONDS
        assert go_on(world) == 1
        assert {job.state for job in world.jobs()} == {State.CANCELLED}
        answer = world.status("cancel.json.json")
        assert (answer["jobs"], answer["finished"]) == ({"CANCELLED": 20}, True)

    def test_one_version_of_several(self, world: World) -> None:
        records = []
        for number in range(2):
            data = lines(2, key=f"v{number}-")
            records.append(world.drop("requests/many.jsonl", data))
            deliver(world, {"Records": records[-1:]})
        version = records[0]["s3"]["object"]["versionId"]
        answer = self.cancel(world, f"requests/many.jsonl?version={version}")
        assert (answer["version"], answer["jobs"]) == (version, {"CANCELLED": 2})
        states = {str(job.idempotency_key): job.state for job in world.jobs()}
        assert {key[:2] for key, state in states.items() if state is State.CANCELLED} == {"v0"}

    def test_a_file_of_one_job_has_no_second_look(self, world: World) -> None:
        world.receive({"Records": [world.drop("requests/one.json", BODY)]})
        answer = self.cancel(world, "requests/one.json")
        assert (answer["jobs"], answer["finished"], waiting(world)) == ({"CANCELLED": 1}, True, [])

    def test_in_steps_where_there_are_many(self, world: World) -> None:
        deliver(world, {"Records": [world.drop("requests/many.jsonl", lines(20))]})
        assert deliver(world, {"cancel": "requests/many.jsonl"}, looks=8) == []
        first = world.status("sqs/m0.json")
        assert (first["finished"], first["jobs"]["QUEUED"] > 0) == (False, True)
        world.now += SECOND_LOOK_SECONDS
        assert go_on(world, looks=8) >= 2
        assert world.status("sqs/m0.json")["jobs"] == {"CANCELLED": 20}
        assert world.status("sqs/m0.json")["finished"] is True

    def test_jobs_that_have_ended_keep_their_ends(self, world: World) -> None:
        world.receive({"Records": [world.drop("requests/few.jsonl", lines(2))]})
        first, second = world.jobs()
        world.ledger().move(first.job_id, State.SUCCEEDED, world.now)
        assert self.cancel(world, "requests/few.jsonl")["jobs"] == {"SUCCEEDED": 1, "CANCELLED": 1}
        assert world.job(second.job_id).state is State.CANCELLED

    @pytest.mark.parametrize("target", ["requests/nowhere.jsonl", "s3://elsewhere/x.json", "requests/"])
    def test_a_file_that_nobody_knows_is_a_rejection(self, world: World, target: str) -> None:
        answer = self.cancel(world, target)
        assert answer["errors"][0]["code"] == "UNKNOWN_JOB"

    def test_a_key_that_looks_like_a_file_is_a_key(self, world: World) -> None:
        world.receive({**BODY, "idempotencyKey": "requests/many.jsonl"})
        assert self.cancel(world, "requests/many.jsonl")["idempotencyKey"] == "requests/many.jsonl"
