# ruff: noqa: N803 - the names are boto3's
"""What Braket's client does with quantum tasks."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from jobchute.job import JOB_ID_TAG, Api
from tests.fakes.provider import Provider, ProviderJob
from tests.fakes.provider_facts import Page, times_of
from tests.fakes.wire import client_error


class QuantumTasks:
    """A part of Braket's client. They have no names; a token makes one task for as long as it is remembered."""

    provider: Provider
    io: Callable[..., Any]

    def create_quantum_task(self, **call: Any) -> Page:
        page: Page = self.io("create", lambda: self._create_task(call))
        return page

    def get_quantum_task(self, *, quantumTaskArn: str) -> Page:
        page: Page = self.io("get", lambda: described_task(self._task(quantumTaskArn)))
        return page

    def cancel_quantum_task(self, *, quantumTaskArn: str, clientToken: str) -> Page:  # noqa: ARG002
        page: Page = self.io("cancel", lambda: self._cancel_task(self._task(quantumTaskArn)))
        return page

    def _create_task(self, call: Page) -> Page:
        """What a used token is answered with other parameters is not documented: here it is its task."""
        job = self.provider.of_token(Api.QUANTUM_TASK, call["clientToken"])
        if job is None:
            if self.provider.is_full(Api.QUANTUM_TASK, call):
                raise client_error("CreateQuantumTask", "ServiceQuotaExceededException", "too many", 402)
            owner, token = call["tags"].get(JOB_ID_TAG), call["clientToken"]
            job = self.provider.create(Api.QUANTUM_TASK, token, call, owner=owner, token=token)
        return {"quantumTaskArn": job.provider_id}

    def _search_tasks(self, filters: list[Mapping[str, Any]]) -> list[Page]:
        devices = {value for each in filters if each["name"] == "deviceArn" for value in each["values"]}
        return [
            described_task(job)
            for job in self.provider.listed(Api.QUANTUM_TASK, since=since_of(filters))
            if not devices or job.call["deviceArn"] in devices
        ]

    def _task(self, arn: str) -> ProviderJob:
        job = self.provider.shown(self.provider.by_id.get(arn))
        if job is None:
            raise client_error("GetQuantumTask", "ResourceNotFoundException", "no such task", 404)
        return job

    def _cancel_task(self, job: ProviderJob) -> Page:
        if job.is_over:
            text = f"cannot cancel a quantum task in the {job.native} status"
            raise client_error("CancelQuantumTask", "ConflictException", text, 409)
        self.provider.stop(job)
        return {"quantumTaskArn": job.provider_id, "cancellationStatus": "CANCELLING"}


def since_of(filters: list[Mapping[str, Any]]) -> float:
    since = 0.0
    for each in filters:
        if (each["name"], each["operator"]) == ("createdAt", "GTE"):
            since = datetime.fromisoformat(each["values"][0]).timestamp()
        elif (each["name"], each["operator"]) != ("deviceArn", "EQUAL"):
            raise client_error("Search", "ValidationException", f"{each} is not known here")
    return since


def described_task(job: ProviderJob) -> Page:
    """A quantum task, as Get and Search describe it. Its directory is that of its ARN's last part."""
    call, (created, ended) = job.call, times_of(job)
    folder = f"{call['outputS3KeyPrefix'].rstrip('/')}/{job.provider_id.rpartition('/')[2]}"
    described = {
        "quantumTaskArn": job.provider_id,
        "status": job.native,
        "deviceArn": call["deviceArn"],
        "shots": call["shots"],
        "outputS3Bucket": call["outputS3Bucket"],
        "outputS3Directory": folder,
        "createdAt": created,
        "tags": call["tags"],
    }
    described |= {"failureReason": job.reason} if job.reason else {}
    return described | ({"endedAt": ended} if job.is_over else {})
