"""Guards of budgets: what keeps their sums below the limit, and gives back what is not spent."""

from jobchute.ledger import budgets
from jobchute.lifecycle import admit, budget_entry, budget_upkeep, settlement
from tests.fakes.wire import Fault
from tests.harness.faults.budgets import API
from tests.harness.faults.guard import Guard, case, meeting, on_call, undisturbed
from tests.harness.faults.removal import replaced, rewritten

RESERVE = "dynamodb:transact_write_items/JOB:deadline+due+budget+BUDGET:used+BUDGETWAIT"

BUDGETS = (
    Guard(
        "a reservation fits into its budget",
        rewritten(budgets, "reservation", (" OR used <= :room", " OR used <= :room OR used > :room")),
        case("five_hundred_at_once"),
        "wrong",
    ),
    Guard(
        "a job that needs more than a month has reserves nothing",
        rewritten(budgets.BudgetRows, "add", ("amount > budget.limit", "amount > 10**12")),
        case("waits_for_ever_for_its_budget"),
        "wrong",
    ),
    Guard(
        "a budget is settled once",
        rewritten(budgets.BudgetRows, "settle", (" AND {update.lacks('settledAt')}", "")),
        case("settled_twice"),
        "wrong",
    ),
    Guard(
        "an ended job stays due until its budget is settled",
        replaced(settlement, "SETTLEMENT_SECONDS", 10**10),
        case("settled_by_the_sweep"),
        "stuck",
    ),
    Guard(
        "what is not known is not given back",
        rewritten(
            settlement.Settlement,
            "settle",
            ("amount if job.estimate is None else job.estimate", "job.estimate or 0"),
        ),
        case("unknown_end_of_budget"),
        "wrong",
    ),
    Guard(
        "a document that was rejected over its budget stays rejected",
        rewritten(budgets.BudgetRows, "add", ('{"ConditionCheck": not_rejected},', "")),
        case("rejected_before_there_was_room"),
        "wrong",
    ),
    Guard(
        "a document that has become a job is not rejected over its budget",
        rewritten(budgets.BudgetRows, "reject", (', {"ConditionCheck": no_job}', "")),
        meeting("rejection_and_room", API),
        "wrong",
    ),
    Guard(
        "a job that waits for its budget enters no queue",
        rewritten(admit.Admission, "enqueue", (" or job.awaits_budget", "")),
        case("waits_for_the_next_month"),
        "wrong",
    ),
    Guard(
        "a wait for a budget has an end",
        replaced(budget_entry, "BUDGET_WAIT_SECONDS", 10**9),
        case("waits_for_ever_for_its_budget"),
        "stuck",
    ),
    Guard(
        "a job that has got its budget is due until it is in its queue",
        rewritten(budget_upkeep.BudgetUpkeep, "_going_on", ('{"due": now + self.timing.lease}', "{}")),
        on_call("waiting_for_budget", API, [Fault.CRASH_AFTER], RESERVE.replace("+due", "")),
        "stuck",
        patience=0.02,
    ),
    Guard(
        "a job that ended while it waited is not looked for",
        rewritten(settlement.Settlement, "settle", ("self.waits.forget(job.job_id, job.created_at)", "pass")),
        undisturbed("cancelled_of_budget", API),
        "wrong",
    ),
    Guard(
        "waiting jobs are checked by themselves too",
        replaced(budget_upkeep.BudgetUpkeep, "check", lambda *_: None),
        case("no_budgets_any_more"),
        "wrong",
        patience=0.2,
    ),
)
