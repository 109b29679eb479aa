"""What a job costs the functions does not grow with how many there are; and growth would be seen."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.reconcile import Reconciler
from tests.harness.bench.growth import MAX_GROWTH, Stopwatch, WatchedWire, line, measure

pytestmark = pytest.mark.slow

FEW, MANY = 100, 500
"""More than may be in flight, so that most of them wait: a job that waits takes more calls."""
FAR = 1e12


def test_calls_do_not_grow_with_five_times_as_many_jobs() -> None:
    (growth,) = measure(FEW, [MANY])
    assert growth.of_calls < MAX_GROWTH
    assert growth.of_time < 2
    assert growth.many.sweep_calls < MAX_GROWTH * growth.few.sweep_calls
    assert line(growth).split()[0] == str(FEW)


@pytest.mark.parametrize(
    ("owner", "name", "seen"), [(Ledger, "add", "calls"), (Reconciler, "reconcile", "sweep_calls")]
)
def test_looking_at_all_open_jobs_is_seen(
    owner: type, name: str, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain: Callable[..., Any] = getattr(owner, name)

    def looking_around(self: Any, *args: Any, **options: Any) -> Any:
        ledger: Ledger = self if isinstance(self, Ledger) else self.advancer.ledger
        for other in list(ledger.queries.due(FAR)):
            ledger.get(other.job_id)
        return plain(self, *args, **options)

    monkeypatch.setattr(owner, name, looking_around)
    (growth,) = measure(FEW // 2, [MANY // 4])
    assert getattr(growth.many, seen) > MAX_GROWTH * getattr(growth.few, seen)


def test_the_watch_stands_still_while_a_call_is_answered() -> None:
    watch = Stopwatch()
    wire = WatchedWire(watch=watch)
    watch.run("validate")
    wire.aws("s3")("get_object", lambda: _work(0.2))
    _work(0.05)
    assert watch.stop() == "validate"
    assert 0.05 <= watch.seconds["validate"] < 0.2
    assert watch.calls == {"validate": 1}


def _work(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
