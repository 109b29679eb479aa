"""The status document of a dry run, to hold the one in the documentation against."""

import json
from typing import Any

from jobchute.intake.dry_run_status import plan_status_of
from jobchute.intake.dry_runs import Awaited, Plan, Pool
from jobchute.job import Api, State
from jobchute.providers.braket.adapter import BraketJobs
from jobchute.providers.braket.hybrid_job.adapter import HYBRID
from jobchute.requests.ordering import Dependency
from tests.builders import a_job
from tests.unit.bodies import VALID


def _no_client() -> Any:
    raise AssertionError("a plan makes no call")


def status_of_a_dry_run() -> Any:
    job = a_job(api=Api.BRAKET_JOB, name="grover-dry-run")
    first = a_job(job_id="jc-first", state=State.RUNNING)
    awaited = Awaited(Dependency("features"), first.job_id, first, "would wait for it: it is RUNNING")
    call = BraketJobs(_no_client, _no_client, HYBRID).request_for(job, VALID[Api.BRAKET_JOB])
    pool = Pool("braket:CreateJob/device", limit=3, limit_now=3, in_flight=1, waiting=2)
    plan = Plan(job, pool, call=call, after=(awaited,))
    return json.loads(json.dumps(plan_status_of(plan, job.source)))
