"""Guards of a job's submission, of its stop and of its end at the provider."""

import uuid
from typing import Any

import validate
from jobchute.aws import executions
from jobchute.aws.objects import Objects
from jobchute.dead_letters.handle import DeadLetters
from jobchute.intake.invocation import Invocation
from jobchute.job import Api, Job, State
from jobchute.ledger import jobs, update, versions
from jobchute.ledger.continuations import ContinuationRows
from jobchute.ledger.job_rows import JobRows
from jobchute.ledger.request_bodies import RequestRows
from jobchute.lifecycle import (
    accept,
    create,
    expire,
    reconcile,
    submit,
)
from jobchute.providers.braket.adapter import BraketJobs
from jobchute.providers.fireworks import calls
from jobchute.providers.sagemaker.adapter import SageMakerJobs
from tests.fakes.wire import Fault
from tests.harness.faults import composition, world
from tests.harness.faults.guard import (
    CRASHES,
    FIREWORKS,
    Guard,
    case,
    endless,
    idle_chain,
    lost_then_refused,
    meeting,
    on_call,
    replayed,
    undisturbed,
    unknown_end,
)
from tests.harness.faults.removal import all_of, replaced, rewritten


def _fresh_token(adapter: Any, job: Any, request: Any, of: Any = BraketJobs.request_for) -> dict[str, Any]:
    return {**of(adapter, job, request), "clientToken": uuid.uuid4().hex}


def _unclaimed(self: jobs.Ledger, job_id: str, **_: object) -> tuple[Job, bool]:
    job = self.get(job_id)
    return job, job.state in (State.QUEUED, State.SUBMITTING)


def _whole_batch(records: Any, handle: Any, logger: object) -> dict[str, Any]:
    for record in records:
        handle(record)
    return {"batchItemFailures": []}


SUBMISSION = (
    Guard(
        "idempotency token",
        replaced(BraketJobs, "request_for", _fresh_token),
        on_call("uploaded", Api.BRAKET_JOB, [Fault.LOST, Fault.CRASH_AFTER], "braket:create", search_lag=1e9),
        "double",
    ),
    Guard(
        "write-ahead row",
        replaced(jobs.Ledger, "claim", _unclaimed),
        on_call("uploaded", FIREWORKS, CRASHES, "fireworks:create"),
        "double",
    ),
    Guard(
        "the ledger's conditional write: moves",
        replaced(update.Update, "holds", lambda *_, **__: "attribute_exists(pk)"),
        meeting("two_observes", Api.BRAKET_JOB),
        "wrong",
    ),
    Guard(
        "the ledger's conditional write: new rows",
        rewritten(
            JobRows,
            "put_new",
            ('"attribute_not_exists(pk)"', '"attribute_not_exists(pk) OR attribute_exists(pk)"'),
        ),
        undisturbed("uploaded", Api.BRAKET_JOB),
        "wrong",
        patience=2,
    ),
    Guard(
        "one body under a key",
        rewritten(RequestRows, "keep", ('from_dynamodb(existing)["digest"] != digest', "False")),
        meeting("two_bodies_of_a_key", Api.BRAKET_JOB),
        "wrong",
    ),
    Guard(
        "early-return rule: the execution",
        rewritten(accept.Acceptor, "accept", ("existing = self._take_first_step(existing)", "pass")),
        on_call("once", Api.BRAKET_JOB, [Fault.CRASH_BEFORE], "states:start_execution", is_on=False),
        "stuck",
    ),
    Guard(
        "early-return rule: the labels",
        rewritten(jobs.Ledger, "add", ("(existing or job).labels", "job.labels and existing is None")),
        on_call("once", Api.BRAKET_JOB, [Fault.CRASH_BEFORE], "dynamodb:put_item/LABEL"),
        "lost",
    ),
    Guard(
        "the sweep",
        replaced(reconcile.Reconciler, "reconcile", lambda *_, **__: 0),
        undisturbed("unobserved", Api.BRAKET_JOB),
        "stuck",
        patience=1,
    ),
    Guard(
        "proof by tag",
        rewritten(SageMakerJobs, "find", ("not is_attempt(job, tags)", "False")),
        case("foreign_name"),
        "wrong",
        patience=0.1,
    ),
    Guard(
        "the submit lease",
        rewritten(jobs.Ledger, "claim", ("or job.attempt_until > now", "")),
        replayed("two:FIREWORKS_JOB:dispatch_and_sweep_without_execution:1111111111111111000111100111"),
        "double",
    ),
    Guard(
        "a task token is written before the claim",
        rewritten(
            submit.Submitter,
            "dispatch",
            ("if task_token is not None:\n        self.task_tokens", "if None:\n        self.task_tokens"),
            ("return self._submit(job)\n", "job = self._submit(job)\n"),
            ("    return job\n", "    self.task_tokens.keep(job_id, str(task_token), now)\n    return job\n"),
        ),
        meeting("dispatch_and_end", Api.BRAKET_JOB),
        "stuck",
        patience=1,
    ),
    Guard(
        "a task token that comes after the end is announced",
        rewritten(
            submit.Submitter, "dispatch", ("if task_token is not None and job.state.is_final:", "if False:")
        ),
        meeting("dispatch_and_end", Api.BRAKET_JOB),
        "stuck",
        patience=1,
    ),
    Guard(
        "settle time",
        replaced(composition, "TIMING", {**composition.TIMING, "settle": 0}),
        on_call("uploaded", FIREWORKS, [Fault.LATE], "fireworks:create"),
        "double",
    ),
    Guard(
        "look before create",
        replaced(create.JobCreator, "_find", lambda *_: None),
        on_call("uploaded", FIREWORKS, CRASHES, "fireworks:create"),
        "double",
    ),
    Guard(
        "a page without jobs is not the last one",
        replaced(calls, "_are_older", lambda *_: True),
        case("empty_pages"),
        "double",
    ),
    Guard(
        "a look-up that was refused proves nothing",
        rewritten(
            create.JobCreator,
            "_find",
            ("raise AmbiguousError(error.message, code=error.code) from error", "return None"),
        ),
        on_call("uploaded", FIREWORKS, [Fault.LOST], "fireworks:create", denied_until=world.BEGIN + 600),
        "double",
    ),
    Guard(
        "what was only refused needs no look",
        replaced(submit, "refusals_after", lambda *_: {}),
        case("no_such_endpoint"),
        "stuck",
        patience=0.4,
    ),
    Guard(
        "a refusal says nothing of the attempts before it",
        rewritten(submit, "refusals_after", ("and not job.may_exist", "")),
        lost_then_refused(FIREWORKS),
        "double",
    ),
    Guard(
        "the newest version of an object",
        replaced(versions.VersionRows, "is_newest", lambda *_: True),
        meeting("two_versions", Api.BRAKET_JOB, most=40),
        "wrong",
    ),
    Guard(
        "S3's own order of versions",
        rewritten(
            versions.VersionRows,
            "remember",
            ("if _is_before(source.sequencer, newest.sequencer) or not is_current():", "if False:"),
        ),
        case("forged_notifications"),
        "wrong",
    ),
    Guard(
        "what S3 has not confirmed replaces no answer",
        replaced(Objects, "write_first", Objects.write),
        case("forged_notifications_after_the_end"),
        "wrong",
    ),
    Guard(
        "each message of a batch has its share of time",
        replaced(Invocation, "share", lambda self, _: self),
        case("large_file_in_a_batch"),
        "wrong",
        patience=1,
    ),
    Guard(
        "a continuation demands progress",
        rewritten(
            ContinuationRows,
            "_advance",
            ("idle_hops > MAX_IDLE_HOPS or row.hops >= self.max_hops", "False"),
        ),
        idle_chain(20),
        "wrong",
    ),
    Guard(
        "the wish to stop, looked at again",
        all_of(
            rewritten(
                submit.Submitter,
                "_submit",
                ("self.stopper.stop(job, job.stop_cause) if job.stop_cause else job", "job"),
            ),
            rewritten(expire.Expirer, "check", ("job.stop_cause or ", "")),
        ),
        case("cancelled_while_submitted"),
        "stuck",
        patience=0.1,
    ),
    Guard(
        "a job to be stopped is due at once",
        rewritten(submit.Submitter, "_submit", ("int(now) if job.stop_cause else ", "")),
        case("cancelled_and_not_polled"),
        "wrong",
    ),
    Guard(
        "the time limit",
        replaced(expire.Expirer, "_cause_of_stop", lambda *_: None),
        endless(Api.BRAKET_JOB),
        "stuck",
        patience=8.5,
    ),
    Guard(
        "the run limit counts from when the job runs",
        rewritten(submit.Submitter, "_submit", ("(job.pending_limit or job.time_limit)", "job.time_limit")),
        case("waits_at_its_provider"),
        "wrong",
    ),
    Guard(
        "an execution outlasts the wait at the provider",
        rewritten(executions.Executions, "_timeout", ("if job.pending_limit", "if False")),
        case("waits_at_its_provider"),
        "wrong",
    ),
    Guard(
        "an unknown state is no state to wait for for ever",
        replaced(expire.Expirer, "_end_of_unknown", lambda _, job, __: job),
        unknown_end(Api.BRAKET_JOB),
        "stuck",
        patience=0.3,
    ),
    Guard(
        "a known state is waited for",
        rewritten(expire, "_is_unknown", ("and not seen.is_known", "")),
        case("slow_stop"),
        "orphaned",
    ),
    Guard(
        "one bad message of ten",
        replaced(validate, "handle_each", _whole_batch),
        case("poison_in_a_batch"),
        "wrong",
    ),
    Guard(
        "dead letters made known",
        replaced(DeadLetters, "report_new", lambda *_, **__: 0),
        case("poison_in_a_batch"),
        "lost",
        patience=0.2,
    ),
)
