"""jobchute results --join: one line for each record of the input, in its order, with its output or error."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import State, job_id_for_key
from tests.builders import a_job
from tests.integration.cli.record_jobs import INPUT, PREFIX, add_job, put_batch, put_lines, put_outputs
from tests.records import answered, id_of, input_line, made, output_of, refused


@pytest.fixture
def joined(tmp_path: Path) -> Path:
    return tmp_path / "joined.jsonl"


@pytest.fixture
def batch(deployment: Deployment) -> Deployment:
    runtime.client("s3").create_bucket(Bucket="data")
    return deployment


def join(path: Path, *targets: str) -> Result:
    return CliRunner().invoke(app, ["results", *(targets or ("tickets",)), "--join", str(path), "--json"])


def rows(path: Path, *targets: str) -> tuple[list[Any], Any, str]:
    """The joined lines, the counts and what was said."""
    result = join(path, *targets)
    assert result.exit_code == 0, result.output
    return (
        [json.loads(line) for line in path.read_bytes().splitlines()],
        json.loads(result.stdout),
        result.stderr,
    )


def test_each_record_has_its_line_in_the_input_s_order(batch: Deployment, joined: Path) -> None:
    many = made(500, failed=20, missing=7, files=3)
    put_batch(many)
    job = add_job(batch)
    lines, counts, said = rows(joined)
    assert [line["recordId"] for line in lines] == [*map(id_of, range(500))]
    assert [line["input"] for line in lines] == [json.loads(line)["modelInput"] for line in many.input]
    by_status = {
        status: [line["recordId"] for line in lines if line["status"] == status]
        for status in ("ok", "failed", "missing")
    }
    assert (by_status["failed"], by_status["missing"]) == (many.failed, many.missing)
    assert all(line["output"] == output_of(line["recordId"]) for line in lines if line["status"] == "ok")
    assert {line["error"]["errorCode"] for line in lines if line["status"] == "failed"} == {429}
    assert {line["jobId"] for line in lines if line["status"] != "missing"} == {job.job_id}
    assert [counts[name] for name in ("records", "ok", "failed", "missing")] == [500, 473, 20, 7]
    assert "500 records: 473 ok, 20 failed, 7 missing; of 1 job" in said


def test_a_folder_is_read_in_the_order_of_its_files(batch: Deployment, joined: Path) -> None:
    lines = made(6).input
    put_lines("s3://data/in/b.jsonl", lines[3:])
    put_lines("s3://data/in/a.jsonl", lines[:3])
    put_lines("s3://data/in/notes.txt", [b"no records"])
    put_outputs("tickets", [[*map(answered, lines)]])
    add_job(batch, uri="s3://data/in/")
    found, counts, _ = rows(joined)
    assert [line["recordId"] for line in found] == [*map(id_of, range(6))]
    assert counts["ok"] == 6


@pytest.mark.parametrize(
    "output",
    [
        {"output": {"message": {"content": [{"text": "Four."}]}}, "usage": {"inputTokens": 12}},
        {"object": "chat.completion", "choices": [{"message": {"content": "4"}}], "usage": {}},
        {"embedding": [0.012, -0.034], "inputTextTokenCount": 3},
        "a text \ud800",
        0,
        [],
    ],
)
def test_outputs_keep_their_shape(batch: Deployment, joined: Path, output: Any) -> None:
    put_lines(INPUT, [input_line("a")])
    put_outputs("tickets", [[json.dumps({"recordId": "a", "modelOutput": output, "error": None}).encode()]])
    add_job(batch)
    (line,), _, _ = rows(joined)
    assert (line["status"], line["output"]) == ("ok", output)


class TestOddFiles:
    def test_of_two_answers_the_success_counts(self, batch: Deployment, joined: Path) -> None:
        line = input_line("a")
        put_lines(INPUT, [line])
        put_outputs("tickets", [[refused(line), answered(line), refused(line)]])
        add_job(batch)
        (found,), counts, _ = rows(joined)
        assert (found["status"], counts["records"]) == ("ok", 1)

    def test_what_cannot_be_read_is_counted(self, batch: Deployment, joined: Path) -> None:
        line = input_line("a")
        put_lines(INPUT, [line])
        cut = answered(line)[:-9]
        put_outputs("tickets", [[answered(line), cut, b"[]", b'{"modelOutput":1}', b"\xff", b""]])
        add_job(batch)
        _, counts, said = rows(joined)
        assert counts["unreadable"] == 4
        assert "warning: 4 lines of the outputs cannot be read" in said

    def test_an_answer_to_no_record_is_counted(self, batch: Deployment, joined: Path) -> None:
        put_lines(INPUT, [input_line("a")])
        put_outputs("tickets", [[answered(input_line("a")), answered(input_line("b"))]])
        add_job(batch)
        _, counts, said = rows(joined)
        assert counts["unknown"] == 1
        assert "has the input changed?" in said

    def test_records_that_share_an_id_are_counted(self, batch: Deployment, joined: Path) -> None:
        put_lines(INPUT, [input_line("a"), input_line("a", 1)])
        put_outputs("tickets", [[answered(input_line("a"))]])
        add_job(batch)
        found, counts, said = rows(joined)
        assert (len(found), counts["repeated"]) == (2, 1)
        assert "have an id that an earlier record has" in said

    def test_outputs_that_the_manifest_counts_are_missed(self, batch: Deployment, joined: Path) -> None:
        many = made(9, failed=1, files=3)
        put_batch(many)
        runtime.client("s3").delete_object(Bucket="data", Key="out/tickets/part-0.jsonl.out")
        add_job(batch)
        _, counts, said = rows(joined)
        assert counts["lost"] in (2, 3)
        assert "outputs that the manifest counts are in no file; were files moved?" in said

    def test_records_without_an_id_cannot_be_joined(self, batch: Deployment, joined: Path) -> None:
        put_lines(INPUT, [input_line("a"), b'{"modelInput":{}}'])
        put_outputs("tickets", [[answered(input_line("a"))]])
        add_job(batch)
        result = join(joined)
        assert result.exit_code == 1
        assert f"record 2 of {INPUT} has no recordId" in result.stderr
        assert [*joined.parent.iterdir()] == []

    def test_a_line_without_output_and_error_failed(self, batch: Deployment, joined: Path) -> None:
        put_lines(INPUT, [input_line("a")])
        put_outputs("tickets", [[b'{"recordId":"a"}']])
        add_job(batch)
        (found,), _, _ = rows(joined)
        assert (found["status"], found["error"]) == ("failed", None)


class TestRefusals:
    def refused(self, joined: Path, told: str, *targets: str) -> None:
        result = join(joined, *targets)
        assert result.exit_code == 1
        assert told in result.stderr
        assert not joined.exists()

    def test_an_existing_file_is_not_overwritten(self, batch: Deployment, joined: Path) -> None:
        put_batch(made(1))
        add_job(batch)
        joined.write_text("mine")
        result = join(joined)
        assert (result.exit_code, joined.read_text()) == (1, "mine")
        assert "exists; name another file, or give --overwrite" in result.stderr
        assert (
            CliRunner().invoke(app, ["results", "tickets", "--join", str(joined), "--overwrite"]).exit_code == 0
        )
        assert joined.read_text() != "mine"

    def test_a_job_without_records(self, batch: Deployment, joined: Path) -> None:
        batch.ledger.add(a_job("churn", state=State.SUCCEEDED))
        self.refused(joined, "has no records to join", a_job("churn").job_id)

    def test_a_job_that_has_not_ended(self, batch: Deployment, joined: Path) -> None:
        add_job(batch, state=State.RUNNING)
        self.refused(joined, "is RUNNING; wait until it has ended")

    def test_an_input_that_is_gone(self, batch: Deployment, joined: Path) -> None:
        put_outputs("tickets", made(1).outputs)
        add_job(batch)
        self.refused(joined, f"there is no .jsonl file at {INPUT}, which is the job's input")

    def test_outputs_that_are_gone(self, batch: Deployment, joined: Path) -> None:
        put_lines(INPUT, made(1).input)
        add_job(batch)
        self.refused(joined, f"is SUCCEEDED, but there is nothing at {PREFIX}tickets/; were its outputs moved?")

    def test_one_thing_at_a_time(self, joined: Path) -> None:
        result = CliRunner().invoke(app, ["results", "x", "--join", str(joined), "--retry-failed"])
        assert result.exit_code == 2
        assert "give one of --to, --join and --retry-failed" in result.stderr


def test_a_job_that_failed_at_once_has_all_records_missing(batch: Deployment, joined: Path) -> None:
    put_lines(INPUT, made(3).input)
    add_job(batch, state=State.FAILED)
    _, counts, _ = rows(joined)
    assert (counts["missing"], counts["records"]) == (3, 3)


def test_standard_output_takes_the_lines_alone(batch: Deployment) -> None:
    put_batch(made(2))
    add_job(batch)
    result = CliRunner().invoke(app, ["results", "tickets", "--join", "-"])
    assert [json.loads(line)["status"] for line in result.stdout.splitlines()] == ["ok", "ok"]
    assert "2 records: 2 ok" in result.stderr


class TestRetries:
    """The retries of a job are joined with it, and so are theirs."""

    def retry(self, deployment: Deployment, of: str, number: int, **changes: Any) -> str:
        key = f"{of}:retry-{number}"
        values = {"job_id": job_id_for_key(key), "retry_of": job_id_for_key(of), **changes}
        add_job(deployment, key.replace(":", "-"), idempotency_key=key, **values)
        return key.replace(":", "-")

    @pytest.fixture
    def first(self, batch: Deployment) -> Deployment:
        many = made(20, failed=3, missing=2, files=2)
        put_batch(many)
        add_job(batch, job_id=job_id_for_key("tickets"))
        return batch

    def test_they_fill_in_what_failed(self, first: Deployment, joined: Path) -> None:
        many = made(20, failed=3, missing=2, files=2)
        ids = sorted([*many.failed, *many.missing])
        name = self.retry(first, "tickets", 1)
        put_outputs(
            name, [[*(answered(input_line(each)) for each in ids[:3]), refused(input_line(ids[3]), 500)]]
        )
        name = self.retry(first, "tickets:retry-1", 1)
        put_outputs(name, [[answered(input_line(ids[4]))]])
        found, counts, said = rows(joined)
        assert [counts[each] for each in ("ok", "failed", "missing")] == [19, 1, 0]
        assert [line["error"]["errorCode"] for line in found if line["status"] == "failed"] == [500]
        assert "of 3 jobs" in said

    def test_a_label_with_all_of_them_is_one_batch(self, first: Deployment, joined: Path) -> None:
        name = self.retry(first, "tickets", 1, labels={"team": "a"})
        put_outputs(name, [[]])
        _, counts, _ = rows(joined, "tickets", job_id_for_key("tickets:retry-1"))
        assert counts["records"] == 20

    def test_an_open_retry_is_waited_for(self, first: Deployment, joined: Path) -> None:
        self.retry(first, "tickets", 1, state=State.RUNNING)
        result = join(joined)
        assert result.exit_code == 1
        assert f", a retry of {job_id_for_key('tickets')}, is RUNNING; wait until it has ended" in result.stderr
