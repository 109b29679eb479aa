"""Amazon SageMaker: what the specs of its kinds of job have alike."""

import re

from jobchute.job import Api
from jobchute.providers.spec import ConditionKeys, EventSource, Grant, Iam, Tags

HERE = "arn:{partition}:sagemaker:{region}:{account}"
PRINCIPAL = "sagemaker.amazonaws.com"
CONDITIONS = ConditionKeys(
    instance_types="sagemaker:InstanceTypes",
    subnets="sagemaker:VpcSubnets",
    security_groups="sagemaker:VpcSecurityGroupIds",
)
TAGS = Tags(member="Tags", max_count=50)
TRAINING_TYPES = (
    "ResourceConfig.InstanceType",
    "ResourceConfig.InstanceGroups[].InstanceType",
    "ResourceConfig.InstancePreferences[].InstanceType",
)
"""The three ways in which a training job, and the definition of one, asks for instances."""
TRAINING_COUNTS = ("ResourceConfig.InstanceCount", "ResourceConfig.InstancePreferences[].InstanceCount")


def noun_of(api: Api) -> str:
    """What the names of an API's operations and members have in common: `Training`, of CreateTrainingJob."""
    return api.partition(":Create")[2].removesuffix("Job")


def spelled(api: Api, separator: str) -> str:
    """A job of an API in small letters, with separators: `training-job`."""
    return re.sub(r"(?<!^)(?=[A-Z])", separator, f"{noun_of(api)}Job").lower()


def iam_of(api: Api, conditions: ConditionKeys, *, passed_to: str = PRINCIPAL, create_on: str = "") -> Iam:
    """create_on: the kind of ARN of what a request may name beside the job."""
    noun, jobs = noun_of(api), (f"{HERE}:{spelled(api, '-')}/*",)
    create = (f"sagemaker:Create{noun}Job",)
    return Iam(
        passed_to=passed_to,
        create=Grant(create, jobs),
        conditions=conditions,
        create_on=Grant(create, (f"{HERE}:{create_on}/*",)) if create_on else None,
        tag=Grant(("sagemaker:AddTags",), jobs),
        read=Grant((f"sagemaker:Describe{noun}Job",), jobs),
        find=(Grant((f"sagemaker:Describe{noun}Job", "sagemaker:ListTags"), jobs),),
        list=Grant((f"sagemaker:List{noun}Jobs",)),
        cancel=Grant((f"sagemaker:Stop{noun}Job",), jobs),
    )


def events_of(api: Api, words: str, *, status: str = "", unheard: tuple[str, ...] = ()) -> EventSource:
    """words: for the job in the events' detail type. status: the member that they tell it in, where it is not
    the job's status. unheard: beside `Stopping`.
    """
    return EventSource(
        source="aws.sagemaker",
        detail_type=f"SageMaker {words} Job State Change",
        arn_field=f"{noun_of(api)}JobArn",
        status_field=status or f"{noun_of(api)}JobStatus",
        unheard=(*unheard, "Stopping"),
    )
