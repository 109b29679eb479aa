"""The secret of the Fireworks account. Its value is not read."""

from collections.abc import Iterator

from jobchute.cli.doctor.findings import Finding, bad, good
from jobchute.cli.stack import outputs_of, stack_name
from jobchute.runtime import client

HOW = "aws secretsmanager put-secret-value --secret-id {arn} --secret-string file://FILE"


def secret(name: str | None) -> Iterator[Finding]:
    """Whether an API key was stored since the stack made the secret."""
    arn = outputs_of(stack_name(name)).get("FireworksSecretArn")
    if arn is None:
        yield bad("secret", "the stack has no output FireworksSecretArn", "deploy it again")
        return
    described = client("secretsmanager").describe_secret(SecretId=arn)
    if "DeletedDate" in described:
        advice = f"restore it: aws secretsmanager restore-secret --secret-id {arn}"
        yield bad("secret", "the Fireworks secret is being deleted", advice)
        return
    stages = {stage for stages in described.get("VersionIdsToStages", {}).values() for stage in stages}
    if "AWSPREVIOUS" in stages:
        yield good("secret", "a value was stored in the Fireworks secret")
    else:
        yield good("secret", f"still as it was deployed; only Fireworks jobs need it: {HOW.format(arn=arn)}")
