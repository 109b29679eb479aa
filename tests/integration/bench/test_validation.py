"""Validation keeps its time limit; `python -m tests.harness.bench.validation` prints the figures."""

from jobchute.providers.registry import SPECS
from tests.harness.bench.validation import NAMES, Checks, bodies, contenders, measured, report, slowest, total


def checks_in_reasonable_time() -> dict[str, Checks]:
    """Those of AWS's bodies, without jsonschema, which takes ten times as long as all others."""
    return {
        body.name: {name: check for name, check in contenders(body).items() if name != "jsonschema"}
        for body in bodies()
        if SPECS[body.api].service
    }


def test_jobchute_is_faster_than_param_validator() -> None:
    """By a half and more where nothing else runs; sums of medians, taken by turns, bear a busy machine."""
    sums = total([timings for _, timings in measured(checks_in_reasonable_time(), rounds=7, calls=5)])
    assert sums["jobchute"].median < sums["ParamValidator"].median
    assert sums["with parsing"].median < sums["ParamValidator"].median


def test_every_contender_accepts_every_body_and_is_reported() -> None:
    rows = measured({body.name: contenders(body) for body in bodies()}, rounds=1, calls=1)
    lines = report(rows).splitlines()
    assert len(lines) == len(rows) + 7
    assert all(name in lines[1] for name in NAMES)
    assert slowest(rows)[0] in lines[-1]
