"""The APIs whose jobs are simulated."""

from enum import StrEnum


class Api(StrEnum):
    """The create calls, spelled as in a request document's `api`; the simulator stands alone, so it has its
    own list.
    """

    BRAKET_JOB = "braket:CreateJob"
    BEDROCK_JOB = "bedrock:CreateModelInvocationJob"
    TRAINING_JOB = "sagemaker:CreateTrainingJob"
    PROCESSING_JOB = "sagemaker:CreateProcessingJob"
    FIREWORKS_JOB = "fireworks:CreateBatchJob"
