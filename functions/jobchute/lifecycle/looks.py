"""When a job that waits for names is looked at again, and the message that asks for a look.

No index leads from a name to the jobs that wait for it. A waiting job looks for its names itself: a few seconds
after it came, then at growing intervals. The sweep makes a look that is overdue because its message was lost.
"""

import re
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.job import Job, canonical

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = Logger(child=True)

NAME_WAIT_SECONDS = 3600
"""So long a job waits for a name. Documents that belong together usually arrive within seconds of each other. A
message that failed comes back after 570 seconds, and five such deliveries fit in an hour."""
FIRST_LOOK_SECONDS = 5
MAX_SECONDS_BETWEEN_LOOKS = 180
"""With GRACE_SECONDS and a minute between sweeps, a name is found less than five minutes after its job came."""
GRACE_SECONDS = 45
"""A look that is so late is left to the sweep."""
LOOK = "look"
_JOB_ID = re.compile(r"jc-[0-9a-f]{64}")


class Looks(NamedTuple):
    """Asks for looks, by messages to the intake queue.

    The message, `{"look": "<job id>"}`, only makes a function look at the row. Anyone may send one: a look that
    comes before its time asks for no further look, so a forged message leads to no second one.
    """

    client: "SQSClient"
    queue_url: str

    def ask(self, job_id: str, *, delay: int) -> None:
        """Ask for a look after a delay in seconds. Where that fails, the sweep makes the look."""
        try:
            self.client.send_message(
                QueueUrl=self.queue_url, MessageBody=canonical({LOOK: job_id}), DelaySeconds=delay
            )
        except Exception:
            logger.exception("no message asks for the next look, the sweep makes it", job_id=job_id)


def looked_id(value: object) -> str | None:
    """The job in a message that asks for a look; None for any other message."""
    match value:
        case {"look": str(job_id), **rest} if not rest and _JOB_ID.fullmatch(job_id):
            return job_id
        case _:
            return None


def seconds_to_next_look(job: Job, now: float) -> int:
    """As long as the job has waited already, within bounds; the last look is at the end of its wait."""
    waited = now - datetime.fromisoformat(job.created_at).timestamp()
    seconds = min(max(waited, FIRST_LOOK_SECONDS), MAX_SECONDS_BETWEEN_LOOKS)
    return max(int(min(seconds, (job.awaits_until or now) - now)), 1)


def is_before_its_time(job: Job, now: float) -> bool:
    """Whether another look was asked for, and its time has not come."""
    return job.due is not None and now < job.due - GRACE_SECONDS
