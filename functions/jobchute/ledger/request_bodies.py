"""The requests of jobs: the canonical body of each, kept once, with its digest."""

import json
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from jobchute.errors import IdempotencyConflictError
from jobchute.job import Document, canonical
from jobchute.ledger.items import Item, from_dynamodb, to_dynamodb, word_of_name
from jobchute.ledger.job_rows import Batches, JobRows, expiry_of
from jobchute.ledger.table import TIME_TO_LIVE

REQUEST = "REQUEST"


class RequestRows(NamedTuple):
    """retention: seconds for which an ended job is kept, and its identity with it."""

    rows: JobRows
    retention: int

    def keep(self, job_id: str, digest: str, request: Document, created_at: str, *, name: str = "") -> bool:
        """Claim the id for this body. Returns whether this call did.

        Raises IdempotencyConflictError if the id has another body.

        name: the job's name, by which the job can be found.
        """
        item = self._item_of(job_id, digest, request, created_at, name)
        existing = self.rows.put_new(item)
        if existing is not None and from_dynamodb(existing)["digest"] != digest:
            raise IdempotencyConflictError(job_id)
        return existing is None

    def renew(self, job_id: str, digest: str, request: Document, created_at: str, *, name: str = "") -> None:
        """Keep a body for as long as a new job, before its row is written.

        A job's row expires before its request. If the same job is sent again then, its request would expire
        with the earlier job's time, perhaps while the new one waits. digest: as it is in the ledger.
        """
        self.rows.put(self._item_of(job_id, digest, request, created_at, name))

    def get(self, job_id: str) -> dict[str, Any]:
        """The canonical body that was validated, which is the one to submit. Raises UnknownJobError."""
        return _body_in(self.rows.get(job_id, REQUEST))

    def get_many(self, job_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The bodies of those jobs that have one, by id: one read for 100 of them."""
        items = Batches(self.rows.client, self.rows.table).read((job_id, REQUEST) for job_id in job_ids)
        return {item["pk"]["S"]: _body_in(item) for item in items}

    def _item_of(self, job_id: str, digest: str, request: Document, created_at: str, name: str) -> Item:
        body = zlib.compress(canonical(request).encode(), 9)
        expiry = expiry_of(created_at, self.retention)
        item = {"pk": job_id, "sk": REQUEST, "digest": digest, "body": body, TIME_TO_LIVE: expiry}
        if name:
            item |= {"word": word_of_name(name), "wordOrder": created_at}
        return to_dynamodb(item)


def _body_in(item: Item) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(zlib.decompress(bytes(from_dynamodb(item)["body"])))
    return body
