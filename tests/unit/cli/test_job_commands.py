"""The command lines that a job's page shows."""

from typing import Any

import pytest

from jobchute.cli.facts.advice import ADVICE
from jobchute.cli.facts.job_commands import commands_for
from jobchute.job import Api, State
from jobchute.outcomes import Cause
from tests.builders import a_job
from tests.paths import DOCS

ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"
ID = a_job().job_id[:15]


def test_the_advice_is_that_of_the_page_of_outcomes() -> None:
    table = (DOCS / "outcomes.md").read_text().partition("\n| `cause` |")[2].partition("\n\n")[0]
    cells = [line.split("|") for line in table.splitlines()[2:]]
    plain = {row[1].strip(" `"): row[3].strip().replace("`", "") for row in cells}
    plain = {cause: text.replace("[", "").replace("](queues.md)", "") for cause, text in plain.items()}
    assert plain == dict(ADVICE)


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"state": State.FAILED, "cause": Cause.CODE, "provider_id": ARN}, f"jobchute retry {ID}"),
        ({"state": State.FAILED, "cause": Cause.INPUT}, f"jobchute jobs request {ID}"),
        ({"state": State.RUNNING, "provider_id": ARN}, f"jobchute logs {ID} --follow"),
        ({"state": State.QUEUED}, f"jobchute cancel {ID}"),
        ({"state": State.REJECTED, "api": None}, f"jobchute jobs show {ID}"),
        (
            {"state": State.PARTIAL, "api": Api.BEDROCK_JOB, "cause": Cause.TIMED_OUT},
            f"jobchute results {ID} --retry-failed",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_likeliest_next_step_comes_first(changes: dict[str, Any], first: str) -> None:
    assert commands_for(a_job(**changes))[0].line == first


@pytest.mark.parametrize(
    ("changes", "can_be_cancelled"),
    [
        ({"stop_cause": State.CANCELLED}, False),
        ({"stop_cause": State.TIMED_OUT}, False),
        ({"stop_cause": State.TIMED_OUT, "retry": {"attempts": 2}}, True),
        ({"stop_cause": None, "retry": {"attempts": 2}}, True),
    ],
    ids=["cancelled", "at its limit", "at the limit of one attempt", "goes on"],
)
def test_what_does_not_end_can_be_cancelled(changes: dict[str, Any], can_be_cancelled: bool) -> None:
    job = a_job(state=State.CANCELLING, **changes)
    assert (f"jobchute cancel {ID}" in [each.line for each in commands_for(job)]) is can_be_cancelled


def test_every_ended_job_can_be_run_again_but_a_rejection() -> None:
    for state in State:
        lines = [each.line for each in commands_for(a_job(state=state))]
        is_ended_job = state.is_final and state is not State.REJECTED
        assert (f"jobchute retry {ID}" in lines) == is_ended_job


def test_the_stack_is_an_option_of_each_line() -> None:
    lines = [each.line for each in commands_for(a_job(state=State.FAILED), stack="My Stack")]
    assert all(line.endswith(" --stack 'My Stack'") for line in lines)
