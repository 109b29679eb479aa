"""Conditional writes: a condition that did not hold, told from other errors."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


def refused_item(error: "ClientError") -> dict[str, Any]:
    """The item that made a condition fail, if the write asked for ALL_OLD and there is one; else an empty one.

    Raises any other error again.
    """
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error
    item: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
    return item
