"""jobchute results --retry-failed: failed and missing records are sent again, and no other."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.cli.results.batches import batches_of
from jobchute.cli.results.retrying import Rule, retry_failed
from jobchute.cli.results.stored import Bucket
from jobchute.job import Api, State, job_id_for_key
from jobchute.requests.document import Submission, parse_document
from tests.builders import a_source
from tests.integration.cli.deployed import messages
from tests.integration.cli.record_jobs import INPUT, add_job, put_batch, put_lines, put_outputs, request_of
from tests.records import answered, input_line, made, refused

FEW = ("--min-records", "1")


@pytest.fixture
def batch(deployment: Deployment) -> Deployment:
    runtime.client("s3").create_bucket(Bucket="data")
    return deployment


def retry(*options: str) -> Result:
    return CliRunner().invoke(app, ["results", "tickets", "--retry-failed", "--json", *options])


def input_of(document: Any) -> tuple[str, list[str]]:
    """The URI of a request's input, and the ids of its records."""
    uri: str = document["request"]["inputDataConfig"]["s3InputDataConfig"]["s3Uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = runtime.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return uri, [json.loads(line)["recordId"] for line in body.splitlines()]


def test_it_sends_what_failed_and_what_is_missing(batch: Deployment) -> None:
    many = made(400, failed=110, missing=10, files=3)
    put_batch(many)
    first = add_job(batch, labels={"team": "growth"})
    result = retry()
    assert result.exit_code == 0, result.output
    (document,) = messages(batch)
    uri, ids = input_of(document)
    assert ids == sorted([*many.failed, *many.missing])
    assert uri.startswith("s3://data/in/tickets.retry-")
    assert uri.endswith(".jsonl")
    assert document["retryOf"] == first.job_id
    assert document["idempotencyKey"] == "tickets:retry-1"
    assert document["labels"] == {"team": "growth"}
    assert document["request"] == {**request_of("tickets-r1", uri)}
    assert "120 records to send again" in result.stderr
    assert json.loads(result.stdout)["jobId"] == job_id_for_key("tickets:retry-1")
    assert isinstance(parse_document(document), Submission)


def test_the_records_are_sent_as_they_were(batch: Deployment) -> None:
    line = b'{ "recordId":"a", "modelInput":{"temperature":0.10},"more":1e400}'
    put_lines(INPUT, [line])
    put_outputs("tickets", [[]])
    add_job(batch)
    assert retry(*FEW).exit_code == 0
    (document,) = messages(batch)
    key = input_of(document)[0].removeprefix("s3://data/")
    assert runtime.client("s3").get_object(Bucket="data", Key=key)["Body"].read() == line + b"\n"


def test_until_it_is_accepted_the_same_is_sent_again(batch: Deployment) -> None:
    put_batch(made(9, failed=4))
    add_job(batch)
    retry(*FEW)
    retry(*FEW)
    first, second = messages(batch)
    assert first == second


def test_beside_a_folder_not_in_it(batch: Deployment) -> None:
    put_batch(made(9, failed=4), uri="s3://data/in/a.jsonl")
    add_job(batch, uri="s3://data/in/")
    assert retry(*FEW).exit_code == 0
    (document,) = messages(batch)
    assert input_of(document)[0].startswith("s3://data/in.retry-")


def test_a_second_retry_sends_what_the_first_left(batch: Deployment) -> None:
    many = made(20, failed=3, missing=1)
    put_batch(many)
    first = add_job(batch)
    ids = sorted([*many.failed, *many.missing])
    key = "tickets:retry-1"
    add_job(batch, "again", job_id=job_id_for_key(key), idempotency_key=key, retry_of=first.job_id)
    put_outputs("again", [[answered(input_line(ids[0])), refused(input_line(ids[1]))]])
    assert retry(*FEW).exit_code == 0
    (document,) = messages(batch)
    assert input_of(document)[1] == ids[1:]
    assert document["idempotencyKey"] == "tickets:retry-2"


def test_a_retry_that_was_sent_meanwhile_is_not_repeated(batch: Deployment) -> None:
    """The key is the same, so this document is a duplicate, or is rejected."""
    put_batch(made(9, failed=4))
    first = add_job(batch)
    read = batches_of(batch, [first])
    key = "tickets:retry-1"
    add_job(batch, "again", job_id=job_id_for_key(key), idempotency_key=key, retry_of=first.job_id)
    bucket = Bucket(runtime.client("s3"), lambda _: None)
    retry_failed(batch, bucket, read[0], Rule(min_count=1))
    (document,) = messages(batch)
    assert document["idempotencyKey"] == key


def test_an_owner_s_retry_goes_through_the_owner_s_folder(batch: Deployment) -> None:
    put_batch(made(9, failed=4))
    add_job(batch, source=a_source(owner="ada"), job_id=job_id_for_key("tickets", "ada"))
    assert retry(*FEW, "--owner", "ada").exit_code == 0
    listed = runtime.client("s3").list_objects_v2(Bucket="jobs")["Contents"]
    assert [each["Key"].startswith("requests/ada/") for each in listed] == [True]
    assert messages(batch) == []


class TestWhichRecords:
    ERRORS = (
        ("throttled", {"code": 429}, True),
        ("server", {"code": 503}, True),
        ("slow", {"code": 408}, True),
        ("expired", {"code": 400, "expired": True}, True),
        ("told", {"code": 400, "retryable": True}, True),
        ("invalid", {"code": 400, "retryable": False}, False),
        ("forbidden", {"code": 403}, False),
        ("odd", {"code": "x"}, False),
    )

    @pytest.fixture
    def failed(self, batch: Deployment) -> Deployment:
        lines = {name: input_line(name) for name, _, _ in self.ERRORS}
        put_lines(INPUT, [*lines.values(), input_line("missing")])
        put_outputs("tickets", [[refused(lines[name], **more) for name, more, _ in self.ERRORS]])
        add_job(batch)
        return batch

    def test_all_unless_asked_and_it_says_which_may_fail_again(self, failed: Deployment) -> None:
        result = retry(*FEW)
        (document,) = messages(failed)
        assert input_of(document)[1] == [*(name for name, _, _ in self.ERRORS), "missing"]
        assert "3 records of them" in result.stderr
        assert "--only-retryable leaves them out" in result.stderr

    def test_only_those_that_may_succeed(self, failed: Deployment) -> None:
        retry(*FEW, "--only-retryable")
        (document,) = messages(failed)
        assert input_of(document)[1] == [
            *(name for name, _, may_succeed in self.ERRORS if may_succeed),
            "missing",
        ]


class TestNothingIsSent:
    def refused(self, deployment: Deployment, told: str, *options: str) -> None:
        result = retry(*options)
        assert result.exit_code == 1
        assert told in result.stderr
        assert messages(deployment) == []
        keys = runtime.client("s3").list_objects_v2(Bucket="data").get("Contents", [])
        assert [each["Key"] for each in keys if "retry" in each["Key"]] == []

    def test_where_too_few_are_left_for_a_job(self, batch: Deployment) -> None:
        put_batch(made(200, failed=99))
        add_job(batch)
        self.refused(batch, "99 records left, and a job usually needs 100; nothing was sent")

    def test_where_outputs_are_lost(self, batch: Deployment) -> None:
        put_batch(made(300, failed=150, files=2))
        runtime.client("s3").delete_object(Bucket="data", Key="out/tickets/part-0.jsonl.out")
        add_job(batch)
        self.refused(batch, "so records that succeeded would be sent again; nothing was sent")

    def test_where_all_outputs_are_gone(self, batch: Deployment) -> None:
        put_lines(INPUT, made(300).input)
        add_job(batch)
        self.refused(batch, "were its outputs moved?")

    def test_where_a_line_cannot_be_read(self, batch: Deployment) -> None:
        put_lines(INPUT, made(300).input)
        put_outputs("tickets", [[b'{"recordId": "R0']])
        add_job(batch)
        self.refused(batch, "outputs are lost or cannot be read")

    def test_where_the_input_has_changed(self, batch: Deployment) -> None:
        put_batch(made(300, failed=150))
        put_lines(INPUT, made(299).input)
        add_job(batch)
        self.refused(batch, "there are outputs of records that the input does not have")

    def test_for_the_job_of_another_owner(self, batch: Deployment) -> None:
        put_batch(made(300, failed=150))
        job = add_job(batch, source=a_source(owner="bob"))
        result = CliRunner().invoke(app, ["results", job.job_id, "--retry-failed", "--owner", "ada"])
        assert result.exit_code == 1
        assert "no job has the id" in result.stderr

    def test_where_records_share_an_id(self, batch: Deployment) -> None:
        put_lines(INPUT, [input_line("a")] * 200)
        put_outputs("tickets", [[]])
        add_job(batch)
        self.refused(batch, "records share an id, so which failed is unknown; nothing was sent")

    def test_while_a_retry_is_open(self, batch: Deployment) -> None:
        put_batch(made(300, failed=150))
        first = add_job(batch)
        key = "tickets:retry-1"
        open_one: dict[str, Any] = {
            "state": State.QUEUED,
            "provider_id": None,
            "output": None,
            "retry_of": first.job_id,
        }
        add_job(batch, "again", job_id=job_id_for_key(key), idempotency_key=key, **open_one)
        self.refused(batch, "is QUEUED; wait until it has ended")

    def test_where_the_input_is_a_whole_bucket(self, batch: Deployment) -> None:
        put_batch(made(9, failed=4), uri="s3://data/in.jsonl")
        add_job(batch, uri="s3://data/")
        self.refused(batch, "is a whole bucket, so nothing can be written beside it", *FEW)

    def test_where_every_record_succeeded(self, batch: Deployment) -> None:
        put_batch(made(9))
        add_job(batch)
        result = retry()
        assert (result.exit_code, result.stdout) == (0, "")
        assert "no record is left to send again" in result.stderr
        assert messages(batch) == []

    def test_where_the_request_is_no_longer_valid(self, batch: Deployment) -> None:
        put_batch(made(200, failed=150), uri="s3://data/in/a b.jsonl")
        add_job(batch, uri="s3://data/in/a b.jsonl")
        result = retry()
        assert result.exit_code == 1
        assert "nothing was sent" in result.stderr
        assert messages(batch) == []

    def test_the_limits_are_of_the_api(self) -> None:
        from jobchute.providers.records import records_of

        limits = records_of(Api.BEDROCK_JOB)
        assert limits is not None
        assert (limits.min_count, limits.max_count) == (100, 50_000)
        assert records_of(Api.TRAINING_JOB) is records_of(None) is None
