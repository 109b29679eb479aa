"""The command lines that pages show are commands of the tool."""

import shlex

import pytest
from typer.testing import CliRunner

from jobchute.cli.facts.job_commands import commands_for
from jobchute.cli.main import app
from jobchute.job import Api, State
from jobchute.outcomes import Cause
from tests.builders import a_job

ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"
ENDS = [a_job(state=State.FAILED, cause=cause, provider_id=ARN) for cause in Cause]
STATES = [a_job(state=state, provider_id=ARN, pool="x", waiting="x", api=Api.BEDROCK_JOB) for state in State]
LINES = sorted({each.line for job in (*ENDS, *STATES) for each in commands_for(job, stack="Mine")})


@pytest.mark.parametrize("line", LINES)
def test_a_shown_command_is_one_of_the_tool(line: str) -> None:
    tool, *words = shlex.split(line)
    assert tool == "jobchute"
    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0, result.output
    options = [word for word in words if word.startswith("--")]
    assert all(option in result.output for option in options)
