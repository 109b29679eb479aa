"""Invokes `reconcile` on the embedded AWS every two seconds, since time is compressed there.

On AWS the stack's own schedule does so once a minute; that schedule runs on the embedded AWS too.
"""

import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.deployment import STACK
from infra.local.processes import MAX_LIFE_SECONDS

INTERVAL_SECONDS = 2.0
MAX_FAILURES = 30


def main() -> None:
    cloudformation = boto3.client("cloudformation")
    resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    reconcile = next(
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == "AWS::Lambda::Function"
        and resource["LogicalResourceId"].startswith("Reconcile")
    )
    reconcile_until_it_is_gone(reconcile)


def reconcile_until_it_is_gone(function: str) -> None:
    """Invoke the function until the embedded AWS no longer answers, or MAX_LIFE_SECONDS have passed."""
    client = boto3.client("lambda", config=Config(retries={"total_max_attempts": 1}))
    failures = 0
    end = time.monotonic() + MAX_LIFE_SECONDS
    while failures < MAX_FAILURES and time.monotonic() < end:
        try:
            client.invoke(FunctionName=function)
            failures = 0
        except (BotoCoreError, ClientError) as error:
            failures += 1
            print(f"reconcile failed: {error}", flush=True)
        time.sleep(INTERVAL_SECONDS)


if __name__ == "__main__":
    main()
