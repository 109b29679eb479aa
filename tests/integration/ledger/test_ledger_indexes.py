"""What the ledger finds, over DynamoDB."""

from dataclasses import replace
from typing import TYPE_CHECKING

from jobchute.job import FINAL_STATES, Handle, State, iso
from jobchute.ledger.items import JOB, from_dynamodb, to_dynamodb
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.table import TIME_TO_LIVE
from tests.aws import TABLE
from tests.builders import NOW, a_source
from tests.integration.ledger.shared import RETENTION, added

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TestDue:
    def test_the_longest_overdue_come_first_and_others_do_not_come(self, ledger: Ledger) -> None:
        for label, due in (("third", NOW), ("first", NOW - 50), ("later", NOW + 1), ("second", NOW - 9)):
            added(ledger, label, due=due)
        assert [job.name for job in ledger.queries.due(NOW)] == ["first", "second", "third"]
        assert [job.name for job in ledger.queries.due(NOW + 1)] == ["first", "second", "third", "later"]

    def test_an_ended_job_is_never_due(self, ledger: Ledger) -> None:
        for end in FINAL_STATES - {State.REJECTED}:
            ended, _ = ledger.move(added(ledger, end).job_id, end, NOW)
            assert ended.due is None
        assert list(ledger.queries.due(NOW + 10**6)) == []

    def test_a_note_moves_the_time(self, ledger: Ledger) -> None:
        job = added(ledger, due=NOW)
        ledger.note(job.job_id, due=NOW + 60)
        assert list(ledger.queries.due(NOW)) == []
        assert [job.due for job in ledger.queries.due(NOW + 60)] == [NOW + 60]

    def test_the_time_may_have_fractions(self, ledger: Ledger) -> None:
        added(ledger, due=NOW)
        assert len(list(ledger.queries.due(NOW + 0.75))) == 1

    def test_more_jobs_than_a_page_holds_all_come(self, ledger: Ledger) -> None:
        for number in range(120):
            added(ledger, f"job {number}", due=NOW, problems=({"message": "x" * 10_000},))
        assert len(list(ledger.queries.due(NOW))) == 120


class TestIndexes:
    def test_by_state_the_latest_moved_comes_first(self, ledger: Ledger) -> None:
        for offset, label in enumerate(("a", "b", "c")):
            ledger.move(added(ledger, label).job_id, State.RUNNING, NOW + offset)
        ledger.move(added(ledger, "d").job_id, State.FAILED, NOW)
        assert [job.name for job in ledger.queries.by_state(State.RUNNING)] == ["c", "b", "a"]
        assert [job.name for job in ledger.queries.by_state(State.FAILED)] == ["d"]
        assert list(ledger.queries.by_state(State.QUEUED)) == []
        assert [job.name for job in ledger.queries.by_state(State.RUNNING, until=iso(NOW + 1))] == ["b", "a"]

    def test_a_head_counts_a_state_and_names_its_latest_jobs(self, ledger: Ledger) -> None:
        ids = [added(ledger, f"job {number}").job_id for number in range(5)]
        for offset, job_id in enumerate(ids):
            ledger.move(job_id, State.SUCCEEDED, NOW + offset)
        head = ledger.queries.head(State.SUCCEEDED, limit=2)
        assert [each.job_id for each in head.latest] == [ids[4], ids[3]]
        assert (head.number, head.is_at_least) == (5, False)
        recent = ledger.queries.head(State.SUCCEEDED, since=iso(NOW + 3), limit=10)
        assert ([each.job_id for each in recent.latest], recent.number) == ([ids[4], ids[3]], 2)
        assert ledger.queries.head(State.FAILED, limit=2).number == 0

    def test_a_head_of_an_open_state_is_over_all_of_its_lists(self, ledger: Ledger) -> None:
        ids = [added(ledger, f"job {number}").job_id for number in range(12)]
        for offset, job_id in enumerate(ids):
            ledger.move(job_id, State.RUNNING, NOW + offset)
        head = ledger.queries.head(State.RUNNING, limit=5)
        assert [each.job_id for each in head.latest] == ids[:-6:-1]
        assert head.number == 12

    def test_the_latest_of_several_states_are_named(self, ledger: Ledger) -> None:
        for offset, (label, state) in enumerate(
            (("a", State.FAILED), ("b", State.SUCCEEDED), ("c", State.FAILED))
        ):
            ledger.move(added(ledger, label).job_id, state, NOW + offset)
        found = ledger.queries.latest(State.FAILED, State.SUCCEEDED, limit=2)
        assert [each.updated_at for each in found] == [iso(NOW + 2), iso(NOW + 1)]

    def test_by_provider_id_what_never_changes(self, ledger: Ledger) -> None:
        job = added(ledger, state=State.SUBMITTING)
        assert ledger.queries.handle("arn:1") is None
        moved, _ = ledger.move(job.job_id, State.SUBMITTED, NOW, provider_id="arn:1")
        handle = ledger.queries.handle("arn:1")
        assert handle == Handle(*(getattr(moved, name) for name in Handle._fields))
        ledger.move(job.job_id, State.FAILED, NOW, reason="why")
        assert ledger.queries.handle("arn:1") == handle

    def test_by_source_the_latest_comes_first(self, ledger: Ledger) -> None:
        for offset, label in enumerate(("old", "new")):
            added(ledger, label, created_at=iso(NOW + offset))
        added(ledger, "elsewhere", source=a_source(uri="s3://drop/requests/other.json"))
        assert [job.name for job in ledger.queries.by_source(a_source().uri)] == ["new", "old"]

    def test_by_label_the_latest_comes_first(self, ledger: Ledger) -> None:
        for offset, label in enumerate(("old", "new")):
            added(ledger, label, labels={"team": "growth", "env": label}, created_at=iso(NOW + offset))
        added(ledger, "other", labels={"team": "growths"})
        assert [job.name for job in ledger.queries.by_label("team", "growth")] == ["new", "old"]
        assert [job.name for job in ledger.queries.by_label("env", "old")] == ["old"]
        assert list(ledger.queries.by_label("team", "nobody")) == []

    def test_what_belongs_to_a_row_expires_with_the_row(self, stored: Ledger, table: "DynamoDBClient") -> None:
        job = added(stored, labels={"team": "growth"})
        stored.requests.keep(job.job_id, job.digest, {}, job.created_at)
        ended = NOW + 28 * 24 * 3600
        stored.move(job.job_id, State.SUCCEEDED, ended)
        items = [from_dynamodb(item) for item in table.scan(TableName=TABLE)["Items"]]
        assert len(items) == 3
        assert all(item[TIME_TO_LIVE] >= ended + RETENTION for item in items)

    def test_a_label_shows_the_job_as_it_stands(self, ledger: Ledger) -> None:
        job = added(ledger, labels={"team": "growth"})
        moved, _ = ledger.move(job.job_id, State.RUNNING, NOW)
        assert list(ledger.queries.by_label("team", "growth")) == [moved]

    def test_a_request_that_came_twice_is_under_its_label_once(self, ledger: Ledger) -> None:
        job = added(ledger, labels={"team": "growth"})
        ledger.add(replace(job, created_at=iso(NOW + 60)))
        assert [job.name for job in ledger.queries.by_label("team", "growth")] == ["churn"]

    def test_a_label_of_an_expired_job_hides_no_other(self, stored: Ledger, table: "DynamoDBClient") -> None:
        gone = added(stored, "gone", labels={"team": "growth"}, created_at=iso(NOW + 1))
        added(stored, "kept", labels={"team": "growth"})
        table.delete_item(TableName=TABLE, Key=to_dynamodb({"pk": gone.job_id, "sk": JOB}))
        assert [job.name for job in stored.queries.by_label("team", "growth")] == ["kept"]
