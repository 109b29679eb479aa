"""Guards of pools and their queues, and of jobs that wait for others."""

from dataclasses import replace
from typing import Any

from jobchute.job import Api, Job
from jobchute.ledger import pool_leases, pools, queues
from jobchute.ledger.dependencies import DependencyRows
from jobchute.ledger.named_jobs import job_named
from jobchute.lifecycle import (
    admit,
    announce,
    arrive,
    circles,
    dependencies,
    enter,
    name_checks,
    pool_capacity,
    pool_upkeep,
    queue_marks,
    resolve,
)
from jobchute.lifecycle.circles import circle_of
from jobchute.pools import limits
from tests.fakes.wire import Fault
from tests.harness.faults.guard import FIREWORKS, Guard, case, meeting, on_last_call
from tests.harness.faults.removal import all_of, replaced, rewritten


def _followed_first(self: Any, job: Job, of: Any = dependencies.Dependencies._with_names_found) -> Job:
    """A look that follows the others first, and writes its edge only then."""
    others = [*filter(None, (job_named(self.ledger, entry["name"], job.owner) for entry in job.awaits))]
    circle = circle_of(self.ledger, job, others)
    written: Job = of(self, job)
    return written if circle else replace(written, unchecked=frozenset())


def _front_of_the_queue(rows: Any, pool: str, of: Any = queues.QueueRows.read, **said: Any) -> Any:
    return of(rows, pool, **{**said, "walked_to": ""})


QUEUES = (
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
        patience=0.1,
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
        replaced(announce, "ANNOUNCED", tuple(name for name in announce.ANNOUNCED if name != "timesRefused")),
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
        rewritten(pool_upkeep.PoolUpkeep, "_maintain", ("not self.admission.look(row, 0).places", "True")),
        case("marked_after_a_job_came"),
        "stuck",
        patience=4,
    ),
    Guard(
        "a job that is enqueued keeps its pool's row",
        all_of(
            rewritten(pools.PoolRows, "mark_queue", (" REMOVE retiringAt", "")),
            rewritten(pool_leases, "_new_lease", (" REMOVE retiringAt", "")),
            replaced(pool_upkeep, "is_quiet", lambda row, _: not row.leases),
        ),
        case("removed_while_a_job_comes"),
        "stuck",
        patience=4,
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
            rewritten(admit.Admission, "enqueue", (" or job.awaits or", " or")),
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
        patience=0.1,
    ),
    Guard(
        "a look that comes before its time asks for no other",
        rewritten(dependencies.Dependencies, "_finish_check", ("if is_early(job, now):", "if now < 0:")),
        case("forged_looks"),
        "wrong",
    ),
    Guard(
        "circles are looked for",
        replaced(circles, "circle_of", lambda *_: []),
        case("circle_of_three"),
        "wrong",
    ),
    Guard(
        "an edge is written before the others are followed",
        replaced(dependencies.Dependencies, "_with_names_found", _followed_first),
        meeting("two_that_close_a_circle", Api.BRAKET_JOB, most=40),
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
        "a queue is marked before a job enters it",
        rewritten(arrive.Arrivals, "admit", ("self.mark_queue(job)", "pass")),
        case("not_overtaken"),
        "wrong",
    ),
    Guard(
        "a job is admitted at once only if none waits",
        rewritten(
            pool_leases.LeaseRows,
            "take_at_once",
            (", NONE_WAITS", ""),
        ),
        case("unseen_in_the_queue"),
        "wrong",
    ),
    Guard(
        "a job that was enqueued looks whether one has ended meanwhile",
        replaced(admit.Admission, "admit_next", lambda *_, **__: 0),
        meeting("message_and_end", Api.BRAKET_JOB),
        "wrong",
    ),
    Guard(
        "a young mark stays although the queue seems to be empty",
        replaced(queue_marks, "may_clear", lambda row, _: bool(row.queued_at)),
        case("unseen_in_the_queue"),
        "wrong",
    ),
    Guard(
        "a job that ends admits the next one",
        rewritten(admit.Admission, "leave", ("self.fill(row)", "pass")),
        case("pool_of_one"),
        "wrong",
    ),
    Guard(
        "a cut holds for jobs that are admitted at once",
        rewritten(pool_leases, "_new_lease", ('free.append("attribute_not_exists(cap)")', "pass")),
        case("cut_while_none_waits"),
        "wrong",
    ),
    Guard(
        "a pool has a row before a job is in its queue",
        rewritten(
            admit.Admission, "enqueue", ("self.rows.mark_queue(job.pool, now=self.capacity.now_ms())", "pass")
        ),
        case("refused_in_a_new_pool"),
        "wrong",
    ),
)
