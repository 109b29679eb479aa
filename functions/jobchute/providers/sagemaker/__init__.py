"""Amazon SageMaker: what the specs of its kinds of job have alike.

`noun` is their word in the names of operations and members, as in `CreateTrainingJob`.
"""

from jobchute.providers.spec import ConditionKeys, EventSource, Grant, Iam

HERE = "arn:{partition}:sagemaker:{region}:{account}"
PRINCIPAL = "sagemaker.amazonaws.com"
NETWORK_AND_TYPES = ConditionKeys(
    instance_types="sagemaker:InstanceTypes",
    subnets="sagemaker:VpcSubnets",
    security_groups="sagemaker:VpcSecurityGroupIds",
)
TRAINING_TYPES = (
    "ResourceConfig.InstanceType",
    "ResourceConfig.InstanceGroups[].InstanceType",
    "ResourceConfig.InstancePreferences[].InstanceType",
)
"""The three ways in which a training job, and the definition of one, asks for instances."""
TRAINING_COUNTS = ("ResourceConfig.InstanceCount", "ResourceConfig.InstancePreferences[].InstanceCount")


def iam_of(
    noun: str,
    resource: str,
    conditions: ConditionKeys,
    *,
    passed_to: str = PRINCIPAL,
    create_on: str = "",
) -> Iam:
    """resource: the kind of the job's ARN. create_on: that of what a request may name beside the job."""
    jobs, create = (f"{HERE}:{resource}/*",), (f"sagemaker:Create{noun}Job",)
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


def events_of(noun: str, words: str, status: str, *, unheard: tuple[str, ...]) -> EventSource:
    """words: for the noun in the events' detail type. status: the member with the status that they tell."""
    return EventSource(
        source="aws.sagemaker",
        detail_type=f"SageMaker {words} Job State Change",
        arn_field=f"{noun}JobArn",
        status_field=status,
        unheard=unheard,
    )
