"""What the ledger promises of moves and claims, over DynamoDB."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from jobchute.errors import UnknownJobError
from jobchute.job import FINAL_STATES, OPEN_STATES, Job, State, iso
from jobchute.ledger.jobs import Ledger
from tests.builders import NOW
from tests.integration.ledger.shared import added

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEASE = 120
PAIRS = [(origin, to) for origin in State for to in State]
LEGAL = [(origin, to) for origin, to in PAIRS if origin in to.predecessors]
ILLEGAL = [(origin, to) for origin, to in PAIRS if origin not in to.predecessors and to is not State.QUEUED]


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

    def test_only_one_of_two_wins_the_race_for_an_attempt(
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
        slow = stored._replace(client=cast("DynamoDBClient", Between(table, rival_comes_first, seen)))
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
    def test_a_claim_repeated_after_a_lost_answer_counts_as_won(
        self, stored: Ledger, table: "DynamoDBClient", attempt: str
    ) -> None:
        """botocore sends a request again by itself when the answer is lost."""
        job, now = added(stored), NOW
        if attempt == "b":
            self.claim(stored, job, "a")
            now += LEASE
        twice = stored._replace(client=cast("DynamoDBClient", Between(table, sent_again, [])))
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
