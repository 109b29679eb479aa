# ruff: noqa: N803 - the names are boto3's
"""The boto3 client of Bedrock, as far as the adapters use it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from jobchute.job import JOB_ID_TAG, Api
from tests.apis import VALUES
from tests.fakes.aws_clients import Client, Page, Pages
from tests.fakes.provider import ProviderJob
from tests.fakes.provider_facts import facts_of_bedrock, facts_of_customization
from tests.fakes.wire import client_error


class BedrockKind(NamedTuple):
    """api; summaries: the member with a page of the list. described: what Get and the list tell of a job."""

    api: Api
    summaries: str
    described: Callable[[ProviderJob], Page]


def _invocation(job: ProviderJob) -> Page:
    told = {
        "status": job.native,
        "clientRequestToken": job.token,
        "outputDataConfig": job.call["outputDataConfig"],
    }
    told |= {"message": job.reason} if job.reason else {}
    return told | (facts_of_bedrock(job) if job.is_over else {})


def _customization(job: ProviderJob) -> Page:
    told = {"status": job.native.partition("/")[0], "outputDataConfig": job.call["outputDataConfig"]}
    told |= {"failureMessage": job.reason} if job.reason else {}
    return told | facts_of_customization(job)


KINDS: Mapping[str, BedrockKind] = {
    "model_invocation_job": BedrockKind(Api.BEDROCK_JOB, "invocationJobSummaries", _invocation),
    "model_customization_job": BedrockKind(
        Api.CUSTOMIZATION_JOB, "modelCustomizationJobSummaries", _customization
    ),
}
"""By their word in the names of operations."""


class FakeBedrock(Client):
    """Names are unique per kind; a token that is known answers with its job. Only customizations are found by
    name. The name of a custom model is taken by a job that may make it, and by one that has.
    """

    def __getattr__(self, operation: str) -> Callable[..., Page]:
        """`create_`, `get_` and `stop_` of each kind of job."""
        verb, _, kind = operation.partition("_")
        if kind not in KINDS:
            raise AttributeError(operation)
        api, _, described = KINDS[kind]
        effects: Mapping[str, Callable[..., Page]] = {
            "create": lambda **call: self._create(api, call),
            "get": lambda **call: self._get(self._known(api, call["jobIdentifier"]), described),
            "stop": lambda **call: self._stop(self._known(api, call["jobIdentifier"])),
        }
        return lambda **call: self.io(verb, lambda: effects[verb](**call))

    def list_tags_for_resource(self, *, resourceARN: str) -> Page:
        return self.io("list_tags", lambda: {"tags": self.provider.by_id[resourceARN].call["jobTags"]})

    def get_paginator(self, operation: str) -> Pages:
        kind = KINDS[operation.removeprefix("list_").removesuffix("s")]
        items = partial(self._list, kind)
        return Pages(partial(self.io, "list"), kind.summaries, items, default=100)

    def _create(self, api: Api, call: Page) -> Page:
        job = self.provider.of_token(api, call["clientRequestToken"])
        if job is None:
            self._refuse_taken(api, call)
            if self.provider.is_full(api, call):
                raise client_error("Create", "ServiceQuotaExceededException", "too many")
            tags = VALUES[api].tagging.tags_in(call)
            owner, token = tags.get(JOB_ID_TAG), call["clientRequestToken"]
            job = self.provider.create(api, call["jobName"], call, owner=owner, token=token)
        return {"jobArn": job.provider_id}

    def _refuse_taken(self, api: Api, call: Page) -> None:
        if (api, call["jobName"]) in self.provider.by_name:
            raise client_error("Create", "ValidationException", "The provided job name is currently in use.")
        good = VALUES[api].natives.good
        makers = [job for job in self.provider.by_api[api] if not job.is_over or job.native == good]
        model = call.get("customModelName")
        if model is not None and any(job.call.get("customModelName") == model for job in makers):
            raise client_error("Create", "ValidationException", "The provided model name is already used.")

    def _known(self, api: Api, identifier: str) -> ProviderJob:
        by_name = self.provider.by_name if api is Api.CUSTOMIZATION_JOB else {}
        job = self.provider.shown(self.provider.by_id.get(identifier) or by_name.get((api, identifier)))
        if job is None:
            raise client_error("Get", "ResourceNotFoundException", "no such job", 404)
        return job

    def _get(self, job: ProviderJob, described: Callable[[ProviderJob], Page]) -> Page:
        return {"jobArn": job.provider_id, **described(job)}

    def _stop(self, job: ProviderJob) -> Page:
        if job.is_over:
            raise client_error("Stop", "ConflictException", "the job has ended")
        self.provider.stop(job)
        return {}

    def _list(
        self,
        kind: BedrockKind,
        *,
        submitTimeAfter: datetime | None = None,
        creationTimeAfter: datetime | None = None,
        nameContains: str = "",
        statusEquals: str = "",
        **order: Any,
    ) -> list[Page]:
        assert order in ({}, {"sortBy": "CreationTime", "sortOrder": "Descending"})
        since = submitTimeAfter or creationTimeAfter
        listed = self.provider.listed(kind.api, since=0.0 if since is None else since.timestamp())
        described = [self._get(job, kind.described) for job in listed if nameContains in job.name]
        return [each for each in described if statusEquals in ("", each["status"])]
