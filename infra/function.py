"""The one way a function is made: its defaults, and its environment held against its settings."""

from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.asset import PYTHON_VERSION
from jobchute.settings import Settings

RUNTIME = lambda_.Runtime(f"python{PYTHON_VERSION}", lambda_.RuntimeFamily.PYTHON)
LOG_RETENTION = logs.RetentionDays.THREE_MONTHS


class Function(lambda_.Function):
    """A handler of `functions/`, named by its module.

    settings: what the handler reads from its environment. Raises ValueError at synthesis for a variable that is
    missing or that nobody reads.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        module: str,
        asset: Path,
        settings: type[Settings],
        environment: Mapping[str, str],
        timeout: cdk.Duration,
    ) -> None:
        variables = settings.variables()
        given = {f"JOBCHUTE_{name}": value for name, value in environment.items()}
        missing = {name for name, is_required in variables.items() if is_required} - given.keys()
        if missing:
            raise ValueError(f"{module} lacks {sorted(missing)} in its environment")
        name = module.capitalize()
        super().__init__(
            scope,
            name,
            code=lambda_.Code.from_asset(str(asset)),
            handler=f"{module}.handler",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=512,
            timeout=timeout,
            tracing=lambda_.Tracing.ACTIVE,
            environment={key: value for key, value in given.items() if key in variables},
            log_group=logs.LogGroup(
                scope, f"{name}Log", retention=LOG_RETENTION, removal_policy=cdk.RemovalPolicy.DESTROY
            ),
        )
