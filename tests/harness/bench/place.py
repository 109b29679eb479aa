"""An embedded AWS for a benchmark: with the stack, its functions behind a meter, and no clock that sweeps."""

import json
import os
import re
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from infra.endpoints import endpoint_variables
from infra.local import embedded, processes
from tests.harness.bench.meter import Log, Meter

REPORT = re.compile(r"^REPORT .*\tDuration: ([\d.]+) ms")
CONFIG = Config(
    read_timeout=120, max_pool_connections=50, retries={"mode": "standard", "total_max_attempts": 5}
)


@dataclass(slots=True)
class Place:
    deployment: embedded.Deployment
    log: Log = field(default_factory=Log)
    functions: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)
    sweeps: list[tuple[float, float]] = field(default_factory=list)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = boto3.client(service, config=CONFIG)  # type: ignore[call-overload]
        return self.clients[service]

    def find_functions(self) -> None:
        """Names of the deployed functions by handler."""
        for page in self.client("lambda").get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                if "JOBCHUTE_TABLE" in function.get("Environment", {}).get("Variables", {}):
                    self.functions[function["Handler"].removesuffix(".handler")] = function["FunctionName"]

    def set_environment(self, variables: dict[str, str]) -> None:
        """Over what each function has. A function's own name tells the meter whose a call is."""
        for handler, name in self.functions.items():
            known = self.client("lambda").get_function_configuration(FunctionName=name)
            environment = known["Environment"]["Variables"] | {"AWS_SDK_UA_APP_ID": handler} | variables
            self.client("lambda").update_function_configuration(
                FunctionName=name, Environment={"Variables": environment}
            )
            self.client("lambda").get_waiter("function_updated_v2").wait(
                FunctionName=name, WaiterConfig={"Delay": 1}
            )

    def simulator(self, what: str, change: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if change is None else json.dumps(change).encode()
        url = f"{self.deployment.provider_url}/_simulator/{what}"
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def emulator_seconds(self) -> float:
        """Processor time that the emulator's process has taken so far, without those that run functions."""
        guard = self.deployment.pids["ministack"]
        emulator = Path(f"/proc/{guard}/task/{guard}/children").read_text().split()[0]
        user, system = Path(f"/proc/{emulator}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def sweep(self) -> None:
        began = time.time()
        self.client("lambda").invoke(FunctionName=self.functions["reconcile"])
        self.sweeps.append((began, time.time()))

    def useful_sweeps(self, since: float) -> list[float]:
        """Milliseconds of those that wrote something."""
        writes = [
            call.at for call in self.log.since(since) if call.function == "reconcile" and call.write.table
        ]
        return [1000 * (end - begin) for begin, end in self.sweeps if any(begin <= at <= end for at in writes)]

    def drop(self, path: str, document: object) -> str:
        """Upload a document. Returns where its status document will be."""
        body = json.dumps(document).encode()
        self.client("s3").put_object(Bucket=self.deployment.bucket, Key=f"requests/{path}", Body=body)
        return f"status/{path}.json"

    def status(self, key: str) -> dict[str, Any] | None:
        s3 = self.client("s3")
        try:
            found: dict[str, Any] = json.loads(
                s3.get_object(Bucket=self.deployment.bucket, Key=key)["Body"].read()
            )
        except s3.exceptions.NoSuchKey:
            return None
        return found

    def invocations(self, since: float) -> dict[str, list[float]]:
        """Of each function, the milliseconds of its invocations that have ended since; Lambda's own reports."""
        return {handler: list(self._reports(name, since)) for handler, name in self.functions.items()}

    def _reports(self, function: str, since: float) -> Iterator[float]:
        configuration = self.client("lambda").get_function_configuration(FunctionName=function)
        pages = self.client("logs").get_paginator("filter_log_events")
        options = {"filterPattern": "REPORT", "startTime": int(since * 1000)}
        for page in pages.paginate(logGroupName=configuration["LoggingConfig"]["LogGroup"], **options):
            for event in page["events"]:
                found = REPORT.search(event["message"])
                if found and event["timestamp"] >= since * 1000:
                    yield float(found[1])


@contextmanager
def running(*, is_metered: bool) -> Iterator[Place]:
    """Started, deployed, and ended with what it started."""
    before = dict(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="jobchute-bench-"))
    meters: list[Meter] = []
    try:
        deployment = embedded.up(folder / "state")
        deployment.enter()
        processes.stop(deployment.pids["clock"])
        place = Place(deployment)
        place.find_functions()
        if is_metered:
            meters = [Meter(url, place.log) for url in (deployment.aws_url, deployment.provider_url)]
            aws, provider = (meter.url for meter in meters)
            services = endpoint_variables(provider)
            place.set_environment({"AWS_ENDPOINT_URL": aws, "JOBCHUTE_FIREWORKS_URL": provider, **services})
        yield place
    finally:
        embedded.down(folder / "state")
        for meter in meters:
            meter.stop()
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.clear()
        os.environ.update(before)


def wait_for_rest(place: Place, *, quiet: float = 2.0, patience: float = 60.0) -> None:
    """Until the functions have made no call for a while, sweeps apart."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        latest = max((call.at for call in place.log.calls if call.function != "reconcile"), default=0.0)
        if time.time() - latest > quiet:
            return
        time.sleep(0.2)
    raise TimeoutError(f"the functions are still at work after {patience} s")
