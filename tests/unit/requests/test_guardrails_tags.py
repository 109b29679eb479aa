"""Labels and Jobchute's own tag take room among the tags that a provider takes."""

from typing import Any

import pytest

from jobchute.job import JOB_ID_TAG, Api
from jobchute.problems import Problem
from jobchute.providers.adapter import tags_for
from jobchute.providers.registry import SPECS
from jobchute.requests.document import Submission
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.tags import tag_problems
from tests.apis import VALUES
from tests.builders import a_job

MOST = {api: spec.tags.max_count for api, spec in SPECS.items() if spec.tags}
MEMBER = {api: spec.tags.member for api, spec in SPECS.items() if spec.tags}


def tags(api: Api, count: int) -> Any:
    return VALUES[api].tagging.members_with({f"k{i}": "v" for i in range(count)})[MEMBER[api]]


def found(api: Api, own: Any, **labels: str) -> list[Problem]:
    return list(tag_problems(Submission(api=api, request={MEMBER[api]: own}, labels=labels)))


@pytest.mark.parametrize("api", list(MOST))
def test_one_tag_is_kept_free_for_jobchutes_own(api: Api) -> None:
    assert found(api, tags(api, MOST[api] - 1)) == []
    (problem,) = found(api, tags(api, MOST[api]))
    assert (problem.path, problem.code) == (f"request.{MEMBER[api]}", "TOO_MANY_TAGS")
    assert problem.message == (
        f"With labels and Jobchute's own tag the job would have {MOST[api] + 1} tags; the provider takes "
        f"at most {MOST[api]}. Remove 1 of the tags or labels."
    )


@pytest.mark.parametrize("api", list(MOST))
def test_a_label_takes_room_unless_a_tag_of_its_key_is_there(api: Api) -> None:
    own = tags(api, MOST[api] - 2)
    assert found(api, own, k0="v", k1="v") == []
    assert found(api, own, team="growth") == []
    assert "Remove 2 of" in found(api, own, team="growth", stage="test", k0="v", extra="x")[0].message


@pytest.mark.parametrize("api", list(MOST))
def test_what_the_model_refuses_already_is_not_refused_twice(api: Api) -> None:
    assert found(api, tags(api, MOST[api] + 1)) == []


@pytest.mark.parametrize("own", [None, "x", 7, [None, 1, "x", {}, {"Key": 1}, {"key": []}]])
def test_tags_of_a_wrong_shape_are_left_to_the_model(own: Any) -> None:
    assert found(Api.TRAINING_JOB, own, team="growth") == []


@pytest.mark.parametrize("api", list(MOST))
def test_the_guard_rails_look_at_tags_whatever_is_configured(api: Api) -> None:
    submission = Submission(api=api, request={MEMBER[api]: tags(api, MOST[api])})
    assert [problem.code for problem in GuardRails().problems_in(submission)] == ["TOO_MANY_TAGS"]


def test_fireworks_counts_no_annotations() -> None:
    assert SPECS[Api.FIREWORKS_JOB].tags is None
    many = {"annotations": {f"k{i}": "v" for i in range(300)}}
    assert list(tag_problems(Submission(api=Api.FIREWORKS_JOB, request=many, labels={"team": "g"}))) == []


def test_the_count_is_that_of_what_is_sent() -> None:
    job = a_job(labels={"team": "growth", "k0": "label"})
    sent = tags_for(job, {"k0": "own"})
    assert len(sent) == len({"team", "k0", JOB_ID_TAG})


@pytest.mark.parametrize("api", list(MOST))
def test_the_limits_are_the_models(api: Api) -> None:
    assert SPECS[api].tags == (MEMBER[api], MOST[api])
