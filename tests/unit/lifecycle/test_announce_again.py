"""How often a job is told again, and what of a status document says that its row was not told."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobchute.aws.executions import Executions
from jobchute.lifecycle.announce_again import MAX_SECONDS_BETWEEN, seconds_between

DAY = 24 * 3600


def test_the_waits_between_two_times_double_from_an_hour_on() -> None:
    assert [seconds_between(retold) / 3600 for retold in range(6)] == [1, 1, 2, 4, 6, 6]


def test_a_stream_that_stood_still_leaves_a_time_to_announce() -> None:
    assert seconds_between(10**6) == MAX_SECONDS_BETWEEN < DAY


class StepFunctions:
    """Two pages of running executions; tokens are forgotten after a day."""

    def list_executions(self, *, nextToken: str = "", **request: Any) -> dict[str, Any]:  # noqa: N803
        assert request == {"stateMachineArn": "arn:machine", "statusFilter": "RUNNING", "maxResults": 1000}
        if nextToken == "old":
            raise ClientError({"Error": {"Code": "InvalidToken"}}, "ListExecutions")
        if nextToken:
            return {"executions": [{"name": "jc-2"}]}
        return {"executions": [{"name": "jc-1"}], "nextToken": "second"}


@pytest.mark.parametrize(
    ("page", "expected"),
    [(None, (["jc-1"], "second")), ("second", (["jc-2"], None)), ("old", (["jc-1"], "second"))],
)
def test_running_executions_are_read_page_by_page(page: str | None, expected: object) -> None:
    client: Any = StepFunctions()
    assert Executions(client, "arn:machine", 1, 1).running(page) == expected
