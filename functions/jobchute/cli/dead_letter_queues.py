"""The dead-letter queues and their source queues, from the environment or from the outputs of the stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from jobchute.aws.queues import Queue
from jobchute.cli.deployment import Deployment, deployment_of
from jobchute.cli.stack import StackEnvironment, deployed_values
from jobchute.dead_letters.messages import DeadLetterKind
from jobchute.ledger.continuations import ContinuationRows
from jobchute.ledger.dead_letters import DeadLetterRows
from jobchute.requests.owners import OWNERS_OUTPUT, Owner, Owners, owners_of_json
from jobchute.runtime import client

OUTPUTS = {
    "dead_letter_queue_url": "DeadLetterQueueUrl",
    "events_queue_url": "EventsQueueUrl",
    "events_dead_letter_queue_url": "EventsDeadLetterQueueUrl",
    "stream_failures_queue_url": "StreamFailuresQueueUrl",
}


class QueueEnvironment(StackEnvironment):
    """Read from the outputs of the stack where they are not set."""

    dead_letter_queue_url: str | None = None
    events_queue_url: str | None = None
    events_dead_letter_queue_url: str | None = None
    stream_failures_queue_url: str | None = None
    owners: "Mapping[str, Owner]" = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterQueues:
    """queues: with the dead letters. sources: where these are sent again; the stream has no such queue.

    owners: of the messages from the intake queue.
    """

    deployment: Deployment
    queues: Mapping[DeadLetterKind, Queue]
    sources: Mapping[DeadLetterKind, Queue]
    owners: Owners

    @property
    def rows(self) -> DeadLetterRows:
        return DeadLetterRows(client("dynamodb"), self.deployment.table)

    @property
    def continuations(self) -> ContinuationRows:
        return ContinuationRows(client("dynamodb"), self.deployment.table)


def dead_letter_queues_of(stack: str | None) -> DeadLetterQueues:
    """As deployment_of. Raises CannotAskError."""
    deployment = deployment_of(stack)
    environment = QueueEnvironment.from_environment()
    urls, outputs = deployed_values(environment, OUTPUTS, stack)
    owners = environment.owners if outputs is None else owners_of_json(outputs.get(OWNERS_OUTPUT, "{}"))
    queues = {
        DeadLetterKind.INTAKE: urls["dead_letter_queue_url"],
        DeadLetterKind.EVENTS: urls["events_dead_letter_queue_url"],
        DeadLetterKind.STREAM: urls["stream_failures_queue_url"],
    }
    sources = {DeadLetterKind.INTAKE: deployment.queue_url, DeadLetterKind.EVENTS: urls["events_queue_url"]}
    return DeadLetterQueues(
        deployment=deployment,
        queues={place: Queue(client("sqs"), url) for place, url in queues.items()},
        sources={place: Queue(client("sqs"), url) for place, url in sources.items()},
        owners=Owners(owners),
    )
