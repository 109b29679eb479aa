"""The same burst through this checkout and through another one, the commit before, in turns.

    python -m tests.harness.bench.beside CHECKOUT [--files 1000] [--rounds 2] [--lone 9]

Both are deployed, each on an embedded AWS of its own, which does nothing while the other has its turn. `make
install` must have been run in the other checkout. Simulated jobs last no time, and no pool has a limit.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local import embedded
from jobchute.job import Api
from tests.harness.bench.place import Place
from tests.harness.bench.throughput import APIS, documents_of, let_jobs_end_at_once, run_jobs
from tests.paths import ROOT

MIN_RATIO_OF_JOBS = 1.25
MAX_RATIO_OF_LATENCY = 1.0
ROUNDS, LONE = 2, 9
WARM = 4
UP = """
import sys
from pathlib import Path
from infra.local import embedded, processes
processes.stop(embedded.up(Path(sys.argv[1])).pids["clock"])
"""
DOWN = """
import sys
from pathlib import Path
from infra.local import embedded
embedded.down(Path(sys.argv[1]))
"""
KNOWN = """
from jobchute.job import Api
print(*Api)
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """rates: jobs a second of each burst. seconds: from drop to create call, of each lone job."""

    files: int
    rates: Mapping[str, list[float]]
    seconds: Mapping[str, list[float]]

    @property
    def of_jobs(self) -> float:
        return statistics.mean(self.rates["now"]) / statistics.mean(self.rates["before"])

    @property
    def of_latency(self) -> float:
        return statistics.median(self.seconds["now"]) / statistics.median(self.seconds["before"])


def compare(checkout: Path, *, files: int, rounds: int = ROUNDS, lone: int = LONE) -> Comparison:
    """The jobs are of the APIs that both know.

    In each round the two change places, as the machine's speed changes.
    """
    known = _known_by(checkout)
    apis = [api for api in APIS if api in known]
    with ExitStack() as stack:
        places = {
            "now": stack.enter_context(deployed(ROOT)),
            "before": stack.enter_context(deployed(checkout.resolve())),
        }
        for place in places.values():
            _enter(place)
            place.find_functions()
            let_jobs_end_at_once(place)
            run_jobs(place, documents_of("warm", WARM, apis))
        rates: dict[str, list[float]] = {"now": [], "before": []}
        seconds: dict[str, list[float]] = {"now": [], "before": []}
        for number, name in enumerate(_turns(list(places), lone)):
            seconds[name] += _run(places[name], f"lone-{number}", 1, apis)[1]
        for number, name in enumerate(_turns(list(places), rounds)):
            rates[name].append(_run(places[name], f"burst-{number}", files, apis)[0])
        return Comparison(files, rates, seconds)


def _turns(names: list[str], rounds: int) -> Iterator[str]:
    for number in range(rounds):
        yield from names if number % 2 else reversed(names)


def _run(place: Place, run: str, files: int, apis: Sequence[Api]) -> tuple[float, list[float]]:
    """Jobs a second, and of each the seconds from drop to create call."""
    _enter(place)
    began = time.monotonic()
    done = run_jobs(place, documents_of(run, files, apis))
    return files / (time.monotonic() - began), done.drop_to_create


def _enter(place: Place) -> None:
    for name in [name for name in os.environ if name.startswith(embedded.OF_A_STACK)]:
        del os.environ[name]
    place.deployment.enter()


@contextmanager
def deployed(checkout: Path) -> Iterator[Place]:
    """By the checkout's own code, without the clock that sweeps; ended afterwards."""
    before = dict(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="jobchute-beside-"))
    state = folder / "state"
    try:
        _python(checkout, UP, state)
        deployment = embedded.current(state)
        assert deployment is not None
        yield Place(deployment)
    finally:
        os.environ.clear()
        os.environ.update(before)
        _python(checkout, DOWN, state)
        shutil.rmtree(folder, ignore_errors=True)


def _known_by(checkout: Path) -> list[str]:
    """The APIs that a checkout can submit to."""
    return _python(checkout, KNOWN, capture_output=True).stdout.decode().split()


def _python(
    checkout: Path, program: str, *arguments: Path, capture_output: bool = False
) -> "subprocess.CompletedProcess[bytes]":
    """Run it with the checkout's own interpreter and modules."""
    path = os.pathsep.join(map(str, (checkout, checkout / "functions")))
    return subprocess.run(
        [checkout / ".venv" / "bin" / "python", "-c", program, *arguments],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": path},
        check=True,
        capture_output=capture_output,
    )


def report(found: Comparison) -> Iterator[str]:
    for name in ("before", "now"):
        rates = ", ".join(f"{rate:.2f}" for rate in found.rates[name])
        median = statistics.median(found.seconds[name])
        yield f"{name:7} jobs/s of {found.files} files: {rates}; a lone job's drop to create: {median:.2f} s"
    yield f"jobs a second: {found.of_jobs:.2f} of those before; a lone job's latency: {found.of_latency:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--lone", type=int, default=LONE)
    options = parser.parse_args()
    found = compare(options.checkout, files=options.files, rounds=options.rounds, lone=options.lone)
    print("\n".join(report(found)))


if __name__ == "__main__":
    main()
