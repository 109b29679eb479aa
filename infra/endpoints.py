"""Where botocore finds the providers' services, on the embedded AWS."""

from jobchute.providers.registry import SPECS

SERVICES = tuple(dict.fromkeys(spec.service for spec in SPECS.values() if spec.service))
"""The AWS services that jobs are submitted to, by botocore's names."""

OTHERS = ("pricing",)
"""Further services that the simulator answers for, and that no function calls."""


def endpoint_variables(url: str) -> dict[str, str]:
    """The environment variables that point clients of these services to `url`.

    Source: AWS SDKs and tools reference guide, "Service-specific endpoints".
    """
    return {f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}": url for service in (*SERVICES, *OTHERS)}
