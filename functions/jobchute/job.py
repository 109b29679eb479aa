"""What a job is: its API, its states, its identity. No input or output happens here."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Document = Mapping[str, Any]


class Api(StrEnum):
    """The five create calls that a request document can name in `api`."""

    BRAKET_JOB = "braket:CreateJob"
    BEDROCK_JOB = "bedrock:CreateModelInvocationJob"
    TRAINING_JOB = "sagemaker:CreateTrainingJob"
    PROCESSING_JOB = "sagemaker:CreateProcessingJob"
    FIREWORKS_JOB = "fireworks:CreateBatchJob"
