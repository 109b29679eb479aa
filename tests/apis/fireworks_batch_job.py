"""Fireworks AI batch jobs."""

from typing import Any

from jobchute.job import Api
from jobchute.providers.fireworks.batch_job.adapter import JOB_ID_ANNOTATION
from jobchute.providers.fireworks.job_states import STATES
from tests.apis.values import HOUR, ApiValues, Natives, Tagging


def _secret(text: str) -> dict[str, Any]:
    return {
        "envVars": {"API_TOKEN": f"{text}-env"},
        "pythonExecutor": {"targetType": "MODULE", "target": "t", "args": [f"{text}-argument"]},
    }


VALUES = ApiValues(
    api=Api.FIREWORKS_JOB,
    body={"nodePoolId": "pool", "imageRef": "docker.io/a/b:1", "shellExecutor": {"command": "run"}},
    numbered=lambda number: {"envVars": {"NUMBER": str(number)}},
    free="envVars.x",
    secret=_secret,
    guarded_members=5,
    others=("spare-pool", "last-pool"),
    # No cause of a failure is told, so the jobs wait.
    scarce="pending@{first}+pending@{second}",
    natives=Natives(
        begin=("CREATING", "PENDING", "RUNNING"),
        good="COMPLETED",
        bad="FAILED",
        stopping="CANCELLING",
        stopped="CANCELLED",
        reason="rank 0 failed",
    ),
    tagging=Tagging("annotations", proof=JOB_ID_ANNOTATION),
    # It has no time limit of its own.
    time_limit=({}, 7 * 24 * HOUR),
    provider_id="{number}",
    states=STATES,
    max_wait=6 * 24 * HOUR,
    tells_time_outs=False,
    tells_quotas=False,
    tells_outputs=False,
)
