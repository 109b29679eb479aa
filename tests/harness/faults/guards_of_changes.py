"""Guards of changes of a job that waits."""

from jobchute.ledger import job_changes, queues
from jobchute.lifecycle import announce, change
from tests.harness.faults.changes import API
from tests.harness.faults.guard import Guard, case, meeting
from tests.harness.faults.removal import replaced, rewritten

CHANGES = (
    Guard(
        "a place in a queue changes with the priority",
        rewritten(job_changes.ChangeRows, "write", ("if job.waiting is not None:", "if False:")),
        case("last_comes_first"),
        "wrong",
    ),
    Guard(
        "a job enters its queue with its newest priority",
        rewritten(
            queues.QueueRows,
            "enqueue",
            ('update.equals("priority", job.priority)', 'update.exists("priority")'),
        ),
        case("entered_meanwhile"),
        "wrong",
    ),
    Guard(
        "a job whose turn has come is not changed",
        rewritten(
            job_changes.ChangeRows,
            "write",
            ('f"NOT {update.has_turn()}",', ""),
            ('update.is_still("waiting", job.waiting),', ""),
        ),
        meeting("change_and_admission", API),
        "wrong",
    ),
    Guard(
        "two changes at once are both kept",
        rewritten(job_changes.ChangeRows, "write", ('update.is_still("changes", [*job.changes]),', "")),
        meeting("two_changes", API),
        "wrong",
    ),
    Guard(
        "a change is applied once",
        rewritten(change.JobChanger, "change", ('each["document"] == document', "each is document")),
        case("change_comes_again"),
        "wrong",
    ),
    Guard(
        "a change is told although it is no move",
        replaced(announce, "ANNOUNCED", tuple(name for name in announce.ANNOUNCED if name != "changes")),
        case("told_change"),
        "wrong",
    ),
)
