"""The functions' environment: every variable, and its size held at synthesis against what Lambda takes."""

import json
from typing import Any

import aws_cdk as cdk

from infra.configuration import PREFIX, Configuration, ConfigurationError
from infra.function import Function
from infra.intake import shortest_hidden
from infra.resources import TIMEOUT, Resources
from jobchute.requests.location import Location

MAX_ENVIRONMENT_BYTES = 4096
"""Of all variables of a function as one JSON text (Lambda quotas, "Environment variables")."""

MAX_REFERENCE_CHARACTERS = 170
"""Of what a template refers to and only a deployment knows. The longest is the table's name: a stack's name has
at most 128 characters, and CloudFormation adds the logical id and 13 characters. A queue's URL has at most 137.
"""

PSEUDO_PARAMETERS = {
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-northeast-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com.cn",
}
"""The longest values there are."""

MIN_BYTES_TO_NAME = 100
"""A context value that is shorter makes no difference to speak of."""


def environment_of(stack: cdk.Stack, resources: Resources, configuration: Configuration) -> dict[str, str]:
    """Every variable that some function reads; each function is given the ones that its settings name."""
    intake, embedded = resources.intake, configuration.embedded
    environment = {
        "TABLE": resources.ledger.table.table_name,
        "BUCKET": intake.bucket.bucket_name,
        "QUEUE_URL": intake.messages.queue.queue_url,
        "BUS": resources.bus.event_bus_name,
        "DEAD_LETTER_QUEUE_URL": intake.messages.dead_letters.queue_url,
        "EVENTS_DEAD_LETTER_QUEUE_URL": resources.provider_events.dead_letters.queue_url,
        "STREAM_FAILURES_QUEUE_URL": resources.stream_failures.queue_url,
        "FIREWORKS_SECRET_ARN": resources.fireworks.secret_arn,
        "GUARD_RAILS": configuration.guard_rails_json,
        "POOLS": configuration.pools_json,
        "FAIR_BY": configuration.fair_by,
        "RETENTION_SECONDS": str(configuration.retention_days * 24 * 3600),
    }
    if configuration.buckets:
        environment["BUCKETS"] = " ".join(configuration.buckets)
    if configuration.manifest_buckets:
        environment["MANIFEST_BUCKETS"] = " ".join(configuration.manifest_buckets)
    if configuration.budgets is not None:
        environment["BUDGETS"] = configuration.budgets.to_json()
    if configuration.owners:
        environment["OWNERS"] = configuration.owners_json
    if resources.other_queues:
        urls = (queue.queue_url for queue in resources.other_queues.values())
        environment["OTHER_QUEUE_URLS"] = " ".join(urls)
        environment["SHORTEST_HIDDEN_SECONDS"] = str(shortest_hidden(TIMEOUT).to_seconds())
    # Without it, as on the embedded AWS, requests may name any region and account.
    if embedded is None:
        environment["PLACE"] = Location(region=stack.region, account=stack.account).text()
    else:
        environment["FIREWORKS_URL"] = embedded.provider_url
        environment |= {f"{name.upper()}_SECONDS": str(value) for name, value in embedded.seconds.items()}
    return {**environment, "STATE_MACHINE_ARN": resources.state_machine_arn}


def check_environment(function: Function, configuration: Configuration) -> None:
    """Raises ConfigurationError, which names the context values to shorten, where Lambda would refuse it."""
    resolved = cdk.Stack.of(function).resolve(function.variables)
    variables = {name: with_room(value) for name, value in resolved.items()}
    size = size_of(variables)
    if size <= MAX_ENVIRONMENT_BYTES:
        return
    longest = sorted(variables, key=lambda name: len(variables[name]), reverse=True)[:3]
    raise ConfigurationError(
        f"the environment of {function.node.id} can have {size:,} bytes, and Lambda takes "
        f"{MAX_ENVIRONMENT_BYTES:,}; the longest variables are {', '.join(longest)}. "
        "Use fewer and shorter entries (`*`, prefixes) in "
        f"{', '.join(_long_context_values(configuration)) or 'the context values'}"
    )


def size_of(variables: dict[str, str]) -> int:
    """In bytes, as Lambda counts."""
    return len(json.dumps(variables, ensure_ascii=False).encode())


def with_room(value: Any) -> str:
    """A variable's value, with the longest text in place of what is only known at deployment."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(map(with_room, parts))
    return PSEUDO_PARAMETERS.get(value.get("Ref"), "x" * MAX_REFERENCE_CHARACTERS)


def _long_context_values(configuration: Configuration) -> list[str]:
    given = configuration.model_dump(mode="json", exclude_defaults=True, exclude={"embedded"})
    sizes = {name: len(json.dumps(value).encode()) for name, value in given.items()}
    names = sorted(sizes, key=lambda name: sizes[name], reverse=True)
    return [f"{PREFIX}{name} ({sizes[name]:,} bytes)" for name in names if sizes[name] >= MIN_BYTES_TO_NAME]
