"""What the ledger promises, over DynamoDB."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from jobchute.errors import IdempotencyConflictError, UnknownJobError
from jobchute.job import FINAL_STATES, OPEN_STATES, Api, Job, Source, State, iso
from jobchute.ledger import MOST_DUPLICATES, TIME_TO_LIVE, Ledger
from jobchute.requests.notification import normalized_sequencer
from jobchute.rows import JOB, from_dynamodb, to_dynamodb
from tests.fakes.dynamodb import FakeDynamoDB
from tests.integration.core.aws import TABLE, client, create_table
from tests.unit.core.builders import NOW, a_job, a_source

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RETENTION = 1000
LEASE = 120
PAIRS = [(origin, to) for origin in State for to in State]
LEGAL = [(origin, to) for origin, to in PAIRS if origin in to.predecessors]
ILLEGAL = [(origin, to) for origin, to in PAIRS if origin not in to.predecessors and to is not State.QUEUED]


@pytest.fixture(scope="module")
def dynamodb_client() -> "DynamoDBClient":
    return cast("DynamoDBClient", client("dynamodb"))


@pytest.fixture(params=["moto", "fake"])
def table(request: pytest.FixtureRequest, dynamodb_client: "DynamoDBClient") -> Iterator["DynamoDBClient"]:
    """moto's, and the one that the fault harness runs over."""
    if request.param == "fake":
        fake = FakeDynamoDB()
        create_table(fake)
        yield cast("DynamoDBClient", fake)
        return
    with mock_aws():
        create_table(dynamodb_client)
        yield dynamodb_client


@pytest.fixture
def stored(table: "DynamoDBClient") -> Ledger:
    return Ledger(table, TABLE, RETENTION)


@pytest.fixture
def ledger(stored: Ledger) -> Ledger:
    return stored


def added(ledger: Ledger, label: str = "churn", **changes: Any) -> Job:
    job = a_job(label, **changes)
    assert ledger.add(job) is None
    return job


class TestMoves:
    def test_a_job_moves_forward(self, ledger: Ledger) -> None:
        for origin, to in LEGAL:
            job = added(ledger, f"{origin} to {to}", state=origin)
            moved, did_move = ledger.move(job.job_id, to, NOW + 5)
            assert did_move, job.name
            assert moved == ledger.get(job.job_id)
            assert (moved.state, moved.updated_at, moved.moves) == (to, iso(NOW + 5), 2)

    def test_an_illegal_move_changes_nothing(self, ledger: Ledger) -> None:
        for origin, to in ILLEGAL:
            job = added(ledger, f"{origin} to {to}", state=origin)
            stands, did_move = ledger.move(job.job_id, to, NOW + 5, reason="late", provider_id="other")
            assert not did_move, job.name
            assert stands == ledger.get(job.job_id) == job

    def test_no_move_leads_back_to_the_beginning(self, stored: Ledger) -> None:
        job = added(stored, state=State.SUBMITTING)
        assert stored.move(job.job_id, State.QUEUED, NOW) == (job, False)

    def test_no_move_leads_out_of_a_final_state_and_none_back(self) -> None:
        order = [*OPEN_STATES, *FINAL_STATES]
        assert all(not origin.is_final and order.index(origin) < order.index(to) for origin, to in LEGAL)
        assert len(LEGAL) == 10 + len(OPEN_STATES) * (len(FINAL_STATES) - 1)  # nothing becomes REJECTED

    def test_only_from_leaves_fewer_ways(self, ledger: Ledger) -> None:
        job = added(ledger, state=State.SUBMITTING)
        stands, did_move = ledger.move(job.job_id, State.CANCELLED, NOW, only_from=(State.QUEUED,))
        assert (stands.state, did_move) == (State.SUBMITTING, False)

    def test_every_move_is_in_the_history_once(self, ledger: Ledger) -> None:
        job = added(ledger)
        for _ in range(2):
            ledger.move(job.job_id, State.RUNNING, NOW + 1)
        for _ in range(2):
            ledger.move(job.job_id, State.FAILED, NOW + 2, reason="no data")
        assert ledger.get(job.job_id).history == (
            {"state": "QUEUED", "at": iso(NOW)},
            {"state": "RUNNING", "at": iso(NOW + 1)},
            {"state": "FAILED", "at": iso(NOW + 2), "reason": "no data"},
        )

    def test_fields_are_written_with_the_move_and_none_removes_one(self, ledger: Ledger) -> None:
        job = added(ledger, state=State.SUBMITTING, attempt_id="a", reason="waiting")
        moved, _ = ledger.move(
            job.job_id,
            State.SUBMITTED,
            NOW,
            provider_id="arn:1",
            deadline=NOW + 9,
            attempt_id=None,
            reason=None,
        )
        assert (moved.provider_id, moved.deadline) == ("arn:1", NOW + 9)
        assert (moved.attempt_id, moved.reason) == (None, None)

    def test_a_state_given_as_a_field_comes_back_as_a_state(self, ledger: Ledger) -> None:
        job = added(ledger, state=State.RUNNING)
        moved, _ = ledger.move(job.job_id, State.CANCELLING, NOW, stop_cause=State.TIMED_OUT)
        assert moved.stop_cause is State.TIMED_OUT

    def test_a_job_that_is_not_there_cannot_move(self, ledger: Ledger) -> None:
        with pytest.raises(UnknownJobError):
            ledger.move("jc-nobody", State.RUNNING, NOW)
        with pytest.raises(UnknownJobError):
            ledger.get("jc-nobody")


class TestClaims:
    def claim(self, ledger: Ledger, job: Job, attempt: str, now: int = NOW) -> tuple[Job, bool]:
        return ledger.claim(job.job_id, attempt_id=attempt, until=now + LEASE, now=now, due=now + LEASE + 60)

    def test_the_first_attempt_takes_a_queued_job(self, ledger: Ledger) -> None:
        job, is_ours = self.claim(ledger, added(ledger), "a")
        assert is_ours
        assert (job.state, job.attempt_id, job.attempt_until) == (State.SUBMITTING, "a", NOW + LEASE)
        assert (job.attempts, job.due) == (1, NOW + LEASE + 60)

    def test_one_attempt_holds_it_at_a_time(self, ledger: Ledger) -> None:
        job, _ = self.claim(ledger, added(ledger), "a")
        held, is_ours = self.claim(ledger, job, "b", NOW + LEASE - 1)
        assert not is_ours
        assert held == ledger.get(job.job_id) == job

    def test_a_repeated_write_of_the_same_attempt_counts_as_taken(self, ledger: Ledger) -> None:
        job, _ = self.claim(ledger, added(ledger), "a")
        again, is_ours = self.claim(ledger, job, "a")
        assert is_ours
        assert (again.attempts, len(again.history)) == (1, 2)

    def test_an_attempt_that_is_over_is_taken_over_by_one(self, ledger: Ledger) -> None:
        job, _ = self.claim(ledger, added(ledger), "a")
        later = NOW + LEASE
        taken, is_bs = self.claim(ledger, job, "b", later)
        _, is_cs = self.claim(ledger, job, "c", later)
        assert (is_bs, is_cs) == (True, False)
        assert (taken.attempt_id, taken.attempts, taken.attempt_until) == ("b", 2, later + LEASE)

    def test_taking_over_is_no_move(self, ledger: Ledger) -> None:
        job, _ = self.claim(ledger, added(ledger), "a")
        taken, _ = self.claim(ledger, job, "b", NOW + LEASE)
        assert (taken.history, taken.moves) == (job.history, job.moves)

    def test_an_attempt_that_was_given_up_is_taken_over_at_once(self, ledger: Ledger) -> None:
        job, _ = self.claim(ledger, added(ledger), "a")
        ledger.note(job.job_id, attempt_until=0)
        taken, is_ours = self.claim(ledger, job, "b", NOW + 1)
        assert (is_ours, taken.attempts) == (True, 2)

    def test_what_was_submitted_or_has_ended_is_not_claimed(self, ledger: Ledger) -> None:
        for state in set(State) - {State.QUEUED, State.SUBMITTING}:
            job = added(ledger, state, state=state)
            assert self.claim(ledger, job, "a", NOW + 10 * LEASE) == (job, False)

    def test_two_that_race_for_an_attempt_that_is_over_do_not_both_get_it(
        self, stored: Ledger, table: "DynamoDBClient"
    ) -> None:
        job, _ = self.claim(stored, added(stored), "a")
        later = NOW + LEASE
        rival: list[bool] = []

        def rival_comes_first(send: Callable[[], Any]) -> Any:
            if len(seen) == 2:
                rival.append(self.claim(stored, job, "rival", later)[1])
            return send()

        seen: list[str] = []
        slow = replace(stored, client=cast("DynamoDBClient", Between(table, rival_comes_first, seen)))
        _, is_ours = self.claim(slow, job, "b", later)
        assert (is_ours, rival) == (False, [True])
        assert stored.get(job.job_id).attempt_id == "rival"

    @pytest.mark.parametrize(
        "attempt",
        [
            pytest.param("a", id="first"),
            pytest.param("b", id="takeover"),
        ],
    )
    def test_a_claim_whose_answer_was_lost_and_that_was_sent_again_counts_as_taken(
        self, stored: Ledger, table: "DynamoDBClient", attempt: str
    ) -> None:
        """botocore sends a request again by itself when the answer is lost."""
        job, now = added(stored), NOW
        if attempt == "b":
            self.claim(stored, job, "a")
            now += LEASE
        twice = replace(stored, client=cast("DynamoDBClient", Between(table, sent_again, [])))
        taken, is_ours = self.claim(twice, job, attempt, now)
        assert (is_ours, taken.attempt_id) == (True, attempt)


class Between:
    """A client whose updates pass through a hook."""

    def __init__(self, client: Any, hook: Callable[[Callable[[], Any]], Any], seen: list[str]) -> None:
        self._client, self._hook, self._seen = client, hook, seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_item(self, **request: Any) -> Any:
        self._seen.append(request["UpdateExpression"])
        return self._hook(lambda: self._client.update_item(**request))


def sent_again(send: Callable[[], Any]) -> Any:
    with suppress(ClientError):
        send()
    return send()


class TestRequests:
    def test_the_body_comes_back_as_it_was_kept(self, ledger: Ledger) -> None:
        body = {"b": [1, 2.5, None, True], "a": {"ü": "日本"}}
        ledger.keep_request("jc-1", "digest", body, iso(NOW))
        assert ledger.request("jc-1") == body

    def test_keeping_the_same_body_again_is_harmless(self, ledger: Ledger) -> None:
        for _ in range(2):
            ledger.keep_request("jc-1", "digest", {"a": 1}, iso(NOW))
        assert ledger.request("jc-1") == {"a": 1}

    def test_another_body_under_the_id_is_a_conflict_and_the_first_stays(self, ledger: Ledger) -> None:
        ledger.keep_request("jc-1", "digest", {"a": 1}, iso(NOW))
        with pytest.raises(IdempotencyConflictError):
            ledger.keep_request("jc-1", "another", {"a": 2}, iso(NOW))
        assert ledger.request("jc-1") == {"a": 1}

    def test_a_body_that_was_never_kept_is_an_unknown_job(self, ledger: Ledger) -> None:
        with pytest.raises(UnknownJobError):
            ledger.request("jc-1")

    def test_a_large_body_fits_into_an_item(self, stored: Ledger) -> None:
        body = {"HyperParameters": {f"p{n}": "x" * 2500 for n in range(100)}}
        stored.keep_request("jc-1", "digest", body, iso(NOW))
        assert stored.request("jc-1") == body


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
        assert ledger.note(job.job_id, task_token="t") == (job, False)
        noted, did_note = ledger.note(job.job_id, only_in=tuple(State), task_token="t")
        assert (did_note, noted.task_token, noted.state) == (True, "t", State.FAILED)

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

    def test_a_row_remembers_so_many_duplicates_and_says_when_it_is_full(self, ledger: Ledger) -> None:
        job = added(ledger)
        sources = [a_source(uri=f"s3://drop/requests/{number}.json") for number in range(MOST_DUPLICATES + 1)]
        remembered = [ledger.add_duplicate(job.job_id, source) for source in sources]
        assert remembered == [True] * MOST_DUPLICATES + [False]
        assert len(ledger.get(job.job_id).duplicates) == MOST_DUPLICATES


class TestDue:
    def test_the_longest_overdue_comes_first_and_what_is_not_due_does_not_come(self, ledger: Ledger) -> None:
        for label, due in (("third", NOW), ("first", NOW - 50), ("later", NOW + 1), ("second", NOW - 9)):
            added(ledger, label, due=due)
        assert [job.name for job in ledger.due(NOW)] == ["first", "second", "third"]
        assert {job.name for job in ledger.open_jobs()} == {"first", "second", "third", "later"}

    def test_an_ended_job_is_never_due(self, ledger: Ledger) -> None:
        for end in FINAL_STATES - {State.REJECTED}:
            ended, _ = ledger.move(added(ledger, end).job_id, end, NOW)
            assert ended.due is None
        assert list(ledger.due(NOW + 10**6)) == list(ledger.open_jobs()) == []

    def test_a_note_moves_the_time(self, ledger: Ledger) -> None:
        job = added(ledger, due=NOW)
        ledger.note(job.job_id, due=NOW + 60)
        assert list(ledger.due(NOW)) == []
        assert [job.due for job in ledger.due(NOW + 60)] == [NOW + 60]

    def test_the_time_may_have_fractions(self, ledger: Ledger) -> None:
        added(ledger, due=NOW)
        assert len(list(ledger.due(NOW + 0.75))) == 1

    def test_more_jobs_than_a_page_holds_all_come(self, ledger: Ledger) -> None:
        for number in range(120):
            added(ledger, f"job {number}", due=NOW, problems=({"message": "x" * 10_000},))
        assert len(list(ledger.due(NOW))) == 120


class TestIndexes:
    def test_by_state_the_latest_moved_comes_first(self, ledger: Ledger) -> None:
        for offset, label in enumerate(("a", "b", "c")):
            ledger.move(added(ledger, label).job_id, State.RUNNING, NOW + offset)
        ledger.move(added(ledger, "d").job_id, State.FAILED, NOW)
        assert [job.name for job in ledger.by_state(State.RUNNING)] == ["c", "b", "a"]
        assert [job.name for job in ledger.by_state(State.FAILED)] == ["d"]
        assert list(ledger.by_state(State.QUEUED)) == []

    def test_by_provider_id(self, ledger: Ledger) -> None:
        job = added(ledger, state=State.SUBMITTING)
        assert ledger.by_provider_id("arn:1") is None
        moved, _ = ledger.move(job.job_id, State.SUBMITTED, NOW, provider_id="arn:1")
        assert ledger.by_provider_id("arn:1") == moved

    def test_by_source_the_latest_comes_first(self, ledger: Ledger) -> None:
        for offset, label in enumerate(("old", "new")):
            added(ledger, label, created_at=iso(NOW + offset))
        added(ledger, "elsewhere", source=a_source(uri="s3://drop/requests/other.json"))
        assert [job.name for job in ledger.by_source(a_source().uri)] == ["new", "old"]

    def test_by_label_the_latest_comes_first(self, ledger: Ledger) -> None:
        for offset, label in enumerate(("old", "new")):
            added(ledger, label, labels={"team": "growth", "env": label}, created_at=iso(NOW + offset))
        added(ledger, "other", labels={"team": "growths"})
        assert [job.name for job in ledger.by_label("team", "growth")] == ["new", "old"]
        assert [job.name for job in ledger.by_label("env", "old")] == ["old"]
        assert list(ledger.by_label("team", "nobody")) == []

    def test_what_belongs_to_a_row_stays_as_long_as_the_row_and_not_forever(
        self, stored: Ledger, table: "DynamoDBClient"
    ) -> None:
        job = added(stored, labels={"team": "growth"})
        stored.keep_request(job.job_id, job.digest, {}, job.created_at)
        ended = NOW + 28 * 24 * 3600
        stored.move(job.job_id, State.SUCCEEDED, ended)
        items = [from_dynamodb(item) for item in table.scan(TableName=TABLE)["Items"]]
        assert len(items) == 3
        assert all(item[TIME_TO_LIVE] >= ended + RETENTION for item in items)

    def test_a_label_shows_the_job_as_it_stands(self, ledger: Ledger) -> None:
        job = added(ledger, labels={"team": "growth"})
        moved, _ = ledger.move(job.job_id, State.RUNNING, NOW)
        assert list(ledger.by_label("team", "growth")) == [moved]

    def test_a_request_that_came_twice_is_under_its_label_once(self, ledger: Ledger) -> None:
        job = added(ledger, labels={"team": "growth"})
        ledger.add(replace(job, created_at=iso(NOW + 60)))
        assert [job.name for job in ledger.by_label("team", "growth")] == ["churn"]

    def test_a_label_of_a_job_that_time_to_live_took_away_hides_no_other(
        self, stored: Ledger, table: "DynamoDBClient"
    ) -> None:
        gone = added(stored, "gone", labels={"team": "growth"}, created_at=iso(NOW + 1))
        added(stored, "kept", labels={"team": "growth"})
        table.delete_item(TableName=TABLE, Key=to_dynamodb({"pk": gone.job_id, "sk": JOB}))
        assert [job.name for job in stored.by_label("team", "growth")] == ["kept"]


class TestVersions:
    def version(self, sequencer: str, version: str = "v") -> Source:
        return a_source(sequencer=normalized_sequencer(sequencer), version=version)

    def test_a_newer_version_replaces_an_older_one_and_not_the_other_way(self, ledger: Ledger) -> None:
        old, new = self.version("0055AE"), self.version("0055AF")
        assert [ledger.remember_version(each) for each in (old, new, old)] == [True, True, False]
        assert not ledger.is_newest(old.uri, old.sequencer)
        assert ledger.is_newest(new.uri, new.sequencer)

    def test_the_same_version_again_is_still_the_newest(self, ledger: Ledger) -> None:
        version = self.version("0055AE")
        assert [ledger.remember_version(version) for _ in range(2)] == [True, True]

    def test_sequencers_of_different_lengths_compare_as_s3_says(self, ledger: Ledger) -> None:
        longer, shorter = self.version("0055AE01"), self.version("0055AE")
        ledger.remember_version(longer)
        assert not ledger.remember_version(shorter)
        assert ledger.remember_version(self.version("0055af"))

    def test_without_a_sequencer_every_version_counts_as_the_newest(self, ledger: Ledger) -> None:
        ledger.remember_version(self.version("0055AE"))
        assert ledger.remember_version(a_source())
        assert ledger.is_newest(a_source().uri, "")

    def test_of_an_object_nobody_told_of_any_version_is_the_newest(self, ledger: Ledger) -> None:
        assert ledger.is_newest("s3://drop/requests/new.json", normalized_sequencer("01"))

    def test_objects_do_not_mix(self, ledger: Ledger) -> None:
        ledger.remember_version(self.version("FF"))
        other = replace(self.version("01"), uri="s3://drop/requests/other.json")
        assert ledger.remember_version(other)


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
        lost = replace(stored, table="another")
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            lost.move("jc-1", State.RUNNING, NOW)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            lost.add(a_job())
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            lost.keep_request("jc-1", "digest", {}, iso(NOW))
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            lost.remember_version(a_source(sequencer="01"))

    def test_a_rejection_has_no_api(self, stored: Ledger) -> None:
        job = added(stored, api=None, state=State.REJECTED, problems=({"path": "api", "code": "MISSING"},))
        assert stored.get(job.job_id) == job
        assert job.api not in list(Api)
