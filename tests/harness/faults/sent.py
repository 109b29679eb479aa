"""What a person sent, and what must become of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from jobchute.status.documents import document_status_key, message_status_key, status_key
from tests.harness.faults.documents import object_event


class Kind(StrEnum):
    """JOB: a valid request. ONE_OF_KEY: one of several bodies under one key. The others are as they say."""

    JOB = "job"
    OF_BUDGET = "job that its budget may have no room for"
    ONE_OF_KEY = "one of a key's bodies"
    INVALID = "invalid"
    CANCEL = "cancel"
    SET = "change of a job"
    MISTYPED = "cancel of nothing that is known"
    POISON = "poison"
    FOREIGN_NAME = "name that another job has"


@dataclass(slots=True)
class Sent:
    """job_id: the job that it asks for, or wants cancelled. digest: of its body, where it has a key.

    references: what the ledger calls this document; a redriven message is another one.
    """

    kind: Kind
    job_id: str = ""
    digest: str = ""
    references: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    status_keys: list[str] = field(default_factory=list)
    uri: str = ""
    sequencer: str = ""
    event: str = ""

    def by_message(self, message_id: str) -> None:
        self.messages.append(message_id)
        self.references.append(f"sqs://{message_id}?version=#0")
        self.status_keys.append(message_status_key(message_id))

    def by_object(self, bucket: str, key: str, version: str, sequencer: str) -> None:
        self.uri = f"s3://{bucket}/{key}"
        self.sequencer = sequencer
        self.event = object_event(bucket, key, version, sequencer)
        self.references.append(f"{self.uri}?version={version}#0")
        self.status_keys.append(status_key(key))

    def by_document(self, bucket: str, key: str, version: str, sequencer: str, index: int) -> None:
        """One of several documents of a file."""
        self.by_object(bucket, key, version, sequencer)
        self.uri = f"{self.uri}#{index}"
        self.references[-1] = f"{self.references[-1].removesuffix('0')}{index}"
        self.status_keys[-1] = document_status_key(key, index)

    def redriven(self, old: str, new: str) -> None:
        if old in self.messages:
            self.by_message(new)
