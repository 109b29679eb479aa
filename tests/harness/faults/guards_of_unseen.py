"""Guards of jobs that their providers do not show for a while, or that run when they are to be stopped."""

from jobchute.lifecycle import create, expire, next_attempt, patience
from jobchute.providers.fireworks.batch_inference_job import adapter as inference
from tests.harness.faults.guard import Guard, case
from tests.harness.faults.removal import rewritten

UNSEEN = (
    Guard(
        "a stop for patience is not repeated once the job runs",
        rewritten(expire.Expirer, "_stop_again", ("if job.stopped_at is None and now <= until:", "if False:")),
        case("crash_before_the_stop"),
        "wrong",
    ),
    Guard(
        "a job is given up only if it was not found for long",
        rewritten(expire.Expirer, "_is_missing_for_long", (">= self.timing.unknown", ">= 0")),
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
            create.JobCreator, "create_or_adopt", ("if job.may_exist and not self", "if False and not self")
        ),
        case("cancelled_while_hidden"),
        "orphaned",
    ),
    Guard(
        "a name that is taken may be taken by the job itself",
        rewritten(create.JobCreator, "create_or_adopt", ("if is_conflict and", "if False and")),
        case("hidden_as_created"),
        "orphaned",
    ),
    Guard(
        "no alternative while an earlier call may have created the job",
        rewritten(patience, "after_refusal", ("or not is_certain", "")),
        case("refused_while_hidden"),
        "double",
    ),
    Guard(
        "only what was deleted counts as deleted",
        rewritten(inference.InferenceJobs, "_is_deleted", ("or job.stopped_at is None", "")),
        case("hidden_as_its_stop_begins"),
        "double",
    ),
    Guard(
        "what is gone for an hour was deleted",
        rewritten(expire.Expirer, "_stop_again", ('changes["stopped_at"] = iso(now)', "pass")),
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
)
