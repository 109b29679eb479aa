"""Deploys the stack to the embedded AWS with the CDK's own command-line tool."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.asset import ROOT
from infra.configuration import PREFIX, Embedded
from infra.local.host import build_asset
from infra.local.processes import PRIVATE
from jobchute.job import Api

CDK = ROOT / "node_modules" / ".bin" / "cdk"
# Simulated jobs take seconds, so the waits are seconds too.
SECONDS = {
    "lease": 100,
    "settle": 5,
    "look": 2,
    "allowance": 600,
    "wait_limit": 3600,
    "regrowth": 5,
}
# And what an account allows in an hour fits into minutes.
POOLS = {str(api): {"limit": 200, "rate": 20} for api in Api}
STACK = "Jobchute"


def deploy(
    provider_url: str,
    event_source_prefix: str,
    state: Path,
    more: Mapping[str, str] | None = None,
    *,
    environment: Mapping[str, str],
    build: Callable[[], object] = build_asset,
) -> dict[str, str]:
    """Bootstrap and deploy. more: context values besides. environment: the CDK's whole one; it says which AWS.

    build: makes the functions' asset.

    Returns the stack's outputs.

    Raises SystemExit with the tool's words.
    """
    build()
    embedded = Embedded(provider_url=provider_url, event_source_prefix=event_source_prefix, seconds=SECONDS)
    context = {
        "embedded": embedded.model_dump_json(),
        "throwaway": "true",
        "pools": json.dumps(POOLS),
        **(more or {}),
    }
    options = [word for name, value in context.items() for word in ("-c", f"{PREFIX}{name}={value}")]
    output_file = state / "outputs.json"
    app = f"{shlex.quote(sys.executable)} -m infra.app"
    common = ["--app", app, "--build", "true", "--output", str(state / "cdk.out"), *options]
    if not (state / "bootstrapped").exists():
        _cdk("bootstrap", *common, environment=environment)
        (state / "bootstrapped").touch(mode=0o600)
    _cdk(
        "deploy",
        STACK,
        *common,
        "--require-approval",
        "never",
        "--outputs-file",
        str(output_file),
        "--method=direct",
        environment=environment,
    )
    outputs: dict[str, str] = json.loads(output_file.read_text())[STACK]
    return outputs


def _cdk(*arguments: str, environment: Mapping[str, str]) -> None:
    command = [str(CDK), *arguments, "--ci", "--progress", "events", "--no-notices", "--no-version-reporting"]
    own = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**environment, **own},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        umask=PRIVATE,
    )
    if done.returncode:
        words = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise SystemExit(f"cdk {arguments[0]} failed:\n{words}")
