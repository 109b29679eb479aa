"""When a file has ended, how often it is counted, and what its status document keeps."""

import pytest

from jobchute.job import State, iso
from jobchute.ledger.file_counts import Count
from jobchute.ledger.files import FileRow, ReadProgress
from jobchute.lifecycle.count_files import (
    MAX_MISSING_SECONDS,
    MAX_QUIET_SECONDS,
    MAX_STOPPED_SECONDS,
    MIN_SECONDS_BETWEEN,
    SETTLED_SECONDS,
    has_ended,
    seconds_between,
    updated,
)
from jobchute.status.files import file_event_of, file_status_of, sweep_command
from tests.builders import NOW, a_source

LATER = NOW + SETTLED_SECONDS
READ = ReadProgress(accepted=3, rejected=1, finished=True)


def a_row(reading: ReadProgress = READ, **changes: object) -> FileRow:
    return FileRow(a_source(version="v1"), 4, iso(NOW), reading=reading)._replace(**changes)  # type: ignore[arg-type]


def a_count(begun_at: int = LATER, **states: int) -> Count:
    return Count(begun_at, states or {"SUCCEEDED": 2, "FAILED": 1, "REJECTED": 1})


class TestHasEnded:
    def test_when_all_was_read_and_all_have_ended(self) -> None:
        assert has_ended(a_row(), a_count(), LATER)

    @pytest.mark.parametrize("state", [state for state in State if not state.is_final])
    def test_not_while_a_job_is_open(self, state: State) -> None:
        assert not has_ended(a_row(), a_count(SUCCEEDED=2, **{str(state): 1}), LATER)

    def test_not_before_it_is_read(self) -> None:
        assert not has_ended(a_row(READ._replace(finished=False)), a_count(), LATER)

    def test_a_cancelled_one_is_not_read_on(self) -> None:
        row = a_row(READ._replace(finished=False), cancelled_at=NOW)
        assert has_ended(row, a_count(), LATER)

    @pytest.mark.parametrize("since", ["reading", "cancel"])
    def test_not_while_a_reader_s_call_may_last(self, since: str) -> None:
        row = a_row() if since == "reading" else a_row(updated_at=iso(0), cancelled_at=NOW)
        assert not has_ended(row, a_count(LATER - 1), LATER + 3600)
        assert has_ended(row, a_count(LATER), LATER)

    def test_not_while_accepted_jobs_are_missing_unless_for_a_day(self) -> None:
        count = a_count(SUCCEEDED=2, REJECTED=1)
        assert not has_ended(a_row(), count, LATER)
        assert has_ended(a_row(), count, NOW + MAX_MISSING_SECONDS + 1)


class TestSecondsBetween:
    def test_a_file_with_news_is_counted_about_once_a_minute(self) -> None:
        assert seconds_between(a_row(), NOW) == MIN_SECONDS_BETWEEN
        assert seconds_between(a_row(counted_at=iso(NOW - 60), states={"RUNNING": 100}), NOW) == 45

    @pytest.mark.parametrize(("jobs", "seconds"), [(1000, 45), (10_000, 300), (50_000, 1500)])
    def test_a_large_one_less_often(self, jobs: int, seconds: float) -> None:
        assert seconds_between(a_row(counted_at=iso(NOW), states={"RUNNING": jobs}), NOW) == seconds

    def test_one_without_news_less_often(self) -> None:
        row = a_row(counted_at=iso(NOW - 600))
        assert seconds_between(row, NOW) == 150
        assert seconds_between(row, NOW + 24 * 3600) == MAX_QUIET_SECONDS
        stopped = row._replace(reading=READ._replace(finished=False))
        assert seconds_between(stopped, NOW + 24 * 3600) == MAX_STOPPED_SECONDS


class TestUpdated:
    ROW = a_row(counted_at=iso(NOW), states={"SUCCEEDED": 3})

    def test_what_only_the_reader_knows_is_kept(self) -> None:
        before = {**file_status_of(a_row(), None), "documents": [{"document": 0}], "deadLetter": {}}
        after = updated(before, self.ROW)
        counted = {"states": {"SUCCEEDED": 3}, "countedAt": iso(NOW), "sweep": sweep_command(self.ROW)}
        assert after == {**before, **counted}

    def test_the_answer_to_another_version_is_replaced(self) -> None:
        before = {"source": {"uri": self.ROW.source.uri, "version": "v0"}, "documents": [{}]}
        assert updated(before, self.ROW) == file_status_of(self.ROW, None)

    def test_of_a_matrix_the_source_names_its_document_still(self) -> None:
        before = {"source": {"uri": self.ROW.source.uri, "version": "v1", "document": 0}, "jobs": []}
        after = updated(before, self.ROW)
        assert (after["source"], after["jobs"]) == (before["source"], [])

    def test_a_message_that_was_sent_again_leads_to_its_answer_still(self) -> None:
        before = {"redriven": {"status": "status-messages/m2.json"}}
        assert updated(before, self.ROW)["redriven"] == before["redriven"]


def test_the_event_of_each_version_has_an_id_of_its_own() -> None:
    rows = [
        a_row(),
        a_row()._replace(source=a_source(version="v2")),
        a_row()._replace(source=a_source(), etag="e"),
    ]
    ids = [file_event_of(row)["id"] for row in rows]
    assert len(set(ids)) == 3
    assert ids[0] == file_event_of(a_row(states={"FAILED": 1}))["id"]
