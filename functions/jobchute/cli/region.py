"""The region of the tool's calls."""

from collections.abc import MutableMapping


def prefer_aws_region(environment: MutableMapping[str, str]) -> None:
    """Let AWS_REGION take precedence, as in the AWS CLI and most SDKs (AWS SDKs and Tools Reference Guide, "AWS
    Region"); botocore reads AWS_DEFAULT_REGION only, and takes an empty value for a region.
    """
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if region:
        environment["AWS_DEFAULT_REGION"] = region
    else:
        environment.pop("AWS_DEFAULT_REGION", None)
