"""The sweep's clock on the embedded AWS: time is compressed there, so the sweep runs every few seconds.

On AWS the stack's own schedule does this, once a minute, and it does so here too.
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
    sweep_until_it_is_gone(reconcile)


def sweep_until_it_is_gone(function: str) -> None:
    """Sweep until the embedded AWS no longer answers, or for as long as anything may live here."""
    client = boto3.client("lambda", config=Config(retries={"total_max_attempts": 1}))
    failures = 0
    end = time.monotonic() + MAX_LIFE_SECONDS
    while failures < MAX_FAILURES and time.monotonic() < end:
        try:
            client.invoke(FunctionName=function)
            failures = 0
        except (BotoCoreError, ClientError) as error:
            failures += 1
            print(f"sweep failed: {error}", flush=True)
        time.sleep(INTERVAL_SECONDS)


if __name__ == "__main__":
    main()
