"""What to do about a job that did not succeed, by its cause: the words of docs/outcomes.md. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from jobchute.outcomes import Cause

ADVICE: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.CAPACITY: "Run the job again later, with another instance type or in another region. "
        "Raise the quota if the reason names one.",
        Cause.INTERRUPTED: "Run it again, on demand or with a longer MaxWaitTimeInSeconds. Write checkpoints.",
        Cause.INTERNAL: "Run it again once or twice. "
        "If it ends in the same way, suspect the image or the memory.",
        Cause.THROTTLED: "Lower the rate of the pool, and run it again.",
        Cause.TIMED_OUT: "Raise the limit, or give the job less to do. "
        "Of a PARTIAL batch, send the records that are missing.",
        Cause.INPUT: "Correct the request. The same request ends in the same way.",
        Cause.CODE: "Read its logs and, of a processing job, exitMessage.",
        Cause.PERMISSION: "Correct the role or the policy that the reason names.",
        Cause.CANCELLED: "Nothing, or jobchute retry.",
        Cause.UNKNOWN: "Read the reason and the logs.",
    }
)
