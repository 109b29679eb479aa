"""Writes the counts that `jobchute cost --idle` prices, from the template of a deployment without context
values.

    make idle

A test fails when they are stale.
"""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import aws_cdk as cdk

import infra  # before anything imports jsii: it says which node that takes
from infra.configuration import Configuration
from infra.stack import JobchuteStack
from jobchute.cli.commands.cost import IDLE_COUNTS
from jobchute.cli.idle_cost import counts_of

assert infra


def main() -> None:
    IDLE_COUNTS.write_text(counted())


def counted() -> str:
    """The counts, as they stand in the file."""
    app = cdk.App(analytics_reporting=False)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "handler.py").touch()
        JobchuteStack(app, "Jobchute", configuration=Configuration(), asset=Path(folder))
        template = app.synth().get_stack_by_name("Jobchute").template
    return json.dumps(asdict(counts_of(template)), indent=2) + "\n"


if __name__ == "__main__":
    main()
