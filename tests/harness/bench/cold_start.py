"""Cold starts: a fresh process imports a function from the packaged asset and makes its first provider client.

    python -m tests.harness.bench.cold_start [--runs 11] [--function validate]

Beside it, in turn with it: the floor (plain Python, pydantic, one pruned botocore client per service that the
function calls) and the same handlers packaged the usual way (boto3 with all its data, the X-Ray tracer, byte
code made stale by the zip file's dates, in a folder that cannot be written to). What is compared is processor
time, which other programs on the machine disturb least; wall time is shown too.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra import asset
from jobchute.settings import AnnounceSettings, ReconcileFunctionSettings, ValidateSettings
from tests.harness.bench import usual_package

# What makes a function ready for its first job: its part of the composition root, and the providers that are
# measured as its first.
READY: dict[str, tuple[str, tuple[str | None, ...]]] = {
    "validate": ("intake", (None,)),
    "dispatch": ("submitter", ("braket", "bedrock", "sagemaker")),
    "observe": ("observer", ("sagemaker",)),
    "expire": ("expirer", ("sagemaker",)),
    "reconcile": ("reconciler", ("sagemaker",)),
    "announce": ("announcer", (None,)),
}
MAX_RATIO_TO_FLOOR, MAX_RATIO_TO_USUAL = 1.3, 0.25

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    **{name: "some-name" for name, is_required in ReconcileFunctionSettings.variables().items() if is_required},
    **{name: "some-name" for name, is_required in AnnounceSettings.variables().items() if is_required},
    **{name: "some-name" for name, is_required in ValidateSettings.variables().items() if is_required},
    "JOBCHUTE_GUARD_RAILS": "{}",
}

# Which services' clients a part makes.
ASK = """
import json, {function}
from jobchute.settings import EnvironmentReader
made = set()
class Clients:
    def client(self, service):
        made.add(service)
    provider_client = provider_reader = client
    def http(self): pass
{function}.runtime.compose(Clients(), EnvironmentReader()).{part}
print(json.dumps(sorted(made)))
"""
OURS = """
import {function}
parts = {function}.runtime.current()
parts.{part}
"""
FLOOR = """
from pydantic import BaseModel
from botocore.session import Session
session = Session()
for service in {services}:
    session.create_client(service)
"""
USUAL = """
import boto3
from aws_lambda_powertools import Tracer
tracer = Tracer(service="{function}")
import {function}
from jobchute.settings import EnvironmentReader
class Clients:
    def client(self, service):
        return boto3.client(service)
    provider_client = provider_reader = client
    def http(self): pass
parts = {function}.runtime.compose(Clients(), EnvironmentReader())
parts.{part}
"""


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds of one process: on the processor, and by the clock."""

    processor: float
    wall: float


@dataclass(frozen=True, slots=True)
class Row:
    """Medians of paired runs."""

    function: str
    provider: str | None
    ours: Start
    floor: Start
    usual: Start

    @property
    def of_floor(self) -> float:
        return self.ours.processor / self.floor.processor

    @property
    def of_usual(self) -> float:
        return self.ours.processor / self.usual.processor


def start(folder: Path, code: str) -> Start:
    """Run code in a fresh process that sees the standard library and one folder."""
    before = time.perf_counter()
    process = subprocess.Popen([*_interpreter(folder), code], env=ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"ended with {process.returncode}:\n{code}")
    return Start(usage.ru_utime + usage.ru_stime, wall)


def measure(*, runs: int, functions: Collection[str] = ()) -> Iterator[Row]:
    """Every provider as the first of one function, and of the others the one with the largest model.

    functions: these alone; none are all.
    """
    lean, usual = asset.build(is_local=True), usual_package.build()
    for function, (part, providers) in READY.items():
        if functions and function not in functions:
            continue
        services = tuple(json.loads(output(lean, ASK.format(function=function, part=part))))
        for provider in providers:
            yield _row(function, part, services, provider, lean, usual, runs)


def output(folder: Path, code: str) -> str:
    command = [*_interpreter(folder), code]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout


def _interpreter(folder: Path) -> list[str]:
    """-B: Lambda's folder cannot be written to. -I -S: nothing but the standard library is on the path."""
    first = f"import sys; sys.path.insert(0, {str(folder)!r}); exec(sys.argv[1])"
    return [sys.executable, "-B", "-I", "-S", "-c", first]


def _row(
    function: str,
    part: str,
    services: tuple[str, ...],
    provider: str | None,
    lean: Path,
    usual: Path,
    runs: int,
) -> Row:
    called = services if provider is None else (*services, provider)
    names = {"function": function, "part": part, "services": repr(called)}
    first = "" if provider is None else f'parts.clients.provider_client("{provider}")\n'
    ways = (
        (lean, OURS.format(**names) + first),
        (lean, FLOOR.format(**names)),
        (usual, USUAL.format(**names) + first),
    )
    for way in ways:
        start(*way)
    rounds = [[start(*way) for way in ways] for _ in range(runs)]
    ours, floor, other = (
        Start(
            statistics.median(way.processor for way in starts),
            statistics.median(way.wall for way in starts),
        )
        for starts in zip(*rounds, strict=True)
    )
    return Row(function, provider, ours, floor, other)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=11, help="paired runs; medians are shown")
    parser.add_argument("--function", choices=READY, action="append", default=[], help="this alone")
    options = parser.parse_args()
    print(HEAD)
    for row in measure(runs=options.runs, functions=options.function):
        print(line(row), flush=True)


HEAD = "function   provider   ours ms  floor ms  usual ms   of floor  of usual   wall: of floor  of usual"


def line(row: Row) -> str:
    milliseconds = "  ".join(f"{way.processor * 1e3:8.0f}" for way in (row.ours, row.floor, row.usual))
    walls = row.ours.wall / row.floor.wall, row.ours.wall / row.usual.wall
    return (
        f"{row.function:10} {row.provider or '':9} {milliseconds}   {row.of_floor:8.2f}"
        f"  {row.of_usual:8.2f}         {walls[0]:8.2f}  {walls[1]:8.2f}"
    )


if __name__ == "__main__":
    main()
