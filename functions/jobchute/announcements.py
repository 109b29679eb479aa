"""What follows from a written row: the status document, the execution's end, the notification.

It is fed by the ledger's stream, so what is told is what was written, in the order of the row's moves, and a
failure is tried again from the same record.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from jobchute.answers import Answers
from jobchute.dependencies import Dependencies
from jobchute.executions import Executions
from jobchute.job import Job, Source, State
from jobchute.links import links_of
from jobchute.objects import Objects
from jobchute.status import duplicate_status_of, status_of
from jobchute.version_rows import VersionRows

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

EVENT_SOURCE = "jobchute"
DETAIL_TYPE = "Jobchute Job State Change"
DETAIL_VERSION = "1"


class Bus(NamedTuple):
    """The EventBridge bus that state changes are told on. state_machine_arn: says where links lead."""

    client: "EventBridgeClient"
    name: str
    state_machine_arn: str = ""

    def publish(self, job: Job) -> None:
        """Tell of the job's latest move. `id` is the same at every repetition, for whoever wants each once."""
        detail = {"version": DETAIL_VERSION, "id": f"{job.job_id}:{job.moves}", **status_of(job)}
        if self.state_machine_arn:
            detail["links"] = links_of(job, self.state_machine_arn)
        entry = {
            "Source": EVENT_SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(detail),
            "EventBusName": self.name,
        }
        answer = self.client.put_events(Entries=[entry])  # type: ignore[list-item]
        if answer["FailedEntryCount"]:
            raise RuntimeError(f"the bus refused the event: {answer['Entries']}")


class Announcer(NamedTuple):
    versions: VersionRows
    objects: Objects
    executions: Executions
    dependencies: Dependencies
    bus: Bus

    def announce(self, job: Job, before: Job | None) -> None:
        """Tell what changed between two images of a row. Repeating it does no harm."""
        is_retold = before is not None and before.retold != job.retold
        moved = before is None or before.moves != job.moves or is_retold
        if moved or before is None or before.duplicates != job.duplicates:
            self._write_status(job)
        for move in moves_of(job) if is_retold else [job] if moved else []:
            self.bus.publish(move)
        is_answerable = job.state.is_final and job.task_token is not None
        if (
            is_answerable
            and job.task_token
            and (moved or before is None or before.task_token != job.task_token)
        ):
            self.executions.answer(job, job.task_token)
        if job.state.is_final and job.dependents:
            self.dependencies.ended(job)

    def _write_status(self, job: Job) -> None:
        self._write_unless_replaced(job.source, status_of(job))
        for entry in sorted(job.duplicates):
            self._write_unless_replaced(Source.of_entry(entry), duplicate_status_of(job))

    def _write_unless_replaced(self, source: Source, document: dict[str, object]) -> None:
        """An object's status document speaks of its newest version alone."""
        Answers(self.versions, self.objects).write(source, document)


def moves_of(job: Job) -> Iterator[Job]:
    """The job after each of its moves, as far as its history tells: what else the row says is as it is now."""
    for number, entry in enumerate(job.history, start=1):
        yield replace(
            job,
            state=State(entry["state"]),
            reason=entry.get("reason"),
            updated_at=entry["at"],
            history=job.history[:number],
            moves=number,
        )
