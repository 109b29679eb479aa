"""The demonstration's samples and its verdict; tests/e2e runs it."""

from dataclasses import replace

import pytest

from infra.local.demo import CANCELLED, THROUGH_S3, THROUGH_SQS, fresh, missing_in
from jobchute.cli.document_checks import check
from jobchute.cli.following import Awaited, Row
from jobchute.job import Api, Job, Source, State

SOURCE = Source(uri="sqs://1", status_key="status-messages/1.json")
JOB = Job(
    job_id="jc-1",
    api=None,
    state=State.SUCCEEDED,
    created_at="2026-11-21T10:00:00.000Z",
    updated_at="2026-11-21T10:00:00.000Z",
    source=SOURCE,
)
ENOUGH = (
    *(replace(JOB, api=api) for api in Api),
    replace(JOB, state=State.FAILED, reason="ClientError: no such image"),
    replace(JOB, state=State.CANCELLED),
    replace(JOB, state=State.REJECTED, problems=({"path": "", "code": "X", "message": "x"},)),
)


def row(job: Job) -> Row:
    return Row(Awaited(title="", api=job.api, source=SOURCE), job)


@pytest.mark.parametrize("sample", THROUGH_S3 + THROUGH_SQS)
def test_a_second_run_makes_other_jobs_of_other_names(sample: str) -> None:
    first, again, second = (list(check(fresh(sample, run))) for run in ("aaa", "aaa", "bbb"))
    assert [document.job_id for document in first] == [document.job_id for document in again]
    assert not {document.job_id for document in first} & {document.job_id for document in second}
    is_invalid = sample == "invalid.yaml"
    assert all(bool(document.mistakes) is is_invalid for document in first)


def test_the_samples_are_of_all_apis_by_both_ways() -> None:
    apis = {document.api for sample in THROUGH_S3 + THROUGH_SQS for document in check(fresh(sample, "aaa"))}
    assert apis == set(Api)
    assert CANCELLED in [fresh(sample, "aaa").name for sample in THROUGH_S3 + THROUGH_SQS]


def test_a_run_that_shows_everything_misses_nothing() -> None:
    assert list(missing_in(map(row, ENOUGH))) == []


@pytest.mark.parametrize("left_out", range(len(ENOUGH)))
def test_whatever_is_left_out_is_missed(left_out: int) -> None:
    jobs = [job for index, job in enumerate(ENOUGH) if index != left_out]
    assert len(list(missing_in(map(row, jobs)))) == 1


def test_a_failure_without_a_reason_does_not_count() -> None:
    jobs = [replace(job, reason=None) for job in ENOUGH]
    assert len(list(missing_in(map(row, jobs)))) == 1
