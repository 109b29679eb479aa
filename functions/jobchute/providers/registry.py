"""The one list of the APIs that Jobchute can submit to, and where the modules of each of them are.

An API's folder has `spec.py` (what is known of it, as data), `model.py` and `model_docs.py` (its request),
`rules.py` (rules across members) and `adapter.py` (the calls). The specs of all APIs are loaded with this
module; the other modules are imported when they are asked for.
"""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import NamedTuple

from jobchute.job import Api
from jobchute.providers.spec import ApiSpec, EventSource

FOLDERS: Mapping[Api, str] = {
    Api.BRAKET_JOB: "braket.hybrid_job",
    Api.BEDROCK_JOB: "bedrock.invocation_job",
    Api.TRAINING_JOB: "sagemaker.training_job",
    Api.PROCESSING_JOB: "sagemaker.processing_job",
    Api.FIREWORKS_JOB: "fireworks.batch_job",
}


def module_of(api: Api, name: str) -> ModuleType:
    """A module of an API's folder, imported now."""
    return import_module(f"jobchute.providers.{FOLDERS[api]}.{name}")


SPECS: Mapping[Api, ApiSpec] = {api: module_of(api, "spec").SPEC for api in FOLDERS}


class Backend(NamedTuple):
    """What the rest of the system must know of an API besides its adapter.

    service: the botocore service, None where the provider is not AWS. passed_to: who may be passed a role.
    create, read, find, list, look, cancel: IAM actions, as the service authorization reference names them;
    those of `list` and `look` know no resource. `find` and `list` are for the adapter's `find`, `look` is for
    its `list_states`.
    """

    service: str | None
    passed_to: str | None = None
    resource: str = ""
    create: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    find: tuple[str, ...] = ()
    list: tuple[str, ...] = ()
    look: tuple[str, ...] = ()
    cancel: tuple[str, ...] = ()
    events: EventSource | None = None


BACKENDS: Mapping[Api, Backend] = {
    Api.BRAKET_JOB: Backend(
        service="braket",
        passed_to="braket.amazonaws.com",
        resource="job/*",
        create=("braket:CreateJob", "braket:TagResource"),
        read=("braket:GetJob",),
        list=("braket:SearchJobs",),
        look=("braket:SearchJobs",),
        cancel=("braket:CancelJob",),
        events=EventSource(
            source="aws.braket",
            detail_type="Braket Job State Change",
            arn_field="jobArn",
            status_field="status",
            unheard=("QUEUED", "CANCELLING"),
        ),
    ),
    Api.BEDROCK_JOB: Backend(
        service="bedrock",
        passed_to="bedrock.amazonaws.com",
        resource="model-invocation-job/*",
        create=("bedrock:CreateModelInvocationJob", "bedrock:TagResource"),
        read=("bedrock:GetModelInvocationJob",),
        list=("bedrock:ListModelInvocationJobs",),
        look=("bedrock:ListModelInvocationJobs",),
        cancel=("bedrock:StopModelInvocationJob",),
        events=EventSource(
            source="aws.bedrock",
            detail_type="Batch Inference Job State Change",
            arn_field="batchJobArn",
            status_field="status",
            unheard=("Submitted", "Validating", "Scheduled", "Stopping"),
        ),
    ),
    Api.TRAINING_JOB: Backend(
        service="sagemaker",
        passed_to="sagemaker.amazonaws.com",
        resource="training-job/*",
        create=("sagemaker:CreateTrainingJob", "sagemaker:AddTags"),
        read=("sagemaker:DescribeTrainingJob",),
        find=("sagemaker:DescribeTrainingJob", "sagemaker:ListTags"),
        look=("sagemaker:ListTrainingJobs",),
        cancel=("sagemaker:StopTrainingJob",),
        events=EventSource(
            source="aws.sagemaker",
            detail_type="SageMaker Training Job State Change",
            arn_field="TrainingJobArn",
            status_field="SecondaryStatus",
            unheard=("Starting", "Pending", "Downloading", "Uploading", "Stopping"),
        ),
    ),
    Api.PROCESSING_JOB: Backend(
        service="sagemaker",
        passed_to="sagemaker.amazonaws.com",
        resource="processing-job/*",
        create=("sagemaker:CreateProcessingJob", "sagemaker:AddTags"),
        read=("sagemaker:DescribeProcessingJob",),
        find=("sagemaker:DescribeProcessingJob", "sagemaker:ListTags"),
        look=("sagemaker:ListProcessingJobs",),
        cancel=("sagemaker:StopProcessingJob",),
        events=EventSource(
            source="aws.sagemaker",
            detail_type="SageMaker Processing Job State Change",
            arn_field="ProcessingJobArn",
            status_field="ProcessingJobStatus",
            unheard=("Stopping",),
        ),
    ),
    Api.FIREWORKS_JOB: Backend(service=None),
}
