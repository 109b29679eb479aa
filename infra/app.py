"""`cdk` starts here: python -m infra.app."""

import aws_cdk as cdk

from infra.asset import LAMBDA, LOCAL
from infra.configuration import Configuration
from infra.stack import JobchuteStack


def main() -> None:
    app = cdk.App()
    configuration = Configuration.from_context(app.node)
    asset = LAMBDA if configuration.embedded is None else LOCAL
    JobchuteStack(app, configuration.stack, configuration=configuration, asset=asset)
    app.synth()


if __name__ == "__main__":
    main()
