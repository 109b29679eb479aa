"""The causes of ends that are no success. Pure."""

from enum import StrEnum


class Cause(StrEnum):
    """Why a job did not succeed: one word for all APIs. docs/outcomes.md says what to do about each.

    A cause is only given where the provider's status, code or text says so. Everything else is UNKNOWN.
    """

    CAPACITY = "CAPACITY"
    """The provider had no capacity or quota in time."""
    INTERRUPTED = "INTERRUPTED"
    """The provider took the capacity away, as it may with spot instances."""
    INTERNAL = "INTERNAL"
    """The provider, the way to it, or Jobchute failed."""
    THROTTLED = "THROTTLED"
    """Calls were throttled until the job's time to wait was over."""
    TIMED_OUT = "TIMED_OUT"
    """A time limit ended the job: of its run, or of its wait for its turn."""
    INPUT = "INPUT"
    """The request, or the data that it names, cannot be processed as they are."""
    CODE = "CODE"
    """The job's own program failed."""
    PERMISSION = "PERMISSION"
    """A permission was missing: of the job's role, of Jobchute, or of the sender."""
    CANCELLED = "CANCELLED"
    """A person or another system stopped the job, or the job that it waited for ended otherwise."""
    UNKNOWN = "UNKNOWN"
    """The provider gave no reason, or one that Jobchute does not know."""
