"""A simulated job, and the kind of job it is: what it goes through, and what its provider says of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from jobchute.job import Api

from .errors import SimulatorError
from .events import Event
from .scenarios import Outcome, Refusal, Scenario
from .settings import Settings
from .storage import Storage


class Phase(StrEnum):
    """Which setting a step's duration is a share of."""

    QUEUE = "queue"
    RUN = "run"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Step:
    """Enter `status` when `share` of the phase's seconds have passed since the step before.

    detail: SageMaker's secondary status, Braket's event type. message: what the provider says of the step.
    reason: why the job failed; only a failing step has one.
    """

    phase: Phase
    share: float
    status: str
    detail: str = ""
    message: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of a job's history; `at` in epoch seconds."""

    status: str
    detail: str
    message: str
    at: float


@dataclass(frozen=True, slots=True)
class Logs:
    """What a job's containers write to CloudWatch Logs, from the detail `begins` on.

    prefix: the beginning of the names of the job's streams. instances: by the request; each has a stream.
    """

    group: str
    begins: str
    prefix: Callable[["Job"], str]
    instances: Callable[[Mapping[str, Any]], int]


@dataclass(frozen=True, slots=True)
class Kind:
    """The declaration of one API's jobs; everything else is derived from it.

    first: the step a job is made in. paths: from there to each end; for an end without one, that of FAIL is
    taken. stop: what a stop by the user leads through.
    started: the status or detail with which the start time is set. refusals: the provider's words for each
    refusal.
    event: builds the event of a change; None where the provider sends none. announces_details: whether a
    change of detail alone is an event. logs: None where the provider writes none.
    work: what is done in S3 before a step is entered; it gives the step that is entered.
    """

    api: Api
    first: Step
    paths: Mapping[Outcome, tuple[Step, ...]]
    stop: tuple[Step, ...]
    started: str
    final: frozenset[str]
    refusals: Mapping[Refusal, Callable[[], SimulatorError]]
    event: "Callable[[Job, Settings], Event] | None" = None
    announces_details: bool = False
    logs: Logs | None = None
    work: "Callable[[Job, Step, Storage], Step] | None" = None


@dataclass(slots=True)
class Job:
    """One job at its provider. Read and changed only under the world's lock.

    key: what the provider knows it by: Braket and Bedrock the ARN's last part, SageMaker the name, Fireworks
    the id.
    request: the create's parameters as they came. counts: of the records of its input, by the provider's names.
    plan counts the changes of plan; a step of an old plan is void.
    """

    kind: Kind
    key: str
    name: str
    arn: str
    request: Mapping[str, Any]
    scenario: Scenario
    created: float
    token: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    create_calls: int = 1
    status: str = ""
    detail: str = ""
    reason: str = ""
    started: float | None = None
    ended: float | None = None
    modified: float = 0.0
    history: list[Moment] = field(default_factory=list)
    plan: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        return self.status in self.kind.final

    def enter(self, step: Step, at: float) -> None:
        """Be in the step's state from the epoch second `at` on."""
        self.status, self.detail, self.modified = step.status, step.detail, at
        self.reason = step.reason or self.reason
        self.history.append(Moment(step.status, step.detail, step.message or step.reason, at))
        if self.started is None and self.kind.started in (step.status, step.detail):
            self.started = at
        if self.is_final:
            self.ended = at

    def as_json(self) -> dict[str, Any]:
        """What GET /_simulator/jobs shows."""
        return {
            "api": self.kind.api.value,
            "id": self.key,
            "name": self.name,
            "arn": self.arn,
            "token": self.token,
            "tags": dict(self.tags),
            "status": self.status,
            "detail": self.detail,
            "reason": self.reason,
            "final": self.is_final,
            "createCalls": self.create_calls,
            "createdAt": self.created,
            "startedAt": self.started,
            "endedAt": self.ended,
            "history": [
                {"status": m.status, "detail": m.detail, "message": m.message, "at": m.at} for m in self.history
            ],
        }
