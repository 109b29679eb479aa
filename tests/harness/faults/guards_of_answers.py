"""Guards of owners, announcements, dry runs and files."""

import announce
from jobchute.dead_letters import handle
from jobchute.dead_letters.handle import DeadLetters
from jobchute.intake import cancel, dry_runs, process
from jobchute.job import Api, job_id_of
from jobchute.ledger import file_counts, jobs
from jobchute.ledger.job_rows import JobRows
from jobchute.lifecycle import (
    announce_again,
    batch_documents,
    build,
    count_files,
    dependencies,
    telling,
    transitions,
)
from jobchute.lifecycle.bus import Bus
from jobchute.lifecycle.count_files import FileCounts
from jobchute.lifecycle.lost_announcements import LostAnnouncements
from jobchute.lifecycle.postponed import Aside
from tests.fakes.wire import Fault
from tests.harness.faults.guard import Guard, case, on_call
from tests.harness.faults.removal import replaced, rewritten

ANSWERS = (
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
        "an end and its cause are one write",
        rewritten(transitions.Transitions, "end", (", cause=cause, ", ", ")),
        case("never_ends"),
        "wrong",
    ),
    Guard(
        "a record that failed comes back",
        rewritten(
            announce,
            "handler",
            ("        if done < len(group):\n            return _again_from(group[done])\n", ""),
        ),
        on_call("uploaded", Api.BRAKET_JOB, [Fault.REFUSED], "events:put_events"),
        "lost",
    ),
    Guard(
        "an event that the bus refused is sent again",
        rewritten(Bus, "put", ('if answer["FailedEntryCount"]:', "if False:")),
        case("refused_events"),
        "lost",
    ),
    Guard(
        "what follows a refused event is sent again behind it",
        rewritten(telling.Batch, "_publish", ("left = left[taken:]", "left = left[-1:] if error else []")),
        case("refused_events"),
        "lost",
    ),
    Guard(
        "a batch writes the document of a row's newest state",
        rewritten(
            batch_documents.BatchDocuments,
            "__init__",
            ("change.job for change in changes}", "change.job for change in reversed(changes)}"),
        ),
        case("told_late"),
        "wrong",
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
        replaced(DeadLetters, "_is_repeated", lambda *_: False),
        case("refused_for_hours"),
        "wrong",
        patience=1.5,
    ),
    Guard(
        "executions are held against the rows",
        replaced(LostAnnouncements, "_check_executions", lambda *_: 0),
        case("token_is_lost"),
        "stuck",
        patience=4,
    ),
    Guard(
        "status documents are held against the rows",
        replaced(LostAnnouncements, "_check_documents", lambda *_: 0),
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
        patience=0.2,
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
        replaced(FileCounts, "count_due", lambda *_, **__: 0),
        case("file_replaced_in_the_middle"),
        "stuck",
        patience=0.5,
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
        patience=0.2,
    ),
    Guard(
        "the answer to a cancellation is not an older version's",
        replaced(handle, "ABOUT_ANOTHER", frozenset()),
        case("answered_and_dead"),
        "wrong",
    ),
)
