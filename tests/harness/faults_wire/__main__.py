"""python -m tests.harness.faults_wire --jobs 500 --seed 1

Exits 1 if anything was lost, doubled, orphaned or stuck.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local import embedded
from tests.harness.at_once import feed_many_at_once
from tests.harness.faults_wire.faults import Fault, Plan
from tests.harness.faults_wire.functions import point_functions, warm_up
from tests.harness.faults_wire.invariants import Seen, Violation, counted, job_id_at, violations
from tests.harness.faults_wire.killing import Killer
from tests.harness.faults_wire.proxy import Proxy
from tests.harness.faults_wire.traffic import traffic
from tests.harness.faults_wire.world import Sent, World

MAX_SHOWN = 40
FEW = 5
QUIET_LOOKS = 2


@dataclass(slots=True)
class Run:
    """One run: what it did and what it met."""

    options: argparse.Namespace
    world: World
    plan: Plan
    killer: Killer
    proxies: tuple[Proxy, Proxy]
    sent: list[Sent] = field(default_factory=list)
    redriven: int = 0
    unknown_dead: int = 0
    submitted_under_faults: int = 0
    drops: int = 0


def main() -> int:
    options = _options()
    # Whoever ends this early ends what it started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begin = time.monotonic()
    with _running(options) as run:
        told = run.world.listen()
        _send_all(run)
        _say(f"traffic over after {time.monotonic() - begin:.0f} s")
        _linger(run)
        run.submitted_under_faults = sum(job.provider_id is not None for job in run.world.jobs().values())
        run.plan.stop()
        _say(f"faults stop after {time.monotonic() - begin:.0f} s")
        _settle(run, told)
        _redrive(run)
        seen, found = _settle(run, told)
        return _report(run, seen, found, time.monotonic() - begin)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.harness.faults_wire", description=__doc__)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.1, help="the part of the calls that break")
    parser.add_argument("--per-second", type=float, default=5.0, help="requests")
    parser.add_argument("--linger", type=float, default=120.0, help="seconds of faults after the traffic")
    parser.add_argument("--most-killed", type=int, default=200, help="Lambda processes")
    parser.add_argument("--patience", type=float, default=240.0, help="seconds to settle, twice")
    parser.add_argument("--keep", action="store_true", help="leave the embedded AWS's files and logs")
    return parser.parse_args()


@contextmanager
def _running(options: argparse.Namespace) -> Iterator[Run]:
    before = dict(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="jobchute-faults-"))
    state = folder / "embedded"
    proxies: list[Proxy] = []
    try:
        deployment = embedded.up(state)
        deployment.enter()
        plan = Plan(options.seed, options.rate)
        killer = Killer(deployment.pids["ministack"], most=options.most_killed, pause=2.0)
        for url in (deployment.aws_url, deployment.provider_url):
            proxies.append(Proxy(url, plan, killer.kill))
        world = World(deployment)
        point_functions(world.client("lambda"), aws_url=proxies[0].url, provider_url=proxies[1].url)
        world.shorten_queues()
        feed_many_at_once(world.client("lambda"))
        warm_up(world.client("lambda"))
        world.simulator("settings", {"run_seconds": 3.0, "jitter": 0.5})
        yield Run(options, world, plan, killer, (proxies[0], proxies[1]))
    finally:
        if options.keep:
            for log in state.glob("*.log"):
                shutil.copy(log, folder)
            _say(f"logs in {folder}")
        embedded.down(state)
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        for proxy in proxies:
            proxy.stop()
        os.environ.clear()
        os.environ.update(before)


def _send_all(run: Run) -> None:
    options = run.options
    name = f"{int(time.time()):x}"
    drops = traffic(jobs=options.jobs, seed=options.seed, run=name, seconds=options.jobs / options.per_second)
    begin = time.monotonic()
    for number, drop in enumerate(drops):
        time.sleep(max(0.0, begin + drop.at - time.monotonic()))
        run.sent += run.world.send(drop, number)
    run.drops = len(drops)


def _linger(run: Run) -> None:
    """Faults go on until what was sent is taken in, and the jobs are under way."""
    end = time.monotonic() + run.options.linger
    while time.monotonic() < end and (run.world.waiting() or run.world.is_submitting()):
        time.sleep(2)


def _settle(run: Run, told: str) -> tuple[Seen, list[Violation]]:
    """Until nothing moves and nothing is wrong at two looks, or patience is over; the last look counts."""
    begin, quiet = time.monotonic(), 0
    end = begin + run.options.patience
    while True:
        run.world.hear(told)
        seen = _look(run)
        is_at_rest = _is_at_rest(run)
        found = violations(seen)
        quiet = quiet + 1 if is_at_rest and not found else 0
        if quiet == QUIET_LOOKS or time.monotonic() > end:
            return seen, found
        _say(f"{time.monotonic() - begin:.0f} s: not yet as it should be: {counted(found)}")
        for violation in found if len(found) <= FEW else ():
            _say(f"  {violation.kind}: {violation.about}: {violation.what}")
        time.sleep(4)


def _is_at_rest(run: Run) -> bool:
    """Nothing is on its way, and the ledger knows of every dead letter."""
    if run.world.waiting() or run.world.unknown_dead():
        return False
    return all(proxy.is_quiet for proxy in run.proxies)


def _look(run: Run) -> Seen:
    world = run.world
    rows = world.dead_letters().rows.all()
    return Seen(
        sent=run.sent,
        statuses=world.statuses({sent.status_key for sent in run.sent}),
        jobs=world.jobs(),
        at_provider=world.simulator("jobs")["jobs"],
        executions=world.executions(),
        told=world.told,
        dead=frozenset(about.partition("?")[0] for row in rows for about in row.about),
    )


def _redrive(run: Run) -> None:
    """Once; by then the ledger must know of every dead letter."""
    run.unknown_dead = run.world.unknown_dead()
    run.redriven = run.world.redrive(patience=60)


def _report(run: Run, seen: Seen, found: list[Violation], seconds: float) -> int:
    creates = Counter(job_id_at(job, seen.jobs) for job in seen.at_provider)
    calls: dict[str, int] = run.world.simulator("calls")["calls"]
    create_calls = sum(count for name, count in calls.items() if "Create" in name)
    states = Counter(str(job.state) for job in seen.jobs.values())
    per_fault = Counter[Fault]()
    for (_, fault), count in run.plan.injected.items():
        per_fault[fault] += count
    figures: list[tuple[str, Any]] = [
        ("seed", run.options.seed),
        ("documents", f"{len(run.sent)} in {run.drops} files and messages"),
        ("jobs in the ledger", sum(count for state, count in states.items() if state != "REJECTED")),
        *sorted(states.items()),
        ("jobs at their providers", len(seen.at_provider)),
        ("create calls per job there", f"{create_calls / max(1, len(creates)):.2f}"),
        ("jobs there before the faults stopped", run.submitted_under_faults),
        ("calls through the proxy", run.plan.calls.total()),
        ("  of them while calls were broken", run.plan.exposed),
        ("faults injected", sum(per_fault.values())),
        *((f"  {fault}", per_fault[fault]) for fault in Fault),
        ("Lambda processes killed", len(run.killer.killed)),
        ("dead letters redriven", run.redriven),
        ("dead letters unknown to the ledger", run.unknown_dead),
        *counted(found).items(),
        ("seconds", f"{seconds:.0f}"),
    ]
    for name, value in figures:
        _tell(f"{name:<40}{value}")
    for violation in found[:MAX_SHOWN]:
        _tell(f"{violation.kind}: {violation.about}: {violation.what}")
    return 1 if found or run.unknown_dead else 0


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)  # noqa: T201


_tell: Callable[[str], None] = print


if __name__ == "__main__":
    sys.exit(main())
