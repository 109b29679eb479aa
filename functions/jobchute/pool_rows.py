"""The ledger's rows of pools: who holds a lease, when the next create call may be made, and who waits.

One item a pool. A lease is an entry under its job's id, taken and given back by conditional writes, so that
taking or giving it twice is the same as once; how many there are is what `size` says of them, so that no count
can drift from them. An item holds 400 KB and a lease some 90 bytes: at most pools.MOST_IN_FLIGHT. Who waits is
read from the index of the jobs' places.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, islice, takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.conditions import refused_item
from jobchute.pools import MOST_GROUPS, Limits, Place, json_of_rules, rules_of_json
from jobchute.rows import from_dynamodb, to_dynamodb
from jobchute.table import BY_QUEUE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

POOL = "POOL"
SETTINGS = {"pk": "POOLS", "sk": "SETTINGS"}
LOOK = {"pk": "POOLS", "sk": "LOOK"}
MOST_TRIES = 10
# Sorts before every place; a key cannot be empty.
FIRST = "!"


class PoolRow(NamedTuple):
    """leases: when each job in flight was let in. shares: whose they are. Times in milliseconds.

    next_at: when the next create call may be made. cap: a lower limit after a quota error at cap_at.
    admitted_at: when the last lease was taken. mended_at: when the leases were last held against the jobs.
    walked_to: the group at which the last admission stopped reading a line of many groups; empty before that.
    """

    pool: str
    leases: Mapping[str, int] = MappingProxyType({})
    shares: Mapping[str, str] = MappingProxyType({})
    next_at: int = 0
    cap: int | None = None
    cap_at: int = 0
    admitted_at: int = 0
    mended_at: int = 0
    walked_to: str = ""


class Line(NamedTuple):
    """What one admission sees of a pool's line. places: the oldest ones of each group that was read.

    walked_to: where the next admission goes on reading; None where the line has few groups.
    """

    places: list[Place]
    walked_to: str | None = None


class Step(NamedTuple):
    """The answer of one query: places of one group. There are none where all of them are passed over."""

    group: str
    places: list[Place]


class PoolRows(NamedTuple):
    client: "DynamoDBClient"
    table: str

    def get(self, pool: str) -> PoolRow:
        """The row, read consistently; an empty one is made where there is none."""
        answer = self.client.get_item(TableName=self.table, Key=_key(pool), ConsistentRead=True)
        if "Item" in answer:
            return _row(answer["Item"])
        row = PoolRow(pool=pool)
        values = {":leases": {}, ":shares": {}, ":zero": 0}
        update = "SET leases = :leases, shares = :shares, nextAt = :zero, admittedAt = :zero, mendedAt = :zero"
        self._update(pool, f"{update}, capAt = :zero", "attribute_not_exists(pk)", values)
        return row

    def all(self) -> list[PoolRow]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_dynamodb({":pk": POOL}),
            ConsistentRead=True,
        )
        return [_row(item) for page in pages for item in page["Items"]]

    def reserve(self, pool: str, *, step: int, now: int, horizon: int) -> int | None:
        """The moment of one create call, `step` after the last one; None where there is none by the horizon."""
        values = {":step": step, ":now": now, ":horizon": horizon}
        for _ in range(MOST_TRIES):
            update, condition = "SET nextAt = nextAt + :step", "nextAt BETWEEN :now AND :horizon"
            row, done = self._update(pool, update, condition, values)
            if done:
                return row.next_at - step
            if row.next_at > horizon:
                return None
            # Nothing was created for a while: the step counts from now.
            late = {":now": now, ":next": now + step}
            row, done = self._update(pool, "SET nextAt = :next", "nextAt < :now", late)
            if done:
                return now
            # It is not there yet, or another was quicker.
            self.get(pool)
        return None

    def take(
        self, pool: str, job_id: str, *, share: str, limit: int, now: int, walked_to: str | None = None
    ) -> bool:
        """Take the job's lease if the pool has room. Returns whether this call did.

        walked_to: where the next admission goes on reading the line.
        """
        names = {"#job": job_id}
        values: dict[str, Any] = {":share": share, ":limit": limit, ":now": now}
        update = "SET leases.#job = :now, shares.#job = :share, admittedAt = :now"
        if walked_to is not None:
            update += ", walkedTo = :walked"
            values[":walked"] = walked_to
        condition = "attribute_exists(leases) AND size(leases) < :limit AND attribute_not_exists(leases.#job)"
        return self._update(pool, update, condition, values, names)[1]

    def hold(self, pool: str, job_id: str, *, share: str, at: int) -> bool:
        """Write down the lease of a job that is in flight, whether there is room or not."""
        update, condition = "SET leases.#job = :at, shares.#job = :share", "attribute_not_exists(leases.#job)"
        return self._update(pool, update, condition, {":at": at, ":share": share}, {"#job": job_id})[1]

    def give_back(self, pool: str, job_id: str) -> tuple[PoolRow, bool]:
        """Returns the row after it, and whether the job held a lease."""
        update, condition = "REMOVE leases.#job, shares.#job", "attribute_exists(leases.#job)"
        return self._update(pool, update, condition, {}, {"#job": job_id})

    def put_cap(self, pool: str, cap: int, *, now: int) -> None:
        """Let in no more than so many for a while."""
        self._update(pool, "SET cap = :cap, capAt = :now", "attribute_exists(pk)", {":cap": cap, ":now": now})

    def mark_mended(self, pool: str, *, now: int) -> None:
        self._update(pool, "SET mendedAt = :now", "attribute_exists(pk)", {":now": now})

    def line(self, pool: str, *, each: int, besides: Collection[str] = (), walked_to: str = "") -> Line:
        """The oldest places of each group in a pool's line, so many of each group or a few more.

        In a line of more than MOST_GROUPS groups, half of the queries read the first groups. The other half go
        on behind `walked_to`, and from the end of the line back to where the first half stopped: so each group
        is read by one of several admissions, however many groups there are.

        besides: jobs that are passed over. Rows of those that were just let in stay in the index for a moment.
        """
        half = MOST_GROUPS // 2
        first = list(islice(self._steps(pool, FIRST, each, besides), half))
        if len(first) < half:
            return Line(_places_of(first))
        head = first[-1].group
        start = max(walked_to, head)
        rest = list(islice(self._steps(pool, _behind(start), each, besides), half))
        if start > head and len(rest) < half:
            again = islice(self._steps(pool, _behind(head), each, besides), half - len(rest))
            rest += takewhile(lambda step: step.group <= start, again)
        return Line(_places_of(first + rest), rest[-1].group if rest else None)

    def count_waiting(self, pool: str) -> int:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=BY_QUEUE,
            KeyConditionExpression="waiting = :pool",
            ExpressionAttributeValues=to_dynamodb({":pool": pool}),
            Select="COUNT",
        )
        return sum(page["Count"] for page in pages)

    def looked_at(self) -> float:
        """When the last look at all submitted jobs came to its end, in epoch seconds; 0 if none did."""
        item = self.client.get_item(TableName=self.table, Key=to_dynamodb(LOOK)).get("Item")
        return 0.0 if item is None else float(from_dynamodb(item)["at"])

    def mark_looked(self, now: float) -> None:
        self.client.put_item(TableName=self.table, Item=to_dynamodb(LOOK | {"at": int(now)}))

    def overrides(self) -> dict[str, Limits]:
        """The rules that an operator set."""
        item = self.client.get_item(TableName=self.table, Key=to_dynamodb(SETTINGS)).get("Item")
        return {} if item is None else rules_of_json(from_dynamodb(item)["rules"])

    def put_overrides(self, rules: Mapping[str, Limits]) -> None:
        item = SETTINGS | {"rules": json_of_rules(rules)}
        self.client.put_item(TableName=self.table, Item=to_dynamodb(item))

    def _steps(self, pool: str, after: str, each: int, besides: Collection[str]) -> Iterator[Step]:
        """Group by group through a line. A step is a query; a group where jobs are passed over has several."""
        last, missing = "", each
        while places := self._places(pool, after, each):
            group = places[0].group
            of_group = [place for place in places if place.group == group]
            found = [place for place in of_group if place.job_id not in besides]
            missing = (missing if group == last else each) - len(found)
            last = group
            yield Step(group, found)
            if len(of_group) == len(places) < each:
                return
            has_more = len(of_group) == len(places) and missing > 0
            after = str(places[-1]) if has_more else _behind(group)

    def _places(self, pool: str, after: str, most: int) -> list[Place]:
        answer = self.client.query(
            TableName=self.table,
            IndexName=BY_QUEUE,
            KeyConditionExpression="waiting = :pool AND place > :after",
            ExpressionAttributeValues=to_dynamodb({":pool": pool, ":after": after}),
            Limit=most,
        )
        return [Place.parse(item["place"]["S"]) for item in answer["Items"]]

    def _update(
        self,
        pool: str,
        update: str,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
    ) -> tuple[PoolRow, bool]:
        options: dict[str, Any] = {}
        if values:
            options["ExpressionAttributeValues"] = to_dynamodb(values)
        if names:
            options["ExpressionAttributeNames"] = names
        try:
            answer = self.client.update_item(
                TableName=self.table,
                Key=_key(pool),
                UpdateExpression=update,
                ConditionExpression=condition,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **options,
            )
        except ClientError as error:
            return _row(refused_item(error) or _key(pool)), False
        return _row(answer["Attributes"]), True


def _places_of(steps: Iterable[Step]) -> list[Place]:
    return list(chain.from_iterable(step.places for step in steps))


def _behind(group: str) -> str:
    """Sorts after all places of a group, whose next character is a digit."""
    return f"{group}~"


def _key(pool: str) -> dict[str, Any]:
    return to_dynamodb({"pk": POOL, "sk": pool})


def _row(item: Mapping[str, Any]) -> PoolRow:
    values = from_dynamodb(item)
    return PoolRow(
        pool=values["sk"],
        leases=values.get("leases", {}),
        shares=values.get("shares", {}),
        next_at=values.get("nextAt", 0),
        cap=values.get("cap"),
        cap_at=values.get("capAt", 0),
        admitted_at=values.get("admittedAt", 0),
        mended_at=values.get("mendedAt", 0),
        walked_to=values.get("walkedTo", ""),
    )
