"""What `submit --wait` ends with."""

import pytest

from jobchute.cli.following import Awaited, Row
from jobchute.cli.job_results import result_lines, way_back
from jobchute.cli.output import Coloured
from jobchute.job import Job, State
from tests.builders import a_job, a_source


def row(label: str, state: State, *, uri: str = "s3://drop/requests/many.jsonl", **changes: object) -> Row:
    job = a_job(label, state=state, source=a_source(uri=uri), **changes)
    return Row(Awaited(title=label, api=job.api, source=job.source, job_id=job.job_id), job)


def told(*rows: Row) -> list[str]:
    lines = result_lines(rows)
    return ["".join(part.text if isinstance(part, Coloured) else part for part in line) for line in lines]


def id_of(label: str) -> str:
    job: Job = a_job(label)
    return job.job_id


def test_failed_ones_come_last_with_their_whole_reasons() -> None:
    reason = "ClientError: " + "no such image " * 20
    lines = told(
        row("bad", State.FAILED, reason=reason.strip(), output="s3://b/bad"),
        row("good", State.SUCCEEDED, output="s3://b/good", reason="of no interest"),
        row("rejected", State.REJECTED, reason="request.RoleArn: give a role"),
    )
    assert lines == [
        f"SUCCEEDED   good  {id_of('good')}",
        "            output: s3://b/good",
        f"FAILED      bad  {id_of('bad')}",
        "            output: s3://b/bad",
        f"            {reason.strip()}",
        f"REJECTED    rejected  {id_of('rejected')}",
        "            request.RoleArn: give a role",
    ]


def test_all_that_failed_are_listed_and_some_that_succeeded() -> None:
    rows = [row(f"good-{number}", State.SUCCEEDED) for number in range(300)]
    bad = [row(f"bad-{number}", State.TIMED_OUT, reason="too late") for number in range(48)]
    lines = told(*rows, *bad)
    assert sum(line.startswith("SUCCEEDED ") for line in lines) == 20
    assert lines[20] == "and 280 more jobs that SUCCEEDED; see: jobchute jobs list --json"
    assert sum(line.startswith("TIMED_OUT ") for line in lines) == 48
    assert lines[-1].strip() == "too late"


def test_open_jobs_are_no_results() -> None:
    assert told(row("open", State.RUNNING), Row(row("unknown", State.QUEUED).awaited)) == []


def test_what_went_wrong_is_red() -> None:
    (first, *_), *_ = result_lines([row("bad", State.FAILED)])
    assert isinstance(first, Coloured)
    assert first.colour == "red"


def test_one_job_is_reached_by_its_id_and_many_by_their_file() -> None:
    done = row("good", State.SUCCEEDED)
    assert way_back([done, row("a", State.RUNNING)]) == f"jobchute jobs watch {id_of('a')}"
    both = [row("a", State.RUNNING), row("b", State.QUEUED)]
    assert way_back(both) == "jobchute jobs watch s3://drop/requests/many.jsonl"
    spaced = [row(label, State.RUNNING, uri="s3://drop/requests/my file.jsonl") for label in "ab"]
    assert way_back(spaced) == "jobchute jobs watch 's3://drop/requests/my file.jsonl'"
    messages = [row(label, State.RUNNING, uri=f"sqs://{label}") for label in "abcd"]
    assert way_back(messages) == "jobchute jobs list, or run the same command again: it submits no job twice"


def test_ids_are_short_on_a_terminal_as_in_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    (line,) = told(row("good", State.SUCCEEDED))
    assert line == f"SUCCEEDED   good  {id_of('good')[:15]}"


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_on_a_terminal_state_name_and_id_are_one_line(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    name = "customer-churn-prediction-with-gradient-boosting-eta-0.1-max-depth-8-007"
    (line,) = told(row(name, State.TIMED_OUT))
    assert len(line) <= width
    assert line.startswith("TIMED_OUT   customer-")
    assert line.endswith(f"-007  {id_of(name)[:15]}")
