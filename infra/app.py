"""`cdk` starts here: python -m infra.app."""

import sys

import aws_cdk as cdk

from infra.asset import LAMBDA, LOCAL
from infra.configuration import Configuration, ConfigurationError
from infra.stack import JobchuteStack


def main() -> None:
    """Exit status 1 where a context value is wrong, with a line for each and without a traceback."""
    try:
        synthesize()
    except ConfigurationError as error:
        sys.exit("\n".join(error.args))


def synthesize() -> None:
    app = cdk.App()
    configuration = Configuration.from_context(app.node)
    asset = LAMBDA if configuration.embedded is None else LOCAL
    JobchuteStack(app, configuration.stack, configuration=configuration, asset=asset)
    app.synth()


if __name__ == "__main__":
    main()
