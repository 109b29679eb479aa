"""The providers: what the functions may do there, their events, Fireworks' secret."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.arns import arn_in
from infra.configuration import Configuration
from infra.removal import policy_of_data
from jobchute.providers.registry import SPECS
from jobchute.providers.spec import ApiSpec, ConditionKeys, EventSource, Grant, Iam

Conditions = dict[str, dict[str, Any]]


def grant(stack: cdk.Stack, grantee: iam.IGrantable, grants_in: Callable[[Iam], Iterable[Grant]], /) -> None:
    """Let a function do at every provider what `grants_in` takes from the provider's spec."""
    for spec in SPECS.values():
        for allowed in grants_in(spec.iam) if spec.iam else ():
            _allow(stack, grantee, allowed)


def grant_create(stack: cdk.Stack, grantee: iam.IGrantable, configuration: Configuration) -> None:
    """Let a function create jobs and tag them, within those guard rails that IAM knows conditions for.

    Jobs of an API that names no role need what else is closed to be listed: a model, for batch transform. Those
    that write as their caller may get the listed outputs.
    """
    for spec in SPECS.values():
        closed = {name for name in spec.closed if name != "roles"}
        if spec.iam and all(getattr(configuration.guard_rails, name) for name in closed):
            conditions = _limits(stack, spec, spec.iam.conditions, configuration)
            _allow(stack, grantee, spec.iam.create, conditions=conditions)
            _allow(stack, grantee, spec.iam.tag)
            for allowed in _results(spec.iam, configuration.guard_rails.outputs):
                _allow(stack, grantee, allowed)
    grant(stack, grantee, lambda iam: [iam.create_on] if iam.create_on else [])


def _results(iam: Iam, outputs: Iterable[str]) -> Iterator[Grant]:
    """What the provider takes from the caller's rights to write results. outputs: S3 prefixes."""
    places = [output.removeprefix("s3://").rstrip("/") for output in outputs]
    if iam.objects:
        arns = [f"arn:{{partition}}:s3:::{place}/*".replace(":::/", ":::") for place in places]
        yield Grant(iam.objects, tuple(arns))
    if iam.buckets:
        names = dict.fromkeys(place.partition("/")[0] or "*" for place in places)
        yield Grant(iam.buckets, tuple(f"arn:{{partition}}:s3:::{name}" for name in names))


def grant_pass_role(grantee: iam.IGrantable, roles: Iterable[str]) -> None:
    """Let requests name these roles, and their providers alone assume them."""
    arns = [*roles]
    if not arns:
        return
    for service in sorted({spec.iam.passed_to for spec in SPECS.values() if spec.iam} - {""}):
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=arns,
                conditions={"StringEquals": {"iam:PassedToService": service}},
            )
        )


def _allow(
    stack: cdk.Stack, grantee: iam.IGrantable, allowed: Grant, *, conditions: Conditions | None = None
) -> None:
    resources = [arn_in(stack, resource) for resource in allowed.resources]
    statement = iam.PolicyStatement(actions=[*allowed.actions], resources=resources, conditions=conditions)
    grantee.grant_principal.add_to_principal_policy(statement)


def _limits(stack: cdk.Stack, spec: ApiSpec, keys: ConditionKeys, configuration: Configuration) -> Conditions:
    """The conditions of a create call: one for each guard rail that its service has a condition key for.

    `ForAllValues` holds for an absent key too, so each list comes with a `Null` that asks for the key.
    """
    limits: Conditions = defaultdict(dict)
    lists = {
        keys.instance_types: configuration.instance_types,
        keys.subnets: configuration.subnets,
        keys.security_groups: configuration.security_groups,
    }
    for key, allowed in lists.items():
        if key and allowed:
            limits["ForAllValues:StringLike"][key] = [*allowed]
            limits["Null"][key] = "false"
    if configuration.guard_rails.allows_serverless:
        # A serverless job names no instance types.
        limits["Null"].pop(keys.instance_types, None)
    if keys.models and "*" not in configuration.guard_rails.models:
        limits["ArnLike"][keys.models] = _models(stack, configuration.guard_rails.models)
    longest = configuration.longest_run_seconds
    kept = configuration.guard_rails.sizes.get("max_keep_alive_seconds")
    if keys.longest_run_seconds and longest is not None:
        # A request without a run time runs for the default: allowed without the key where that is no longer.
        suffix = "IfExists" if longest >= spec.run_time.default else ""
        limits[f"NumericLessThanEquals{suffix}"][keys.longest_run_seconds] = longest
    if keys.max_keep_alive_seconds and kept is not None:
        limits["NumericLessThanEqualsIfExists"][keys.max_keep_alive_seconds] = kept
    if keys.remote_debug and not configuration.remote_debug:
        limits["BoolIfExists"][keys.remote_debug] = "false"
    return {operator: limit for operator, limit in limits.items() if limit}


def _models(stack: cdk.Stack, names: Iterable[str]) -> list[str]:
    """SageMaker writes names in small letters in ARNs; its reference does not say which it compares."""
    spelled = dict.fromkeys(each for name in names for each in (name, name.lower()))
    return [
        arn_in(stack, f"arn:{{partition}}:sagemaker:{{region}}:{{account}}:model/{name}") for name in spelled
    ]


def send_events_to(
    scope: Construct, queue: sqs.IQueue, dead_letters: sqs.IQueue, *, prefix: str | None
) -> None:
    """Send the providers' state changes to a queue. prefix: of simulated sources, on the embedded AWS alone."""
    sources: dict[str, list[EventSource]] = defaultdict(list)
    for spec in SPECS.values():
        if spec.events:
            sources[spec.events.source].append(spec.events)
    # CDK lets any account's rules into a queue with a customer's key, but adds nothing to an imported one.
    destination = sqs.Queue.from_queue_arn(scope, "EventsDestination", queue.queue_arn)
    target = targets.SqsQueue(destination, dead_letter_queue=dead_letters)
    rules = [_rule(scope, source, kinds, target, prefix) for source, kinds in sources.items()]
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": [rule.rule_arn for rule in rules]}},
        )
    )


def _rule(
    scope: Construct, source: str, kinds: Sequence[EventSource], target: targets.SqsQueue, prefix: str | None
) -> events.Rule:
    """The rule for all kinds of one source."""
    name = source.removeprefix("aws.")
    simulated = [] if prefix is None else [f"{prefix}{name}"]
    return events.Rule(
        scope,
        f"{name.capitalize()}StateChange",
        event_pattern=events.EventPattern(
            source=[source, *simulated],
            detail_type=[kind.detail_type for kind in kinds],
            detail={kind.status_field: _heard(kind) for kind in kinds},
        ),
        targets=[target],
    )


def _heard(kind: EventSource) -> list[dict[str, object]]:
    """An event that has no such field is heard, too: one rule is for all kinds of a source."""
    return [{"anything-but": [*kind.unheard]}, {"exists": False}]


def fireworks_account(scope: Construct, *, key: kms.IKey | None, is_throwaway: bool) -> secretsmanager.Secret:
    """CDK makes the secret with a placeholder. The owner of the API key sets its value."""
    return secretsmanager.Secret(
        scope,
        "FireworksAccount",
        description='The Fireworks account: {"accountId": "...", "apiKey": "..."}',
        encryption_key=key,
        removal_policy=policy_of_data(is_throwaway=is_throwaway),
    )
