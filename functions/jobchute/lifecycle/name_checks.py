"""When the names that a job waits for are checked again, and the message that asks for a check.

No index leads from a name to the jobs that wait for it. A waiting job is checked itself: a few seconds after it
came, then at growing intervals. The reconciler makes a check that is overdue because its message was lost.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.job import Job, canonical, iso

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = Logger(child=True)

NAME_WAIT_SECONDS = 3600
"""How long a job waits for a name. Documents that belong together usually arrive within seconds of each other.
A message that failed comes back after 570 seconds, and five such deliveries fit in an hour."""
FIRST_CHECK_SECONDS = 5
MAX_SECONDS_BETWEEN_CHECKS = 180
"""With GRACE_SECONDS and a minute between reconciliations, a name is found less than five minutes after its job
came."""
GRACE_SECONDS = 45
"""A check that is so late is left to the reconciler."""
CHECK = "look"
_JOB_ID = re.compile(r"jc-[0-9a-f]{64}")


class NameChecks(NamedTuple):
    """Asks for checks, by messages to the intake queue.

    The message, `{"look": "<job id>"}`, only makes a function read the row. Anyone may send one: a check that
    comes too early asks for no further check, so a forged message leads to no second one.
    """

    client: "SQSClient"
    queue_url: str

    def schedule(self, job_id: str, *, delay: int) -> None:
        """Ask for a check after a delay in seconds. If that fails, the reconciler makes the check."""
        try:
            self.client.send_message(
                QueueUrl=self.queue_url, MessageBody=canonical({CHECK: job_id}), DelaySeconds=delay
            )
        except Exception:
            logger.exception("name check not scheduled", job_id=job_id)


def checked_id(value: object) -> str | None:
    """The job in a message that asks for a check; None for any other message."""
    match value:
        case {"look": str(job_id), **rest} if not rest and _JOB_ID.fullmatch(job_id):
            return job_id
        case _:
            return None


def seconds_to_next_check(job: Job, now: float) -> int:
    """As long as the job has waited already, within bounds; the last check is at the end of its wait."""
    waited = now - datetime.fromisoformat(job.created_at).timestamp()
    seconds = min(max(waited, FIRST_CHECK_SECONDS), MAX_SECONDS_BETWEEN_CHECKS)
    return max(int(min(seconds, (job.awaits_until or now) - now)), 1)


def is_early(job: Job, now: float) -> bool:
    """Whether another check was scheduled, and its time has not come."""
    return job.due is not None and now < job.due - GRACE_SECONDS


def waiting_reason(waits_for: frozenset[str], awaits: tuple[Mapping[str, Any], ...], until: int | None) -> str:
    """What a job waits for, for people."""
    ends = "the end of other jobs" if waits_for else ""
    names = ", ".join(repr(entry["name"][:100]) for entry in awaits[:3])
    more = f" and {len(awaits) - 3} more" if len(awaits) > 3 else ""
    jobs = f"jobs named {names}{more}, until {iso(until)}" if awaits and until is not None else ""
    return f"waiting for {' and for '.join(filter(None, (ends, jobs))) or 'its turn'}"
