"""python -m tests.harness.queue_run: requests dropped at once on a pool with few slots and one create a second.

Exits 1 if any did not succeed, if the provider ever had more than the pool's limit, if more than 1.2 create
calls a job were made, or if the pool was idle for longer than 5 seconds: it had a place, jobs waited, and none
was created. How long no job at all was in flight is told besides.
"""

import json
import time
import urllib.request
from typing import Annotated, Any

import boto3
import typer

from infra.local import embedded
from jobchute.job import Api, State
from jobchute.ledger.jobs import Ledger
from jobchute.pools.limits import Limits
from tests.harness.faults.documents import document_of
from tests.harness.queue_run.figures import figures_of
from tests.harness.queue_run.stage import deployed

API = Api.BRAKET_JOB
MAX_CREATES = 1.2
MAX_IDLE_SECONDS = 5.0
WARM_UPS = 3


def main(
    *,
    jobs: Annotated[int, typer.Option(help="requests dropped at once")] = 200,
    limit: Annotated[int, typer.Option(help="jobs in flight")] = 3,
    rate: Annotated[float, typer.Option(help="create calls a second")] = 1.0,
    patience: Annotated[float, typer.Option(help="seconds for all of them")] = 1800,
) -> None:
    with deployed(API, Limits(limit=limit, rate=rate)) as deployment:
        raise typer.Exit(_run(deployment, jobs, limit, rate, patience))


def _run(deployment: embedded.Deployment, count: int, limit: int, rate: float, patience: float) -> bool:
    _simulator(deployment, "settings", {"max_in_flight": {API: limit}, "create_rate": {API: rate}})
    s3, ledger = boto3.client("s3"), Ledger(boto3.client("dynamodb"), deployment.table, 0)
    _warm_up(deployment, s3, ledger, patience)
    for number in range(count):
        body = json.dumps(document_of(API, number)).encode()
        s3.put_object(Bucket=deployment.bucket, Key=f"requests/{number}.json", Body=body)
    states = _wait(ledger, WARM_UPS + count, patience)
    return _report(deployment, states, count, limit)


def _warm_up(deployment: embedded.Deployment, s3: Any, ledger: Ledger, patience: float) -> None:
    """Jobs before those that count: what the emulator takes to start its processes is no matter of queues."""
    for number in range(WARM_UPS):
        body = json.dumps(document_of(API, 10**6 + number)).encode()
        s3.put_object(Bucket=deployment.bucket, Key=f"requests/warm-{number}.json", Body=body)
    _wait(ledger, WARM_UPS, patience)


def _wait(ledger: Ledger, count: int, patience: float) -> dict[str, int]:
    """How many jobs are in each state, once all are in the last one."""
    end = time.monotonic() + patience
    states: dict[str, int] = {}
    while time.monotonic() < end and states.get(State.SUCCEEDED, 0) < count:
        time.sleep(5)
        states = {state: sum(1 for _ in ledger.queries.by_state(state)) for state in State}
        typer.echo(", ".join(f"{number} {state}" for state, number in states.items() if number))
    return states


def _report(deployment: embedded.Deployment, states: dict[str, int], count: int, limit: int) -> bool:
    made = sorted(_simulator(deployment, f"jobs?api={API}")["jobs"], key=lambda job: job["history"][0]["at"])
    made = made[WARM_UPS:]
    calls = _simulator(deployment, "calls")
    figures = figures_of(made, limit=limit)
    creates = calls["calls"].get(API, 0) - WARM_UPS
    succeeded = states.get(State.SUCCEEDED, 0) - WARM_UPS
    typer.echo(f"succeeded        {succeeded} of {count}")
    typer.echo(f"most in flight   {figures.most_in_flight} of {limit}")
    typer.echo(f"creates a job    {creates / count:.2f} ({creates}; refused: {calls['errors']})")
    typer.echo(f"longest empty    {figures.longest_empty:.1f} s")
    typer.echo(f"longest idle     {figures.longest_idle:.1f} s, {figures.idle_from:.0f} s after the first")
    typer.echo(f"from first to last {figures.seconds:.0f} s")
    is_good = succeeded == count == figures.jobs and figures.most_in_flight <= limit
    return not (is_good and creates <= MAX_CREATES * count and figures.longest_idle <= MAX_IDLE_SECONDS)


def _simulator(deployment: embedded.Deployment, path: str, body: object = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{deployment.provider_url}/_simulator/{path}",
        data=data,
        method="GET" if data is None else "POST",
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


if __name__ == "__main__":
    typer.run(main)
