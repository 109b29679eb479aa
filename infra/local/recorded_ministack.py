"""MiniStack with every decision of its IAM written down. Run by MiniStack's own Python, not by ours.

JOBCHUTE_DECISIONS: the file that gets one line of JSON for each decision about a role.
"""

import json
import os
from typing import Any

from ministack.core import iam_evaluator  # type: ignore[import-not-found]
from serving import serve  # type: ignore[import-not-found]

decide = iam_evaluator.enforce
# The service authorization reference has no actions of their own for SQS's batches; MiniStack 1.5.33 has one.
NAMED_SO_BY_AWS = {"sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility"}


def recorded(
    access_key_id: str | None,
    iam_action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: Any = None,
) -> Any:
    """As `enforce`, which every service asks before a call; None means that it is allowed."""
    iam_action = NAMED_SO_BY_AWS.get(iam_action, iam_action)
    refused = decide(access_key_id, iam_action, service, region, resource_arn, service_context)
    caller = iam_evaluator.resolve_principal(access_key_id or "", None)
    arn = getattr(caller, "arn", "")
    if ":assumed-role/" in arn:
        line = {
            "role": arn.split("/")[1],
            "action": iam_action,
            "resource": resource_arn,
            "allowed": refused is None,
        }
        with open(os.environ["JOBCHUTE_DECISIONS"], "a") as file:
            file.write(json.dumps(line) + "\n")
    return refused


iam_evaluator.enforce = recorded

if __name__ == "__main__":
    serve()
