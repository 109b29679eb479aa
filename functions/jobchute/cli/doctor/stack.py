"""The deployment: its stack, and the resources that the tool uses."""

from collections.abc import Iterator

from jobchute.cli.deployment import deployment_of
from jobchute.cli.doctor.account import caller
from jobchute.cli.doctor.findings import Finding, bad, good
from jobchute.cli.stack import location_of, stack_name, status_of
from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.runtime import client

AGAIN = "deploy it again, and read the events of the stack in the CloudFormation console"


def stack(name: str | None) -> Iterator[Finding]:
    """Whether the stack is there, deployed, and where the caller is."""
    chosen = stack_name(name)
    status = status_of(chosen)
    if not status.endswith("_COMPLETE") or "ROLLBACK" in status or status.startswith("DELETE"):
        yield bad("stack", f"{chosen} is {status}", AGAIN)
        return
    location = location_of(chosen)
    if location is not None and (location.account, location.region) != tuple(caller()):
        where = f"{chosen} runs in account {location.account}, region {location.region}"
        yield bad("stack", where, "use credentials of that account, and set AWS_DEFAULT_REGION")
        return
    yield good("stack", f"{chosen} is {status}")


def ledger(name: str | None) -> Iterator[Finding]:
    """Whether the table can be read."""
    table = deployment_of(name).table
    PoolSettingsRow(client("dynamodb"), table).get()
    yield good("ledger", f"table {table} can be read")


def bucket(name: str | None) -> Iterator[Finding]:
    """Whether the bucket can be listed."""
    bucket = deployment_of(name).bucket
    client("s3").list_objects_v2(Bucket=bucket, Prefix="requests/", MaxKeys=1)
    yield good("bucket", f"bucket {bucket} can be listed")


def queue(name: str | None) -> Iterator[Finding]:
    """Whether the intake queue is there."""
    url = deployment_of(name).queue_url
    client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    yield good("queue", f"queue {url.rpartition('/')[2]} can be read")
