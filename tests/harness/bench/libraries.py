"""What a library would cost at each cold start that could replace a module of this package.

    python -m tests.harness.bench.libraries [--runs 11] [--function observe]

Compared is processor time, in turns, as in cold_start: the function as it is, and the same function after an
import of the library. CONTRIBUTING.md lists the figures and what was decided.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import aws_lambda_powertools
import boto3
import s3transfer

from infra import asset
from tests.harness.bench.cold_start import ASK, FLOOR, OURS, READY, output, start

FOLDER = asset.BUILD / "lambda-libraries"
IMPORTS: Mapping[str, str] = {
    "as it is": "",
    "batch processor": "from aws_lambda_powertools.utilities.batch import BatchProcessor",
    "metrics": "from aws_lambda_powertools.metrics import EphemeralMetrics; EphemeralMetrics(namespace='a')",
    "parameters": "from aws_lambda_powertools.utilities.parameters import SecretsProvider",
    "SQS event": "from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSEvent",
    "type serializer": "from boto3.dynamodb.types import TypeDeserializer, TypeSerializer",
}


def with_libraries() -> Path:
    """A copy of this machine's asset that has the libraries, compiled as the asset is."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(asset.build(is_local=True), FOLDER)
    for package in (aws_lambda_powertools, boto3, s3transfer):
        source = Path(package.__file__ or "").parent
        shutil.copytree(source, FOLDER / source.name, dirs_exist_ok=True)
    options = ["-q", "-f", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([sys.executable, "-m", "compileall", *options, str(FOLDER)], check=True)
    return FOLDER


def measure(function: str, folder: Path, runs: int) -> Mapping[str, float]:
    """Milliseconds of processor time, medians; `floor` is among them."""
    part, providers = READY[function]
    services = tuple(json.loads(output(folder, ASK.format(function=function, part=part))))
    called = [*services, *(name for name in providers[-1:] if name)]
    ready = OURS.format(function=function, part=part)
    ways = {"floor": FLOOR.format(services=called)} | {
        name: f"{statement}\n{ready}" for name, statement in IMPORTS.items()
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, code in ways.items():
            taken[name].append(start(folder, code).processor)
    return {name: 1000 * statistics.median(seconds) for name, seconds in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=11, help="paired runs; medians are shown")
    parser.add_argument("--function", choices=READY, action="append", default=[], help="this alone")
    options = parser.parse_args()
    folder = with_libraries()
    for function in options.function or ("validate", "observe"):
        taken = measure(function, folder, options.runs)
        for name, milliseconds in taken.items():
            ratio = milliseconds / taken["floor"]
            print(f"{function:9} {name:16} {milliseconds:5.0f} ms  {ratio:5.2f}", flush=True)


if __name__ == "__main__":
    main()
