"""A deployment with two owners, and what their principals send."""

from jobchute.job import Job, State
from jobchute.requests.owners import Owner
from tests.integration.handlers.world import World, sqs_record

ADA, BOB, STRANGER = (
    "AIDAEXAMPLEADA123456",
    "AROAEXAMPLEBOB123456:any-session",
    "AROAEXAMPLEEVE123456:AIDAEXAMPLEADA123456",
)
OWNERS = {
    "ada": Owner(principals=(ADA,), buckets=("ada-uploads",)),
    "bob": Owner(principals=(BOB.partition(":")[0],)),
}
UNKNOWN = "no job has the id or idempotency key"


def send(world: World, sender_id: str, *documents: object) -> list[Job]:
    """Send documents as one principal; the new rows."""
    before = {job.job_id for job in world.jobs()}
    records = [sqs_record(f"m{next(world.numbers)}", document, sender_id=sender_id) for document in documents]
    assert world.receive_records(records) == []
    return [job for job in world.jobs() if job.job_id not in before]


def upload(world: World, key: str, document: object) -> list[Job]:
    """Upload a file; the new rows. Anybody may have sent the notification."""
    return send(world, STRANGER, {"Records": [world.drop(key, document)]})


def problem(rows: list[Job]) -> tuple[str, str]:
    (row,) = rows
    assert row.state is State.REJECTED
    (found,) = row.problems
    return found["code"], found["message"]


def refused_cancel(world: World, sender_id: str, target: str) -> tuple[str, str]:
    """What is wrong with a cancellation, as its answer says: it leaves no row."""
    message_id = f"m{next(world.numbers)}"
    before = world.jobs()
    assert world.receive_records([sqs_record(message_id, {"cancel": target}, sender_id=sender_id)]) == []
    assert world.jobs() == before
    (found,) = world.status(f"status-messages/{message_id}.json")["errors"]
    return found["code"], found["message"]
