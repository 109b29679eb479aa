# ruff: noqa: N803 - the names are boto3's
"""Pages of what a query or scan finds."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ParamValidationError

from tests.fakes.dynamodb.errors import NotFakedError
from tests.fakes.dynamodb.expressions import Expressions, projected
from tests.fakes.dynamodb.table import Key, Order, Table
from tests.fakes.dynamodb.values import InvalidError, Item, admit_item

MAX_PAGE_BYTES = 1024 * 1024
Request = Mapping[str, Any]
Answer = dict[str, Any]


class Pages:
    """A paginator: each page is a call."""

    def __init__(self, operation: Callable[..., Answer]) -> None:
        self.operation = operation

    def paginate(
        self, *, PaginationConfig: Mapping[str, int] | None = None, **request: Any
    ) -> Iterator[Answer]:
        match PaginationConfig or {}:
            case {"PageSize": size, **rest} if not rest:
                request["Limit"] = size
            case {**rest} if rest:
                raise NotFakedError(f"PaginationConfig with {rest}")
        while True:
            page = self.operation(**request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


class Shown:
    """What a query or scan sees of a table. is_fresh: whether it is consistent."""

    def __init__(self, table: Table, order: Order, *, is_fresh: bool) -> None:
        self.table = table
        self.names = {*table.schema.names, *order.schema.names}
        self.item: Callable[[Key], Item | None] = table.items.get if is_fresh else table.visible
        self.held = order.held
        self.attributes = order.attributes

    def size(self, key: Key, item: Item) -> int:
        """Bytes of what is read, not too low. item: as it is shown."""
        return self.table.sizes.get(key, 0) if self.attributes is None else admit_item(item)[1]

    def counted(self, keys: list[Key]) -> int:
        """Bytes of what was read under these keys."""
        return sum(admit_item(self.held(item))[1] for item in map(self.item, keys) if item is not None)

    def check(self, said: Expressions) -> None:
        """An index returns, and filters by, nothing that it does not hold."""
        asked = {str(path[0]) for path in said.projection or ()}
        if self.attributes is not None and (missing := asked - self.attributes):
            text = f"Global secondary index does not project {sorted(missing)}"
            raise InvalidError(f"One or more parameter values were invalid: {text}")

    def place(self, item: Item) -> Item:
        """What LastEvaluatedKey says of an item."""
        return {name: item[name] for name in self.names}


def page_of(shown: Shown, keys: Iterator[Key], said: Expressions, values: Item, request: Request) -> Answer:
    """Up to Limit items or 1 MB, whichever comes first; a filter takes away from those."""
    limit = request.get("Limit")
    if limit is not None and limit < 1:
        raise ParamValidationError(report=f"Invalid range for parameter Limit, value: {limit}")
    shown.check(said)
    items: list[Item] = []
    size, last, count = 0, None, 0
    read: list[Key] = []
    for key in keys:
        item = shown.item(key)
        if item is None:
            continue
        item = shown.held(item)
        count += 1
        read.append(key)
        size += shown.size(key, item)
        if size >= MAX_PAGE_BYTES:
            size = shown.counted(read)
        if said.selection is None or said.selection(item, values):
            items.append(item)
        if count == limit or size >= MAX_PAGE_BYTES:
            last = item
            break
    answer: Answer = {"Count": len(items), "ScannedCount": count}
    if request.get("Select") not in (None, "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"):
        raise NotFakedError(f"Select={request['Select']}")
    if request.get("Select") != "COUNT":
        answer["Items"] = [projected(item, said.projection) for item in items]
    if last is not None:
        answer["LastEvaluatedKey"] = shown.place(last)
    return answer
