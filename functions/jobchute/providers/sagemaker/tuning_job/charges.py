"""What sagemaker:CreateHyperParameterTuningJob is billed for: its training jobs.

Together they run for at most their number times the limit of one, and for at most those at a time times that of
the tuning job; the lesser counts. Managed spot training and early stopping do not lower the bound.
"""

from typing import Any

from jobchute.job import Document
from jobchute.providers.charges import Charges, Usage, number, run_seconds
from jobchute.providers.sagemaker.charges import TRAINING, alternatives
from jobchute.providers.sagemaker.training_job.spec import SPEC as TRAINING_SPEC
from jobchute.providers.sagemaker.tuning_job.spec import SPEC


def charges_in(request: Document, usage: Usage) -> Charges:  # noqa: ARG001 - not billed by usage
    definitions: list[dict[str, Any]] = request.get("TrainingJobDefinitions") or []
    definitions = definitions or [request.get("TrainingJobDefinition") or {}]
    found = tuple(each for one in definitions for each in alternatives(TRAINING, _resources(one)))
    if not found:
        return Charges(unknown="the request names no instance type")
    limits = request["HyperParameterTuningJobConfig"]["ResourceLimits"]
    parallel, most = number(limits, "MaxParallelTrainingJobs", 1), number(limits, "MaxNumberOfTrainingJobs")
    seconds = parallel * run_seconds(SPEC.run_time, request)
    if most:
        longest = max(run_seconds(TRAINING_SPEC.run_time, definition) for definition in definitions)
        seconds = min(seconds, most * longest)
    kept = max(number(_resources(each), "KeepAlivePeriodInSeconds") for each in definitions)
    # A tuning job has no start, and the seconds of its training jobs are theirs alone.
    return Charges(seconds, alternatives=found, keep_alive=kept * (most or parallel), is_told=False)


def _resources(definition: dict[str, Any]) -> dict[str, Any]:
    return definition.get("ResourceConfig") or definition.get("HyperParameterTuningResourceConfig") or {}
