"""Guards of leases, their limit, and reconciliation."""

from jobchute.job import Api
from jobchute.ledger import pool_lanes
from jobchute.lifecycle import admit, arrive, due_jobs, reconcile, start
from tests.harness.faults.guard import Guard, case, meeting
from tests.harness.faults.removal import all_of, rewritten

LEASES = (
    Guard(
        "a call gives back no lease but the one that it has seen",
        rewritten(admit.Admission, "refused", ("job.job_id, seen=held", "job.job_id")),
        case("started_while_refused"),
        "wrong",
    ),
    Guard(
        "a lease that a call left is taken over before its job is started",
        rewritten(
            admit.Admission,
            "finish_admission",
            ("self._leases.renew(row.pool, job.job_id, seen=held, now=now, lane=lane)", "True"),
        ),
        case("started_while_refused"),
        "wrong",
    ),
    Guard(
        "a lease that is older than its job's attempt is given back",
        rewritten(admit, "_is_of_earlier_attempt", ("job.attempt > 1 and", "False and")),
        case("lease_of_an_old_attempt"),
        "wrong",
    ),
    Guard(
        "a slow call takes its lease over before it starts a job that another delivery made",
        all_of(
            rewritten(
                arrive.Arrivals,
                "hand_over",
                (
                    "held is not None and "
                    "self._leases.renew(job.pool, job.job_id, seen=held, now=now, lane=job.lane)",
                    "True",
                ),
            ),
            rewritten(
                start.Starter,
                "_start_again",
                ("job.job_id not in self.rows.mark_queue(pool, now=now).leases", "False"),
            ),
        ),
        case("refused_while_its_call_is_slow"),
        "wrong",
    ),
    Guard(
        "a job that was refused is not started again without a lease",
        rewritten(
            start.Starter,
            "_start_again",
            ("job.job_id not in self.rows.mark_queue(pool, now=now).leases", "False"),
        ),
        case("refused_while_its_admission_is_slow"),
        "wrong",
    ),
    Guard(
        "a lane takes no more leases than its quota",
        all_of(
            rewritten(
                pool_lanes.LaneRows,
                "_try",
                ("size(leases) < :quota", "(size(leases) < :quota OR attribute_exists(leases))"),
            ),
            rewritten(pool_lanes.LaneRows, "_checked", ("len(row.leases) <= limit_of(row)", "True")),
        ),
        meeting("two_messages_for_one_place", Api.BRAKET_JOB),
        "wrong",
    ),
    Guard(
        "a lease of a lane goes back if the limit was lowered",
        rewritten(pool_lanes.LaneRows, "_checked", ("len(row.leases) <= limit_of(row)", "True")),
        meeting("two_messages_after_a_cut", Api.BRAKET_JOB),
        "wrong",
    ),
    Guard(
        "a failed read of due jobs ends no reconciliation",
        rewritten(due_jobs.DueJobs, "read", (", on_error=self._note", "")),
        case("queries_fail"),
        "stuck",
    ),
    Guard(
        "jobs at their providers take turns with those that may be there",
        rewritten(
            reconcile.Reconciler,
            "_late",
            (
                "_in_turns(*in_any_order([in_any_order(known), in_any_order(others)]))",
                "in_any_order(known + others)",
            ),
        ),
        case("limit_among_deaths"),
        "wrong",
    ),
    Guard(
        "a failed read of pools ends no reconciliation",
        rewritten(reconcile.Parts, "run", ("return otherwise", "raise")),
        case("pools_unread"),
        "stuck",
    ),
)
