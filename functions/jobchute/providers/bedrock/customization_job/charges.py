"""What bedrock:CreateModelCustomizationJob is billed for: tokens of its data, as often as they are read.

Neither the request nor the finished job says how many that were, and how many epochs a job takes without the
hyperparameter is the model's. The price list has the custom model's storage apart.
"""

from jobchute.job import Document
from jobchute.providers.charges import Charges, Usage

NO_COUNTS = "the request does not say how many tokens the job trains with, and Bedrock does not report it"


def charges_in(request: Document, usage: Usage) -> Charges:  # noqa: ARG001
    return Charges(unknown=NO_COUNTS)
