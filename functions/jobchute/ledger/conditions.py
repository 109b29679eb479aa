"""Conditional writes: telling a condition that did not hold from other errors."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


def refused_item(error: "ClientError") -> dict[str, Any]:
    """The item that made a condition fail, where the write asked for ALL_OLD and there is one; else nothing.

    Any other error goes on.
    """
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error
    item: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
    return item
