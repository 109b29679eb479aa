"""What every adapter makes of a request: pure, over all APIs."""

import copy
from dataclasses import replace

from jobchute.providers.adapter import name_for
from jobchute.requests.body import shape_problems
from tests.integration.providers.conftest import Provider


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
        tags = provider.values.tagging.tags_in(call)
        if provider.spec.name.member:
            assert call[provider.spec.name.member] == job.name
        assert tags[provider.values.tagging.proof] == provider.values.tagging.proof_of(job)
        assert tags.items() >= job.labels.items()

    def test_carries_the_token_where_there_is_one(self, provider: Provider) -> None:
        job, member = provider.job(), provider.spec.token
        call = provider.call(job)
        if not member:
            assert job.token not in call.values()
        else:
            assert call[member] == job.token

    def test_a_token_of_the_body_gives_way_to_ours(self, provider: Provider) -> None:
        job, member = provider.job(), provider.spec.token
        if member:
            body = {**provider.request(), member: "their-own"}
            assert provider.adapter.request_for(job, body)[member] == job.token

    def test_keeps_everything_else_as_it_is(self, provider: Provider) -> None:
        body = provider.request()
        call = provider.call(provider.job())
        names = {provider.spec.name.member, *provider.spec.also_named}
        ours = {*names, provider.spec.token, provider.values.tagging.member}
        assert {k: v for k, v in call.items() if k not in ours} == {
            k: v for k, v in body.items() if k not in ours
        }

    def test_own_tags_win_over_labels_but_not_over_the_proof(self, provider: Provider) -> None:
        if not provider.values.tagging.takes_own:
            return
        own = {"team": "own", "cost-centre": "42", provider.values.tagging.proof: "forged"}
        job = provider.job()
        body = {**provider.request(), **provider.values.tagging.members_with(own)}
        call = provider.adapter.request_for(job, body)
        assert provider.values.tagging.tags_in(call).items() >= {
            ("team", "own"),
            ("cost-centre", "42"),
            (provider.values.tagging.proof, job.job_id),
        }

    def test_a_name_is_kept_or_follows_from_the_job(self, provider: Provider) -> None:
        job_id = provider.job().job_id
        if provider.spec.name.member:
            assert provider.adapter.name_of(job_id, provider.request("mine")) == "mine"
        assert (
            provider.adapter.name_of(job_id, provider.request(None))
            == name_for(job_id)[: provider.spec.name.max_length]
        )

    def test_satisfies_the_providers_own_model_with_the_name_made_up(self, provider: Provider) -> None:
        name = provider.adapter.name_of(provider.job().job_id, provider.request(None))
        job = replace(provider.job(), name=name)
        call = provider.adapter.request_for(job, provider.request(None))
        assert shape_problems(provider.api, call) == []

    def test_the_time_limit_is_the_requests_own(self, provider: Provider) -> None:
        members, seconds = provider.values.time_limit
        assert provider.adapter.time_limit({**provider.request(), **members}) == seconds

    def test_without_a_limit_there_is_one_still(self, provider: Provider) -> None:
        bare = {
            key: value
            for key, value in provider.request().items()
            if key != str(provider.spec.run_time.path).partition(".")[0]
        }
        assert 3600 <= provider.adapter.time_limit(bare) <= 30 * 24 * 3600
