"""Owners: who a request belongs to, by the place of its object or by the principal that sent its message. Pure.

A deployment without owners (the default) has no boundaries: every request belongs to None.
"""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from jobchute.errors import NoOwnerError
from jobchute.requests.request_names import REQUESTS

OWNER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""The name of an owner is also the name of a folder."""
OWNERS_OUTPUT = "Owners"
"""The stack's output with the owners, if there are any; the functions have them in their environment."""


class Owner(NamedTuple):
    """principals: unique ids of IAM users (`AIDA…`) and roles (`AROA…`), as SQS puts them into `SenderId`; an
    entry `AROA…:SESSION` stands for that session alone. buckets: other buckets that belong to this owner alone.
    """

    principals: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()


class Owners(NamedTuple):
    """by_name: the owners by the names of their folders below `requests/`; empty: the deployment has none."""

    by_name: Mapping[str, Owner] = MappingProxyType({})

    def of_sender(self, sender_id: str) -> str | None:
        """The owner of a message. sender_id: its system attribute `SenderId`, `AIDA…` or `AROA…:SESSION`.

        The caller of AssumeRole chooses the session's name, so the part before the colon counts, unless an
        owner lists the session itself. Raises NoOwnerError.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
        """
        if not self.by_name:
            return None
        principal = sender_id.partition(":")[0]
        for entry in (sender_id, principal):
            for name, owner in self.by_name.items():
                if entry in owner.principals:
                    return name
        who = f"its unique id is {principal}" if principal else "SQS gave no unique id"
        raise NoOwnerError(
            f"the sender of this message belongs to no owner ({who}); add the unique id to an owner's "
            "principals in jobchute:owners, or upload the document to your folder, requests/OWNER/"
        )

    def of_object(self, bucket: str, key: str, *, own_bucket: str) -> str | None:
        """The owner of an object: by its folder in the stack's own bucket, by the bucket anywhere else.

        Anyone can send an S3 notification, so its sender says nothing. Raises NoOwnerError.
        """
        if not self.by_name:
            return None
        if bucket != own_bucket:
            return self._of_bucket(bucket)
        for name in self.by_name:
            if key.startswith(folder_of(name)):
                return name
        raise NoOwnerError("this object is in no owner's folder; upload it to your folder, requests/OWNER/")

    def _of_bucket(self, bucket: str) -> str:
        for name, owner in self.by_name.items():
            if bucket in owner.buckets:
                return name
        raise NoOwnerError(
            f"the bucket {bucket} belongs to no owner; add it to an owner's buckets in jobchute:owners, "
            "or upload the object to your folder, requests/OWNER/"
        )


def folder_of(owner: str | None) -> str:
    """The folder for an owner's requests in the stack's own bucket."""
    return REQUESTS if owner is None else f"{REQUESTS}{owner}/"


def path_without_owner(key: str, owner: str | None) -> str:
    """The key without the owner's folder, as in a deployment without owners. It gives a bare body its API."""
    folder = folder_of(owner)
    return REQUESTS + key.removeprefix(folder) if key.startswith(folder) else key


def owners_of_json(text: str) -> dict[str, Owner]:
    """The inverse of `json_of_owners`. Raises ValueError for other text."""
    try:
        return {name: Owner(*(_texts(part) for part in parts)) for name, parts in json.loads(text).items()}
    except (TypeError, AttributeError) as error:
        raise ValueError(f"not a map of owners: {error}") from error


def json_of_owners(owners: Mapping[str, Owner]) -> str:
    """As short as possible, because a function's environment holds 4 KB: `{"ada":[["AIDA…"],["uploads"]]}`."""
    shown = {name: [*owner] if owner.buckets else [owner.principals] for name, owner in owners.items()}
    return json.dumps(shown, separators=(",", ":"))


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("principals and buckets are lists of text")
    return tuple(values)
