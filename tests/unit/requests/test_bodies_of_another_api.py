"""A body under the `api`, or in the folder, of another API is told once, and not member by member."""

import pytest

from jobchute.job import Api
from jobchute.requests.body import problems_in
from tests.apis import REQUESTS

PAIRS = [(api, other) for api in Api for other in Api if api is not other]


@pytest.mark.parametrize(("api", "other"), PAIRS)
def test_it_is_told_once_with_the_api_that_it_looks_like(api: Api, other: Api) -> None:
    (problem,) = problems_in(api, REQUESTS[other])
    assert (problem.path, problem.code) == ("request", "OTHER_API")
    assert other in problem.message
    assert api in problem.message
    assert "folder" in problem.message


@pytest.mark.parametrize("api", Api)
def test_a_body_with_mistakes_of_its_own_api_has_them_told(api: Api) -> None:
    body = {**REQUESTS[api], "Mistyped": 1, "another": 2}
    codes = {problem.path: problem.code for problem in problems_in(api, body)}
    assert codes["request.Mistyped"] == codes["request.another"] == "UNKNOWN_KEY"


def test_one_member_of_another_api_does_not_make_it_that_api_s() -> None:
    body = {**REQUESTS[Api.TRAINING_JOB]}
    body["ProcessingJobName"] = body.pop("TrainingJobName")
    paths = {problem.path for problem in problems_in(Api.TRAINING_JOB, body)}
    assert paths == {"request.ProcessingJobName"}
