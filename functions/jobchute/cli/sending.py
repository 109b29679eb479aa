"""Sending documents to a deployment, by its bucket or by its queue."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from jobchute.aws.s3_notifications import ObjectCreated
from jobchute.cli.deployment import Deployment
from jobchute.cli.document_checks import Checked, combination_json
from jobchute.cli.following import Awaited
from jobchute.cli.job_plans import members_of
from jobchute.cli.request_files import RequestFile
from jobchute.job import Source, canonical, digest_of
from jobchute.money.amounts import MICRO
from jobchute.requests.document import Cancellation, Setting, Submission
from jobchute.requests.ordering import DEFAULT_PRIORITY
from jobchute.requests.owners import folder_of
from jobchute.requests.request_names import REQUESTS, is_request_name
from jobchute.runtime import client
from jobchute.status.documents import status_key
from jobchute.status.sources import claimed_source, combination_source, document_source, message_source

FOLDER = "cli"
"""Below the sender's requests: for files whose path does not name their API."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A document that was sent, and its source.

    combinations: of a dry run with a matrix, which has one answer; 0 for any other document.
    """

    document: Checked
    source: Source
    combinations: int = 0

    @property
    def is_dry_run(self) -> bool:
        return is_dry_run(self.document)

    @property
    def awaited(self) -> Awaited | None:
        """The answer to expect in the ledger; None for a document that makes no job."""
        asked = self.document.asked
        if not isinstance(asked, Submission) or self.is_dry_run:
            return None
        return Awaited(
            title=self.document.shown,
            api=asked.api,
            source=self.source,
            job_id=self.document.job_id,
            digest=digest_of(asked.api, asked.request),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.document.file.shown,
            "document": self.document.index,
            **combination_json(self.document.combination),
            "api": self.document.api,
            "jobId": None if self.combinations else self.document.job_id,
            **({"dryRun": True} if self.is_dry_run else {}),
            **({"combinations": self.combinations} if self.combinations else {}),
            "source": self.source.uri,
            "status": self.source.status_key,
        }


def is_dry_run(document: Checked) -> bool:
    return isinstance(document.asked, Submission) and document.asked.dry_run


def by_bucket(deployment: Deployment, file: RequestFile, documents: list[Checked]) -> Iterator[Sent]:
    """Upload a file as it is. The same bytes have the same key."""
    key = key_of(file)
    answer = client("s3").put_object(Bucket=deployment.bucket, Key=key, Body=file.data)
    created = ObjectCreated(deployment.bucket, key, answer.get("VersionId"))
    whole = claimed_source(created, deployment.bucket)
    assert whole is not None, f"{key} is the key of no request"
    is_alone = all(document.index == 0 for document in documents)
    for document in documents:
        source = whole if is_alone else document_source(whole, document.index)
        if is_dry_run(document) and document.combination is not None:
            # They have one answer.
            if document.combination.number == 0:
                size = sum(each.index == document.index for each in documents)
                yield Sent(replace(document, combination=None), source, combinations=size)
            continue
        if document.combination is not None:
            source = combination_source(source, document.combination.number)
        yield Sent(document, source)


def by_queue(deployment: Deployment, documents: Iterable[Checked]) -> Iterator[Sent]:
    """Send each document as a message of its own."""
    for document in documents:
        yield Sent(document, message_source(send(deployment, message_of(document))))


def send(deployment: Deployment, document: dict[str, Any]) -> str:
    """Put a document on the intake queue. Returns the message's id."""
    body = canonical(document)
    message_id: str = client("sqs").send_message(QueueUrl=deployment.queue_url, MessageBody=body)["MessageId"]
    return message_id


def ask(deployment: Deployment, document: dict[str, Any], *, owner: str | None, name: str) -> Source:
    """Send a document for an owner, as an object in the owner's folder; without an owner, through the queue.

    From the queue it would belong to the caller, but an operator may act for each owner whose folder they may
    write to. name: of the object, never used before. Returns its source, with the key of the answer.
    """
    if owner is None:
        return message_source(send(deployment, document))
    key = f"{folder_of(owner)}{FOLDER}/{name}.json"
    client("s3").put_object(Bucket=deployment.bucket, Key=key, Body=canonical(document).encode())
    return Source(uri=f"s3://{deployment.bucket}/{key}", status_key=status_key(key), owner=owner)


def key_of(file: RequestFile) -> str:
    """In the owner's folder, under the path that gives a bare body its API, if the file has one.

    A file that is submitted by its name is always a request: a name that the bucket would ignore as a backup is
    left out, and so are hidden folders.
    """
    folder = str(PurePosixPath(file.path).parent).removeprefix(REQUESTS) if file.path else FOLDER
    digest = hashlib.sha256(file.data).hexdigest()[:8]
    path = f"{folder}/{digest}-{file.name}"
    if not is_request_name(path):
        path = f"{'/'.join(folder.split('/')[:2])}/{digest}"
    return f"{folder_of(file.owner)}{path}"


def message_of(document: Checked) -> dict[str, Any]:
    """A valid document as an envelope, which a message needs."""
    match document.asked:
        case Cancellation(target):
            return {"cancel": target}
        case Setting(target, priority, labels):
            given_priority = {} if priority is None else {"priority": priority}
            return {"set": target, **given_priority, **({"labels": dict(labels)} if labels else {})}
        case Submission() as asked:
            envelope = {
                "api": asked.api,
                "request": asked.request,
                "idempotencyKey": asked.idempotency_key,
                "labels": dict(asked.labels),
                "dryRun": asked.dry_run,
                "after": [{"job": each.target, "on": sorted(each.on)} for each in asked.after],
                "retryOf": asked.retry_of,
                "maxCost": None if asked.max_cost is None else asked.max_cost / MICRO,
                "usage": dict(asked.usage),
                "whenOverBudget": "wait" if asked.waits_for_budget else None,
                "objective": None if asked.objective is None else asked.objective._asdict(),
                **_attempts_of(asked),
            }
            given = {name: value for name, value in envelope.items() if value}
            return given if asked.priority == DEFAULT_PRIORITY else {**given, "priority": asked.priority}
        case None:
            raise ValueError(f"{document.shown} is not valid")


def _attempts_of(asked: Submission) -> dict[str, Any]:
    """What it says of further attempts."""
    if asked.retry is None:
        return {}
    alternatives = [[(change.steps, change.value) for change in each] for each in asked.alternatives]
    return members_of(asked.retry, alternatives, asked.request)
