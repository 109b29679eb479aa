"""The page and the reading commands under a role that has the policy of docs/permissions.md alone.

    python -m tests.harness.iam.reader

IAM is enforced, over TLS. Nothing may be refused, each action must be used, and a command that changes
something must be refused. Exit status 0 where all of it holds.
"""

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3

from infra.local import embedded, processes
from infra.local.enforcement import Enforcement
from jobchute.job import Api, Job, State
from tests.harness.iam.__main__ import functions, say
from tests.harness.iam.grants import Decisions, Grant, exercised, of
from tests.harness.iam.stage import ROLE, Stage, sent
from tests.integration.cli.test_reader_policy import policy
from tests.page.server import TOOL, served

READER = "Jobchute-Reader"
NAMED_IN_DOCS = "amzn-s3-demo-bucket"
COMMANDS = (
    "status",
    "jobs list --stack Jobchute",
    "jobs show ID",
    "jobs history ID",
    "jobs request ID",
    "jobs open ID",
    "logs ID",
    "results ID --to FOLDER",
    "sweep team=iam",
    "queue",
    "pools list",
    "budget",
    "prices list",
    "dlq list",
    "validate FILE --stack Jobchute",
    "plan FILE --stack Jobchute",
)
REFUSED = (
    "pools set sagemaker:CreateTrainingJob --limit 3",
    "submit FILE",
    "pause sagemaker:CreateTrainingJob",
)
PAGES = ("", "jobs", "jobs/ID", "pools", "files", "sweeps", "sweeps?target=team%3Diam")
SAMPLE = "events/requests/churn-nightly.yaml"
TIMEOUT_SECONDS = 120


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="jobchute-reader-", ignore_cleanup_errors=True) as folder:
        state = Path(folder) / "state"
        try:
            return run(state)
        finally:
            embedded.down(state)


def run(state: Path) -> int:
    embedded.start(state, enforce=True)
    deployment = embedded.up(state, enforce=True, context={"roles": json.dumps([ROLE])})
    deployment.enter()
    stage = Stage(deployment, functions(), "", "")
    job_id = sent(stage, stage.request(Api.TRAINING_JOB, team="iam"))
    output = _leave_output(stage.until(job_id, State.SUCCEEDED))
    decisions = Decisions([Enforcement(state).decisions])
    statements = [_with_bucket(each, output) for each in policy()]
    reader = _reader(deployment, statements)
    words = {"ID": job_id, "FILE": SAMPLE, "FOLDER": str(state.parent / "results")}
    problems = [*_problems_of_commands(reader, words), *_problems_of_pages(reader, job_id, state.parent)]
    problems += _problems_of_decisions(decisions, statements)
    problems += _accepted(reader, words)
    for problem in problems:
        say(problem)
    return 1 if problems else 0


def _leave_output(job: Job) -> str:
    """An object where the job writes to. Returns its bucket."""
    bucket, _, prefix = (job.output or "").removeprefix("s3://").partition("/")
    s3 = boto3.client("s3")
    if bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        where: Any = {"LocationConstraint": embedded.REGION}
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    s3.put_object(Bucket=bucket, Key=f"{prefix.rstrip('/')}/rows.csv", Body=b"1")
    return bucket


def _with_bucket(statement: Mapping[str, Any], bucket: str) -> dict[str, Any]:
    text = json.dumps(statement).replace(NAMED_IN_DOCS, bucket)
    found: dict[str, Any] = json.loads(text)
    return found


def _reader(deployment: embedded.Deployment, statements: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The environment of a person who has the role, and knows the stack's name alone."""
    iam = boto3.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    version = {"Version": "2012-10-17"}
    role = iam.create_role(
        RoleName=READER, AssumeRolePolicyDocument=json.dumps(version | {"Statement": [trust]})
    )
    document = json.dumps(version | {"Statement": statements})
    iam.put_role_policy(RoleName=READER, PolicyName="Reading", PolicyDocument=document)
    found = boto3.client("sts").assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="reader")[
        "Credentials"
    ]
    return (
        processes.environment()
        | deployment.pointers
        | {
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["SessionToken"],
        }
    )


def _problems_of_commands(reader: Mapping[str, str], words: Mapping[str, str]) -> Iterator[str]:
    for line in COMMANDS:
        done = _said(reader, line, words)
        say(f"{done.returncode}  jobchute {line}")
        if done.returncode not in (0, 1):
            yield f"jobchute {line}: {done.stderr}"


def _problems_of_pages(reader: Mapping[str, str], job_id: str, folder: Path) -> Iterator[str]:
    with served(reader, folder / "log") as address:
        for path in PAGES:
            with urllib.request.urlopen(
                address + path.replace("ID", job_id), timeout=TIMEOUT_SECONDS
            ) as answer:
                text = answer.read().decode()
            say(f"{answer.status}  page /{path}")
            if "AccessDenied" in text:
                yield f"page /{path} says AccessDenied"


def _problems_of_decisions(decisions: Decisions, statements: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    own = [each for each in decisions.since() if each.role == READER]
    grants = [*of(READER, {"Statement": statements})]
    actions = {action for action, used in _used(grants, exercised(grants, own)).items() if not used}
    say(f"decisions: {len(own)}; actions used: {len({grant.action for grant in grants} - actions)}")
    yield from (f"never needed: {action}" for action in sorted(actions))
    yield from sorted({f"refused: {each.action} on {each.resource}" for each in own if not each.allowed})


def _used(grants: Sequence[Grant], counts: Mapping[Grant, int]) -> dict[str, bool]:
    """Of each action, whether any call needed it."""
    used = dict.fromkeys((grant.action for grant in grants), False)
    for grant in grants:
        used[grant.action] |= bool(counts[grant])
    return used


def _accepted(reader: Mapping[str, str], words: Mapping[str, str]) -> Iterator[str]:
    """Commands that change something, which must be refused."""
    for line in REFUSED:
        done = _said(reader, line, words)
        say(f"{done.returncode}  jobchute {line}")
        if done.returncode != 2 or "AccessDenied" not in done.stderr:
            yield f"not refused: jobchute {line}: {done.stdout}{done.stderr}"


def _said(reader: Mapping[str, str], line: str, words: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [str(TOOL), *(words.get(word, word) for word in line.split())]
    return subprocess.run(
        command, env=dict(reader), capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
    )


if __name__ == "__main__":
    sys.exit(main())
