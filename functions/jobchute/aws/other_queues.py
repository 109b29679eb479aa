"""Queues of the account that feed the intake besides Jobchute's own: whether they would lose a message.

Jobchute reads such a queue but may not configure it; docs/existing-resources.md says what its owner must set.
Otherwise a message that cannot be processed returns until its retention ends, and is lost unnoticed.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute import metrics
from jobchute.aws.queues import Queue

logger = Logger(child=True)

# Throttling alone must not make dead letters (Lambda's guide to SQS event sources).
MIN_RECEIVES = 5
# SQS's own default.
MIN_RETENTION = 4 * 24 * 3600
SPARE_SECONDS = 5
ATTRIBUTES = ("MessageRetentionPeriod", "RedrivePolicy", "VisibilityTimeout")


class OtherQueues(NamedTuple):
    """dead_letters: the queue that redrive policies must name. shortest_hidden: seconds."""

    queues: Sequence[Queue]
    dead_letters: Queue
    shortest_hidden: int
    now: Callable[[], float]

    def look(self, *, time_left: Callable[[], float]) -> None:
        """Log what is wrong with each queue, and count these queues for the alarm."""
        unsafe = 0
        for queue in self.queues:
            if time_left() < SPARE_SECONDS:
                return
            unsafe += self._is_unsafe(queue)
        if self.queues:
            logger.info("other queues", **metrics.embedded(self.now(), {metrics.UNSAFE_QUEUES: unsafe}))

    def _is_unsafe(self, queue: Queue) -> bool:
        try:
            attributes = queue.attributes(*ATTRIBUTES)
        except Exception:
            logger.exception("a queue could not be looked at", queue=queue.name)
            return True
        wrong = [*what_is_wrong(attributes, self.dead_letters.name, self.shortest_hidden)]
        if wrong:
            logger.error("a queue may lose messages", queue=queue.name, wrong=wrong)
        return bool(wrong)


def what_is_wrong(attributes: Mapping[str, str], dead_letters: str, shortest_hidden: int) -> Iterator[str]:
    """What is wrong with a queue. attributes: from SQS. dead_letters: the name of the dead-letter queue.

    A queue and its dead-letter queue are of one account and region, so the name tells which queue it is.
    """
    hidden = int(attributes["VisibilityTimeout"])
    if hidden < shortest_hidden:
        yield f"VisibilityTimeout is {hidden}, which must be at least {shortest_hidden}"
    redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
    target = str(redrive.get("deadLetterTargetArn", "nowhere"))
    if target.rpartition(":")[2] != dead_letters:
        yield f"RedrivePolicy leads to {target}, which must be {dead_letters}"
        return
    receives = int(redrive["maxReceiveCount"])
    if receives < MIN_RECEIVES:
        yield f"maxReceiveCount is {receives}, which must be at least {MIN_RECEIVES}"
    kept, needed = int(attributes["MessageRetentionPeriod"]), max(MIN_RETENTION, 2 * receives * hidden)
    if kept < needed:
        yield f"MessageRetentionPeriod is {kept}, which must be at least {needed}"
