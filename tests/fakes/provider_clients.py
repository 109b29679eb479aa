# ruff: noqa: N803 - the names are boto3's
"""The boto3 clients of Braket, Bedrock and SageMaker, as far as the adapters use them.

What each refuses, and with which code, is that of reference/providers.md A.3 and A.4.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from jobchute.job import JOB_ID_TAG, Api
from tests.fakes.aws_clients import Client as _Client
from tests.fakes.aws_clients import Page
from tests.fakes.aws_clients import Pages as _Pages
from tests.fakes.bedrock import FakeBedrock
from tests.fakes.provider import ProviderJob
from tests.fakes.provider_facts import facts_of_braket, facts_of_sagemaker, status_of
from tests.fakes.quantum_tasks import QuantumTasks, since_of
from tests.fakes.wire import client_error


class FakeBraket(_Client, QuantumTasks):
    """Names are not unique. A token makes one job; with another body it is a conflict."""

    def create_job(self, **call: Any) -> Page:
        return self.io("create", lambda: self._create(call))

    def get_job(self, *, jobArn: str) -> Page:
        return self.io("get", lambda: self._get(self._known(jobArn)))

    def cancel_job(self, *, jobArn: str) -> Page:
        return self.io("cancel", lambda: self._cancel(self._known(jobArn)))

    def get_paginator(self, operation: str) -> _Pages:
        if operation == "search_quantum_tasks":
            return _Pages(partial(self.io, "search"), "quantumTasks", self._search_tasks, default=100)
        assert operation == "search_jobs"
        return _Pages(partial(self.io, "search"), "jobs", self._search, default=100)

    def _create(self, call: Page) -> Page:
        job = self.provider.of_token(Api.BRAKET_JOB, call["clientToken"])
        if job is not None and job.call != call:
            raise client_error("CreateJob", "ConflictException", "the token was used", 409)
        if job is None:
            if self.provider.is_full(Api.BRAKET_JOB, call):
                raise client_error("CreateJob", "ServiceQuotaExceededException", "too many jobs", 402)
            owner = call["tags"].get(JOB_ID_TAG)
            job = self.provider.create(
                Api.BRAKET_JOB, call["jobName"], call, owner=owner, token=call["clientToken"]
            )
        return {"jobArn": job.provider_id}

    def _known(self, arn: str) -> ProviderJob:
        job = self.provider.shown(self.provider.by_id.get(arn))
        if job is None:
            raise client_error("GetJob", "ResourceNotFoundException", "no such job", 404)
        return job

    def _get(self, job: ProviderJob) -> Page:
        described = {
            "status": job.native,
            "jobName": job.name,
            "outputDataConfig": job.call["outputDataConfig"],
        }
        described |= {"failureReason": job.reason} if job.reason else {}
        return described | (facts_of_braket(job) if job.is_over else {})

    def _cancel(self, job: ProviderJob) -> Page:
        if job.is_over:
            raise client_error("CancelJob", "ConflictException", "the job has ended", 409)
        self.provider.stop(job)
        return {"cancellationStatus": "CANCELLING"}

    def _search(self, filters: list[Mapping[str, Any]]) -> list[Page]:
        return [
            {"jobArn": job.provider_id, "status": job.native, "tags": job.call["tags"]}
            for job in self.provider.listed(Api.BRAKET_JOB, since=since_of(filters))
        ]


SAGEMAKER_KINDS: Mapping[str, tuple[Api, str]] = {
    "training_job": (Api.TRAINING_JOB, "Training"),
    "processing_job": (Api.PROCESSING_JOB, "Processing"),
    "transform_job": (Api.TRANSFORM_JOB, "Transform"),
    "hyper_parameter_tuning_job": (Api.TUNING_JOB, "HyperParameterTuning"),
}
"""By their word in the names of operations: the API, and their word in the names of members."""


class FakeSageMaker(_Client):
    """Names are unique per kind, and there is no token.

    A missing job is a ValidationException, of tuning jobs a ResourceNotFound.
    """

    def __getattr__(self, operation: str) -> Callable[..., Page]:
        """`create_`, `describe_` and `stop_` of each kind of job."""
        verb, _, kind = operation.partition("_")
        if kind not in SAGEMAKER_KINDS:
            raise AttributeError(operation)
        api, prefix = SAGEMAKER_KINDS[kind]
        effects: Mapping[str, Callable[..., Page]] = {
            "create": lambda **call: self._create(api, prefix, call),
            "describe": lambda **call: self._describe(api, prefix, call[f"{prefix}JobName"]),
            "stop": lambda **call: self._stop(self._known(api, call[f"{prefix}JobName"])),
        }
        return lambda **call: self.io(verb, lambda: effects[verb](**call))

    def get_paginator(self, operation: str) -> _Pages:
        if operation == "list_tags":
            return _Pages(partial(self.io, "list_tags"), "Tags", self._tags, default=50)
        api, prefix = SAGEMAKER_KINDS[operation.removeprefix("list_").removesuffix("s")]
        items = partial(self._list, api, prefix)
        return _Pages(partial(self.io, "list"), f"{prefix}JobSummaries", items, default=10)

    def _create(self, api: Api, prefix: str, call: Page) -> Page:
        name = call[f"{prefix}JobName"]
        operation = f"Create{prefix}Job"
        is_full = self.provider.is_full(api, call)
        if (api, name) in self.provider.by_name and not (is_full and self.provider.is_full_first):
            raise client_error(operation, "ResourceInUse", f"a job with this name already exists: {name}")
        if is_full:
            limit = "is 3 Instances, with current utilization of 3 Instances and a request delta of 1 Instances"
            raise client_error(operation, "ResourceLimitExceeded", f"The account-level service limit {limit}")
        owner = next((tag["Value"] for tag in call["Tags"] if tag["Key"] == JOB_ID_TAG), None)
        return {f"{prefix}JobArn": self.provider.create(api, name, call, owner=owner).provider_id}

    def _known(self, api: Api, name: str) -> ProviderJob:
        job = self.provider.shown(self.provider.by_name.get((api, name)))
        if job is None:
            code = "ResourceNotFound" if api is Api.TUNING_JOB else "ValidationException"
            raise client_error("Describe", code, "Requested resource not found.")
        return job

    def _describe(self, api: Api, prefix: str, name: str) -> Page:
        job = self._known(api, name)
        described: Mapping[str, Any] = {
            **job.call,
            f"{prefix}JobArn": job.provider_id,
            **status_of(job, prefix),
            "FailureReason": job.reason,
            **(facts_of_sagemaker(job, prefix) if job.is_over else {}),
        }
        return {name: value for name, value in described.items() if value}

    def _list(self, api: Api, prefix: str, *, StatusEquals: str, CreationTimeAfter: datetime) -> list[Page]:
        return [
            {f"{prefix}JobArn": job.provider_id, **status_of(job, prefix)}
            for job in self.provider.listed(api, since=CreationTimeAfter.timestamp())
            if job.native.partition("/")[0] == StatusEquals
        ]

    def _stop(self, job: ProviderJob) -> Page:
        if job.is_over:
            raise client_error("Stop", "ValidationException", f"the job is in status {job.native}.")
        self.provider.stop(job)
        return {}

    def _tags(self, ResourceArn: str) -> list[Page]:
        tags: list[Page] = self.provider.by_id[ResourceArn].call["Tags"]
        return tags


CLIENTS: Mapping[str, type[_Client]] = {
    "braket": FakeBraket,
    "bedrock": FakeBedrock,
    "sagemaker": FakeSageMaker,
}
"""By botocore's name of the service."""
