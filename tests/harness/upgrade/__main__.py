"""Deploys an older version to the embedded AWS, then this one over it: python -m tests.harness.upgrade

1. A job that was submitted, and an execution that was started, under the older version end well under this one.
2. Bucket, table, secret and state machine are the same ones after the upgrade.
3. A file that was half taken is taken to its end, each document once.
4. A new job goes through.
5. The stack is deleted: nothing of it is left.

Exit status 0 where all of it holds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from infra.local import deployment, embedded, processes
from infra.local.deployment import STACK
from infra.local.embedded import EVENT_SOURCE_PREFIX, Deployment
from jobchute.job import State, job_id_for_key
from jobchute.ledger.jobs import Ledger
from tests.harness.upgrade import large_file
from tests.paths import ROOT, SAMPLES

# The oldest that can be upgraded: from an earlier one several indexes of the table change, and CloudFormation
# changes one of them an update. No stack of an earlier version was deployed.
OLDER = "228514d"
SHARED = (".venv", ".ministack-venv", "node_modules")
KEPT = (
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
)
REQUEST = SAMPLES / "sagemaker" / "create-training-job" / "churn-xgboost.json"
PATIENCE_SECONDS = 240
FILE_PATIENCE_SECONDS = 900
"""A call that the upgrade cut short comes back after the queue's visibility timeout, nine minutes later."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="revision", default=OLDER, help="what to upgrade from")
    revision = parser.parse_args().revision
    with tempfile.TemporaryDirectory(prefix="jobchute-upgrade-", ignore_cleanup_errors=True) as folder:
        older = Path(folder) / "older"
        checked_out(older, revision)
        try:
            older_up(older)
            upgrade(embedded_of(older), older / ".jobchute")
        finally:
            embedded.down(older / ".jobchute")
            subprocess.run(["git", "worktree", "remove", "--force", str(older)], cwd=ROOT, check=True)
    say("an upgrade loses no job, keeps the data, and leaves nothing behind")
    return 0


def checked_out(folder: Path, revision: str) -> None:
    """A work tree of another version, with this one's tools."""
    subprocess.run(
        ["git", "worktree", "add", "--quiet", "--detach", str(folder), revision], cwd=ROOT, check=True
    )
    for name in SHARED:
        (folder / name).symlink_to(ROOT / name)


def older_up(folder: Path) -> None:
    """The older version starts the embedded AWS and deploys itself."""
    environment = os.environ | {"PYTHONPATH": str(folder / "functions")}
    command = [sys.executable, "-m", "infra.local", "up"]
    subprocess.run(command, cwd=folder, env=environment, check=True, timeout=600)


def embedded_of(folder: Path) -> Deployment:
    values: dict[str, Any] = json.loads((folder / ".jobchute" / "local.json").read_text())
    return Deployment(**values)


def upgrade(deployed: Deployment, state: Path) -> None:
    deployed.enter()
    before = physical_ids(KEPT)
    open_job = send(deployed, simulate="slow")
    until(deployed, open_job, State.RUNNING)
    large_file.upload(deployed)
    wait_for("a file that is half taken", partial(large_file.is_half_taken, deployed))
    say(f"{open_job} runs, {large_file.progress(deployed)['progress']}; upgrading")
    environment = {**processes.environment(), **deployed.pointers}
    outputs = deployment.deploy(deployed.provider_url, EVENT_SOURCE_PREFIX, state, environment=environment)
    after = physical_ids(KEPT)
    check("data are the same ones", before.items() <= after.items())
    deployed = replace(deployed, outputs=outputs)
    deployed.enter()
    new_job = send(deployed, simulate="succeed")
    for job_id in (new_job, open_job):
        until(deployed, job_id, State.SUCCEEDED)
        wait_for(f"the execution of {job_id}", partial(has_succeeded, deployed, job_id))
        say(f"{job_id} has ended well, and its execution too")
    finished = partial(large_file.is_finished, deployed)
    wait_for("the end of the file that was half taken", finished, seconds=FILE_PATIENCE_SECONDS)
    differences = large_file.differences(deployed)
    check(f"each document of the half-taken file was taken once: {differences or 'so it is'}", not differences)
    tear_down(deployed)


def send(deployed: Deployment, *, simulate: str) -> str:
    key = f"upgrade-{uuid.uuid4().hex[:12]}"
    request = json.loads(REQUEST.read_text()) | {"TrainingJobName": key}
    document = {"api": "sagemaker:CreateTrainingJob", "request": request, "idempotencyKey": key}
    body = json.dumps(document | {"labels": {"simulate": simulate}})
    boto3.client("sqs").send_message(QueueUrl=deployed.queue_url, MessageBody=body)
    return job_id_for_key(key)


def until(deployed: Deployment, job_id: str, state: State) -> None:
    ledger = Ledger(boto3.client("dynamodb"), deployed.table, retention=3600)

    def is_there() -> bool:
        found = [job for job in ledger.queries.by_state(state) if job.job_id == job_id]
        return bool(found)

    wait_for(f"{job_id} {state}", is_there)


def has_succeeded(deployed: Deployment, job_id: str) -> bool:
    """Whether the job's execution has."""
    arn = f"{deployed.state_machine_arn.replace(':stateMachine:', ':execution:')}:{job_id}"
    status = boto3.client("stepfunctions").describe_execution(executionArn=arn)["status"]
    return status == "SUCCEEDED"


def physical_ids(kinds: tuple[str, ...]) -> dict[str, str]:
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in resources
        if each["ResourceType"] in kinds
    }


def tear_down(deployed: Deployment) -> None:
    """As `cdk destroy` of a throwaway does; its user empties the buckets first.

    The embedded AWS's clock is no part of the stack. A call of it that is on its way makes a log group again
    here; on AWS no function may.
    """
    processes.stop(deployed.pids["clock"])
    time.sleep(5)
    s3 = boto3.resource("s3")
    for bucket in physical_ids(("AWS::S3::Bucket",)).values():
        s3.Bucket(bucket).object_versions.delete()
    cloudformation = boto3.client("cloudformation")
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 2})
    left = left_over()
    check(f"nothing is left: {left}", not left)


def left_over() -> list[str]:
    """Whatever has the stack's name in its own, of every kind that it deploys."""
    names = [
        *boto3.client("dynamodb").list_tables()["TableNames"],
        *boto3.client("sqs").list_queues().get("QueueUrls", []),
        *(each["FunctionName"] for each in boto3.client("lambda").list_functions()["Functions"]),
        *(each["RoleName"] for each in boto3.client("iam").list_roles()["Roles"]),
        *(each["Name"] for each in boto3.client("s3").list_buckets()["Buckets"]),
        *(each["Name"] for each in boto3.client("secretsmanager").list_secrets()["SecretList"]),
        *(each["name"] for each in boto3.client("stepfunctions").list_state_machines()["stateMachines"]),
        *(each["Name"] for each in boto3.client("events").list_event_buses()["EventBuses"]),
        *(each["Name"] for each in boto3.client("events").list_rules()["Rules"]),
        *(each["logGroupName"] for each in boto3.client("logs").describe_log_groups()["logGroups"]),
        *(each["AlarmName"] for each in boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]),
        *(each["DashboardName"] for each in boto3.client("cloudwatch").list_dashboards()["DashboardEntries"]),
    ]
    mapped = boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return [name for name in names if STACK.lower() in name.lower()] + [each["UUID"] for each in mapped]


def wait_for(what: str, condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"in vain: {what}")
        time.sleep(1)


def check(what: str, is_so: bool) -> None:
    if not is_so:
        raise SystemExit(f"not so: {what}")
    say(what)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
