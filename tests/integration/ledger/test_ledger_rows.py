"""What the ledger promises of requests, rows and versions, over DynamoDB."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from jobchute.errors import IdempotencyConflictError, UnknownJobError
from jobchute.job import OPEN_STATES, Api, Job, Source, State, iso
from jobchute.ledger.items import JOB, from_dynamodb, to_dynamodb
from jobchute.ledger.jobs import MAX_DUPLICATES, Ledger
from jobchute.ledger.table import TIME_TO_LIVE
from tests.aws import TABLE
from tests.builders import NOW, a_job, a_source
from tests.integration.ledger.shared import RETENTION, added

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TestRequests:
    def test_the_body_comes_back_as_it_was_kept(self, ledger: Ledger) -> None:
        body = {"b": [1, 2.5, None, True], "a": {"ü": "日本"}}
        ledger.requests.keep("jc-1", "digest", body, iso(NOW))
        assert ledger.requests.get("jc-1") == body

    def test_keeping_the_same_body_again_is_harmless(self, ledger: Ledger) -> None:
        for _ in range(2):
            ledger.requests.keep("jc-1", "digest", {"a": 1}, iso(NOW))
        assert ledger.requests.get("jc-1") == {"a": 1}

    def test_another_body_under_the_id_is_a_conflict(self, ledger: Ledger) -> None:
        ledger.requests.keep("jc-1", "digest", {"a": 1}, iso(NOW))
        with pytest.raises(IdempotencyConflictError):
            ledger.requests.keep("jc-1", "another", {"a": 2}, iso(NOW))
        assert ledger.requests.get("jc-1") == {"a": 1}

    def test_a_body_that_was_never_kept_is_an_unknown_job(self, ledger: Ledger) -> None:
        with pytest.raises(UnknownJobError):
            ledger.requests.get("jc-1")

    def test_a_large_body_fits_into_an_item(self, stored: Ledger) -> None:
        body = {"HyperParameters": {f"p{n}": "x" * 2500 for n in range(100)}}
        stored.requests.keep("jc-1", "digest", body, iso(NOW))
        assert stored.requests.get("jc-1") == body


class TestRows:
    def test_adding_again_returns_what_is_there_and_changes_nothing(self, ledger: Ledger) -> None:
        job = added(ledger)
        moved, _ = ledger.move(job.job_id, State.RUNNING, NOW + 1)
        assert ledger.add(replace(job, name="other", created_at=iso(NOW + 9))) == moved
        assert ledger.get(job.job_id) == moved

    def test_a_note_is_written_only_in_the_given_states(self, ledger: Ledger) -> None:
        job = added(ledger, state=State.SUBMITTING)
        noted, did_note = ledger.note(job.job_id, only_in=(State.SUBMITTING,), stop_cause=State.CANCELLED)
        assert (did_note, noted.stop_cause) == (True, State.CANCELLED)
        ledger.move(job.job_id, State.SUBMITTED, NOW)
        stands, did_note = ledger.note(job.job_id, only_in=(State.SUBMITTING,), due=1)
        assert (did_note, stands.due) == (False, job.due)

    def test_a_note_on_an_ended_job_is_refused_unless_asked_for(self, ledger: Ledger) -> None:
        job = added(ledger, state=State.FAILED)
        assert ledger.note(job.job_id, late_tokens=1) == (job, False)
        noted, did_note = ledger.note(job.job_id, only_in=tuple(State), late_tokens=1)
        assert (did_note, noted.late_tokens, noted.state) == (True, 1, State.FAILED)

    def test_a_note_is_no_move(self, ledger: Ledger) -> None:
        job = added(ledger)
        noted, _ = ledger.note(job.job_id, due=NOW + 500)
        assert noted == replace(job, due=NOW + 500)

    def test_a_note_on_nothing_is_an_unknown_job(self, ledger: Ledger) -> None:
        with pytest.raises(UnknownJobError):
            ledger.note("jc-nobody", due=1)

    def test_duplicates_are_a_set(self, ledger: Ledger) -> None:
        job = added(ledger)
        first, second = a_source(uri="s3://drop/requests/a.json"), a_source(uri="sqs://m|1", sequencer="0F")
        for source in (first, second, first):
            ledger.add_duplicate(job.job_id, source)
        duplicates = ledger.get(job.job_id).duplicates
        assert duplicates == {first.entry, second.entry}
        assert Source.of_entry(second.entry) == second

    def test_a_duplicate_is_remembered_of_an_ended_job_too(self, ledger: Ledger) -> None:
        job = added(ledger, state=State.SUCCEEDED)
        ledger.add_duplicate(job.job_id, a_source())
        assert ledger.get(job.job_id).duplicates == {a_source().entry}

    def test_a_duplicate_of_a_row_that_is_gone_makes_no_row(
        self, stored: Ledger, table: "DynamoDBClient"
    ) -> None:
        """Time to live may take the row away between the look at it and this."""
        stored.add_duplicate("jc-gone", a_source())
        assert table.scan(TableName=TABLE)["Items"] == []

    def test_a_row_remembers_duplicates_and_says_when_it_is_full(self, ledger: Ledger) -> None:
        job = added(ledger)
        sources = [a_source(uri=f"s3://drop/requests/{number}.json") for number in range(MAX_DUPLICATES + 1)]
        remembered = [ledger.add_duplicate(job.job_id, source) for source in sources]
        assert remembered == [True] * MAX_DUPLICATES + [False]
        assert len(ledger.get(job.job_id).duplicates) == MAX_DUPLICATES


class TestItems:
    """What only the table shows."""

    def item(self, table: "DynamoDBClient", job: Job) -> dict[str, Any]:
        key = to_dynamodb({"pk": job.job_id, "sk": JOB})
        return from_dynamodb(table.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"])

    def test_time_to_live_begins_with_the_end(self, stored: Ledger, table: "DynamoDBClient") -> None:
        job = added(stored)
        for state in OPEN_STATES[1:]:
            stored.move(job.job_id, state, NOW)
            assert TIME_TO_LIVE not in self.item(table, job)
        stored.move(job.job_id, State.CANCELLED, NOW + 7)
        assert self.item(table, job)[TIME_TO_LIVE] == NOW + 7 + RETENTION

    def test_a_rejection_ends_as_it_begins_and_so_lives_no_longer(
        self, stored: Ledger, table: "DynamoDBClient"
    ) -> None:
        job = added(stored, api=None, state=State.REJECTED)
        assert TIME_TO_LIVE in self.item(table, job)

    def test_an_ended_job_is_in_no_index_of_open_jobs(self, stored: Ledger, table: "DynamoDBClient") -> None:
        job = added(stored)
        stored.move(job.job_id, State.SUCCEEDED, NOW)
        assert not {"open", "due"} & self.item(table, job).keys()

    def test_an_error_of_the_table_is_not_taken_for_a_condition(self, stored: Ledger) -> None:
        lost = stored._replace(table="another")
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            lost.move("jc-1", State.RUNNING, NOW)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            lost.add(a_job())
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            lost.requests.keep("jc-1", "digest", {}, iso(NOW))

    def test_a_rejection_has_no_api(self, stored: Ledger) -> None:
        job = added(stored, api=None, state=State.REJECTED, problems=({"path": "api", "code": "MISSING"},))
        assert stored.get(job.job_id) == job
        assert job.api not in list(Api)
