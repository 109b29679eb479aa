"""What every adapter makes of a request: pure, over all five APIs."""

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jobchute.job import Api, name_for
from jobchute.requests.body import shape_problems
from tests.integration.providers.conftest import (
    NAMES,
    Provider,
    tags_in,
)

if TYPE_CHECKING:
    pass

TOKENS = {Api.BRAKET_JOB: "clientToken", Api.BEDROCK_JOB: "clientRequestToken"}


class TestRequest:
    """`name_of`, `time_limit` and `request_for`: pure."""

    def test_is_the_same_every_time_and_leaves_the_body_as_it_was(self, provider: Provider) -> None:
        body, job = provider.request(), provider.job()
        before = copy.deepcopy(body)
        assert provider.adapter.request_for(job, body) == provider.adapter.request_for(job, body)
        assert body == before

    def test_calls_nobody(self, provider: Provider) -> None:
        before = provider.calls()
        provider.call(provider.job())
        assert provider.calls() == before

    def test_carries_name_labels_and_the_proof_that_it_is_ours(self, provider: Provider) -> None:
        job = provider.job()
        call = provider.call(job)
        tags = tags_in(provider.api, call)
        assert call[NAMES[provider.api]] == job.name
        assert tags[provider.proof] == job.job_id
        assert tags.items() >= job.labels.items()

    def test_carries_the_token_where_there_is_one(self, provider: Provider) -> None:
        job, member = provider.job(), TOKENS.get(provider.api)
        call = provider.call(job)
        if member is None:
            assert job.token not in call.values()
        else:
            assert call[member] == job.token

    def test_a_token_of_the_body_gives_way_to_ours(self, provider: Provider) -> None:
        job, member = provider.job(), TOKENS.get(provider.api)
        if member is not None:
            body = {**provider.request(), member: "their-own"}
            assert provider.adapter.request_for(job, body)[member] == job.token

    def test_keeps_everything_else_as_it_is(self, provider: Provider) -> None:
        body = provider.request()
        call = provider.call(provider.job())
        ours = {NAMES[provider.api], TOKENS.get(provider.api), "tags", "Tags", "annotations"}
        assert {k: v for k, v in call.items() if k not in ours} == {
            k: v for k, v in body.items() if k not in ours
        }

    def test_own_tags_win_over_labels_but_not_over_the_proof(self, provider: Provider) -> None:
        own = {"team": "own", "cost-centre": "42", provider.proof: "forged"}
        member, value = as_tags(provider.api, own)
        job = provider.job()
        call = provider.adapter.request_for(job, {**provider.request(), member: value})
        assert tags_in(provider.api, call).items() >= {
            ("team", "own"),
            ("cost-centre", "42"),
            (provider.proof, job.job_id),
        }

    def test_a_name_is_kept_or_follows_from_the_job(self, provider: Provider) -> None:
        job_id = provider.job().job_id
        assert provider.adapter.name_of(job_id, provider.request("mine")) == "mine"
        assert provider.adapter.name_of(job_id, provider.request(None)) == name_for(job_id)

    def test_satisfies_the_providers_own_model_with_the_name_made_up(self, provider: Provider) -> None:
        job = replace(provider.job(), name=name_for(provider.job().job_id))
        call = provider.adapter.request_for(job, provider.request(None))
        assert shape_problems(provider.api, call) == []

    def test_the_time_limit_is_the_requests_own(self, provider: Provider) -> None:
        limit: dict[Api, dict[str, Any]] = {
            Api.BRAKET_JOB: {"stoppingCondition": {"maxRuntimeInSeconds": 7200}},
            Api.BEDROCK_JOB: {"timeoutDurationInHours": 48},
            Api.TRAINING_JOB: {
                "StoppingCondition": {"MaxRuntimeInSeconds": 7200, "MaxPendingTimeInSeconds": 7201}
            },
            Api.PROCESSING_JOB: {"StoppingCondition": {"MaxRuntimeInSeconds": 7200}},
            Api.FIREWORKS_JOB: {},
        }
        seconds = {
            Api.BRAKET_JOB: 7200,
            Api.BEDROCK_JOB: 48 * 3600,
            Api.TRAINING_JOB: 14401,
            Api.PROCESSING_JOB: 7200,
            Api.FIREWORKS_JOB: 7 * 24 * 3600,
        }
        assert (
            provider.adapter.time_limit({**provider.request(), **limit[provider.api]}) == seconds[provider.api]
        )

    def test_without_a_limit_there_is_one_still(self, provider: Provider) -> None:
        bare = {
            key: value
            for key, value in provider.request().items()
            if key not in ("stoppingCondition", "StoppingCondition", "timeoutDurationInHours")
        }
        assert 3600 <= provider.adapter.time_limit(bare) <= 30 * 24 * 3600


def as_tags(api: Api, tags: dict[str, str]) -> tuple[str, Any]:
    match api:
        case Api.BRAKET_JOB:
            return "tags", tags
        case Api.BEDROCK_JOB:
            return "tags", [{"key": key, "value": value} for key, value in tags.items()]
        case Api.FIREWORKS_JOB:
            return "annotations", tags
        case _:
            return "Tags", [{"Key": key, "Value": value} for key, value in tags.items()]
