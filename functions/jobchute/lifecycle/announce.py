"""What follows from a written row: the status document, the execution's end, the notification.

The ledger's stream triggers it, so announcements say what was written, in the order of the row's moves. A
record that failed is delivered again, as long as another try may help.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.aws.executions import Executions
from jobchute.job import Job, Source, State
from jobchute.ledger.duplicates import not_applied_in
from jobchute.ledger.task_tokens import TaskTokenRows
from jobchute.lifecycle.dependencies import Dependencies
from jobchute.lifecycle.postponed import Aside
from jobchute.status.answers import Answers
from jobchute.status.console_links import links_of
from jobchute.status.documents import duplicate_status_of, status_of
from jobchute.status.event_detail import detail_text

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsResultEntryTypeDef

EVENT_SOURCE = "jobchute"
DETAIL_TYPE = "Jobchute Job State Change"
FILE_DETAIL_TYPE = "Jobchute File Ended"
DETAIL_VERSION = "1"


class Bus(NamedTuple):
    """The EventBridge bus of state changes and of ends of files.

    state_machine_arn: for links to the console.
    """

    client: "EventBridgeClient"
    name: str
    state_machine_arn: str = ""

    def publish(self, job: Job) -> None:
        """Publish the job's latest move. Its `id` is the same at every repetition."""
        detail = {"version": DETAIL_VERSION, "id": f"{job.job_id}:{job.moves}", **status_of(job)}
        if self.state_machine_arn:
            detail["links"] = links_of(job, self.state_machine_arn)
        self._put(DETAIL_TYPE, detail)

    def publish_move(self, job: Job, number: int) -> None:
        """Publish one of the job's moves, counted from 1."""
        self.publish(after_move(job, number))

    def publish_file(self, detail: Mapping[str, Any]) -> None:
        """Publish the end of a file. Its `id` is the same at every repetition."""
        self._put(FILE_DETAIL_TYPE, {"version": DETAIL_VERSION, **detail})

    def _put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        entry = {
            "Source": EVENT_SOURCE,
            "DetailType": detail_type,
            "Detail": detail_text(detail),
            "EventBusName": self.name,
        }
        answer = self.client.put_events(Entries=[entry])  # type: ignore[list-item]
        if answer["FailedEntryCount"]:
            raise _refusal(answer["Entries"][0])


Step = Callable[[], object]


class Announcer(NamedTuple):
    """aside: receives the changes whose announcement is given up."""

    answers: Answers
    task_tokens: TaskTokenRows
    executions: Executions
    dependencies: Dependencies
    bus: Bus
    aside: Aside

    def announce(
        self, job: Job, before: Job | None, *, gives_up: Callable[[Exception], bool]
    ) -> list[Exception]:
        """Announce the change between two images of a row. Repeating it does no harm.

        gives_up: whether a step that raised this error is not to be tried again. Such a step is left out, and
        all others run: a status document that cannot be written does not keep an execution waiting. Returns the
        errors of these steps; any other error is raised at once.
        """
        given_up: list[Exception] = []
        for step in self._steps(job, before):
            try:
                step()
            except Exception as error:
                if not gives_up(error):
                    raise
                given_up.append(error)
        return given_up

    def _steps(self, job: Job, before: Job | None) -> Iterator[Step]:
        is_retold = before is not None and before.retold != job.retold
        moved = before is None or before.moves != job.moves or is_retold
        # Some changes are no moves and have no event, but status documents show them.
        is_shown = moved or (before is not None and _is_shown_beside_moves(before, job))
        if is_shown:
            yield partial(self._write_status, job)
        known = before.duplicates if before is not None and not is_shown else frozenset()
        for entry in sorted(job.duplicates - known):
            yield partial(self._write_duplicate_status, job, entry)
        if is_retold:
            for number in range(1, len(job.history) + 1):
                yield partial(self.bus.publish_move, job, number)
        elif moved:
            yield partial(self.bus.publish, job)
        has_new_token = before is not None and before.late_tokens != job.late_tokens
        if job.state.is_final and job.state is not State.REJECTED and (moved or has_new_token):
            yield partial(self._answer_tokens, job)
        if job.state.is_final and job.dependents:
            yield partial(self.dependencies.notify_dependents, job)

    def _answer_tokens(self, job: Job) -> None:
        for task_token in self.task_tokens.all(job.job_id):
            self.executions.answer(job, task_token)

    def _write_status(self, job: Job) -> None:
        self.answers.write(job.source, status_of(job))

    def _write_duplicate_status(self, job: Job, entry: str) -> None:
        self.answers.write(Source.of_entry(entry), duplicate_status_of(job, not_applied_in(entry)))


def _is_shown_beside_moves(before: Job, job: Job) -> bool:
    """A refusal, or a change of what the job waits for.

    A job that was admitted no longer waits, and its next move says so. A new job has its place in a queue from
    the beginning: only one that has waited for others enters a queue later.
    """
    if before.times_refused != job.times_refused or before.awaits != job.awaits:
        return True
    if before.waiting is None and job.waiting is not None:
        return True
    return before.waits_for != job.waits_for and bool(job.waits_for or job.awaits)


def after_move(job: Job, number: int) -> Job:
    """The job after one of its moves, as its history says; all other members are as they are now."""
    entry = job.history[number - 1]
    return replace(
        job,
        state=State(entry["state"]),
        reason=entry.get("reason"),
        updated_at=entry["at"],
        history=job.history[:number],
        moves=number,
    )


def _refusal(entry: "PutEventsResultEntryTypeDef") -> ClientError:
    """PutEvents answers 200 where it refuses an entry, with the code in the entry."""
    code = entry.get("ErrorCode", "InternalFailure")
    status = 500 if code.startswith("Internal") else 400
    response = {
        "Error": {"Code": code, "Message": entry.get("ErrorMessage", "")},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "PutEvents")  # type: ignore[arg-type]
