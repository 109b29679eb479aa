"""The providers: what the functions may do there, by the list of backends, their events, Fireworks' secret."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.configuration import Configuration
from infra.removal import policy_of_data
from jobchute.providers.registry import BACKENDS, Backend
from jobchute.providers.spec import DAY, EventSource


def grant(stack: cdk.Stack, grantee: iam.IGrantable, *verbs: str) -> None:
    """Let a function do these of `read`, `find`, `list`, `look`, `cancel` at every provider."""
    for backend in BACKENDS.values():
        if backend.service is None:
            continue
        for verb in verbs:
            actions: tuple[str, ...] = getattr(backend, verb)
            if actions:
                statement = iam.PolicyStatement(
                    actions=[*actions], resources=[*_resources(stack, backend, verb)]
                )
                grantee.grant_principal.add_to_principal_policy(statement)


def grant_create(stack: cdk.Stack, grantee: iam.IGrantable, configuration: Configuration) -> None:
    """Let a function create jobs and tag them, within those guard rails that IAM knows conditions for."""
    for backend in BACKENDS.values():
        for action in backend.create:
            grantee.grant_principal.add_to_principal_policy(
                iam.PolicyStatement(
                    actions=[action],
                    resources=[*_resources(stack, backend, "tag" if "Tag" in action else "create")],
                    conditions=_limits(action, configuration),
                )
            )
    for action, resource in ALSO_CREATED_ON.items():
        service = action.partition(":")[0]
        arn = f"arn:{stack.partition}:{service}:{stack.region}:{stack.account}:{resource}"
        grantee.grant_principal.add_to_principal_policy(iam.PolicyStatement(actions=[action], resources=[arn]))


ALSO_CREATED_ON = {"sagemaker:CreateTrainingJob": "training-plan/*"}
"""What a request may name besides the job, and IAM asks about apart from it.

Without conditions: the reference lists no condition keys for a training plan, so that a statement with one
might never match. The conditions on the job itself still hold, since IAM has to allow a call on each of its
resources. Source: service authorization reference, Amazon SageMaker; SageMaker developer guide, "IAM for
SageMaker training plans".
"""


def _limits(action: str, configuration: Configuration) -> dict[str, dict[str, Any]] | None:
    """The conditions of a create call: SageMaker's alone have keys for what guard rails limit.

    `ForAllValues` holds for an absent key too, so each list comes with a `Null` that asks for the key.
    """
    if not action.startswith("sagemaker:Create"):
        return None
    limits: dict[str, dict[str, Any]] = defaultdict(dict)
    lists = {
        "sagemaker:InstanceTypes": configuration.instance_types,
        "sagemaker:VpcSubnets": configuration.subnets,
        "sagemaker:VpcSecurityGroupIds": configuration.security_groups,
    }
    for key, allowed in lists.items():
        if allowed:
            limits["ForAllValues:StringLike"][key] = [*allowed]
            limits["Null"][key] = "false"
    if configuration.guard_rails.allows_serverless:
        # A serverless job names no instance types.
        limits["Null"].pop("sagemaker:InstanceTypes", None)
    _limit_times(action, configuration, limits)
    return {operator: keys for operator, keys in limits.items() if keys}


def _limit_times(action: str, configuration: Configuration, limits: dict[str, dict[str, Any]]) -> None:
    """A request without a run time runs for a day: allowed without the key where the limit is no shorter."""
    longest = configuration.longest_run_seconds
    if longest is not None:
        operator = "NumericLessThanEquals" + ("IfExists" if longest >= DAY else "")
        limits[operator]["sagemaker:MaxRuntimeInSeconds"] = longest
    if action != "sagemaker:CreateTrainingJob":
        return
    kept = configuration.max_keep_alive_seconds
    if kept is not None:
        limits["NumericLessThanEqualsIfExists"]["sagemaker:KeepAlivePeriod"] = kept
    if not configuration.remote_debug:
        limits["BoolIfExists"]["sagemaker:EnableRemoteDebug"] = "false"


def grant_pass_role(grantee: iam.IGrantable, roles: Iterable[str]) -> None:
    """Let requests name these roles, and their providers alone assume them."""
    arns = [*roles]
    if not arns:
        return
    for service in sorted({backend.passed_to for backend in BACKENDS.values() if backend.passed_to}):
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=arns,
                conditions={"StringEquals": {"iam:PassedToService": service}},
            )
        )


def send_events_to(
    scope: Construct, queue: sqs.IQueue, dead_letters: sqs.IQueue, *, prefix: str | None
) -> None:
    """Send the providers' state changes to a queue. prefix: of simulated sources, on the embedded AWS alone."""
    sources: dict[str, list[EventSource]] = defaultdict(list)
    for backend in BACKENDS.values():
        if backend.events:
            sources[backend.events.source].append(backend.events)
    # CDK lets any account's rules into a queue with a customer's key, but adds nothing to an imported one.
    destination = sqs.Queue.from_queue_arn(scope, "EventsDestination", queue.queue_arn)
    rules = []
    for source, kinds in sources.items():
        name = source.removeprefix("aws.")
        simulated = [] if prefix is None else [f"{prefix}{name}"]
        rule = events.Rule(
            scope,
            f"{name.capitalize()}StateChange",
            event_pattern=events.EventPattern(
                source=[source, *simulated],
                detail_type=[kind.detail_type for kind in kinds],
                detail={kind.status_field: _heard(kind) for kind in kinds},
            ),
            targets=[targets.SqsQueue(destination, dead_letter_queue=dead_letters)],
        )
        rules.append(rule.rule_arn)
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": rules}},
        )
    )


def _heard(kind: EventSource) -> list[dict[str, object]]:
    """An event that has no such field is heard, too: one rule is for all kinds of a source."""
    return [{"anything-but": [*kind.unheard]}, {"exists": False}]


def fireworks_account(scope: Construct, *, key: kms.IKey | None, is_throwaway: bool) -> secretsmanager.Secret:
    """Made with a placeholder; its value is put there by whoever has the key, and never by CDK."""
    return secretsmanager.Secret(
        scope,
        "FireworksAccount",
        description='The Fireworks account: {"accountId": "...", "apiKey": "..."}',
        encryption_key=key,
        removal_policy=policy_of_data(is_throwaway=is_throwaway),
    )


def _resources(stack: cdk.Stack, backend: Backend, verb: str) -> list[str]:
    """The jobs of one kind; List calls know no resource, and creating names what a job is made from too."""
    # Braket's reference knows no resource for CreateJob; the guide shows devices. A new job's tags go with it.
    if verb in ("list", "look") or (backend.service == "braket" and verb in ("create", "tag")):
        return ["*"]
    jobs = f"arn:{stack.partition}:{backend.service}:{stack.region}:{stack.account}:{backend.resource}"
    if verb != "create":
        return [jobs]
    if backend.service != "bedrock":
        return [jobs]
    own = f"arn:{stack.partition}:bedrock:{stack.region}:{stack.account}"
    any_region = f"arn:{stack.partition}:bedrock:*"
    return [
        jobs,
        f"{any_region}::foundation-model/*",
        f"{own}:custom-model/*",
        f"{own}:inference-profile/*",
        f"{own}:application-inference-profile/*",
    ]
