"""The pipeline on the embedded AWS with IAM enforced, over TLS: python -m tests.harness.iam [--revoke all|none]

1. Every exercise passes and nothing is refused.
2. Every grant that the functions' own code can use was needed by a call: grants exercised / grants given.
3. Each grant is then taken away, one at a time, from the running deployment: the exercise that needed it is run
   again, and a refusal of just that call must be seen.

Exit status 0 where all of it holds.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import boto3

from infra.local import embedded
from infra.local.deployment import STACK
from infra.local.enforcement import Enforcement
from tests.harness.iam import exercises, money, turns
from tests.harness.iam.grants import Decisions, Grant, Roles, exercised, short
from tests.harness.iam.stage import OUTPUTS, PATIENCE_SECONDS, ROLE, Exercise, Stage

FOREIGN = "uploads-of-another-stack"
FOREIGN_QUEUE = "orders-of-another-stack"
# What a function asks for once in five minutes (jobchute.runtime).
REMEMBERED = frozenset({"secretsmanager:GetSecretValue"})
# What an exercise set going may come to its call after it.
GRACE_SECONDS = 8


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--revoke", default=".", help="revoke grants whose text has this in it; `none`: skip")
    parser.add_argument("--exercise", default="", help="only exercises with this in their names")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jobchute-iam-", ignore_cleanup_errors=True) as folder:
        state = Path(folder)
        try:
            return run(state, options.revoke, options.exercise)
        finally:
            embedded.down(state)


def run(state: Path, wanted: str, only: str) -> int:
    embedded.start(state, enforce=True)
    queue_url = boto3.client("sqs").create_queue(QueueName=FOREIGN_QUEUE)["QueueUrl"]
    context = {
        "roles": json.dumps([ROLE]),
        "outputs": json.dumps(OUTPUTS),
        "buckets": json.dumps([FOREIGN]),
        "queues": json.dumps([f"arn:aws:sqs:{embedded.REGION}:{embedded.ACCOUNT}:{FOREIGN_QUEUE}"]),
        "pools": turns.pools(),
        **money.context(),
    }
    deployment = embedded.up(state, enforce=True, context=context)
    deployment.enter()
    stage = Stage(deployment, functions(), FOREIGN, queue_url)
    money.load_prices(stage)
    s3 = boto3.client("s3")
    where = {"LocationConstraint": embedded.REGION}
    s3.create_bucket(Bucket=FOREIGN, CreateBucketConfiguration=where)  # type: ignore[arg-type]
    s3.put_bucket_versioning(Bucket=FOREIGN, VersioningConfiguration={"Status": "Enabled"})
    files = Enforcement(state)
    decisions = Decisions([files.decisions, files.provider_decisions])
    roles = Roles()
    needed_by = exercise_all(stage, decisions, roles, only)
    unused = report(roles.grants(), decisions)
    unseen = [] if wanted == "none" else revoke_each(stage, decisions, roles, needed_by, wanted)
    return 1 if unused or unseen else 0


def functions() -> dict[str, str]:
    """`Validate` → its name here, and so on."""
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    return {
        each["LogicalResourceId"][:-8]: each["PhysicalResourceId"]
        for each in resources
        if each["ResourceType"] == "AWS::Lambda::Function"
    }


def every_exercise() -> Iterator[tuple[str, Exercise]]:
    yield from exercises.exercises()
    yield from turns.exercises()
    yield from money.exercises()


def exercise_all(stage: Stage, decisions: Decisions, roles: Roles, only: str) -> dict[Grant, list[str]]:
    """Run every exercise. Returns those that needed a grant, the surest of them first.

    One may have needed it by chance, for what another left behind or what was due just then: so all are kept.
    """
    needed: dict[Grant, list[tuple[int, float, str]]] = {}
    for name, exercise in every_exercise():
        if only not in name:
            continue
        mark, start = decisions.mark(), time.monotonic()
        exercise(stage)
        # What follows from it, as the announcement of its last move, comes a little later.
        time.sleep(1)
        took = time.monotonic() - start
        counts = exercised(roles.grants(), decisions.since(mark))
        for grant in [grant for grant, count in counts.items() if count]:
            needed.setdefault(grant, []).append((-counts[grant], took, name))
        say(f"{took:5.1f} s  {name}")
    return {grant: [name for *_, name in sorted(found)] for grant, found in needed.items()}


def report(grants: list[Grant], decisions: Decisions) -> list[object]:
    """Print what was used, and return what was not, or was refused."""
    seen = decisions.since()
    names = {grant.role for grant in grants}
    refused = {
        (each.role, each.action, each.resource) for each in seen if not each.allowed and each.role in names
    }
    ours = [grant for grant in grants if not grant.is_for_aws_itself]
    counts = exercised(ours, seen)
    unused = [grant for grant in ours if not counts[grant]]
    for grant in ours:
        say(f"{counts[grant]:6d} × {grant}")
    for grant in unused:
        say(f"never needed: {grant}")
    for each in sorted(refused):
        say(f"refused: {each}")
    used = len(ours) - len(unused)
    say(f"grants exercised / grants given: {used} / {len(ours)} ({100 * used / len(ours):.0f} %)")
    say(f"given for what AWS itself does under a role, which asks no IAM here: {len(grants) - len(ours)}")
    return [*unused, *refused]


def revoke_each(
    stage: Stage, decisions: Decisions, roles: Roles, needed_by: dict[Grant, list[str]], wanted: str
) -> list[Grant]:
    """Take each grant away in turn. Returns those whose loss nothing noticed."""
    by_name = dict(every_exercise())
    unseen = []
    chosen = [g for g in needed_by if not g.is_for_aws_itself and (wanted == "." or wanted in str(g))]
    for grant in sorted(chosen):
        before, mark = roles.policies(grant.role), decisions.mark()
        roles.revoke(grant)
        if grant.action in REMEMBERED:
            stage.forget(short(grant.role).removesuffix("Role"))
        try:
            # Twice, as on a busy machine an exercise can end before it comes to the call.
            tries = [by_name[name] for name in needed_by[grant]] * 2
            is_seen = any(notice(stage, decisions, grant, mark, exercise) for exercise in tries)
        finally:
            roles.restore(grant, before)
        if not is_seen:
            unseen.append(grant)
        say(f"{'refused' if is_seen else 'NOT NOTICED'}: without {grant}")
    say(f"grants whose loss was noticed: {len(chosen) - len(unseen)} / {len(chosen)}")
    return unseen


def notice(stage: Stage, decisions: Decisions, grant: Grant, mark: list[int], exercise: Exercise) -> bool:
    """Whether the exercise, run without the grant, met a refusal of just what the grant allows."""

    def attempt() -> None:
        with suppress(Exception):  # it is meant to fail, somewhere
            exercise(stage)
        ended.append(time.monotonic())

    def is_refused() -> bool:
        return any(not each.allowed and grant.covers(each) for each in decisions.since(mark))

    ended: list[float] = []
    threading.Thread(target=attempt, daemon=True).start()
    last = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < min([last, *(end + GRACE_SECONDS for end in ended)]):
        if is_refused():
            return True
        time.sleep(0.2)
    return is_refused()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
