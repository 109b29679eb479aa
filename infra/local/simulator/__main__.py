"""`python -m infra.local.simulator`: serve until SIGTERM or SIGINT."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .container_logs import CloudWatchLogs
from .errors import SettingsError
from .events import EventBridge
from .roles import Roles
from .settings import Settings
from .simulator import Simulator
from .storage import S3Storage

log = logging.getLogger("simulator")


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; see `settings.py` for what the settings mean."""
    default = Settings()
    parser = argparse.ArgumentParser(prog="python -m infra.local.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="write the port here once it listens")
    parser.add_argument("--events-endpoint", help="an EventBridge endpoint; without it no events are sent")
    parser.add_argument("--logs-endpoint", help="a CloudWatch Logs endpoint; without it no logs are written")
    parser.add_argument("--storage-endpoint", help="an S3 endpoint; without it nothing is read or written")
    parser.add_argument("--enforce", action="store_true", help="hold callers to their roles at that endpoint")
    parser.add_argument("--decisions", type=Path, help="write every such decision here, as lines of JSON")
    parser.add_argument("--event-bus", default=default.event_bus)
    parser.add_argument("--event-source-prefix", default=default.event_source_prefix)
    parser.add_argument("--region", default=default.region)
    parser.add_argument("--account", default=default.account)
    parser.add_argument("--queue-seconds", type=float, default=default.queue_seconds)
    parser.add_argument("--run-seconds", type=float, default=default.run_seconds)
    parser.add_argument("--stop-seconds", type=float, default=default.stop_seconds)
    parser.add_argument("--jitter", type=float, default=default.jitter, help="0.2: durations stray by 20 %%")
    parser.add_argument("--seed", type=int, help="makes ids and jitter the same at every start")
    parser.add_argument("--scenario", default=default.scenario, help="of jobs that ask for none")
    parser.add_argument("--refusals", type=int, default=default.refusals)
    parser.add_argument("--record-count", type=int, default=default.record_count)
    parser.add_argument("--log-lines", type=int, default=default.log_lines, help="of each instance")
    parser.add_argument(
        "--max-in-flight", action="append", default=[], metavar="API=N", help="braket:CreateJob=3"
    )
    parser.add_argument(
        "--create-rate", action="append", default=[], metavar="API=N/s", help="braket:CreateJob=1/s"
    )
    parser.add_argument("--fireworks-key", default=os.environ.get("SIMULATOR_FIREWORKS_KEY"))
    parser.add_argument("--log-level", default="INFO")
    return parser.parse_args(given)


def settings_of(options: argparse.Namespace) -> Settings:
    """Raises SettingsError."""
    return Settings(
        region=options.region,
        account=options.account,
        queue_seconds=options.queue_seconds,
        run_seconds=options.run_seconds,
        stop_seconds=options.stop_seconds,
        jitter=options.jitter,
        seed=options.seed,
        scenario=options.scenario,
        refusals=options.refusals,
        record_count=options.record_count,
        log_lines=options.log_lines,
        max_in_flight=_per_api(options.max_in_flight),
        create_rate=_per_api(options.create_rate),
        fireworks_key=options.fireworks_key,
        event_bus=options.event_bus,
        event_source_prefix=options.event_source_prefix,
    )


def main() -> int:
    """The exit status: 0 after a signal, 2 for settings that cannot be."""
    options = arguments()
    logging.basicConfig(
        level=options.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        settings = settings_of(options)
    except SettingsError as problem:
        log.error("%s", problem)
        return 2
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    _serve(options, settings, until=ended)
    return 0


def _serve(options: argparse.Namespace, settings: Settings, *, until: threading.Event) -> None:
    endpoint = options.events_endpoint
    send = EventBridge(endpoint=endpoint, region=settings.region) if endpoint else None
    logs = options.logs_endpoint
    write = CloudWatchLogs(endpoint=logs, region=settings.region) if logs else None
    roles = None
    if options.enforce:
        roles = Roles(endpoint=endpoint, region=settings.region, decisions=options.decisions)
    objects = options.storage_endpoint
    storage = S3Storage(endpoint=objects, region=settings.region) if objects else None
    simulator = Simulator(settings, send_events=send, write_logs=write, storage=storage, allows=roles)
    with simulator.serve(options.port) as url:
        log.info("listening on %s", url)
        if options.port_file:
            _write(options.port_file, url.rpartition(":")[2])
        until.wait()


def _write(path: Path, text: str) -> None:
    """Atomically, so that a reader never sees half a number."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    partial.replace(path)


def _per_api(pairs: Sequence[str]) -> dict[str, float]:
    """`["braket:CreateJob=3", "bedrock:…=0.5/s"]`."""
    limits = {}
    for pair in pairs:
        api, _, number = pair.partition("=")
        try:
            limits[api] = float(number.removesuffix("/s"))
        except ValueError as problem:
            raise SettingsError(f"'{pair}' is not of the form API=N") from problem
    return limits


if __name__ == "__main__":
    sys.exit(main())
