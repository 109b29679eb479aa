"""What Fireworks tells of its jobs, of whichever kind: their states, and the code of a failure.

Source: JobState and google.rpc.Code in the protocol buffer descriptors of fireworks-ai 0.19.20.
"""

from collections.abc import Mapping
from typing import Any

from jobchute.job import State
from jobchute.outcomes import Cause

STATES = {
    "UNSPECIFIED": None,
    "CREATING": State.SUBMITTED,
    "CREATING_INPUT_DATASET": State.SUBMITTED,
    "VALIDATING": State.SUBMITTED,
    # Of batch jobs alone, which have a list of their own; its other states are among these.
    "QUEUED": State.SUBMITTED,
    "PENDING": State.SUBMITTED,
    "RE_QUEUEING": None,
    "RUNNING": State.RUNNING,
    "WRITING_RESULTS": None,
    "IDLE": None,
    "PAUSED": None,
    "COMPLETED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "EXPIRED": State.TIMED_OUT,
    "EARLY_STOPPED": None,
    "CANCELLING": None,
    "CANCELLED": State.CANCELLED,
    "DELETING": None,
    "DELETING_CLEANING_UP": None,
}
"""Without the prefix JOB_STATE_, which the API writes and the guides do not."""
UNDOCUMENTED = frozenset({"UNSPECIFIED", "EARLY_STOPPED"})
"""What these mean for batches is not documented: they may be final, and a person has to look."""
STOPPING = frozenset({"CANCELLING", "DELETING", "DELETING_CLEANING_UP"})
CAUSES = {
    **dict.fromkeys(("INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "OUT_OF_RANGE"), Cause.INPUT),
    **dict.fromkeys(("PERMISSION_DENIED", "UNAUTHENTICATED"), Cause.PERMISSION),
    **dict.fromkeys(("INTERNAL", "UNAVAILABLE", "ABORTED", "DATA_LOSS"), Cause.INTERNAL),
    "RESOURCE_EXHAUSTED": Cause.CAPACITY,
}
"""By the code of a failed job's status."""


def native_of(job: Mapping[str, Any]) -> str:
    return str(job.get("state") or "").removeprefix("JOB_STATE_")


def is_known(native: str) -> bool:
    """Whether it is known what a state means for a batch."""
    return native in STATES and native not in UNDOCUMENTED


def is_final(state: State | None) -> bool:
    return state is not None and state.is_final
