"""What sagemaker:CreateProcessingJob is billed for."""

from jobchute.job import Document
from jobchute.providers.charges import Charges, Usage, run_seconds
from jobchute.providers.sagemaker.charges import PROCESSING, alternatives
from jobchute.providers.sagemaker.processing_job.spec import SPEC


def charges_in(request: Document, usage: Usage) -> Charges:  # noqa: ARG001 - not billed by usage
    cluster = request["ProcessingResources"]["ClusterConfig"]
    found = alternatives(PROCESSING, cluster)
    unknown = "" if found else "the request names no instance type"
    return Charges(run_seconds(SPEC.run_time, request), alternatives=found, unknown=unknown)
