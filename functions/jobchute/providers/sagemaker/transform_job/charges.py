"""What sagemaker:CreateTransformJob is billed for: its instances, for as long as Jobchute lets it run."""

from jobchute.job import Document
from jobchute.providers.charges import Charges, Usage, run_seconds
from jobchute.providers.sagemaker.charges import TRANSFORM, alternatives
from jobchute.providers.sagemaker.transform_job.spec import SPEC


def charges_in(request: Document, usage: Usage) -> Charges:  # noqa: ARG001 - not billed by usage
    found = alternatives(TRANSFORM, request["TransformResources"])
    return Charges(run_seconds(SPEC.run_time, request), alternatives=found)
