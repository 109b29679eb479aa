"""The status documents of dry runs, to hold those in the documentation against."""

import json
from typing import Any

from jobchute.intake.dry_run_status import plan_status_of, sweep_plan_status_of
from jobchute.intake.dry_runs import Awaited, Plan, Pool
from jobchute.job import Api, State
from jobchute.lifecycle.variants import Alternative
from jobchute.problems import Problem
from jobchute.providers.braket.adapter import BraketJobs
from jobchute.providers.braket.hybrid_job.adapter import HYBRID
from jobchute.requests.document import Sweep, parse_document
from jobchute.requests.ordering import Dependency
from tests.builders import a_job, a_source
from tests.unit.bodies import VALID

SINGLE = {"api": str(Api.BRAKET_JOB), "dryRun": True, "request": VALID[Api.BRAKET_JOB]}
SWEEP = {**SINGLE, "matrix": {"instanceConfig.instanceType": ["ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge"]}}
"""A document with a job for each outcome."""
POOL = Pool(
    "braket:CreateJob/device", limit=3, limit_now=3, in_flight=1, waiting=2, paused_by="braket:CreateJob"
)


def _no_client() -> Any:
    raise AssertionError("a plan makes no call")


def status_of_a_dry_run() -> Any:
    """Of a job that waits for another one, and that has an alternative."""
    first = a_job(job_id="jc-first", state=State.RUNNING)
    awaited = Awaited(Dependency("features"), first.job_id, first, "would wait for it: it is RUNNING")
    plan = _plan()._replace(after=(awaited,), alternatives=(Alternative(POOL.name, 3600, _plan().call or {}),))
    return json.loads(json.dumps(plan_status_of(plan, plan.job.source)))


def status_of_a_known_dry_run() -> Any:
    """Of a request that is already a job."""
    plan = _plan()._replace(call=None, existing=a_job(api=Api.BRAKET_JOB), not_applied=("priority",))
    return json.loads(json.dumps(plan_status_of(plan, plan.job.source)))


def status_of_a_dry_sweep() -> Any:
    """Of SWEEP."""
    sweep = parse_document(SWEEP)
    assert isinstance(sweep, Sweep)
    known = _plan()._replace(existing=a_job(), not_applied=("priority",))
    plans: list[Plan | Problem] = [_plan(), known, Problem("request.roleArn", "NOT_ALLOWED", "no such role")]
    return json.loads(json.dumps(sweep_plan_status_of(sweep, plans, a_source())))


def _plan() -> Plan:
    job = a_job(api=Api.BRAKET_JOB, name="grover-dry-run")
    call = BraketJobs(_no_client, _no_client, HYBRID).request_for(job, VALID[Api.BRAKET_JOB])
    return Plan(job, POOL, call=call)


ANSWERS = {
    "dry-run": (SINGLE, status_of_a_dry_run()),
    "dry-known": (SINGLE, status_of_a_known_dry_run()),
    "dry-sweep": (SWEEP, status_of_a_dry_sweep()),
}
"""Documents and their answers, by the names of their files."""
