"""ARNs of the stack's own place, from the templates in the providers' specs."""

import aws_cdk as cdk


def arn_in(stack: cdk.Stack, template: str) -> str:
    """The stack's partition, region and account in place of `{partition}`, `{region}` and `{account}`."""
    return template.format(partition=stack.partition, region=stack.region, account=stack.account)
