"""Guards of attempts: one alive at a time, each made once, and none for a job that was cancelled."""

from collections.abc import Mapping
from typing import Any

from jobchute.intake import cancel as intake_cancel
from jobchute.job import JOB_ID_TAG, Job
from jobchute.ledger import attempt_rows, update
from jobchute.lifecycle import admit, cancel, expire, next_attempt, observe, patience, stop
from jobchute.providers.braket import adapter as braket
from jobchute.providers.fireworks.batch_inference_job import adapter as inference
from tests.harness.faults.guard import Guard, case, meeting
from tests.harness.faults.removal import replaced, rewritten
from tests.harness.faults.retries import API


def _same_job(job: Job, tags: Mapping[str, str]) -> bool:
    return tags.get(JOB_ID_TAG) == job.job_id


def _first_token(job: Job) -> str:
    return job.job_id.removeprefix("jc-")


def _anyone(*_: Any) -> str:
    return "attribute_exists(pk)"


ATTEMPTS = (
    Guard(
        "a write names the attempt that it is about",
        replaced(update.Update, "is_attempt", _anyone),
        case("late_writes_of_an_attempt"),
        "wrong",
    ),
    Guard(
        "an attempt begins where the one before was as it was read",
        rewritten(
            attempt_rows,
            "_begin",
            ("update.holds(OPEN_STATES, held_by, attempt=job.attempt)", "update.holds(OPEN_STATES)"),
            ('update.equals("moves", job.moves)', 'update.exists("moves")'),
        ),
        meeting("two_ends_of_attempt", API),
        "wrong",
    ),
    Guard(
        "no attempt begins after a cancellation",
        rewritten(
            attempt_rows, "_begin", ("OR {update.differs", "OR {update.exists('pk')} OR {update.differs")
        ),
        meeting("refusal_and_cancel", API),
        "wrong",
    ),
    Guard(
        "no attempt begins before its time",
        rewritten(admit.Admission, "enqueue", ("job.retry_at is not None and", "False and")),
        case("sent_again_between_attempts"),
        "wrong",
    ),
    Guard(
        "a cancellation overrides a stop for an alternative",
        rewritten(cancel.JobCanceller, "cancel", ("not is_ending(job)", "job.stop_cause is None")),
        case("cancelled_as_it_is_stopped"),
        "wrong",
    ),
    Guard(
        "a cancellation of a file does, too",
        rewritten(intake_cancel.Canceller, "_cancel_file", ("not is_ending(job)", "job.stop_cause is None")),
        case("file_cancelled_as_its_job_stops"),
        "wrong",
    ),
    Guard(
        "the end of a wait overrides no cancellation",
        rewritten(
            attempt_rows.AttemptRows,
            "note_stop",
            ("update.is_still('stopCause', before)", "update.exists('pk')"),
        ),
        case("cancelled_as_its_wait_ends"),
        "wrong",
    ),
    Guard(
        "no stop for patience unless the provider reports that the job waits",
        rewritten(patience, "cause_of_stop", ("if is_waiting and", "if")),
        case("look_ups_fail_as_patience_ends"),
        "wrong",
    ),
    Guard(
        "a job that has begun to run is not stopped for its patience",
        rewritten(stop.Stopper, "stop", ("(State.SUBMITTED,) if is_for_next else ()", "()")),
        case("runs_after_the_last_look"),
        "wrong",
    ),
    Guard(
        "one answer that a job is not found is no end",
        rewritten(expire.Expirer, "_end_of_missing", ("if not self._is_given_up(job):", "if False:")),
        case("hidden_as_patience_ends"),
        "orphaned",
    ),
    Guard(
        "what is still listed was not deleted",
        rewritten(inference.InferenceJobs, "_deleted", ("and not self._may_be_listed(job)", "")),
        case("hidden_as_it_stops"),
        "double",
    ),
    Guard(
        "the tag of an attempt",
        replaced(braket, "is_attempt", _same_job),
        case("second_create_is_lost"),
        "wrong",
    ),
    Guard(
        "a token for each attempt",
        replaced(Job, "token", property(_first_token)),
        case("no_capacity_twice"),
        "wrong",
    ),
    Guard(
        "an event of an older attempt says nothing of the newest",
        rewritten(observe.Observer, "_apply_unread", ("if job.attempt != handle.attempt:", "if False:")),
        case("events_of_old_attempts"),
        "wrong",
    ),
    Guard(
        "what an attempt has cost is reserved again",
        rewritten(
            next_attempt.NextAttempts,
            "begin",
            ("more = self._reservation(job, cost) if", "cost, more = 0, None if"),
        ),
        case("attempts_exceed_their_budget"),
        "wrong",
    ),
)
