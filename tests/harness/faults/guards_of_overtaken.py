"""Guards of calls that work with a row that has changed since, and of jobs that wait in a queue and exist."""

from jobchute.ledger import queues
from jobchute.lifecycle import admit, advance, observe, start, submit
from tests.harness.faults.guard import Guard, case
from tests.harness.faults.removal import all_of, rewritten

OVERTAKEN = (
    Guard(
        "a job that is to stop does not go back to its queue",
        rewritten(queues.QueueRows, "enqueue_again", (" AND {update.lacks('stopCause')}", "")),
        case("cancelled_while_refused"),
        "wrong",
    ),
    Guard(
        "a job that may be hidden does not go back to its queue",
        rewritten(
            submit.Submitter,
            "_without_capacity",
            ("if job.pool and not may_be_hidden(job, self.now(), self.timing.hidden):", "if job.pool:"),
        ),
        case("hidden_by_its_quota"),
        "wrong",
    ),
    Guard(
        "a job that is found leaves its queue",
        rewritten(submit.Submitter, "_submit", ("if job.waiting is not None:", "if False:")),
        case("cancelled_in_the_queue"),
        "wrong",
    ),
    Guard(
        "why a job was stopped is read after it was seen stopped",
        rewritten(
            observe.Observer,
            "apply",
            ("if seen.state is State.CANCELLED and job.stop_cause is None:", "if False:"),
        ),
        case("stopped_by_another"),
        "wrong",
    ),
    Guard(
        "the lease of a job that ended meanwhile is given back",
        rewritten(observe.Observer, "apply", ("self.transitions.release(row)", "pass")),
        case("ended_by_one_that_dies"),
        "wrong",
    ),
    Guard(
        "only a job that still waits is put off after its patience",
        rewritten(advance.Advancer, "_has_moved_on", ("must_wait=True, ", "")),
        case("admitted_after_its_patience"),
        "wrong",
    ),
    Guard(
        "patience makes no job due that may exist",
        all_of(*(rewritten(module, "after_wait", (" or job.may_exist", "")) for module in (start, admit))),
        case("patience_after_a_crash"),
        "wrong",
    ),
)
