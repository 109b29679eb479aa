"""Every guard of the product, how to take it away, and the runs that must then report what it is against."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import announce
import validate
from jobchute.aws import executions
from jobchute.aws.objects import Objects
from jobchute.dead_letters.handle import DeadLetters
from jobchute.intake import cancel, dry_runs, process
from jobchute.intake.invocation import Invocation
from jobchute.job import Api, Job, State, job_id_of
from jobchute.ledger import file_counts, jobs, pools, queues, update, versions
from jobchute.ledger.continuations import ContinuationRows
from jobchute.ledger.dependencies import DependencyRows
from jobchute.ledger.job_rows import JobRows
from jobchute.ledger.named_jobs import job_named
from jobchute.ledger.request_bodies import RequestRows
from jobchute.lifecycle import (
    accept,
    admit,
    announce_again,
    build,
    count_files,
    create,
    dependencies,
    enter,
    expire,
    name_checks,
    pool_capacity,
    pool_upkeep,
    reconcile,
    resolve,
    submit,
)
from jobchute.lifecycle.announce import Bus
from jobchute.lifecycle.circles import circle_of
from jobchute.lifecycle.count_files import FileCounts
from jobchute.lifecycle.lost_announcements import LostAnnouncements
from jobchute.lifecycle.postponed import Aside
from jobchute.pools import limits
from jobchute.providers.braket.hybrid_job.adapter import BraketJobs
from jobchute.providers.fireworks.batch_job import adapter
from jobchute.providers.sagemaker.adapter import SageMakerJobs
from tests.fakes.provider import Course
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults import boundaries, interleavings, special, world
from tests.harness.faults.removal import Removal, all_of, replaced, rewritten
from tests.harness.faults.result import Plan, Result, result_of

CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.LOST)
Runs = Callable[[], Iterable[Result]]


class Guard(NamedTuple):
    """kind: of what the runs report once it is gone. patience: days until what is stuck then is called so."""

    name: str
    remove: Removal
    runs: Runs
    kind: str
    patience: float = 40.0


class SpecialCase(NamedTuple):
    name: str

    def __call__(self) -> Iterable[Result]:
        return [special.run(self.name)]


def case(name: str) -> Runs:
    return SpecialCase(name)


def meeting(name: str, api: Api, *, most: int | None = None) -> Runs:
    """Every interleaving, or the first ones."""
    return lambda: islice(interleavings.all_of(api, name, faults=()), most)


def undisturbed(story: str, api: Api) -> Runs:
    return lambda: [boundaries.run(api, story, Plan())]


def on_call(story: str, api: Api, faults: Iterable[Fault], name: str, **changes: Any) -> Runs:
    """A fault at the first call of a name. changes: attributes of the provider or the world."""

    def runs() -> Iterator[Result]:
        for fault in faults:
            made = world.World()
            for attribute, value in changes.items():
                setattr(made.provider if hasattr(made.provider, attribute) else made, attribute, value)
            made.wire.decide = _first(name, fault)
            boundaries.STORIES[story](made, api)
            yield result_of(f"{name}={fault}", made)

    return runs


def on_last_call(story: str, api: Api, fault: Fault, name: str) -> Runs:
    """A fault at the last call of a name, in a story whose jobs must all have succeeded."""

    def runs() -> Iterator[Result]:
        calls = boundaries.run(api, story, Plan()).calls
        place = len(calls) - 1 - calls[::-1].index(name)
        yield boundaries.run(api, story, Plan({place: fault}))

    return runs


def endless(api: Api) -> Runs:
    """The provider's job runs for months; its own time limit is hours."""

    def runs() -> Iterator[Result]:
        made = world.World()
        made.provider.course = lambda job: Course(seconds=90 * 24 * 3600.0)  # noqa: ARG005
        boundaries.STORIES["once"](made, api)
        yield result_of("endless", made)

    return runs


def lost_then_refused(api: Api) -> Runs:
    """The answer of the first create call is lost, and everything after it is refused for a while."""

    def runs() -> Iterator[Result]:
        made = world.World()
        left = [Fault.LOST]

        def allow() -> None:
            made.secret_is_there = True

        def decide(boundary: Boundary) -> Fault | None:
            if not (boundary.creates and left):
                return None
            made.secret_is_there = False
            made.clock.after(1800, allow)
            return left.pop()

        made.wire.decide = decide
        boundaries.STORIES["once"](made, api)
        yield result_of("lost, then refused", made)

    return runs


def _first(name: str, fault: Fault) -> Callable[[Boundary], Fault | None]:
    left = [fault]
    return lambda boundary: left.pop() if left and boundary.name == name else None


def _fresh_token(adapter: Any, job: Any, request: Any, of: Any = BraketJobs.request_for) -> dict[str, Any]:
    return {**of(adapter, job, request), "clientToken": uuid.uuid4().hex}


def _unclaimed(self: jobs.Ledger, job_id: str, **_: object) -> tuple[Job, bool]:
    job = self.get(job_id)
    return job, job.state in (State.QUEUED, State.SUBMITTING)


def _followed_first(self: Any, job: Job, of: Any = dependencies.Dependencies._with_names_found) -> Job:
    """A look that follows the others first, and writes its edge only then."""
    others = [*filter(None, (job_named(self.ledger, entry["name"], job.owner) for entry in job.awaits))]
    circle = circle_of(self.ledger, job, others)
    written: Job = of(self, job)
    return written if circle else replace(written, unchecked=frozenset())


def _front_of_the_queue(rows: Any, pool: str, of: Any = queues.QueueRows.read, **said: Any) -> Any:
    return of(rows, pool, **{**said, "walked_to": ""})


def _whole_batch(records: Any, handle: Any, logger: object) -> dict[str, Any]:
    for record in records:
        handle(record)
    return {"batchItemFailures": []}


FIREWORKS = Api.FIREWORKS_JOB

GUARDS = (
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
        replaced(update.Update, "holds", lambda *_: "attribute_exists(pk)"),
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
        on_call("once", Api.BRAKET_JOB, [Fault.CRASH_BEFORE], "states:start_execution", is_sweeping=False),
        "stuck",
    ),
    Guard(
        "early-return rule: the labels",
        rewritten(jobs.Ledger, "add", ("self._point_from_labels(existing)", "pass")),
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
        rewritten(SageMakerJobs, "find", ("tags.get(JOB_ID_TAG) != job.job_id", "False")),
        case("foreign_name"),
        "wrong",
        patience=1,
    ),
    Guard(
        "the submit lease",
        rewritten(jobs.Ledger, "claim", ("or job.attempt_until > now", "")),
        meeting("dispatch_and_sweep_without_execution", FIREWORKS),
        "double",
    ),
    Guard(
        "settle time",
        replaced(world, "TIMING", {**world.TIMING, "settle": 0}),
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
        replaced(adapter, "_are_older", lambda *_: True),
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
        patience=2,
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
        rewritten(ContinuationRows, "_advance", ("idle_hops > MAX_IDLE_HOPS or row.hops >= MAX_HOPS", "False")),
        case("no_time_to_advance"),
        "stuck",
        patience=0.01,
    ),
    Guard(
        "the wish to stop, looked at again",
        all_of(
            rewritten(
                submit.Submitter,
                "_submit",
                ("self.stopper.stop(job, job.stop_cause) if job.stop_cause else job", "job"),
            ),
            rewritten(expire.Expirer, "check", ("job.stop_cause is not None or ", "")),
        ),
        case("cancelled_while_submitted"),
        "stuck",
    ),
    Guard(
        "the time limit",
        rewritten(
            expire.Expirer,
            "check",
            ("(job.stop_cause is not None or now > job.deadline)", "job.stop_cause is not None"),
        ),
        endless(Api.BRAKET_JOB),
        "stuck",
        patience=5,
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
        replaced(expire.Expirer, "_give_up", lambda _, job, __: job),
        case("unknown_state"),
        "stuck",
        patience=12,
    ),
    Guard(
        "a known state is waited for",
        rewritten(expire.Expirer, "_give_up", ("seen.is_known or ", "")),
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
        replaced(DeadLetters, "sweep", lambda *_, **__: 0),
        case("poison_in_a_batch"),
        "lost",
        patience=1,
    ),
    Guard(
        "a pool's limit",
        replaced(pool_capacity.PoolCapacity, "limit_now", lambda *_: 1000),
        case("pool_of_one"),
        "wrong",
    ),
    Guard(
        "a lease that comes back",
        all_of(
            replaced(admit.Admission, "leave", lambda *_: None),
            replaced(pool_upkeep.PoolUpkeep, "_repair_lease", lambda *_: None),
        ),
        case("pool_of_one"),
        "stuck",
        patience=1,
    ),
    Guard(
        "a quota error makes the pool smaller",
        replaced(pools.PoolRows, "put_cap", lambda *_, **__: None),
        case("quota_of_two"),
        "wrong",
        patience=1,
    ),
    Guard(
        "a pause holds for pools that come later",
        replaced(limits.PoolRules, "pause_of", lambda *_: None),
        case("paused_api"),
        "wrong",
    ),
    Guard(
        "an API's limit is the limit of each of its pools",
        rewritten(limits, "_matching", (" + ([api] if api not in (None, pool) and api in names else [])", "")),
        case("limited_api"),
        "wrong",
    ),
    Guard(
        "a cut that is cleared is over",
        replaced(pools.PoolRows, "clear_cap", lambda *_: None),
        case("cleared_cut"),
        "wrong",
    ),
    Guard(
        "a refusal is told although it is no move",
        replaced(announce, "TOLD_OF", tuple(name for name in announce.TOLD_OF if name != "timesRefused")),
        case("told_refusal"),
        "wrong",
    ),
    Guard(
        "each group of a line is read in turn",
        replaced(queues.QueueRows, "read", _front_of_the_queue),
        case("crowd_of_shares"),
        "wrong",
    ),
    Guard(
        "a pool vanishes only if its line is still empty later",
        rewritten(pool_upkeep.PoolUpkeep, "_maintain", ("self.queues.is_empty(row.pool)", "True")),
        case("marked_after_a_job_came"),
        "stuck",
        patience=1,
    ),
    Guard(
        "whoever enters a line keeps its pool",
        replaced(pools.PoolRows, "keep", pools.PoolRows.get),
        case("removed_while_a_job_comes"),
        "stuck",
        patience=1,
    ),
    Guard(
        "a pool that is not used vanishes",
        replaced(pools.PoolRows, "remove", lambda *_: False),
        case("unused_pool"),
        "wrong",
    ),
    Guard(
        "a job waits for the others",
        replaced(resolve.DependencyResolver, "resolve", lambda _, job, __: job),
        case("after_others"),
        "wrong",
    ),
    Guard(
        "a job waits for names",
        all_of(
            rewritten(admit.Admission, "enqueue", (" or job.awaits", "")),
            rewritten(queues.QueueRows, "enqueue", (""" AND {update.lacks('awaits')}""", "")),
        ),
        case("three_in_any_order"),
        "wrong",
    ),
    Guard(
        "a document that is a job already is not rejected for those that came later",
        replaced(enter.JobEntry, "_same_job", lambda *_: None),
        case("repeated_where_too_many_wait"),
        "wrong",
    ),
    Guard(
        "a message asks for each look",
        replaced(name_checks.NameChecks, "schedule", lambda *_, **__: None),
        case("looks_are_messages"),
        "wrong",
    ),
    Guard(
        "the sweep makes a look that is overdue",
        rewritten(
            dependencies.Dependencies,
            "_finish_check",
            ("int(now) + delay + GRACE_SECONDS", "job.deadline + 1"),
        ),
        case("found_soon"),
        "wrong",
    ),
    Guard(
        "the wait for a name has an end",
        rewritten(dependencies.Dependencies, "_finish_check", ("now >= job.awaits_until", "False")),
        case("never_comes"),
        "wrong",
        patience=0.25,
    ),
    Guard(
        "a look that comes before its time asks for no other",
        rewritten(dependencies.Dependencies, "_finish_check", ("if is_early(job, now):", "if now < 0:")),
        case("forged_looks"),
        "wrong",
    ),
    Guard(
        "circles are looked for",
        replaced(dependencies, "circle_of", lambda *_: []),
        case("circle_of_three"),
        "wrong",
    ),
    Guard(
        "an edge is written before the others are followed",
        replaced(dependencies.Dependencies, "_with_names_found", _followed_first),
        meeting("two_that_close_a_circle", Api.BRAKET_JOB),
        "wrong",
    ),
    Guard(
        "an edge is known to be unchecked until its look has followed it",
        rewritten(DependencyRows, "resolve_names", ('update.add("unchecked", found)', "pass")),
        case("circle_of_two"),
        "wrong",
    ),
    Guard(
        "a job that was told of an end is enqueued by the next announcement",
        rewritten(
            dependencies.Dependencies,
            "_notify",
            ("    self.admission.enqueue(job)", "        self.admission.enqueue(job)"),
        ),
        on_last_call("awaited", FIREWORKS, Fault.CRASH_AFTER, "dynamodb:update_item/JOB:reason"),
        "stuck",
    ),
    Guard(
        "a pool has a row before a job is in its queue",
        rewritten(admit.Admission, "enqueue", ("self.rows.keep(job.pool)", "pass")),
        case("refused_in_a_new_pool"),
        "wrong",
    ),
    Guard(
        "another owner's job is unknown",
        replaced(jobs.Ledger, "get_own", lambda self, job_id, _: self.get(job_id)),
        case("owners_apart"),
        "wrong",
    ),
    Guard(
        "another owner's file is unknown",
        rewritten(cancel.Canceller, "_cancel_file", ("job.owner != source.owner", "False")),
        case("owners_apart"),
        "wrong",
    ),
    Guard(
        "an id digests its owner",
        replaced(build, "job_id_of", lambda api, request, key, _: job_id_of(api, request, key)),
        case("owners_apart"),
        "lost",
    ),
    Guard(
        "a record that failed comes back",
        rewritten(
            announce, "handler", ("            return _again_from(change)\n    return {", "    return {")
        ),
        on_call("uploaded", Api.BRAKET_JOB, [Fault.REFUSED], "events:put_events"),
        "lost",
    ),
    Guard(
        "an announcement that fails for good is put aside at once",
        rewritten(Aside, "gives_up", ("is_permanent(error) or ", "")),
        case("refused_for_good"),
        "wrong",
    ),
    Guard(
        "an announcement that fails for long is put aside",
        rewritten(
            Aside, "gives_up", (" or self.now() - _changed_at(change, self.now()) > MAX_AGE_SECONDS", "")
        ),
        case("refused_for_hours"),
        "wrong",
    ),
    Guard(
        "what was put aside for trouble that passed is announced again",
        replaced(DeadLetters, "_is_retold", lambda *_: False),
        case("refused_for_hours"),
        "wrong",
        patience=1,
    ),
    Guard(
        "executions are held against the rows",
        replaced(LostAnnouncements, "_look_at_executions", lambda *_: 0),
        case("token_is_lost"),
        "stuck",
        patience=4,
    ),
    Guard(
        "status documents are held against the rows",
        replaced(LostAnnouncements, "_look_at_documents", lambda *_: 0),
        case("table_restored"),
        "lost",
        patience=4,
    ),
    Guard(
        "a job is not retold while the stream may be behind",
        replaced(announce_again, "seconds_between", lambda _: 0),
        case("stream_stands_still"),
        "wrong",
    ),
    Guard(
        "a dry run writes nothing",
        replaced(dry_runs.RehearsedRows, "put_new", JobRows.put_new),
        case("dry_runs"),
        "wrong",
    ),
    Guard(
        "a dependent that is gone keeps its siblings from nothing",
        rewritten(
            dependencies.Dependencies,
            "notify_dependents",
            ("except UnknownJobError:", "except ZeroDivisionError:"),
            ("except Exception as error:", "except ZeroDivisionError as error:"),
        ),
        case("sibling_is_gone"),
        "wrong",
        patience=2,
    ),
    Guard(
        "a wrong cancellation leaves no row",
        replaced(
            process.DocumentProcessor,
            "_refuse_cancel",
            lambda self, problems, source, *_: self.reject(source, problems),
        ),
        case("mistyped_cancels"),
        "wrong",
    ),
    Guard(
        "the jobs of a file are counted",
        replaced(FileCounts, "sweep", lambda *_, **__: 0),
        case("file_replaced_in_the_middle"),
        "stuck",
        patience=2,
    ),
    Guard(
        "the end of a file is told",
        replaced(Bus, "publish_file", lambda *_: None),
        case("file_replaced_in_the_middle"),
        "lost",
    ),
    Guard(
        "a file ends when it was read to its end",
        rewritten(
            count_files,
            "has_ended",
            ("if not is_read(row):", "if False:"),
        ),
        case("file_read_by_many_calls"),
        "wrong",
    ),
    Guard(
        "a file ends when the index shows all that was accepted",
        rewritten(count_files, "has_ended", ("jobs >= row.reading.accepted or", "True or jobs or")),
        case("file_that_the_index_lags_behind"),
        "wrong",
    ),
    Guard(
        "each version of a file counts its own jobs",
        replaced(file_counts, "_is_of", lambda *_: True),
        case("file_replaced_in_the_middle"),
        "wrong",
    ),
    Guard(
        "a cancelled file comes to its end",
        rewritten(
            count_files,
            "has_ended",
            ("if not is_read(row):", "if not row.reading.finished:"),
        ),
        case("file_cancelled_in_the_middle"),
        "stuck",
        patience=2,
    ),
)
