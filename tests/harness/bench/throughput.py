"""A burst of files through Jobchute, beside the same burst through empty functions on the same emulator.

    python -m tests.harness.bench.throughput [--files 1000] [--growth 10 100 1000]

Simulated jobs last no time, no pool has a limit, and nothing sweeps. Seconds run from the first upload to the
last end; latencies are those of the burst, so waiting for one's turn on this machine is in them. Growth shows
both pipelines at each size: what the emulator itself adds with size is in both, so the ratio is Jobchute's own.
The emulator answers from one process: its processor time for a job says how many jobs it could serve at best.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobchute.job import Api, State, job_id_for_key
from jobchute.ledger.items import JOB, from_dynamodb
from jobchute.providers.registry import SPECS
from tests.harness.bench import empty_pipeline
from tests.harness.bench.empty_pipeline import EmptyPipeline
from tests.harness.bench.place import Place, running
from tests.harness.bench.samples import document_of

UPLOADS_AT_ONCE = 8
MIN_RATIO_TO_EMPTY = 0.7
MAX_GROWTH = 1.1
POOLS = json.dumps({api: {"limit": 1000, "rate": 1000} for api in Api})
# Fireworks sends no events, so its jobs end when the reconciler polls them, which is no matter of throughput.
# Quantum tasks have no name by which they could be found.
APIS = [api for api, spec in SPECS.items() if spec.service and spec.name.member]
SECONDS_PER_FILE_AT_MOST = 3.0
SECONDS_BETWEEN_LOOKS = 0.2


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Latency":
        cuts = statistics.quantiles(seconds, n=100, method="inclusive")
        return cls(cuts[49], cuts[98])


@dataclass(frozen=True, slots=True)
class Burst:
    """Files a second of both pipelines, the emulator's processor seconds a file in both, and what Jobchute's
    jobs waited for."""

    files: int
    ours: float
    empty: float
    emulator_ours: float
    emulator_empty: float
    drop_to_create: Latency
    event_to_ledger: Latency

    @property
    def of_empty(self) -> float:
        return self.ours / self.empty

    @property
    def at_best(self) -> float:
        """Of the empty pipeline's rate, if functions took no time and the emulator's process never waited."""
        return 1 / self.emulator_ours / self.empty


@dataclass(frozen=True, slots=True)
class Done:
    """Seconds of each job."""

    drop_to_create: list[float]
    event_to_ledger: list[float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--growth", type=int, nargs="*", default=[], help="bursts of these sizes besides")
    options = parser.parse_args()
    print(HEAD)
    for burst in measure([*options.growth, options.files]):
        print(line(burst), flush=True)


def measure(sizes: list[int]) -> list[Burst]:
    with running(is_metered=False) as place:
        let_jobs_end_at_once(place)
        empty = empty_pipeline.build(place)
        _burst(place, empty, 4, "warm", before=0)
        done, bursts = 4, []
        for size in sizes:
            bursts.append(_burst(place, empty, size, f"{size}-{done}", before=done))
            done += size
        return bursts


def let_jobs_end_at_once(place: Place) -> None:
    """And let none wait for its turn."""
    place.set_environment({"JOBCHUTE_POOLS": POOLS})
    place.simulator("settings", {"queue_seconds": 0.0, "run_seconds": 0.0, "create_rate": {}})


def documents_of(run: str, files: int, apis: Sequence[Api] = APIS) -> dict[str, dict[str, Any]]:
    """By the names of their jobs."""
    names = [f"burst-{run}-{number}" for number in range(files)]
    return {name: document_of(apis[number % len(apis)], name) for number, name in enumerate(names)}


def run_jobs(place: Place, documents: Mapping[str, dict[str, Any]]) -> "Done":
    """Each in a file of its own, all at once, until all have succeeded."""
    dropped = _upload(lambda name: place.drop(f"{name}.json", documents[name]), list(documents))
    ids = {name: job_id_for_key(document["idempotencyKey"]) for name, document in documents.items()}
    patience = 60 + len(documents) * SECONDS_PER_FILE_AT_MOST
    ended = _wait_for_jobs(place, ids, patience=patience)
    at_provider = {job["name"]: job for job in place.simulator("jobs")["jobs"]}
    return Done(
        drop_to_create=[at_provider[name]["createdAt"] - dropped[name] for name in ended],
        event_to_ledger=[at - at_provider[name]["endedAt"] for name, at in ended.items()],
    )


def _burst(place: Place, empty: EmptyPipeline, files: int, run: str, *, before: int) -> Burst:
    documents = documents_of(run, files)

    before_empty, began = place.emulator_seconds(), time.monotonic()
    bodies = {name: json.dumps(document).encode() for name, document in documents.items()}
    _upload(lambda name: empty.drop(name, bodies[name]), list(documents))
    empty_pipeline.wait_for(empty, before + files, patience=60 + files * SECONDS_PER_FILE_AT_MOST)
    of_empty = time.monotonic() - began

    before_ours, began = place.emulator_seconds(), time.monotonic()
    done = run_jobs(place, documents)
    of_ours, after = time.monotonic() - began, place.emulator_seconds()

    return Burst(
        files=files,
        ours=files / of_ours,
        empty=files / of_empty,
        emulator_ours=(after - before_ours) / files,
        emulator_empty=(before_ours - before_empty) / files,
        drop_to_create=Latency.of(done.drop_to_create),
        event_to_ledger=Latency.of(done.event_to_ledger),
    )


def _upload(drop: Callable[[str], object], names: list[str]) -> dict[str, float]:
    """Returns when each upload began, in epoch seconds."""

    def upload(name: str) -> tuple[str, float]:
        began = time.time()
        drop(name)
        return name, began

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        return dict(pool.map(upload, names))


def _wait_for_jobs(place: Place, ids: Mapping[str, str], *, patience: float) -> dict[str, float]:
    """When the ledger knew of each job's end, by name.

    It reads one row after the other, in the order of the uploads, each until it has ended: to look at all rows
    again and again would take the emulator's time from the run.
    """
    end = time.monotonic() + patience
    jobs: dict[str, Mapping[str, Any]] = {}
    for name, job_id in ids.items():
        while not ((job := _job(place, job_id)) and State(job["state"]).is_final):
            if time.monotonic() > end:
                raise TimeoutError(f"{name} has not ended; {len(jobs)} of {len(ids)} jobs before it have")
            time.sleep(SECONDS_BETWEEN_LOOKS)
        jobs[name] = job
    if failed := [name for name, job in jobs.items() if job["state"] != State.SUCCEEDED]:
        raise RuntimeError(f"jobs did not succeed: {failed[:5]}")
    return {name: _ended_at(job) for name, job in jobs.items()}


def _job(place: Place, job_id: str) -> Mapping[str, Any] | None:
    """As it is stored, as another version's is read as well."""
    key = {"pk": {"S": job_id}, "sk": {"S": JOB}}
    found = place.client("dynamodb").get_item(TableName=place.deployment.table, Key=key, ConsistentRead=True)
    return from_dynamodb(found["Item"]) if "Item" in found else None


def _ended_at(job: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(job["history"][-1]["at"]).timestamp()


HEAD = (
    "files   ours/s  empty/s  ratio   drop → create p50    p99   event → ledger p50    p99  (seconds)"
    "   emulator's ms a file, empty   ratio at best"
)


def line(burst: Burst) -> str:
    create, ledger = burst.drop_to_create, burst.event_to_ledger
    return (
        f"{burst.files:5}   {burst.ours:6.2f}   {burst.empty:6.2f}  {burst.of_empty:5.2f}"
        f"   {create.p50:17.2f}  {create.p99:5.2f}   {ledger.p50:18.2f}  {ledger.p99:5.2f}           "
        f"   {1000 * burst.emulator_ours:19.1f}  {1000 * burst.emulator_empty:5.1f}   {burst.at_best:13.2f}"
    )


if __name__ == "__main__":
    main()
