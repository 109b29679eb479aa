"""Validation keeps its time limit; `python -m tests.harness.bench.validation` prints the figures."""

from jobchute.providers.registry import SPECS
from tests.harness.bench.validation import NAMES, Body, Timing, bodies, contenders, measured, report, total


def timings_of(body: Body) -> dict[str, Timing]:
    checks = {name: check for name, check in contenders(body).items() if name != "jsonschema"}
    return measured(checks, rounds=7, calls=5)


def test_jobchute_is_faster_than_param_validator() -> None:
    """By a half and more where nothing else runs; sums of medians, taken by turns, bear a busy machine."""
    timings = [timings_of(body) for body in bodies() if SPECS[body.api].service]
    sums = total(timings)
    assert sums["jobchute"].median < sums["ParamValidator"].median
    assert sums["with parsing"].median < sums["ParamValidator"].median


def test_every_contender_accepts_every_body_and_is_reported() -> None:
    rows = [(body.name, measured(contenders(body), rounds=1, calls=1)) for body in bodies()]
    lines = report(rows).splitlines()
    assert len(lines) == len(rows) + 7
    assert all(name in lines[1] for name in NAMES)
