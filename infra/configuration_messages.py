"""Messages for context values that cannot be deployed: one line each, which says what is accepted. Pure."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from jobchute.requests.allowed import SIZES

MAX_SHOWN = 80
"""Characters of a wrong value."""
ALIKE = 0.75
"""From which similarity on a prefix is taken for a misspelt one (difflib: 0 to 1)."""
NO_SUCH = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
"""Of models, and of dataclasses."""

LIST_OF_PREFIXES = (
    """a JSON list of S3 prefixes without wildcards, such as '["s3://amzn-s3-demo-bucket/team/"]'"""
)
POSITIVE = "a whole number from 1 on, such as"
WANTED: Mapping[str, str] = {
    "stack": "a stack's name: a letter, then letters, digits and hyphens, at most 128; such as Jobchute-Test",
    "roles": """a JSON list of role ARNs, such as '["arn:aws:iam::123456789012:role/SageMakerRole"]'""",
    "inputs": LIST_OF_PREFIXES,
    "outputs": LIST_OF_PREFIXES,
    "instance_types": """a JSON list of SageMaker instance types, in which * stands for any text, or """
    """serverless; such as '["ml.m5.*", "ml.g5.xlarge"]'""",
    "devices": """a JSON list of Braket devices, in which * stands for any text; such as """
    """'["arn:aws:braket:::device/quantum-simulator/*", "local:*"]'""",
    "most_instances": f"{POSITIVE} 4",
    "longest_run_seconds": f"{POSITIVE} 86400",
    "required_labels": """a JSON list of label names, such as '["team"]'""",
    "images": """a JSON list of names, in which * stands for any text; such as """
    """'["123456789012.dkr.ecr.us-east-1.amazonaws.com/*"]'""",
    "models": """a JSON list of names, in which * stands for any text; such as '["anthropic.*"]'""",
    "destinations": """a JSON list of ARNs or names, in which * stands for any text; such as """
    """'["arn:aws:sagemaker:*:123456789012:model-package-group/*"]'""",
    "subnets": """a JSON list of subnet ids, such as '["subnet-0123456789abcdef0"]'""",
    "security_groups": """a JSON list of security group ids, such as '["sg-0123456789abcdef0"]'""",
    **{size.name: f"a whole number from {size.least} on, such as {size.example}" for size in SIZES},
    "max_jobs_per_file": f"{POSITIVE} 1000",
    "remote_debug": "true or false",
    "max_cost": "a number of US dollars above 0, such as 250",
    "allow_unknown_cost": "true or false",
    "max_attempts": f"{POSITIVE} 3",
    "budgets": """a JSON object with a label, amounts of US dollars a month by its values, and a default, """
    """such as '{"label": "team", "amounts": {"growth": 2000}, "default": 100}'""",
    "manifest_buckets": """a JSON list of bucket names, such as '["amzn-s3-demo-bucket"]'""",
    "buckets": """a JSON list of bucket names, such as '["amzn-s3-demo-bucket"]'""",
    "owners": """a JSON object of owners, named with lower-case letters, digits and hyphens, with the """
    """unique ids of principals, with buckets; such as '{"ada": {"principals": ["AROAEXAMPLEADA123456"]}}'""",
    "queues": """a JSON list of ARNs of standard queues, """
    """such as '["arn:aws:sqs:us-east-1:123456789012:orders"]'""",
    "retention_days": f"{POSITIVE} 365",
    "notify_email": "an e-mail address, such as team@example.com",
    "notify_topic_arn": "the ARN of a standard SNS topic, such as arn:aws:sns:us-east-1:123456789012:ended",
    "alarm_topic_arn": "the ARN of a standard SNS topic, such as arn:aws:sns:us-east-1:123456789012:alarms",
    "pools": """a JSON object of limits (0 to 1000) and rates (above 0, to 1000) by pool, such as """
    """'{"braket:CreateJob": {"limit": 6, "rate": 1}}'""",
    "fair_by": "the name of a label, such as team",
    "job_role_buckets": """a JSON list of bucket names, such as '["amzn-s3-demo-bucket"]'""",
    "kms_key": "new, or a key's ARN (no alias), such as "
    "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
    "throwaway": "true or false",
    "embedded": "set by the embedded AWS alone; leave it out",
}


def explained(errors: Iterable[ErrorDetails], prefix: str) -> Iterator[str]:
    """One line for each value that is wrong; where a value may have several forms, all of them failed."""
    reported: set[str] = set()
    for error in errors:
        name, *inner = map(str, error["loc"])
        place = prefix + name + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in inner)
        if error["type"] in NO_SUCH:
            yield _no_such(place, name, inner, prefix)
        elif name not in reported or name not in ONE_VALUE:
            reported.add(name)
            yield f"{prefix + name if name in ONE_VALUE else place}: {_wrong(name, error)}"


def misspelt(context: Iterable[str], prefix: str) -> Iterator[str]:
    """One line for each name of the context that was meant to be read and is not: `-c jobchut:roles=…`."""
    for key in context:
        name = _meant(key, prefix)
        if name is not None:
            yield f"{key}: context values begin with {prefix!r}; did you mean {prefix}{name}?"


ONE_VALUE = frozenset({"kms_key"})
"""Values that may have one of several forms; pydantic reports each form in which they are wrong."""


def _wrong(name: str, error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return f"{error['msg'].removeprefix('Value error, ')}; it takes {WANTED[name]}"
    return f"{_shown(error['input'])} does not do; it takes {WANTED[name]}"


def _no_such(place: str, name: str, inner: list[str], prefix: str) -> str:
    if inner:
        return f"{place}: there is no such member; it takes {WANTED[name]}"
    alike = difflib.get_close_matches(name, WANTED, n=3, cutoff=0.5)
    if alike:
        return f"{place}: there is no such value; did you mean {' or '.join(prefix + each for each in alike)}?"
    return f"{place}: there is no such value; there are {', '.join(WANTED)}"


def _meant(key: str, prefix: str) -> str | None:
    """The name of the value that a key without the prefix stands for; None for a key of something else."""
    if key.startswith(prefix):
        return None
    if key in WANTED:
        return key
    names = (name for name in sorted(WANTED, key=len, reverse=True) if key.lower().endswith(name))
    name = next(names, None)
    if name is None:
        return None
    before = key[: -len(name)].lower().strip(":._-/ ")
    is_alike = difflib.SequenceMatcher(None, before, prefix.strip(":")).ratio() >= ALIKE
    return name if is_alike else None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
