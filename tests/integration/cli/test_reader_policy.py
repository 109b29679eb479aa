"""The policy of readers in docs/permissions.md: reads alone, and each that the reading commands make."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from tests.integration.cli.every_command import commands
from tests.integration.cli.page import browser
from tests.integration.cli.recorded_calls import Call, recorded
from tests.integration.cli.test_cli_deployment import create_stack
from tests.integration.cli.test_json_keys import ENDED, LINES, names_of, spoken, words
from tests.paths import DOCS

__all__ = ["words"]

POLICY = re.compile(r"<!-- reader policy -->\n```json\n(.*?)\n```", re.DOTALL)
CHANGING = {
    ("submit",),
    ("cancel",),
    ("retry",),
    ("split",),
    ("pause",),
    ("resume",),
    ("drain",),
    ("jobs", "set"),
    ("pools", "set"),
    ("pools", "unset"),
    ("pools", "clear"),
    ("prices", "update"),
    ("dlq", "redrive"),
    # It takes the message out of its queue for a moment.
    ("dlq", "show"),
}
"""Commands that change something in AWS. All others read, and work with the policy."""
ADDRESSES = ("", "jobs", f"jobs/{ENDED.job_id}", "sweeps", "sweeps?target=team%3Dgrowth", "pools", "files")
READS = re.compile(r"\w+:(BatchGet|Describe|Filter|Get|List|Query)\w*")


def policy() -> list[dict[str, Any]]:
    """The statements."""
    found = POLICY.search((DOCS / "permissions.md").read_text())
    assert found is not None
    statements: list[dict[str, Any]] = json.loads(found[1])["Statement"]
    return statements


def granted() -> set[str]:
    return {action for statement in policy() for action in statement["Action"]}


@pytest.fixture
def calls(words: dict[str, str], deployment: Deployment) -> list[Call]:
    """The calls of every command that reads, and of each page, over a deployment with something to show."""
    outputs = {"BucketName": deployment.bucket, "QueueUrl": deployment.queue_url, "TableName": deployment.table}
    create_stack("Named", outputs | {"StateMachineArn": deployment.state_machine_arn})
    lines = [line for line in LINES if names_of(line) not in CHANGING]
    with recorded() as calls:
        for line in [*lines, ["jobs", "list", "--stack", "Named"]]:
            result = CliRunner().invoke(app, spoken(line, words))
            assert result.exit_code in (0, 1), (line, result.output)
        page = browser()
        answers = {path: page.get(path).status_code for path in ADDRESSES}
    assert answers == dict.fromkeys(ADDRESSES, 200)
    return calls


def test_the_policy_allows_reads_alone() -> None:
    assert {action for action in granted() if not READS.fullmatch(action)} == set()
    assert {statement["Effect"] for statement in policy()} == {"Allow"}


def test_each_command_that_changes_something_exists() -> None:
    assert CHANGING - {command.names for command in commands()} == set()


def test_it_allows_what_reading_commands_call_and_no_more(calls: list[Call]) -> None:
    assert {call.action for call in calls} == granted()


def test_its_statements_are_about_jobchute_s_own_resources() -> None:
    """Outputs and logs of jobs, which are elsewhere, are said apart."""
    resources = [resource for statement in policy() for resource in statement["Resource"]]
    assert [resource for resource in resources if resource == "*"] == []
    own = [resource for resource in resources if fnmatchcase(resource, "arn:aws:*:*:*:*Jobchute*")]
    assert len(own) >= 5
