"""The ledger's table as the harness looks at it: rows, requests, dead letters; and the names of calls."""

import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from jobchute.job import Job
from jobchute.ledger.dead_letters import DEAD_LETTER
from jobchute.ledger.items import JOB, from_dynamodb, job_of, unpacked
from jobchute.ledger.plans import PLAN, Variant, changed_by
from jobchute.ledger.pool_items import LANES, POOL
from jobchute.ledger.request_bodies import REQUEST
from jobchute.ledger.table import BY_DUE, BY_STATE, DUE_SHARDS, STATE_SHARDS, shard_of
from tests.aws import TABLE, create_table
from tests.fakes.dynamodb import Change, FakeDynamoDB, Item

Request = Mapping[str, Any]
OF_NO_JOB = " of no job"
"""Suffix of the name of a query of a shard that can hold none of the world's jobs.

Its answer is empty and it changes nothing. So the order of such a query and of any other call makes no
difference, and a fault there is one at the query of a shard with jobs, beside it.
"""
SET = re.compile(r"(?:#|\b)(\w+) = (:\w+|list_append)")


class Rows:
    """Hears every change of the table. images: the rows of jobs and rejections as they are stored.

    budgets: every version of the items of budgets. files: the rows of files of several documents. news: the
    URIs of documents whose rows have changed since the jobs of their files were last to be counted.
    """

    def __init__(
        self,
        dynamodb: FakeDynamoDB,
        on_change: Callable[[Change], None],
        on_file: Callable[[Item], None],
    ) -> None:
        create_table(dynamodb)
        self.images: dict[str, Item] = {}
        self.changes: list[Change] = []
        self.held: dict[tuple[str, str], set[str]] = {}
        self.files: dict[str, Item] = {}
        self.budgets: list[Item] = []
        self.news: set[str] = set()
        self.shards = {BY_STATE: set[int](), BY_DUE: set[int]()}
        self.items = dynamodb.tables[TABLE].items
        self.catch_up = dynamodb.tables[TABLE].catch_up
        self._on_change = on_change
        self._on_file = on_file
        dynamodb.listen(TABLE, self._hear)

    def jobs(self) -> dict[str, Job]:
        return {job_id: job_of(image) for job_id, image in self.images.items()}

    def name_of(self, operation: str, request: Request) -> str:
        """The name of a call, with OF_NO_JOB."""
        name = name_of(operation, request)
        shards = self.shards.get(request.get("IndexName", ""))
        if shards is None:
            return name
        _, _, shard = request["ExpressionAttributeValues"].get(":key", {"S": ""})["S"].partition("#")
        return f"{name}{OF_NO_JOB}" if shard and int(shard) not in shards else name

    def due(self, job_id: str) -> int:
        return int(self.images[job_id].get("due", {"N": "0"})["N"])

    def is_waiting(self, job_id: str) -> bool:
        """In the queue of its pool, or for its budget."""
        return not {"waiting", "awaitsBudget"}.isdisjoint(self.images[job_id])

    def leases(self) -> dict[str, set[str]]:
        """The jobs that hold a lease, by pool; pools that nobody holds one of are left out."""
        found: dict[str, set[str]] = {}
        for (pool, _), held in self.held.items():
            if held:
                found[pool] = found.get(pool, set()) | held
        return found

    def files_due(self, now: float, open_jobs: Iterable[str]) -> bool:
        """Whether there is something to count: news of a file, or its end."""
        due = {row["uri"]["S"] for row in self.files.values() if "open" in row and int(row["due"]["N"]) <= now}
        return bool(due) and (
            not due.isdisjoint(self.news)
            or bool(due - {self.images[each]["sourceUri"]["S"] for each in open_jobs})
        )

    def files_ending(self) -> bool:
        """Whether there is a file of which no more is read and that has not ended yet, or lately."""
        return any(
            "open" in row and (row["finished"]["BOOL"] or "cancelledAt" in row) for row in self.files.values()
        )

    def request(self, job: Job) -> dict[str, Any]:
        """The body that was validated, as the job's newest attempt has it."""
        body: dict[str, Any] = json.loads(zlib.decompress(self.items[job.job_id, REQUEST]["body"]["B"]))
        if not job.alternative or job.retry is None:
            return body
        plan = self.items[job.job_id, f"{PLAN}{job.retry['plan']}"]["plan"]["B"]
        return changed_by(body, Variant(*unpacked(plan)[job.alternative]))

    def known_letters(self) -> set[tuple[str, str]]:
        """Queue and message id of the dead letters that the ledger knows of."""
        found = (from_dynamodb(item) for key, item in self.items.items() if key[0] == DEAD_LETTER)
        return {(letter["queue"], letter["messageId"]) for letter in found}

    def labelled(self) -> set[tuple[str, str]]:
        """`LABEL#name=value` and the id of a job that is found under it."""
        return {(pk, item["jobId"]["S"]) for (pk, _), item in self.items.items() if pk.startswith("LABEL#")}

    def _hear(self, change: Change) -> None:
        if change.keys["sk"]["S"] == JOB and change.new is not None:
            job_id = change.keys["pk"]["S"]
            self.images[job_id] = change.new
            self.shards[BY_STATE].add(shard_of(job_id, STATE_SHARDS))
            self.shards[BY_DUE].add(shard_of(job_id, DUE_SHARDS))
            self.news.add(change.new["sourceUri"]["S"])
            self.changes.append(change)
            self._on_change(change)
        elif change.keys["pk"]["S"].startswith("FILE#") and change.new is not None:
            self.files[f"{change.keys['pk']['S']} {change.keys['sk']['S']}"] = change.new
            is_counted = change.old is not None and change.old["updatedAt"] == change.new["updatedAt"]
            (self.news.discard if is_counted else self.news.add)(change.new["uri"]["S"])
            self._on_file(change.new)
        elif change.keys["pk"]["S"].startswith("BUDGET#") and change.new is not None:
            self.budgets.append(change.new)
        elif change.new is not None and (place := _place_of_leases(change.keys)):
            self.held[place] = {*change.new["leases"]["M"]}


def _place_of_leases(keys: Item) -> tuple[str, str] | None:
    """A pool, and its lane; empty for its row."""
    pk, sk = keys["pk"]["S"], keys["sk"]["S"]
    if pk == POOL:
        return sk, ""
    return (pk.removeprefix(LANES), sk) if pk.startswith(LANES) else None


def is_announced(change: Change) -> bool:
    """What the filter of infra.ledger lets through to `announce`."""
    return change.keys["sk"]["S"] == JOB and change.new is not None


def name_of(operation: str, request: Request) -> str:
    """`update_item/JOB:SUBMITTED`: which kind of item, and what becomes of it."""
    if "IndexName" in request:
        return f"{operation}/{request['IndexName']}"
    if "TransactItems" in request:
        writes = [write for item in request["TransactItems"] for write in item.values()]
        return f"{operation}/{'+'.join(name_of('', write).lstrip('/') for write in writes)}"
    key = request.get("Key") or request.get("Item")
    if key is None:
        partition = request.get("ExpressionAttributeValues", {}).get(":pk", {"S": ""})["S"]
        is_of_pools = partition == POOL or partition.startswith(LANES)
        return f"{operation}/{partition.partition('#')[0]}" if is_of_pools else operation
    pk, sk = key["pk"]["S"], key["sk"]["S"]
    kind = (sk if pk.startswith(("jc-", "rj-")) else pk).partition("#")[0]
    expression = request.get("UpdateExpression")
    if expression is None:
        return f"{operation}/{kind}"
    state, changed = _changes(expression)
    what = request["ExpressionAttributeValues"][state]["S"] if state else changed
    return f"{operation}/{kind}:{what}"


@cache
def _changes(expression: str) -> tuple[str, str]:
    """The placeholder of the new state, if any, and the attributes that an update writes."""
    sets = dict(SET.findall(expression))
    return sets.get("state", ""), "+".join(name for name in sets if name != "open") or expression.split()[1]
