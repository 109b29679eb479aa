"""jobchute split: an input above the limits becomes several jobs, which are joined as one."""

import json
from array import array
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from typer.testing import CliRunner, Result

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.main import app
from jobchute.cli.results.splitting import Limits, counts_of
from jobchute.job import Api, State, digest_of, job_id_for_key
from jobchute.requests.document import Submission, parse_document
from tests.builders import a_job, a_source
from tests.integration.cli.deployed import messages
from tests.integration.cli.record_jobs import INPUT, PREFIX, put_lines, request_of
from tests.records import answered, id_of, made, refused

SIZES = ("--max-records", "40", "--min-records", "10")


@pytest.fixture
def request_file(deployment: Deployment, tmp_path: Path) -> Path:
    runtime.client("s3").create_bucket(Bucket="data")
    path = tmp_path / "tickets.json"
    document = {
        "api": Api.BEDROCK_JOB,
        "request": request_of("tickets"),
        "idempotencyKey": "nightly",
        "labels": {"team": "growth"},
    }
    path.write_text(json.dumps(document))
    return path


def split(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["split", str(path), "--json", *options])


def parts_of(path: Path, *options: str) -> tuple[list[Any], list[Any]]:
    """What was printed, and the documents."""
    result = split(path, *options)
    assert result.exit_code == 0, result.output
    documents = path.with_name("tickets.parts.jsonl").read_text().splitlines()
    return [json.loads(line) for line in result.stdout.splitlines()], [*map(json.loads, documents)]


def lines_at(uri: str) -> list[bytes]:
    key = uri.removeprefix("s3://data/")
    body: bytes = runtime.client("s3").get_object(Bucket="data", Key=key)["Body"].read()
    return body.splitlines()


def input_of(document: Any) -> str:
    uri: str = document["request"]["inputDataConfig"]["s3InputDataConfig"]["s3Uri"]
    return uri


def test_the_parts_are_the_input(request_file: Path) -> None:
    lines = made(100).input
    put_lines(INPUT, lines)
    printed, documents = parts_of(request_file, *SIZES)
    assert [each["records"] for each in printed] == [33, 33, 34]
    assert [line for each in documents for line in lines_at(input_of(each))] == lines
    assert [each["object"] for each in printed] == [*map(input_of, documents)]
    assert [each["bytes"] for each in printed] == [
        sum(len(line) + 1 for line in lines_at(uri)) for uri in map(input_of, documents)
    ]


def test_each_part_is_a_valid_request_of_its_own(request_file: Path) -> None:
    put_lines(INPUT, made(100).input)
    _, documents = parts_of(request_file, *SIZES)
    submissions = [parse_document(each) for each in documents]
    assert all(isinstance(each, Submission) for each in submissions)
    assert [each["idempotencyKey"] for each in documents] == [f"nightly:part-{n}-of-3" for n in (1, 2, 3)]
    assert [each["request"]["jobName"] for each in documents] == [f"tickets-{n}-of-3" for n in (1, 2, 3)]
    (label,) = {each["labels"]["jobchute-split"] for each in documents}
    assert label.startswith("tickets-")
    assert label.endswith("/3")
    assert {each["labels"]["team"] for each in documents} == {"growth"}
    again = [{**each, "request": {**each["request"], "jobName": "tickets"}} for each in documents]
    expected = [request_of("tickets", input_of(each)) for each in documents]
    assert [each["request"] | {"clientRequestToken": ANY} for each in again] == [
        each | {"clientRequestToken": ANY} for each in expected
    ]
    assert (
        CliRunner().invoke(app, ["submit", str(request_file.with_name("tickets.parts.jsonl"))]).exit_code == 0
    )


def test_a_split_again_writes_the_same(request_file: Path) -> None:
    put_lines(INPUT, made(100).input)
    first = parts_of(request_file, *SIZES)
    result = split(request_file, *SIZES)
    assert result.exit_code == 1
    assert "exists; name another file, or give --overwrite" in result.stderr
    assert parts_of(request_file, *SIZES, "--overwrite") == first


def test_a_token_of_the_body_becomes_the_key(request_file: Path) -> None:
    put_lines(INPUT, made(20).input)
    request = {**request_of("x" * 63), "clientRequestToken": "t1"}
    request_file.write_text(json.dumps({"api": Api.BEDROCK_JOB, "request": request}))
    _, documents = parts_of(request_file, "--max-records", "10", "--min-records", "1")
    assert [each["idempotencyKey"] for each in documents] == ["t1:part-1-of-2", "t1:part-2-of-2"]
    assert [each["request"].get("clientRequestToken") for each in documents] == [None, None]
    names = [each["request"]["jobName"] for each in documents]
    assert ([len(name) <= 63 for name in names], len({*names})) == ([True, True], 2)


def test_an_input_may_be_on_this_machine(request_file: Path, tmp_path: Path) -> None:
    lines = made(20).input
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines))
    _, documents = parts_of(request_file, "--input", str(tmp_path / "in.jsonl"), "--min-records", "1")
    assert [line for each in documents for line in lines_at(input_of(each))] == lines


def test_records_without_an_id_get_one(request_file: Path) -> None:
    put_lines(INPUT, [b'{"modelInput":{"a":"\xc3\xa4"}}', b'{"recordId":"b","modelInput":1}'])
    result = split(request_file, "--min-records", "1")
    assert "1 record had no recordId; each has one now" in result.stderr
    (document,) = map(json.loads, request_file.with_name("tickets.parts.jsonl").read_text().splitlines())
    assert [*map(json.loads, lines_at(input_of(document)))] == [
        {"recordId": "R0000000001", "modelInput": {"a": "ä"}},
        {"recordId": "b", "modelInput": 1},
    ]


class TestRefusals:
    def refused(self, path: Path, told: str, *options: str) -> None:
        result = split(path, *options)
        assert result.exit_code == 1
        assert told in result.stderr
        assert [each.name for each in path.parent.iterdir()] == ["tickets.json"]

    def test_an_input_that_is_not_there(self, request_file: Path) -> None:
        self.refused(request_file, f"there is no .jsonl file at {INPUT}")

    def test_a_line_that_is_no_record(self, request_file: Path) -> None:
        put_lines(INPUT, [b'{"modelInput":1}', b'{"prompt":1}'])
        self.refused(request_file, "record 2 of the input is not a JSON object with modelInput")

    def test_too_few_records(self, request_file: Path) -> None:
        put_lines(INPUT, made(99).input)
        self.refused(request_file, "cannot be cut into parts of 100 to 50000 records")

    def test_an_api_without_records(self, request_file: Path) -> None:
        from tests.unit.bodies import VALID

        request_file.write_text(json.dumps({"api": Api.TRAINING_JOB, "request": VALID[Api.TRAINING_JOB]}))
        self.refused(request_file, "which has no records to split")

    def test_several_requests(self, request_file: Path) -> None:
        document = json.loads(request_file.read_text())
        request_file.write_text(json.dumps([document, document]))
        self.refused(request_file, "must hold one request of one job, not 2 documents")
        request_file.write_text(json.dumps({"cancel": "x"}))
        self.refused(request_file, "must hold one request of one job, not 1 document")

    def test_an_invalid_request(self, request_file: Path) -> None:
        request_file.write_text(json.dumps({"api": Api.BEDROCK_JOB, "request": {}}))
        self.refused(request_file, "nothing was split")


class TestJoinedAgain:
    """The parts are one batch, whichever of them is named."""

    @pytest.fixture
    def parts(self, request_file: Path) -> list[Any]:
        many = made(12)
        put_lines(INPUT, many.input)
        _, documents = parts_of(request_file, "--max-records", "4", "--min-records", "1")
        return documents

    def submit(self, deployment: Deployment, documents: list[Any], failed: int = 0) -> None:
        """Jobs of these parts. The first records of each part failed."""
        for number, document in enumerate(documents):
            key, request = document["idempotencyKey"], document["request"]
            job = a_job(
                request["jobName"],
                job_id=job_id_for_key(key),
                api=Api.BEDROCK_JOB,
                state=State.SUCCEEDED,
                source=a_source(uri=f"sqs://{9 - number}"),
                idempotency_key=key,
                labels=document["labels"],
                output=f"{PREFIX}{number}/",
                digest=digest_of(Api.BEDROCK_JOB, request),
            )
            deployment.ledger.requests.keep(job.job_id, job.digest, request, job.created_at)
            deployment.ledger.add(job)
            lines = lines_at(input_of(document))
            answers = [*map(refused, lines[:failed]), *map(answered, lines[failed:])]
            put_lines(f"{PREFIX}{number}/part.jsonl.out", reversed(answers))

    def test_by_a_label_a_part_or_a_key(self, deployment: Deployment, parts: list[Any], tmp_path: Path) -> None:
        self.submit(deployment, parts)
        label = f"jobchute-split={parts[0]['labels']['jobchute-split']}"
        for number, target in enumerate((label, "team=growth", "nightly:part-2-of-3")):
            path = tmp_path / f"joined-{number}.jsonl"
            result = CliRunner().invoke(app, ["results", target, "--join", str(path)])
            assert result.exit_code == 0, result.output
            found = [json.loads(line) for line in path.read_text().splitlines()]
            assert [(each["recordId"], each["status"]) for each in found] == [
                (id_of(number), "ok") for number in range(12)
            ]

    def test_what_failed_in_all_of_them_is_one_retry(self, deployment: Deployment, parts: list[Any]) -> None:
        self.submit(deployment, parts, failed=2)
        line = ["results", "nightly:part-3-of-3", "--retry-failed", "--min-records", "6"]
        assert CliRunner().invoke(app, line).exit_code == 0
        (document,) = messages(deployment)
        assert document["retryOf"] == job_id_for_key("nightly:part-1-of-3")
        ids = [json.loads(line)["recordId"] for line in lines_at(input_of(document))]
        assert ids == [id_of(number) for number in (0, 1, 4, 5, 8, 9)]

    @pytest.mark.parametrize("option", ["--join=x", "--retry-failed"])
    def test_a_part_that_is_no_job_is_missed(
        self, deployment: Deployment, parts: list[Any], option: str
    ) -> None:
        self.submit(deployment, parts[:2])
        result = CliRunner().invoke(app, ["results", "nightly:part-1-of-3", option])
        assert result.exit_code == 1
        assert "2 of 3 parts of a split input are jobs" in result.stderr
        assert messages(deployment) == []


class TestCounts:
    @pytest.mark.parametrize(
        ("sizes", "limits", "counts"),
        [
            ([1] * 10, Limits(1, 10, 10), [10]),
            ([1] * 10, Limits(1, 3, 100), [2, 3, 2, 3]),
            ([1] * 10, Limits(1, 100, 5), [5, 5]),
            ([9, 1, 1, 1], Limits(1, 4, 10), [2, 2]),
            ([5, 5, 5], Limits(1, 3, 5), [1, 1, 1]),
        ],
    )
    def test_as_few_parts_as_fit(self, sizes: list[int], limits: Limits, counts: list[int]) -> None:
        assert counts_of(array("Q", sizes), limits) == counts

    @pytest.mark.parametrize(
        ("sizes", "limits"),
        [
            ([], Limits(1, 9, 9)),
            ([10], Limits(1, 1, 9)),
            ([1] * 5, Limits(3, 4, 9)),
            ([6, 6, 1], Limits(2, 9, 9)),
        ],
    )
    def test_what_cannot_be_cut(self, sizes: list[int], limits: Limits) -> None:
        with pytest.raises(AnswerIsNoError, match="cannot be cut"):
            counts_of(array("Q", sizes), limits)
