"""Where dead letters lie and where they belong: by the environment, or by the outputs of the stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from jobchute.aws.queues import Queue
from jobchute.cli.deployment import Deployment, deployment_of, outputs_of
from jobchute.cli.errors import CannotAskError
from jobchute.dead_letters.handle import DeadLetterKind
from jobchute.ledger.continuations import ContinuationRows
from jobchute.ledger.dead_letters import DeadLetterRows
from jobchute.requests.owners import OWNERS_OUTPUT, Owner, Owners, owners_of_json
from jobchute.runtime import client
from jobchute.settings import Settings

OUTPUTS = {
    "dead_letter_queue_url": "DeadLetterQueueUrl",
    "events_queue_url": "EventsQueueUrl",
    "events_dead_letter_queue_url": "EventsDeadLetterQueueUrl",
    "stream_failures_queue_url": "StreamFailuresQueueUrl",
}


class QueueEnvironment(Settings):
    """None of them needs to be set where the stack can be asked."""

    dead_letter_queue_url: str | None = None
    events_queue_url: str | None = None
    events_dead_letter_queue_url: str | None = None
    stream_failures_queue_url: str | None = None
    owners: "Mapping[str, Owner]" = MappingProxyType({})
    stack: str = "Jobchute"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterQueues:
    """queues: where dead letters lie. sources: where they go back to; the stream has no such queue. owners: of
    the messages in the intake's.
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
    urls, owners = _urls_and_owners(stack)
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


def _urls_and_owners(stack: str | None) -> tuple[dict[str, str], Mapping[str, Owner]]:
    environment = QueueEnvironment.from_environment()
    given = {name: getattr(environment, name) if stack is None else None for name in OUTPUTS}
    owners = environment.owners
    if None in given.values():
        outputs = outputs_of(stack or environment.stack)
        owners = owners_of_json(outputs.get(OWNERS_OUTPUT, "{}"))
        given = {name: value or outputs.get(OUTPUTS[name]) for name, value in given.items()}
    missing = [OUTPUTS[name] for name, value in given.items() if not value]
    if missing:
        raise CannotAskError(f"the stack has no output {', '.join(missing)}: deploy it again")
    return {name: str(value) for name, value in given.items()}, owners
