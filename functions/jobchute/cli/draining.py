"""Emptying a deployment before it is deleted: no intake, no open job, no execution. A run can be repeated.

A state machine is deleted only after its executions have ended, and an execution runs as long as its job.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jobchute.attempts import is_ending
from jobchute.cli.following import Clock
from jobchute.errors import UnknownJobError
from jobchute.job import OPEN_STATES, Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.observe import SUBMITTED_STATES
from jobchute.lifecycle.settlement import money_at_end
from jobchute.outcomes import Cause

REASON = "cancelled by jobchute drain; it was never submitted"
GRACE_SECONDS = 60
"""The ledger's stream ends the execution of an ended job, which may take this long."""
MIN_EMPTY_LOOKS = 2
"""In a row. An index lags behind its table, so that one query may miss a job that has just changed state."""


class Intake(NamedTuple):
    """What feeds a function with messages. client: of Lambda."""

    client: Any
    function: str

    def mappings(self) -> list[dict[str, Any]]:
        """As Lambda describes its event source mappings."""
        pages = self.client.get_paginator("list_event_source_mappings").paginate(FunctionName=self.function)
        return [mapping for page in pages for mapping in page["EventSourceMappings"]]

    def stop(self) -> None:
        """From now on, messages stay in their queues, except those that a running call has received."""
        self._switch({"Enabled", "Enabling"}, Enabled=False)

    def resume(self) -> None:
        self._switch({"Disabled", "Disabling"}, Enabled=True)

    def queues(self) -> list[str]:
        """The names of the queues."""
        return sorted(mapping["EventSourceArn"].rpartition(":")[2] for mapping in self.mappings())

    def is_stopped(self) -> bool:
        return all(mapping["State"] == "Disabled" for mapping in self.mappings())

    def timeout(self) -> int:
        """Seconds that a call may last."""
        return int(self.client.get_function_configuration(FunctionName=self.function)["Timeout"])

    def _switch(self, states: set[str], **change: bool) -> None:
        for mapping in self.mappings():
            if mapping["State"] in states:
                self.client.update_event_source_mapping(UUID=mapping["UUID"], **change)


class RunningExecutions(NamedTuple):
    """The executions of the state machine that have not ended. client: of Step Functions."""

    client: Any
    state_machine_arn: str

    def arns(self) -> dict[str, str]:
        """By the job's id, which is the execution's name."""
        pages = self.client.get_paginator("list_executions").paginate(
            stateMachineArn=self.state_machine_arn, statusFilter="RUNNING"
        )
        return {each["name"]: each["executionArn"] for page in pages for each in page["executions"]}

    def stop(self, arn: str) -> None:
        self.client.stop_execution(executionArn=arn, error="Drained", cause="stopped by jobchute drain")


class Drained(NamedTuple):
    """What a run did and left. cancelled, handed_over, open: jobs. stopped, running: executions."""

    cancelled: int
    handed_over: int
    stopped: int
    open: tuple[Job, ...]
    running: int

    @property
    def is_empty(self) -> bool:
        return not self.open and not self.running


class Drain:
    """One run. hand_over: called once for each job that is left running at its provider; None: cancel all jobs.

    now: epoch seconds, for what is written. settle: seconds in which running calls may accept jobs.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        intake: Intake,
        executions: RunningExecutions,
        clock: Clock,
        settle: float,
        hand_over: Callable[[Job], None] | None = None,
        now: Callable[[], float],
    ) -> None:
        self.ledger = ledger
        self.intake = intake
        self.executions = executions
        self.clock = clock
        self.settle = settle
        self.hand_over = hand_over
        self.now = now
        self.cancelled: set[str] = set()
        self.handed_over: set[str] = set()

    def run(self) -> Drained:
        """Stop the intake, end or hand over all jobs, end their executions; until the clock's timeout."""
        start = self.clock.now()
        self.intake.stop()
        left = self._end_jobs(start)
        stopped = 0 if left else self._end_executions(start)
        return Drained(
            cancelled=len(self.cancelled),
            handed_over=len(self.handed_over),
            stopped=stopped,
            open=tuple(job for job in open_jobs(self.ledger) if job.job_id not in self.handed_over),
            running=len(self.executions.arns()),
        )

    def _end_jobs(self, start: float) -> list[Job]:
        """Returns the jobs that are open when time is over."""
        stopped_at, empty_looks = None, 0
        while True:
            if stopped_at is None and self.intake.is_stopped():
                stopped_at = self.clock.now()
            left = [job for job in open_jobs(self.ledger) if not self._take(job)]
            empty_looks = 0 if left else empty_looks + 1
            is_settled = stopped_at is not None and self.clock.now() - stopped_at >= self.settle
            if (is_settled and empty_looks >= MIN_EMPTY_LOOKS) or self._is_late(start):
                return left
            self.clock.pause(self.clock.interval)

    def _take(self, job: Job) -> bool:
        """Request the end of a job, or hand it over. Returns whether there is nothing to wait for."""
        is_at_provider = job.state in SUBMITTED_STATES and job.stop_cause is None
        if self.hand_over is not None and is_at_provider:
            if job.job_id not in self.handed_over:
                self.hand_over(job)
                self.handed_over.add(job.job_id)
            return True
        if not is_ending(job):
            job = ask_to_end(self.ledger, job, self.now())
            self.cancelled.add(job.job_id)
        return job.state.is_final

    def _end_executions(self, start: float) -> int:
        """Returns how many were stopped because their jobs had ended or were handed over."""
        stopped: set[str] = set()
        grace = self.clock.now() + GRACE_SECONDS
        while running := self.executions.arns():
            for job_id, arn in running.items():
                if arn not in stopped and self._may_stop(job_id, is_late=self.clock.now() >= grace):
                    self.executions.stop(arn)
                    stopped.add(arn)
            if self._is_late(start):
                break
            self.clock.pause(self.clock.interval)
        return len(stopped)

    def _may_stop(self, job_id: str, *, is_late: bool) -> bool:
        """A job without a row has ended: its row expires about a year after its end."""
        if job_id in self.handed_over:
            return True
        try:
            return is_late and self.ledger.get(job_id).state.is_final
        except UnknownJobError:
            return True

    def _is_late(self, start: float) -> bool:
        return self.clock.timeout is not None and self.clock.now() - start >= self.clock.timeout


def open_jobs(ledger: Ledger) -> Iterator[Job]:
    """Waiting jobs come first: the end of another job would admit them. Rows are read consistently.

    All of a state are found before the first is returned, as the caller may move it.
    """
    for state in OPEN_STATES:
        yield from [job for job in ledger.queries.by_state(state) if not job.state.is_final]


def ask_to_end(ledger: Ledger, job: Job, now: float) -> Job:
    """Request the end of a job: at once if it was not submitted, otherwise by the next sweep.

    These are the writes of a cancellation (jobchute.lifecycle), so they may run beside any other.
    """
    while not is_ending(job):
        if job.state is State.QUEUED:
            job, _ = ledger.move(
                job.job_id,
                State.CANCELLED,
                now,
                attempt=job.attempt,
                only_from=(State.QUEUED,),
                reason=REASON,
                cause=Cause.CANCELLED,
                **money_at_end(job, None, now),
            )
        elif job.state is State.SUBMITTING:
            job, _ = ledger.note(
                job.job_id,
                attempt=job.attempt,
                only_in=(State.SUBMITTING,),
                stop_cause=State.CANCELLED,
                due=int(now),
            )
        elif job.state is State.CANCELLING:
            states = (State.CANCELLING,)
            job, _ = ledger.note(
                job.job_id, attempt=job.attempt, only_in=states, stop_cause=State.CANCELLED, due=int(now)
            )
        elif job.state in SUBMITTED_STATES:
            job, _ = ledger.move(
                job.job_id,
                State.CANCELLING,
                now,
                attempt=job.attempt,
                stop_cause=State.CANCELLED,
                due=int(now),
            )
    return job
