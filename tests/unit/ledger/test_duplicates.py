"""What of a repeated request differs from its job, and how the row remembers that."""

from typing import Any

import pytest

from jobchute.job import Api, Job, Source, State, job_id_for_key
from jobchute.ledger.duplicates import entry_of, not_applied_in, not_applied_to
from jobchute.requests.ordering import Dependency
from jobchute.requests.submission import Submission
from jobchute.status.documents import duplicate_status_of

SOURCE = Source(uri="s3://b/requests/a.json", status_key="status/a.json.json", version="v1", sequencer="S3:1")
AFTER = ({"job": job_id_for_key("first"), "on": ["SUCCEEDED"]}, {"job": "jc-2", "on": ["FAILED", "SUCCEEDED"]})
ENDS = frozenset({State.SUCCEEDED, State.FAILED})


def a_job(**changes: Any) -> Job:
    known: dict[str, Any] = {
        "job_id": "jc-1",
        "api": Api.TRAINING_JOB,
        "state": State.QUEUED,
        "created_at": "2026-11-26T10:00:00.000Z",
        "updated_at": "2026-11-26T10:00:00.000Z",
        "source": SOURCE,
        "labels": {"team": "growth"},
        "after": AFTER,
    }
    return Job(**{**known, **changes})


def a_submission(**changes: Any) -> Submission:
    after = (Dependency("first"), Dependency("jc-2", ENDS))
    return Submission(api=Api.TRAINING_JOB, request={}, labels={"team": "growth"}, after=after)._replace(
        **changes
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ()),
        ({"after": (Dependency("jc-2", ENDS), Dependency(job_id_for_key("first")))}, ()),
        ({"labels": {"team": "core"}}, ("labels",)),
        ({"labels": {}}, ("labels",)),
        ({"priority": 9}, ("priority",)),
        ({"after": ()}, ("after",)),
        ({"after": (Dependency("first"), Dependency("jc-3", ENDS))}, ("after",)),
        ({"after": (Dependency("first"), Dependency("jc-2"))}, ("after",)),
        ({"labels": {}, "priority": 0, "after": ()}, ("labels", "priority", "after")),
    ],
)
def test_a_document_that_says_something_else(changes: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert not_applied_to(a_job(), a_submission(**changes)) == expected


def test_keys_are_an_owner_s() -> None:
    source = Source(uri="sqs://1", status_key="x", owner="ada")
    after = ({"job": job_id_for_key("first", "ada"), "on": ["SUCCEEDED"]},)
    submission = a_submission(after=(Dependency("first"),))
    assert not_applied_to(a_job(source=source, after=after), submission) == ()
    assert not_applied_to(a_job(after=after), submission) == ("after",)


@pytest.mark.parametrize("names", [(), ("labels",), ("labels", "priority")])
def test_an_entry_is_read_back(names: tuple[str, ...]) -> None:
    entry = entry_of(SOURCE, names)
    assert not_applied_in(entry) == names
    assert Source.of_entry(entry) == SOURCE


def test_entries_of_older_versions_are_read() -> None:
    assert not_applied_in('["1","s3://b/k","status/k.json"]') == ()
    assert not_applied_in(SOURCE.entry) == ()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("labels",), " Its labels differ from the job's and are not applied: a job keeps those it was"),
        (("priority",), " Its priority differs from the job's and is not applied: a job keeps what it was"),
        (("labels", "priority"), " Its labels and priority differ"),
        (("labels", "priority", "after"), " Its labels, priority and after differ"),
    ],
)
def test_the_answer_names_them(names: tuple[str, ...], words: str) -> None:
    status = duplicate_status_of(a_job(), names)
    assert status["notApplied"] == [*names]
    assert words in status["note"]


def test_the_answer_says_nothing_where_nothing_differs() -> None:
    status = duplicate_status_of(a_job())
    assert "notApplied" not in status
    assert "not applied" not in status["note"]
