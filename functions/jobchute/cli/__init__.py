"""The command-line tool `jobchute`; it is left out of the Lambda asset. `run` is the command."""

import sys
from importlib.util import find_spec

NEEDED = ("typer", "rich", "boto3", "jsonschema", "starlette", "uvicorn", "jinja2", "svg")
"""The packages of the extra `cli`; the Lambda functions do not have them."""


def run() -> None:
    """The installed command. Exit status 2 where the package was installed without its extra `cli`."""
    if any(find_spec(name) is None for name in NEEDED):
        sys.stderr.write("jobchute: required packages are missing; install them: pip install 'jobchute[cli]'\n")
        sys.exit(2)
    try:
        from jobchute.cli.main import app

        app()
    except KeyboardInterrupt:  # while it is imported, or ends
        sys.exit(130)
