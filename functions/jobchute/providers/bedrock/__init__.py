"""Amazon Bedrock: what the specs of its kinds of job have alike."""

from jobchute.providers.spec import Capacity, EventSource, Grant, Iam, Members

HERE = "arn:{partition}:bedrock:{region}:{account}"
FOUNDATION_MODELS = "arn:{partition}:bedrock:*::foundation-model/*"
CUSTOM_MODELS = f"{HERE}:custom-model/*"


def members_of(*, inputs: tuple[str, ...], outputs: tuple[str, ...], models: tuple[str, ...]) -> Members:
    """Every kind of job passes a role, and may run in a VPC."""
    return Members(
        roles=("roleArn",),
        inputs=inputs,
        outputs=outputs,
        models=models,
        vpc=("vpcConfig",),
        subnets=("vpcConfig.subnetIds[]",),
        security_groups=("vpcConfig.securityGroupIds[]",),
    )


def models_at(member: str, example: str) -> Capacity:
    """Jobs are counted by the model that a member names: the characters of one in the model, and `*`."""
    return Capacity(
        members=(member,), pattern="[A-Za-z0-9:/._*-]+", rule="a model is an id or an ARN", example=example
    )


def iam_of(
    noun: str,
    resource: str,
    *,
    models: tuple[str, ...],
    tagged: tuple[str, ...] = (),
    find: tuple[str, ...] = (),
) -> Iam:
    """noun: in the names of operations, `ModelInvocationJob`. resource: the kind of the job's ARN.

    IAM asks about the job and the models that it names; tagged: what else gets tags from a request.
    find: the operations on a job that find it, if it is not the list.
    """
    jobs, listing = (f"{HERE}:{resource}/*",), Grant((f"bedrock:List{noun}s",))
    return Iam(
        passed_to="bedrock.amazonaws.com",
        create=Grant((f"bedrock:Create{noun}",), (*jobs, *models)),
        tag=Grant(("bedrock:TagResource",), (*jobs, *tagged)),
        read=Grant((f"bedrock:Get{noun}",), jobs),
        find=(Grant(tuple(f"bedrock:{each}" for each in find), jobs) if find else listing,),
        list=listing,
        cancel=Grant((f"bedrock:Stop{noun}",), jobs),
    )


def events_of(detail_type: str, arn_field: str, status_field: str, *, unheard: tuple[str, ...]) -> EventSource:
    """unheard: statuses from which no move follows."""
    return EventSource(
        source="aws.bedrock",
        detail_type=detail_type,
        arn_field=arn_field,
        status_field=status_field,
        unheard=unheard,
    )
