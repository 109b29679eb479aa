"""Guards of jobs that their providers do not show for a while, or that run when they are to be stopped."""

from jobchute.lifecycle import create, expire, next_attempt, observe, patience, stop, submit, timing
from jobchute.providers.fireworks.batch_inference_job import adapter as inference
from tests.harness.faults.guard import Guard, case
from tests.harness.faults.removal import Removal, all_of, rewritten


def _without(change: tuple[str, str]) -> Removal:
    """Of what counts as the time since when a job was not found."""
    return all_of(*(rewritten(module, "missing_since", change) for module in (timing, expire)))


UNSEEN = (
    Guard(
        "a stop for patience is not repeated once the job runs",
        rewritten(expire, "_is_to_stop", ("(is_waiting or", "(True or")),
        case("crash_before_the_stop"),
        "wrong",
    ),
    Guard(
        "a job is given up only if it was not found for long",
        rewritten(expire.Expirer, "_is_given_up", (">= self.timing.unknown", ">= 0")),
        case("hidden_beyond_its_time"),
        "wrong",
    ),
    Guard(
        "the deadline of patience ends with a cancellation",
        rewritten(patience, "deadline_of_stop", ("if is_patient else {}", "if False else {}")),
        case("hidden_once_cancelled"),
        "wrong",
    ),
    Guard(
        "a cancelled job that may exist is looked for until its provider would show it",
        rewritten(
            create.JobCreator, "_check_hidden", ("if may_be_hidden(job, self.now(), self.hidden):", "if False:")
        ),
        case("cancelled_while_hidden"),
        "orphaned",
    ),
    Guard(
        "a name that is taken may be taken by the job itself",
        rewritten(
            create.JobCreator,
            "create_or_adopt",
            ("if may_be_hidden(job, self.now(), self.hidden):", "if False:"),
        ),
        case("hidden_as_created"),
        "orphaned",
    ),
    Guard(
        "no alternative while an earlier call may have created the job",
        rewritten(patience, "after_refusal", ("or may_be_hidden(job, now, timing.hidden)", "")),
        case("refused_while_hidden"),
        "double",
    ),
    Guard(
        "only what was deleted counts as deleted",
        rewritten(inference.InferenceJobs, "_deleted", ("if job.stopped_at is not None:", "if True:")),
        case("hidden_as_its_stop_begins"),
        "double",
    ),
    Guard(
        "what is neither found nor listed for ten minutes was deleted",
        rewritten(expire.Expirer, "_told", ('told["stopped_at"] = iso(now)', "pass")),
        case("crash_after_the_deletion"),
        "wrong",
    ),
    Guard(
        "what a deleted job has cost is not known",
        rewritten(next_attempt, "_cost_of", ("end.result is None or", "")),
        case("begins_as_it_is_deleted"),
        "wrong",
    ),
    Guard(
        "patience is no longer than the time to wait",
        rewritten(
            patience,
            "next_look",
            (
                "min(int(now) + Policy.of(job).patience, waits_until(job, timing))",
                "int(now) + Policy.of(job).patience",
            ),
        ),
        case("between_states_for_long"),
        "wrong",
    ),
    Guard(
        "nor does a job end that is cancelled before its slot while it may exist",
        rewritten(create.JobCreator, "create_or_adopt", ("if made is None:", "if False:")),
        case("cancelled_before_its_slot"),
        "orphaned",
    ),
    Guard(
        "a look-up that fails creates nothing",
        rewritten(submit, "refusals_after", ("and error.is_of_create", "")),
        case("cancelled_while_look_ups_fail"),
        "wrong",
    ),
    Guard(
        "two answers an hour apart are no hour without the job",
        _without(('or now - kept["at"] <= MAX_GAP', "or True")),
        case("hidden_twice"),
        "wrong",
    ),
    Guard(
        "a job in an unknown state is not gone",
        _without(('or kept["native"] != native', "")),
        case("unknown_then_hidden"),
        "orphaned",
    ),
    Guard(
        "a job that goes on is no longer to be stopped",
        rewritten(expire.Expirer, "_stop_again", ("return self._let_run(job, seen, told)", "pass")),
        case("goes_on_to_its_limit"),
        "wrong",
    ),
    Guard(
        "a job that went on has run",
        rewritten(observe, "_has_run", ("job.native_status is not None or", "")),
        case("goes_on_to_its_limit"),
        "wrong",
    ),
    Guard(
        "a look-up does not put off a cancellation",
        rewritten(
            expire.Expirer,
            "_stop_again",
            (
                "self._attempts().note_stop(job, job.stop_cause, ",
                "self.ledger.note(job.job_id, attempt=job.attempt, ",
            ),
        ),
        case("cancelled_as_it_is_looked_up"),
        "stuck",
    ),
    Guard(
        "a stop that was accepted counts though the job was let run",
        rewritten(stop.Stopper, "_note_accepted", ("if is_noted and row.stop_cause is None:", "if False:")),
        case("stopped_as_it_is_let_run"),
        "wrong",
    ),
    Guard(
        "a job that was allowed to keep running is not stopped",
        rewritten(stop.Stopper, "stop", ("and job.stop_cause is not None", "")),
        case("let_run_as_it_is_to_be_stopped"),
        "wrong",
    ),
    Guard(
        "the stop of one attempt is not sent for the next",
        rewritten(expire.Expirer, "_stop_again", ("if not is_same or row.stop_cause is None:", "if False:")),
        case("ends_as_its_limit_is_reached"),
        "wrong",
    ),
    Guard(
        "that a job may exist is no refusal",
        rewritten(submit.Submitter, "_put_off_by", ("{} if isinstance(error, NotShownError) else ", "")),
        case("refused_after_a_crash"),
        "wrong",
    ),
)
