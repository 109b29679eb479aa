"""Jobs and sources for tests, each with the least that makes sense."""

from typing import Any

from jobchute.job import Api, Job, Source, State, iso, sha256

NOW = 1_795_000_000
"""November 2026, in epoch seconds."""


def a_source(**changes: Any) -> Source:
    return Source(**{"uri": "s3://drop/requests/churn.json", "status_key": "status/churn.json.json", **changes})


def a_job(label: str = "churn", **changes: Any) -> Job:
    """label: jobs of different labels are different jobs."""
    state = changes.get("state", State.QUEUED)
    values: dict[str, Any] = {
        "job_id": f"jc-{sha256(label)}",
        "api": Api.TRAINING_JOB,
        "state": state,
        "created_at": iso(NOW),
        "updated_at": iso(NOW),
        "source": a_source(),
        "name": label,
        "digest": sha256(f"body of {label}"),
        "due": None if state.is_final else NOW + 120,
        "history": ({"state": str(state), "at": iso(NOW)},),
    }
    return Job(**{**values, **changes})
