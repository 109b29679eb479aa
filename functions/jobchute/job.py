"""What a job is: its API, its states, its identity. No input or output happens here."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from jobchute.outcomes import Cause

Document = Mapping[str, Any]

JOB_ID_TAG = "jobchute:job-id"
"""The tag that proves a job at its provider to be ours."""
ATTEMPT_TAG = "jobchute:attempt"
"""The tag that says which attempt a job at its provider is, from the second one on."""

ID_PREFIXES = ("jc-", "rj-")  # of jobs and of rejections
OWN_TOKENS = ("clientToken", "clientRequestToken")  # what a body calls the token that it brings itself


class Api(StrEnum):
    """The create calls that a request document can name in `api`."""

    BRAKET_JOB = "braket:CreateJob"
    QUANTUM_TASK = "braket:CreateQuantumTask"
    BEDROCK_JOB = "bedrock:CreateModelInvocationJob"
    CUSTOMIZATION_JOB = "bedrock:CreateModelCustomizationJob"
    TRAINING_JOB = "sagemaker:CreateTrainingJob"
    PROCESSING_JOB = "sagemaker:CreateProcessingJob"
    TRANSFORM_JOB = "sagemaker:CreateTransformJob"
    TUNING_JOB = "sagemaker:CreateHyperParameterTuningJob"
    FIREWORKS_JOB = "fireworks:CreateBatchJob"
    FIREWORKS_INFERENCE_JOB = "fireworks:CreateBatchInferenceJob"


class State(StrEnum):
    """The states of a job, in their order. A job moves forward only, and a final state stays."""

    QUEUED = "QUEUED"
    SUBMITTING = "SUBMITTING"
    SUBMITTED = "SUBMITTED"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    SUCCEEDED = "SUCCEEDED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"

    @property
    def is_final(self) -> bool:
        return self in FINAL_STATES

    @property
    def predecessors(self) -> tuple["State", ...]:
        """The states from which a job may move into this one."""
        if self is State.REJECTED:
            return ()
        if self.is_final:
            return OPEN_STATES
        return OPEN_STATES[: OPEN_STATES.index(self)]


OPEN_STATES = (State.QUEUED, State.SUBMITTING, State.SUBMITTED, State.RUNNING, State.CANCELLING)
FINAL_STATES = frozenset(State) - frozenset(OPEN_STATES)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from: one version of an S3 object, or one SQS message.

    uri: `s3://bucket/key` or `sqs://<message id>`. version: the S3 version id, empty where there is none.
    index: the document's place in its file, from 0. sequencer: S3's order of versions within one key, as text
    that sorts, in S3's own answer; empty where S3 has not answered. status_key: where the answer goes in the
    bucket. combination: which job of a document with a matrix, from 0. owner: to whom the document belongs, by
    the deployment's owners (jobchute.requests.owners); None where it has none.
    """

    uri: str
    status_key: str
    version: str = ""
    index: int = 0
    sequencer: str = ""
    combination: int | None = None
    owner: str | None = None

    @property
    def reference(self) -> str:
        """This document and no other: two deliveries of one document have one reference."""
        part = "" if self.combination is None else f"/{self.combination}"
        return f"{self.uri}?version={self.version or self.sequencer}#{self.index}{part}"

    @property
    def entry(self) -> str:
        """How a row remembers that its request came again from here."""
        return canonical([self.sequencer, self.uri, self.status_key, self.version])

    @classmethod
    def of_entry(cls, entry: str) -> "Source":
        # What comes behind the version is jobchute.ledger.duplicates'.
        sequencer, uri, status_key, *rest = json.loads(entry)
        return cls(uri=uri, status_key=status_key, sequencer=sequencer, version="".join(rest[:1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A row of the ledger. Times are UTC: `*_at` as ISO 8601 text, `due` and `deadline` in epoch seconds.

    retry_of: the job that this one runs again. retold, retold_at: how often all moves were announced again.
    pool, share, priority: what its turn depends on (jobchute.pools). waiting: the pool in whose line it stands,
    at its place. create_at: its moment to be created, in epoch milliseconds; 0 until its turn has come.
    time_limit, pending_limit: seconds that it may run, and may wait at its provider before that; where
    pending_limit is 0, time_limit stands for both.
    attempt: the newest one, from 1 (docs/architecture.md, "Attempts"). retry: how others follow; past: those
    that have ended (jobchute.attempts). alternative: of its document, which this attempt uses; 0 for none.
    retry_at: when it may enter its queue, patience_until: until when its create call is repeated, both in epoch
    seconds. spent: what ended attempts cost, in millionths of a dollar.
    attempts: to submit it; refusals: the first so many of them are known to have created nothing. refused: the
    latest answers by which the provider put it off, times_refused: how many there were. late_tokens: how many
    task tokens came after the job's end (jobchute.lifecycle.submit). missing: since when it was not found
    (jobchute.lifecycle.timing).
    stop_cause: the state to come after its stop; stopped_at: when its provider accepted it, where that matters.
    cause: why it ended without success. result: what the provider reports about its end (jobchute.outcomes).
    objective: `metric` and `goal`, by which its document compares. after: the jobs that it waits for, and the
    ends that it wants of them; waits_for: those that are still open; unchecked: of these, those that may close
    a circle. awaits: names that no job had yet, and the ends that are wanted; awaits_until: when that wait is
    over, in epoch seconds.
    dependents: the jobs that wait for this one. history: the moves of its newest attempt. changes: the latest
    ones of its priority and labels. cost: what it may cost at most (jobchute.money.cost); None without prices.
    rates: what an estimate needs of them; estimate: what it has cost, in millionths of a dollar. budget: what
    it has reserved (`name`, `month`, `amount`), until settled_at; awaits_budget: the one for which it waits.
    """

    job_id: str
    api: Api | None
    state: State
    created_at: str
    updated_at: str
    source: Source
    name: str = ""
    digest: str = ""
    idempotency_key: str | None = None
    retry_of: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[Mapping[str, Any], ...] = ()
    pool: str | None = None
    share: str = ""
    priority: int = 5
    waiting: str | None = None
    place: str | None = None
    create_at: int = 0
    lane: int | None = None
    objective: Mapping[str, str] | None = None
    after: tuple[Mapping[str, Any], ...] = ()
    waits_for: frozenset[str] = frozenset()
    awaits: tuple[Mapping[str, Any], ...] = ()
    awaits_until: int | None = None
    unchecked: frozenset[str] = frozenset()
    dependents: frozenset[str] = frozenset()
    time_limit: int = 0
    pending_limit: int = 0
    deadline: int = 0
    due: int | None = None
    attempt: int = 1
    retry: Mapping[str, Any] | None = None
    past: tuple[Mapping[str, Any], ...] = ()
    alternative: int = 0
    retry_at: int | None = None
    patience_until: int | None = None
    spent: int | None = None
    attempt_id: str | None = None
    attempt_until: int = 0
    attempts: int = 0
    refusals: int = 0
    refused: tuple[Mapping[str, Any], ...] = ()
    times_refused: int | None = None
    late_tokens: int | None = None
    missing: Mapping[str, Any] | None = None
    stop_cause: State | None = None
    stopped_at: str | None = None
    provider_id: str | None = None
    native_status: str | None = None
    reason: str | None = None
    cause: Cause | None = None
    result: Mapping[str, Any] | None = None
    output: str | None = None
    logs: str | None = None
    problems: tuple[Mapping[str, str], ...] = ()
    cost: Mapping[str, Any] | None = None
    rates: Mapping[str, str] | None = None
    estimate: int | None = None
    budget: Mapping[str, Any] | None = None
    awaits_budget: str | None = None
    settled_at: str | None = None
    history: tuple[Mapping[str, str], ...] = ()
    duplicates: frozenset[str] = frozenset()
    moves: int = 1
    retold: int = 0
    retold_at: str | None = None

    @property
    def owner(self) -> str | None:
        """To whom the job belongs: the owner of its document. Its id digests the owner."""
        return self.source.owner

    @property
    def token(self) -> str:
        """The provider's idempotency token: 64 hex digits, the most that Braket's clientToken takes."""
        first = self.job_id.removeprefix("jc-")
        return first if self.attempt == 1 else sha256(f"{first}/{self.attempt}")

    @property
    def may_exist(self) -> bool:
        """Whether an attempt to submit before the last one may have created the job at its provider."""
        return self.refusals < self.attempts - 1


class Handle(NamedTuple):
    """Of a submitted attempt, the fields of Job that no longer change: enough to ask its provider about it."""

    job_id: str
    api: Api
    name: str
    provider_id: str
    time_limit: int
    pending_limit: int
    attempt: int
    rates: Mapping[str, str] | None = None
    budget: Mapping[str, Any] | None = None
    retry: Mapping[str, Any] | None = None


Submitted = Job | Handle
"""A job that its provider has."""


def has_budget(job: Submitted) -> bool:
    """Whether a job has reserved money of a budget, or waits for it and may have done so since it was read."""
    return job.budget is not None or (isinstance(job, Job) and job.awaits_budget is not None)


def canonical(value: object) -> str:
    """The one JSON text of a value: sorted keys, no white space, so that equal documents have equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(api: Api, request: Document) -> str:
    """What tells one body from another under the same idempotency key."""
    return sha256(canonical({"api": api, "request": request}))


def job_id_for_key(idempotency_key: str, owner: str | None = None) -> str:
    """The id of the job that was, or would be, made under an owner's idempotency key."""
    return _job_id({"idempotencyKey": idempotency_key}, owner)


def ids_named(target: str, owner: str | None = None) -> list[str]:
    """The ids that a target may stand for: itself if it looks like an id, and the id of an owner's key."""
    of_key = job_id_for_key(target, owner)
    return [target, of_key] if target.startswith(ID_PREFIXES) else [of_key]


def job_id_of(api: Api, request: Document, idempotency_key: str | None, owner: str | None = None) -> str:
    """The job's id: from its key where one is given, from its body's own token, else from its body.

    A body's token counts together with its job name: command-line skeletons and SDKs put one and the same
    token into unrelated bodies, and two jobs of different names were never meant to be one. The owner is a part
    of it, so no owner can take another's key, token or body first; without owners ids stay what they are.
    """
    if idempotency_key is not None:
        return job_id_for_key(idempotency_key, owner)
    own_token = next(filter(None, map(request.get, OWN_TOKENS)), None)
    if own_token:
        return _job_id({"api": api, "clientToken": own_token, "jobName": request.get("jobName")}, owner)
    return _job_id({"api": api, "request": request}, owner)


def _job_id(identity: Document, owner: str | None) -> str:
    owned = identity if owner is None else {**identity, "owner": owner}
    return f"jc-{sha256(canonical(owned))}"


def rejection_id_of(source: Source) -> str:
    """The ledger's id for a document that never became a job."""
    return f"rj-{sha256(source.reference)}"


def iso(epoch_seconds: float) -> str:
    """UTC as ISO 8601 with milliseconds, which sorts as text."""
    at = datetime.fromtimestamp(epoch_seconds, tz=UTC).isoformat(timespec="milliseconds")
    return at.replace("+00:00", "Z")
